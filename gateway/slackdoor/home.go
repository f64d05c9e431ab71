package slackdoor

import (
	"context"
	"time"

	"muster/gateway/incidents"
	"muster/gateway/slackdoor/views"
	"muster/incident"
	"muster/integrations/slack"
)

// homeWithin bounds the making of a home tab, which nobody waits three seconds for, and
// homeGathers what is looked up for it: a tab that is not complete still has the declare button.
const (
	homeWithin  = 15 * time.Second
	homeGathers = 6 * time.Second
)

// maxAsked is how many open incidents are asked whether the person has a part in them.
const maxAsked = 30

// homeOpened shows a person their home tab. Losing it costs a click, so it is made after Slack
// has its answer.
func (d *Door) homeOpened(ctx context.Context, e slack.Event) {
	if e.Tab != "" && e.Tab != "home" {
		return
	}
	d.showHome(ctx, e.UserID, settled{})
}

// showHome shows a person their home tab, with what they have just settled there.
func (d *Door) showHome(ctx context.Context, userID string, done settled) {
	d.afterwards(ctx, homeWithin, func(ctx context.Context) {
		m, err := d.member(ctx, userID)
		if err != nil || m.Bot || m.Stranger || m.Deleted {
			return
		}
		h := d.home(ctx, m)
		h.FollowUps = done.onto(h.FollowUps)
		if err := d.Slack.PublishHome(ctx, userID, views.Home(h)); err != nil {
			d.Logger.WarnContext(ctx, "home tab not shown", "error", err)
		}
	})
}

// home gathers what a person's home tab shows; what cannot be looked up is said there.
func (d *Door) home(ctx context.Context, m slack.Member) views.HomeData {
	ctx, cancel := context.WithTimeout(ctx, homeGathers)
	defer cancel()
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
	look := r.viewer()
	if look.Guest { // a list cannot tell what they are part of; divide asks each
		look.Private = true
	}
	open, _, err := d.Incidents.List(ctx, incidents.Filter{Viewer: look})
	problem(err)
	h.Mine, h.Others, err = d.divide(ctx, r, open)
	problem(err)
	own, err := d.Incidents.FollowUps(ctx, incidents.FollowUpFilter{Owner: r.person(), Viewer: r.viewer()})
	problem(err)
	h.FollowUps = own.FollowUps
	owed, err := d.Incidents.OwedTo(ctx, r.person())
	problem(err)
	for _, o := range owed {
		h.Due = append(h.Due, views.HomeDue{Text: o.Text, Link: o.Link, Due: o.Due})
	}
	return h
}

// divide tells the person's own incidents from others. One that they may not see is in neither,
// and one of which that is not known is not either. After one question without an answer no
// further one is asked: the tab must not wait for each.
func (d *Door) divide(ctx context.Context, r request, open []incidents.Listed) (mine, others []incidents.Listed, lost error) {
	for k, l := range open {
		own, visible := l.Commander == r.person(), !l.Private && !r.by.Guest
		if lost == nil && (k < maxAsked || !visible) {
			i, err := d.Incidents.Snapshot(ctx, l.Number)
			_, gone := incident.AsProblem(err)
			switch {
			case err == nil:
				own, visible = own || hasPart(&i, r.person()), r.viewer().Sees(&i)
			case !gone:
				lost = err
			}
			if l.Private && visible {
				l.Title, l.Links, l.Services, l.Commander = i.Shown(), i.Seen(), i.Services, i.Holder(incident.RoleCommander)
			}
		}
		switch {
		case !visible:
		case own:
			mine = append(mine, l)
		default:
			others = append(others, l)
		}
	}
	return mine, others, lost
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
