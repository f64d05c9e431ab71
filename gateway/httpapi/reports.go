package httpapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"muster/archive/reports"
	"muster/gateway/incidents"
	"muster/gateway/internal/answer"
	"muster/incident"
	"muster/playbook/zone"
)

// Reports answers standing questions about what was.
type Reports interface {
	Report(ctx context.Context, ask reports.Ask) (*reports.Report, error)
}

// reportTimeout bounds one report.
const reportTimeout = 20 * time.Second

func (s *server) report(w http.ResponseWriter, r *http.Request, by Caller) error {
	q := r.URL.Query()
	for name := range q {
		if !slices.Contains([]string{"since", "until", "by", "zone"}, name) {
			return answer.Invalid(name, "is no part of a question", "use since, until, by or zone")
		}
	}
	at := s.Zone()
	if name := q.Get("zone"); name != "" {
		var err error
		if at, err = zone.Load(name); err != nil {
			return answer.Invalid("zone", "is no time zone", "write one such as Europe/Berlin")
		}
	}
	v := reports.Viewer{Person: by.Actor.Person, All: by.viewer().Private}
	ask, err := reports.New(r.PathValue("report"), q.Get("since"), q.Get("until"), q.Get("by"), v, s.Now(), at)
	if err != nil {
		return err
	}
	if s.Reports == nil {
		return incidents.NoArchive()
	}
	ctx, cancel := context.WithTimeout(r.Context(), reportTimeout)
	defer cancel()
	found, err := s.Reports.Report(ctx, ask)
	if err != nil {
		return s.noReport(r, err)
	}
	answer.JSON(w, http.StatusOK, found)
	return nil
}

// noReport is the answer where the archive gives none: what it says is for the log.
func (s *server) noReport(r *http.Request, err error) error {
	if _, refused := incident.AsProblem(err); refused {
		return err
	}
	s.Logger.ErrorContext(r.Context(), "no report", "route", r.Pattern, "error", err)
	return &answer.Error{Status: http.StatusServiceUnavailable, Problem: incident.Problem{
		Code: "away", Reason: "the archive does not answer; it was logged why", Mend: "try again",
	}}
}
