package jira_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/jira"
	"muster/internal/sims/jirasim"
	"muster/internal/sims/simkit"
)

// complete is a child with everything that an issue can do without.
func complete(parent string) incident.Issue {
	issue := followUp(parent)
	issue.Description, issue.Owner, issue.Due = []string{"d"}, "alice@example.com", "2026-11-30"
	issue.Priority, issue.Components = "High", []string{"Checkout"}
	return issue
}

func fieldsOf(left []incident.LeftOff) []incident.IssueField {
	var out []incident.IssueField
	for _, l := range left {
		out = append(out, l.Field)
	}
	return out
}

// What the issue can do without keeps nobody from having the issue.
func TestWhatJiraWillNotTakeIsLeftOffAndSaid(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		prepare func(*world)
		left    []incident.IssueField
		mend    string
	}{
		{"no Schedule issues", func(w *world) { w.sim.SetPermission("SCHEDULE_ISSUES", false) }, []incident.IssueField{"due date"}, "Schedule issues"},
		{"no Assign issues", func(w *world) { w.sim.SetPermission("ASSIGN_ISSUES", false) }, []incident.IssueField{"owner"}, "Assign issues"},
		{"due date on no screen", func(w *world) { w.sim.HideField("duedate") }, []incident.IssueField{"due date"}, "put the field Due date on the project's "},
		{"both", func(w *world) { w.sim.HideField("duedate"); w.sim.HideField("assignee") }, []incident.IssueField{"owner", "due date"}, "screen in Jira"},
		{"no description", func(w *world) { w.sim.HideField("description") }, []incident.IssueField{"description"}, "put the field Description"},
		{"no priority, no components", func(w *world) { w.sim.HideField("priority"); w.sim.HideField("components") }, []incident.IssueField{"components", "priority"}, "put the field"},
		{"nobody to be assigned", func(w *world) {
			w.sim.AddUser(jirasim.User{Email: "alice@example.com", Unassignable: true})
		}, []incident.IssueField{"owner"}, "Assignable user"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, withProjects(jirasim.CompanyManaged("INC")))
			parent := w.create(outage())
			tt.prepare(w)

			made, err := w.client.CreateIssue(w.ctx(), complete(parent.Key), false)

			require.NoError(t, err)
			require.Equal(t, tt.left, fieldsOf(made.LeftOff))
			for _, l := range made.LeftOff {
				require.NotEmpty(t, l.Reason)
				require.Contains(t, l.Mend, tt.mend)
			}
			require.Len(t, w.sim.Children(parent.Key), 1, "and it is made once")

			left, err := w.client.UpdateIssue(w.ctx(), made.Key, complete(parent.Key))
			require.NoError(t, err)
			require.Equal(t, tt.left, fieldsOf(left))
			only := complete(parent.Key).Only(left)
			again, err := w.client.UpdateIssue(w.ctx(), made.Key, only)
			require.NoError(t, err, "nothing else is written, and nothing of it is taken")
			require.Equal(t, tt.left, fieldsOf(again))
		})
	}
}

func TestOnceJiraTakesItItSticks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withProjects(jirasim.CompanyManaged("INC")))
	parent := w.create(outage())
	w.sim.HideFieldOn("create", "duedate")
	made, err := w.client.CreateIssue(w.ctx(), complete(parent.Key), false)
	require.NoError(t, err)
	require.Empty(t, w.issue(made.Key).Due)

	w.update(made.Key, complete(parent.Key).Only(made.LeftOff))

	require.Equal(t, "2026-11-30", w.issue(made.Key).Due)
	require.Equal(t, "alice@example.com", w.issue(made.Key).Owner)
}

func TestLabelsAreLeftOffOnlyWhereTheIssueIsKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ref := w.create(outage())
	w.sim.HideField("labels")
	failure(t, func() error { _, err := w.client.CreateIssue(w.ctx(), outage(), false); return err }(), fault.Permanent)
	issue := outage()
	issue.Summary = "Checkout is slow"
	left, err := w.client.UpdateIssue(w.ctx(), ref.Key, issue)
	require.NoError(t, err)
	require.Equal(t, []incident.IssueField{"labels"}, fieldsOf(left))
	require.Equal(t, "Checkout is slow", w.issue(ref.Key).Summary)
}

