package webhooks_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
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
	w.hook("/webhooks/jira", `{}`, "X-Hub-Signature", "sha256=00").Problem(503, "away", "")
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
