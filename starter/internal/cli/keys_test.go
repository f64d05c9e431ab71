package cli_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/internal/sealed"
	"muster/starter/internal/cli"
)

// keys runs starter keys with settings, and gives what it printed.
func keys(t *testing.T, env map[string]string, args ...string) (out, complaint string, code int) {
	t.Helper()
	return offline(t, env, append([]string{"keys"}, args...)...)
}

func TestAKeyIsMadeStoredAndListed(t *testing.T) {
	t.Parallel()
	out, _, code := keys(t, nil, "new")
	require.Equal(t, cli.ExitOK, code)
	first := regexp.MustCompile(`(?m)^  (2026-11:\S{44})$`).FindStringSubmatch(out)
	require.NotNil(t, first, out)
	require.Contains(t, out, "Store it in MUSTER_ENCRYPTION_KEYS")

	env := map[string]string{"MUSTER_ENCRYPTION_KEYS": first[1]}
	out, _, _ = keys(t, env, "new")
	second := regexp.MustCompile(`(?m)^  (2026-11-2:\S{44})$`).FindStringSubmatch(out)
	require.NotNil(t, second, "an ID is never used twice: %s", out)
	require.Contains(t, out, "1. everywhere, behind the others (2026-11)")

	path := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, os.WriteFile(path, []byte(second[1]+"\n"+first[1]+"\n"), 0o600))
	out, _, code = keys(t, map[string]string{"MUSTER_ENCRYPTION_KEYS_FILE": path}, "list")
	require.Equal(t, cli.ExitOK, code)
	require.Regexp(t, `2026-11-2 +encrypt and decrypt\n`, out)
	require.Regexp(t, `2026-11 +decrypt\n`, out)
	require.NotContains(t, out, first[1][8:20], "a key is nobody's business")
	out, _, _ = keys(t, nil, "list")
	require.Contains(t, out, "nothing is encrypted")
}

func TestKeysThatWouldBeWrongAreSaid(t *testing.T) {
	t.Parallel()
	line, err := sealed.NewKey("a")
	require.NoError(t, err)
	env := map[string]string{"MUSTER_ENCRYPTION_KEYS": line}
	for want, args := range map[string][]string{
		"--id: there is a key a already": {"new", "--id", "a"},
		`--id: "a:b" is no ID of a key`:  {"new", "--id", "a:b"},
	} {
		_, complaint, code := keys(t, env, args...)
		require.Equal(t, cli.ExitUsage, code)
		require.Contains(t, complaint, want)
	}
	_, complaint, code := keys(t, map[string]string{"MUSTER_ENCRYPTION_KEYS": "nonsense"}, "list")
	require.Equal(t, cli.ExitUsage, code)
	require.Contains(t, complaint, "MUSTER_ENCRYPTION_KEYS: key 1: is not written ID:KEY")
}
