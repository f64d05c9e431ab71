package jira

import (
	"context"
	"net/http"
	"net/url"

	"muster/integrations/fault"
)

// site is what differs between Jira Cloud and Jira Data Center. This is the table of it; a place
// that asks otherwise than by one of these methods, or by Client.cloud where a request has no
// counterpart at all, is a mistake.
//
//	                     Cloud                            Data Center
//	credential           e-mail and API token (basic)     personal access token (bearer)
//	a person in a field  accountId                        name
//	a person in events   accountId                        name, and key, which outlives a renaming
//	finding a person     user/search?query=               user/search?username=
//	searching issues     search/jql, by page token        search, by offset
//	reading many issues  issue/bulkfetch                  one by one
//	child of an epic     parent                           the field Epic Link
//	level of a type      hierarchyLevel                   only whether it is a sub-task
//	an equal issue link  is answered as if made           is looked for first
//	own permissions      must be named                    are all told
//	version              1001.0.0-SNAPSHOT, always        that of the server
//	search index         lags seconds to minutes          is up to date but for other nodes
//	writes to one issue  20 in 2 s, 100 in 30 s           as the administrator says
type site interface {
	// authorize says who asks.
	authorize(r *http.Request, email string, token fault.Secret)
	// person names somebody in a field, given what the search told of them; nobody by "".
	// https://support.atlassian.com/jira/kb/how-to-set-assignee-to-unassigned-via-rest-api-in-jira/
	person(id string) map[string]any
	// id is how fields and events name the account.
	id(u *wireUser) string
	// people is the query that searches for an e-mail address.
	people(email string) url.Values
	// parentOfAll reports whether the field parent is for every child, and not for sub-tasks alone.
	parentOfAll() bool
	// below reports whether a type can be a child of another one.
	below(child, parent issueKind) bool
	// equalLinks reports whether a second link that equals a first one is none.
	equalLinks() bool
}

func siteOf(cloud bool) site {
	if cloud {
		return cloudSite{}
	}
	return dataCenterSite{}
}

func orNull(id string) any {
	if id == "" {
		return nil
	}
	return id
}

type cloudSite struct{}

func (cloudSite) authorize(r *http.Request, email string, token fault.Secret) {
	r.SetBasicAuth(email, token.Reveal())
}

func (cloudSite) person(id string) map[string]any { return map[string]any{"accountId": orNull(id)} }
func (cloudSite) id(u *wireUser) string           { return u.AccountID }
func (cloudSite) people(email string) url.Values  { return url.Values{"query": {email}} }
func (cloudSite) parentOfAll() bool               { return true }
func (cloudSite) equalLinks() bool                { return true }

func (cloudSite) below(child, parent issueKind) bool {
	return child.Level != nil && parent.Level != nil && *child.Level == *parent.Level-1
}

type dataCenterSite struct{}

// authorize sends a personal access token, which Jira takes in no other way.
// https://confluence.atlassian.com/enterprise/using-personal-access-tokens-1026032365.html
func (dataCenterSite) authorize(r *http.Request, _ string, token fault.Secret) {
	r.Header.Set("Authorization", "Bearer "+token.Reveal())
}

func (dataCenterSite) person(id string) map[string]any { return map[string]any{"name": orNull(id)} }
func (dataCenterSite) id(u *wireUser) string           { return u.Name }
func (dataCenterSite) people(email string) url.Values  { return url.Values{"username": {email}} }
func (dataCenterSite) parentOfAll() bool               { return false }
func (dataCenterSite) equalLinks() bool                { return false }

// below cannot know which type is an epic but by its name, and has no other level above the
// usual one.
func (dataCenterSite) below(child, parent issueKind) bool {
	return !child.Subtask && isEpic(parent) && !isEpic(child)
}

// Server is what a Jira says of itself.
type Server struct {
	// URL is the site's address.
	URL string `json:"baseUrl"`
	// Deployment is Cloud or DataCenter, whatever JIRA_DEPLOYMENT says.
	Deployment string `json:"-"`
	// Version is that of a Data Center, such as 9.12.15. Cloud's says nothing.
	Version string `json:"version"`
	// Kind is Jira's own word: Cloud, or Server for every Data Center too.
	Kind string `json:"deploymentType"`
}

// Server asks Jira which one it is. It can be asked without a credential.
func (c *Client) Server(ctx context.Context) (Server, error) {
	var s Server
	err := c.do(ctx, call{op: "serverInfo.get", method: http.MethodGet, path: "serverInfo", out: &s})
	if err != nil {
		return Server{}, err
	}
	s.Deployment = DataCenter
	if s.Kind == "Cloud" {
		s.Deployment = Cloud
	}
	return s, nil
}
