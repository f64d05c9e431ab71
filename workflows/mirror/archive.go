package mirror

import (
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/internal/bounds"
	"muster/workflows/api"
)

// Recorded says what of a workflow the archive holds.
type Recorded[T any] struct {
	// Type is the workflow's, Incident the number of its incident, 0 for none.
	Type     string
	Incident int
	// State is what the workflow remembers of its record.
	State *api.Archived
	// Mark stands for what is worth a new record.
	Mark func() string
	// Urgent stands for what may not wait for a rest to be over, such as who may see a private incident; nil for
	// nothing.
	Urgent func() string
	// Facts are those of an incident; nil for other workflows.
	Facts func() *incident.Incident
	// Carried is the input by which the workflow would go on, Bounds what of it has room.
	Carried func() T
	Bounds  bounds.Table
	// Over reports whether nothing more is expected of the workflow.
	Over func() bool
	// Loop says whether it was reset; nil for Register, which recovers what it knew.
	Loop *LoopState
	// Scale stretches the waits; 0 counts as 1.
	Scale float64
}

// What happens within recordRest is one record, and the first one comes that late: at the start of an incident
// there is better to do. Where there is no archive, recordOff passes before anybody asks again.
const (
	recordRest = 5 * time.Second
	recordOff  = 24 * time.Hour
)

// RecordMirror names the mirror that keeps the record.
const RecordMirror = "record"

// Record gives the mirror that keeps a workflow's record in the archive, and answers the query for what is in
// it. The activity asks that query, so that no state goes through the history, and a record is always whole.
// A change after it was asked for is one more record.
func Record[T any](ctx workflow.Context, k Recorded[T]) (Mirror, error) {
	began := workflow.GetInfo(ctx).WorkflowStartTime
	err := workflow.SetQueryHandlerWithOptions(ctx, api.RecordQuery, k.record, workflow.QueryHandlerOptions{Description: "What it leaves in the archive."})
	return Mirror{Name: RecordMirror, Next: func() Action { return k.next(ctx, began) }}, err
}

// record is what the query answers.
func (k Recorded[T]) record() (api.Record, error) {
	r := api.Record{Type: k.Type, Incident: k.Incident, Version: k.State.Version, Over: k.Over(), Pending: k.marked() != k.State.Mark, Prior: k.State.Prior, Reset: k.Loop == nil || k.Loop.Reset}
	if k.Facts != nil {
		r.Facts = k.Facts()
	}
	fit, err := k.Bounds.Fitted(k.Carried())
	if err == nil {
		r.State, err = json.Marshal(fit)
	}
	if err != nil {
		return r, fmt.Errorf("what would be carried over: %w", err)
	}
	return r, nil
}

func (k Recorded[T]) next(ctx workflow.Context, began time.Time) Action {
	now := workflow.Now(ctx)
	// The mark is asked for last: all facts are hashed for it, with every change.
	if now.Before(k.State.Off) && !k.last() || k.marked() == k.State.Mark {
		return nil
	}
	if rest := k.rest(began); now.Before(rest) && !k.Over() && k.urgent() == k.State.Urgent {
		return &Wait{Until: rest, Summary: "what happens together is one record", Done: func(time.Time) {}}
	}
	return &Call{
		Name: "keep the record", Queue: api.QueueArchive, Class: ClassSet, Summary: "keep the record in the archive",
		Run: func(ctx workflow.Context, _ bool) error { return k.keep(ctx) },
	}
}

// last reports whether there will be nothing more to keep, so that it is asked once more whether there is an archive:
// one may have been set up since. Canaries are nobody's, and never kept.
func (k Recorded[T]) last() bool {
	return k.Over() && (k.Facts == nil || !k.Facts().Canary())
}

// rest is until when the archive is left alone.
func (k Recorded[T]) rest(began time.Time) time.Time {
	if k.State.At.After(began) {
		began = k.State.At
	}
	return began.Add(Scaled(recordRest, k.Scale))
}

func (k Recorded[T]) urgent() string {
	if k.Urgent == nil {
		return ""
	}
	return k.Urgent()
}

func (k Recorded[T]) marked() string {
	if k.Over() {
		return k.Mark() + "/over"
	}
	return k.Mark()
}

// keep has a record written. Of what changes meanwhile nobody knows whether it is in there, so that it is a
// change like any other.
func (k Recorded[T]) keep(ctx workflow.Context) error {
	at := workflow.Now(ctx)
	k.State.Prior, k.State.Version = k.State.Version, max(k.State.Version+1, at.UnixMicro())
	mark, urgent, seq := k.marked(), k.urgent(), 0
	if k.Facts != nil {
		seq = k.Facts().Entries
	}
	var kept activities.Kept
	if err := workflow.ExecuteActivity(ctx, Archive.Keep, activities.KeepInput{Version: k.State.Version}).Get(ctx, &kept); err != nil {
		return err // what failed is tried again as every call is, and does not rest
	}
	k.State.At, k.State.Urgent = at, urgent
	switch {
	case kept.Off: // whoever sets up an archive later fills it by hand
		k.State.Mark, k.State.Off = mark, workflow.Now(ctx).Add(Scaled(recordOff, k.Scale))
	case kept.Held > k.State.Version: // of a clock that went ahead; the next one is above it
		k.State.Version = kept.Held
	default:
		k.State.Mark, k.State.Seq = mark, seq
	}
	return nil
}
