package webhooks_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway"
	"muster/gateway/incidents"
	"muster/gateway/internal/gatewaytest"
	"muster/gateway/webhooks"
	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/jira"
	"muster/integrations/pagerduty"
	"muster/workflows/api"
)

const secret = "webhook-secret"

// hooked is a world whose webhooks are set up with the real parsers.
func hooked(t *testing.T, change ...func(*gateway.Options)) *world {
	t.Helper()
	secrets := []fault.Secret{fault.NewSecret(secret)}
	return newWorld(t, append([]func(*gateway.Options){func(o *gateway.Options) {
		o.Webhooks = webhooks.Vendors{
			PagerDuty: func(h http.Header, b []byte) (pagerduty.Event, error) { return pagerduty.ParseWebhook(h, b, secrets) },
			Jira:      func(h http.Header, b []byte) (jira.Event, error) { return jira.ParseWebhook(h, b, secrets) },
		}
		pager := &fakePager{t: t}
		o.Webhooks.PersonEmail, o.Webhooks.PageAlerts, o.Webhooks.FindPage = pager.email, pager.alertsOf, pager.find
	}}, change...)...)
}

func sign(body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return hex.EncodeToString(mac.Sum(nil))
}

func (w *world) hook(path, body string, headers ...string) gatewaytest.Answer {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), "POST", path, strings.NewReader(body))
	for k := 0; k+1 < len(headers); k += 2 {
		r.Header.Set(headers[k], headers[k+1])
	}
	return gatewaytest.Send(w.t, w.handler, r)
}

func TestVendorsThatAreNotSetUpAreAskedToComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.Contains(t, w.hook("/webhooks/pagerduty", `{}`).Problem(503, "away", "").Mend, "PAGERDUTY_WEBHOOK_SECRET")
	require.Contains(t, w.hook("/webhooks/jira", `{}`).Problem(503, "away", "").Mend, "JIRA_WEBHOOK_SECRET")
	w = newWorld(t, func(o *gateway.Options) {
		o.Webhooks.Jira = func(h http.Header, b []byte) (jira.Event, error) { return jira.ParseWebhook(h, b, nil) }
	})
	w.hook("/webhooks/jira", `{}`).Problem(503, "away", "")
}

func TestWebhooksWhileTemporalIsAway(t *testing.T) {
	t.Parallel()
	w := hooked(t)
	w.deliverErr = &incidents.NotRecordedError{Err: errors.New("away")}
	a := w.pagerDuty("acknowledged", "acknowledged", attempt, alice)
	a.Problem(503, "not_recorded", "")
	require.NotEmpty(t, a.Header.Get("Retry-After"))
	w.deliverErr = &incident.Problem{Code: incident.CodeNotFound, Reason: "gone"}
	w.pagerDuty("acknowledged", "acknowledged", attempt, alice).Is(200, `{"ignored":"INC-42/page/1 has ended"}`)

	w = hooked(t)
	w.err = incidents.ErrAway
	w.pagerDuty("acknowledged", "acknowledged", attempt, alice).Problem(503, "away", "")
	w.pagerDuty("acknowledged", "acknowledged", attempt, alice).Problem(503, "away", "")
	require.Equal(t, 1, w.registered, "a burst does not wait in turn")
	w.now = w.now.Add(time.Minute)
	w.err = nil
	require.Equal(t, 200, w.pagerDuty("acknowledged", "acknowledged", attempt, alice).Status)

	w.err = incidents.ErrAway
	require.Equal(t, 200, w.pagerDuty("acknowledged", "acknowledged", attempt, alice).Status, "what is known needs no worker")
	require.Equal(t, 2, w.registered)
}

