package paging

import (
	"context"
	"fmt"
	"reflect"
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
	// learnt is what it was told of whom the pager notified, in order. Reports that say nothing else
	// are not among the others.
	learnt []incident.WokenReport
	// in is what the page is started with.
	in PageInput
	// begun is when the run began.
	begun time.Time
}

func newWorld(t *testing.T, also ...func(worker.WorkflowRegistry)) *world {
	t.Helper()
	w := &world{in: input(), begun: start, pager: &pager{answers: map[string][]answer{}, woken: map[string][]incident.Woken{}, known: map[string]incident.PageState{}}}
	w.World = worldtest.New(t, "INC-1/page/1", func(r worker.WorkflowRegistry) {
		r.RegisterWorkflow(Page)
		for _, register := range also {
			register(r)
		}
	})
	w.Listens(func(id, name string, in any) error {
		require.Equal(t, "INC-1", id)
		require.Equal(t, api.PageReported, name)
		w.hearsReport(in.(incident.PageReport))
		return nil
	})
	w.pager.now = w.Env.Now
	w.Env.OnActivity("TriggerPage", mock.Anything, mock.Anything).Return(w.pager.trigger).Maybe()
	w.Env.OnActivity("NotifiedPeople", mock.Anything, mock.Anything).Return(w.pager.notified).Maybe()
	w.Env.OnActivity("FindPages", mock.Anything, mock.Anything).Return(w.pager.find).Maybe()
	w.Env.OnActivity("AcknowledgePages", mock.Anything, mock.Anything).Return(w.pager.acknowledge).Maybe()
	w.Env.OnActivity("ResolvePages", mock.Anything, mock.Anything).Return(w.pager.resolve).Maybe()
	return w
}

func (w *world) hearsReport(r incident.PageReport) {
	news := len(w.learnt) == 0 && r.Woken.Knows() || len(w.learnt) > 0 && !reflect.DeepEqual(w.learnt[len(w.learnt)-1], r.Woken)
	if news {
		w.learnt = append(w.learnt, r.Woken)
	}
	r.Woken = incident.WokenReport{}
	same := len(w.reports) > 0 && reflect.DeepEqual(w.reports[len(w.reports)-1], r)
	if !news || (!same && r.Status != incident.PageWithdrawn) {
		w.reports = append(w.reports, r)
	}
}

// pager stands for the activities: it notes what is asked of it, keeps what is open at it, and
// answers as a pager does, or as the test says.
type pager struct {
	mu    sync.Mutex
	calls []call // that change something there, but for the ends of earlier attempts
	ends  []call // of earlier attempts, which may go out beside a call of the page
	looks []call
	logs  []call // questions whom it has notified
	woken map[string][]incident.Woken
	more  bool // than it tells of whom it has notified
	asked []incident.PageRequest
	now   func() time.Time
	known map[string]incident.PageState
	// answers are those to one call after the other, by the call; the last one is for ever.
	answers map[string][]answer
	// withdrawn means that the incident has withdrawn the page.
	withdrawn bool
}

// call is one call and its moment since the start.
type call struct {
	what string
	at   time.Duration
}

type answer struct {
	found incident.PageState
	err   error
	// applied means that the call did what it says, although its answer was an error.
	applied bool
}

// says makes the pager answer a call so, one time after the other and the last one for ever.
func (p *pager) says(call string, answers ...answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers[call] = answers
}

// becomes makes something so at the pager, of which nobody is told.
func (p *pager) becomes(key string, s incident.PageState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.Found = true
	if s.At.IsZero() {
		s.At = p.now()
	}
	p.known[key] = s
}

// forgets makes the pager know nothing of a page, as if it had opened no incident for it.
func (p *pager) forgets(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.known, key)
}

// note notes a call, and gives the answer that the test wants, if any.
func (p *pager) note(calls *[]call, what, answers string) (answer, bool) {
	*calls = append(*calls, call{what, p.now().Sub(start).Round(time.Second)})
	all := p.answers[answers]
	if len(all) == 0 {
		return answer{}, false
	}
	if len(all) > 1 {
		p.answers[answers] = all[1:]
	}
	return all[0], true
}

// number is that of the attempt of a key, with the time through the chain: 1, 2/again/1.
func number(key string) string {
	_, n, _ := strings.Cut(key, "/attempt/")
	return n
}

