package webhooks_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway"
	"muster/gateway/internal/gatewaytest"
	"muster/incident"
	"muster/integrations/jira"
	"muster/internal/contracttest"
	"muster/workflows/api"
)

// issueEvent is an event of Jira's about an issue.
type issueEvent struct {
	kind   string
	at     time.Time
	labels []string
	// took are labels that it took away, parent is the issue above.
	took, parent string
	changed      []string
}

func (w *world) event(e issueEvent) string {
	w.t.Helper()
	if e.at.IsZero() {
		e.at = w.now
	}
	fields := map[string]any{
		"summary": "x", "labels": e.labels, "duedate": "2026-12-24",
		"status": map[string]any{"name": "In Progress", "statusCategory": map[string]any{"key": "indeterminate"}},
	}
	if e.parent != "" {
		fields["parent"] = map[string]any{"id": e.parent, "key": "OPS-66"}
	}
	var items []map[string]any
	for _, c := range e.changed {
		items = append(items, map[string]any{"field": c})
	}
	if e.took != "" {
		items = append(items, map[string]any{"field": "labels", "fromString": "muster " + e.took, "toString": "muster"})
	}
	body, err := json.Marshal(map[string]any{
		"timestamp": e.at.UnixMilli(), "webhookEvent": e.kind, "user": map[string]any{"accountId": "5b", "displayName": "Bob B."},
		"issue": map[string]any{"id": "10001", "key": "OPS-1", "fields": fields}, "changelog": map[string]any{"items": items},
	})
	require.NoError(w.t, err)
	return string(body)
}

func (w *world) jira(e issueEvent) gatewaytest.Answer {
	w.t.Helper()
	return w.jiraBody(w.event(e), "D9")
}

func (w *world) jiraBody(body, identifier string) gatewaytest.Answer {
	w.t.Helper()
	return w.hook("/webhooks/jira", body, "X-Hub-Signature", "sha256="+sign(body), "X-Atlassian-Webhook-Identifier", identifier)
}

func TestJirasEventsReachWhoeverKeepsTheIssue(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ workflow, step string }{
		{"INC-42", "issue"}, {"INC-42", ""}, {"INC-42/follow-up/3", ""}, {"INC-42/follow-up/12345678", ""}, {"INC-42/review", ""}, {"INC-42/review/2", ""}, {"INC-1234567", "issue"},
	} {
		for _, kind := range []string{"jira:issue_updated", "jira:issue_deleted"} {
			w := hooked(t)
			label := jira.Label(api.VendorKey("abcd1234", tc.workflow, tc.step))
			e := issueEvent{kind: kind, labels: []string{"muster", "muster-like", label}, changed: []string{"duedate", "assignee", "Sprint"}}
			w.jira(e).Is(200, fmt.Sprintf(`{"signalled":%q}`, tc.workflow))
			require.Len(t, w.news(), 1)
			in, ok := w.news()[0].in.(api.IssueChangedInput)
			require.True(t, ok)
			require.Equal(t, api.IssueChanged, w.news()[0].signal)
			require.Equal(t, "OPS-1", in.Issue.Key)
			require.Equal(t, kind == "jira:issue_deleted", in.Issue.Deleted)
			require.Equal(t, "Bob B.", in.By)
			require.Equal(t, w.now.Truncate(time.Millisecond).UTC(), in.At)
			require.Equal(t, []incident.IssuePart{incident.IssueDue, incident.IssueOwner}, in.Changed)
		}
	}
}

func TestTheSameBodyUnderAnotherIdentifierIsTheSameDelivery(t *testing.T) {
	t.Parallel()
	w := hooked(t)
	body := w.event(issueEvent{kind: "jira:issue_updated", labels: []string{jira.Label("abcd1234/INC-42/follow-up/3")}, changed: []string{"duedate"}})
	w.jiraBody(body, "D1")
	w.jiraBody(body, "D2")
	require.Len(t, w.news(), 2)
	require.Equal(t, w.news()[0].in, w.news()[1].in)
}

func TestAnEventThatIsTooOldIsRefused(t *testing.T) {
	t.Parallel()
	w := hooked(t)
	label := jira.Label("abcd1234/INC-42/follow-up/3")
	e := issueEvent{kind: "jira:issue_updated", labels: []string{label}, changed: []string{"duedate"}, at: w.now.Add(-7 * time.Hour)}
	w.jira(e).Problem(400, "invalid", "timestamp")
	e = issueEvent{kind: "jira:issue_created", parent: "10066", at: w.now.Add(-7 * time.Hour)}
	w.jira(e).Problem(400, "invalid", "timestamp")
	require.Empty(t, w.news())
	e.labels = []string{"theirs"}
	e.parent = ""
	require.Equal(t, 200, w.jira(e).Status, "what does not concern us is not refused")
}

