package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"muster/integrations/fault"
)

// Types of the application errors that activities make. Workflows switch on them.
const (
	// ErrRetryable is a failure that time may mend; Temporal retries it by itself.
	ErrRetryable = "VendorRetryable"
	// ErrPermanent needs a person.
	ErrPermanent = "VendorPermanent"
	// ErrCredential is a refused credential: it concerns every call to the vendor.
	ErrCredential = "VendorCredential"
	// ErrGone means that the object of the call does not exist any more.
	ErrGone = "VendorGone"
	// ErrOff means that the vendor has no settings here.
	ErrOff = "VendorOff"
)

// Meaning is what a vendor refused, in our words. A client's error table gives it; workflows,
// which import no client, find it in a Failure and compare it with these.
type Meaning = fault.Meaning

// The meanings that a Failure can have besides none; fault explains them.
const (
	ChannelArchived = fault.ChannelArchived
	ChannelMissing  = fault.ChannelMissing
	ObjectGone      = fault.ObjectGone
	Unseen          = fault.Unseen
	PersonUnknown   = fault.PersonUnknown
	NobodyOnCall    = fault.NobodyOnCall
	ScopeMissing    = fault.ScopeMissing
	RateLimited     = fault.RateLimited
	NotAllowed      = fault.NotAllowed
)

// Failure is the safe part of a vendor's failure. It travels in the details of an application
// error into the history, so it holds no secret and no vendor's answer.
type Failure struct {
	Vendor    string  `json:"vendor"`
	Operation string  `json:"operation"`
	Meaning   Meaning `json:"meaning,omitempty"`
	// Reason is the vendor's own word, for people: nobody decides by it.
	Reason string `json:"reason"`
	Mend   string `json:"mend,omitempty"`
	// Attempt is the number of the attempt that failed so, from 1. A refusal says nothing of the attempts
	// before it: one of them may have been applied. It is 0 where no activity has failed.
	Attempt int32 `json:"attempt,omitempty"`
}

// Certain reports whether the failure, which is a refusal, proves that nothing was applied: there was no
// attempt before it. tried says whether an earlier call may have been applied.
func (f Failure) Certain(tried bool) bool { return !tried && f.Attempt == 1 }

var typeOfClass = map[fault.Class]string{
	fault.Retryable:  ErrRetryable,
	fault.Permanent:  ErrPermanent,
	fault.Credential: ErrCredential,
	fault.Gone:       ErrGone,
	fault.Off:        ErrOff,
}

// applicationError makes of a client's error what Temporal should do about it. The library's own error is
// not wrapped: its text may hold addresses and answers that do not belong into a history.
func applicationError(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	e, ok := fault.As(err)
	if !ok { // it is no vendor's: Temporal did not answer, or it is a fault of our own
		reason := "no answer in time"
		if !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
			reason = fault.Words(err.Error())
		}
		return temporal.NewApplicationErrorWithOptions(reason, ErrRetryable, temporal.ApplicationErrorOptions{
			Details: []any{Failure{Vendor: "muster", Reason: reason, Attempt: attempt(ctx)}},
		})
	}
	return temporal.NewApplicationErrorWithOptions(e.Error(), typeOfClass[e.Class], temporal.ApplicationErrorOptions{
		NonRetryable:   e.Class != fault.Retryable,
		NextRetryDelay: e.RetryAfter,
		Details: []any{Failure{
			Vendor: e.Vendor, Operation: e.Operation, Meaning: e.Meaning, Reason: e.Said(), Mend: fault.Words(e.Mend), Attempt: attempt(ctx),
		}},
	})
}

// permanent reports whether Temporal will not try again.
func permanent(err error) bool {
	var app *temporal.ApplicationError
	return errors.As(err, &app) && app.NonRetryable()
}

// off is the failure of a vendor that has no settings here.
func off(ctx context.Context, name, mend string) error {
	return applicationError(ctx, &fault.Error{Vendor: name, Operation: "settings", Class: fault.Off, Reason: name + " is not set up", Mend: mend})
}

// look says whether a create must look for its own object first: the workflow says that the
// step was tried before, or Temporal says that this is not the first attempt.
func look(ctx context.Context, tried bool) bool {
	return tried || attempt(ctx) > 1 || ctx.Value(wasReset{}) != nil
}

// attempt is the number of this attempt of the activity, from 1, and 0 outside of one.
func attempt(ctx context.Context) int32 {
	if !activity.IsActivity(ctx) {
		return 0
	}
	return activity.GetInfo(ctx).Attempt
}
