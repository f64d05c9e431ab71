package walls

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// built finds a command that builds the programs.
var built = regexp.MustCompile(`(?m)^.*\bgo build\b.*\./(?:worker|starter)\b.*$`)

// The workspace holds the embedded server too, whose newer versions would be linked into the programs.
func TestProgramsAreBuiltWithoutTheWorkspace(t *testing.T) {
	t.Parallel()
	docs, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	require.NoError(t, err)
	found := 0
	for _, name := range append(docs, filepath.Join(root, "README.md"), filepath.Join(root, "CONTRIBUTING.md")) {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, line := range built.FindAllString(string(text), -1) {
			found++
			require.Contains(t, line, "GOWORK=off", name)
		}
	}
	require.Positive(t, found, "the pattern finds what it is for")
	for _, name := range []string{"Dockerfile", ".ci/release"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		before, _, ok := strings.Cut(string(text), "go build")
		require.True(t, ok, name)
		require.Contains(t, before, "GOWORK=off", name)
	}
}
