package incidents

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"muster/incident"
	"muster/workflows/api"
)

// restoreWait bounds the question for the last known state: a worker replays a whole history for it.
const restoreWait = 20 * time.Second

// Restored says what was started again.
type Restored struct {
	Workflow string `json:"workflow"`
	// How it had ended, and when.
	How string    `json:"how"`
	At  time.Time `json:"at"`
	// Held means that nobody is paged before somebody asks for it.
	Held bool `json:"held,omitempty"`
}

// Restore starts a workflow of an incident again that somebody has ended by hand in Temporal: the incident
// itself, a page, a review or a follow-up, by its workflow ID. It goes on from its last known state, and
// looks at the vendors for everything that may have been under way. Nobody is paged by that unless page is
// true. What runs, or has ended by itself, is refused as an *incident.Problem.
func (c *Client) Restore(ctx context.Context, workflowID string, by incident.Actor, page bool) (Restored, error) {
	child, ok := api.ParseID(workflowID)
	if !ok {
		return Restored{}, invalid("workflow", "write it like INC-42 or INC-42/page/1", "%q is no workflow of an incident", workflowID)
	}
	if child.Part == "page" && !page {
		return Restored{}, invalid("page", "add --page if that is wanted", "%s goes on where it was and wakes people", workflowID)
	}
	info, err := c.endedByHand(ctx, workflowID)
	if err != nil {
		return Restored{}, err
	}
	if err := c.belongsToALivingOne(ctx, child, workflowID); err != nil {
		return Restored{}, err
	}
	return c.restore(ctx, child, info, api.Restored{Actor: by, Page: page})
}

// belongsToALivingOne refuses to restore what nobody wants any more, or what nobody could say so of: a page,
// a review or a follow-up goes on by what its incident wants.
func (c *Client) belongsToALivingOne(ctx context.Context, child api.Child, id string) error {
	if child.Part == "" {
		return nil
	}
	parent := api.IncidentID(child.Incident)
	d, err := c.Temporal.DescribeWorkflowExecution(ctx, parent, "")
	if err != nil && !isNotFound(err) {
		return readError("look at "+parent, err)
	}
	status := d.GetWorkflowExecutionInfo().GetStatus()
	switch {
	case err == nil && status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		return nil
	case err == nil && api.HowEnded(status.String()) != "":
		return &incident.Problem{
			Code: incident.CodeIllegal, Field: "workflow", Mend: "first `starter restore " + parent + "`",
			Reason: fmt.Sprintf("%s was %s, and would not say what it wants of %s", parent, api.HowEnded(status.String()), id),
		}
	}
	return &incident.Problem{Code: incident.CodeIllegal, Field: "workflow", Reason: fmt.Sprintf("%s has ended, and %s with it", parent, id)}
}

// EndPage has a page that somebody has ended by hand withdrawn at the pager, for its incident does not want
// it any more.
func (c *Client) EndPage(ctx context.Context, workflowID string) error {
	child, ok := api.ParseID(workflowID)
	if !ok || child.Part != "page" {
		return fmt.Errorf("end page: %q is none", workflowID)
	}
	info, err := c.endedByHand(ctx, workflowID)
	if err != nil {
		return err
	}
	_, err = c.restore(ctx, child, info, api.Restored{End: true})
	return err
}

// endedByHand gives a workflow that was ended from outside; others are refused.
func (c *Client) endedByHand(ctx context.Context, id string) (*workflowpb.WorkflowExecutionInfo, error) {
	d, err := c.Temporal.DescribeWorkflowExecution(ctx, id, "")
	switch {
	case isNotFound(err):
		return nil, &incident.Problem{Code: incident.CodeNotFound, Field: "workflow", Mend: "see `starter list`", Reason: id + " is not known to Temporal, or its history is not kept any more"}
	case err != nil:
		return nil, readError("look at "+id, err)
	}
	info := d.GetWorkflowExecutionInfo()
	switch {
	case info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		return nil, &incident.Problem{Code: incident.CodeIllegal, Field: "workflow", Reason: id + " runs, so there is nothing to restore"}
	case api.HowEnded(info.GetStatus().String()) == "":
		return nil, &incident.Problem{Code: incident.CodeIllegal, Field: "workflow", Reason: id + " has ended by itself"}
	}
	return info, nil
}

