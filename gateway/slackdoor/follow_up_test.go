package slackdoor_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/internal/sims/slacksim"
	"muster/workflows/api"
)

// proposed declares INC-1, with two follow-ups of which nobody owns the first and Bob the second.
func proposed(w *world) {
	w.t.Helper()
	w.alice.slash("/incident checkout is down")
	w.alice.slash("/incident follow-up INC-1 Alert on disk space due:2030-01-02")
	w.alice.slash("/incident follow-up INC-1 Write a runbook bob@example.com label:docs priority:high")
	require.Len(w.t, w.incident(1).FollowUps, 2)
}

func (w *world) followUp(number int) incident.FollowUp {
	i := w.incident(1)
	return *i.FollowUp(number)
}

// told gives the commands of a name that were handed over, by their IDs.
func (w *world) told(name string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, c := range w.commands {
		if id, ok := strings.CutPrefix(c, name+" "); ok {
			out = append(out, id)
		}
	}
	return out
}

func TestFollowUpsAreListedWithTheirButtons(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		require.Contains(t, w.bob.slash("/incident follow-ups"), "No such follow-up is open.")
		proposed(w)
		said := w.bob.slash("/incident follow-ups")
		require.Contains(t, said, "2 follow-ups")
		require.Contains(t, said, "Alert on disk space")
		require.Contains(t, said, "owned by nobody")
		require.Contains(t, said, "due 2030-01-02")
		mine := w.bob.slash("/incident follow-ups mine")
		require.Contains(t, mine, "Write a runbook")
		require.NotContains(t, mine, "Alert on disk space")
		w.bob.slash("/incident follow-up list overdue service:checkout <@" + w.alice.ID + ">")
		w.is(func(r *record) {
			f := r.filters[len(r.filters)-1]
			require.True(t, f.Overdue)
			require.Equal(t, "checkout", f.Service)
			require.Equal(t, "alice@example.com", f.Owner)
			require.Equal(t, "bob@example.com", f.Viewer.Person)
			require.False(t, f.Viewer.Private)
			r.away = true
		})
		require.Contains(t, w.bob.slash("/incident follow-ups"), "Muster cannot look now")
	})
}

func TestOneClickAcceptsAndOneEnds(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		proposed(w)
		list := w.bob.answer("incidents", "/incident follow-ups")
		alices := w.alice.answer("incidents", "/incident follow-ups")
		w.bob.presses(list, "Accept")
		w.bob.hearsSoon("accepted, owner bob@example.com, due 2030-01-02")
		f := w.followUp(1)
		require.Equal(t, incident.FollowUpAccepted, f.Status)
		require.Equal(t, "bob@example.com", f.Owner, "who accepts what nobody owns owns it")
		require.Equal(t, incident.Date("2030-01-02"), f.Due, "the date stays")

		w.bob.presses(list, "Accept") // a double click
		w.eventually(func() bool { return len(w.told("ChangeFollowUp")) == 2 }, "it was handed over again")
		ids := w.told("ChangeFollowUp")
		require.Equal(t, ids[0], ids[1], "and is the same command")
		require.Equal(t, "slack/INC-1/follow-up/1/follow_up_accept/"+w.bob.ID+"/0", ids[0])
		w.alice.presses(alices, "Accept")
		w.alice.hearsSoon("nothing changed: follow-up 1 is accepted already")
		require.Equal(t, "bob@example.com", w.followUp(1).Owner)

		w.bob.presses(w.bob.answer("incidents", "/incident follow-ups mine"), "Done")
		w.bob.hearsSoon("Follow-up 1 (Alert on disk space): done")
		require.Equal(t, incident.FollowUpDone, w.followUp(1).Status)

		w.bob.presses(list, "Accept") // weeks later, of a message that is still there
		w.bob.hearsSoon("This button was pressed before, and follow-up 1 of INC-1 has gone on since")
		w.sim.AddUser("carol@example.com", "Carol")
		require.Equal(t, incident.FollowUpDone, w.followUp(1).Status)
	})
}

