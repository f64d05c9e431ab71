package learning

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

// chased is a follow-up under test, with mornings on which a digest asks it.
type chased struct {
	*worldtest.World
	in    FollowUpInput
	brief api.FollowUpBrief
	// lines are what was told, one per person and morning: "2026-11-23 carol@example.com decide".
	lines []string
	// unreachable are people whom chat does not know.
	unreachable map[string]bool
	// asleep are mornings without a digest.
	asleep map[string]bool
}

const (
	alice = "alice@example.com"
	bob   = "bob@example.com"
	carol = "carol@example.com" // the commander
)

// newChased is a follow-up that bob proposed on Wednesday 18 November 2026 at 10:00.
func newChased(t *testing.T, owner string, change func(*FollowUpInput)) *chased {
	t.Helper()
	c := &chased{
		World:       worldtest.New(t, "INC-1/follow-up/1", func(r worker.WorkflowRegistry) { r.RegisterWorkflow(FollowUp) }),
		unreachable: map[string]bool{}, asleep: map[string]bool{},
	}
	p := worldtest.Policy()
	p.FollowUps.Escalate = []string{playbook.EscalateCommander, "#sre", "dana@example.com"}
	c.brief = api.FollowUpBrief{Brief: brief(), FollowUp: incident.FollowUp{
		Number: 1, Title: "Alert on queue depth", Status: incident.FollowUpProposed, Owner: owner, ProposedAt: c.Env.Now(),
		ProposedBy: incident.Actor{Person: bob},
	}}
	c.in = FollowUpInput{
		Incident: 1, Policy: p.FollowUps, Tracker: p.Tracker, Calendar: p.Calendar, Settings: api.Settings{Installation: "test"},
	}
	c.in.Brief = c.brief
	if change != nil {
		change(&c.in)
	}
	c.brief = c.in.Brief
	return c
}

// at is how long after the start a moment is.
func (c *chased) at(moment string) time.Duration {
	c.T.Helper()
	at, err := time.Parse("2006-01-02 15:04", moment)
	require.NoError(c.T, err)
	return at.Sub(time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC))
}

// on changes the follow-up as its incident would.
func (c *chased) on(moment string, change func(b *api.FollowUpBrief)) {
	c.After(c.at(moment), func() {
		before := c.brief.FollowUp
		change(&c.brief)
		c.brief.FollowUp.Touched(incident.Actor{Person: c.brief.FollowUp.ChangedBy}, before)
		c.Env.SignalWorkflow(api.FollowUpChanged, c.brief)
	})
}

func (c *chased) state() api.FollowUpState {
	c.T.Helper()
	v, err := c.Env.QueryWorkflow(api.State, api.OwedQuery{At: c.Env.Now()})
	require.NoError(c.T, err)
	var s api.FollowUpState
	require.NoError(c.T, v.Get(&s))
	return s
}

// mornings asks every working morning, as digests do, and tells what was shown.
func (c *chased) mornings(days int) {
	for n := range days {
		d := time.Duration(n+1)*day - time.Hour
		c.After(d, func() {
			now := c.Env.Now()
			if !c.in.Calendar.Working(now) || c.asleep[now.Format(time.DateOnly)] {
				return
			}
			for _, a := range c.state().Asks {
				if a.Told {
					continue
				}
				told := api.ToldInput{Person: a.Person, Turn: a.Turn, At: now, Digest: "digest/" + now.Format(time.DateOnly) + "/" + a.Person}
				if told.Unknown = c.unreachable[a.Person]; !told.Unknown {
					c.lines = append(c.lines, fmt.Sprintf("%s %s %s", now.Format(time.DateOnly), a.Person, a.Ask))
				}
				c.Env.SignalWorkflow(api.Told, told)
				c.Env.SignalWorkflow(api.Told, told) // once more changes nothing
			}
		})
	}
}

func (c *chased) run() {
	c.T.Helper()
	c.Env.ExecuteWorkflow(FollowUp, c.in)
	require.NoError(c.T, c.Env.GetWorkflowError())
}

func (c *chased) ends(moment string) {
	c.on(moment, func(b *api.FollowUpBrief) { b.FollowUp.Status = incident.FollowUpDone })
}

