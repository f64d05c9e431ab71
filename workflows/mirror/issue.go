package mirror

import (
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
)

// WriteLeftOff writes to an issue what the tracker would not take when the rest was written; nil
// when there is nothing to write. It is a mirror of its own: the issue is kept without those
// fields, and a refusal of them is a snag that holds up nothing else, is said once, and is tried
// again like any other.
//
// whole is the issue as it should be. wrote hears which of the fields still stand out.
func WriteLeftOff(key string, whole incident.Issue, left []incident.LeftOff, wrote func(still []incident.LeftOff)) Action {
	only := whole.Only(left)
	if key == "" || only.Empty() {
		return nil
	}
	return &Call{
		Name: "set " + incident.Fields(left), Queue: api.QueueJira, Class: ClassSet, Summary: incident.Fields(left) + " of " + key,
		Run: func(ctx workflow.Context, _ bool) error {
			var still []incident.LeftOff
			in := activities.UpdateIssueInput{Key: key, Issue: only}
			if err := workflow.ExecuteActivity(ctx, Tracker.UpdateIssue, in).Get(ctx, &still); err != nil {
				return err
			}
			wrote(still)
			return stillLeft(still)
		},
	}
}

// MoreLeftOff adds what a write has left off to what earlier ones have.
func MoreLeftOff(known, more []incident.LeftOff) []incident.LeftOff {
	out := slices.DeleteFunc(slices.Clone(known), func(k incident.LeftOff) bool {
		return slices.ContainsFunc(more, func(m incident.LeftOff) bool { return m.Field == k.Field })
	})
	return append(out, more...)
}

// stillLeft is the refusal of fields, nil when all were taken.
func stillLeft(left []incident.LeftOff) error {
	if len(left) == 0 {
		return nil
	}
	f := activities.Failure{Vendor: "tracker", Operation: "update", Reason: left[0].Reason, Mend: left[0].Mend}
	for _, l := range left[1:] {
		f.Reason += "; " + l.Reason
		if l.Mend != left[0].Mend {
			f.Mend += "; " + l.Mend
		}
	}
	return Refuse(f)
}

// Refuse is a failure that needs a person, as if a vendor had said so.
func Refuse(f activities.Failure) error {
	return temporal.NewApplicationErrorWithOptions(f.Reason, activities.ErrPermanent, temporal.ApplicationErrorOptions{
		NonRetryable: true, Details: []any{f},
	})
}
