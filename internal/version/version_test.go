package version

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatIsKnownOfTheBuildIsSaid(t *testing.T) {
	t.Parallel()
	commit := []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"}}
	for want, have := range map[string]struct {
		stamped string
		info    debug.BuildInfo
	}{
		"v0.1.0 (go1.26.8)":             {"v0.1.0", debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: "v0.0.0-20260101"}, Settings: commit}},
		"v0.2.0 (go1.26.8)":             {"", debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: "v0.2.0"}, Settings: commit}},
		"0123456789ab+dirty (go1.26.8)": {"", debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: "(devel)"}, Settings: commit}},
		"0123456789ab (go1.26.8)":       {"", debug.BuildInfo{GoVersion: "go1.26.8", Settings: commit[:1]}},
		"unknown (go1.26.8)":            {"", debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: "(devel)"}}},
		"unknown":                       {"", debug.BuildInfo{}},
	} {
		require.Equal(t, want, describe(have.stamped, &have.info))
	}
}
