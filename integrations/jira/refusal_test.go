package jira_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/jira"
	"muster/internal/sims/simkit"
)

// classes says of every status what it asks of the caller, with the headers that matter.
var classes = []struct {
	status int
	header map[string]string
	class  fault.Class
	// meaning is empty where the class says all.
	meaning fault.Meaning
}{
	{http.StatusMovedPermanently, nil, fault.Permanent, ""},
	{http.StatusFound, map[string]string{"Location": "https://login.example.com"}, fault.Permanent, ""},
	{http.StatusBadRequest, nil, fault.Permanent, ""},
	{http.StatusUnauthorized, nil, fault.Credential, ""},
	{http.StatusForbidden, nil, fault.Permanent, fault.NotAllowed},
	{http.StatusForbidden, map[string]string{"X-Seraph-LoginReason": "OK"}, fault.Permanent, fault.NotAllowed},
	{http.StatusForbidden, map[string]string{"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}, fault.Credential, ""},
	{http.StatusForbidden, map[string]string{"X-Seraph-LoginReason": "AUTHENTICATION_DENIED"}, fault.Credential, ""},
	{http.StatusNotFound, map[string]string{"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}, fault.Credential, ""},
	{http.StatusBadRequest, map[string]string{"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}, fault.Credential, ""},
	{http.StatusNotFound, nil, fault.Permanent, fault.Unseen},
	{http.StatusMethodNotAllowed, nil, fault.Permanent, ""},
	{http.StatusRequestTimeout, nil, fault.Retryable, ""},
	{http.StatusConflict, nil, fault.Retryable, ""},
	{http.StatusGone, nil, fault.Permanent, fault.Unseen},
	{http.StatusRequestEntityTooLarge, nil, fault.Permanent, ""},
	{http.StatusUnsupportedMediaType, nil, fault.Permanent, ""},
	{http.StatusUnprocessableEntity, nil, fault.Permanent, ""},
	{http.StatusTooEarly, nil, fault.Retryable, ""},
	{http.StatusTooManyRequests, nil, fault.Retryable, ""},
	{http.StatusInternalServerError, nil, fault.Retryable, ""},
	{http.StatusBadGateway, nil, fault.Retryable, ""},
	{http.StatusServiceUnavailable, map[string]string{"Retry-After": "7"}, fault.Retryable, ""},
	{http.StatusGatewayTimeout, nil, fault.Retryable, ""},
}

// operations are all that the client can be asked to do to Jira, with the request that decides.
var operations = map[string]func(*world, string) error{
	"issue.create": func(w *world, _ string) error {
		_, err := w.client.CreateIssue(w.ctx(), outage(), false)
		return err
	},
	"search": func(w *world, _ string) error {
		_, err := w.client.CreateIssue(w.ctx(), outage(), true)
		return err
	},
	"issue.update": func(w *world, key string) error { return w.updateError(key, outage()) },
	"issue.get": func(w *world, key string) error {
		_, err := w.client.MoveIssue(w.ctx(), key, incident.GoalDone, nil, "")
		return err
	},
	"issue.bulkfetch": func(w *world, key string) error {
		_, err := w.client.IssueStates(w.ctx(), []string{key})
		return err
	},
	"remotelink.set": func(w *world, key string) error {
		return w.client.LinkURL(w.ctx(), key, "muster/1", incident.Link{Label: "Channel", URL: "https://chat.example.com"})
	},
	"comment.add": func(w *world, key string) error {
		return w.client.Comment(w.ctx(), key, "c1", []string{"hello"}, false)
	},
	"comment.list": func(w *world, key string) error {
		return w.client.Comment(w.ctx(), key, "c1", []string{"hello"}, true)
	},
	"project.get": func(w *world, _ string) error {
		_, err := w.client.Check(w.ctx(), jira.Setup{Project: "INC"})
		return err
	},
}

func TestEveryStatusOfEveryOperationHasItsClass(t *testing.T) {
	t.Parallel()
	for operation, do := range operations {
		if operation == "project.get" {
			continue // what is refused there is a finding, see TestCheck...
		}
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			parent := w.create(outage())
			for _, tt := range classes {
				id := w.fail(simkit.Fault{
					Operation: operation, Kind: simkit.Status, Status: tt.status, Header: tt.header,
					Body: `{"errorMessages":["Jira says so."],"errors":{}}`,
				})
				err := do(w, parent.Key)
				e := failure(t, err, tt.class)
				require.Equal(t, tt.status, e.Status)
				require.Equal(t, reasonOf(tt.status, tt.header), e.Reason)
				require.Equal(t, tt.meaning, e.Meaning)
				if tt.class == fault.Credential {
					require.Contains(t, e.Mend, "JIRA_TOKEN")
				}
				w.sim.Faults.Clear(id)
			}
		})
	}
}

// reasonOf is what is said of a refusal in which Jira says so. Its own full stop goes, since our sentence
// goes on. What it told a stranger, such as that there is no such issue, is not repeated.
func reasonOf(status int, header map[string]string) string {
	switch failed := header["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"; {
	case failed && status == http.StatusForbidden:
		return "the login failed: Jira says so"
	case failed:
		return "the login failed, and Jira answered as to a stranger"
	}
	return "Jira says so"
}

func TestABrokenConnectionIsRetryableEverywhere(t *testing.T) {
	t.Parallel()
	for operation, do := range operations {
		for _, broken := range []simkit.Fault{
			{Kind: simkit.DropBefore},
			{Kind: simkit.DropAfter},
			{Kind: simkit.Status, Status: 200, Body: "<html>log in</html>"},
			{Kind: simkit.Status, Status: 200, Body: `{"id":`},
		} {
			if broken.Kind == simkit.Status && operation == "issue.update" {
				continue // its success has no body to read
			}
			t.Run(fmt.Sprintf("%s %s %s", operation, broken.Kind, broken.Body), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				parent := w.create(outage())
				broken.Operation = operation
				w.fail(broken)
				failure(t, do(w, parent.Key), fault.Retryable)
			})
		}
	}
}

func TestAnAnswerWithoutAnIDIsNoSuccess(t *testing.T) {
	t.Parallel()
	for operation, do := range operations {
		if operation == "issue.update" || operation == "project.get" {
			continue // their successes have no ID
		}
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			parent := w.create(outage())
			w.fail(simkit.Fault{Operation: operation, Kind: simkit.EmptyAfter})
			failure(t, do(w, parent.Key), fault.Retryable)
		})
	}
}

func TestJirasWishToWaitIsPassedOn(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		header map[string]string
		want   time.Duration
	}{
		{map[string]string{"Retry-After": "12"}, 12 * time.Second},
		{map[string]string{"Retry-After": "Fri, 20 Nov 2026 12:00:30 GMT"}, 30 * time.Second},
		{map[string]string{"Retry-After": "soon"}, 0},
		{map[string]string{"X-RateLimit-Reset": "2026-11-20T12:05Z"}, 5 * time.Minute},
		{map[string]string{"X-RateLimit-Reset": "2026-11-20T12:00:09Z"}, 9 * time.Second},
		{map[string]string{"X-RateLimit-Reset": "2026-11-20T11:00:00Z"}, 0},
		{map[string]string{"Retry-After": "3", "X-RateLimit-Reset": "2026-11-20T12:05Z"}, 3 * time.Second},
		{nil, 0},
	} {
		client := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			for name, value := range tt.header {
				w.Header().Set(name, value)
			}
			w.WriteHeader(http.StatusTooManyRequests)
		}, func(o *jira.Options) { o.Now = func() time.Time { return now } })
		_, err := client.CreateIssue(t.Context(), outage(), false)
		require.Equal(t, tt.want, failure(t, err, fault.Retryable).RetryAfter, "%v", tt.header)
	}
}

