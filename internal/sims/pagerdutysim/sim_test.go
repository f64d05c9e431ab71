package pagerdutysim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	library "github.com/PagerDuty/go-pagerduty"
	"github.com/stretchr/testify/require"

	"muster/internal/contracttest"
	"muster/internal/sims/pagerdutysim"
	"muster/internal/sims/simkit"
)

const key = pagerdutysim.DefaultRoutingKey

var began = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// rig is a simulator on a server, and the vendor's library against it.
type rig struct {
	*pagerdutysim.Sim
	api   *library.Client
	clock *simkit.ManualClock
	url   string
	// unexpected is what the test means to leave over.
	unexpected []string
}

func start(t *testing.T, change ...func(*pagerdutysim.Options)) *rig {
	t.Helper()
	r := &rig{clock: simkit.NewManualClock(began)}
	o := pagerdutysim.Options{Clock: r.clock, Users: []string{"bob@example.com", "muster-bot@example.com"}}
	for _, f := range change {
		f(&o)
	}
	r.Sim = pagerdutysim.New(o)
	server := httptest.NewServer(r.Sim)
	checked := httptest.NewServer(contracttest.Check(t, "pagerduty-rest", r.Sim))
	t.Cleanup(func() {
		r.Close()
		server.Close()
		checked.Close()
		require.ElementsMatch(t, r.unexpected, r.Unexpected())
	})
	r.url = server.URL
	r.api = library.NewClient("token", library.WithAPIEndpoint(checked.URL))
	return r
}

func (r *rig) post(t *testing.T, path, body string) (int, string) {
	t.Helper()
	response, err := http.Post(r.url+path, "application/json", strings.NewReader(body))
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(answer)
}

func trigger(routingKey, dedup string) string {
	return fmt.Sprintf(`{"routing_key":%q,"event_action":"trigger","dedup_key":%q,"client":"Muster","payload":{"summary":"%s is down","source":"muster","severity":"critical"}}`, routingKey, dedup, dedup)
}

func (r *rig) page(t *testing.T, dedup string) pagerdutysim.Incident {
	t.Helper()
	status, body := r.post(t, "/v2/enqueue", trigger(key, dedup))
	require.Equal(t, 202, status)
	require.JSONEq(t, fmt.Sprintf(`{"status":"success","message":"Event processed","dedup_key":%q}`, dedup), body)
	in, ok := r.IncidentByKey(dedup)
	require.True(t, ok)
	return in
}

func TestWhatTheEventsAPIRefuses(t *testing.T) {
	t.Parallel()
	r := start(t)
	for body, problem := range map[string]string{
		`{`:  "JSON parse error",
		`[]`: "JSON parse error",
		`{}`: "'routing_key' is missing or blank",
		`{"routing_key":"abc","event_action":"trigger"}`:                                              "Length of 'routing_key' is incorrect (should be 32 characters)",
		`{"routing_key":"` + key + `","event_action":"page"}`:                                         "'event_action' is invalid",
		`{"routing_key":"` + key + `","event_action":"resolve"}`:                                      "'dedup_key' is missing or blank",
		`{"routing_key":"` + key + `","event_action":"trigger"}`:                                      "'payload' is missing or blank",
		`{"routing_key":"` + key + `","event_action":"trigger","payload":{"source":"a"}}`:             "'payload.summary' is missing or blank",
		`{"routing_key":"` + key + `","event_action":"trigger","payload":{"severity":"bad"}}`:         "'payload.severity' is invalid",
		trigger(key, strings.Repeat("k", 256)):                                                        "Length of 'dedup_key' is incorrect",
		strings.Replace(trigger(key, "k"), "is down", strings.Repeat("x", 1024), 1):                   "Length of 'payload.summary' is incorrect",
		`{"routing_key":"` + key + `","event_action":"resolve","dedup_key":"k","links":"not a list"}`: "JSON parse error",
	} {
		status, answer := r.post(t, "/v2/enqueue", body)
		require.Equal(t, 400, status, body)
		require.Contains(t, answer, problem)
		require.Contains(t, answer, `"status":`)
	}
	require.Empty(t, r.Incidents())
}

func TestAnUnknownRoutingKeyIsRefused(t *testing.T) {
	t.Parallel()
	r := start(t)
	status, answer := r.post(t, "/v2/enqueue", trigger(strings.Repeat("f", 32), "k1"))
	require.Equal(t, 400, status)
	require.Equal(t, "Invalid routing key\n", answer, "it is no JSON")
	require.Equal(t, []string{strings.Repeat("f", 32)}, r.UnknownRoutingKeys())
}

func TestAnUnknownRoutingKeyMayBeAcceptedAndDropped(t *testing.T) {
	t.Parallel()
	r := start(t, func(o *pagerdutysim.Options) { o.AcceptUnknownKeys = true })
	stranger := strings.Repeat("f", 32)
	for range 2 {
		status, _ := r.post(t, "/v2/enqueue", trigger(stranger, "k1"))
		require.Equal(t, 202, status)
	}
	require.Empty(t, r.Incidents())
	require.Equal(t, []string{stranger}, r.UnknownRoutingKeys())
	require.Equal(t, 2, r.State(10).UnknownRoutingKeys)
}

