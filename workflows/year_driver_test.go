package workflows

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/incidents"
	"muster/workflows/learning"
	"muster/workflows/worldtest"
)

// year runs an incident and its children for as long as they live, each in an environment of its
// own, since the test environment continues no child as new. All of them go on step by step: at the
// end of each, every run is told that it is full, and the next one gets what it leaves behind. What
// they signal to each other is carried over at the moment at which it was sent, but for what children
// tell the incident: it has had its turn by then, and hears of it as the next step begins.
type year struct {
	t        *testing.T
	calendar playbook.Calendar
	start    time.Time
	now      time.Time
	step     time.Duration
	members  []*member
	// vendors says how the vendors are in a run that begins at a moment.
	vendors func(w *worldtest.World, from time.Time)

	mu      sync.Mutex // signals to others are mocked in goroutines of their own
	letters []letter

	// calls are those of vendors, word for word. signals are those that workflows sent to each other,
	// as "INC-1 FollowUpReported". lines are what digests told, as "alice@example.com overdue". runs
	// are those of each workflow.
	calls, signals, lines, runs map[string]int
}

// member is one of the workflows.
type member struct {
	id    string
	in    converter.RawValue // of the next run
	from  time.Time
	over  bool
	world *worldtest.World // of the last run
}

// letter is a signal or a command on its way.
type letter struct {
	at       time.Time
	to, name string
	in       any
}

const (
	day  = 24 * time.Hour
	week = 7 * day
	// soon is how long a step is in which something is delivered: what answers it comes in the next.
	soon = time.Hour
)

func newYear(t *testing.T, start time.Time, step time.Duration, in incidents.IncidentInput) *year {
	t.Helper()
	y := &year{
		t: t, calendar: in.Slice.Calendar, start: start, now: start, step: step,
		calls: map[string]int{}, signals: map[string]int{}, lines: map[string]int{}, runs: map[string]int{},
	}
	y.members = []*member{{id: api.IncidentID(in.Number), in: y.raw(in), from: start}}
	return y
}

// commands has a person give the incident a command at a moment, such as "2026-11-18 10:01".
func (y *year) commands(at, name string, c incident.Command) {
	y.letters = append(y.letters, letter{at: y.moment(at), to: y.members[0].id, name: name, in: c})
}

// says has the tracker say something at a moment.
func (y *year) says(at, to, name string, in any) {
	y.letters = append(y.letters, letter{at: y.moment(at), to: to, name: name, in: in})
}

func (y *year) moment(at string) time.Time {
	y.t.Helper()
	m, err := time.Parse("2006-01-02 15:04", at)
	require.NoError(y.t, err)
	return m
}

func (y *year) raw(in any) converter.RawValue {
	p, err := converter.GetDefaultDataConverter().ToPayload(in)
	require.NoError(y.t, err)
	return converter.NewRawValue(p)
}

// pass goes on until every workflow is over, which it must be at the latest at a moment.
func (y *year) pass(latest string) {
	for slices.ContainsFunc(y.members, func(m *member) bool { return !m.over }) {
		require.True(y.t, y.now.Before(y.moment(latest)), "something has not ended: %v", y.runs)
		end := y.end()
		for k := 0; k < len(y.members); k++ { // more are started as it goes on
			if m := y.members[k]; !m.over && m.from.Before(end) {
				y.run(m, end)
			}
		}
		y.now = end
		if !slices.ContainsFunc(y.letters, func(l letter) bool { return !l.at.After(end) }) {
			y.agree()
		}
	}
	require.Empty(y.t, y.letters, "somebody was told something after their end")
}

// end is when a step ends: at once where something is to be delivered, before the next that people do,
// or after a whole one.
func (y *year) end() time.Time {
	end := y.start.Add((y.now.Sub(y.start)/y.step + 1) * y.step)
	for _, l := range y.letters {
		at := l.at
		if !at.After(y.now) {
			at = y.now.Add(soon)
		}
		if at.Before(end) {
			end = at
		}
	}
	return end
}

// run is one run of a workflow, which ends with the step.
func (y *year) run(m *member, end time.Time) {
	part, _ := api.ParseID(m.id)
	name := map[string]string{"": "Incident", "follow-up": "FollowUp", "review": "Review"}[part.Part]
	w := worldtest.Again(y.t, m.id, func(r worker.WorkflowRegistry) {
		switch name {
		case "FollowUp":
			r.RegisterWorkflow(learning.FollowUp)
		case "Review":
			r.RegisterWorkflow(learning.Review)
		default:
			r.RegisterWorkflow(incidents.Incident)
			r.RegisterWorkflowWithOptions(y.child, workflow.RegisterOptions{Name: "FollowUp"})
			r.RegisterWorkflowWithOptions(y.child, workflow.RegisterOptions{Name: "Review"})
		}
	})
	w.Env.SetDetachedChildWait(false) // a child is left as its parent ends its run
	w.Env.SetStartTime(m.from)
	y.vendors(w, m.from)
	w.Listens(func(id, name string, in any) error { return y.post(w.Env.Now(), id, name, in) })
	for k, l := range y.due(m, end) {
		in := max(l.at.Sub(m.from), 0) + time.Duration(k+1)*time.Millisecond // in their order
		if c, ok := l.in.(incident.Command); ok {
			w.Commands(in, l.name, c)
			continue
		}
		w.After(in, func() { w.Env.SignalWorkflow(l.name, l.in) })
	}
	if name == "FollowUp" {
		y.mornings(w, m.from, end)
	}
	w.After(end.Sub(m.from), func() {
		w.Env.SetContinueAsNewSuggested(true)
		y.wake(w, name)
	})
	w.Env.ExecuteWorkflow(name, m.in)
	y.ran(m, w, end)
}

