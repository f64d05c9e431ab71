package slackdoor_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestEverySubcommandWorksInTheChannel(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		ch := w.channelOf(1, w.alice)
		for _, step := range []struct {
			line string
			is   func(i incident.Incident) bool
		}{
			{"update The database is full next:30m", func(i incident.Incident) bool {
				return i.LastUpdate == "The database is full" && !i.NextUpdate.IsZero()
			}},
			{"severity 2 all customers", func(i incident.Incident) bool { return i.Severity == 2 }},
			{"title Checkout is slow", func(i incident.Incident) bool { return i.Title == "Checkout is slow" }},
			{"role commander", func(i incident.Incident) bool { return i.Holder("commander") == "alice@example.com" }},
			{"assign scribe <@" + w.bob.ID + "|bob>", func(i incident.Incident) bool { return i.Holder("scribe") == "bob@example.com" }},
			{"assign scribe nobody", func(i incident.Incident) bool { return i.Holder("scribe") == "" }},
			{"invite <@" + w.bob.ID + ">", func(i incident.Incident) bool { return len(i.Responders) == 2 }},
			{"page platform", func(i incident.Incident) bool { return len(i.Pages) == 1 && i.Pages[0].Target == "platform" }},
			{"ack", func(i incident.Incident) bool { return i.Pages[0].Status == incident.PageAcknowledged }},
			{"note Vendor called back", func(i incident.Incident) bool { return strings.Contains(lastEntry(i), "Vendor called back") }},
			{"follow-up Alert on disk space <@" + w.bob.ID + "> due:2030-01-02", func(i incident.Incident) bool {
				return i.FollowUps[0].Title == "Alert on disk space" && i.FollowUps[0].Owner == "bob@example.com" && i.FollowUps[0].Due == "2030-01-02"
			}},
			{"follow-up set 1 dropped we moved", func(i incident.Incident) bool { return i.FollowUps[0].Status == incident.FollowUpDropped }},
			{"nominate it was close", func(i incident.Incident) bool { return len(i.Nominations) == 1 }},
			{"mitigate rolled back", func(i incident.Incident) bool { return i.Status == incident.StatusMitigated }},
			{"reopen it is back", func(i incident.Incident) bool { return i.Status == incident.StatusOpen }},
			{"join", func(i incident.Incident) bool { return i.Status == incident.StatusOpen }},
			{"pause-reminders 3d", func(i incident.Incident) bool { return i.RemindersPaused(w.now().Add(71 * time.Hour)) }},
			{"retry", func(i incident.Incident) bool { return i.Status == incident.StatusOpen }},
		} {
			said := w.alice.slashIn(ch, "/incident "+step.line)
			require.True(t, step.is(w.incident(1)), "%s: %s", step.line, said)
			require.Contains(t, said, "INC-1", step.line)
		}
		shown := w.alice.slashIn(ch, "/incident show")
		require.Contains(t, shown, "Checkout is slow")
		require.Contains(t, shown, "rest until")
		require.Contains(t, w.alice.slash("/incident list"), "INC-1")
		require.Contains(t, w.alice.slash("/incident help"), "/incident update")
	})
}

func lastEntry(i incident.Incident) string { return i.Timeline[len(i.Timeline)-1].Text }

func TestASubcommandWithoutItsArgumentsOpensAForm(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		w.bob.slash("/incident search is down too")
		ch := w.channelOf(1, w.alice)
		for _, step := range []struct {
			line, form string
			values     map[string]string
			is         func(i incident.Incident) bool
		}{
			{"update", "update", map[string]string{"text": "Looking", "next": "30"}, func(i incident.Incident) bool { return i.LastUpdate == "Looking" && !i.NextUpdate.IsZero() }},
			{"severity", "severity", map[string]string{"severity": "1", "reason": "all of it"}, func(i incident.Incident) bool { return i.Severity == 1 }},
			{"role", "role", map[string]string{"role": "commander", "person": "bob@example.com"}, func(i incident.Incident) bool { return i.Holder("commander") == "bob@example.com" }},
			{"title", "title", map[string]string{"title": "Another"}, func(i incident.Incident) bool { return i.Title == "Another" }},
			{"pause-reminders", "pause_reminders", map[string]string{"until": strconv.FormatInt(w.now().Add(time.Hour).Unix(), 10)}, func(i incident.Incident) bool {
				return i.RemindersPaused(w.now().Add(59 * time.Minute))
			}},
			{"page", "page", map[string]string{"target": "platform"}, func(i incident.Incident) bool { return len(i.Pages) == 1 }},
			{"note", "note", map[string]string{"text": "We called them"}, func(i incident.Incident) bool { return strings.Contains(lastEntry(i), "We called them") }},
			{"follow-up", "follow_up", map[string]string{"title": "Alert", "owner": "bob@example.com", "due": "2030-01-02"}, func(i incident.Incident) bool { return i.FollowUps[0].Owner == "bob@example.com" }},
			{"mitigate", "mitigate", map[string]string{"text": "Rolled back"}, func(i incident.Incident) bool {
				return i.Status == incident.StatusMitigated && strings.Contains(lastEntry(i), "Rolled back")
			}},
			{"resolve Bigger disks", "resolve", map[string]string{"learning": "Disks fill"}, func(i incident.Incident) bool {
				return i.Status == incident.StatusResolved && i.Learning == "Disks fill" && lastEntry(i) == "Resolved: Bigger disks"
			}},
		} {
			require.Empty(t, w.alice.slashIn(ch, "/incident "+step.line), step.line)
			w.alice.sees(step.form)
			w.alice.submits(step.values)
			v, open := w.alice.Modal()
			require.False(t, open, "%s: the form closes when it is done: %s", step.line, v.Shown())
			require.True(t, step.is(w.incident(1)), step.line)
		}
		w.alice.slashIn(ch, "/incident reopen")
		w.alice.slashIn(ch, "/incident merge")
		w.alice.submits(map[string]string{"into": "INC-2"})
		require.Equal(t, 2, w.incident(1).MergedInto)
		w.alice.slashIn(ch, "/incident reopen")
		w.alice.slashIn(ch, "/incident cancel")
		w.alice.submits(map[string]string{"reason": "a false alarm"})
		require.Equal(t, incident.StatusCancelled, w.incident(1).Status)
	})
}

