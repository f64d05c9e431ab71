package pagerdutysim

import (
	"net/http"
	"slices"
	"strings"
)

// listUsers serves GET /users; query matches names and addresses.
func (s *Sim) listUsers(r *request) answer {
	query := strings.ToLower(r.URL.Query().Get("query"))
	var found []*user
	for _, u := range s.state.UserOrder {
		if u.Deleted {
			continue
		}
		if strings.Contains(strings.ToLower(u.Name), query) || strings.Contains(strings.ToLower(u.Email), query) {
			found = append(found, u)
		}
	}
	return page(r, "users", found, s.restUser)
}

// getUser serves GET /users/{id}.
func (s *Sim) getUser(r *request) answer {
	u := s.state.Users[r.PathValue("id")]
	if u == nil || u.Deleted {
		return notFound
	}
	return ok(map[string]any{"user": s.restUser(u)})
}

// getMe serves GET /users/me, which an account's key cannot ask.
func (s *Sim) getMe(*request) answer {
	if s.options.TokenOwner == "" {
		return failure(http.StatusBadRequest, 2002, "Arguments Caused Error", "The token does not belong to a user")
	}
	return ok(map[string]any{"user": s.restUser(s.person(s.options.TokenOwner))})
}

// listAbilities serves GET /abilities.
func (s *Sim) listAbilities(*request) answer {
	return ok(map[string]any{"abilities": []string{"teams", "urgencies", "coordinated_responding", "manage_schedules"}})
}

// listOnCalls serves GET /oncalls: who is on call now by an escalation policy. A schedule that no
// policy asks has no on-calls.
func (s *Sim) listOnCalls(r *request) answer {
	q := r.URL.Query()
	asked := func(parameter, id string) bool { return !q.Has(parameter) || slices.Contains(q[parameter], id) }
	var found []duty
	for _, policy := range s.state.PolicyOrder {
		for _, d := range s.duties(policy) {
			if asked("escalation_policy_ids[]", policy) && asked("schedule_ids[]", d.schedule) && asked("user_ids[]", d.who.ID) {
				found = append(found, d)
			}
		}
	}
	whole := slices.Contains(q["include[]"], "users")
	return page(r, "oncalls", found, func(d duty) map[string]any { return s.restOnCall(d, whole) })
}

// listScheduleUsers serves GET /schedules/{id}/users, which has no pages. The simulator knows who
// is on call now, and takes any range of time for now.
func (s *Sim) listScheduleUsers(r *request) answer {
	schedule, known := s.state.Schedules[r.PathValue("id")]
	if !known {
		return failure(http.StatusNotFound, 3004, "Schedule Not Found")
	}
	list := []map[string]any{}
	for _, email := range schedule.OnCall {
		list = append(list, s.restUser(s.person(email)))
	}
	return ok(map[string]any{"users": list})
}

// listServices serves GET /services.
func (s *Sim) listServices(r *request) answer {
	return page(r, "services", s.state.ServiceOrder, s.restService)
}

// getService serves GET /services/{id}.
func (s *Sim) getService(r *request) answer {
	if sv := s.serviceByID(r.PathValue("id")); sv != nil {
		return ok(map[string]any{"service": s.restService(sv)})
	}
	return notFound
}

func (s *Sim) serviceByID(id string) *service {
	for _, sv := range s.state.ServiceOrder {
		if sv.ID == id {
			return sv
		}
	}
	return nil
}

// listPolicies serves GET /escalation_policies.
func (s *Sim) listPolicies(r *request) answer {
	return page(r, "escalation_policies", s.state.PolicyOrder, s.restPolicy)
}

var _ http.Handler = (*Sim)(nil)