func accept(b *api.FollowUpBrief) { b.FollowUp.Status = incident.FollowUpAccepted }

func TestAFollowUpSoaksIsDecidedDueAndOverdueAndItIsEscalated(t *testing.T) {
	c := newChased(t, alice, nil)
	c.mornings(75)
	c.on("2026-11-24 12:00", accept)
	c.After(c.at("2026-11-18 12:00"), func() {
		s := c.state()
		require.Equal(t, incident.Date("2026-12-16"), s.FollowUp.Due, "20 business days after Wednesday 18 November")
		require.Empty(t, s.Asks, "it soaks")
		require.Equal(t, "2026-11-23", s.Next.Format(time.DateOnly))
	})
	c.ends("2027-01-27 12:00")
	c.run()
	require.Equal(t, []string{
		"2026-11-23 carol@example.com decide", // three business days later: its commander
		"2026-12-14 alice@example.com soon",   // two business days before
		"2026-12-16 alice@example.com due",
		"2026-12-23 alice@example.com overdue", // weekly after
		"2026-12-30 alice@example.com overdue",
		"2027-01-06 alice@example.com overdue", "2027-01-06 carol@example.com overdue", // after two reminders
		"2027-01-13 alice@example.com overdue", "2027-01-13 carol@example.com overdue", "2027-01-13 #sre overdue",
		"2027-01-20 alice@example.com overdue", "2027-01-20 carol@example.com overdue", "2027-01-20 #sre overdue", "2027-01-20 dana@example.com overdue",
		"2027-01-27 alice@example.com overdue", "2027-01-27 carol@example.com overdue", "2027-01-27 #sre overdue", "2027-01-27 dana@example.com overdue",
	}, c.lines)
	require.Zero(t, c.Count("direct "), "nothing of it could not wait for a morning")
}

func TestADecisionIsAskedOfTheCommanderAsItIsNowUntilSomebodyTakesIt(t *testing.T) {
	c := newChased(t, "", nil)
	c.mornings(30)
	c.on("2026-11-20 12:00", func(b *api.FollowUpBrief) { b.Commander = "erin@example.com" })
	c.on("2026-12-01 12:00", func(b *api.FollowUpBrief) { b.Commander = "" })
	c.on("2026-12-10 12:00", func(b *api.FollowUpBrief) {
		b.FollowUp.Status, b.FollowUp.Reason = incident.FollowUpDropped, "the queue is gone"
	})
	c.run()
	require.Equal(t, []string{
		"2026-11-23 erin@example.com decide",
		"2026-11-30 erin@example.com decide", // once a week
		"2026-12-02 bob@example.com decide",  // who proposed it, since it has neither commander nor owner
		"2026-12-07 bob@example.com decide", "2026-12-07 #sre decide",
	}, c.lines)
}

func TestNothingIsOverdueBeforeItWasDecided(t *testing.T) {
	c := newChased(t, alice, nil)
	c.mornings(80)
	c.on("2027-01-15 12:00", accept) // a month after its due date
	c.After(c.at("2027-01-15 13:00"), func() {
		require.Equal(t, incident.Date("2027-02-12"), c.state().FollowUp.Due, "nobody gave the date, so it is counted from the decision")
	})
	c.ends("2027-02-02 12:00")
	c.run()
	require.NotEmpty(t, c.lines)
	for _, l := range c.lines {
		require.Contains(t, l, " decide")
	}
}

func TestASnoozedFollowUpAsksNobodyUntilThen(t *testing.T) {
	c := newChased(t, alice, nil)
	c.mornings(60)
	c.on("2026-11-20 12:00", accept)
	c.on("2026-12-10 12:00", func(b *api.FollowUpBrief) {
		b.FollowUp.SnoozedUntil, b.FollowUp.SnoozeReason = time.Date(2026, 12, 22, 0, 0, 0, 0, time.UTC), "the freeze"
	})
	c.ends("2026-12-24 12:00")
	c.run()
	require.Equal(t, []string{"2026-12-22 alice@example.com overdue"}, c.lines)
}

