package incidents

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/internal/bounds"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// An incident remembers the IDs of commands for a day: the newest maxCommands with their results, and
// before them maxOlder by what they asked for alone. maxStoredText is how much of a result's text it
// keeps. Together they stay below what the state has room for.
const (
	maxCommands   = 80
	maxOlder      = 500
	commandsLast  = 24 * time.Hour
	maxStoredText = 80
)

// olderCommand is one of which no more is remembered than that it was applied. Its names are short since
// there are many.
type olderCommand struct {
	ID   string `json:"i"`
	Body string `json:"b"`
	At   int64  `json:"t"` // in seconds since 1970
	// Number is that of its result.
	Number int `json:"n,omitempty"`
}

// commandRecord is one command that was applied.
type commandRecord struct {
	ID     string          `json:"id"`
	Result incident.Result `json:"result"`
	// Body and Meant stand for what the command asked for, as incident.Body has it; Meant where it is
	// something else. Records of an older Muster have neither.
	Body  string `json:"body,omitempty"`
	Meant string `json:"meant,omitempty"`
	// At is when it was applied, to the second.
	At time.Time `json:"at,omitzero"`

	older bool
}

// of reports whether the record is that of a command, by what it asks for.
func (r commandRecord) of(c incident.Command) bool {
	said, meant := bodyOf(c)
	if r.older {
		return r.Body == cmp.Or(meant, said)
	}
	return r.Body == "" || r.Body == said || r.Meant != "" && r.Meant == meant
}

// bodyOf is short: there are 500 of them in the state, and each is compared with one other.
func bodyOf(c incident.Command) (said, meant string) {
	said, meant = incident.Body(c)
	if said == meant {
		return mirror.Fingerprint(said)[:10], ""
	}
	return mirror.Fingerprint(said)[:10], mirror.Fingerprint(meant)[:10]
}

// handle registers everything that an incident can be asked and told, before anything blocks.
func (r *incidentRun) handle(ctx workflow.Context) error {
	err := workflow.SetQueryHandlerWithOptions(ctx, api.Snapshot, func() (incident.Incident, error) {
		return *r.facts, nil
	}, workflow.QueryHandlerOptions{Description: "The facts of the incident."})
	// An update may be handled as soon as it can be, and takes in all signals first.
	for _, row := range incident.Commands() {
		r.receive(row)
	}
	r.handleNews()
	for _, row := range incident.Commands() {
		if err == nil {
			err = r.accept(ctx, row)
		}
	}
	return err
}

// receive takes a command as a signal. One that is illegal or cannot be read becomes a timeline entry,
// of which its person is told: they were answered that it is recorded and will be applied.
func (r *incidentRun) receive(row incident.Row) {
	r.run.Receive(row.Name, func(payload []byte) error {
		c, err := row.Decode(payload)
		if err != nil {
			r.judged(nil, row.Name, api.CommandRefused)
			return err
		}
		err = r.check(c)
		switch {
		case err != nil:
		case r.overtaken(c):
			err = r.overtake(c)
		default:
			r.apply(c, row.Name)
		}
		if err != nil {
			r.judged(c, row.Name, api.CommandRefused)
			r.refusals.add(c, row.Name, err)
			return fmt.Errorf("%s by %s: %w", row.Name, c.Head().Actor, err)
		}
		return nil
	})
}

// accept takes a command as an update too. Its validator refuses what is illegal or cannot be read,
// without a trace in the history. The input is decoded here and not by the SDK, which would refuse it
// in words of its own.
//
// A command that was recorded as a signal is older than an update that arrives with it, and is taken
// in first. A validator must change nothing, so while signals wait, or other updates with which the run
// begins, it lets the update pass, and the handler judges it once they are taken in.
func (r *incidentRun) accept(ctx workflow.Context, row incident.Row) error {
	return workflow.SetUpdateHandlerWithOptions(ctx, row.Name,
		func(ctx workflow.Context, input converter.RawValue) (res incident.Result, err error) {
			c, err := row.Decode(input.Payload().GetData())
			if err != nil {
				r.judged(c, row.Name, api.CommandRefused)
				return res, mirror.Refusal(err)
			}
			if cut := r.run.InTurn(ctx, c.Head().GivenAt, func() { res, err = r.answer(row, c) }); cut != nil {
				return res, cut
			}
			return res, mirror.Refusal(err)
		},
		workflow.UpdateHandlerOptions{
			Validator: func(_ workflow.Context, input converter.RawValue) error {
				c, err := row.Decode(input.Payload().GetData())
				switch {
				case err != nil:
				case r.run.Gathered() && !r.run.Unread():
					err = r.check(c)
				default:
					err = incident.CheckShape(c)
				}
				if err != nil {
					r.judged(c, row.Name, api.CommandRefused)
				}
				return mirror.Refusal(err)
			},
			Description: row.Does,
		})
}

