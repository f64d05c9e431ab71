package slack_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/slack"
	"muster/internal/sims/simkit"
)

func TestSettingsThatCannotWork(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		token, base string
		timeout     time.Duration
		reason      string
	}{
		{"", "", 0, "there is no bot token"},
		{"xapp-1-secret", "", 0, "app-level token"},
		{"xoxp-1-secret", "", 0, "user token"},
		{"xoxe.xoxb-1-secret", "", 0, "token rotation"},
		{"xoxb-", "", 0, "does not look like one"},
		{"secret", "", 0, "does not look like one"},
		{"xoxb-secret\n", "", 0, "white space"},
		{token, "slack.com/api", 0, "malformed"},
		{token, "ftp://slack.com/api", 0, "malformed"},
		{token, "https://", 0, "malformed"},
		{token, "https://slack.com/%zz", 0, "malformed"},
		{token, "https://me:secret@slack.com/api/", 0, "more than a host"},
		{token, "https://slack.com/api/?x=secret", 0, "more than a host"},
		{token, "", -time.Second, "negative"},
	} {
		_, err := slack.New(slack.Options{Token: fault.NewSecret(c.token), BaseURL: c.base, Timeout: c.timeout})
		class := fault.Permanent
		if c.token == "" {
			class = fault.Off
		}
		e := requireClass(t, err, class, c.reason)
		require.NotEmpty(t, e.Mend)
		require.NotContains(t, err.Error(), "secret")
	}
	_, err := slack.New(slack.Options{Token: fault.NewSecret(token)})
	require.NoError(t, err)
}

func TestCheckSaysWhoWeAreAndWhatIsMissing(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	d.sim.SetScopes("chat:write", "channels:read")

	a, err := d.Check(t.Context())

	require.NoError(t, err)
	require.Equal(t, "https://sim.slack.com/", a.URL)
	require.Equal(t, "muster", a.Bot)
	require.NotEmpty(t, a.BotUserID)
	require.NotEmpty(t, a.Team)
	require.Equal(t, []string{"channels:read", "chat:write"}, a.Scopes)
	var names []string
	for _, s := range a.Missing {
		names = append(names, s.Name)
		require.NotEmpty(t, s.Why)
	}
	require.Contains(t, names, "channels:manage")
	require.NotContains(t, names, "chat:write")
}

func TestNothingIsMissingWhenAllIsGranted(t *testing.T) {
	t.Parallel()
	a, err := workspace(t).Check(t.Context())
	require.NoError(t, err)
	require.Empty(t, a.Missing)
}

func TestWhoWeAreIsAskedOnceAnHour(t *testing.T) {
	t.Parallel()
	clock := simkit.NewManualClock(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))
	d := workspace(t)
	c := d.another(slack.Options{Now: clock.Now})
	for range 5 {
		_, err := c.OpenChannel(t.Context(), checkout, true)
		require.NoError(t, err)
	}
	require.Equal(t, 1, d.calls("auth.test"))
	clock.Advance(time.Hour)
	_, err := c.OpenChannel(t.Context(), checkout, true)
	require.NoError(t, err)
	require.Equal(t, 2, d.calls("auth.test"))
}

func TestAnAddressIsNotWorthAFailure(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	d.sim.Faults().Add(simkit.Fault{Operation: "auth.test", Kind: simkit.Down})

	ref, err := d.PostMessage(t.Context(), "#incidents", incident.Message{Headline: "hello"}, false)

	require.NoError(t, err)
	require.NotEmpty(t, ref.ID)
	require.Empty(t, ref.URL)
}

func TestARefusedTokenIsACredentialFailureEverywhere(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	for _, code := range []string{"invalid_auth", "token_revoked", "account_inactive"} {
		d.sim.RefuseToken(code)
		for name, call := range d.everything() {
			require.NotEmpty(t, requireClass(t, call(), fault.Credential, code).Mend, name)
		}
	}
}

func TestAnotherTokenIsRefused(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	c, err := slack.New(slack.Options{Token: fault.NewSecret("xoxb-other"), BaseURL: d.url})
	require.NoError(t, err)
	_, err = c.Check(t.Context())
	requireClass(t, err, fault.Credential, "invalid_auth")
}

