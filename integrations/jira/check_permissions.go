package jira

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Permission is one that Muster's account uses.
type Permission struct {
	// Key is Jira's, Name is what its administration shows.
	Key, Name string
	// Without says what fails without it; Bearable that Muster does its work all the same.
	Without  string
	Bearable bool
	// Global ones are given to the site's groups, the others in a project's scheme.
	Global bool
}

// Permissions are all that Muster uses.
// https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-permissions/
var Permissions = []Permission{
	{Key: "BROWSE_PROJECTS", Name: "Browse Projects", Without: "no issue can be read"},
	{Key: "CREATE_ISSUES", Name: "Create Issues", Without: "no issue can be created"},
	{Key: "EDIT_ISSUES", Name: "Edit Issues", Without: "no issue can be marked as Muster's or updated"},
	{Key: "TRANSITION_ISSUES", Name: "Transition Issues", Without: "no issue can be finished or reopened"},
	{Key: "ASSIGN_ISSUES", Name: "Assign Issues", Without: "issues stay unassigned, so owners do not see them in Jira", Bearable: true},
	{Key: "SCHEDULE_ISSUES", Name: "Schedule Issues", Without: "due dates are refused, so Jira shows none", Bearable: true},
	{Key: "LINK_ISSUES", Name: "Link Issues", Without: "the issue of a merged incident is not linked to the one that it duplicates", Bearable: true},
	{Key: browseUsers, Name: "Browse users and groups", Without: "nobody is found by an e-mail address, so issues stay unassigned", Bearable: true, Global: true},
}

// browseUsers is the permission without which every search for people finds nobody.
const browseUsers = "USER_PICKER"

// unneeded is what an account may well have and Muster never uses.
const unneeded = "DELETE_ISSUES"

func (s *survey) checkPermissions(ctx context.Context) error {
	query := url.Values{"projectKey": {s.want.Project}}
	if s.c.cloud { // Data Center answers all of them, unasked
		keys := []string{unneeded}
		for _, p := range Permissions {
			keys = append(keys, p.Key)
		}
		slices.Sort(keys)
		query.Set("permissions", strings.Join(keys, ","))
	}
	var answer struct {
		Permissions map[string]struct {
			Have bool `json:"havePermission"`
		} `json:"permissions"`
	}
	if err := s.c.do(ctx, call{op: "mypermissions.get", method: http.MethodGet, path: "mypermissions", query: query, out: &answer}); err != nil {
		return err
	}
	missing := 0
	for _, p := range Permissions {
		if answer.Permissions[p.Key].Have {
			continue
		}
		missing++
		s.blindToPeople = s.blindToPeople || p.Key == browseUsers
		mend := "give " + p.Name + " to Jira's Muster account in the permission scheme (team-managed: the role) of project " + s.want.Project
		if p.Global {
			mend = "give " + p.Name + " to a group of Jira's Muster account at the site's global permissions"
		}
		f := broken("permission "+p.Key, mend, "missing: %s", p.Without)
		f.Warning = p.Bearable
		s.say(f)
	}
	if answer.Permissions[unneeded].Have {
		s.say(warning("permission "+unneeded, "take Delete Issues from Jira's Muster account", "Muster never deletes an issue, and whoever has its token could"))
	}
	if missing == 0 {
		s.say(fine("permissions", "all %d that are needed", len(Permissions)))
	}
	return nil
}
