package pagerdutysim

import (
	"fmt"
	"slices"
	"time"
)

// Acknowledge does what a person does who presses Acknowledge on the phone. A second person
// may acknowledge as well; the same one again changes nothing.
func (s *Sim) Acknowledge(idOrKey, byEmail string) error {
	now := s.lock()
	defer s.unlock()
	rec, err := s.find(idOrKey)
	if err != nil {
		return err
	}
	if rec.status == Resolved {
		return fmt.Errorf("pagerdutysim: incident %s is resolved", rec.id)
	}
	s.acknowledge(rec, s.person(byEmail), now)
	return nil
}

// Unacknowledge does what PagerDuty does when the acknowledgement timeout of a service passes:
// the incident is triggered again and notifies again.
func (s *Sim) Unacknowledge(idOrKey string) error {
	now := s.lock()
	defer s.unlock()
	rec, err := s.find(idOrKey)
	if err != nil {
		return err
	}
	if rec.status != Acknowledged {
		return fmt.Errorf("pagerdutysim: incident %s is %s, not acknowledged", rec.id, rec.status)
	}
	s.unacknowledge(rec, now)
	return nil
}

// ResolveByHuman does what a person does who presses Resolve.
func (s *Sim) ResolveByHuman(idOrKey, byEmail string) error {
	now := s.lock()
	defer s.unlock()
	rec, err := s.find(idOrKey)
	if err != nil {
		return err
	}
	if rec.status == Resolved {
		return fmt.Errorf("pagerdutysim: incident %s is resolved already", rec.id)
	}
	s.resolve(rec, s.person(byEmail), now)
	return nil
}

// Reopen does what a person does who reopens a resolved incident in the web application.
func (s *Sim) Reopen(idOrKey, byEmail string) error {
	now := s.lock()
	defer s.unlock()
	rec, err := s.find(idOrKey)
	if err != nil {
		return err
	}
	if rec.status != Resolved {
		return fmt.Errorf("pagerdutysim: incident %s is not resolved", rec.id)
	}
	s.reopen(rec, s.person(byEmail), now)
	return nil
}

// Reassign hands an open incident to another person, who is notified.
func (s *Sim) Reassign(idOrKey, toEmail string) error {
	now := s.lock()
	defer s.unlock()
	rec, err := s.find(idOrKey)
	if err != nil {
		return err
	}
	if rec.status == Resolved {
		return fmt.Errorf("pagerdutysim: incident %s is resolved", rec.id)
	}
	s.reassign(rec, []*user{s.person(toEmail)}, nil, now)
	return nil
}

// Merge does what a person does who merges one open incident into another: the alerts move,
// and the first incident is resolved.
func (s *Sim) Merge(from, into, byEmail string) error {
	now := s.lock()
	defer s.unlock()
	source, err := s.find(from)
	if err != nil {
		return err
	}
	target, err := s.find(into)
	if err != nil {
		return err
	}
	if source == target || source.status == Resolved || target.status == Resolved {
		return fmt.Errorf("pagerdutysim: incident %s cannot be merged into %s", source.id, target.id)
	}
	for _, a := range source.alerts {
		a.incident = target
		s.index(a.key, target)
	}
	target.alerts = append(target.alerts, source.alerts...)
	// PagerDuty finds an incident by the keys of its alerts, and the source has none left.
	s.byKey[source.key] = slices.DeleteFunc(s.byKey[source.key], func(r *record) bool { return r == source })
	source.alerts, source.mergedInto = nil, target
	s.resolve(source, s.person(byEmail), now)
	return nil
}

// index makes the incident findable by the key.
func (s *Sim) index(key string, rec *record) {
	if !slices.Contains(s.byKey[key], rec) {
		s.byKey[key] = append(s.byKey[key], rec)
	}
}

