package mirror

import (
	"errors"

	"go.temporal.io/sdk/temporal"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
)

// FailureOf gives the safe facts and the type of an activity's failure. What carries no type,
// such as a timeout, is retryable.
func FailureOf(err error) (activities.Failure, string) {
	f := activities.Failure{Vendor: "unknown", Reason: "no answer in time"}
	var app *temporal.ApplicationError
	if !errors.As(err, &app) {
		return f, activities.ErrRetryable
	}
	// What carries no details was made by nobody of ours, such as a panic: its message is for the log.
	f.Reason = "something went wrong in Muster itself"
	if app.HasDetails() {
		err := app.Details(&f)
		// What a key hides is no failure that says nothing: the task waits for the key.
		if missing, hidden := errors.AsType[interface {
			error
			MissingKey() string
		}](err); hidden {
			panic(missing)
		}
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

// Away is the failure of a workflow that did not take a signal: it may run again later.
func Away(name string, err error) error {
	f := activities.Failure{Vendor: name, Operation: "signal", Reason: "it does not run"}
	return temporal.NewApplicationErrorWithOptions(name+" does not run", activities.ErrRetryable, temporal.ApplicationErrorOptions{Cause: err, Details: []any{f}})
}

// IsType reports whether an activity failed with an application error of the type.
func IsType(err error, t string) bool {
	var app *temporal.ApplicationError
	return errors.As(err, &app) && app.Type() == t
}

// RefusalType is the type of the application error by which an update is refused; its details
// hold an incident.Problem.
const RefusalType = "Refused"

// Refusal carries a Problem to the caller of an update. It is no failure of anything: Temporal
// counts it as benign.
func Refusal(err error) error {
	if err == nil {
		return nil
	}
	p, ok := incident.AsProblem(err)
	if !ok {
		p = &incident.Problem{Code: incident.CodeInvalid, Reason: err.Error()}
	}
	return temporal.NewApplicationErrorWithOptions(p.Error(), RefusalType, temporal.ApplicationErrorOptions{
		NonRetryable: true, Details: []any{*p}, Category: temporal.ApplicationErrorCategoryBenign,
	})
}

// BetweenRuns refuses an update for a moment, in which this run is continued as new. It leaves no trace, and whoever
// sends the update again, under the same ID, is answered by the next run.
func BetweenRuns() error {
	return temporal.NewApplicationErrorWithOptions("this run is just being continued as new; ask again in a moment", api.ErrBetweenRuns,
		temporal.ApplicationErrorOptions{NonRetryable: true, Category: temporal.ApplicationErrorCategoryBenign})
}
