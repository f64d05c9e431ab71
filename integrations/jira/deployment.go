package jira

import "net/url"

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
	// person names somebody in a field, given what the search told of them.
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

type cloudSite struct{}

func (cloudSite) person(id string) map[string]any { return map[string]any{"accountId": id} }
func (cloudSite) id(u *wireUser) string           { return u.AccountID }
func (cloudSite) people(email string) url.Values  { return url.Values{"query": {email}} }
func (cloudSite) parentOfAll() bool               { return true }
func (cloudSite) equalLinks() bool                { return true }

func (cloudSite) below(child, parent issueKind) bool {
	return child.Level != nil && parent.Level != nil && *child.Level == *parent.Level-1
}

type dataCenterSite struct{}

func (dataCenterSite) person(id string) map[string]any { return map[string]any{"name": id} }
func (dataCenterSite) id(u *wireUser) string           { return u.Name }
func (dataCenterSite) people(email string) url.Values  { return url.Values{"username": {email}} }
func (dataCenterSite) parentOfAll() bool               { return false }
func (dataCenterSite) equalLinks() bool                { return false }

// below cannot know which type is an epic but by its name, and has no other level above the
// usual one.
func (dataCenterSite) below(child, parent issueKind) bool {
	return !child.Subtask && isEpic(parent) && !isEpic(child)
}
