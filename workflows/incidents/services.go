package incidents

import (
	"slices"
	"strings"

	"muster/incident"
)

// servicesKnown fills in what only the playbook knows of the services that a command names.
func (r *incidentRun) servicesKnown(c incident.ChangeServices) incident.ChangeServices {
	name := func(said string) string {
		if sv, known := r.policy.ServiceNamed(said); known {
			return sv.Name
		}
		return said
	}
	c = c.Knowing(name, nil, nil)
	after := *r.policy
	after.Choose(c.Of(r.facts))
	var invited []string
	for _, sv := range after.Services {
		if !slices.Contains(r.facts.Services, sv.Name) {
			invited = append(invited, sv.Responders...)
		}
	}
	required := targetNames(after.Required(r.facts.Severity))
	var released []string
	for _, target := range targetNames(r.policy.Required(r.facts.Severity)) {
		if !slices.Contains(required, target) {
			released = append(released, target)
		}
	}
	return c.Knowing(name, invited, released)
}

// checkServices refuses a service that the playbook does not have. One that the incident names can
// be removed all the same.
func (r *incidentRun) checkServices(c incident.ChangeServices) error {
	for _, s := range c.Add {
		if _, known := r.policy.ServiceNamed(s); !known {
			return r.policy.UnknownService("add", s)
		}
	}
	for _, s := range c.Remove {
		named := func(own string) bool { return strings.EqualFold(own, strings.TrimSpace(s)) }
		if _, known := r.policy.ServiceNamed(s); !known && !slices.ContainsFunc(r.facts.Services, named) {
			return r.policy.UnknownService("remove", s)
		}
	}
	return nil
}
