package incident

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnInvitationByAPersonIsNoJoin(t *testing.T) {
	t.Parallel()
	i := declared()
	do(t, i, Invite{Meta: alice, Person: " Dan@Example.com"})
	dan := i.responder("dan@example.com")
	require.Equal(t, minute(30), dan.InvitedAt)
	require.True(t, dan.JoinedAt.IsZero())
	already(t, i, Invite{Meta: by("bob@example.com"), Person: "dan@example.com"})

	do(t, i, Join{Meta: by("dan@example.com")})
	require.Equal(t, minute(30), i.responder("dan@example.com").JoinedAt)
}

func TestAnInvitationThatWouldBeForgottenIsRefused(t *testing.T) {
	t.Parallel()
	i := declared()
	for k := range maxResponders {
		i.Invite(minute(1), fmt.Sprintf("p%d@example.com", k))
	}
	require.Equal(t, "person", refuse(t, i, Invite{Meta: alice, Person: "dan@example.com"}).Field)
	already(t, i, Invite{Meta: alice, Person: "p1@example.com"})
}

func TestPeopleWithoutAnAddressCanDoEverything(t *testing.T) {
	t.Parallel()
	i := declared()
	who := by("u024be7lh@slack")
	do(t, i, Join{Meta: who})
	do(t, i, Acknowledge{Meta: who, All: true})
	do(t, i, Assign{Meta: who, Role: RoleCommander, Person: "U024BE7LH@slack"})
	do(t, i, AddFollowUp{Meta: who, Title: "Write a runbook", Owner: "u024be7lh@slack"})
	require.Equal(t, "u024be7lh@slack", i.Holder(RoleCommander))
	require.Len(t, i.Responders, 3, "one person, however their name was written: %v", i.Responders)
}

func TestPagingSomebodyByHand(t *testing.T) {
	t.Parallel()
	i := declared()
	already(t, i, RaisePage{Meta: alice, Target: "checkout"})

	r := do(t, i, RaisePage{Meta: alice, Target: "database"})
	require.Equal(t, 3, r.Number)
	require.Equal(t, Page{Number: 3, Target: "database", Status: PagePaging}, *i.Page(3), "what a person asks for besides is not required")
	already(t, i, RaisePage{Meta: by("bob@example.com"), Target: "database"})
}

func TestATargetIsPagedOnceMoreByAPageOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, ended := range []PageStatus{PageAcknowledged, PageWithdrawn} {
		t.Run(string(ended), func(t *testing.T) {
			t.Parallel()
			i := declared()
			i.Pages[0].Status = ended
			before := i.Pages[0]
			require.Equal(t, 3, do(t, i, RaisePage{Meta: alice, Target: "checkout"}).Number)
			require.Equal(t, before, i.Pages[0], "the first one stays as it is")
			require.Equal(t, PagePaging, i.Page(3).Status)
			already(t, i, RaisePage{Meta: alice, Target: "checkout"})
		})
	}
}

func TestAPageThatNobodyAnsweredIsRepeatedNow(t *testing.T) {
	t.Parallel()
	i := declared()
	i.ReportPage(minute(20), PageReport{Page: 1, Status: PageUnanswered, Attempts: 3})
	r := do(t, i, RaisePage{Meta: alice, Target: "checkout"})
	require.Equal(t, "Page to checkout: again, now", r.Text)
	require.Equal(t, 1, r.Number)
	require.Equal(t, PagePaging, i.Page(1).Status)
	require.Equal(t, 1, i.Page(1).Revision, "its workflow hears of it")
}

func TestPagingNowWhomThePlaybookRequires(t *testing.T) {
	t.Parallel()
	i := declared()
	i.AddPage("network", true, minute(600))
	i.Pages[1].Status = PageWithdrawn
	courtesy := i.Pages[1].Target
	now := RaisePage{Meta: alice, Required: true}.Reaching([]string{"checkout", "network", courtesy})
	require.Equal(t, "Page to network and "+courtesy+": now", do(t, i, now).Text)
	require.Equal(t, []PageStatus{PagePaging, PageWithdrawn, PagePaging, PagePaging}, pageStatuses(i))
	already(t, i, now)
	require.Equal(t, "target", refuse(t, i, RaisePage{Meta: alice, Required: true, Target: "checkout"}).Field)
}

