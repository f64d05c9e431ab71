package pagerdutysim

import "time"

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

func (s *Sim) userReference(u *user) map[string]any {
	return s.reference("user", "users", u.id, u.name)
}

func (s *Sim) incidentReference(rec *record) map[string]any {
	return s.reference("incident", "incidents", rec.id, rec.title)
}

func (s *Sim) policyReference(sv *service) map[string]any {
	return s.reference("escalation_policy", "escalation_policies", sv.policyID, sv.name+" policy")
}

// agentReference is a person or, for what no person did, the service.
func (s *Sim) agentReference(u *user, sv *service) map[string]any {
	if u != nil {
		return s.userReference(u)
	}
	return s.reference("service", "services", sv.id, sv.name)
}

func (s *Sim) resolveReason(rec *record) any {
	if rec.mergedInto == nil {
		return nil
	}
	return map[string]any{"type": "merge_resolve_reason", "incident": s.incidentReference(rec.mergedInto)}
}

// restIncident is an incident as the REST API shows it.
func (s *Sim) restIncident(rec *record) map[string]any {
	assignments, acks, pending, responders := []any{}, []any{}, []any{}, []any{}
	for _, u := range rec.assignees {
		assignments = append(assignments, map[string]any{"at": stamp(rec.created), "assignee": s.userReference(u)})
	}
	for _, a := range rec.acks {
		acks = append(acks, map[string]any{"at": stamp(a.at), "acknowledger": s.agentReference(a.by, rec.service)})
	}
	if !rec.snoozedTo.IsZero() {
		pending = append(pending, map[string]any{"type": "unacknowledge", "at": stamp(rec.snoozedTo)})
	}
	for _, u := range rec.responders {
		responders = append(responders, map[string]any{
			"state": "pending", "user": s.userReference(u), "incident": s.incidentReference(rec), "updated_at": stamp(rec.changed),
		})
	}
	return map[string]any{
		"id": rec.id, "type": "incident", "summary": rec.title, "title": rec.title, "description": rec.title,
		"self": apiURL("incidents", rec.id), "html_url": s.webURL("incidents", rec.id),
		"incident_number": rec.number, "incident_key": rec.key, "status": rec.status, "urgency": rec.urgency,
		"created_at": stamp(rec.created), "updated_at": stamp(rec.changed), "resolved_at": stampOrNull(rec.resolvedAt),
		"service":                 s.reference("service", "services", rec.service.id, rec.service.name),
		"escalation_policy":       s.policyReference(rec.service),
		"assignments":             assignments,
		"assigned_via":            "escalation_policy",
		"acknowledgements":        acks,
		"pending_actions":         pending,
		"last_status_change_at":   stamp(rec.changed),
		"last_status_change_by":   s.agentReference(rec.changedBy, rec.service),
		"alert_counts":            alertCounts(rec),
		"is_mergeable":            true,
		"teams":                   []any{},
		"priority":                nil,
		"resolve_reason":          s.resolveReason(rec),
		"incidents_responders":    responders,
		"responder_requests":      []any{},
		"subscriber_requests":     []any{},
		"incident_type":           map[string]any{"name": "incident_default"},
		"first_trigger_log_entry": s.reference("trigger_log_entry", "log_entries", rec.log[0].id, rec.log[0].summary),
	}
}

func alertCounts(rec *record) map[string]int {
	counts := map[string]int{"all": len(rec.alerts), "triggered": 0, "resolved": 0}
	for _, a := range rec.alerts {
		counts[alertStatus(a)]++
	}
	return counts
}

func alertStatus(a *alert) string {
	if a.resolved {
		return Resolved
	}
	return Triggered
}

func (s *Sim) restAlert(a *alert) map[string]any {
	contexts := []any{}
	for _, l := range a.links {
		contexts = append(contexts, map[string]any{"type": "link", "href": l.Href, "text": l.Text})
	}
	return map[string]any{
		"id": a.id, "type": "alert", "summary": a.summary, "self": apiURL("incidents/"+a.incident.id+"/alerts", a.id),
		"html_url": s.webURL("alerts", a.id), "created_at": stamp(a.created), "status": alertStatus(a),
		"alert_key": a.key, "severity": a.severity, "suppressed": false,
		"incident": s.incidentReference(a.incident),
		"service":  s.reference("service", "services", a.service.id, a.service.name),
		"body": map[string]any{"type": "alert_body", "contexts": contexts, "details": a.details, "cef_details": map[string]any{
			"source_origin": a.source, "source_component": a.component, "severity": a.severity, "client": a.client,
		}},
	}
}

func (s *Sim) restLogEntry(rec *record, e logEntry) map[string]any {
	out := map[string]any{
		"id": e.id, "type": e.kind, "summary": e.summary, "self": apiURL("log_entries", e.id), "html_url": nil,
		"created_at": stamp(e.at), "agent": s.agentReference(e.agent, rec.service),
		"channel": map[string]any{"type": "auto"}, "incident": s.incidentReference(rec),
		"service": s.reference("service", "services", rec.service.id, rec.service.name), "teams": []any{}, "contexts": []any{},
	}
	if e.notified != nil {
		out["channel"] = map[string]any{"type": "auto", "notification": map[string]any{"type": "push_notification", "status": "success"}}
		out["user"] = s.userReference(e.notified)
	}
	return out
}

func (s *Sim) restNote(n note) map[string]any {
	return map[string]any{
		"id": n.id, "content": n.content, "created_at": stamp(n.at), "user": s.userReference(n.by),
		"channel": map[string]any{"type": "api"},
	}
}

func (s *Sim) restUser(u *user) map[string]any {
	return map[string]any{
		"id": u.id, "type": "user", "summary": u.name, "self": apiURL("users", u.id), "html_url": s.webURL("users", u.id),
		"name": u.name, "email": u.email, "time_zone": "Etc/UTC", "color": "green", "role": "user", "description": nil,
		"invitation_sent": false, "contact_methods": []any{}, "notification_rules": []any{}, "teams": []any{},
	}
}

func (s *Sim) restService(sv *service) map[string]any {
	return map[string]any{
		"id": sv.id, "type": "service", "summary": sv.name, "self": apiURL("services", sv.id), "html_url": s.webURL("services", sv.id),
		"name": sv.name, "status": "active", "escalation_policy": s.policyReference(sv), "teams": []any{},
		"alert_creation": "create_alerts_and_incidents", "integrations": []any{},
	}
}

func (s *Sim) restPolicy(sv *service) map[string]any {
	targets := []any{}
	if sv.onCall != nil {
		targets = append(targets, s.userReference(sv.onCall))
	}
	out := s.policyReference(sv)
	out["type"], out["name"] = "escalation_policy", sv.name+" policy"
	out["escalation_rules"] = []any{map[string]any{"id": sv.policyID + "1", "escalation_delay_in_minutes": 30, "targets": targets}}
	out["services"] = []any{s.reference("service", "services", sv.id, sv.name)}
	out["num_loops"], out["teams"] = 0, []any{}
	return out
}

func (s *Sim) restOnCall(sv *service) map[string]any {
	return map[string]any{
		"escalation_policy": s.policyReference(sv), "escalation_level": 1, "schedule": nil,
		"user": s.userReference(sv.onCall), "start": nil, "end": nil,
	}
}
