package pagerdutysim

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"muster/internal/sims/simkit"
)

// Version is a number that changes with every change of what Save writes. It may also change
// without one.
func (s *Sim) Version() uint64 { return s.version.Load() }

// changed is called with the lock held, so that whoever sees the new version and saves waits
// for the change itself.
func (s *Sim) changed() { s.version.Add(1) }

// Save writes the account, for Load. Faults, the log of requests and the webhooks with their
// target are not part of it.
func (s *Sim) Save(w io.Writer) error {
	s.mu.Lock()
	raw, err := simkit.EncodeState(savedFormat, s.save())
	s.mu.Unlock()
	if err != nil {
		return fmt.Errorf("pagerdutysim: %w", err)
	}
	if _, err := w.Write(raw); err != nil {
		return fmt.Errorf("pagerdutysim: write state: %w", err)
	}
	return nil
}

// Load puts the account that Save wrote in the place of the present one. On an error the
// present one stays. Events whose lag was over in the meantime are acted on at once.
func (s *Sim) Load(r io.Reader) error {
	var file saved
	if err := simkit.DecodeState(r, savedFormat, &file); err != nil {
		return fmt.Errorf("pagerdutysim: %w", err)
	}
	// Built beside the present account, so that a mistake in the file cannot leave half of each.
	next, err := file.restore()
	if err != nil {
		return fmt.Errorf("pagerdutysim: read state: %w", err)
	}
	s.mu.Lock()
	s.replace(next)
	s.changed()
	now := s.clock.Now()
	s.mu.Unlock()
	for _, e := range next.lagging {
		s.later(e.due.Sub(now))
	}
	return nil
}

// replace takes over what restore fills in.
func (s *Sim) replace(next *Sim) {
	s.ids = next.ids
	s.users, s.usersByEmail, s.userOrder = next.users, next.usersByEmail, next.userOrder
	s.services, s.serviceOrder = next.services, next.serviceOrder
	s.incidents, s.order, s.byKey = next.incidents, next.order, next.byKey
	s.open, s.openAlerts, s.snoozed = next.open, next.openAlerts, next.snoozed
	s.notifications, s.lastEvent, s.restWindow = next.notifications, next.lastEvent, next.restWindow
	s.unknownKeys, s.unknownCount = next.unknownKeys, next.unknownCount
	s.holding, s.held, s.lagging = next.holding, next.held, next.lagging
}

// later makes time pass for the events that lag even if no request comes.
func (s *Sim) later(wait time.Duration) {
	time.AfterFunc(wait, func() {
		s.lock()
		s.unlock()
	})
}

func (s *Sim) save() saved {
	out := saved{
		IDs: s.ids, Notifications: s.notifications, Holding: s.holding, ByKey: map[string][]string{}, LastEvent: map[string][]time.Time{},
	}
	for _, u := range s.userOrder {
		out.Users = append(out.Users, savedUser{ID: u.id, Name: u.name, Email: u.email})
	}
	for _, sv := range s.serviceOrder {
		out.Services = append(out.Services, savedService{
			ID: sv.id, PolicyID: sv.policyID, RoutingKey: sv.routingKey, Name: sv.name, OnCall: idOf(sv.onCall),
		})
	}
	for _, rec := range s.order {
		out.Incidents = append(out.Incidents, saveIncident(rec))
	}
	for key, list := range s.byKey {
		for _, rec := range list {
			out.ByKey[key] = append(out.ByKey[key], rec.id)
		}
	}
	for _, e := range s.held {
		out.Held = append(out.Held, savedEvent{e, e.due})
	}
	for _, e := range s.lagging {
		out.Lagging = append(out.Lagging, savedEvent{e, e.due})
	}
	for key, times := range s.lastEvent {
		out.LastEvent[key] = times
	}
	if s.restWindow.used > 0 {
		out.Window = &savedWindow{Began: s.restWindow.began, Used: s.restWindow.used}
	}
	for _, key := range s.unknownKeys {
		out.UnknownKeys = append(out.UnknownKeys, savedCount{Key: key, Count: s.unknownCount[key]})
	}
	return out
}

func idOf(u *user) string {
	if u == nil {
		return ""
	}
	return u.id
}

func idsOf(users []*user) []string {
	var ids []string
	for _, u := range users {
		ids = append(ids, u.id)
	}
	return ids
}

