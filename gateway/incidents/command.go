package incidents

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"

	"muster/incident"
	"muster/internal/tracing"
	"muster/workflows/api"
)

// signalWait bounds a signal, unless the Client is told otherwise.
const signalWait = 3 * time.Second

// misses is how often an incident that does not exist is asked for again, missWait after which
// pause: a number is handed out a moment before its workflow starts.
const (
	misses   = 3
	missWait = 60 * time.Millisecond
)

// maxID bounds the IDs that callers give to commands and declarations.
const maxID = 255

// Outcome is what became of a command.
type Outcome struct {
	Result incident.Result
	// Recorded is true when the command is recorded and will be applied as soon as a worker
	// takes it; Result is empty then.
	Recorded bool
	// CommandID is the ID under which the command is known.
	CommandID string
}

// Command gives a command to an incident. It waits a moment for the command to be applied; if
// nobody takes it, the same command is recorded as a signal. A refusal is an *incident.Problem;
// ErrNotRecorded means that it was neither applied nor recorded.
func (c *Client) Command(ctx context.Context, number int, name string, cmd incident.Command) (Outcome, error) {
	by := cmd.Head().Actor
	out, err := c.command(ctx, number, name, cmd)
	tracing.Note(ctx, tracing.Incident(number), tracing.Command(name))
	c.answered(ctx, by, out.Recorded, err)
	return out, err
}

func (c *Client) command(ctx context.Context, number int, name string, cmd incident.Command) (Outcome, error) {
	if number < 1 {
		return Outcome{}, invalid("incident", "write it like INC-42", "%d is no incident", number)
	}
	spec, ok := Find(name)
	if !ok {
		return Outcome{}, fmt.Errorf("%q is no command", name)
	}
	m := cmd.Head()
	if m.CommandID == "" {
		m.CommandID = NewID()
	}
	if err := checkID("command_id", m.CommandID); err != nil {
		return Outcome{}, err
	}
	if m.GivenAt.IsZero() {
		m.GivenAt = c.Now().UTC()
	}
	cmd, err := spec.Stamp(cmd, m)
	if err != nil {
		return Outcome{}, fmt.Errorf("%s: %w", name, err)
	}
	cmd = incident.AtDoor(c.inBook(cmd))
	if err := incident.CheckShape(cmd); err != nil {
		return Outcome{}, err
	}
	if err := c.checkTarget(ctx, number, cmd); err != nil {
		return Outcome{}, err
	}
	out := Outcome{CommandID: m.CommandID}
	out.Result, err = c.update(ctx, number, name, commandUpdateID(cmd), cmd)
	if _, refused := incident.AsProblem(err); refused {
		var runs bool
		if runs, err = c.revive(ctx, number, cmd, err); runs {
			out.Result, err = c.update(ctx, number, name, commandUpdateID(cmd), cmd)
		}
	}
	switch {
	case err == nil:
		c.alsoInto(ctx, cmd, &out.Result)
		return out, nil
	case errors.Is(err, ErrNotRecorded), !isPassing(err) && !errors.Is(err, errOpening):
		return Outcome{}, err // there is nobody yet who would take it as a signal
	}
	c.Logger.WarnContext(ctx, "command not applied in time, recording it", "incident", incident.Key(number), "command", name, "error", err)
	if err := c.record(ctx, number, name, m.CommandID, cmd); err != nil {
		return Outcome{}, err
	}
	out.Recorded = true
	return out, nil
}

// checkTarget asks the incident into which another is merged whether it can take it in. The
// source cannot know: it would be merged, and nobody would have it.
func (c *Client) checkTarget(ctx context.Context, number int, cmd incident.Command) error {
	m, ok := cmd.(incident.Merge)
	if !ok || m.Into < 1 || m.Into == number {
		return nil // what is wrong with it is said by the command itself
	}
	ctx, cancel := c.patience(ctx)
	defer cancel()
	into, err := c.Snapshot(ctx, m.Into)
	if p, refused := incident.AsProblem(err); refused {
		p.Field = "into"
		return p
	}
	if err != nil {
		return &NotRecordedError{ID: cmd.Head().CommandID, Err: err}
	}
	return into.CanAbsorb()
}

// commandUpdateID tells apart two commands of one ID that ask for something else. Temporal answers a
// known update ID with its first result, whatever is asked; so that the incident itself compares
// what it was asked before, another body is another update.
func commandUpdateID(cmd incident.Command) string {
	said, _ := incident.Body(cmd)
	sum := sha256.Sum256([]byte(said))
	return cmd.Head().CommandID + "/" + hex.EncodeToString(sum[:8])
}

// update asks for the command to be applied and waits for the answer.
func (c *Client) update(ctx context.Context, number int, name, id string, cmd incident.Command) (incident.Result, error) {
	ctx, cancel := c.patience(ctx)
	defer cancel()
	var res incident.Result
	err := c.whenThere(ctx, number, func() error {
		var err error
		res, err = c.updateOnce(ctx, number, name, id, cmd)
		for isBetweenRuns(err) && c.pause(ctx, missWait) == nil {
			res, err = c.updateOnce(ctx, number, name, id, cmd)
		}
		return err
	})
	if p, refused := problemOf(err); refused {
		return res, p
	}
	if err != nil {
		return res, fmt.Errorf("%s %s: %w", name, incident.Key(number), err)
	}
	return res, nil
}

func (c *Client) updateOnce(ctx context.Context, number int, name, id string, cmd incident.Command) (incident.Result, error) {
	var res incident.Result
	handle, err := c.Temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: api.IncidentID(number), UpdateName: name, UpdateID: id, Args: []any{cmd},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, &res) // a refusal shows only here
	}
	return res, err
}

// record sends the command as a signal. It does not end with the caller's context: the person
// has given the command, whether or not they still wait for the answer.
func (c *Client) record(ctx context.Context, number int, name, id string, cmd incident.Command) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.Recording)
	defer cancel()
	err := c.Temporal.SignalWorkflow(ctx, api.IncidentID(number), "", name, cmd)
	if isNotFound(err) {
		if err = c.absent(ctx, number); errors.Is(err, errOpening) {
			err = c.recordOpening(ctx, number, name, cmd)
		}
	}
	if p, refused := incident.AsProblem(err); refused {
		return p
	}
	if err != nil {
		return &NotRecordedError{ID: id, Err: err}
	}
	return nil
}

// Deliver signals a workflow, such as with a vendor's event. A workflow that has ended answers
// an *incident.Problem with CodeNotFound: it needs to hear nothing. What is larger than api.Bounds
// allows is refused by another one.
func (c *Client) Deliver(ctx context.Context, workflowID, signal string, input any) error {
	if m, ok := input.(incident.MessageChange); ok {
		input = m.Fitting()
	}
	if err := incident.Excess(api.Bounds.Check(input)); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.Recording)
	defer cancel()
	err := c.Temporal.SignalWorkflow(ctx, workflowID, "", signal, input)
	switch {
	case err == nil:
		return nil
	case isNotFound(err):
		return &incident.Problem{Code: incident.CodeNotFound, Field: "workflow", Reason: workflowID + " does not exist or has ended"}
	}
	return &NotRecordedError{ID: workflowID, Err: err}
}

// checkID refuses what Temporal or a log would choke on.
func checkID(field, id string) error {
	if len(id) > maxID {
		return invalid(field, "hash it", "is %d bytes long, %d are allowed", len(id), maxID)
	}
	for _, r := range id {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return invalid(field, "use letters, digits and punctuation", "holds characters that cannot be written")
		}
	}
	return nil
}
