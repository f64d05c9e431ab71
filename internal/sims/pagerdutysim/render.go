package pagerdutysim

import (
	"fmt"
	"time"
)

// stamp is a time as the REST API writes it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func stampOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}

func apiURL(kind, id string) string { return "https://api.pagerduty.com/" + kind + "/" + id }

// reference is how PagerDuty names an object within another: what is "service" or "user".
func (s *Sim) reference(what, kind, id, summary string) map[string]any {
	return map[string]any{
		"id": id, "type": what + "_reference", "summary": summary,
		"self": apiURL(kind, id), "html_url": s.webURL(kind, id),
	}
}

// userReference names a user. Who was deleted has a name there, and no page of their own.
func (s *Sim) userReference(u *user) map[string]any {
	out := s.reference("user", "users", u.ID, u.Name)
	if u.Deleted {
		out["self"], out["html_url"] = nil, nil
	}
	return out
}

func (s *Sim) incidentReference(rec *record) map[string]any {
	return s.reference("incident", "incidents", rec.ID, rec.Title)
}

func (s *Sim) serviceReference(sv *service) map[string]any {
	return s.reference("service", "services", sv.ID, sv.Set.Name)
}

func (s *Sim) policyReference(id string) map[string]any {
	return s.reference("escalation_policy", "escalation_policies", id, s.state.Policies[id].Name)
}

// policyOf is the escalation policy of an incident: that of its service, if it was assigned to
// somebody by name.
func (rec *record) policyOf() string {
	if rec.Policy == "" {
		return rec.Service.policyID()
	}
	return rec.Policy
}

// agentReference is a person or, for what no person did, the service.
func (s *Sim) agentReference(u *user, sv *service) map[string]any {
	if u != nil {
		return s.userReference(u)
	}
	return s.serviceReference(sv)
}

func (s *Sim) resolveReason(rec *record) any {
	if rec.MergedInto == nil {
		return nil
	}
	return map[string]any{"type": "merge_resolve_reason", "incident": s.incidentReference(rec.MergedInto)}
}

// restIncident is an incident as the REST API shows it.
func (s *Sim) restIncident(rec *record) map[string]any {
	assignments, acks, pending, responders := []any{}, []any{}, []any{}, []any{}
	for _, u := range rec.Assignees {
		assignments = append(assignments, map[string]any{"at": stamp(rec.Created), "assignee": s.userReference(u)})
	}
	for _, a := range rec.Acks {
		acks = append(acks, map[string]any{"at": stamp(a.At), "acknowledger": s.agentReference(a.By, rec.Service)})
	}
	if !rec.SnoozedTo.IsZero() {
		pending = append(pending, map[string]any{"type": "unacknowledge", "at": stamp(rec.SnoozedTo)})
	}
	for _, u := range rec.Responders {
		responders = append(responders, map[string]any{
			"state": "pending", "user": s.userReference(u), "incident": s.incidentReference(rec), "updated_at": stamp(rec.Changed),
		})
	}
	return map[string]any{
		"id": rec.ID, "type": "incident", "summary": rec.Title, "title": rec.Title, "description": rec.Title,
		"self": apiURL("incidents", rec.ID), "html_url": s.webURL("incidents", rec.ID),
		"incident_number": rec.Number, "incident_key": rec.keyOrNull(), "status": rec.Status, "urgency": rec.Urgency,
		"created_at": stamp(rec.Created), "updated_at": stamp(rec.Changed), "resolved_at": stampOrNull(rec.ResolvedAt),
		"service":                 s.serviceReference(rec.Service),
		"escalation_policy":       s.policyReference(rec.policyOf()),
		"assignments":             assignments,
		"assigned_via":            assignedVia(rec),
		"acknowledgements":        acks,
		"pending_actions":         pending,
		"last_status_change_at":   stamp(rec.Changed),
		"last_status_change_by":   s.agentReference(rec.ChangedBy, rec.Service),
		"alert_counts":            alertCounts(rec),
		"is_mergeable":            true,
		"teams":                   []any{},
		"priority":                nil,
		"resolve_reason":          s.resolveReason(rec),
		"incidents_responders":    responders,
		"responder_requests":      []any{},
		"subscriber_requests":     []any{},
		"incident_type":           map[string]any{"name": "incident_default"},
		"first_trigger_log_entry": s.reference("trigger_log_entry", "log_entries", rec.Log[0].ID, rec.Log[0].Summary),
	}
}

