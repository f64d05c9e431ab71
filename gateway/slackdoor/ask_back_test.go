package slackdoor_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestWhatIsSaidOfAFollowUpWithoutTheWordIsAskedAbout(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		proposed(w)
		ch := w.channelOf(1, w.alice)
		for _, where := range []string{"incidents", ch} {
			for _, line := range []string{"accept 1", "done 1", "drop 1 why", "drop INC-1 1", "snooze 1 2w x", "reopen 1", "set 1 nobody", "accept INC-1", "merge 2 into 1"} {
				said := w.alice.slashIn(where, "/incident "+line)
				require.Contains(t, said, "Do you mean `/incident follow-up "+line+"`?", line)
			}
		}
		require.Equal(t, 1, w.declared())
		require.Empty(t, w.told("ChangeFollowUp"))
		require.Equal(t, incident.StatusOpen, w.incident(1).Status)

		w.alice.presses(w.alice.answer(ch, "/incident accept 1"), "Accept")
		w.alice.hearsSoon("accepted, owner alice@example.com")
		w.alice.presses(w.alice.answer("incidents", "/incident drop INC-1 1"), "Drop") // why is asked for
		w.eventually(func() bool { _, open := w.alice.Modal(); return open }, "the form opens")
		require.Contains(t, w.alice.sees("follow_up_change").Shown(), "Say why it is dropped")
		w.alice.submits(map[string]string{"reason": "we moved"})
		require.Equal(t, incident.FollowUpDropped, w.followUp(1).Status)
		_, offered := w.alice.answer(ch, "/incident accept INC-1").Button("Accept")
		require.False(t, offered, "nobody knows which")

		w.alice.presses(w.alice.answer("incidents", "/incident drop 3 of all orders"), "Declare it")
		w.eventually(func() bool { return w.declared() == 2 }, "it was a title after all")
	})
}

func TestAFollowUpThatEndedByMistakeIsBroughtBack(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		proposed(w)
		w.alice.slash("/incident follow-up drop INC-1 1 nope")
		require.Equal(t, incident.FollowUpDropped, w.followUp(1).Status, "the incident may stand behind the verb")
		require.Contains(t, w.alice.slash("/incident follow-up drop INC-1 1 nope"), "nothing changed: follow-up 1 is dropped already")
		ch := w.channelOf(1, w.alice)
		require.Contains(t, w.alice.slashIn(ch, "/incident follow-up reopen 1"), "reopened, it was dropped")
		require.Equal(t, incident.FollowUpAccepted, w.followUp(1).Status)
		require.Contains(t, w.alice.slashIn(ch, "/incident follow-up 1 done"), "done")
		require.Equal(t, incident.FollowUpDone, w.followUp(1).Status)
		for _, bare := range []string{"done", "drop", "reopen", "snooze"} {
			r := w.alice.answer(ch, "/incident follow-up "+bare)
			require.Contains(t, r.Shown(), "Say which follow-up, by its number: "+bare+" 1.")
			_, declares := r.Button("Declare it")
			require.False(t, declares)
		}
		require.Len(t, w.incident(1).FollowUps, 2)
	})
}

