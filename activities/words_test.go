package activities

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/jira"
	"muster/integrations/pagerduty"
	"muster/integrations/slack"
	"muster/internal/plaintest"
)

// carrier makes of every request what a test says.
type carrier func() (*http.Response, error)

func (c carrier) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c()
	if resp != nil {
		resp.Request = r
	}
	return resp, err
}

// answered are answers that are none, by their bodies.
var answered = map[string]string{
	"html": "<!DOCTYPE html><html><body>502 Bad Gateway</body></html>", "empty": "", "half": `{"ok":tr`, "list": "[]", "text": "upstream connect error", "null": "null", "object": "{}",
	"kind": `{"ok":"yes","error":{},"errors":{"a":{"b":1}},"errorMessages":[{}],"id":5,"key":7}`, "go": `{"ok":false,"error":"Post \"http://x\": context deadline exceeded"}`,
	"go in jira": `{"errorMessages":["java.net: dial tcp: EOF"],"errors":{"a":"json: cannot unmarshal"}}`, "go in pagerduty": `{"error":{"message":"rpc error: code = Unavailable desc = EOF","code":5},"message":"lookup x on 10.0.0.1: no such host"}`,
}

// calls are calls of each vendor's client over a carrier.
func vendorCalls(t *testing.T, over http.RoundTripper) map[string]func(ctx context.Context) error {
	t.Helper()
	hc := &http.Client{Transport: over, Timeout: time.Minute}
	chat, err := slack.New(slack.Options{Token: fault.NewSecret("xoxb-test"), BaseURL: "http://slack.example.com/api/", HTTPClient: hc})
	require.NoError(t, err)
	issues, err := jira.New(jira.Options{URL: "http://jira.example.com", Email: "muster@example.com", Token: fault.NewSecret("t"), HTTPClient: hc, SearchLagWait: -1})
	require.NoError(t, err)
	pager, err := pagerduty.New(pagerduty.Options{EventsURL: "http://pd.example.com", APIURL: "http://pd.example.com", Token: fault.NewSecret("token"), HTTPClient: hc})
	require.NoError(t, err)
	key := fault.NewSecret(strings.Repeat("R", 32))
	ref := incident.MessageRef{Channel: "C1", ID: "1.2"}
	message := incident.Message{Key: "k", Headline: "INC-1 is declared"}
	issue := incident.Issue{Key: "k", Project: "OPS", Type: "Incident", Summary: "INC-1"}
	return map[string]func(ctx context.Context) error{
		"slack channel": func(ctx context.Context) error {
			_, err := chat.OpenChannel(ctx, incident.ChannelSpec{Key: "k", Name: "inc-1"}, true)
			return err
		},
		"slack furnish": func(ctx context.Context) error {
			_, err := chat.FurnishChannel(ctx, "C1", incident.Furnishing{Topic: "x", Bookmarks: []incident.Link{{Label: "a", URL: "https://example.com"}}})
			return err
		},
		"slack post":    func(ctx context.Context) error { _, err := chat.PostMessage(ctx, "C1", message, false); return err },
		"slack edit":    func(ctx context.Context) error { return chat.EditMessage(ctx, ref, message) },
		"slack direct":  func(ctx context.Context) error { return chat.SendDirectOnce(ctx, "u0alice00@slack", message, false) },
		"slack archive": func(ctx context.Context) error { _, err := chat.ArchiveQuiet(ctx, "C1", time.Now()); return err },
		"slack group":   func(ctx context.Context) error { _, err := chat.GroupMembers(ctx, "S1"); return err },
		"jira create":   func(ctx context.Context) error { _, err := issues.CreateIssue(ctx, issue, false); return err },
		"jira update":   func(ctx context.Context) error { _, err := issues.UpdateIssue(ctx, "OPS-1", issue); return err },
		"jira move": func(ctx context.Context) error {
			_, err := issues.MoveIssue(ctx, "OPS-1", incident.GoalDone, nil, "")
			return err
		},
		"jira states": func(ctx context.Context) error { _, err := issues.IssueStates(ctx, []string{"OPS-1"}); return err },
		"pager trigger": func(ctx context.Context) error {
			return pager.Trigger(ctx, key, incident.PageRequest{Key: "k", Headline: "INC-1"})
		},
		"pager resolve": func(ctx context.Context) error { return pager.Resolve(ctx, key, "k") },
		"pager find":    func(ctx context.Context) error { _, err := pager.Find(ctx, "k"); return err },
	}
}

