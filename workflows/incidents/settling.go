package incidents

import (
	"time"

	"muster/workflows/mirror"
)

// settleTime is how long what was just posted stands before it is edited.
const settleTime = time.Second

// settling holds back edits of what was just posted: as an incident opens, channel, issue and page
// come within moments of each other, and one edit shows them all. It may change until when.
type settling struct {
	*scene
	until *time.Time
}

// posted begins the time, unless it runs already: all edits come together.
func (s *settling) posted() {
	if now := s.now(); !now.Before(*s.until) {
		*s.until = now.Add(mirror.Scaled(settleTime, s.policy.TimeoutScale))
	}
}

// over reports whether edits may be made.
func (s *settling) over() bool { return !s.now().Before(*s.until) }
