package slack

import (
	"context"
	"encoding/json"
	"errors"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"muster/integrations/fault"
)

const (
	// maxFrame bounds what Slack may send at once.
	maxFrame = 8 << 20
	// maxAck is what Slack takes; slack-go refuses from 20 KB on.
	maxAck    = 20_000
	writeTime = 5 * time.Second
)

// link is one connection of a Socket.
type link struct {
	socket *Socket
	conn   *websocket.Conn
	in     Inbound
	// leaving is closed when Slack asks for another connection, done when this one has ended.
	leaving, done chan struct{}
	left          sync.Once
	// greeted is closed when Slack has said hello.
	greeted chan struct{}

	writing sync.Mutex

	reading sync.Mutex
	stopped bool
}

func newLink(s *Socket, conn *websocket.Conn, in Inbound) *link {
	return &link{socket: s, conn: conn, in: in, leaving: make(chan struct{}), done: make(chan struct{}), greeted: make(chan struct{})}
}

// frame is what Slack sends over a connection.
type frame struct {
	Type       string          `json:"type"`
	EnvelopeID string          `json:"envelope_id"`
	Payload    json.RawMessage `json:"payload"`
	Accepts    bool            `json:"accepts_response_payload"`
	Retry      lenient[int]    `json:"retry_attempt"`
	Reason     string          `json:"reason"`
}

// serve reads until the connection ends or ctx does, then lets the handlers end, whose
// acknowledgements still go out.
func (l *link) serve(ctx context.Context) {
	var handlers sync.WaitGroup
	ended := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() { l.watch(ctx, ended) })
	err := l.read(ctx, &handlers)
	l.gone(ctx, err)
	close(l.done)
	handlers.Wait()
	close(ended)
	watch.Wait()
	l.writing.Lock()
	defer l.writing.Unlock()
	_ = l.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), l.until(time.Second))
	_ = l.conn.Close()
}

// until is a moment for the network, which keeps its own time.
func (l *link) until(d time.Duration) time.Time { return time.Now().Add(d) }

// watch keeps asking whether Slack is still there, and ends the reading when ctx ends, when
// Slack says no hello, or when a connection that is being left has had its time.
func (l *link) watch(ctx context.Context, ended <-chan struct{}) {
	ping := time.NewTicker(l.socket.silence / 3)
	defer ping.Stop()
	greeting := time.NewTimer(l.socket.silence)
	defer greeting.Stop()
	leaving, greeted := l.leaving, l.greeted
	var last <-chan time.Time
	for {
		select {
		case <-ended:
			return
		case <-ctx.Done():
			l.stopReading()
			<-ended
			return
		case <-greeted:
			greeted = nil
			greeting.Stop()
		case <-greeting.C:
			l.stopReading()
		case <-leaving:
			leaving = nil
			timer := time.NewTimer(leaveTime)
			defer timer.Stop()
			last = timer.C
		case <-last:
			l.stopReading()
			last = nil
		case <-ping.C:
			// A failed ping is noticed by the silence after it.
			_ = l.conn.WriteControl(websocket.PingMessage, nil, l.until(writeTime))
		}
	}
}

// stopReading ends the reading for good.
func (l *link) stopReading() {
	l.reading.Lock()
	defer l.reading.Unlock()
	l.stopped = true
	_ = l.conn.SetReadDeadline(time.Now())
}

// heard puts off the moment at which the connection is taken for dead.
func (l *link) heard() {
	l.reading.Lock()
	defer l.reading.Unlock()
	if !l.stopped {
		_ = l.conn.SetReadDeadline(l.until(l.socket.silence))
	}
}

// read takes what Slack sends until the connection ends.
func (l *link) read(ctx context.Context, handlers *sync.WaitGroup) error {
	l.conn.SetReadLimit(maxFrame)
	l.conn.SetPongHandler(func(string) error { l.heard(); return nil })
	pong := l.conn.PingHandler()
	l.conn.SetPingHandler(func(data string) error { l.heard(); return pong(data) })
	for {
		l.heard()
		_, raw, err := l.conn.ReadMessage()
		if err != nil {
			return err
		}
		var f frame
		if json.Unmarshal(raw, &f) != nil {
			l.socket.log.WarnContext(ctx, "slack sent something that is no JSON object", "bytes", len(raw))
			continue
		}
		switch f.Type {
		case "hello":
			l.hello(ctx)
		case "disconnect":
			l.leave(ctx, f.Reason)
		default:
			l.take(ctx, f, handlers)
		}
	}
}

func (l *link) hello(ctx context.Context) {
	if l.known() {
		return
	}
	close(l.greeted)
	l.socket.mu.Lock()
	l.socket.live++
	l.socket.failure = nil
	l.socket.mu.Unlock()
	l.socket.log.InfoContext(ctx, "slack socket is open")
}

