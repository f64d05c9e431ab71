package webhooks_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway"
	"muster/gateway/incidents"
	"muster/gateway/internal/gatewaytest"
	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/pagerduty"
	"muster/workflows/api"
)

const (
	attempt = "abcd1234/INC-42/page/1/attempt/2"
	alice   = `{"id":"PALICE","type":"user_reference","summary":"Alice A."}`
	bob     = `{"id":"PBOB","type":"user_reference","summary":"Bob B.\u0007"}`
	// impostor has chosen another person's address for a display name.
	impostor = `{"id":"PEVE","type":"user_reference","summary":"carol@example.com"}`
	muster   = `{"id":"PBOT","type":"user_reference","summary":"Muster"}`
	robot    = `{"id":"PX","type":"inbound_integration_reference","summary":"Events API V2"}`
)

var occurred = time.Date(2026, 11, 21, 3, 4, 5, 0, time.UTC)

// fakePager is what PagerDuty's REST API says.
type fakePager struct {
	t *testing.T
	// alerts are those of the incident Q1; nil is one alert of the attempt.
	alerts []pagerduty.Alert
	err    error
	// pages are what is found by key.
	pages map[string]incident.PageState
	asked int
}

func (p *fakePager) email(ctx context.Context, id string) (string, error) {
	_, bounded := ctx.Deadline()
	require.True(p.t, bounded)
	known := map[string]string{"PALICE": "Alice@example.com", "PBOT": "muster@example.com"}
	if known[id] == "" {
		return "", errors.New("unknown")
	}
	return known[id], nil
}

func (p *fakePager) alertsOf(ctx context.Context, id string) ([]pagerduty.Alert, error) {
	_, bounded := ctx.Deadline()
	require.True(p.t, bounded)
	require.Equal(p.t, "Q1", id)
	p.asked++
	if p.alerts == nil {
		return []pagerduty.Alert{{Key: attempt, Created: occurred.Add(-time.Minute)}}, p.err
	}
	return p.alerts, p.err
}

func (p *fakePager) find(_ context.Context, key string) (incident.PageState, error) {
	return p.pages[key], p.err
}

// with sets what PagerDuty says.
func with(p *fakePager) func(*gateway.Options) {
	return func(o *gateway.Options) {
		o.Webhooks.PersonEmail, o.Webhooks.PageAlerts, o.Webhooks.FindPage = p.email, p.alertsOf, p.find
	}
}

// event is a delivery as PagerDuty makes it for an incident that Events v2 made: it has no key.
type event struct {
	kind, status, agent string
	// key is the incident's own, for those that were made otherwise.
	key string
	// about is the incident's ID, Q1 when empty.
	about string
	// assignees are JSON.
	assignees string
}

func (e event) body() string {
	key := "null"
	if e.key != "" {
		key = strconv.Quote(e.key)
	}
	about := e.about
	if about == "" {
		about = "Q1"
	}
	return fmt.Sprintf(`{"event":{"id":"E1","event_type":"incident.%s","resource_type":"incident","occurred_at":"2026-11-21T03:04:05Z","agent":%s,"client":null,
		"data":{"id":%q,"type":"incident","html_url":"https://pd.example.com/Q1","number":7,"status":%q,"incident_key":%s,
		"created_at":"2026-11-21T03:00:00Z","assignees":[%s],"urgency":"high","priority":null,"resolve_reason":null}}}`,
		e.kind, e.agent, about, e.status, key, e.assignees)
}

func (w *world) send(e event) gatewaytest.Answer {
	w.t.Helper()
	body := e.body()
	return w.hook("/webhooks/pagerduty", body, "X-PagerDuty-Signature", "v1="+sign(body), "X-Webhook-Id", "D1", "X-Webhook-Subscription", "PSUB1")
}

// pagerDuty delivers an event about an incident that has a key of its own.
func (w *world) pagerDuty(kind, status, key, agent string) gatewaytest.Answer {
	w.t.Helper()
	return w.send(event{kind: kind, status: status, key: key, agent: agent})
}

// news are the deliveries without those to Register.
func (w *world) news() (pages []delivery) {
	for _, d := range w.delivered {
		if d.workflow != api.RegisterID {
			pages = append(pages, d)
		}
	}
	return pages
}

// told are the states that pages were told of, by workflow.
func (w *world) told() map[string]incident.PageState {
	out := map[string]incident.PageState{}
	for _, d := range w.news() {
		in, ok := d.in.(api.PagerChangedInput)
		require.True(w.t, ok)
		out[d.workflow] = in.State
	}
	return out
}

