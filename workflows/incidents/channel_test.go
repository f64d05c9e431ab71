package incidents

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

// archiving is an incident whose channel is archived a week after its end.
func archiving(severity incident.Severity) IncidentInput {
	in := declared(severity)
	in.Slice.Chat.ArchiveAfter = playbook.Exactly(7 * day)
	return in
}

func TestAQuietChannelIsArchivedAWeekAfterTheEnd(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("alice@example.com")})
	w.After(7*day, func() { require.Zero(t, w.Count("archive ")) })
	w.After(7*day+2*time.Minute, func() {
		require.True(t, w.Has("archive C1 since 11-18 10:01"), "%v", w.Calls)
		require.False(t, w.Facts().Links.Archived.IsZero())
	})
	w.After(8*day, func() { w.Env.SignalWorkflow(api.Retry, nil) })
	f := w.runIncident(archiving(5))
	require.Equal(t, incident.StatusClosed, f.Status)
	require.Equal(t, 1, w.Count("archive "))
	require.Zero(t, w.Count("furnish C2"))
	require.Empty(t, f.Snags)
}

func TestAChannelInWhichPeopleStillWriteIsLeftAWeekMore(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("alice@example.com")})
	said := time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)
	w.After(time.Hour, func() { w.Quiet = incident.Quiet{LastSaid: said} })
	w.After(8*day, func() {
		require.Equal(t, 1, w.Count("archive "))
		require.Zero(t, w.Facts().Links.Archived)
		w.Quiet = incident.Quiet{Archived: true}
	})
	w.After(11*day+6*time.Hour, func() {
		require.True(t, w.Has("archive C1 since 11-22 15:00"), "%v", w.Calls)
		require.NotZero(t, w.Facts().Links.Archived)
	})
	w.runIncident(archiving(5))
	require.Equal(t, 2, w.Count("archive "))
}

func TestTheIncidentStaysUntilItsChannelIsArchived(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := archiving(5)
	in.Slice.Linger = playbook.Exactly(day)
	w.Commands(time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.Breaks("archive ", outage("slack"))
	w.After(7*day+6*time.Hour, func() { w.Breaks("archive ", nil) })
	f := w.runIncident(in)
	require.NotZero(t, f.Links.Archived)
}

func TestReopeningAfterTheArchiveOpensALinkedChannel(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("alice@example.com")})
	w.Commands(10*day, api.Reopen, incident.Reopen{Meta: worldtest.By("bob@example.com"), Reason: "it is back"})
	w.After(10*day+time.Minute, func() {
		f := w.Facts()
		require.Equal(t, "C2", f.Links.Channel.ID)
		require.Equal(t, []incident.ChannelRef{{ID: "C1", Name: "inc-1-checkout-is-down", URL: "https://chat.example.com/C1"}}, f.Links.Former)
		require.Zero(t, f.Links.Archived)
		require.Equal(t, 1, w.Count("post C2 INC-1 Checkout is down"))
		require.Zero(t, w.Count("post C2 INC-1: "), "the board says what happened")
		require.NotZero(t, w.Count("furnish C2"))
		require.Empty(t, f.Snags)
	})
	w.Commands(11*day, api.Resolve, incident.Resolve{Meta: worldtest.By("alice@example.com")})
	w.runIncident(archiving(5))
	require.Equal(t, 1, w.Count("archive C1"))
	require.Equal(t, 1, w.Count("archive C2"))
	links := map[string]bool{}
	for _, m := range w.Texts {
		if m.Key == "test/INC-1/board/2" {
			for _, l := range m.Links {
				links[l.URL] = true
			}
		}
	}
	require.True(t, links["https://chat.example.com/C1"], "the new board leads back")
}

