package pagerdutysim

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// object is how a request names something.
type object struct {
	ID string `json:"id"`
}

// wanted is an incident that somebody asks for.
type wanted struct {
	Type        string  `json:"type"`
	Title       string  `json:"title"`
	Key         string  `json:"incident_key"`
	Urgency     string  `json:"urgency"`
	Service     *object `json:"service"`
	Policy      *object `json:"escalation_policy"`
	Assignments []struct {
		Assignee object `json:"assignee"`
	} `json:"assignments"`
}

// createIncident serves POST /incidents. What it makes has no alert, and keeps its key.
// https://developer.pagerduty.com/docs/incident-creation-api
func (s *Sim) createIncident(r *request) answer {
	var in struct {
		Incident *wanted `json:"incident"`
	}
	if json.Unmarshal(r.body, &in) != nil || in.Incident == nil {
		return failure(http.StatusBadRequest, 2003, "Missing Arguments", "incident is missing")
	}
	want := in.Incident
	sv, refusal := s.checkWanted(want)
	if sv == nil {
		return refusal
	}
	policy, level, who, refusal := s.assign(want, sv)
	if who == nil {
		return refusal
	}
	rec := s.open(sv, want.Title, cmp.Or(want.Urgency, sv.Set.Urgency.of("critical")), r.now)
	rec.Key, rec.Policy, rec.Level, rec.Assignees = cmp.Or(want.Key, s.id("", 32)), policy, level, who
	s.index(rec.Key, rec)
	s.note(rec, logEntry{Kind: "trigger_log_entry", Summary: "Triggered " + byWhom(person(r.from)), Agent: r.from}, r.now)
	s.emitIncident("incident.triggered", rec, person(r.from), r.now)
	if policy == "" && who[0] == r.from {
		// Such an incident is "created in the Acknowledged state and will not notify the user".
		s.acknowledge(rec, person(r.from), r.now)
	} else {
		s.notifyAssigned(rec, r.now)
	}
	return answer{http.StatusCreated, map[string]any{"incident": s.restIncident(rec)}}
}

// checkWanted finds the service of an incident that may be made, or refuses.
func (s *Sim) checkWanted(want *wanted) (*service, answer) {
	switch {
	case want.Type != "incident" || strings.TrimSpace(want.Title) == "" || want.Service == nil:
		return nil, failure(http.StatusBadRequest, 2003, "Missing Arguments", "type, title and service must be there")
	case want.Policy != nil && len(want.Assignments) > 0:
		return nil, argumentError("Assignments cannot be given with an escalation policy")
	case len(want.Assignments) > 1:
		return nil, argumentError("Only one assignee is supported")
	}
	sv := s.serviceByID(want.Service.ID)
	if sv == nil {
		return nil, failure(http.StatusBadRequest, 5002, "Service Not Found")
	}
	taken := func(rec *record) bool { return rec.Service == sv && rec.Status != Resolved }
	if want.Key != "" && slices.ContainsFunc(s.state.ByKey[want.Key], taken) {
		return nil, argumentError("Open incident with matching dedup key already exists on this service")
	}
	return sv, answer{}
}

// assign says by which policy an incident is assigned, and to whom, or refuses. The policy is empty
// for one who is named.
func (s *Sim) assign(want *wanted, sv *service) (policy string, level int, who []*user, refusal answer) {
	if len(want.Assignments) == 1 {
		u := s.state.Users[want.Assignments[0].Assignee.ID]
		if u == nil {
			return "", 0, nil, failure(http.StatusBadRequest, 1007, "Assigned To User Not Found")
		}
		return "", 0, []*user{u}, answer{}
	}
	policy = sv.policyID()
	if want.Policy != nil {
		policy = want.Policy.ID
		if _, known := s.state.Policies[policy]; !known {
			return "", 0, nil, failure(http.StatusBadRequest, 1014, "Escalation Policy Not Found")
		}
	}
	level, who = s.onCallFrom(policy, 1)
	if level == 0 {
		return "", 0, nil, failure(http.StatusBadRequest, 1015, "Escalation Policy Has No User On Call")
	}
	return policy, level, who, answer{}
}

func argumentError(details ...string) answer {
	return failure(http.StatusBadRequest, 2002, "Arguments Caused Error", details...)
}
