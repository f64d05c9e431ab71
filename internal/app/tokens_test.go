package app

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway/access"
)

// A token that is in both places would outlive being taken out of one of them.
func TestTokensAreCheckedBeforeAnythingStarts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tokens.yaml")
	write := func(name string) {
		text := "tokens: [{name: " + name + ", scopes: [read], sha256: " + access.Hash("in the file") + "}]"
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	env := map[string]string{"MUSTER_API_TOKENS": "bot::respond:" + access.Hash("in the environment"), "MUSTER_API_TOKENS_FILE": path}
	o := Options{Lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok }, Gateway: true}

	_, err := New(o)
	require.ErrorContains(t, err, "configuration:\nMUSTER_API_TOKENS_FILE: open "+path)
	write("alice")
	_, err = New(o)
	require.NoError(t, err, "each may hold its own")
	write("bot")
	_, err = New(o)
	require.ErrorContains(t, err, "configuration:\nMUSTER_API_TOKENS and MUSTER_API_TOKENS_FILE together: token 2 (bot)")

	o.Gateway, o.Worker = false, true
	_, err = New(o)
	require.NoError(t, err, "whoever serves no API needs no tokens")
}
