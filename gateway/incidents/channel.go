package incidents

import (
	"context"
	"regexp"
	"strconv"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"muster/incident"
	"muster/workflows/api"
)

// factsWait bounds the question whether a channel is an incident's own.
const factsWait = 500 * time.Millisecond

var numberInName = regexp.MustCompile(`\d+`)

// ByChannel finds the incident that a chat channel belongs to. A number in the channel's name is
// only a hint, since people rename channels and name their own alike: the workflow itself is
// asked whether the channel is its own. Otherwise visibility is asked by the channel's ID; it
// lags, so a miss is asked again before it is believed. A channel of no incident is an
// *incident.Problem with CodeNotFound.
func (c *Client) ByChannel(ctx context.Context, channelID, channelName string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	if n, ok := c.byName(ctx, channelID, channelName); ok {
		return n, nil
	}
	tries := 1
	if numberInName.MatchString(channelName) {
		tries = misses // it looks like one of ours, and visibility may not have heard of it yet
	}
	for miss := 1; ; miss++ {
		n, err := c.byAttribute(ctx, channelID)
		if err != nil || n > 0 {
			return n, err
		}
		if miss >= tries || c.pause(ctx, missWait) != nil {
			return 0, &incident.Problem{
				Code: incident.CodeNotFound, Field: "incident", Reason: "this channel belongs to no incident", Mend: "name one, such as INC-42",
			}
		}
	}
}

// byName believes the first number in a channel's name if that incident says the channel is its own.
func (c *Client) byName(ctx context.Context, channelID, name string) (int, bool) {
	n, err := strconv.Atoi(numberInName.FindString(name))
	if err != nil || n < 1 {
		return 0, false
	}
	d, err := c.Temporal.DescribeWorkflowExecution(ctx, api.IncidentID(n), "")
	if err != nil {
		return 0, false
	}
	var channel string
	c.decode(d.GetWorkflowExecutionInfo().GetSearchAttributes().GetIndexedFields()[api.AttrChannel], &channel)
	if channel != "" {
		return n, channel == channelID
	}
	// The attribute comes a moment after the channel; the facts have it at once. They need a
	// worker, and without one the channel can still be found by its ID.
	ctx, cancel := context.WithTimeout(ctx, factsWait)
	defer cancel()
	i, err := c.Snapshot(ctx, n)
	return n, err == nil && i.Links.Channel.ID == channelID
}

func (c *Client) byAttribute(ctx context.Context, channelID string) (int, error) {
	resp, err := c.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: c.Namespace, PageSize: 1,
		Query: "WorkflowType = " + quoted(api.TypeIncident) + " AND ExecutionStatus = 'Running' AND " + api.AttrChannel + " = " + quoted(channelID),
	})
	if err != nil {
		return 0, readError("find the channel's incident", err)
	}
	for _, e := range resp.GetExecutions() {
		if child, ok := api.ParseID(e.GetExecution().GetWorkflowId()); ok && child.Part == "" {
			return child.Incident, nil
		}
	}
	return 0, nil
}
