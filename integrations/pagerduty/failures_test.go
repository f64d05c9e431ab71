package pagerduty_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/integrations/fault"
	"muster/integrations/pagerduty"
	"muster/internal/sims/pagerdutysim"
	"muster/internal/sims/simkit"
)

// classes says what each status means; statuses that are not named are Permanent below 500
// and Retryable from there on.
var classes = map[string]map[int]fault.Class{
	"events": {408: fault.Retryable, 425: fault.Retryable, 429: fault.Retryable},
	"rest": {
		401: fault.Credential, 403: fault.Credential, 404: fault.Gone, 410: fault.Gone,
		408: fault.Retryable, 425: fault.Retryable, 429: fault.Retryable,
	},
}

// meanings are what is said besides the class.
var meanings = map[string]map[int]fault.Meaning{
	"rest": {402: fault.NotAllowed, 403: fault.NotAllowed, 404: fault.ObjectGone, 410: fault.ObjectGone},
}

func TestEveryStatusHasItsClass(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	calls := map[string]struct {
		api string
		do  func() error
	}{
		"events.trigger":     {"events", func() error { return w.Trigger(t.Context(), w.key, call("k1")) }},
		"events.acknowledge": {"events", func() error { return w.Acknowledge(t.Context(), w.key, "k1") }},
		"events.resolve":     {"events", func() error { return w.Resolve(t.Context(), w.key, "k1") }},
		"incidents.list":     {"rest", func() error { _, err := w.Find(t.Context(), "k1"); return err }},
		"users.get":          {"rest", func() error { _, err := w.PersonEmail(t.Context(), "P000001"); return err }},
		"abilities.list":     {"rest", func() error { _, err := w.Check(t.Context()); return err }},
	}
	bodies := []string{"", "denied", `{"error":{"message":"no","code":2100,"errors":["why"]}}`, `{"message":"no","errors":"why"}`, `[]`, `{"error":null}`}
	for operation, c := range calls {
		for status := 300; status <= 599; status++ {
			if http.StatusText(status) == "" && status != 599 {
				continue
			}
			want, known := classes[c.api][status]
			if !known && status >= 500 {
				want = fault.Retryable
			} else if !known {
				want = fault.Permanent
			}
			w.sim.Faults.Add(simkit.Fault{ID: "status", Operation: operation, Kind: simkit.Status, Status: status, Body: bodies[status%len(bodies)], Times: 1})
			e := failed(t, c.do())
			require.Equal(t, want, e.Class, "%s %d", operation, status)
			require.Equal(t, meanings[c.api][status], e.Meaning, "%s %d", operation, status)
			require.Equal(t, status, e.Status)
			require.Equal(t, operation, e.Operation)
			if want == fault.Credential {
				require.NotEmpty(t, e.Mend)
			}
			require.Equal(t, 1, w.sim.Faults.Hits("status"), "%s %d was asked once: retries are the caller's", operation, status)
		}
	}
}

func TestHowLongToWait(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		operation string
		status    int
		header    map[string]string
		want      time.Duration
	}{
		"events without a word":      {"events.trigger", 429, nil, 30 * time.Second},
		"events with Retry-After":    {"events.trigger", 429, map[string]string{"Retry-After": "7"}, 7 * time.Second},
		"events with a date":         {"events.trigger", 429, map[string]string{"Retry-After": began.Add(time.Minute).Format(http.TimeFormat)}, time.Minute},
		"events overloaded":          {"events.trigger", 503, map[string]string{"Retry-After": "11"}, 11 * time.Second},
		"events broken":              {"events.trigger", 500, nil, 0},
		"REST without a word":        {"incidents.list", 429, nil, 0},
		"REST with ratelimit-reset":  {"incidents.list", 429, map[string]string{"ratelimit-reset": "41"}, 41 * time.Second},
		"REST with nonsense":         {"incidents.list", 429, map[string]string{"ratelimit-reset": "soon"}, 0},
		"REST reset without a limit": {"incidents.list", 500, map[string]string{"ratelimit-reset": "41"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.sim.Faults.Add(simkit.Fault{Operation: tc.operation, Kind: simkit.Status, Status: tc.status, Header: tc.header})
			err := w.Trigger(t.Context(), w.key, call("k1"))
			if err == nil {
				_, err = w.Find(t.Context(), "k1")
			}
			e := failed(t, err)
			require.Equal(t, fault.Retryable, e.Class)
			require.Equal(t, tc.want, e.RetryAfter)
		})
	}
}

