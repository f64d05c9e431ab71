package pagerdutysim

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// listIncidents serves GET /incidents.
func (s *Sim) listIncidents(r *request) answer {
	q := r.URL.Query()
	all := s.state.Order
	// An empty incident_key is no filter at the real PagerDuty either.
	if key := q.Get("incident_key"); key != "" {
		all = s.state.ByKey[key]
	}
	since, until, problem := span(r)
	if problem != "" {
		return failure(http.StatusBadRequest, 2004, "Invalid time values in 'since' and/or 'until' parameters", problem)
	}
	less, problem := sorting(q.Get("sort_by"))
	if problem != "" {
		return invalid(problem)
	}
	statuses := q["statuses[]"]
	for _, status := range statuses {
		if !slices.Contains([]string{Triggered, Acknowledged, Resolved}, status) {
			return invalid("statuses is invalid")
		}
	}
	var found []*record
	for _, rec := range all {
		if (len(statuses) == 0 || slices.Contains(statuses, rec.Status)) && !rec.Created.Before(since) && !rec.Created.After(until) {
			found = append(found, rec)
		}
	}
	slices.SortStableFunc(found, less)
	return page(r, "incidents", found, s.restIncident)
}

// span is the range of creation times that are asked for: one month back by default.
func span(r *request) (since, until time.Time, problem string) {
	q := r.URL.Query()
	if q.Get("date_range") == "all" {
		return time.Time{}, r.now, ""
	}
	since, until = r.now.AddDate(0, -1, 0), r.now
	for name, target := range map[string]*time.Time{"since": &since, "until": &until} {
		text := q.Get(name)
		if text == "" {
			continue
		}
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return since, until, name + " is invalid"
		}
		*target = t
	}
	if until.Sub(since) > 6*31*24*time.Hour {
		return since, until, "the range is longer than 6 months"
	}
	return since, until, ""
}

// sorting reads sort_by, such as created_at:desc; of two fields it knows the first only.
func sorting(by string) (less func(a, b *record) int, problem string) {
	field, direction, _ := strings.Cut(strings.Split(by, ",")[0], ":")
	switch field {
	case "", "incident_number", "created_at":
		// Numbers are given in the order of creation.
		less = byNumber
	case "resolved_at":
		less = func(a, b *record) int { return cmp.Or(a.ResolvedAt.Compare(b.ResolvedAt), byNumber(a, b)) }
	case "urgency":
		less = func(a, b *record) int { return cmp.Or(strings.Compare(a.Urgency, b.Urgency), byNumber(a, b)) }
	default:
		return nil, "sort_by is invalid"
	}
	if direction == "desc" {
		ascending := less
		return func(a, b *record) int { return ascending(b, a) }, ""
	}
	return less, ""
}

// getIncident serves GET /incidents/{id}, where the ID may be the incident's number.
func (s *Sim) getIncident(r *request) answer {
	rec := s.addressed(r)
	if rec == nil {
		return notFound
	}
	return ok(map[string]any{"incident": s.restIncident(rec)})
}

func (s *Sim) addressed(r *request) *record {
	id := r.PathValue("id")
	if rec := s.state.Incidents[id]; rec != nil {
		return rec
	}
	if n, err := strconv.Atoi(id); err == nil && n >= 1 && n <= len(s.state.Order) {
		return s.state.Order[n-1]
	}
	return nil
}

// patch is what PUT changes of an incident.
type patch struct {
	ID          string `json:"id"`
	Type        string `json:"type"`
	Status      string `json:"status"`
	Title       string `json:"title"`
	Urgency     string `json:"urgency"`
	Assignments []struct {
		Assignee struct {
			ID string `json:"id"`
		} `json:"assignee"`
	} `json:"assignments"`
}

