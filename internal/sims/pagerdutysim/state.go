package pagerdutysim

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The statuses of an incident.
const (
	Triggered    = "triggered"
	Acknowledged = "acknowledged"
	Resolved     = "resolved"
)

// Incident is an incident as the typed API and /_sim/state show it. People are e-mail
// addresses.
type Incident struct {
	ID     string `json:"id"`
	Number int    `json:"number"`
	// Key is the dedup key of the first trigger.
	Key      string `json:"key"`
	Title    string `json:"title"`
	Status   string `json:"status"`
	Urgency  string `json:"urgency"`
	Severity string `json:"severity"`
	Service  string `json:"service"`
	URL      string `json:"url"`

	CreatedAt      time.Time `json:"created_at"`
	AssignedTo     []string  `json:"assigned_to,omitempty"`
	AcknowledgedBy []string  `json:"acknowledged_by,omitempty"`
	// ResolvedBy is empty for an incident that was resolved by an event.
	ResolvedBy string    `json:"resolved_by,omitempty"`
	ResolvedAt time.Time `json:"resolved_at,omitzero"`
	// Triggers counts the trigger events, repeated ones included.
	Triggers int `json:"triggers"`
	// Details and Links are what the first trigger carried.
	Details map[string]any `json:"details,omitempty"`
	Links   []Link         `json:"links,omitempty"`
	Notes   []string       `json:"notes,omitempty"`
}

// Link is a link on an alert.
type Link struct {
	Href string `json:"href"`
	Text string `json:"text,omitempty"`
}

// Notification is one occasion on which a person would have been notified.
type Notification struct {
	At          time.Time `json:"at"`
	Person      string    `json:"person"`
	IncidentID  string    `json:"incident_id"`
	IncidentKey string    `json:"incident_key"`
	Summary     string    `json:"summary"`
	// Urgency is high or low; low ones wake nobody at most places.
	Urgency string `json:"urgency"`
}

type user struct{ id, name, email string }

type service struct {
	id, policyID, routingKey, name string
	onCall                         *user
}

// alertKey is the scope of a dedup key: one service.
type alertKey struct {
	service *service
	key     string
}

type alert struct {
	id, key, severity, summary, source, component, client string
	service                                               *service
	details                                               map[string]any
	links                                                 []Link
	created                                               time.Time
	resolved                                              bool
	incident                                              *record
}

// record is an incident.
type record struct {
	id, key, title, status, urgency string
	number, triggers                int
	service                         *service
	created, changed, resolvedAt    time.Time
	// changedBy is nil for a change that no person made.
	changedBy  *user
	assignees  []*user
	acks       []ack
	alerts     []*alert
	log        []logEntry
	notes      []note
	responders []*user
	snoozedTo  time.Time
	mergedInto *record
}

type ack struct {
	at time.Time
	by *user // nil for the Events API
}

type note struct {
	id, content string
	at          time.Time
	by          *user
}

type logEntry struct {
	id, kind, summary string
	at                time.Time
	agent             *user // nil for the service itself
	notified          *user
}

// id makes an ID of n characters after the prefix. IDs repeat from run to run.
func (s *Sim) id(prefix string, n int) string {
	s.changed()
	s.ids++
	digits := strings.ToUpper(strconv.FormatInt(int64(s.ids), 36))
	return prefix + strings.Repeat("0", max(0, n-len(digits))) + digits
}

// person finds the user with the address, or makes one.
func (s *Sim) person(email string) *user {
	if u := s.usersByEmail[strings.ToLower(email)]; u != nil {
		return u
	}
	u := &user{id: s.id("P", 6), name: nameFrom(email), email: email}
	s.users[u.id] = u
	s.usersByEmail[strings.ToLower(email)] = u
	s.userOrder = append(s.userOrder, u)
	return u
}

// nameFrom makes "Alice Adams" of alice.adams@example.com.
func nameFrom(email string) string {
	local, _, _ := strings.Cut(email, "@")
	words := strings.FieldsFunc(local, func(r rune) bool { return r == '.' || r == '_' || r == '-' || r == '+' })
	for i, word := range words {
		first, size := utf8.DecodeRuneInString(word)
		words[i] = string(unicode.ToUpper(first)) + word[size:]
	}
	return cmp.Or(strings.Join(words, " "), email)
}

// find looks an incident up by ID or, the newest, by key.
func (s *Sim) find(idOrKey string) (*record, error) {
	if rec := s.incidents[idOrKey]; rec != nil {
		return rec, nil
	}
	if rec := s.newest(idOrKey); rec != nil {
		return rec, nil
	}
	return nil, fmt.Errorf("pagerdutysim: there is no incident %q", idOrKey)
}

func (s *Sim) newest(key string) *record {
	list := s.byKey[key]
	if len(list) == 0 {
		return nil
	}
	return slices.MaxFunc(list, byNumber)
}

func byNumber(a, b *record) int { return cmp.Compare(a.number, b.number) }

// Incidents returns all incidents, the oldest first.
func (s *Sim) Incidents() []Incident {
	s.lock()
	defer s.unlock()
	return s.views(s.order)
}

// IncidentByKey returns the newest incident that has the key or an alert with it.
func (s *Sim) IncidentByKey(key string) (Incident, bool) {
	s.lock()
	defer s.unlock()
	rec := s.newest(key)
	if rec == nil {
		return Incident{}, false
	}
	return s.view(rec), true
}

// OpenIncidents returns the incidents that are not resolved, the oldest first.
func (s *Sim) OpenIncidents() []Incident {
	s.lock()
	defer s.unlock()
	open := make([]*record, 0, len(s.open))
	for rec := range s.open {
		open = append(open, rec)
	}
	slices.SortFunc(open, byNumber)
	return s.views(open)
}

// Notifications returns every notification so far, in order.
func (s *Sim) Notifications() []Notification {
	s.lock()
	defer s.unlock()
	return slices.Clone(s.notifications)
}

func (s *Sim) views(list []*record) []Incident {
	out := make([]Incident, 0, len(list))
	for _, rec := range list {
		out = append(out, s.view(rec))
	}
	return out
}

func (s *Sim) view(rec *record) Incident {
	v := Incident{
		ID: rec.id, Number: rec.number, Key: rec.key, Title: rec.title, Status: rec.status,
		Urgency: rec.urgency, Service: rec.service.name, URL: s.webURL("incidents", rec.id),
		CreatedAt: rec.created, ResolvedAt: rec.resolvedAt, Triggers: rec.triggers,
		AssignedTo: emails(rec.assignees),
	}
	for _, a := range rec.acks {
		if a.by != nil {
			v.AcknowledgedBy = append(v.AcknowledgedBy, a.by.email)
		}
	}
	if rec.status == Resolved && rec.changedBy != nil {
		v.ResolvedBy = rec.changedBy.email
	}
	if len(rec.alerts) > 0 {
		first := rec.alerts[0]
		v.Severity, v.Details, v.Links = first.severity, first.details, slices.Clone(first.links)
	}
	for _, n := range rec.notes {
		v.Notes = append(v.Notes, n.content)
	}
	return v
}

func emails(users []*user) []string {
	var list []string
	for _, u := range users {
		list = append(list, u.email)
	}
	return list
}

func (s *Sim) webURL(kind, id string) string { return s.options.WebURL + "/" + kind + "/" + id }
