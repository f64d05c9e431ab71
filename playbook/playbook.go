package playbook

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"muster/incident"
	"muster/playbook/internal/words"
)

// Contents is everything that a policy file says, checked and with every default filled in.
type Contents struct {
	// Hash is the SHA-256 of the file, in hexadecimal.
	Hash string
	// Severities are all five, worst first.
	Severities      []SeverityPolicy
	DefaultSeverity incident.Severity
	Services        []Service
	Targets         []PageTarget
	// DefaultTarget is whom to page where no service says so; nil for nobody.
	DefaultTarget *PageTarget
	Calendar      Calendar
	// Calendars are all of the file, with where their holidays come from.
	Calendars []CalendarSource
	People    []Person
	Roles     []incident.Role
	Chat      ChatPolicy
	Tracker   TrackerPolicy
	FollowUps FollowUpPolicy
	Report    ReportPolicy
	Operators OperatorsPolicy
	Canary    CanaryPolicy
	Archive   ArchivePolicy
	Linger    Span
	// Warnings tell what is legal and yet probably not meant, one line each with its place.
	Warnings []string
}

// Service is a service with what only the whole playbook needs to know of it.
type Service struct {
	ServicePolicy
	// Aliases are what people call it besides its name and its title.
	Aliases []string
}

// Playbook is a checked policy file with every default filled in. It does not change after it
// was made, and what its methods answer may be changed freely by the caller.
type Playbook struct {
	contents    Contents
	credentials []string
	// severityNames find the severities in titles by their names.
	severityNames []namedSeverity
}

// New makes a playbook of what a file says. The contents are the playbook's from then on.
func New(c Contents) *Playbook {
	return &Playbook{contents: c, credentials: credentialsOf(c), severityNames: namesOf(c.Severities)}
}

// Person is somebody whom the playbook names.
type Person struct {
	Email string
	Name  string
	// Slack is the person's Slack user ID where their e-mail address there is another one.
	Slack string
	// Calendar says when the person works: their own, or else the playbook's.
	Calendar Calendar
	// OwnCalendar reports that it is their own.
	OwnCalendar bool
}

// Hash is the SHA-256 of the file, in hexadecimal.
func (p *Playbook) Hash() string { return p.contents.Hash }

// Warnings tells what is legal and yet probably not meant, one line each with its place.
func (p *Playbook) Warnings() []string { return slices.Clone(p.contents.Warnings) }

// Services lists the names of all services in the order of the file.
func (p *Playbook) Services() []string {
	var out []string
	for _, s := range p.contents.Services {
		out = append(out, s.Name)
	}
	return out
}

// Service finds a service by its name.
func (p *Playbook) Service(name string) (ServicePolicy, bool) {
	name = ServiceName(name)
	for _, s := range p.contents.Services {
		if s.Name == name {
			return s.clone(), true
		}
	}
	return ServicePolicy{}, false
}

// People lists everybody whom the playbook names under people, in the order of the file.
func (p *Playbook) People() []Person {
	out := slices.Clone(p.contents.People)
	for i := range out {
		out[i].Calendar = out[i].Calendar.clone()
	}
	return out
}

// Person finds somebody by e-mail address. For a person whom the playbook does not name it
// answers false and a Person with the playbook's calendar, which is what they go by.
func (p *Playbook) Person(email string) (Person, bool) {
	email = incident.NormalPerson(email)
	for _, who := range p.contents.People {
		if who.Email == email {
			who.Calendar = who.Calendar.clone()
			return who, true
		}
	}
	return Person{Email: email, Calendar: p.contents.Calendar.clone()}, false
}

// Calendar is the calendar of everybody who has none of their own.
func (p *Playbook) Calendar() Calendar { return p.contents.Calendar.clone() }

// Roles lists all roles, the three standard ones first.
func (p *Playbook) Roles() []incident.Role { return slices.Clone(p.contents.Roles) }

// Chat says how chat is used.
func (p *Playbook) Chat() ChatPolicy { return p.contents.Chat.clone() }

// Tracker says how the tracker is used.
func (p *Playbook) Tracker() TrackerPolicy { return p.contents.Tracker.clone() }

// Report says where the weekly report of follow-ups is read, and on which day.
func (p *Playbook) Report() ReportPolicy {
	r := p.contents.Report
	r.Channels = slices.Clone(r.Channels)
	return r
}

// Severities lists the policies of all five severities, worst first.
func (p *Playbook) Severities() []SeverityPolicy {
	out := slices.Clone(p.contents.Severities)
	for i := range out {
		out[i] = out[i].clone()
	}
	return out
}

// Credentials lists every credential that the playbook names (env:PD_CHECKOUT), sorted.
func (p *Playbook) Credentials() []string { return slices.Clone(p.credentials) }

// DefaultSeverity is the severity of an incident that was declared without one.
func (p *Playbook) DefaultSeverity() incident.Severity { return p.contents.DefaultSeverity }

