package slackdoor_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/internal/sims/slacksim"
)

func TestASeverityInWordsDeclaresWithIt(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		for k, line := range []string{"sev1 everything down", "SEV-1: everything down", "everything down severity:1", "declare p1 everything down", "critical: everything down", "severity:1 everything down"} {
			said := w.alice.slash("/incident " + line)
			require.Contains(t, said, "Severity 1 (Critical)", line)
			require.Contains(t, said, "was read from “", line)
			i := w.incident(k + 1)
			require.Equal(t, "everything down", i.Title, line)
			require.Equal(t, incident.Severity(1), i.Severity, line)
		}
	})
}

func TestTheServiceThatALineNamesIsTakenAndHowToUndoItSaid(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		said := w.alice.slash("/incident the basket is empty")
		require.Contains(t, said, "The service checkout was read from “basket”; if it is not meant, type `/incident services INC-1 -checkout`, which takes no page back.")
		require.Equal(t, []string{"checkout"}, w.incident(1).Services)
		require.Contains(t, w.alice.slash("/incident services INC-1 -checkout"), "Services: none; were: checkout")
		require.Empty(t, w.incident(1).Services)
		require.Contains(t, w.alice.slash("/incident kind INC-1 near miss"), "It is a near miss, and was an incident")
		require.Equal(t, incident.KindNearMiss, w.incident(1).Kind)

		said = w.alice.slash("/incident the basket is empty service:none")
		require.NotContains(t, said, "The service")
		i := w.incident(2)
		require.Equal(t, "the basket is empty", i.Title)
		require.Empty(t, i.Services)

		w.alice.slash("/incident basket and search are down")
		require.Empty(t, w.incident(3).Services, "of several, none is taken")
	})
}

func TestALineThatMayNameASeverityAsksBack(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		r := w.alice.answer("incidents", "/incident sev1 or sev2, everything is slow")
		require.Contains(t, r.Shown(), "which severity is it?")
		require.Zero(t, w.declared())
		w.alice.presses(r, "Severity 2 (Major)")
		w.alice.hearsSoon("INC-1 is declared")
		i := w.incident(1)
		require.Equal(t, incident.Severity(2), i.Severity)
		require.Equal(t, "sev1 or sev2, everything is slow", i.Title)

		r = w.alice.answer("incidents", "/incident the sev1 runbook is missing")
		w.alice.presses(r, "Severity 3 (Minor)")
		w.alice.hearsSoon("INC-2 is declared")
		require.Equal(t, incident.Severity(3), w.incident(2).Severity, "no severity was meant")

		require.Contains(t, w.alice.slash("/incident sev7 everything is down"), `"sev7" is no severity. Write sev1 (worst) to sev5, or say it in other words.`)
		require.Equal(t, 2, w.declared())
	})
}

func TestASeverityAloneOpensTheFormWithIt(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		require.Empty(t, w.alice.slash("/incident sev 1"))
		chosen, ok := w.alice.sees("declare").Input("severity")
		require.True(t, ok)
		require.Equal(t, "1", chosen.Initial)
		w.alice.presses(w.alice.answer("incidents", "/incident sev1"), "Declare it")
		chosen, ok = w.alice.sees("declare").Input("severity")
		require.True(t, ok)
		require.Equal(t, "1", chosen.Initial)
		require.Zero(t, w.declared())
	})
}

// Outside of any incident's channel nothing tells which of the two is meant.
func TestSeverityAndATitleElsewhereAskWhetherItIsNew(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		r := w.alice.answer("incidents", "/incident severity 1 everything is down")
		require.Contains(t, r.Shown(), "A new incident, or another severity for one that is open?")
		w.alice.presses(r, "Declare it")
		w.alice.hearsSoon("INC-1 is declared")
		require.Equal(t, "everything is down", w.incident(1).Title)
		require.Equal(t, incident.Severity(1), w.incident(1).Severity)
	})
}

func TestAFormsTitleNamesSeverityAndService(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident")
		w.alice.submits(map[string]string{"title": "SEV-1: search is down"})
		i := w.incident(1)
		require.Equal(t, "search is down", i.Title)
		require.Equal(t, incident.Severity(1), i.Severity, "nobody chose the one that the form began with")
		require.Equal(t, []string{"search"}, i.Services)
		require.Contains(t, w.alice.sees("done").Shown(), "was read from “SEV-1”")

		w.alice.slash("/incident")
		w.alice.submits(map[string]string{"title": "SEV-1: search is down", "severity": "2"})
		require.Contains(t, w.alice.sees("declare").Errors["severity"], "The title says \"SEV-1\", and severity 2 is given beside it")
		w.alice.submits(map[string]string{"title": "the sev1 docs of search", "severity": "3"})
		require.Equal(t, "the sev1 docs of search", w.incident(2).Title)
		require.Equal(t, incident.Severity(3), w.incident(2).Severity)
	})
}

