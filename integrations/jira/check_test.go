package jira_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/integrations/fault"
	"muster/integrations/jira"
	"muster/internal/sims/jirasim"
	"muster/internal/sims/simkit"
)

// wanted is a playbook's tracker that fits the simulated project.
func wanted() jira.Setup {
	return jira.Setup{
		Project: "OPS", IncidentType: "Incident", FollowUpType: "Sub-task", ReviewType: "sub-task",
		People: []string{"alice@example.com"}, Prefix: "INC",
	}
}

// checkup is what a check-up found.
type checkup struct {
	t     *testing.T
	found []jira.Finding
}

func (w *world) checked(want jira.Setup) checkup {
	w.t.Helper()
	found, err := w.client.Check(w.ctx(), want)
	require.NoError(w.t, err)
	for _, f := range found {
		require.Equal(w.t, f.OK, f.Mend == "", "%+v", f)
		require.NotContains(w.t, f.Text+f.Mend, token)
	}
	return checkup{w.t, found}
}

// kind says how bad a finding is, in one word.
func kind(f jira.Finding) string {
	switch {
	case f.OK:
		return "ok"
	case f.Unasked:
		return "unasked"
	case f.Warning:
		return "warning"
	}
	return "broken"
}

func (c checkup) all() string {
	var lines []string
	for _, f := range c.found {
		lines = append(lines, kind(f)+" "+f.Subject+": "+f.Text+"; "+f.Mend)
	}
	return strings.Join(lines, "\n")
}

// says expects one finding of that kind with these words, and a mend with those.
func (c checkup) says(how, subject, text, mend string) {
	c.t.Helper()
	for _, f := range c.found {
		if kind(f) == how && f.Subject == subject && strings.Contains(f.Text, text) {
			require.Contains(c.t, f.Mend, mend)
			return
		}
	}
	require.Fail(c.t, "nothing "+how+" of "+subject+" says "+text, c.all())
}

// only expects nothing broken and no warning but those of the subjects.
func (c checkup) only(subjects ...string) {
	c.t.Helper()
	var got []string
	for _, f := range c.found {
		if k := kind(f); k == "broken" || k == "warning" {
			got = append(got, f.Subject)
		}
	}
	require.ElementsMatch(c.t, subjects, got, c.all())
}

func inProject(key string) setting { return withProjects(jirasim.DefaultProject(key)) }

func TestCheckIsContentWithAProjectThatIsSetUp(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string][]setting{
		"cloud": {inProject("OPS")}, "data center": {inProject("OPS"), onDataCenter},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, settings...)
			w.sim.SetAdmin(true)
			w.sim.RegisterHook(jirasim.Hook{Name: "Muster", URL: "https://muster.example.com/webhooks/jira", Events: jira.HookEvents})
			c := w.checked(wanted())
			c.only()
			c.says("ok", "account", "Muster Bot", "")
			c.says("ok", "permissions", "all 8", "")
			c.says("ok", "issue type Incident", "usable", "")
			c.says("ok", "issue type Sub-task", "usable", "")
			c.says("ok", "workflow of Incident", "shows with the first issue", "")
			c.says("ok", "people", "1 of the playbook's 1 people", "")
			c.says("ok", "webhook", "all events", "")
		})
	}
}

func TestACheckChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, inProject("OPS"))
	w.checked(wanted())
	require.Zero(t, w.sim.Count())
	for _, operation := range []string{"issue.create", "issue.update", "issue.transition", "comment.add"} {
		require.Zero(t, w.sim.Log.Count(operation))
	}
}

func TestEveryPermissionIsMissed(t *testing.T) {
	t.Parallel()
	for _, p := range jira.Permissions {
		for _, settings := range [][]setting{{inProject("OPS")}, {inProject("OPS"), onDataCenter}} {
			w := newWorld(t, settings...)
			w.sim.SetPermission(p.Key, false)
			found, err := w.client.Check(w.ctx(), wanted())
			if p.Key == "BROWSE_PROJECTS" && err == nil && found[len(found)-1].Subject == "project OPS" {
				continue // the project is not seen at all
			}
			require.NoError(t, err)
			how := map[bool]string{true: "warning", false: "broken"}[p.Bearable]
			c := checkup{t, found}
			c.says(how, "permission "+p.Key, "missing: "+p.Without, p.Name)
			switch p.Key {
			case "ASSIGN_ISSUES", "SCHEDULE_ISSUES": // Jira takes the field off the screens, too
				c.only("permission "+p.Key, "issue type Incident", "issue type Sub-task")
			default:
				c.only("permission " + p.Key)
			}
		}
	}
}

func TestAPermissionThatMusterNeverUses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, inProject("OPS"))
	w.sim.SetPermission("DELETE_ISSUES", true)
	c := w.checked(wanted())
	c.only("permission DELETE_ISSUES")
	c.says("warning", "permission DELETE_ISSUES", "never deletes", "take Delete Issues")
}