// An acknowledgement on the phone is heard, though nothing in the webhook names the page.
func TestPagerDutysEventsReachThePage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		kind, status, agent string
		want                incident.PageState
	}{
		{"acknowledged", "acknowledged", alice, incident.PageState{Acknowledged: true, By: "alice@example.com", At: occurred}},
		{"acknowledged", "acknowledged", bob, incident.PageState{Acknowledged: true, By: "Bob B.", At: occurred}},
		{"acknowledged", "acknowledged", impostor, incident.PageState{Acknowledged: true, By: "PagerDuty user PEVE", At: occurred}},
		{"resolved", "resolved", alice, incident.PageState{Resolved: true, By: "alice@example.com", At: occurred}},
		{"unacknowledged", "triggered", "null", incident.PageState{}},
		{"reopened", "triggered", alice, incident.PageState{}},
		{"triggered", "triggered", robot, incident.PageState{}},
		{"escalated", "triggered", "null", incident.PageState{}},
		{"reassigned", "triggered", alice, incident.PageState{}},
		{"delegated", "triggered", alice, incident.PageState{}},
	} {
		// With a key of its own, as incidents have that Muster makes for a person, and without.
		for _, key := range []string{"", attempt} {
			w := hooked(t)
			w.pagerDuty(tc.kind, tc.status, key, tc.agent).Is(200, `{"signalled":"INC-42/page/1"}`)
			want := tc.want
			want.Found, want.ID, want.URL = true, "Q1", "https://pd.example.com/Q1"
			require.Equal(t, []delivery{{"INC-42/page/1", api.PagerChanged, api.PagerChangedInput{
				DeliveryID: "E1", Key: attempt, State: want, At: occurred,
			}}}, w.news(), tc.kind)
		}
	}
}

// Who reassigns what somebody else has acknowledged has not answered it.
func TestWhoHandsAPageOnHasNotAnsweredIt(t *testing.T) {
	t.Parallel()
	taken := incident.PageState{Found: true, ID: "Q1", Acknowledged: true, By: "dan@example.com", At: occurred.Add(-time.Second)}
	w := hooked(t, with(&fakePager{t: t, pages: map[string]incident.PageState{attempt: taken}}))
	w.send(event{kind: "reassigned", status: "acknowledged", agent: alice}).Is(200, `{"signalled":"INC-42/page/1"}`)
	require.Equal(t, taken, w.told()["INC-42/page/1"])

	// While PagerDuty does not say, it delivers again.
	pager := &fakePager{t: t}
	w = hooked(t, with(pager), func(o *gateway.Options) {
		o.Webhooks.FindPage = func(context.Context, string) (incident.PageState, error) {
			return incident.PageState{}, errors.New("away")
		}
	})
	w.send(event{kind: "reassigned", status: "acknowledged", agent: alice}).Problem(503, "away", "")
	require.Empty(t, w.news())

	// Where it may not be asked, or has nothing to say, the status is what the event says.
	for _, change := range []func(*gateway.Options){with(pager), func(o *gateway.Options) { o.Webhooks.FindPage = nil }} {
		for status, want := range map[string]incident.PageState{"acknowledged": {Acknowledged: true}, "resolved": {Resolved: true}} {
			w = hooked(t, change)
			w.send(event{kind: "escalated", status: status, agent: "null"}).Is(200, `{"signalled":"INC-42/page/1"}`)
			want.Found, want.ID, want.URL = true, "Q1", "https://pd.example.com/Q1"
			require.Equal(t, want, w.told()["INC-42/page/1"])
		}
	}
}

