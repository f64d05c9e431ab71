package playbook

import (
	"time"

	"muster/incident"
)

// What a playbook leaves out. A file of one line (version: 1) runs incidents sensibly, if
// without paging anybody.

func defaultSeverities() []SeverityPolicy {
	return []SeverityPolicy{
		{Level: 1, Name: "Critical", Hint: "Customers cannot use the product, or data is lost or exposed.", Page: PageNow, Announce: true, Review: trackDefaults(TrackDeep)},
		{Level: 2, Name: "Major", Hint: "Something important is broken for many, and there is no way around it.", Page: PageNow, Announce: true, Review: trackDefaults(TrackStandard)},
		{Level: 3, Name: "Minor", Hint: "Some are affected, or there is a way around it.", Page: PageNextMorning, Announce: true, Review: trackDefaults(TrackSentence)},
		{Level: 4, Name: "Low", Hint: "Hardly anybody notices.", Page: PageNever, Review: trackDefaults(TrackNone)},
		{Level: 5, Name: "Oddity", Hint: "Nothing is broken, and somebody should know.", Page: PageNever, Review: trackDefaults(TrackNone)},
	}
}

// trackDefaults says when a review of that depth is held unless the playbook says otherwise.
func trackDefaults(t Track) ReviewPolicy {
	p := ReviewPolicy{Track: t, Overdue: BusinessDays(2)}
	switch t {
	case TrackDeep:
		p.After = Span{BusinessDays: 3, At: 10 * 60}
		p.Remind = []Span{BusinessDays(1), Exactly(time.Hour)}
	case TrackStandard:
		p.After = Span{BusinessDays: 5, At: 10 * 60}
		p.Remind = []Span{BusinessDays(1), Exactly(time.Hour)}
	case TrackSentence:
		p.After = Span{BusinessDays: 1, At: 10 * 60}
	case TrackNone:
		p.Overdue = Span{}
	}
	return p
}

func defaultCalendar() Calendar {
	return Calendar{Zone: "UTC", Days: []int{1, 2, 3, 4, 5}, Start: defaultStart, End: defaultEnd}
}

func defaultChat() ChatPolicy {
	return ChatPolicy{
		ChannelPrefix: "inc",
		ChannelName:   incident.DefaultChannelName,
		ArchiveAfter:  Exactly(7 * day),
		FirstSteps: []string{
			"Say in the channel that you have the command.",
			"Say what customers notice, and check that the severity fits.",
			"Find out what has changed, and undo it if you can: mitigate first, find the cause later.",
			"Ask for the people you need: page them, and give away the roles of communications and scribe.",
			"Post an update, and say when the next one will come.",
		},
		Reactions: Reactions{FollowUp: "fast_forward", Timeline: "pushpin", Nominate: "mortar_board"},
	}
}

// defaultTracker applies once a project is named.
func defaultTracker() TrackerPolicy {
	return TrackerPolicy{IncidentType: "Incident", FollowUpType: "Sub-task", ReviewType: "Sub-task"}
}

func defaultFollowUps() FollowUpPolicy {
	return FollowUpPolicy{Soak: BusinessDays(3), Due: BusinessDays(20), Nudge: BusinessDays(2), Overdue: BusinessDays(5), EscalateAfter: 2}
}

const (
	defaultSeverity  incident.Severity = 3
	defaultLinger                      = 30 * day
	defaultAckWithin                   = 5 * time.Minute
	defaultRounds                      = 3
	maxRounds                          = 20
	maxSteps                           = 20
)

func standardRoles() []incident.Role {
	return []incident.Role{incident.RoleCommander, incident.RoleCommunications, incident.RoleScribe}
}