func TestAFormSaysWhatIsWrongBesideTheField(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		ch := w.channelOf(1, w.alice)
		w.alice.slashIn(ch, "/incident merge")
		w.alice.submits(map[string]string{"number": "INC-1"})
		require.NotEmpty(t, w.alice.sees("merge").Errors["number"])
		w.alice.ClosesModal()

		w.alice.slashIn(ch, "/incident page")
		w.is(func(r *record) { r.facts[1].Status = incident.StatusCancelled })
		w.alice.submits(map[string]string{"target": "platform"})
		require.Contains(t, w.alice.sees("page").Errors["target"], "cancelled")
		require.Empty(t, w.incident(1).Pages)
	})
}

func TestACommandFromOutsideAsksWhichIncident(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		w.alice.slash("/incident search is down")
		r := w.alice.answer("incidents", "/incident update The disk is full")
		require.Contains(t, r.Shown(), "checkout is down")
		require.Contains(t, r.Shown(), "search is down")
		for _, b := range r.Buttons() {
			if strings.Contains(b.Value, "INC-1") {
				w.alice.clicks(b)
			}
		}
		w.alice.hearsSoon("The disk is full")
		require.Equal(t, "The disk is full", w.incident(1).LastUpdate)
		require.Empty(t, w.incident(2).LastUpdate)
		require.Contains(t, w.alice.slash("/incident update INC-2 Looking"), "INC-2", "naming it needs no question")
		require.Equal(t, "Looking", w.incident(2).LastUpdate)
	})
}

func TestUnknownIncidentsAndIllegalCommandsAreRefusedWithAMend(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		require.Contains(t, w.alice.slash("/incident mitigate INC-9"), "INC-9 does not exist")
		require.Contains(t, w.alice.slash("/incident review INC-1 held"), "Resolve the incident first")
		require.Contains(t, w.alice.slash("/incident severity INC-1 9"), "9 is no severity")
		require.Contains(t, w.alice.slash("/incident merge INC-1 into INC-1"), "cannot be merged into itself")
	})
}

func TestACommandWithoutWorkersIsRecordedAndAppliedOnce(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		w.is(func(r *record) { r.idle = true })
		require.Contains(t, w.alice.slash("/incident update INC-1 The disk is full"), "Recorded")
		w.catchUp()
		require.Equal(t, "The disk is full", w.incident(1).LastUpdate)
	})
}

func TestRefiningADeclarationFromItsAnswer(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		r := w.alice.answer("incidents", "/incident checkout is down")
		w.alice.presses(r, "Severity")
		w.alice.sees("severity")
		w.alice.submits(map[string]string{"severity": "1"})
		require.Equal(t, incident.Severity(1), w.incident(1).Severity)
		w.alice.presses(r, "Add details")
		w.alice.sees("refine")
		w.alice.submits(map[string]string{"title": "Checkout is down in Europe"})
		require.Equal(t, "Checkout is down in Europe", w.incident(1).Title)
	})
}

func TestSubscriptions(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		require.Contains(t, w.alice.slash("/incident subscribe severity<=2 service:checkout"), "Subscribed")
		require.Contains(t, w.alice.slash("/incident subscriptions"), "severity")
		w.mu.Lock()
		require.Equal(t, "alice@example.com", w.subs[0].Person)
		require.Equal(t, incident.Severity(2), w.subs[0].Severity)
		w.mu.Unlock()
		require.Contains(t, w.alice.slash("/incident subscribe severity<=9"), "no threshold")
		require.Contains(t, w.alice.slash("/incident unsubscribe"), "Unsubscribed")
		w.is(func(r *record) { require.Empty(t, r.subs) })
	})
}
