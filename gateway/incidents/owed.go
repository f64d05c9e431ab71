package incidents

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/sync/errgroup"

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
	asked := make([][]api.OwedLine, len(resp.GetExecutions()))
	lost := make([]error, len(asked))
	var many errgroup.Group
	many.SetLimit(owedAtOnce)
	for k, e := range resp.GetExecutions() {
		many.Go(func() error {
			asked[k], lost[k] = c.owedBy(ctx, e.GetExecution().GetWorkflowId(), person)
			return nil
		})
	}
	_ = many.Wait() // errors are kept beside what the others say
	out := slices.Concat(asked...)
	slices.SortStableFunc(out, func(a, b api.OwedLine) int { return compareDue(a.Due, b.Due) })
	return out, cmp.Or(lost...)
}

// owedBy asks one follow-up, which may have ended meanwhile, what it asks a person for.
func (c *Client) owedBy(ctx context.Context, id, person string) (out []api.OwedLine, err error) {
	var s api.FollowUpState
	if err := c.query(ctx, id, api.State, &s, api.OwedQuery{At: c.Now()}); err != nil {
		if isNotFound(err) {
			return nil, nil
		}
		return nil, readError("ask what is owed", err)
	}
	for _, a := range s.Asks {
		if a.Person == person {
			out = append(out, api.OwedLine{FollowUp: id, Ask: a.Ask, Turn: a.Turn, Line: a.Line})
		}
	}
	return out, nil
}

const (
	// maxOwed bounds the follow-ups that are asked what one person owes, owedAtOnce those at one time: one that is in no
	// worker's memory takes a moment to answer.
	maxOwed    = 30
	owedAtOnce = 8
)
