package pagerdutysim

import "time"

// savedFormat grows by one when an older file can no longer be read.
const savedFormat = "pagerdutysim/1"

// saved is the account as a file keeps it: users, services and incidents refer to each other
// by ID, and what can be worked out from the rest is left out. The log, the unexpected
// requests, the faults and the deliveries belong to a run and not to the account.
type saved struct {
	IDs           int                    `json:"ids"`
	Users         []savedUser            `json:"users"`
	Services      []savedService         `json:"services"`
	Incidents     []savedIncident        `json:"incidents"` // by number
	ByKey         map[string][]string    `json:"by_key"`    // merging leaves no other trace of it
	Notifications []Notification         `json:"notifications,omitempty"`
	Holding       bool                   `json:"holding,omitempty"`
	Held          []savedEvent           `json:"held,omitempty"`
	Lagging       []savedEvent           `json:"lagging,omitempty"`
	LastEvent     map[string][]time.Time `json:"last_event,omitempty"`
	Window        *savedWindow           `json:"window,omitempty"`
	UnknownKeys   []savedCount           `json:"unknown_keys,omitempty"`
}

type savedUser struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
}

type savedService struct {
	ID         string `json:"id"`
	PolicyID   string `json:"policy_id"`
	RoutingKey string `json:"routing_key"`
	Name       string `json:"name"`
	OnCall     string `json:"on_call,omitempty"`
}

type savedIncident struct {
	ID         string       `json:"id"`
	Key        string       `json:"key"`
	Title      string       `json:"title"`
	Status     string       `json:"status"`
	Urgency    string       `json:"urgency"`
	Triggers   int          `json:"triggers"`
	Service    string       `json:"service"`
	Created    time.Time    `json:"created"`
	Changed    time.Time    `json:"changed"`
	ResolvedAt time.Time    `json:"resolved_at,omitzero"`
	ChangedBy  string       `json:"changed_by,omitempty"`
	Assignees  []string     `json:"assignees,omitempty"`
	Acks       []savedAck   `json:"acks,omitempty"`
	Alerts     []savedAlert `json:"alerts,omitempty"`
	Log        []savedEntry `json:"log"`
	Notes      []savedNote  `json:"notes,omitempty"`
	Responders []string     `json:"responders,omitempty"`
	SnoozedTo  time.Time    `json:"snoozed_to,omitzero"`
	MergedInto string       `json:"merged_into,omitempty"`
}

type savedAck struct {
	At time.Time `json:"at"`
	By string    `json:"by,omitempty"`
}

type savedAlert struct {
	ID        string         `json:"id"`
	Key       string         `json:"key"`
	Severity  string         `json:"severity"`
	Summary   string         `json:"summary"`
	Source    string         `json:"source"`
	Component string         `json:"component,omitempty"`
	Client    string         `json:"client,omitempty"`
	Service   string         `json:"service"` // a merged alert keeps its own
	Details   map[string]any `json:"details"`
	Links     []Link         `json:"links"`
	Created   time.Time      `json:"created"`
	Resolved  bool           `json:"resolved,omitempty"`
}

type savedEntry struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	Summary  string    `json:"summary"`
	At       time.Time `json:"at"`
	Agent    string    `json:"agent,omitempty"`
	Notified string    `json:"notified,omitempty"`
}

type savedNote struct {
	ID      string    `json:"id"`
	Content string    `json:"content"`
	At      time.Time `json:"at"`
	By      string    `json:"by"`
}

type savedEvent struct {
	event
	Due time.Time `json:"due,omitzero"`
}

type savedWindow struct {
	Began time.Time `json:"began"`
	Used  int       `json:"used"`
}

type savedCount struct {
	Key   string `json:"key"`
	Count int    `json:"count"`
}
