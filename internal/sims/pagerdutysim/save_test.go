package pagerdutysim_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/internal/sims/pagerdutysim"
	"muster/internal/sims/simkit"
)

const (
	alice = "alice@example.com"
	bob   = "bob@example.com"
)

func saved(t *testing.T, s *pagerdutysim.Sim) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, s.Save(&out))
	return out.String()
}

// app lets scoped tokens be asked for.
func app(o *pagerdutysim.Options) {
	o.ClientID, o.ClientSecret, o.Account = "app", "s", "as_account-us.sim"
}

// fill makes something of everything that an account can hold, and checks that the version
// tells of each.
func fill(t *testing.T, r *rig) {
	t.Helper()
	id := func(key string) string {
		in, found := r.IncidentByKey(key)
		require.True(t, found, key)
		return in.ID
	}
	ask := func(method, path, body string) {
		status, answer := r.raw(t, method, path, body, nil)
		require.Less(t, status, 300, answer)
	}
	detailed := fmt.Sprintf(`{"routing_key":%q,"event_action":"trigger","dedup_key":"acked","client":"Muster",
		"links":[{"href":"https://muster.example.com/1","text":"the <incident>"}],
		"payload":{"summary":"slow","source":"muster","severity":"warning","component":"db","custom_details":{"n":12345678,"deep":[1,{"a":null}]}}}`, key)
	event := func(action, dedup string) string {
		return fmt.Sprintf(`{"routing_key":%q,"event_action":%q,"dedup_key":%q}`, key, action, dedup)
	}
	for n, do := range []func() error{
		func() error { r.page(t, "open"); return nil },
		func() error { r.page(t, "open"); return nil },
		func() error { r.post(t, "/v2/enqueue", detailed); return nil },
		func() error { r.post(t, "/v2/enqueue", event("acknowledge", "acked")); return nil },
		func() error { return r.Acknowledge("acked", bob) },
		func() error { r.page(t, "done"); return nil },
		func() error { r.post(t, "/v2/enqueue", event("resolve", "done")); return nil },
		func() error { r.page(t, "done"); return nil },
		func() error { return r.ResolveByHuman("done", "carol@example.com") },
		func() error { r.page(t, "again"); return r.ResolveByHuman("again", bob) },
		func() error { return r.Reopen("again", bob) },
		func() error { return r.Reassign("again", bob) },
		func() error { r.page(t, "source"); r.page(t, "target"); return r.Merge("source", "target", bob) },
		func() error { r.page(t, "quiet"); return nil },
		func() error {
			ask("POST", "/incidents/"+id("quiet")+"/snooze", `{"duration":3600}`)
			return nil
		},
		func() error {
			ask("POST", "/incidents/"+id("open")+"/notes", `{"note":{"content":"looking"}}`)
			return nil
		},
		func() error {
			ask("PUT", "/incidents/"+id("open"), `{"incident":{"type":"incident","title":"another title","urgency":"low"}}`)
			return nil
		},
		func() error {
			ask("POST", "/incidents/"+id("open")+"/responder_requests", fmt.Sprintf(`{"requester_id":%q,"responder_request_targets":[
				{"responder_request_target":{"id":%q,"type":"user_reference"}}]}`, r.AddUser(bot), r.AddUser(bob)))
			return nil
		},
		func() error { r.post(t, "/v2/enqueue", trigger(strings.Repeat("f", 32), "lost")); return nil },
		func() error { r.AddService(strings.Repeat("a", 32), pagerdutysim.Service{Name: "Second"}); return nil },
		func() error {
			r.AddService(strings.Repeat("a", 32), pagerdutysim.Service{Name: "Second", OnCall: bob})
			return nil
		},
		func() error { r.AddUser("dora@example.com"); return nil },
		func() error {
			r.AddSchedule("PSCHED", pagerdutysim.Schedule{Name: "Nights", OnCall: []string{bob}})
			return nil
		},
		func() error {
			r.AddPolicy("PPOLICY", pagerdutysim.Policy{Name: "Database", Levels: [][]string{{"PSCHED"}, {"dora@example.com"}}})
			return nil
		},
		func() error {
			ask("POST", "/incidents", `{"incident":{"type":"incident","title":"by hand","incident_key":"by hand","service":{"id":"`+r.State(1).Services[0].ID+`"},
				"escalation_policy":{"id":"PPOLICY"}}}`)
			return nil
		},
		func() error { return r.Escalate("by hand") },
		func() error { r.post(t, "/v2/enqueue", event("resolve", "nothing")); return nil },
		func() error {
			r.EnableSubscription()
			r.AddService(key, pagerdutysim.Service{Name: "Default", OnCall: alice, Grouping: true})
			return nil
		},
		func() error { r.enqueue(t, "grouped"); return nil },
		func() error {
			status, answer := r.ask(t, url.Values{"grant_type": {"client_credentials"}, "client_id": {"app"}, "client_secret": {"s"}, "scope": {"as_account-us.sim"}})
			require.Equal(t, 200, status, answer)
			return nil
		},
		func() error { r.HoldEvents(); return nil },
		func() error { r.enqueue(t, "held"); return nil },
	} {
		before, version := saved(t, r.Sim), r.Version()
		require.NoError(t, do(), "step %d", n)
		require.NotEqual(t, before, saved(t, r.Sim), "step %d", n)
		require.NotEqual(t, version, r.Version(), "step %d", n)
		r.clock.Advance(1234567 * time.Nanosecond)
	}
}