func saveIncident(rec *record) savedIncident {
	out := savedIncident{
		ID: rec.id, Key: rec.key, Title: rec.title, Status: rec.status, Urgency: rec.urgency, Triggers: rec.triggers,
		Service: rec.service.id, Created: rec.created, Changed: rec.changed, ResolvedAt: rec.resolvedAt, ChangedBy: idOf(rec.changedBy),
		Assignees: idsOf(rec.assignees), Responders: idsOf(rec.responders), SnoozedTo: rec.snoozedTo,
	}
	if rec.mergedInto != nil {
		out.MergedInto = rec.mergedInto.id
	}
	for _, a := range rec.acks {
		out.Acks = append(out.Acks, savedAck{At: a.at, By: idOf(a.by)})
	}
	for _, a := range rec.alerts {
		out.Alerts = append(out.Alerts, savedAlert{
			ID: a.id, Key: a.key, Severity: a.severity, Summary: a.summary, Source: a.source, Component: a.component, Client: a.client,
			Service: a.service.id, Details: a.details, Links: a.links, Created: a.created, Resolved: a.resolved,
		})
	}
	for _, e := range rec.log {
		out.Log = append(out.Log, savedEntry{ID: e.id, Kind: e.kind, Summary: e.summary, At: e.at, Agent: idOf(e.agent), Notified: idOf(e.notified)})
	}
	for _, n := range rec.notes {
		out.Notes = append(out.Notes, savedNote{ID: n.id, Content: n.content, At: n.at, By: idOf(n.by)})
	}
	return out
}

// restorer builds an account from a file. The first reference to what is not there is kept,
// so that the code that follows references need not ask each time.
type restorer struct {
	*Sim
	servicesByID map[string]*service
	problem      error
}

func newRestorer() *restorer {
	return &restorer{
		Sim: &Sim{
			users: map[string]*user{}, usersByEmail: map[string]*user{}, services: map[string]*service{},
			incidents: map[string]*record{}, byKey: map[string][]*record{}, open: map[*record]struct{}{},
			openAlerts: map[alertKey]*alert{}, snoozed: map[*record]struct{}{},
			lastEvent: map[string]eventTimes{}, unknownCount: map[string]int{},
		},
		servicesByID: map[string]*service{},
	}
}

func (r *restorer) fail(format string, args ...any) {
	if r.problem == nil {
		r.problem = fmt.Errorf(format, args...)
	}
}

// user finds a user; no ID stands for nobody.
func (r *restorer) user(id string) *user {
	if id != "" && r.users[id] == nil {
		r.fail("there is no user %q", id)
	}
	return r.users[id]
}

func (r *restorer) userList(ids []string) []*user {
	var list []*user
	for _, id := range ids {
		if id == "" {
			r.fail("there is a user without an ID")
		}
		list = append(list, r.user(id))
	}
	return list
}

func (r *restorer) service(id string) *service {
	if r.servicesByID[id] == nil {
		r.fail("there is no service %q", id)
	}
	return r.servicesByID[id]
}

func (r *restorer) incident(id string) *record {
	if r.incidents[id] == nil {
		r.fail("there is no incident %q", id)
	}
	return r.incidents[id]
}

// restore builds a Sim that holds the account and nothing else.
func (f *saved) restore() (*Sim, error) {
	r := newRestorer()
	r.ids, r.notifications, r.holding = f.IDs, f.Notifications, f.Holding
	r.directory(f)
	for _, in := range f.Incidents {
		r.addIncident(in)
	}
	for _, in := range f.Incidents {
		if in.MergedInto != "" {
			r.incidents[in.ID].mergedInto = r.incident(in.MergedInto)
		}
	}
	r.keys(f)
	r.queues(f)
	if r.ids < len(f.Users)+len(f.Services)+len(f.Incidents) {
		r.fail("the counter of IDs is at %d and would give some a second time", r.ids)
	}
	return r.Sim, r.problem
}

