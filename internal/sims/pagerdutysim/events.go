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
	if text, plain := answer.(string); plain {
		http.Error(w, text, status)
		return
	}
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

// unknownKey is what robusta-dev/robusta#571 was answered: no JSON, but a line of text.
const unknownKey = "Invalid routing key"

// accept takes an event in and acts on it now or later. An answer that is a string is plain text.
func (s *Sim) accept(e event) (int, any) {
	now := s.lock()
	defer s.unlock()
	s.changed()
	if s.tooMany(e.RoutingKey, now) {
		return http.StatusTooManyRequests, throttled
	}
	if s.state.Services[e.RoutingKey] == nil && !s.options.AcceptUnknownKeys {
		s.countUnknown(e.RoutingKey)
		return http.StatusBadRequest, unknownKey
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

func (s *Sim) countUnknown(routingKey string) {
	if s.state.UnknownCount[routingKey]++; s.state.UnknownCount[routingKey] == 1 {
		s.state.UnknownKeys = append(s.state.UnknownKeys, routingKey)
	}
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

// apply acts on an event, or drops it.
func (s *Sim) apply(e event, now time.Time) {
	s.changed()
	sv := s.state.Services[e.RoutingKey]
	if sv == nil {
		s.countUnknown(e.RoutingKey)
		s.drop(e, NoSuchService, now)
		return
	}
	if sv.Set.Maintenance {
		s.drop(e, InMaintenance, now)
		return
	}
	a := s.state.OpenAlerts[alertKey(sv, e.DedupKey)]
	switch {
	case e.Action == "trigger":
		s.trigger(e, sv, a, now)
		s.fired = append(s.fired, firing{e.DedupKey, now})
	case a == nil:
		s.drop(e, NothingOpen, now)
	case e.Action == "resolve":
		s.resolveAlert(a)
		// Several alerts in one incident: the last one resolves it.
		if in := a.Incident; in != nil && !slices.ContainsFunc(in.Alerts, func(a *alert) bool { return !a.Resolved }) {
			s.resolve(in, actor{integration: sv}, now)
		}
	case a.Incident != nil: // acknowledge, with all of the incident's alerts
		s.acknowledge(a.Incident, actor{integration: sv}, now)
	}
}

// trigger adds to the open alert with the key, or opens an alert, and for it an incident or none.
func (s *Sim) trigger(e event, sv *service, open *alert, now time.Time) {
	if open != nil {
		s.triggerAgain(e, open, now)
		return
	}
	level, _ := s.onCallFrom(sv.policyID(), 1)
	if level == 0 {
		s.drop(e, NobodyOnCall, now)
		return
	}
	a := &alert{
		ID: s.id("Q", 13), Key: e.DedupKey, Severity: e.Payload.Severity, Summary: e.Payload.Summary,
		Source: e.Payload.Source, Component: e.Payload.Component, Client: e.Client, Details: e.Payload.Details,
		Links: e.Links, Service: sv, Created: now,
	}
	s.state.OpenAlerts[alertKey(sv, e.DedupKey)] = a
	if sv.Set.Suppressing {
		s.drop(e, Suppressed, now)
		return
	}
	if group := s.groupFor(sv); group != nil {
		s.join(group, a, now)
		return
	}
	rec := s.open(sv, e.Payload.Summary, sv.Set.Urgency.of(e.Payload.Severity), now)
	rec.Policy, rec.Triggers, rec.Alerts = sv.policyID(), 1, []*alert{a}
	a.Incident = rec
	s.index(e.DedupKey, rec)
	s.note(rec, logEntry{Kind: "trigger_log_entry", Summary: "Triggered through the API"}, now)
	s.assignOnCall(rec)
	s.note(rec, logEntry{Kind: "assign_log_entry", Summary: "Assigned to " + namesOf(rec.Assignees), Assignees: rec.Assignees}, now)
	s.emitIncident("incident.triggered", rec, actor{integration: sv}, now)
	s.notifyAssigned(rec, now)
}

// triggerAgain puts what the event says in the place of what the alert said, as was seen in
// PagerDuty/pdpyras#45. The incident keeps its title.
func (s *Sim) triggerAgain(e event, open *alert, now time.Time) {
	open.Summary, open.Severity, open.Details, open.Links = e.Payload.Summary, e.Payload.Severity, e.Payload.Details, e.Links
	rec := open.Incident
	if rec == nil {
		s.drop(e, Suppressed, now)
		return
	}
	rec.Triggers++
	s.note(rec, logEntry{Kind: "trigger_log_entry", Summary: "Triggered again through the API"}, now)
	s.raiseUrgency(rec, open, now)
}

// groupFor is the incident that the service's alerts are grouped into, if any.
func (s *Sim) groupFor(sv *service) *record {
	if !sv.Set.Grouping {
		return nil
	}
	var newest *record
	for _, rec := range s.state.Open {
		if rec.Service == sv && len(rec.Alerts) > 0 && (newest == nil || rec.Number > newest.Number) {
			newest = rec
		}
	}
	return newest
}

// join adds an alert to an incident, be it acknowledged. Nobody is notified of it.
func (s *Sim) join(rec *record, a *alert, now time.Time) {
	a.Incident = rec
	rec.Alerts = append(rec.Alerts, a)
	rec.Triggers++
	s.index(a.Key, rec)
	s.note(rec, logEntry{Kind: "trigger_log_entry", Summary: "An alert was added through the API"}, now)
	s.raiseUrgency(rec, a, now)
}

// raiseUrgency makes an incident urgent whose urgency follows severity, when an alert is added that
// is, or one becomes so: then the high-urgency rules of whom it is assigned to apply.
// https://support.pagerduty.com/docs/dynamic-notifications
func (s *Sim) raiseUrgency(rec *record, a *alert, now time.Time) {
	if rec.Urgency == string(AlwaysHigh) || rec.Service.Set.Urgency != FollowsSeverity || rec.Service.Set.Urgency.of(a.Severity) != string(AlwaysHigh) {
		return
	}
	rec.Urgency = string(AlwaysHigh)
	if rec.Status == Triggered {
		s.notifyAssigned(rec, now)
	}
}

// open makes an incident that is triggered.
func (s *Sim) open(sv *service, title, urgency string, now time.Time) *record {
	rec := &record{
		ID: s.id("Q", 13), Number: len(s.state.Order) + 1, Title: title,
		Status: Triggered, Urgency: urgency, Service: sv, Created: now, Changed: now,
	}
	s.state.Incidents[rec.ID] = rec
	s.state.Order = append(s.state.Order, rec)
	s.state.Open[rec.ID] = rec
	return rec
}
