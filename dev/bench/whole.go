package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"muster/incident"
	"muster/workflows/api"
)

// businessDay is how long one lasts in the benchmark's playbook.
const businessDay = 500 * time.Millisecond

// whole is one incident from its declaration to the end of its workflow.
type whole struct {
	*bench
	opening
	proposed time.Time
	marks    []mark
	// digests counts the messages of mornings, one of a person and day.
	digests int
	before  int // Register's events before it
}

// mark is when a phase began.
type mark struct {
	phase string
	at    time.Time
}

const (
	opens     = "opening"
	works     = "working"
	resolves  = "resolution"
	reviews   = "review"
	followsUp = "follow-ups"
	closes    = "closing"
)

var (
	alice = by("alice@example.com")
	bob   = by("bob@example.com")
)

// measureWhole lives through one incident: a page that is acknowledged at the pager, five updates, two follow-ups, a
// learning review, and sixty days in which one follow-up is accepted and done in Jira a day before it is due, while the
// other is due, overdue and dropped on day sixty. It counts every event and every billable action of it.
func measureWhole(ctx context.Context, b *bench) error {
	w := &whole{bench: b}
	if err := w.comeToRest(ctx); err != nil { // what warmed up must not be counted
		return err
	}
	register, err := history(ctx, b.Client, api.RegisterID)
	if err != nil {
		return err
	}
	w.before = len(register)
	for _, step := range []struct {
		phase string
		do    func(context.Context) error
	}{
		{opens, w.opens},
		{works, w.works},
		{resolves, w.give(api.Resolve, incident.Resolve{Meta: alice, Learning: "Certificates expire quietly"})},
		{reviews, w.holdsReview},
		{followsUp, w.followsUp},
		{closes, w.closes},
	} {
		w.marks = append(w.marks, mark{step.phase, time.Now()})
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.phase, err)
		}
		if err := w.comeToRest(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.phase, err)
		}
	}
	return w.count(ctx)
}

func (w *whole) opens(ctx context.Context) (err error) {
	if w.opening, err = w.open(ctx); err != nil {
		return err
	}
	// What was just posted settles for a second, and is then edited once.
	return pause(ctx, 1200*time.Millisecond)
}

func (w *whole) works(ctx context.Context) error {
	for _, p := range w.Sims.Pager.OpenIncidents() {
		if strings.Contains(p.Key, "/"+api.IncidentID(w.number)+"/") {
			if err := w.Sims.Pager.Acknowledge(p.Key, "alice@example.com"); err != nil {
				return err
			}
		}
	}
	if err := w.comeToRest(ctx); err != nil {
		return err
	}
	for k := range 5 {
		text := fmt.Sprintf("Update %d: the card provider refuses our certificate", k+1)
		if err := w.give(api.Update, incident.Update{Meta: alice, Text: text})(ctx); err != nil {
			return err
		}
		if err := w.comeToRest(ctx); err != nil { // minutes pass between two updates
			return err
		}
	}
	w.proposed = time.Now()
	if err := w.give(api.AddFollowUp, incident.AddFollowUp{Meta: alice, Title: "Warn before certificates expire", Owner: "alice@example.com"})(ctx); err != nil {
		return err
	}
	if err := w.comeToRest(ctx); err != nil {
		return err
	}
	return w.give(api.AddFollowUp, incident.AddFollowUp{Meta: alice, Title: "Second card provider", Owner: "bob@example.com"})(ctx)
}

// holdsReview waits for both reminders, of which the server fires the second late: no timer of less than a second is
// exact.
func (w *whole) holdsReview(ctx context.Context) error {
	for k := range 4 * int(time.Second/businessDay) {
		if w.said("/review/reminder/") == 2 {
			return w.give(api.HoldReview, incident.HoldReview{Meta: bob})(ctx)
		}
		if err := w.day(ctx, 3+k); err != nil {
			return err
		}
	}
	return errors.New("the review's two reminders were not posted")
}

// followsUp lives through the weeks: both follow-ups have soaked and their owners were asked.
func (w *whole) followsUp(ctx context.Context) error {
	err := w.give(api.ChangeFollowUp, incident.ChangeFollowUp{Meta: alice, Number: 1, Status: incident.FollowUpAccepted})(ctx)
	if err != nil {
		return err
	}
	if err := w.mornings(ctx, 5, 19); err != nil {
		return err
	}
	for _, c := range w.Sims.Jira.Children(w.parent()) {
		if c.Summary == "Warn before certificates expire" {
			if err := w.Sims.Jira.MoveTo(c.Key, "Done", "alice@example.com"); err != nil {
				return err
			}
		}
	}
	return w.mornings(ctx, 20, 42) // sixty days
}