// speaks checks every text of a failure that reaches a person: as the snag, the board, the page's
// problem, the outage and the Web UI show it.
func speaks(t *testing.T, what string, err error) {
	t.Helper()
	if err == nil {
		return // some calls take such an answer for success, and that is tested with their clients
	}
	if _, ok := fault.As(err); ok { // the command line and doctor show it
		plaintest.Plain(t, what, err.Error())
	}
	app, f := application(t, applicationError(t.Context(), err))
	for _, text := range []string{f.Reason, f.Mend, app.Message(), app.Error()} {
		plaintest.Plain(t, what, text)
	}
	if f.Reason == "" {
		t.Errorf("%s: no reason is given", what)
	}
}

// No words of Go and its libraries reach a person, whatever happens to a call.
func TestNoFailureOfAVendorSpeaksGo(t *testing.T) {
	t.Parallel()
	for how, err := range plaintest.Broken() {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			for what, call := range vendorCalls(t, carrier(func() (*http.Response, error) { return nil, err })) {
				require.Error(t, call(t.Context()), what)
				speaks(t, what, call(t.Context()))
			}
			speaks(t, "no client's", fmt.Errorf("list workflows: %w", err))
		})
	}
	for how, body := range answered {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			for _, status := range []int{200, 201, 202, 204, 301, 302, 400, 401, 402, 403, 404, 405, 407, 408, 409, 410, 413, 415, 422, 425, 429, 451, 500, 501, 502, 503, 504, 520, 522, 599} {
				for what, call := range vendorCalls(t, carrier(func() (*http.Response, error) {
					return &http.Response{
						StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
						Header: http.Header{"Content-Type": {"text/html"}}, Body: io.NopCloser(bytes.NewReader([]byte(body))), ContentLength: -1,
					}, nil
				})) {
					speaks(t, fmt.Sprintf("%s, %d", what, status), call(t.Context()))
				}
			}
		})
	}
}

// Half an answer, and a caller who gives up in the middle.
func TestAnAnswerThatEndsEarlySpeaksNoGo(t *testing.T) {
	t.Parallel()
	for _, err := range plaintest.Broken() {
		for what, call := range vendorCalls(t, carrier(func() (*http.Response, error) {
			return &http.Response{StatusCode: 200, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: io.NopCloser(io.MultiReader(strings.NewReader(`{"ok":`), failing{err})), ContentLength: -1}, nil
		})) {
			ctx, cancel := context.WithCancel(t.Context())
			speaks(t, what, call(ctx))
			cancel()
			speaks(t, what+", given up", call(ctx))
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// Whatever a client puts into an error of any class and meaning, a person reads words.
func TestEveryClassAndMeaningSpeaksNoGo(t *testing.T) {
	t.Parallel()
	meanings := []fault.Meaning{"", fault.ChannelArchived, fault.ChannelMissing, fault.ObjectGone, fault.PersonUnknown, fault.ScopeMissing, fault.RateLimited, fault.NotAllowed}
	for _, class := range []fault.Class{fault.Retryable, fault.Permanent, fault.Credential, fault.Gone, fault.Off} {
		for _, meaning := range meanings {
			for how, err := range plaintest.Broken() {
				e := &fault.Error{Vendor: "slack", Operation: "chat.postMessage", Class: class, Meaning: meaning, Reason: fmt.Sprintf("Post \"http://x\": %v", err), Mend: "look at " + err.Error(), Err: err}
				speaks(t, fmt.Sprintf("%s %s %s", class, meaning, how), fmt.Errorf("around: %w", e))
			}
		}
	}
}
