package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"muster/integrations/fault"
)

// maxAnswer bounds an answer; a page of 200 messages is well below it.
const maxAnswer = 16 << 20

// wire carries requests for slack-go and for call, and is the one place where an answer
// becomes a failure.
type wire struct {
	client *http.Client
	base   string
	token  fault.Secret
	log    *slog.Logger
	// observer hears of every call.
	observer fault.Observer
	now      func() time.Time
}

func newWire(o Options, base string) *wire {
	client := &http.Client{}
	if o.HTTPClient != nil {
		*client = *o.HTTPClient
	}
	switch {
	case o.Timeout > 0:
		client.Timeout = o.Timeout
	case client.Timeout == 0: // slack-go's and net/http's own client would wait for ever
		client.Timeout = defaultTimeout
	}
	// A redirected POST would arrive as a GET without its arguments.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &wire{client: client, base: base, token: o.Token, log: o.Logger, observer: o.Observer, now: o.Now}
}

// Do sends a request and returns only answers that say "ok":true; everything else is a
// *fault.Error. slack-go passes the error on as it is.
func (w *wire) Do(req *http.Request) (*http.Response, error) {
	operation, began := path.Base(req.URL.Path), w.now()
	resp, err := w.send(req, operation)
	w.observer.Called(req.Context(), vendorName, operation, began, w.now(), err)
	return resp, err
}

func (w *wire) send(req *http.Request, operation string) (*http.Response, error) {
	start := w.now()
	resp, err := w.client.Do(req)
	if err != nil {
		return nil, w.lost(req.Context(), operation, err)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	_ = resp.Body.Close()
	if err != nil {
		return nil, w.lost(req.Context(), operation, err)
	}
	failure := classify(operation, resp.StatusCode, resp.Header, body, w.now())
	if failure != nil {
		failure.Reason, failure.Mend = w.scrub(failure.Reason), w.scrub(failure.Mend)
	}
	w.log.DebugContext(req.Context(), "slack call", "operation", operation, "status", resp.StatusCode,
		"took", w.now().Sub(start), "failure", reasonOf(failure))
	if failure != nil {
		return nil, failure
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// lost is a request whose answer never came whole. The texts of net/http name the address,
// which has no secret in it, but a proxy's may say anything.
func (w *wire) lost(ctx context.Context, operation string, err error) *fault.Error {
	if cause := ctx.Err(); cause != nil {
		err = errors.Join(cause, err)
	}
	e := noAnswer(operation, &scrubbed{err: err, text: w.scrub(err.Error())})
	w.log.DebugContext(ctx, "slack call", "operation", operation, "failure", e.Reason)
	return e
}

// scrubbed is an error with another text.
type scrubbed struct {
	err  error
	text string
}

func (s *scrubbed) Error() string { return s.text }
func (s *scrubbed) Unwrap() error { return s.err }

// scrub takes the token out of a text, should a proxy or a broken server repeat it.
func (w *wire) scrub(s string) string {
	s = strings.ReplaceAll(s, w.token.Reveal(), "***")
	return strings.ReplaceAll(s, url.QueryEscape(w.token.Reveal()), "***")
}

func reasonOf(e *fault.Error) string {
	if e == nil {
		return ""
	}
	return e.Reason
}

// call makes one call without slack-go and decodes the answer into dst. It is for methods
// whose answers slack-go cannot give us whole:
//   - conversations.history and conversations.replies: slack-go decodes every block of every
//     message of the page, and one that it finds malformed, posted by whatever other app,
//     fails the page.
//   - conversations.invite: slack-go drops the list of the people who were not admitted when
//     the others were.
//   - views.*, users.info, usergroups.*: slack-go decodes far more than we use, and takes what
//     it cannot decode for a failure of a call that has done its work.
//   - apps.connections.open: it takes another token.
func (w *wire) call(ctx context.Context, method string, args url.Values, dst any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.base+method, strings.NewReader(args.Encode()))
	if err != nil {
		return refuse(method, "the request cannot be made")
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+w.token.Reveal())
	resp, err := w.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(dst); err != nil {
		return &fault.Error{
			Vendor: vendorName, Operation: method, Class: fault.Retryable, Reason: "undecodable answer",
			Status: resp.StatusCode, Err: fmt.Errorf("decode answer: %w", err),
		}
	}
	return nil
}
