package workflows

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/integrations/fault"
	"muster/workflows/api"
)

func outage(name string) error {
	return &fault.Error{Vendor: name, Operation: "any", Class: fault.Retryable, Reason: "no answer"}
}

func refusedField() error {
	return &fault.Error{Vendor: "jira", Operation: "issue.create", Class: fault.Permanent, Reason: "field Root team is required", Mend: "fill tracker.fields in the playbook"}
}

func TestSlackDownForTheWholeOpeningHoldsUpNothingElse(t *testing.T) {
	w := newWorld(t, "INC-1")
	for _, call := range []string{"open #", "post ", "furnish "} {
		w.breaks(call, outage("slack"))
	}
	w.after(20*time.Minute, func() {
		f := w.facts()
		require.Empty(t, f.Links.Channel.ID)
		require.Equal(t, "OPS-test/INC-1/issue", f.Links.Tracker.Key, "the tracker does not wait for Slack")
		require.Equal(t, 1, w.count("page test/INC-1/page/1/attempt/1"), "paging waits for nothing")
		require.Empty(t, f.Snags, "an outage mends itself and needs nobody")
		for _, call := range []string{"open #", "post ", "furnish "} {
			w.breaks(call, nil)
		}
	})
	w.after(40*time.Minute, func() { require.Equal(t, "C1", w.facts().Links.Channel.ID) })
	w.commands(21*time.Minute, api.Update, incident.Update{Meta: by("alice@example.com"), Text: "Still looking"})
	w.commands(22*time.Minute, api.ChangeSeverity, incident.ChangeSeverity{Meta: by("alice@example.com"), Severity: 4})
	w.commands(50*time.Minute, api.Resolve, incident.Resolve{Meta: by("alice@example.com")})
	w.env.ExecuteWorkflow(Incident, declared(1))
	require.NoError(t, w.env.GetWorkflowError())
	require.True(t, w.has("open #inc-1-checkout-is-down look=true"), "a retry looks before it creates")
	require.Equal(t, 1, w.count("post C1 INC-1 Checkout"), "one board, whatever happened meanwhile")
}