func TestDedupKeysBelongToAService(t *testing.T) {
	t.Parallel()
	r := start(t)
	other := strings.Repeat("a", 32)
	r.AddService(other, pagerdutysim.Service{Name: "Search", OnCall: "carol@example.com"})
	r.page(t, "k1")
	_, _ = r.post(t, "/v2/enqueue", trigger(other, "k1"))
	require.Len(t, r.OpenIncidents(), 2)
	require.Equal(t, "carol@example.com", r.Notifications()[1].Person)
}

func TestATriggerWithoutAKeyGetsOne(t *testing.T) {
	t.Parallel()
	r := start(t)
	status, answer := r.post(t, "/v2/enqueue", strings.Replace(trigger(key, "k1"), `"dedup_key":"k1",`, "", 1))
	require.Equal(t, 202, status)
	require.Contains(t, answer, r.Incidents()[0].Key)
}

func TestEventsAreActedOnLater(t *testing.T) {
	t.Parallel()
	r := start(t, func(o *pagerdutysim.Options) { o.Lag = time.Minute })
	status, _ := r.post(t, "/v2/enqueue", trigger(key, "k1"))
	require.Equal(t, 202, status)
	require.Empty(t, r.Incidents())
	require.Equal(t, 1, r.State(10).EventsWaiting)
	r.clock.Advance(time.Minute)
	require.Len(t, r.Incidents(), 1)
}

func TestALagEndsByItselfOnARealClock(t *testing.T) {
	t.Parallel()
	r := start(t, func(o *pagerdutysim.Options) { o.Clock, o.Lag = nil, 20*time.Millisecond })
	applied := make(chan string, 1)
	r.OnTrigger(func(key string, _ time.Time) { applied <- key })
	_, _ = r.post(t, "/v2/enqueue", trigger(key, "k1"))
	select {
	case got := <-applied:
		require.Equal(t, "k1", got)
	case <-time.After(5 * time.Second):
		require.Fail(t, "the event was never acted on")
	}
}

func TestTheHookSeesEveryTrigger(t *testing.T) {
	t.Parallel()
	r := start(t)
	var seen []string
	r.OnTrigger(func(key string, at time.Time) {
		_, found := r.IncidentByKey(key) // no lock is held
		seen = append(seen, fmt.Sprint(key, found, at.Equal(began)))
	})
	r.HoldEvents()
	_, _ = r.post(t, "/v2/enqueue", trigger(key, "k1"))
	require.Empty(t, seen)
	r.ReleaseEvents()
	r.page(t, "k1")
	r.page(t, "k2")
	require.Equal(t, []string{"k1true true", "k1true true", "k2true true"}, seen)
}

func TestWhoIsNotifiedWhen(t *testing.T) {
	t.Parallel()
	r := start(t)
	in := r.page(t, "k1")
	require.NoError(t, r.Acknowledge(in.ID, "bob@example.com"))
	require.NoError(t, r.Acknowledge(in.ID, "bob@example.com"), "again changes nothing")
	require.NoError(t, r.Unacknowledge("k1"))
	require.NoError(t, r.Reassign("k1", "bob@example.com"))
	require.NoError(t, r.ResolveByHuman("k1", "bob@example.com"))
	require.NoError(t, r.Reopen("k1", "bob@example.com"))
	var who []string
	for _, n := range r.Notifications() {
		who = append(who, n.Person)
	}
	require.Equal(t, []string{"alice@example.com", "alice@example.com", "bob@example.com", "alice@example.com"}, who)
	in, _ = r.IncidentByKey("k1")
	require.Equal(t, []string{"alice@example.com"}, in.AssignedTo)
}

func TestActionsThatAreNotPossible(t *testing.T) {
	t.Parallel()
	r := start(t)
	in := r.page(t, "k1")
	require.Error(t, r.Acknowledge("nothing", "bob@example.com"))
	require.Error(t, r.Unacknowledge(in.ID))
	require.Error(t, r.Reopen(in.ID, "bob@example.com"))
	require.Error(t, r.Merge(in.ID, in.ID, "bob@example.com"))
	require.NoError(t, r.ResolveByHuman(in.ID, "bob@example.com"))
	require.Error(t, r.ResolveByHuman(in.ID, "bob@example.com"))
	require.Error(t, r.Acknowledge(in.ID, "bob@example.com"))
	require.Error(t, r.Reassign(in.ID, "bob@example.com"))
}