// Merging resolves an incident whose alerts go on in another one.
func TestAMergeIsNoAnswer(t *testing.T) {
	t.Parallel()
	open := incident.PageState{Found: true, ID: "Q2"}
	pager := &fakePager{t: t, pages: map[string]incident.PageState{attempt: open}}
	w := hooked(t, with(pager))
	merged := strings.Replace(event{kind: "resolved", status: "resolved", agent: alice}.body(),
		`"resolve_reason":null`, `"resolve_reason":{"type":"merge_resolve_reason","incident":{"id":"Q2","type":"incident_reference"}}`, 1)
	send := func() gatewaytest.Answer {
		return w.hook("/webhooks/pagerduty", merged, "X-PagerDuty-Signature", "v1="+sign(merged))
	}
	send().Is(200, `{"signalled":"INC-42/page/1"}`)
	require.Equal(t, open, w.told()["INC-42/page/1"])

	pager.alerts = []pagerduty.Alert{}
	send().Is(200, `{"ignored":"it belongs to another installation, or to none"}`)
	require.Len(t, w.news(), 1)

	// What Muster has made for a person has no alert that could go on: somebody took care of it.
	merged = strings.Replace(merged, `"incident_key":null`, strconv.Quote("incident_key")+":"+strconv.Quote(attempt), 1)
	send().Is(200, `{"signalled":"INC-42/page/1"}`)
	require.True(t, w.told()["INC-42/page/1"].Resolved)
}

func TestPagerDutysEventsThatAreNotOurs(t *testing.T) {
	t.Parallel()
	for _, key := range []string{
		"", "ffff0000/INC-42/page/1/attempt/2", "abcd1234/INC-42/page/1", "abcd1234/INC-42/follow-up/1/attempt/1",
		"abcd1234/INC-0/page/1/attempt/1", "abcd1234/register/attempt/1", "abcd1234/INC-42/page/1/attempt/", "something",
	} {
		w := hooked(t, with(&fakePager{t: t, alerts: []pagerduty.Alert{{Key: key}}}))
		require.Equal(t, 200, w.send(event{kind: "acknowledged", status: "acknowledged", agent: alice}).Status, key)
		require.Equal(t, 200, w.pagerDuty("acknowledged", "acknowledged", key, alice).Status, key)
		require.Empty(t, w.news(), key)
	}
	w := hooked(t)
	require.Equal(t, 200, w.send(event{kind: "priority_updated", status: "triggered", agent: "null"}).Status)
	// Muster's own events come back as those of an integration, or of nobody.
	require.Equal(t, 200, w.send(event{kind: "acknowledged", status: "acknowledged", agent: robot}).Status)
	require.Equal(t, 200, w.send(event{kind: "resolved", status: "resolved", agent: "null"}).Status)
	require.Empty(t, w.news())
}

// What Muster does through the REST API comes back as the act of the user in whose name it writes.
func TestMustersOwnAcknowledgementIsNoAnswer(t *testing.T) {
	t.Parallel()
	w := hooked(t, func(o *gateway.Options) { o.Webhooks.PagerDutyFrom = "muster@example.com" })
	w.pagerDuty("acknowledged", "acknowledged", attempt, muster).Is(200, `{"ignored":"Muster did it itself"}`)
	require.Empty(t, w.news())
	// It writes about no other incidents; there it is a person with that account.
	w.send(event{kind: "acknowledged", status: "acknowledged", agent: muster}).Is(200, `{"signalled":"INC-42/page/1"}`)
	require.Equal(t, "muster@example.com", w.told()["INC-42/page/1"].By)
}

// Alert grouping puts several pages into one incident, and adds to incidents that are acknowledged.
func TestOneAcknowledgementForSeveralPages(t *testing.T) {
	t.Parallel()
	at := func(page int, created time.Time) pagerduty.Alert {
		return pagerduty.Alert{Key: fmt.Sprintf("abcd1234/INC-42/page/%d/attempt/1", page), Created: created}
	}
	w := hooked(t, with(&fakePager{t: t, alerts: []pagerduty.Alert{
		at(1, occurred.Add(-time.Minute)), {Key: "somebody else's"}, at(2, occurred), at(3, occurred.Add(time.Second)), at(4, time.Time{}),
	}}))
	w.send(event{kind: "acknowledged", status: "acknowledged", agent: alice}).
		Is(200, `{"signalled":"INC-42/page/1, INC-42/page/2, INC-42/page/3, INC-42/page/4"}`)
	answered := incident.PageState{Found: true, ID: "Q1", URL: "https://pd.example.com/Q1", Acknowledged: true, By: "alice@example.com", At: occurred}
	silent := incident.PageState{
		Found: true, ID: "Q1", URL: "https://pd.example.com/Q1",
		Silent: "alice@example.com had acknowledged the PagerDuty incident that it was added to, at 03:04 UTC",
	}
	require.Equal(t, map[string]incident.PageState{
		"INC-42/page/1": answered, "INC-42/page/2": answered, "INC-42/page/3": silent, "INC-42/page/4": answered,
	}, w.told())
	for _, d := range w.news() {
		require.Equal(t, "E1", d.in.(api.PagerChangedInput).DeliveryID)
	}
}

