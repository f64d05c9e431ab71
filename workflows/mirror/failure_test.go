package mirror

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"muster/activities"
)

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
