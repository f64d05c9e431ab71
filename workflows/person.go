package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
)

type personRun struct {
	in     api.PersonInput
	s      *api.PersonState
	keeper *keeper
	kept   keeperState
	snags  []incident.Snag
	inbox  *inbox
	ctx    workflow.Context
	// sending is the digest that is on its way, so that what comes meanwhile waits for the next.
	due bool
}

// Person keeps what one person is owed and sends it as one bundled digest in their working
// hours, so that nobody is nudged at night or ten times a day.
func Person(ctx workflow.Context, in api.PersonInput) error {
	r := &personRun{in: in, s: in.State, ctx: ctx}
	if r.s == nil {
		r.s = &api.PersonState{}
	}
	if r.s.Calendar.Zone == "" {
		r.s.Calendar = playbook.Calendar{Zone: "UTC", Days: []int{1, 2, 3, 4, 5}, Start: 9 * 60, End: 17 * 60}
	}
	if err := workflow.SetQueryHandler(ctx, api.State, func() (api.PersonState, error) { return *r.s, nil }); err != nil {
		return err
	}
	r.keeper = quietKeeper(&r.kept, &r.snags, 0, 0)
	r.inbox = &inbox{handlers: map[string]func([]byte) error{
		api.Owed:  on(r.owe),
		api.Retry: on(func(struct{}) error { r.keeper.retry(); return nil }),
	}, refused: logRefused(ctx), after: r.describe}
	r.describe()
	r.inbox.start(ctx)
	r.keeper.start(ctx, &mirror{name: "digest", next: r.digestStep})
	return r.run()
}

func (r *personRun) run() error {
	suggested := func() bool { return workflow.GetInfo(r.ctx).GetContinueAsNewSuggested() }
	for !suggested() {
		if len(r.s.Owed) == 0 || r.due {
			if err := workflow.Await(r.ctx, func() bool { return suggested() || (len(r.s.Owed) > 0 && !r.due) }); err != nil {
				return err
			}
			continue
		}
		if err := r.untilDigest(suggested); err != nil {
			return err
		}
	}
	r.keeper.draining = true
	if err := restful(r.ctx, r.inbox, r.keeper.quiet); err != nil {
		return err
	}
	return workflow.NewContinueAsNewError(r.ctx, Person, api.PersonInput{Person: r.in.Person, State: r.s})
}

// untilDigest waits a little, so that several things become one digest, and then for the
// person's working hours.
func (r *personRun) untilDigest(cond func() bool) error {
	now := workflow.Now(r.ctx)
	at := r.s.Calendar.NextWorking(now.Add(bundle))
	_, err := workflow.AwaitWithOptions(r.ctx, workflow.AwaitOptions{
		Timeout:      at.Sub(now),
		TimerOptions: workflow.TimerOptions{Summary: "digest in working hours"},
	}, func() bool { return cond() || len(r.s.Owed) == 0 })
	if err == nil && len(r.s.Owed) > 0 && !workflow.Now(r.ctx).Before(at) {
		r.due = true
	}
	return err
}

// bundle is how long a digest waits for more to tell.
const bundle = time.Minute

// maxOwed bounds what one person may be owed at a time; beyond it a list helps nobody.
const maxOwed = 200

func (r *personRun) owe(o api.OwedInput) error {
	if o.Key == "" {
		return fmt.Errorf("what is owed has no key")
	}
	r.s.Owed = slices.DeleteFunc(r.s.Owed, func(p api.OwedInput) bool {
		return p.Key == o.Key || (o.Settled && strings.HasPrefix(p.Key, o.Key+"/"))
	})
	if len(r.s.Owed) == 0 {
		r.due = false // what was due was settled; what comes now waits for the next morning
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

func (r *personRun) digestStep() *step {
	if !r.due || len(r.s.Owed) == 0 {
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
	return &step{
		name: fmt.Sprintf("send digest %d", n),
		call: call{queue: api.QueueSlackWrite, class: classCreate, summary: fmt.Sprintf("digest %d", n)},
		run: func(ctx workflow.Context, tried bool) error {
			if !r.s.Calendar.Working(workflow.Now(ctx)) { // chat was away until the evening
				r.due = false
				return nil
			}
			err := workflow.ExecuteActivity(ctx, chat.SendDirect, activities.SendDirectInput{Person: r.in.Person, Message: m, Tried: tried}).Get(ctx, nil)
			if err == nil {
				r.sent(n, sending)
			}
			return err
		},
	}
}

// sent forgets what was told; what came meanwhile stays for the next digest.
func (r *personRun) sent(n int, sent []api.OwedInput) {
	r.s.Digests, r.due = n, false
	r.s.Owed = slices.DeleteFunc(r.s.Owed, func(o api.OwedInput) bool {
		return slices.ContainsFunc(sent, func(s api.OwedInput) bool { return s.Key == o.Key && s.Text == o.Text })
	})
	r.describe()
}

func (r *personRun) describe() {
	workflow.SetCurrentDetails(r.ctx, fmt.Sprintf("%d things for the next digest; %d digests sent", len(r.s.Owed), r.s.Digests))
}