func TestWhatElseIsRefusedIsARefusal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.RequireField("customfield_10042", "Root team")
	w.sim.HideField("duedate")
	issue := outage()
	issue.Due = "2026-11-30"
	_, err := w.client.CreateIssue(w.ctx(), issue, false)
	require.Contains(t, failure(t, err, fault.Permanent).Mend, "customfield_10042")

	w = newWorld(t)
	ref := w.create(outage())
	w.sim.SetPermission("EDIT_ISSUES", false)
	e := failure(t, w.updateError(ref.Key, outage()), fault.Permanent)
	require.Contains(t, e.Mend, "Edit issues")
	w.sim.SetPermission("CREATE_ISSUES", false)
	_, err = w.client.CreateIssue(w.ctx(), outage(), false)
	e = failure(t, err, fault.Permanent)
	require.Contains(t, e.Reason, "permission to create")
	require.Contains(t, e.Mend, "Create issues")
}

func TestOurLabelsAreReplacedAndPeoplesStay(t *testing.T) {
	t.Parallel()
	for _, data := range []setting{func(*jirasim.Options, *jira.Options) {}, onDataCenter} {
		w := newWorld(t, data)
		issue := outage()
		issue.Labels = nil
		ref := w.create(issue.Labelled(3, incident.KindIncident))
		require.NoError(t, w.sim.SetLabels(ref.Key, append(w.issue(ref.Key).Labels, "severity-of-the-board", "customer"), ""))

		for range 2 {
			w.update(ref.Key, issue.Labelled(1, incident.KindDrill))
		}

		require.ElementsMatch(t, []string{jira.Label("INC-42"), "severity-1", "kind-drill", "severity-of-the-board", "customer"}, w.issue(ref.Key).Labels)
		require.Equal(t, 2, w.sim.Log.Count("issue.update"))
	}
}

func TestPrioritiesAndComponentsFollow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withProjects(jirasim.CompanyManaged("INC")))
	issue := outage()
	issue.Priority, issue.Components = "High", []string{"Checkout"}
	ref := w.create(issue)
	require.Equal(t, map[string]any{"name": "High"}, w.issue(ref.Key).Fields["priority"])

	issue.Priority, issue.Components = "Highest", []string{"Platform"}
	w.update(ref.Key, issue)

	require.Equal(t, map[string]any{"name": "Highest"}, w.issue(ref.Key).Fields["priority"])
	require.Len(t, w.issue(ref.Key).Fields["components"], 2, "what somebody added stays")
	issue.Priority = "Urgent"
	left, err := w.client.UpdateIssue(w.ctx(), ref.Key, issue)
	require.NoError(t, err)
	require.Contains(t, left[0].Mend, "tracker.priorities")
}

func TestASecurityLevelIsNeverLeftOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withProjects(jirasim.CompanyManaged("INC")))
	issue := outage()
	issue.Security = "Incident members"
	ref := w.create(issue)
	require.Equal(t, map[string]any{"name": "Incident members"}, w.issue(ref.Key).Fields["security"])
	child := followUp(ref.Key)
	child.Security = issue.Security
	w.create(child) // it has its parent's

	w.sim.SetPermission("SET_ISSUE_SECURITY", false)
	issue.Key = "INC-43"
	_, err := w.client.CreateIssue(w.ctx(), issue, false)
	require.Contains(t, failure(t, err, fault.Permanent).Mend, "Set issue security")
	require.Equal(t, 2, w.sim.Count())
}

func TestAChildOfTheProjectsOwnType(t *testing.T) {
	t.Parallel()
	without := jirasim.TeamManaged("INC")
	without.Types = []jirasim.IssueType{{ID: "1", Name: "Incident", Level: 1}, {ID: "2", Name: "Story"}, {ID: "3", Name: "Task"}}
	epics := jirasim.DefaultProject("INC")
	none := jirasim.DefaultProject("INC")
	none.Types = none.Types[:1]
	for _, tt := range []struct {
		name         string
		project      jirasim.Project
		parent, want string
	}{
		{"company-managed", jirasim.CompanyManaged("INC"), "Incident", "Sub-task"},
		{"team-managed", jirasim.TeamManaged("INC"), "Incident", "Subtask"},
		{"in German", jirasim.Localised("INC"), "Störung", "Unteraufgabe"},
		{"no sub-tasks, but a level below", without, "Incident", "Task"},
		{"below an epic", epics, "Epic", "Incident or Task"},
		{"no way", none, "Incident", ""},
	} {
		for _, asked := range []string{"", "Sub-task"} {
			t.Run(tt.name+" "+asked, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, withProjects(tt.project))
				outage := outage()
				outage.Type = tt.parent
				parent := w.create(outage)
				child := followUp(parent.Key)
				child.Type = asked
				for range 2 { // and a retry finds it
					made, err := w.client.CreateIssue(w.ctx(), child, true)
					if tt.want == "" {
						require.Contains(t, failure(t, err, fault.Permanent).Mend, "tracker.follow_up_type")
						return
					}
					require.NoError(t, err)
					require.Contains(t, tt.want, w.issue(made.Key).Type)
					require.Equal(t, parent.Key, w.issue(made.Key).Parent)
				}
				require.Len(t, w.sim.Children(parent.Key), 1)
			})
		}
	}
}

