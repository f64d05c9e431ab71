package digest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// reportFor is how long a report is tried, and week what it looks back and ahead.
const (
	reportFor = 24 * time.Hour
	week      = 7 * 24 * time.Hour
)

type reportRun struct {
	ctx    workflow.Context
	in     api.ReportInput
	at     time.Time
	loop   mirror.LoopState
	snags  []incident.Snag
	run    *mirror.Run
	seen   activities.Week
	page   []byte
	read   bool
	posted int
	// installation is that of the follow-ups; without any there is nothing to report.
	installation string
}

// Report tells the playbook's channels what became of follow-ups in a week: what is due, what is
// overdue, what was dropped and why, and what was done. Of private incidents it says nothing, not even
// how many follow-ups they have: anybody in the channel reads it.
func Report(ctx workflow.Context, in api.ReportInput) error {
	ctx = mirror.Lasting(ctx)
	r := &reportRun{ctx: ctx, in: in, at: workflow.Now(ctx)}
	r.run = mirror.NewRun(ctx, mirror.Options{
		State: &r.loop, Snags: &r.snags, Scale: in.Scale, Priority: api.Priority(api.Learning, 0), After: r.describe,
	}, nil)
	r.run.Start(mirror.Mirror{Name: "report", Next: r.next})
	_, err := workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
		Timeout: reportFor, TimerOptions: workflow.TimerOptions{Summary: "give up"},
	}, func() bool { return r.run.Quiet(nil) })
	if err != nil {
		return err
	}
	return r.run.Leave(ctx, func() bool { return true }, nil)
}

func (r *reportRun) next() mirror.Action {
	switch {
	case !r.read:
		return r.readOn()
	case r.posted < len(r.in.Channels) && !r.quiet():
		return r.post(r.in.Channels[r.posted])
	}
	return nil
}

func (r *reportRun) readOn() mirror.Action {
	return &mirror.Call{
		Name: "ask the follow-ups", Queue: api.QueueMuster, Class: mirror.ClassSweep, Summary: "follow-ups of the week",
		Run: func(ctx workflow.Context, _ bool) error {
			var w activities.Week
			in := activities.WeekInput{Since: r.at.Add(-week), At: r.at, Page: r.page}
			if err := workflow.ExecuteActivity(ctx, mirror.Owing.ListWeek, in).Get(ctx, &w); err != nil {
				return err
			}
			w.FollowUps = slices.DeleteFunc(w.FollowUps, func(f api.FollowUpState) bool { return f.Private })
			r.seen.FollowUps = append(r.seen.FollowUps, w.FollowUps...)
			r.seen.Unread = append(r.seen.Unread, w.Unread...)
			r.page, r.read = w.Next, len(w.Next) == 0
			for _, f := range w.FollowUps {
				r.installation = cmp.Or(r.installation, f.Installation)
			}
			return nil
		},
	}
}

func (r *reportRun) post(channel string) mirror.Action {
	day := r.at.In(r.in.Calendar.Location()).Format(time.DateOnly)
	m := report(r.seen, r.at.In(r.in.Calendar.Location()))
	m.Key = api.VendorKey(r.installation, "report/"+day, mirror.Short(channel))
	return &mirror.Call{
		Name: "post to " + channel, Queue: api.QueueSlackWrite, Class: mirror.ClassCreate, Summary: "weekly report in " + channel,
		Run: func(ctx workflow.Context, tried bool) error {
			in := activities.PostMessageInput{Channel: channel, Message: m, Tried: tried}
			if err := workflow.ExecuteActivity(ctx, mirror.Chat.PostMessage, in).Get(ctx, nil); err != nil {
				return err
			}
			r.posted++
			return nil
		},
	}
}

// quiet reports whether there is nothing to tell, so that nobody is told.
func (r *reportRun) quiet() bool { return len(r.seen.FollowUps)+len(r.seen.Unread) == 0 }

