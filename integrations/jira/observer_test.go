package jira_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/integrations/fault"
	"muster/integrations/jira"
	"muster/internal/sims/jirasim"
)

func TestAnObserverHearsOfEveryCallAndWhatCameOfIt(t *testing.T) {
	t.Parallel()
	var heard []string
	w := newWorld(t, func(_ *jirasim.Options, o *jira.Options) {
		o.Observer = func(_ context.Context, vendor, call string, took time.Duration, err error) {
			_, refused := fault.As(err)
			require.GreaterOrEqual(t, took, time.Duration(0))
			require.Equal(t, err != nil, refused, "a failure is always a fault.Error")
			heard = append(heard, vendor+" "+call)
		}
	})
	_, err := w.client.Server(w.ctx())
	require.NoError(t, err)
	require.Equal(t, []string{"jira serverInfo.get"}, heard)
}
