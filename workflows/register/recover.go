package register

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"muster/workflows/api"
	"muster/workflows/mirror"
)

// ready reports whether Register knows what it, or the run before it, knew. It does not at the start of
// an installation, after it was ended by hand, and after a reset: then it finds out first. Otherwise
// numbers would be handed out twice, and everything that was declared since would be declared once more.
func (r *registerRun) ready() bool {
	if !r.relearns && r.run.WasReset() {
		r.relearns, r.s.Recovered = true, false
		r.run.Go("recover after a reset", r.recover)
	}
	return r.s.Recovered
}

// upToDate reports whether an update can be judged by what Register knows at this moment. It changes
// nothing, so that validators may ask.
func (r *registerRun) upToDate() bool { return r.s.Recovered && !r.run.Unread() }

// awaitReady takes in what was recorded before an update, such as alert keys that were freed, and has it wait
// until Register is ready.
func (r *registerRun) awaitReady(ctx workflow.Context) error {
	r.run.TakeIn(ctx)
	if r.ready() {
		return nil
	}
	return workflow.Await(mirror.Unmoved(ctx), func() bool { return r.s.Recovered })
}

// noticeReset has a reset noticed also where nothing comes in after it.
func (r *registerRun) noticeReset(ctx workflow.Context) {
	for {
		if err := workflow.Await(ctx, func() bool { return !r.relearns && r.run.WasReset() }); err != nil {
			return
		}
		r.ready()
	}
}

// later takes in a signal as soon as Register is ready.
func (r *registerRun) later(h mirror.Handler) mirror.Handler {
	return func(payload []byte) error {
		r.changes++
		if r.ready() {
			return h(payload)
		}
		r.early = append(r.early, func() error { return h(payload) })
		return nil
	}
}

// recover takes over what the run before this one knew, and compares the counter with the incidents that
// exist, so that a lost Register never hands a number out twice.
func (r *registerRun) recover(ctx workflow.Context) {
	ctx = mirror.WithActivity(ctx, api.QueueMuster, mirror.ClassLookUp, "what Register knew before", api.Priority(api.Waking, 0))
	for {
		var last api.LastRegister
		err := workflow.ExecuteActivity(ctx, mirror.Directory.LastRegister).Get(ctx, &last)
		if err == nil {
			r.recovered(last)
			return
		}
		// Without the counter nothing may be declared; the class has retried for minutes.
		r.log.Error("counter not recovered yet", "error", err.Error())
	}
}

// recovered goes on with what the last run knew. Of two that know something, the one that has handed out
// more numbers is the newer one.
func (r *registerRun) recovered(last api.LastRegister) {
	if last.State != nil && last.State.Last >= r.s.Last {
		*r.s = *last.State
		r.s.Opening = nil // of which only the answer to the query knows
		r.complete()
	} else if last.State == nil && last.Installation != "" {
		r.s.Installation = last.Installation // it is in the keys of everything at vendors
	}
	r.s.Last = max(r.s.Last, last.Highest)
	r.relearns = false
	if r.run.Resume(last.RunID); r.run.WasReset() { // once more, meanwhile
		r.s.Recovered = false
		return
	}
	r.s.Recovered = true
	early := r.early
	r.early = nil
	for _, take := range early {
		if err := take(); err != nil {
			r.run.Refused("a signal that came before Register knew its numbers", err)
		}
	}
}

// skipNumbers leaves out the numbers that may have been handed out since a back-up that was restored: under a
// number that has a page, a channel or an issue at a vendor already, a new incident would take them for its own.
func (r *registerRun) skipNumbers(in api.SkipNumbersInput) error {
	if in.Last > r.s.Last+api.MaxSkipped {
		return fmt.Errorf("the last number is %d, and no more than %d are skipped at once: not up to %d", r.s.Last, api.MaxSkipped, in.Last)
	}
	r.s.Last = max(r.s.Last, in.Last)
	return nil
}

// complete makes what a state lacks.
func (r *registerRun) complete() {
	if r.s.AlertKeys == nil {
		r.s.AlertKeys = map[string]int{}
	}
	if r.s.Snags == nil {
		r.s.Snags = map[string]api.VendorSnag{}
	}
}

// lost frees the alert keys of incidents that do not run any more and have not freed them: the next alert
// must open an incident.
func (r *registerRun) lost(in api.LostInput) error {
	for _, key := range workflow.DeterministicKeys(r.s.AlertKeys) {
		for _, n := range in.Numbers {
			if r.s.AlertKeys[key] == n {
				delete(r.s.AlertKeys, key)
			}
		}
	}
	return nil
}
