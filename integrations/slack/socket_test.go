package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"muster/integrations/fault"
)

const appToken = "xapp-1-very-secret"

// exchange is Slack's side of Socket Mode, as far as these tests need it.
type exchange struct {
	t      *testing.T
	server *httptest.Server
	// open answers apps.connections.open; nil gives an address.
	open atomic.Pointer[string]
	// mute keeps the next connections from answering pings.
	mute  atomic.Bool
	conns chan *websocket.Conn
	calls atomic.Int32
	log   lockedBuffer
}

// lockedBuffer is written by many.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newExchange(t *testing.T) *exchange {
	t.Helper()
	x := &exchange{t: t, conns: make(chan *websocket.Conn, 10)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/apps.connections.open", func(w http.ResponseWriter, r *http.Request) {
		x.calls.Add(1)
		if r.Header.Get("Authorization") != "Bearer "+appToken {
			_, _ = w.Write([]byte(`{"ok":false,"error":"invalid_auth"}`))
			return
		}
		if answer := x.open.Load(); answer != nil {
			_, _ = w.Write([]byte(*answer))
			return
		}
		_, _ = fmt.Fprintf(w, `{"ok":true,"url":"ws://%s/socket?ticket=very-secret"}`, r.Host)
	})
	mux.HandleFunc("GET /socket", func(w http.ResponseWriter, r *http.Request) {
		var up websocket.Upgrader
		conn, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		x.conns <- conn
	})
	x.server = httptest.NewServer(mux)
	t.Cleanup(x.server.Close)
	return x
}

// listens runs a Socket until the test ends or stop is called, which waits for its end.
func (x *exchange) listens(in Inbound) (s *Socket, stop func()) {
	x.t.Helper()
	s, err := NewSocket(Options{
		BaseURL: x.server.URL + "/api", Logger: slog.New(slog.NewTextHandler(&x.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}, fault.NewSecret(appToken))
	require.NoError(x.t, err)
	s.silence, s.pace = 300*time.Millisecond, time.Millisecond
	ctx, cancel := context.WithCancel(x.t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, in) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			select {
			case err := <-done:
				require.NoError(x.t, err)
			case <-time.After(patienceIn):
				x.t.Error("the socket does not end")
			}
		})
	}
	x.t.Cleanup(func() {
		stop()
		require.NotContains(x.t, x.log.String(), "very-secret")
	})
	return s, stop
}

const patienceIn = 10 * time.Second

// side is one connection at Slack's end.
type side struct {
	*websocket.Conn
	x    *exchange
	acks chan map[string]any
	gone chan struct{}
	mu   sync.Mutex
}

// connection waits for the next connection and says hello.
func (x *exchange) connection() *side {
	x.t.Helper()
	c := x.silent()
	c.sends(`{"type":"hello","num_connections":1}`)
	return c
}

func (x *exchange) silent() *side {
	x.t.Helper()
	select {
	case conn := <-x.conns:
		c := &side{Conn: conn, x: x, acks: make(chan map[string]any, 200), gone: make(chan struct{})}
		if x.mute.Load() {
			conn.SetPingHandler(func(string) error { return nil })
		}
		go func() {
			defer close(c.gone)
			for {
				var ack map[string]any
				if conn.ReadJSON(&ack) != nil {
					return
				}
				c.acks <- ack
			}
		}()
		x.t.Cleanup(func() { _ = conn.Close() })
		return c
	case <-time.After(patienceIn):
		require.FailNow(x.t, "nobody connects")
		return nil
	}
}

func (c *side) sends(text string) {
	c.x.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	require.NoError(c.x.t, c.WriteMessage(websocket.TextMessage, []byte(text)))
}

func (c *side) envelope(id, kind, payload string) {
	c.x.t.Helper()
	c.sends(fmt.Sprintf(`{"type":%q,"envelope_id":%q,"accepts_response_payload":%t,"retry_attempt":2,"payload":%s}`, kind, id, kind != "events_api", payload))
}

