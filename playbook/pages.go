package playbook

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/incident"
)

// How a target is waited for where nobody has said.
const (
	DefaultAckWithin = 5 * time.Minute
	DefaultRounds    = 3
)

// PlanPages raises the pages that the incident's kind, severity and services ask for and that do
// not exist yet, and wakes those that need not wait any more. A withdrawn page is no page: what
// comes back to life is paged anew. It never takes a page back: that is a person's decision, or
// resolution's. Where it raises none it says on the incident why nobody is paged.
//
// Whoever says who is woken asks this function: the incident itself, and before there is one,
// every door, of an incident that it makes for the question.
func (s *Slice) PlanPages(i *incident.Incident, now time.Time) {
	mode, why := s.pageMode(i)
	wanted := s.Required(i.Severity)
	if mode != PageNever && len(wanted) == 0 {
		why = "the playbook names nobody to page for it"
	}
	if i.HoldPages && mode != PageNever {
		mode, why = PageNever, "it was restored, and nobody has asked for it since: `starter page "+i.Key()+" --now`"
	}
	i.PagesNobody = why
	if !i.Status.Live() || mode == PageNever {
		return
	}
	notBefore := time.Time{}
	if mode == PageNextMorning && !s.Calendar.Working(now) {
		notBefore = s.Calendar.NextWorking(now)
	}
	for _, t := range wanted {
		i.RequirePage(now, t.Name, notBefore)
	}
}

// pageMode says when the incident's required pages go out, and why not where they never do.
func (s *Slice) pageMode(i *incident.Incident) (PageMode, string) {
	switch i.Kind {
	case incident.KindIncident:
		mode := s.Severity(i.Severity).Page
		if mode != PageNow && mode != PageNextMorning {
			return PageNever, fmt.Sprintf("severity %s pages nobody", s.SeverityLabel(i.Severity))
		}
		return mode, ""
	case incident.KindDrill:
		if i.PageDrill {
			return PageNow, ""
		}
		return PageNever, "a drill pages only when that was asked for as it was declared"
	case incident.KindNearMiss:
		return PageNever, "a near miss pages nobody"
	}
	return PageNever, "an external incident pages nobody"
}

// SeverityLabel is how people read a severity: 1 (Critical).
func (s *Slice) SeverityLabel(level incident.Severity) string {
	if p := s.Severity(level); p.Name != "" {
		return fmt.Sprintf("%d (%s)", level, p.Name)
	}
	return fmt.Sprint(int(level))
}

// Required are the targets that a severity must reach: those of the services and its own, each once,
// and the default target where no service says whom to page.
func (s *Slice) Required(severity incident.Severity) []PageTarget {
	var out []PageTarget
	for _, sv := range s.Services {
		if sv.Target != nil {
			out = addTarget(out, *sv.Target)
		}
	}
	policy := s.Severity(severity)
	for _, t := range policy.Targets {
		out = addTarget(out, t)
	}
	if s.LastResort != nil && policy.Page != PageNever && !s.saysWhom() {
		out = addTarget(out, *s.LastResort)
	}
	return out
}

// saysWhom reports whether one of the incident's services says whom to page, or that nobody is.
func (s *Slice) saysWhom() bool {
	return slices.ContainsFunc(s.Services, func(sv ServicePolicy) bool { return sv.Target != nil || sv.Silent })
}

// Pageable lists all that can be paged by name, those of the severity first, each once.
func (s *Slice) Pageable(severity incident.Severity) []PageTarget {
	out := s.Required(severity)
	for _, p := range s.Severities {
		for _, t := range p.Targets {
			out = addTarget(out, t)
		}
	}
	for _, t := range s.Targets {
		out = addTarget(out, t)
	}
	if s.LastResort != nil {
		out = addTarget(out, *s.LastResort)
	}
	return out
}

func addTarget(all []PageTarget, t PageTarget) []PageTarget {
	if len(t.Steps) == 0 || slices.ContainsFunc(all, func(o PageTarget) bool { return o.Name == t.Name }) {
		return all
	}
	return append(all, t)
}

// Target finds whom to page, by the name of the target or of its service in any case, or as a
// person, an escalation policy or a schedule of the pager. The target's own name is the answer's.
func (s *Slice) Target(severity incident.Severity, name string) (PageTarget, bool) {
	name = incident.CleanLine(name)
	for _, t := range s.Pageable(severity) {
		if strings.EqualFold(t.Name, name) {
			return t, true
		}
	}
	for _, sv := range s.Services {
		if sv.Target != nil && len(sv.Target.Steps) > 0 && strings.EqualFold(sv.Name, name) {
			return *sv.Target, true
		}
	}
	if reach, ok := incident.ParseReach(name); ok {
		return s.direct(reach), true
	}
	return PageTarget{}, false
}

// direct is a person, an escalation policy or a schedule as a target: one step, waited for as long
// as everybody else is.
func (s *Slice) direct(r incident.Reach) PageTarget {
	t := PageTarget{Name: r.Name(), AckWithin: Exactly(DefaultAckWithin), Rounds: DefaultRounds}
	if d := s.LastResort; d != nil {
		t.AckWithin, t.Rounds = d.AckWithin, d.Rounds
	}
	t.Steps = []PageStep{{Name: r.Name(), Reach: r.String()}}
	return t
}
