package incidents

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

// retryWith is a Retry as a way in gives it that has a corrected playbook.
func retryWith(t *testing.T, correct func(c *playbook.Connections)) incident.Retry {
	t.Helper()
	p := worldtest.Policy()
	c := playbook.Connections{Hash: "corrected", Tracker: p.Tracker, Announce: p.Chat.Announce}
	correct(&c)
	raw, err := json.Marshal(c)
	require.NoError(t, err)
	return incident.Retry{Meta: worldtest.By("alice@example.com"), Connections: raw}
}

func TestACorrectedPlaybookMendsAnOpenIncident(t *testing.T) {
	w := newWorld(t, "INC-1")
	alice := worldtest.By("alice@example.com")
	w.Breaks("issue ", refusedField())
	w.Breaks("post #incidents", &fault.Error{Vendor: "slack", Operation: "chat.postMessage", Class: fault.Permanent, Reason: "channel_not_found"})
	w.Breaks("page ", &fault.Error{Vendor: "pagerduty", Operation: "enqueue", Class: fault.Credential, Reason: "invalid key"})
	w.After(time.Minute, func() {
		require.Len(t, w.Facts().Snags, 4, "the issue, the announcement, the page, and the call for help for it")
		w.Breaks("page ", nil)
		w.Breaks("issue ", nil)
	})
	w.Commands(2*time.Minute, api.Retry, retryWith(t, func(c *playbook.Connections) {
		c.Tracker.Project, c.Tracker.IncidentType, c.Tracker.Labels = "SRE", "Outage", []string{"sre"}
		c.Announce, c.Announcements = "", []playbook.AnnounceRule{{Channel: "#outages"}, {Channel: "#shop"}}
		c.Credentials = []playbook.StepCredential{{Target: "checkout on-call", Step: "checkout", Credential: "env:PD_SHOP"}, {Target: "somebody else", Step: "x", Credential: "env:PD_X"}}
	}))
	w.After(3*time.Minute, func() {
		f := w.Facts()
		require.Empty(t, f.Snags)
		i := w.Written(parentKey)
		require.Equal(t, "SRE", i.Project)
		require.Equal(t, "Outage", i.Type)
		require.Contains(t, i.Labels, "sre")
		require.Equal(t, 1, w.Count("post #outages"))
		require.Equal(t, 1, w.Count("post #shop"), "and a channel that is new hears of it, too")
		require.Equal(t, 1, said(f, "as the playbook says now"))
		require.NotEmpty(t, w.Requests)
		require.Equal(t, "env:PD_SHOP", w.Requests[len(w.Requests)-1].Credential)
	})
	// Without a playbook it goes on with what it has by now.
	w.Commands(4*time.Minute, api.Retry, incident.Retry{Meta: alice})
	w.Commands(5*time.Minute, api.Resolve, incident.Resolve{Meta: alice})
	w.After(10*24*time.Hour, func() {
		require.Equal(t, "deep", f0(w).Track, "what a severity means stays as it was declared")
		require.Equal(t, "SRE", w.Written("test/INC-1/review").Project, "a child that starts later knows it from the start")
		w.Env.SignalWorkflow(api.WaiveReview, incident.WaiveReview{Meta: alice, Reason: "an exercise"})
	})
	w.runIncident(declared(1))
}

func f0(w *world) incident.Review { return w.Facts().Reviews[0] }

func TestACorrectedPlaybookMendsItsFollowUps(t *testing.T) {
	w := newWorld(t, "INC-1")
	alice := worldtest.By("alice@example.com")
	child := "test/INC-1/follow-up/1"
	w.Breaks("issue "+child, refusedField())
	w.Commands(time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: alice, Title: "Alert on queue depth"})
	w.After(2*time.Minute, func() {
		require.Len(t, w.Facts().Snags, 1)
		w.Breaks("issue "+child, nil)
	})
	w.Commands(3*time.Minute, api.Retry, retryWith(t, func(c *playbook.Connections) {
		c.Tracker.FollowUpType, c.Tracker.FollowUpFields = "Action item", map[string]any{"Root team": "Payments"}
	}))
	w.After(4*time.Minute, func() {
		require.Empty(t, w.Facts().Snags)
		require.Equal(t, "Action item", w.Written(child).Type)
		require.Equal(t, map[string]any{"Root team": "Payments"}, w.Written(child).Fields)
	})
	w.Commands(5*time.Minute, api.Cancel, incident.Cancel{Meta: alice})
	w.Commands(6*time.Minute, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: alice, Number: 1, Status: incident.FollowUpDone})
	w.runIncident(declared(5))
}

func TestConnectionsThatCannotBeReadAreRefused(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Refused(time.Minute, api.Retry, incident.Retry{Meta: worldtest.By("alice@example.com"), Connections: json.RawMessage(`{"tracker":"OPS"}`)}, "connections")
	w.After(2*time.Minute, func() { w.Env.SignalWorkflow(api.Retry, nil) })
	w.Commands(3*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	f := w.runIncident(declared(4))
	require.Empty(t, f.Snags)
}

// Its issue is where everybody reads it, and Jira does not move it because the playbook says so.
func TestAPlaceForPrivateIssuesThatIsNamedLaterUnmasksNone(t *testing.T) {
	w := newWorld(t, "INC-1")
	alice := worldtest.By("alice@example.com")
	in := declared(4)
	in.Declaration.Private = true
	w.Commands(time.Minute, api.Retry, retryWith(t, func(c *playbook.Connections) {
		c.Tracker.Private, c.Tracker.Labels = playbook.PrivateTracker{Project: "SEC"}, []string{"sre"}
	}))
	w.Commands(2*time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: alice, Title: "Rotate the keys"})
	w.Commands(3*time.Minute, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: alice, Number: 1, Status: incident.FollowUpDropped, Reason: "no keys"})
	w.Commands(4*time.Minute, api.Cancel, incident.Cancel{Meta: alice})
	w.runIncident(in)
	require.Contains(t, w.Written(parentKey).Labels, "sre", "all else is taken over")
	for _, i := range w.Issues {
		require.NotContains(t, i.Summary, "Checkout")
		require.NotContains(t, i.Summary, "keys")
		require.NotContains(t, i.Description, "Dropped: no keys")
		require.Equal(t, "OPS", i.Project)
	}
}
