package incidents

import (
	"slices"
	"strings"

	"muster/incident"
	"muster/playbook"
)

// targets are those of the severity and of the services, each once.
func targets(policy *playbook.Slice, severity incident.Severity) []playbook.PageTarget {
	var out []playbook.PageTarget
	add := func(t playbook.PageTarget) {
		if len(t.Steps) > 0 && !slices.ContainsFunc(out, func(o playbook.PageTarget) bool { return o.Name == t.Name }) {
			out = append(out, t)
		}
	}
	for _, s := range policy.Services {
		if s.Target != nil {
			add(*s.Target)
		}
	}
	for _, t := range policy.Severity(severity).Targets {
		add(t)
	}
	return out
}

// findTarget finds a target by its name in the playbook.
func findTarget(policy *playbook.Slice, severity incident.Severity, name string) playbook.PageTarget {
	for _, t := range everyTarget(policy, severity) {
		if t.Name == name {
			return t
		}
	}
	return playbook.PageTarget{Name: name}
}

// everyTarget lists all that can be paged, those of the present severity first, each once.
func everyTarget(policy *playbook.Slice, severity incident.Severity) []playbook.PageTarget {
	out := targets(policy, severity)
	add := func(t playbook.PageTarget) {
		if len(t.Steps) > 0 && !slices.ContainsFunc(out, func(o playbook.PageTarget) bool { return o.Name == t.Name }) {
			out = append(out, t)
		}
	}
	for _, s := range policy.Severities {
		for _, t := range s.Targets {
			add(t)
		}
	}
	for _, t := range policy.Targets {
		add(t)
	}
	return out
}

// targetNamed finds a target as people write it: by its name or that of its service, in any case.
func targetNamed(policy *playbook.Slice, severity incident.Severity, name string) (playbook.PageTarget, bool) {
	name = incident.CleanLine(name)
	for _, t := range everyTarget(policy, severity) {
		if strings.EqualFold(t.Name, name) {
			return t, true
		}
	}
	for _, s := range policy.Services {
		if s.Target != nil && len(s.Target.Steps) > 0 && strings.EqualFold(s.Name, name) {
			return *s.Target, true
		}
	}
	return playbook.PageTarget{}, false
}

func targetNames(policy *playbook.Slice, severity incident.Severity) []string {
	var out []string
	for _, t := range everyTarget(policy, severity) {
		out = append(out, t.Name)
	}
	return out
}
