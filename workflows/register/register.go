// Package register holds the workflow that hands out numbers and starts incidents.
package register

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/incidents"
	"muster/workflows/mirror"
)

// maxDeclared is how many callers' keys are remembered: a caller that retries does so within
// minutes, and 2,000 declarations last longer than that.
const maxDeclared = 2000

// maxMoved bounds the record of numbers that were taken when we wanted to use them.
const maxMoved = 100

type registerRun struct {
	s   *api.RegisterState
	run *mirror.Run
	// loop and snags are those of a run without mirrors.
	loop  mirror.LoopState
	snags []incident.Snag
	// starting is how many bytes of starts are under way, queue those that wait for their turn.
	starting int
	queue    []opening
	// early are declarations that came as signals before the counter was known.
	early []api.DeclareInput
	log   log.Logger
	ctx   workflow.Context
}

// Register hands out numbers and starts incidents. It lives for ever, keeps the alert keys of
// live incidents, and minted the installation's ID when it first started.
func Register(ctx workflow.Context, in api.RegisterInput) error {
	r := &registerRun{s: in.State, ctx: ctx, log: workflow.GetLogger(ctx)}
	if r.s == nil {
		r.s = &api.RegisterState{Installation: mint(ctx)}
	}
	if r.s.AlertKeys == nil {
		r.s.AlertKeys = map[string]int{}
	}
	if r.s.Snags == nil {
		r.s.Snags = map[string]api.VendorSnag{}
	}
	if err := r.handle(ctx); err != nil {
		return err
	}
	if !r.s.Recovered {
		if err := r.recover(ctx); err != nil {
			return err
		}
	}
	return r.live(ctx)
}

// mint makes the installation's ID: short, since it is part of every key at every vendor.
func mint(ctx workflow.Context) string {
	var id string
	err := workflow.SideEffect(ctx, func(workflow.Context) any { return newInstallation() }).Get(&id)
	if err != nil {
		return "muster"
	}
	return id
}

func (r *registerRun) handle(ctx workflow.Context) error {
	err := workflow.SetQueryHandlerWithOptions(ctx, api.State, func() (api.RegisterState, error) { return *r.s, nil },
		workflow.QueryHandlerOptions{Description: "Numbers, alert keys and vendor-wide snags."})
	if err != nil {
		return err
	}
	r.run = mirror.NewRun(ctx, mirror.Options{State: &r.loop, Snags: &r.snags}, nil)
	r.run.Receive(api.AlertKeyFreed, mirror.On(r.alertKeyFreed))
	r.run.Receive(api.SnagChanged, mirror.On(r.snagChanged))
	r.run.Receive(api.DeclareUpdate, mirror.On(r.declareLater))
	r.run.Receive(api.SubscribeUpdate, mirror.On(r.subscribeLater))
	r.run.Receive(api.UnsubscribeUpdate, mirror.On(r.unsubscribeLater))
	r.run.Start()
	if err := r.handleSubscriptions(ctx); err != nil {
		return err
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, api.DeclareUpdate, r.declare, workflow.UpdateHandlerOptions{
		Validator:   func(_ workflow.Context, in api.DeclareInput) error { return mirror.Refusal(r.check(in)) },
		Description: "Open an incident.",
	})
}

// declareLater takes a declaration that comes as a signal, since no worker answered its update
// in time. Whichever of the two arrives first opens the incident, under the same key.
func (r *registerRun) declareLater(in api.DeclareInput) error {
	if err := r.check(in); err != nil {
		return err
	}
	if !r.s.Recovered {
		r.early = append(r.early, in)
		return nil
	}
	_, err := r.take(in)
	return err
}

// takeEarly opens what was declared before the counter was known.
func (r *registerRun) takeEarly() {
	for _, in := range r.early {
		if err := r.declareLater(in); err != nil {
			r.run.Refused(api.DeclareUpdate, err)
		}
	}
	r.early = nil
}

// check refuses what cannot be declared. A key that was used for something else is a conflict.
func (r *registerRun) check(in api.DeclareInput) error {
	if in.Key == "" {
		return &incident.Problem{Code: incident.CodeInvalid, Field: "key", Reason: "is empty", Mend: "send an idempotency key"}
	}
	if _, err := in.Declaration.Normal(); err != nil {
		return err
	}
	if len(in.Slice.Severities) == 0 {
		return &incident.Problem{Code: incident.CodeInvalid, Field: "slice", Reason: "holds no severities", Mend: "resolve it from a playbook"}
	}
	if d := r.declared(in.Key); d != nil && d.Body != mirror.Fingerprint(in.Declaration) {
		return &incident.Problem{
			Code: incident.CodeConflict, Field: "key", Mend: "use another key for another incident", Incident: d.Number,
			Reason: fmt.Sprintf("was used to declare %s with other content", incident.Key(d.Number)),
		}
	}
	return nil
}

