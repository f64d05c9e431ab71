package incidents

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// maxCommands is how many command IDs an incident remembers with their results, maxStoredText
// how much of a result's text: 500 long ones would break the state's limit.
const (
	maxCommands   = 500
	maxStoredText = 120
)

// commandRecord is one command that was applied.
type commandRecord struct {
	ID     string          `json:"id"`
	Result incident.Result `json:"result"`
}

// handle registers everything that an incident can be asked and told, before anything blocks.
func (r *incidentRun) handle(ctx workflow.Context) error {
	err := workflow.SetQueryHandlerWithOptions(ctx, api.Snapshot, func() (incident.Incident, error) {
		return *r.facts, nil
	}, workflow.QueryHandlerOptions{Description: "The facts of the incident."})
	for _, row := range incident.Commands() {
		if err == nil {
			err = r.accept(ctx, row)
		}
	}
	r.handleNews()
	return err
}

// accept takes a command as an update and as a signal of the same name. The update's validator
// refuses what is illegal or cannot be read, without a trace in the history; a signal that is
// either becomes a timeline entry. The input is decoded here and not by the SDK, which would
// refuse it in words of its own.
func (r *incidentRun) accept(ctx workflow.Context, row incident.Row) error {
	r.run.Receive(row.Name, func(payload []byte) error {
		c, err := row.Decode(payload)
		if err != nil {
			return err
		}
		if err := r.check(c); err != nil {
			return fmt.Errorf("%s by %s: %w", row.Name, c.Head().Actor, err)
		}
		r.apply(c)
		return nil
	})
	return workflow.SetUpdateHandlerWithOptions(ctx, row.Name,
		func(_ workflow.Context, input converter.RawValue) (incident.Result, error) {
			c, err := row.Decode(input.Payload().GetData())
			if err != nil {
				return incident.Result{}, mirror.Refusal(err)
			}
			res := r.apply(c)
			r.conclude()
			if row.Wakes {
				waking := r.facts.Waking(r.zone())
				res.Waking = &waking
			}
			return res, nil
		},
		workflow.UpdateHandlerOptions{
			Validator: func(_ workflow.Context, input converter.RawValue) error {
				c, err := row.Decode(input.Payload().GetData())
				if err != nil {
					return mirror.Refusal(err)
				}
				return mirror.Refusal(r.check(c))
			},
			Description: row.Does,
		})
}

func (r *incidentRun) check(c incident.Command) error {
	if _, known := r.result(c.Head().CommandID); known {
		return nil
	}
	c = r.resolved(c)
	if err := c.Check(r.facts, workflow.Now(r.ctx)); err != nil {
		return err
	}
	return r.checkPolicy(c)
}

func (r *incidentRun) apply(c incident.Command) incident.Result {
	id := c.Head().CommandID
	if res, known := r.result(id); known {
		return res.Again(r.facts)
	}
	c = r.resolved(c)
	res := c.Apply(r.facts, r.now())
	if _, ok := c.(incident.Retry); ok {
		r.retry()
	}
	r.record(id, res)
	return res
}

// record remembers what a command was answered, for when it comes again.
func (r *incidentRun) record(id string, res incident.Result) {
	if id == "" {
		return
	}
	res.Text = mirror.Clipped(res.Text, maxStoredText)
	if mirror.Weight(res.Text) > 2*maxStoredText {
		res.Text = mirror.Clipped(res.Text, maxStoredText/4)
	}
	r.s.Commands = append(r.s.Commands, commandRecord{ID: remembered(id), Result: res})
	if n := len(r.s.Commands); n > maxCommands {
		r.s.Commands = slices.Clone(r.s.Commands[n-maxCommands:])
	}
}

func (r *incidentRun) result(id string) (incident.Result, bool) {
	if id == "" {
		return incident.Result{}, false
	}
	id = remembered(id)
	for _, c := range slices.Backward(r.s.Commands) {
		if c.ID == id {
			return c.Result, true
		}
	}
	return incident.Result{}, false
}

// remembered is what the state keeps of a command ID: callers may make long ones.
func remembered(id string) string {
	if len(id) > 64 {
		return mirror.Fingerprint(id)
	}
	return id
}

// retry asks every stuck mirror to try again now, here and in the children.
func (r *incidentRun) retry() {
	r.run.Retry()
	if r.room.byHand() {
		r.room.follow()
	}
	r.transfer.retry()
	r.children.retry()
}