func TestALabelThatWasTakenOffIsStillKnown(t *testing.T) {
	t.Parallel()
	w := hooked(t)
	w.jira(issueEvent{kind: "jira:issue_updated", labels: []string{"muster"}, took: jira.Label("abcd1234/INC-42/follow-up/3")}).
		Is(200, `{"signalled":"INC-42/follow-up/3"}`)
	in, ok := w.news()[0].in.(api.IssueChangedInput)
	require.True(t, ok)
	require.Equal(t, []incident.IssuePart{incident.IssueLabels}, in.Changed)
}

func TestAChildFiledByHandReachesItsIncident(t *testing.T) {
	t.Parallel()
	w := hooked(t)
	filed := issueEvent{kind: "jira:issue_created", parent: "10066"}
	w.jira(filed).Is(200, `{"signalled":"INC-42"}`)
	in, ok := w.news()[0].in.(api.IssueFiledInput)
	require.True(t, ok)
	require.Equal(t, []string{"OPS-1", "10066", "Bob B."}, []string{in.Issue.Key, in.Issue.Parent, in.By})
	w.jira(issueEvent{kind: "jira:issue_updated", parent: "10066", changed: []string{"IssueParentAssociation"}}).Is(200, `{"signalled":"INC-42"}`)
	w.jira(issueEvent{kind: "jira:issue_updated", parent: "10066", changed: []string{"summary"}})
	w.jira(issueEvent{kind: "jira:issue_created", parent: "99"})
	w.jira(issueEvent{kind: "jira:issue_created", parent: "10066", labels: []string{jira.Label("abcd1234/INC-42/follow-up/3")}})
	require.Len(t, w.news(), 2)
	w.byIssueErr = errors.New("visibility is away")
	w.jira(filed).Problem(503, "away", "")
}

func TestJirasEventsThatAreNotOurs(t *testing.T) {
	t.Parallel()
	ours := jira.Label("abcd1234/INC-42/follow-up/3")
	for label, kind := range map[string]string{
		"": "jira:issue_updated", "muster": "jira:issue_updated", "muster-INC-42": "jira:issue_updated",
		jira.Label("ffff0000/INC-42/follow-up/3"):     "jira:issue_updated",
		ours[:len(ours)-1] + "x":                      "jira:issue_updated",
		"x" + ours:                                    "jira:issue_updated",
		"muster-abcd1234-INC-42-follow-up-3-00000000": "jira:issue_updated",
		ours: "comment_created",
	} {
		w := hooked(t)
		require.Equal(t, 200, w.jira(issueEvent{kind: kind, labels: []string{label}}).Status, label)
		require.Empty(t, w.news(), label)
	}
	w := hooked(t)
	w.jira(issueEvent{kind: "jira:issue_created", labels: []string{ours}})
	require.Empty(t, w.news(), "we made it ourselves")
	w = hooked(t, func(o *gateway.Options) {
		o.Webhooks.JiraSelf = func(context.Context, jira.Actor) bool { return true }
	})
	w.jira(issueEvent{kind: "jira:issue_updated", labels: []string{ours}}).Is(200, `{"ignored":"Muster did it itself"}`)
	w.jira(issueEvent{kind: "jira:issue_created", parent: "10066"}).Is(200, `{"ignored":"Muster did it itself"}`)
	require.Empty(t, w.news())
}

func TestJirasSignature(t *testing.T) {
	t.Parallel()
	w := hooked(t)
	w.hook("/webhooks/jira", `{}`).Problem(401, "unauthorized", "")
	for range 3 {
		w.hook("/webhooks/jira", `{}`, "X-Hub-Signature", "sha256="+sign("other")).Problem(503, "bad_signature", "")
	}
	require.Empty(t, w.news())
	snags := w.snags()
	require.Len(t, snags, 1, "people hear of it once")
	require.Equal(t, []string{"gateway", "jira webhooks"}, []string{snags[0].Workflow, snags[0].Vendor})
	require.Contains(t, snags[0].Mend, "JIRA_WEBHOOK_SECRET")
	w.hook("/webhooks/jira", `[]`, "X-Hub-Signature", "sha256="+sign("[]")).Is(200, `{"ignored":"it was not understood"}`)
	require.Len(t, w.snags(), 2)
	require.True(t, w.snags()[1].Cleared)
}

func TestRecordedWebhooksOfJiraGoThroughTheDoor(t *testing.T) {
	t.Parallel()
	folder := os.Getenv(contracttest.Folder)
	if folder == "" {
		t.Skipf("%s is not set: Jira's recorded webhooks are not here", contracttest.Folder)
	}
	samples, err := filepath.Glob(filepath.Join(folder, "jira-webhook-samples", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, samples)
	for _, sample := range samples {
		body, err := os.ReadFile(sample)
		require.NoError(t, err)
		w := hooked(t)
		require.Equal(t, http.StatusOK, w.jiraBody(string(body), "D1").Status, sample)
		require.Empty(t, w.news(), sample)
	}
}