// declare takes a number, issues the start of the incident and answers, all in one workflow
// task. It waits only in the first moments of a new installation, until the counter is known.
func (r *registerRun) declare(ctx workflow.Context, in api.DeclareInput) (api.DeclareResult, error) {
	if !r.s.Recovered {
		if err := workflow.Await(ctx, func() bool { return r.s.Recovered }); err != nil {
			return api.DeclareResult{}, err
		}
		if err := r.check(in); err != nil { // others were taken in meanwhile
			return api.DeclareResult{}, mirror.Refusal(err)
		}
	}
	res, err := r.take(in)
	return res, mirror.Refusal(err)
}

// take gives a declaration that was checked its number, or finds the one that it has already.
func (r *registerRun) take(in api.DeclareInput) (api.DeclareResult, error) {
	if d := r.declared(in.Key); d != nil {
		return result(r.now(d.Number), true), nil
	}
	d, err := in.Declaration.Normal()
	if err != nil {
		return api.DeclareResult{}, err
	}
	body := mirror.Fingerprint(in.Declaration)
	if n, said := r.said(in, body); said {
		r.remember(in.Key, body, n)
		return result(r.now(n), true), nil
	}
	if n, held := r.s.AlertKeys[d.AlertKey]; held && d.AlertKey != "" {
		r.remember(in.Key, body, n)
		return result(n, true), nil
	}
	in.Declaration = d
	r.s.Last++
	n := r.s.Last
	r.remember(in.Key, body, n)
	r.rememberWords(in, body, n)
	if d.AlertKey != "" {
		r.s.AlertKeys[d.AlertKey] = n
	}
	r.open(n, in)
	return result(n, false), nil
}

func result(n int, existing bool) api.DeclareResult {
	return api.DeclareResult{Number: n, Key: incident.Key(n), Existing: existing}
}

// open starts the incident. If a workflow of its number exists already, the incident takes the
// next number, and the key leads there.
func (r *registerRun) open(n int, in api.DeclareInput) {
	i := incident.New(n, in.Declaration, workflow.Now(r.ctx))
	start := incidents.IncidentInput{
		Number: n, Declaration: in.Declaration, Slice: in.Slice, Settings: api.Settings{Installation: r.s.Installation},
	}
	// In a burst all starts travel in one answer to the server, whose size is limited.
	if start.Subscribers = subscribersOf(r.s.Subscriptions, i); len(start.Subscribers) > maxAlong {
		start.Subscribers, start.AskSubscribers = nil, true
	}
	r.queue = append(r.queue, opening{number: n, in: in, start: start, incident: i, size: sizeOf(start)})
	r.startNext()
}

// opening is an incident that has its number and waits to be started.
type opening struct {
	number   int
	in       api.DeclareInput
	start    incidents.IncidentInput
	incident *incident.Incident
	size     int
}

// maxStarting is how many bytes of starts travel together: all that one workflow task issues goes
// to the server as one message, of which it takes 4 MB, and each start holds its slice of the
// playbook. A hundred incidents of a small playbook fit, and are started in one task.
const maxStarting = 1_500_000

// startNext starts the incidents whose turn it is, at least one at a time.
func (r *registerRun) startNext() {
	for len(r.queue) > 0 && (r.starting == 0 || r.starting+r.queue[0].size <= maxStarting) {
		next := r.queue[0]
		r.queue = r.queue[1:]
		r.start(next)
	}
}

func (r *registerRun) start(o opening) {
	n, i := o.number, o.incident
	opts := mirror.ChildOptions(api.IncidentID(n), incidentSummary(i), int(i.Severity))
	opts.TypedSearchAttributes = incidents.StartAttributes(i)
	opts.Memo = incidents.Memo(i)
	child := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(r.ctx, opts), incidents.Incident, o.start)
	r.starting += o.size
	r.run.Go("start "+i.Key(), func(ctx workflow.Context) {
		err := child.GetChildWorkflowExecution().Get(ctx, nil)
		r.starting -= o.size
		var already *temporal.ChildWorkflowExecutionAlreadyStartedError
		switch {
		case errors.As(err, &already):
			r.move(n, o.in)
		case err != nil:
			r.log.Error("incident not started", "number", n, "error", err.Error())
		}
		r.startNext()
	})
}

// sizeOf is how many bytes a value has as JSON.
func sizeOf(v any) int {
	b, err := json.Marshal(v)
	if err != nil {
		return 0
	}
	return len(b)
}

func incidentSummary(i *incident.Incident) string {
	if i.Private {
		return i.Key()
	}
	return mirror.Clipped(i.Key()+" "+i.Shown(), 190)
}

// move gives an incident the next number because its own was taken.
func (r *registerRun) move(n int, in api.DeclareInput) {
	r.s.Last++
	to := r.s.Last
	r.log.Warn("number was taken", "number", n, "next", to)
	if r.s.Moved == nil || len(r.s.Moved) >= maxMoved {
		r.s.Moved = map[int]int{}
	}
	r.s.Moved[n] = to
	for k := range r.s.Declared {
		if r.s.Declared[k].Number == n {
			r.s.Declared[k].Number = to
		}
	}
	if key := in.Declaration.AlertKey; key != "" && r.s.AlertKeys[key] == n {
		r.s.AlertKeys[key] = to
	}
	r.open(to, in)
}

