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

// What is wrong with a token stops the start and names the setting that it is in.
func TestTokensThatProtectNothingStopTheStart(t *testing.T) {
	t.Parallel()
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "tokens.yaml")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	good := access.Hash("a-token-of-some-length")
	for name, c := range map[string]struct{ variable, value, want string }{
		"nothing":                {"MUSTER_API_TOKENS", " ", "MUSTER_API_TOKENS is set to nothing"},
		"no file":                {"MUSTER_API_TOKENS_FILE", "", "MUSTER_API_TOKENS_FILE is set to nothing"},
		"no hash":                {"MUSTER_API_TOKENS", "bot::respond:", "MUSTER_API_TOKENS: token 1: (bot): has no hash"},
		"the token itself":       {"MUSTER_API_TOKENS", "bot::respond:muster_ABCDEFGHIJKLMNOPQRSTUVWXYZ", "MUSTER_API_TOKENS: token 1: (bot): holds the token itself"},
		"a short hash":           {"MUSTER_API_TOKENS", "bot::respond:" + good[:40], "64 hexadecimal digits"},
		"an empty token":         {"MUSTER_API_TOKENS", "bot::respond:" + access.Hash(""), "MUSTER_API_TOKENS: token 1: (bot): its hash is that of an empty token"},
		"an empty file":          {"MUSTER_API_TOKENS_FILE", file(""), "MUSTER_API_TOKENS_FILE: "},
		"an unhashed one there":  {"MUSTER_API_TOKENS_FILE", file("tokens: [{name: a, scopes: [read], sha256: muster_ABC}]"), "MUSTER_API_TOKENS_FILE: token 1: (a): holds the token itself"},
		"twice in the same list": {"MUSTER_API_TOKENS", "a::read:" + good + ",b::read:" + good, "MUSTER_API_TOKENS: token 2 (b): its name or hash is there already"},
	} {
		o := Options{Gateway: true, Lookup: func(name string) (string, bool) {
			if name == c.variable {
				return c.value, true
			}
			return "", false
		}}
		_, err := New(o)
		require.ErrorContains(t, err, c.want, name)
		require.NotContains(t, err.Error(), good[:20])
		require.NotContains(t, err.Error(), "ABCDEF")
	}
}