// enqueue sends a trigger that need not be acted on yet.
func (r *rig) enqueue(t *testing.T, dedup string) {
	t.Helper()
	status, body := r.post(t, "/v2/enqueue", trigger(key, dedup))
	require.Equal(t, 202, status, body)
}

// answers asks for everything that can be listed.
func answers(t *testing.T, r *rig) map[string]any {
	t.Helper()
	version := r.Version()
	out := map[string]any{"state": r.State(500), "open": r.OpenIncidents(), "notified": r.Notifications(), "unknown": r.UnknownRoutingKeys(), "dropped": r.Dropped()}
	paths := []string{
		"/users", "/services", "/oncalls", "/escalation_policies", "/schedules/PSCHED/users",
		"/incidents?sort_by=resolved_at:desc", "/incidents?incident_key=source", "/incidents?incident_key=target", "/incidents?incident_key=done",
	}
	for _, in := range r.Incidents() {
		for _, part := range []string{"", "/alerts", "/log_entries?limit=100", "/notes"} {
			paths = append(paths, "/incidents/"+in.ID+part)
		}
	}
	for _, path := range paths {
		status, body := r.raw(t, "GET", path, "", nil)
		require.Equal(t, 200, status, path)
		out[path] = body
	}
	require.Equal(t, version, r.Version(), "looking changes nothing")
	return out
}

func requireSame(t *testing.T, want, got any) {
	t.Helper()
	a, err := json.Marshal(want)
	require.NoError(t, err)
	b, err := json.Marshal(got)
	require.NoError(t, err)
	require.JSONEq(t, string(a), string(b))
}

func TestAnAccountIsLoadedAsItWasSaved(t *testing.T) {
	t.Parallel()
	old := start(t, app)
	fill(t, old)
	next := start(t, func(o *pagerdutysim.Options) {
		o.Clock, o.Services, o.Users = old.clock, map[string]pagerdutysim.Service{strings.Repeat("b", 32): {Name: "Other"}}, nil
	})
	next.clock = old.clock
	version := next.Version()
	require.NoError(t, next.Load(strings.NewReader(saved(t, old.Sim))))
	require.NotEqual(t, version, next.Version())
	require.Equal(t, saved(t, old.Sim), saved(t, next.Sim))
	requireSame(t, answers(t, old), answers(t, next))

	// Both go on in the same way, so that no ID is given twice and each key meets what it met.
	goOn := func(r *rig) []any {
		r.ReleaseEvents()
		known, found := r.IncidentByKey("held")
		require.True(t, found)
		require.Equal(t, 2, r.page(t, "target").Triggers, "an open alert joins triggers")
		r.post(t, "/v2/enqueue", fmt.Sprintf(`{"routing_key":%q,"event_action":"resolve","dedup_key":"source"}`, key))
		return []any{known, r.page(t, "done"), r.AddUser("erin@example.com"), r.page(t, "new")}
	}
	require.Equal(t, goOn(old), goOn(next))
	snoozed := saved(t, next.Sim)
	old.clock.Advance(2 * time.Hour)
	require.Equal(t, old.Incidents(), next.Incidents(), "the snooze has ended")
	require.Equal(t, saved(t, old.Sim), saved(t, next.Sim))
	requireSame(t, answers(t, old), answers(t, next))
	require.Contains(t, snoozed, `"SnoozedTo"`)
	require.NotContains(t, saved(t, next.Sim), `"SnoozedTo"`)
}