func (c *Client) restore(ctx context.Context, child api.Child, info *workflowpb.WorkflowExecutionInfo, in api.Restored) (Restored, error) {
	id := info.GetExecution().GetWorkflowId()
	in.How, in.At = api.HowEnded(info.GetStatus().String()), info.GetCloseTime().AsTime()
	carried, err := c.carried(ctx, id, info.GetExecution().GetRunId())
	if err != nil {
		return Restored{}, err
	}
	if child.Part == "" {
		if in.Pages, err = c.deadPages(ctx, child.Incident); err != nil {
			return Restored{}, err
		}
	}
	if carried["restored"], err = json.Marshal(in); err != nil {
		return Restored{}, fmt.Errorf("restore %s: %w", id, err)
	}
	options, err := c.asBefore(info)
	if err != nil {
		return Restored{}, fmt.Errorf("restore %s: %w", id, err)
	}
	if _, err := c.Temporal.ExecuteWorkflow(ctx, options, info.GetType().GetName(), carried); err != nil {
		if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
			return Restored{}, &incident.Problem{Code: incident.CodeIllegal, Field: "workflow", Reason: id + " runs, so there is nothing to restore"}
		}
		return Restored{}, fmt.Errorf("restore %s: %w", id, err)
	}
	return Restored{Workflow: id, How: in.How, At: in.At, Held: child.Part == "" && !in.Page}, nil
}

// carried is the last known state of a run, as the input of another one. What is in it belongs to the
// workflows, so it is handed on as it is.
func (c *Client) carried(ctx context.Context, id, run string) (map[string]json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, restoreWait)
	defer cancel()
	value, err := c.Temporal.QueryWorkflow(ctx, id, run, api.Carried)
	if err != nil {
		return nil, readError("ask "+id+" for its last known state", err)
	}
	var carried map[string]json.RawMessage
	if err := value.Get(&carried); err != nil {
		return nil, fmt.Errorf("read the last known state of %s: %w", id, err)
	}
	return carried, nil
}

// asBefore starts a workflow as the one that has ended was: with what lists show of it.
func (c *Client) asBefore(info *workflowpb.WorkflowExecutionInfo) (client.StartWorkflowOptions, error) {
	o := client.StartWorkflowOptions{
		ID: info.GetExecution().GetWorkflowId(), TaskQueue: api.QueueMuster, WorkflowTaskTimeout: api.WorkflowTaskTimeout,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY, WorkflowExecutionErrorWhenAlreadyStarted: true,
		Memo: map[string]any{}, Priority: temporal.Priority{PriorityKey: int(info.GetPriority().GetPriorityKey())},
	}
	for name, p := range info.GetMemo().GetFields() {
		var v any
		if c.decode(p, &v) {
			o.Memo[name] = v
		}
	}
	var attributes []temporal.SearchAttributeUpdate
	for name, p := range info.GetSearchAttributes().GetIndexedFields() {
		if !strings.HasPrefix(name, "Muster") {
			continue // Temporal's own
		}
		a, err := c.attribute(name, p)
		if err != nil {
			return o, err
		}
		if a != nil {
			attributes = append(attributes, a)
		}
	}
	o.TypedSearchAttributes = temporal.NewSearchAttributes(attributes...)
	return o, nil
}

// deadPages are the pages of an incident that do not run any more.
func (c *Client) deadPages(ctx context.Context, number int) ([]int, error) {
	facts, err := c.Snapshot(ctx, number)
	if err != nil {
		return nil, err
	}
	var dead []int
	for _, p := range facts.Pages {
		if p.Status == incident.PageWithdrawn {
			continue
		}
		d, err := c.Temporal.DescribeWorkflowExecution(ctx, api.PageID(number, p.Number), "")
		if err != nil && !isNotFound(err) {
			return nil, readError("look at a page", err)
		}
		if err != nil || d.GetWorkflowExecutionInfo().GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
			dead = append(dead, p.Number)
		}
	}
	return dead, nil
}
