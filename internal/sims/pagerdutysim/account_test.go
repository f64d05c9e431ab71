package pagerdutysim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/internal/sims/pagerdutysim"
)

// event sends an event with the default routing key.
func (r *rig) event(t *testing.T, action, dedup, severity string) {
	t.Helper()
	r.eventBy(t, key, action, dedup, severity)
}

func (r *rig) eventBy(t *testing.T, routingKey, action, dedup, severity string) {
	t.Helper()
	status, answer := r.post(t, "/v2/enqueue", fmt.Sprintf(`{"routing_key":%q,"event_action":%q,"dedup_key":%q,
		"payload":{"summary":"%s is down","source":"muster","severity":%q}}`, routingKey, action, dedup, dedup, severity))
	require.Equal(t, 202, status, answer)
}

// why lists the reasons for which events were dropped.
func (r *rig) why() (reasons []string) {
	for _, d := range r.Dropped() {
		reasons = append(reasons, d.Action+": "+d.Reason)
	}
	return reasons
}

func service(change func(*pagerdutysim.Service)) func(*pagerdutysim.Options) {
	return func(o *pagerdutysim.Options) {
		sv := pagerdutysim.Service{Name: "Default", OnCall: alice}
		change(&sv)
		o.Services = map[string]pagerdutysim.Service{key: sv}
	}
}

func TestGroupedAlertsNotifyNobodyAgain(t *testing.T) {
	t.Parallel()
	r := start(t, service(func(s *pagerdutysim.Service) { s.Grouping = true }))
	first := r.page(t, "k1")
	require.NoError(t, r.Acknowledge("k1", alice))
	r.clock.Advance(time.Minute)
	second := r.page(t, "k2")
	require.Equal(t, first.ID, second.ID, "it was added to an incident that is acknowledged")
	require.Equal(t, pagerdutysim.Acknowledged, second.Status)
	require.Equal(t, map[string]int{alice: 1}, r.Woken())

	_, got := r.raw(t, "GET", "/incidents/"+first.ID+"/alerts", "", nil)
	alerts := got["alerts"].([]any)
	require.Len(t, alerts, 2)
	require.Equal(t, "k2", alerts[1].(map[string]any)["alert_key"])
	require.Equal(t, "2026-11-21T09:01:00Z", alerts[1].(map[string]any)["created_at"])
	_, got = r.raw(t, "GET", "/incidents?incident_key=k2", "", nil)
	require.Nil(t, got["incidents"].([]any)[0].(map[string]any)["incident_key"])

	// Its alerts end one by one, and it with the last.
	r.event(t, "resolve", "k1", "")
	require.Len(t, r.OpenIncidents(), 1)
	r.event(t, "resolve", "k2", "")
	require.Empty(t, r.OpenIncidents())
	require.NotEqual(t, first.ID, r.page(t, "k3").ID, "what is resolved groups nothing")
}

func TestAnAcknowledgementByAnEventAcknowledgesTheWholeIncident(t *testing.T) {
	t.Parallel()
	r := start(t, service(func(s *pagerdutysim.Service) { s.Grouping = true }))
	r.page(t, "k1")
	r.page(t, "k2")
	r.event(t, "acknowledge", "k2", "")
	require.Equal(t, pagerdutysim.Acknowledged, r.Incidents()[0].Status)
}

func TestNothingHappensInAMaintenanceWindow(t *testing.T) {
	t.Parallel()
	r := start(t)
	r.page(t, "before")
	r.AddService(key, pagerdutysim.Service{Name: "Default", OnCall: alice, Maintenance: true})
	r.event(t, "trigger", "during", "critical")
	r.event(t, "acknowledge", "before", "")
	r.event(t, "resolve", "before", "")
	require.Len(t, r.Incidents(), 1)
	require.Equal(t, pagerdutysim.Triggered, r.Incidents()[0].Status)
	require.Equal(t, []string{
		"trigger: the service is in maintenance", "acknowledge: the service is in maintenance", "resolve: the service is in maintenance",
	}, r.why())
	require.NoError(t, r.Acknowledge("before", alice), "people go on")
}