func TestAnOldButtonLeavesAloneWhatHasEnded(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		proposed(w)
		list := w.bob.answer("incidents", "/incident follow-ups")
		w.alice.slash("/incident follow-up INC-1 drop 1 we moved")
		w.bob.presses(list, "Accept")
		w.bob.hearsSoon("Follow-up 1 is dropped")
		w.bob.presses(list, "Change")
		w.eventually(func() bool { return strings.Count(w.bob.hears(), "Follow-up 1 is dropped") == 2 }, "no form opens")
		require.Equal(t, incident.FollowUpDropped, w.followUp(1).Status)
	})
}

// What a message to a person says of their follow-up has buttons too, and lives for weeks.
func TestTheButtonsOfAMessageToAPerson(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		proposed(w)
		value := incident.FollowUpButtonValue(1, &incident.FollowUp{Number: 2})
		require.NoError(t, w.chat.SendDirect(t.Context(), "bob@example.com", incident.Message{
			Key: "k", Headline: "1 follow-up waits for you", Body: []string{"Write a runbook"},
			Buttons: []incident.Button{
				{Label: "Done", Action: incident.ActionFollowUpDone, Value: value}, {Label: "Not yet", Action: incident.ActionFollowUpChange + "/2", Value: value},
			},
		}))
		m := w.sim.DirectMessages("bob@example.com")[0]
		w.bob.pressesIn(m, "Not yet")
		w.bob.sees("follow_up_change")
		w.bob.ClosesModal()
		w.is(func(r *record) { r.away = true })
		w.bob.pressesIn(m, "Done")
		w.eventually(func() bool { return strings.Contains(heard(w.bob), "Not recorded") }, "bob hears that it was lost: %s", heard(w.bob))
		w.is(func(r *record) { r.away = false; r.idle = true })
		w.bob.pressesIn(m, "Done")
		w.eventually(func() bool { return strings.Contains(heard(w.bob), "ecorded") }, "bob hears that it is recorded")
		w.catchUp()
		require.Equal(t, incident.FollowUpDone, w.followUp(2).Status)
	})
}

// heard is all that a person was told, by themselves or in their conversation with the app.
func heard(p person) string {
	all := []string{p.hears()}
	for _, m := range p.w.sim.DirectMessages(p.Email) {
		all = append(all, m.Shown)
	}
	return strings.Join(all, "\n")
}

func TestAPrivateFollowUpsButtonsAreNothingToOutsiders(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident")
		w.alice.submits(map[string]string{"title": "Insider takeover", "options": "private"})
		w.alice.slash("/incident follow-up INC-1 Change the locks <@" + w.bob.ID + ">")
		list := w.bob.answer("incidents", "/incident follow-ups")
		require.Contains(t, list.Shown(), "Change the locks", "whoever owns a follow-up is part of it")
		w.is(func(r *record) { // and is taken out of it
			r.facts[1].Responders, r.facts[1].FollowUps[0].Owner = nil, ""
		})
		require.Contains(t, w.bob.slash("/incident follow-ups"), "No such follow-up is open.")
		for n, label := range []string{"Accept", "Change"} {
			w.bob.presses(list, label)
			w.eventually(func() bool { return strings.Count(w.bob.hears(), "INC-1 does not exist") == n+1 }, "bob hears no more than that: %s", w.bob.hears())
		}
		require.Equal(t, incident.FollowUpProposed, w.followUp(1).Status)
		_, open := w.bob.Modal()
		require.False(t, open)
	})
}

