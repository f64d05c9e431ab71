package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway/access"
	"muster/starter/internal/cli"
)

// tokens runs starter token with settings, and gives what it printed.
func tokens(t *testing.T, env map[string]string, args ...string) (out, complaint string, code int) {
	t.Helper()
	return offline(t, env, append([]string{"token"}, args...)...)
}

func TestATokenIsMadeStoredListedAndRevoked(t *testing.T) {
	t.Parallel()
	out, _, code := tokens(t, nil, "new", "deploys", "--scopes", "respond,private", "--expires", "2027-01-31")
	require.Equal(t, cli.ExitOK, code)
	token := regexp.MustCompile(`muster_[A-Z2-7]{26}`).FindAllString(out, -1)
	require.Len(t, token, 1, "it is printed once: %s", out)
	line := regexp.MustCompile(`(?m)^  (deploys::respond\+private:[0-9a-f]{64}:2027-01-31)$`).FindStringSubmatch(out)
	require.NotNil(t, line, out)

	out, _, _ = tokens(t, nil, "new", "alice", "--scopes", "read", "--person", "Alice@example.com", "-o", "json")
	var alice struct{ Token, Line, YAML string }
	require.NoError(t, json.Unmarshal([]byte(out), &alice))
	require.Contains(t, alice.Line, "alice:alice@example.com:read:"+access.Hash(alice.Token))

	path := filepath.Join(t.TempDir(), "tokens.yaml")
	other := "- {name: old, scopes: [read], sha256: " + access.Hash("another-token-of-some-length") + ", expires: 2026-11-20}"
	require.NoError(t, os.WriteFile(path, []byte("# who may call us\ntokens:\n  "+alice.YAML+"\n  "+other+"\n"), 0o640))
	env := map[string]string{"MUSTER_API_TOKENS": line[1], "MUSTER_API_TOKENS_FILE": path}

	out, _, code = tokens(t, env, "list")
	require.Equal(t, cli.ExitOK, code)
	require.Regexp(t, `deploys +itself +respond\+private +2027-01-31 +MUSTER_API_TOKENS\n`, out)
	require.Regexp(t, `alice +alice@example.com +read +never +MUSTER_API_TOKENS_FILE\n`, out)
	require.Regexp(t, `old +itself +read +2026-11-20 \(over\)`, out)
	require.NotContains(t, out, access.Hash(alice.Token)[:16], "hashes are nobody's business")

	out, _, code = tokens(t, env, "revoke", "alice")
	require.Equal(t, cli.ExitOK, code)
	require.Contains(t, out, "alice is taken out")
	left, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(left), "# who may call us")
	known, err := access.Load(left)
	require.NoError(t, err)
	require.Len(t, known, 1)
	_, ok := access.Find(known, alice.Token)
	require.False(t, ok)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o640), info.Mode().Perm())

	out, _, _ = tokens(t, map[string]string{"MUSTER_API_TOKENS": line[1] + ", " + alice.Line}, "revoke", "deploys")
	require.Contains(t, out, "Until then the token is taken")
	require.Contains(t, out, alice.Line)
	require.NotContains(t, out, line[1])
	out, _, _ = tokens(t, map[string]string{"MUSTER_API_TOKENS": line[1]}, "revoke", "deploys")
	require.Contains(t, out, "unset it")
}

func TestATokenThatWouldBeWrongIsNotMade(t *testing.T) {
	t.Parallel()
	held := map[string]string{"MUSTER_API_TOKENS": "bot::read:" + access.Hash("another-token-of-some-length")}
	for name, c := range map[string]struct {
		env  map[string]string
		args []string
		want string
		code int
	}{
		"no scopes":        {nil, []string{"new", "bot"}, "has no scopes", cli.ExitUsage},
		"a scope unknown":  {nil, []string{"new", "bot", "--scopes", "all"}, `"all" is no scope`, cli.ExitUsage},
		"nobody":           {nil, []string{"new", "bot", "--scopes", "read", "--person", "bob"}, "is no person", cli.ExitUsage},
		"no day":           {nil, []string{"new", "bot", "--scopes", "read", "--expires", "soon"}, "is no day", cli.ExitUsage},
		"over already":     {nil, []string{"new", "bot", "--scopes", "read", "--expires", "2026-11-20"}, "is over", cli.ExitUsage},
		"two of a name":    {held, []string{"new", "bot", "--scopes", "read"}, "there is a token bot already", cli.ExitUsage},
		"not to be stored": {nil, []string{"new", "a:b", "--scopes", "read"}, "no usable name", cli.ExitUsage},
		"nothing to take":  {held, []string{"revoke", "alice"}, "is not stored here", cli.ExitNotFound},
		"a broken setting": {map[string]string{"MUSTER_API_TOKENS": "x"}, []string{"list"}, "MUSTER_API_TOKENS: token 1", cli.ExitUsage},
		"a missing file":   {map[string]string{"MUSTER_API_TOKENS_FILE": "/nowhere"}, []string{"list"}, "MUSTER_API_TOKENS_FILE: open", cli.ExitUsage},
	} {
		out, complaint, code := tokens(t, c.env, c.args...)
		require.Equal(t, c.code, code, name)
		require.Contains(t, complaint, c.want, name)
		require.NotContains(t, out, "muster_", name)
	}
	out, _, _ := tokens(t, nil, "list")
	require.Contains(t, out, "refuses everybody")
}