func TestASuppressedAlertBelongsToNoIncident(t *testing.T) {
	t.Parallel()
	r := start(t, service(func(s *pagerdutysim.Service) { s.Suppressing = true }))
	r.event(t, "trigger", "k1", "critical")
	r.event(t, "trigger", "k1", "critical")
	r.event(t, "acknowledge", "k1", "")
	r.event(t, "resolve", "k1", "")
	require.Empty(t, r.Incidents())
	require.Empty(t, r.Woken())
	require.Equal(t, []string{"trigger: the alert is suppressed", "trigger: the alert is suppressed"}, r.why())
}

func TestWithNobodyOnCallNothingOpens(t *testing.T) {
	t.Parallel()
	r := start(t, service(func(s *pagerdutysim.Service) { s.OnCall = "" }))
	r.event(t, "trigger", "k1", "critical")
	require.Empty(t, r.Incidents())
	require.Equal(t, []string{"trigger: nobody is on call for the service"}, r.why())
}

func TestAnEventThroughAnotherRoutingKeyIsDropped(t *testing.T) {
	t.Parallel()
	r := start(t)
	other := strings.Repeat("a", 32)
	r.AddService(other, pagerdutysim.Service{Name: "Search", OnCall: alice})
	r.page(t, "k1")
	r.eventBy(t, other, "acknowledge", "k1", "")
	r.eventBy(t, other, "resolve", "k1", "")
	require.Equal(t, pagerdutysim.Triggered, r.Incidents()[0].Status)
	require.Equal(t, []string{
		"acknowledge: no alert with the key is open on the service", "resolve: no alert with the key is open on the service",
	}, r.why())
}

func TestUrgencyMayFollowSeverity(t *testing.T) {
	t.Parallel()
	for urgency, want := range map[pagerdutysim.Urgency]map[string]string{
		pagerdutysim.FollowsSeverity: {"critical": "high", "error": "high", "warning": "low", "info": "low"},
		pagerdutysim.AlwaysHigh:      {"critical": "high", "error": "high", "warning": "high", "info": "high"},
		pagerdutysim.AlwaysLow:       {"critical": "low", "error": "low", "warning": "low", "info": "low"},
	} {
		r := start(t, service(func(s *pagerdutysim.Service) { s.Urgency = urgency }))
		high := 0
		for severity, is := range want {
			r.event(t, "trigger", severity, severity)
			in, _ := r.IncidentByKey(severity)
			require.Equal(t, is, in.Urgency, "%s %s", urgency, severity)
			if is == "high" {
				high++
			}
		}
		require.Equal(t, high, r.Woken()[alice], "low urgency wakes nobody")
		require.Len(t, r.Notifications(), 4)
	}
}

func TestANewSeverityReplacesTheOldOne(t *testing.T) {
	t.Parallel()
	r := start(t)
	r.event(t, "trigger", "k1", "info")
	require.Error(t, r.Escalate("k1"), "low urgency does not escalate")
	require.Empty(t, r.Woken())
	r.event(t, "trigger", "k1", "critical")
	in, _ := r.IncidentByKey("k1")
	require.Equal(t, "critical", in.Severity)
	require.Equal(t, "high", in.Urgency)
	require.Equal(t, map[string]int{alice: 1}, r.Woken())
	r.event(t, "trigger", "k1", "critical")
	require.Equal(t, map[string]int{alice: 1}, r.Woken(), "it was urgent already")
}

func chain(o *pagerdutysim.Options) {
	o.Schedules = map[string]pagerdutysim.Schedule{
		"PNOBODY": {Name: "Empty"}, "PNIGHTS": {Name: "Nights", OnCall: []string{bob}}, "PALONE": {Name: "In no policy", OnCall: []string{"dora@example.com"}},
	}
	o.Policies = map[string]pagerdutysim.Policy{
		"PCHAIN": {Name: "Chain", Levels: [][]string{{"PNOBODY"}, {"PNIGHTS", bob}, {alice, "carol@example.com"}}},
		"PEMPTY": {Name: "Empty", Levels: [][]string{{"PNOBODY"}, {}}},
	}
	o.Services = map[string]pagerdutysim.Service{key: {ID: "PSVC", Name: "Default", Policy: "PCHAIN"}}
}

