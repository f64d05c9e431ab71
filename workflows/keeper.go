package workflows

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
)

// A mirror is one outside system that is kept in line with the facts. next says what differs
// and how to mend it, nil when nothing differs; it is asked again after every step and every
// change, so ten changes during an outage become one call when the vendor returns.
type mirror struct {
	name string
	next func() *step
}

// A step is one call that takes away one difference.
type step struct {
	// name identifies the step for `tried`, for snags and for people: "open channel".
	name string
	call call
	// run makes the call and, when it succeeded, notes what the vendor was told. tried says that
	// an earlier call of this step may have been applied.
	run func(ctx workflow.Context, tried bool) error
	// gone, when set, is asked what to do when the step's object does not exist any more. It
	// reports whether the facts now lead to another step.
	gone func(f activities.Failure) bool
	// refused, when set, is asked what to do when the vendor refuses the step for good. It
	// reports whether the step was given up, so that no person has to be bothered.
	refused func(f activities.Failure) bool
}

// errOvertaken is the answer of a step that failed and is not wanted any more.
var errOvertaken = errors.New("the step is not wanted any more")

// mirrorState is what a mirror remembers over continue-as-new.
type mirrorState struct {
	// Tried names the steps that may have been applied without our knowing.
	Tried []string `json:"tried,omitempty"`
	// Failures counts failures since the last success, Snagged those in a row that need a person.
	Failures int       `json:"failures,omitempty"`
	Snagged  int       `json:"snagged,omitempty"`
	RetryAt  time.Time `json:"retry_at,omitzero"`
	// Waiting says what the mirror waits for during an outage.
	Waiting string `json:"waiting,omitempty"`
	// Asked is the number of retry requests that this mirror has heeded.
	Asked int `json:"asked,omitempty"`
}

// keeperState is what a keeper remembers over continue-as-new.
type keeperState struct {
	Mirrors map[string]*mirrorState `json:"mirrors,omitempty"`
	// Asked counts the retry requests of people.
	Asked int `json:"asked,omitempty"`
}

// tried lists the steps of a mirror that may have been applied without our knowing.
func (k *keeperState) tried(mirror string) []string {
	if m := k.Mirrors[mirror]; m != nil {
		return m.Tried
	}
	return nil
}

// waiting says what a mirror waits for during an outage, or "".
func (k *keeperState) waiting(mirror string) string {
	if m := k.Mirrors[mirror]; m != nil {
		return m.Waiting
	}
	return ""
}

// keeper runs the mirrors of one workflow.
type keeper struct {
	state *keeperState
	// snags is the list that people see.
	snags *[]incident.Snag
	// changed hears of every snag that comes or goes.
	changed func(s incident.Snag, cleared bool)
	// note writes to the timeline.
	note func(event, text string)
	// after, when set, is called after every step, whatever came of it.
	after    func()
	scale    float64
	priority int

	calls    int  // in flight now
	draining bool // start no more calls: a continue-as-new is near
	stopped  bool // the workflow has ended
}

// quietKeeper keeps the mirrors of a workflow that has no timeline of its own. Its snags reach
// people through what it reports to its incident.
func quietKeeper(state *keeperState, snags *[]incident.Snag, scale float64, priority int) *keeper {
	return &keeper{
		state: state, snags: snags, scale: scale, priority: priority,
		changed: func(incident.Snag, bool) {}, note: func(string, string) {},
	}
}

// outageWaits and snagWaits are the waits after the first, second, ... failure in a row.
var (
	outageWaits = []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute}
	snagWaits   = []time.Duration{15 * time.Minute, time.Hour, 4 * time.Hour, 24 * time.Hour}
)

// start runs the mirrors, one coroutine each, in the order given.
func (k *keeper) start(ctx workflow.Context, mirrors ...*mirror) {
	if k.state.Mirrors == nil {
		k.state.Mirrors = map[string]*mirrorState{}
	}
	for _, m := range mirrors {
		st := k.state.Mirrors[m.name]
		if st == nil {
			st = &mirrorState{}
			k.state.Mirrors[m.name] = st
		}
		workflow.GoNamed(ctx, "mirror "+m.name, func(ctx workflow.Context) { k.keep(ctx, m, st) })
	}
}

func (k *keeper) keep(ctx workflow.Context, m *mirror, st *mirrorState) {
	for {
		if err := k.backOff(ctx, m, st); err != nil {
			return
		}
		if m.next() == nil {
			k.rested(m, st) // what was stuck is no longer wanted
		}
		err := workflow.Await(ctx, func() bool { return k.stopped || (!k.draining && m.next() != nil) })
		if err != nil || k.stopped {
			return
		}
		k.take(ctx, m, st, m.next())
	}
}

// backOff waits until the mirror may try again, or a person asks it to.
func (k *keeper) backOff(ctx workflow.Context, m *mirror, st *mirrorState) error {
	ready := func() bool { return k.stopped || k.state.Asked != st.Asked || m.next() == nil }
	if st.RetryAt.IsZero() {
		st.Asked = k.state.Asked
		return nil
	}
	var err error
	if st.RetryAt.Equal(never) {
		err = workflow.Await(ctx, ready)
	} else if wait := st.RetryAt.Sub(workflow.Now(ctx)); wait > 0 {
		_, err = workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
			Timeout:      wait,
			TimerOptions: workflow.TimerOptions{Summary: m.name + ": try again"},
		}, ready)
	}
	st.RetryAt, st.Asked = time.Time{}, k.state.Asked
	return err
}