// acknowledge notes an acknowledgement; by is nil for the Events API. It reports whether
// anything changed. The caller holds the lock, here and below.
func (s *Sim) acknowledge(rec *record, by *user, now time.Time) bool {
	if slices.ContainsFunc(rec.acks, func(a ack) bool { return a.by == by }) {
		return false
	}
	rec.acks = append(rec.acks, ack{at: now, by: by})
	s.change(rec, Acknowledged, by, now)
	s.note(rec, logEntry{kind: "acknowledge_log_entry", summary: "Acknowledged " + byWhom(by), agent: by}, now)
	s.emitIncident("incident.acknowledged", rec, by, now)
	return true
}

func (s *Sim) unacknowledge(rec *record, now time.Time) {
	rec.acks = nil
	s.change(rec, Triggered, nil, now)
	s.note(rec, logEntry{kind: "unacknowledge_log_entry", summary: "Unacknowledged due to timeout"}, now)
	s.emitIncident("incident.unacknowledged", rec, nil, now)
	s.notifyAssigned(rec, now)
}

func (s *Sim) resolve(rec *record, by *user, now time.Time) {
	for _, a := range rec.alerts {
		s.resolveAlert(a)
	}
	rec.acks, rec.assignees = nil, nil
	rec.resolvedAt = now
	delete(s.open, rec)
	s.change(rec, Resolved, by, now)
	s.note(rec, logEntry{kind: "resolve_log_entry", summary: "Resolved " + byWhom(by), agent: by}, now)
	s.emitIncident("incident.resolved", rec, by, now)
}

func (s *Sim) resolveAlert(a *alert) {
	a.resolved = true
	if scope := (alertKey{a.service, a.key}); s.openAlerts[scope] == a {
		delete(s.openAlerts, scope)
	}
}

// reopen opens a resolved incident again. Its alerts stay resolved, so that its key is free.
func (s *Sim) reopen(rec *record, by *user, now time.Time) {
	rec.resolvedAt = time.Time{}
	s.open[rec] = struct{}{}
	s.change(rec, Triggered, by, now)
	s.note(rec, logEntry{kind: "trigger_log_entry", summary: "Reopened " + byWhom(by), agent: by}, now)
	s.assignOnCall(rec)
	s.emitIncident("incident.reopened", rec, by, now)
	s.notifyAssigned(rec, now)
}

func (s *Sim) reassign(rec *record, to []*user, by *user, now time.Time) {
	rec.assignees = to
	rec.changed = now
	for _, u := range to {
		s.note(rec, logEntry{kind: "assign_log_entry", summary: "Assigned to " + u.name, agent: by}, now)
	}
	if rec.status == Acknowledged {
		// A new assignee has not acknowledged anything.
		rec.acks = nil
		s.change(rec, Triggered, by, now)
	}
	s.emitIncident("incident.reassigned", rec, by, now)
	s.notifyAssigned(rec, now)
}

func (s *Sim) change(rec *record, status string, by *user, now time.Time) {
	s.changed()
	rec.status, rec.changed, rec.changedBy = status, now, by
	if status != Acknowledged {
		rec.snoozedTo = time.Time{}
		delete(s.snoozed, rec)
	}
}

func (s *Sim) assignOnCall(rec *record) {
	if rec.service.onCall != nil {
		rec.assignees = []*user{rec.service.onCall}
	}
}

func (s *Sim) notifyAssigned(rec *record, now time.Time) {
	for _, u := range rec.assignees {
		s.notify(rec, u, now)
	}
}

func (s *Sim) notify(rec *record, who *user, now time.Time) {
	s.notifications = append(s.notifications, Notification{
		At: now, Person: who.email, IncidentID: rec.id, IncidentKey: rec.key, Summary: rec.title, Urgency: rec.urgency,
	})
	s.note(rec, logEntry{kind: "notify_log_entry", summary: "Notified " + who.name, notified: who}, now)
}

func (s *Sim) note(rec *record, entry logEntry, now time.Time) {
	entry.id, entry.at = s.id("R", 25), now
	rec.log = append(rec.log, entry)
}

func byWhom(by *user) string {
	if by == nil {
		return "through the API"
	}
	return "by " + by.name
}