func TestAChannelArchivedByHandIsASnagThatRetryMends(t *testing.T) {
	w := newWorld(t, "INC-1")
	by1 := incident.Actor{Person: "bob@example.com", Way: incident.WaySlack}
	w.After(time.Minute, func() {
		for range 2 {
			w.Env.SignalWorkflow(api.ChannelChanged, api.ChannelChangedInput{DeliveryID: "e1", Channel: "C1", Archived: true, Actor: by1})
		}
	})
	calls := 0
	w.After(2*time.Minute, func() {
		f := w.Facts()
		require.Len(t, f.Snags, 1)
		require.Equal(t, "the channel was archived by hand", f.Snags[0].Reason)
		require.Equal(t, "unarchive it, or retry to open a new one", f.Snags[0].Mend)
		calls = w.Count("")
	})
	w.Commands(3*time.Minute, api.Update, incident.Update{Meta: worldtest.By("alice@example.com"), Text: "Looking"})
	w.After(2*day, func() {
		require.Zero(t, w.Count("post C1 INC-1: "), "nobody speaks into an archived channel")
		require.LessOrEqual(t, w.Count(""), calls+3, "nor is it tried again and again")
	})
	w.Commands(2*day+time.Minute, api.Retry, incident.Retry{Meta: worldtest.By("alice@example.com")})
	w.After(2*day+2*time.Minute, func() {
		f := w.Facts()
		require.Equal(t, "C2", f.Links.Channel.ID)
		require.Empty(t, f.Snags)
	})
	w.Commands(3*day, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	f := w.runIncident(declared(4))
	n := 0
	for _, e := range f.Timeline {
		if e.Event == "channel" && e.Actor == by1 {
			n++
		}
	}
	require.Equal(t, 1, n, "the event came twice")
}

func TestAnArchivedChannelOfWhichNoEventCameIsNoticedAtTheNextCall(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.After(time.Minute, func() {
		for _, call := range []string{"post C1", "edit C1", "furnish C1"} {
			w.Breaks(call, gone(fault.ChannelArchived))
		}
	})
	w.Commands(2*time.Minute, api.Update, incident.Update{Meta: worldtest.By("alice@example.com"), Text: "Looking"})
	w.After(3*time.Minute, func() {
		f := w.Facts()
		require.Len(t, f.Snags, 1, "one for the channel, and none for each of its mirrors")
		require.Equal(t, 1, strings.Count(timeline(f), "snag: "), timeline(f))
		require.Equal(t, "channel", f.Snags[0].Mirror)
		for _, call := range []string{"post C1", "edit C1", "furnish C1"} {
			w.Breaks(call, nil)
		}
		w.Env.SignalWorkflow(api.ChannelChanged, api.ChannelChangedInput{DeliveryID: "e2", Channel: "C1", Unarchived: true})
	})
	w.After(4*time.Minute, func() {
		require.Empty(t, w.Facts().Snags)
		require.Zero(t, w.Facts().Links.Archived)
		require.NotZero(t, w.Count("post C1 INC-1: status update"), "it is told now")
	})
	w.Commands(time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(4))
}

func TestAChannelArchivedAfterTheEndIsNoSnag(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("alice@example.com")})
	w.After(2*time.Minute, func() {
		w.Env.SignalWorkflow(api.ChannelChanged, api.ChannelChangedInput{DeliveryID: "e1", Channel: "C1", Archived: true})
	})
	w.Commands(3*time.Minute, api.Reopen, incident.Reopen{Meta: worldtest.By("alice@example.com")})
	w.After(4*time.Minute, func() { require.Equal(t, "C2", w.Facts().Links.Channel.ID, "it lives again") })
	w.Commands(5*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	f := w.runIncident(archiving(5))
	for _, e := range f.Timeline {
		require.NotEqual(t, "snag", e.Event, e.Text)
	}
}

