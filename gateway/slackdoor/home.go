package slackdoor

import (
	"context"
	"time"

	"muster/gateway/incidents"
	"muster/gateway/slackdoor/views"
	"muster/incident"
	"muster/integrations/slack"
)

// homeWithin bounds the making of a home tab, which nobody waits three seconds for.
const homeWithin = 15 * time.Second

// maxAsked is how many open incidents are asked whether the person has a part in them.
const maxAsked = 30

// homeOpened shows a person their home tab. Losing it costs a click, so it is made after Slack
// has its answer.
func (d *Door) homeOpened(ctx context.Context, e slack.Event) {
	if e.Tab != "" && e.Tab != "home" {
		return
	}
	d.afterwards(ctx, homeWithin, func(ctx context.Context) {
		m, err := d.member(ctx, e.UserID)
		if err != nil || m.Bot || m.Stranger || m.Deleted {
			return
		}
		if err := d.Slack.PublishHome(ctx, e.UserID, views.Home(d.home(ctx, m))); err != nil {
			d.Logger.WarnContext(ctx, "home tab not shown", "error", err)
		}
	})
}

// home gathers what a person's home tab shows; what cannot be looked up is said there.
func (d *Door) home(ctx context.Context, m slack.Member) views.HomeData {
	r := request{by: m}
	h := views.HomeData{Person: r.person(), Now: d.Now()}
	if b, err := d.book(); err == nil {
		h.Book = b.Book
	}
	problem := func(err error) {
		if err != nil && h.Problem == "" {
			d.Logger.WarnContext(ctx, "home tab is not complete", "error", err)
			h.Problem = reasonOf(err)
		}
	}
	// Private incidents are asked for too, and shown to those who are part of them.
	open, _, err := d.Incidents.List(ctx, incidents.Filter{Viewer: incidents.Viewer{Person: r.person(), Private: true}})
	problem(err)
	h.Mine, h.Others = d.divide(ctx, r, open)
	own, err := d.Incidents.FollowUpsOf(ctx, r.person())
	problem(err)
	for _, f := range own {
		h.FollowUps = append(h.FollowUps, views.HomeFollowUp{
			Incident: f.Incident, Number: f.Number, Title: f.Title, Status: string(f.Status), Due: f.Due, URL: f.Issue.URL,
		})
	}
	owed, err := d.Incidents.OwedTo(ctx, r.person())
	problem(err)
	for _, o := range owed {
		h.Due = append(h.Due, views.HomeDue{Text: o.Text, Link: o.Link, Due: o.Due})
	}
	return h
}

// divide tells the person's own incidents from others. A private one of which they are no part
// is in neither.
func (d *Door) divide(ctx context.Context, r request, open []incidents.Listed) (mine, others []incidents.Listed) {
	for k, l := range open {
		own := l.Commander == r.person()
		if k < maxAsked || l.Private {
			i, err := d.Incidents.Snapshot(ctx, l.Number)
			if err == nil && own || err == nil && hasPart(&i, r.person()) {
				own = true
			}
			if l.Private {
				if err != nil || !r.viewer().Sees(&i) {
					continue
				}
				l.Title, l.Links = i.Shown(), i.Seen()
			}
		}
		if own {
			mine = append(mine, l)
		} else {
			others = append(others, l)
		}
	}
	return mine, others
}

func hasPart(i *incident.Incident, person string) bool {
	for _, h := range i.Roles {
		if h.Person == person {
			return true
		}
	}
	for _, p := range i.Responders {
		if p.Person == person && !p.JoinedAt.IsZero() {
			return true
		}
	}
	return false
}
