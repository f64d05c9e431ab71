package jira

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"muster/incident"
	"muster/integrations/fault"
)

// maxPeople bounds how many people are looked up: user searches share a limit with the whole site.
const maxPeople = 5

// checkPeople looks whether owners can be found. People may hide their addresses, the own account too;
// Jira then still finds who is asked for by the whole address, and shows none.
func (s *survey) checkPeople(ctx context.Context) error {
	if s.c.cloud && s.account.Email == "" {
		s.say(warning("e-mail addresses", "let the Muster account show its address: in its profile, under Contact, or by the organisation's administrator",
			"the Muster account hides its own, so Muster knows what it did itself only by the account's ID"))
	}
	if s.blindToPeople {
		return nil // the permission has been told about
	}
	var unknown []string
	looked := 0
	for _, address := range s.want.People {
		if looked == maxPeople {
			break
		}
		param := "username"
		if s.c.cloud {
			param = "query"
		}
		var people []wireUser
		query := url.Values{param: {address}, "maxResults": {"10"}}
		err := s.c.do(ctx, call{op: opUser, method: http.MethodGet, path: "user/search", query: query, out: &people})
		if e, ok := fault.As(err); ok && e.Class != fault.Retryable {
			return nil // the permission has been told about
		}
		if err != nil {
			return err
		}
		looked++
		if pickUser(people, incident.NormalPerson(address)) == "" {
			unknown = append(unknown, address)
		}
	}
	switch {
	case len(unknown) > 0:
		s.say(warning("people", "correct the addresses in the playbook, or give them accounts; what is theirs stays unassigned in Jira until then",
			"Jira finds no account for %s", strings.Join(unknown, ", ")))
	case looked > 0:
		s.say(fine("people", "%d of the playbook's %d people looked up, all are known", looked, len(s.want.People)))
	}
	return nil
}
