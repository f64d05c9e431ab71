package version

import (
	"fmt"
	"os"
	"strings"
)

const identityMark = " muster/"

// Identity is how a worker calls itself at Temporal: its process, its machine and its version, so that
// the Web UI and `starter doctor` tell an old worker from a new one.
func Identity() string {
	host, err := os.Hostname()
	if err != nil {
		host = unknown
	}
	return fmt.Sprintf("%d@%s%s%s", os.Getpid(), host, identityMark, String())
}

// OfIdentity reads the version from an Identity; false for one that holds none.
func OfIdentity(identity string) (string, bool) {
	_, v, ok := strings.Cut(identity, identityMark)
	return v, ok
}
