package pagerduty

import (
	"sync"
	"time"
)

// memory keeps values for a while by PagerDuty's IDs. It is bounded, and safe for concurrent use.
type memory[T any] struct {
	now  func() time.Time
	keep time.Duration
	room int

	mu    sync.Mutex
	known map[string]remembered[T]
}

type remembered[T any] struct {
	value T
	at    time.Time
}

func newMemory[T any](now func() time.Time, keep time.Duration, room int) *memory[T] {
	return &memory[T]{now: now, keep: keep, room: room, known: map[string]remembered[T]{}}
}

// get gives the value, if it is known and not too old.
func (m *memory[T]) get(id string) (T, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	entry, ok := m.known[id]
	if !ok || m.now().Sub(entry.at) >= m.keep {
		var none T
		return none, false
	}
	return entry.value, true
}

// put remembers a value; when there is no room, any other one is forgotten.
func (m *memory[T]) put(id string, value T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, replaces := m.known[id]; !replaces && len(m.known) >= m.room {
		for other := range m.known {
			delete(m.known, other)
			break
		}
	}
	m.known[id] = remembered[T]{value: value, at: m.now()}
}

func (m *memory[T]) forget(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.known, id)
}
