package jirasim

import "net/http"

// The project permissions that Muster needs. A site whose account lacks one refuses what it
// covers, each in its own way.
const (
	addComments      = "ADD_COMMENTS"
	assignIssues     = "ASSIGN_ISSUES"
	browseProjects   = "BROWSE_PROJECTS"
	createIssues     = "CREATE_ISSUES"
	editIssues       = "EDIT_ISSUES"
	linkIssues       = "LINK_ISSUES"
	scheduleIssues   = "SCHEDULE_ISSUES"
	setIssueSecurity = "SET_ISSUE_SECURITY"
	transitionIssues = "TRANSITION_ISSUES"
)

var permissions = []string{
	addComments, assignIssues, browseProjects, createIssues, "DELETE_ISSUES", editIssues, linkIssues, scheduleIssues, setIssueSecurity,
	transitionIssues, "USER_PICKER",
}

// SetPermission gives or takes a project permission, such as ASSIGN_ISSUES.
func (s *Sim) SetPermission(name string, have bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
	s.state.Denied[name] = !have
}

func (s *Sim) may(permission string) bool { return !s.state.Denied[permission] }

func (s *Sim) myPermissions(r request) answer {
	names := r.list("permissions")
	if s.cloud() && len(names) == 0 {
		return refusal(http.StatusBadRequest, "The 'permissions' query parameter is required.")
	}
	if !s.cloud() {
		names = permissions
	}
	m := map[string]any{}
	for _, name := range names {
		m[name] = map[string]any{"key": name, "name": name, "type": "PROJECT", "havePermission": s.may(name) && !r.anonymous}
	}
	return answer{status: http.StatusOK, body: map[string]any{"permissions": m}}
}

// screen is where a field is shown and may be set.
type screen string

const (
	screenCreate screen = "create"
	screenEdit   screen = "edit"
)

// guarded are the fields that Jira takes off every screen of an account that lacks a
// permission. What such an account sends is refused as if the screen lacked the field.
// https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-issues/#api-rest-api-2-issue-issueidorkey-editmeta-get
// https://confluence.atlassian.com/display/JIRAKB/Duedate+field+cannot+be+set+in+the+project
var guarded = map[string]string{"assignee": assignIssues, "duedate": scheduleIssues, "security": setIssueSecurity}

// settable reports whether the account may set a field there. Without Edit Issues no field is
// on the edit screen: https://github.com/pycontribs/jira/issues/1
func (s *Sim) settable(f *field, at screen) bool {
	if f == nil || f.Hidden || (at == screenCreate && f.NotOnCreate) || (at == screenEdit && (f.NotOnEdit || !s.may(editIssues))) {
		return false
	}
	needed := guarded[f.ID]
	return needed == "" || s.may(needed)
}

// noLink is what Jira answers to an account that may not link issues: 401, although it knows
// very well who asks. https://github.com/pycontribs/jira/issues/1296
func noLink(i *issue) answer {
	a := refusal(http.StatusUnauthorized, "No Link Issue Permission for issue '"+i.Key+"'")
	a.header = map[string]string{"X-Seraph-LoginReason": "OK"}
	return a
}
