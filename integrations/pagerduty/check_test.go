package pagerduty_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/integrations/fault"
	"muster/integrations/pagerduty"
	"muster/internal/sims/pagerdutysim"
	"muster/internal/sims/simkit"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	findings := func(from, service, owner string) []pagerduty.Finding {
		w := newWorld(t, func(o *pagerduty.Options, s *pagerdutysim.Options) {
			o.From, o.Service, s.TokenOwner, s.Users = from, service, owner, []string{"muster-bot@example.com"}
			s.Services[strings.Repeat("m", 32)] = pagerdutysim.Service{ID: "PMUSTER", Name: "Muster"}
			s.Services[strings.Repeat("n", 32)] = pagerdutysim.Service{ID: "PQUIET", Name: "Quiet", Maintenance: true}
		})
		list, err := w.Check(t.Context())
		require.NoError(t, err)
		return list
	}
	require.Empty(t, findings("", "", ""))
	require.Empty(t, findings("Muster-Bot@example.com", "PMUSTER", ""))

	list := findings("bot@example.com", "PGONE", "frank@example.com")
	require.Len(t, list, 3)
	require.Contains(t, list[0].Text, "the PagerDuty token belongs to Frank")
	require.False(t, list[0].Broken, "it works for now")
	require.Contains(t, list[1].Text, "PagerDuty knows no user bot@example.com")
	require.Contains(t, list[2].Text, "PagerDuty knows no service PGONE")
	require.Equal(t, []pagerduty.Finding{{
		Text: "the PagerDuty service Quiet has the status maintenance, so people, policies and schedules cannot be paged",
		Mend: "make it active", Broken: true,
	}}, findings("", "PQUIET", ""))
}

// A token without rights is known to PagerDuty, and what it may not do is named.
func TestCheckNamesWhatATokenMayNotDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *pagerduty.Options, s *pagerdutysim.Options) { o.From, s.Users = musterBot, []string{musterBot} })
	for _, operation := range []string{"incidents.list", "oncalls.list", "users.list"} {
		w.sim.Faults.Add(simkit.Fault{Operation: operation, Kind: simkit.Status, Status: 403})
	}
	list, err := w.Check(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 3)
	require.Contains(t, list[0].Text, "no acknowledgement at PagerDuty is heard")
	require.Contains(t, list[1].Text, "whose page somebody acknowledges")
	require.Contains(t, list[2].Text, "display names alone")
	require.Contains(t, list[2].Mend, "users.read")
}

func TestCheckNamesTheScopesThatAnAppLacks(t *testing.T) {
	t.Parallel()
	w := app(t, func(_ *pagerduty.Options, s *pagerdutysim.Options) {
		s.Scopes = []string{"incidents.read", "users.read"}
	})
	list, err := w.Check(t.Context())
	require.NoError(t, err)
	require.Contains(t, list[0].Text, "was not given the scopes incidents.write, oncalls.read, schedules.read, services.read, abilities.read, webhook_subscriptions.read")
	require.Contains(t, list[1].Text, "may not read who is on call")

	list, err = app(t).Check(t.Context())
	require.NoError(t, err)
	require.Empty(t, list)
}

func TestCheckSaysWhyItFailed(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"abilities.list", "users.me", "incidents.list", "oncalls.list", "users.list", "services.get", "webhook_subscriptions.list"} {
		for _, kind := range []simkit.Kind{simkit.Status, simkit.DropBefore} {
			w := newWorld(t, func(o *pagerduty.Options, _ *pagerdutysim.Options) {
				o.From, o.Service = "alice@example.com", "PMUSTER"
			})
			w.sim.Faults.Add(simkit.Fault{Operation: operation, Kind: kind})
			_, err := w.Check(t.Context())
			e := failed(t, err)
			require.Equal(t, fault.Retryable, e.Class)
			require.Equal(t, operation, e.Operation)
		}
	}
	// A key without any rights is no token at all.
	w := newWorld(t)
	w.sim.Faults.Add(simkit.Fault{Operation: "abilities.list", Kind: simkit.Status, Status: 403})
	_, err := w.Check(t.Context())
	require.Equal(t, fault.Credential, failed(t, err).Class)
}

func TestATokenThatIsGivenEndsAfterADay(t *testing.T) {
	t.Parallel()
	const token = "pdus+_0XBPWQQ_scoped"
	w := newWorld(t, func(o *pagerduty.Options, s *pagerdutysim.Options) { o.Token, s.Token = fault.NewSecret(token), token })
	_, err := w.Check(t.Context())
	require.NoError(t, err)
	w.clock.Advance(24 * time.Hour)
	_, err = w.Check(t.Context())
	require.Equal(t, fault.Credential, failed(t, err).Class)
}

func TestCheckLooksAtTheWebhookSubscription(t *testing.T) {
	t.Parallel()
	at := func(path string, events ...string) func(*pagerduty.Options, *pagerdutysim.Options) {
		return func(_ *pagerduty.Options, s *pagerdutysim.Options) {
			s.WebhookURL, s.WebhookEvents = "http://127.0.0.1:1"+path, events
		}
	}
	check := func(w *world) []pagerduty.Finding {
		list, err := w.Check(t.Context())
		require.NoError(t, err)
		return list
	}
	require.Empty(t, check(newWorld(t, at("/webhooks/pagerduty", pagerduty.Events...))))
	require.Empty(t, check(newWorld(t, at("/somebody/elses", "incident.resolved"))))
	list := check(newWorld(t, at("/muster/webhooks/pagerduty", "incident.triggered", "incident.resolved")))
	require.Equal(t, "the PagerDuty webhook subscription PSIM001 leaves out incident.acknowledged, incident.unacknowledged, incident.reopened, incident.reassigned, incident.escalated, incident.delegated", list[0].Text)

	// It was switched off after refusals.
	refusing := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(refusing.Close)
	w := newWorld(t, func(_ *pagerduty.Options, s *pagerdutysim.Options) {
		s.WebhookURL = refusing.URL + "/webhooks/pagerduty"
	})
	for _, key := range []string{"k1", "k2", "k3"} {
		w.page(t, call(key))
		require.NoError(t, w.sim.Webhooks.Wait(t.Context()))
	}
	list = check(w)
	require.True(t, list[0].Broken)
	require.Contains(t, list[0].Text, "is switched off, since its webhooks were refused")

	w = newWorld(t, at("/webhooks/pagerduty"))
	w.sim.Faults.Add(simkit.Fault{Operation: "webhook_subscriptions.list", Kind: simkit.Status, Status: 403})
	require.Empty(t, check(w), "not everybody may look")
}
