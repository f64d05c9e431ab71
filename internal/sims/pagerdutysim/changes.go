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
	if rec.Status == Resolved {
		return fmt.Errorf("pagerdutysim: incident %s is resolved", rec.ID)
	}
	s.acknowledge(rec, person(s.person(byEmail)), now)
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
	if rec.Status != Acknowledged {
		return fmt.Errorf("pagerdutysim: incident %s is %s, not acknowledged", rec.ID, rec.Status)
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
	if rec.Status == Resolved {
		return fmt.Errorf("pagerdutysim: incident %s is resolved already", rec.ID)
	}
	s.resolve(rec, person(s.person(byEmail)), now)
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
	if rec.Status != Resolved {
		return fmt.Errorf("pagerdutysim: incident %s is not resolved", rec.ID)
	}
	s.reopen(rec, person(s.person(byEmail)), now)
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
	if rec.Status == Resolved {
		return fmt.Errorf("pagerdutysim: incident %s is resolved", rec.ID)
	}
	s.reassign(rec, []*user{s.person(toEmail)}, actor{}, now)
	return nil
}

// Escalate does what PagerDuty does when nobody has acknowledged an incident in time: the next
// level at which somebody is on call is asked. It fails, and changes nothing, at the last one, for
// low urgency and for what was assigned to a person by name.
func (s *Sim) Escalate(idOrKey string) error {
	now := s.lock()
	defer s.unlock()
	rec, err := s.find(idOrKey)
	if err != nil {
		return err
	}
	level, who := s.onCallFrom(rec.policyOf(), rec.Level+1)
	if rec.Status != Triggered || rec.Urgency != string(AlwaysHigh) || rec.Policy == "" || level == 0 {
		return fmt.Errorf("pagerdutysim: incident %s, which is %s, %s and at level %d, does not escalate", rec.ID, rec.Status, rec.Urgency, rec.Level)
	}
	rec.Level, rec.Assignees, rec.Changed = level, who, now
	s.changed()
	s.note(rec, logEntry{Kind: "escalate_log_entry", Summary: "Escalated to " + namesOf(who) + " due to timeout", Assignees: who}, now)
	s.emitIncident("incident.escalated", rec, actor{}, now)
	s.notifyAssigned(rec, now)
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
	if source == target || source.Status == Resolved || target.Status == Resolved {
		return fmt.Errorf("pagerdutysim: incident %s cannot be merged into %s", source.ID, target.ID)
	}
	for _, a := range source.Alerts {
		a.Incident = target
		s.index(a.Key, target)
	}
	target.Alerts = append(target.Alerts, source.Alerts...)
	// PagerDuty finds an incident by the keys of its alerts, and the source has none left.
	for _, a := range source.Alerts {
		s.state.ByKey[a.Key] = slices.DeleteFunc(s.state.ByKey[a.Key], func(r *record) bool { return r == source })
	}
	source.Alerts, source.MergedInto = nil, target
	s.resolve(source, person(s.person(byEmail)), now)
	return nil
}

// index makes the incident findable by the key.
func (s *Sim) index(key string, rec *record) {
	if !slices.Contains(s.state.ByKey[key], rec) {
		s.state.ByKey[key] = append(s.state.ByKey[key], rec)
	}
}

// acknowledge notes an acknowledgement. It reports whether anything changed. The caller holds
// the lock, here and below.
func (s *Sim) acknowledge(rec *record, by actor, now time.Time) bool {
	if slices.ContainsFunc(rec.Acks, func(a ack) bool { return a.By == by.user }) {
		return false
	}
	rec.Acks = append(rec.Acks, ack{At: now, By: by.user})
	s.change(rec, Acknowledged, by.user, now)
	s.note(rec, logEntry{Kind: "acknowledge_log_entry", Summary: "Acknowledged " + byWhom(by), Agent: by.user}, now)
	s.emitIncident("incident.acknowledged", rec, by, now)
	return true
}

func (s *Sim) unacknowledge(rec *record, now time.Time) {
	rec.Acks = nil
	s.change(rec, Triggered, nil, now)
	s.note(rec, logEntry{Kind: "unacknowledge_log_entry", Summary: "Unacknowledged due to timeout"}, now)
	s.emitIncident("incident.unacknowledged", rec, actor{}, now)
	s.notifyAssigned(rec, now)
}

func (s *Sim) resolve(rec *record, by actor, now time.Time) {
	for _, a := range rec.Alerts {
		s.resolveAlert(a)
	}
	rec.Acks, rec.Assignees = nil, nil
	rec.ResolvedAt = now
	delete(s.state.Open, rec.ID)
	s.change(rec, Resolved, by.user, now)
	s.note(rec, logEntry{Kind: "resolve_log_entry", Summary: "Resolved " + byWhom(by), Agent: by.user}, now)
	s.emitIncident("incident.resolved", rec, by, now)
}

func (s *Sim) resolveAlert(a *alert) {
	a.Resolved = true
	if scope := alertKey(a.Service, a.Key); s.state.OpenAlerts[scope] == a {
		delete(s.state.OpenAlerts, scope)
	}
}

// reopen opens a resolved incident again. Its alerts stay resolved, so that its key is free.
func (s *Sim) reopen(rec *record, by actor, now time.Time) {
	rec.ResolvedAt = time.Time{}
	s.state.Open[rec.ID] = rec
	s.change(rec, Triggered, by.user, now)
	s.note(rec, logEntry{Kind: "trigger_log_entry", Summary: "Reopened " + byWhom(by), Agent: by.user}, now)
	s.assignOnCall(rec)
	s.emitIncident("incident.reopened", rec, by, now)
	s.notifyAssigned(rec, now)
}

func (s *Sim) reassign(rec *record, to []*user, by actor, now time.Time) {
	before := rec.Assignees
	rec.Assignees = to
	rec.Changed = now
	for _, u := range to {
		s.note(rec, logEntry{Kind: "assign_log_entry", Summary: "Assigned to " + u.Name, Agent: by.user, Assignees: []*user{u}}, now)
	}
	if rec.Status == Acknowledged {
		// A new assignee has not acknowledged anything.
		rec.Acks, before = nil, nil
		s.change(rec, Triggered, by.user, now)
	}
	s.emitIncident("incident.reassigned", rec, by, now)
	for _, u := range to {
		if !slices.Contains(before, u) {
			s.notify(rec, u, now)
		}
	}
}

func (s *Sim) change(rec *record, status string, by *user, now time.Time) {
	s.changed()
	s.hush(rec)
	rec.Status, rec.Changed, rec.ChangedBy = status, now, by
	if status != Acknowledged {
		rec.SnoozedTo = time.Time{}
		delete(s.state.Snoozed, rec.ID)
	}
}

// assignOnCall assigns an incident to whom its policy asks first.
func (s *Sim) assignOnCall(rec *record) {
	rec.Level, rec.Assignees = s.onCallFrom(rec.policyOf(), 1)
}

func (s *Sim) notifyAssigned(rec *record, now time.Time) {
	for _, u := range rec.Assignees {
		s.notify(rec, u, now)
	}
}

func (s *Sim) note(rec *record, entry logEntry, now time.Time) {
	entry.ID, entry.At = s.id("R", 25), now
	rec.Log = append(rec.Log, entry)
}

func byWhom(by actor) string {
	if by.user == nil {
		return "through the API"
	}
	return "by " + by.user.Name
}
