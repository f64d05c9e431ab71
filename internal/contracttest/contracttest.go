// Package contracttest checks the requests that the product makes in tests
// against the vendors' own descriptions of their interfaces, so that a client
// and a simulator written by the same people cannot agree on something that the
// vendor has never offered.
//
// The descriptions are reference data and no part of this repository. The
// variable MUSTER_CONTRACTS names the folder that holds them; without it the
// checks are skipped, and the test's log says so.
package contracttest

import (
	"net/http"
	"os"
	"sync"
	"testing"
)

// Folder is the environment variable that names the folder of descriptions.
const Folder = "MUSTER_CONTRACTS"

// Check returns a handler that validates each request against the description
// and then lets next serve it, valid or not. A violation fails the test, and so
// does a path that the description does not have. The description is one of
// "slack-web", "jira-cloud-v2", "jira-dc", "pagerduty-rest" and
// "pagerduty-events-v2".
//
// The handler sees the vendor's real paths, such as /api/chat.postMessage. It
// leaves alone what is another description's business, as vendors.go lists it,
// so the two of PagerDuty can be put one around the other.
func Check(t testing.TB, description string, next http.Handler) http.Handler {
	t.Helper()
	return check(t, os.Getenv(Folder), description, next)
}

func check(t testing.TB, folder, description string, next http.Handler) http.Handler {
	t.Helper()
	if folder == "" {
		t.Logf("contract checks skipped: %s is not set", Folder)
		return next
	}
	checker, err := load(folder, description)
	if err != nil {
		t.Fatalf("contract checks: %v", err)
	}
	return checker.Wrap(next, reporter(t))
}

// reporter fails the test for each violation, until the test is over: a request
// may still be under way then, and a test that is over must not be failed.
func reporter(t testing.TB) func(string) {
	t.Helper()
	var mu sync.Mutex
	over := false
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		over = true
	})
	return func(violation string) {
		mu.Lock()
		defer mu.Unlock()
		if !over {
			t.Errorf("contract violation: %s", violation)
		}
	}
}

// loaded keeps the checkers of this process: one description takes a good part
// of a second to load.
var loaded sync.Map

func load(folder, description string) (*Checker, error) {
	once, _ := loaded.LoadOrStore([2]string{folder, description}, sync.OnceValues(func() (*Checker, error) {
		return NewChecker(folder, description)
	}))
	return once.(func() (*Checker, error))()
}
