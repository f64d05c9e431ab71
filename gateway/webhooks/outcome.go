package webhooks

import "net/http"

// Outcome is what came of a delivery.
type Outcome string

// The outcomes.
const (
	Taken   Outcome = "taken"   // somebody was told
	Ignored Outcome = "ignored" // it concerns nothing of ours
	Refused Outcome = "refused" // it is not believed, or makes no sense
	PutOff  Outcome = "put_off" // the vendor is asked to deliver it again
)

// Outcomes lists them.
func Outcomes() []Outcome { return []Outcome{Taken, Ignored, Refused, PutOff} }

// OutcomeOf is what an HTTP status says of a delivery.
func OutcomeOf(status int) Outcome {
	switch {
	case status >= 500:
		return PutOff
	case status >= 400:
		return Refused
	}
	return Taken
}

// counted tells of what comes of each delivery.
func (h *hooks) counted(vendor string, next http.HandlerFunc) http.HandlerFunc {
	if h.Delivered == nil {
		return next
	}
	return func(w http.ResponseWriter, r *http.Request) {
		o := &outcomeWriter{ResponseWriter: w, status: http.StatusOK}
		next(o, r)
		switch {
		case o.ignored:
			h.Delivered(vendor, Ignored)
		default:
			h.Delivered(vendor, OutcomeOf(o.status))
		}
	}
}

// outcomeWriter remembers what was answered.
type outcomeWriter struct {
	http.ResponseWriter
	status  int
	ignored bool
}

func (w *outcomeWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *outcomeWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
