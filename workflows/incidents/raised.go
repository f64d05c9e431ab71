package incidents

import (
	"slices"
	"time"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/paging"
)

// Raised says which pages of a new incident Register has sent ahead, and as of when it planned them.
type Raised struct {
	At    time.Time    `json:"at,omitzero"`
	Pages []RaisedPage `json:"pages,omitempty"`
}

// RaisedPage is one of them.
type RaisedPage struct {
	Number int    `json:"number"`
	Target string `json:"target"`
}

// Raise plans the pages of an incident that is about to be started, and gives the first attempts of
// those that go out now, just as the pages themselves will make them.
func Raise(i *incident.Incident, policy *playbook.Slice, settings api.Settings, now time.Time) (Raised, []incident.PageRequest) {
	policy.PlanPages(i, now)
	c := &children{scene: &scene{facts: i, policy: policy, settings: settings}}
	r := Raised{At: now}
	var calls []incident.PageRequest
	for _, p := range i.Pages {
		if call, ok := paging.FirstAttempt(c.pageInput(p, c.pageBrief(p, c.brief()))); ok {
			r.Pages, calls = append(r.Pages, RaisedPage{Number: p.Number, Target: p.Target}), append(calls, call)
		}
	}
	if len(calls) == 0 {
		return Raised{}, nil
	}
	return r, calls
}

// plan plans the pages as of the moment when Register did. By now people may have gone home, but
// somebody was woken.
func (r Raised) plan(i *incident.Incident, policy *playbook.Slice) {
	if len(r.Pages) > 0 {
		policy.PlanPages(i, r.At)
	}
}

func (r Raised) has(p incident.Page) bool {
	return slices.Contains(r.Pages, RaisedPage{Number: p.Number, Target: p.Target})
}
