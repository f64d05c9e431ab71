package compose

import (
	"maps"
	"net"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/distribution/reference"
	"github.com/stretchr/testify/require"
)

// Reading it already fails where a service, a network or a volume is named that there is not.
func TestTheFileIsOneThatComposeReads(t *testing.T) {
	t.Parallel()
	without := []string{"gateway", "postgres", "setup", "temporal", "temporal-schema", "temporal-ui", "worker"}
	require.ElementsMatch(t, without, slices.Collect(maps.Keys(project(t, nil).Services)))
	with := append(without, "gateway-sandbox", "setup-sandbox", "simulators", "worker-sandbox")
	require.ElementsMatch(t, with, slices.Collect(maps.Keys(everything(t).Services)))
}

func TestWhatIsDeclaredIsUsed(t *testing.T) {
	t.Parallel()
	p := everything(t)
	volumes, networks := map[string]bool{}, map[string]bool{}
	for _, s := range p.Services {
		for _, v := range s.Volumes {
			if v.Type == types.VolumeTypeVolume {
				volumes[v.Source] = true
			}
		}
		for n := range s.Networks {
			networks[n] = true
		}
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(p.Volumes)), slices.Collect(maps.Keys(volumes)))
	require.ElementsMatch(t, slices.Collect(maps.Keys(p.Networks)), slices.Collect(maps.Keys(networks)))
}

// A folder is made where a mounted file is not: then a program reads a folder.
func TestWhatIsMountedIsThere(t *testing.T) {
	t.Parallel()
	for name, s := range everything(t).Services {
		for _, v := range s.Volumes {
			if v.Type != types.VolumeTypeBind {
				continue
			}
			require.NotNil(t, v.Bind, "%s: %s", name, v.Source)
			require.False(t, bool(v.Bind.CreateHostPath), "%s: %s", name, v.Source)
			require.True(t, v.ReadOnly, "%s: %s", name, v.Source)
			info, err := os.Stat(v.Source)
			require.NoError(t, err, name)
			require.True(t, info.Mode().IsRegular(), "%s: %s is no file", name, v.Source)
		}
	}
}

// Whoever waits for the health of a service waits for ever where nobody asks for it.
func TestWhatIsWaitedForComes(t *testing.T) {
	t.Parallel()
	p := everything(t)
	for name, s := range p.Services {
		for other, how := range s.DependsOn {
			awaited := p.Services[other]
			switch how.Condition {
			case types.ServiceConditionHealthy:
				require.NotEmpty(t, check(awaited), "%s waits for the health of %s", name, other)
			case types.ServiceConditionCompletedSuccessfully:
				require.Contains(t, awaited.Restart, "on-failure", "%s waits for the end of %s, which never ends", name, other)
			default:
				t.Errorf("%s waits for %s only to be started", name, other)
			}
		}
	}
}

// What goes on for ever is started again and asked for its health; a job is neither.
func TestServicesAreKeptRunningAndAskedForTheirHealth(t *testing.T) {
	t.Parallel()
	for name, s := range everything(t).Services {
		job := name == "temporal-schema" || name == "setup" || name == "setup-sandbox"
		require.Equal(t, job, s.Restart != types.RestartPolicyUnlessStopped, name)
		require.Equal(t, job, check(s) == nil, name)
	}
}

// exact is a tag that does not move to another release.
var exact = regexp.MustCompile(`^v?\d+\.\d+(\.\d+)?(-[a-z][a-z0-9.]*)?$`)

// requirePinned wants a digest or an exact tag.
func requirePinned(t *testing.T, image string) {
	t.Helper()
	named, err := reference.ParseNormalizedNamed(image)
	require.NoError(t, err, image)
	if _, digested := named.(reference.Digested); digested {
		return
	}
	tagged, ok := named.(reference.Tagged)
	require.True(t, ok, "%s has no tag", image)
	require.Regexp(t, exact, tagged.Tag(), image)
}

func TestEveryImageIsPinned(t *testing.T) {
	t.Parallel()
	for _, s := range everything(t).Services {
		if s.Build == nil {
			requirePinned(t, s.Image)
		}
	}
}

// The end-to-end tests say something about production only where its server is theirs.
func TestTemporalIsTheOneThatIsEmbedded(t *testing.T) {
	t.Parallel()
	p := everything(t)
	server := required(t, "dev/go.mod", "go.temporal.io/server")
	require.Equal(t, "temporalio/server:"+server, p.Services["temporal"].Image)
	require.Equal(t, "temporalio/admin-tools:"+server, p.Services["temporal-schema"].Image)
	require.Equal(t, "temporalio/ui:"+required(t, "dev/go.mod", "github.com/temporalio/ui-server/v2"), p.Services["temporal-ui"].Image)
}

// Temporal and its Web UI ask nobody who they are, and the gateway speaks no TLS.
func TestPortsArePublishedOnThisMachineOnly(t *testing.T) {
	t.Parallel()
	published := map[string]bool{}
	for name, s := range everything(t).Services {
		for _, port := range s.Ports {
			require.True(t, net.ParseIP(port.HostIP).IsLoopback(), "%s: %s", name, port.Published)
			require.False(t, published[port.Published], "%s: %s is published twice", name, port.Published)
			published[port.Published] = true
		}
	}
	require.Len(t, published, 4)
}

func TestNobodyButTemporalReachesTheDatabase(t *testing.T) {
	t.Parallel()
	p := everything(t)
	require.True(t, p.Networks["database"].Internal)
	for name, s := range p.Services {
		_, reaches := s.Networks["database"]
		require.Equal(t, name == "postgres" || name == "temporal" || name == "temporal-schema", reaches, name)
	}
	require.Len(t, p.Services["postgres"].Networks, 1)
}

func TestOurProgramsMayDoNothingBesides(t *testing.T) {
	t.Parallel()
	for name, s := range ours(everything(t)) {
		require.True(t, s.ReadOnly, name)
		require.Equal(t, []string{"ALL"}, s.CapDrop, name)
		require.Equal(t, []string{"no-new-privileges:true"}, s.SecurityOpt, name)
		require.False(t, s.Privileged, name)
	}
}
