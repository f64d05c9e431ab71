package slacksim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Socket Mode (https://docs.slack.dev/apis/events-api/using-socket-mode): the product asks
// apps.connections.open for an address, connects, and what happens comes as envelopes, each to
// one of its connections. It acknowledges each within three seconds. An envelope whose
// connection ends before that goes to another connection.

const (
	socketPath   = "/socket/"
	maxSockets   = 10
	socketScheme = "socket"
)

// socketTargets are where deliveries go in Socket Mode: the host says the type of envelope.
var socketTargets = Targets{
	Events: socketScheme + "://events_api", Interactivity: socketScheme + "://interactive", Commands: socketScheme + "://slash_commands",
}

// sockets are the open connections. It is the way of HTTP requests to socketTargets, so that
// whatever makes deliveries late, double or lost does it to envelopes as well.
type sockets struct {
	every time.Duration // between pings

	mu      sync.Mutex
	tickets map[string]bool
	open    []*socket
	turn    int
	count   int
	changed chan struct{} // closed when open changes
	running sync.WaitGroup
	closed  bool
}

func newSockets(every time.Duration) *sockets {
	return &sockets{every: every, tickets: map[string]bool{}, changed: make(chan struct{})}
}

// socket is one connection.
type socket struct {
	conn *websocket.Conn
	gone chan struct{} // closed when the connection has ended

	writing sync.Mutex
	mu      sync.Mutex
	waiting map[string]chan json.RawMessage // by envelope
	retired bool                            // is told to go, gets nothing new
	stalled bool                            // looks open and does nothing
}

// envelope is what the product gets.
type envelope struct {
	Type     string          `json:"type"`
	Envelope string          `json:"envelope_id"`
	Payload  json.RawMessage `json:"payload"`
	Accepts  bool            `json:"accepts_response_payload"`
	Attempt  int             `json:"retry_attempt"`
	Reason   string          `json:"retry_reason"`
}

// errNoSocket is the answer to a command while nobody is connected.
var errNoSocket = errors.New("nobody is connected over Socket Mode")

// RoundTrip sends a request to the product as an envelope and makes an answer of its
// acknowledgement. Without one it ends with the request's context.
func (h *sockets) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("read delivery: %w", err)
	}
	env := envelope{Type: r.URL.Host, Accepts: r.URL.Host != "events_api", Reason: r.Header.Get("X-Slack-Retry-Reason")}
	env.Attempt, _ = strconv.Atoi(r.Header.Get("X-Slack-Retry-Num"))
	if env.Payload, err = envelopePayload(env.Type, body); err != nil {
		return nil, err
	}
	first := true
	for {
		to, err := h.pick(r.Context(), first && env.Accepts)
		if err != nil {
			return nil, err
		}
		first = false
		env.Envelope = h.envelopeID()
		answer, err := to.deliver(r.Context(), env)
		if errors.Is(err, errDropped) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return &http.Response{
			Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
			Body: io.NopCloser(bytes.NewReader(answer)), ContentLength: int64(len(answer)), Request: r,
		}, nil
	}
}

// envelopePayload makes JSON of what goes over HTTP as a form.
func envelopePayload(kind string, body []byte) (json.RawMessage, error) {
	if kind == "events_api" {
		return body, nil
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, fmt.Errorf("read delivery: %w", err)
	}
	if kind == "interactive" {
		return json.RawMessage(form.Get("payload")), nil
	}
	object := map[string]string{}
	for name := range form {
		object[name] = form.Get(name)
	}
	return json.Marshal(object)
}

func (h *sockets) envelopeID() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.count++
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", h.count)
}

// pick chooses the next connection in turn. It waits for one, or with atOnce refuses when there
// is none.
func (h *sockets) pick(ctx context.Context, atOnce bool) (*socket, error) {
	for {
		h.mu.Lock()
		changed := h.changed
		var usable []*socket
		for _, one := range h.open {
			if one.usable() {
				usable = append(usable, one)
			}
		}
		h.turn++
		turn := h.turn
		h.mu.Unlock()
		switch {
		case len(usable) > 0:
			return usable[turn%len(usable)], nil
		case atOnce:
			return nil, errNoSocket
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, errors.Join(errNoSocket, ctx.Err())
		}
	}
}

func (c *socket) usable() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.retired
}

var errDropped = errors.New("the connection ended before the acknowledgement")