func TestAPolicyAsksLevelByLevel(t *testing.T) {
	t.Parallel()
	r := start(t, chain)
	require.Equal(t, []string{bob}, r.page(t, "k1").AssignedTo, "the first level at which somebody is on call")
	require.NoError(t, r.Escalate("k1"))
	in, _ := r.IncidentByKey("k1")
	require.Equal(t, []string{alice, "carol@example.com"}, in.AssignedTo)
	require.Equal(t, map[string]int{bob: 1, alice: 1, "carol@example.com": 1}, r.Woken())
	require.Error(t, r.Escalate("k1"), "there is no further level")
	require.NoError(t, r.Acknowledge("k1", alice))
	require.Error(t, r.Escalate("k1"))
	require.Error(t, r.Escalate("nothing"))
}

func TestWhoIsOnCall(t *testing.T) {
	t.Parallel()
	r := start(t, chain)
	who := func(query string) (list []string) {
		_, got := r.raw(t, "GET", "/oncalls?"+query, "", nil)
		for _, entry := range got["oncalls"].([]any) {
			e := entry.(map[string]any)
			list = append(list, fmt.Sprint(e["escalation_level"], " ", e["user"].(map[string]any)["summary"]))
		}
		return list
	}
	require.Equal(t, []string{"2 Bob", "2 Bob", "3 Alice", "3 Carol"}, who("escalation_policy_ids[]=PCHAIN"))
	require.Equal(t, []string{"2 Bob"}, who("schedule_ids[]=PNIGHTS"))
	require.Empty(t, who("schedule_ids[]=PALONE"), "no policy asks it")
	require.Empty(t, who("escalation_policy_ids[]=PEMPTY"))
	require.Equal(t, []string{"3 Alice"}, who("user_ids[]="+r.AddUser(alice)))

	_, got := r.raw(t, "GET", "/oncalls?include[]=users&schedule_ids[]=PNIGHTS", "", nil)
	require.Equal(t, bob, got["oncalls"].([]any)[0].(map[string]any)["user"].(map[string]any)["email"])
	_, got = r.raw(t, "GET", "/schedules/PALONE/users", "", nil)
	require.Equal(t, "dora@example.com", got["users"].([]any)[0].(map[string]any)["email"])
	status, _ := r.raw(t, "GET", "/schedules/PNONE/users", "", nil)
	require.Equal(t, 404, status)
	r.AddSchedule("PNIGHTS", pagerdutysim.Schedule{Name: "Nights", OnCall: []string{"dora@example.com"}})
	require.Equal(t, []string{"2 Dora"}, who("schedule_ids[]=PNIGHTS"))
}

// create asks for an incident through the REST API.
func (r *rig) create(t *testing.T, fields string, header map[string]string) (int, map[string]any) {
	t.Helper()
	return r.raw(t, "POST", "/incidents", `{"incident":{"type":"incident","title":"Join us","service":{"id":"PSVC","type":"service_reference"}`+fields+`}}`, header)
}

func assigned(id string) string {
	return fmt.Sprintf(`,"assignments":[{"assignee":{"id":%q,"type":"user_reference"}}]`, id)
}

