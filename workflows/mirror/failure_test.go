package mirror

import (
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"muster/activities"
)

// hidden is what is said of details that cannot be decrypted.
type hidden struct{}

func (hidden) Error() string      { return "the key \"old\" is not here" }
func (hidden) MissingKey() string { return "old" }

// undecodable are details of a failure that a key hides.
type undecodable struct{ converter.DataConverter }

func (undecodable) FromPayloads(*commonpb.Payloads, ...any) error { return hidden{} }

// To take it for a failure without facts would decide otherwise than a worker that has the key.
func TestAFailureThatAKeyHidesWaitsForTheKey(t *testing.T) {
	t.Parallel()
	failures := temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{})
	sent := failures.ErrorToFailure(temporal.NewNonRetryableApplicationError("x", activities.ErrGone, nil, activities.Failure{Vendor: "slack"}))
	read := temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{DataConverter: undecodable{converter.GetDefaultDataConverter()}})
	require.PanicsWithValue(t, hidden{}, func() { FailureOf(read.FailureToError(sent)) })
}

// What carries no facts of ours was made by nobody of ours: a panic, or a time-out of Temporal's. Its
// own words are for the log, and never become a snag.
func TestAFailureWithoutFactsSpeaksForItself(t *testing.T) {
	t.Parallel()
	f, kind := FailureOf(temporal.NewApplicationError("runtime error: invalid memory address or nil pointer dereference", "PanicError"))
	require.Equal(t, "something went wrong in Muster itself", f.Reason)
	require.Equal(t, activities.ErrRetryable, kind)
	f, _ = FailureOf(temporal.NewTimeoutError(0, nil))
	require.Equal(t, "no answer in time", f.Reason)
	f, kind = FailureOf(temporal.NewNonRetryableApplicationError("x", activities.ErrGone, nil, activities.Failure{Vendor: "slack", Reason: "is_archived"}))
	require.Equal(t, activities.Failure{Vendor: "slack", Reason: "is_archived"}, f)
	require.Equal(t, activities.ErrGone, kind)
}
