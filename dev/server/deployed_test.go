package server

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/server/common/dynamicconfig"
)

// What the end-to-end tests need of a server, docker-compose.yml must give it too. The other
// settings here are for one process with one person in front of it.
func TestADeployedServerAllowsWhatThisOneAllows(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("../../deploy/temporal/dynamicconfig.yaml")
	require.NoError(t, err)
	loaded := dynamicconfig.LoadYamlFile(file)
	require.Empty(t, loaded.Errors)
	require.Empty(t, loaded.Warnings, "the server knows each of its settings")
	for _, key := range []string{"history.maxInFlightUpdates", "history.maxInFlightUpdatePayloads"} {
		deployed := loaded.Map[dynamicconfig.MakeKey(key)]
		require.Len(t, deployed, 1, key)
		require.Equal(t, developmentSettings[key], deployed[0].Value, key)
	}
	visibility := loaded.Map[dynamicconfig.MakeKey("frontend.namespaceRPS.visibility")]
	require.Len(t, visibility, 1)
	require.Less(t, 10, visibility[0].Value, "the default, which a few home tabs use up")
	require.Len(t, loaded.Map, 3)
}
