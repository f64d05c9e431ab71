package incidents

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/integrations/fault"
	"muster/workflows/api"
	"muster/workflows/learning"
	"muster/workflows/mirror"
	"muster/workflows/worldtest"
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
		w.Breaks(call, outage("slack"))
	}
	w.After(20*time.Minute, func() {
		f := w.Facts()
		require.Empty(t, f.Links.Channel.ID)
		require.Equal(t, "OPS-test/INC-1/issue", f.Links.Tracker.Key, "the tracker does not wait for Slack")
		require.Equal(t, 1, w.Times("page test/INC-1/page/1/attempt/1"), "paging waits for nothing")
		require.Empty(t, f.Snags, "an outage mends itself and needs nobody")
		for _, call := range []string{"open #", "post ", "furnish "} {
			w.Breaks(call, nil)
		}
	})
	w.After(40*time.Minute, func() { require.Equal(t, "C1", w.Facts().Links.Channel.ID) })
	w.Commands(21*time.Minute, api.Update, incident.Update{Meta: worldtest.By("alice@example.com"), Text: "Still looking"})
	w.Commands(22*time.Minute, api.ChangeSeverity, incident.ChangeSeverity{Meta: worldtest.By("alice@example.com"), Severity: 4})
	w.Commands(50*time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("alice@example.com")})
	w.Env.ExecuteWorkflow(Incident, declared(1))
	require.NoError(t, w.Env.GetWorkflowError())
	require.True(t, w.Has("open #inc-1-checkout-is-down look=true"), "a retry looks before it creates")
	require.Equal(t, 1, w.Count("post C1 INC-1 Checkout"), "one board, whatever happened meanwhile")
}

