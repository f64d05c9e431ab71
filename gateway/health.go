package gateway

import (
	"context"
	"net/http"
	"time"

	"muster/gateway/internal/answer"
	"muster/integrations/fault"
)

// Check is something that must work before this process can be of use.
type Check struct {
	Name string
	Run  func(ctx context.Context) error
	// Told says that it is reported and does not make the process unready: the rest of it is of
	// use without.
	Told bool
}

// checkTimeout bounds one readiness check.
const checkTimeout = 2 * time.Second

// Health serves what machines watch, on an address of its own: /healthz says that the process
// lives, /readyz that everything it needs answers. metrics serves /metrics and may be nil.
func Health(metrics http.Handler, checks ...Check) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer.JSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		status, found := http.StatusOK, map[string]string{}
		for _, c := range checks {
			ctx, cancel := context.WithTimeout(r.Context(), checkTimeout)
			found[c.Name] = "ok"
			if err := c.Run(ctx); err != nil {
				found[c.Name] = fault.Words(err.Error())
				if !c.Told {
					status = http.StatusServiceUnavailable
				}
			}
			cancel()
		}
		answer.JSON(w, status, found)
	})
	if metrics != nil {
		mux.Handle("GET /metrics", metrics)
	}
	return mux
}
