package pagerdutysim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/internal/sims/simkit"
)

// route is one of PagerDuty's REST operations.
type route struct {
	pattern   string
	operation string
	// scope is what a scoped token needs.
	scope string
	serve func(*Sim, *request) answer
	// needsFrom says that PagerDuty demands a From header.
	needsFrom bool
}

var restRoutes = []route{
	{"GET /incidents", "incidents.list", "incidents.read", (*Sim).listIncidents, false},
	{"POST /incidents", "incidents.create", "incidents.write", (*Sim).createIncident, true},
	{"PUT /incidents", "incidents.manage", "incidents.write", (*Sim).manageIncidents, true},
	{"GET /incidents/{id}", "incidents.get", "incidents.read", (*Sim).getIncident, false},
	{"PUT /incidents/{id}", "incidents.update", "incidents.write", (*Sim).updateIncident, true},
	{"GET /incidents/{id}/alerts", "incidents.alerts", "incidents.read", (*Sim).listAlerts, false},
	{"GET /incidents/{id}/log_entries", "incidents.log_entries", "incidents.read", (*Sim).listLogEntries, false},
	{"GET /incidents/{id}/notes", "incidents.notes", "incidents.read", (*Sim).listNotes, false},
	{"POST /incidents/{id}/notes", "incidents.add_note", "incidents.write", (*Sim).addNote, true},
	{"POST /incidents/{id}/snooze", "incidents.snooze", "incidents.write", (*Sim).snooze, true},
	{"POST /incidents/{id}/responder_requests", "incidents.request_responders", "incidents.write", (*Sim).requestResponders, false},
	{"GET /users", "users.list", "users.read", (*Sim).listUsers, false},
	{"GET /users/me", "users.me", "", (*Sim).getMe, false},
	{"GET /users/{id}", "users.get", "users.read", (*Sim).getUser, false},
	{"GET /abilities", "abilities.list", "abilities.read", (*Sim).listAbilities, false},
	{"GET /oncalls", "oncalls.list", "oncalls.read", (*Sim).listOnCalls, false},
	{"GET /schedules/{id}/users", "schedules.users", "users.read", (*Sim).listScheduleUsers, false},
	{"GET /services/{id}", "services.get", "services.read", (*Sim).getService, false},
	{"GET /webhook_subscriptions", "webhook_subscriptions.list", "webhook_subscriptions.read", (*Sim).listSubscriptions, false},
	{"GET /services", "services.list", "services.read", (*Sim).listServices, false},
	{"GET /escalation_policies", "escalation_policies.list", "escalation_policies.read", (*Sim).listPolicies, false},
}

const (
	enqueuePattern = "POST /v2/enqueue"
	tokenPattern   = "POST /oauth/token"
)

// routes puts everything together: the log outside of the faults, the vendor's paths inside of
// both, and the paths below /_sim/ beside them.
func (s *Sim) routes() http.Handler {
	vendor := http.NewServeMux()
	operations := map[string]string{tokenPattern: "oauth.token"}
	vendor.HandleFunc(enqueuePattern, s.enqueue)
	vendor.HandleFunc(tokenPattern, s.issueToken)
	for _, r := range restRoutes {
		operations[r.pattern] = r.operation
		vendor.Handle(r.pattern, s.rest(r))
	}
	vendor.HandleFunc("/", s.unknown)
	operation := func(r *http.Request) string {
		_, pattern := vendor.Handler(r)
		if pattern == enqueuePattern {
			return eventOperation(r)
		}
		return operations[pattern]
	}
	all := http.NewServeMux()
	all.Handle("/", s.Log.Wrap(operation, s.Faults.Wrap(operation, vendor)))
	s.controls(all)
	return all
}

// eventOperation names an event by its action, such as events.trigger.
func eventOperation(r *http.Request) string {
	body, _ := simkit.ReadBody(r)
	var e struct {
		Action string `json:"event_action"`
	}
	_ = json.Unmarshal(body, &e) // the handler refuses what cannot be read
	return "events." + e.Action
}

// unknown answers for what the simulator does not have, and counts it.
func (s *Sim) unknown(w http.ResponseWriter, r *http.Request) {
	s.unexpected.Add(r.Method, r.URL.Path)
	a := notFound
	simkit.WriteJSON(w, a.status, a.body)
}