func TestTooManyWritesToOneIssueAreRetryable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ref := w.create(outage())
	w.sim.LimitIssueWrites(1, time.Hour)
	require.NoError(t, w.client.Comment(w.ctx(), ref.Key, "c1", []string{"one"}, false))

	err := w.client.Comment(w.ctx(), ref.Key, "c2", []string{"two"}, false)

	e := failure(t, err, fault.Retryable)
	require.Equal(t, http.StatusTooManyRequests, e.Status)
	require.Greater(t, e.RetryAfter, time.Minute)
}

func TestNoAnswerGetsTheTokenOut(t *testing.T) {
	t.Parallel()
	basic := base64.StdEncoding.EncodeToString([]byte(email + ":" + token))
	for _, body := range []string{
		token, basic, `{"errorMessages":["` + token + `"],"errors":{"x":"` + basic + `"}}`, `{"message":"` + basic + `"}`, `{"id":` + token,
	} {
		for _, status := range []int{200, 400, 401, 403, 500} {
			client := answering(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Seraph-LoginReason", r.Header.Get("Authorization"))
				w.WriteHeader(status)
				_, _ = w.Write([]byte(body))
			})
			_, err := client.CreateIssue(t.Context(), outage(), false)
			e, ok := fault.As(err)
			require.True(t, ok)
			for _, text := range append(everyText(err), e.Reason, e.Mend, fmt.Sprintf("%+v", e.Err)) {
				require.NotContains(t, text, token)
				require.NotContains(t, text, basic)
			}
		}
	}
}

