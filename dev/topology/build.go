//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// The versions that the product's programs are stamped with: what runs at first, and what it is upgraded to.
const (
	versionBefore = "v0.0.1-topology"
	versionAfter  = "v0.0.2-topology"
)

// programs are built once, each module alone as an image's are. The flags are those of a plain go build, so that
// what was compiled before is used again.
type programs string

func (p programs) path(name string) string { return filepath.Join(string(p), name) }

// of is a program of the product in one of its versions.
func (p programs) of(version, name string) string { return filepath.Join(string(p), version, name) }

// build makes all programs in a folder.
func build(ctx context.Context, root, dir string) (programs, error) {
	p := programs(dir)
	dev := filepath.Join(root, "dev")
	for _, b := range []struct {
		in   string
		args []string
	}{
		{dev, []string{"-o", p.path("temporal-server"), "go.temporal.io/server/cmd/server"}},
		{dev, []string{"-o", p.path("temporal-sql-tool"), "go.temporal.io/server/cmd/tools/sql"}},
		{dev, []string{"-o", p.path("simulators"), "./simulators"}},
		{root, []string{"-ldflags=" + stamp(versionBefore), "-o", p.of(versionBefore, "") + "/", "./worker", "./starter"}},
		{root, []string{"-ldflags=" + stamp(versionAfter), "-o", p.of(versionAfter, "") + "/", "./worker", "./starter"}},
	} {
		cmd := exec.CommandContext(ctx, "go", append([]string{"build", "-buildvcs=false"}, b.args...)...)
		cmd.Dir = b.in
		cmd.Env = append(os.Environ(), "GOWORK=off")
		if said, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build %s: %w\n%s", b.args[len(b.args)-1], err, said)
		}
	}
	return p, nil
}

func stamp(version string) string { return "-X muster/internal/version.stamped=" + version }
