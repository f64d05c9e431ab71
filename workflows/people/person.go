// Package people holds the workflow of a person: what they are owed, in one digest.
package people

import (
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// PersonInput starts a person, or continues them when State is set. Who starts one sends an
// api.PersonInput, which reads the same.
type PersonInput struct {
	Person string       `json:"person"`
	State  *personState `json:"state,omitempty"`
}

// personState is everything that a person carries over continue-as-new.
type personState struct {
	api.PersonState
	Loop  mirror.LoopState `json:"loop"`
	Snags []incident.Snag  `json:"snags,omitempty"`
	// Due means that the digest is on its way; what comes meanwhile waits for the next.
	Due bool `json:"due,omitempty"`
}

type personRun struct {
	in  PersonInput
	s   *personState
	run *mirror.Run
	ctx workflow.Context
}

// Person keeps what one person is owed and sends it as one bundled digest in their working
// hours, so that nobody is nudged at night or ten times a day.
func Person(ctx workflow.Context, in PersonInput) error {
	r := &personRun{in: in, s: in.State, ctx: ctx}
	if r.s == nil {
		r.s = &personState{}
	}
	if r.s.Calendar.Zone == "" {
		r.s.Calendar = playbook.Calendar{Zone: "UTC", Days: []int{1, 2, 3, 4, 5}, Start: 9 * 60, End: 17 * 60}
	}
	if err := workflow.SetQueryHandler(ctx, api.State, func() (api.PersonState, error) { return r.s.PersonState, nil }); err != nil {
		return err
	}
	r.run = mirror.NewRun(ctx, mirror.Options{
		State: &r.s.Loop, Snags: &r.s.Snags, After: r.describe, Priority: api.Priority(api.Learning, 0),
	}, nil)
	r.run.Receive(api.Owed, mirror.On(r.owe))
	r.describe()
	r.run.Start(mirror.Mirror{Name: "digest", Next: r.digest})
	return r.live()
}

func (r *personRun) live() error {
	for !r.run.Full() {
		var next mirror.Moment
		if len(r.s.Owed) > 0 && !r.s.Due {
			next = r.nextDigest()
		}
		owing, due := len(r.s.Owed) > 0, r.s.Due
		came, err := r.run.Until(r.ctx, next, func() bool { return owing != (len(r.s.Owed) > 0) || due != r.s.Due })
		if err != nil {
			return err
		}
		if came && len(r.s.Owed) > 0 {
			r.s.Due = true
			r.run.Changed()
		}
	}
	return r.run.Leave(r.ctx, func() bool { return false }, func() error {
		return workflow.NewContinueAsNewError(r.ctx, Person, PersonInput{Person: r.in.Person, State: r.s})
	})
}

// nextDigest is a little later, so that several things become one digest, and in the person's
// working hours.
func (r *personRun) nextDigest() mirror.Moment {
	return mirror.Moment{
		At:      r.s.Calendar.NextWorking(workflow.Now(r.ctx).Add(api.Bundle)),
		Summary: "digest in working hours",
	}
}

// maxOwed bounds what one person may be owed at a time; beyond it a list helps nobody.
const maxOwed = 200

func (r *personRun) owe(o api.OwedInput) error {
	if o.Key == "" {
		return fmt.Errorf("what is owed has no key")
	}
	r.s.Owed = slices.DeleteFunc(r.s.Owed, func(p api.OwedInput) bool {
		return p.Key == o.Key || (o.Settled && strings.HasPrefix(p.Key, o.Key+"/"))
	})
	if o.Settled && len(r.s.Owed) == 0 {
		r.s.Due = false // what was due was settled; what comes now waits for the next morning
	}
	if o.Calendar.Zone != "" {
		r.s.Calendar = o.Calendar
	}
	if !o.Settled && len(r.s.Owed) < maxOwed {
		o.Calendar = playbook.Calendar{}
		r.s.Owed = append(r.s.Owed, o)
	}
	return nil
}

// digest sends what is owed, once it is due.
func (r *personRun) digest() mirror.Action {
	if !r.s.Due || len(r.s.Owed) == 0 {
		return nil
	}
	sending := slices.Clone(r.s.Owed)
	n := r.s.Digests + 1
	m := incident.Message{
		Key:      fmt.Sprintf("%s/digest/%d", api.PersonID(r.in.Person), n),
		Headline: fmt.Sprintf("%d things wait for you", len(sending)),
	}
	if len(sending) == 1 {
		m.Headline = "One thing waits for you"
	}
	for _, o := range sending {
		m.Body = append(m.Body, o.Text)
		if o.Link.URL != "" {
			m.Links = append(m.Links, o.Link)
		}
	}
	return &mirror.Call{
		Name: fmt.Sprintf("send digest %d", n), Queue: api.QueueSlackWrite, Class: mirror.ClassCreate, Summary: fmt.Sprintf("digest %d", n),
		Run: func(ctx workflow.Context, tried bool) error {
			if !r.s.Calendar.Working(workflow.Now(ctx)) { // chat was away until the evening
				r.s.Due = false
				return nil
			}
			in := activities.SendDirectInput{Person: r.in.Person, Message: m, Tried: tried}
			err := workflow.ExecuteActivity(ctx, mirror.Chat.SendDirect, in).Get(ctx, nil)
			if err == nil {
				r.sent(n, sending)
			}
			return err
		},
	}
}

// sent forgets what was told; what came meanwhile stays for the next digest.
func (r *personRun) sent(n int, sent []api.OwedInput) {
	r.s.Digests, r.s.Due = n, false
	r.s.Owed = slices.DeleteFunc(r.s.Owed, func(o api.OwedInput) bool {
		return slices.ContainsFunc(sent, func(s api.OwedInput) bool { return s.Key == o.Key && s.Text == o.Text })
	})
	r.describe()
}

func (r *personRun) describe() {
	workflow.SetCurrentDetails(r.ctx, fmt.Sprintf("%d things for the next digest; %d digests sent", len(r.s.Owed), r.s.Digests))
}
