package playbook

import (
	"slices"
	"strings"

	"muster/incident"
	"muster/playbook/internal/words"
)

// OtherService is a service that the incident does not name, as short as it can be said: every
// incident carries all of them. Whom to page for it is found among the slice's targets.
type OtherService struct {
	Name string `json:"name"`
	// Title is left out where it is the name.
	Title string `json:"title,omitempty"`
	// Target names whom to page for it, and is left out where it is called like the service. Unpaged
	// says that nobody is, Silent that this is on purpose.
	Target     string   `json:"target,omitempty"`
	Unpaged    bool     `json:"unpaged,omitempty"`
	Silent     bool     `json:"silent,omitempty"`
	Responders []string `json:"responders,omitempty"`
	Groups     []string `json:"groups,omitempty"`
}

// other is the service in short.
func (s ServicePolicy) other() OtherService {
	o := OtherService{Name: s.Name, Unpaged: s.Target == nil, Silent: s.Silent, Responders: s.Responders, Groups: s.Groups}
	if s.Title != s.Name {
		o.Title = s.Title
	}
	if s.Target != nil && s.Target.Name != s.Name {
		o.Target = s.Target.Name
	}
	return o
}

// policy is the service at length.
func (s *Slice) policy(o OtherService) ServicePolicy {
	p := ServicePolicy{Name: o.Name, Title: o.Title, Silent: o.Silent, Responders: o.Responders, Groups: o.Groups}
	if p.Title == "" {
		p.Title = o.Name
	}
	target := o.Target
	if target == "" {
		target = o.Name
	}
	k := slices.IndexFunc(s.Targets, func(t PageTarget) bool { return t.Name == target })
	if k >= 0 && !o.Unpaged {
		t := s.Targets[k].clone()
		p.Target = &t
	}
	return p
}

// ServiceNamed finds a service of the playbook by its name or its title, in any case.
func (s *Slice) ServiceNamed(name string) (ServicePolicy, bool) {
	name = incident.CleanLine(name)
	called := func(own, title string) bool {
		return strings.EqualFold(own, name) || title != "" && strings.EqualFold(title, name)
	}
	for _, sv := range s.Services {
		if called(sv.Name, sv.Title) {
			return sv, true
		}
	}
	for _, o := range s.Others {
		if called(o.Name, o.Title) {
			return s.policy(o), true
		}
	}
	return ServicePolicy{}, false
}

// UnknownService refuses a service that the playbook of the incident does not have. Field is where
// it was named.
func (s *Slice) UnknownService(field, name string) *incident.Problem {
	var known []string
	for _, sv := range s.Services {
		known = append(known, sv.Name)
	}
	for _, o := range s.Others {
		known = append(known, o.Name)
	}
	slices.Sort(known)
	mend := words.Suggest(ServiceName(name), known)
	if mend == "" {
		mend = "the playbook of the incident has no services"
	}
	return &incident.Problem{
		Code: incident.CodeInvalid, Field: field, Reason: words.Quote(name) + " is no service of the playbook under which it was declared", Mend: mend,
	}
}

// Choose makes the named services those of the incident, in this order, and keeps the rest at hand. What the
// playbook does not have is passed over.
func (s *Slice) Choose(names []string) {
	var own []ServicePolicy
	for _, name := range names {
		if sv, known := s.ServiceNamed(name); known {
			own = append(own, sv)
		}
	}
	chosen := func(name string) bool {
		return slices.ContainsFunc(own, func(sv ServicePolicy) bool { return sv.Name == name })
	}
	others := slices.DeleteFunc(slices.Clone(s.Others), func(o OtherService) bool { return chosen(o.Name) })
	for _, sv := range s.Services {
		if chosen(sv.Name) {
			continue
		}
		if sv.Target != nil { // its page may still be open, and it may be chosen again
			s.Targets = addTarget(slices.Clip(s.Targets), *sv.Target)
		}
		others = append(others, sv.other())
	}
	s.Services, s.Others = own, others
}

// names reports whether the incident names the service.
func (s *Slice) names(service string) bool {
	return slices.ContainsFunc(s.Services, func(sv ServicePolicy) bool { return sv.Name == service })
}
