// Package slacksim is a Slack workspace in one process: an http.Handler that answers the Web
// API like Slack, with a Go API for tests and a control interface for a live page.
//
// It does what Slack does where it hurts. Two overlapping creates of one channel name both
// succeed; name_taken carries no ID; archived channels keep their names; a changed topic
// posts a message; an invitation by the bot fires member_joined_channel; scopes are checked;
// and a message that breaks one of Slack's limits is refused.
//
// The Web API is under /api/. Under /_sim/ are:
//
//	GET    /_sim/state      everything, as JSON, for the live page (see State); ?channels=N
//	GET    /_sim/log        the last requests; ?operation= filters
//	*      /_sim/faults     faults, see simkit.Faults.Handler
//	POST   /_sim/slash      {"person","channel","command"} such as "/incident declare"
//	POST   /_sim/click      {"person","channel","ts" or "view_id","action_id","block_id","values"} press a button
//	POST   /_sim/choose     as click, with "value": pick something in a select or a menu
//	POST   /_sim/submit     {"person","view_id","values"} submit a modal, see Person.Submits
//	POST   /_sim/close      {"person"} close the modal that the person sees
//	POST   /_sim/home       {"person"} open the home tab
//	POST   /_sim/shortcut   {"person","callback_id"}, and message_shortcut with "channel","ts"
//	POST   /_sim/post       {"person","channel","text","thread"} say something; write is to the bot alone
//	POST   /_sim/edit       {"person","channel","ts","text"}; delete is without the text
//	POST   /_sim/react      {"person","channel","ts","name"}, and unreact
//	POST   /_sim/join       {"person","channel"}, and leave, archive, unarchive, delete_channel, bring_bot
//	POST   /_sim/invite     {"person","channel","email"}
//	POST   /_sim/rename     {"person","channel","name"}
//	POST   /_sim/users      {"email","name"} a new colleague
//	POST   /_sim/channels   {"name"} a new channel, made by a person
//	POST   /_sim/scopes     {"scopes":[...]} what the app is granted from now on
//	POST   /_sim/targets    {"events","interactivity","commands"} where the product is
//
// In all of them a person is an e-mail address and a channel an ID or a name. What the product
// is asked for answers {"status","body","message"}: what it said, within Slack's 3 seconds.
//
// Requests to the product go to the targets, signed, or with Options.SocketMode over Socket
// Mode (see apps.connections.open).
package slacksim

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"muster/internal/sims/simkit"
)

// Options are the simulator's settings; the zero value is a usable workspace.
type Options struct {
	// Clock tells the time; nil is the machine's clock.
	Clock simkit.Clock
	// Token is the only bot token accepted; empty accepts any that starts with xoxb-.
	Token string
	// Scopes are what the app is granted; nil is everything that the simulator knows.
	Scopes []string
	// SigningSecret signs what is sent to the product; empty is DefaultSigningSecret.
	SigningSecret string
	// Users maps e-mail addresses to names.
	Users map[string]string
	// Channels are made by a person, and the bot is in them; nil is "incidents".
	Channels []string
	// Targets is where the product is.
	Targets Targets
	// PageSize caps how many things a page of a list has, whatever limit asks for.
	PageSize int
	// RateLimits switches on the limits per method and minute that Slack publishes.
	RateLimits bool
	// EventWaits are the pauses before an event is sent again; nil is what Slack does:
	// at once, after a minute, after five (https://docs.slack.dev/apis/events-api).
	EventWaits []time.Duration
	// AnswerWithin is how long Slack waits for the product; 0 is three seconds, as Slack does.
	AnswerWithin time.Duration
	// SocketMode sends everything over Socket Mode and not to the targets.
	SocketMode bool
	// AppToken is the only app-level token accepted; empty accepts any that starts with xapp-.
	AppToken string
	// PingEvery is the pause between pings over Socket Mode; 0 is 5 seconds.
	PingEvery time.Duration
	// Subscribed are the events that the app's configuration names, such as message.channels;
	// nil is all of them.
	Subscribed []string
}

// DefaultSigningSecret signs requests to the product if the options name no other.
const DefaultSigningSecret = "sim-signing-secret"

