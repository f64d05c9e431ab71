package slackdoor_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestADefectAnswersThePersonAndEndsNothing(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		ch := w.channelOf(1, w.alice)
		w.is(func(r *record) { r.panics = func() { panic("a defect") } })
		require.Contains(t, w.alice.slashIn(ch, "/incident mitigate rolled back"), "Something went wrong in Muster")
		r := w.alice.answer("incidents", "/incident resovle")
		w.alice.presses(r, "Resolve") // asks for which incident: no command yet
		w.alice.slashIn(ch, "/incident update")
		w.alice.submits(map[string]string{"text": "It is the database"})
		require.Contains(t, w.alice.sees("update").Errors["text"], "went wrong")
		w.is(func(r *record) { r.panics = nil })
		w.alice.submits(nil)
		require.Equal(t, "It is the database", w.incident(1).LastUpdate)
	})
}

// A message says that its writer is here; while that fails, Slack brings it again.
func TestADefectInAnEventHasItSentAgain(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		ch := w.channelOf(1, w.alice)
		m, err := w.alice.Posts(ch, "Disk is full")
		require.NoError(t, err)
		times := 0
		w.is(func(r *record) {
			r.panics = func() {
				if times++; times == 1 {
					panic("a defect")
				}
			}
		})
		require.NoError(t, w.alice.Reacts(ch, m.TS, "pushpin"))
		w.eventually(func() bool { return hasEntry(w.incident(1), "Disk is full") }, "captured by a retry")
	})
}

func TestEverybodyOfALongLineIsInvited(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		ch := w.channelOf(1, w.alice)
		line := "/incident invite"
		for k := range 14 {
			email := fmt.Sprintf("guest%02d@example.com", k)
			line += " <@" + w.sim.AddUser(email, fmt.Sprintf("Guest %d", k)) + ">"
		}
		said := w.alice.slashIn(ch, line)
		for k := range 14 {
			email := fmt.Sprintf("guest%02d@example.com", k)
			require.True(t, invited(w.incident(1), email), email)
			require.Contains(t, said, email, "the answer names each")
		}
	})
}

// The first submission was applied, though its answer said that this is not known. What was
// changed in the form since then must not be taken for a repetition.
func TestAFormThatIsCorrectedAfterADoubtfulAnswerIsNoRepetition(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		ch := w.channelOf(1, w.alice)
		w.alice.slashIn(ch, "/incident update")
		w.is(func(r *record) { r.unsure = true })
		w.alice.submits(map[string]string{"text": "It is the database"})
		require.Contains(t, w.alice.sees("update").Errors["text"], "Not recorded")
		w.is(func(r *record) { r.unsure = false })
		w.alice.submits(map[string]string{"text": "It is the cache"})
		require.Equal(t, "It is the cache", w.incident(1).LastUpdate)
	})
}

func TestAFormThatIsSentAgainUnchangedIsOneCommand(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		ch := w.channelOf(1, w.alice)
		w.alice.slashIn(ch, "/incident follow-up")
		w.is(func(r *record) { r.unsure = true })
		w.alice.submits(map[string]string{"title": "Alert on disk space"})
		w.is(func(r *record) { r.unsure = false })
		w.alice.submits(map[string]string{"title": "Alert on disk space"})
		require.Len(t, w.incident(1).FollowUps, 1)
		w.is(func(r *record) {
			given := slices.DeleteFunc(slices.Clone(r.commands), func(c string) bool { return !strings.HasPrefix(c, "AddFollowUp") })
			require.Len(t, given, 2)
			require.Equal(t, given[0], given[1], "under one ID")
		})
	})
}

func TestAQuestionIsReplacedByWhatCameOfIt(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		r := w.alice.answer("incidents", "/incident outage")
		require.Contains(t, w.alice.hears(), "Is it a new incident?")
		w.is(func(r *record) { r.away = true })
		w.alice.presses(r, "Declare it")
		w.alice.hearsSoon("Not recorded")
		require.Contains(t, w.alice.hears(), "Is it a new incident?", "it can be answered again")
		w.is(func(r *record) { r.away = false })
		w.alice.presses(r, "Declare it")
		w.alice.hearsSoon("INC-1 is declared")
		require.NotContains(t, w.alice.hears(), "Is it a new incident?")
	})
}