// deliver sends an envelope and waits for its acknowledgement.
func (c *socket) deliver(ctx context.Context, env envelope) (json.RawMessage, error) {
	answer := make(chan json.RawMessage, 1)
	c.mu.Lock()
	c.waiting[env.Envelope] = answer
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.waiting, env.Envelope)
		c.mu.Unlock()
	}()
	if err := c.write(env); err != nil {
		_ = c.conn.Close()
		<-c.gone
		return nil, errDropped
	}
	select {
	case payload := <-answer:
		return payload, nil
	case <-c.gone:
		select {
		case payload := <-answer: // it came just before the end
			return payload, nil
		default:
			return nil, errDropped
		}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (c *socket) write(message any) error {
	c.mu.Lock()
	stalled := c.stalled
	c.mu.Unlock()
	if stalled {
		return nil
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.send(message)
}

// send writes a message, for whoever holds the lock of it.
func (c *socket) send(message any) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	return c.conn.WriteJSON(message)
}

// read takes acknowledgements until the connection ends.
func (c *socket) read() {
	for {
		_, raw, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		var ack struct {
			Envelope string          `json:"envelope_id"`
			Payload  json.RawMessage `json:"payload"`
		}
		if json.Unmarshal(raw, &ack) != nil {
			continue
		}
		if string(ack.Payload) == "null" {
			ack.Payload = nil
		}
		c.mu.Lock()
		if answer := c.waiting[ack.Envelope]; answer != nil && !c.stalled {
			answer <- ack.Payload
			delete(c.waiting, ack.Envelope)
		}
		c.mu.Unlock()
	}
}

// ping is how the product notices that a connection is dead.
func (c *socket) ping(every time.Duration) {
	for {
		select {
		case <-c.gone:
			return
		case <-time.After(every):
		}
		c.mu.Lock()
		stalled := c.stalled
		c.mu.Unlock()
		if !stalled {
			_ = c.conn.WriteControl(websocket.PingMessage, []byte("Ping from sim"), time.Now().Add(time.Second))
		}
	}
}

// ticket makes an address that can be connected to once.
func (h *sockets) ticket() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.count++
	id := "t" + strconv.Itoa(h.count)
	h.tickets[id] = true
	return id
}

func (h *sockets) admit(id string) (admitted, full bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	admitted = h.tickets[id] && !h.closed
	delete(h.tickets, id)
	return admitted, len(h.open) >= maxSockets
}

// serveSocket makes a connection of a request and serves it until it ends.
func (s *Sim) serveSocket(w http.ResponseWriter, r *http.Request) {
	h := s.sockets
	admitted, full := h.admit(strings.TrimPrefix(r.URL.Path, socketPath))
	if !admitted {
		http.NotFound(w, r)
		return
	}
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	c := &socket{conn: conn, gone: make(chan struct{}), waiting: map[string]chan json.RawMessage{}}
	if reason := s.unwelcome(full); reason != "" {
		_ = c.write(farewell(reason))
		_ = conn.Close()
		return
	}
	h.serve(c)
}

func (s *Sim) unwelcome(full bool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.socketMode:
		return "link_disabled"
	case full:
		return "too_many_websockets"
	}
	return ""
}

func farewell(reason string) fields {
	return fields{"type": "disconnect", "reason": reason, "debug_info": fields{"host": "applink-sim"}}
}

func (h *sockets) serve(c *socket) {
	// Whoever has heard the hello is connected, and nothing comes before it.
	c.writing.Lock()
	n := 0
	h.change(func() {
		if h.closed {
			return
		}
		h.running.Add(1)
		h.open = append(h.open, c)
		n = len(h.open)
	})
	if n == 0 {
		c.writing.Unlock()
		_ = c.conn.Close()
		return
	}
	defer h.running.Done()
	_ = c.send(fields{
		"type": "hello", "num_connections": n, "connection_info": fields{"app_id": appID},
		"debug_info": fields{"host": "applink-sim", "started": time.Now().UTC().Format(time.DateTime), "build_number": 1, "approximate_connection_time": 18060},
	})
	c.writing.Unlock()
	h.running.Go(func() { c.ping(h.every) })
	c.read()
	_ = c.conn.Close()
	close(c.gone)
	h.change(func() {
		kept := h.open[:0:0]
		for _, other := range h.open {
			if other != c {
				kept = append(kept, other)
			}
		}
		h.open = kept
	})
}

func (h *sockets) change(do func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	do()
	close(h.changed)
	h.changed = make(chan struct{})
}

func (h *sockets) all() []*socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]*socket(nil), h.open...)
}

func (h *sockets) close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	for _, c := range h.all() {
		_ = c.conn.Close()
	}
	h.running.Wait()
}
