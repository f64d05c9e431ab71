package incidents

import (
	"slices"
	"strings"

	"muster/incident"
)

// servicesKnown fills in what only the playbook knows of the services that a command names.
func (r *incidentRun) servicesKnown(c incident.ChangeServices) incident.ChangeServices {
	c = c.Knowing(r.serviceName, nil, nil)
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
	return c.Knowing(r.serviceName, invited, released)
}

// correctionKnown does the same for a correction.
func (r *incidentRun) correctionKnown(c incident.Correct) incident.Correct {
	c = c.Naming(r.serviceName)
	if change, asked := c.ChangesServices(r.facts); asked {
		return c.Knowing(r.servicesKnown(change))
	}
	return c
}

// serviceName is the playbook's name of a service, or what was said where it has none.
func (r *incidentRun) serviceName(said string) string {
	if sv, known := r.policy.ServiceNamed(said); known {
		return sv.Name
	}
	return said
}

// checkCorrection refuses a service that the playbook does not have, unless the incident names it already.
func (r *incidentRun) checkCorrection(c incident.Correct) error {
	change, _ := c.Naming(r.serviceName).ChangesServices(r.facts)
	for _, s := range change.Add {
		if _, known := r.policy.ServiceNamed(s); !known {
			return r.policy.UnknownService("services", s)
		}
	}
	return nil
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