func TestLaggingEventsOutliveARestart(t *testing.T) {
	t.Parallel()
	lagging := func(o *pagerdutysim.Options) { o.Clock, o.Lag = simkit.RealClock(), time.Hour }
	old := start(t, lagging)
	old.enqueue(t, "late")
	require.Equal(t, 1, old.State(1).EventsWaiting)

	next := start(t, lagging)
	require.NoError(t, next.Load(strings.NewReader(saved(t, old.Sim))))
	require.Equal(t, saved(t, old.Sim), saved(t, next.Sim))
	require.Equal(t, 1, next.State(1).EventsWaiting)

	// One whose time has come while nothing ran is acted on, even if nobody asks for anything.
	past := start(t, func(o *pagerdutysim.Options) {
		o.Clock, o.Lag = simkit.NewManualClock(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)), time.Hour
	})
	past.enqueue(t, "late")
	due := make(chan string, 1)
	late := start(t, lagging)
	late.OnTrigger(func(key string, _ time.Time) { due <- key })
	require.NoError(t, late.Load(strings.NewReader(saved(t, past.Sim))))
	require.Equal(t, "late", <-due)
}

func TestLimitsAreCountedOverARestart(t *testing.T) {
	t.Parallel()
	limit := func(o *pagerdutysim.Options) { o.EventsPerMinute, o.RequestsPerMinute = 1, 1 }
	old := start(t, limit)
	old.page(t, "k1")
	version := old.Version()
	status, _ := old.raw(t, "GET", "/users", "", nil)
	require.Equal(t, 200, status)
	require.NotEqual(t, version, old.Version())

	next := start(t, limit)
	require.NoError(t, next.Load(strings.NewReader(saved(t, old.Sim))))
	status, _ = next.raw(t, "GET", "/users", "", nil)
	require.Equal(t, 429, status)
	status, _ = next.post(t, "/v2/enqueue", trigger(key, "k2"))
	require.Equal(t, 429, status)
}

func TestAnAccountThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	r := start(t, app)
	fill(t, r)
	before, version := saved(t, r.Sim), r.Version()
	for _, c := range []struct{ problem, old, new string }{
		{"EOF", before, ""},
		{"unexpected EOF", before[len(before)/2:], ""},
		{"something follows", before, before + "{}"},
		{`its format is "slacksim/2"`, "pagerdutysim/3", "slacksim/2"},
		{`its format is "pagerdutysim/2", not "pagerdutysim/3"`, "pagerdutysim/3", "pagerdutysim/2"},
		{"the file is damaged", `"IDs":`, `"IDs":-`},
		{"the file is damaged", `"Service":`, `"Service":1`},
		{"the file is damaged", `"Status":"triggered"`, `"Status":"asleep"`},
		{"the file is damaged", `"Resolved":true`, `"Resolved":false`},
		{"the file is damaged", `"Action":"trigger"`, `"Action":"call"`},
	} {
		text := strings.ReplaceAll(before, c.old, c.new)
		require.NotEqual(t, before, text, c.old)
		require.ErrorContains(t, r.Load(strings.NewReader(text)), c.problem)
		require.Equal(t, before, saved(t, r.Sim))
		require.Equal(t, version, r.Version())
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestAFailedSaveSaysSo(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, start(t).Save(brokenWriter{}), "the disk is full")
}