func TestIncidentsMadeThroughTheRESTAPI(t *testing.T) {
	t.Parallel()
	r := start(t, chain)
	status, got := r.create(t, `,"incident_key":"k1"`+assigned(r.AddUser("dora@example.com")), nil)
	require.Equal(t, 201, status, got)
	in := got["incident"].(map[string]any)
	require.Equal(t, "k1", in["incident_key"], "it has no alert, and so a key of its own")
	require.Equal(t, "direct_assignment", in["assigned_via"])
	require.Equal(t, "high", in["urgency"])
	require.Equal(t, map[string]int{"dora@example.com": 1}, r.Woken())
	require.Error(t, r.Escalate("k1"))

	_, got = r.raw(t, "GET", "/incidents/"+in["id"].(string)+"/alerts", "", nil)
	require.Empty(t, got["alerts"])
	_, got = r.raw(t, "GET", "/incidents?incident_key=k1", "", nil)
	require.Len(t, got["incidents"], 1)

	// Its key is taken as long as it is open.
	status, got = r.create(t, `,"incident_key":"k1"`, nil)
	require.Equal(t, 400, status)
	require.Contains(t, fmt.Sprint(got), "Open incident with matching dedup key already exists on this service")
	require.NoError(t, r.ResolveByHuman("k1", bob))
	status, _ = r.create(t, `,"incident_key":"k1","urgency":"low"`, nil)
	require.Equal(t, 201, status)
	require.Equal(t, map[string]int{"dora@example.com": 1}, r.Woken())

	status, got = r.create(t, `,"escalation_policy":{"id":"PCHAIN","type":"escalation_policy_reference"}`, nil)
	require.Equal(t, 201, status)
	require.NotEmpty(t, got["incident"].(map[string]any)["incident_key"], "one that is not given is made up")
	require.Equal(t, 1, r.Woken()[bob])
}

func TestWhoAssignsAnIncidentToThemselvesIsNotNotified(t *testing.T) {
	t.Parallel()
	r := start(t, chain)
	status, got := r.create(t, assigned(r.AddUser(bob)), map[string]string{"From": bob})
	require.Equal(t, 201, status)
	require.Equal(t, "acknowledged", got["incident"].(map[string]any)["status"])
	require.Empty(t, r.Woken())
}

func TestIncidentsThatTheRESTAPIRefuses(t *testing.T) {
	t.Parallel()
	r := start(t, chain)
	for name, tc := range map[string]struct {
		body string
		from string
		code int
	}{
		"nothing":             {`{}`, bot, 2003},
		"no title":            {`{"incident":{"type":"incident","title":" ","service":{"id":"PSVC"}}}`, bot, 2003},
		"no service":          {`{"incident":{"type":"incident","title":"t"}}`, bot, 2003},
		"an unknown service":  {`{"incident":{"type":"incident","title":"t","service":{"id":"PNONE"}}}`, bot, 5002},
		"an unknown assignee": {`{"incident":{"type":"incident","title":"t","service":{"id":"PSVC"}` + assigned("PNONE") + `}}`, bot, 1007},
		"an unknown policy":   {`{"incident":{"type":"incident","title":"t","service":{"id":"PSVC"},"escalation_policy":{"id":"PNONE"}}}`, bot, 1014},
		"nobody on call":      {`{"incident":{"type":"incident","title":"t","service":{"id":"PSVC"},"escalation_policy":{"id":"PEMPTY"}}}`, bot, 1015},
		"both":                {`{"incident":{"type":"incident","title":"t","service":{"id":"PSVC"},"escalation_policy":{"id":"PCHAIN"}` + assigned("PNONE") + `}}`, bot, 2002},
		"two assignees":       {`{"incident":{"type":"incident","title":"t","service":{"id":"PSVC"},"assignments":[{},{}]}}`, bot, 2002},
		"no From":             {`{"incident":{"type":"incident","title":"t","service":{"id":"PSVC"}}}`, "", 1008},
		"an unknown From":     {`{"incident":{"type":"incident","title":"t","service":{"id":"PSVC"}}}`, "nobody@example.com", 1008},
	} {
		status, got := r.raw(t, "POST", "/incidents", tc.body, map[string]string{"From": tc.from})
		require.Equal(t, 400, status, name)
		require.EqualValues(t, tc.code, got["error"].(map[string]any)["code"], name)
	}
	require.Empty(t, r.Incidents())
}

// ask asks for a scoped token.
func (r *rig) ask(t *testing.T, form url.Values) (int, map[string]any) {
	t.Helper()
	response, err := http.PostForm(r.url+"/oauth/token", form)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	var got map[string]any
	require.NoError(t, json.NewDecoder(response.Body).Decode(&got))
	return response.StatusCode, got
}