func TestRemindersThatRestAskNobody(t *testing.T) {
	c := newChased(t, alice, nil)
	c.mornings(60)
	c.on("2026-11-19 12:00", func(b *api.FollowUpBrief) { b.RemindersPausedUntil = time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC) })
	c.ends("2026-12-03 12:00")
	c.run()
	require.Equal(t, []string{"2026-12-01 carol@example.com decide"}, c.lines)
}

func TestANewDueDateBeginsAnew(t *testing.T) {
	c := newChased(t, alice, nil)
	c.mornings(90)
	c.on("2026-11-20 12:00", accept)
	c.on("2026-12-23 12:00", func(b *api.FollowUpBrief) { b.FollowUp.Due = "2027-01-20" })
	c.ends("2027-01-21 12:00")
	c.run()
	require.Equal(t, []string{
		"2026-12-14 alice@example.com soon", "2026-12-16 alice@example.com due", "2026-12-23 alice@example.com overdue",
		"2027-01-18 alice@example.com soon", "2027-01-20 alice@example.com due",
	}, c.lines)
}

func TestADigestThatWasDownIsMadeUpForTheNextMorning(t *testing.T) {
	c := newChased(t, alice, nil)
	c.asleep["2026-11-23"], c.asleep["2026-11-24"] = true, true
	c.mornings(12)
	c.ends("2026-11-27 12:00")
	c.run()
	require.Equal(t, []string{"2026-11-25 carol@example.com decide"}, c.lines)
}

func TestADigestThatFailsIsASnagThatARetryReaches(t *testing.T) {
	c := newChased(t, alice, nil)
	c.After(c.at("2026-11-23 09:00"), func() {
		c.Env.SignalWorkflow(api.Told, api.ToldInput{
			Person: carol, Turn: c.state().Asks[0].Turn, At: c.Env.Now(), Digest: "digest/2026-11-23/carol@example.com", Snag: "messages_tab_disabled", Mend: "enable it",
		})
	})
	c.After(c.at("2026-11-23 10:00"), func() {
		s := c.state()
		require.Equal(t, "messages_tab_disabled", s.Snags[0].Reason)
		require.False(t, s.Asks[0].Told)
		c.Env.SignalWorkflow(api.Retry, nil)
	})
	c.After(c.at("2026-11-23 10:05"), func() {
		require.True(t, c.Has("signal digest/2026-11-23/carol@example.com Retry"), "%v", c.Calls)
	})
	c.After(c.at("2026-11-23 10:10"), func() {
		c.Env.SignalWorkflow(api.Told, api.ToldInput{Person: carol, Turn: c.state().Asks[0].Turn, At: c.Env.Now()})
	})
	c.After(c.at("2026-11-23 10:20"), func() {
		require.Empty(t, c.state().Snags)
		require.True(t, c.state().Asks[0].Told)
	})
	c.ends("2026-11-24 12:00")
	c.run()
}

func TestAPrivateFollowUpHasANumberAndNoWord(t *testing.T) {
	c := newChased(t, alice, func(in *FollowUpInput) { in.Brief.Private = true; in.Policy.EscalateAfter = 1 })
	c.mornings(60)
	c.After(c.at("2026-11-23 08:30"), func() {
		s := c.state()
		require.Equal(t, "Follow-up 1 of INC-1 (private) waits for a decision: accept it, change it, or drop it with a reason. "+
			"It would be due on Wednesday 16 December. Its owner is alice@example.com.", s.Asks[0].Line.Text)
		require.Empty(t, s.FollowUp.Title)
	})
	c.on("2026-11-24 12:00", accept)
	c.ends("2027-01-15 12:00")
	c.run()
	for _, l := range c.lines {
		require.NotContains(t, l, "#sre", "no channel hears of it")
	}
	require.Contains(t, c.lines, "2026-12-30 carol@example.com overdue")
}