func TestTheSimulatorsOwnLimitsAreUnderstood(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(_ *pagerduty.Options, o *pagerdutysim.Options) { o.EventsPerMinute, o.RequestsPerMinute = 1, 5 })
	w.page(t, call("k1"))
	e := failed(t, w.Trigger(t.Context(), w.key, call("k2")))
	require.Equal(t, 30*time.Second, e.RetryAfter)
	require.Contains(t, e.Reason, "arriving too quickly")

	for range 2 { // alerts, addresses and who is on call are asked for once
		_, err := w.Find(t.Context(), "k1")
		require.NoError(t, err)
	}
	w.clock.Advance(15 * time.Second)
	_, err := w.Find(t.Context(), "k1")
	e = failed(t, err)
	require.Equal(t, 45*time.Second, e.RetryAfter)
	require.Equal(t, "Rate Limit Exceeded (code 2020)", e.Reason)

	w.clock.Advance(time.Minute)
	w.page(t, call("k2"))
}

func TestALostAnswerIsRetryableAndThePageCanBeFound(t *testing.T) {
	t.Parallel()
	for _, kind := range []simkit.Kind{simkit.DropAfter, simkit.EmptyAfter, simkit.StatusAfter} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.sim.Faults.Add(simkit.Fault{Operation: "events.trigger", Kind: kind, Times: 1})

			e := failed(t, w.Trigger(t.Context(), w.key, call("k1")))
			require.Equal(t, fault.Retryable, e.Class)

			state, err := w.Find(t.Context(), "k1")
			require.NoError(t, err)
			require.True(t, state.Found)
		})
	}
}

func TestABrokenConnectionIsRetryable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.Faults.Add(simkit.Fault{Kind: simkit.Down})
	e := failed(t, w.Trigger(t.Context(), w.key, call("k1")))
	require.Equal(t, fault.Retryable, e.Class)
	require.Zero(t, e.Status)
	_, err := w.Find(t.Context(), "k1")
	require.Equal(t, fault.Retryable, failed(t, err).Class)
}

func TestTheClientsOwnTimeout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *pagerduty.Options, _ *pagerdutysim.Options) { o.Timeout = 50 * time.Millisecond })
	w.sim.Faults.Add(simkit.Fault{ID: "hold", Operation: "*", Kind: simkit.Hold})
	e := failed(t, w.Trigger(t.Context(), w.key, call("k1")))
	require.Equal(t, fault.Retryable, e.Class)
	require.Equal(t, "no answer in time (at most 50ms are waited)", e.Reason)
	require.ErrorIs(t, e, context.DeadlineExceeded)
	_, err := w.Find(t.Context(), "k1")
	require.ErrorIs(t, failed(t, err), context.DeadlineExceeded)
}

func TestTheCallersContextIsSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.Faults.Add(simkit.Fault{ID: "hold", Operation: "*", Kind: simkit.Hold})

	late, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	e := failed(t, w.Trigger(late, w.key, call("k1")))
	require.ErrorIs(t, e, context.DeadlineExceeded)
	require.Equal(t, fault.Retryable, e.Class)

	gone, cancel := context.WithCancel(t.Context())
	cancel()
	e = failed(t, w.Trigger(gone, w.key, call("k1")))
	require.ErrorIs(t, e, context.Canceled)
	_, err := w.Find(gone, "k1")
	require.ErrorIs(t, failed(t, err), context.Canceled)
	_, err = w.FindMany(gone, []string{"k1", "k2"})
	require.ErrorIs(t, failed(t, err), context.Canceled)
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s %s was asked", r.Method, r.URL) }))
	t.Cleanup(elsewhere.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		var asked atomic.Int32
		c := client(t, func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			w.Header().Set("Location", elsewhere.URL+r.URL.Path)
			w.WriteHeader(status)
		})
		e := failed(t, c.Trigger(t.Context(), fault.NewSecret(routingKey), call("k1")))
		require.Equal(t, fault.Permanent, e.Class)
		require.Contains(t, e.Mend, "address")
		_, err := c.Find(t.Context(), "k1")
		require.Equal(t, fault.Permanent, failed(t, err).Class)
		require.EqualValues(t, 2, asked.Load())
	}
}

