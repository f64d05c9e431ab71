package httpapi

import (
	"errors"
	"net/http"
	"strconv"

	"muster/gateway/incidents"
	"muster/gateway/internal/answer"
	"muster/gateway/rates"
	"muster/incident"
)

func unauthorized(reason, mend string) error {
	return &answer.Error{Status: http.StatusUnauthorized, Problem: incident.Problem{Code: "unauthorized", Reason: reason, Mend: mend}}
}

func forbidden(reason, mend string) error {
	return &answer.Error{Status: http.StatusForbidden, Problem: incident.Problem{Code: "forbidden", Reason: reason, Mend: mend}}
}

// fail answers an error. What could not be recorded is for the caller to send again, under the key
// of this answer.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if own, ok := errors.AsType[*answer.Error](err); ok && own.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="muster"`)
	}
	if much, ok := errors.AsType[*rates.Exceeded](err); ok {
		p, _ := incident.AsProblem(much)
		w.Header().Set("Retry-After", strconv.Itoa(much.Seconds()))
		answer.Problem(w, http.StatusTooManyRequests, *p)
		return
	}
	if answer.Refused(w, err) {
		return
	}
	if lost, ok := errors.AsType[*incidents.NotRecordedError](err); ok {
		s.Logger.ErrorContext(r.Context(), "not recorded", "route", r.Pattern, "error", err)
		w.Header().Set("Retry-After", "2")
		answer.Problem(w, http.StatusServiceUnavailable, incident.Problem{
			Code: "not_recorded", Reason: lost.Reason(), Mend: "send it again with " + KeyHeader + ": " + w.Header().Get(KeyHeader),
		})
		return
	}
	if errors.Is(err, incidents.ErrAway) {
		p := incident.Problem{Code: "away", Reason: err.Error(), Mend: "try again"}
		if away, ok := errors.AsType[*incidents.AwayError](err); ok {
			p.Reason, p.Mend = away.Reason, away.Mend
		}
		w.Header().Set("Retry-After", "2")
		answer.Problem(w, http.StatusServiceUnavailable, p)
		return
	}
	if errors.Is(err, incidents.ErrArchiveAway) {
		s.Logger.ErrorContext(r.Context(), "the archive does not answer", "route", r.Pattern, "error", err)
		w.Header().Set("Retry-After", "2")
		answer.Problem(w, http.StatusServiceUnavailable, incident.Problem{Code: "away", Reason: err.Error(), Mend: "try again"})
		return
	}
	answer.Failed(w, r, s.Logger, err)
}
