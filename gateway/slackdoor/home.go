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

// maxAsked is how many private incidents of a person are asked for what their members may read.
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
	own, err := d.Incidents.Own(ctx, r.viewer())
	problem(err)
	h.Mine, err = d.opened(ctx, r, own)
	problem(err)
	h.Source = own.Source
	h.Others, h.Ended, h.Note, h.FollowUps = own.Others, own.Ended, own.Note, own.FollowUps.FollowUps
	owed, err := d.Incidents.OwedTo(ctx, r.person())
	problem(err)
	for _, o := range owed {
		h.Due = append(h.Due, views.HomeDue{Text: o.Text, Link: o.Link, Due: o.Due})
	}
	return h
}

// opened adds to private incidents what their members may read and the archive has not told, and leaves out those that the person was
// taken out of a moment ago; to guests every incident is like a private one. After one question without an
// answer no further one is asked: the tab must not wait for each.
func (d *Door) opened(ctx context.Context, r request, own incidents.Own) (shown []incidents.Listed, lost error) {
	asked := 0
	for _, l := range own.Mine {
		if own.Told[l.Number] || !l.Private && !r.by.Guest {
			shown = append(shown, l)
			continue
		}
		if asked++; lost != nil || asked > maxAsked {
			continue
		}
		i, err := d.Incidents.Snapshot(ctx, l.Number)
		if err != nil {
			if _, gone := incident.AsProblem(err); !gone {
				lost = err
			}
			continue
		}
		if r.viewer().Sees(&i) {
			l.Title, l.Links, l.Services, l.Commander = i.Shown(), i.Seen(), i.Services, i.Holder(incident.RoleCommander)
			shown = append(shown, l)
		}
	}
	return shown, lost
}