func TestNoSecretInAnyError(t *testing.T) {
	t.Parallel()
	repeat := fmt.Sprintf(`{"message":"m %[1]s %[2]s","errors":["e %[1]s %[2]s"],"error":{"message":"m %[1]s %[2]s","errors":["e %[1]s %[2]s"]}}`, routingKey, restToken)
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Location", "http://"+routingKey+"/"+restToken)
		status, err := strconv.Atoi(r.URL.Query().Get("incident_key"))
		if err != nil {
			status = http.StatusBadRequest
		}
		w.WriteHeader(status)
		// Each API hears its own secret back.
		if strings.HasPrefix(r.URL.Path, "/v2") {
			_, _ = w.Write([]byte(strings.ReplaceAll(repeat, restToken, "")))
		} else {
			_, _ = w.Write([]byte(strings.ReplaceAll(repeat, routingKey, "")))
		}
	})
	for _, status := range []int{200, 302, 400, 401, 403, 404, 429, 500} {
		_, err := c.Find(t.Context(), strconv.Itoa(status))
		failed(t, err)
	}
	failed(t, c.Trigger(t.Context(), fault.NewSecret(routingKey), call("k1")))
	failed(t, c.Resolve(t.Context(), fault.NewSecret(routingKey), "k1"))
	require.NotContains(t, fmt.Sprintf("%v %+v %#v %s", c, c, c, c), restToken)
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		options pagerduty.Options
		want    string
	}{
		"no address":        {pagerduty.Options{EventsURL: "events"}, "option EventsURL"},
		"another scheme":    {pagerduty.Options{APIURL: "ftp://example.com"}, "option APIURL"},
		"a query":           {pagerduty.Options{APIURL: "https://example.com?a=b"}, "option APIURL"},
		"a broken token":    {pagerduty.Options{Token: fault.NewSecret(restToken + "\n")}, "option Token"},
		"no e-mail address": {pagerduty.Options{From: "Bot <bot@example.com>"}, "option From"},
		"no time":           {pagerduty.Options{Timeout: -1}, "option Timeout"},
	} {
		_, err := pagerduty.New(tc.options)
		require.ErrorContains(t, err, tc.want, name)
		require.NotContains(t, err.Error(), restToken, name)
	}
	_, err := pagerduty.New(pagerduty.Options{})
	require.NoError(t, err, "the zero value can page")
}

func TestAScopedTokenIsABearer(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]string{
		"pdus+_0XBPWQQ_scoped": "Bearer pdus+_0XBPWQQ_scoped",
		"u+aUserKey":           "Token token=u+aUserKey",
		"y_accountkey":         "Token token=y_accountkey",
	} {
		var got string
		transport := roundTrip(func(r *http.Request) (*http.Response, error) {
			got = r.Header.Get("Authorization")
			require.Equal(t, "api.eu.pagerduty.com", r.URL.Host, "the address is kept")
			return nil, errors.New("enough seen")
		})
		c, err := pagerduty.New(pagerduty.Options{
			APIURL: "https://api.eu.pagerduty.com/", Token: fault.NewSecret(token), HTTPClient: &http.Client{Transport: transport},
		})
		require.NoError(t, err)
		_, err = c.Find(t.Context(), "k1")
		require.Equal(t, fault.Retryable, failed(t, err).Class)
		require.Equal(t, want, got)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAnAnswerThatBreaksOffIsNoAnswer(t *testing.T) {
	t.Parallel()
	c := client(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"incidents":[]`))
	})
	_, err := c.Find(t.Context(), "k1")
	e := failed(t, err)
	require.Equal(t, fault.Retryable, e.Class)
	require.Equal(t, "the connection was lost", e.Reason)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF, "the library's own error is the cause")
}

// A proxy's page says nothing about the token, nor that a page or a person is gone.
func TestAProxysPageIsAnOutage(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 400, 401, 403, 404, 407} {
		w := newWorld(t)
		for operation, do := range map[string]func() error{
			"events.trigger": func() error { return w.Trigger(t.Context(), w.key, call("k1")) },
			"incidents.list": func() error { _, err := w.Find(t.Context(), "k1"); return err },
			"users.get":      func() error { _, err := w.PersonEmail(t.Context(), "P000001"); return err },
		} {
			w.sim.Faults.Add(simkit.Fault{Operation: operation, Kind: simkit.WebPage, Status: status, Header: map[string]string{"Retry-After": "9"}, Times: 1})
			e := failed(t, do())
			require.Equal(t, fault.Retryable, e.Class, "%s %d", operation, status)
			require.Empty(t, e.Meaning)
			require.Equal(t, fault.PageReason, e.Reason)
			require.Equal(t, status, e.Status)
			require.Equal(t, 9*time.Second, e.RetryAfter)
			require.NotContains(t, e.Mend, "PAGERDUTY_TOKEN")
		}
	}
}