func (r *reportRun) describe() {
	workflow.SetCurrentDetails(r.ctx, fmt.Sprintf("%d follow-ups read, posted in %d of %d channels", len(r.seen.FollowUps), r.posted, len(r.in.Channels)))
}

// maxReported is how many of one kind a report names.
const maxReported = 10

// part is one paragraph of a report.
type part struct {
	// one and many are said of one and of several: "%d is overdue".
	one, many string
	lines     []string
}

func (p *part) n() int { return len(p.lines) }

func (p *part) add(s api.FollowUpState, format string, args ...any) {
	name := fmt.Sprintf("%s (%s)", s.FollowUp.Title, cmp.Or(s.FollowUp.Issue.Key, incident.Key(s.Incident)))
	p.lines = append(p.lines, name+fmt.Sprintf(format, args...))
}

func (p *part) count() string {
	if p.n() == 1 {
		return "1 " + p.one
	}
	return fmt.Sprintf("%d %s", p.n(), p.many)
}

func (p *part) text() string {
	out := []string{strings.ToUpper(p.count()[:1]) + p.count()[1:] + ":"}
	for _, l := range p.lines[:min(len(p.lines), maxReported)] {
		out = append(out, "• "+l)
	}
	if more := len(p.lines) - maxReported; more > 0 {
		out = append(out, fmt.Sprintf("• and %d more", more))
	}
	return strings.Join(out, "\n")
}

// report writes what became of follow-ups in the week before a moment, and what the next one brings.
func report(w activities.Week, at time.Time) incident.Message {
	overdue := &part{one: "is overdue", many: "are overdue"}
	due := &part{one: "is due this week", many: "are due this week"}
	undecided := &part{one: "waits for a decision", many: "wait for a decision"}
	dropped := &part{one: "was dropped", many: "were dropped"}
	done := &part{one: "was done", many: "were done"}
	all := slices.DeleteFunc(slices.Clone(w.FollowUps), func(f api.FollowUpState) bool { return f.Private })
	slices.SortStableFunc(all, func(a, b api.FollowUpState) int {
		return cmp.Or(cmp.Compare(a.FollowUp.Due, b.FollowUp.Due), a.Incident-b.Incident, a.FollowUp.Number-b.FollowUp.Number)
	})
	today, soon := incident.Date(at.Format(time.DateOnly)), incident.Date(at.AddDate(0, 0, 7).Format(time.DateOnly))
	for _, s := range all {
		f := s.FollowUp
		owner, by := "nobody owns it", ""
		if f.Owner != "" {
			owner, by = "owner "+f.Owner, ", by "+f.Owner
		}
		switch {
		case f.Status == incident.FollowUpDone:
			done.add(s, "%s", by)
		case f.Moved(): // it goes on in another incident, and is counted there
		case f.Status == incident.FollowUpDropped:
			dropped.add(s, ": %s", cmp.Or(f.Reason, "no reason was given"))
		case f.Status == incident.FollowUpProposed:
			if slices.ContainsFunc(s.Asks, func(a api.PersonAsk) bool { return a.Ask == api.AskDecide }) {
				undecided.add(s, "")
			}
		case f.Due != "" && f.Due < today:
			overdue.add(s, ", due %s, %s", f.Due, owner)
		case f.Due != "" && f.Due < soon:
			due.add(s, ", due %s, %s", f.Due, owner)
		}
	}
	m := incident.Message{Headline: "Follow-ups: a quiet week"}
	var counts []string
	for _, p := range []*part{overdue, due, undecided, dropped, done} {
		if p.n() > 0 {
			counts = append(counts, p.count())
			m.Body = append(m.Body, p.text())
		}
	}
	if len(counts) > 0 {
		m.Headline = "Follow-ups of the week: " + strings.Join(counts, ", ")
	} else {
		m.Body = []string{"Nothing is due, overdue or undecided, and none was done or dropped."}
	}
	if n := len(w.Unread); n > 0 {
		m.Footnotes = []string{fmt.Sprintf("Not counted here, since they could not be asked: %d.", n)}
	}
	return m
}
