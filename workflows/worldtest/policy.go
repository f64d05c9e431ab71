package worldtest

import (
	"muster/incident"
	"muster/playbook"
)

// Policy is a small playbook with everything in it.
func Policy() playbook.Slice {
	business := playbook.Calendar{Zone: "UTC", Days: []int{1, 2, 3, 4, 5}, Start: 9 * 60, End: 17 * 60}
	span := func(s string) playbook.Span {
		v, err := playbook.ParseSpan(s)
		if err != nil {
			panic(err)
		}
		return v
	}
	target := &playbook.PageTarget{
		Name: "checkout on-call", AckWithin: span("5m"), Rounds: 1,
		Steps: []playbook.PageStep{{Name: "checkout", Credential: "env:PD_CHECKOUT"}, {Name: "platform", Credential: "env:PD_PLATFORM"}},
	}
	return playbook.Slice{
		Hash: "test",
		Severities: []playbook.SeverityPolicy{
			{Level: 1, Name: "critical", Page: playbook.PageNow, Announce: true, Review: playbook.ReviewPolicy{Track: playbook.TrackDeep, After: span("3bd 10:00"), Remind: []playbook.Span{span("1bd"), span("1h")}, Overdue: span("2bd")}},
			{Level: 2, Name: "major", Page: playbook.PageNow, Announce: true, Review: playbook.ReviewPolicy{Track: playbook.TrackStandard, After: span("5bd 10:00")}},
			{Level: 3, Name: "minor", Page: playbook.PageNextMorning, Review: playbook.ReviewPolicy{Track: playbook.TrackSentence, After: span("1bd")}},
			{Level: 4, Name: "low", Page: playbook.PageNever, Review: playbook.ReviewPolicy{Track: playbook.TrackNone}},
			{Level: 5, Name: "note", Page: playbook.PageNever, Review: playbook.ReviewPolicy{Track: playbook.TrackNone}},
		},
		Services: []playbook.ServicePolicy{{Name: "checkout", Target: target, Responders: []string{"alice@example.com"}}},
		Known:    []string{"alice@example.com", "bob@example.com", "carol@example.com", "dan@example.com"},
		Roles:    []incident.Role{incident.RoleCommander, incident.RoleCommunications, incident.RoleScribe},
		Calendar: business,
		Chat:     playbook.ChatPolicy{ChannelPrefix: "inc", Announce: "#incidents"},
		Tracker:  playbook.TrackerPolicy{Project: "OPS", IncidentType: "Incident", FollowUpType: "Sub-task", ReviewType: "Sub-task", DroppedResolution: "Won't Do"},
		FollowUps: playbook.FollowUpPolicy{
			Soak: span("3bd"), Due: span("20bd"), Nudge: span("2bd"), Overdue: span("5bd"), EscalateAfter: 2,
			Escalate: []string{playbook.EscalateCommander}, Grace: span("10bd"),
		},
		Linger: span("720h"),
	}
}

// Declaration is one of the small playbook's service.
func Declaration(severity incident.Severity) incident.Declaration {
	d, err := incident.Declaration{
		Title: "Checkout is down", Severity: severity, Services: []string{"checkout"},
		Actor: incident.Actor{Person: "bob@example.com", Way: incident.WayCLI},
	}.Normal()
	if err != nil {
		panic(err)
	}
	return d
}
