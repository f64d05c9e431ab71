package incidents

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"muster/archive"
	"muster/incident"
	"muster/integrations/fault"
	"muster/workflows/api"
)

// What a caller may test for with errors.Is, besides *incident.Problem.
var (
	// ErrNotRecorded means that a command or declaration is not known to be recorded.
	ErrNotRecorded = errors.New("not recorded")
	// ErrAway means that Temporal, or every worker, does not answer now.
	ErrAway = errors.New("temporal does not answer")
)

// NotRecordedError says that a command or declaration is not known to be recorded. Giving it
// again under the same ID is safe: it happens once.
type NotRecordedError struct {
	// ID is the command's ID or the declaration's key.
	ID string
	// Unconfirmed means that it reached Temporal and may still happen, once a worker takes it.
	Unconfirmed bool
	Err         error
}

// Error reads "not recorded: ..., try again".
func (e *NotRecordedError) Error() string {
	if e.Unconfirmed {
		return fmt.Sprintf("not confirmed: %s; it may still happen, so try again with the key %s", e.Reason(), e.ID)
	}
	return fmt.Sprintf("not recorded: %s, try again", e.Reason())
}

// Reason says why, in words for a person: what gRPC says helps nobody.
func (e *NotRecordedError) Reason() string { return reason(e.Err) }

// Unwrap gives the cause.
func (e *NotRecordedError) Unwrap() error { return e.Err }

// Is makes errors.Is(err, ErrNotRecorded) true.
func (e *NotRecordedError) Is(target error) bool { return target == ErrNotRecorded }

func reason(err error) string {
	if e, ok := fault.As(err); ok && e.Vendor == archive.Vendor { // one that is slow is no Temporal that is slow
		return "the archive cannot be read: " + e.Reason
	}
	if isTimeout(err) {
		return "Temporal or its workers do not answer in time"
	}
	if _, full := errors.AsType[*serviceerror.ResourceExhausted](err); full {
		return "Temporal has no room for it now"
	}
	if isHeldUp(err) {
		return "other incidents are being opened first"
	}
	if _, away := errors.AsType[*serviceerror.Unavailable](err); away {
		return "Temporal does not answer: " + fault.Unanswered(err)
	}
	return fault.Words(err.Error())
}

// problemOf gives back the Problem by which a workflow refused, if err is such a refusal. It
// goes by the details and not by the error's type, which belongs to the workflows.
func problemOf(err error) (*incident.Problem, bool) {
	if p, ok := incident.AsProblem(err); ok {
		return p, true
	}
	var app *temporal.ApplicationError
	if !errors.As(err, &app) || !app.HasDetails() {
		return nil, false
	}
	var p incident.Problem
	if app.Details(&p) != nil || p.Code == "" || p.Reason == "" {
		return nil, false
	}
	return &p, true
}

func isTimeout(err error) bool {
	var update *client.WorkflowUpdateServiceTimeoutOrCanceledError
	var deadline *serviceerror.DeadlineExceeded
	var cancelled *serviceerror.Canceled
	return errors.As(err, &update) || errors.As(err, &deadline) || errors.As(err, &cancelled) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// isPassing reports whether the same call may well succeed in a moment.
func isPassing(err error) bool {
	var (
		away     *serviceerror.Unavailable
		full     *serviceerror.ResourceExhausted
		internal *serviceerror.Internal
		aborted  *serviceerror.MultiOperationAborted
		app      *temporal.ApplicationError
	)
	switch {
	case isTimeout(err), errors.As(err, &away), errors.As(err, &full), errors.As(err, &internal), errors.As(err, &aborted):
		return true
	case errors.As(err, &app):
		return isBetweenRuns(err)
	}
	return isBetweenRuns(err) || isLimit(err)
}

// isBetweenRuns recognises an update that met a run which is just being continued as new: the run
// refused it for that reason, had accepted it and not applied it, or something else came in at that moment, so that the
// server let the task fail, and the update with it, unapplied (server 1.32). The same update
// reaches the next task or run in a moment.
func isBetweenRuns(err error) bool {
	if app, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return app.Type() == "AcceptedUpdateCompletedWorkflow" || isHeldUp(err)
	}
	var task *serviceerror.WorkflowNotReady
	return errors.As(err, &task)
}

// isHeldUp recognises a declaration that Register has refused for now. Nothing of it is left.
func isHeldUp(err error) bool {
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	return ok && app.Type() == api.ErrBetweenRuns
}

// isLimit recognises a run that has taken all the updates a run may take; it is about to
// continue as new.
func isLimit(err error) bool {
	var state *serviceerror.FailedPrecondition
	if !errors.As(err, &state) {
		return false
	}
	text := strings.ToLower(state.Error())
	return strings.Contains(text, "limit") && strings.Contains(text, "update")
}

func isNotFound(err error) bool {
	var gone *serviceerror.NotFound
	return errors.As(err, &gone)
}

// NotFound is the answer for an incident that does not exist for whoever asks, whether there is one or not.
func NotFound(number int) *incident.Problem {
	return &incident.Problem{
		Code: incident.CodeNotFound, Field: "incident", Mend: "see `starter list`",
		Reason: incident.Key(number) + " does not exist, or has ended long ago",
	}
}

func invalid(field, mend, format string, args ...any) *incident.Problem {
	return &incident.Problem{Code: incident.CodeInvalid, Field: field, Mend: mend, Reason: fmt.Sprintf(format, args...)}
}

// readError explains a failed look-up. A refusal explains itself.
func readError(what string, err error) error {
	if _, refused := incident.AsProblem(err); refused {
		return err
	}
	var query *serviceerror.QueryFailed
	var argument *serviceerror.InvalidArgument
	switch {
	case errors.As(err, &query):
		return fmt.Errorf("%s: %w", what, err)
	case errors.Is(err, errOpening):
		return fmt.Errorf("%s: %w, try again in a moment", what, errOpening)
	case isPassing(err):
		return &AwayError{Reason: what + ": " + reason(err), Mend: "try again"}
	case isUnpolled(err):
		return &AwayError{Reason: what + ": no worker is running", Mend: "start one with `worker`"}
	case errors.As(err, &argument) && strings.Contains(err.Error(), "Muster"):
		return fmt.Errorf("%s: %w; run `starter setup` to make the search attributes", what, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// AwayError says who did not answer, and what to do about it. It is an ErrAway.
type AwayError struct{ Reason, Mend string }

func (e *AwayError) Error() string { return e.Reason + "; " + e.Mend }

// Unwrap makes it an ErrAway.
func (*AwayError) Unwrap() error { return ErrAway }

// isUnpolled recognises that nobody has asked for work in a while, so nobody answers queries.
func isUnpolled(err error) bool {
	var state *serviceerror.FailedPrecondition
	return errors.As(err, &state) && strings.Contains(strings.ToLower(state.Error()), "poll")
}
