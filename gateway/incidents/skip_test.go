package incidents_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway/incidents"
	"muster/workflows/api"
)

func TestNumbersAreSkippedByASignal(t *testing.T) {
	t.Parallel()
	f := opening()
	f.signal = func(_ context.Context, id, name string, arg any) error {
		require.Equal(t, api.RegisterID, id)
		require.Equal(t, api.SkipNumbers, name)
		require.Equal(t, api.SkipNumbersInput{Last: 57}, arg)
		return nil
	}
	require.NoError(t, newClient(t, f).SkipNumbers(t.Context(), 57))
	f.signal = func(context.Context, string, string, any) error { return errors.New("connection refused") }
	var not *incidents.NotRecordedError
	require.ErrorAs(t, newClient(t, f).SkipNumbers(t.Context(), 57), &not)
}