func TestARenamedChannelIsShownByItsNewName(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.After(time.Minute, func() {
		w.Env.SignalWorkflow(api.ChannelChanged, api.ChannelChangedInput{DeliveryID: "e1", Channel: "C1", Name: "outage"})
		w.Env.SignalWorkflow(api.ChannelChanged, api.ChannelChangedInput{DeliveryID: "e2", Channel: "C9", Archived: true})
	})
	w.Commands(2*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	f := w.runIncident(declared(4))
	require.Equal(t, "outage", f.Links.Channel.Name)
}

func TestWithoutAChannelThereIsNothingToArchive(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Breaks("open #", refusedField())
	w.Commands(time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	f := w.runIncident(archiving(5))
	require.Empty(t, f.Snags)
	require.Zero(t, w.Count("archive "))
}

func TestEveryNewCommanderIsGivenTheFirstStepsOnce(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(4)
	in.Slice.Chat.FirstSteps = []string{"Breathe", "Say who does what"}
	for k, person := range []string{"carol@example.com", "dan@example.com", "carol@example.com"} {
		w.Commands(time.Duration(k+1)*time.Minute, api.Assign, incident.Assign{Meta: worldtest.By("bob@example.com"), Role: incident.RoleCommander, Person: person})
	}
	w.Commands(5*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(in)
	require.Equal(t, 2, w.Count("post C1 First steps"))
}

func TestAPromisedUpdateIsRemindedOfOnce(t *testing.T) {
	w := newWorld(t, "INC-1")
	start := time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC)
	promise := func(d time.Duration, until time.Duration) {
		w.Commands(d, api.Update, incident.Update{Meta: worldtest.By("alice@example.com"), Text: "Looking", Next: start.Add(until)})
	}
	promise(time.Minute, 31*time.Minute)
	promise(10*time.Minute, time.Hour) // an update in time, and another promise
	w.After(50*time.Minute, func() { require.Zero(t, w.Count("post C1 INC-1: a status update is due")) })
	w.After(3*time.Hour, func() { require.Equal(t, 1, w.Count("post C1 INC-1: a status update is due")) })
	promise(4*time.Hour, 5*time.Hour)
	w.Commands(4*time.Hour+time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(5))
	require.Equal(t, 1, w.Count("post C1 INC-1: a status update is due"), "what is over needs no update")
}

func TestADeletedChannelOfWhichNoEventCameIsNoticedAtTheNextCall(t *testing.T) {
	w := newWorld(t, "INC-1")
	calls := []string{"post C1", "edit C1", "furnish C1"}
	w.After(time.Minute, func() {
		for _, call := range calls {
			w.Breaks(call, gone(fault.ChannelMissing))
		}
	})
	w.Commands(2*time.Minute, api.Update, incident.Update{Meta: worldtest.By("alice@example.com"), Text: "Looking"})
	w.After(3*time.Minute, func() {
		f := w.Facts()
		require.Len(t, f.Snags, 1, "one for the channel, and none for each of its mirrors")
		require.Equal(t, "channel", f.Snags[0].Mirror)
		require.Equal(t, "the channel was deleted by hand", f.Snags[0].Reason)
		require.Equal(t, "retry to open a new one", f.Snags[0].Mend)
		require.NotZero(t, f.Links.Archived)
	})
	w.Commands(time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	require.Empty(t, w.runIncident(declared(4)).Snags)
}

func TestAnAppRemovedFromAPrivateChannelAsksToBeInvited(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(4)
	in.Declaration.Private = true
	calls := []string{"post C1", "edit C1", "furnish C1"}
	w.After(time.Minute, func() {
		for _, call := range calls {
			w.Breaks(call, gone(fault.ChannelMissing))
		}
	})
	w.Commands(2*time.Minute, api.Update, incident.Update{Meta: worldtest.By("alice@example.com"), Text: "Looking"})
	w.After(3*time.Minute, func() {
		f := w.Facts()
		require.NotEmpty(t, f.Snags)
		require.Zero(t, f.Links.Archived, "it may well exist")
		for _, call := range calls {
			w.Breaks(call, nil)
		}
	})
	w.Commands(4*time.Minute, api.Retry, incident.Retry{Meta: worldtest.By("alice@example.com")})
	w.After(5*time.Minute, func() {
		f := w.Facts()
		require.Empty(t, f.Snags)
		require.Equal(t, "test/INC-1/board/1", f.Links.Board.ID, "the board is still there")
		require.NotZero(t, w.Count("post C1 INC-1: status update"))
	})
	w.Commands(time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(in)
}

// timeline joins what the timeline says, for tests of single words.
func timeline(f incident.Incident) string {
	var b strings.Builder
	for _, e := range f.Timeline {
		b.WriteString(e.Event + ": " + e.Text + "\n")
	}
	return b.String()
}

func TestMustersOwnArchiveIsNotTakenForPeoples(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("alice@example.com")})
	w.Breaks("archive ", outage("slack")) // it was archived, but nobody heard the answer
	w.After(7*day+10*time.Minute, func() {
		require.NotZero(t, w.Count("archive "))
		w.Env.SignalWorkflow(api.ChannelChanged, api.ChannelChangedInput{DeliveryID: "e1", Channel: "C1", Archived: true})
	})
	f := w.runIncident(archiving(5))
	require.NotContains(t, timeline(f), "by hand")
	require.Empty(t, f.Snags)
	require.NotZero(t, f.Links.Archived)
}

// The end of a run may have cut the call off, and somebody reopens the incident before chat's own event comes.
func TestMustersOwnArchiveIsNotTakenForPeoplesThoughItWasReopenedSince(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("alice@example.com")})
	w.Breaks("archive ", outage("slack")) // it was archived, but nobody heard the answer
	reopened := 7*day + time.Minute + 30*time.Second
	w.Commands(reopened, api.Reopen, incident.Reopen{Meta: worldtest.By("alice@example.com")})
	w.After(reopened+time.Second, func() {
		require.NotZero(t, w.Count("archive "))
		w.Env.SignalWorkflow(api.ChannelChanged, api.ChannelChangedInput{DeliveryID: "e1", Channel: "C1", Archived: true})
	})
	w.After(reopened+time.Minute, func() {
		f := w.Facts()
		require.Empty(t, f.Snags)
		require.Equal(t, "C2", f.Links.Channel.ID, "a new one follows")
		w.Breaks("archive ", nil)
	})
	w.Commands(8*day, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	require.NotContains(t, timeline(w.runIncident(archiving(5))), "by hand")
}

func TestReopenedBeforeTheArchiveTheChannelStays(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("alice@example.com")})
	w.Breaks("archive ", outage("slack"))
	w.Commands(7*day+10*time.Minute, api.Reopen, incident.Reopen{Meta: worldtest.By("alice@example.com")})
	tries := 0
	w.After(7*day+11*time.Minute, func() { w.Breaks("archive ", nil); tries = w.Count("archive ") })
	w.After(9*day, func() {
		require.Equal(t, tries, w.Count("archive "))
		require.Zero(t, w.Facts().Links.Archived)
		w.Env.SignalWorkflow(api.ChannelChanged, api.ChannelChangedInput{DeliveryID: "e1", Channel: "C1", Archived: true})
	})
	w.After(9*day+time.Minute, func() { require.Len(t, w.Facts().Snags, 1, "that was people") })
	w.Commands(10*day, api.Resolve, incident.Resolve{Meta: worldtest.By("alice@example.com")})
	f := w.runIncident(archiving(5))
	require.Empty(t, f.Snags)
	require.Equal(t, "C1", f.Links.Channel.ID)
}

