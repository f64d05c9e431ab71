package incidents

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/api/workflowservice/v1"

	"muster/incident"
	"muster/workflows/api"
)

// scope is what of a list is there for a viewer. It is part of what visibility is asked, so that a
// page is full and its end is the end of what they may see: what is left out afterwards would tell
// by the gaps that it is there, and by filters what it is.
//
// Stores differ in what they understand. Comparisons, IN, AND, OR and parentheses all do (SQLite,
// PostgreSQL, MySQL, Elasticsearch); SQL has room for three lists of keywords, which are taken, so
// that nobody is looked for by who is part of what: their private incidents are asked for by number.
type scope struct {
	// all is that nothing is hidden, mine the private incidents of which the viewer is part.
	all  bool
	mine []string
}

// The bounds of what one viewer is part of: private incidents that are looked through, the newest
// first, and those that are asked for by number.
const (
	maxPrivatePages = 4
	maxMine         = 200
)

// scopeOf finds what there is for a viewer.
func (c *Client) scopeOf(ctx context.Context, v Viewer) (scope, error) {
	if v.Private || v.Person == "" {
		return scope{all: v.Private}, nil
	}
	s := scope{}
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	query := fmt.Sprintf("WorkflowType = %s AND ExecutionStatus = 'Running' AND %s = true", quoted(api.TypeIncident), api.AttrPrivate)
	var token []byte
	for range maxPrivatePages {
		resp, err := c.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: c.Namespace, Query: query, PageSize: MaxLimit, NextPageToken: token,
		})
		if err != nil {
			return s, readError("list incidents", err)
		}
		for _, e := range resp.GetExecutions() {
			key := e.GetExecution().GetWorkflowId()
			if n, err := incident.ParseKey(key); err == nil && len(s.mine) < maxMine && c.isMember(e.GetMemo(), n, v) {
				s.mine = append(s.mine, key)
			}
		}
		if token = resp.GetNextPageToken(); len(token) == 0 {
			break
		}
	}
	return s, nil
}

// terms are those that a list needs of the scope and the service that is wanted, empty for any.
// Services of private incidents are no search attributes, so that these are all found, and service
// must be compared afterwards.
func (s scope) terms(service string) string {
	var open []string
	if !s.all {
		open = append(open, api.AttrPrivate+" = false")
	}
	if service != "" {
		open = append(open, fmt.Sprintf("%s = %s", api.AttrServices, quoted(strings.ToLower(service))))
	}
	terms := strings.Join(open, " AND ")
	switch {
	case s.all && service != "":
		return fmt.Sprintf("(%s OR %s = true)", terms, api.AttrPrivate)
	case len(s.mine) > 0:
		return fmt.Sprintf("(%s OR %s)", terms, s.isMine())
	}
	return terms
}

func (s scope) isMine() string {
	var in []string
	for _, key := range s.mine {
		in = append(in, quoted(key))
	}
	return fmt.Sprintf("%s IN (%s)", api.AttrIncident, strings.Join(in, ", "))
}

// with adds the terms to a query.
func (s scope) with(query, service string) string {
	if terms := s.terms(service); terms != "" {
		return query + " AND " + terms
	}
	return query
}

// checkService refuses what can be no service's name.
func checkService(service string) error {
	if service != incident.CleanLine(service) || len(service) > 100 {
		return invalid("service", "write its name in the playbook", "%.100q is no service", service)
	}
	return nil
}

// concerns reports whether an incident names a service.
func concerns(i *incident.Incident, service string) bool {
	return slices.ContainsFunc(i.Services, func(s string) bool { return strings.EqualFold(s, service) })
}
