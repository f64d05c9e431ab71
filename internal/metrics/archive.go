package metrics

import (
	"sync"
	"time"

	"muster/integrations/fault"
)

// Outcomes of a call to the archive.
const (
	archiveOK       = "ok"
	archiveAway     = "away"     // it does not answer, in time or at all, or its disk is full
	archiveUnusable = "unusable" // it answers, and somebody must do something before it can be used
	archiveRefused  = "refused"  // it takes others, and not this one
)

var archiveOutcomes = []string{archiveOK, archiveAway, archiveUnusable, archiveRefused}

// archiveKeep is the call that writes a record.
const archiveKeep = "keep"

// keeping says how writing records goes.
type keeping struct {
	mu sync.Mutex
	// since is when the first of the writes failed that have failed in a row, zero where the last one has not.
	since time.Time
}

// HasArchive says that this process has one, so that it is seen that no record was written yet.
func (m *Metrics) HasArchive() {
	m.set(ArchiveKept, 0)
	m.set(ArchiveFailing, 0)
}

// ArchiveCalled counts a call to the archive that has ended now.
func (m *Metrics) ArchiveCalled(call string, took time.Duration, err error) {
	if m == nil {
		return
	}
	m.count(ArchiveCalls, 1, call, archiveOutcome(err))
	m.observe(ArchiveDuration, took, call)
	if call == archiveKeep {
		m.kept(err, time.Now())
	}
}

func (m *Metrics) kept(err error, now time.Time) {
	k := &m.keeping
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case err == nil:
		k.since = time.Time{}
		m.set(ArchiveKept, seconds(now))
		m.set(ArchiveFailing, 0)
	case k.since.IsZero():
		k.since = now
		m.set(ArchiveFailing, seconds(now))
	}
}

// seconds is a moment as Prometheus has it.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func archiveOutcome(err error) string {
	e, ok := fault.As(err)
	switch {
	case err == nil:
		return archiveOK
	case !ok || e.Class == fault.Retryable:
		return archiveAway
	case e.Class == fault.Credential:
		return archiveUnusable
	}
	return archiveRefused
}
