package activities

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"

	"muster/incident"
	"muster/workflows/api"
)

// followUps are running follow-ups INC-1/follow-up/n with issues whose IDs are n.
func followUps(t *testing.T, n int) []*workflowpb.WorkflowExecutionInfo {
	t.Helper()
	var out []*workflowpb.WorkflowExecutionInfo
	for k := range n {
		out = append(out, running(t, api.FollowUpID(1, k+1), map[string]string{api.AttrTracker: strconv.Itoa(k + 1)}))
	}
	return out
}

const everyIssue = `ops: WorkflowType IN ("Incident", "Review", "FollowUp") AND ExecutionStatus = 'Running' AND MusterTracker IS NOT NULL`

func TestIssuesThatAreNotShownAreToldOf(t *testing.T) {
	t.Parallel()
	done, open := incident.IssueState{ID: "2", Key: "OPS-2", Status: "Done", Done: true}, incident.IssueState{ID: "1", Key: "OPS-1", Status: "To Do"}
	tracker := &fakeTracker{issues: map[string]incident.IssueState{"1": open, "2": done, "4": {Key: "4", Unread: true}}}
	f := &fakeTemporal{workflows: append(followUps(t, 4), running(t, "INC-9/follow-up/1", nil))}
	s := &Sweeping{Temporal: f, Namespace: "ops", Issues: tracker}

	require.Equal(t, Swept{Looked: 4, Changed: 1, Failed: 1}, result[Swept](t, worker(t, s), s.SweepExistence))
	require.Len(t, f.signals, 1)
	told, ok := f.signals[0].in.(api.IssueChangedInput)
	require.True(t, ok)
	require.Equal(t, "INC-1/follow-up/3", f.signals[0].id)
	require.Equal(t, incident.IssueState{Key: "3", Unseen: true}, told.Issue)
	require.False(t, told.ReadAt.IsZero())
	require.Equal(t, []string{everyIssue}, f.queries)
}

func TestAFollowUpThatEndedMeanwhileNeedsNoNews(t *testing.T) {
	t.Parallel()
	f := &fakeTemporal{workflows: followUps(t, 2), ended: []string{"INC-1/follow-up/1"}}
	s := &Sweeping{Temporal: f, Issues: &fakeTracker{}}
	require.Equal(t, Swept{Looked: 2, Changed: 2}, result[Swept](t, worker(t, s), s.SweepExistence))
	require.Len(t, f.signals, 2, "the second is told though the first has ended")
}

func TestManyIssuesAreAskedForInBatches(t *testing.T) {
	t.Parallel()
	tracker := &fakeTracker{}
	f := &fakeTemporal{workflows: followUps(t, 250), pageSize: 70}
	s := &Sweeping{Temporal: f, Issues: tracker}
	require.Equal(t, Swept{Looked: 250, Changed: 250}, result[Swept](t, worker(t, s), s.SweepExistence))
	require.Equal(t, []string{"states of 100: 1 2", "states of 100: 101 102", "states of 50: 201 202"}, tracker.calls)
	require.Len(t, f.queries, 4, "every page of the list is read")
	for k, s := range f.signals {
		require.Equal(t, api.FollowUpID(1, k+1), s.id)
	}
}

func TestAnAnswerThatIsNotOnePerIssueIsNoAnswer(t *testing.T) {
	t.Parallel()
	s := &Sweeping{Temporal: &fakeTemporal{workflows: followUps(t, 2)}, Issues: &fakeTracker{silent: true}}
	app, _ := failure(t, worker(t, s), s.SweepExistence)
	require.Equal(t, ErrRetryable, app.Type())
	require.Equal(t, "0 states of 2 issues", app.Message())
}

func changed(id, key, parent string, updated time.Time, labels ...string) incident.LabelledIssue {
	return incident.LabelledIssue{IssueState: incident.IssueState{ID: id, Key: key, Parent: parent, Updated: updated}, Labels: labels}
}