func TestAPageThatWaitsForTheMorningIsWoken(t *testing.T) {
	t.Parallel()
	i := declared()
	i.AddPage("network", true, minute(600))
	require.Equal(t, 3, do(t, i, RaisePage{Meta: alice, Target: "network"}).Number)
	require.Len(t, i.Pages, 3)
	require.Equal(t, PagePaging, i.Page(3).Status)
	require.True(t, i.Page(3).Required)
	require.Equal(t, 1, i.Page(3).Revision, "its workflow hears of it")
}

func TestAnAnswerToTheSecondPageMustersTheTarget(t *testing.T) {
	t.Parallel()
	i := declared()
	i.AddPage("checkout", false, time.Time{})
	require.True(t, i.MusteredAt.IsZero())
	i.ReportPage(minute(31), PageReport{Page: 3, Status: PageAcknowledged, Attempts: 1, By: "bob@example.com"})
	require.Equal(t, minute(31), i.MusteredAt)
}

func TestPagesHaveABound(t *testing.T) {
	t.Parallel()
	i := declared()
	for len(i.Pages) < maxPages {
		do(t, i, RaisePage{Meta: alice, Target: fmt.Sprintf("t%d", len(i.Pages))})
	}
	require.Equal(t, "target", refuse(t, i, RaisePage{Meta: alice, Target: "one-more"}).Field)
	already(t, i, RaisePage{Meta: alice, Target: "t50"})
}

var message = MessageRef{Channel: "C1", ID: "1700000000.000100", URL: "https://chat.example.com/p1"}

func TestACapturedMessageIsOnTheTimelineOnce(t *testing.T) {
	t.Parallel()
	i := declared()
	do(t, i, Capture{Meta: alice, Author: "bob@example.com", Text: "The queue\nis full", Source: message})
	require.Equal(t, "bob@example.com: The queue\nis full", lastEntry(i).Text)
	require.Equal(t, message, lastEntry(i).Source)
	already(t, i, Capture{Meta: by("carol@example.com"), Author: "bob@example.com", Text: "The queue is full", Source: message})

	other := message
	other.Channel = "C2" // IDs are unique within a channel only
	do(t, i, Capture{Meta: alice, Text: "The cache too", Source: other})
	do(t, i, Capture{Meta: alice, Text: "Called the vendor"})
	require.Equal(t, "Called the vendor", lastEntry(i).Text)
}

func TestTheTimelineFollowsACapturedMessage(t *testing.T) {
	t.Parallel()
	i := declared()
	do(t, i, Capture{Meta: alice, Author: "bob@example.com", Text: "The queue is full", Source: message})
	do(t, i, Mitigate{Meta: alice})
	entries := i.Entries

	require.True(t, i.Recapture(MessageChange{Message: message, Author: "bob@example.com", Text: "The cache is full"}))
	require.Equal(t, "bob@example.com: The cache is full", i.captured(message).Text)
	require.True(t, i.Recapture(MessageChange{Message: message, Author: "bob@example.com"}))
	require.Equal(t, "bob@example.com: (no text)", i.captured(message).Text, "a picture alone")
	require.True(t, i.Recapture(MessageChange{Message: message, Deleted: true}))
	require.True(t, i.Recapture(MessageChange{Message: message, Text: "late news of an edit"}))
	require.Equal(t, deletedText, i.captured(message).Text)
	require.Equal(t, entries, i.Entries)

	before := copied(t, i)
	require.False(t, i.Recapture(MessageChange{Message: MessageRef{Channel: "C1", ID: "9.9"}, Text: "x"}), "nobody captured it")
	require.False(t, i.Recapture(MessageChange{Text: "x"}), "entries without a message are no message")
	require.False(t, i.Recapture(MessageChange{Message: MessageRef{Channel: "C1", ID: "9.9"}, Deleted: true}))
	require.Equal(t, before, copied(t, i), "all of the timeline is here, and the message is not on it")
}

