package activities

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

// fakeTracker has issues by key. It notes every call and fails with err.
type fakeTracker struct {
	calls  []string
	issues map[string]incident.IssueState
	err    error
	left   []incident.LeftOff
	// silent makes it answer nothing at all, without an error.
	silent bool
	// changes are what a search for changes finds, more whether there is more of them.
	changes []incident.LabelledIssue
	more    bool
}

func (f *fakeTracker) Label(key string) string { return labelOf(key) }

// labelOf is a key as a tracker may keep it: what it takes away stands in a hash.
func labelOf(key string) string { return "ours-" + strings.ReplaceAll(key, "/", "-") + "-0123abcd" }

func (f *fakeTracker) ChangedIssues(_ context.Context, projects []string, within time.Duration) ([]incident.LabelledIssue, bool, error) {
	return slices.Clone(f.changes), f.more, f.called("changes of %s within %.0f minutes", strings.Join(projects, " "), within.Minutes())
}

func (f *fakeTracker) called(format string, args ...any) error {
	f.calls = append(f.calls, fmt.Sprintf(format, args...))
	return f.err
}

func (f *fakeTracker) CreateIssue(_ context.Context, i incident.Issue, look bool) (incident.IssueWritten, error) {
	return incident.IssueWritten{IssueRef: incident.IssueRef{ID: "10042", Key: "OPS-7"}, LeftOff: f.left}, f.called("create %s look=%t", i.Summary, look)
}

func (f *fakeTracker) UpdateIssue(_ context.Context, key string, i incident.Issue) ([]incident.LeftOff, error) {
	return f.left, f.called("update %s %s", key, i.Summary)
}

func (f *fakeTracker) LinkDuplicate(_ context.Context, duplicate, of string) error {
	return f.called("link %s as a duplicate of %s", duplicate, of)
}

func (f *fakeTracker) MoveIssue(_ context.Context, key string, goal incident.Goal, prefer []string, resolution string) (incident.IssueState, error) {
	return incident.IssueState{Key: key, Done: true}, f.called("move %s %s %v %s", key, goal, prefer, resolution)
}

func (f *fakeTracker) IssueStates(_ context.Context, keys []string) ([]incident.IssueState, error) {
	if f.silent {
		return nil, nil
	}
	var states []incident.IssueState
	for _, k := range keys {
		s, ok := f.issues[k]
		if !ok {
			s = incident.IssueState{Key: k, Unseen: true}
		}
		states = append(states, s)
	}
	return states, f.called("states of %d: %s", len(keys), strings.Join(keys[:min(2, len(keys))], " "))
}

func everyIssueCall(tr *Tracker) []said {
	issue := incident.Issue{Summary: "Checkout is down"}
	return []said{
		{tr.CreateIssue, CreateIssueInput{Issue: issue}, "create Checkout is down look=false"},
		{tr.CreateIssue, CreateIssueInput{Issue: issue, Tried: true}, "create Checkout is down look=true"},
		{tr.UpdateIssue, UpdateIssueInput{Key: "OPS-7", Issue: issue}, "update OPS-7 Checkout is down"},
		{tr.LinkDuplicate, LinkDuplicateInput{Duplicate: "OPS-7", Of: "OPS-3"}, "link OPS-7 as a duplicate of OPS-3"},
		{
			tr.MoveIssue,
			MoveIssueInput{Key: "OPS-7", Goal: incident.GoalDropped, Prefer: []string{"Closed"}, Resolution: "Won't Do"},
			"move OPS-7 dropped [Closed] Won't Do",
		},
		{tr.ReadIssues, ReadIssuesInput{Keys: []string{"10042"}}, "states of 1: 10042"},
	}
}

func TestTheTrackerIsToldWhatIsAsked(t *testing.T) {
	t.Parallel()
	issues := &fakeTracker{}
	tr := &Tracker{Issues: issues}
	env := worker(t, tr)
	for _, c := range everyIssueCall(tr) {
		issues.calls = nil
		result[any](t, env, c.activity, c.in)
		require.Equal(t, []string{c.call}, issues.calls)
	}
	require.Equal(t, incident.IssueRef{ID: "10042", Key: "OPS-7"}, result[incident.IssueRef](t, env, tr.CreateIssue, CreateIssueInput{}))
	issues.left = []incident.LeftOff{{Field: incident.FieldDue, Reason: "not on the screen", Mend: "put it there"}}
	require.Equal(t, issues.left, result[incident.IssueWritten](t, env, tr.CreateIssue, CreateIssueInput{}).LeftOff)
	require.Equal(t, issues.left, result[[]incident.LeftOff](t, env, tr.UpdateIssue, UpdateIssueInput{}))
	require.True(t, result[incident.IssueState](t, env, tr.MoveIssue, MoveIssueInput{Key: "OPS-7"}).Done)
}

func TestTheTrackersFailuresAreClassified(t *testing.T) {
	t.Parallel()
	tr := &Tracker{Issues: &fakeTracker{err: unavailable("issue")}}
	env := worker(t, tr)
	for _, c := range everyIssueCall(tr) {
		app, _ := failure(t, env, c.activity, c.in)
		require.Equal(t, ErrRetryable, app.Type(), c.call)
	}
}

func TestWithoutATrackerItIsOff(t *testing.T) {
	t.Parallel()
	tr := &Tracker{}
	env := worker(t, tr)
	for _, c := range everyIssueCall(tr) {
		app, f := failure(t, env, c.activity, c.in)
		isOff(t, c.call, "jira", app, f)
	}
}

func TestAnIssueThatCouldNotBeReadIsReadAgain(t *testing.T) {
	t.Parallel()
	for name, issues := range map[string]*fakeTracker{
		"unread": {issues: map[string]incident.IssueState{"10042": {Key: "10042", Unread: true}}}, "no answer": {silent: true},
	} {
		tr := &Tracker{Issues: issues}
		app, _ := failure(t, worker(t, tr), tr.ReadIssues, ReadIssuesInput{Keys: []string{"10042"}})
		require.Equal(t, ErrRetryable, app.Type(), name)
	}
	tr := &Tracker{Issues: &fakeTracker{}}
	states := result[[]incident.IssueState](t, worker(t, tr), tr.ReadIssues, ReadIssuesInput{Keys: []string{"10042"}})
	require.True(t, states[0].Unseen, "what is not shown is no failure")
}