// Targets are the addresses of the product that an app's configuration names.
type Targets struct {
	Events        string `json:"events"`
	Interactivity string `json:"interactivity"`
	Commands      string `json:"commands"`
}

// Sim is a simulated Slack workspace. It is safe for concurrent use.
type Sim struct {
	opts       Options
	clock      simkit.Clock
	handler    http.Handler
	faults     simkit.Faults
	log        simkit.Log
	unexpected simkit.Unexpected
	events     *simkit.Webhooks
	interact   *simkit.Webhooks
	commands   *simkit.Webhooks
	sockets    *sockets
	steps      atomic.Int64 // orders arrivals and creations
	version    atomic.Uint64

	mu         sync.Mutex
	state      state
	base       string // our own address as clients see it; in the next run it may be another
	targets    Targets
	socketMode bool
}

// New makes a workspace.
func New(o Options) *Sim {
	if o.Clock == nil {
		o.Clock = simkit.RealClock()
	}
	if o.SigningSecret == "" {
		o.SigningSecret = DefaultSigningSecret
	}
	if o.Channels == nil {
		o.Channels = []string{"incidents"}
	}
	if o.Scopes == nil {
		o.Scopes = allScopes
	}
	if o.EventWaits == nil {
		o.EventWaits = []time.Duration{10 * time.Millisecond, time.Minute, 5 * time.Minute}
	}
	s := &Sim{opts: o, clock: o.Clock, state: newState(o.Scopes)}
	s.log.Clock = o.Clock
	s.faults.DefaultBody = faultBody
	s.sockets = newSockets(cmp.Or(o.PingEvery, 5*time.Second))
	s.events, s.interact, s.commands = s.outbound(), s.outbound(), s.outbound()
	s.events.Waits = o.EventWaits
	s.events.Decorate = retryHeaders
	s.events.Retry = func(r *http.Response) bool { return r.Header.Get("X-Slack-No-Retry") != "1" }
	s.SetTargets(o.Targets)
	if o.SocketMode {
		s.SetSocketMode(true)
	}
	s.seed()
	s.handler = s.routes()
	return s
}

func (s *Sim) seed() {
	emails := make([]string, 0, len(s.opts.Users))
	for email := range s.opts.Users {
		emails = append(emails, email)
	}
	slices.Sort(emails) // IDs must not depend on the order of a map
	for _, email := range emails {
		s.AddUser(email, s.opts.Users[email])
	}
	for _, name := range s.opts.Channels {
		s.AddChannel(name)
	}
}

// routes puts the log outside, the arrival stamp before the faults (a held request arrived
// when it came in, not when it is let go) and the vendor inside.
func (s *Sim) routes() http.Handler {
	api := s.log.Wrap(operation, s.stamp(s.faults.Wrap(operation, http.HandlerFunc(s.serveAPI))))
	mux := http.NewServeMux()
	mux.Handle("/", api)
	mux.Handle("/_sim/", s.control())
	mux.HandleFunc(socketPath, s.serveSocket)
	return mux
}

// ServeHTTP answers a request.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Faults switches on what goes wrong; operations are method names such as chat.postMessage.
func (s *Sim) Faults() *simkit.Faults { return &s.faults }

// Log holds the requests that came in.
func (s *Sim) Log() *simkit.Log { return &s.log }

// Events are the deliveries of the Events API, to make them late, doubled or lost.
func (s *Sim) Events() *simkit.Webhooks { return s.events }

// Unexpected lists requests that the simulator has no answer for.
func (s *Sim) Unexpected() []string { return s.unexpected.List() }

// Close lets held requests go and stops deliveries.
func (s *Sim) Close() {
	s.faults.Clear()
	for _, w := range []*simkit.Webhooks{s.events, s.interact, s.commands} {
		w.Close()
	}
	s.sockets.close()
}

// SetTargets says where the product is; an empty address gets nothing. In Socket Mode it is
// kept for later.
func (s *Sim) SetTargets(t Targets) {
	s.mu.Lock()
	s.targets = t
	socketMode := s.socketMode
	s.mu.Unlock()
	if !socketMode {
		s.aim(t)
	}
}

