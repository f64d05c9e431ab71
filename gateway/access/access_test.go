package access_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway/access"
)

func TestTokensAreKnownByTheirHashOnly(t *testing.T) {
	t.Parallel()
	tokens, err := access.Parse("bot::read+respond:" + access.Hash("bot-token-of-some-length") + ", alice:Alice@example.com:admin:" + access.Hash("alice-token-of-some-length"))
	require.NoError(t, err)
	found, ok := access.Find(tokens, "alice-token-of-some-length")
	require.True(t, ok)
	require.Equal(t, "alice", found.Name)
	require.Equal(t, "alice@example.com", found.Person)
	found, ok = access.Find(tokens, "bot-token-of-some-length")
	require.True(t, ok)
	require.Empty(t, found.Person)
	for _, wrong := range []string{"", "alice", access.Hash("alice-token-of-some-length"), "alice-token-of-some-length "} {
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
		access.Admin: {access.Read, access.Respond, access.Admin}, access.Private: {access.Private}, access.Codec: {access.Codec},
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
	h := access.Hash("not to be guessed")
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
	for text, want := range map[string]string{
		"a::read:": "has no hash",
		"a::read:muster_ABCDEFGHIJKLMNOPQRSTUVWXYZ": "holds the token itself",
		"a::read:plain-token":                       "is not 64 hexadecimal digits",
		"a::read:" + access.Hash(""):                "a word that anybody would try",
		"a::read:" + access.Hash("\n"):              "a word that anybody would try",
		"a::read:" + access.Hash("test"):            "a word that anybody would try",
		"a::read:" + access.Hash("a"):               "a word that anybody would try",
		"a::read:" + strings.Repeat("0", 64):        "all zeros",
		"a::read:" + h + ":tomorrow":                `"tomorrow" is no day`,
		"a::read:" + h + ":2027-02-30":              "is no day",
	} {
		_, err := access.Parse(text)
		require.ErrorContains(t, err, want, text)
		require.ErrorContains(t, err, "(a)")
	}
	_, err := access.Parse("a::wrong:x,b::read:" + strings.Repeat("z", 64))
	require.ErrorContains(t, err, "token 1")
	require.ErrorContains(t, err, "token 2")
}

func TestANewTokenIsTakenAsItIsStored(t *testing.T) {
	t.Parallel()
	token, stored, err := access.New(access.Token{Name: "deploys", Person: " Alice@example.com", Scopes: access.Scopes{access.Respond, access.Private}, Expires: "2027-01-31"})
	require.NoError(t, err)
	another, _, err := access.New(access.Token{Name: "deploys", Scopes: access.Scopes{access.Read}})
	require.NoError(t, err)
	require.NotEqual(t, token, another)
	require.Greater(t, len(token), access.MinLength)
	require.NotContains(t, stored.Line()+stored.YAML(), token)

	fromLine, err := access.Parse(stored.Line())
	require.NoError(t, err)
	fromFile, err := access.Load([]byte("tokens:\n  " + stored.YAML() + "\n"))
	require.NoError(t, err)
	for _, tokens := range [][]access.Token{fromLine, fromFile} {
		found, ok := access.Find(tokens, token)
		require.True(t, ok)
		require.Equal(t, stored, found)
		require.Equal(t, "alice@example.com", found.Person)
	}
	last := time.Date(2027, 1, 31, 23, 59, 59, 0, time.UTC)
	require.False(t, stored.Expired(last))
	require.True(t, stored.Expired(last.Add(time.Second)))
	_, _, err = access.New(access.Token{Name: "deploys"})
	require.ErrorContains(t, err, "has no scopes")
}

// The hash of a token that is short can be turned back, so it is nobody's.
func TestAShortTokenIsNobodys(t *testing.T) {
	t.Parallel()
	short := strings.Repeat("x", access.MinLength-1)
	tokens, err := access.Parse("a::read:" + access.Hash(short))
	require.NoError(t, err)
	_, ok := access.Find(tokens, short)
	require.False(t, ok)
}
