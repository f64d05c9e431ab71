package incidents_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/archive"
	"muster/archive/query"
	"muster/gateway/incidents"
	"muster/gateway/internal/gatewaytest"
	"muster/incident"
	"muster/integrations/fault"
)

func monday() time.Time { return time.Date(2026, 3, 2, 0, 30, 0, 0, time.UTC) }

func keys(f incidents.Found) []string {
	out := []string{}
	for _, h := range f.Hits {
		out = append(out, h.Key)
	}
	return out
}

func TestWithoutAnArchiveNothingIsSearched(t *testing.T) {
	t.Parallel()
	_, err := incidents.New(incidents.Options{}).Search(t.Context(), incidents.Search{Text: "disk"})
	p, ok := incident.AsProblem(err)
	require.True(t, ok)
	require.Equal(t, incident.CodeIllegal, p.Code)
	require.Equal(t, "archive: there is no archive here; set MUSTER_ARCHIVE, see docs/archive.md", p.Error())
}

func TestASearchFindsWhatItsViewerMaySee(t *testing.T) {
	t.Parallel()
	c := gatewaytest.Search(t, monday, gatewaytest.Past(monday())...)
	for _, who := range []struct {
		viewer incidents.Viewer
		finds  []string
	}{
		{incidents.Viewer{Person: "alice@example.com"}, []string{"INC-3", "INC-1"}},
		{incidents.Viewer{Person: "bob@example.com"}, []string{"INC-3", "INC-2", "INC-1"}},
		{incidents.Viewer{Private: true}, []string{"INC-3", "INC-2", "INC-1"}},
		{incidents.Viewer{Person: "bob@example.com", Guest: true}, []string{"INC-2"}},
		{incidents.Viewer{}, []string{"INC-3", "INC-1"}},
	} {
		found, err := c.Search(t.Context(), incidents.Search{Text: "disk since:7d", Viewer: who.viewer})
		require.NoError(t, err)
		require.Equal(t, who.finds, keys(found), "%+v", who.viewer)
		require.Equal(t, len(who.finds), found.Count)
		require.Empty(t, found.NextPageToken)
	}
	_, err := c.Search(t.Context(), incidents.Search{Text: "severity:9"})
	p, ok := incident.AsProblem(err)
	require.True(t, ok)
	require.Equal(t, "q", p.Field)
}

func TestDaysBeginWhereWhoeverAsksIs(t *testing.T) {
	t.Parallel()
	c := gatewaytest.Search(t, monday, gatewaytest.Past(monday())...)
	newYork, err := time.LoadLocation("America/New_York") // where it is still Sunday, and was Saturday when INC-3 was declared
	require.NoError(t, err)
	for zone, finds := range map[*time.Location]int{time.UTC: 1, newYork: 0} {
		found, err := c.Search(t.Context(), incidents.Search{Text: "since:2026-03-01", Zone: zone})
		require.NoError(t, err)
		require.Len(t, found.Hits, finds, zone)
	}
}

func TestATokenGoesOnWithItsOwnSearchAlone(t *testing.T) {
	t.Parallel()
	c := gatewaytest.Search(t, monday, gatewaytest.Past(monday())...)
	bob := incidents.Viewer{Person: "bob@example.com"}
	first, err := c.Search(t.Context(), incidents.Search{Text: "disk", Limit: 2, Viewer: bob})
	require.NoError(t, err)
	require.Equal(t, []string{"INC-3", "INC-2"}, keys(first))
	require.NotEmpty(t, first.NextPageToken)
	rest, err := c.Search(t.Context(), incidents.Search{Text: "disk", Limit: 2, PageToken: first.NextPageToken, Viewer: bob})
	require.NoError(t, err)
	require.Equal(t, []string{"INC-1"}, keys(rest))
	require.Zero(t, rest.Count)
	require.Empty(t, rest.NextPageToken)
	for why, s := range map[string]incidents.Search{
		"another query":  {Text: "full", PageToken: first.NextPageToken, Viewer: bob},
		"another viewer": {Text: "disk", PageToken: first.NextPageToken, Viewer: incidents.Viewer{Person: "alice@example.com"}},
		"nobody's":       {Text: "disk", PageToken: "bm9uZQ", Viewer: bob},
		"a number":       {Text: "disk", PageToken: "2", Viewer: bob},
	} {
		_, err := c.Search(t.Context(), s)
		p, ok := incident.AsProblem(err)
		require.True(t, ok, "%s: %v", why, err)
		require.Equal(t, "page_token", p.Field, why)
	}
}

func TestASearchNeedsNoTemporal(t *testing.T) {
	t.Parallel()
	c := gatewaytest.Search(t, monday, gatewaytest.Past(monday())...)
	c.Away.Store(true)
	found, err := c.Search(t.Context(), incidents.Search{Text: "disk", Limit: 1})
	require.NoError(t, err)
	require.Equal(t, []string{"INC-3"}, keys(found))
	require.Empty(t, found.NextPageToken)
	require.Contains(t, found.Rest, "while Temporal does not answer", "that there is more is said")
}

// broken is an archive that cannot be asked.
type broken struct {
	incidents.Archive
	err error
}

func (b broken) Search(context.Context, query.Query, archive.Viewer, archive.Page) (archive.Results, error) {
	return archive.Results{}, b.err
}

func TestAnArchiveThatIsAwayIsSaidToBeAway(t *testing.T) {
	t.Parallel()
	away := &fault.Error{Vendor: archive.Vendor, Operation: "search", Class: fault.Retryable, Reason: "the database is busy"}
	_, err := incidents.New(incidents.Options{Archive: broken{err: away}}).Search(t.Context(), incidents.Search{Text: "disk"})
	require.ErrorIs(t, err, incidents.ErrArchiveAway)
	require.EqualError(t, err, "search: the archive does not answer: the database is busy; try again")
	newer := &fault.Error{Vendor: archive.Vendor, Operation: "search", Class: fault.Permanent, Reason: "its schema is newer"}
	_, err = incidents.New(incidents.Options{Archive: broken{err: newer}}).Search(t.Context(), incidents.Search{Text: "disk"})
	require.Error(t, err)
	require.NotErrorIs(t, err, incidents.ErrArchiveAway)
}
