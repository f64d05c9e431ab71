package incident

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func pageStatuses(i *Incident) []PageStatus {
	var out []PageStatus
	for _, p := range i.Pages {
		out = append(out, p.Status)
	}
	return out
}

func lastEntry(i *Incident) Entry { return i.Timeline[len(i.Timeline)-1] }

func TestDeclaringIsTheFirstEntry(t *testing.T) {
	t.Parallel()
	i := declared()
	require.Equal(t, Entry{Seq: 1, At: monday, Actor: alice.Actor, Event: "declared", Text: "Declared: Checkout is down"}, i.Timeline[0])
	require.Equal(t, StatusOpen, i.Status)
	require.Equal(t, "carol@example.com", i.Holder(RoleCommander))
	require.Equal(t, []Responder{
		{Person: "carol@example.com", InvitedAt: monday},
		{Person: "alice@example.com", InvitedAt: monday, JoinedAt: monday},
	}, i.Responders, "who declares is here, who is made commander is only invited")
}

func TestATokenThatDeclaresIsNoResponder(t *testing.T) {
	t.Parallel()
	i := New(1, Declaration{Title: "Disk full", Kind: KindIncident, Severity: 3, Actor: Actor{Way: WayAPI, Token: "alerts"}}, monday)
	require.Empty(t, i.Responders)
	require.Equal(t, "alerts", i.DeclaredBy.String())
}

func TestStatusCommandsKeepTheTimes(t *testing.T) {
	t.Parallel()
	i := declared()
	do(t, i, Mitigate{Meta: alice, Text: "traffic moved"})
	require.Equal(t, minute(30), i.MitigatedAt)
	require.Equal(t, "Mitigated: traffic moved", lastEntry(i).Text)
	require.Equal(t, []PageStatus{PagePaging, PagePaging}, pageStatuses(i), "it may hurt again: pages go on")

	do(t, i, Resolve{Meta: alice, Learning: "Queues\nfill silently"})
	require.Equal(t, minute(30), i.ResolvedAt)
	require.Equal(t, "Queues fill silently", i.Learning)
	require.Equal(t, "resolved", lastEntry(i).Event)

	do(t, i, Reopen{Meta: alice, Reason: "still down in Oslo"})
	require.Equal(t, []time.Time{{}, {}, {}}, []time.Time{i.MitigatedAt, i.ResolvedAt, i.ClosedAt})
	require.Equal(t, "Queues fill silently", i.Learning, "what was learnt is not unlearnt")
}

func TestResolvingCancellingAndMergingWithdrawEveryPage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]Command{
		"resolve": Resolve{Meta: alice},
		"cancel":  Cancel{Meta: alice},
		"merge":   Merge{Meta: alice, Into: 7},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := declared()
			i.AddPage("database", true, minute(600))
			do(t, i, Acknowledge{Meta: alice, Page: 1})
			revisions := []int{i.Pages[0].Revision, i.Pages[1].Revision, i.Pages[2].Revision}
			do(t, i, c)
			require.Equal(t, []PageStatus{PageWithdrawn, PageWithdrawn, PageWithdrawn}, pageStatuses(i))
			for k, p := range i.Pages {
				require.Equal(t, revisions[k]+1, p.Revision, "the page's workflow must be told once")
			}
		})
	}
}

func TestALearningCanBeAddedAfterResolution(t *testing.T) {
	t.Parallel()
	i := incidentIn(t, StatusResolved)
	require.True(t, do(t, i, Resolve{Meta: alice, Learning: "Queues fill silently"}).Changed)
	require.Equal(t, "Queues fill silently", i.Learning)
	already(t, i, Resolve{Meta: alice, Learning: " Queues  fill silently"})
	already(t, i, Resolve{Meta: alice})
}

func TestReopeningHoldsAPendingReview(t *testing.T) {
	t.Parallel()
	i := incidentIn(t, StatusResolved)
	do(t, i, Reopen{Meta: alice})
	require.Equal(t, Review{Number: 1, Status: ReviewOnHold, Track: "standard", For: minute(30), Revision: 1}, i.Reviews[0])
}

func TestReopeningLeavesAHeldReviewAlone(t *testing.T) {
	t.Parallel()
	i := incidentIn(t, StatusClosed)
	held := i.Reviews[0]
	require.Equal(t, ReviewHeld, held.Status)
	do(t, i, Reopen{Meta: alice})
	require.Equal(t, []Review{held}, i.Reviews)
}

func TestReopeningAMergedIncidentSeparatesIt(t *testing.T) {
	t.Parallel()
	i := incidentIn(t, StatusMerged)
	require.Equal(t, 7, i.MergedInto)
	do(t, i, Reopen{Meta: alice})
	require.Zero(t, i.MergedInto)
}

func TestMerging(t *testing.T) {
	t.Parallel()
	i := declared()
	for _, into := range []int{0, -1, 42} {
		require.Equal(t, "into", refuse(t, i, Merge{Meta: alice, Into: into}).Field)
	}
	do(t, i, Merge{Meta: alice, Into: 7})
	require.Equal(t, "Merged into INC-7", lastEntry(i).Text)
	already(t, i, Merge{Meta: alice, Into: 7})
	refuse(t, i, Merge{Meta: alice, Into: 8})
}