// due takes the letters that a workflow gets before a moment.
func (y *year) due(m *member, end time.Time) []letter {
	y.mu.Lock()
	defer y.mu.Unlock()
	var out []letter
	y.letters = slices.DeleteFunc(y.letters, func(l letter) bool {
		mine := l.to == m.id && l.at.Before(end)
		if mine {
			out = append(out, l)
		}
		return mine
	})
	slices.SortStableFunc(out, func(a, b letter) int { return a.at.Compare(b.at) })
	return out
}

// mornings asks every working morning what a follow-up asks of whom, as digests do, and tells it what
// was shown.
func (y *year) mornings(w *worldtest.World, from, end time.Time) {
	for at := from.Truncate(day).Add(9*time.Hour + 30*time.Minute); at.Before(end); at = at.Add(day) {
		if at.Before(from) || !y.calendar.Working(at) {
			continue
		}
		w.After(at.Sub(from), func() {
			for _, a := range y.state(w, at).Asks {
				if a.Told {
					continue
				}
				y.lines[a.Person+" "+string(a.Ask)]++
				digest := api.PersonDigestID(incident.Date(at.Format(time.DateOnly)), a.Person)
				w.Env.SignalWorkflow(api.Told, api.ToldInput{Person: a.Person, Turn: a.Turn, At: at, Digest: digest})
			}
		})
	}
}

// wake gives a run something to take in that changes nothing, since no run looks by itself whether it
// is full.
func (y *year) wake(w *worldtest.World, name string) {
	unread := api.IssueChangedInput{Issue: incident.IssueState{ID: "test/INC-1/issue", Unread: true}}
	switch name {
	case "FollowUp":
		w.Env.SignalWorkflow(api.Told, api.ToldInput{Person: "nobody@example.com", Turn: "none", At: w.Env.Now()})
		return
	case "Review":
		unread.Issue.ID = "test/INC-1/review"
	}
	w.Env.SignalWorkflow(api.IssueChanged, unread)
}

// ran takes down what a run has done, and keeps what it leaves to the next one.
func (y *year) ran(m *member, w *worldtest.World, end time.Time) {
	y.runs[m.id]++
	for _, c := range w.Calls {
		y.calls[c]++
	}
	m.world, m.from = w, end
	err := w.Env.GetWorkflowError()
	if err == nil {
		m.over = true
		return
	}
	var more *workflow.ContinueAsNewError
	require.ErrorAs(y.t, err, &more, "%s at %s", m.id, end)
	m.in = converter.NewRawValue(more.Input.GetPayloads()[0])
}

// child stands for a child in the incident's environment: the real one runs in its own.
func (y *year) child(ctx workflow.Context, in converter.RawValue) error {
	id := workflow.GetInfo(ctx).WorkflowExecution.ID
	y.mu.Lock()
	y.members = append(y.members, &member{id: id, in: in, from: workflow.Now(ctx)})
	y.mu.Unlock()
	for {
		if err := workflow.Await(ctx, func() bool { return len(workflow.GetUnhandledSignalNames(ctx)) > 0 }); err != nil {
			return err
		}
		for _, name := range workflow.GetUnhandledSignalNames(ctx) {
			var raw converter.RawValue
			workflow.GetSignalChannel(ctx, name).Receive(ctx, &raw)
			if err := y.post(workflow.Now(ctx), id, name, raw); err != nil {
				return err
			}
		}
	}
}

// post carries a signal from one workflow to another, unless that has ended.
func (y *year) post(at time.Time, to, name string, in any) error {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.signals[to+" "+name]++
	k := slices.IndexFunc(y.members, func(m *member) bool { return m.id == to })
	if k < 0 || y.members[k].over {
		return errors.New(to + " does not run")
	}
	if _, ok := in.(converter.RawValue); !ok {
		in = y.raw(in)
	}
	y.letters = append(y.letters, letter{at: at, to: to, name: name, in: in})
	return nil
}

// callsOf are the calls that begin so.
func (y *year) callsOf(prefixes ...string) map[string]int {
	out := map[string]int{}
	for c, n := range y.calls {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(c, p) }) {
			out[c] = n
		}
	}
	return out
}

func (y *year) facts() incident.Incident { return y.members[0].world.Facts() }

func (y *year) state(w *worldtest.World, at time.Time) api.FollowUpState {
	v, err := w.Env.QueryWorkflow(api.State, api.OwedQuery{At: at})
	require.NoError(y.t, err)
	var s api.FollowUpState
	require.NoError(y.t, v.Get(&s))
	return s
}

// agree requires that nothing is stuck, and that the incident knows of each follow-up what that knows
// of itself.
func (y *year) agree() {
	facts := y.facts()
	require.Empty(y.t, facts.Snags, "%s", y.now)
	says := func(f incident.FollowUp) string {
		return fmt.Sprintf("%s: %q of %s is %s, due %s, as %s, revision %d", y.now, f.Title, cmp.Or(f.Owner, "nobody"), f.Status, f.Due, f.Issue.Key, f.Revision)
	}
	for _, f := range facts.FollowUps {
		k := slices.IndexFunc(y.members, func(m *member) bool { return m.id == api.FollowUpID(facts.Number, f.Number) })
		require.GreaterOrEqual(y.t, k, 0)
		s := y.state(y.members[k].world, y.now)
		require.Empty(y.t, s.Snags)
		require.Equal(y.t, says(f), says(s.FollowUp))
	}
}
