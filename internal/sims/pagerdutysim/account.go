package pagerdutysim

import (
	"slices"
	"strings"
	"time"
)

// Service is a PagerDuty service with one Events API v2 integration.
type Service struct {
	// ID is how the REST API calls it; empty means one that the simulator chooses.
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
	// OnCall is the e-mail address of whom an incident notifies, in a policy of the service's own;
	// empty means nobody.
	OnCall string `json:"on_call,omitempty"`
	// Policy is the ID of an escalation policy that takes the place of OnCall.
	Policy string `json:"policy,omitempty"`
	// Urgency says how urgent its incidents are.
	Urgency Urgency `json:"urgency,omitempty"`
	// Grouping adds new alerts to the newest open incident, even to one that is acknowledged, and
	// then notifies nobody: https://support.pagerduty.com/docs/time-based-alert-grouping
	Grouping bool `json:"grouping,omitempty"`
	// Suppressing makes alerts that belong to no incident, as event orchestrations can:
	// https://support.pagerduty.com/docs/why-incidents-fail-to-trigger
	Suppressing bool `json:"suppressing,omitempty"`
	// Maintenance is a maintenance window: nothing opens, and no event resolves or acknowledges.
	// https://support.pagerduty.com/docs/maintenance-windows
	Maintenance bool `json:"maintenance,omitempty"`
}

// Urgency is how urgent the incidents of a service are. What is not urgent does not escalate, and
// by most people's rules wakes nobody: https://support.pagerduty.com/docs/dynamic-notifications
type Urgency string

// The urgencies.
const (
	// FollowsSeverity makes warning and info low and the rest high.
	FollowsSeverity Urgency = ""
	AlwaysHigh      Urgency = "high"
	AlwaysLow       Urgency = "low"
)

func (u Urgency) of(severity string) string {
	switch {
	case u == AlwaysHigh || u == AlwaysLow:
		return string(u)
	case severity == "warning" || severity == "info":
		return string(AlwaysLow)
	}
	return string(AlwaysHigh)
}

// Policy is an escalation policy.
type Policy struct {
	Name string `json:"name"`
	// Levels are whom it asks, one level after the other: e-mail addresses of users, and IDs of
	// schedules.
	Levels [][]string `json:"levels"`
}

// Schedule is an on-call schedule.
type Schedule struct {
	Name string `json:"name"`
	// OnCall are the e-mail addresses of who is on call now.
	OnCall []string `json:"on_call"`
}

// AddService adds a service, or changes the one with the routing key.
func (s *Sim) AddService(routingKey string, in Service) {
	s.lock()
	defer s.unlock()
	s.changed()
	sv := s.state.Services[routingKey]
	if sv == nil {
		sv = &service{ID: in.ID, IntegrationID: s.id("P", 6), RoutingKey: routingKey, OwnPolicyID: s.id("P", 6)}
		if sv.ID == "" {
			sv.ID = s.id("P", 6)
		}
		s.state.Services[routingKey] = sv
		s.state.ServiceOrder = append(s.state.ServiceOrder, sv)
	}
	sv.Set = in
	own := Policy{Name: in.Name + " policy", Levels: [][]string{{}}}
	if in.OnCall != "" {
		own.Levels[0] = append(own.Levels[0], in.OnCall)
	}
	s.addPolicy(sv.OwnPolicyID, own)
}

// AddPolicy adds an escalation policy, or changes the one with the ID.
func (s *Sim) AddPolicy(id string, p Policy) {
	s.lock()
	defer s.unlock()
	s.addPolicy(id, p)
}

func (s *Sim) addPolicy(id string, p Policy) {
	s.changed()
	for _, level := range p.Levels {
		for _, target := range level {
			if isAddress(target) {
				s.person(target)
			}
		}
	}
	if _, known := s.state.Policies[id]; !known {
		s.state.PolicyOrder = append(s.state.PolicyOrder, id)
	}
	s.state.Policies[id] = p
}

// AddSchedule adds a schedule, or changes the one with the ID, and so who is on call.
func (s *Sim) AddSchedule(id string, in Schedule) {
	s.lock()
	defer s.unlock()
	s.changed()
	for _, email := range in.OnCall {
		s.person(email)
	}
	s.state.Schedules[id] = in
}

// AddUser adds a user with the e-mail address, if there is none yet, and returns the ID.
func (s *Sim) AddUser(email string) string {
	s.lock()
	defer s.unlock()
	return s.person(email).ID
}

func isAddress(target string) bool { return strings.Contains(target, "@") }

func (sv *service) policyID() string {
	if sv.Set.Policy != "" {
		return sv.Set.Policy
	}
	return sv.OwnPolicyID
}

// duty is one person on call at one level of an escalation policy.
type duty struct {
	policy string
	level  int // from 1
	who    *user
	// schedule is the ID of the one that has the person on call; empty for who always is.
	schedule string
}

// duties lists who is on call by an escalation policy, level by level.
func (s *Sim) duties(policy string) []duty {
	var list []duty
	for n, level := range s.state.Policies[policy].Levels {
		for _, target := range level {
			if isAddress(target) {
				list = append(list, duty{policy, n + 1, s.person(target), ""})
				continue
			}
			for _, email := range s.state.Schedules[target].OnCall {
				list = append(list, duty{policy, n + 1, s.person(email), target})
			}
		}
	}
	return list
}

// onCallFrom gives the first level from there on at which somebody is on call, and who: PagerDuty
// passes over levels without anybody. Level 0 means that there is none.
// https://community.pagerduty.com/forum/t/2191
func (s *Sim) onCallFrom(policy string, level int) (int, []*user) {
	found, who := 0, []*user(nil)
	for _, d := range s.duties(policy) {
		if d.level < level || (found != 0 && d.level != found) {
			continue
		}
		if found = d.level; !slices.Contains(who, d.who) {
			who = append(who, d.who)
		}
	}
	return found, who
}

// Dropped is an event that was accepted and then not acted on.
type Dropped struct {
	At     time.Time `json:"at"`
	Action string    `json:"action"`
	Key    string    `json:"key"`
	Reason string    `json:"reason"`
}

// Why events are dropped.
const (
	// NoSuchService: nobody has the routing key, and AcceptUnknownKeys is set.
	NoSuchService = "no service has the routing key"
	// NothingOpen: an acknowledgement or a resolution for which no alert is open on the service of
	// the routing key, as when another key triggered it.
	// https://developer.pagerduty.com/docs/send-alert-event
	NothingOpen = "no alert with the key is open on the service"
	// InMaintenance: the service is in a maintenance window.
	InMaintenance = "the service is in maintenance"
	// NobodyOnCall: "the event is dropped and does not create an alert", says
	// https://support.pagerduty.com/docs/alerts
	NobodyOnCall = "nobody is on call for the service"
	// Suppressed: it made an alert that belongs to no incident.
	Suppressed = "the alert is suppressed"
)

func (s *Sim) drop(e event, reason string, now time.Time) {
	s.state.Dropped = append(s.state.Dropped, Dropped{At: now, Action: e.Action, Key: e.DedupKey, Reason: reason})
}

// Dropped lists the events that were accepted and not acted on, in order. Whoever sent them was
// told 202, as always.
func (s *Sim) Dropped() []Dropped {
	s.lock()
	defer s.unlock()
	return slices.Clone(s.state.Dropped)
}