func (c *side) ack() map[string]any {
	c.x.t.Helper()
	select {
	case a := <-c.acks:
		return a
	case <-time.After(patienceIn):
		require.FailNow(c.x.t, "nothing was acknowledged")
		return nil
	}
}

func (c *side) ends() {
	c.x.t.Helper()
	select {
	case <-c.gone:
	case <-time.After(patienceIn):
		require.FailNow(c.x.t, "the connection stays open")
	}
}

// hears is an Inbound of three functions.
type hears struct {
	command     func(context.Context, SlashCommand) Answer
	interaction func(context.Context, Interaction) Answer
	event       func(context.Context, Event) Answer
}

func (h hears) Command(ctx context.Context, c SlashCommand) Answer { return h.command(ctx, c) }
func (h hears) Interaction(ctx context.Context, i Interaction) Answer {
	return h.interaction(ctx, i)
}
func (h hears) Event(ctx context.Context, e Event) Answer { return h.event(ctx, e) }

const (
	aCommand = `{"command":"/incident","user_id":"U1","text":"help"}`
	aClick   = `{"type":"block_actions","user":{"id":"U1"},"message":{"ts":"1.1","blocks":[{"type":"unheard of","elements":"none"}]},"actions":[{"action_id":"join"}]}`
	anEvent  = `{"type":"event_callback","event_id":"Ev1","event":{"type":"message","channel":"C1","blocks":[{"type":"unheard of","elements":"none"}]}}`
)

func TestSettingsOfASocketThatCannotWork(t *testing.T) {
	t.Parallel()
	for token, reason := range map[string]string{
		"": "there is no app token", "xoxb-secret": "bot token", "secret": "does not look like one", "xapp-": "does not look like one", "xapp-secret\n": "white space",
	} {
		_, err := NewSocket(Options{}, fault.NewSecret(token))
		e, ok := fault.As(err)
		require.True(t, ok)
		require.Equal(t, token == "", e.Class == fault.Off)
		require.Contains(t, e.Reason, reason)
		require.NotEmpty(t, e.Mend)
		require.NotContains(t, err.Error(), "secret")
	}
	_, err := NewSocket(Options{BaseURL: "slack.com"}, fault.NewSecret(appToken))
	require.True(t, fault.IsClass(err, fault.Permanent))
}

func TestWhatIsTakenIsAcknowledgedWithItsAnswer(t *testing.T) {
	t.Parallel()
	x := newExchange(t)
	s, stop := x.listens(hears{
		command: func(_ context.Context, c SlashCommand) Answer {
			return Answer{Body: map[string]any{"text": c.Command + " " + c.Text}}
		},
		interaction: func(_ context.Context, i Interaction) Answer { return Answer{} },
		event: func(_ context.Context, e Event) Answer {
			return Answer{Refused: e.ID != "Ev1" || e.Retry != 2, Body: "events take no answer"}
		},
	})
	c := x.connection()
	require.Eventually(t, s.Connected, patienceIn, time.Millisecond)
	c.envelope("e1", "slash_commands", aCommand)
	require.Equal(t, map[string]any{"envelope_id": "e1", "payload": map[string]any{"text": "/incident help"}}, c.ack())
	c.envelope("e2", "interactive", aClick)
	require.Equal(t, map[string]any{"envelope_id": "e2"}, c.ack(), "a block that nobody knows changes nothing")
	c.envelope("e3", "events_api", anEvent)
	require.Equal(t, map[string]any{"envelope_id": "e3"}, c.ack())

	stop()
	c.ends()
	require.False(t, s.Connected())
	require.NoError(t, s.Failure(), "an end that was asked for is no failure")
}

func TestWhatIsNotTakenIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	x := newExchange(t)
	x.listens(hears{
		command:     func(context.Context, SlashCommand) Answer { return Answer{Refused: true} },
		interaction: func(context.Context, Interaction) Answer { panic("oh no") },
		event:       func(context.Context, Event) Answer { return Answer{} },
	})
	c := x.connection()
	c.envelope("e1", "slash_commands", aCommand)
	c.envelope("e2", "interactive", aClick)
	require.Eventually(t, func() bool { return strings.Contains(x.log.String(), "oh no") }, patienceIn, time.Millisecond)
	c.envelope("e3", "events_api", anEvent)
	require.Equal(t, "e3", c.ack()["envelope_id"], "a panic ends nothing else")
	c.envelope("e4", "events_api", `{"type":"event_callback"}`)
	require.Equal(t, "e4", c.ack()["envelope_id"], "what is not understood is not sent again")
	c.envelope("e5", "something_new", `{}`)
	require.Equal(t, "e5", c.ack()["envelope_id"])
	c.sends("no JSON")
	c.sends(`{"type":"who knows"}`)
	c.envelope("e6", "events_api", anEvent)
	require.Equal(t, "e6", c.ack()["envelope_id"])
	require.Empty(t, c.acks)
}

func TestAnAnswerThatIsTooLargeIsStillAReceipt(t *testing.T) {
	t.Parallel()
	x := newExchange(t)
	x.listens(hears{command: func(context.Context, SlashCommand) Answer { return Answer{Body: strings.Repeat("x", maxAck)} }})
	c := x.connection()
	c.envelope("e1", "slash_commands", aCommand)
	require.Equal(t, map[string]any{"envelope_id": "e1"}, c.ack())
	require.Contains(t, x.log.String(), "too large")
}

func TestEnvelopesAreHandledAtTheSameTimeAndWithinABound(t *testing.T) {
	t.Parallel()
	x := newExchange(t)
	var running, most atomic.Int32
	release := make(chan struct{})
	x.listens(hears{event: func(context.Context, Event) Answer {
		most.Store(max(most.Load(), running.Add(1)))
		<-release
		running.Add(-1)
		return Answer{}
	}})
	c := x.connection()
	for n := range maxHandlers + 20 {
		c.envelope(fmt.Sprint("e", n), "events_api", anEvent)
	}
	require.Eventually(t, func() bool { return running.Load() == maxHandlers }, patienceIn, time.Millisecond)
	close(release)
	seen := map[any]bool{}
	for range maxHandlers + 20 {
		seen[c.ack()["envelope_id"]] = true
	}
	require.Len(t, seen, maxHandlers+20)
	require.LessOrEqual(t, most.Load(), int32(maxHandlers))
}

func TestAHandlerIsBroughtToItsEndWhenTheSocketStops(t *testing.T) {
	t.Parallel()
	x := newExchange(t)
	began, release := make(chan struct{}), make(chan struct{})
	s, stop := x.listens(hears{event: func(ctx context.Context, _ Event) Answer {
		close(began)
		<-release
		return Answer{Refused: ctx.Err() != nil}
	}})
	c := x.connection()
	c.envelope("e1", "events_api", anEvent)
	<-began
	stopped := make(chan struct{})
	go func() { defer close(stopped); stop() }()
	require.Eventually(t, func() bool { return !s.Connected() }, patienceIn, time.Millisecond)
	require.Empty(t, c.acks)
	select {
	case <-stopped:
		require.Fail(t, "the socket did not wait for the handler")
	default:
	}
	close(release)
	require.Equal(t, "e1", c.ack()["envelope_id"])
	<-stopped
	c.ends()
}

func TestTheNextConnectionIsThereBeforeSlackClosesThisOne(t *testing.T) {
	t.Parallel()
	x := newExchange(t)
	s, _ := x.listens(hears{event: func(context.Context, Event) Answer { return Answer{} }})
	old := x.connection()
	old.sends(`{"type":"disconnect","reason":"refresh_requested"}`)
	next := x.connection()
	old.envelope("e1", "events_api", anEvent)
	require.Equal(t, "e1", old.ack()["envelope_id"], "the old connection still works")
	next.envelope("e2", "events_api", anEvent)
	require.Equal(t, "e2", next.ack()["envelope_id"])
	require.NoError(t, old.Close())
	next.envelope("e3", "events_api", anEvent)
	require.Equal(t, "e3", next.ack()["envelope_id"])
	require.True(t, s.Connected())
}

func TestALostConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	x := newExchange(t)
	s, _ := x.listens(hears{event: func(context.Context, Event) Answer { return Answer{} }})
	c := x.connection()
	require.Eventually(t, s.Connected, patienceIn, time.Millisecond)
	require.NoError(t, c.Close())
	c = x.connection()
	c.envelope("e1", "events_api", anEvent)
	require.Equal(t, "e1", c.ack()["envelope_id"])
}

func TestAConnectionOnWhichNothingIsHeardIsDead(t *testing.T) {
	t.Parallel()
	x := newExchange(t)
	x.mute.Store(true)
	s, _ := x.listens(hears{event: func(context.Context, Event) Answer { return Answer{} }})
	dead := x.connection()
	dead.ends()
	x.mute.Store(false)
	x.connection()
	require.Eventually(t, s.Connected, patienceIn, time.Millisecond)
}

func TestAConnectionOnWhichSlackSaysNoHelloIsLeft(t *testing.T) {
	t.Parallel()
	x := newExchange(t)
	s, _ := x.listens(hears{event: func(context.Context, Event) Answer { return Answer{} }})
	x.silent().ends()
	require.False(t, s.Connected())
	require.Error(t, s.Failure())
	x.connection()
	require.Eventually(t, s.Connected, patienceIn, time.Millisecond)
}

func TestAQuietConnectionStaysOpen(t *testing.T) {
	t.Parallel()
	x := newExchange(t)
	s, _ := x.listens(hears{event: func(context.Context, Event) Answer { return Answer{} }})
	c := x.connection()
	require.Never(t, func() bool { return len(x.conns) > 0 }, 3*s.silence, 10*time.Millisecond)
	c.envelope("e1", "events_api", anEvent)
	require.Equal(t, "e1", c.ack()["envelope_id"])
}

func TestSlackMayRefuseToConnectAsOftenAsItLikes(t *testing.T) {
	t.Parallel()
	x := newExchange(t)
	for _, answer := range []string{`{"ok":false,"error":"invalid_auth"}`, `{"ok":true}`, `{}`, `{"ok":true,"url":"http://127.0.0.1:1/?ticket=very-secret"}`} {
		x.open.Store(&answer)
		s, stop := x.listens(hears{})
		before := x.calls.Load()
		require.Eventually(t, func() bool { return x.calls.Load() > before+2 }, patienceIn, time.Millisecond)
		require.False(t, s.Connected())
		require.Error(t, s.Failure())
		stop()
	}
	gone := `{"ok":true,"url":"ws://127.0.0.1:1/socket?ticket=very-secret"}`
	x.open.Store(&gone)
	s, _ := x.listens(hears{})
	require.Eventually(t, func() bool { return s.Failure() != nil }, patienceIn, time.Millisecond)
	require.NotContains(t, s.Failure().Error(), "very-secret")
	x.open.Store(nil)
	x.connection()
	require.Eventually(t, s.Connected, patienceIn, time.Millisecond)
	require.NoError(t, s.Failure())
}

func TestSlacksWishToWaitIsHeeded(t *testing.T) {
	t.Parallel()
	s, err := NewSocket(Options{}, fault.NewSecret(appToken))
	require.NoError(t, err)
	s.pace = time.Microsecond
	began := time.Now()
	s.wait(t.Context(), 1, &fault.Error{RetryAfter: 30 * time.Millisecond})
	require.GreaterOrEqual(t, time.Since(began), 30*time.Millisecond)
	s.pace = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.wait(ctx, 1, nil) // ends at once
}

func TestAnAnswerIsWhatSlackReads(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(Response{Text: "hi"})
	require.NoError(t, err)
	require.JSONEq(t, `{"text":"hi","replace_original":false}`, string(raw))
}
