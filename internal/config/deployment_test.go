package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/internal/config"
)

func TestWorkersHaveAVersionWhenTheirDeploymentIsNamed(t *testing.T) {
	t.Parallel()
	c, err := config.Load(environment{}.lookup)
	require.NoError(t, err)
	require.Empty(t, c.Deployment)
	require.Empty(t, c.Build, "without a deployment there is none")

	c, err = config.Load(environment{"MUSTER_DEPLOYMENT": "muster", "MUSTER_BUILD_ID": " v0.1.0 "}.lookup)
	require.NoError(t, err)
	require.Equal(t, "muster", c.Deployment)
	require.Equal(t, "v0.1.0", c.Build)
}

func TestAVersionThatTellsNothingApartIsRefused(t *testing.T) {
	t.Parallel()
	for want, env := range map[string]environment{
		"MUSTER_BUILD_ID is set and MUSTER_DEPLOYMENT is not: name the deployment too": {"MUSTER_BUILD_ID": "v0.1.0"},
		`MUSTER_DEPLOYMENT is "mus.ter": write a name without dots`:                    {"MUSTER_DEPLOYMENT": "mus.ter", "MUSTER_BUILD_ID": "v0.1.0"},
		"set MUSTER_BUILD_ID, or run a release":                                        {"MUSTER_DEPLOYMENT": "muster"}, // a test is of no version
	} {
		_, err := config.Load(env.lookup)
		require.ErrorContains(t, err, want)
	}
}