func TestChangesAreToldToWhoeverKeepsTheIssue(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 29, 14, 0, 0, 0, time.UTC)
	label := func(workflow string) string { return labelOf(api.VendorKey("abcd1234", workflow, "")) }
	tracker := &fakeTracker{changes: []incident.LabelledIssue{
		changed("2", "OPS-2", "", at, "muster", label("INC-1/follow-up/2")),
		changed("7", "TEAM-1", "", at.Add(time.Second), label("INC-7/review")),
		changed("1", "OPS-1", "", at.Add(2*time.Second), "people", "took it off"),
		changed("30", "OPS-30", "20", at.Add(3*time.Second)),
		changed("31", "OPS-31", "21", at.Add(4*time.Second)),
		changed("32", "OPS-32", "", at.Add(5*time.Second)),
		changed("33", "OPS-33", "", at.Add(6*time.Second), labelOf("ffff0000/INC-1/follow-up/2")),
	}}
	tracker.issues = map[string]incident.IssueState{}
	for _, c := range tracker.changes { // the search lags: by now each is done
		c.Status, c.Done = "Done", true
		tracker.issues[c.ID] = c.IssueState
	}
	f := &fakeTemporal{
		workflows: append(followUps(t, 2), running(t, "INC-5", map[string]string{api.AttrTracker: "20"})), register: &api.RegisterState{Installation: "abcd1234"},
	}
	s := &Sweeping{Temporal: f, Namespace: "ops", Issues: tracker, Projects: func() []string { return []string{"OPS"} }}
	since := time.Now().Add(-20 * time.Minute)
	sweep := func() Swept {
		return result[Swept](t, worker(t, s), s.SweepChanges, SweepChangesInput{Since: since})
	}

	swept := sweep()

	require.Equal(t, []int{7, 4}, []int{swept.Looked, swept.Changed})
	require.WithinDuration(t, time.Now(), swept.Mark, time.Minute)
	require.Equal(t, []string{"changes of OPS within 30 minutes", "states of 3: 2 7"}, tracker.calls, "less than its mark by as much as an index may lag")
	var told []string
	for _, s := range f.signals {
		switch in := s.in.(type) {
		case api.IssueChangedInput:
			require.False(t, in.ReadAt.IsZero())
			require.True(t, in.Issue.Done, "as it is now, and not as the search showed it")
			told = append(told, s.id+" changed "+in.Issue.Key)
		case api.IssueFiledInput:
			told = append(told, s.id+" filed "+in.Issue.Key)
		}
	}
	require.ElementsMatch(t, []string{"INC-1/follow-up/2 changed OPS-2", "INC-7/review changed TEAM-1", "INC-1/follow-up/1 changed OPS-1", "INC-5 filed OPS-30"}, told)
	require.Equal(t, []string{everyIssue}, f.queries, "asked once, and only for what has no label")

	sweep()
	require.Len(t, f.signals, 4, "what was told of is not told again")
	tracker.changes[0].Updated = at.Add(time.Minute)
	sweep()
	require.Len(t, f.signals, 5)
}

func TestASweepThatFindsTooMuchGoesOnWhereItEnded(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 29, 14, 0, 0, 0, time.UTC)
	tracker := &fakeTracker{more: true, changes: []incident.LabelledIssue{changed("1", "OPS-1", "", at), changed("2", "OPS-2", "", at.Add(time.Hour))}}
	s := &Sweeping{Temporal: &fakeTemporal{register: &api.RegisterState{Installation: "abcd1234"}}, Issues: tracker}
	swept := result[Swept](t, worker(t, s), s.SweepChanges, SweepChangesInput{Since: at})
	require.Equal(t, at.Add(time.Hour+indexLag), swept.Mark.UTC(), "so that the next one looks from where this one ended")
}

func TestAChangedIssueThatCannotBeReadIsReadByItsKeeper(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 29, 14, 0, 0, 0, time.UTC)
	tracker := &fakeTracker{changes: []incident.LabelledIssue{changed("1", "OPS-1", "", at)}, issues: map[string]incident.IssueState{"1": {Key: "1", Unread: true}}}
	f := &fakeTemporal{workflows: followUps(t, 1), register: &api.RegisterState{Installation: "abcd1234"}}
	s := &Sweeping{Temporal: f, Issues: tracker}
	result[Swept](t, worker(t, s), s.SweepChanges, SweepChangesInput{Since: at})
	require.Len(t, f.signals, 1)
	in := f.signals[0].in.(api.IssueChangedInput)
	require.Equal(t, "1 OPS-1", in.Issue.ID+" "+in.Issue.Key)
	require.True(t, in.ReadAt.IsZero() && in.At.IsZero() && len(in.Changed) == 0, "it says only that something has changed")
}

func TestWhereNothingHasChangedNobodyIsAsked(t *testing.T) {
	t.Parallel()
	f := &fakeTemporal{workflows: followUps(t, 500)}
	s := &Sweeping{Temporal: f, Issues: &fakeTracker{}}
	result[Swept](t, worker(t, s), s.SweepChanges, SweepChangesInput{Since: time.Now()})
	require.Empty(t, f.queries)
	require.Empty(t, f.signals)
}

func TestASweepThatCannotTellFails(t *testing.T) {
	t.Parallel()
	f := &fakeTemporal{
		workflows: followUps(t, 1), mute: serviceerror.NewUnavailable("try later"),
		answers: map[string]api.PageState{"INC-1/follow-up/1": {Status: incident.PagePaging, Keys: []string{attempt1}}},
	}
	pager := &fakePager{pages: map[string]incident.PageState{attempt1: {Found: true, Acknowledged: true}}}
	s := &Sweeping{Temporal: f, Issues: &fakeTracker{}, Pager: pager}
	for _, sweep := range []any{s.SweepExistence, s.SweepPages} {
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
			for _, sweep := range []any{s.SweepExistence, s.SweepPages} {
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
	require.Zero(t, result[Swept](t, worker(t, s), s.SweepExistence))
	require.Zero(t, result[Swept](t, worker(t, s), s.SweepChanges, SweepChangesInput{}))
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