// trigger notes "look 1" in place of "page 1" where the real activity looks before it pages, and
// "again 1" where it sends what is out already once more.
func (p *pager) trigger(ctx context.Context, in activities.TriggerPageInput) (incident.PageState, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, in.Request)
	key, what := in.Request.Key, "page "
	looks := in.Tried || activity.GetInfo(ctx).Attempt > 1
	switch {
	case in.Again:
		what = "again "
	case looks:
		what = "look "
	}
	a, told := p.note(&p.calls, what+number(key), what+number(key))
	known := p.known[key]
	if !told && looks && known.Found && (known.Answered() || !in.Again) {
		return known, nil
	}
	switch {
	case a.found.Found:
		p.known[key] = a.found
	case (a.err == nil || a.applied) && (!known.Found || known.Resolved):
		p.known[key] = incident.PageState{Found: true, At: p.now()}
	}
	return a.found, a.err
}

func (p *pager) acknowledge(_ context.Context, attempts []activities.PageHandle) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	a, _ := p.note(&p.calls, "ack"+numbers(attempts), "ack"+numbers(attempts))
	for _, h := range attempts {
		if s := p.known[h.Key]; a.err == nil && s.Found && !s.Resolved {
			s.Acknowledged, s.At = true, p.now()
			p.known[h.Key] = s
		}
	}
	return a.err
}

func (p *pager) resolve(_ context.Context, attempts []activities.PageHandle) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	calls, what := &p.ends, "end"+numbers(attempts)
	if p.withdrawn {
		calls, what = &p.calls, "withdraw"+numbers(attempts)
	}
	a, _ := p.note(calls, what, what)
	for _, h := range attempts {
		if s := p.known[h.Key]; a.err == nil && s.Found {
			p.known[h.Key] = incident.PageState{Found: true, Resolved: true, At: p.now()}
		}
	}
	return a.err
}

// find says what is known of the attempts; an answer of the test is that for each of them.
func (p *pager) find(_ context.Context, keys []string) (map[string]incident.PageState, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	what := "find"
	for _, k := range keys {
		what += " " + number(k)
	}
	a, told := p.note(&p.looks, what, "find")
	if a.err != nil {
		return nil, a.err
	}
	out := map[string]incident.PageState{}
	for _, k := range keys {
		out[k] = p.known[k]
		if told {
			out[k] = a.found
		}
	}
	return out, nil
}

// notified says whom the test has made it notify for the attempts.
func (p *pager) notified(_ context.Context, rung []activities.RungPage) (incident.WokenReport, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	what := "log"
	for _, a := range rung {
		if what += " " + number(a.Key); a.ID != "" {
			what += "=" + a.ID
		}
	}
	out := incident.WokenReport{More: p.more}
	if a, _ := p.note(&p.logs, what, "log"); a.err != nil {
		return out, a.err
	}
	for _, a := range rung {
		out.Learn(p.woken[a.Key])
	}
	return out, nil
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
	out := []string{}
	for _, c := range p.calls {
		out = append(out, c.what)
	}
	return out
}

// times says when a call was made.
func (p *pager) times(what string) []time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []time.Duration
	for _, c := range p.calls {
		if c.what == what {
			out = append(out, c.at)
		}
	}
	return out
}

// log is every call with its time since the start, ended every end of earlier attempts, looked
// every question.
func (p *pager) log() []string    { return p.lines(&p.calls) }
func (p *pager) ended() []string  { return p.lines(&p.ends) }
func (p *pager) looked() []string { return p.lines(&p.looks) }
func (p *pager) logged() []string { return p.lines(&p.logs) }

func (p *pager) lines(calls *[]call) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, c := range *calls {
		out = append(out, fmt.Sprintf("%s at %s", c.what, c.at))
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
	w.learns(at, func(b *api.PageBrief) {
		w.pager.mu.Lock()
		w.pager.withdrawn = p.Status == incident.PageWithdrawn
		w.pager.mu.Unlock()
		p.Number, p.Target = b.Page.Number, b.Page.Target
		b.Page = p
	})
}

// learns tells the page what has changed in the facts.
func (w *world) learns(at time.Duration, change func(b *api.PageBrief)) {
	w.After(at, func() {
		change(&w.in.Brief)
		w.Env.SignalWorkflow(api.PageChanged, w.in.Brief)
	})
}

// hears is something that happens at the pager, and its webhook.
func (w *world) hears(at time.Duration, key string, s incident.PageState) {
	w.happens(at, key, s)
	w.After(at, func() { w.Env.SignalWorkflow(api.PagerChanged, heard(key, w.begun.Add(at), s)) })
}

// happens is something that happens at the pager, and whose webhook is lost.
func (w *world) happens(at time.Duration, key string, s incident.PageState) {
	w.After(at, func() { w.pager.becomes(key, s) })
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
