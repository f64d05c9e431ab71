package activities

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/integrations/fault"
)

const attempt1, attempt2, attempt3 = "OPS/INC-42/page/1/attempt/1", "OPS/INC-42/page/1/attempt/2", "OPS/INC-42/page/1/attempt/3"

func call() incident.PageRequest {
	return incident.PageRequest{Key: attempt1, Credential: "env:PD_CHECKOUT", Incident: "INC-42", Headline: "Checkout is down", Severity: 1}
}

func pagingWith(p *fakePager) *Paging { return &Paging{Pager: p, Secret: environment} }

func unavailable(operation string) error {
	return &fault.Error{Vendor: "pagerduty", Operation: operation, Class: fault.Retryable, Reason: "503", Err: errors.New(secret)}
}

func TestTheFirstAttemptPagesAtOnce(t *testing.T) {
	t.Parallel()
	pager := &fakePager{}
	p := pagingWith(pager)
	got := result[incident.PageState](t, worker(t, p), p.TriggerPage, TriggerPageInput{Request: call()})
	require.Zero(t, got)
	require.Equal(t, []string{"page " + attempt1 + " with R1"}, pager.calls)
}

// A key that was resolved in between would page again, so what is found in any state is left
// alone.
func TestWhatWasTriedIsLookedForFirst(t *testing.T) {
	t.Parallel()
	for name, found := range map[string]incident.PageState{
		"open":         {Found: true, ID: "Q1"},
		"acknowledged": {Found: true, ID: "Q1", Acknowledged: true, By: "bob@example.com", URL: "https://pager.example.com/Q1"},
		"resolved":     {Found: true, ID: "Q1", Resolved: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pager := &fakePager{pages: map[string]incident.PageState{attempt1: found}}
			p := pagingWith(pager)
			got := result[incident.PageState](t, worker(t, p), p.TriggerPage, TriggerPageInput{Request: call(), Tried: true})
			require.Equal(t, found, got)
			require.Equal(t, []string{"find " + attempt1}, pager.calls)
		})
	}
}

func TestWhatIsNotFoundIsPaged(t *testing.T) {
	t.Parallel()
	pager := &fakePager{}
	p := pagingWith(pager)
	result[incident.PageState](t, worker(t, p), p.TriggerPage, TriggerPageInput{Request: call(), Tried: true})
	require.Equal(t, []string{"find " + attempt1, "page " + attempt1 + " with R1"}, pager.calls)
}

func TestASecondPageIsBetterThanNone(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"the pager's other half is away": unavailable("incidents.list"),
		"nobody may look":                &fault.Error{Vendor: "pagerduty", Operation: "incidents.list", Class: fault.Credential, Reason: "401"},
		"looking is not set up":          &fault.Error{Vendor: "pagerduty", Operation: "incidents.list", Class: fault.Off, Reason: "no token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pager := &fakePager{
				fails: map[string]error{"find " + attempt1: err},
				pages: map[string]incident.PageState{attempt1: {Found: true}}, // which counts for nothing beside an error
			}
			p := pagingWith(pager)
			result[incident.PageState](t, worker(t, p), p.TriggerPage, TriggerPageInput{Request: call(), Tried: true})
			require.Equal(t, []string{"find " + attempt1, "page " + attempt1 + " with R1"}, pager.calls)
		})
	}
}

func TestALookThatHangsLeavesTimeToPage(t *testing.T) {
	t.Parallel()
	pager := &fakePager{hang: true}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	_, err := pagingWith(pager).TriggerPage(ctx, TriggerPageInput{Request: call(), Tried: true})
	require.NoError(t, err)
	require.Equal(t, []string{"page " + attempt1 + " with R1"}, pager.calls)
}

// The second attempt of an activity looks, though the workflow did not ask for it.
func TestTemporalsRetryLooksFirst(t *testing.T) {
	t.Parallel()
	trigger := "page " + attempt1 + " with R1"
	pager := &fakePager{
		fails: map[string]error{trigger: &fault.Error{Vendor: "pagerduty", Operation: "enqueue", Class: fault.Retryable, Reason: "429", RetryAfter: time.Minute}},
		pages: map[string]incident.PageState{attempt1: {Found: true, ID: "Q1"}},
	}
	p := pagingWith(pager)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterActivity(p)
	var waited time.Duration
	env.ExecuteWorkflow(func(ctx workflow.Context) (incident.PageState, error) {
		began := workflow.Now(ctx)
		var found incident.PageState
		err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			StartToCloseTimeout: 5 * time.Second, RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second},
		}), p.TriggerPage, TriggerPageInput{Request: call()}).Get(ctx, &found)
		waited = workflow.Now(ctx).Sub(began)
		return found, err
	})
	require.NoError(t, env.GetWorkflowError())
	var found incident.PageState
	require.NoError(t, env.GetWorkflowResult(&found))
	require.Equal(t, "Q1", found.ID)
	require.Equal(t, []string{trigger, "find " + attempt1}, pager.calls)
	require.GreaterOrEqual(t, waited, time.Minute, "the vendor's wish is kept")
}

