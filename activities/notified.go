package activities

import (
	"context"

	"muster/incident"
	"muster/integrations/fault"
)

// RungPage is an attempt that went out, of which the pager's log is asked.
type RungPage struct {
	Key string `json:"key"`
	// Step is the step of the page, ID the pager's own ID of what it made of the attempt where it is known.
	Step string `json:"step,omitempty"`
	ID   string `json:"id,omitempty"`
}

// NotifiedPeople says whom the pager has notified for attempts, by its own log. It tells all or fails:
// what is known of some attempts alone would look like all that there was. Of more than a page keeps
// it tells as much as that, and says so.
func (p *Paging) NotifiedPeople(ctx context.Context, rung []RungPage) (incident.WokenReport, error) {
	var out incident.WokenReport
	if p.Pager == nil {
		return out, off(ctx, "pagerduty", "set PAGERDUTY_TOKEN")
	}
	for _, a := range rung {
		list, more, err := p.Pager.Notified(ctx, a.Key, a.ID)
		if fault.IsClass(err, fault.Gone) {
			out.Unknown = "the pager shows no log of one of its incidents any more"
			continue
		}
		if err != nil {
			return incident.WokenReport{}, applicationError(ctx, err)
		}
		for k := range list {
			list[k].Step = a.Step
		}
		out.Learn(list)
		out.More = out.More || more
	}
	return out, nil
}