func (s *Sim) aim(t Targets) {
	s.events.SetTarget(t.Events)
	s.interact.SetTarget(t.Interactivity)
	s.commands.SetTarget(t.Commands)
}

// SetScopes changes what the app is granted, as a reinstallation does.
func (s *Sim) SetScopes(scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
	s.state.Scopes = slices.Clone(scopes)
}

// AllowTwinNames says whether two creates of one name that overlap both succeed, as they do
// at Slack and here unless switched off. Overlapping means that the later one to be applied
// had arrived before the other was applied: a Hold fault makes that certain.
func (s *Sim) AllowTwinNames(allow bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
	s.state.NoTwins = !allow
}

func operation(r *http.Request) string {
	return strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/"), "api/")
}

type arrivalKey struct{}

func (s *Sim) stamp(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), arrivalKey{}, s.steps.Add(1))))
	})
}

func faultBody(f simkit.Fault) string {
	if f.Kind == simkit.RateLimited {
		return `{"ok":false,"error":"ratelimited"}`
	}
	return "<html><body>Slack is having trouble</body></html>"
}

// serveAPI answers a call of the Web API: 200 with a JSON object, whatever comes of it.
func (s *Sim) serveAPI(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, responsePath) {
		s.serveResponse(w, r)
		return
	}
	name, isAPI := strings.CutPrefix(r.URL.Path, "/api/")
	if !isAPI {
		s.unexpected.Add(r.Method, r.URL.Path)
		http.NotFound(w, r)
		return
	}
	args, err := arguments(r)
	if err != nil {
		simkit.WriteJSON(w, http.StatusOK, refuse("invalid_form_data").body())
		return
	}
	s.mu.Lock()
	if !reads[name] {
		s.changed()
	}
	s.base = address(r)
	status, header, body := s.answer(r, name, args)
	s.mu.Unlock()
	maps.Copy(w.Header(), header)
	simkit.WriteJSON(w, status, body)
}

func (s *Sim) answer(r *http.Request, name string, args url.Values) (int, http.Header, any) {
	m, known := methods[name]
	if !known {
		s.unexpected.Add(r.Method, r.URL.Path)
		return http.StatusOK, nil, refuse("unknown_method").body()
	}
	if name == "apps.connections.open" {
		return http.StatusOK, nil, s.connectionsOpen(r)
	}
	if refused := s.authenticate(r, args); refused != nil {
		return http.StatusOK, nil, refused.body()
	}
	header := http.Header{"X-Oauth-Scopes": {strings.Join(s.state.Scopes, ",")}}
	if wait := s.limited(name, m, args); wait != "" {
		header["Retry-After"] = []string{wait}
		return http.StatusTooManyRequests, header, refuse("ratelimited").body()
	}
	arrived, _ := r.Context().Value(arrivalKey{}).(int64)
	body, refused := s.run(m, &call{args: args, arrived: arrived})
	if refused != nil {
		return http.StatusOK, header, refused.body()
	}
	if body == nil {
		body = fields{}
	}
	body["ok"] = true
	return http.StatusOK, header, body
}

func (s *Sim) run(m method, c *call) (fields, *refusal) {
	if refused := s.allow(m.scopes...); refused != nil {
		return nil, refused
	}
	for _, name := range m.required {
		if c.args.Get(name) == "" {
			return nil, invalid("[ERROR] missing required field: " + name)
		}
	}
	return m.run(s, c)
}

func (s *Sim) authenticate(r *http.Request, args url.Values) *refusal {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if token == "" {
		token = args.Get("token")
	}
	switch {
	case token == "":
		return refuse("not_authed")
	case s.state.Revoked != "":
		return refuse(s.state.Revoked)
	case s.opts.Token != "" && token != s.opts.Token, !strings.HasPrefix(token, "xoxb-"):
		return refuse("invalid_auth")
	}
	return nil
}

// RefuseToken makes every call fail with a code such as token_revoked; empty ends that.
func (s *Sim) RefuseToken(code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
	s.state.Revoked = code
}
