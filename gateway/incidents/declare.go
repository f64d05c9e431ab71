package incidents

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"muster/incident"
	"muster/internal/tracing"
	"muster/playbook"
	"muster/workflows/api"
)

// declareAttempt bounds one attempt to declare; the next one asks under the same update ID.
const declareAttempt = 10 * time.Second

// Declare opens an incident, or finds the one that the key or the alert key has already. It
// starts the Register if there is none yet, and retries until ctx ends; then the error is
// ErrNotRecorded and the same key may be used again. An empty key gets a random one.
func (c *Client) Declare(ctx context.Context, key string, d incident.Declaration) (api.DeclareResult, error) {
	res, err := c.declare(ctx, key, d)
	noteDeclared(ctx, res, err)
	c.answered(ctx, d.Actor, false, err)
	return res, err
}

func (c *Client) declare(ctx context.Context, key string, d incident.Declaration) (api.DeclareResult, error) {
	if key == "" {
		key = NewID()
	}
	if err := checkID("key", key); err != nil {
		return api.DeclareResult{}, err
	}
	in, err := c.declaration(key, d)
	if err != nil {
		return api.DeclareResult{}, err
	}
	// Temporal answers a known update ID with its first result, whatever is asked. The ID is
	// therefore new in each call, so that Register itself compares what is declared under a key
	// it knows; only attempts of this call share it.
	id, unsure := updateID(key), false
	for attempt := 0; ; attempt++ {
		res, err := c.declareOnce(ctx, id, in)
		if err == nil {
			return c.woken(ctx, in, res), nil
		}
		if p, ok := problemOf(err); ok {
			return res, p
		}
		if !isPassing(err) {
			return res, fmt.Errorf("declare: %w", err)
		}
		unsure = unsure || !isHeldUp(err)
		c.Logger.WarnContext(ctx, "declaring again", "attempt", attempt+1, "error", err)
		if c.pause(ctx, backoff(attempt)) != nil {
			return res, &NotRecordedError{ID: key, Unconfirmed: unsure, Err: err}
		}
	}
}

// noteDeclared tells the trace which incident was opened, or found.
func noteDeclared(ctx context.Context, res api.DeclareResult, err error) {
	tracing.Note(ctx, tracing.Command(api.DeclareUpdate))
	if err == nil && res.Number > 0 {
		tracing.Note(ctx, tracing.Incident(res.Number))
	}
}

// DeclareOrRecord is Declare for a caller who has only a moment. It waits for the number; if
// nobody gives it in time, the same declaration is recorded as a signal under the same key, and
// recorded is true: the incident opens as soon as a worker takes it, once, whichever of the two
// arrives. ErrNotRecorded means that neither is known to have reached Temporal.
//
// Words names who typed what, or is empty; see api.DeclareInput.
func (c *Client) DeclareOrRecord(ctx context.Context, key, words string, d incident.Declaration) (res api.DeclareResult, recorded bool, err error) {
	defer func() {
		noteDeclared(ctx, res, err)
		c.answered(ctx, d.Actor, recorded, err)
	}()
	if key == "" {
		key = NewID()
	}
	if err := checkID("key", key); err != nil {
		return res, false, err
	}
	in, err := c.declaration(key, d)
	if err != nil {
		return res, false, err
	}
	in.Words = words
	res, err = c.declareSoon(ctx, key, in)
	if err == nil {
		return c.woken(ctx, in, res), false, nil
	}
	if p, ok := problemOf(err); ok {
		return res, false, p
	}
	if !isPassing(err) {
		return res, false, fmt.Errorf("declare: %w", err)
	}
	c.Logger.WarnContext(ctx, "not declared in time, recording it", "error", err)
	if err := c.toRegister(ctx, api.DeclareUpdate, in); err != nil {
		return res, false, &NotRecordedError{ID: key, Unconfirmed: true, Err: err}
	}
	return res, true, nil
}

// declareSoon asks for a number, again and again as long as there is a moment.
func (c *Client) declareSoon(ctx context.Context, key string, in api.DeclareInput) (api.DeclareResult, error) {
	ctx, cancel := c.patience(ctx)
	defer cancel()
	return c.declareAgain(ctx, key, in, func(err error) bool { return isPassing(err) && !isTimeout(err) })
}