func TestAnUnknownPathIsCounted(t *testing.T) {
	t.Parallel()
	r := start(t)
	status, answer := r.post(t, "/teams", `{}`)
	require.Equal(t, 404, status)
	require.JSONEq(t, `{"error":{"message":"Not Found","code":2100}}`, answer)
	_, _ = r.post(t, "/v2/change/enqueue", `{}`)
	r.unexpected = []string{"POST /teams", "POST /v2/change/enqueue"}
}

func TestTheDevPage(t *testing.T) {
	t.Parallel()
	r := start(t)
	in := r.page(t, "k1")
	act := func(path, body string) pagerdutysim.Incident {
		status, answer := r.post(t, "/_sim/"+path, body)
		require.Equal(t, 200, status, answer)
		var got pagerdutysim.Incident
		require.NoError(t, json.Unmarshal([]byte(answer), &got))
		return got
	}
	require.Equal(t, []string{"bob@example.com"}, act("acknowledge", `{"key":"k1","by":"bob@example.com"}`).AcknowledgedBy)
	require.Equal(t, pagerdutysim.Triggered, act("unacknowledge", `{"id":"`+in.ID+`"}`).Status)
	require.Equal(t, []string{"bob@example.com"}, act("reassign", `{"id":"`+in.ID+`","to":"bob@example.com"}`).AssignedTo)
	require.Equal(t, "bob@example.com", act("resolve", `{"id":"`+in.ID+`","by":"bob@example.com"}`).ResolvedBy)

	for path, body := range map[string]string{"acknowledge": `{"key":"k1"}`, "reassign": `{"key":"k1"}`, "resolve": `nonsense`} {
		status, _ := r.post(t, "/_sim/"+path, body)
		require.Equal(t, 400, status, path)
	}
	status, _ := r.post(t, "/_sim/resolve", `{"key":"k1","by":"bob@example.com"}`)
	require.Equal(t, 409, status)

	r.page(t, "k2")
	response, err := http.Get(r.url + "/_sim/state?limit=1")
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	var state pagerdutysim.State
	require.NoError(t, json.NewDecoder(response.Body).Decode(&state))
	require.Equal(t, 2, state.IncidentCount)
	require.Equal(t, 1, state.OpenCount)
	require.Len(t, state.Incidents, 1)
	require.Equal(t, "k2", state.Incidents[0].Key)
	require.Equal(t, "…cdef", state.Services[0].RoutingKey)
	require.Equal(t, "alice@example.com", state.Services[0].OnCall)
}

func TestWebhooksGoWrongAsTheySometimesDo(t *testing.T) {
	t.Parallel()
	var got []string
	bodies := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- r.Header.Get("X-Webhook-Id") + " " + string(body)
	}))
	t.Cleanup(server.Close)
	r := start(t, func(o *pagerdutysim.Options) { o.WebhookURL = server.URL })
	r.Webhooks.SetMode(simkit.Mode{Reverse: true, Duplicate: 1})
	r.page(t, "k1")
	require.NoError(t, r.Acknowledge("k1", "bob@example.com"))
	require.Equal(t, 4, r.Webhooks.Held())
	r.Webhooks.ReleaseHeld()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	require.NoError(t, r.Webhooks.Wait(ctx))
	for range 4 {
		got = append(got, <-bodies)
	}
	require.Contains(t, got[0], "incident.acknowledged")
	require.Equal(t, got[0], got[1], "a copy has the same ID")
	require.Contains(t, got[3], "incident.triggered")
}

func TestFaultsSpeakPagerDutysLanguage(t *testing.T) {
	t.Parallel()
	r := start(t)
	r.Faults.Add(simkit.Fault{Operation: "events.trigger", Kind: simkit.RateLimited, Times: 1})
	status, answer := r.post(t, "/v2/enqueue", trigger(key, "k1"))
	require.Equal(t, 429, status)
	require.Contains(t, answer, "throttle exceeded")

	r.Faults.Add(simkit.Fault{Operation: "incidents.list", Kind: simkit.RateLimited, Times: 1})
	_, err := r.api.ListIncidentsWithContext(t.Context(), library.ListIncidentsOptions{})
	var refusal library.APIError
	require.ErrorAs(t, err, &refusal)
	require.True(t, refusal.RateLimited())
	require.Equal(t, 2020, refusal.APIError.ErrorObject.Code)
}

func BenchmarkTriggerAcknowledgeFind(b *testing.B) {
	s := pagerdutysim.New(pagerdutysim.Options{})
	b.Cleanup(s.Close)
	serve := func(method, path, body string) {
		r := httptest.NewRequest(method, path, bytes.NewBufferString(body))
		r.Header.Set("Authorization", "Token token=t")
		r.Header.Set("Accept", "application/vnd.pagerduty+json;version=2")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		require.Less(b, w.Code, 300)
	}
	for i := 0; b.Loop(); i++ {
		k := fmt.Sprintf("k%d", i)
		serve("POST", "/v2/enqueue", trigger(key, k))
		require.NoError(b, s.Acknowledge(k, "bob@example.com"))
		serve("GET", "/incidents?incident_key="+k, "")
	}
}