// now is where a number leads.
func (r *registerRun) now(n int) int {
	for range maxMoved {
		to, moved := r.s.Moved[n]
		if !moved {
			break
		}
		n = to
	}
	return n
}

func (r *registerRun) declared(key string) *api.DeclaredKey {
	key = mirror.Fingerprint(key)
	k := slices.IndexFunc(r.s.Declared, func(d api.DeclaredKey) bool { return d.Key == key })
	if k < 0 {
		return nil
	}
	return &r.s.Declared[k]
}

// said finds the incident that the same words have declared a moment ago: whoever saw no answer
// types them again, and means one incident.
func (r *registerRun) said(in api.DeclareInput, body string) (int, bool) {
	key := words(in)
	for _, d := range slices.Backward(r.s.Declared) {
		if in.Words != "" && d.Key == key && d.Body == body && workflow.Now(r.ctx).Sub(d.At) <= api.SameWords {
			return d.Number, true
		}
	}
	return 0, false
}

// words is the key of words, which no caller's key can be.
func words(in api.DeclareInput) string { return "words " + mirror.Fingerprint(in.Words) }

func (r *registerRun) rememberWords(in api.DeclareInput, body string, n int) {
	if in.Words != "" {
		r.keep(api.DeclaredKey{Key: words(in), Body: body, Number: n, At: workflow.Now(r.ctx)})
	}
}

func (r *registerRun) remember(key, body string, n int) {
	r.keep(api.DeclaredKey{Key: mirror.Fingerprint(key), Body: body, Number: n})
}

func (r *registerRun) keep(d api.DeclaredKey) {
	r.s.Declared = append(r.s.Declared, d)
	if over := len(r.s.Declared) - maxDeclared; over > 0 {
		r.s.Declared = slices.Clone(r.s.Declared[over:])
	}
}

// recover compares the counter of a new Register with the incidents that exist, so that a lost
// Register never hands a number out twice.
func (r *registerRun) recover(ctx workflow.Context) error {
	ctx = mirror.WithActivity(ctx, api.QueueMuster, mirror.ClassLookUp, "highest number so far", 1)
	for {
		var highest int
		err := workflow.ExecuteActivity(ctx, mirror.Directory.HighestIncident).Get(ctx, &highest)
		if err == nil {
			r.s.Last, r.s.Recovered = max(r.s.Last, highest), true
			r.takeEarly()
			return nil
		}
		if temporal.IsCanceledError(err) {
			return err
		}
		// Without the counter nothing may be declared; the class has retried for minutes.
		r.log.Error("counter not recovered yet", "error", err.Error())
	}
}

func (r *registerRun) alertKeyFreed(in api.AlertKeyFreedInput) error {
	switch {
	case in.AlertKey == "" || r.s.AlertKeys[in.AlertKey] != in.Number:
	case in.To > 0:
		r.s.AlertKeys[in.AlertKey] = in.To
	default:
		delete(r.s.AlertKeys, in.AlertKey)
	}
	return nil
}

// maxNamed bounds the workflows that a vendor-wide snag names.
const maxNamed = 50

// snagChanged keeps one snag per vendor, however many workflows are held up by it.
func (r *registerRun) snagChanged(in api.SnagChangedInput) error {
	if in.Vendor == "" {
		return fmt.Errorf("no vendor is named")
	}
	s, known := r.s.Snags[in.Vendor]
	if in.Cleared {
		if !known {
			return nil
		}
		s.Workflows = slices.DeleteFunc(s.Workflows, func(w string) bool { return w == in.Workflow })
		if len(s.Workflows) == 0 {
			delete(r.s.Snags, in.Vendor)
			return nil
		}
		r.s.Snags[in.Vendor] = s
		return nil
	}
	if !known {
		s = api.VendorSnag{Vendor: in.Vendor, Since: workflow.Now(r.ctx)}
	}
	s.Reason, s.Mend = in.Reason, in.Mend
	if !slices.Contains(s.Workflows, in.Workflow) && len(s.Workflows) < maxNamed {
		s.Workflows = append(s.Workflows, in.Workflow)
	}
	r.s.Snags[in.Vendor] = s
	return nil
}

// live goes on for ever: nothing ends Register, it is only continued as new.
func (r *registerRun) live(ctx workflow.Context) error {
	if _, err := r.run.Until(ctx, mirror.Moment{}, func() bool { return false }); err != nil {
		return err
	}
	return r.run.Leave(ctx, func() bool { return false }, func() error {
		return workflow.NewContinueAsNewError(ctx, Register, api.RegisterInput{State: r.s})
	})
}
