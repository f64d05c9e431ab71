package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/dev/sandbox"
)

func TestSimulatorsRunAlone(t *testing.T) {
	t.Parallel()
	o := sandbox.Options{Only: sandbox.SimsAlone, GatewayPort: 18087}
	s, err := sandbox.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(s.Stop)
	require.Empty(t, s.Temporal)
	require.Nil(t, s.App())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Page+"/slack/_sim/state", nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)
	var b strings.Builder
	greet(&b, s, o, time.Second)
	require.Contains(t, b.String(), "http://127.0.0.1:18087")
	require.Contains(t, b.String(), "JIRA_URL="+s.Page+"/jira/")
	require.NotContains(t, b.String(), "Muster is ready")

	_, err = sandbox.Start(t.Context(), sandbox.Options{Only: sandbox.SimsAlone})
	require.ErrorContains(t, err, "--gateway-port")
}

func TestTemporalRunsAlone(t *testing.T) {
	t.Parallel()
	o := sandbox.Options{Only: sandbox.TemporalAlone, NoUI: true}
	s, err := sandbox.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(s.Stop)
	require.Nil(t, s.Sims)
	_, err = s.Client.CheckHealth(t.Context(), nil)
	require.NoError(t, err)
	var b strings.Builder
	greet(&b, s, o, time.Second)
	require.Contains(t, b.String(), "export TEMPORAL_ADDRESS="+s.Temporal)
}

func TestPartsAndScalesThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	var out, errOut strings.Builder
	require.ErrorContains(t, run(t.Context(), []string{"--only", "worker"}, &out, &errOut), "temporal or sims")
	require.ErrorContains(t, run(t.Context(), []string{"--timeout-scale", "0"}, &out, &errOut), "0.001 to 100")
}
