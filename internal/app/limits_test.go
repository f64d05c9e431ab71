package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/internal/app"
)

func TestLimitsAreReadFromTheEnvironment(t *testing.T) {
	t.Parallel()
	read := func(env map[string]string) (app.Limits, error) {
		return app.LimitsFrom(func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	}
	none, err := read(map[string]string{"MUSTER_CACHED_WORKFLOWS": ""})
	require.NoError(t, err)
	require.Equal(t, app.Limits{}, none)
	both, err := read(map[string]string{"MUSTER_SLACK_CHANNELS_PER_MINUTE": "-1", "MUSTER_CACHED_WORKFLOWS": "300"})
	require.NoError(t, err)
	require.Equal(t, app.Limits{ChannelsPerMinute: -1, CachedWorkflows: 300}, both)

	for name, wrong := range map[string]string{"MUSTER_SLACK_CHANNELS_PER_MINUTE": "many", "MUSTER_CACHED_WORKFLOWS": "0"} {
		_, err := read(map[string]string{name: wrong})
		require.ErrorContains(t, err, name)
	}
	_, err = read(map[string]string{"MUSTER_CACHED_WORKFLOWS": "1.5"})
	require.ErrorContains(t, err, "MUSTER_CACHED_WORKFLOWS")
}