// answer judges a command whose turn has come, and applies it.
func (r *incidentRun) answer(row incident.Row, c incident.Command) (incident.Result, error) {
	if err := r.check(c); err != nil {
		r.judged(c, row.Name, api.CommandRefused)
		return incident.Result{}, err
	}
	res := r.apply(c, row.Name)
	r.conclude()
	if row.Wakes {
		waking := r.facts.Waking(r.zone())
		res.Waking = &waking
	}
	return res, nil
}

func (r *incidentRun) check(c incident.Command) error {
	if given, known := r.given(c.Head().CommandID); known {
		if !given.of(c) {
			return incident.UsedBefore()
		}
		return nil
	}
	if err := incident.CheckShape(c); err != nil { // whoever signals by hand has gone through no door
		return err
	}
	if !r.facts.Hears(c) {
		return incident.NotPartOf(r.facts)
	}
	c = r.resolved(c)
	if err := c.Check(r.facts, workflow.Now(r.ctx)); err != nil {
		return err
	}
	return r.checkPolicy(c)
}

// apply does a command that was checked, under the name of its kind.
func (r *incidentRun) apply(c incident.Command, name string) incident.Result {
	id := c.Head().CommandID
	if given, known := r.given(id); known {
		r.judged(c, name, api.CommandRepeated)
		return given.Result.Again(r.facts)
	}
	asked := c
	c = r.resolved(c)
	res := c.Apply(r.facts, r.now())
	switch c := c.(type) {
	case incident.Retry:
		r.connect(c)
		r.retry()
	case incident.ChangeServices:
		r.policy.Choose(r.facts.Services)
	case incident.Correct:
		if c.Services != nil {
			r.policy.Choose(r.facts.Services)
		}
	}
	r.record(asked, res)
	r.said(asked)
	r.judged(asked, name, api.CommandApplied)
	return res
}

// record remembers what a command was answered, for when it comes again.
func (r *incidentRun) record(c incident.Command, res incident.Result) {
	id := c.Head().CommandID
	if id == "" {
		return
	}
	res.Text = mirror.Clipped(res.Text, maxStoredText)
	if bounds.Weight(res.Text) > 2*maxStoredText {
		res.Text = mirror.Clipped(res.Text, maxStoredText/4)
	}
	said, meant := bodyOf(c)
	at := c.Head().GivenAt
	if r.ctx != nil {
		at = workflow.Now(r.ctx)
	}
	r.s.Commands = append(r.s.Commands, commandRecord{ID: remembered(id), Result: res, Body: said, Meant: meant, At: at.UTC().Truncate(time.Second)})
	if n := len(r.s.Commands); n > maxCommands {
		for _, old := range r.s.Commands[:n-maxCommands] {
			r.s.Older = append(r.s.Older, olderCommand{ID: old.ID, Body: cmp.Or(old.Meant, old.Body), At: old.At.Unix(), Number: old.Result.Number})
		}
		r.s.Commands = slices.Clone(r.s.Commands[n-maxCommands:])
	}
	drop := max(len(r.s.Older)-maxOlder, 0)
	for drop < len(r.s.Older) && at.Sub(time.Unix(r.s.Older[drop].At, 0)) > commandsLast {
		drop++
	}
	r.s.Older = r.s.Older[drop:]
}

func (r *incidentRun) given(id string) (commandRecord, bool) {
	if id == "" {
		return commandRecord{}, false
	}
	id = remembered(id)
	now := workflow.Now(r.ctx)
	for _, c := range slices.Backward(r.s.Commands) {
		if c.ID == id {
			return c, now.Sub(c.At) <= commandsLast
		}
	}
	for _, o := range slices.Backward(r.s.Older) {
		if o.ID == id {
			res := incident.Result{Status: r.facts.Status, Text: "that was done before", Number: o.Number}
			return commandRecord{ID: id, Body: o.Body, Result: res, older: true}, now.Sub(time.Unix(o.At, 0)) <= commandsLast
		}
	}
	return commandRecord{}, false
}

// remembered is what the state keeps of a command ID: callers may make long ones.
func remembered(id string) string { return mirror.Fingerprint(id)[:16] }

// retry asks every stuck mirror to try again now, here and in the children.
func (r *incidentRun) retry() {
	r.run.Retry()
	if r.room.byHand() {
		r.room.follow()
	}
	r.tracker.retry()
	r.transfer.retry()
	r.children.retry()
}
