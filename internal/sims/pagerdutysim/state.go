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
	// Key is the incident's own key or, where it has none, the dedup key of its first alert.
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
	Means   Means  `json:"means"`
}

// state is the account: everything that a restart must not forget. Sim.mu guards it.
type state struct {
	IDs int

	Users        map[string]*user // by ID
	UsersByEmail map[string]*user
	UserOrder    []*user
	Services     map[string]*service // by routing key
	ServiceOrder []*service
	Policies     map[string]Policy // by ID
	PolicyOrder  []string
	Schedules    map[string]Schedule // by ID
	Tokens       map[string]token    // scoped ones, by their text

	Incidents  map[string]*record // by ID
	Order      []*record          // by number
	ByKey      map[string][]*record
	Open       map[string]*record // by ID
	OpenAlerts map[string]*alert  // by alertKey
	Snoozed    map[string]*record // by ID

	Notifications []Notification
	// Due are the notifications that rules ask for later.
	Due     []dueNotice
	Dropped []Dropped
	// Refusals counts the webhooks in a row that were refused, DisabledTo is until when the
	// subscription is off.
	Refusals   int
	DisabledTo time.Time

	LastEvent    map[string]eventTimes
	RestWindow   window
	UnknownKeys  []string
	UnknownCount map[string]int

	Holding bool
	Held    []event
	Lagging []laggingEvent
}

func newState() state {
	return state{
		Users: map[string]*user{}, UsersByEmail: map[string]*user{}, Services: map[string]*service{},
		Policies: map[string]Policy{}, Schedules: map[string]Schedule{}, Tokens: map[string]token{},
		Incidents: map[string]*record{}, ByKey: map[string][]*record{}, Open: map[string]*record{},
		OpenAlerts: map[string]*alert{}, Snoozed: map[string]*record{},
		LastEvent: map[string]eventTimes{}, UnknownCount: map[string]int{},
	}
}

type user struct {
	ID, Name, Email string
	// Rules are nil for DefaultRules.
	Rules   []Rule
	Deleted bool
}

type service struct {
	ID, OwnPolicyID, IntegrationID, RoutingKey string
	Set                                        Service
}

// alertKey is the scope of a dedup key: one service.
func alertKey(sv *service, key string) string { return sv.ID + " " + key }

type alert struct {
	ID, Key, Severity, Summary, Source, Component, Client string
	Service                                               *service
	Details                                               map[string]any
	Links                                                 []Link
	Created                                               time.Time
	Resolved                                              bool
	Incident                                              *record // nil for one that is suppressed
}

// record is an incident.
type record struct {
	ID, Title, Status, Urgency string
	// Key is empty for an incident that events made: what has alerts has no key of its own, in
	// the REST API and in webhooks. See the parameter incident_key of GET /incidents at
	// https://developer.pagerduty.com/api-reference and PagerDuty/pdpyras#44.
	Key              string
	Number, Triggers int
	Service          *service
	// Policy is the ID of the escalation policy, empty for an incident that was assigned to
	// somebody by name. Level is the level that is asked, from 1.
	Policy                       string
	Level                        int
	Created, Changed, ResolvedAt time.Time
	// ChangedBy is nil for a change that no person made.
	ChangedBy  *user
	Assignees  []*user
	Acks       []ack
	Alerts     []*alert
	Log        []logEntry
	Notes      []note
	Responders []*user
	SnoozedTo  time.Time
	MergedInto *record
}

func (rec *record) keyOrNull() any {
	if rec.Key == "" {
		return nil
	}
	return rec.Key
}

// firstKey is what people may call the incident by.
func (rec *record) firstKey() string {
	if rec.Key == "" && len(rec.Alerts) > 0 {
		return rec.Alerts[0].Key
	}
	return rec.Key
}

type ack struct {
	At time.Time
	By *user // nil for the Events API
}

type note struct {
	ID, Content string
	At          time.Time
	By          *user
}

type logEntry struct {
	ID, Kind, Summary string
	At                time.Time
	Agent             *user // nil for the service itself
	Notified          *user
	Means             Means
	Assignees         []*user
}

// id makes an ID of n characters after the prefix. IDs repeat from run to run.
func (s *Sim) id(prefix string, n int) string {
	s.changed()
	s.state.IDs++
	digits := strings.ToUpper(strconv.FormatInt(int64(s.state.IDs), 36))
	return prefix + strings.Repeat("0", max(0, n-len(digits))) + digits
}

// person finds the user with the address, or makes one.
func (s *Sim) person(email string) *user {
	if u := s.state.UsersByEmail[strings.ToLower(email)]; u != nil {
		return u
	}
	u := &user{ID: s.id("P", 6), Name: nameFrom(email), Email: email}
	s.state.Users[u.ID] = u
	s.state.UsersByEmail[strings.ToLower(email)] = u
	s.state.UserOrder = append(s.state.UserOrder, u)
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
	if rec := s.state.Incidents[idOrKey]; rec != nil {
		return rec, nil
	}
	if rec := s.newest(idOrKey); rec != nil {
		return rec, nil
	}
	return nil, fmt.Errorf("pagerdutysim: there is no incident %q", idOrKey)
}

func (s *Sim) newest(key string) *record {
	list := s.state.ByKey[key]
	if len(list) == 0 {
		return nil
	}
	return slices.MaxFunc(list, byNumber)
}

func byNumber(a, b *record) int { return cmp.Compare(a.Number, b.Number) }

// Incidents returns all incidents, the oldest first.
func (s *Sim) Incidents() []Incident {
	s.lock()
	defer s.unlock()
	return s.views(s.state.Order)
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
	open := make([]*record, 0, len(s.state.Open))
	for _, rec := range s.state.Open {
		open = append(open, rec)
	}
	slices.SortFunc(open, byNumber)
	return s.views(open)
}

// Notifications returns every notification so far, in order.
func (s *Sim) Notifications() []Notification {
	s.lock()
	defer s.unlock()
	return slices.Clone(s.state.Notifications)
}

// Woken counts by e-mail address how often somebody's high-urgency rules were used, which wake
// people at most places.
func (s *Sim) Woken() map[string]int {
	s.lock()
	defer s.unlock()
	woken := map[string]int{}
	for _, n := range s.state.Notifications {
		if n.Urgency == string(AlwaysHigh) {
			woken[n.Person]++
		}
	}
	return woken
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
		ID: rec.ID, Number: rec.Number, Key: rec.firstKey(), Title: rec.Title, Status: rec.Status,
		Urgency: rec.Urgency, Service: rec.Service.Set.Name, URL: s.webURL("incidents", rec.ID),
		CreatedAt: rec.Created, ResolvedAt: rec.ResolvedAt, Triggers: rec.Triggers,
		AssignedTo: emails(rec.Assignees),
	}
	for _, a := range rec.Acks {
		if a.By != nil {
			v.AcknowledgedBy = append(v.AcknowledgedBy, a.By.Email)
		}
	}
	if rec.Status == Resolved && rec.ChangedBy != nil {
		v.ResolvedBy = rec.ChangedBy.Email
	}
	if len(rec.Alerts) > 0 {
		first := rec.Alerts[0]
		v.Severity, v.Details, v.Links = first.Severity, first.Details, slices.Clone(first.Links)
	}
	for _, n := range rec.Notes {
		v.Notes = append(v.Notes, n.Content)
	}
	return v
}

func emails(users []*user) []string {
	var list []string
	for _, u := range users {
		list = append(list, u.Email)
	}
	return list
}

func (s *Sim) webURL(kind, id string) string { return s.options.WebURL + "/" + kind + "/" + id }
