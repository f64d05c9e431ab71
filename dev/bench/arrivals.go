package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// arrivals notes when each incident's page, board, issue and announcement reach the simulators. It looks at the
// requests, because asking the simulators or the workflows over and over would be load of its own.
type arrivals struct {
	mu        sync.Mutex
	incidents map[int]*arrival
	last      time.Time // of any request
}

// arrival is one incident at the simulators.
type arrival struct {
	number int
	mu     *sync.Mutex
	at     map[string]time.Time
	paged  chan struct{}
	all    chan struct{}
}

// parts are the page, the board (the last step of the channel), the issue and the announcement.
const parts = 4

const aPage = "page"

func newArrivals() *arrivals { return &arrivals{incidents: map[int]*arrival{}} }

// of gives the arrival of an incident, which may be asked for before or after anything arrives.
func (a *arrivals) of(number int) *arrival {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.one(number)
}

func (a *arrivals) one(number int) *arrival {
	if a.incidents[number] == nil {
		a.incidents[number] = &arrival{number: number, mu: &a.mu, at: map[string]time.Time{}, paged: make(chan struct{}), all: make(chan struct{})}
	}
	return a.incidents[number]
}

func (a *arrivals) note(number int, what string) {
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	i := a.one(number)
	if _, known := i.at[what]; known {
		return
	}
	i.at[what] = now
	if what == aPage {
		close(i.paged)
	}
	if len(i.at) == parts {
		close(i.all)
	}
}

// paged is the pager's hook.
func (a *arrivals) paged(key string, _ time.Time) {
	if m := inKey.FindStringSubmatch(key); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			a.note(n, aPage)
		}
	}
}

var (
	inKey = regexp.MustCompile(`/INC-(\d+)/page/`)
	// A message's key is in the metadata of a form, an issue's in a label.
	inMessage = regexp.MustCompile(`%2FINC-(\d+)%2F(board|announcement)`)
	inIssue   = regexp.MustCompile(`INC-(\d+)-(issue)-[0-9a-f]{8}`)
)

// watch notes what a simulator has done, once it has done it.
func (a *arrivals) watch(vendor string, h http.Handler) http.Handler {
	var find *regexp.Regexp
	var path string
	switch vendor {
	case "slack":
		find, path = inMessage, "/chat.postMessage"
	case "jira":
		find, path = inIssue, "/issue"
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.last = time.Now()
		a.mu.Unlock()
		if find == nil || r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, path) {
			h.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		h.ServeHTTP(w, r)
		if m := find.FindSubmatch(body); m != nil {
			if n, err := strconv.Atoi(string(m[1])); err == nil {
				a.note(n, string(m[2]))
			}
		}
	})
}

// stillness is how long no vendor must have been called for an opening to count as over.
const stillness = 60 * time.Millisecond

// quiet waits until the vendors have not been called for a moment.
func (a *arrivals) quiet(ctx context.Context) error {
	for {
		a.mu.Lock()
		rest := stillness - time.Since(a.last)
		a.mu.Unlock()
		if rest <= 0 {
			return nil
		}
		if err := pause(ctx, rest); err != nil {
			return err
		}
	}
}

// wait waits until the incident is open everywhere.
func (i *arrival) wait(ctx context.Context) error { return i.until(ctx, i.all) }

// waitPage waits until the page has arrived and says when that was.
func (i *arrival) waitPage(ctx context.Context) (time.Time, error) {
	err := i.until(ctx, i.paged)
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.at[aPage], err
}

func (i *arrival) until(ctx context.Context, is chan struct{}) error {
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case <-is:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		i.mu.Lock()
		defer i.mu.Unlock()
		return fmt.Errorf("INC-%d has only %v after %s", i.number, slices.Sorted(maps.Keys(i.at)), patience)
	}
}
