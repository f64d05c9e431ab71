package slackdoor_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway/rates"
	"muster/gateway/slackdoor"
	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/slack"
	"muster/internal/contracttest"
	"muster/internal/sims/simkit"
	"muster/internal/sims/slacksim"
	"muster/playbook/file"
)

// world is a workspace with people in it, and a Door to Muster.
type world struct {
	*record
	t     *testing.T
	sim   *slacksim.Sim
	chat  *slack.Client
	door  *slackdoor.Door
	http  *httptest.Server
	alice person
	bob   person

	// answersLost cuts the connection instead of answering, after all is done.
	answersLost atomic.Bool

	clock sync.Mutex
	at    time.Time
}

// person is somebody whose every act must be answered.
type person struct {
	w *world
	*slacksim.Person
}

// way is how Slack reaches the Door.
type way string

const (
	byHTTP   way = "signed HTTP"
	bySocket way = "Socket Mode"
)

// eachWay runs a test over both ways in.
func eachWay(t *testing.T, test func(w *world)) {
	t.Helper()
	t.Parallel()
	for _, by := range []way{byHTTP, bySocket} {
		t.Run(string(by), func(t *testing.T) {
			t.Parallel()
			test(newWorld(t, by))
		})
	}
}

const secret = "a-signing-secret"

func newWorld(t *testing.T, by way) *world {
	t.Helper()
	w := &world{t: t, at: time.Now().UTC()}
	w.record = newRecord(w.now)
	w.sim = slacksim.New(slacksim.Options{
		Users:         map[string]string{"alice@example.com": "Alice", "bob@example.com": "Bob"},
		SigningSecret: secret, SocketMode: by == bySocket, EventWaits: []time.Duration{time.Millisecond, 20 * time.Millisecond, 300 * time.Millisecond},
	})
	api := httptest.NewServer(contracttest.Check(t, "slack-web", w.sim))
	o := slack.Options{Token: fault.NewSecret("xoxb-test"), BaseURL: api.URL + "/api/", Logger: logger(t)}
	client, err := slack.New(o)
	require.NoError(t, err)
	w.chat = client
	w.door = slackdoor.New(slackdoor.Options{
		Incidents: w.record, Slack: client, Playbook: file.NewSource("../../muster.yaml", w.now), Logger: logger(t), Now: w.now,
		Rates: rates.New(1, w.now),
	})
	w.http = httptest.NewServer(w.losing(slackdoor.HTTP{
		Inbound: w.door, Secrets: []fault.Secret{fault.NewSecret("an-older-secret"), fault.NewSecret(secret)}, Logger: logger(t),
	}.Handler()))
	stop := func() {}
	if by == bySocket {
		stop = w.connects(o)
	} else {
		w.sim.SetTargets(slacksim.Targets{
			Commands: w.http.URL + slackdoor.PathCommands, Interactivity: w.http.URL + slackdoor.PathInteractivity, Events: w.http.URL + slackdoor.PathEvents,
		})
	}
	t.Cleanup(func() {
		w.sim.Close()
		stop()
		w.door.Close()
		w.http.Close()
		api.Close()
		if !t.Failed() {
			require.Empty(t, w.sim.Unexpected(), "requests that Slack does not understand")
		}
	})
	w.alice, w.bob = w.person("alice@example.com"), w.person("bob@example.com")
	return w
}

// losing lets answers get lost where a test says so.
func (w *world) losing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if !w.answersLost.Load() {
			next.ServeHTTP(out, r)
			return
		}
		next.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	})
}

// connects opens Socket Mode, as the gateway does.
func (w *world) connects(o slack.Options) (stop func()) {
	socket, err := slack.NewSocket(o, fault.NewSecret("xapp-test"))
	require.NoError(w.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = socket.Run(ctx, w.door) // it ends with ctx
	}()
	w.eventually(socket.Connected, "connected")
	return func() { cancel(); <-done }
}

func logger(t *testing.T) *slog.Logger {
	t.Helper()
	if os.Getenv("MUSTER_TEST_LOG") == "" {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (w *world) now() time.Time {
	w.clock.Lock()
	defer w.clock.Unlock()
	return w.at
}

// later lets time pass.
func (w *world) later(d time.Duration) {
	w.clock.Lock()
	defer w.clock.Unlock()
	w.at = w.at.Add(d)
}

func (w *world) eventually(is func() bool, format string, args ...any) {
	w.t.Helper()
	require.Eventuallyf(w.t, is, 10*time.Second, 5*time.Millisecond, format, args...)
}

func (w *world) person(email string) person { return person{w, w.sim.Person(email)} }

// incident gives the facts of an incident, which must exist.
func (w *world) incident(number int) incident.Incident {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	i := w.facts[number]
	require.NotNil(w.t, i, "INC-%d", number)
	return clone(i)
}

func (w *world) declared() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.facts)
}