// manageIncidents serves PUT /incidents. All changes are made or, when one is refused, those
// before it.
func (s *Sim) manageIncidents(r *request) answer {
	var in struct {
		Incidents []patch `json:"incidents"`
	}
	if json.Unmarshal(r.body, &in) != nil || len(in.Incidents) == 0 {
		return failure(http.StatusBadRequest, 2003, "Missing Arguments", "incidents is missing")
	}
	if len(in.Incidents) > 250 {
		return answer{http.StatusRequestEntityTooLarge, invalid("at most 250 incidents can be updated at once").body}
	}
	changed := []map[string]any{}
	for _, p := range in.Incidents {
		rec := s.state.Incidents[p.ID]
		if rec == nil {
			return failure(http.StatusBadRequest, 1004, "Invalid ID Provided", p.ID)
		}
		if refusal, refused := s.update(rec, p, r); refused {
			return refusal
		}
		changed = append(changed, s.restIncident(rec))
	}
	return ok(map[string]any{"incidents": changed})
}

// updateIncident serves PUT /incidents/{id}.
func (s *Sim) updateIncident(r *request) answer {
	var in struct {
		Incident *patch `json:"incident"`
	}
	if json.Unmarshal(r.body, &in) != nil || in.Incident == nil {
		return failure(http.StatusBadRequest, 2003, "Missing Arguments", "incident is missing")
	}
	rec := s.addressed(r)
	if rec == nil {
		return notFound
	}
	if refusal, refused := s.update(rec, *in.Incident, r); refused {
		return refusal
	}
	return ok(map[string]any{"incident": s.restIncident(rec)})
}

// update changes an incident, or refuses.
func (s *Sim) update(rec *record, p patch, r *request) (refusal answer, refused bool) {
	if p.Type != "incident" && p.Type != "incident_reference" {
		return invalid("type is invalid"), true
	}
	var to []*user
	for _, a := range p.Assignments {
		u := s.state.Users[a.Assignee.ID]
		if u == nil {
			return failure(http.StatusBadRequest, 1007, "Assigned To User Not Found"), true
		}
		to = append(to, u)
	}
	if refusal, refused = s.setStatus(rec, p.Status, r); refused {
		return refusal, true
	}
	s.changed()
	rec.Title = cmp.Or(p.Title, rec.Title)
	rec.Urgency = cmp.Or(p.Urgency, rec.Urgency)
	if len(to) > 0 && rec.Status != Resolved {
		s.reassign(rec, to, person(r.from), r.now)
	}
	return answer{}, false
}

func (s *Sim) setStatus(rec *record, status string, r *request) (refusal answer, refused bool) {
	switch status {
	case "":
	case Resolved:
		if rec.Status == Resolved {
			return failure(http.StatusBadRequest, 1001, "Incident Already Resolved"), true
		}
		s.resolve(rec, person(r.from), r.now)
	case Acknowledged:
		if rec.Status == Resolved {
			s.reopen(rec, person(r.from), r.now)
		}
		if !s.acknowledge(rec, person(r.from), r.now) {
			return failure(http.StatusBadRequest, 1002, "Incident Already Acknowledged"), true
		}
	case Triggered:
		switch rec.Status {
		case Resolved:
			s.reopen(rec, person(r.from), r.now)
		case Acknowledged:
			s.unacknowledge(rec, r.now)
		}
	default:
		return failure(http.StatusBadRequest, 1003, "Invalid Status Provided"), true
	}
	return answer{}, false
}

// listAlerts serves GET /incidents/{id}/alerts.
func (s *Sim) listAlerts(r *request) answer {
	rec := s.addressed(r)
	if rec == nil {
		return notFound
	}
	q := r.URL.Query()
	var found []*alert
	for _, a := range rec.Alerts {
		key, statuses := q.Get("alert_key"), q["statuses[]"]
		if (key == "" || a.Key == key) && (len(statuses) == 0 || slices.Contains(statuses, alertStatus(a))) {
			found = append(found, a)
		}
	}
	return page(r, "alerts", found, s.restAlert)
}

// listNotes serves GET /incidents/{id}/notes, which has no pages.
func (s *Sim) listNotes(r *request) answer {
	rec := s.addressed(r)
	if rec == nil {
		return notFound
	}
	list := []map[string]any{}
	for _, n := range rec.Notes {
		list = append(list, s.restNote(n))
	}
	return ok(map[string]any{"notes": list})
}

