package incidents

import (
	"context"
	"fmt"
	"slices"

	"go.temporal.io/api/workflowservice/v1"

	"muster/incident"
	"muster/workflows/api"
)

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
