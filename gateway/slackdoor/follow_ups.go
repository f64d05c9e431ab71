package slackdoor

import (
	"context"

	"muster/gateway/incidents"
	"muster/gateway/slackdoor/grammar"
	"muster/gateway/slackdoor/views"
	"muster/incident"
)

// followUps lists the open follow-ups that a line asks for.
func (d *Door) followUps(ctx context.Context, r request, a grammar.Args) *views.Say {
	f := incidents.FollowUpFilter{
		All: a.FollowUp.All, Overdue: a.FollowUp.Overdue, Undecided: a.FollowUp.Undecided, Nobody: a.Nobody, Service: a.FollowUp.Service, Incident: a.Incident, Viewer: r.viewer(),
	}
	switch {
	case a.FollowUp.Mine:
		f.Owner = r.person()
	case len(a.Users) > 0:
		f.Owner = d.personOf(ctx)(a.Users[0])
	}
	list, err := d.Incidents.FollowUps(ctx, f)
	if err != nil {
		return d.unseen(ctx, err)
	}
	if b, err := d.book(); err == nil && f.Service != "" && len(list.FollowUps) == 0 && f.PageToken == "" {
		if _, known := b.Service(f.Service); !known { // an incident may name one that the playbook had once
			return new(views.Missing("follow-ups", "there is no service “"+f.Service+"” in the playbook, and no follow-up of one"))
		}
	}
	return new(views.FollowUps(list, f.All))
}

// settled is what a click has just made of a follow-up, of which lists do not know for a moment.
type settled struct {
	incident, number int
	status           incident.FollowUpStatus
}

// onto says so in a list.
func (s settled) onto(list []incidents.ListedFollowUp) []incidents.ListedFollowUp {
	var out []incidents.ListedFollowUp
	for _, l := range list {
		if l.Incident == s.incident && l.Number == s.number {
			if s.status.Ended() {
				continue
			}
			l.Status = s.status
			l.Revision++ // the next click is another one
		}
		out = append(out, l)
	}
	return out
}
