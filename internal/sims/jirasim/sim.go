// Package jirasim simulates Jira Cloud (REST version 2) as far as Muster uses it, and the few
// paths in which Data Center differs. It keeps what it is told in memory, answers and refuses
// in Jira's words, lets its search index lag, and sends signed webhooks.
//
// A test uses the typed API (Issue, Children, MoveTo, Delete, SetSearchLag ...). Besides Jira's
// own paths the handler serves, for the page that shows the simulator live and for anybody
// with curl:
//
//	GET    /_sim/state?limit=500   everything as JSON, newest issues first; limit=0 gives all
//	GET    /_sim/requests          the last requests
//	POST   /_sim/move              {"key":"INC-1","status":"Done","by":"alice@example.com"}
//	POST   /_sim/assign            {"key":"INC-1","owner":"bob@example.com","by":"..."}
//	POST   /_sim/due               {"key":"INC-1","due":"2026-11-30","by":"..."}
//	POST   /_sim/delete            {"key":"INC-1","by":"..."}
//	POST   /_sim/users             {"email":"erin@example.com","name":"Erin Evans"}
//	POST   /_sim/lag               {"lag":"2s"}
//	*      /_sim/faults            see simkit.Faults.Handler
//
// "by" may be left out. The operations that faults and the log name are the second column of
// the routes in routes.go, such as issue.create, issue.transition and search.
package jirasim

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"muster/internal/sims/simkit"
)

// The values of Options.Deployment.
const (
	Cloud      = "cloud"
	DataCenter = "datacenter"
)

// DefaultWebhookSecret signs webhooks unless Options say otherwise.
const DefaultWebhookSecret = "jirasim-webhook-secret"

// DefaultVersion is a Data Center of long-term support.
const DefaultVersion = "9.12.15"

// Options configure a Sim; the zero value is a small Jira Cloud site.
type Options struct {
	// Clock defaults to the machine's.
	Clock simkit.Clock
	// Deployment is Cloud (also when empty) or DataCenter.
	Deployment string
	// Version is what a Data Center says of itself, DefaultVersion when empty.
	Version string
	// Email and Token are the only credentials that are accepted, if Token is set. Otherwise any
	// will do, but there must be some.
	Email, Token string
	// WebhookSecret defaults to DefaultWebhookSecret.
	WebhookSecret string
	// BaseURL is the site's address in links. It defaults to where the last request went.
	BaseURL string
	// Projects defaults to DefaultProject("INC").
	Projects []Project
	// Users defaults to DefaultUsers. The account of the API token is always there.
	Users []User
}

// Sim is the simulator. It is safe for concurrent use.
type Sim struct {
	// Faults make requests go wrong, Log remembers them and Webhooks delivers events: set its
	// target to have any.
	Faults   *simkit.Faults
	Log      *simkit.Log
	Webhooks *simkit.Webhooks

	options    Options
	clock      simkit.Clock
	handler    http.Handler
	mux        *http.ServeMux
	operations map[string]string // by mux pattern
	unexpected simkit.Unexpected

	version atomic.Uint64
	mu      sync.Mutex
	base    string
	site    string // makes delivery IDs of this run unlike those of another
	state   state
}

// New makes a simulator. It panics on a project that contradicts itself, which is a mistake in
// the test.
func New(o Options) *Sim {
	s := &Sim{
		Faults: &simkit.Faults{DefaultBody: faultBody}, Log: &simkit.Log{}, Webhooks: &simkit.Webhooks{},
		options: o, clock: o.Clock, base: o.BaseURL, site: rand.Text(), state: newState(), operations: map[string]string{},
	}
	if s.clock == nil {
		s.clock = simkit.RealClock()
	}
	s.Log.Clock = s.clock
	if s.options.WebhookSecret == "" {
		s.options.WebhookSecret = DefaultWebhookSecret
	}
	if s.options.Version == "" {
		s.options.Version = DefaultVersion
	}
	if s.cloud() {
		s.state.Limits = cloudLimits
	}
	if o.Projects == nil {
		o.Projects = []Project{DefaultProject("INC")}
	}
	if o.Users == nil {
		o.Users = DefaultUsers()
	}
	email := o.Email
	if email == "" {
		email = "muster-bot@example.com"
	}
	s.state.Bot = s.addUser(User{Email: email, Name: "Muster Bot"})
	for _, u := range o.Users {
		s.addUser(u)
	}
	for _, f := range systemFields {
		s.state.Fields = append(s.state.Fields, &f)
	}
	if !s.cloud() {
		s.state.Fields = append(s.state.Fields, &field{ID: "customfield_10008", Name: "Epic Link", Kind: "any", Custom: epicLink})
	}
	for _, p := range o.Projects {
		s.addProject(p)
	}
	s.setUpWebhooks()
	s.setUpHandler()
	return s
}

func (s *Sim) setUpWebhooks() {
	s.Webhooks.Sign = func(h http.Header, body []byte) {
		mac := hmac.New(sha256.New, []byte(s.options.WebhookSecret))
		mac.Write(body)
		h.Set("X-Hub-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	}
	s.Webhooks.Decorate = func(h http.Header, retry, _ int) {
		if retry > 0 {
			h.Set("X-Atlassian-Webhook-Retry", strconv.Itoa(retry))
		}
	}
	s.Webhooks.Retry = func(r *http.Response) bool {
		switch r.StatusCode {
		case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, http.StatusTooManyRequests:
			return true
		}
		return r.StatusCode >= 500
	}
}

// ServeHTTP serves Jira's paths and those below /_sim/.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Unexpected lists the requests that Jira has no answer for, or the simulator not yet. A test
// fails if any is left over.
func (s *Sim) Unexpected() []string { return s.unexpected.List() }

// ForgetUnexpected empties the list.
func (s *Sim) ForgetUnexpected() { s.unexpected.Reset() }

// Close ends the webhooks that are under way and the requests that faults hold.
func (s *Sim) Close() {
	s.Faults.Clear()
	s.Webhooks.Close()
}

// SetSearchLag makes the search index show issues only once they are that old. Zero shows all
// at once. Reading an issue by key never lags.
func (s *Sim) SetSearchLag(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
	s.state.Lag = d
}

// cloudLimits are Jira Cloud's for the writes to one issue.
// https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
var cloudLimits = []writeLimit{{Writes: 20, Per: 2 * time.Second}, {Writes: 100, Per: 30 * time.Second}}

// LimitIssueWrites answers 429 to more than writes changes of one issue within per, in place of
// what Jira Cloud allows: 20 within 2 s and 100 within 30 s. Zero writes means no limit, as on
// Data Center.
func (s *Sim) LimitIssueWrites(writes int, per time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
	s.state.Limits = nil
	if writes > 0 {
		s.state.Limits = []writeLimit{{Writes: writes, Per: per}}
	}
}

func (s *Sim) cloud() bool { return s.options.Deployment != DataCenter }

func faultBody(f simkit.Fault) string {
	if f.Kind == simkit.RateLimited {
		return `{"errorMessages":["Rate limit exceeded."],"errors":{}}`
	}
	text := http.StatusText(f.Status)
	if f.Status == 0 || f.Status >= 500 {
		text = "Internal server error"
	}
	body, err := json.Marshal(refusal(0, text).body)
	if err != nil {
		return ""
	}
	return string(body)
}