func TestAMessageThatIsDeletedLateIsRememberedForTheArchive(t *testing.T) {
	t.Parallel()
	i := declared()
	do(t, i, Capture{Meta: alice, Author: "bob@example.com", Text: "My password is 1234", Source: message})
	left := *i.captured(message)
	other := Entry{Text: "Called the vendor", Source: MessageRef{Channel: "C2", ID: message.ID}}
	i.Timeline = nil // an archive has it

	require.False(t, i.Recapture(MessageChange{Message: message, Deleted: true}))
	require.False(t, i.Recapture(MessageChange{Message: message, Deleted: true}))
	require.Equal(t, []MessageRef{{Channel: message.Channel, ID: message.ID}}, i.Unsaid)
	require.False(t, i.Unsay(&other))
	require.True(t, i.Unsay(&left))
	require.Equal(t, deletedText, left.Text)
	require.False(t, i.Unsay(&left), "it was")
	for k := range 2 * maxUnsaid {
		i.Recapture(MessageChange{Message: MessageRef{Channel: "C1", ID: strconv.Itoa(k)}, Deleted: true})
	}
	require.Len(t, i.Unsaid, maxUnsaid)
}

func TestAnyoneNominatesOnce(t *testing.T) {
	t.Parallel()
	i := declared()
	do(t, i, Nominate{Meta: alice, Reason: "we were\nlucky"})
	do(t, i, Nominate{Meta: by("bob@example.com")})
	already(t, i, Nominate{Meta: alice, Reason: "still"})
	require.Equal(t, []Nomination{
		{Person: "alice@example.com", Reason: "we were lucky", At: minute(30)},
		{Person: "bob@example.com", At: minute(30)},
	}, i.Nominations)
}

func TestANominationReawakensAClosedIncident(t *testing.T) {
	t.Parallel()
	i := incidentIn(t, StatusClosed)
	do(t, i, Nominate{Meta: alice})
	require.Equal(t, StatusResolved, i.Status)
	require.True(t, i.ClosedAt.IsZero())
}

func TestNominationsHaveABound(t *testing.T) {
	t.Parallel()
	i := declared()
	for k := range maxNominations {
		do(t, i, Nominate{Meta: by(fmt.Sprintf("p%d@example.com", k))})
	}
	refuse(t, i, Nominate{Meta: alice})
	already(t, i, Nominate{Meta: by("p7@example.com")})
}

func TestAnUpdatePromisesTheNext(t *testing.T) {
	t.Parallel()
	i := declared()
	r := do(t, i, Update{Meta: alice, Text: "Half of all carts work", Next: minute(60)})
	require.Equal(t, minute(60), i.NextUpdate)
	require.Equal(t, "Half of all carts work", r.Text)
	require.Equal(t, minute(60), lastEntry(i).Next, "each reader sees it in their own zone")
	require.Equal(t, "Half of all carts work", i.LastUpdate)

	do(t, i, Update{Meta: alice, Text: "All carts work", Next: minute(24 * 60)})
	do(t, i, Mitigate{Meta: alice})
	require.Equal(t, minute(24*60), i.NextUpdate)

	do(t, i, Update{Meta: alice, Text: "Nothing new"})
	require.True(t, i.NextUpdate.IsZero(), "who promises nothing takes the promise back")
}

func TestPromisesThatAreNone(t *testing.T) {
	t.Parallel()
	i := declared()
	for _, next := range []int{0, 30, -5, 60 * 24 * 40} { // every command comes at minute 30
		do(t, i, Update{Meta: alice, Text: "Half of all carts work", Next: minute(next)})
		require.True(t, i.NextUpdate.IsZero(), "minute %d", next)
	}
	i = incidentIn(t, StatusResolved)
	do(t, i, Update{Meta: alice, Text: "It stays well", Next: minute(60)})
	require.True(t, i.NextUpdate.IsZero())
}

func TestWhatEndsAnIncidentEndsItsPromises(t *testing.T) {
	t.Parallel()
	for _, c := range []Command{Resolve{Meta: alice}, Cancel{Meta: alice}, Merge{Meta: alice, Into: 7}} {
		i := declared()
		do(t, i, Update{Meta: alice, Text: "Half of all carts work", Next: minute(60)})
		do(t, i, c)
		require.True(t, i.NextUpdate.IsZero(), "%T", c)
	}
}
