package app

import (
	"reflect"
	"time"

	"muster/activities"
	"muster/incident"
	"muster/internal/carried"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/incidents"
	"muster/workflows/learning"
	"muster/workflows/paging"
)

// messages are what travels and is no argument or result of what a worker registers: what workflows are asked
// and told, what a list shows of them, and what failures and unfinished activities leave behind.
func messages() []carried.Root {
	out := []carried.Root{
		{Name: "update Declare, input", Type: api.DeclareInput{}},
		{Name: "update Declare, result", Type: api.DeclareResult{}},
		{Name: "update Subscribe, input", Type: api.SubscribeInput{}},
		{Name: "update Subscribe, result", Type: api.SubscribeResult{}},
		{Name: "update Unsubscribe, input", Type: api.SubscribeInput{}},
		{Name: "update Unsubscribe, result", Type: api.SubscribeResult{}},

		{Name: "query Snapshot, result", Type: incident.Incident{}},
		{Name: "query State, argument of a FollowUp", Type: api.OwedQuery{}},
		{Name: "query State, result of Register", Type: api.RegisterState{}},
		{Name: "query State, result of a Page", Type: api.PageState{}},
		{Name: "query State, result of a FollowUp", Type: api.FollowUpState{}},
		{Name: "query State, result of a PersonDigest", Type: api.DigestAnswer{}},
		{Name: "query Carried, result of an Incident", Type: incidents.IncidentInput{}},
		{Name: "query Carried, result of a Page", Type: paging.PageInput{}},
		{Name: "query Carried, result of a Review", Type: learning.ReviewInput{}},
		{Name: "query Carried, result of a FollowUp", Type: learning.FollowUpInput{}},

		{Name: "signal IssueChanged", Type: api.IssueChangedInput{}},
		{Name: "signal IssueFiled", Type: api.IssueFiledInput{}},
		{Name: "signal Retry, to a child", Type: api.RetryInput{}},
		{Name: "signal BriefAsked", Type: api.BriefAskedInput{}},
		{Name: "signal CancelAsked", Type: api.CancelAskedInput{}},
		{Name: "signal ChildEnded", Type: api.EndedInput{}},
		{Name: "signal Lost", Type: api.LostInput{}},
		{Name: "signal Orphaned", Type: struct{}{}},
		{Name: "signal MoveOn", Type: struct{}{}},
		{Name: "signal FollowUpChanged", Type: api.FollowUpBrief{}},
		{Name: "signal ReviewChanged", Type: api.ReviewBrief{}},
		{Name: "signal PageChanged", Type: api.PageBrief{}},
		{Name: "signal PagerChanged", Type: api.PagerChangedInput{}},
		{Name: "signal PageReported", Type: incident.PageReport{}},
		{Name: "signal FollowUpReported", Type: api.FollowUpReport{}},
		{Name: "signal ReviewReported", Type: api.ReviewReport{}},
		{Name: "signal MessageChanged", Type: incident.MessageChange{}},
		{Name: "signal ChannelChanged", Type: api.ChannelChangedInput{}},
		{Name: "signal Repeated", Type: incident.Repetition{}},
		{Name: "signal Absorb", Type: api.AbsorbInput{}},
		{Name: "signal Told", Type: api.ToldInput{}},
		{Name: "signal HandOn", Type: api.HandOnInput{}},
		{Name: "signal SkipNumbers", Type: api.SkipNumbersInput{}},
		{Name: "signal AlertKeyFreed", Type: api.AlertKeyFreedInput{}},
		{Name: "signal SnagChanged", Type: api.SnagChangedInput{}},

		{Name: "memo title", Type: ""},
		{Name: "memo links", Type: []incident.Link{}},
		{Name: "memo declared_at", Type: time.Time{}},
		{Name: "memo open_follow_ups", Type: 0},
		{Name: "memo snags", Type: []api.SnagListed{}},
		{Name: "memo members", Type: []string{}},
		{Name: "memo canary", Type: false},
		{Name: "memo outcome", Type: api.CanaryResult{}},
		{Name: "memo follow_up", Type: api.FollowUpListed{}},

		{Name: "failure of an activity, details", Type: activities.Failure{}},
		{Name: "failure of an update, details", Type: incident.Problem{}},
		{Name: "side effect of Register, installation", Type: ""},
		{Name: "Register's last state, kept outside of it", Type: api.LastRegister{}},
		{Name: "installation's connections, kept outside of it", Type: playbook.Connections{}},
	}
	for _, row := range incident.Commands() {
		out = append(out,
			carried.Root{Name: "update " + row.Name + ", input", Type: reflect.ValueOf(row.New()).Elem().Interface()},
			carried.Root{Name: "update " + row.Name + ", result", Type: incident.Result{}},
		)
	}
	return out
}