func TestScreensAreComparedWithThePlaybook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, inProject("OPS"))
	w.sim.RequireField("customfield_10042", "Root team")
	want := wanted()
	want.Fields = map[string]any{"root team": "Payments"}
	c := w.checked(want)
	c.only("issue type Sub-task")
	c.says("broken", "issue type Sub-task", `requires "Root team" (customfield_10042)`, "tracker.follow_up_fields.customfield_10042")

	want.FollowUpFields = map[string]any{"customfield_10042": "Payments", "Squad": "Blue"}
	c = w.checked(want)
	c.only("issue type Sub-task")
	c.says("broken", "issue type Sub-task", `tracker.follow_up_fields fills "Squad"`, "remove it")
	delete(want.FollowUpFields, "Squad")
	w.checked(want).only()

	for _, field := range []string{"labels", "description", "duedate", "assignee"} {
		w.sim.HideField(field)
	}
	c = w.checked(want)
	c.says("broken", "issue type Incident", "Labels is not on the create screen: Muster does not find", "put the field Labels")
	c.says("broken", "issue type Incident", "Description", "put the field Description")
	c.says("warning", "issue type Sub-task", "Due date is not on the create screen: Jira shows no due dates", "put the field Due date")
	c.says("warning", "issue type Sub-task", "Assignee", "put the field Assignee")
}

func TestTypesAreThoseOfTheProject(t *testing.T) {
	t.Parallel()
	renamed := jirasim.DefaultProject("OPS")
	renamed.Types[2].Name = "Unteraufgabe"
	w := newWorld(t, withProjects(renamed))
	w.checked(wanted()).says("warning", "issue type Sub-task", "is called Unteraufgabe", "tracker.follow_up_type: Unteraufgabe")

	want := wanted()
	want.IncidentType, want.FollowUpType, want.ReviewType = "Catastrophe", "Unteraufgabe", ""
	w.checked(want).says("broken", "issue type Catastrophe", "not in project OPS", "Incident, Task, Unteraufgabe, Epic")

	want.IncidentType = "Unteraufgabe"
	w.checked(want).says("broken", "issue type Unteraufgabe", "for sub-tasks", "tracker.incident_type")

	want.IncidentType, want.FollowUpType = "Incident", "Task"
	w.checked(want).says("broken", "issue type Task", "not one step above", "tracker.follow_up_type")
	want.IncidentType = "Epic"
	w.checked(want).only()

	// An epic is above everything that an incident could be, and nothing is below itself.
	for _, settings := range [][]setting{{inProject("OPS")}, {inProject("OPS"), onDataCenter}} {
		want.IncidentType = "Incident"
		for _, kind := range []string{"Epic", "Incident"} {
			want.FollowUpType = kind
			c := newWorld(t, settings...).checked(want)
			c.only("issue type " + kind)
			c.says("broken", "issue type "+kind, "does not take it as a child of Incident", "tracker.follow_up_type")
		}
	}

	none := jirasim.DefaultProject("OPS")
	none.Types = none.Types[:2]
	newWorld(t, withProjects(none)).checked(wanted()).says("broken", "issue type Sub-task", "none for sub-tasks", "add a sub-task type")
}

func TestAWorkflowWithoutAnEnd(t *testing.T) {
	t.Parallel()
	endless := jirasim.DefaultProject("OPS")
	endless.Statuses[3].Category = "indeterminate"
	c := newWorld(t, withProjects(endless)).checked(wanted())
	c.says("broken", "workflow of Incident", "none of its statuses (To Do, In Progress, In Review, Done) counts as done", "category Done")

	finished := jirasim.DefaultProject("OPS")
	for k := range finished.Statuses {
		finished.Statuses[k].Category = "done"
	}
	newWorld(t, withProjects(finished)).checked(wanted()).says("broken", "workflow of Incident", "all of its statuses", "category To Do")

	want := wanted()
	want.Done, want.Open = []string{"Fertig"}, []string{" to do "}
	c = newWorld(t, inProject("OPS")).checked(want)
	c.says("warning", "workflow of Incident", "tracker.done names no status of this workflow that counts as done", "write there one of Done")
	c.only("workflow of Incident", "workflow of Sub-task")
	for _, f := range c.found {
		if f.Subject == "workflow of Incident" && f.Warning {
			require.Equal(t, "write there one of Done", f.Mend, "no other status finishes anything")
		}
	}
	want.Done, want.Open = []string{"To Do"}, []string{"Done"}
	c = newWorld(t, inProject("OPS")).checked(want)
	c.says("warning", "workflow of Incident", "tracker.done", "write there one of Done")
	c.says("warning", "workflow of Incident", "tracker.open", "write there one of To Do, In Progress, In Review")
}

