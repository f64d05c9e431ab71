package pagerduty_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/integrations/fault"
	"muster/integrations/pagerduty"
	"muster/internal/sims/pagerdutysim"
	"muster/internal/sims/simkit"
)

func onService(change func(*pagerdutysim.Service)) func(*pagerduty.Options, *pagerdutysim.Options) {
	return func(_ *pagerduty.Options, o *pagerdutysim.Options) {
		sv := pagerdutysim.Service{ID: "PCHECKOUT", Name: "checkout", OnCall: "alice@example.com"}
		change(&sv)
		o.Services = map[string]pagerdutysim.Service{routingKey: sv}
	}
}

// Who acknowledged an incident before a page was added to it was never told of the page.
func TestAnAcknowledgementBeforeThePageIsNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onService(func(s *pagerdutysim.Service) { s.Grouping = true }))
	w.page(t, call("k1"))
	w.clock.Advance(time.Minute)
	require.NoError(t, w.sim.Acknowledge("k1", "bob@example.com"))
	w.clock.Advance(time.Minute)
	w.page(t, call("k2"))
	require.Equal(t, map[string]int{"alice@example.com": 1}, w.sim.Woken())

	first, second := w.find(t, "k1"), w.find(t, "k2")
	require.Equal(t, first.ID, second.ID)
	require.True(t, first.Acknowledged)
	require.False(t, second.Acknowledged)
	require.Empty(t, second.By)
	require.True(t, second.At.IsZero())
	require.Equal(t, "bob@example.com had acknowledged the PagerDuty incident that it was added to, at 09:01 UTC", second.Silent)

	w.clock.Advance(time.Minute)
	require.NoError(t, w.sim.Acknowledge("k1", "carol@example.com"))
	second = w.find(t, "k2")
	require.True(t, second.Acknowledged)
	require.Equal(t, "carol@example.com", second.By, "whoever does so afterwards has seen it")
	require.Equal(t, began.Add(3*time.Minute), second.At)
	require.Empty(t, second.Silent)
	require.Equal(t, "bob@example.com", w.find(t, "k1").By)
}

// PagerDuty's clock is compared with itself: ours may be hours wrong.
func TestOurClockDoesNotMatter(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		w := newWorld(t, func(o *pagerduty.Options, _ *pagerdutysim.Options) {
			now := o.Now
			o.Now = func() time.Time { return now().Add(skew) }
		})
		w.page(t, call("k1"))
		require.NoError(t, w.sim.Acknowledge("k1", "bob@example.com"))
		state := w.find(t, "k1")
		require.True(t, state.Acknowledged)
		require.Equal(t, began, state.At)
	}
}

