package slack

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"muster/integrations/fault"
)

// Inbound takes what people do in Slack, over HTTP or over Socket Mode. Its methods are called
// concurrently, and again with the same thing when Slack does not know that it was taken.
type Inbound interface {
	Command(ctx context.Context, c SlashCommand) Answer
	Interaction(ctx context.Context, i Interaction) Answer
	Event(ctx context.Context, e Event) Answer
}

// Answer is what Slack is told.
type Answer struct {
	// Refused means that nothing was recorded and Slack should send it again: 503 over HTTP,
	// no acknowledgement over Socket Mode. People are shown an error.
	Refused bool
	// Body is sent as JSON; nil is an empty answer.
	Body any
}

// Socket takes what happens in Slack over connections that we open, so that Muster needs no
// public address (https://docs.slack.dev/apis/events-api/using-socket-mode).
//
// slack-go has a client for it too. It reads every block of a message and drops an event over
// one that it finds malformed, gives up when the token is refused, and leaves the old
// connection before it has a new one.
type Socket struct {
	wire   *wire
	log    *slog.Logger
	dialer *websocket.Dialer
	// silence is how long a connection may say nothing before it is taken for dead, pace how
	// long the first wait after a failure is.
	silence, pace time.Duration
	slots         chan struct{}

	mu      sync.Mutex
	live    int
	failure error
}

const (
	// maxHandlers bounds what is worked on at once; the rest waits at Slack.
	maxHandlers = 64
	// handlerTime ends a handler that nobody waits for any more: Slack waits three seconds.
	handlerTime = 15 * time.Second
	// leaveTime is how long a connection that Slack is about to close is still read, while
	// the next one is there already. Slack gives about ten seconds.
	leaveTime = 15 * time.Second
	// steadyTime is how long a connection must have lived for the next to be opened at once.
	steadyTime  = 10 * time.Second
	silenceTime = 30 * time.Second
	firstPace   = time.Second
	slowestPace = 30 * time.Second
)

// NewSocket makes a Socket without calling Slack. Of the options Token is not used. With no
// app token at all the error has the class fault.Off, otherwise fault.Permanent.
func NewSocket(o Options, app fault.Secret) (*Socket, error) {
	if err := checkAppToken(app.Reveal()); err != nil {
		return nil, err
	}
	base, err := checkBaseURL(o.BaseURL)
	if err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Token = app
	return &Socket{
		wire: newWire(o, base), log: o.Logger, silence: silenceTime, pace: firstPace,
		dialer: &websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: defaultTimeout},
		slots:  make(chan struct{}, maxHandlers),
	}, nil
}

// checkAppToken refuses what is no app-level token. No part of it is in its errors.
func checkAppToken(token string) error {
	const mend = "set SLACK_APP_TOKEN to an app-level token (xapp-...) with the scope connections:write, of the app's page Basic Information"
	switch {
	case token == "":
		return &fault.Error{Vendor: vendorName, Operation: "settings", Class: fault.Off, Reason: "there is no app token", Mend: mend}
	case strings.ContainsAny(token, " \t\r\n"):
		return unset("the app token has white space in it", mend)
	case strings.HasPrefix(token, "xoxb-"):
		return unset("the app token is a bot token", mend)
	case !strings.HasPrefix(token, "xapp-") || len(token) == len("xapp-"):
		return unset("the app token does not look like one", mend)
	}
	return nil
}

// Connected reports whether Slack has a connection to send things over.
func (s *Socket) Connected() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live > 0
}

// Failure is why there is no connection, nil while there is one or none was tried.
func (s *Socket) Failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live > 0 {
		return nil
	}
	return s.failure
}

// Run keeps a connection to Slack until ctx ends, and then waits for the handlers that run.
// It tries again for ever, whatever Slack says: a token can be mended at Slack's side, and an
// incident must not wait for somebody to start Muster again.
func (s *Socket) Run(ctx context.Context, in Inbound) error {
	var links sync.WaitGroup
	defer links.Wait()
	for failures := 0; ctx.Err() == nil; {
		l, err := s.open(ctx, in)
		if err != nil {
			failures++
			s.failed(ctx, err)
			s.wait(ctx, failures, err)
			continue
		}
		began := s.wire.now()
		links.Go(func() { l.serve(ctx) })
		select {
		case <-l.leaving:
		case <-l.done:
		case <-ctx.Done():
		}
		if s.wire.now().Sub(began) >= steadyTime {
			failures = 0
		} else {
			failures++
			s.wait(ctx, failures, nil)
		}
	}
	return nil
}

// failed remembers and logs why there is no connection.
func (s *Socket) failed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	s.failure = err
	s.mu.Unlock()
	level := slog.LevelWarn
	if !fault.IsClass(err, fault.Retryable) {
		level = slog.LevelError
	}
	s.log.Log(ctx, level, "slack socket is not open", "failure", err)
}

// wait lets time pass after a failure, longer each time, and not less than Slack asks for.
// Some of it is chance, so that many gateways do not come back at once.
func (s *Socket) wait(ctx context.Context, failures int, err error) {
	d := min(s.pace<<min(failures-1, 10), slowestPace)
	d = d/2 + rand.N(d/2+1) //nolint:gosec // no secret depends on it
	if e, ok := fault.As(err); ok {
		d = max(d, e.RetryAfter)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// address asks Slack where to connect to. It has a ticket in it, so it is in no error.
func (s *Socket) address(ctx context.Context) (*url.URL, error) {
	var answer struct {
		URL string `json:"url"`
	}
	if err := s.wire.call(ctx, opOpenSocket, url.Values{}, &answer); err != nil {
		return nil, err
	}
	u, err := url.Parse(answer.URL)
	if err != nil || u.Host == "" || (u.Scheme != "wss" && (u.Scheme != "ws" || strings.HasPrefix(s.wire.base, "https:"))) {
		return nil, emptyAnswer(opOpenSocket)
	}
	return u, nil
}

// open asks Slack where to connect to, and connects.
func (s *Socket) open(ctx context.Context, in Inbound) (*link, error) {
	u, err := s.address(ctx)
	if err != nil {
		return nil, err
	}
	dialing, cancel := context.WithTimeout(ctx, defaultTimeout)
	defer cancel()
	conn, resp, err := s.dialer.DialContext(dialing, u.String(), nil)
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close()
	}
	if err != nil {
		text := s.wire.scrub(strings.NewReplacer(u.String(), "***", u.RequestURI(), "***").Replace(err.Error()))
		e := noAnswer("socket", &scrubbed{err: err, text: text})
		if errors.Is(err, websocket.ErrBadHandshake) && resp != nil {
			e.Reason, e.Status = statusReason(resp.StatusCode), resp.StatusCode
		}
		return nil, e
	}
	return newLink(s, conn, in), nil
}
