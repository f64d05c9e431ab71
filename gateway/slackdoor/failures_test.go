package slackdoor_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/internal/sims/simkit"
	"muster/internal/sims/slacksim"
)

func TestAFormThatCannotOpenSaysHowToGoOnWithoutIt(t *testing.T) {
	for name, fault := range map[string]simkit.Fault{
		"expired trigger": {Kind: simkit.Status, Status: 200, Body: `{"ok":false,"error":"expired_trigger_id"}`},
		"used trigger":    {Kind: simkit.Status, Status: 200, Body: `{"ok":false,"error":"exchanged_trigger_id"}`},
		"rate limited":    {Kind: simkit.RateLimited, RetryAfter: "30"},
		"no answer":       {Kind: simkit.DropBefore},
		"empty answer":    {Kind: simkit.EmptyAfter},
		"a proxy's page":  {Kind: simkit.Status, Status: 502},
	} {
		fault.Operation = "views.open"
		t.Run(name, func(t *testing.T) {
			eachWay(t, func(w *world) {
				t := w.t
				w.sim.Faults().Add(fault)
				said := w.alice.slash("/incident")
				require.Contains(t, said, "could not be opened")
				require.Contains(t, said, "/incident and what is wrong")
				require.Zero(t, w.declared())
				require.Equal(t, 1, w.sim.Log().Count("views.open"), "a trigger is not tried twice")
				require.Contains(t, w.alice.slash("/incident checkout is down"), "INC-1 is declared", "declaring needs no form")
			})
		})
	}
}

// Slack's own trouble must not keep anybody from declaring, nor make somebody else of them later.
func TestWhoeverSlackCannotNameDeclaresAllTheSame(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		down := w.sim.Faults().Add(simkit.Fault{Operation: "users.info", Kind: simkit.Down})
		require.Contains(t, w.alice.slash("/incident checkout is down"), "INC-1 is declared")
		require.Equal(t, strings.ToLower(w.alice.ID)+"@slack", w.incident(1).DeclaredBy.Person)
		w.sim.Faults().Clear(down)
		w.alice.slash("/incident search is down")
		require.Equal(t, "alice@example.com", w.incident(2).DeclaredBy.Person, "what was not known is not remembered")
	})
}

func TestAnAnswerThatDoesNotReachItsPersonUndoesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byHTTP)
	r := w.alice.answer("incidents", "/incident outage")
	w.sim.Faults().Add(simkit.Fault{Kind: simkit.Down})
	before := w.alice.hears()
	w.alice.presses(r, "Declare it")
	w.door.Close()
	require.Equal(t, before, w.alice.hears(), "the answer is lost")
	require.Equal(t, "outage", w.incident(1).Title)
}

func TestAButtonOfAnIncidentThatIsOverSaysSo(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		r := w.alice.answer("incidents", "/incident checkout is down")
		w.is(func(rec *record) { rec.facts[1].Status = incident.StatusCancelled })
		w.alice.presses(r, "Page someone")
		w.alice.sees("page")
		w.alice.submits(map[string]string{"target": "platform"})
		require.Contains(t, w.alice.sees("page").Shown(), "cancelled")
		require.Empty(t, w.incident(1).Pages)
	})
}

// While Slack is down the board stays behind, and its buttons with it.
func TestAButtonPressedAgainOnABoardThatIsBehindSaysHowToAskAnew(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		ch := w.channelOf(1, w.alice)
		i := w.incident(1)
		ref, err := w.chat.PostMessage(t.Context(), ch, incident.Board(&i, "3 (Minor)", time.UTC), false)
		require.NoError(t, err)
		board, _ := w.sim.Channel(ch)
		var mitigate slacksim.Button
		for _, m := range board.Messages {
			if m.TS == ref.ID {
				mitigate, _ = m.Button("Mitigate")
			}
		}
		w.alice.clicks(mitigate)
		require.Equal(t, incident.StatusMitigated, w.incident(1).Status)
		w.alice.clicks(mitigate) // a double click
		require.NotContains(t, w.alice.hears(), "pressed before")
		w.alice.slash("/incident reopen INC-1")
		w.alice.clicks(mitigate)
		w.alice.hearsSoon("INC-1 is not mitigated any more: the board is behind. Type /incident mitigate INC-1.")
		require.Equal(t, incident.StatusOpen, w.incident(1).Status)
	})
}
