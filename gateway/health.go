package gateway

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"muster/gateway/internal/answer"
	"muster/incident"
	"muster/integrations/fault"
)

// Check is something that must work before this process can be of use.
type Check struct {
	Name string
	Run  func(ctx context.Context) error
	// Told says that it is reported and does not make the process unready: the rest of it is of
	// use without.
	Told bool
	// Quiet says that it is not mentioned while all is well.
	Quiet bool
}

// checkTimeout bounds one readiness check.
const checkTimeout = 2 * time.Second

// Health serves what machines watch, on an address of its own: /healthz says that the process
// lives, /readyz that everything it needs answers, /readyz?only=NAME that one check passes. metrics
// serves /metrics and may be nil.
func Health(metrics http.Handler, checks ...Check) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer.JSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		checks, known := chosen(checks, r.URL.Query()["only"])
		if !known {
			answer.Problem(w, http.StatusBadRequest, incident.Problem{Code: "invalid", Field: "only", Reason: "there is no such check here", Mend: "leave it out to see them"})
			return
		}
		status, found := http.StatusOK, map[string]string{}
		for k, err := range run(r.Context(), checks) {
			c := checks[k]
			if err != nil {
				found[c.Name] = fault.Words(err.Error())
				if !c.Told {
					status = http.StatusServiceUnavailable
				}
			} else if !c.Quiet {
				found[c.Name] = "ok"
			}
		}
		answer.JSON(w, status, found)
	})
	if metrics != nil {
		mux.Handle("GET /metrics", metrics)
	}
	return mux
}

// chosen are the checks with these names, all of them without any; known is false where a name is none.
func chosen(checks []Check, only []string) (some []Check, known bool) {
	if len(only) == 0 {
		return checks, true
	}
	for _, name := range only {
		k := slices.IndexFunc(checks, func(c Check) bool { return c.Name == name })
		if k < 0 {
			return nil, false
		}
		some = append(some, checks[k])
	}
	return some, true
}

// run runs the checks side by side, so that the answer comes within the time of one.
func run(ctx context.Context, checks []Check) []error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	errs := make([]error, len(checks))
	var all sync.WaitGroup
	for k, c := range checks {
		all.Go(func() { errs[k] = c.Run(ctx) })
	}
	all.Wait()
	return errs
}