func TestWhatIsMissingIsAskedForInTheForm(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		proposed(w)
		ch := w.channelOf(1, w.alice)
		w.alice.slashIn(ch, "/incident follow-up accept 1")
		for line, want := range map[string]map[string]string{
			"drop 1":                {"become": "dropped", "reason": ""},
			"set 1 dropped":         {"become": "dropped"},
			"snooze 1":              {"become": "snoozed"},
			"snooze 1 2w":           {"become": "snoozed", "until": "in two weeks"},
			"merge 1":               {"become": "merged"},
			"set 1 due:yesterday":   {"become": "kept", "due": "2030-01-02"},
			"drop 1 due:2030-05-05": {"become": "dropped", "due": "2030-05-05"},
		} {
			w.alice.slashIn(ch, "/incident follow-up "+line)
			v := w.alice.sees("follow_up_change")
			for block, value := range want {
				in, ok := v.Input(block)
				require.True(t, ok, "%s: %s", line, block)
				if block == "until" {
					value = strconv.FormatInt(w.now().AddDate(0, 0, 14).Unix(), 10)
				}
				require.Equal(t, value, in.Initial, "%s: %s", line, block)
			}
			w.alice.ClosesModal()
		}
		w.alice.slashIn(ch, "/incident follow-up snooze 1 2w")
		require.Contains(t, w.alice.sees("follow_up_change").Shown(), "Say why it can wait; it stays on the record.")
		w.alice.submits(map[string]string{"reason": "busy"})
		require.Equal(t, "busy", w.followUp(1).SnoozeReason)

		w.alice.slashIn(ch, "/incident follow-up Bigger disks due:soon")
		v := w.alice.sees("follow_up")
		require.Contains(t, v.Shown(), `"soon" is no day to be done by`)
		in, _ := v.Input("title")
		require.Equal(t, "Bigger disks", in.Initial)
		w.alice.ClosesModal()

		r := w.alice.answer(ch, "/incident follow-ups banana")
		require.Contains(t, r.Shown(), "`follow-ups` takes overdue, undecided, all, mine, nobody, a person or service:NAME.")
		_, declares := r.Button("Declare it")
		require.False(t, declares)
		require.Contains(t, w.bob.slash("/incident follow-ups service:nosuch mine"), "There is no service “nosuch”")
		require.Len(t, w.incident(1).FollowUps, 2)
	})
}

func TestAnAnswerTellsWhatWasUnderstood(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		proposed(w)
		berlin, err := time.LoadLocation("Europe/Berlin") // the playbook's, in which it is tomorrow already from 23:00 on
		require.NoError(t, err)
		tomorrow := w.now().In(berlin).AddDate(0, 0, 1).Format("2006-01-02")
		said := w.alice.slash("/incident follow-up add INC-1 Rotate keys due:tomorrow bob@example.com")
		require.Contains(t, said, "Follow-up 3: Rotate keys (owner bob@example.com, due "+tomorrow+"; proposed, decided after the soak)")
		require.Equal(t, incident.Date(tomorrow), w.followUp(3).Due)
		require.Contains(t, w.alice.slash("/incident follow-up INC-1 Look again"), "(owner nobody, due by the playbook; proposed, decided after the soak)")
		said = w.alice.slash("/incident follow-up INC-1 snooze 3 2w the vendor mends it")
		zone, err := time.LoadLocation("Europe/Berlin") // the calendar's
		require.NoError(t, err)
		require.Contains(t, said, "snoozed until "+w.followUp(3).SnoozedUntil.In(zone).Format("2006-01-02 15:04 MST"))
		require.Contains(t, said, "It can be put off twice more; that is past its due date "+tomorrow)
		w.alice.slash("/incident follow-up INC-1 snooze 1 2w busy")
		require.Contains(t, w.alice.slash("/incident follow-up INC-1 snooze 1 2w busy"), "snoozed until")
	})
}

// A mention opens no form, so the sentence is said.
func TestWhatIsMissingInAMentionIsSaid(t *testing.T) {
	eachWay(t, func(w *world) {
		proposed(w)
		ch := w.channelOf(1, w.alice)
		for line, want := range map[string]string{
			"follow-up drop 1": "Say why it is dropped; it stays on the record.", "follow-up snooze 1 2w": "Say why it can wait", "accept 1": "Do you mean `/incident follow-up accept 1`?",
			"follow-up Bigger disks @bob": "Muster does not know who “@bob” is",
		} {
			_, err := w.alice.Mentions(ch, line)
			require.NoError(w.t, err)
			w.alice.hearsSoon(want)
		}
		require.Equal(w.t, 1, w.declared())
		require.Empty(w.t, w.told("ChangeFollowUp"))
	})
}