// A person, a policy or a schedule has no routing key.
func TestReachingSomebodyNeedsNoCredential(t *testing.T) {
	t.Parallel()
	pager := &fakePager{}
	p := pagingWith(pager)
	c := call()
	c.Credential, c.Reach = "", "person:bob@example.com"
	result[incident.PageState](t, worker(t, p), p.TriggerPage, TriggerPageInput{Request: c, Tried: true})
	all := []PageHandle{{Key: attempt1, Reach: c.Reach}, {Key: attempt2, Credential: "env:PD_CHECKOUT"}}
	result[any](t, worker(t, p), p.AcknowledgePages, all)
	result[any](t, worker(t, p), p.ResolvePages, all)
	require.Equal(t, []string{
		"find " + attempt1, "page " + attempt1 + " for person:bob@example.com",
		"acknowledge " + attempt1 + " as reached", "acknowledge " + attempt2 + " with R1",
		"resolve " + attempt1 + " as reached", "resolve " + attempt2 + " with R1",
	}, pager.calls)

	pager.fails = map[string]error{"find " + attempt1: nil, "page " + attempt1 + " for person:bob@example.com": &fault.Error{
		Vendor: "pagerduty", Operation: "incidents.create", Class: fault.Permanent, Meaning: fault.NobodyOnCall, Reason: "nobody is on call", Mend: "put somebody on call",
	}}
	app, f := failure(t, worker(t, p), p.TriggerPage, TriggerPageInput{Request: c})
	require.Equal(t, ErrPermanent, app.Type())
	require.Equal(t, NobodyOnCall, f.Meaning)
}

func TestAMissingCredentialIsNamed(t *testing.T) {
	t.Parallel()
	for name, reason := range map[string]string{"PD_OTHER": "is not set", "PD_EMPTY": "is empty"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pager := &fakePager{}
			p := pagingWith(pager)
			c := call()
			c.Credential = "env:" + name
			for _, tried := range []bool{false, true} {
				app, f := failure(t, worker(t, p), p.TriggerPage, TriggerPageInput{Request: c, Tried: tried})
				require.Equal(t, ErrPermanent, app.Type())
				require.True(t, app.NonRetryable())
				require.Equal(t, "credential env:"+name+": "+reason, f.Reason)
				require.Equal(t, "set "+name+" in the worker's environment", f.Mend, "the board shows the mend alone")
			}
			require.Empty(t, pager.calls)
		})
	}
}

func TestAFailedPageSaysWhy(t *testing.T) {
	t.Parallel()
	pager := &fakePager{fails: map[string]error{"page " + attempt1 + " with R1": unavailable("enqueue")}}
	p := pagingWith(pager)
	app, f := failure(t, worker(t, p), p.TriggerPage, TriggerPageInput{Request: call()})
	require.Equal(t, ErrRetryable, app.Type())
	require.Equal(t, Failure{Vendor: "pagerduty", Operation: "enqueue", Reason: "503", Attempt: 1}, f)
}

func handles(credential2 string) []PageHandle {
	return []PageHandle{{Key: attempt1, Credential: "env:PD_CHECKOUT"}, {Key: attempt2, Credential: credential2}, {Key: attempt3, Credential: "env:PD_CHECKOUT"}}
}

func TestResolvingGoesThroughAllAttemptsThoughOneFails(t *testing.T) {
	t.Parallel()
	for verb, of := range map[string]func(*Paging) func(context.Context, []PageHandle) error{
		"resolve":     func(p *Paging) func(context.Context, []PageHandle) error { return p.ResolvePages },
		"acknowledge": func(p *Paging) func(context.Context, []PageHandle) error { return p.AcknowledgePages },
	} {
		t.Run(verb, func(t *testing.T) {
			t.Parallel()
			all := []string{verb + " " + attempt1 + " with R1", verb + " " + attempt2 + " with R1", verb + " " + attempt3 + " with R1"}

			pager := &fakePager{}
			p := pagingWith(pager)
			result[any](t, worker(t, p), of(p), handles("env:PD_CHECKOUT"))
			require.Equal(t, all, pager.calls)

			pager = &fakePager{fails: map[string]error{all[0]: unavailable("enqueue")}}
			p = pagingWith(pager)
			app, _ := failure(t, worker(t, p), of(p), handles("env:PD_CHECKOUT"))
			require.Equal(t, ErrRetryable, app.Type())
			require.Equal(t, all, pager.calls, "the failed one is first, the others are over all the same")

			pager = &fakePager{}
			p = pagingWith(pager)
			app, f := failure(t, worker(t, p), of(p), handles("env:PD_OTHER"))
			require.Equal(t, ErrPermanent, app.Type())
			require.Contains(t, f.Mend, "PD_OTHER")
			require.Equal(t, []string{all[0], all[2]}, pager.calls)
		})
	}
}

