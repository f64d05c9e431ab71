package jira

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"muster/incident"
	"muster/integrations/fault"
)

const (
	vendorName = "jira"
	apiPath    = "rest/api/2/"
	// maxAnswer bounds what is read of one answer; a bulk fetch of 100 issues with few fields
	// stays far below it.
	maxAnswer = 16 << 20
)

// call is one request to Jira.
type call struct {
	op     string // "issue.create"; names the call in errors and logs
	method string
	path   string // below rest/api/2/
	query  url.Values
	body   any
	out    any // what a 2xx is decoded into; nil when its body does not matter
}

// do makes the call. Its error is always a *fault.Error. A 2xx that cannot be read or decoded
// is Retryable: the call was probably applied, and the next attempt looks first.
func (c *Client) do(ctx context.Context, l call) error {
	began := c.now()
	err := c.ask(ctx, l)
	c.observer.Called(ctx, vendorName, l.op, began, c.now(), err)
	return err
}

func (c *Client) ask(ctx context.Context, l call) error {
	status, header, body, err := c.exchange(ctx, l)
	if err != nil {
		return err
	}
	if status < 200 || status > 299 {
		return c.refused(l.op, status, header, body)
	}
	if err := c.notAdmitted(l.op, status, header, body); err != nil {
		return err
	}
	if l.out == nil {
		return nil
	}
	if err := json.Unmarshal(body, l.out); err != nil {
		return &fault.Error{
			Vendor: vendorName, Operation: l.op, Class: fault.Retryable, Status: status,
			Reason: "answer cannot be decoded", Err: c.harmless(err),
		}
	}
	return nil
}

func (c *Client) exchange(ctx context.Context, l call) (int, http.Header, []byte, error) {
	path := apiPath + l.path
	if len(l.query) > 0 {
		path += "?" + l.query.Encode()
	}
	req, err := c.api.NewRequestWithContext(ctx, l.method, path, l.body)
	if err != nil {
		return 0, nil, nil, &fault.Error{
			Vendor: vendorName, Operation: l.op, Class: fault.Permanent, Reason: "request cannot be made", Err: c.harmless(err),
		}
	}
	c.authorize(req)
	// With no target the library leaves the body to us, for refusals as for successes; its own
	// error for a refusal says no more than the status.
	resp, err := c.api.Do(req, nil)
	if resp == nil || resp.Response == nil {
		return 0, nil, nil, c.unanswered(ctx, l.op, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return 0, nil, nil, c.unanswered(ctx, l.op, err)
	}
	return resp.StatusCode, resp.Header, body, nil
}

func (c *Client) authorize(req *http.Request) {
	c.site.authorize(req, c.email, c.token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "muster")
	// Errors are told apart by their words where Jira has no codes, so they must be English
	// whatever language the account prefers.
	req.Header.Set("Accept-Language", "en")
	req.Header.Set("X-Force-Accept-Language", "true")
}

// unanswered is a call without a whole answer: it may or may not have been applied.
func (c *Client) unanswered(ctx context.Context, op string, err error) *fault.Error {
	reason := "no answer"
	switch {
	case ctx.Err() != nil:
		reason = "no answer before the caller gave up"
		err = fmt.Errorf("%w: %w", ctx.Err(), err)
	case errors.Is(err, context.DeadlineExceeded) || isTimeout(err):
		reason = "no answer in time"
	}
	return &fault.Error{Vendor: vendorName, Operation: op, Class: fault.Retryable, Reason: reason, Err: c.harmless(err)}
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// scrub takes the token out of text that came from outside: a proxy may echo the request.
func (c *Client) scrub(s string) string {
	token := c.token.Reveal()
	if token == "" {
		return s
	}
	basic := base64.StdEncoding.EncodeToString([]byte(c.email + ":" + token))
	return strings.NewReplacer(basic, "***", token, "***", url.QueryEscape(token), "***").Replace(s)
}

// harmless keeps an error's chain but takes the token out of its text.
func (c *Client) harmless(err error) error {
	if err == nil {
		return nil
	}
	return &scrubbed{text: incident.Clip(c.scrub(err.Error()), maxReason), err: err}
}

type scrubbed struct {
	text string
	err  error
}

func (s *scrubbed) Error() string { return s.text }

// Is and As look at the cause without handing out its text.
func (s *scrubbed) Is(target error) bool { return errors.Is(s.err, target) }
func (s *scrubbed) As(target any) bool   { return errors.As(s.err, target) }

var issueKey = regexp.MustCompile(`^(?:[A-Za-z][A-Za-z0-9_]*-[0-9]+|[0-9]+)$`)

// issuePath is the path of an issue. A key that is none could name another resource.
func issuePath(op, key, rest string) (string, error) {
	if !issueKey.MatchString(key) {
		return "", &fault.Error{
			Vendor: vendorName, Operation: op, Class: fault.Permanent,
			Reason: fmt.Sprintf("%q is no issue key", incident.Clip(key, 40)), Mend: "write it like INC-42",
		}
	}
	return "issue/" + key + rest, nil
}

func noID(op string) error {
	return &fault.Error{
		Vendor: vendorName, Operation: op, Class: fault.Retryable,
		Reason: "answer holds no id, the call may have been applied",
	}
}
