package pagerdutysim

import (
	"net/http"
	"strings"
)

// listUsers serves GET /users; query matches names and addresses.
func (s *Sim) listUsers(r *request) answer {
	query := strings.ToLower(r.URL.Query().Get("query"))
	var found []*user
	for _, u := range s.state.UserOrder {
		if strings.Contains(strings.ToLower(u.Name), query) || strings.Contains(strings.ToLower(u.Email), query) {
			found = append(found, u)
		}
	}
	return page(r, "users", found, s.restUser)
}

// getUser serves GET /users/{id}.
func (s *Sim) getUser(r *request) answer {
	u := s.state.Users[r.PathValue("id")]
	if u == nil {
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

// listOnCalls serves GET /oncalls.
func (s *Sim) listOnCalls(r *request) answer {
	var found []*service
	for _, sv := range s.state.ServiceOrder {
		if sv.OnCall != nil {
			found = append(found, sv)
		}
	}
	return page(r, "oncalls", found, s.restOnCall)
}

// listServices serves GET /services.
func (s *Sim) listServices(r *request) answer {
	return page(r, "services", s.state.ServiceOrder, s.restService)
}

// listPolicies serves GET /escalation_policies: each service has its own.
func (s *Sim) listPolicies(r *request) answer {
	return page(r, "escalation_policies", s.state.ServiceOrder, s.restPolicy)
}

var _ http.Handler = (*Sim)(nil)
