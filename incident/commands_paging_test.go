package incident

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAcknowledgingTakesOnePageAndTheOthersRingOn(t *testing.T) {
	t.Parallel()
	i := declared()
	do(t, i, Acknowledge{Meta: alice, Page: 2, Person: "Bob@example.com"})
	require.Equal(t, []PageStatus{PagePaging, PageAcknowledged}, pageStatuses(i))
	require.Equal(t, "bob@example.com", i.Pages[1].By)
	require.Equal(t, 1, i.Pages[1].Revision)
	require.Equal(t, minute(30), i.responder("bob@example.com").JoinedAt, "who acknowledges is here")
	already(t, i, Acknowledge{Meta: alice, Page: 2, Person: "bob@example.com"})

	do(t, i, Acknowledge{Meta: alice})
	require.Equal(t, []PageStatus{PageAcknowledged, PageAcknowledged}, pageStatuses(i))
	require.Equal(t, "alice@example.com", i.Pages[0].By)
	require.Equal(t, "bob@example.com", i.Pages[1].By, "the page stays with who took it first")
	already(t, i, Acknowledge{Meta: alice})
}

func TestAcknowledgingIsRefusedWhenThereIsNothingToTake(t *testing.T) {
	t.Parallel()
	require.Equal(t, CodeNotFound, refuse(t, declared(), Acknowledge{Meta: alice, Page: 3}).Code)
	require.Equal(t, CodeNotFound, refuse(t, declared(), Acknowledge{Meta: alice, Page: -1}).Code)
	require.Equal(t, "person", refuse(t, declared(), Acknowledge{}).Field)
	for _, s := range []Status{StatusResolved, StatusClosed, StatusCancelled, StatusMerged} {
		p := refuse(t, incidentIn(t, s), Acknowledge{Meta: alice})
		require.Equal(t, CodeIllegal, p.Code)
		require.Contains(t, p.Reason, string(s))
	}
}

func TestMusteredWhenEveryRequiredPageIsAcknowledged(t *testing.T) {
	t.Parallel()
	i := declared()
	i.AddPage("database", true, time.Time{})
	do(t, i, Acknowledge{Meta: alice, Page: 2})
	require.True(t, i.MusteredAt.IsZero(), "a courtesy page is not required")
	do(t, i, Acknowledge{Meta: alice, Page: 1})
	require.True(t, i.MusteredAt.IsZero(), "the database is still missing")
	i.Invite(minute(31), "database@example.com")
	i.ReportPage(minute(32), PageReport{Page: 3, Status: PagePaging, Attempts: 1, Step: "primary"})
	require.True(t, i.MusteredAt.IsZero(), "neither an invitation nor an attempt is an answer")

	i.ReportPage(minute(33), PageReport{Page: 3, Status: PageAcknowledged, Attempts: 1, By: "bob@example.com"})
	require.Equal(t, minute(33), i.MusteredAt)
	require.Equal(t, "mustered", lastEntry(i).Event)

	i.ReportPage(minute(40), PageReport{Page: 3, Status: PagePaging, Attempts: 1})
	i.ReportPage(minute(50), PageReport{Page: 3, Status: PageAcknowledged, Attempts: 1, By: "bob@example.com"})
	require.Equal(t, minute(33), i.MusteredAt, "it happens once")
}

func TestNobodyMustersWherePagingIsNotRequired(t *testing.T) {
	t.Parallel()
	i := New(1, Declaration{Title: "Slow reports", Kind: KindNearMiss, Severity: 5, Actor: alice.Actor}, monday)
	i.AddPage("reports", false, time.Time{})
	do(t, i, Acknowledge{Meta: alice})
	require.True(t, i.MusteredAt.IsZero())
}

func TestWithdrawnPagesMusterNobody(t *testing.T) {
	t.Parallel()
	i := incidentIn(t, StatusResolved)
	i.ReportPage(minute(31), PageReport{Page: 1, Status: PageAcknowledged, Attempts: 1, By: "bob@example.com"})
	require.Equal(t, []PageStatus{PageWithdrawn, PageWithdrawn}, pageStatuses(i), "a late report does not revive a page")
	require.True(t, i.MusteredAt.IsZero())
}

func TestReportsOfAPageBecomeNews(t *testing.T) {
	t.Parallel()
	i := declared()
	type news struct{ event, text string }
	for _, step := range []struct {
		report PageReport
		want   news
	}{
		{PageReport{Attempts: 1, Step: "primary", Status: PagePaging}, news{"paged", "Paged checkout via primary"}},
		{PageReport{Attempts: 1, Step: "primary", Status: PagePaging}, news{}},
		{PageReport{Attempts: 1, Step: "backup", Status: PagePaging, Problem: "no answer"}, news{"page_problem", "Page to checkout via backup could not be delivered: no answer"}},
		{PageReport{Attempts: 1, Step: "backup", Status: PagePaging, Problem: "no answer"}, news{}},
		{PageReport{Attempts: 2, Step: "backup", Status: PageUnanswered}, news{"unanswered", "Nobody answered the page to checkout"}},
		{PageReport{Attempts: 2, Step: "backup", Status: PageAcknowledged, By: "Bob the Pager"}, news{"mustered", "Everybody required is here"}},
		{PageReport{Attempts: 2, Step: "backup", Status: PagePaging}, news{"unacknowledged", "The page to checkout is no longer acknowledged"}},
		{PageReport{Attempts: 2, Step: "backup", Status: PageAcknowledged, By: "Dave@example.com", URL: "https://pager.example.com/1"}, news{"acknowledged", "Dave@example.com acknowledged the page to checkout"}},
	} {
		before := i.Entries
		step.report.Page = 1
		i.ReportPage(minute(40), step.report)
		if step.want == (news{}) {
			require.Equal(t, before, i.Entries, "told twice is no news: %+v", step.report)
			continue
		}
		require.Equal(t, step.want, news{lastEntry(i).Event, lastEntry(i).Text})
	}
	require.Equal(t, "https://pager.example.com/1", i.Pages[0].URL)
	require.NotNil(t, i.responder("dave@example.com"))
	require.Nil(t, i.responder("Bob the Pager"), "a vendor's name is no person")
}

func TestAReportFromThePastDoesNotUndoACommand(t *testing.T) {
	t.Parallel()
	i := declared()
	do(t, i, Acknowledge{Meta: alice, Page: 1})
	i.ReportPage(minute(31), PageReport{Page: 1, Status: PagePaging, Attempts: 2, Step: "backup", Problem: "no answer"})
	require.Equal(t, PageAcknowledged, i.Pages[0].Status)
	require.Equal(t, "alice@example.com", i.Pages[0].By)
	require.Empty(t, i.Pages[0].Problem)
	require.Equal(t, 2, i.Pages[0].Attempts, "but what was done was done")

	before := copied(t, i)
	i.ReportPage(minute(32), PageReport{Page: 9, Status: PageAcknowledged})
	require.Equal(t, before, copied(t, i), "an unknown page changes nothing")
}

func TestAWaitingPageStartsWhenItIsWoken(t *testing.T) {
	t.Parallel()
	i := declared()
	require.Equal(t, 3, i.AddPage("database", true, minute(600)))
	require.Equal(t, PageWaiting, i.Page(3).Status)
	i.WakePage("database")
	i.WakePage("database")
	require.Equal(t, Page{Number: 3, Target: "database", Status: PagePaging, Required: true, Revision: 1}, *i.Page(3))
	i.WakePage("checkout")
	require.Zero(t, i.Page(1).Revision, "a page that does not wait needs no waking")
}