func TestARefusedFieldIsASnagThatRetryFinishes(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Breaks("issue ", refusedField())
	w.After(time.Minute, func() {
		f := w.Facts()
		require.Len(t, f.Snags, 1)
		require.Equal(t, "tracker", f.Snags[0].Mirror)
		require.Contains(t, f.Snags[0].Reason, "Root team")
		require.NotEmpty(t, f.Snags[0].Mend)
		require.Equal(t, 1, w.Count("issue "), "what is refused is not tried again and again")
		w.Breaks("issue ", nil)
	})
	w.Commands(2*time.Minute, api.Retry, incident.Retry{Meta: worldtest.By("alice@example.com")})
	w.After(3*time.Minute, func() {
		require.Empty(t, w.Facts().Snags)
		require.NotEmpty(t, w.Facts().Links.Tracker.Key)
	})
	w.Commands(4*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.Env.ExecuteWorkflow(Incident, declared(4))
	require.NoError(t, w.Env.GetWorkflowError())
	require.True(t, w.Has("move test/INC-1/issue dropped Won't Do"), "as the playbook names it: %v", w.Calls)
}

func TestASnagIsTriedAgainAtGrowingIntervals(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Breaks("issue ", refusedField())
	for after, tries := range map[time.Duration]int{
		10 * time.Minute: 1, 20 * time.Minute: 2, 80 * time.Minute: 3, 6 * time.Hour: 4, 31 * time.Hour: 5,
	} {
		w.After(after, func() { require.Equal(t, tries, w.Count("issue "), "after %s", after) })
	}
	w.Commands(32*time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.Env.ExecuteWorkflow(Incident, declared(4))
	require.NoError(t, w.Env.GetWorkflowError())
}

func TestAVendorThatIsNotSetUpIsSaidOnceAndLeftAlone(t *testing.T) {
	w := newWorld(t, "INC-1")
	off := &fault.Error{Vendor: "jira", Operation: "settings", Class: fault.Off, Reason: "jira is not set up", Mend: "set JIRA_URL"}
	w.Breaks("issue ", off)
	w.After(47*time.Hour, func() {
		require.Equal(t, 1, w.Count("issue "))
		require.True(t, w.Facts().Snags[0].Off)
		w.Env.SetContinueAsNewSuggested(true) // its state must travel, waiting for ever or not
		w.Env.SignalWorkflow(api.Retry, nil)
	})
	w.Env.ExecuteWorkflow(Incident, declared(4))
	require.True(t, workflow.IsContinueAsNewError(w.Env.GetWorkflowError()), "%v", w.Env.GetWorkflowError())
}

func TestWhatIsNoLongerWantedIsNoLongerStuck(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Breaks("issue ", refusedField())
	w.After(time.Minute, func() { require.Len(t, w.Facts().Snags, 1) })
	w.Commands(2*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.After(3*time.Minute, func() { require.Empty(t, w.Facts().Snags) })
	w.Env.ExecuteWorkflow(Incident, declared(4))
	require.NoError(t, w.Env.GetWorkflowError())
}

func TestARefusedBookmarkKeepsNeitherBoardNorCallForHelpBack(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Breaks("furnish C1 INC-1", &fault.Error{Vendor: "slack", Operation: "bookmarks.add", Class: fault.Permanent, Meaning: fault.ScopeMissing, Reason: "missing_scope"})
	w.Breaks("page ", outage("pagerduty"))
	w.After(10*time.Minute, func() {
		f := w.Facts()
		require.NotEmpty(t, f.Links.Board.ID)
		require.Len(t, f.Snags, 1)
		require.Equal(t, 1, w.Count("post C1 INC-1: the page to checkout on-call was not delivered"))
		require.Equal(t, 1, w.Count("furnish C1  ["), "nor people")
	})
	w.Commands(11*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.Env.ExecuteWorkflow(Incident, declared(1))
	require.NoError(t, w.Env.GetWorkflowError())
}

func TestAHundredFollowUpsWithLongTitlesFitIntoOneTask(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.After(time.Minute, func() {
		for n := range 100 {
			w.Env.SignalWorkflow(api.AddFollowUp, incident.AddFollowUp{Title: fmt.Sprint(n, strings.Repeat("長い", 95))})
		}
	})
	w.After(2*time.Minute, func() { require.Len(t, w.Facts().FollowUps, 100) })
	w.After(3*time.Minute, func() {
		w.Env.SetContinueAsNewSuggested(true)
		w.Env.SignalWorkflow(api.Retry, nil)
	})
	w.Env.OnWorkflow(learning.FollowUp, mock.Anything, mock.Anything).Return(nil) // they are not what is tested
	w.Env.ExecuteWorkflow(Incident, declared(4))
	require.True(t, workflow.IsContinueAsNewError(w.Env.GetWorkflowError()), "%v", w.Env.GetWorkflowError())
}

func TestAttributesNeverOutgrowWhatTheServerTakes(t *testing.T) {
	t.Parallel()
	var tags []string
	for range 20 {
		tags = append(tags, strings.Repeat("標", 50))
	}
	b, err := json.Marshal(mirror.Fitting(tags))
	require.NoError(t, err)
	require.LessOrEqual(t, len(b), 2000)
	require.NotEmpty(t, mirror.Fitting(tags))
}

func TestTheStateStaysSmallHoweverMuchIsSaid(t *testing.T) {
	t.Parallel()
	r := bare(incident.Incident{})
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
	w.After(time.Minute, func() {
		w.Breaks("edit C1", &fault.Error{Vendor: "slack", Operation: "chat.update", Class: fault.Gone, Meaning: fault.ObjectGone, Reason: "message_not_found"})
	})
	w.Commands(2*time.Minute, api.Update, incident.Update{Meta: worldtest.By("alice@example.com"), Text: "Looking"})
	w.After(3*time.Minute, func() {
		w.Breaks("edit C1", nil)
		require.Equal(t, "test/INC-1/board/2", w.Facts().Links.Board.ID)
	})
	w.Commands(4*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.Env.ExecuteWorkflow(Incident, declared(4))
	require.NoError(t, w.Env.GetWorkflowError())
	require.Equal(t, 2, w.Count("post C1 INC-1 Checkout"))
}

func TestAPrivateIncidentIsNotAnnounced(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(1)
	in.Declaration.Private = true
	w.Commands(time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.Env.ExecuteWorkflow(Incident, in)
	require.NoError(t, w.Env.GetWorkflowError())
	require.Zero(t, w.Count("post #incidents"))
}

func TestNearMissesDrillsAndExternalsPageNobody(t *testing.T) {
	for _, kind := range []incident.Kind{incident.KindNearMiss, incident.KindDrill, incident.KindExternal} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t, "INC-1")
			in := declared(1)
			in.Declaration.Kind = kind
			w.Commands(time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
			w.Env.ExecuteWorkflow(Incident, in)
			require.NoError(t, w.Env.GetWorkflowError())
			require.Zero(t, w.Count("page "))
			require.Zero(t, w.Count("post #incidents"))
		})
	}
}