func TestWhatIsFoundFollowsEveryChange(t *testing.T) {
	c := newChased(t, alice, nil)
	var seen []found
	c.Env.OnUpsertTypedSearchAttributes(mock.Anything).Return(nil).Maybe()
	look := func(moment string) {
		c.After(c.at(moment), func() {
			r := c.state()
			seen = append(seen, found{owner: r.FollowUp.Owner, due: r.Next})
		})
	}
	c.mornings(30)
	look("2026-11-18 11:00")
	c.on("2026-11-20 12:00", accept)
	look("2026-11-20 13:00")
	c.on("2026-11-23 11:00", func(b *api.FollowUpBrief) { b.FollowUp.Owner = bob })
	look("2026-11-23 12:00")
	c.ends("2026-11-30 12:00")
	c.run()
	require.Equal(t, []string{"2026-11-23", "2026-12-14", "2026-12-14"}, []string{
		seen[0].due.Format(time.DateOnly), seen[1].due.Format(time.DateOnly), seen[2].due.Format(time.DateOnly),
	})
	require.Equal(t, bob, seen[2].owner)
}

// One follow-up is chased for a year, over a forced continue-as-new a day, with as many messages as
// weeks.
func TestAYearOfOneFollowUpOverManyRuns(t *testing.T) {
	in := newChased(t, alice, nil).in
	in.Brief.FollowUp.Status = incident.FollowUpAccepted
	in.Brief.FollowUp.ProposedBy.Person = alice
	in.Policy.EscalateAfter = 0
	state := (*followUpState)(nil)
	counts, issues, runs := map[string]int{}, 0, 0
	now := time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC)
	for now.Before(time.Date(2027, 11, 18, 9, 0, 0, 0, time.UTC)) {
		w := onceMore(t, now)
		w.After(30*time.Minute, func() {
			at := w.Env.Now()
			if !in.Calendar.Working(at) {
				return
			}
			v, err := w.Env.QueryWorkflow(api.State, api.OwedQuery{At: at})
			require.NoError(t, err)
			var s api.FollowUpState
			require.NoError(t, v.Get(&s))
			for _, a := range s.Asks {
				if !a.Told {
					counts[a.Person+" "+string(a.Ask)]++
					w.Env.SignalWorkflow(api.Told, api.ToldInput{Person: a.Person, Turn: a.Turn, At: at})
				}
			}
		})
		w.After(23*time.Hour, func() {
			w.Env.SetContinueAsNewSuggested(true)
			w.Env.SignalWorkflow(api.FollowUpChanged, api.FollowUpBrief{Brief: in.Brief.Brief})
		})
		next := in
		next.State = state
		w.Env.ExecuteWorkflow(FollowUp, next)
		var more *workflow.ContinueAsNewError
		require.ErrorAs(t, w.Env.GetWorkflowError(), &more)
		w.Decode(more.Input, &next)
		state, issues = next.State, issues+w.Count("issue ")
		require.Zero(t, w.Count("direct "))
		now, runs = now.Add(day), runs+1
	}
	require.Equal(t, 365, runs)
	require.Equal(t, 1, issues)
	require.Equal(t, map[string]int{"alice@example.com soon": 1, "alice@example.com due": 1, "alice@example.com overdue": 48}, counts)
}

// onceMore is a world for one run that begins at a moment.
func onceMore(t *testing.T, now time.Time) *worldtest.World {
	t.Helper()
	w := worldtest.Again(t, "INC-1/follow-up/1", func(r worker.WorkflowRegistry) { r.RegisterWorkflow(FollowUp) })
	w.Env.SetStartTime(now)
	return w
}

func TestAFollowUpWithNobodyToAskIsASnag(t *testing.T) {
	c := newChased(t, "", func(in *FollowUpInput) {
		in.Brief.Commander, in.Brief.FollowUp.ProposedBy, in.Policy.Escalate = "", incident.Actor{Token: "ci"}, []string{playbook.EscalateCommander}
	})
	c.mornings(8)
	c.After(c.at("2026-11-19 12:00"), func() {
		s := c.state()
		require.Len(t, s.Snags, 1)
		require.Contains(t, s.Snags[0].Mend, "give it an owner")
		require.Zero(t, s.Next)
	})
	c.on("2026-11-20 12:00", func(b *api.FollowUpBrief) { b.Commander = carol })
	c.After(c.at("2026-11-20 13:00"), func() { require.Empty(t, c.state().Snags) })
	c.ends("2026-11-26 08:00")
	c.run()
	require.Equal(t, []string{"2026-11-23 carol@example.com decide"}, c.lines)
}
