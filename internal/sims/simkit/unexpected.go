package simkit

import (
	"fmt"
	"slices"
	"sync"
)

// Unexpected counts requests that a simulator has no answer for. A test fails
// if any is left over: either the product asks for something wrong, or the
// simulator has to learn it. The zero value is ready to use; it is safe for
// concurrent use.
type Unexpected struct {
	mu    sync.Mutex
	order []string
	count map[string]int
}

// Add counts a request.
func (u *Unexpected) Add(method, path string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	what := method + " " + path
	if u.count == nil {
		u.count = map[string]int{}
	}
	if !slices.Contains(u.order, what) {
		u.order = append(u.order, what)
	}
	u.count[what]++
}

// List returns each unexpected request once, in the order they first came in:
// "GET /nope", or "GET /nope (3 times)". It is empty if there was none.
func (u *Unexpected) List() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	list := make([]string, 0, len(u.order))
	for _, what := range u.order {
		if n := u.count[what]; n > 1 {
			what = fmt.Sprintf("%s (%d times)", what, n)
		}
		list = append(list, what)
	}
	return list
}

// Reset forgets what was counted.
func (u *Unexpected) Reset() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.order, u.count = nil, nil
}