// SeverityByName reads a severity as people write it: 1, sev1, SEV-1, p1 or its name in the
// playbook, which goes first.
func (p *Playbook) SeverityByName(s string) (incident.Severity, error) {
	word := strings.ToLower(strings.TrimSpace(s))
	var names []string
	for _, pol := range p.contents.Severities {
		if word == strings.ToLower(pol.Name) {
			return pol.Level, nil
		}
		names = append(names, fmt.Sprintf("%d (%s)", pol.Level, pol.Name))
	}
	if m := severityWord.FindStringSubmatch(word); m != nil {
		for _, pol := range p.contents.Severities {
			if m[1] == fmt.Sprint(int(pol.Level)) {
				return pol.Level, nil
			}
		}
	}
	return 0, &incident.Problem{
		Code: incident.CodeInvalid, Field: "severity",
		Reason: words.Quote(s) + " is no severity", Mend: "write " + words.Or(names),
	}
}

var severityWord = regexp.MustCompile(`^(?:sev(?:erity)?[:=#_ -]*|p)?([0-9]+)$`)

// Slice cuts out what an incident of these services needs. Services may be empty, for a title
// is enough to declare. A service that the playbook does not know is an *incident.Problem.
func (p *Playbook) Slice(services []string) (*Slice, error) {
	s := &Slice{
		Hash:       p.contents.Hash,
		Severities: p.Severities(),
		Targets:    p.Targets(),
		Roles:      p.Roles(),
		Calendar:   p.Calendar(),
		Chat:       p.Chat(),
		Tracker:    p.Tracker(),
		FollowUps:  p.contents.FollowUps.clone(),
		Linger:     p.contents.Linger,
	}
	if d := p.contents.DefaultTarget; d != nil {
		resort := d.clone()
		s.LastResort = &resort
	}
	for _, name := range services {
		sv, ok := p.service(name)
		if !ok {
			return nil, p.unknownService(name)
		}
		if s.names(sv.Name) {
			continue
		}
		s.Services = append(s.Services, sv.clone())
	}
	for _, sv := range p.contents.Services {
		if !s.names(sv.Name) {
			s.Others = append(s.Others, sv.clone().other())
		}
	}
	s.Known = p.known()
	for _, who := range p.contents.People {
		if who.OwnCalendar {
			if s.People == nil {
				s.People = map[string]PersonPolicy{}
			}
			s.People[who.Email] = PersonPolicy{Calendar: who.Calendar.clone()}
		}
	}
	return s, nil
}

// known lists everybody whom the playbook names anywhere, sorted.
func (p *Playbook) known() []string {
	var out []string
	for _, who := range p.contents.People {
		out = append(out, who.Email)
	}
	for _, s := range p.contents.Services {
		out = append(out, s.Responders...)
	}
	out = append(out, p.contents.Chat.Invite...)
	for k := range out {
		out[k] = incident.NormalPerson(out[k])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// service finds a service as people call it: by its name, which goes first, or by an alias.
func (p *Playbook) service(name string) (Service, bool) {
	name = ServiceName(name)
	for _, s := range p.contents.Services {
		if s.Name == name {
			return s, true
		}
	}
	for _, s := range p.contents.Services {
		if slices.ContainsFunc(s.Aliases, func(a string) bool { return ServiceName(a) == name }) {
			return s, true
		}
	}
	return Service{}, false
}

// ServiceCalled gives the name of a service that people call by its name or by an alias.
func (p *Playbook) ServiceCalled(name string) (string, bool) {
	sv, known := p.service(name)
	return sv.Name, known
}

// ServiceName is the form in which names of services are compared.
func ServiceName(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

func (p *Playbook) unknownService(name string) error {
	mend := words.Suggest(ServiceName(name), p.Services())
	if mend == "" {
		mend = "the playbook has no services yet; declare without one"
	}
	return &incident.Problem{
		Code: incident.CodeInvalid, Field: "service",
		Reason: words.Quote(name) + " is no service of the playbook", Mend: mend,
	}
}

// Targets lists everybody who can be paged by name: the targets in the order of the file, then
// the services that page in a way of their own.
func (p *Playbook) Targets() []PageTarget {
	out := make([]PageTarget, 0, len(p.contents.Targets)+len(p.contents.Services))
	add := func(t PageTarget) {
		if len(t.Steps) > 0 && !slices.ContainsFunc(out, func(o PageTarget) bool { return o.Name == t.Name }) {
			out = append(out, t.clone())
		}
	}
	for _, t := range p.contents.Targets {
		add(t)
	}
	for _, s := range p.contents.Services {
		if s.Target != nil {
			add(*s.Target)
		}
	}
	return out
}

func credentialsOf(c Contents) []string {
	var out []string
	add := func(t *PageTarget) {
		if t != nil {
			for _, s := range t.Steps {
				out = append(out, s.Credential)
			}
		}
	}
	for i := range c.Targets {
		add(&c.Targets[i])
	}
	for _, s := range c.Services {
		add(s.Target)
	}
	add(c.DefaultTarget)
	if c.Canary.Credential != "" {
		out = append(out, c.Canary.Credential)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