func TestAReviewDoesWithoutAnArchivedChannel(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("alice@example.com")})
	w.After(2*time.Minute, func() {
		for _, call := range []string{"post C1", "edit C1", "furnish C1", "reply C1"} {
			w.Breaks(call, gone(fault.ChannelArchived))
		}
		w.Env.SignalWorkflow(api.ChannelChanged, api.ChannelChangedInput{DeliveryID: "e1", Channel: "C1", Archived: true})
	})
	w.Commands(8*day, api.HoldReview, incident.HoldReview{Meta: worldtest.By("bob@example.com")})
	f := w.runIncident(archiving(1))
	require.Equal(t, incident.StatusClosed, f.Status)
	require.Empty(t, f.Snags)
	require.NotContains(t, timeline(f), "snag")
}

func TestAChannelThatIsTakenBackIsArchivedAWeekLater(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("alice@example.com")})
	w.After(8*day, func() {
		require.NotZero(t, w.Facts().Links.Archived)
		w.Env.SignalWorkflow(api.ChannelChanged, api.ChannelChangedInput{DeliveryID: "e1", Channel: "C1", Unarchived: true})
	})
	w.After(14*day, func() {
		require.Zero(t, w.Facts().Links.Archived)
		require.Equal(t, 1, w.Count("archive "))
	})
	f := w.runIncident(archiving(5))
	require.NotZero(t, f.Links.Archived)
	require.Equal(t, 2, w.Count("archive "))
}