func (r *restorer) directory(f *saved) {
	for _, u := range f.Users {
		if u.ID == "" || r.users[u.ID] != nil {
			r.fail("a user has no ID, or that of another: %q", u.ID)
		}
		made := &user{id: u.ID, name: u.Name, email: u.Email}
		r.users[u.ID], r.usersByEmail[strings.ToLower(u.Email)] = made, made
		r.userOrder = append(r.userOrder, made)
	}
	for _, sv := range f.Services {
		if r.servicesByID[sv.ID] != nil || r.services[sv.RoutingKey] != nil {
			r.fail("the service %q has the ID or the routing key of another", sv.ID)
		}
		made := &service{id: sv.ID, policyID: sv.PolicyID, routingKey: sv.RoutingKey, name: sv.Name, onCall: r.user(sv.OnCall)}
		r.servicesByID[sv.ID], r.services[sv.RoutingKey] = made, made
		r.serviceOrder = append(r.serviceOrder, made)
	}
}

func (r *restorer) addIncident(in savedIncident) {
	if in.ID == "" || r.incidents[in.ID] != nil || len(in.Log) == 0 || !slices.Contains([]string{Triggered, Acknowledged, Resolved}, in.Status) {
		r.fail("the incident %q has no ID of its own, no log or no known status", in.ID)
	}
	rec := &record{
		id: in.ID, number: len(r.order) + 1, key: in.Key, title: in.Title, status: in.Status, urgency: in.Urgency, triggers: in.Triggers,
		service: r.service(in.Service), created: in.Created, changed: in.Changed, resolvedAt: in.ResolvedAt, changedBy: r.user(in.ChangedBy),
		assignees: r.userList(in.Assignees), responders: r.userList(in.Responders), snoozedTo: in.SnoozedTo,
	}
	for _, a := range in.Acks {
		rec.acks = append(rec.acks, ack{at: a.At, by: r.user(a.By)})
	}
	for _, a := range in.Alerts {
		r.addAlert(rec, a)
	}
	for _, e := range in.Log {
		rec.log = append(rec.log, logEntry{id: e.ID, kind: e.Kind, summary: e.Summary, at: e.At, agent: r.user(e.Agent), notified: r.user(e.Notified)})
	}
	for _, n := range in.Notes {
		if n.By == "" {
			r.fail("the note %q is by nobody", n.ID)
		}
		rec.notes = append(rec.notes, note{id: n.ID, content: n.Content, at: n.At, by: r.user(n.By)})
	}
	r.incidents[rec.id] = rec
	r.order = append(r.order, rec)
	if rec.status != Resolved {
		r.open[rec] = struct{}{}
	}
	if !rec.snoozedTo.IsZero() {
		r.snoozed[rec] = struct{}{}
	}
}

func (r *restorer) addAlert(rec *record, in savedAlert) {
	a := &alert{
		id: in.ID, key: in.Key, severity: in.Severity, summary: in.Summary, source: in.Source, component: in.Component, client: in.Client,
		service: r.service(in.Service), details: in.Details, links: in.Links, created: in.Created, resolved: in.Resolved, incident: rec,
	}
	rec.alerts = append(rec.alerts, a)
	if a.resolved {
		return
	}
	scope := alertKey{a.service, a.key}
	if r.openAlerts[scope] != nil {
		r.fail("two alerts with the key %q are open", a.key)
	}
	r.openAlerts[scope] = a
}

// keys restores which keys find which incidents.
func (r *restorer) keys(f *saved) {
	for key, ids := range f.ByKey {
		for _, id := range ids {
			r.byKey[key] = append(r.byKey[key], r.incident(id))
		}
	}
	for _, rec := range r.order {
		for _, a := range rec.alerts {
			if !slices.Contains(r.byKey[a.key], rec) {
				r.fail("the incident %q is not among those with the key %q", rec.id, a.key)
			}
		}
	}
}

// queues restores the events that are not acted on yet, and what is counted.
func (r *restorer) queues(f *saved) {
	waiting := func(list []savedEvent) []event {
		var events []event
		for _, e := range list {
			if problems := e.problems(); len(problems) > 0 {
				r.fail("a waiting event is none: %s", strings.Join(problems, ", "))
			}
			e.due = e.Due
			events = append(events, e.event)
		}
		return events
	}
	r.held, r.lagging = waiting(f.Held), waiting(f.Lagging)
	for key, times := range f.LastEvent {
		r.lastEvent[key] = times
	}
	if w := f.Window; w != nil {
		r.restWindow = window{began: w.Began, used: w.Used}
	}
	for _, k := range f.UnknownKeys {
		r.unknownKeys = append(r.unknownKeys, k.Key)
		r.unknownCount[k.Key] = k.Count
	}
}
