package incidents

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

func TestAnIncidentCountsWhatMonitoringAsksFor(t *testing.T) {
	w := newWorld(t, "INC-1")
	by := worldtest.By("alice@example.com")
	again := incident.Mitigate{Meta: by}
	again.CommandID = "mine"
	w.Commands(2*time.Minute, api.Acknowledge, incident.Acknowledge{Meta: by})
	w.Commands(3*time.Minute, api.Mitigate, again)
	w.Commands(4*time.Minute, api.Mitigate, again)
	w.Refused(5*time.Minute, api.HoldReview, incident.HoldReview{Meta: by}, "")
	w.After(6*time.Minute, func() {
		w.Env.SignalWorkflow(api.Reopen, incident.Reopen{Meta: incident.Meta{Actor: incident.Actor{Way: "carrier pigeon"}}})
	})
	w.After(7*time.Minute, func() { w.Env.SignalWorkflow(api.Resolve, "no such input") })
	w.Commands(time.Hour, api.Cancel, incident.Cancel{Meta: by})
	w.runIncident(declared(1))

	require.Equal(t, []string{"severity=1 took=2m0s: 1"}, w.Counted.Of(api.MetricTimeToMuster), "once, and not again when it ends")
	require.Equal(t, []string{"outcome=acknowledged severity=1: 1"}, w.Counted.Of(api.MetricPages))
	require.ElementsMatch(t, []string{
		"command=Acknowledge outcome=applied way=cli: 1",
		"command=Mitigate outcome=applied way=cli: 1",
		"command=Mitigate outcome=repeated way=cli: 1",
		"command=HoldReview outcome=refused way=cli: 1",
		"command=Reopen outcome=applied way=carrier pigeon: 1",
		"command=Resolve outcome=refused way=: 1",
		"command=Cancel outcome=applied way=cli: 1",
	}, w.Counted.Of(api.MetricCommands), "the handler makes `other` of ways that it does not know")
}

func TestTheTimeToMusterOfADrillIsNotMeasured(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(1)
	in.Declaration.Kind, in.Declaration.Page = incident.KindDrill, true
	w.Commands(2*time.Minute, api.Acknowledge, incident.Acknowledge{Meta: worldtest.By("alice@example.com")})
	w.After(3*time.Minute, func() { require.NotZero(t, w.Facts().MusteredAt) })
	w.Commands(time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(in)
	require.Empty(t, w.Counted.Of(api.MetricTimeToMuster))
}

func TestRemindersAreCountedOnceTheyAreSent(t *testing.T) {
	w := newWorld(t, "INC-1")
	promised := w.Env.Now().Add(time.Hour).UTC()
	w.Commands(time.Minute, api.Update, incident.Update{Meta: worldtest.By("bob@example.com"), Text: "Half of all carts work", Next: promised})
	w.Commands(3*day, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	w.runIncident(declared(4))
	require.Equal(t, []string{"kind=update: 1"}, w.Counted.Of(api.MetricReminders))
}

func TestTheMemoListsSnagsByVendorWithoutAWordOfThem(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC)
	i := incident.New(1, worldtest.Declaration(1), at)
	require.NotContains(t, Memo(i), api.MemoSnags)
	i.Private = true
	i.Snags = []incident.Snag{
		{Mirror: "tracker", Step: "create", Reason: "a secret field", From: "jira", Since: at},
		{Mirror: "chat", Vendor: "slack", From: "slack", Since: at.Add(time.Hour)},
		{Mirror: "merge", Since: at},
		{Mirror: "announcement", From: "slack", Off: true, Since: at},
	}
	require.Equal(t, []api.SnagListed{
		{Vendor: "jira", Since: at.Unix()}, {Vendor: "slack", Since: at.Unix() + 3600}, {Vendor: "muster", Since: at.Unix()},
	}, Memo(i)[api.MemoSnags], "what is not set up here is none")
}
