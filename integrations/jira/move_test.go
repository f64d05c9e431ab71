package jira_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/internal/sims/jirasim"
	"muster/internal/sims/simkit"
)

// project has the statuses of DefaultProject and these transitions besides or instead.
func project(statuses []jirasim.Status, transitions ...jirasim.Transition) jirasim.Project {
	p := jirasim.DefaultProject("INC")
	p.Statuses = append(p.Statuses, statuses...)
	p.Transitions = transitions
	return p
}

func (w *world) move(key string, goal incident.Goal, prefer ...string) incident.IssueState {
	w.t.Helper()
	state, err := w.client.MoveIssue(w.ctx(), key, goal, prefer, "Won't Do")
	require.NoError(w.t, err)
	return state
}

func TestDoneTakesAsManyHopsAsTheWorkflowNeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ref := w.create(outage())

	state, err := w.client.MoveIssue(w.ctx(), ref.Key, incident.GoalDone, []string{"Done"}, "")

	require.NoError(t, err)
	require.False(t, state.Updated.IsZero())
	state.Updated = time.Time{}
	require.Equal(t, incident.IssueState{ID: ref.ID, Key: ref.Key, Title: "Checkout is down", Status: "Done", Done: true, Resolution: "Done"}, state)
	require.Equal(t, 3, w.sim.Log.Count("issue.transition"))
}

func TestDroppedSaysSoInTheResolution(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ref := w.create(outage())
	require.Equal(t, "Won't Do", w.move(ref.Key, incident.GoalDropped).Resolution)

	other := w.create(outage())
	state, err := w.client.MoveIssue(w.ctx(), other.Key, incident.GoalDropped, nil, "Nonesuch")
	require.NoError(t, err)
	require.Equal(t, "Won't Do", state.Resolution, "a resolution that Jira does not have falls back to a fitting one")
}

func TestADuplicateIsResolvedByJirasOwnName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ref := w.create(outage())
	state, err := w.client.MoveIssue(w.ctx(), ref.Key, incident.GoalDuplicate, nil, "Won't Do")
	require.NoError(t, err)
	require.True(t, state.Done)
	require.Equal(t, "Duplicate", state.Resolution, "whatever the playbook calls what is dropped")

	p := jirasim.DefaultProject("INC")
	p.Resolutions = []string{"Done", "Won't Do"}
	w = newWorld(t, withProjects(p))
	ref = w.create(outage())
	state, err = w.client.MoveIssue(w.ctx(), ref.Key, incident.GoalDuplicate, nil, "")
	require.NoError(t, err)
	require.Equal(t, "Won't Do", state.Resolution, "a screen that does not offer it has another that fits")
}

func TestReopening(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ref := w.create(outage())
	w.move(ref.Key, incident.GoalDone)

	state := w.move(ref.Key, incident.GoalOpen)

	require.Equal(t, "To Do", state.Status)
	require.False(t, state.Done)
	require.Empty(t, state.Resolution)
}

func TestWhatIsThereAlreadyIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ref := w.create(outage())
	require.NoError(t, w.sim.MoveTo(ref.Key, "In Review", ""))
	require.Equal(t, "In Review", w.move(ref.Key, incident.GoalOpen, "To Do").Status)
	require.NoError(t, w.sim.Resolve(ref.Key, "Done", "Duplicate", ""))
	require.Equal(t, "Duplicate", w.move(ref.Key, incident.GoalDone).Resolution)
	require.Equal(t, "Duplicate", w.move(ref.Key, incident.GoalDropped).Resolution)
	require.Zero(t, w.sim.Log.Count("issue.transition"))
}

func TestTheBetterOfSeveralWaysIsTaken(t *testing.T) {
	t.Parallel()
	closed := []jirasim.Status{{ID: "20", Name: "Cancelled", Category: "done"}, {ID: "21", Name: "Closed", Category: "done"}}
	transitions := []jirasim.Transition{
		{ID: "1", Name: "Cancel", To: "Cancelled"},
		{ID: "2", Name: "Close", From: []string{"To Do"}, To: "Closed"},
		{ID: "3", Name: "Start", From: []string{"To Do"}, To: "In Progress"},
		{ID: "4", Name: "Finish", From: []string{"In Progress"}, To: "Done"},
	}
	reversed := slices.Clone(transitions)
	slices.Reverse(reversed)
	for _, tt := range []struct {
		name   string
		goal   incident.Goal
		prefer []string
		from   string
		want   string
	}{
		{"done is not cancelled", incident.GoalDone, nil, "To Do", "Closed"},
		{"a preferred status wins", incident.GoalDone, []string{"Nonesuch", "cancelled"}, "To Do", "Cancelled"},
		{"the first preference wins", incident.GoalDone, []string{"Closed", "Cancelled"}, "To Do", "Closed"},
		{"dropped is cancelled", incident.GoalDropped, nil, "To Do", "Cancelled"},
		{"a duplicate is cancelled", incident.GoalDuplicate, nil, "To Do", "Cancelled"},
		{"the last resort", incident.GoalDone, nil, "In Review", "Cancelled"},
		{"from in progress", incident.GoalDone, nil, "In Progress", "Done"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, order := range [][]jirasim.Transition{transitions, reversed} { // which Jira lists first says nothing
				w := newWorld(t, withProjects(project(closed, order...)))
				ref := w.create(outage())
				require.NoError(t, w.sim.MoveTo(ref.Key, tt.from, ""))
				require.Equal(t, tt.want, w.move(ref.Key, tt.goal, tt.prefer...).Status)
			}
		})
	}
}