// everything calls each method of the client once, without a memory of the workspace.
func (d *desk) everything() map[string]func() error {
	ctx, c := d.t.Context(), d.another(slack.Options{})
	m := incident.Message{Key: "k", Headline: "hello", Pin: true}
	ref := incident.MessageRef{Channel: "C0000000001", ID: "1790000000.000001"}
	return map[string]func() error{
		"OpenChannel":                func() error { _, err := c.OpenChannel(ctx, checkout, true); return err },
		"OpenChannel without a look": func() error { _, err := c.OpenChannel(ctx, checkout, false); return err },
		"FurnishChannel":             func() error { _, err := c.FurnishChannel(ctx, ref.Channel, furniture); return err },
		"PostMessage":                func() error { _, err := c.PostMessage(ctx, "#incidents", m, false); return err },
		"PostMessage with a look":    func() error { _, err := c.PostMessage(ctx, "#incidents", m, true); return err },
		"PostMessage with people": func() error {
			m := m
			m.Mention = []string{alice}
			_, err := c.PostMessage(ctx, "#incidents", m, true)
			return err
		},
		"PostReply":      func() error { _, err := c.PostReply(ctx, ref, m, true); return err },
		"EditMessage":    func() error { return c.EditMessage(ctx, ref, m) },
		"SendDirect":     func() error { return c.SendDirect(ctx, alice, m) },
		"ArchiveChannel": func() error { return c.ArchiveChannel(ctx, ref.Channel) },
		"Check":          func() error { _, err := c.Check(ctx); return err },
	}
}

func TestEveryFailureIsClassified(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault simkit.Fault
		class fault.Class
		after time.Duration
	}{
		"no connection":       {simkit.Fault{Kind: simkit.Down}, fault.Retryable, 0},
		"server error":        {simkit.Fault{Kind: simkit.Status, Status: 500}, fault.Retryable, 0},
		"empty":               {simkit.Fault{Kind: simkit.Empty}, fault.Retryable, 0},
		"not ok and no more":  {simkit.Fault{Kind: simkit.Status, Status: 200, Body: `{"ok":false}`}, fault.Retryable, 0},
		"no JSON":             {simkit.Fault{Kind: simkit.Status, Status: 200, Body: "<html>"}, fault.Retryable, 0},
		"limited":             {simkit.Fault{Kind: simkit.RateLimited, RetryAfter: "30"}, fault.Retryable, 30 * time.Second},
		"limited, no time":    {simkit.Fault{Kind: simkit.RateLimited}, fault.Retryable, 0},
		"limited in the body": {simkit.Fault{Kind: simkit.Status, Status: 200, Body: `{"ok":false,"error":"ratelimited"}`}, fault.Retryable, 0},
		"a new code":          {simkit.Fault{Kind: simkit.Status, Status: 200, Body: `{"ok":false,"error":"new_code"}`}, fault.Permanent, 0},
		"a redirect":          {simkit.Fault{Kind: simkit.Status, Status: 302, Body: "moved", Header: map[string]string{"Location": "/elsewhere"}}, fault.Permanent, 0},
		"a proxy's login":     {simkit.Fault{Kind: simkit.WebPage, Status: 301, Header: map[string]string{"Location": "/elsewhere"}}, fault.Retryable, 0},
		"a proxy's refusal":   {simkit.Fault{Kind: simkit.WebPage, Status: 401, RetryAfter: "9"}, fault.Retryable, 9 * time.Second},
		"a proxy's denial":    {simkit.Fault{Kind: simkit.WebPage, Status: 403}, fault.Retryable, 0},
		"a proxy's not found": {simkit.Fault{Kind: simkit.WebPage, Status: 404}, fault.Retryable, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := workspace(t)
			d.sim.Faults().Add(c.fault)
			for method, call := range d.everything() {
				if method == "PostMessage with people" && c.class != fault.Credential {
					continue // people who are not found do not fail a message; what does is tested above
				}
				e := requireClass(t, call(), c.class, "")
				require.Equal(t, c.after, e.RetryAfter, method)
				require.NotEmpty(t, e.Operation, method)
				require.NotContains(t, e.Error(), token, method)
			}
		})
	}
}

