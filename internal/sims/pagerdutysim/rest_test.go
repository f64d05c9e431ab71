package pagerdutysim_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	library "github.com/PagerDuty/go-pagerduty"
	"github.com/stretchr/testify/require"

	"muster/internal/sims/pagerdutysim"
)

const bot = "muster-bot@example.com"

// code is PagerDuty's error code in err.
func code(t *testing.T, err error) int {
	t.Helper()
	var refusal library.APIError
	require.ErrorAs(t, err, &refusal)
	return refusal.APIError.ErrorObject.Code
}

func TestListingIncidents(t *testing.T) {
	t.Parallel()
	r := start(t)
	for i := range 30 {
		r.page(t, fmt.Sprintf("k%d", i))
		r.clock.Advance(time.Minute)
	}
	require.NoError(t, r.ResolveByHuman("k3", "bob@example.com"))
	list := func(o library.ListIncidentsOptions) *library.ListIncidentsResponse {
		got, err := r.api.ListIncidentsWithContext(t.Context(), o)
		require.NoError(t, err)
		return got
	}
	first := list(library.ListIncidentsOptions{})
	require.Len(t, first.Incidents, 25)
	require.True(t, first.More)
	require.Equal(t, "k0 is down", first.Incidents[0].Title)
	require.Empty(t, first.Incidents[0].IncidentKey, "an incident with alerts has no key of its own")
	rest := list(library.ListIncidentsOptions{Offset: 25, Total: true})
	require.Len(t, rest.Incidents, 5)
	require.False(t, rest.More)
	require.Equal(t, uint(30), rest.Total)

	require.Equal(t, "k29 is down", list(library.ListIncidentsOptions{SortBy: "created_at:desc", Limit: 1}).Incidents[0].Title)
	require.Len(t, list(library.ListIncidentsOptions{Statuses: []string{"resolved"}}).Incidents, 1)
	require.Len(t, list(library.ListIncidentsOptions{IncidentKey: "k7"}).Incidents, 1)
	require.Empty(t, list(library.ListIncidentsOptions{IncidentKey: "nothing"}).Incidents)
	require.Len(t, list(library.ListIncidentsOptions{Since: began.Add(20 * time.Minute).Format(time.RFC3339)}).Incidents, 10)

	r.clock.Advance(40 * 24 * time.Hour)
	require.Empty(t, list(library.ListIncidentsOptions{IncidentKey: "k7"}).Incidents, "the default window is a month")
	require.Len(t, list(library.ListIncidentsOptions{IncidentKey: "k7", DateRange: "all"}).Incidents, 1)

	for _, o := range []library.ListIncidentsOptions{{Since: "yesterday"}, {Since: "2020-01-01T00:00:00Z"}} {
		_, err := r.api.ListIncidentsWithContext(t.Context(), o)
		require.Equal(t, 2004, code(t, err))
	}
}

func TestManagingIncidents(t *testing.T) {
	t.Parallel()
	r := start(t)
	in := r.page(t, "k1")
	set := func(from string, o library.ManageIncidentsOptions) error {
		o.ID = in.ID
		_, err := r.api.ManageIncidentsWithContext(t.Context(), from, []library.ManageIncidentsOptions{o})
		return err
	}
	require.NoError(t, set(bot, library.ManageIncidentsOptions{Status: "acknowledged"}))
	require.Equal(t, 1002, code(t, set(bot, library.ManageIncidentsOptions{Status: "acknowledged"})))
	require.NoError(t, set(bot, library.ManageIncidentsOptions{Status: "resolved"}))
	require.Equal(t, 1001, code(t, set(bot, library.ManageIncidentsOptions{Status: "resolved"})))
	require.NoError(t, set(bot, library.ManageIncidentsOptions{Status: "acknowledged"}), "it is reopened")
	require.Equal(t, 1008, code(t, set("nobody@example.com", library.ManageIncidentsOptions{Status: "resolved"})))

	bobID := r.AddUser("bob@example.com")
	require.NoError(t, set(bot, library.ManageIncidentsOptions{Assignments: []library.Assignee{{Assignee: library.APIObject{ID: bobID, Type: "user_reference"}}}}))
	got, err := r.api.GetIncidentWithContext(t.Context(), in.ID)
	require.NoError(t, err)
	require.Equal(t, bobID, got.Assignments[0].Assignee.ID)
	require.Equal(t, "triggered", got.Status)

	_, err = r.api.GetIncidentWithContext(t.Context(), "QNONE")
	require.Equal(t, 2100, code(t, err))
	_, err = r.api.ManageIncidentsWithContext(t.Context(), bot, []library.ManageIncidentsOptions{{ID: "QNONE"}})
	require.Equal(t, 1004, code(t, err))
}