func TestAPreferredStatusOnTheWayIsAHint(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withProjects(project([]jirasim.Status{{ID: "20", Name: "Blocked", Category: "indeterminate"}, {ID: "21", Name: "Verifying", Category: "new"}},
		jirasim.Transition{ID: "1", Name: "Block", From: []string{"To Do"}, To: "Blocked"},
		jirasim.Transition{ID: "2", Name: "Verify", From: []string{"To Do"}, To: "Verifying"},
		jirasim.Transition{ID: "3", Name: "Finish", From: []string{"Verifying"}, To: "Done"},
	)))
	ref := w.create(outage())
	require.Equal(t, "Done", w.move(ref.Key, incident.GoalDone, "Done", "Verifying").Status)
}

func TestARequiredFieldOnTheTransitionIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withProjects(project(nil,
		jirasim.Transition{ID: "1", Name: "Close", From: []string{"To Do"}, To: "Done", Required: map[string]string{"customfield_10050": "Root cause"}},
	)))
	ref := w.create(outage())

	_, err := w.client.MoveIssue(w.ctx(), ref.Key, incident.GoalDone, nil, "")

	e := failure(t, err, fault.Permanent)
	require.Equal(t, `transition "Close" requires field "Root cause"`, e.Reason)
	require.Contains(t, e.Mend, "optional")
	require.Zero(t, w.sim.Log.Count("issue.transition"))
}

func TestATransitionWithARequiredFieldIsWalkedAround(t *testing.T) {
	t.Parallel()
	p := jirasim.DefaultProject("INC")
	p.Transitions = append(p.Transitions,
		jirasim.Transition{ID: "99", Name: "Short cut", From: []string{"To Do"}, To: "Done", Required: map[string]string{"customfield_10050": "Root cause"}})
	w := newWorld(t, withProjects(p))
	ref := w.create(outage())
	require.Equal(t, "Done", w.move(ref.Key, incident.GoalDone).Status)
}

func TestADeadEndIsPermanent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withProjects(project(nil, jirasim.Transition{ID: "1", Name: "Start", From: []string{"To Do"}, To: "In Progress"})))
	ref := w.create(outage())

	_, err := w.client.MoveIssue(w.ctx(), ref.Key, incident.GoalDone, nil, "")

	e := failure(t, err, fault.Permanent)
	require.Equal(t, `no transition leads from "In Progress" towards done`, e.Reason)
	require.Contains(t, e.Mend, "tracker.done")
	require.Equal(t, 1, w.sim.Log.Count("issue.transition"))
}

func TestAWayThatIsTooLongIsGivenUp(t *testing.T) {
	t.Parallel()
	var statuses []jirasim.Status
	transitions := []jirasim.Transition{{ID: "1", Name: "Go", From: []string{"To Do"}, To: "Step A"}}
	names := []string{"Step A", "Step B", "Step C", "Step D", "Step E", "Done"}
	for i, name := range names[:5] {
		statuses = append(statuses, jirasim.Status{ID: "9" + name, Name: name, Category: "indeterminate"})
		transitions = append(transitions, jirasim.Transition{ID: "2" + name, Name: "Go on", From: []string{name}, To: names[i+1]})
	}
	w := newWorld(t, withProjects(project(statuses, transitions...)))
	ref := w.create(outage())

	state, err := w.client.MoveIssue(w.ctx(), ref.Key, incident.GoalDone, nil, "")

	require.Contains(t, failure(t, err, fault.Permanent).Reason, "after 5 transitions")
	require.Equal(t, "Step E", state.Status)
	require.Equal(t, "Done", w.move(ref.Key, incident.GoalDone).Status, "the next call goes on from there")
}

func TestSomebodyElseBeingFasterIsASuccess(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusBadRequest, http.StatusConflict} {
		w := newWorld(t)
		ref := w.create(outage())
		require.NoError(t, w.sim.MoveTo(ref.Key, "In Review", ""))
		// The transition is made, as if by somebody else, and then refused.
		w.fail(simkit.Fault{Operation: "issue.transition", Kind: simkit.StatusAfter, Status: status, Times: 1})
		require.Equal(t, "Done", w.move(ref.Key, incident.GoalDone).Status)
		require.Equal(t, 1, w.sim.Log.Count("issue.transition"))
	}
}

