// Package pagerdutysim simulates PagerDuty: the Events API v2, the part of the REST API that
// incident software uses, and v3 webhooks, over one state that tests, benchmarks and the dev
// page look into and act on.
//
// It does what the real one does where it hurts: events are answered with 202 before they are
// acted on (Options.Lag, HoldEvents); a dedup key joins triggers only while its alert is open,
// and after a resolve opens a new incident and pages again; incidents that events made have no
// incident_key, neither in webhooks nor in the REST API; events are accepted and dropped when
// nothing is open, when another routing key triggered, in a maintenance window, or when nobody is
// on call (Dropped); services group and suppress alerts, and make low urgency of low severity
// (Service); people are notified by rules of their own, some only after minutes, and an incident's log
// says each time by which means (Rule, LogLag); who is deleted keeps a name there and has no address
// any more (DeleteUser); GET /incidents looks back one month unless told otherwise and takes an empty
// incident_key for none; scoped tokens end after a day; webhooks come in order for each incident
// and are retried, and after three refusals in a row the subscription is off for a day.
//
// Besides the vendor's paths there are, for people and the dev page:
//
//	GET  /_sim/state          everything as JSON; ?limit=N newest incidents (default 500)
//	POST /_sim/acknowledge    {"id" or "key", "by": e-mail address}
//	POST /_sim/unacknowledge  {"id" or "key"}: what an acknowledgement timeout does
//	POST /_sim/resolve        {"id" or "key", "by": e-mail address}
//	POST /_sim/reassign       {"id" or "key", "to": e-mail address}
//	POST /_sim/escalate       {"id" or "key"}: what a policy does when nobody answers in time
//	POST /_sim/delete_user    {"by": e-mail address}
//	     /_sim/faults         see simkit.Faults.Handler
//
// The actions answer with the incident as it is in the state. The operations that faults and
// the log know are events.trigger, events.acknowledge, events.resolve, oauth.token and those in
// routes.go.
package pagerdutysim

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"muster/internal/sims/simkit"
)

// What New uses where Options are silent.
const (
	DefaultRoutingKey    = "0123456789abcdef0123456789abcdef"
	DefaultOnCall        = "alice@example.com"
	DefaultWebhookSecret = "pagerdutysim-webhook-secret"
	DefaultWebURL        = "https://sim.pagerduty.example.com"
)

// allEvents are what the simulator sends webhooks of.
var allEvents = []string{
	"incident.triggered", "incident.acknowledged", "incident.unacknowledged", "incident.resolved", "incident.reopened",
	"incident.reassigned", "incident.escalated", "incident.delegated", "incident.annotated", "incident.responder.added",
}

// Options set a simulator up. The zero value is useful: it has one service with
// DefaultRoutingKey and accepts any token.
type Options struct {
	// Clock tells the time; nil means the machine's.
	Clock simkit.Clock
	// Services are the services by routing key; nil means one with DefaultRoutingKey.
	Services map[string]Service
	// Policies and Schedules are by ID.
	Policies  map[string]Policy
	Schedules map[string]Schedule
	// Users are e-mail addresses of users who are on call for nothing.
	Users []string
	// AcceptUnknownKeys makes the simulator accept and drop events for routing keys that nobody has.
	// Otherwise it refuses them with 400, as was seen in robusta-dev/robusta#571. Whether every
	// account does is not known.
	AcceptUnknownKeys bool
	// Token is the only one that the REST API accepts; empty means any but none. A scoped one, which
	// begins with pdus+, is valid for a day.
	Token string
	// ClientID and ClientSecret are those of an app that may ask for scoped tokens, Scopes what the
	// app was given; empty means all. Account is as_account- with region and subdomain.
	ClientID, ClientSecret, Account string
	Scopes                          []string
	// TokenOwner is the e-mail address of the user whose own key Token is; empty makes it an
	// account's key, which has no users/me.
	TokenOwner string
	// Lag is how long after its 202 an event is acted on.
	Lag time.Duration
	// LogLag is how long an entry of an incident's log takes to be seen in the REST API.
	LogLag time.Duration
	// Rules are people's notification rules by e-mail address; nil for somebody means DefaultRules.
	Rules map[string][]Rule
	// EventsPerMinute limits the events for one routing key over a sliding minute, as
	// PagerDuty does at about 120; 0 means no limit.
	EventsPerMinute int
	// RequestsPerMinute limits the REST API, as PagerDuty does at 960; 0 means no limit.
	RequestsPerMinute int
	// WebhookURL is where webhooks go; empty means nobody has subscribed.
	WebhookURL string
	// WebhookSecrets sign the webhooks, each of them; nil means DefaultWebhookSecret.
	WebhookSecrets []string
	// WebhookEvents are the events that somebody has subscribed to; nil means all that there are.
	WebhookEvents []string
	// WebURL is the beginning of the addresses of incidents; empty means DefaultWebURL.
	WebURL string
}

