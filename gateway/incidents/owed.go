package incidents

import (
	"context"
	"fmt"
	"slices"

	"go.temporal.io/api/workflowservice/v1"

	"muster/incident"
	"muster/workflows/api"
)

// maxOwners bounds the incidents that are asked for one person's follow-ups.
const maxOwners = 20

// OwnFollowUp is an open follow-up with its incident.
type OwnFollowUp struct {
	Incident int
	incident.FollowUp
}

// FollowUpsOf lists the open follow-ups that a person owns, those due first. It asks workers.
func (c *Client) FollowUpsOf(ctx context.Context, person string) ([]OwnFollowUp, error) {
	person = incident.NormalPerson(person)
	numbers, err := c.incidentsOfOwner(ctx, person)
	if err != nil {
		return nil, err
	}
	var out []OwnFollowUp
	for _, n := range numbers {
		i, err := c.Snapshot(ctx, n)
		if err != nil {
			return out, err
		}
		for _, f := range i.FollowUps {
			if f.Owner == person && !f.Status.Ended() {
				out = append(out, OwnFollowUp{Incident: n, FollowUp: f})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b OwnFollowUp) int { return compareDue(a.Due, b.Due) })
	return out, nil
}

// compareDue puts what is due soonest first, and what has no date last.
func compareDue(a, b incident.Date) int {
	switch {
	case a == b:
		return 0
	case a == "" || (b != "" && a > b):
		return 1
	}
	return -1
}

func (c *Client) incidentsOfOwner(ctx context.Context, person string) ([]int, error) {
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	resp, err := c.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: c.Namespace, PageSize: 100,
		Query: fmt.Sprintf("WorkflowType = %s AND ExecutionStatus = 'Running' AND %s = %s", quoted(api.TypeFollowUp), api.AttrOwner, quoted(person)),
	})
	if err != nil {
		return nil, readError("list follow-ups", err)
	}
	var numbers []int
	for _, e := range resp.GetExecutions() {
		child, ok := api.ParseID(e.GetExecution().GetWorkflowId())
		if ok && !slices.Contains(numbers, child.Incident) && len(numbers) < maxOwners {
			numbers = append(numbers, child.Incident)
		}
	}
	return numbers, nil
}

// OwedTo lists what a person is asked for now, what they were told of this morning too: it asks the
// same question of follow-ups as digests do. One that does not answer keeps none of the others.
func (c *Client) OwedTo(ctx context.Context, person string) ([]api.OwedLine, error) {
	person = incident.NormalPerson(person)
	listing, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	resp, err := c.Temporal.ListWorkflow(listing, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: c.Namespace, PageSize: maxOwed,
		Query: fmt.Sprintf("WorkflowType = %s AND ExecutionStatus = 'Running' AND %s = %s", quoted(api.TypeFollowUp), api.AttrAsked, quoted(person)),
	})
	if err != nil {
		return nil, readError("list what is owed", err)
	}
	var out []api.OwedLine
	var lost error
	for _, e := range resp.GetExecutions() {
		id := e.GetExecution().GetWorkflowId()
		var s api.FollowUpState
		if err := c.query(ctx, id, api.State, &s, api.OwedQuery{At: c.Now()}); err != nil {
			if !isNotFound(err) {
				lost = readError("ask what is owed", err)
			}
			continue
		}
		for _, a := range s.Asks {
			if a.Person == person {
				out = append(out, api.OwedLine{FollowUp: id, Ask: a.Ask, Turn: a.Turn, Line: a.Line})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b api.OwedLine) int { return compareDue(a.Due, b.Due) })
	return out, lost
}

// maxOwed bounds the follow-ups that are asked what one person owes.
const maxOwed = 30