func TestARefusedFieldIsASnagThatRetryFinishes(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.breaks("issue ", refusedField())
	w.after(time.Minute, func() {
		f := w.facts()
		require.Len(t, f.Snags, 1)
		require.Equal(t, "tracker", f.Snags[0].Mirror)
		require.Contains(t, f.Snags[0].Reason, "Root team")
		require.NotEmpty(t, f.Snags[0].Mend)
		require.Equal(t, 1, w.count("issue "), "what is refused is not tried again and again")
		w.breaks("issue ", nil)
	})
	w.commands(2*time.Minute, api.Retry, incident.Retry{Meta: by("alice@example.com")})
	w.after(3*time.Minute, func() {
		require.Empty(t, w.facts().Snags)
		require.NotEmpty(t, w.facts().Links.Tracker.Key)
	})
	w.commands(4*time.Minute, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.env.ExecuteWorkflow(Incident, declared(4))
	require.NoError(t, w.env.GetWorkflowError())
	require.True(t, w.has("move OPS-test/INC-1/issue dropped Won't Do"), "as the playbook names it: %v", w.calls)
}

func TestASnagIsTriedAgainAtGrowingIntervals(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.breaks("issue ", refusedField())
	for after, tries := range map[time.Duration]int{
		10 * time.Minute: 1, 20 * time.Minute: 2, 80 * time.Minute: 3, 6 * time.Hour: 4, 31 * time.Hour: 5,
	} {
		w.after(after, func() { require.Equal(t, tries, w.count("issue "), "after %s", after) })
	}
	w.commands(32*time.Hour, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.env.ExecuteWorkflow(Incident, declared(4))
	require.NoError(t, w.env.GetWorkflowError())
}

func TestAVendorThatIsNotSetUpIsSaidOnceAndLeftAlone(t *testing.T) {
	w := newWorld(t, "INC-1")
	off := &fault.Error{Vendor: "jira", Operation: "settings", Class: fault.Off, Reason: "jira is not set up", Mend: "set JIRA_URL"}
	w.breaks("issue ", off)
	w.after(47*time.Hour, func() {
		require.Equal(t, 1, w.count("issue "))
		require.True(t, w.facts().Snags[0].Off)
		w.env.SetContinueAsNewSuggested(true) // its state must travel, waiting for ever or not
		w.env.SignalWorkflow(api.Retry, nil)
	})
	w.env.ExecuteWorkflow(Incident, declared(4))
	require.True(t, workflow.IsContinueAsNewError(w.env.GetWorkflowError()), "%v", w.env.GetWorkflowError())
}

func TestWhatIsNoLongerWantedIsNoLongerStuck(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.breaks("issue ", refusedField())
	w.after(time.Minute, func() { require.Len(t, w.facts().Snags, 1) })
	w.commands(2*time.Minute, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.after(3*time.Minute, func() { require.Empty(t, w.facts().Snags) })
	w.env.ExecuteWorkflow(Incident, declared(4))
	require.NoError(t, w.env.GetWorkflowError())
}

func TestARefusedBookmarkKeepsNeitherBoardNorCallForHelpBack(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.breaks("furnish C1 INC-1", &fault.Error{Vendor: "slack", Operation: "bookmarks.add", Class: fault.Permanent, Meaning: fault.ScopeMissing, Reason: "missing_scope"})
	w.breaks("page ", outage("pagerduty"))
	w.after(10*time.Minute, func() {
		f := w.facts()
		require.NotEmpty(t, f.Links.Board.ID)
		require.Len(t, f.Snags, 1)
		require.Equal(t, 1, w.count("post C1 The page to"))
		require.Equal(t, 1, w.count("furnish C1  ["), "nor people")
	})
	w.commands(11*time.Minute, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.env.ExecuteWorkflow(Incident, declared(1))
	require.NoError(t, w.env.GetWorkflowError())
}

func TestAHundredFollowUpsWithLongTitlesFitIntoOneTask(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.after(time.Minute, func() {
		for n := range 100 {
			w.env.SignalWorkflow(api.AddFollowUp, incident.AddFollowUp{Title: fmt.Sprint(n, strings.Repeat("長い", 95))})
		}
	})
	w.after(2*time.Minute, func() { require.Len(t, w.facts().FollowUps, 100) })
	w.after(3*time.Minute, func() {
		w.env.SetContinueAsNewSuggested(true)
		w.env.SignalWorkflow(api.Retry, nil)
	})
	w.env.OnWorkflow(FollowUp, mockAnything, mockAnything).Return(nil) // they are not what is tested
	w.env.ExecuteWorkflow(Incident, declared(4))
	require.True(t, workflow.IsContinueAsNewError(w.env.GetWorkflowError()), "%v", w.env.GetWorkflowError())
}

func TestAttributesNeverOutgrowWhatTheServerTakes(t *testing.T) {
	t.Parallel()
	var tags []string
	for range 20 {
		tags = append(tags, strings.Repeat("標", 50))
	}
	b, err := json.Marshal(fitting(tags))
	require.NoError(t, err)
	require.LessOrEqual(t, len(b), 2000)
	require.NotEmpty(t, fitting(tags))
}

func TestTheStateStaysSmallHoweverMuchIsSaid(t *testing.T) {
	t.Parallel()
	r := &incidentRun{s: &incidentState{}}
	r.facts = &r.s.Facts
	for range 2000 {
		r.facts.Note(time.Now(), incident.Actor{}, "update", strings.Repeat("長", 2000))
		r.trim()
	}
	b, err := json.Marshal(r.s)
	require.NoError(t, err)
	require.Less(t, len(b), 200_000)
	require.Equal(t, 2000, r.facts.Timeline[len(r.facts.Timeline)-1].Seq, "the newest stay")
}

func TestADeletedBoardIsPostedAgainWithAKeyOfItsOwn(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.after(time.Minute, func() {
		w.breaks("edit C1", &fault.Error{Vendor: "slack", Operation: "chat.update", Class: fault.Gone, Meaning: fault.ObjectGone, Reason: "message_not_found"})
	})
	w.commands(2*time.Minute, api.Update, incident.Update{Meta: by("alice@example.com"), Text: "Looking"})
	w.after(3*time.Minute, func() {
		w.breaks("edit C1", nil)
		require.Equal(t, "test/INC-1/board/2", w.facts().Links.Board.ID)
	})
	w.commands(4*time.Minute, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.env.ExecuteWorkflow(Incident, declared(4))
	require.NoError(t, w.env.GetWorkflowError())
	require.Equal(t, 2, w.count("post C1 INC-1 Checkout"))
}

func TestAPrivateIncidentIsNotAnnounced(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(1)
	in.Declaration.Private = true
	w.commands(time.Minute, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.env.ExecuteWorkflow(Incident, in)
	require.NoError(t, w.env.GetWorkflowError())
	require.Zero(t, w.count("post #incidents"))
}

func TestNearMissesDrillsAndExternalsPageNobody(t *testing.T) {
	for _, kind := range []incident.Kind{incident.KindNearMiss, incident.KindDrill, incident.KindExternal} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t, "INC-1")
			in := declared(1)
			in.Declaration.Kind = kind
			w.commands(time.Minute, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
			w.env.ExecuteWorkflow(Incident, in)
			require.NoError(t, w.env.GetWorkflowError())
			require.Zero(t, w.count("page "))
			require.Zero(t, w.count("post #incidents"))
		})
	}
}