// maxNotes is how many notes an incident can have.
const maxNotes = 2000

// addNote serves POST /incidents/{id}/notes.
func (s *Sim) addNote(r *request) answer {
	var in struct {
		Note struct {
			Content string `json:"content"`
		} `json:"note"`
	}
	rec := s.addressed(r)
	switch {
	case rec == nil:
		return notFound
	case json.Unmarshal(r.body, &in) != nil || in.Note.Content == "":
		return failure(http.StatusBadRequest, 2003, "Missing Arguments", "content is missing")
	case len(rec.Notes) >= maxNotes:
		return invalid("the incident has as many notes as it can have")
	}
	n := note{ID: s.id("Q", 13), Content: in.Note.Content, At: r.now, By: r.from}
	rec.Notes = append(rec.Notes, n)
	s.note(rec, logEntry{Kind: "annotate_log_entry", Summary: "Note added " + byWhom(person(r.from)), Agent: r.from}, r.now)
	s.emitNote(rec, n, r.now)
	return ok(map[string]any{"note": s.restNote(n)})
}

// snooze serves POST /incidents/{id}/snooze. The incident is un-acknowledged by the first
// request or call after the time is over.
func (s *Sim) snooze(r *request) answer {
	var in struct {
		Duration int `json:"duration"`
	}
	rec := s.addressed(r)
	switch {
	case rec == nil:
		return notFound
	case json.Unmarshal(r.body, &in) != nil || in.Duration < 1 || in.Duration > 604800:
		return failure(http.StatusBadRequest, 1013, "Snooze Duration is Invalid")
	case rec.Status == Resolved:
		return failure(http.StatusBadRequest, 1001, "Incident Already Resolved")
	}
	s.acknowledge(rec, person(r.from), r.now)
	rec.SnoozedTo = r.now.Add(time.Duration(in.Duration) * time.Second)
	s.state.Snoozed[rec.ID] = rec
	s.note(rec, logEntry{Kind: "snooze_log_entry", Summary: "Snoozed " + byWhom(person(r.from)), Agent: r.from}, r.now)
	return answer{http.StatusCreated, map[string]any{"incident": s.restIncident(rec)}}
}

// requestResponders serves POST /incidents/{id}/responder_requests. Like the real one it
// notifies again whoever was asked before.
func (s *Sim) requestResponders(r *request) answer {
	var in struct {
		RequesterID string `json:"requester_id"`
		Message     string `json:"message"`
		Targets     []struct {
			Target struct {
				ID   string `json:"id"`
				Type string `json:"type"`
			} `json:"responder_request_target"`
		} `json:"responder_request_targets"`
	}
	rec := s.addressed(r)
	if rec == nil {
		return notFound
	}
	if json.Unmarshal(r.body, &in) != nil || len(in.Targets) == 0 {
		return failure(http.StatusBadRequest, 2003, "Missing Arguments", "responder_request_targets is missing")
	}
	by := s.state.Users[in.RequesterID]
	if by == nil {
		return failure(http.StatusBadRequest, 2011, "You must specify a requester_id to perform this action")
	}
	var asked []*user
	for _, t := range in.Targets {
		u := s.state.Users[t.Target.ID]
		if u == nil {
			return failure(http.StatusBadRequest, 2013, "User not found")
		}
		asked = append(asked, u)
	}
	targets := []any{}
	for _, u := range asked {
		if !slices.Contains(rec.Responders, u) {
			rec.Responders = append(rec.Responders, u)
		}
		s.emitResponder(rec, u, by, in.Message, r.now)
		s.notify(rec, u, r.now)
		targets = append(targets, map[string]any{"responder_request_target": s.userReference(u)})
	}
	return ok(map[string]any{"responder_request": map[string]any{
		"incident": s.incidentReference(rec), "requester": s.userReference(by), "requested_at": stamp(r.now),
		"message": in.Message, "responder_request_targets": targets,
	}})
}
