package access_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway/access"
)

func TestTokensAreKnownByTheirHashOnly(t *testing.T) {
	t.Parallel()
	tokens, err := access.Parse("bot::read+respond:" + access.Hash("bot-token") + ", alice:Alice@example.com:admin:" + access.Hash("alice-token"))
	require.NoError(t, err)
	found, ok := access.Find(tokens, "alice-token")
	require.True(t, ok)
	require.Equal(t, "alice", found.Name)
	require.Equal(t, "alice@example.com", found.Person)
	found, ok = access.Find(tokens, "bot-token")
	require.True(t, ok)
	require.Empty(t, found.Person)
	for _, wrong := range []string{"", "alice", access.Hash("alice-token"), "alice-token "} {
		_, ok = access.Find(tokens, wrong)
		require.False(t, ok, wrong)
	}
	_, ok = access.Find([]access.Token{{Name: "unchecked"}}, "")
	require.False(t, ok)
}

func TestScopes(t *testing.T) {
	t.Parallel()
	for have, allows := range map[access.Scope][]access.Scope{
		access.Read: {access.Read}, access.Respond: {access.Read, access.Respond},
		access.Admin: {access.Read, access.Respond, access.Admin}, access.Private: {access.Private},
	} {
		for _, s := range access.All() {
			want := false
			for _, a := range allows {
				want = want || a == s
			}
			require.Equal(t, want, access.Scopes{have}.Has(s), "%s for %s", have, s)
		}
	}
	require.False(t, access.Scopes(nil).Has(access.Read))
}

func TestLoad(t *testing.T) {
	t.Parallel()
	tokens, err := access.Load([]byte("tokens:\n  - {name: alice, person: alice@example.com, scopes: [respond, private], sha256: " + access.Hash("t") + "}\n"))
	require.NoError(t, err)
	require.Equal(t, access.Scopes{access.Respond, access.Private}, tokens[0].Scopes)
	_, err = access.Load([]byte("tokens:\n  - {nmae: alice}\n"))
	require.ErrorContains(t, err, "nmae")
	_, err = access.Load([]byte("tokens: []\n"))
	require.ErrorContains(t, err, "no token")
}

func TestWhatIsWrongIsSaidWithoutTheHash(t *testing.T) {
	t.Parallel()
	h := access.Hash("secret")
	for text, want := range map[string]string{
		"a:b":                             "has 2 parts",
		"::read:" + h:                     "no usable name",
		"a:nobody:read:" + h:              "is no person",
		"a:::" + h:                        `"" is no scope`,
		"a::all:" + h:                     `"all" is no scope`,
		"a::read:" + h[:63]:               "64 hexadecimal digits",
		"a::read:" + h + " a::read:" + h:  "is there already",
		"a::read:" + h + "\nb::read:" + h: "is there already",
		" , ":                             "no token",
	} {
		_, err := access.Parse(text)
		require.ErrorContains(t, err, want, text)
		require.NotContains(t, err.Error(), h[:20])
	}
	_, err := access.Parse("a::wrong:x,b::read:" + strings.Repeat("z", 64))
	require.ErrorContains(t, err, "token 1")
	require.ErrorContains(t, err, "token 2")
}