// defaultBody words a fault's status as PagerDuty would.
func defaultBody(f simkit.Fault) string {
	var body any
	switch {
	case !strings.HasPrefix(f.Operation, "events"):
		body = failure(f.Status, 2000, "An internal error has occurred. PagerDuty team has been notified.").body
		if f.Status == http.StatusTooManyRequests {
			body = limited.body
		}
	case f.Status == http.StatusTooManyRequests:
		body = throttled
	case f.Status == http.StatusBadRequest:
		body = invalidEvent("'payload' is invalid")
	default:
		body = eventAnswer{Status: "error", Message: "Internal Server Error"}
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic("pagerdutysim: encode error: " + err.Error())
	}
	return string(text)
}

// request is a REST request, served with the lock held.
type request struct {
	*http.Request
	now  time.Time
	body []byte
	from *user
}

// answer is what a REST operation says.
type answer struct {
	status int
	body   any
}

func ok(body any) answer { return answer{http.StatusOK, body} }

// failure is an error as the REST API words it; the codes are listed at
// https://developer.pagerduty.com/docs/errors
func failure(status, code int, message string, details ...string) answer {
	e := map[string]any{"message": message, "code": code}
	if len(details) > 0 {
		e["errors"] = details
	}
	return answer{status, map[string]any{"error": e}}
}

func invalid(details ...string) answer {
	return failure(http.StatusBadRequest, 2001, "Invalid Input Provided", details...)
}

var (
	notFound     = failure(http.StatusNotFound, 2100, "Not Found")
	limited      = failure(http.StatusTooManyRequests, 2020, "Rate Limit Exceeded")
	unauthorized = failure(http.StatusUnauthorized, 2006, "Authentication failed")
	forbidden    = failure(http.StatusForbidden, 2010, "Access Denied")
)

// rest serves a REST operation after checking what PagerDuty checks for all of them.
func (s *Sim) rest(route route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := simkit.ReadBody(r)
		if err != nil {
			return
		}
		a := s.serveREST(route, &request{Request: r, body: body}, w.Header())
		simkit.WriteJSON(w, a.status, a.body)
	})
}

func (s *Sim) serveREST(route route, r *request, header http.Header) answer {
	r.now = s.lock()
	defer s.unlock()
	if s.options.RequestsPerMinute > 0 {
		s.changed()
	}
	if !s.state.RestWindow.take(s.options.RequestsPerMinute, r.now, header) {
		return limited
	}
	scopes, known := s.authorized(r.Header.Get("Authorization"), r.now)
	switch {
	case !known:
		return unauthorized
	case scopes != nil && !slices.Contains(scopes, route.scope):
		return forbidden
	}
	if !strings.HasPrefix(r.Header.Get("Accept"), "application/vnd.pagerduty+json") {
		return invalid("Accept header must be application/vnd.pagerduty+json;version=2")
	}
	if r.Method != http.MethodGet && !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return invalid("Content-Type header must be application/json")
	}
	if from := r.Header.Get("From"); from != "" || route.needsFrom {
		if r.from = s.state.UsersByEmail[strings.ToLower(from)]; r.from == nil && route.needsFrom {
			return failure(http.StatusBadRequest, 1008, "Requester User Not Found")
		}
	}
	return route.serve(s, r)
}

// window counts the requests of a minute.
type window struct {
	Began time.Time
	Used  int
}

// take counts a request and adds PagerDuty's rate limit headers; without a limit it does
// neither.
func (w *window) take(limit int, now time.Time, header http.Header) bool {
	if limit <= 0 {
		return true
	}
	if now.Sub(w.Began) >= time.Minute {
		w.Began, w.Used = now, 0
	}
	w.Used++
	header.Set("ratelimit-limit", strconv.Itoa(limit))
	header.Set("ratelimit-remaining", strconv.Itoa(max(0, limit-w.Used)))
	left := w.Began.Add(time.Minute).Sub(now)
	header.Set("ratelimit-reset", strconv.Itoa(int((left+time.Second-1)/time.Second)))
	return w.Used <= limit
}

// page cuts a list as limit and offset say. render is called for what is shown only.
func page[T any](r *request, name string, all []T, render func(T) map[string]any) answer {
	limit, offset := 25, 0
	for parameter, target := range map[string]*int{"limit": &limit, "offset": &offset} {
		text := r.URL.Query().Get(parameter)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return invalid(parameter + " is invalid")
		}
		*target = n
	}
	limit = min(max(limit, 1), 100)
	if offset+limit > 10_000 {
		return invalid("Offset must be less than or equal to 10000")
	}
	shown := []map[string]any{}
	for i := offset; i < min(offset+limit, len(all)); i++ {
		shown = append(shown, render(all[i]))
	}
	var total any
	if r.URL.Query().Get("total") == "true" {
		total = len(all)
	}
	return ok(map[string]any{
		name: shown, "limit": limit, "offset": offset, "more": offset+limit < len(all), "total": total,
	})
}
