package jirasim_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/internal/sims/jirasim"
)

func createBody(kind, more string) string {
	return `{"fields":{"project":{"key":"INC"},"issuetype":{"name":"` + kind + `"},"summary":"s"` + more + `}}`
}

const offScreen = "It is not on the appropriate screen, or unknown."

func TestAWithheldPermissionRefusesInJirasWay(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		permission, method, path, body string
		status                         int
		words                          string
	}{
		{"CREATE_ISSUES", "POST", "/issue", createBody("Incident", ""), 400, "You do not have permission to create issues in this project."},
		{"ASSIGN_ISSUES", "POST", "/issue", createBody("Incident", `,"assignee":null`), 400, "Field 'assignee' cannot be set. " + offScreen},
		{"SCHEDULE_ISSUES", "POST", "/issue", createBody("Incident", `,"duedate":"2026-12-01"`), 400, "Field 'duedate' cannot be set. " + offScreen},
		{"SET_ISSUE_SECURITY", "POST", "/issue", createBody("Incident", `,"security":{"name":"x"}`), 400, "Field 'security' cannot be set. " + offScreen},
		{"ASSIGN_ISSUES", "PUT", "/issue/INC-1", `{"fields":{"assignee":null}}`, 400, "Field 'assignee' cannot be set. " + offScreen},
		{"SCHEDULE_ISSUES", "PUT", "/issue/INC-1", `{"fields":{"duedate":null}}`, 400, "Field 'duedate' cannot be set. " + offScreen},
		{"EDIT_ISSUES", "PUT", "/issue/INC-1", `{"fields":{"summary":"t"}}`, 400, "Field 'summary' cannot be set. " + offScreen},
		{"EDIT_ISSUES", "PUT", "/issue/INC-1", `{"update":{"labels":[{"add":"x"}]}}`, 400, "Field 'labels' cannot be set. " + offScreen},
		{"EDIT_ISSUES", "PUT", "/issue/INC-1/properties/p", `1`, 403, "permission to edit"},
		{"ADD_COMMENTS", "POST", "/issue/INC-1/comment", `{"body":"b"}`, 400, "permission to comment"},
		{"TRANSITION_ISSUES", "POST", "/issue/INC-1/transitions", `{"transition":{"id":"11"}}`, 400, "Transition id '11' is not valid"},
		{"LINK_ISSUES", "POST", "/issue/INC-1/remotelink", `{"object":{"url":"https://example.com","title":"t"}}`, 403, "No Link Issue Permission"},
		{"LINK_ISSUES", "POST", "/issueLink", `{"type":{"name":"Duplicate"},"inwardIssue":{"key":"INC-1"},"outwardIssue":{"key":"INC-2"}}`, 401, "No Link Issue Permission for issue 'INC-1'"},
	} {
		t.Run(tt.permission+" "+tt.path, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, jirasim.Options{})
			s.create(`"summary":"a"`)
			s.create(`"summary":"b"`)
			before := s.sim.Issues()

			s.sim.SetPermission(tt.permission, false)
			status, answer := s.ask(tt.method, rest+tt.path, tt.body)

			require.Equal(t, tt.status, status, answer)
			require.Contains(t, fmt.Sprint(answer), tt.words)
			require.Equal(t, before, s.sim.Issues(), "what is refused changes nothing")
			s.sim.SetPermission(tt.permission, true)
			status, answer = s.ask(tt.method, rest+tt.path, tt.body)
			if tt.permission != "SET_ISSUE_SECURITY" { // this project has no levels
				require.Less(t, status, 300, answer)
			}
		})
	}
}

func TestWithoutThePermissionNoTransitionIsListed(t *testing.T) {
	t.Parallel()
	s := newSite(t, jirasim.Options{})
	key := s.create(`"summary":"a"`)
	s.sim.SetPermission("TRANSITION_ISSUES", false)
	require.Empty(t, s.do("GET", "/issue/"+key+"/transitions", "")["transitions"])
}

func TestAFieldIsOnOneScreenAndNotOnTheOther(t *testing.T) {
	t.Parallel()
	s := newSite(t, jirasim.Options{})
	s.sim.HideFieldOn("create", "duedate")
	s.sim.HideFieldOn("edit", "description")
	status, answer := s.ask("POST", rest+"/issue", createBody("Incident", `,"duedate":"2026-12-01"`))
	require.Equal(t, http.StatusBadRequest, status, answer)
	key := s.create(`"summary":"a","description":"d"`)
	s.do("PUT", "/issue/"+key, `{"fields":{"duedate":"2026-12-01"}}`)
	status, _ = s.ask("PUT", rest+"/issue/"+key, `{"fields":{"description":"e"}}`)
	require.Equal(t, http.StatusBadRequest, status)
	s.sim.ShowField("description")
	s.do("PUT", "/issue/"+key, `{"fields":{"description":"e"}}`)
	meta := fmt.Sprint(s.do("GET", "/issue/createmeta/INC/issuetypes/10001", ""))
	require.NotContains(t, meta, "duedate")
	require.Contains(t, meta, "description")
}

func TestValuesThatTheProjectDoesNotHaveAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, jirasim.Options{Projects: []jirasim.Project{jirasim.CompanyManaged("INC")}})
	for field, values := range map[string][2]string{
		"priority":   {`{"name":"High"}`, `{"name":"Urgent"}`},
		"components": {`[{"name":"Checkout"}]`, `[{"name":"Chekout"}]`},
		"security":   {`{"name":"Incident members"}`, `{"name":"Everybody"}`},
	} {
		s.create(`"summary":"a","` + field + `":` + values[0])
		status, answer := s.ask("POST", rest+"/issue", createBody("Incident", `,"`+field+`":`+values[1]))
		require.Equal(t, http.StatusBadRequest, status)
		require.Contains(t, fmt.Sprint(answer), field+":", "%v", answer)
	}
}

func TestProjectsCallTheirSubtasksDifferently(t *testing.T) {
	t.Parallel()
	s := newSite(t, jirasim.Options{Projects: []jirasim.Project{jirasim.CompanyManaged("INC"), jirasim.TeamManaged("TEAM"), jirasim.Localised("ORT")}})
	for project, want := range map[string]string{"INC": "Sub-task", "TEAM": "Subtask", "ORT": "Unteraufgabe"} {
		var subtasks []string
		for _, kind := range s.do("GET", "/project/"+project, "")["issueTypes"].([]any) {
			if k := kind.(map[string]any); k["subtask"] == true {
				subtasks = append(subtasks, k["name"].(string))
				require.EqualValues(t, -1, k["hierarchyLevel"])
			}
		}
		require.Equal(t, []string{want}, subtasks)
	}
	// A team's board has no resolutions: what is done there has none.
	s.do("POST", "/issue", `{"fields":{"project":{"key":"TEAM"},"issuetype":{"name":"Task"},"summary":"s"}}`)
	s.do("POST", "/issue/TEAM-1/transitions", `{"transition":{"id":"31"}}`)
	issue, _ := s.sim.Issue("TEAM-1")
	require.Equal(t, "done", issue.Category)
	require.Empty(t, issue.Resolution)
	status, answer := s.ask("POST", rest+"/issue", `{"fields":{"project":{"key":"INC"},"issuetype":{"name":"Sub-task"},"summary":"s","parent":{"key":"TEAM-1"}}}`)
	require.Equal(t, http.StatusBadRequest, status, "a sub-task is in its parent's project: %v", answer)
}

func TestJiraCloudLimitsTheWritesToOneIssue(t *testing.T) {
	t.Parallel()
	s := newSite(t, jirasim.Options{})
	key, other := s.create(`"summary":"a"`), s.create(`"summary":"b"`)
	write := func(key string) (int, http.Header) {
		status, header, _ := s.askRaw("PUT", rest+"/issue/"+key, `{"fields":{"summary":"c"}}`)
		return status, header
	}
	for range 20 {
		status, _ := write(key)
		require.Equal(t, http.StatusNoContent, status)
	}
	status, header := write(key)
	require.Equal(t, http.StatusTooManyRequests, status)
	require.Equal(t, "jira-per-issue-on-write", header.Get("RateLimit-Reason"))
	require.Equal(t, "2", header.Get("Retry-After"))
	status, _ = write(other)
	require.Equal(t, http.StatusNoContent, status)
	for range 4 {
		s.clock.Advance(2 * time.Second)
		for range 20 {
			write(key)
		}
	}
	s.clock.Advance(2 * time.Second)
	status, header = write(key)
	require.Equal(t, http.StatusTooManyRequests, status, "100 within 30 s")
	require.Equal(t, "20", header.Get("Retry-After"))
}

func TestADataCenterIsNoCloud(t *testing.T) {
	t.Parallel()
	s := newSite(t, jirasim.Options{Deployment: jirasim.DataCenter})
	info := s.do("GET", "/serverInfo", "")
	require.Equal(t, "Server", info["deploymentType"])
	require.Equal(t, jirasim.DefaultVersion, info["version"])
	me := s.do("GET", "/myself", "")
	require.NotContains(t, me, "accountId")
	require.Equal(t, "muster-bot", me["name"])
	require.Regexp(t, `^JIRAUSER\d+$`, me["key"])
	require.NotContains(t, fmt.Sprint(s.do("GET", "/project/INC", "")), "hierarchyLevel")

	// A child of an epic has a field for it, and parent is for sub-tasks alone.
	s.do("POST", "/issue", createBody("Epic", ""))
	status, answer := s.ask("POST", rest+"/issue", createBody("Task", `,"parent":{"key":"INC-1"}`))
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, fmt.Sprint(answer), "Issue type is not a sub-task")
	s.do("POST", "/issue", createBody("Task", `,"customfield_10008":"INC-1"`))
	child, _ := s.sim.Issue("INC-2")
	require.Equal(t, "INC-1", child.Parent)
	status, _ = s.ask("POST", rest+"/issue", createBody("Task", `,"customfield_10008":"INC-2"`))
	require.Equal(t, http.StatusBadRequest, status, "INC-2 is no epic")
	for range 30 { // it limits nothing by itself
		s.do("PUT", "/issue/INC-1", `{"fields":{"summary":"c"}}`)
	}
}
