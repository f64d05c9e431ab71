package activities

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"

	"muster/incident"
	"muster/workflows/api"
)

// followUps are running follow-ups INC-1/follow-up/n with issues OPS-n.
func followUps(t *testing.T, n int) []*workflowpb.WorkflowExecutionInfo {
	t.Helper()
	var out []*workflowpb.WorkflowExecutionInfo
	for k := range n {
		out = append(out, running(t, api.FollowUpID(1, k+1), map[string]string{api.AttrTracker: fmt.Sprintf("OPS-%d", k+1)}))
	}
	return out
}

func issueNews(id, delivery string, state incident.IssueState) sent {
	return sent{id, api.IssueChanged, api.IssueChangedInput{DeliveryID: delivery, Issue: state}}
}

func TestASweepTellsOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	done, open := incident.IssueState{ID: "2", Key: "OPS-2", Status: "Done", Done: true}, incident.IssueState{ID: "1", Key: "OPS-1", Status: "To Do"}
	tracker := &fakeTracker{issues: map[string]incident.IssueState{"OPS-1": open, "OPS-2": done}}
	f := &fakeTemporal{workflows: append(followUps(t, 3), running(t, "INC-9/follow-up/1", nil))}
	s := &Sweeping{Temporal: f, Namespace: "ops", Issues: tracker}

	require.Equal(t, Swept{Looked: 3, Changed: 2}, result[Swept](t, worker(t, s), s.SweepIssues))
	require.Equal(t, []sent{
		issueNews("INC-1/follow-up/2", "sweep/OPS-2/Done", done),
		issueNews("INC-1/follow-up/3", "sweep/OPS-3/", incident.IssueState{Key: "OPS-3", Missing: true}),
	}, f.signals)
	require.Equal(t, []string{`ops: WorkflowType = "FollowUp" AND ExecutionStatus = 'Running' AND MusterTracker IS NOT NULL`}, f.queries)
}

func TestAnIssueThatWasMovedIsToldToItsFollowUp(t *testing.T) {
	t.Parallel()
	moved := incident.IssueState{ID: "1", Key: "DEV-9", Status: "Done", Done: true}
	f := &fakeTemporal{workflows: followUps(t, 1)}
	s := &Sweeping{Temporal: f, Issues: &fakeTracker{issues: map[string]incident.IssueState{"OPS-1": moved}}}
	require.Equal(t, Swept{Looked: 1, Changed: 1}, result[Swept](t, worker(t, s), s.SweepIssues))
	require.Equal(t, []sent{issueNews("INC-1/follow-up/1", "sweep/DEV-9/Done", moved)}, f.signals)
}

func TestAFollowUpThatEndedMeanwhileNeedsNoNews(t *testing.T) {
	t.Parallel()
	f := &fakeTemporal{workflows: followUps(t, 2), ended: []string{"INC-1/follow-up/1"}}
	s := &Sweeping{Temporal: f, Issues: &fakeTracker{}}
	require.Equal(t, Swept{Looked: 2, Changed: 2}, result[Swept](t, worker(t, s), s.SweepIssues))
	require.Len(t, f.signals, 2, "the second is told though the first has ended")
}

func TestManyIssuesAreAskedForInBatches(t *testing.T) {
	t.Parallel()
	tracker := &fakeTracker{}
	f := &fakeTemporal{workflows: followUps(t, 250), pageSize: 70}
	s := &Sweeping{Temporal: f, Issues: tracker}
	require.Equal(t, Swept{Looked: 250, Changed: 250}, result[Swept](t, worker(t, s), s.SweepIssues))
	require.Equal(t, []string{"states of 100: OPS-1 OPS-2", "states of 100: OPS-101 OPS-102", "states of 50: OPS-201 OPS-202"}, tracker.calls)
	require.Len(t, f.queries, 4, "every page of the list is read")
	for k, s := range f.signals {
		require.Equal(t, api.FollowUpID(1, k+1), s.id)
	}
}

func TestAnAnswerThatIsNotOnePerIssueIsNoAnswer(t *testing.T) {
	t.Parallel()
	s := &Sweeping{Temporal: &fakeTemporal{workflows: followUps(t, 2)}, Issues: &fakeTracker{silent: true}}
	app, _ := failure(t, worker(t, s), s.SweepIssues)
	require.Equal(t, ErrRetryable, app.Type())
	require.Equal(t, "0 states of 2 issues", app.Message())
}

func TestASweepThatCannotTellFails(t *testing.T) {
	t.Parallel()
	f := &fakeTemporal{
		workflows: followUps(t, 1), mute: serviceerror.NewUnavailable("try later"),
		answers: map[string]api.PageState{"INC-1/follow-up/1": {Status: incident.PagePaging, Keys: []string{attempt1}}},
	}
	pager := &fakePager{pages: map[string]incident.PageState{attempt1: {Found: true, Acknowledged: true}}}
	s := &Sweeping{Temporal: f, Issues: &fakeTracker{}, Pager: pager}
	for _, sweep := range []any{s.SweepIssues, s.SweepPages} {
		app, _ := failure(t, worker(t, s), sweep)
		require.Equal(t, ErrRetryable, app.Type())
		require.Contains(t, app.Message(), "signal INC-1/follow-up/1: ")
	}
}

