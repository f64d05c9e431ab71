package playbook_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/playbook"
)

func TestWordsThatMeanNotDone(t *testing.T) {
	t.Parallel()
	for _, word := range []string{
		"Won't Do", "won't do", "WON'T FIX", "Won’t Fix", "Wont Fix", "Duplicate", "duplicated", "Cannot Reproduce", "Can't Reproduce",
		"Declined", "Abandoned", "Rejected", "REJECTED", "Cancelled", "Canceled", "Obsolete", "Invalid", "Not a Bug", "Not Done",
		"Incomplete", "Withdrawn", "Discarded", "Works as designed", "No longer needed", "Not planned", "wont-do", "Known Error",
	} {
		require.True(t, playbook.NotDone(word), word)
	}
	for _, word := range []string{"Done", "Fixed", "Resolved", "Closed", "Released", "Complete", "Deployed", "Live", "", "Erledigt", "Wanted", "In Notes"} {
		require.False(t, playbook.NotDone(word), word)
	}
}

func TestHowWorkEndsInATracker(t *testing.T) {
	t.Parallel()
	p := playbook.TrackerPolicy{DroppedResolution: "Parked", Dropped: []string{"Verworfen"}}
	for name, c := range map[string]struct {
		state  incident.IssueState
		status incident.FollowUpStatus
		reason string
	}{
		"open":                                {incident.IssueState{Status: "To Do"}, "", ""},
		"open, with a resolution left behind": {incident.IssueState{Status: "In Progress", Resolution: "Won't Do"}, "", ""},
		"open, whatever it is called":         {incident.IssueState{Status: "Rejected by QA"}, "", ""},
		"done":                                {incident.IssueState{Status: "Done", Resolution: "Done", Done: true}, incident.FollowUpDone, ""},
		"done, no resolutions":                {incident.IssueState{Status: "Fertig", Done: true}, incident.FollowUpDone, ""},
		"not done by resolution":              {incident.IssueState{Status: "Done", Resolution: "Won't Do", Done: true}, incident.FollowUpDropped, "Won't Do"},
		"not done by status":                  {incident.IssueState{Status: "Rejected", Resolution: "Done", Done: true}, incident.FollowUpDropped, "Rejected"},
		"what Muster itself writes":           {incident.IssueState{Status: "Closed", Resolution: "parked", Done: true}, incident.FollowUpDropped, "parked"},
		"the playbook's own word":             {incident.IssueState{Status: "VERWORFEN", Done: true}, incident.FollowUpDropped, "VERWORFEN"},
		"a duplicate":                         {incident.IssueState{Status: "Done", Resolution: "Duplicate", Done: true}, incident.FollowUpDropped, "Duplicate"},
	} {
		status, reason, ended := p.Ended(c.state)
		require.Equal(t, c.status, status, name)
		require.Equal(t, c.reason, reason, name)
		require.Equal(t, c.status != "", ended, name)
	}
}

// A board without resolutions tells by the status alone that something was not done.
func TestWhatIsDroppedGoesFirstWhereThePlaybookSaysSo(t *testing.T) {
	t.Parallel()
	p := playbook.TrackerPolicy{Done: []string{"Done"}, Dropped: []string{"Won't do"}, Open: []string{"To Do"}}
	require.Equal(t, []string{"Done"}, p.Preferred(incident.GoalDone))
	require.Equal(t, []string{"Won't do", "Done"}, p.Preferred(incident.GoalDropped))
	require.Equal(t, []string{"Won't do", "Done"}, p.Preferred(incident.GoalDuplicate))
	require.Equal(t, []string{"To Do"}, p.Preferred(incident.GoalOpen))
}
