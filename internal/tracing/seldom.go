package tracing

import (
	"log/slog"
	"sync"
	"time"
)

// seldom says what fails when spans are sent once in a while: a collector may be away for days.
type seldom struct {
	logger *slog.Logger
	every  time.Duration
	now    func() time.Time

	mu     sync.Mutex
	last   time.Time
	unsaid int
}

// Handle implements otel.ErrorHandler.
func (s *seldom) Handle(err error) {
	s.mu.Lock()
	now := s.now()
	if !s.last.IsZero() && now.Sub(s.last) < s.every {
		s.unsaid++
		s.mu.Unlock()
		return
	}
	unsaid := s.unsaid
	s.last, s.unsaid = now, 0
	s.mu.Unlock()
	s.logger.Warn("traces are not sent; nothing else suffers from it", "error", err, "unsaid", unsaid)
}
