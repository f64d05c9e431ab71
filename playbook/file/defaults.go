package file

import (
	"time"

	"muster/incident"
	"muster/playbook"
)

// What a playbook leaves out. A file of one line (version: 1) runs incidents sensibly, if
// without paging anybody.

func defaultSeverities() []playbook.SeverityPolicy {
	return []playbook.SeverityPolicy{
		{Level: 1, Name: "Critical", Hint: "Customers cannot use the product, or data is lost or exposed.", Page: playbook.PageNow, QuietAfter: playbook.Exactly(30 * time.Minute), Announce: true, Review: trackDefaults(playbook.TrackDeep)},
		{Level: 2, Name: "Major", Hint: "Something important is broken for many, and there is no way around it.", Page: playbook.PageNow, QuietAfter: playbook.Exactly(time.Hour), Announce: true, Review: trackDefaults(playbook.TrackStandard)},
		{Level: 3, Name: "Minor", Hint: "Some are affected, or there is a way around it.", Page: playbook.PageNextMorning, Announce: true, Review: trackDefaults(playbook.TrackSentence)},
		{Level: 4, Name: "Low", Hint: "Hardly anybody notices.", Page: playbook.PageNever, Review: trackDefaults(playbook.TrackNone)},
		{Level: 5, Name: "Oddity", Hint: "Nothing is broken, and somebody should know.", Page: playbook.PageNever, Review: trackDefaults(playbook.TrackNone)},
	}
}

// trackDefaults says when a review of that depth is held unless the playbook says otherwise.
func trackDefaults(t playbook.Track) playbook.ReviewPolicy {
	p := playbook.ReviewPolicy{Track: t, Overdue: playbook.BusinessDays(2)}
	switch t {
	case playbook.TrackDeep:
		p.After = playbook.Span{BusinessDays: 3, At: 10 * 60}
		p.Remind = []playbook.Span{playbook.BusinessDays(1), playbook.Exactly(time.Hour)}
	case playbook.TrackStandard:
		p.After = playbook.Span{BusinessDays: 5, At: 10 * 60}
		p.Remind = []playbook.Span{playbook.BusinessDays(1), playbook.Exactly(time.Hour)}
	case playbook.TrackSentence:
		p.After = playbook.Span{BusinessDays: 1, At: 10 * 60}
	case playbook.TrackNone:
		p.Overdue = playbook.Span{}
	}
	return p
}

func defaultChat() playbook.ChatPolicy {
	return playbook.ChatPolicy{
		ChannelPrefix: "inc",
		ChannelName:   incident.DefaultChannelName,
		ArchiveAfter:  playbook.Exactly(7 * day),
		FirstSteps: []string{
			"Say in the channel that you have the command.",
			"Say what customers notice, and check that the severity fits.",
			"Find out what has changed, and undo it if you can: mitigate first, find the cause later.",
			"Ask for the people you need: page them, and give away the roles of communications and scribe.",
			"Post an update, and say when the next one will come.",
		},
		Reactions: playbook.Reactions{FollowUp: "fast_forward", Timeline: "pushpin", Nominate: "mortar_board"},
	}
}

// defaultTracker applies once a project is named.
func defaultTracker() playbook.TrackerPolicy {
	return playbook.TrackerPolicy{IncidentType: "Incident", FollowUpType: "Sub-task", ReviewType: "Sub-task"}
}

func defaultFollowUps() playbook.FollowUpPolicy {
	return playbook.FollowUpPolicy{
		Soak: playbook.BusinessDays(3), Due: playbook.BusinessDays(20), Nudge: playbook.BusinessDays(2), Overdue: playbook.BusinessDays(5),
		EscalateAfter: 2, Escalate: []string{playbook.EscalateCommander}, Grace: playbook.BusinessDays(10),
	}
}

// day is a day of exactly 24 hours.
const day = 24 * time.Hour

const (
	defaultSeverity incident.Severity = 3
	defaultLinger                     = 30 * day
	maxRounds                         = 20
	maxSteps                          = 20
)

func standardRoles() []incident.Role {
	return []incident.Role{incident.RoleCommander, incident.RoleCommunications, incident.RoleScribe}
}
