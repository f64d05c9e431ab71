package pagerdutysim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"muster/internal/sims/simkit"
)

// maxEvent is the most bytes an event may have.
const maxEvent = 512 << 10

// event is an event as it comes in.
type event struct {
	RoutingKey string `json:"routing_key"`
	Action     string `json:"event_action"`
	DedupKey   string `json:"dedup_key"`
	Client     string `json:"client"`
	Links      []Link `json:"links"`
	Payload    *struct {
		Summary   string         `json:"summary"`
		Source    string         `json:"source"`
		Severity  string         `json:"severity"`
		Component string         `json:"component"`
		Details   map[string]any `json:"custom_details"`
	} `json:"payload"`
}

// laggingEvent is an event that is acted on later.
type laggingEvent struct {
	Event event
	Due   time.Time
}

// eventTimes are the times of the events of one routing key within the last minute.
type eventTimes []time.Time

type eventAnswer struct {
	Status   string   `json:"status"`
	Message  string   `json:"message"`
	DedupKey string   `json:"dedup_key,omitempty"`
	Errors   []string `json:"errors,omitempty"`
}

func invalidEvent(problems ...string) eventAnswer {
	return eventAnswer{Status: "invalid event", Message: "Event object is invalid", Errors: problems}
}

// throttled is PagerDuty's answer to too many events.
var throttled = eventAnswer{Status: "throttle exceeded", Message: "Requests for this service are arriving too quickly.  Please retry later."}

// enqueue serves POST /v2/enqueue.
func (s *Sim) enqueue(w http.ResponseWriter, r *http.Request) {
	body, err := simkit.ReadBody(r)
	if err != nil {
		return
	}
	var e event
	switch err := json.Unmarshal(body, &e); {
	case len(body) > maxEvent:
		simkit.WriteJSON(w, http.StatusRequestEntityTooLarge, invalidEvent("Event is too large"))
		return
	case err != nil:
		simkit.WriteJSON(w, http.StatusBadRequest, eventAnswer{
			Status: "Unrecognized object", Message: "Event object format is unrecognized", Errors: []string{"JSON parse error"},
		})
		return
	}
	if problems := e.problems(); len(problems) > 0 {
		simkit.WriteJSON(w, http.StatusBadRequest, invalidEvent(problems...))
		return
	}
	status, answer := s.accept(e)
	simkit.WriteJSON(w, status, answer)
}

// problems says what PagerDuty refuses in an event. It is stricter than the real one in one
// point, which cuts off long summaries.
func (e *event) problems() []string {
	var list []string
	missing := func(field, value string) {
		if value == "" {
			list = append(list, fmt.Sprintf("'%s' is missing or blank", field))
		}
	}
	missing("routing_key", e.RoutingKey)
	if n := len(e.RoutingKey); n != 0 && n != 32 {
		list = append(list, "Length of 'routing_key' is incorrect (should be 32 characters)")
	}
	missing("event_action", e.Action)
	if e.Action != "" && !slices.Contains([]string{"trigger", "acknowledge", "resolve"}, e.Action) {
		list = append(list, "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')")
	}
	if utf8.RuneCountInString(e.DedupKey) > 255 {
		list = append(list, "Length of 'dedup_key' is incorrect (should be at most 255 characters)")
	}
	switch {
	case e.Action != "trigger":
		missing("dedup_key", e.DedupKey)
	case e.Payload == nil:
		missing("payload", "")
	default:
		missing("payload.summary", e.Payload.Summary)
		missing("payload.source", e.Payload.Source)
		if utf8.RuneCountInString(e.Payload.Summary) > 1024 {
			list = append(list, "Length of 'payload.summary' is incorrect (should be at most 1024 characters)")
		}
		if !slices.Contains([]string{"critical", "error", "warning", "info"}, e.Payload.Severity) {
			list = append(list, "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')")
		}
	}
	return list
}