// closes drops the last follow-up, upon which the incident closes, lingers and ends.
func (w *whole) closes(ctx context.Context) error {
	err := w.give(api.ChangeFollowUp, incident.ChangeFollowUp{Meta: bob, Number: 2, Status: incident.FollowUpDropped, Reason: "One provider is enough for now"})(ctx)
	if err != nil {
		return err
	}
	ends := time.Now().Add(patience)
	for time.Now().Before(ends) {
		d, err := w.Client.DescribeWorkflowExecution(ctx, api.IncidentID(w.number), "")
		if err != nil {
			return err
		}
		if d.WorkflowExecutionInfo.Status == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED {
			return nil
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	return errors.New("the incident's workflow does not end")
}

// give makes a step of one command.
func (w *whole) give(name string, c incident.Command) func(context.Context) error {
	return func(ctx context.Context) error {
		out, err := w.App().Incidents.Command(ctx, w.number, name, c)
		if err == nil && out.Recorded {
			err = fmt.Errorf("%s was only recorded", name)
		}
		return err
	}
}

// day waits for a business day after the follow-ups were proposed, a little into it.
func (w *whole) day(ctx context.Context, n int) error {
	return pause(ctx, time.Until(w.proposed.Add(time.Duration(n)*businessDay+businessDay/3)))
}

// mornings lives through business days, on each of which digests ask the follow-ups and tell them what was shown. The
// digests themselves are counted and not sent: a day lasts no half second here, and there is one of a person and day.
func (w *whole) mornings(ctx context.Context, from, to int) error {
	for n := from; n <= to; n++ {
		if err := w.day(ctx, n); err != nil {
			return err
		}
		people := map[string]bool{}
		for f := 1; f <= 2; f++ {
			id := api.FollowUpID(w.number, f)
			v, err := w.Client.QueryWorkflow(ctx, id, "", api.State, api.OwedQuery{At: time.Now()})
			if err != nil {
				return err
			}
			var s api.FollowUpState
			if err := v.Get(&s); err != nil {
				return err
			}
			for _, a := range s.Asks {
				if a.Told {
					continue
				}
				people[a.Person] = true
				if err := w.Client.SignalWorkflow(ctx, id, "", api.Told, api.ToldInput{Person: a.Person, Turn: a.Turn, At: time.Now()}); err != nil {
					return err
				}
			}
		}
		w.digests += len(people)
	}
	return nil
}

// said counts the incident's messages whose key contains a part.
func (w *whole) said(part string) int {
	n := 0
	for _, c := range w.Sims.Slack.Channels() {
		for _, m := range c.Messages {
			if strings.Contains(m.Key, "/"+api.IncidentID(w.number)+"/") && strings.Contains(m.Key, part) {
				n++
			}
		}
	}
	return n
}

// parent is the key of the incident's issue.
func (w *whole) parent() string {
	for _, i := range w.Sims.Jira.Issues() {
		if strings.HasPrefix(i.Summary, api.IncidentID(w.number)+" ") {
			return i.Key
		}
	}
	return ""
}

// workflows are all that take part, by the name of their column.
func (w *whole) workflows() []involved {
	return []involved{
		{"Register", api.RegisterID, ""},
		{"Incident", api.IncidentID(w.number), ""},
		{"Page", api.PageID(w.number, 1), ""},
		{"Review", api.ReviewID(w.number, 1), reviews},
		{"FollowUp", api.FollowUpID(w.number, 1), followsUp},
		{"FollowUp", api.FollowUpID(w.number, 2), followsUp},
	}
}

// involved is one workflow that takes part. One that is a phase of its own has its name.
type involved struct{ kind, id, phase string }

// comeToRest waits until no workflow has anything under way and none has moved for a moment.
func (w *whole) comeToRest(ctx context.Context) error {
	const moment = 120 * time.Millisecond
	last, since := int64(-1), time.Now()
	ends := time.Now().Add(patience)
	for time.Now().Before(ends) {
		n, busy, err := w.moved(ctx)
		if err != nil {
			return err
		}
		if n != last || busy {
			last, since = n, time.Now()
		}
		if time.Since(since) > moment {
			return nil
		}
		if err := pause(ctx, moment/6); err != nil {
			return err
		}
	}
	return errors.New("the workflows do not come to rest")
}

// moved gives a number that changes whenever a workflow does, and whether anything is under way.
func (w *whole) moved(ctx context.Context) (events int64, busy bool, err error) {
	for _, i := range w.workflows() {
		d, err := w.Client.DescribeWorkflowExecution(ctx, i.id, "")
		var missing *serviceerror.NotFound
		switch {
		case errors.As(err, &missing):
			continue
		case err != nil:
			return 0, false, err
		}
		events += d.WorkflowExecutionInfo.HistoryLength
		busy = busy || len(d.PendingActivities) > 0 || d.PendingWorkflowTask != nil
	}
	return events, busy, nil
}
