package answer

import (
	"errors"
	"log/slog"
	"net/http"

	"muster/incident"
)

// Error is a problem with a status of its own.
type Error struct {
	Status  int
	Problem incident.Problem
}

func (e *Error) Error() string { return e.Problem.Error() }

// Invalid is a field that a caller has to correct.
func Invalid(field, reason, mend string) error {
	return &incident.Problem{Code: incident.CodeInvalid, Field: field, Reason: reason, Mend: mend}
}

// StatusOf is the status with which an error is answered.
func StatusOf(err error) int {
	if own, ok := errors.AsType[*Error](err); ok {
		return own.Status
	}
	if p, ok := incident.AsProblem(err); ok {
		return statusOf(p.Code)
	}
	return http.StatusInternalServerError
}

// Refused answers an error that tells the caller what is wrong, and reports whether it was one.
func Refused(w http.ResponseWriter, err error) bool {
	if own, ok := errors.AsType[*Error](err); ok {
		if own.Status == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
			w.Header().Set("Retry-After", "5")
		}
		Problem(w, own.Status, own.Problem)
		return true
	}
	if p, ok := incident.AsProblem(err); ok {
		Problem(w, statusOf(p.Code), *p)
		return true
	}
	return false
}

// Failed answers any error. What is no refusal only the log tells.
func Failed(w http.ResponseWriter, r *http.Request, logger *slog.Logger, err error) {
	switch {
	case Refused(w, err):
	case r.Context().Err() != nil: // nobody is there to read it
		Problem(w, http.StatusServiceUnavailable, incident.Problem{Code: "away", Reason: "the request ended early"})
	default:
		logger.ErrorContext(r.Context(), "request failed", "route", r.Pattern, "error", err)
		Internal(w)
	}
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
