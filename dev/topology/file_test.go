//go:build unix

package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
)

const repository = "../.."

// prepared is a topology of which nothing runs.
func prepared(t *testing.T) *topology {
	t.Helper()
	c, err := readCompose(t.Context(), repository)
	require.NoError(t, err)
	top := &topology{compose: c, dir: t.TempDir(), at: map[string]string{}, metrics: map[string]string{}, ports: map[string]int{}}
	require.NoError(t, top.choosePorts(t.Context()))
	return top
}

func TestEveryServiceOfComposeIsKnownHere(t *testing.T) {
	t.Parallel()
	names := slices.Collect(maps.Keys(prepared(t).compose.project.Services))
	require.NoError(t, checkServices(names))
	require.ErrorContains(t, checkServices(append(names, "cache")), "has the service cache, which dev/topology does not know: start it there, or say in file.go why not")
	without := slices.DeleteFunc(names, func(n string) bool { return n == serviceWorker })
	require.ErrorContains(t, checkServices(without), "has no service worker-sandbox any more")
}

// What a container finds at postgres, temporal or simulators must be found here.
func TestEverySettingOfComposeArrivesWithAddressesOfThisMachine(t *testing.T) {
	t.Parallel()
	top := prepared(t)
	for _, service := range started {
		_, env, err := top.compose.settings(service, top.place(service))
		require.NoError(t, err, service)
		require.Len(t, env, len(top.compose.project.Services[service].Environment), service)
		for name, value := range env {
			require.NotContains(t, value, "0.0.0.0", "%s: %s listens to the world", service, name)
			// The set-up is given the same settings as the others, and reads no playbook.
			if strings.HasSuffix(name, "_PATH") || name == "MUSTER_PLAYBOOK" && service != serviceSetup {
				_, err := os.Stat(value)
				require.NoError(t, err, "%s: %s", service, name)
			}
		}
	}
	_, env, err := top.compose.settings(serviceTemporal, top.place(serviceTemporal))
	require.NoError(t, err)
	require.Equal(t, "4", env["NUM_HISTORY_SHARDS"])
	require.Equal(t, "127.0.0.1", env["POSTGRES_SEEDS"])
	require.True(t, filepath.IsAbs(env["DYNAMIC_CONFIG_FILE_PATH"]))
}

func TestAnAddressThatIsNotKnownHereIsRefused(t *testing.T) {
	t.Parallel()
	top := prepared(t)
	s := top.compose.project.Services[serviceWorker]
	cache := "cache:6379"
	s.Environment = types.MappingWithEquals{"MUSTER_CACHE": &cache}
	top.compose.project.Services[serviceWorker] = s
	_, _, err := top.compose.settings(serviceWorker, top.place(serviceWorker))
	require.ErrorContains(t, err, "worker-sandbox: MUSTER_CACHE names cache:6379, and dev/topology does not know where that is here")
}

func TestTwoGatewaysListenAtTwoAddresses(t *testing.T) {
	t.Parallel()
	top := prepared(t)
	seen := map[string]bool{}
	for _, name := range gateways {
		_, env, err := top.compose.settings(serviceGateway, top.place(name))
		require.NoError(t, err)
		for _, v := range []string{env["MUSTER_LISTEN"], env["MUSTER_METRICS_LISTEN"]} {
			require.False(t, seen[v], v)
			seen[v] = true
		}
	}
}

func TestOptionsThatMeanNothingAreRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"more"}, {"--keep", "--long"}, {"--measure", "3"}, {"--measure", "300", "--keep"}, {"--unknown"}} {
		_, err := parse(args, t.Output())
		require.Error(t, err, "%v", args)
	}
}

func TestTheLongFormStrikesEverybodyInEveryWay(t *testing.T) {
	t.Parallel()
	var said []string
	for _, e := range longEvents(true) {
		said = append(said, e.what)
	}
	all := strings.Join(said, "\n")
	for _, name := range []string{"worker-1", "worker-2", "gateway-1", "gateway-2", "simulators", "temporal-frontend", "temporal-history", "temporal-matching", "temporal-worker"} {
		for _, how := range []string{"killed", "restarted (SIGTERM)", "stopped for 20s"} {
			require.Contains(t, all, name+" "+how)
		}
	}
	require.Contains(t, all, "postgres restarted (immediate)")
	require.Contains(t, all, "gateway-2 upgraded")
	require.Contains(t, all, "disk of postgres full")
}
