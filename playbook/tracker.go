package playbook

import (
	"slices"
	"strings"

	"muster/incident"
)

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
	if goal == incident.GoalOpen {
		return p.Open
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
