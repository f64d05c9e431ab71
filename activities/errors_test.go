package activities

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/integrations/fault"
)

func TestEveryClassOfFailureHasItsType(t *testing.T) {
	t.Parallel()
	for class, want := range map[fault.Class]string{
		fault.Retryable: ErrRetryable, fault.Permanent: ErrPermanent, fault.Credential: ErrCredential, fault.Gone: ErrGone, fault.Off: ErrOff,
	} {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			app, f := application(t, applicationError(t.Context(), &fault.Error{
				Vendor: "slack", Operation: "conversations.create", Class: class, Meaning: fault.ScopeMissing, Reason: "missing_scope", Mend: "add channels:manage",
				Status: 403, RetryAfter: 7 * time.Second,
			}))
			require.Equal(t, want, app.Type())
			require.Equal(t, class != fault.Retryable, app.NonRetryable())
			require.Equal(t, 7*time.Second, app.NextRetryDelay())
			require.Equal(t, Failure{
				Vendor: "slack", Operation: "conversations.create", Meaning: ScopeMissing, Reason: "missing_scope", Mend: "add channels:manage",
			}, f)
			require.Equal(t, "slack conversations.create: missing_scope (403); add channels:manage", app.Message())
		})
	}
	require.Len(t, typeOfClass, 5)
}

func TestWithoutAWishTheRetryPolicyDecides(t *testing.T) {
	t.Parallel()
	app, _ := application(t, applicationError(t.Context(), &fault.Error{Vendor: "jira", Operation: "issue.create", Class: fault.Retryable, Reason: "503"}))
	require.Zero(t, app.NextRetryDelay())
}

func TestNoFailureIsNoError(t *testing.T) {
	t.Parallel()
	require.NoError(t, applicationError(t.Context(), nil))
}

// The library's own error stays out of the history, however it is wrapped.
func TestASecretDoesNotLeak(t *testing.T) {
	t.Parallel()
	library := fmt.Errorf("Post https://hooks.example.com/%s: refused", secret)
	classified := &fault.Error{Vendor: "slack", Operation: "chat.postMessage", Class: fault.Retryable, Reason: "no answer", Err: library}
	for name, err := range map[string]error{
		"inside":       classified,
		"around":       fmt.Errorf("calling with %s: %w", secret, classified),
		"beside":       errors.Join(errors.New(secret), classified),
		"out of time":  fmt.Errorf("calling with %s: %w", secret, context.DeadlineExceeded),
		"interrupted":  fmt.Errorf("calling with %s: %w", secret, context.Canceled),
		"inside, late": &fault.Error{Vendor: "slack", Operation: "x", Class: fault.Retryable, Reason: "no answer", Err: errors.Join(library, context.Canceled)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app, _ := application(t, applicationError(t.Context(), err)) // looks for the secret in every text
			require.Equal(t, ErrRetryable, app.Type())
			require.False(t, app.NonRetryable())
			require.NoError(t, app.Unwrap(), "the cause would go into the history as well")
		})
	}
}

func TestTimeRunningOutIsRetried(t *testing.T) {
	t.Parallel()
	for _, err := range []error{context.DeadlineExceeded, context.Canceled, errors.New("connection reset")} {
		app, _ := application(t, applicationError(t.Context(), err))
		require.Equal(t, ErrRetryable, app.Type())
		require.False(t, app.NonRetryable())
	}
}