func TestATypeThatThePlaybookNamesIsNotGuessedAt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withProjects(jirasim.TeamManaged("INC")))
	parent := w.create(outage())
	child := followUp(parent.Key)
	child.Type = "Action item"
	_, err := w.client.CreateIssue(w.ctx(), child, false)
	require.Contains(t, failure(t, err, fault.Permanent).Mend, "tracker.follow_up_type")
}

func TestASubtaskIsMadeWhereItsParentIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withProjects(jirasim.DefaultProject("INC"), jirasim.DefaultProject("OPS")))
	parent := w.create(outage())
	child := followUp(parent.Key)
	child.Project = "OPS" // the playbook was corrected after the parent was made
	made := w.create(child)
	require.Equal(t, "INC", w.issue(made.Key).Project)
}

func TestDataCenterPutsAChildBelowAnEpic(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onDataCenter)
	epic := outage()
	epic.Type = "Epic"
	parent := w.create(epic)
	child := followUp(parent.Key)
	child.Type = "Task"
	ref := w.create(child)
	require.Equal(t, parent.Key, w.issue(ref.Key).Parent)
	again, err := w.client.CreateIssue(w.ctx(), child, true)
	require.NoError(t, err)
	require.Equal(t, ref, again.IssueRef)

	w.sim.HideField("customfield_10008")
	other := child
	other.Key = "INC-42/follow-up/2"
	_, err = w.client.CreateIssue(w.ctx(), other, false)
	require.Contains(t, failure(t, err, fault.Permanent).Reason, "customfield_10008")
}

func TestADuplicateIsLinkedOnce(t *testing.T) {
	t.Parallel()
	for _, data := range []setting{func(*jirasim.Options, *jira.Options) {}, onDataCenter} {
		w := newWorld(t, data)
		of := w.create(outage())
		duplicate := outage()
		duplicate.Key = "INC-43"
		ref := w.create(duplicate)
		for range 2 {
			require.NoError(t, w.client.LinkDuplicate(w.ctx(), ref.Key, of.Key))
		}
		require.Equal(t, []jirasim.Relation{{Kind: "Duplicate", Side: "outwardIssue", Other: of.Key}}, w.issue(ref.Key).Related)
		require.Equal(t, []jirasim.Relation{{Kind: "Duplicate", Side: "inwardIssue", Other: ref.Key}}, w.issue(of.Key).Related)
	}
}

func TestALinkThatIsRefusedIsNoMatterOfTheToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	of := w.create(outage())
	w.sim.SetPermission("LINK_ISSUES", false)
	e := failure(t, w.client.LinkDuplicate(w.ctx(), of.Key, of.Key), fault.Permanent)
	require.Equal(t, http.StatusUnauthorized, e.Status)
	require.Contains(t, e.Mend, "Link issues")
	failure(t, w.client.LinkDuplicate(w.ctx(), "../x", of.Key), fault.Permanent)
	failure(t, w.client.LinkDuplicate(w.ctx(), of.Key, ""), fault.Permanent)
	w.sim.SetPermission("LINK_ISSUES", true)
	w.fail(simkit.Fault{Operation: "issuelink.add", Kind: simkit.Status, Status: http.StatusUnauthorized, Times: 1})
	failure(t, w.client.LinkDuplicate(w.ctx(), of.Key, of.Key), fault.Credential)
}

func TestWritesToOneIssueBeyondItsLimitWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ref := w.create(outage())
	w.sim.LimitIssueWrites(1, 1<<40)
	w.update(ref.Key, outage())
	e := failure(t, w.updateError(ref.Key, outage()), fault.Retryable)
	require.Equal(t, http.StatusTooManyRequests, e.Status)
	require.NotZero(t, e.RetryAfter)
}
