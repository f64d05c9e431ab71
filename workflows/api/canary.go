package api

import (
	"slices"
	"time"

	"muster/playbook"
)

// CanaryID is the ID of the schedule of canaries and the prefix of its runs, CanaryNow that of one that a
// person runs.
const (
	CanaryID  = "canary/scheduled"
	CanaryNow = "canary/now"
)

// The legs of a canary, in the order in which they are told.
const (
	LegDeclare  = "declare"          // Register has given a number
	LegPage     = "page"             // the page is found at the pager
	LegChat     = "chat"             // the message is found in the channel
	LegChannel  = "channel"          // the drill has a channel of its own
	LegTracker  = "tracker"          // the issue is found in the tracker
	LegAck      = "acknowledge"      // the pager shows that the page was acknowledged here
	LegEnd      = "resolve"          // the drill has ended
	LegPageEnd  = "page_resolved"    // the pager shows that the page was resolved
	LegIssueEnd = "issue_done"       // the tracker shows that the issue is done
	LegArchive  = "channel_archived" // the drill's own channel is archived
)

// CanaryLegs are all of them.
func CanaryLegs() []string {
	return []string{LegDeclare, LegPage, LegChat, LegChannel, LegTracker, LegAck, LegEnd, LegPageEnd, LegIssueEnd, LegArchive}
}

// Outcomes of a canary. Those of its search attribute MusterStatus, too.
const (
	CanaryPassed = "passed"
	CanaryFailed = "failed"
)

// CanaryInput is what a canary does.
type CanaryInput struct {
	// Every is how often its schedule runs it, Within how long each leg may take.
	Every  time.Duration `json:"every"`
	Within time.Duration `json:"within"`
	// Slice is the policy of its drill.
	Slice playbook.Slice `json:"slice"`
}

// Legs are those that a canary of this policy goes, in their order.
func (in CanaryInput) Legs() []string {
	s := in.Slice
	pages := slices.ContainsFunc(s.Severities, func(p playbook.SeverityPolicy) bool { return len(p.Targets) > 0 })
	wanted := map[string]bool{
		LegDeclare: true, LegEnd: true, LegPage: pages, LegAck: pages, LegPageEnd: pages, LegChat: len(s.Chat.Announcements) > 0,
		LegChannel: !s.Chat.NoChannel, LegArchive: !s.Chat.NoChannel, LegTracker: s.Tracker.Project != "", LegIssueEnd: s.Tracker.Project != "",
	}
	return slices.DeleteFunc(CanaryLegs(), func(leg string) bool { return !wanted[leg] })
}

// LongestCanary is the time after which a drill was left behind by its canary: five legs come one after the other.
func (in CanaryInput) LongestCanary() time.Duration { return 6 * in.Within }

// CanaryResult is what a canary has found, as its result and in its memo.
type CanaryResult struct {
	// Number is that of the drill, 0 where none was declared.
	Number  int         `json:"number,omitempty"`
	Outcome string      `json:"outcome"`
	Legs    []CanaryLeg `json:"legs"`
	// Every is how often the canary runs.
	Every time.Duration `json:"every,omitempty"`
	// Left is how many drills of earlier canaries were found and cancelled.
	Left int `json:"left,omitempty"`
}

// Failed are the legs that failed, each once.
func (r CanaryResult) Failed() (legs []CanaryLeg) {
	return slices.DeleteFunc(slices.Clone(r.Legs), func(l CanaryLeg) bool { return l.Problem == "" || l.Skipped })
}

// CanaryLeg is what became of one leg.
type CanaryLeg struct {
	Name string        `json:"name"`
	Took time.Duration `json:"took,omitempty"`
	// Problem says why it failed, or why it was Skipped: because of another leg that failed.
	Problem string `json:"problem,omitempty"`
	Skipped bool   `json:"skipped,omitempty"`
}

// CanaryDeclareInput asks for a canary's drill.
type CanaryDeclareInput struct {
	// Key is the same for every attempt of one canary.
	Key   string         `json:"key"`
	Pages bool           `json:"pages,omitempty"`
	Slice playbook.Slice `json:"slice"`
}

// CanaryLegInput asks for one leg of a drill.
type CanaryLegInput struct {
	Number int           `json:"number"`
	Leg    string        `json:"leg"`
	Within time.Duration `json:"within"`
	// Channel is where its message is looked for.
	Channel string `json:"channel,omitempty"`
	// Key makes the commands of one canary idempotent. Cancel has the drill end as one that was none.
	Key    string `json:"key"`
	Cancel bool   `json:"cancel,omitempty"`
}

// CanaryTidyInput asks for the drills that earlier canaries have left open.
type CanaryTidyInput struct {
	// Before is when they were declared.
	Before time.Time `json:"before"`
}