func TestWhatBelongsToAnIncident(t *testing.T) {
	t.Parallel()
	r := start(t)
	in := r.page(t, "k1")
	bobID := r.AddUser("bob@example.com")

	_, err := r.api.CreateIncidentNoteWithContext(t.Context(), in.ID, library.IncidentNote{Content: "looking", User: library.APIObject{Summary: bot}})
	require.NoError(t, err)
	notes, err := r.api.ListIncidentNotesWithContext(t.Context(), in.ID)
	require.NoError(t, err)
	require.Equal(t, "looking", notes[0].Content)

	alerts, err := r.api.ListIncidentAlertsWithContext(t.Context(), in.ID, library.ListIncidentAlertsOptions{})
	require.NoError(t, err)
	require.Equal(t, "k1", alerts.Alerts[0].AlertKey)
	require.Equal(t, "triggered", alerts.Alerts[0].Status)

	requester := r.AddUser(bot)
	_, err = r.api.ResponderRequestWithContext(t.Context(), in.ID, library.ResponderRequestOptions{
		From: bot, RequesterID: requester, Message: "please join",
		Targets: []library.ResponderRequestTargetWrapper{{Target: library.ResponderRequestTarget{APIObject: library.APIObject{ID: bobID, Type: "user_reference"}}}},
	})
	require.NoError(t, err)
	got, err := r.api.GetIncidentWithContext(t.Context(), in.ID)
	require.NoError(t, err)
	require.Equal(t, bobID, got.IncidentResponders[0].User.ID)

	entries, err := r.api.ListIncidentLogEntriesWithContext(t.Context(), in.ID, library.ListIncidentLogEntriesOptions{})
	require.NoError(t, err)
	kinds := map[string]int{}
	for _, e := range entries.LogEntries {
		kinds[e.Type]++
	}
	require.Equal(t, map[string]int{"trigger_log_entry": 1, "assign_log_entry": 1, "notify_log_entry": 2, "annotate_log_entry": 1}, kinds)
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	r := start(t, func(o *pagerdutysim.Options) { o.TokenOwner = "bob@example.com" })
	ctx := t.Context()
	users, err := r.api.ListUsersWithContext(ctx, library.ListUsersOptions{Query: "BOB"})
	require.NoError(t, err)
	require.Len(t, users.Users, 1)
	user, err := r.api.GetUserWithContext(ctx, users.Users[0].ID, library.GetUserOptions{})
	require.NoError(t, err)
	require.Equal(t, "bob@example.com", user.Email)
	me, err := r.api.GetCurrentUserWithContext(ctx, library.GetCurrentUserOptions{})
	require.NoError(t, err)
	require.Equal(t, user.ID, me.ID)
	calls, err := r.api.ListOnCallsWithContext(ctx, library.ListOnCallOptions{})
	require.NoError(t, err)
	require.Equal(t, "Alice", calls.OnCalls[0].User.Summary)
	services, err := r.api.ListServicesWithContext(ctx, library.ListServiceOptions{})
	require.NoError(t, err)
	require.Equal(t, "Default", services.Services[0].Name)
	policies, err := r.api.ListEscalationPoliciesWithContext(ctx, library.ListEscalationPoliciesOptions{})
	require.NoError(t, err)
	require.Equal(t, services.Services[0].EscalationPolicy.ID, policies.EscalationPolicies[0].ID)
	abilities, err := r.api.ListAbilitiesWithContext(ctx)
	require.NoError(t, err)
	require.Contains(t, abilities.Abilities, "coordinated_responding")
}

// raw makes a request with headers of its own.
func (r *rig) raw(t *testing.T, method, path, body string, header map[string]string) (int, map[string]any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, r.url+path, strings.NewReader(body))
	require.NoError(t, err)
	for name, value := range map[string]string{
		"Authorization": "Token token=t", "Accept": "application/vnd.pagerduty+json;version=2", "Content-Type": "application/json", "From": bot,
	} {
		request.Header.Set(name, value)
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	var got map[string]any
	require.NoError(t, json.Unmarshal(answer, &got))
	return response.StatusCode, got
}

