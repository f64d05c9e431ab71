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

// OwedTo lists what a person will be told in their next digest.
func (c *Client) OwedTo(ctx context.Context, person string) ([]api.OwedInput, error) {
	var s api.PersonState
	err := c.query(ctx, api.PersonID(person), api.State, &s)
	switch {
	case err == nil:
		return s.Owed, nil
	case isNotFound(err):
		return nil, nil
	}
	return nil, readError("ask what is owed", err)
}