// Socket Mode takes less in an acknowledgement than a message may be, above all where letters
// take three bytes.
func TestALongListArrivesWhole(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		for k := range 40 {
			if k == 20 { // nobody declares more at once
				w.later(5 * time.Minute)
			}
			w.alice.slash(fmt.Sprintf("/incident declare %s %d", strings.Repeat("障害", 90), k))
		}
		heard := w.alice.slash("/incident list") + w.alice.hears()
		if !strings.Contains(heard, "40 incidents") {
			w.alice.hearsSoon("40 incidents")
			heard = w.alice.hears()
		}
		require.Contains(t, heard, "INC-40")
	})
}

func TestAPastedAlertDeclaresThoughItIsNoTitle(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		alert := strings.TrimSpace(strings.Repeat("checkout answers 502 ", 30))
		require.Contains(t, w.alice.slash("/incident "+alert), "INC-1 is declared")
		i := w.incident(1)
		require.True(t, strings.HasPrefix(i.Title, "checkout answers 502"))
		require.True(t, hasEntry(i, alert), "all of it is on the timeline")
	})
}

func TestTakingAMessageOutOfAPrivatePlaceIsPointedOut(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		closed := w.sim.AddPrivateChannel("board-room")
		_, err := w.chat.FurnishChannel(t.Context(), closed, incident.Furnishing{Invite: []string{"alice@example.com"}})
		require.NoError(t, err)
		require.NoError(t, w.alice.Joins("incidents"))
		for where, warned := range map[string]bool{closed: true, "incidents": false} {
			m, err := w.alice.Posts(where, "We will lay people off")
			require.NoError(t, err)
			for callback, form := range map[string]string{"declare_message": "declare", "timeline_message": "pick"} {
				_, err = w.alice.MessageShortcut(callback, where, m.TS)
				require.NoError(t, err)
				require.Equal(t, warned, strings.Contains(w.alice.sees(form).Shown(), "not everybody may read"), "%s from %s", form, where)
				_, err = w.alice.ClosesModal()
				require.NoError(t, err)
			}
		}
	})
}

func TestGuestsSeeOnlyWhatTheyArePartOf(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.sim.MakeGuest("bob@example.com")
		w.alice.slash("/incident checkout is down")
		for _, line := range []string{"list", "list all", "show INC-1", "update INC-1 hello", "mitigate INC-1", "note hello", "subscribe severity<=5", "subscriptions"} {
			said := w.bob.slash("/incident " + line)
			require.NotContains(t, said, "checkout", line)
		}
		require.Empty(t, w.subs)
		require.Equal(t, incident.StatusOpen, w.incident(1).Status)
		require.Contains(t, w.bob.slash("/incident the coffee machine leaks"), "INC-2 is declared", "they may declare")
		require.NoError(t, w.bob.OpensHome())
		w.eventually(func() bool { _, ok := w.bob.Home(); return ok }, "bob's home tab")
		home, _ := w.bob.Home()
		require.Contains(t, home.Shown(), "coffee")
		require.NotContains(t, home.Shown(), "checkout")

		ch := w.channelOf(1, w.alice, w.bob)
		require.Contains(t, w.bob.slashIn(ch, "/incident update It is the database"), "INC-1", "who was let in works there")
	})
}

func TestAHomeTabWithoutWorkersIsShownAllTheSame(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		w.alice.slash("/incident")
		w.alice.submits(map[string]string{"title": "Insider takeover", "options": "private"})
		w.is(func(r *record) { r.idle = true })
		require.NoError(t, w.alice.OpensHome())
		w.eventually(func() bool { _, ok := w.alice.Home(); return ok }, "the home tab")
		home, _ := w.alice.Home()
		require.Contains(t, home.Shown(), "not complete")
		require.Contains(t, home.Shown(), "checkout is down")
		require.NotContains(t, home.Shown(), "Insider", "what is not known to be one's own is not shown")
		_, ok := home.Button(incident.ActionDeclare)
		require.True(t, ok)
	})
}