func TestTransitionsAreAskedOfAnIssue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, inProject("OPS"))
	issue := outage()
	issue.Project = "OPS"
	ref := w.create(issue)
	w.checked(wanted()).says("ok", "workflow of Incident", "a way on from the status that "+ref.Key, "")

	stuck := jirasim.DefaultProject("OPS")
	stuck.Transitions = nil
	w = newWorld(t, withProjects(stuck))
	ref = w.create(issue)
	w.checked(wanted()).says("warning", "workflow of Incident", ref.Key+" can be moved nowhere", "transition issues")
}

func TestProjectsThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, inProject("OPS"))
	want := wanted()
	want.Project = "NOPE"
	c := w.checked(want)
	c.only("project NOPE")
	c.says("broken", "project NOPE", "No project could be found with key 'NOPE': it does not exist, is archived, or is hidden", "tracker.project")
	want.Project = ""
	w.checked(want).says("warning", "project", "names no project", "tracker.project")

	w.sim.ArchiveProject("OPS", true)
	w.checked(wanted()).says("broken", "project OPS", "archived", "restore it")
	issue := outage()
	issue.Project = "OPS"
	_, err := w.client.CreateIssue(w.ctx(), issue, false)
	failure(t, err, fault.Permanent)
}

func TestResolutionsAndPrioritiesThatJiraDoesNotKnow(t *testing.T) {
	t.Parallel()
	for _, settings := range [][]setting{{inProject("OPS")}, {inProject("OPS"), onDataCenter}} {
		w := newWorld(t, settings...)
		want := wanted()
		want.DroppedResolution, want.Priorities = "won't do", []string{"highest", "Low"}
		w.checked(want).only()

		want.DroppedResolution, want.Priorities = "Nope", []string{"Low", "Blockerish"}
		c := w.checked(want)
		c.only("resolutions", "priorities")
		c.says("warning", "resolutions", `tracker.dropped_resolution is "Nope", and Jira has no resolution of this name`, "one of Won't Do, Duplicate")
		c.says("warning", "priorities", `tracker.priorities names "Blockerish"`, "one of Highest, High, Medium, Low, Lowest")
	}

	german := jirasim.Localised("OPS")
	german.Resolutions = []string{"Fertig", "Verworfen"}
	want := wanted()
	want.IncidentType, want.FollowUpType, want.ReviewType, want.DroppedResolution = "Störung", "Unteraufgabe", "", "Won't Do"
	newWorld(t, withProjects(german)).checked(want).says("warning", "resolutions", `"Won't Do"`, "one of Fertig, Verworfen")
}

func TestNamesThatPeopleMixUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withProjects(jirasim.DefaultProject("OPS"), jirasim.DefaultProject("INC")))
	c := w.checked(wanted())
	c.only("names INC-1")
	c.says("warning", "names INC-1", "Jira has a project INC", "another key")
	want := wanted()
	want.Project = "INC"
	w.checked(want).says("warning", "names INC-1", "tracker.project is INC too", "another key")
}

func TestPeopleWhoAreNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, inProject("OPS"))
	want := wanted()
	want.People = []string{"alice@example.com", "nobody@example.com"}
	w.checked(want).says("warning", "people", "no account for nobody@example.com", "stays unassigned")

	w.sim.AddUser(jirasim.User{Email: "shy@example.com", Name: "Shy", HideEmail: true})
	w.sim.AddUser(jirasim.User{Email: email, Name: "Muster Bot", HideEmail: true})
	want.People = []string{"shy@example.com"}
	c := w.checked(want)
	c.only("e-mail addresses")
	c.says("ok", "people", "all are known", "")
}

func TestWebhooksAsAnAdministratorSeesThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, inProject("OPS"))
	w.checked(wanted()).says("unasked", "webhook", "only Jira administrators see webhooks", "jira:issue_deleted")

	w.sim.SetAdmin(true)
	w.sim.RegisterHook(jirasim.Hook{Name: "other", URL: "https://ci.example.com/hook", Events: []string{jira.EventIssueCreated}})
	w.checked(wanted()).says("broken", "webhook", "none leads to Muster", "/webhooks/jira")

	address := "https://muster.example.com/webhooks/jira"
	for _, tt := range []struct {
		hook           jirasim.Hook
		how, text, say string
	}{
		{jirasim.Hook{Name: "off", URL: address, Events: jira.HookEvents, Disabled: true}, "broken", "disabled", "enable it"},
		{jirasim.Hook{Name: "empty", URL: address, Events: jira.HookEvents, ExcludeBody: true}, "broken", "no body", "untick"},
		{jirasim.Hook{Name: "half", URL: address, Events: jira.HookEvents[:1]}, "warning", "leaves out jira:issue_updated, jira:issue_deleted", "tick"},
	} {
		w.sim.RegisterHook(tt.hook)
		w.checked(wanted()).says(tt.how, "webhook "+tt.hook.Name, tt.text, tt.say)
	}
}

func TestTokensThatEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, inProject("OPS"), onDataCenter)
	w.sim.AddToken(jirasim.PersonalToken{Name: "for ever"})
	w.sim.AddToken(jirasim.PersonalToken{Name: "muster", Expires: time.Now().AddDate(0, 0, 100)})
	w.checked(wanted()).says("ok", "token", "none of the account's tokens ends within 14 days", "")
	end := time.Now().AddDate(0, 0, 3)
	w.sim.AddToken(jirasim.PersonalToken{Name: "muster of last year", Expires: end})
	w.checked(wanted()).says("warning", "token", `"muster of last year" ends on `+end.Format(time.DateOnly), "set JIRA_TOKEN")
}

func TestAJiraOfAnotherKind(t *testing.T) {
	t.Parallel()
	another := func(_ *jirasim.Options, c *jira.Options) { c.Deployment, c.Email = jira.DataCenter, "" }
	c := newWorld(t, inProject("OPS"), another).checked(wanted())
	c.only("site")
	c.says("broken", "site", "leads to Jira Cloud, and Muster is set up for Jira Data Center", "JIRA_DEPLOYMENT=cloud")
	another = func(s *jirasim.Options, _ *jira.Options) { s.Deployment = jirasim.DataCenter }
	newWorld(t, inProject("OPS"), another).checked(wanted()).says("broken", "site", "leads to Jira Data Center, and Muster is set up for Jira Cloud", "JIRA_DEPLOYMENT=datacenter")
}

func TestARefusedToken(t *testing.T) {
	t.Parallel()
	refusing := func(status int, body string, header ...string) *jira.Client {
		return answering(t, func(w http.ResponseWriter, _ *http.Request) {
			for k := 0; k+1 < len(header); k += 2 {
				w.Header().Set(header[k], header[k+1])
			}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		})
	}
	for name, tt := range map[string]struct {
		client     *jira.Client
		text, mend string
	}{
		"expired":    {refusing(401, `{"errorMessages":["Client must be authenticated"]}`, "X-Seraph-LoginReason", "AUTHENTICATED_FAILED"), "no issue is made", "JIRA_TOKEN"},
		"captcha":    {refusing(403, ``, "X-Seraph-LoginReason", "AUTHENTICATION_DENIED"), "no issue is made", "CAPTCHA"},
		"scope":      {refusing(401, `{"code":401,"message":"Unauthorized; scope does not match"}`), "lacks a scope", "read:jira-work"},
		"login page": {refusing(200, `<html>Log in</html>`), "a page for people", "JIRA_URL"},
		"elsewhere":  {refusing(302, ``, "Location", "https://sso.example.com"), "a page for people", "JIRA_URL"},
		"nobody":     {refusing(200, `{}`), "names no account", "JIRA_EMAIL"},
	} {
		found, err := tt.client.Check(t.Context(), wanted())
		require.NoError(t, err, name)
		checkup{t, found}.says("broken", "account", tt.text, tt.mend)
		require.Len(t, found, 1, name)
	}
}

func TestCheckOfAJiraThatIsDown(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{
		"myself.get", "project.get", "mypermissions.get", "createmeta.types", "createmeta.fields", "project.statuses", "resolution.list", "priority.list", "search", "user.search", "webhooks.list",
	} {
		w := newWorld(t, inProject("OPS"))
		w.fail(simkit.Fault{Operation: operation, Kind: simkit.Status, Status: 503})
		want := wanted()
		want.DroppedResolution, want.Priorities = "Won't Do", []string{"High"}
		_, err := w.client.Check(w.ctx(), want)
		failure(t, err, fault.Retryable)
	}
}

// A token of few scopes may ask some things and not others.
func TestAQuestionThatIsRefusedConcernsNoOther(t *testing.T) {
	t.Parallel()
	for operation, name := range map[string]string{
		"project.statuses": "project.statuses", "resolution.list": "resolution.list", "priority.list": "priority.list", "createmeta.types": "createmeta.get", "createmeta.fields": "createmeta.get", "mypermissions.get": "mypermissions.get",
	} {
		for _, status := range []int{400, 401, 403, 404} {
			w := newWorld(t, inProject("OPS"))
			w.sim.SetAdmin(true)
			w.fail(simkit.Fault{Operation: operation, Kind: simkit.Status, Status: status})
			want := wanted()
			want.DroppedResolution, want.Priorities = "Won't Do", []string{"High"}
			c := w.checked(want)
			c.says("unasked", "question "+name, "Jira refused it", "")
			c.says("broken", "webhook", "none leads to Muster", "")
		}
	}
}
