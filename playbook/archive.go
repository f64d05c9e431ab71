package playbook

import (
	"maps"
	"time"

	"muster/incident"
)

// The bounds of how long the archive keeps incidents of a kind.
const (
	LeastKept   = 7 * day
	LongestKept = 100 * 365 * day
)

// ArchivePolicy says how long the archive keeps what is over.
type ArchivePolicy struct {
	// Keep is for how long after the last that was heard of them incidents of a kind are kept; for ever where
	// it names none.
	Keep map[incident.Kind]time.Duration
}

// Archive says how long the archive keeps what is over.
func (p *Playbook) Archive() ArchivePolicy {
	return ArchivePolicy{Keep: maps.Clone(p.contents.Archive.Keep)}
}