func TestTheFormOfAFollowUpIsFilledInWithWhatStands(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		proposed(w)
		list := w.alice.answer("incidents", "/incident follow-ups mine")
		require.Contains(t, list.Shown(), "No such")
		w.alice.slash("/incident follow-up INC-1 set 2")
		v := w.alice.sees("follow_up_change")
		for block, want := range map[string]string{"become": "accepted", "owner": "bob@example.com", "reason": ""} {
			in, ok := v.Input(block)
			require.True(t, ok, block)
			require.Equal(t, want, in.Initial, block)
		}
		w.alice.submits(nil) // Enter is enough
		f := w.followUp(2)
		require.Equal(t, incident.FollowUpAccepted, f.Status)
		require.Equal(t, "bob@example.com", f.Owner)
		_, open := w.alice.Modal()
		require.False(t, open)

		w.alice.slash("/incident follow-up INC-1 set 1")
		w.alice.submits(nil)
		require.Equal(t, "alice@example.com", w.followUp(1).Owner, "nobody owned it, so whoever accepts it does")
		require.Equal(t, incident.Date("2030-01-02"), w.followUp(1).Due)
	})
}

func TestAllThatCanBecomeOfAFollowUpInItsForm(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		proposed(w)
		w.alice.slash("/incident follow-up INC-1 accept 1")
		fill := func(number string, values map[string]string) slacksim.View {
			t.Helper()
			w.alice.slash("/incident follow-up INC-1 set " + number)
			w.alice.sees("follow_up_change")
			w.alice.submits(values)
			v, _ := w.alice.Modal()
			return v
		}
		fill("1", map[string]string{"owner": "bob@example.com", "due": "2030-02-03"}) // hand over, another date
		require.Equal(t, "bob@example.com", w.followUp(1).Owner)
		require.Equal(t, incident.Date("2030-02-03"), w.followUp(1).Due)
		require.Equal(t, incident.FollowUpAccepted, w.followUp(1).Status)

		require.NotEmpty(t, fill("1", map[string]string{"become": "snoozed"}).Errors["until"])
		until := w.now().Add(14 * 24 * time.Hour).Truncate(time.Minute)
		require.NotEmpty(t, w.alice.submitsAgain(map[string]string{"until": strconv.FormatInt(until.Unix(), 10)}).Errors["reason"])
		w.alice.submitsAgain(map[string]string{"reason": "the vendor mends it"})
		require.True(t, w.followUp(1).SnoozedUntil.Equal(until))
		require.Equal(t, "the vendor mends it", w.followUp(1).SnoozeReason)

		require.NotEmpty(t, fill("1", map[string]string{"become": "dropped"}).Errors["reason"])
		w.alice.ClosesModal()
		require.NotEmpty(t, fill("1", map[string]string{"due": "2020-01-01"}).Errors["due"], "it has passed")
		w.alice.ClosesModal()

		require.NotEmpty(t, fill("2", map[string]string{"become": "merged"}).Errors["into"])
		w.alice.submitsAgain(map[string]string{"into": "1"})
		require.Equal(t, "merged into follow-up 1", w.followUp(2).Reason)
		require.Equal(t, []string{"docs"}, w.followUp(1).Labels)
		require.Equal(t, incident.PriorityHigh, w.followUp(1).Priority)

		fill("1", map[string]string{"become": "done"})
		require.Equal(t, incident.FollowUpDone, w.followUp(1).Status)
		require.Contains(t, w.alice.slash("/incident follow-up INC-1 set 1"), "Follow-up 1 is done")
		require.Contains(t, w.alice.slash("/incident follow-up INC-1 set 9"), "INC-1 has no follow-up 9")
	})
}

// submitsAgain changes what is entered in the open form and sends it once more.
func (p person) submitsAgain(values map[string]string) slacksim.View {
	p.w.t.Helper()
	p.submits(values)
	v, _ := p.Modal()
	return v
}

// A form that was open for a while undoes nothing that others have changed meanwhile.
func TestTheFormOfAFollowUpChangesOnlyWhatWasChangedInIt(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		proposed(w)
		w.alice.slash("/incident follow-up INC-1 set 2")
		w.bob.slash("/incident follow-up INC-1 set 2 alice@example.com due:2030-03-04")
		w.alice.submits(map[string]string{"become": "kept"})
		require.Equal(t, "alice@example.com", w.followUp(2).Owner)
		require.Equal(t, incident.Date("2030-03-04"), w.followUp(2).Due)

		w.alice.ClosesModal()
		w.alice.slash("/incident follow-up INC-1 set 2")
		w.bob.slash("/incident follow-up INC-1 drop 2 we moved")
		w.alice.submits(nil)
		v := w.alice.sees("follow_up_change")
		require.Contains(t, v.Shown(), "Follow-up 2 is dropped")
	})
}

