package slackdoor

import (
	"sync"
	"time"
)

// memo is a bounded memory of answers that rarely change. Losing it costs look-ups, nothing else.
type memo[V any] struct {
	now func() time.Time

	mu      sync.Mutex
	entries map[string]memoEntry[V]
}

type memoEntry[V any] struct {
	value V
	until time.Time
}

// maxMemo bounds a memo: well below 1 MB.
const maxMemo = 5000

func newMemo[V any](now func() time.Time) *memo[V] {
	return &memo[V]{now: now, entries: map[string]memoEntry[V]{}}
}

func (m *memo[V]) get(key string) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.entries[key]
	if !ok || m.now().After(e.until) {
		var none V
		return none, false
	}
	return e.value, true
}

func (m *memo[V]) put(key string, v V, ttl time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.entries) >= maxMemo {
		clear(m.entries)
	}
	m.entries[key] = memoEntry[V]{v, m.now().Add(ttl)}
}
