package gateway_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway"
	"muster/gateway/internal/gatewaytest"
	"muster/gateway/slackdoor"
	"muster/gateway/webhooks"
	"muster/integrations/fault"
	"muster/integrations/jira"
	"muster/integrations/pagerduty"
)

// unread is a body that nobody may look at.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, errors.New("the body was read")
}

// doored is a gateway that anybody can reach: its webhooks and its API with tokens that nobody has.
func doored(t *testing.T) http.Handler {
	t.Helper()
	secrets := []fault.Secret{fault.NewSecret("secret")}
	return gateway.New(gateway.Options{
		Incidents: &fake{}, Slack: slackdoor.HTTP{Secrets: secrets}.Handler(),
		Webhooks: webhooks.Vendors{
			PagerDuty: func(h http.Header, b []byte) (pagerduty.Event, error) { return pagerduty.ParseWebhook(h, b, secrets) },
			Jira:      func(h http.Header, b []byte) (jira.Event, error) { return jira.ParseWebhook(h, b, secrets) },
		},
	})
}

func TestWhoeverSendsNoSignatureIsNotRead(t *testing.T) {
	t.Parallel()
	h := doored(t)
	now := strconv.FormatInt(time.Now().Unix(), 10)
	for path, headers := range map[string][]http.Header{
		"/webhooks/jira":                 {{}, {"X-Hub-Signature": {""}}},
		"/webhooks/pagerduty":            {{}, {"X-Pagerduty-Signature": {"v2=00"}}, {"X-Pagerduty-Signature": {"v1=short"}}},
		"/v1/incidents":                  {{}, {"Authorization": {"Bearer nothing"}}},
		slackdoor.PathCommands:           {{}, {"X-Slack-Request-Timestamp": {now}}, {"X-Slack-Signature": {"v0=00"}}},
		slackdoor.PathEvents:             {{"X-Slack-Request-Timestamp": {"0"}, "X-Slack-Signature": {"v0=00"}}},
		slackdoor.PathInteractivity:      {{"X-Slack-Request-Timestamp": {now}, "X-Slack-Signature": {""}}},
		"/v1/incidents/INC-1/timeline":   {{}},
		"/v1/incidents/INC-1/follow-ups": {{}},
	} {
		for _, header := range headers {
			r := httptest.NewRequestWithContext(t.Context(), "POST", path, unread{t})
			r.Header = header.Clone()
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			require.Equal(t, http.StatusUnauthorized, rec.Code, "%s %v", path, header)
		}
	}
}

func TestWebhooksAreSmallAndUTF8(t *testing.T) {
	t.Parallel()
	h := doored(t)
	for path, signature := range map[string]string{"/webhooks/jira": "X-Hub-Signature", "/webhooks/pagerduty": "X-PagerDuty-Signature"} {
		send := func(body, kind string) gatewaytest.Answer {
			r := httptest.NewRequestWithContext(t.Context(), "POST", path, strings.NewReader(body))
			r.Header.Set(signature, "v1="+strings.Repeat("00", 32))
			r.Header.Set("Content-Type", kind)
			return gatewaytest.Send(t, h, r)
		}
		send(strings.Repeat("x", 1<<20+1), "application/json").Problem(413, "too_large", "body")
		send("{}", "application/json; charset=iso-8859-1").Problem(415, "unsupported_media_type", "Content-Type")
	}
}