func TestTheInstallationIsAskedForAgainWhenKeysDoNotMatch(t *testing.T) {
	t.Parallel()
	w := hooked(t, with(&fakePager{t: t, alerts: []pagerduty.Alert{}}))
	w.pagerDuty("acknowledged", "acknowledged", "ffff0000/INC-1/page/1/attempt/1", alice)
	w.pagerDuty("acknowledged", "acknowledged", "ffff0000/INC-1/page/1/attempt/1", alice)
	require.Equal(t, 1, w.registered)
	w.now = w.now.Add(2 * time.Minute)
	w.register.Installation = "ffff0000"
	w.pagerDuty("acknowledged", "acknowledged", "ffff0000/INC-1/page/1/attempt/1", alice)
	require.Equal(t, 2, w.registered)
	require.Len(t, w.news(), 1)

	w = hooked(t)
	w.err = &incident.Problem{Code: incident.CodeNotFound, Reason: "nothing was ever declared"}
	w.pagerDuty("acknowledged", "acknowledged", attempt, alice).Is(200, `{"ignored":"it belongs to another installation, or to none"}`)
}

// jira delivers an event about an issue with labels.
func (w *world) jira(kind string, labels ...string) gatewaytest.Answer {
	w.t.Helper()
	raw, err := json.Marshal(labels)
	require.NoError(w.t, err)
	body := fmt.Sprintf(`{"timestamp":1,"webhookEvent":%q,"user":{"accountId":"5b","displayName":"Bob B."},"issue":{"id":"10001","key":"OPS-1",
		"fields":{"labels":%s,"summary":"x","status":{"name":"Done","statusCategory":{"key":"done"}}}}}`, kind, raw)
	return w.hook("/webhooks/jira", body, "X-Hub-Signature", "sha256="+sign(body), "X-Atlassian-Webhook-Identifier", "D9")
}

func TestJirasEventsReachWhoeverKeepsTheIssue(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ workflow, step string }{
		{"INC-42", "issue"}, {"INC-42", ""}, {"INC-42/follow-up/3", ""}, {"INC-42/follow-up/12345678", ""}, {"INC-42/review", ""}, {"INC-42/review/2", ""}, {"INC-1234567", "issue"},
	} {
		w := hooked(t)
		label := jira.Label(api.VendorKey("abcd1234", tc.workflow, tc.step))
		event := "jira:issue_deleted"
		if strings.Contains(tc.workflow, "follow-up") {
			event = "jira:issue_updated"
		} else {
			w.jira("jira:issue_updated", label).Is(200, `{"ignored":"nothing here waits for it"}`)
		}
		w.jira(event, "muster", "muster-like", label).Is(200, fmt.Sprintf(`{"signalled":%q}`, tc.workflow))
		require.Len(t, w.delivered, 1)
		in, ok := w.delivered[0].in.(api.IssueChangedInput)
		require.True(t, ok)
		require.Equal(t, api.IssueChanged, w.delivered[0].signal)
		require.Equal(t, "D9", in.DeliveryID)
		require.Equal(t, "OPS-1", in.Issue.Key)
		require.Equal(t, event == "jira:issue_deleted", in.Issue.Missing)
		require.Equal(t, "Bob B.", in.By)
	}
	w := hooked(t)
	w.jira("jira:issue_deleted", jira.Label("abcd1234/INC-1/review"))
	in, ok := w.delivered[0].in.(api.IssueChangedInput)
	require.True(t, ok)
	require.True(t, in.Issue.Missing)
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
		require.Equal(t, 200, w.jira(kind, label).Status, label)
		require.Empty(t, w.delivered, label)
	}
	w := hooked(t)
	w.jira("jira:issue_created", ours)
	require.Empty(t, w.delivered, "we made it ourselves")
}

func TestJirasSignature(t *testing.T) {
	t.Parallel()
	w := hooked(t)
	w.hook("/webhooks/jira", `{}`).Problem(401, "unauthorized", "")
	w.hook("/webhooks/jira", `{}`, "X-Hub-Signature", "sha256="+sign("other")).Problem(403, "forbidden", "")
	w.hook("/webhooks/jira", `[]`, "X-Hub-Signature", "sha256="+sign("[]")).Is(200, `{"ignored":"it was not understood"}`)
	require.Empty(t, w.delivered)
}
