package slackdoor_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestReactionsMakeFollowUpsEntriesAndNominations(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		ch := w.channelOf(1, w.alice, w.bob)
		m, err := w.bob.Posts(ch, "We should alert on disk space")
		require.NoError(t, err)
		require.NoError(t, w.alice.Reacts(ch, m.TS, "fast_forward"))
		require.NoError(t, w.bob.Reacts(ch, m.TS, "fast_forward"))
		require.NoError(t, w.alice.Reacts(ch, m.TS, "pushpin"))
		require.NoError(t, w.alice.Reacts(ch, m.TS, "mortar_board"))
		require.NoError(t, w.alice.Reacts(ch, m.TS, "eyes"))
		w.eventually(func() bool {
			i := w.incident(1)
			return len(i.FollowUps) == 1 && len(i.Nominations) == 1 && hasEntry(i, "We should alert on disk space")
		}, "all three are done")
		require.Equal(t, "We should alert on disk space", w.incident(1).FollowUps[0].Title)
		require.Len(t, w.incident(1).FollowUps, 1, "two people pointing at one message make one follow-up")
	})
}

func TestAReplyInAThreadCanBeCaptured(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		ch := w.channelOf(1, w.alice)
		parent, err := w.alice.Posts(ch, "What do we see?")
		require.NoError(t, err)
		reply, err := w.alice.Replies(ch, parent.TS, "The queue is full")
		require.NoError(t, err)
		require.NoError(t, w.alice.Reacts(ch, reply.TS, "pushpin"))
		w.eventually(func() bool { i := w.incident(1); return hasEntry(i, "The queue is full") }, "captured")
	})
}

func TestEditsAndDeletionsOfCapturedMessagesAreReflected(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		ch := w.channelOf(1, w.alice)
		m, err := w.alice.Posts(ch, "Disk ist full")
		require.NoError(t, err)
		require.NoError(t, w.alice.Reacts(ch, m.TS, "pushpin"))
		w.eventually(func() bool { i := w.incident(1); return hasEntry(i, "Disk ist full") }, "captured")
		require.NoError(t, w.alice.Edits(ch, m.TS, "Disk is full"))
		w.eventually(func() bool { i := w.incident(1); return hasEntry(i, "Disk is full") && !hasEntry(i, "Disk ist full") }, "the edit is reflected")
		require.NoError(t, w.alice.Deletes(ch, m.TS))
		w.eventually(func() bool { i := w.incident(1); return hasEntry(i, "deleted") && !hasEntry(i, "Disk is full") }, "the deletion is reflected")
	})
}

func TestMessageShortcutsWorkOnAnyMessageOfTheChannel(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		ch := w.channelOf(1, w.alice, w.bob)
		m, err := w.bob.Posts(ch, "The vendor says 10 o'clock")
		require.NoError(t, err)
		for _, callback := range []string{"timeline_message", "nominate_message", "follow_up_message"} {
			_, err := w.alice.MessageShortcut(callback, ch, m.TS)
			require.NoError(t, err)
		}
		v := w.alice.sees("follow_up")
		title, _ := v.Input("title")
		require.Equal(t, "The vendor says 10 o'clock", title.Initial)
		w.alice.submits(nil)
		i := w.incident(1)
		require.Len(t, i.FollowUps, 1)
		require.Len(t, i.Nominations, 1)
		require.True(t, hasEntry(i, "bob@example.com: The vendor says 10 o'clock"))
	})
}

func TestAMessageShortcutOutsideOfAnIncidentAsksWhich(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		require.NoError(t, w.bob.Joins("incidents"))
		m, err := w.bob.Posts("incidents", "Customers complain")
		require.NoError(t, err)
		_, err = w.alice.MessageShortcut("timeline_message", "incidents", m.TS)
		require.NoError(t, err)
		w.alice.sees("pick")
		w.alice.submits(nil)
		i := w.incident(1)
		require.True(t, hasEntry(i, "Customers complain"))
	})
}

func TestPeopleJoinByTheirOwnActAndNotByInvitation(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		w.sim.AddUser("carol@example.com", "Carol")
		w.sim.AddUser("dan@example.com", "Dan")
		carol, dan := w.person("carol@example.com"), w.person("dan@example.com")
		ch := w.channelOf(1, w.alice, w.bob)
		w.eventually(func() bool { return joined(w.incident(1), "bob@example.com") }, "who comes by themselves joins")
		require.NoError(t, w.alice.Invites(ch, "carol@example.com"))
		w.eventually(func() bool { return invited(w.incident(1), "carol@example.com") }, "who is brought along is invited")
		require.False(t, joined(w.incident(1), "carol@example.com"))
		_, err := carol.Posts(ch, "Hello")
		require.NoError(t, err)
		w.eventually(func() bool { return joined(w.incident(1), "carol@example.com") }, "a first message joins")
		_ = dan
		w.is(func(r *record) { r.commands = nil })
		for range 3 {
			_, err := carol.Posts(ch, "More")
			require.NoError(t, err)
		}
		require.NoError(t, dan.Joins(ch))
		w.eventually(func() bool { return joined(w.incident(1), "dan@example.com") }, "dan joins")
		w.is(func(r *record) {
			require.Len(t, r.commands, 1, "Temporal is not told of every message: %v", r.commands)
		})
	})
}

func joined(i incident.Incident, person string) bool {
	for _, r := range i.Responders {
		if r.Person == person && !r.JoinedAt.IsZero() {
			return true
		}
	}
	return false
}

func invited(i incident.Incident, person string) bool {
	for _, r := range i.Responders {
		if r.Person == person {
			return true
		}
	}
	return false
}

func TestAnEventThatWasNotRecordedIsSentAgain(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		ch := w.channelOf(1, w.alice)
		m, err := w.alice.Posts(ch, "Disk is full")
		require.NoError(t, err)
		w.is(func(r *record) { r.away = true })
		require.NoError(t, w.alice.Reacts(ch, m.TS, "fast_forward"))
		w.eventually(func() bool { w.mu.Lock(); defer w.mu.Unlock(); return w.refused > 0 }, "it was tried")
		w.is(func(r *record) { r.away = false })
		w.eventually(func() bool { return len(w.incident(1).FollowUps) == 1 }, "a retry is recorded")
	})
}

func TestWhatPeopleDoToTheChannelIsTold(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		ch := w.channelOf(1, w.alice)
		require.NoError(t, w.alice.RenamesChannel(ch, "checkout-war-room"))
		require.NoError(t, w.alice.Archives(ch))
		w.eventually(func() bool {
			w.mu.Lock()
			defer w.mu.Unlock()
			n := 0
			for _, s := range w.signals {
				if s == "INC-1 ChannelChanged" {
					n++
				}
			}
			return n == 2
		}, "both are told")
	})
}

func TestPeopleWithoutAnAddressCountToo(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.sim.HideEmail("bob@example.com")
		w.bob.slash("/incident checkout is down")
		who := strings.ToLower(w.bob.ID) + "@slack"
		require.Equal(t, who, w.incident(1).DeclaredBy.Person)
		ch := w.channelOf(1, w.bob)
		require.Contains(t, w.bob.slashIn(ch, "/incident role commander"), "INC-1")
		i := w.incident(1)
		require.Equal(t, who, i.Holder(incident.RoleCommander))
	})
}

func hasEntry(i incident.Incident, text string) bool {
	for _, e := range i.Timeline {
		if strings.Contains(e.Text, text) {
			return true
		}
	}
	return false
}