func alertCounts(rec *record) map[string]int {
	counts := map[string]int{"all": len(rec.Alerts), "triggered": 0, "resolved": 0}
	for _, a := range rec.Alerts {
		counts[alertStatus(a)]++
	}
	return counts
}

func alertStatus(a *alert) string {
	if a.Resolved {
		return Resolved
	}
	return Triggered
}

func (s *Sim) restAlert(a *alert) map[string]any {
	contexts := []any{}
	for _, l := range a.Links {
		contexts = append(contexts, map[string]any{"type": "link", "href": l.Href, "text": l.Text})
	}
	return map[string]any{
		"id": a.ID, "type": "alert", "summary": a.Summary, "self": apiURL("incidents/"+a.Incident.ID+"/alerts", a.ID),
		"html_url": s.webURL("alerts", a.ID), "created_at": stamp(a.Created), "status": alertStatus(a),
		"alert_key": a.Key, "severity": a.Severity, "suppressed": a.Incident == nil,
		"incident": s.incidentReference(a.Incident),
		"service":  s.serviceReference(a.Service),
		"body": map[string]any{"type": "alert_body", "contexts": contexts, "details": a.Details, "cef_details": map[string]any{
			"source_origin": a.Source, "source_component": a.Component, "severity": a.Severity, "client": a.Client,
		}},
	}
}

func (s *Sim) restNote(n note) map[string]any {
	return map[string]any{
		"id": n.ID, "content": n.Content, "created_at": stamp(n.At), "user": s.userReference(n.By),
		"channel": map[string]any{"type": "api"},
	}
}

func (s *Sim) restUser(u *user) map[string]any {
	return map[string]any{
		"id": u.ID, "type": "user", "summary": u.Name, "self": apiURL("users", u.ID), "html_url": s.webURL("users", u.ID),
		"name": u.Name, "email": u.Email, "time_zone": "Etc/UTC", "color": "green", "role": "user", "description": nil,
		"invitation_sent": false, "contact_methods": []any{}, "notification_rules": []any{}, "teams": []any{},
	}
}

func (s *Sim) restService(sv *service) map[string]any {
	return map[string]any{
		"id": sv.ID, "type": "service", "summary": sv.Set.Name, "self": apiURL("services", sv.ID), "html_url": s.webURL("services", sv.ID),
		"name": sv.Set.Name, "status": serviceStatus(sv), "escalation_policy": s.policyReference(sv.policyID()), "teams": []any{},
		"alert_creation": "create_alerts_and_incidents", "integrations": []any{},
	}
}

func serviceStatus(sv *service) string {
	if sv.Set.Maintenance {
		return "maintenance"
	}
	return "active"
}

func assignedVia(rec *record) string {
	if rec.Policy == "" {
		return "direct_assignment"
	}
	return "escalation_policy"
}

func (s *Sim) restPolicy(id string) map[string]any {
	rules, services := []any{}, []any{}
	for n, level := range s.state.Policies[id].Levels {
		targets := []any{}
		for _, target := range level {
			if isAddress(target) {
				targets = append(targets, s.userReference(s.person(target)))
			} else {
				targets = append(targets, s.scheduleReference(target))
			}
		}
		rules = append(rules, map[string]any{"id": fmt.Sprintf("%s%d", id, n+1), "escalation_delay_in_minutes": 30, "targets": targets})
	}
	for _, sv := range s.state.ServiceOrder {
		if sv.policyID() == id {
			services = append(services, s.serviceReference(sv))
		}
	}
	out := s.policyReference(id)
	out["type"], out["name"] = "escalation_policy", s.state.Policies[id].Name
	out["escalation_rules"], out["services"] = rules, services
	out["num_loops"], out["teams"] = 0, []any{}
	return out
}

func (s *Sim) scheduleReference(id string) map[string]any {
	return s.reference("schedule", "schedules", id, s.state.Schedules[id].Name)
}

// restOnCall is somebody on call, with the whole user where that is asked for.
func (s *Sim) restOnCall(d duty, whole bool) map[string]any {
	out := map[string]any{
		"escalation_policy": s.policyReference(d.policy), "escalation_level": d.level, "schedule": nil,
		"user": s.userReference(d.who), "start": nil, "end": nil,
	}
	if d.schedule != "" {
		out["schedule"] = s.scheduleReference(d.schedule)
	}
	if whole {
		out["user"] = s.restUser(d.who)
	}
	return out
}
