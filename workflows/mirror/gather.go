package mirror

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"
)

// Gather takes in, in the order in which people gave them, the signals and updates with which a run
// begins. It is called once, after everything that the run can be asked was registered, and before its
// mirrors are kept.
//
// A run begins with several after a reset, which gives it whatever came since then once more, and after
// it was continued as new while people were busy. The SDK keeps updates that come before their handlers
// by name and hands them over name by name, and knows no order between them and signals: after a reset,
// what was resolved, reopened and resolved again would be open.
func (r *Run) Gather(ctx workflow.Context) error {
	// The updates that waited are coroutines that run before one that is started now.
	ready := false
	workflow.GoNamed(ctx, "gather", func(workflow.Context) { ready = true })
	if err := workflow.Await(ctx, func() bool { return ready }); err != nil {
		return err
	}
	letters := append(r.inbox.unread(ctx), r.inbox.early...)
	r.inbox.early, r.inbox.gathered = nil, true
	slices.SortStableFunc(letters, whenGiven)
	r.inbox.takeAll(letters)
	return nil
}

// whenGiven puts what says when it was given in that order, and news of other workflows and of vendors,
// which are about what people have done, after it.
func whenGiven(x, y letter) int {
	switch {
	case x.at.IsZero() && y.at.IsZero():
		return 0
	case x.at.IsZero():
		return 1
	case y.at.IsZero():
		return -1
	}
	return x.at.Compare(y.at)
}

// InTurn does what an update asks for, which was given at a moment, in its turn: after every signal that
// came before it, and among those with which the run begins in the order of Gather. The SDK runs updates
// before anything else in a workflow task.
func (r *Run) InTurn(ctx workflow.Context, given time.Time, do func()) error {
	if r.inbox.gathered {
		r.TakeIn(ctx)
		do()
		return nil
	}
	done := false
	r.inbox.early = append(r.inbox.early, letter{at: given, do: func() { do(); done = true }})
	return workflow.Await(ctx, func() bool { return done })
}

// Gathered reports whether Gather has come so far that an update is judged by what came before it.
func (r *Run) Gathered() bool { return r.inbox.gathered }
