package slacksim_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	slackapi "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
	"github.com/stretchr/testify/require"

	"muster/internal/sims/slacksim"
)

// line is a connection of the product over Socket Mode.
type line struct {
	t    *testing.T
	conn *websocket.Conn
}

type message struct {
	Type     string          `json:"type"`
	Envelope string          `json:"envelope_id"`
	Payload  json.RawMessage `json:"payload"`
	Accepts  bool            `json:"accepts_response_payload"`
	Attempt  int             `json:"retry_attempt"`
	Reason   string          `json:"reason"`
}

func (r *room) socketURL() string {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url+"/api/apps.connections.open", nil)
	require.NoError(r.t, err)
	request.Header.Set("Authorization", "Bearer xapp-test")
	response, err := http.DefaultClient.Do(request)
	require.NoError(r.t, err)
	defer func() { require.NoError(r.t, response.Body.Close()) }()
	var out struct {
		OK  bool   `json:"ok"`
		URL string `json:"url"`
	}
	require.NoError(r.t, json.NewDecoder(response.Body).Decode(&out))
	require.True(r.t, out.OK)
	return out.URL
}

// dials connects and returns the line with its first message.
func (r *room) dials() (*line, message) {
	r.t.Helper()
	conn, response, err := websocket.DefaultDialer.DialContext(r.t.Context(), r.socketURL(), nil)
	require.NoError(r.t, err)
	require.NoError(r.t, response.Body.Close())
	l := &line{r.t, conn}
	r.t.Cleanup(func() { _ = conn.Close() })
	return l, l.next()
}

func (l *line) next() message {
	l.t.Helper()
	require.NoError(l.t, l.conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	var m message
	require.NoError(l.t, l.conn.ReadJSON(&m))
	return m
}

func (l *line) acks(m message, payload string) {
	l.t.Helper()
	ack := map[string]any{"envelope_id": m.Envelope}
	if payload != "" {
		ack["payload"] = json.RawMessage(payload)
	}
	require.NoError(l.t, l.conn.WriteJSON(ack))
}

// aside does something that takes until the product has answered.
func aside(do func() (slacksim.Reply, error)) func() (slacksim.Reply, error) {
	var reply slacksim.Reply
	var err error
	var done sync.WaitGroup
	done.Go(func() { reply, err = do() })
	return func() (slacksim.Reply, error) {
		done.Wait()
		return reply, err
	}
}

func TestACommandOverASocketIsAnsweredByTheAcknowledgement(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{SocketMode: true})
	l, hello := r.dials()
	require.Equal(t, "hello", hello.Type)
	require.NoError(t, r.WaitSockets(t.Context(), 1))

	reply := aside(func() (slacksim.Reply, error) { return r.Person(alice).Slash("/incident checkout is down") })
	m := l.next()
	require.Equal(t, "slash_commands", m.Type)
	require.True(t, m.Accepts)
	var form map[string]string
	require.NoError(t, json.Unmarshal(m.Payload, &form))
	require.Equal(t, "checkout is down", form["text"])
	l.acks(m, `{"text":"INC-1 is declared"}`)

	got, err := reply()
	require.NoError(t, err)
	require.Equal(t, "INC-1 is declared", got.Text())
	require.Equal(t, "INC-1 is declared", r.Ephemerals(alice)[0].Text)
}

func TestAnEnvelopeWhoseConnectionEndsGoesToAnother(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{SocketMode: true})
	first, _ := r.dials()
	require.NoError(t, r.WaitSockets(t.Context(), 1))
	reply := aside(func() (slacksim.Reply, error) { return r.Person(alice).Slash("/incident") })
	lost := first.next()
	second, hello := r.dials()
	require.Equal(t, "hello", hello.Type)

	require.NoError(t, first.conn.Close())

	again := second.next()
	require.JSONEq(t, string(lost.Payload), string(again.Payload))
	require.NotEqual(t, lost.Envelope, again.Envelope)
	second.acks(again, "")
	got, err := reply()
	require.NoError(t, err)
	require.Equal(t, 200, got.Status)
}