func TestWhyNobodyIsNotified(t *testing.T) {
	t.Parallel()
	incidentWith := func(fields string) string {
		return `{"incidents":[{"id":"Q1","incident_number":7,"incident_key":null,"created_at":"2026-11-21T09:00:00Z",` + fields + `}]}`
	}
	somebody := `"assignments":[{"assignee":{"id":"P1","type":"user_reference"}}]`
	for name, tc := range map[string]struct{ fields, alert, silent string }{
		"somebody is asked":   {`"status":"triggered","urgency":"high",` + somebody, ``, ""},
		"low urgency":         {`"status":"triggered","urgency":"low",` + somebody, `,"severity":"critical"`, "its urgency at PagerDuty is low, which does not escalate"},
		"low as it should be": {`"status":"triggered","urgency":"low",` + somebody, `,"severity":"warning"`, ""},
		"nobody is assigned":  {`"status":"triggered","urgency":"high","assignments":[]`, ``, "PagerDuty has assigned it to nobody"},
		"nothing is said":     {`"status":"triggered"`, ``, ""},
		"suppressed":          {`"status":"triggered","urgency":"high",` + somebody, `,"suppressed":true`, "PagerDuty suppressed the alert"},
		"acknowledged before": {
			`"status":"acknowledged","acknowledgements":[{"at":"2026-11-21T08:59:59Z","acknowledger":{"id":"S1","type":"service_reference"}}],` + somebody, ``,
			"somebody had acknowledged the PagerDuty incident that it was added to, at 08:59 UTC",
		},
		"acknowledged after":             {`"status":"acknowledged","urgency":"low","acknowledgements":[{"at":"2026-11-21T09:00:00Z"}]`, ``, ""},
		"acknowledged, nobody says when": {`"status":"acknowledged","acknowledgements":[{"at":"soon"}]`, ``, ""},
		"acknowledged, nobody says who":  {`"status":"acknowledged","last_status_change_at":"2026-11-21T09:30:00Z"`, ``, ""},
		"resolved":                       {`"status":"resolved","urgency":"low","assignments":[]`, ``, ""},
	} {
		c := client(t, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path == "/incidents":
				_, _ = fmt.Fprint(w, incidentWith(tc.fields))
			case strings.HasSuffix(r.URL.Path, "/alerts"):
				_, _ = fmt.Fprintf(w, `{"alerts":[{"id":"A1","alert_key":"k1","created_at":"2026-11-21T09:00:00Z"%s}]}`, tc.alert)
			default:
				w.WriteHeader(http.StatusForbidden)
			}
		})
		state, err := c.Find(t.Context(), "k1")
		require.NoError(t, err, name)
		require.Equal(t, tc.silent, state.Silent, name)
		require.Equal(t, strings.Contains(tc.fields, `"acknowledged"`) && tc.silent == "", state.Acknowledged, name)
	}
}

func TestWhomPagerDutyAsks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(_ *pagerduty.Options, o *pagerdutysim.Options) {
		o.Schedules = map[string]pagerdutysim.Schedule{"PNIGHTS": {Name: "Nights", OnCall: []string{"Bob@example.com"}}}
		o.Policies = map[string]pagerdutysim.Policy{"PCHAIN": {Name: "Chain", Levels: [][]string{{"PNIGHTS"}, {"alice@example.com", "bob@example.com"}}}}
		o.Services = map[string]pagerdutysim.Service{routingKey: {Name: "checkout", Policy: "PCHAIN"}}
	})
	w.page(t, call("k1"))
	require.Equal(t, []string{"bob@example.com", "alice@example.com"}, w.find(t, "k1").Asked)
	require.NoError(t, w.sim.Reassign("k1", "dora@example.com"))
	require.Equal(t, []string{"dora@example.com", "bob@example.com", "alice@example.com"}, w.find(t, "k1").Asked, "the assignee first")
	require.Equal(t, 1, w.sim.Log.Count("oncalls.list"))

	w.sim.AddSchedule("PNIGHTS", pagerdutysim.Schedule{Name: "Nights", OnCall: []string{"erin@example.com"}})
	w.clock.Advance(time.Minute)
	require.Equal(t, []string{"dora@example.com", "erin@example.com", "alice@example.com", "bob@example.com"}, w.find(t, "k1").Asked)
	require.Equal(t, 2, w.sim.Log.Count("oncalls.list"), "it is believed for a minute")
}

// Who is asked is good to know. That a page was answered must be known.
func TestALookUpDoesWithoutWhoIsAsked(t *testing.T) {
	t.Parallel()
	for _, kind := range []simkit.Kind{simkit.Status, simkit.DropBefore, simkit.RateLimited} {
		w := newWorld(t)
		w.page(t, call("k1"))
		require.NoError(t, w.sim.Acknowledge("k1", "bob@example.com"))
		for _, operation := range []string{"oncalls.list", "users.get"} {
			w.sim.Faults.Add(simkit.Fault{Operation: operation, Kind: kind, Status: 403})
		}
		for range 3 {
			state := w.find(t, "k1")
			require.True(t, state.Acknowledged)
			require.Empty(t, state.Asked)
			require.Equal(t, "Bob", state.By)
		}
		require.Equal(t, 1, w.sim.Log.Count("oncalls.list"), "what PagerDuty does not say is not asked for again at once")
	}
}