// known reports whether Slack has said hello; only the reader asks.
func (l *link) known() bool {
	select {
	case <-l.greeted:
		return true
	default:
		return false
	}
}

// leave lets Run open the next connection, while this one is still read: Slack closes it in
// a few seconds.
func (l *link) leave(ctx context.Context, reason string) {
	l.socket.log.InfoContext(ctx, "slack asks for another socket", "reason", clip(reason, maxReason))
	if reason == "link_disabled" {
		l.socket.failed(ctx, &fault.Error{
			Vendor: vendorName, Operation: "socket", Class: fault.Permanent, Reason: reason,
			Mend: "switch Socket Mode on in the app's settings",
		})
	}
	l.left.Do(func() { close(l.leaving) })
}

// gone notes the end of the connection.
func (l *link) gone(ctx context.Context, err error) {
	s := l.socket
	s.mu.Lock()
	if l.known() {
		s.live--
	}
	s.mu.Unlock()
	select {
	case <-l.leaving: // as Slack announced
		s.log.DebugContext(ctx, "slack socket is left")
		return
	default:
	}
	s.failed(ctx, noAnswer("socket", &scrubbed{err: err, text: s.wire.scrub(err.Error())}))
}

// take gives an envelope to its handler, when there is room for one more.
func (l *link) take(ctx context.Context, f frame, handlers *sync.WaitGroup) {
	if f.EnvelopeID == "" {
		l.socket.log.DebugContext(ctx, "slack sent what is no envelope", "type", clip(f.Type, maxReason))
		return
	}
	select {
	case l.socket.slots <- struct{}{}:
	case <-ctx.Done():
		return // not acknowledged, so Slack sends it again
	}
	handlers.Go(func() {
		defer func() { <-l.socket.slots }()
		// What was taken is brought to its end even if we are told to stop.
		working, cancel := context.WithTimeout(context.WithoutCancel(ctx), handlerTime)
		defer cancel()
		answer, ok := l.handle(working, f)
		if ok && !answer.Refused {
			l.acknowledge(working, f, answer.Body)
		}
	})
}

// handle runs the handler of an envelope; ok is false when it panicked.
func (l *link) handle(ctx context.Context, f frame) (answer Answer, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			l.socket.log.ErrorContext(ctx, "a handler of slack's envelopes panicked", "type", f.Type, "panic", p, "stack", string(debug.Stack()))
			answer, ok = Answer{}, false
		}
	}()
	answer, err := dispatch(ctx, l.in, f)
	if err != nil {
		// Sent again it would be the same, so it is acknowledged.
		l.socket.log.WarnContext(ctx, "slack sent something that is not understood", "type", clip(f.Type, maxReason), "failure", err)
		return Answer{}, true
	}
	return answer, true
}

func dispatch(ctx context.Context, in Inbound, f frame) (Answer, error) {
	switch f.Type {
	case "slash_commands":
		c, err := parseSlashJSON(f.Payload)
		if err != nil || c.Check {
			return Answer{}, err
		}
		return in.Command(ctx, c), nil
	case "interactive":
		i, err := ParseInteractionJSON(f.Payload)
		if err != nil {
			return Answer{}, err
		}
		return in.Interaction(ctx, i), nil
	case "events_api":
		e, err := ParseEvent(f.Payload)
		if err != nil {
			return Answer{}, err
		}
		e.Retry = f.Retry.V
		return in.Event(ctx, e), nil
	}
	return Answer{}, malformed("an envelope has an unknown type")
}

// acknowledge tells Slack that an envelope was taken. If that is lost Slack sends it again,
// over another connection if need be.
func (l *link) acknowledge(ctx context.Context, f frame, body any) {
	ack := struct {
		EnvelopeID string `json:"envelope_id"`
		Payload    any    `json:"payload,omitempty"`
	}{EnvelopeID: f.EnvelopeID}
	if f.Accepts {
		ack.Payload = body
	}
	raw, err := json.Marshal(ack)
	if err != nil || len(raw) >= maxAck {
		l.socket.log.ErrorContext(ctx, "an answer to slack is too large or cannot be encoded; only its receipt is sent", "type", f.Type, "bytes", len(raw), "failure", err)
		ack.Payload = nil
		if raw, err = json.Marshal(ack); err != nil {
			return
		}
	}
	l.writing.Lock()
	defer l.writing.Unlock()
	_ = l.conn.SetWriteDeadline(l.until(writeTime))
	if err := l.conn.WriteMessage(websocket.TextMessage, raw); err != nil && !errors.Is(err, websocket.ErrCloseSent) {
		l.socket.log.WarnContext(ctx, "an acknowledgement to slack was lost", "type", f.Type, "failure", err)
	}
}