func TestASweepThatCannotLookFails(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*Sweeping{
		"Temporal": {Temporal: &fakeTemporal{fails: serviceerror.NewUnavailable("try later")}, Issues: &fakeTracker{}, Pager: &fakePager{}},
		"vendors": {
			Temporal: &fakeTemporal{workflows: followUps(t, 1), answers: map[string]api.PageState{"INC-1/follow-up/1": {Keys: []string{attempt1}}}},
			Issues:   &fakeTracker{err: unavailable("issues")}, Pager: &fakePager{fails: map[string]error{"find " + attempt1: unavailable("incidents.list")}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, sweep := range []any{s.SweepIssues, s.SweepPages} {
				app, _ := failure(t, worker(t, s), sweep)
				require.Equal(t, ErrRetryable, app.Type())
			}
		})
	}
}

func TestWithoutVendorsThereIsNothingToSweep(t *testing.T) {
	t.Parallel()
	f := &fakeTemporal{workflows: followUps(t, 1)}
	s := &Sweeping{Temporal: f}
	require.Zero(t, result[Swept](t, worker(t, s), s.SweepIssues))
	require.Zero(t, result[Swept](t, worker(t, s), s.SweepPages))
	require.Empty(t, f.queries)
}

func TestSweepingPages(t *testing.T) {
	t.Parallel()
	open := incident.PageState{Found: true, ID: "Q1"}
	acked := incident.PageState{Found: true, ID: "Q1", Acknowledged: true, By: "bob@example.com"}
	resolved := incident.PageState{Found: true, ID: "Q1", Resolved: true}
	hushed := incident.PageState{Found: true, ID: "Q1", Acknowledged: true} // by Muster itself
	for name, c := range map[string]struct {
		status incident.PageStatus
		pager  []incident.PageState
		// tells are the numbers of the attempts of which the page is told.
		tells []int
	}{
		"nobody answered":                     {incident.PagePaging, []incident.PageState{open, open}, nil},
		"acknowledged at the pager":           {incident.PagePaging, []incident.PageState{acked}, []int{1}},
		"resolved at the pager":               {incident.PagePaging, []incident.PageState{resolved}, []int{1}},
		"acknowledged after escalation":       {incident.PageUnanswered, []incident.PageState{open, acked}, []int{2}},
		"known already":                       {incident.PageAcknowledged, []incident.PageState{acked}, nil},
		"one answer is enough":                {incident.PageAcknowledged, []incident.PageState{acked, open}, nil},
		"the second one answered":             {incident.PageAcknowledged, []incident.PageState{open, resolved}, nil},
		"no longer acknowledged":              {incident.PageAcknowledged, []incident.PageState{open}, []int{1}},
		"no longer acknowledged by anybody":   {incident.PageAcknowledged, []incident.PageState{{}, open, open}, []int{2, 3}},
		"an echo of our own beside an answer": {incident.PagePaging, []incident.PageState{hushed, open, acked}, []int{1, 3}},
		"the pager does not know it":          {incident.PagePaging, []incident.PageState{{}}, nil},
		"acknowledged here, nothing at pager": {incident.PageAcknowledged, []incident.PageState{{}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keys := []string{attempt1, attempt2, attempt3}[:len(c.pager)]
			pager := &fakePager{pages: map[string]incident.PageState{}}
			for k, s := range c.pager {
				pager.pages[keys[k]] = s
			}
			f := &fakeTemporal{
				workflows: []*workflowpb.WorkflowExecutionInfo{running(t, "INC-42/page/1", nil)},
				answers:   map[string]api.PageState{"INC-42/page/1": {Status: c.status, Keys: keys}},
			}
			s := &Sweeping{Temporal: f, Namespace: "ops", Pager: pager}
			swept := result[Swept](t, worker(t, s), s.SweepPages)
			require.Equal(t, len(c.pager), swept.Looked)
			require.Equal(t, []string{`ops: WorkflowType = "Page" AND ExecutionStatus = 'Running' AND (MusterStatus IS NULL OR MusterStatus != 'acknowledged')`}, f.queries)
			var told []sent
			for _, n := range c.tells {
				told = append(told, sent{"INC-42/page/1", api.PagerChanged, api.PagerChangedInput{Key: keys[n-1], State: c.pager[n-1]}})
			}
			require.Equal(t, len(c.tells), swept.Changed)
			require.Equal(t, told, f.signals)
		})
	}
}

func TestAPageThatCannotBeAskedIsLeftToTheNextSweep(t *testing.T) {
	t.Parallel()
	f := &fakeTemporal{
		workflows: []*workflowpb.WorkflowExecutionInfo{running(t, "INC-1/page/1", nil), running(t, "INC-2/page/1", nil)},
		answers:   map[string]api.PageState{"INC-2/page/1": {Status: incident.PagePaging, Keys: []string{attempt1}}},
	}
	pager := &fakePager{pages: map[string]incident.PageState{attempt1: {Found: true, Acknowledged: true}}}
	s := &Sweeping{Temporal: f, Pager: pager}
	require.Equal(t, Swept{Looked: 1, Changed: 1}, result[Swept](t, worker(t, s), s.SweepPages))
	require.Equal(t, "INC-2/page/1", f.signals[0].id)
}
