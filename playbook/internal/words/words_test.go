package words

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatWasTypedIsShownShortAndWithoutSecrets(t *testing.T) {
	t.Parallel()
	require.Equal(t, `"soon"`, Quote("soon"))
	require.Equal(t, `"`+strings.Repeat("é", 59)+`…"`, Quote(strings.Repeat("é", 61)))
	require.Equal(t, "(a secret, not shown)", Quote("xoxb-123456-abcdef"))
	kind, at := FindSecret("a key: xoxb-123456-abcdef")
	require.Equal(t, "a Slack token", kind)
	require.Equal(t, 7, at)
}

func TestAMistypedWordMeetsTheOneThatWasMeant(t *testing.T) {
	t.Parallel()
	known := []string{"checkout", "search"}
	require.Equal(t, "did you mean checkout? known: checkout, search", Suggest("Chekcout", known))
	require.Equal(t, "known: checkout, search", Suggest("website", known))
	require.Empty(t, Suggest("website", nil))
	require.Equal(t, 1, Distance("abcd", "acbd"), "two neighbours that are swapped are one slip")

	many := strings.Split(strings.Repeat("service ", 24)+"checkout", " ")
	require.Equal(t, "did you mean checkout?", Suggest("chekout", many))
	require.Contains(t, Suggest("else", many), " and 5 more")
}

func TestListsAndNumbers(t *testing.T) {
	t.Parallel()
	require.Equal(t, "a, b or c", Or([]string{"a", "b", "c"}))
	require.Equal(t, "a", Or([]string{"a"}))
	require.Equal(t, "1 error", Count(1, "error"))
	require.Equal(t, "0 errors", Count(0, "error"))
}
