package config

import (
	"fmt"
	"strings"

	"muster/internal/version"
)

// build is what MUSTER_BUILD_ID says, or else the version of this program.
func (r *reader) build(deployment string) string {
	id, err := BuildID(deployment, r.lookup)
	if err != nil {
		r.wrong("%w", err)
	}
	return id
}

// BuildID gives the build of a deployment's workers, empty without a deployment. Two builds that differ must not
// have the same: that is what all of it is about.
func BuildID(deployment string, lookup Lookup) (string, error) {
	id, _ := lookup("MUSTER_BUILD_ID")
	id = strings.TrimSpace(id)
	switch {
	case deployment == "" && id != "":
		return "", fmt.Errorf("MUSTER_BUILD_ID is set and MUSTER_DEPLOYMENT is not: name the deployment too, or leave both out")
	case deployment == "":
		return "", nil
	case strings.ContainsAny(deployment, ".: ") || strings.HasPrefix(deployment, "__"):
		return "", fmt.Errorf("MUSTER_DEPLOYMENT is %q: write a name without dots, colons and spaces, such as muster", deployment)
	case id != "":
		return id, nil
	}
	build, known := version.Build()
	if !known || strings.HasSuffix(build, "+dirty") {
		return "", fmt.Errorf("MUSTER_DEPLOYMENT is set and this program is of no version that tells it from another (%s): set MUSTER_BUILD_ID, or run a release", build)
	}
	return build, nil
}
