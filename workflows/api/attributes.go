package api

// Search attributes. SQL visibility has room for 10 Keyword, and 3 each of Int, Datetime,
// KeywordList and Bool.
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
)

// Memo fields that a list shows. A private incident has the last two only. What nobody asks for by
// its value is here and no search attribute: a change of the memo costs nothing.
const (
	MemoTitle    = "title"
	MemoLinks    = "links"
	MemoDeclared = "declared_at" // a run's own start is later once it was continued as new

	MemoFollowUps = "open_follow_ups"

	MemoFollowUp = "follow_up" // of a FollowUp: FollowUpListed
)
