package gateway

import (
	"encoding/json"
	"errors"
	"net/http"

	"muster/gateway/incidents"
	"muster/incident"
)

// problem is how every error is answered. The codes are those of incident.Problem, and
// unauthorized, forbidden, not_recorded, away, too_large, unsupported_media_type,
// method_not_allowed and internal.
type problem = incident.Problem

var internalProblem = problem{Code: "internal", Reason: "something went wrong here; it was logged", Mend: "try again, and tell who runs Muster"}

// httpError is a problem with a status of its own.
type httpError struct {
	status  int
	problem problem
}

func (e *httpError) Error() string { return e.problem.Error() }

func unauthorized(reason, mend string) error {
	return &httpError{http.StatusUnauthorized, problem{Code: "unauthorized", Reason: reason, Mend: mend}}
}

func forbidden(reason, mend string) error {
	return &httpError{http.StatusForbidden, problem{Code: "forbidden", Reason: reason, Mend: mend}}
}

func invalid(field, reason, mend string) error {
	return &problem{Code: incident.CodeInvalid, Field: field, Reason: reason, Mend: mend}
}

// statusOf is the status of a refusal. Input that is wrong whatever the state is 400, like JSON
// that cannot be read: a caller need not tell them apart.
func statusOf(c incident.Code) int {
	switch c {
	case incident.CodeInvalid:
		return http.StatusBadRequest
	case incident.CodeNotFound:
		return http.StatusNotFound
	case incident.CodeIllegal, incident.CodeConflict:
		return http.StatusConflict
	}
	return http.StatusBadRequest
}

// fail answers an error.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if own, ok := errors.AsType[*httpError](err); ok {
		if own.status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Bearer realm="muster"`)
		}
		writeProblem(w, own.status, own.problem)
		return
	}
	if p, ok := incident.AsProblem(err); ok {
		writeProblem(w, statusOf(p.Code), *p)
		return
	}
	if lost, ok := errors.AsType[*incidents.NotRecordedError](err); ok {
		s.Logger.ErrorContext(r.Context(), "not recorded", "path", r.URL.Path, "error", err)
		w.Header().Set("Retry-After", "2")
		writeProblem(w, http.StatusServiceUnavailable, problem{
			Code: "not_recorded", Reason: lost.Reason(), Mend: "send it again with " + KeyHeader + ": " + w.Header().Get(KeyHeader),
		})
		return
	}
	switch {
	case errors.Is(err, incidents.ErrAway):
		w.Header().Set("Retry-After", "2")
		writeProblem(w, http.StatusServiceUnavailable, problem{Code: "away", Reason: err.Error(), Mend: "try again"})
	case r.Context().Err() != nil: // nobody is there to read it
		writeProblem(w, http.StatusServiceUnavailable, problem{Code: "away", Reason: "the request ended early"})
	default:
		s.Logger.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "error", err)
		writeProblem(w, http.StatusInternalServerError, internalProblem)
	}
}

func writeProblem(w http.ResponseWriter, status int, p problem) {
	write(w, status, "application/problem+json", p)
}

func writeJSON(w http.ResponseWriter, status int, v any) { write(w, status, "application/json", v) }

func write(w http.ResponseWriter, status int, contentType string, v any) {
	body, err := json.Marshal(v)
	if err != nil { // what is answered are plain structs
		status, body = http.StatusInternalServerError, []byte(`{"code":"internal","reason":"the answer could not be written"}`)
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) //nolint:errcheck // the caller has gone
}