// declareAgain asks for a number until there is an answer, or an error with which it is not worth while to go on.
func (c *Client) declareAgain(ctx context.Context, key string, in api.DeclareInput, goOn func(err error) bool) (api.DeclareResult, error) {
	id := updateID(key)
	for attempt := 0; ; attempt++ {
		res, err := c.declareOnce(ctx, id, in)
		if _, refused := problemOf(err); err == nil || refused || !goOn(err) || c.pause(ctx, backoff(attempt)) != nil {
			return res, err
		}
	}
}

// toRegister signals the Register, and starts it if there is none. It does not end with the
// caller's context: the person has asked, whether or not they still wait for the answer.
func (c *Client) toRegister(ctx context.Context, signal string, in any) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.Recording)
	defer cancel()
	_, err := c.Temporal.SignalWithStartWorkflow(ctx, api.RegisterID, signal, in, registerOptions(), api.TypeRegister, api.RegisterInput{})
	return err
}

// SkipNumbers has Register hand out no number up to last. It is recorded in the same way whether or not a worker
// runs, and is taken in before any declaration that comes later.
func (c *Client) SkipNumbers(ctx context.Context, last int) error {
	if err := c.toRegister(ctx, api.SkipNumbers, api.SkipNumbersInput{Last: last}); err != nil {
		return &NotRecordedError{ID: incident.Key(last), Err: err}
	}
	return nil
}

// ReadTitle reads severity and service out of a title that no person can be asked about; see
// playbook.FromAlert. Declare does the same: this is for an answer that tells what was read.
func (c *Client) ReadTitle(d incident.Declaration) (incident.Declaration, playbook.Taken) {
	if c.Playbook == nil {
		return d, playbook.Taken{}
	}
	p, err := c.Playbook.Current()
	if err != nil {
		return d, playbook.Taken{} // Declare says so
	}
	return p.FromAlert(d)
}

// declaration fills the defaults and cuts the playbook's slice.
func (c *Client) declaration(key string, d incident.Declaration) (api.DeclareInput, error) {
	if c.Playbook == nil {
		return api.DeclareInput{}, errors.New("declare: there is no playbook")
	}
	p, err := c.Playbook.Current()
	if err != nil {
		return api.DeclareInput{}, fmt.Errorf("the playbook cannot be used: %w", err)
	}
	// Doors that can ask a person have read the title already, and told them what was read.
	d, _ = p.FromAlert(d)
	guessed := d.Severity == 0
	if guessed {
		d.Severity = p.DefaultSeverity()
	}
	d.Tags = slices.Clone(d.Tags) // Normal cleans them in place
	if d, err = d.Normal(); err != nil {
		return api.DeclareInput{}, err
	}
	if err := d.CheckTimes(c.Now()); err != nil {
		return api.DeclareInput{}, err
	}
	slice, err := p.Slice(d.Services)
	if err != nil {
		return api.DeclareInput{}, err
	}
	slice.TimeoutScale = c.TimeoutScale
	if u := c.WebURL("{key}"); u != "" { // what the gateway knows and no playbook does
		slice.Chat.Links = append(slice.Chat.Links, incident.Link{Label: "Temporal", URL: strings.ReplaceAll(u, url.PathEscape("{key}"), "{key}")})
	}
	// People write a service in any case; the playbook's way of writing is the one that is kept.
	d.Services = nil
	for _, s := range slice.Services {
		d.Services = append(d.Services, s.Name)
	}
	return api.DeclareInput{Key: key, Declaration: d, Slice: *slice, Guessed: guessed}, nil
}

func (c *Client) declareOnce(ctx context.Context, id string, in api.DeclareInput) (api.DeclareResult, error) {
	ctx, cancel := context.WithTimeout(ctx, declareAttempt)
	defer cancel()
	var res api.DeclareResult
	handle, err := c.Temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: c.Temporal.NewWithStartWorkflowOperation(registerOptions(), api.TypeRegister, api.RegisterInput{}),
		UpdateOptions: client.UpdateWorkflowOptions{
			WorkflowID: api.RegisterID, UpdateName: api.DeclareUpdate, UpdateID: id, Args: []any{in},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err != nil {
		return res, err
	}
	return res, handle.Get(ctx, &res) // a refusal shows only here
}

func registerOptions() client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID: api.RegisterID, TaskQueue: api.QueueMuster, WorkflowTaskTimeout: api.WorkflowTaskTimeout,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            "Hands out numbers and starts incidents",
		Priority:                 temporal.Priority{PriorityKey: api.Priority(api.Waking, 0)},
	}
}

func updateID(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "declare-" + hex.EncodeToString(sum[:8]) + "-" + NewID()[:16]
}
