package webhooks_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway"
	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/pagerduty"
	"muster/internal/contracttest"
	"muster/internal/sims/pagerdutysim"
	"muster/internal/sims/simkit"
	"muster/workflows/api"
)

const routingKey = "0123456789abcdef0123456789abcdef"

// phone is a gateway to which a simulated PagerDuty delivers, with Muster's own client in between.
type phone struct {
	*world
	sim    *pagerdutysim.Sim
	client *pagerduty.Client
	// secret is the one that the gateway has.
	secret atomic.Value
}

func newPhone(t *testing.T, service pagerdutysim.Service) *phone {
	t.Helper()
	p := &phone{}
	p.secret.Store(pagerdutysim.DefaultWebhookSecret)
	service.Name, service.OnCall = "checkout", "alice@example.com"
	p.sim = pagerdutysim.New(pagerdutysim.Options{Services: map[string]pagerdutysim.Service{routingKey: service}, Token: "token"})
	front := httptest.NewServer(contracttest.Check(t, "pagerduty-events-v2", contracttest.Check(t, "pagerduty-rest", p.sim)))
	var err error
	p.client, err = pagerduty.New(pagerduty.Options{EventsURL: front.URL, APIURL: front.URL, Token: fault.NewSecret("token")})
	require.NoError(t, err)
	p.world = newWorld(t, func(o *gateway.Options) {
		o.Webhooks.PagerDuty = func(h http.Header, b []byte) (pagerduty.Event, error) {
			return pagerduty.ParseWebhook(h, b, []fault.Secret{fault.NewSecret(p.secret.Load().(string))})
		}
		o.Webhooks.PersonEmail, o.Webhooks.PageAlerts, o.Webhooks.FindPage = p.client.PersonEmail, p.client.Alerts, p.client.Find
	})
	back := httptest.NewServer(p.handler)
	p.sim.Webhooks.SetTarget(back.URL + pagerduty.WebhookPath)
	t.Cleanup(func() {
		p.sim.Close()
		back.Close()
		front.Close()
		require.Empty(t, p.sim.Unexpected())
	})
	return p
}

// pages sends an attempt of a page out.
func (p *phone) pages(workflow string) string {
	p.t.Helper()
	key := api.VendorKey("abcd1234", workflow, "attempt/1")
	require.NoError(p.t, p.client.Trigger(p.t.Context(), fault.NewSecret(routingKey), incident.PageRequest{Key: key, Headline: "Checkout is down", Severity: 1}))
	p.settle()
	return key
}

func (p *phone) settle() {
	p.t.Helper()
	require.NoError(p.t, p.sim.Webhooks.Wait(p.t.Context()))
}

func TestAnAcknowledgementOnThePhoneIsHeard(t *testing.T) {
	t.Parallel()
	p := newPhone(t, pagerdutysim.Service{})
	key := p.pages("INC-42/page/1")
	require.NoError(t, p.sim.Acknowledge(key, "bob@example.com"))
	p.settle()
	state := p.told()["INC-42/page/1"]
	require.True(t, state.Acknowledged)
	require.Equal(t, "bob@example.com", state.By)
	require.Equal(t, []string{"alice@example.com"}, state.Asked)

	// Muster's own acknowledgement and resolution are no news.
	before := len(p.news())
	require.NoError(t, p.client.Acknowledge(t.Context(), fault.NewSecret(routingKey), key))
	require.NoError(t, p.client.Resolve(t.Context(), fault.NewSecret(routingKey), key))
	p.settle()
	require.Len(t, p.news(), before)
}

func TestAnAcknowledgementIsHeardThoughPagerDutyWasAwayFirst(t *testing.T) {
	t.Parallel()
	p := newPhone(t, pagerdutysim.Service{})
	p.sim.Webhooks.SetMode(simkit.Mode{Lose: true}) // so that nothing is remembered
	key := p.pages("INC-42/page/1")
	p.sim.Webhooks.SetMode(simkit.Mode{})
	p.sim.Faults.Add(simkit.Fault{Operation: "incidents.alerts", Kind: simkit.Status, Status: 503, Times: 2})
	require.NoError(t, p.sim.Acknowledge(key, "alice@example.com"))
	p.settle()
	require.True(t, p.told()["INC-42/page/1"].Acknowledged)
	require.Equal(t, 3, p.sim.Webhooks.Delivered()[0].Attempts, "it was delivered again")
}

// PagerDuty adds a page to an incident that is open already, and one acknowledgement is for both.
func TestAPageThatJoinsAnIncident(t *testing.T) {
	t.Parallel()
	p := newPhone(t, pagerdutysim.Service{Grouping: true})
	first := p.pages("INC-42/page/1")
	p.pages("INC-43/page/1")
	require.NoError(t, p.sim.Acknowledge(first, "alice@example.com"))
	p.settle()
	require.True(t, p.told()["INC-42/page/1"].Acknowledged)
	require.True(t, p.told()["INC-43/page/1"].Acknowledged, "it was in the incident by then")
}

// With a wrong secret PagerDuty comes again, and is not made to stop.
func TestAWrongSecretLosesNothing(t *testing.T) {
	t.Parallel()
	p := newPhone(t, pagerdutysim.Service{})
	p.secret.Store("pasted wrong")
	waits := make(chan time.Time)
	p.sim.Webhooks.After = func(time.Duration) <-chan time.Time { return waits }
	key := api.VendorKey("abcd1234", "INC-42/page/1", "attempt/1")
	require.NoError(t, p.client.Trigger(t.Context(), fault.NewSecret(routingKey), incident.PageRequest{Key: key, Headline: "Checkout is down", Severity: 1}))
	require.NoError(t, p.sim.Acknowledge(key, "alice@example.com"))
	for range 5 {
		waits <- time.Time{}
	}
	require.False(t, p.sim.SubscriptionOff())
	p.secret.Store(pagerdutysim.DefaultWebhookSecret)
	close(waits)
	p.settle()
	require.True(t, p.told()["INC-42/page/1"].Acknowledged)
	require.False(t, p.sim.SubscriptionOff())
}
