package incidents

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/encoding/protojson"

	"muster/archive"
	"muster/incident"
	"muster/workflows/api"
)

// revive starts an incident again whose workflow has completed, or is not kept by Temporal any more, when the
// archive holds it and the command is one that it would take: with its channel, its issue and its numbers. It
// reports whether the incident runs now; otherwise the refusal that the command was given stands.
func (c *Client) revive(ctx context.Context, number int, cmd incident.Command, refusal error) (bool, error) {
	p, refused := incident.AsProblem(refusal)
	if c.Archive == nil || !refused || p.Field != "incident" || (p.Code != incident.CodeNotFound && p.Code != incident.CodeIllegal) {
		return false, refusal
	}
	ctx, cancel := c.patience(ctx)
	defer cancel()
	d, err := c.Temporal.DescribeWorkflowExecution(ctx, api.IncidentID(number), "")
	switch {
	case err == nil && d.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		return true, nil // somebody else has started it since
	case err == nil && d.GetWorkflowExecutionInfo().GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return false, refusal // `starter restore` brings it back
	case err != nil && !isNotFound(err):
		return false, refusal
	}
	facts, record, err := c.last(ctx, number)
	switch {
	case err != nil:
		return false, &NotRecordedError{ID: cmd.Head().CommandID, Err: err}
	case record == nil:
		return false, refusal
	case !record.Over && c.runs(ctx, number):
		return true, nil // somebody else has started it meanwhile, and it goes on
	case !record.Over:
		return false, &incident.Problem{
			Code: incident.CodeIllegal, Field: "incident", Reason: incident.Key(number) + " was open when Temporal's data was lost, and nobody has restored it",
			Mend: "run `starter archive restore`",
		}
	case !revives(cmd):
		return false, refusal
	}
	if err := cmd.Check(facts, c.Now()); err != nil {
		return false, err
	}
	if err := c.startArchived(ctx, *record, api.Restored{Actor: cmd.Head().Actor, Page: true, Archived: true}); err != nil && !errors.Is(err, ErrRuns) {
		return false, &NotRecordedError{ID: cmd.Head().CommandID, Err: err}
	}
	return true, nil
}

// runs reports whether an incident's workflow runs now.
func (c *Client) runs(ctx context.Context, number int) bool {
	d, err := c.Temporal.DescribeWorkflowExecution(ctx, api.IncidentID(number), "")
	return err == nil && d.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
}

// revives reports whether a command brings back an incident that has completed. Others would change nothing of it.
func revives(cmd incident.Command) bool {
	switch cmd.(type) {
	case incident.Reopen, incident.AddFollowUp, incident.ChangeFollowUp, incident.Nominate, incident.Correct:
		return true
	}
	return false
}

// last is what is known of an incident that has ended: what its workflow says as long as Temporal keeps it, or
// else what the archive holds; nil where there is nothing.
func (c *Client) last(ctx context.Context, number int) (*incident.Incident, *archive.Record, error) {
	id := api.IncidentID(number)
	record, err := c.Archive.Record(ctx, id)
	if err != nil || record == nil {
		return nil, nil, err
	}
	asking, cancel := context.WithTimeout(ctx, c.Wait/3) // it needs a worker, and what follows needs time
	defer cancel()
	var now api.Record
	switch err := c.query(asking, id, api.RecordQuery, &now); {
	case err == nil && now.Facts != nil:
		record.State, record.Over = now.State, now.Over
		return now.Facts, record, nil
	case err != nil && !isNotFound(err) && !record.Over: // the archive has not seen its end
		return nil, nil, readError("ask "+id+" for its last known state", err)
	}
	facts, err := c.Archive.Incident(ctx, number)
	if facts == nil {
		record = nil
	}
	return facts, record, err
}

// ErrRuns says of a workflow that it is there already.
var ErrRuns = errors.New("it runs already")

// startArchived starts a workflow from its record. One that there is already stays as it is.
func (c *Client) startArchived(ctx context.Context, r archive.Record, in api.Restored) error {
	return c.startInPlace(ctx, r, in, enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL)
}

// startInPlace starts a workflow from its record; the policy says what becomes of one that runs.
func (c *Client) startInPlace(ctx context.Context, r archive.Record, in api.Restored, policy enumspb.WorkflowIdConflictPolicy) error {
	var input map[string]json.RawMessage
	if err := json.Unmarshal(r.State, &input); err != nil {
		return fmt.Errorf("read the record of %s: %w", r.Workflow, err)
	}
	restored, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("start %s: %w", r.Workflow, err)
	}
	input["restored"] = restored
	var shown workflowpb.WorkflowExecutionInfo
	if err := protojson.Unmarshal(r.Shown, &shown); err != nil {
		return fmt.Errorf("read what lists show of %s: %w", r.Workflow, err)
	}
	options, err := c.asBefore(&shown)
	if err != nil {
		return fmt.Errorf("start %s: %w", r.Workflow, err)
	}
	options.ID, options.WorkflowIDReusePolicy = r.Workflow, enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
	options.WorkflowIDConflictPolicy = policy
	options.WorkflowExecutionErrorWhenAlreadyStarted = policy == enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL
	if _, err := c.Temporal.ExecuteWorkflow(ctx, options, r.Type, input); err != nil {
		if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
			return ErrRuns
		}
		return fmt.Errorf("start %s: %w", r.Workflow, err)
	}
	return nil
}
