package incidents

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
)

// EnsureCanary makes the schedule of the canary that the playbook wants, changes it, or deletes it where none is
// wanted any more. A new one runs at once. What an operator changed besides, such as pausing it, stays.
func (c *Client) EnsureCanary(ctx context.Context) error {
	p, err := c.Playbook.Current()
	if err != nil {
		return fmt.Errorf("playbook: %w", err)
	}
	if !p.Canary().On() {
		err := c.Temporal.ScheduleClient().GetHandle(ctx, api.CanaryID).Delete(ctx)
		if err != nil && !isNotFound(err) {
			return fmt.Errorf("delete the schedule of the canary: %w", err)
		}
		return nil
	}
	in := c.canaryInput(p)
	err = c.ensureSchedule(ctx, client.ScheduleOptions{
		ID:      api.CanaryID,
		Spec:    client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: in.Every}}},
		Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
		// One that was missed tells nothing of how it is now.
		CatchupWindow:      time.Minute,
		TriggerImmediately: true,
		Note:               "Runs a drill to see whether Muster could run an incident",
		Action: &client.ScheduleWorkflowAction{
			ID: api.CanaryID, Workflow: api.TypeCanary, TaskQueue: api.QueueMuster, WorkflowTaskTimeout: api.WorkflowTaskTimeout,
			Args: []any{in}, StaticSummary: canarySummary,
		},
	}, &in)
	if err != nil {
		return fmt.Errorf("schedule the canary: %w", err)
	}
	return nil
}

const canarySummary = "Canary: could Muster run an incident?"

func (c *Client) canaryInput(p *playbook.Playbook) api.CanaryInput {
	in := api.CanaryInput{Every: p.Canary().Every, Within: p.Canary().Within, Slice: *p.CanarySlice()}
	in.Slice.TimeoutScale = c.TimeoutScale
	return in
}

// RunCanary runs the playbook's canary now, or joins the one that somebody else is running by hand, and gives
// what it has found.
func (c *Client) RunCanary(ctx context.Context) (res api.CanaryResult, err error) {
	if c.Playbook == nil {
		return res, errors.New("canary: there is no playbook")
	}
	p, err := c.Playbook.Current()
	if err != nil {
		return res, fmt.Errorf("the playbook cannot be used: %w", err)
	}
	if !p.Canary().On() {
		return res, invalid("canary", "name what is safe for it under canary:, as docs/canary.md shows", "the playbook has none")
	}
	run, err := c.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: api.CanaryNow, TaskQueue: api.QueueMuster, WorkflowTaskTimeout: api.WorkflowTaskTimeout,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING, StaticSummary: canarySummary,
	}, api.TypeCanary, c.canaryInput(p))
	if err != nil {
		return res, readError("run the canary", err)
	}
	if err := run.Get(ctx, &res); err != nil {
		return res, fmt.Errorf("run the canary: %w", err)
	}
	return res, nil
}

// DeclareCanary declares the drill of a canary.
func (c *Client) DeclareCanary(ctx context.Context, in api.CanaryDeclareInput) (res api.DeclareResult, err error) {
	d := incident.Declaration{
		Title: "Canary", Kind: incident.KindDrill, Severity: incident.MildSeverity, Page: in.Pages, Tags: []string{incident.TagCanary}, Actor: incident.CanaryActor(),
	}
	res, err = c.declareAgain(ctx, in.Key, api.DeclareInput{Key: in.Key, Declaration: d, Slice: in.Slice}, isPassing)
	if p, refused := problemOf(err); refused {
		return res, p
	}
	return res, err
}

// CommandCanary gives the drill of a canary a command, which has to be applied.
func (c *Client) CommandCanary(ctx context.Context, number int, name string, cmd incident.Command) error {
	out, err := c.Command(ctx, number, name, cmd)
	if err == nil && out.Recorded {
		return fmt.Errorf("%s is recorded and not applied yet", name)
	}
	return err
}

// PageState is what a page of an incident says of itself.
func (c *Client) PageState(ctx context.Context, number, page int) (s api.PageState, err error) {
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	if err := c.query(ctx, api.PageID(number, page), api.State, &s); err != nil {
		if isNotFound(err) {
			return s, errors.New("there is no page yet")
		}
		return s, readError("ask the page", err)
	}
	return s, nil
}

// maxLeft is how many drills one canary ends: there is one, or something is wrong.
const maxLeft = 100

// LeftCanaries are the drills of canaries that are open though they were declared before a time.
func (c *Client) LeftCanaries(ctx context.Context, before time.Time) (left []int, err error) {
	query := fmt.Sprintf("WorkflowType = %s AND ExecutionStatus = 'Running' AND %s = %s AND %s IN (%s, %s)", quoted(api.TypeIncident),
		api.AttrKind, quoted(string(incident.KindDrill)), api.AttrStatus, quoted(string(incident.StatusOpen)), quoted(string(incident.StatusMitigated)))
	resp, err := c.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: c.Namespace, Query: query, PageSize: maxLeft})
	if err != nil {
		return nil, readError("list drills", err)
	}
	for _, e := range resp.GetExecutions() {
		number, err := incident.ParseKey(e.GetExecution().GetWorkflowId())
		memo := e.GetMemo().GetFields()
		declared := e.GetStartTime().AsTime()
		c.decode(memo[api.MemoDeclared], &declared)
		if err == nil && memo[api.MemoCanary] != nil && declared.Before(before) {
			left = append(left, number)
		}
	}
	return left, nil
}
