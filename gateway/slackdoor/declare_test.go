package slackdoor_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestALineDeclaresAtOnceAndGivesTheLink(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		said := w.alice.slash("/incident checkout is down")
		require.Contains(t, said, "INC-1 is declared")
		require.Contains(t, said, "https://chat.example.com/inc-1-checkout-is-down")
		i := w.incident(1)
		require.Equal(t, "checkout is down", i.Title)
		require.Equal(t, incident.Severity(3), i.Severity, "the playbook's default")
		require.Equal(t, incident.Actor{Person: "alice@example.com", Way: incident.WaySlack}, i.DeclaredBy)
	})
}

func TestAnEmptyLineOpensAFormInWhichATitleIsEnough(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		require.Empty(t, w.alice.slash("/incident"))
		w.alice.sees("declare")
		w.alice.submits(map[string]string{"title": "Checkout is down"})
		require.Equal(t, "Checkout is down", w.incident(1).Title)
		require.Contains(t, w.alice.sees("done").Shown(), "INC-1 is declared")
	})
}

func TestAFormDeclaresWithAllItsFields(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident")
		w.alice.submits(map[string]string{
			"title": "Almost lost the database", "severity": "2", "services": "checkout", "kind": "near_miss", "options": "private", "started_at": "1760000000",
		})
		i := w.incident(1)
		require.Equal(t, incident.KindNearMiss, i.Kind)
		require.Equal(t, incident.Severity(2), i.Severity)
		require.Equal(t, []string{"checkout"}, i.Services)
		require.True(t, i.Private)
		require.Equal(t, int64(1760000000), i.StartedAt.Unix())
	})
}

func TestAFormThatWasNotRecordedKeepsWhatWasTyped(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident")
		w.is(func(r *record) { r.away = true })
		w.alice.submits(map[string]string{"title": "Checkout is down"})
		require.Contains(t, w.alice.sees("declare").Errors["title"], "Not recorded")
		w.is(func(r *record) { r.away = false })
		w.alice.submits(map[string]string{"title": "Checkout is down"})
		require.Equal(t, 1, w.declared())
	})
}

// Slack's answer is lost on its way, so the form is still there, and people press the button again.
func TestAFormWhoseAnswerWasLostDeclaresOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byHTTP)
	w.alice.slash("/incident")
	w.answersLost.Store(true)
	_, err := w.alice.Submits(w.alice.sees("declare"), map[string]string{"title": "Checkout is down"})
	require.Error(t, err)
	require.Equal(t, 1, w.declared(), "it was recorded all the same")
	w.answersLost.Store(false)
	w.alice.submits(map[string]string{"title": "Checkout is down"})
	require.Equal(t, 1, w.declared())
	require.Contains(t, w.alice.sees("done").Shown(), "INC-1")
}

func TestNothingThatWasNotRecordedIsCalledDone(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.is(func(r *record) { r.away = true })
		said := w.alice.slash("/incident checkout is down")
		require.Contains(t, said, "Not recorded")
		require.Contains(t, said, "/incident declare checkout is down", "it says what to do")
		require.Zero(t, w.declared())
	})
}

func TestWithoutWorkersADeclarationIsRecordedAndOpensLater(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.is(func(r *record) { r.idle = true })
		require.Contains(t, w.alice.slash("/incident checkout is down"), "Recorded")
		w.catchUp()
		require.Equal(t, "checkout is down", w.incident(1).Title)
	})
}

func TestALineThatMayBeACommandAsksBack(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		r := w.alice.answer("incidents", "/incident outage")
		require.Zero(t, w.declared())
		w.alice.presses(r, "Declare it")
		w.alice.hearsSoon("INC-1 is declared")
		require.Equal(t, "outage", w.incident(1).Title)

		r = w.alice.answer("incidents", "/incident udpate failed for everybody")
		require.Equal(t, 1, w.declared())
		b, ok := r.Button("Declare it")
		require.True(t, ok)
		w.alice.clicks(b)
		w.alice.clicks(b) // a double click
		w.eventually(func() bool { return w.declared() == 2 }, "declared")
		require.Equal(t, 2, w.declared())
	})
}

func TestAMessageIsCarriedIntoTheDeclaration(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		require.NoError(t, w.bob.Joins("incidents"))
		m, err := w.bob.Posts("incidents", "Payments fail since nine\nwith code 502 for <@"+w.alice.ID+">")
		require.NoError(t, err)
		_, err = w.alice.MessageShortcut("declare_message", "incidents", m.TS)
		require.NoError(t, err)
		v := w.alice.sees("declare")
		title, ok := v.Input("title")
		require.True(t, ok)
		require.Equal(t, "Payments fail since nine", title.Initial)
		w.alice.submits(nil)
		i := w.incident(1)
		entry := i.Timeline[len(i.Timeline)-1]
		require.Equal(t, "bob@example.com: Payments fail since nine\nwith code 502 for @Alice", entry.Text)
		require.Equal(t, m.TS, entry.Source.ID)
	})
}

func TestAGlobalShortcutOpensTheForm(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		_, err := w.alice.Shortcut("declare")
		require.NoError(t, err)
		w.alice.sees("declare")
	})
}

func TestAMentionDeclaresInSoManyWords(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		require.NoError(t, w.alice.Joins("incidents"))
		_, err := w.alice.Mentions("incidents", "declare checkout is down")
		require.NoError(t, err)
		w.alice.hearsSoon("INC-1 is declared")
		require.Equal(t, "checkout is down", w.incident(1).Title)
	})
}

func TestAMentionThatWasNotRecordedIsSentAgainBySlackAndDeclaresOnce(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		require.NoError(t, w.alice.Joins("incidents"))
		w.is(func(r *record) { r.away = true })
		_, err := w.alice.Mentions("incidents", "declare checkout is down")
		require.NoError(t, err)
		w.alice.hearsSoon("Not recorded")
		w.is(func(r *record) { r.away = false })
		w.eventually(func() bool { return w.declared() == 1 }, "declared by a retry")
	})
}