func TestScopedTokens(t *testing.T) {
	t.Parallel()
	r := start(t, func(o *pagerdutysim.Options) {
		o.Token, o.ClientID, o.ClientSecret, o.Account = "key", "app", "secret", "as_account-us.sim"
		o.Scopes = []string{"incidents.read", "users.read"}
	})
	form := func(change func(url.Values)) url.Values {
		f := url.Values{"grant_type": {"client_credentials"}, "client_id": {"app"}, "client_secret": {"secret"}, "scope": {"as_account-us.sim incidents.read incidents.write"}}
		change(f)
		return f
	}
	for name, change := range map[string]func(url.Values){
		"invalid_client":         func(f url.Values) { f.Set("client_secret", "other") },
		"invalid_scope":          func(f url.Values) { f.Set("scope", "incidents.read") },
		"unsupported_grant_type": func(f url.Values) { f.Set("grant_type", "password") },
	} {
		status, got := r.ask(t, form(change))
		require.GreaterOrEqual(t, status, 400)
		require.Equal(t, name, got["error"])
	}
	status, got := r.ask(t, form(func(url.Values) {}))
	require.Equal(t, 200, status)
	require.EqualValues(t, 86400, got["expires_in"])
	require.Equal(t, "as_account-us.sim incidents.read", got["scope"], "what the app was not given is left out")
	use := func(method, path, authorization string) int {
		status, _ := r.raw(t, method, path, `{"incident":{"type":"incident"}}`, map[string]string{"Authorization": authorization})
		return status
	}
	bearer := "Bearer " + got["access_token"].(string)
	require.Equal(t, 200, use("GET", "/incidents", bearer))
	require.Equal(t, 403, use("GET", "/users", bearer))
	require.Equal(t, 403, use("POST", "/incidents", bearer))
	require.Equal(t, 401, use("GET", "/incidents", strings.Replace(bearer, "Bearer ", "Token token=", 1)))
	require.Equal(t, 401, use("GET", "/incidents", "Bearer pdus+_made_up"))
	require.Equal(t, 200, use("GET", "/users", "Token token=key"), "a key has all scopes")
	r.clock.Advance(24*time.Hour - time.Second)
	require.Equal(t, 200, use("GET", "/incidents", bearer))
	r.clock.Advance(time.Second)
	require.Equal(t, 401, use("GET", "/incidents", bearer), "it has expired")
}

func TestAScopedTokenThatIsGivenEndsAfterADay(t *testing.T) {
	t.Parallel()
	r := start(t, func(o *pagerdutysim.Options) { o.Token = "pdus+_given" })
	header := map[string]string{"Authorization": "Bearer pdus+_given"}
	status, _ := r.raw(t, "GET", "/users", "", header)
	require.Equal(t, 200, status)
	r.clock.Advance(24 * time.Hour)
	status, _ = r.raw(t, "GET", "/users", "", header)
	require.Equal(t, 401, status)
}

func TestASubscriptionIsSwitchedOffAfterThreeRefusals(t *testing.T) {
	t.Parallel()
	status, got := http.StatusForbidden, 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		got++
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	r := start(t, func(o *pagerdutysim.Options) { o.WebhookURL = server.URL })
	// Each webhook is waited for, so that got and status are nobody else's.
	page := func(n int) {
		r.page(t, fmt.Sprintf("k%d", n))
		require.NoError(t, r.Webhooks.Wait(t.Context()))
	}
	page(1)
	page(2)
	status = http.StatusOK
	page(3)
	status = http.StatusUnauthorized
	page(4)
	page(5)
	require.False(t, r.SubscriptionOff(), "one was taken in between")
	page(6)
	require.True(t, r.SubscriptionOff())
	require.True(t, r.State(1).SubscriptionOff)
	status = http.StatusOK
	page(7)
	require.Equal(t, 6, got, "nothing is sent any more")
	r.clock.Advance(24 * time.Hour)
	page(8)
	require.Equal(t, 7, got)

	status = http.StatusNotFound
	for n := range 3 {
		page(10 + n)
	}
	require.True(t, r.SubscriptionOff())
	r.EnableSubscription()
	status = http.StatusOK
	page(20)
	require.Equal(t, 11, got)
}