// Sim is the simulator, an http.Handler for both APIs. It is safe for concurrent use.
type Sim struct {
	// Faults, Log and Webhooks are for the test to use directly.
	Faults   *simkit.Faults
	Log      *simkit.Log
	Webhooks *simkit.Webhooks

	options    Options
	clock      simkit.Clock
	unexpected simkit.Unexpected
	handler    http.Handler

	version atomic.Uint64

	mu     sync.Mutex
	closed bool
	state  state

	onTrigger func(key string, at time.Time)
	fired     []firing
}

type firing struct {
	key string
	at  time.Time
}

// New makes a simulator. Close it at the end.
func New(o Options) *Sim {
	s := &Sim{
		Faults:  &simkit.Faults{},
		options: o,
		clock:   o.Clock,
		state:   newState(),
	}
	if s.clock == nil {
		s.clock = simkit.RealClock()
	}
	s.options.WebURL = cmp.Or(o.WebURL, DefaultWebURL)
	if s.options.WebhookSecrets == nil {
		s.options.WebhookSecrets = []string{DefaultWebhookSecret}
	}
	if s.options.WebhookEvents == nil {
		s.options.WebhookEvents = allEvents
	}
	s.Log = &simkit.Log{Clock: s.clock}
	s.Faults.DefaultBody = defaultBody
	s.Webhooks = &simkit.Webhooks{Sign: s.sign, Ended: s.delivered}
	if scoped.MatchString(o.Token) {
		s.state.Tokens[o.Token] = token{Issued: s.clock.Now().UTC()}
	}
	s.Webhooks.SetTarget(o.WebhookURL)
	if o.Services == nil {
		o.Services = map[string]Service{DefaultRoutingKey: {Name: "Default", OnCall: DefaultOnCall}}
	}
	for _, id := range slices.Sorted(maps.Keys(o.Schedules)) {
		s.AddSchedule(id, o.Schedules[id])
	}
	for _, id := range slices.Sorted(maps.Keys(o.Policies)) {
		s.AddPolicy(id, o.Policies[id])
	}
	for _, key := range slices.Sorted(maps.Keys(o.Services)) {
		s.AddService(key, o.Services[key])
	}
	for _, email := range o.Users {
		s.AddUser(email)
	}
	for _, email := range slices.Sorted(maps.Keys(o.Rules)) {
		s.SetRules(email, o.Rules[email]...)
	}
	s.handler = s.routes()
	return s
}

// ServeHTTP serves both APIs and the paths below /_sim/.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Close ends the webhooks and the faults; what is under way is dropped.
func (s *Sim) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.Faults.Clear()
	s.Webhooks.Close()
}

// Unexpected lists the requests for paths and methods that the simulator does not have.
func (s *Sim) Unexpected() []string { return s.unexpected.List() }

// UnknownRoutingKeys lists the well-formed routing keys of no service that events came for, in
// the order of their first event.
func (s *Sim) UnknownRoutingKeys() []string {
	s.lock()
	defer s.unlock()
	return slices.Clone(s.state.UnknownKeys)
}

// OnTrigger sets what is called, from then on, whenever a trigger event is acted on, with its
// dedup key and the time on the simulator's clock. It is called without locks, in the
// goroutine of the request (or of the timer that ends Options.Lag), before the answer.
func (s *Sim) OnTrigger(hook func(key string, at time.Time)) {
	s.lock()
	defer s.unlock()
	s.onTrigger = hook
}

// HoldEvents makes the simulator accept events without acting on them until ReleaseEvents.
func (s *Sim) HoldEvents() {
	s.lock()
	defer s.unlock()
	s.changed()
	s.state.Holding = true
}

// ReleaseEvents acts on the held events in the order they came in, and ends the holding.
func (s *Sim) ReleaseEvents() {
	now := s.lock()
	defer s.unlock()
	s.changed()
	s.state.Holding = false
	held := s.state.Held
	s.state.Held = nil
	for _, e := range held {
		s.apply(e, now)
	}
}

// lock takes the lock and first does what time has brought. It returns the time.
func (s *Sim) lock() time.Time {
	s.mu.Lock()
	now := s.clock.Now().UTC()
	s.advance(now)
	return now
}

// unlock gives the lock back and then tells the hook of the triggers acted on meanwhile.
func (s *Sim) unlock() {
	fired, hook := s.fired, s.onTrigger
	s.fired = nil
	s.mu.Unlock()
	if hook == nil {
		return
	}
	for _, f := range fired {
		hook(f.key, f.at)
	}
}

// advance acts on the events whose lag is over, wakes the incidents whose snooze is, and notifies
// whose rules say so by now.
func (s *Sim) advance(now time.Time) {
	for len(s.state.Lagging) > 0 && !s.state.Lagging[0].Due.After(now) {
		e := s.state.Lagging[0].Event
		s.state.Lagging = s.state.Lagging[1:]
		s.apply(e, now)
	}
	for _, rec := range s.state.Snoozed {
		if !rec.SnoozedTo.After(now) {
			s.unacknowledge(rec, now)
		}
	}
	s.notifyDue(now)
}