// never is the retry time of a vendor that has no settings: only a person asks again. It is the
// last year that JSON can hold.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func (k *keeper) take(ctx workflow.Context, m *mirror, st *mirrorState, s *step) {
	tried := slices.Contains(st.Tried, s.name)
	if !tried {
		st.Tried = append(st.Tried, s.name)
	}
	s.call.summary = orElse(s.call.summary, s.name)
	k.calls++
	err := s.run(s.call.options(ctx, k.scale, k.priority), tried)
	k.calls--
	switch {
	case err == nil:
		k.forget(st, s.name)
		k.succeeded(m, st)
	case temporal.IsCanceledError(err):
	case errors.Is(err, errOvertaken):
		k.forget(st, s.name)
	case isType(err, activities.ErrGone) && s.gone != nil && givenUp(s.gone, err):
		k.forget(st, s.name)
	case isType(err, activities.ErrPermanent) && s.refused != nil && givenUp(s.refused, err):
		k.forget(st, s.name)
	default:
		k.failed(ctx, m, st, s, err)
	}
	if k.after != nil {
		k.after()
	}
}

func givenUp(ask func(activities.Failure) bool, err error) bool {
	f, _ := failureOf(err)
	return ask(f)
}

func (k *keeper) forget(st *mirrorState, name string) {
	st.Tried = slices.DeleteFunc(st.Tried, func(t string) bool { return t == name })
}

func (k *keeper) succeeded(m *mirror, st *mirrorState) {
	if st.Failures > 0 {
		k.note("recovered", m.name+": works again")
	}
	k.rested(m, st)
}

// rested forgets what went wrong, since nothing of it is left to do.
func (k *keeper) rested(m *mirror, st *mirrorState) {
	st.Failures, st.Snagged, st.Waiting = 0, 0, ""
	k.clearSnag(m.name)
}

func (k *keeper) clearSnag(name string) {
	*k.snags = slices.DeleteFunc(*k.snags, func(s incident.Snag) bool {
		if s.Mirror != name {
			return false
		}
		k.changed(s, true)
		return true
	})
}

// failed decides when the mirror tries again and whether a person has to hear of it.
func (k *keeper) failed(ctx workflow.Context, m *mirror, st *mirrorState, s *step, err error) {
	now := workflow.Now(ctx)
	f, kind := failureOf(err)
	st.Failures++
	if kind == activities.ErrRetryable {
		st.RetryAt = now.Add(scaled(nth(outageWaits, st.Failures), k.scale))
		st.Snagged = 0
		st.Waiting = fmt.Sprintf("%s: %s (%s)", s.name, f.Reason, f.Vendor)
		if st.Failures == 1 {
			k.note("waiting", fmt.Sprintf("%s: %s; trying again until it works", m.name, st.Waiting))
		}
		return
	}
	k.forget(st, s.name) // it was refused, so it was not applied
	st.Snagged++
	st.Waiting = ""
	snag := incident.Snag{Mirror: m.name, Step: s.name, Reason: f.Reason, Mend: f.Mend, Since: now}
	switch kind {
	case activities.ErrOff:
		st.RetryAt, snag.Off = never, true
	case activities.ErrCredential:
		snag.Vendor = f.Vendor
		fallthrough
	default:
		st.RetryAt = now.Add(scaled(nth(snagWaits, st.Snagged), k.scale))
		snag.RetryAt = st.RetryAt
	}
	k.setSnag(snag)
}

func (k *keeper) setSnag(s incident.Snag) {
	for i := range *k.snags {
		old := &(*k.snags)[i]
		if old.Mirror != s.Mirror {
			continue
		}
		news := old.Step != s.Step || old.Reason != s.Reason
		if old.Vendor != "" && old.Vendor != s.Vendor {
			k.changed(*old, true) // the vendor takes us in again, and refuses something else
		}
		s.Since = old.Since
		*old = s
		if news {
			k.report(s)
		}
		return
	}
	*k.snags = append(*k.snags, s)
	k.report(s)
}

func (k *keeper) report(s incident.Snag) {
	text := fmt.Sprintf("%s: could not %s: %s", s.Mirror, s.Step, s.Reason)
	if s.Off {
		text = fmt.Sprintf("%s: %s, so this will not happen: %s", s.Mirror, s.Reason, s.Step)
	}
	if s.Mend != "" {
		text += "; " + s.Mend
	}
	k.note("snag", text)
	k.changed(s, false)
}

// retry makes every stuck mirror try again now.
func (k *keeper) retry() { k.state.Asked++ }

// quiet reports whether no call is in flight.
func (k *keeper) quiet() bool { return k.calls == 0 }

// waiting lists what mirrors wait for during outages, in the order of names.
func (k *keeper) waiting() []string {
	var out []string
	for _, name := range workflow.DeterministicKeys(k.state.Mirrors) {
		if w := k.state.Mirrors[name].Waiting; w != "" {
			out = append(out, w)
		}
	}
	return out
}

// failureOf gives the safe facts and the type of an activity's failure. What carries no type,
// such as a timeout, is retryable.
func failureOf(err error) (activities.Failure, string) {
	f := activities.Failure{Vendor: "unknown", Reason: "no answer in time"}
	var app *temporal.ApplicationError
	if !errors.As(err, &app) {
		return f, activities.ErrRetryable
	}
	f.Reason = app.Message()
	if app.HasDetails() {
		_ = app.Details(&f) // an error without our details keeps its message as the reason
	}
	switch app.Type() {
	case activities.ErrPermanent, activities.ErrCredential, activities.ErrGone, activities.ErrOff:
		return f, app.Type()
	}
	if app.NonRetryable() {
		return f, activities.ErrPermanent
	}
	return f, activities.ErrRetryable
}

func isType(err error, t string) bool {
	var app *temporal.ApplicationError
	return errors.As(err, &app) && app.Type() == t
}

func nth(waits []time.Duration, n int) time.Duration { return waits[min(n, len(waits))-1] }

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
