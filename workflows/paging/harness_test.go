package paging

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

// world runs a page alone, in skipped time: the incident and the pager are the test's.
type world struct {
	*worldtest.World
	pager *pager
	// reports are what the incident was told, in order.
	reports []incident.PageReport
	// in is what the page is started with.
	in PageInput
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{in: input(), pager: &pager{answers: map[string][]answer{}}}
	w.World = worldtest.New(t, "INC-1/page/1", func(r worker.WorkflowRegistry) { r.RegisterWorkflow(Page) })
	w.Listens(func(id, name string, in any) error {
		require.Equal(t, "INC-1", id)
		require.Equal(t, api.PageReported, name)
		w.reports = append(w.reports, in.(incident.PageReport))
		return nil
	})
	w.pager.now = w.Env.Now
	w.Env.OnActivity("TriggerPage", mock.Anything, mock.Anything).Return(w.pager.trigger).Maybe()
	w.Env.OnActivity("AcknowledgePages", mock.Anything, mock.Anything).Return(w.pager.acknowledge).Maybe()
	w.Env.OnActivity("ResolvePages", mock.Anything, mock.Anything).Return(w.pager.resolve).Maybe()
	return w
}

// pager stands for the activities: it notes what is asked of it and answers as the test says.
type pager struct {
	mu    sync.Mutex
	calls []string
	at    []time.Duration // since the start
	asked []incident.PageRequest
	now   func() time.Time
	// answers are those to one call after the other, by the call; the last one is for ever, and
	// without any a call succeeds.
	answers map[string][]answer
}

type answer struct {
	found incident.PageState
	err   error
}

// says makes the pager answer a call so, one time after the other and the last one for ever.
func (p *pager) says(call string, answers ...answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers[call] = answers
}

func (p *pager) called(call string) (incident.PageState, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, call)
	p.at = append(p.at, p.now().Sub(start).Round(time.Second))
	all := p.answers[call]
	if len(all) == 0 {
		return incident.PageState{}, nil
	}
	if len(all) > 1 {
		p.answers[call] = all[1:]
	}
	return all[0].found, all[0].err
}

// number is that of the attempt of a key.
func number(key string) string { return key[strings.LastIndex(key, "/")+1:] }

// trigger notes "look 1" in place of "page 1" where the real activity looks before it pages.
func (p *pager) trigger(ctx context.Context, in activities.TriggerPageInput) (incident.PageState, error) {
	p.mu.Lock()
	p.asked = append(p.asked, in.Request)
	p.mu.Unlock()
	if in.Tried || activity.GetInfo(ctx).Attempt > 1 {
		return p.called("look " + number(in.Request.Key))
	}
	return p.called("page " + number(in.Request.Key))
}

func (p *pager) acknowledge(_ context.Context, attempts []activities.PageHandle) error {
	_, err := p.called("ack" + numbers(attempts))
	return err
}

func (p *pager) resolve(_ context.Context, attempts []activities.PageHandle) error {
	_, err := p.called("withdraw" + numbers(attempts))
	return err
}

func numbers(attempts []activities.PageHandle) string {
	s := ""
	for _, a := range attempts {
		s += " " + number(a.Key)
	}
	return s
}

// said is what the pager was asked until now.
func (p *pager) said() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.calls...)
}

// times says when a call was made.
func (p *pager) times(call string) []time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []time.Duration
	for k, c := range p.calls {
		if c == call {
			out = append(out, p.at[k])
		}
	}
	return out
}

// log is every call with its time since the start.
func (p *pager) log() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for k, c := range p.calls {
		out = append(out, fmt.Sprintf("%s at %s", c, p.at[k]))
	}
	return out
}

// withdraws, takes and wakes are what the incident tells its page.
func (w *world) withdraws(at time.Duration) {
	w.tells(at, incident.Page{Revision: 99, Status: incident.PageWithdrawn})
}

func (w *world) takes(at time.Duration, person string) {
	w.tells(at, incident.Page{Revision: 2, Status: incident.PageAcknowledged, By: person})
}

func (w *world) tells(at time.Duration, p incident.Page) {
	w.After(at, func() { w.Env.SignalWorkflow(api.PageChanged, p) })
}

// hears is a webhook of the pager.
func (w *world) hears(at time.Duration, key string, s incident.PageState) {
	w.After(at, func() { w.Env.SignalWorkflow(api.PagerChanged, heard(key, start.Add(at), s)) })
}

func (w *world) retries(at time.Duration) {
	w.After(at, func() { w.Env.SignalWorkflow(api.Retry, nil) })
}

// standing is what the page answers to a query.
func (w *world) standing() api.PageState {
	w.T.Helper()
	v, err := w.Env.QueryWorkflow(api.State)
	require.NoError(w.T, err)
	var s api.PageState
	require.NoError(w.T, v.Get(&s))
	return s
}

// run lets the page run until it ends.
func (w *world) run() {
	w.T.Helper()
	w.Env.ExecuteWorkflow(Page, w.in)
	require.True(w.T, w.Env.IsWorkflowCompleted())
	require.NoError(w.T, w.Env.GetWorkflowError())
}

// runUntil lets it run until the server suggests at a moment to continue as new, and gives the
// input of the run that follows.
func (w *world) runUntil(at time.Duration) PageInput {
	w.T.Helper()
	w.After(at, func() {
		w.Env.SetContinueAsNewSuggested(true)
		w.Env.SignalWorkflow(api.PagerChanged, api.PagerChangedInput{Key: "nobody's"}) // any task makes it look
	})
	w.Env.ExecuteWorkflow(Page, w.in)
	var next *workflow.ContinueAsNewError
	require.ErrorAs(w.T, w.Env.GetWorkflowError(), &next)
	var in PageInput
	w.Decode(next.Input, &in)
	return in
}

// last is what the incident knows of the page, but for its revision.
func (w *world) last() incident.PageReport {
	w.T.Helper()
	require.NotEmpty(w.T, w.reports, "the incident was told nothing")
	r := w.reports[len(w.reports)-1]
	require.Equal(w.T, 1, r.Page)
	return r
}

// told is every report in short.
func (w *world) told() []string {
	var out []string
	for _, r := range w.reports {
		out = append(out, fmt.Sprint(r.Status, " ", r.Attempts, " ", r.Step))
	}
	return out
}

// patient is an outage that Temporal itself tries again only after a wait.
func patient(wait time.Duration) error {
	return temporal.NewApplicationErrorWithOptions("429", activities.ErrRetryable, temporal.ApplicationErrorOptions{
		NextRetryDelay: wait, Details: []any{activities.Failure{Vendor: "pagerduty", Reason: "429"}},
	})
}