// accept takes an event in and acts on it now or later.
func (s *Sim) accept(e event) (int, eventAnswer) {
	now := s.lock()
	defer s.unlock()
	s.changed()
	if s.tooMany(e.RoutingKey, now) {
		return http.StatusTooManyRequests, throttled
	}
	if e.DedupKey == "" {
		e.DedupKey = s.id("muster-sim-", 21)
	}
	switch {
	case s.state.Holding:
		s.state.Held = append(s.state.Held, e)
	case s.options.Lag > 0:
		s.state.Lagging = append(s.state.Lagging, laggingEvent{e, now.Add(s.options.Lag)})
		s.later(s.options.Lag)
	default:
		s.apply(e, now)
	}
	return http.StatusAccepted, eventAnswer{Status: "success", Message: "Event processed", DedupKey: e.DedupKey}
}

func (s *Sim) tooMany(routingKey string, now time.Time) bool {
	if s.options.EventsPerMinute <= 0 {
		return false
	}
	recent := slices.DeleteFunc(s.state.LastEvent[routingKey], func(at time.Time) bool { return now.Sub(at) >= time.Minute })
	if len(recent) >= s.options.EventsPerMinute {
		s.state.LastEvent[routingKey] = recent
		return true
	}
	s.state.LastEvent[routingKey] = append(recent, now)
	return false
}

// apply acts on an event.
func (s *Sim) apply(e event, now time.Time) {
	s.changed()
	sv := s.state.Services[e.RoutingKey]
	if sv == nil {
		if s.state.UnknownCount[e.RoutingKey]++; s.state.UnknownCount[e.RoutingKey] == 1 {
			s.state.UnknownKeys = append(s.state.UnknownKeys, e.RoutingKey)
		}
		return
	}
	a := s.state.OpenAlerts[alertKey(sv, e.DedupKey)]
	switch {
	case e.Action == "trigger":
		s.trigger(e, sv, a, now)
		s.fired = append(s.fired, firing{e.DedupKey, now})
	case a == nil: // nothing is open
	case e.Action == "acknowledge":
		s.acknowledge(a.Incident, actor{integration: sv}, now)
	case e.Action == "resolve":
		s.resolveAlert(a)
		// Several alerts in one incident: the last one resolves it.
		if !slices.ContainsFunc(a.Incident.Alerts, func(a *alert) bool { return !a.Resolved }) {
			s.resolve(a.Incident, actor{integration: sv}, now)
		}
	}
}

// trigger adds to the open alert with the key, or opens an alert and an incident and pages.
func (s *Sim) trigger(e event, sv *service, open *alert, now time.Time) {
	if open != nil {
		open.Incident.Triggers++
		s.note(open.Incident, logEntry{Kind: "trigger_log_entry", Summary: "Triggered again through the API"}, now)
		return
	}
	rec := &record{
		ID: s.id("Q", 13), Number: len(s.state.Order) + 1, Title: e.Payload.Summary,
		Status: Triggered, Urgency: "high", Triggers: 1, Service: sv, Created: now, Changed: now,
	}
	// What a service does whose urgency follows the severity.
	if e.Payload.Severity == "warning" || e.Payload.Severity == "info" {
		rec.Urgency = "low"
	}
	a := &alert{
		ID: s.id("Q", 13), Key: e.DedupKey, Severity: e.Payload.Severity, Summary: e.Payload.Summary,
		Source: e.Payload.Source, Component: e.Payload.Component, Client: e.Client, Details: e.Payload.Details,
		Links: e.Links, Service: sv, Created: now, Incident: rec,
	}
	rec.Alerts = []*alert{a}
	s.state.OpenAlerts[alertKey(sv, e.DedupKey)] = a
	s.state.Incidents[rec.ID] = rec
	s.state.Order = append(s.state.Order, rec)
	s.state.Open[rec.ID] = rec
	s.index(e.DedupKey, rec)
	s.note(rec, logEntry{Kind: "trigger_log_entry", Summary: "Triggered through the API"}, now)
	s.assignOnCall(rec)
	s.emitIncident("incident.triggered", rec, actor{integration: sv}, now)
	s.notifyAssigned(rec, now)
}