func TestAnAddressThatIsNoneIsNotTaken(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*gateway.Options){
		func(o *gateway.Options) { o.Webhooks.PersonEmail = nil },
		func(o *gateway.Options) {
			o.Webhooks.PersonEmail = func(context.Context, string) (string, error) { return "Alice", nil }
		},
	} {
		w := hooked(t, change)
		w.send(event{kind: "acknowledged", status: "acknowledged", agent: alice, assignees: bob})
		require.Equal(t, "Alice A.", w.told()["INC-42/page/1"].By)
		require.Empty(t, w.told()["INC-42/page/1"].Asked)
	}
}

func TestWhomPagerDutyAsksNow(t *testing.T) {
	t.Parallel()
	w := hooked(t)
	w.send(event{kind: "escalated", status: "triggered", agent: "null", assignees: strings.Join([]string{bob, alice, `{"id":"PTEAM","type":"team_reference"}`}, ",")})
	require.Equal(t, []string{"alice@example.com"}, w.told()["INC-42/page/1"].Asked, "those whose address is known")
}

// PagerDuty's REST API is asked which page it is; while it does not say, PagerDuty delivers again.
// Never is anything refused for good.
func TestWhenPagerDutyDoesNotSayWhichPageItIs(t *testing.T) {
	t.Parallel()
	failure := func(class fault.Class) error {
		return &fault.Error{Vendor: "pagerduty", Operation: "incidents.alerts", Class: class, Reason: "no", Status: 418}
	}
	for name, tc := range map[string]struct {
		err     error
		status  int
		logged  string
		ignored string
	}{
		"it is away":                    {failure(fault.Retryable), 503, "not delivered", ""},
		"it takes too long":             {context.DeadlineExceeded, 503, "not delivered", ""},
		"the incident is deleted":       {failure(fault.Gone), 200, "does not show", "PagerDuty does not show the incident"},
		"the token has no rights":       {failure(fault.Credential), 200, "may not read incidents", "the token may not read incidents"},
		"the incident's ID is none":     {failure(fault.Permanent), 200, "does not show", "PagerDuty does not show the incident"},
		"it has no alerts, or only now": {nil, 200, "webhook ignored", "it belongs to another installation, or to none"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := hooked(t, with(&fakePager{t: t, alerts: []pagerduty.Alert{}, err: tc.err}))
			a := w.send(event{kind: "acknowledged", status: "acknowledged", agent: alice})
			require.Equal(t, tc.status, a.Status)
			require.Equal(t, tc.status == 503, a.Header.Get("Retry-After") != "")
			if tc.ignored != "" {
				a.Is(200, fmt.Sprintf(`{"ignored":%q}`, tc.ignored))
			}
			require.Contains(t, w.logs.String(), tc.logged)
			require.Empty(t, w.news())
		})
	}
	w := hooked(t, func(o *gateway.Options) { o.Webhooks.PageAlerts = nil })
	w.send(event{kind: "acknowledged", status: "acknowledged", agent: alice}).
		Is(200, `{"ignored":"without PAGERDUTY_TOKEN nobody can say which page it is about"}`)
	require.Contains(t, w.logs.String(), "acknowledgements at PagerDuty are not heard")
	// What has a key says itself whose it is.
	w.pagerDuty("acknowledged", "acknowledged", attempt, alice).Is(200, `{"signalled":"INC-42/page/1"}`)
	w.pagerDuty("acknowledged", "acknowledged", "somebody else's", alice).Is(200, `{"ignored":"it belongs to another installation, or to none"}`)
	require.Len(t, w.news(), 1)
}

func TestAPageThatHasEndedKeepsNothingFromTheOthers(t *testing.T) {
	t.Parallel()
	second := "abcd1234/INC-43/page/1/attempt/1"
	w := hooked(t, with(&fakePager{t: t, alerts: []pagerduty.Alert{{Key: attempt}, {Key: second}}}))
	w.endedWorkflows = []string{"INC-42/page/1"}
	w.send(event{kind: "acknowledged", status: "acknowledged", agent: alice}).Is(200, `{"signalled":"INC-43/page/1"}`)

	w.deliverErr = &incidents.NotRecordedError{Err: errors.New("away")}
	w.send(event{kind: "acknowledged", status: "acknowledged", agent: alice}).Problem(503, "not_recorded", "")
}