func TestWhatIsTypedDecidesAboutAFollowUp(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		ch := w.channelOf(1, w.alice)
		w.alice.slashIn(ch, "/incident resolve")
		w.alice.submits(nil)
		for _, step := range []struct {
			line string
			is   func(f []incident.FollowUp) bool
		}{
			{"follow-up Rotate the keys urgent:yes kind:prevent priority:low label:keys", func(f []incident.FollowUp) bool {
				return f[0].Status == incident.FollowUpAccepted && f[0].Kind == incident.FollowUpPrevent && f[0].Labels[0] == "keys"
			}},
			{"follow-up Alert on expiry", func(f []incident.FollowUp) bool { return f[1].Status == incident.FollowUpProposed }},
			{"follow-up accept 2 <@" + w.bob.ID + "> due:2030-01-02", func(f []incident.FollowUp) bool {
				return f[1].Status == incident.FollowUpAccepted && f[1].Owner == "bob@example.com" && f[1].Due == "2030-01-02"
			}},
			{"follow-up set 2 nobody", func(f []incident.FollowUp) bool { return f[1].Owner == "" }},
			{"follow-up snooze 2 2w the vendor mends it", func(f []incident.FollowUp) bool { return f[1].Snoozed(w.now().Add(13 * 24 * time.Hour)) }},
			{"follow-up snooze 2 off", func(f []incident.FollowUp) bool { return !f[1].Snoozed(w.now()) }},
			{"follow-up merge 2 into 1", func(f []incident.FollowUp) bool { return f[1].MergedInto == 1 }},
			{"follow-up done 1", func(f []incident.FollowUp) bool { return f[0].Status == incident.FollowUpDone }},
		} {
			said := w.alice.slashIn(ch, "/incident "+step.line)
			require.True(t, step.is(w.incident(1).FollowUps), "%s: %s", step.line, said)
			require.Contains(t, said, "INC-1", step.line)
		}
		require.Contains(t, w.alice.slashIn(ch, "/incident follow-up Look again due:2020-01-01"), "has passed")
		require.Contains(t, w.alice.slashIn(ch, "/incident follow-up Look again due:9999-12-31"), "too far away")
		require.Len(t, w.incident(1).FollowUps, 2)
	})
}

func TestFollowUpsInTheHomeTab(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		proposed(w)
		w.bob.slash("/incident follow-up INC-1 accept 2")
		require.NoError(t, w.bob.OpensHome())
		w.eventually(func() bool { h, ok := w.bob.Home(); return ok && strings.Contains(h.Shown(), "Write a runbook") }, "the home tab")
		home, _ := w.bob.Home()
		require.NotContains(t, home.Shown(), "Alert on disk space", "it is not his")
		b, ok := home.Button("Done")
		require.True(t, ok)
		w.bob.clicks(b)
		w.eventually(func() bool { h, _ := w.bob.Home(); return !strings.Contains(h.Shown(), "Write a runbook") }, "the tab shows what the click has done")
		require.Equal(t, incident.FollowUpDone, w.followUp(2).Status)
	})
}

func TestAButtonOfNoFollowUpSaysSo(t *testing.T) {
	eachWay(t, func(w *world) {
		proposed(w)
		require.NoError(w.t, w.chat.SendDirect(w.t.Context(), "bob@example.com", incident.Message{
			Key: "k", Headline: "x", Buttons: []incident.Button{{Label: "Done", Action: incident.ActionFollowUpDone, Value: "INC-1/7"}},
		}))
		w.bob.pressesIn(w.sim.DirectMessages("bob@example.com")[0], "Done")
		w.eventually(func() bool { return strings.Contains(heard(w.bob), "is no button of a follow-up") }, "bob hears what is wrong")
		require.Empty(w.t, w.told(api.ChangeFollowUp))
	})
}
