package mirror

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/workflows/api"
)

// Mirror is one outside system that is kept in line with the facts.
type Mirror struct {
	Name string
	// Next says what differs and how to mend it, nil when nothing differs. It changes nothing, and
	// is asked again after every action and every change of the facts.
	Next func() Action
	// Unsure, where it is set, forgets what the outside was last told of what the mirror writes over and
	// over, so that it is told once more.
	Unsure func()
}

// Action is what a mirror does next: a *Call, a *Wait or a *Decision.
type Action interface{ isAction() }

// Call takes away one difference by one call of an activity, or by a signal to another workflow.
type Call struct {
	// Name identifies the call for `tried`, for snags and for people: "open the channel".
	Name string
	// Queue and Class say where and how patiently its activity runs; a call without a queue sends
	// a signal, which no vendor can hold up.
	Queue api.TaskQueue
	Class Class
	// Summary names the call's object in the Web UI; its name by default.
	Summary string
	// Urgent says that the call does not wait until another one of its mirror is tried again.
	Urgent bool
	// Run makes the call and, when it succeeded, notes what the outside knows now. tried says that
	// an earlier call of this name may have been applied.
	Run func(ctx workflow.Context, tried bool) error
	// Gone, when set, is asked what to do when the call's object does not exist any more. It
	// reports whether the facts now lead to another action.
	Gone func(f activities.Failure) bool
	// Refused, when set, is asked what to do when the vendor refuses the call for good. It reports
	// whether the call was given up, so that no person has to be bothered.
	Refused func(f activities.Failure) bool
}

// Wait lets a mirror rest until a moment, or until the facts lead to another action. Waiting is no
// call in flight: it holds up no end of a run.
type Wait struct {
	// Until is the moment; never, when it is Never.
	Until time.Time
	// Summary is shown on the timer in the Web UI.
	Summary string
	// OnRetry lets a person who asks for a retry end the wait.
	OnRetry bool
	// Done draws the conclusion once the moment has come.
	Done func(now time.Time)
}

// Decision changes facts at once and calls nobody.
type Decision struct {
	Name   string
	Decide func(now time.Time)
}

func (*Call) isAction()     {}
func (*Wait) isAction()     {}
func (*Decision) isAction() {}

func (w *Wait) equals(a Action) bool {
	o, ok := a.(*Wait)
	return ok && o.Until.Equal(w.Until) && o.Summary == w.Summary && o.OnRetry == w.OnRetry
}

// Never is a moment that does not come by itself. It is the last year that JSON can hold.
var Never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