// Anybody can choose another person's address for a display name.
func TestADisplayNameIsNoAddress(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Bob Brown": "Bob Brown", "bob@example.com": "PagerDuty user P1", "": "PagerDuty user P1", "Bob\n\u202eBrown": "Bob Brown",
		strings.Repeat("x", 200): strings.Repeat("x", 79) + "…",
	} {
		require.Equal(t, want, pagerduty.NameOnly(name, "P1"))
	}
	for body, ok := range map[string]bool{
		`{"user":{"id":"P1","email":"bob@example.com"}}`: true, `{"user":{"id":"P1","email":"Bob Brown"}}`: false, `{"user":{"id":"P1","email":"<b@example.com>"}}`: false,
	} {
		c := client(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, body) })
		_, err := c.PersonEmail(t.Context(), "P1")
		require.Equal(t, ok, err == nil, body)
	}
}

func TestFindShowsOnlyWebAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"https://pd.example.com/Q1": "https://pd.example.com/Q1", "javascript:alert(1)": "", "pd.example.com": ""} {
		c := client(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"incidents":[{"id":"Q1","incident_key":"k1","status":"triggered","html_url":%q}]}`, address)
		})
		state, err := c.Find(t.Context(), "k1")
		require.NoError(t, err)
		require.Equal(t, want, state.URL)
	}
}

// A page whose incident was merged into another is where its alert is now.
func TestAMergeIsNoAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.page(t, call("other"))
	source := w.page(t, call("k1"))
	require.Equal(t, source.ID, w.find(t, "k1").ID)
	require.NoError(t, w.sim.Merge("k1", "other", "alice@example.com"))
	state := w.find(t, "k1")
	require.NotEqual(t, source.ID, state.ID)
	require.False(t, state.Resolved)

	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/alerts") {
			_, _ = fmt.Fprint(w, `{"alerts":[{"alert_key":"k1"}]}`)
			return
		}
		_, _ = fmt.Fprint(w, `{"incidents":[{"id":"Q2","incident_number":2,"status":"resolved","resolve_reason":{"type":"merge_resolve_reason","incident":{"id":"Q1"}}},
			{"id":"Q1","incident_number":1,"status":"triggered"}]}`)
	})
	state, err := c.Find(t.Context(), "k1")
	require.NoError(t, err)
	require.Equal(t, "Q1", state.ID)
}

func TestAlertsAreAskedForByIncident(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onService(func(s *pagerdutysim.Service) { s.Grouping = true }))
	id := w.page(t, call("k0")).ID
	ask := func() []pagerduty.Alert {
		alerts, err := w.Alerts(t.Context(), id)
		require.NoError(t, err)
		return alerts
	}
	require.Equal(t, []pagerduty.Alert{{Key: "k0", Created: began}}, ask())
	for n := range 150 {
		w.page(t, call(fmt.Sprintf("k%d", n+1)))
	}
	require.Len(t, ask(), 151, "on more than one page")

	w.sim.Faults.Add(simkit.Fault{Operation: "incidents.alerts", Kind: simkit.Status, Status: 500})
	require.Len(t, ask(), 151, "what is known serves while PagerDuty is away")
	w.clock.Advance(24 * time.Hour)
	_, err := w.Alerts(t.Context(), id)
	require.Equal(t, fault.Retryable, failed(t, err).Class)
}

func TestAlertsThatCannotBeHad(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range []string{"", "../users", "Q 1"} {
		_, err := w.Alerts(t.Context(), id)
		require.Equal(t, fault.Permanent, failed(t, err).Class, id)
	}
	require.Zero(t, w.sim.Log.Count(""))
	_, err := w.Alerts(t.Context(), "QDELETED")
	require.Equal(t, fault.Gone, failed(t, err).Class)
	c := client(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, `{}`) })
	_, err = c.Alerts(t.Context(), "Q1")
	require.Equal(t, fault.Retryable, failed(t, err).Class, "no list is not an empty list")
}
