package pagerduty_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/internal/sims/pagerdutysim"
)

func TestTriggerPagesWhoIsOnCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	in := w.page(t, call("k1"))

	require.Equal(t, "INC-42 Checkout is down", in.Title)
	require.Equal(t, "critical", in.Severity)
	require.Equal(t, pagerdutysim.Triggered, in.Status)
	require.Equal(t, []pagerdutysim.Link{{Href: "https://muster.example.com/INC-42", Text: "Incident"}}, in.Links)
	require.Equal(t, map[string]any{"incident": "INC-42", "kind": "incident", "service": "checkout", "severity": 1.0}, in.Details)
	require.Equal(t, []pagerdutysim.Notification{{
		At: began, Person: "alice@example.com", IncidentID: in.ID, IncidentKey: "k1", Summary: in.Title, Urgency: "high", Means: pagerdutysim.Push,
	}}, w.sim.Notifications())
	require.Contains(t, w.sim.Log.Requests("events.trigger")[0].Body, `"source":"muster"`)
	require.Contains(t, w.sim.Log.Requests("events.trigger")[0].Body, `"client":"Muster"`)
	require.Contains(t, w.sim.Log.Requests("events.trigger")[0].Body, `"component":"checkout"`)
}

func TestTriggerTwicePagesOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	w.page(t, call("k1"))
	in := w.page(t, call("k1"))

	require.Equal(t, 2, in.Triggers)
	require.Len(t, w.sim.Notifications(), 1)
}

func TestTriggerAfterResolvePagesAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	first := w.page(t, call("k1"))
	require.NoError(t, w.sim.ResolveByHuman("k1", "alice@example.com"))
	second := w.page(t, call("k1"))

	require.NotEqual(t, first.ID, second.ID)
	require.Len(t, w.sim.Notifications(), 2)
}

func TestAcknowledgeAndResolve(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.page(t, call("k1"))

	require.NoError(t, w.Acknowledge(t.Context(), w.key, "k1"))
	in, _ := w.sim.IncidentByKey("k1")
	require.Equal(t, pagerdutysim.Acknowledged, in.Status)

	require.NoError(t, w.Resolve(t.Context(), w.key, "k1"))
	in, _ = w.sim.IncidentByKey("k1")
	require.Equal(t, pagerdutysim.Resolved, in.Status)

	require.NoError(t, w.Resolve(t.Context(), w.key, "k1"), "resolving what is resolved is accepted")
	require.NoError(t, w.Acknowledge(t.Context(), w.key, "nothing has this key"))
	require.Len(t, w.sim.Incidents(), 1)
}

func TestSummarySaysWhatTheResponderMustHear(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		headline string
		kind     incident.Kind
		want     string
	}{
		"an incident":               {"Checkout is down", incident.KindIncident, "Checkout is down"},
		"a drill is marked":         {"Checkout is down", incident.KindDrill, "DRILL - Checkout is down"},
		"a marked drill stays":      {"DRILL: Checkout is down", incident.KindDrill, "DRILL: Checkout is down"},
		"a word is no mark":         {"DRILLBIT is down", incident.KindDrill, "DRILL - DRILLBIT is down"},
		"an incident is not marked": {"Drill press is down", incident.KindIncident, "Drill press is down"},
		"one line":                  {"Checkout\nis\tdown\u202e", incident.KindIncident, "Checkout is down"},
		"no headline":               {" ", incident.KindDrill, "DRILL - INC-42"},
		"a long headline is cut":    {strings.Repeat("ü", 2000), incident.KindIncident, strings.Repeat("ü", 1023) + "…"},
		"a long drill is cut too":   {strings.Repeat("x", 1024), incident.KindDrill, "DRILL - " + strings.Repeat("x", 1015) + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c := call("k1")
			c.Headline, c.Kind = tc.headline, tc.kind
			require.Equal(t, tc.want, w.page(t, c).Title)
		})
	}
}

func TestSeverityMapping(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for s, want := range map[incident.Severity]string{1: "critical", 2: "error", 3: "warning", 4: "info", 5: "info", 0: "critical", 9: "critical"} {
		c := call(fmt.Sprintf("severity-%d", s))
		c.Severity = s
		require.Equal(t, want, w.page(t, c).Severity, "severity %d", s)
	}
}

// What is wanted now wakes people whatever the severity, on services whose urgency follows it too.
func TestAnUrgentPageIsCritical(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for s := range incident.Severity(10) {
		c := call(fmt.Sprintf("urgent-%d", s))
		c.Severity, c.Urgent = s, true
		in := w.page(t, c)
		require.Equal(t, "critical", in.Severity)
		require.Equal(t, "high", in.Urgency)
	}
	require.Equal(t, map[string]int{"alice@example.com": 10}, w.sim.Woken())
	quiet := call("quiet")
	quiet.Severity = 3
	w.page(t, quiet)
	require.Equal(t, map[string]int{"alice@example.com": 10}, w.sim.Woken(), "a warning wakes nobody")

	// A rise in severity goes out under the same key.
	quiet.Severity, quiet.Urgent = 1, true
	w.page(t, quiet)
	require.Equal(t, map[string]int{"alice@example.com": 11}, w.sim.Woken())
}