func TestOnlyWebAddressesAreShown(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"javascript:alert(1)", "//pd.example.com", "pd", "ftp://pd.example.com/Q1"} {
		w := hooked(t)
		body := strings.Replace(event{kind: "triggered", status: "triggered", agent: "null"}.body(), "https://pd.example.com/Q1", address, 1)
		require.Equal(t, 200, w.hook("/webhooks/pagerduty", body, "X-PagerDuty-Signature", "v1="+sign(body)).Status)
		require.Empty(t, w.told()["INC-42/page/1"].URL, address)
	}
}

func TestPagerDutysSignature(t *testing.T) {
	t.Parallel()
	w := hooked(t)
	w.hook("/webhooks/pagerduty", `{}`).Problem(401, "unauthorized", "")
	// It may well be PagerDuty with a secret that was pasted wrong: it shall come again.
	w.hook("/webhooks/pagerduty", `{}`, "X-PagerDuty-Signature", "v1="+sign("other")).Problem(503, "bad_signature", "")
	w.hook("/webhooks/pagerduty", `nonsense`, "X-PagerDuty-Signature", "v1="+sign("nonsense")).Is(200, `{"ignored":"it was not understood"}`)
	w.hook("/webhooks/pagerduty", strings.Repeat("x", 5<<20), "X-PagerDuty-Signature", "v1="+sign("")).Problem(413, "too_large", "body")
	require.Empty(t, w.news())
	require.NotContains(t, w.logs.String(), secret)
}

// A secret that was pasted wrong is shown by name until a signature fits, and floods nobody.
func TestABadSignatureIsShown(t *testing.T) {
	t.Parallel()
	w := hooked(t)
	good := func() { w.send(event{kind: "triggered", status: "triggered", agent: "null"}) }
	bad := func() {
		w.hook("/webhooks/pagerduty", `{}`, "X-PagerDuty-Signature", "v1="+sign("other"), "X-Webhook-Subscription", "PSUB1")
	}
	snags := func() (out []api.SnagChangedInput) {
		for _, d := range w.delivered {
			if d.workflow == api.RegisterID {
				require.Equal(t, api.SnagChanged, d.signal)
				out = append(out, d.in.(api.SnagChangedInput))
			}
		}
		return out
	}
	good()
	good()
	require.Equal(t, []api.SnagChangedInput{{Workflow: "gateway", Vendor: "pagerduty webhooks", Cleared: true}}, snags(), "what an earlier gateway showed is taken back once")
	for range 100 {
		bad()
	}
	require.Len(t, snags(), 2)
	shown := snags()[1]
	require.False(t, shown.Cleared)
	require.Contains(t, shown.Reason, "subscription PSUB1")
	require.Contains(t, shown.Mend, "PAGERDUTY_WEBHOOK_SECRET")
	require.NotContains(t, shown.Reason+shown.Mend, secret)
	for range 100 {
		good()
		bad()
	}
	require.Len(t, snags(), 3, "at most one a minute")
	require.True(t, snags()[2].Cleared)
	w.now = w.now.Add(time.Minute)
	bad()
	require.False(t, snags()[3].Cleared)
}

func TestARegisterThatCannotBeToldIsToldLater(t *testing.T) {
	t.Parallel()
	w := hooked(t)
	w.deliverErr = &incidents.NotRecordedError{Err: errors.New("away")}
	good := func() { w.send(event{kind: "priority_updated", status: "triggered", agent: "null"}) }
	bad := func() { w.hook("/webhooks/pagerduty", `{}`, "X-PagerDuty-Signature", "v1="+sign("other")) }
	good()
	good()
	require.Len(t, w.delivered, 2, "each tries to clear it")
	bad()
	bad()
	require.Len(t, w.delivered, 3)
	w.now = w.now.Add(time.Minute)
	bad()
	require.Len(t, w.delivered, 4)
	w.deliverErr = nil
	good()
	require.Len(t, w.delivered, 4, "nothing was shown")
}

func TestWhatSomebodyWritesIntoAHeaderIsNotRepeated(t *testing.T) {
	t.Parallel()
	w := hooked(t)
	w.hook("/webhooks/pagerduty", `{}`, "X-PagerDuty-Signature", "v1="+sign("other"), "X-Webhook-Subscription", "call me")
	require.NotContains(t, w.delivered[0].in.(api.SnagChangedInput).Reason, "call me")
}
