package incident

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What somebody may press leads to a web page, wherever it was sent from.
func TestLinksFromOutsideLeadToTheWeb(t *testing.T) {
	t.Parallel()
	for _, link := range []string{"https://acme.slack.com/archives/C1/p1", "http://wiki.example.com", "HTTPS://example.com/x?y#z"} {
		require.Equal(t, link, WebLink(link))
		require.NoError(t, Capture{Meta: alice, Text: "x", Source: MessageRef{URL: link}}.Check(declared(), monday))
	}
	for _, link := range []string{
		"javascript:alert(1)", "JavaScript:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "file:///etc/passwd", "vbscript:x", "ftp://example.com",
		"//example.com", "example.com", "https://", "https:///x", "https://alice:secret@example.com", "ssh://example.com", "slack://open", " https://example.com",
	} {
		require.Empty(t, WebLink(link), link)
		refused := problem(t, Capture{Meta: alice, Text: "x", Source: MessageRef{URL: link}}.Check(declared(), monday))
		require.Equal(t, "source.url", refused.Field)
		_, err := Declaration{Title: "x", Severity: 3, Carried: &Carried{Text: "x", Source: MessageRef{URL: link}}}.Normal()
		require.Equal(t, "carried.source.url", problem(t, err).Field)
		i := declared()
		i.ReportPage(minute(1), PageReport{Page: 1, Status: PagePaging, URL: link})
		require.Empty(t, i.Pages[0].URL)
	}
	require.Empty(t, WebLink(""))
}