// A permanent failure would keep Temporal from trying again what an outage has held up.
func TestOneThatMayStillWorkDecides(t *testing.T) {
	t.Parallel()
	away := "resolve " + attempt1 + " with R1"
	for name, attempts := range map[string][]PageHandle{
		"the outage first":      {{Key: attempt1, Credential: "env:PD_CHECKOUT"}, {Key: attempt2, Credential: "env:PD_OTHER"}},
		"the outage last":       {{Key: attempt2, Credential: "env:PD_OTHER"}, {Key: attempt1, Credential: "env:PD_CHECKOUT"}},
		"the outage in between": {{Key: attempt2, Credential: "env:PD_OTHER"}, {Key: attempt1, Credential: "env:PD_CHECKOUT"}, {Key: attempt3, Credential: "env:PD_OTHER"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := pagingWith(&fakePager{fails: map[string]error{away: unavailable("enqueue")}})
			app, f := failure(t, worker(t, p), p.ResolvePages, attempts)
			require.Equal(t, ErrRetryable, app.Type())
			require.Equal(t, "503", f.Reason)
		})
	}
}

func TestFindingPagesByKey(t *testing.T) {
	t.Parallel()
	open := incident.PageState{Found: true, ID: "Q2"}
	pager := &fakePager{pages: map[string]incident.PageState{attempt2: open}}
	p := pagingWith(pager)
	got := result[map[string]incident.PageState](t, worker(t, p), p.FindPages, []string{attempt1, attempt2})
	require.Equal(t, map[string]incident.PageState{attempt1: {}, attempt2: open}, got)

	require.Empty(t, result[map[string]incident.PageState](t, worker(t, p), p.FindPages, []string{}))

	pager.fails = map[string]error{"find " + attempt1: unavailable("incidents.list")}
	app, _ := failure(t, worker(t, p), p.FindPages, []string{attempt1})
	require.Equal(t, ErrRetryable, app.Type())
}

// broken is a failure of one look-up alone.
func broken() error {
	return &fault.Error{Vendor: "pagerduty", Operation: "incidents.list", Class: fault.Retryable, Reason: "500", Status: 500}
}

func TestOneThatCannotBeFoundKeepsNothingFromTheOthers(t *testing.T) {
	t.Parallel()
	open := incident.PageState{Found: true, ID: "Q2"}
	pager := &fakePager{pages: map[string]incident.PageState{attempt2: open, attempt3: open}, fails: map[string]error{"find " + attempt1: broken()}}
	p := pagingWith(pager)
	got := result[map[string]incident.PageState](t, worker(t, p), p.FindPages, []string{attempt1, attempt2, attempt3})
	require.Equal(t, map[string]incident.PageState{attempt2: open, attempt3: open}, got)

	// An outage would be met by all.
	pager = &fakePager{fails: map[string]error{"find " + attempt1: unavailable("incidents.list")}}
	p = pagingWith(pager)
	app, _ := failure(t, worker(t, p), p.FindPages, []string{attempt1, attempt2})
	require.Equal(t, ErrRetryable, app.Type())
	require.Equal(t, []string{"find " + attempt1}, pager.calls)
}

func TestWithoutAPagerPagingIsOff(t *testing.T) {
	t.Parallel()
	p := &Paging{Secret: environment}
	env := worker(t, p)
	for name, run := range map[string]struct{ activity, in any }{
		"trigger":     {p.TriggerPage, TriggerPageInput{Request: call(), Tried: true}},
		"resolve":     {p.ResolvePages, handles("env:PD_CHECKOUT")},
		"acknowledge": {p.AcknowledgePages, handles("env:PD_CHECKOUT")},
		"find":        {p.FindPages, []string{attempt1}},
	} {
		app, f := failure(t, env, run.activity, run.in)
		isOff(t, name, "pagerduty", app, f)
	}
}

func isOff(t *testing.T, name, vendorName string, app *temporal.ApplicationError, f Failure) {
	t.Helper()
	require.Equal(t, ErrOff, app.Type(), name)
	require.True(t, app.NonRetryable(), name)
	require.Equal(t, vendorName, f.Vendor, name)
	require.Equal(t, vendorName+" is not set up", f.Reason, name)
	require.NotEmpty(t, f.Mend, name)
}