// PagerDuty says so in a line of text, or in its own words.
func TestAnUnknownRoutingKeyIsNamed(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"Invalid routing key\n", `{"status":"invalid event","message":"Event object is invalid","errors":["Invalid routing key"]}`} {
		c := client(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprint(w, body)
		})
		e := failed(t, c.Trigger(t.Context(), fault.NewSecret(routingKey), call("k1")))
		require.Equal(t, fault.Permanent, e.Class)
		require.Equal(t, "PagerDuty knows no integration with the routing key in env:PD_CHECKOUT", e.Reason)
		require.Contains(t, e.Mend, "into env:PD_CHECKOUT")
		require.Contains(t, e.Mend, "events.eu.pagerduty.com", "a key of another region is unknown too")
	}
	c := client(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprint(w, "Something else")
	})
	require.Equal(t, "Something else", failed(t, c.Trigger(t.Context(), fault.NewSecret(routingKey), call("k1"))).Reason)
}

func TestABadLinkDoesNotLoseThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := call("k1")
	c.Links = []incident.Link{
		{Label: "relative", URL: "/INC-42"},
		{Label: "script", URL: "javascript:alert(1)"},
		{Label: "broken", URL: "http://%zz"},
		{Label: "empty"},
		{URL: "https://chat.example.com/c/1"},
	}
	for range 30 {
		c.Links = append(c.Links, incident.Link{Label: strings.Repeat("l", 400), URL: "https://example.com/x y"})
	}
	in := w.page(t, c)
	require.Len(t, in.Links, 20)
	require.Equal(t, pagerdutysim.Link{Href: "https://chat.example.com/c/1"}, in.Links[0])
	require.Equal(t, "https://example.com/x%20y", in.Links[1].Href)
}

func TestWhatCannotBeRightIsNotSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	send := map[string]func(key fault.Secret, dedup string) error{
		"events.trigger":     func(key fault.Secret, dedup string) error { return w.Trigger(t.Context(), key, call(dedup)) },
		"events.acknowledge": func(key fault.Secret, dedup string) error { return w.Acknowledge(t.Context(), key, dedup) },
		"events.resolve":     func(key fault.Secret, dedup string) error { return w.Resolve(t.Context(), key, dedup) },
	}
	for operation, do := range send {
		for name, tc := range map[string]struct{ key, dedup, reason string }{
			"no routing key":              {"", "k1", "the credential with the routing key is empty"},
			"a short one":                 {routingKey[:31], "k1", "the credential is malformed"},
			"one with a line break":       {routingKey + "\n", "k1", "the credential is malformed"},
			"one with a space":            {routingKey[:31] + " ", "k1", "the credential is malformed"},
			"32 bytes but not characters": {strings.Repeat("ü", 16), "k1", "the credential is malformed"},
			"no key":                      {routingKey, "", "the page has no key"},
			"a long key":                  {routingKey, strings.Repeat("k", 256), "the page's key is longer than 255 characters"},
		} {
			e := failed(t, do(fault.NewSecret(tc.key), tc.dedup))
			require.Equal(t, fault.Permanent, e.Class, name)
			require.Equal(t, operation, e.Operation, name)
			require.Contains(t, e.Reason, tc.reason, name)
			if tc.key != "" {
				require.NotContains(t, e.Error(), strings.TrimSpace(tc.key), name)
			}
		}
	}
	require.Zero(t, w.sim.Log.Count(""), "nothing was sent")

	e := failed(t, w.Trigger(t.Context(), fault.NewSecret("short"), call("k1")))
	require.Contains(t, e.Mend, "env:PD_CHECKOUT", "the mend names the credential")
}

func TestTheLongestKeyIsAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.page(t, call(strings.Repeat("ü", 255)))
}

func TestPagerDutysOwnWordsAreKept(t *testing.T) {
	t.Parallel()
	c := client(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"status":"invalid event","message":"Event object is invalid","errors":["'payload.severity' is invalid","key %s is odd"]}`, routingKey)
	})
	e := failed(t, c.Trigger(t.Context(), fault.NewSecret(routingKey), call("k1")))
	require.Equal(t, fault.Permanent, e.Class)
	require.Equal(t, "Event object is invalid: 'payload.severity' is invalid; key *** is odd", e.Reason)
	require.NotEmpty(t, e.Mend)
}

func TestSuccessMustNameTheKey(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]struct {
		status int
		body   string
	}{
		"an empty object":         {200, `{}`},
		"an empty object and 202": {202, `{}`},
		"no body":                 {202, ``},
		"a proxy's page":          {200, `<html>sign in</html>`},
		"another key":             {202, `{"status":"success","message":"Event processed","dedup_key":"other"}`},
		"no success":              {202, `{"status":"failure","dedup_key":"k1"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := client(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(answer.status)
				_, _ = w.Write([]byte(answer.body))
			})
			e := failed(t, c.Trigger(t.Context(), fault.NewSecret(routingKey), call("k1")))
			require.Equal(t, fault.Retryable, e.Class)
			require.Equal(t, answer.status, e.Status)
		})
	}
}
