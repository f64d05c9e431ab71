package playbook

import (
	"slices"
	"strings"

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
func (p TrackerPolicy) Place(i incident.Issue, private bool, what string) incident.Issue {
	i.Project = p.Project
	if !private {
		return i
	}
	if p.Private == (PrivateTracker{}) {
		return i.Masked(what)
	}
	if p.Private.Project != "" {
		i.Project = p.Private.Project
	}
	i.Security = p.Private.SecurityLevel
	return i
}

// Priority is the tracker's priority for a severity, empty for the tracker's own choice.
func (p TrackerPolicy) Priority(s incident.Severity) string { return p.Priorities[s] }

// ComponentsOf are the tracker's components for services, each once.
func (p TrackerPolicy) ComponentsOf(services []string) []string {
	var out []string
	for _, s := range services {
		if c := p.Components[ServiceName(s)]; c != "" && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// What follows is the one table of how work ends in a tracker: what Muster writes for each end, and what
// it reads as which. Trackers have no fixed words for it. A status counts as finished by its category,
// and that category holds Rejected and Cancelled as well as Done; a resolution is a free word, or there
// is none at all.

// notDoneWords are pieces of words that mean "finished without being done", in lower case and without
// apostrophes: of resolutions and statuses alike.
var notDoneWords = []string{
	"wont", "will not", "not do", "not done", "cannot", "cant ", "could not", "not reproduc", "unable to",
	"cancel", "declin", "reject", "duplicat", "abandon", "drop", "obsolet", "invalid", "discard", "withdraw",
	"incomplete", "not a bug", "not an issue", "not needed", "no longer", "not planned", "not fix", "as designed",
	"by design", "works for me", "out of scope", "supersed", "expired", "known error",
}

// NotDone reports whether a tracker's resolution or status, by its name, means "finished without being
// done": Won't Do, Won't Fix, Duplicate, Cannot Reproduce, Declined, Abandoned, Rejected, Cancelled and
// their like, in any case.
func NotDone(name string) bool {
	n := plain(name)
	return slices.ContainsFunc(notDoneWords, func(w string) bool { return strings.Contains(n+" ", w) })
}

// plain is a name as it is compared: lower case, one blank between words, no apostrophes.
func plain(name string) string {
	n := strings.NewReplacer("'", "", "’", "", "ʼ", "", "`", "", "-", " ", "_", " ").Replace(strings.ToLower(name))
	return strings.Join(strings.Fields(n), " ")
}

// Resolution is the name of the resolution to write for a goal, empty where the tracker's client knows or
// the tracker may choose.
func (p TrackerPolicy) Resolution(goal incident.Goal) string {
	if goal == incident.GoalDropped {
		return p.DroppedResolution
	}
	return ""
}

// Preferred names the statuses to prefer on the way to a goal.
func (p TrackerPolicy) Preferred(goal incident.Goal) []string {
	switch goal {
	case incident.GoalOpen:
		return p.Open
	case incident.GoalProgress:
		return p.InProgress
	case incident.GoalDropped, incident.GoalDuplicate:
		// A board without resolutions says by its status alone that something was not done.
		return slices.Concat(p.Dropped, p.Done)
	}
	return p.Done
}

// Ended reads from an issue's state whether its work has ended, and how. A reason is given where it was
// not done, in the tracker's own word. An issue that is not in a finished status is open, whatever
// resolution it still shows: trackers forget to take that away when it is reopened.
func (p TrackerPolicy) Ended(s incident.IssueState) (status incident.FollowUpStatus, reason string, ended bool) {
	if !s.Done {
		return "", "", false
	}
	for _, name := range []string{s.Resolution, s.Status} {
		if name != "" && p.notDone(name) {
			return incident.FollowUpDropped, name, true
		}
	}
	return incident.FollowUpDone, "", true
}

// notDone adds the playbook's own words to those that are always read so.
func (p TrackerPolicy) notDone(name string) bool {
	own := func(w string) bool { return plain(w) == plain(name) }
	return NotDone(name) || slices.ContainsFunc(p.Dropped, own) || (p.DroppedResolution != "" && own(p.DroppedResolution))
}