// channelOf makes the incident's channel in the workspace, with people in it.
func (w *world) channelOf(number int, people ...person) string {
	w.t.Helper()
	i := w.incident(number)
	id := w.sim.AddChannel(i.Links.Channel.Name)
	if i.Private {
		id = w.sim.AddPrivateChannel(i.Links.Channel.Name + "-private")
	}
	w.is(func(r *record) {
		r.facts[number].Links.Channel.ID, r.facts[number].Links.Channel.Private = id, i.Private
	})
	for _, p := range people {
		if i.Private {
			_, err := w.chat.FurnishChannel(w.t.Context(), id, incident.Furnishing{Invite: []string{p.Email}})
			require.NoError(w.t, err)
			continue
		}
		require.NoError(w.t, p.Joins(id))
	}
	return id
}

// slash gives a command, which Slack must hear of in time, and shows the answer.
func (p person) slash(command string) string { return p.slashIn("incidents", command) }

func (p person) slashIn(where, command string) string {
	p.w.t.Helper()
	r, err := p.SlashIn(where, command)
	require.NoError(p.w.t, err)
	require.Equal(p.w.t, http.StatusOK, r.Status, r.Body)
	return r.Shown()
}

// answer is the whole answer to a command, with its buttons.
func (p person) answer(where, command string) slacksim.Reply {
	p.w.t.Helper()
	r, err := p.SlashIn(where, command)
	require.NoError(p.w.t, err)
	require.Equal(p.w.t, http.StatusOK, r.Status, r.Body)
	return r
}

// presses presses a button of an answer.
func (p person) presses(r slacksim.Reply, label string) {
	p.w.t.Helper()
	b, ok := r.Button(label)
	require.True(p.w.t, ok, "no button %q in %s", label, r.Shown())
	p.clicks(b)
}

func (p person) clicks(b slacksim.Button) {
	p.w.t.Helper()
	r, err := p.Clicks(b)
	require.NoError(p.w.t, err)
	require.Equal(p.w.t, http.StatusOK, r.Status, r.Body)
}

// sees is the form that the person has in front of them.
func (p person) sees(callback string) slacksim.View {
	p.w.t.Helper()
	v, ok := p.Modal()
	require.True(p.w.t, ok, "no form is open; heard: %s", p.hears())
	require.Equal(p.w.t, callback, v.CallbackID)
	return v
}

// submits fills the open form in and sends it.
func (p person) submits(values map[string]string) {
	p.w.t.Helper()
	v, ok := p.Modal()
	require.True(p.w.t, ok, "no form is open")
	r, err := p.Submits(v, values)
	require.NoError(p.w.t, err)
	require.Equal(p.w.t, http.StatusOK, r.Status, r.Body)
}

// hears is all that only this person was told.
func (p person) hears() string {
	var all []string
	for _, m := range p.w.sim.Ephemerals(p.Email) {
		all = append(all, m.Shown)
	}
	return strings.Join(all, "\n")
}

// hearsSoon waits until the person was told something.
func (p person) hearsSoon(text string) {
	p.w.t.Helper()
	p.w.eventually(func() bool { return strings.Contains(p.hears(), text) }, "%s hears %q", p.Email, text)
}

// post sends a raw request to the Door.
func (w *world) post(path, body string, header http.Header) (int, string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.http.URL+path, strings.NewReader(body))
	require.NoError(w.t, err)
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	require.NoError(w.t, err)
	defer func() { require.NoError(w.t, resp.Body.Close()) }()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	return resp.StatusCode, string(answer)
}

func indexOf(t *testing.T, text, part string) int {
	t.Helper()
	k := strings.Index(text, part)
	require.GreaterOrEqual(t, k, 0, "%q is not in %s", part, text)
	return k
}

// refusing makes Slack refuse an operation until it is cleared.
func (w *world) refusing(operation, code string) (fault string) {
	return w.sim.Faults().Add(simkit.Fault{Operation: operation, Kind: simkit.Status, Status: http.StatusOK, Body: `{"ok":false,"error":"` + code + `"}`})
}
