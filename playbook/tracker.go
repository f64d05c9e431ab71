package playbook

import (
	"slices"

	"muster/incident"
)

// PrivateTracker says where the tracker keeps issues of private incidents from outsiders. Without
// either of the two those issues say nothing.
type PrivateTracker struct {
	// Project is the key of a project that only they may read who may read of private incidents.
	Project string `json:"project,omitempty"`
	// SecurityLevel is the tracker's name of such a level.
	SecurityLevel string `json:"security_level,omitempty"`
}

// Place puts an issue where issues of its incident belong, and takes out every word where
// outsiders may read it. what is what it says instead, such as "Follow-up 3 of INC-42".
func (t TrackerPolicy) Place(i incident.Issue, private bool, what string) incident.Issue {
	i.Project = t.Project
	if !private {
		return i
	}
	if t.Private == (PrivateTracker{}) {
		return i.Masked(what)
	}
	if t.Private.Project != "" {
		i.Project = t.Private.Project
	}
	i.Security = t.Private.SecurityLevel
	return i
}

// Priority is the tracker's priority for a severity, empty for the tracker's own choice.
func (t TrackerPolicy) Priority(s incident.Severity) string { return t.Priorities[s] }

// ComponentsOf are the tracker's components for services, each once.
func (t TrackerPolicy) ComponentsOf(services []string) []string {
	var out []string
	for _, s := range services {
		if c := t.Components[ServiceName(s)]; c != "" && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}