// lastHeard is the newest of what only this person was told, once it has a text.
func (p person) lastHeard(text string) slacksim.Message {
	p.w.t.Helper()
	p.hearsSoon(text)
	all := p.w.sim.Ephemerals(p.Email)
	return all[len(all)-1]
}

func (p person) pressesIn(m slacksim.Message, label string) {
	p.w.t.Helper()
	for _, b := range m.Buttons {
		if b.Label == label {
			p.clicks(b)
			return
		}
	}
	require.Failf(p.w.t, "no button", "%q in %s", label, m.Shown)
}

func TestTalkingToMusterDeclaresNothing(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		require.NoError(t, w.alice.Joins("incidents"))
		for said, answer := range map[string]string{
			"thank you, great work!":             "You are welcome.",
			"hello":                              "Hello. Muster is here",
			"what is open?":                      "Muster answers no questions",
			"find checkout":                      "Muster has no such command",
			"the database is back, by the way":   "Nothing was declared. Is something wrong?",
			"checkout is down":                   "Nothing was declared. Is something wrong?",
			"no sev1 today, all is well with us": "Nothing was declared.",
		} {
			_, err := w.alice.Mentions("incidents", said)
			require.NoError(t, err)
			w.alice.hearsSoon(answer)
		}
		for said, answer := range map[string]string{
			"thanks for last night": "You are welcome.", "what is open?": "Muster answers no questions", "find checkout": "Muster has no such command",
		} {
			require.Contains(t, w.alice.slash("/incident "+said), answer)
		}
		require.Zero(t, w.declared())
	})
}

func TestWhoWasOnlyTalkingCanDeclareAllTheSame(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		require.NoError(t, w.alice.Joins("incidents"))
		_, err := w.alice.Mentions("incidents", "checkout is down since &lt;9")
		require.NoError(t, err)
		m := w.alice.lastHeard("Nothing was declared")
		w.alice.pressesIn(m, "Fill in the form")
		v := w.alice.sees("declare")
		title, _ := v.Input("title")
		require.Equal(t, "checkout is down since <9", title.Initial)
		service, _ := v.Input("services")
		require.Contains(t, service.Initial, "checkout", "what the line says is chosen already")
		require.Zero(t, w.declared())
		w.alice.pressesIn(m, "Declare it")
		w.eventually(func() bool { return w.declared() == 1 }, "declared")
		require.Equal(t, "checkout is down since <9", w.incident(1).Title)
		r := w.alice.answer("incidents", "/incident thanks")
		w.alice.presses(r, "Declare an incident")
		w.alice.sees("declare")
		w.alice.presses(r, "What is open")
		w.alice.hearsSoon("INC-1")
	})
}

func TestAMentionWithASeverityFirstDeclares(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		require.NoError(t, w.alice.Joins("incidents"))
		_, err := w.alice.Mentions("incidents", "SEV1: everything is down")
		require.NoError(t, err)
		w.alice.hearsSoon("INC-1 is declared")
		require.Equal(t, incident.Severity(1), w.incident(1).Severity)
	})
}

func TestWhatIsSaidInAnIncidentsChannelCanBecomeAnUpdate(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident everything is down")
		channel := w.channelOf(1, w.alice)
		_, err := w.alice.Mentions(channel, "the database is back")
		require.NoError(t, err)
		w.alice.pressesIn(w.alice.lastHeard("Nothing was declared"), "Post it as an update")
		w.eventually(func() bool { return w.incident(1).LastUpdate == "the database is back" }, "updated")
		require.Equal(t, 1, w.declared())
	})
}

func TestSlacksMarkupIsUndoneInTitlesAndTexts(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident <http://api.example.com|api.example.com>, the API,\u00a0is\u200b down &amp; <#C024BE7LR|general> knows")
		require.Equal(t, "api.example.com, the API, is down & #general knows", w.incident(1).Title)
		w.channelOf(1, w.alice)
		w.alice.slash("/incident update INC-1 <mailto:ops@example.com|ops@example.com>,\u00a0<!here>: a &lt; b")
		require.Equal(t, "ops@example.com, @here: a < b", w.incident(1).LastUpdate)
		require.NotContains(t, w.incident(1).Timeline[0].Text, "<http")
	})
}