func TestARefusedTransitionIsNotTriedForEver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ref := w.create(outage())
	w.fail(simkit.Fault{Operation: "issue.transition", Kind: simkit.Status, Status: 400, Body: `{"errorMessages":["A validator says no."],"errors":{}}`})

	_, err := w.client.MoveIssue(w.ctx(), ref.Key, incident.GoalDone, nil, "")

	e := failure(t, err, fault.Permanent)
	require.Equal(t, "A validator says no", e.Reason)
	require.Contains(t, e.Mend, `"Start"`)
	require.Equal(t, 1, w.sim.Log.Count("issue.transition"))
}

func TestAMoveWhoseAnswerWasLostGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ref := w.create(outage())
	w.fail(simkit.Fault{Operation: "issue.transition", Kind: simkit.DropAfter, Times: 1})
	_, err := w.client.MoveIssue(w.ctx(), ref.Key, incident.GoalDone, nil, "")
	failure(t, err, fault.Retryable)
	require.Equal(t, "In Progress", w.issue(ref.Key).Status)

	require.Equal(t, "Done", w.move(ref.Key, incident.GoalDone).Status)
	require.Equal(t, 3, w.sim.Log.Count("issue.transition"))
}

func TestAnUnknownGoalIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.client.MoveIssue(w.ctx(), "INC-1", "sideways", nil, "")
	failure(t, err, fault.Permanent)
}

func TestInProgressIsReachedWhereThereIsSuchAStatus(t *testing.T) {
	t.Parallel()
	backlog := jirasim.DefaultProject("INC")
	backlog.Statuses = append([]jirasim.Status{{ID: "1", Name: "Backlog", Category: "new"}}, backlog.Statuses...)
	backlog.Transitions = append(backlog.Transitions, jirasim.Transition{ID: "99", Name: "Plan", From: []string{"Backlog"}, To: "To Do"})
	review := project(nil,
		jirasim.Transition{ID: "1", Name: "Review", To: "In Review"}, jirasim.Transition{ID: "2", Name: "Finish", To: "Done"},
		jirasim.Transition{ID: "3", Name: "Start", To: "In Progress"})
	asked := project(nil, jirasim.Transition{ID: "1", Name: "Start", To: "In Progress", Required: map[string]string{"customfield_1": "Why"}})
	for _, tt := range []struct {
		name    string
		project jirasim.Project
		from    string
		prefer  []string
		want    string
	}{
		{"at once", jirasim.DefaultProject("INC"), "To Do", nil, "In Progress"},
		{"it is already", jirasim.DefaultProject("INC"), "In Review", nil, "In Review"},
		{"in two hops", backlog, "Backlog", nil, "In Progress"},
		{"work before waiting", review, "To Do", nil, "In Progress"},
		{"as the playbook says", review, "To Do", []string{"In Review"}, "In Review"},
		{"back from done", jirasim.TeamManaged("INC"), "Done", nil, "In Progress"},
		{"no such status", project(nil, jirasim.Transition{ID: "1", Name: "Finish", To: "Done"}), "To Do", nil, "To Do"},
		{"a field in the way", asked, "To Do", nil, "To Do"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, withProjects(tt.project))
			ref := w.create(outage())
			require.NoError(t, w.sim.MoveTo(ref.Key, tt.from, ""))
			require.Equal(t, tt.want, w.move(ref.Key, incident.GoalProgress, tt.prefer...).Status)
		})
	}
}

func TestWhatCannotBeReopenedIsNotInProgress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withProjects(project(nil, jirasim.Transition{ID: "1", Name: "Finish", From: []string{"To Do"}, To: "Done"})))
	ref := w.create(outage())
	w.move(ref.Key, incident.GoalDone)
	_, err := w.client.MoveIssue(w.ctx(), ref.Key, incident.GoalProgress, nil, "")
	require.Contains(t, failure(t, err, fault.Permanent).Mend, "tracker.in_progress")

	w = newWorld(t)
	ref = w.create(outage())
	w.sim.SetPermission("TRANSITION_ISSUES", false)
	require.Equal(t, "To Do", w.move(ref.Key, incident.GoalProgress).Status)
	_, err = w.client.MoveIssue(w.ctx(), ref.Key, incident.GoalDone, nil, "")
	require.Contains(t, failure(t, err, fault.Permanent).Mend, "transition issues")
}

// A board without resolutions has none to give.
func TestATeamsBoardIsFinishedWithoutAResolution(t *testing.T) {
	t.Parallel()
	for _, goal := range []incident.Goal{incident.GoalDone, incident.GoalDropped, incident.GoalDuplicate} {
		w := newWorld(t, withProjects(jirasim.TeamManaged("INC")))
		ref := w.create(outage())
		state := w.move(ref.Key, goal)
		require.True(t, state.Done)
		require.Empty(t, state.Resolution)
	}
}
