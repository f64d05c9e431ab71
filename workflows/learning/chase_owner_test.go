package learning

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/workflows/api"
)

func TestANewOwnerHearsAtOnceAndTheFormerOneNoMore(t *testing.T) {
	c := newChased(t, alice, nil)
	c.mornings(60)
	c.on("2026-11-20 12:00", accept)
	c.on("2026-12-17 11:00", func(b *api.FollowUpBrief) { b.FollowUp.Owner, b.FollowUp.ChangedBy = bob, alice })
	c.After(c.at("2026-12-17 11:01"), func() {
		require.Equal(t, []string{"direct bob@example.com A follow-up is yours now"}, c.direct())
		m := c.Direct[0].Message
		require.Equal(t, "test/INC-1/follow-up/1/owner/1", m.Key)
		require.Equal(t, "Alert on queue depth (INC-1) is yours now. It was due on Wednesday 16 December.", m.Items[0].Text)
		require.Equal(t, "INC-1/follow-up/1/2", m.Items[0].Buttons[0].Value)
	})
	c.ends("2026-12-29 12:00")
	c.run()
	require.Equal(t, []string{
		"2026-12-14 alice@example.com soon", "2026-12-16 alice@example.com due",
		"2026-12-24 bob@example.com overdue", // a week after he was told
	}, c.lines)
	require.Len(t, c.Direct, 1)
}

func TestANewOwnerOfTheNightHearsInTheMorningsDigestAlone(t *testing.T) {
	c := newChased(t, "", nil)
	c.mornings(20)
	c.on("2026-11-19 22:00", func(b *api.FollowUpBrief) { accept(b); b.FollowUp.Owner = alice })
	c.ends("2026-11-24 12:00")
	c.run()
	require.Equal(t, []string{"2026-11-20 alice@example.com yours"}, c.lines)
	require.Zero(t, c.Count("direct "))
}

func TestWhoTakesAFollowUpIsNotToldSo(t *testing.T) {
	c := newChased(t, "", nil)
	c.mornings(10)
	c.on("2026-11-19 11:00", func(b *api.FollowUpBrief) { accept(b); b.FollowUp.Owner, b.FollowUp.ChangedBy = alice, alice })
	c.ends("2026-11-24 12:00")
	c.run()
	require.Empty(t, c.lines)
	require.Zero(t, c.Count("direct "))
}

func TestAnOwnerOfTheTrackerHearsToo(t *testing.T) {
	c := newChased(t, alice, nil)
	c.on("2026-11-20 12:00", accept)
	c.After(c.at("2026-11-23 12:00"), func() {
		c.Env.SignalWorkflow(api.IssueChanged, api.IssueChangedInput{
			DeliveryID: "d1", By: alice, At: c.Env.Now(), Changed: []incident.IssuePart{incident.IssueOwner},
			Issue: incident.IssueState{ID: "test/INC-1/follow-up/1", Key: "OPS-test/INC-1/follow-up/1", Status: "In Progress", Owner: bob},
		})
	})
	c.ends("2026-11-24 12:00")
	c.run()
	require.Equal(t, []string{"direct bob@example.com A follow-up is yours now"}, c.direct())
}

func (c *chased) direct() []string {
	var out []string
	for _, d := range c.Direct {
		out = append(out, "direct "+d.Person+" "+d.Message.Headline)
	}
	return out
}

func TestADecisionThatCannotWaitForTheMorningIsAskedForAtOnceAndOnce(t *testing.T) {
	c := newChased(t, "", func(in *FollowUpInput) { in.Brief.FollowUp.Due = "2026-11-18" })
	c.mornings(8)
	c.ends("2026-11-26 08:00")
	c.run()
	require.Equal(t, []string{"direct carol@example.com A follow-up waits for your decision today"}, c.direct())
	require.Equal(t, "Alert on queue depth (INC-1) waits for a decision: accept it, change it, or drop it with a reason. "+
		"It would be due today. Nobody owns it yet.", c.Direct[0].Message.Items[0].Text)
	require.Equal(t, []string{"2026-11-25 carol@example.com decide"}, c.lines)
}

func TestAnOwnerWhomChatDoesNotKnowIsSeenAndOthersAreAsked(t *testing.T) {
	c := newChased(t, "gone@example.com", nil)
	c.unreachable["gone@example.com"] = true
	c.mornings(60)
	c.on("2026-11-23 12:00", accept)
	c.After(c.at("2026-12-15 08:00"), func() {
		s := c.state()
		require.Len(t, s.Snags, 1)
		require.Contains(t, s.Snags[0].Mend, "give the follow-up to somebody else")
		require.Equal(t, carol, s.Asks[0].Person)
		require.Equal(t, "Alert on queue depth (INC-1) is due on Wednesday 16 December. "+
			"Its owner gone@example.com cannot be found in chat: please give it to somebody else.", s.Asks[0].Line.Text)
	})
	c.on("2026-12-15 14:00", func(b *api.FollowUpBrief) { b.FollowUp.Owner = alice })
	c.After(c.at("2026-12-15 15:00"), func() { require.Empty(t, c.state().Snags, "somebody who is there owns it now") })
	c.ends("2026-12-17 12:00")
	c.run()
	require.Equal(t, []string{
		"2026-11-23 carol@example.com decide",
		"2026-12-15 carol@example.com soon", // gone on Monday, so its commander the next morning
		"2026-12-16 alice@example.com due",
	}, c.lines)
}