func TestAnEventThatIsNotAcknowledgedComesAgain(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{SocketMode: true, AnswerWithin: 500 * time.Millisecond, EventWaits: []time.Duration{time.Millisecond, time.Millisecond, time.Millisecond}})
	l, _ := r.dials()
	require.NoError(t, r.Person(bob).OpensHome())
	first := l.next()
	require.Equal(t, "events_api", first.Type)
	require.Zero(t, first.Attempt)
	again := l.next() // after half a second
	require.Equal(t, 1, again.Attempt)
	require.JSONEq(t, string(first.Payload), string(again.Payload))
	l.acks(again, "")
	require.NoError(t, r.Events().Wait(t.Context()))
	require.Len(t, r.Events().Delivered(), 1)
}

func TestConnectionsEndAndAreLimited(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{SocketMode: true})
	_, err := r.Person(alice).Slash("/incident")
	require.ErrorIs(t, err, slacksim.ErrUnanswered, "nobody is connected")

	old, _ := r.dials()
	require.NoError(t, r.WaitSockets(t.Context(), 1))
	r.RefreshSockets()
	m := old.next()
	require.Equal(t, "disconnect refresh_requested", m.Type+" "+m.Reason)
	_, err = r.Person(alice).Slash("/incident")
	require.ErrorIs(t, err, slacksim.ErrUnanswered, "a connection that is to go gets nothing new")

	for range 9 {
		r.dials()
	}
	require.NoError(t, r.WaitSockets(t.Context(), 10))
	_, m = r.dials()
	require.Equal(t, "too_many_websockets", m.Reason)

	address := r.socketURL()
	r.DropSockets()
	require.Eventually(t, func() bool { return r.Sockets() == 0 }, 5*time.Second, time.Millisecond)
	r.SetSocketMode(false)
	_, m = r.dials()
	require.Equal(t, "link_disabled", m.Reason)
	used := strings.Replace(address, "/socket/t", "/socket/x", 1)
	_, response, err := websocket.DefaultDialer.DialContext(t.Context(), used, nil)
	require.ErrorIs(t, err, websocket.ErrBadHandshake)
	require.NoError(t, response.Body.Close())
}

func TestADeadConnectionLooksOpen(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{SocketMode: true, PingEvery: 10 * time.Millisecond, AnswerWithin: 50 * time.Millisecond})
	l, _ := r.dials()
	pings := make(chan struct{}, 1000)
	l.conn.SetPingHandler(func(string) error { pings <- struct{}{}; return nil })
	go func() { _, _, _ = l.conn.ReadMessage() }()
	<-pings
	r.StallSockets()
	_, err := r.Person(alice).Slash("/incident")
	require.ErrorIs(t, err, slacksim.ErrUnanswered)
	require.Equal(t, 1, r.Sockets())
}

func TestOnlyTheAppTokenOpensConnections(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{SocketMode: true, AppToken: "xapp-right"})
	for token, code := range map[string]string{"xoxb-test": "not_allowed_token_type", "xapp-wrong": "invalid_auth", "": "not_authed"} {
		response, err := http.PostForm(r.url+"/api/apps.connections.open", url.Values{"token": {token}})
		require.NoError(t, err)
		var out map[string]any
		require.NoError(t, json.NewDecoder(response.Body).Decode(&out))
		require.NoError(t, response.Body.Close())
		require.Equal(t, code, out["error"])
	}
}

func TestSlackGoSpeaksSocketModeWithIt(t *testing.T) {
	t.Parallel()
	r := enter(t, slacksim.Options{SocketMode: true})
	api := slackapi.New("xoxb-test", slackapi.OptionAppLevelToken("xapp-test"), slackapi.OptionAPIURL(r.url+"/api/"))
	client := socketmode.New(api)
	go func() { _ = client.RunContext(t.Context()) }()
	go func() {
		for e := range client.Events {
			if e.Type == socketmode.EventTypeSlashCommand {
				_ = client.Ack(*e.Request, map[string]string{"text": "hello"})
			}
		}
	}()
	require.NoError(t, r.WaitSockets(t.Context(), 1))
	reply, err := r.Person(alice).Slash("/incident help")
	require.NoError(t, err)
	require.Equal(t, "hello", reply.Text())
}