func TestAReactionToADeletedMessageIsNotAskedForAgain(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		ch := w.channelOf(1, w.alice)
		m, err := w.alice.Posts(ch, "Disk is full")
		require.NoError(t, err)
		gone := w.refusing("conversations.history", "channel_not_found")
		require.NoError(t, w.alice.Reacts(ch, m.TS, "pushpin"))
		w.eventually(func() bool { return w.sim.Log().Count("conversations.history") == 1 }, "it was asked for")
		w.sim.Faults().Clear(gone)
		other, err := w.alice.Posts(ch, "The queue is full")
		require.NoError(t, err)
		require.NoError(t, w.alice.Reacts(ch, other.TS, "pushpin"))
		w.eventually(func() bool { return hasEntry(w.incident(1), "The queue is full") }, "captured")
		require.Equal(t, 2, w.sim.Log().Count("conversations.history"))
		require.False(t, hasEntry(w.incident(1), "Disk is full"))
	})
}

// The home tab and global shortcuts are in no channel, where only one person could be shown something.
func TestWhoIsInNoChannelIsToldDirectly(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.refusing("views.open", "expired_trigger_id")
		_, err := w.alice.Shortcut("declare")
		require.NoError(t, err)
		w.eventually(func() bool { return len(w.sim.DirectMessages("alice@example.com")) == 1 }, "told")
		require.Contains(t, w.sim.DirectMessages("alice@example.com")[0].Shown, "could not be opened")
	})
}

func TestALineOfSeveralLinesFindsItsIncident(t *testing.T) {
	eachWay(t, func(w *world) {
		w.alice.slash("/incident checkout is down")
		r := w.alice.answer("incidents", "/incident update\nIt is the database")
		w.alice.presses(r, "This one")
		w.alice.hearsSoon("INC-1")
		w.eventually(func() bool { return w.incident(1).LastUpdate == "It is the database" }, "updated")
	})
}

func TestAPickedIncidentMustExistForWhoPicksIt(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident")
		w.alice.submits(map[string]string{"title": "Insider takeover", "options": "private"})
		w.bob.slash("/incident checkout is down")
		require.NoError(t, w.bob.Joins("incidents"))
		m, err := w.bob.Posts("incidents", "Look at this")
		require.NoError(t, err)
		for _, callback := range []string{"timeline_message", "nominate_message", "follow_up_message"} {
			_, err = w.bob.MessageShortcut(callback, "incidents", m.TS)
			require.NoError(t, err)
			require.NotContains(t, w.bob.sees("pick").Shown(), "INC-1")
			w.bob.submits(map[string]string{"number": "INC-1"})
			v := w.bob.sees("pick")
			require.Contains(t, v.Errors["incident"], "does not exist")
			require.NotContains(t, v.Shown(), "Insider")
			_, err = w.bob.ClosesModal()
			require.NoError(t, err)
		}
		i := w.incident(1)
		require.False(t, hasEntry(i, "Look at this"))
		require.Empty(t, i.Nominations)
	})
}

// In a channel that is shared with another company its people write and react too.
func TestWhatStrangersAndAppsDoInAChannelIsNoCommand(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.sim.AddStranger("mallory@example.com", "Mallory")
		mallory := w.person("mallory@example.com")
		w.alice.slash("/incident checkout is down")
		ch := w.channelOf(1, w.alice, mallory)
		m, err := w.alice.Posts(ch, "Disk is full")
		require.NoError(t, err)
		w.eventually(func() bool { return joined(w.incident(1), "alice@example.com") }, "alice is here")
		before := len(w.incident(1).Timeline)
		require.NoError(t, mallory.Reacts(ch, m.TS, "pushpin"))
		require.NoError(t, mallory.Reacts(ch, m.TS, "fast_forward"))
		_, err = mallory.Posts(ch, "I know this one")
		require.NoError(t, err)
		_, err = mallory.MessageShortcut("timeline_message", ch, m.TS)
		require.NoError(t, err)
		mallory.hearsSoon("Only people of this workspace")
		// What comes after it has been taken, so what was before has been too.
		require.NoError(t, w.alice.Reacts(ch, m.TS, "mortar_board"))
		w.eventually(func() bool { return len(w.incident(1).Nominations) == 1 }, "nominated by alice")
		i := w.incident(1)
		require.Len(t, i.Timeline, before+1, "only the nomination was added")
		require.Empty(t, i.FollowUps)
		require.False(t, invited(i, strings.ToLower(mallory.ID)+"@slack"))
	})
}