func TestARetryLooksForSomebodyAgain(t *testing.T) {
	c := newChased(t, "gone@example.com", nil)
	c.unreachable["gone@example.com"] = true
	c.mornings(60)
	c.on("2026-11-20 12:00", accept)
	c.After(c.at("2026-12-14 12:00"), func() {
		delete(c.unreachable, "gone@example.com") // the address was corrected
		c.Env.SignalWorkflow(api.Retry, nil)
	})
	c.ends("2026-12-15 12:00")
	c.run()
	require.Equal(t, []string{"2026-12-15 gone@example.com soon"}, c.lines)
}

func TestANewOwnerWithoutAnAccountFallsToTheCommander(t *testing.T) {
	c := newChased(t, "", nil)
	c.Breaks("direct gone@example.com", &fault.Error{Vendor: "slack", Class: fault.Permanent, Meaning: fault.PersonUnknown, Reason: "users_not_found"})
	c.on("2026-11-19 11:00", func(b *api.FollowUpBrief) { accept(b); b.FollowUp.Owner = "gone@example.com" })
	c.After(c.at("2026-11-19 12:00"), func() {
		require.Len(t, c.state().Snags, 1)
		require.Equal(t, 1, c.Count("direct "), "a person who is not there is not tried for ever")
	})
	c.mornings(30)
	c.ends("2026-12-15 12:00")
	c.run()
	require.Equal(t, []string{"2026-12-14 carol@example.com soon"}, c.lines)
}

func TestAfterAHandOverSomebodyIsStillAsked(t *testing.T) {
	for name, h := range map[string]struct {
		from, at, to string
	}{
		"to somebody whom chat does not know": {"", "2026-12-24 20:00", "gone@example.com"},
		"to nobody, after it was escalated":   {alice, "2027-01-04 20:00", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := newChased(t, h.from, func(in *FollowUpInput) { in.Policy.EscalateAfter = 1 })
			c.unreachable["gone@example.com"] = true
			c.mornings(90)
			c.on("2026-11-24 12:00", accept)
			c.on(h.at, func(b *api.FollowUpBrief) { b.FollowUp.Owner = h.to })
			var before int
			var s api.FollowUpState
			c.After(c.at("2027-01-05 07:00"), func() { before = len(c.lines) })
			c.After(c.at("2027-02-01 12:00"), func() { s = c.state() })
			c.ends("2027-02-03 12:00")
			c.run()
			require.False(t, s.Next.IsZero())
			require.Greater(t, len(c.lines), before)
		})
	}
}

// Who made the last change here is not who gives it to them in the tracker, where that may not be known.
func TestAnOwnerWhomTheTrackerNamesHearsAlsoAfterTheirOwnChangeHere(t *testing.T) {
	c := newChased(t, alice, nil)
	c.on("2026-11-24 11:00", accept)
	c.on("2026-11-24 12:00", func(b *api.FollowUpBrief) { b.FollowUp.Due, b.FollowUp.ChangedBy = "2027-01-20", bob })
	id := "test/INC-1/follow-up/1"
	c.After(c.at("2026-11-26 12:00"), func() {
		c.Env.SignalWorkflow(api.IssueChanged, api.IssueChangedInput{ReadAt: c.Env.Now(), Issue: incident.IssueState{
			ID: id, Key: "OPS-" + id, Title: "Alert on queue depth", Status: "To Do", Owner: bob, Due: "2027-01-20", Updated: c.Env.Now(),
		}})
	})
	c.ends("2026-11-30 12:00")
	c.run()
	require.Equal(t, []string{"direct bob@example.com A follow-up is yours now"}, c.direct())
}

func TestLabelsThatAreAlwaysTakenAwayAreNotFoughtFor(t *testing.T) {
	c := newChased(t, alice, nil)
	id := "test/INC-1/follow-up/1"
	update := func() int { return c.Count("update " + id) }
	take := func() {
		c.Env.SignalWorkflow(api.IssueChanged, api.IssueChangedInput{
			DeliveryID: c.Env.Now().String(), At: c.Env.Now(), Changed: []incident.IssuePart{incident.IssueLabels},
			Issue: incident.IssueState{ID: id, Key: "OPS-" + id},
		})
	}
	for n := range 20 { // an automation of the board takes them off
		c.After(time.Hour+time.Duration(n)*time.Minute, take)
	}
	var updates int
	var snags []incident.Snag
	c.After(2*time.Hour, func() { updates, snags = update(), c.state().Snags })
	c.After(3*time.Hour, func() { c.Env.SignalWorkflow(api.Retry, nil) })
	var retried int
	c.After(4*time.Hour, func() { retried = update(); require.Empty(t, c.state().Snags) })
	c.ends("2026-11-24 12:00")
	c.run()
	require.Equal(t, 3, updates)
	require.Len(t, snags, 1)
	require.Contains(t, snags[0].Mend, "stop whatever takes them off")
	require.Equal(t, 4, retried)
}
