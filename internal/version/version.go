// Package version says which Muster this is.
package version

import (
	"cmp"
	"fmt"
	"runtime/debug"
	"strings"
)

// stamped is set by the linker, where an image is built:
//
//	GOWORK=off go build -ldflags "-X muster/internal/version.stamped=v0.1.0"
var stamped string

// unknown is the version of what was built from a tree without version control.
const unknown = "unknown"

// Build gives the version alone, by which workers of one build are told from those of another; false
// when it is not known.
func Build() (string, bool) {
	name, _, _ := strings.Cut(String(), " ")
	return name, name != unknown
}

// String gives the version for people: what the build was told or else what Go noted of the
// commit, and the toolchain.
func String() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return describe(stamped, info)
}

func describe(stamped string, info *debug.BuildInfo) string {
	name := cmp.Or(stamped, ofModule(info), ofCommit(info), unknown)
	if info.GoVersion == "" {
		return name
	}
	return fmt.Sprintf("%s (%s)", name, info.GoVersion)
}

// ofModule is what a program has that was installed by its version, or built from a commit that
// Go could read.
func ofModule(info *debug.BuildInfo) string {
	if info.Main.Version == "(devel)" {
		return ""
	}
	return info.Main.Version
}

func ofCommit(info *debug.BuildInfo) string {
	revision, changed := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(len(s.Value), 12)]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+dirty"
		}
	}
	if revision == "" {
		return ""
	}
	return revision + changed
}
