package slackdoor_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/slack"
	"muster/internal/sims/slacksim"
)

// allButtons are those of boards in every status, each once.
func allButtons() []incident.Button {
	var out []incident.Button
	for _, action := range []string{
		incident.ActionAcknowledge, incident.ActionPageNow, incident.ActionJoin, incident.ActionMitigate, incident.ActionRole, incident.ActionUpdate,
		incident.ActionSeverity, incident.ActionPage, incident.ActionFollowUp, incident.ActionResolve, incident.ActionReopen, incident.ActionRefine,
	} {
		out = append(out, incident.Button{Label: action, Action: action, Value: "INC-1/0"})
	}
	return out
}

// becamePrivate declares a public incident, in whose channel Bob reads too, and posts a board there.
func becamePrivate(w *world) (ch string, board slacksim.Message) {
	w.alice.slash("/incident checkout is down")
	ch = w.channelOf(1, w.alice, w.bob)
	w.eventually(func() bool {
		return joined(w.incident(1), "alice@example.com") && joined(w.incident(1), "bob@example.com")
	}, "the gateway has heard of both")
	require.Contains(w.t, w.bob.slashIn(ch, "/incident show"), "checkout is down", "the gateway remembers the channel from now on")
	_, err := w.chat.PostMessage(w.t.Context(), ch, incident.Message{Key: "board", Headline: "INC-1", Buttons: allButtons()}, false)
	require.NoError(w.t, err)
	seen, ok := w.sim.Channel(ch)
	require.True(w.t, ok)
	return ch, seen.Messages[len(seen.Messages)-1]
}

// hide makes the incident private, with a channel of its own. Alice alone is part of it.
func hide(w *world) {
	w.is(func(r *record) {
		i := r.facts[1]
		i.Title, i.LastUpdate, i.Private, i.Responders, i.Roles = "Insider takeover", "The badge was copied", true, nil, nil
		i.Links.Channel = incident.ChannelRef{ID: "C_PRIVATE", Name: "inc-1-2", Private: true}
		r.commands = nil
	})
}

func TestAnOldBoardsButtonsAreNothingToOutsidersOfWhatBecamePrivate(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		_, board := becamePrivate(w)
		hide(w)
		for n, b := range allButtons() {
			old, ok := board.Button(b.Action)
			require.True(t, ok, b.Action)
			w.bob.clicks(old)
			w.eventually(func() bool { return strings.Count(w.bob.hears(), "INC-1 does not exist") == n+1 }, "%s: bob hears %s", b.Action, w.bob.hears())
			_, open := w.bob.Modal()
			require.False(t, open, b.Action)
		}
		require.NotContains(t, w.bob.hears(), "Insider")
		w.is(func(r *record) { require.Empty(t, r.commands, "nothing was asked of the incident") })
		old, _ := board.Button(incident.ActionUpdate)
		w.alice.clicks(old)
		require.Contains(t, w.alice.sees("update").Shown(), "Insider takeover", "to whoever is part of it they are what they were")
	})
}

func TestAFormThatWasOpenWhenItBecamePrivateIsNotTaken(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		ch, _ := becamePrivate(w)
		w.bob.slashIn(ch, "/incident severity")
		w.bob.sees("severity")
		hide(w)
		w.bob.submits(map[string]string{"severity": "1"})
		v := w.bob.sees("severity")
		require.Contains(t, values(v.Errors), "INC-1 does not exist")
		w.is(func(r *record) { require.Empty(t, r.commands) })
	})
}

func values(errs map[string]string) string {
	var all []string
	for _, e := range errs {
		all = append(all, e)
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// A channel that was given up can still be read, and the gateway remembers for an hour whose it was.
func TestTheGivenUpChannelOfWhatBecamePrivateLeadsNowhere(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		ch, board := becamePrivate(w)
		hide(w)
		for _, wait := range []time.Duration{0, 50 * time.Minute, 2 * time.Hour} {
			w.later(wait)
			for _, line := range []string{"show", "show INC-1", "update", "update INC-1", "severity", "follow-up", "follow-up set 1", "note hello", "title Another", "severity 1"} {
				said := w.bob.slashIn(ch, "/incident "+line)
				require.NotContains(t, said, "Insider", line)
				_, open := w.bob.Modal()
				require.False(t, open, line)
			}
		}
		for _, callback := range []string{slack.ShortcutFollowUpMessage, slack.ShortcutTimelineMessage, slack.ShortcutNominateMessage} {
			_, err := w.bob.MessageShortcut(callback, ch, board.TS)
			require.NoError(t, err)
			require.NotContains(t, w.bob.sees("pick").Shown(), "Insider", "it is the channel of none")
			_, err = w.bob.ClosesModal()
			require.NoError(t, err)
		}
		w.is(func(r *record) { require.Empty(t, r.commands, "nothing was asked of the incident") })
		require.Contains(t, w.alice.slashIn(ch, "/incident show INC-1"), "Insider takeover", "whoever is part of it sees it from anywhere")
	})
}

// Until the private channel is there, the public one is still what the incident has.
func TestAPublicChannelShowsNothingOfAPrivateIncident(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		ch, _ := becamePrivate(w)
		w.is(func(r *record) {
			r.facts[1].Title, r.facts[1].Private, r.facts[1].Responders = "Insider takeover", true, nil
		})
		for _, line := range []string{"show", "show INC-1", "update", "title"} {
			require.Contains(t, w.bob.slashIn(ch, "/incident "+line), "INC-1 does not exist", line)
			_, open := w.bob.Modal()
			require.False(t, open, line)
		}
		require.Contains(t, w.alice.slashIn(ch, "/incident show"), "Insider takeover")
	})
}

// Slack may refuse to take somebody out of a private channel.
func TestWhoWasTakenOutIsShownNothingInTheChannelEither(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident")
		w.alice.submits(map[string]string{"title": "Insider takeover", "options": "private"})
		ch := w.channelOf(1, w.alice)
		require.NoError(t, w.alice.Invites(ch, "bob@example.com"))
		w.eventually(func() bool { return invited(w.incident(1), "bob@example.com") }, "the invitation is heard of")
		require.Contains(t, w.bob.slashIn(ch, "/incident show"), "Insider takeover")
		w.alice.slashIn(ch, "/incident remove <@"+w.bob.ID+">")
		for _, line := range []string{"show", "update", "mitigate rolled back"} {
			said := w.bob.slashIn(ch, "/incident "+line)
			require.Contains(t, said, "INC-1 does not exist", line)
			require.NotContains(t, said, "Insider", line)
		}
		require.Equal(t, incident.StatusOpen, w.incident(1).Status)
	})
}

// Of guests it needs a worker to say what they are part of, and their channel does not.
func TestAGuestsCommandInTheChannelIsRecordedWithoutAWorker(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.sim.MakeGuest("bob@example.com")
		w.alice.slash("/incident checkout is down")
		ch := w.channelOf(1, w.alice, w.bob)
		w.is(func(r *record) { r.idle = true })
		require.Contains(t, w.bob.slashIn(ch, "/incident update It is the database"), "Recorded")
	})
}