func TestSayingHowItStands(t *testing.T) {
	t.Parallel()
	i := declared()
	do(t, i, Update{Meta: alice, Text: " Half of all carts work.\r\nMore at ten. "})
	require.Equal(t, "Half of all carts work.\nMore at ten.", i.LastUpdate)
	require.Equal(t, minute(30), i.UpdatedAt)
	do(t, i, Update{Meta: alice, Text: strings.Repeat("ö", maxEntryText)})
	for _, text := range []string{"", " \n\t", "\x00", strings.Repeat("ö", maxEntryText+1)} {
		require.Equal(t, "text", refuse(t, i, Update{Meta: alice, Text: text}).Field)
	}
}

func TestSeverityChangesWhileItIsNotOver(t *testing.T) {
	t.Parallel()
	for _, s := range Statuses() {
		i := incidentIn(t, s)
		already(t, i, ChangeSeverity{Meta: alice, Severity: 1})
		if s.Live() || s == StatusResolved {
			do(t, i, ChangeSeverity{Meta: alice, Severity: 2, Reason: "few people are hit"})
			require.Equal(t, "Severity 2, was 1: few people are hit", lastEntry(i).Text)
			continue
		}
		p := refuse(t, i, ChangeSeverity{Meta: alice, Severity: 2})
		require.Equal(t, CodeIllegal, p.Code)
		require.Contains(t, p.Reason, string(s))
	}
	for _, wrong := range []Severity{-1, 0, 6} {
		require.Equal(t, CodeInvalid, refuse(t, declared(), ChangeSeverity{Meta: alice, Severity: wrong}).Code)
	}
}

func TestRetitling(t *testing.T) {
	t.Parallel()
	i := declared()
	already(t, i, Retitle{Meta: alice, Title: "  Checkout\tis down "})
	do(t, i, Retitle{Meta: alice, Title: "Checkout is slow"})
	require.Equal(t, "Checkout is slow", i.Title)
	refuse(t, i, Retitle{Meta: alice, Title: "\n"})
}

func TestARoleIsHeldByOnePersonAtATime(t *testing.T) {
	t.Parallel()
	i := declared()
	do(t, i, Assign{Meta: alice, Role: RoleScribe, Person: "dave@example.com"})
	do(t, i, Assign{Meta: alice, Role: RoleCommander, Person: " Dave@Example.COM "})
	require.Equal(t, []RoleHolder{{RoleCommander, "dave@example.com"}, {RoleScribe, "dave@example.com"}}, i.Roles, "one person may hold two")
	require.Equal(t, "commander: dave@example.com, was carol@example.com", lastEntry(i).Text)
	already(t, i, Assign{Meta: alice, Role: RoleCommander, Person: "DAVE@example.com"})

	do(t, i, Assign{Meta: alice, Role: RoleCommander})
	require.Empty(t, i.Holder(RoleCommander))
	require.Equal(t, "commander: nobody, was dave@example.com", lastEntry(i).Text)
	already(t, i, Assign{Meta: alice, Role: RoleCommander})

	require.Equal(t, "role", refuse(t, i, Assign{Meta: alice, Person: "dave@example.com"}).Field)
	require.Equal(t, "person", refuse(t, i, Assign{Meta: alice, Role: RoleScribe, Person: "@dave"}).Field)
}

func TestAnInvitationIsNoJoin(t *testing.T) {
	t.Parallel()
	i := declared()
	do(t, i, Assign{Meta: alice, Role: RoleScribe, Person: "dave@example.com"})
	dave := i.responder("dave@example.com")
	require.Equal(t, minute(30), dave.InvitedAt)
	require.True(t, dave.JoinedAt.IsZero())

	do(t, i, Join{Meta: alice, Person: "Dave@example.com"})
	require.Equal(t, minute(30), i.responder("dave@example.com").JoinedAt)
	require.Equal(t, "dave@example.com joined", lastEntry(i).Text)
	already(t, i, Join{Meta: alice, Person: "dave@example.com"})
}

func TestWhoJoinsWithoutANameIsTheActor(t *testing.T) {
	t.Parallel()
	i := declared()
	already(t, i, Join{Meta: alice})
	require.Equal(t, "person", refuse(t, i, Join{}).Field, "nobody is no responder")
	require.Equal(t, "person", refuse(t, i, Join{Meta: by("U123")}).Field)
}

func TestRetryNeedsASnag(t *testing.T) {
	t.Parallel()
	i := declared()
	already(t, i, Retry{Meta: alice})
	i.Snags = []Snag{{Mirror: "chat", Step: "open the channel", Reason: "missing_scope", Since: monday}}
	require.Equal(t, "Trying 1 stuck steps again", do(t, i, Retry{Meta: alice}).Text)
	require.Len(t, i.Snags, 1, "only success clears a snag")
}