func TestOddErrorBodiesAreRead(t *testing.T) {
	t.Parallel()
	for body, reason := range map[string]string{
		``:                    "bad request",
		`[]`:                  "bad request",
		`null`:                "bad request",
		`{"message":"nope"}`:  "nope",
		`{"errors":{"a":{}}}`: "a: {}",
		`{"errorMessages":["One. Two. ","Three."],"errors":{"f":"No."}}`: "f: No; One. Two; Three",
		`{"errorMessages":null,"errors":{"b":"2","a":"1"}}`:              "a: 1; b: 2",
	} {
		client := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(body))
		})
		_, err := client.CreateIssue(t.Context(), outage(), false)
		require.Equal(t, reason, failure(t, err, fault.Permanent).Reason, body)
	}
}

func TestARefusedTokenIsACredentialFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client, err := jira.New(jira.Options{URL: w.url, Email: email, Token: fault.NewSecret("wrong")})
	require.NoError(t, err)

	_, err = client.CreateIssue(t.Context(), outage(), false)

	require.Contains(t, failure(t, err, fault.Credential).Mend, "JIRA_TOKEN")
	findings, err := client.Check(t.Context(), jira.Setup{Project: "INC"})
	require.NoError(t, err)
	require.Len(t, findings, 1)
	require.False(t, findings[0].OK)
}

// A proxy's page says nothing about the login, nor about the issue that the call names.
func TestAProxysPageIsAnOutage(t *testing.T) {
	t.Parallel()
	for operation, do := range operations {
		if operation == "project.get" {
			continue // what fails there is a finding, see TestCheck...
		}
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			parent := w.create(outage())
			for _, status := range []int{200, 301, 400, 401, 403, 404, 407} {
				id := w.fail(simkit.Fault{Operation: operation, Kind: simkit.WebPage, Status: status})
				e := failure(t, do(w, parent.Key), fault.Retryable)
				require.Equal(t, fault.PageReason, e.Reason, status)
				require.Equal(t, status, e.Status)
				require.Empty(t, e.Meaning)
				require.NotContains(t, e.Mend, "JIRA_TOKEN")
				w.sim.Faults.Clear(id)
			}
		})
	}
}

// Data Center answers some refusals with a page of its own, which says in a header what it thinks of the login.
func TestJirasOwnPagesAreRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for reason, tt := range map[string]struct {
		statuses []int
		class    fault.Class
		mend     string
	}{
		"AUTHENTICATED_FAILED":  {[]int{200, 400, 401, 403, 404}, fault.Credential, "JIRA_TOKEN"},
		"AUTHORISATION_FAILED":  {[]int{401, 403}, fault.Credential, "JIRA_TOKEN"},
		"AUTHENTICATION_DENIED": {[]int{401, 403}, fault.Credential, "CAPTCHA"},
		"OK":                    {[]int{403}, fault.Permanent, "permissions"},
		"OUT":                   {[]int{401}, fault.Credential, "JIRA_TOKEN"},
	} {
		for _, status := range tt.statuses {
			id := w.fail(simkit.Fault{Kind: simkit.WebPage, Status: status, Header: map[string]string{"X-Seraph-LoginReason": reason}})
			_, err := w.client.CreateIssue(w.ctx(), outage(), false)
			require.Contains(t, failure(t, err, tt.class).Mend, tt.mend, "%s %d", reason, status)
			w.sim.Faults.Clear(id)
		}
	}
}

// The credential is for the site that was set up, wherever it points.
func TestARedirectTakesTheCredentialNowhere(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s %s was asked", r.Method, r.URL) }))
	t.Cleanup(elsewhere.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		c := answering(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", elsewhere.URL+r.URL.Path)
			w.WriteHeader(status)
		})
		_, err := c.CreateIssue(t.Context(), outage(), true)
		require.Contains(t, failure(t, err, fault.Permanent).Mend, "JIRA_URL", status)
		_, err = c.IssueStates(t.Context(), []string{"INC-1"})
		failure(t, err, fault.Permanent)
	}
}