func TestHeadersThatPagerDutyDemands(t *testing.T) {
	t.Parallel()
	r := start(t, func(o *pagerdutysim.Options) { o.Token = "t" })
	in := r.page(t, "k1")
	path := "/incidents/" + in.ID
	for name, tc := range map[string]struct {
		method string
		header map[string]string
		want   int
	}{
		"all of them":         {"PUT", nil, 200},
		"no From on a write":  {"PUT", map[string]string{"From": ""}, 400},
		"no From on a read":   {"GET", map[string]string{"From": ""}, 200},
		"an unknown From":     {"PUT", map[string]string{"From": "nobody@example.com"}, 400},
		"no Accept":           {"GET", map[string]string{"Accept": ""}, 400},
		"no Content-Type":     {"PUT", map[string]string{"Content-Type": ""}, 400},
		"no token":            {"GET", map[string]string{"Authorization": ""}, 401},
		"another token":       {"GET", map[string]string{"Authorization": "Token token=other"}, 401},
		"an OAuth token":      {"GET", map[string]string{"Authorization": "Bearer t"}, 200},
		"another kind of key": {"GET", map[string]string{"Authorization": "Basic t"}, 401},
	} {
		status, got := r.raw(t, tc.method, path, `{"incident":{"type":"incident_reference","title":"new"}}`, tc.header)
		require.Equal(t, tc.want, status, name)
		if status != 200 {
			require.Contains(t, got, "error", name)
		}
	}
}

func TestSnoozeEndsByItself(t *testing.T) {
	t.Parallel()
	r := start(t)
	in := r.page(t, "k1")
	path := "/incidents/" + in.ID + "/snooze"
	for _, body := range []string{`{}`, `{"duration":604801}`, `nonsense`} {
		status, _ := r.raw(t, "POST", path, body, nil)
		require.Equal(t, 400, status)
	}
	status, got := r.raw(t, "POST", path, `{"duration":60}`, nil)
	require.Equal(t, 201, status)
	require.Equal(t, "acknowledged", got["incident"].(map[string]any)["status"])
	require.Len(t, got["incident"].(map[string]any)["pending_actions"], 1)
	r.clock.Advance(time.Minute)
	in, _ = r.IncidentByKey("k1")
	require.Equal(t, pagerdutysim.Triggered, in.Status)
	require.Len(t, r.Notifications(), 2)
}

func TestTheRESTLimit(t *testing.T) {
	t.Parallel()
	r := start(t, func(o *pagerdutysim.Options) { o.RequestsPerMinute = 2 })
	for range 2 {
		_, err := r.api.ListAbilitiesWithContext(t.Context())
		require.NoError(t, err)
	}
	_, err := r.api.ListAbilitiesWithContext(t.Context())
	require.Equal(t, 2020, code(t, err))
	r.clock.Advance(time.Minute)
	_, err = r.api.ListAbilitiesWithContext(t.Context())
	require.NoError(t, err)
}

func TestMalformedWritesAreRefused(t *testing.T) {
	t.Parallel()
	r := start(t)
	in := r.page(t, "k1")
	for _, tc := range []struct {
		method, path, body string
		want               int
	}{
		{"PUT", "/incidents", `{}`, 400},
		{"PUT", "/incidents", `{"incidents":[` + strings.Repeat(`{},`, 250) + `{}]}`, 413},
		{"PUT", "/incidents/" + in.ID, `nonsense`, 400},
		{"PUT", "/incidents/QNONE", `{"incident":{"type":"incident"}}`, 404},
		{"PUT", "/incidents/" + in.ID, `{"incident":{"status":"resolved"}}`, 400},
		{"PUT", "/incidents/" + in.ID, `{"incident":{"type":"incident","status":"done"}}`, 400},
		{"PUT", "/incidents/" + in.ID, `{"incident":{"type":"incident","assignments":[{"assignee":{"id":"PNONE"}}]}}`, 400},
		{"POST", "/incidents/" + in.ID + "/notes", `{}`, 400},
		{"POST", "/incidents/" + in.ID + "/responder_requests", `{}`, 400},
		{"POST", "/incidents/" + in.ID + "/responder_requests", `{"requester_id":"PNONE","responder_request_targets":[{}]}`, 400},
		{"GET", "/incidents/QNONE/alerts", ``, 404},
		{"GET", "/incidents?limit=x", ``, 400},
		{"GET", "/incidents?offset=10000", ``, 400},
		{"GET", "/incidents?sort_by=colour", ``, 400},
		{"GET", "/incidents?statuses[]=done", ``, 400},
		{"GET", "/users/PNONE", ``, 404},
		{"GET", "/users/me", ``, 400},
	} {
		status, got := r.raw(t, tc.method, tc.path, tc.body, nil)
		require.Equal(t, tc.want, status, "%s %s %.80s", tc.method, tc.path, tc.body)
		require.Contains(t, got, "error")
	}
	in, _ = r.IncidentByKey("k1")
	require.Equal(t, pagerdutysim.Triggered, in.Status)
}
