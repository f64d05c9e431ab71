package api

import (
	"muster/incident"
)

// Search attributes. SQL visibility has room for 10 Keyword, and 3 each of Int, Datetime,
// KeywordList and Bool. No data converter encodes them, so those of a private incident have neither
// its services and tags nor its commander.
const (
	AttrIncident  = "MusterIncident"  // Keyword: INC-42
	AttrStatus    = "MusterStatus"    // Keyword
	AttrKind      = "MusterKind"      // Keyword
	AttrCommander = "MusterCommander" // Keyword: e-mail
	AttrOwner     = "MusterOwner"     // Keyword: e-mail of who owns a follow-up, or is asked while nobody does
	AttrTracker   = "MusterTracker"   // Keyword: the ID of the tracker issue, which stays when the issue is moved
	AttrChannel   = "MusterChannel"   // Keyword: the chat's channel ID
	AttrPager     = "MusterPager"     // Keyword: the page's key
	AttrSeverity  = "MusterSeverity"  // Int
	AttrSnags     = "MusterSnags"     // Int
	AttrDue       = "MusterDue"       // Datetime: from when on a follow-up asks somebody
	AttrServices  = "MusterServices"  // KeywordList
	AttrTags      = "MusterTags"      // KeywordList
	AttrAsked     = "MusterAsked"     // KeywordList: whom a follow-up asks, by e-mail
	AttrPrivate   = "MusterPrivate"   // Bool: of an incident and its follow-ups, by which lists leave them out
)

// Memo fields that a list shows. A private incident has neither title nor links, and who is part of
// it as marks. What nobody asks for by
// its value is here and no search attribute: a change of the memo costs nothing.
const (
	MemoTitle    = "title"
	MemoLinks    = "links"
	MemoDeclared = "declared_at" // a run's own start is later once it was continued as new

	MemoFollowUps = "open_follow_ups"
	MemoSnags     = "snags"   // SnagListed of each that is shown
	MemoMembers   = "members" // of a private incident only: a MemberMark of each
	MemoPeople    = "people"  // the same of any other, by which a person's own are found

	MemoCanary  = "canary"  // of an incident: that it is a canary's drill
	MemoOutcome = "outcome" // of a Canary: CanaryResult

	MemoFollowUp = "follow_up" // of a FollowUp: FollowUpListed
)

// MemberMark is that of the incident package.
func MemberMark(number int, person string) string { return incident.MemberMark(number, person) }

// MemberMarks are those of all members of an incident.
func MemberMarks(i *incident.Incident) []string { return i.MemberMarks() }
