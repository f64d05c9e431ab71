package incidents

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"muster/incident"
	"muster/workflows/api"
)

// errOpening means that a number was handed out and the workflow of its incident is still being started:
// in a burst that takes seconds.
var errOpening = errors.New("the incident is being opened")

// whenThere asks something of an incident, again and again while the incident is being opened, until ctx
// ends; then the error is errOpening.
func (c *Client) whenThere(ctx context.Context, number int, ask func() error) error {
	for miss := 1; ; miss++ {
		err := ask()
		if !isNotFound(err) {
			return err
		}
		wait := missWait
		switch {
		case miss == misses+1: // once: in a burst Register has better to do
			if err = c.absent(ctx, number); !errors.Is(err, errOpening) {
				return err
			}
		case miss > misses:
			wait = backoff(miss - misses)
		}
		if c.pause(ctx, wait) != nil {
			return errOpening
		}
	}
}

// absent says why an incident takes nothing: errOpening, an *incident.Problem when it has ended or does not
// exist, or another error when nobody can tell. One that never was reads like one that is hidden.
func (c *Client) absent(ctx context.Context, number int) error {
	d, err := c.Temporal.DescribeWorkflowExecution(ctx, api.IncidentID(number), "")
	switch {
	case err == nil:
		return hasEnded(number, d.GetWorkflowExecutionInfo().GetStatus())
	case ctx.Err() != nil:
		return errOpening // there was no time to ask: whoever records it finds out
	case !isNotFound(err):
		return fmt.Errorf("look for %s: %w", incident.Key(number), err)
	}
	if c.starting(ctx, number) {
		return errOpening
	}
	var s api.RegisterState
	err = c.query(ctx, api.RegisterID, api.State, &s)
	switch {
	case err == nil && slices.Contains(s.Opening, number):
		return errOpening
	case err == nil || isNotFound(err):
		return NotFound(number)
	case ctx.Err() != nil:
		return errOpening
	}
	return fmt.Errorf("ask whether %s exists: %w", incident.Key(number), err)
}

// starting reports whether Temporal itself knows that Register has asked for the start of an incident. That
// needs no worker, which in a burst has no time to answer.
func (c *Client) starting(ctx context.Context, number int) bool {
	d, err := c.Temporal.DescribeWorkflowExecution(ctx, api.RegisterID, "")
	return err == nil && slices.ContainsFunc(d.GetPendingChildren(), func(p *workflowpb.PendingChildExecutionInfo) bool {
		return p.GetWorkflowId() == api.IncidentID(number)
	})
}

// hasEnded says how an incident ended whose workflow takes nothing any more. One that runs has begun a
// moment ago.
func hasEnded(number int, how enumspb.WorkflowExecutionStatus) error {
	p := &incident.Problem{Code: incident.CodeIllegal, Field: "incident"}
	switch how {
	case enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW:
		return errOpening
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		p.Reason, p.Mend = incident.Key(number)+" has ended for good and takes no more commands", "declare another incident, and name this one in it"
	default:
		p.Reason = incident.Key(number) + " was ended in Temporal and takes no commands"
		p.Mend = "bring it back with `starter restore " + incident.Key(number) + "`, or declare another incident"
	}
	return p
}

// recordOpening records a command with Register, which hands it on as soon as the incident has been
// started.
func (c *Client) recordOpening(ctx context.Context, number int, name string, cmd incident.Command) error {
	input, err := json.Marshal(cmd)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return c.toRegister(ctx, api.HandOn, api.HandOnInput{Number: number, Name: name, Input: input})
}
