package paging

import (
	"strconv"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// countStatus counts what has become of the page, as its status has changed from what was shown.
func (r *pageRun) countStatus() {
	switch {
	case r.s.Status == incident.PageAcknowledged:
		r.count(api.PageOutcomeAcknowledged)
	case r.s.Status == incident.PageUnanswered:
		r.count(api.PageOutcomeUnanswered)
	case r.s.Status == incident.PageWithdrawn && r.s.Shown != incident.PageAcknowledged:
		r.count(api.PageOutcomeWithdrawn)
	}
}

func (r *pageRun) count(outcome string) {
	mirror.Count(r.ctx, api.MetricPages, map[string]string{
		api.LabelOutcome: outcome, api.LabelSeverity: strconv.Itoa(int(r.s.Brief.Severity)),
	})
}