// An answer that says ok and brings no ID has perhaps been applied.
func TestASuccessWithoutAnIDIsNone(t *testing.T) {
	t.Parallel()
	for operation, call := range map[string]string{
		"conversations.create": "OpenChannel without a look", "chat.postMessage": "PostMessage", "chat.update": "EditMessage",
		"auth.test": "Check", "users.lookupByEmail": "SendDirect",
	} {
		d := workspace(t)
		d.sim.Faults().Add(simkit.Fault{Operation: operation, Kind: simkit.Status, Status: 200, Body: `{"ok":true}`})
		require.Equal(t, operation, requireClass(t, d.everything()[call](), fault.Retryable, "empty answer").Operation)
	}
}

func TestAnAnswerOfAnotherShapeMayHaveBeenApplied(t *testing.T) {
	t.Parallel()
	for operation, call := range map[string]string{
		"conversations.create": "OpenChannel without a look", "chat.postMessage": "PostMessage", "conversations.replies": "PostReply",
	} {
		d := workspace(t)
		d.sim.Faults().Add(simkit.Fault{
			Operation: operation, Kind: simkit.Status, Status: 200, Body: `{"ok":true,"channel":7,"ts":7,"messages":"` + token + `"}`,
		})
		err := d.everything()[call]()
		requireClass(t, err, fault.Retryable, "undecodable answer")
		require.NotContains(t, fmt.Sprintf("%v %+v", err, err), token)
	}
}

func TestACancelledCallSaysSo(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	hold := d.fails("chat.postMessage", simkit.Hold)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := d.PostMessage(ctx, "#incidents", incident.Message{Headline: "hello"}, false)
		done <- err
	}()
	require.Eventually(t, func() bool { return d.sim.Faults().Hits(hold) == 1 }, patience, time.Millisecond)
	cancel()
	err := <-done
	requireClass(t, err, fault.Retryable, "cancelled")
	require.ErrorIs(t, err, context.Canceled)
}

// roundTrip lets a test be the network.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Whatever a broken proxy repeats to us, the token stays out of errors and logs.
func TestTheTokenIsInNoErrorAndNoLog(t *testing.T) {
	t.Parallel()
	escaped := url.QueryEscape(token)
	answer := func(status int, body string) roundTrip {
		return func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
		}
	}
	for name, network := range map[string]roundTrip{
		"no connection": func(*http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("dial with %s and %s", token, escaped)
		},
		"an echo":       answer(400, "bad token "+token),
		"a code":        answer(200, `{"ok":false,"error":"`+token+`"}`),
		"a scope":       answer(200, `{"ok":false,"error":"missing_scope","needed":"`+token+`"}`),
		"a block":       answer(200, `{"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["`+token+`"]}}`),
		"another shape": answer(200, `{"ok":true,"channel":{"id":"`+token+`"},"created":"`+token+`"}`),
	} {
		var logs bytes.Buffer
		c, err := slack.New(slack.Options{
			Token: fault.NewSecret(token), HTTPClient: &http.Client{Transport: network},
			Logger: slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		})
		require.NoError(t, err)

		_, err = c.PostMessage(t.Context(), "#incidents", incident.Message{Headline: "hello", Mention: []string{alice}}, false)

		require.Error(t, err, name)
		for e := err; e != nil; {
			require.NotContains(t, fmt.Sprintf("%s %v %+v", e, e, e), token, name)
			u, ok := e.(interface{ Unwrap() error })
			if !ok {
				break
			}
			if _, isVendors := fault.As(e); !isVendors {
				break // below our own errors are the network's, which nobody prints
			}
			e = u.Unwrap()
		}
		require.NotContains(t, logs.String(), token, name)
		require.NotContains(t, fmt.Sprintf("%v %+v", c, c), token)
	}
}

func TestTheClientGivesUpByItself(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(release) })
	c, err := slack.New(slack.Options{Token: fault.NewSecret(token), BaseURL: server.URL, Timeout: 20 * time.Millisecond})
	require.NoError(t, err)
	_, err = c.Check(t.Context())
	requireClass(t, err, fault.Retryable, "timeout")
}
