// Package api names what the workflows can be asked and told: message names, their inputs and
// results, and the workflow IDs. It has no behaviour, and it is all that the gateway, the
// command line and the activities may import of workflows.
package api

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"muster/incident"
	"muster/playbook"
)

// TaskQueue is a place where workers take work from. Vendors have queues of their own so that
// a rate limit on one never holds up another.
type TaskQueue = string

// The task queues.
const (
	QueueMuster      TaskQueue = "muster"       // workflows, directory, archive
	QueuePager       TaskQueue = "pager"        // triggering: never rate-limited
	QueuePagerRead   TaskQueue = "pager-read"   // look-ups
	QueueSlackCreate TaskQueue = "slack-create" // opening channels, 20 a minute
	QueueSlackWrite  TaskQueue = "slack-write"
	QueueJira        TaskQueue = "jira"
)

// Workflow types, as registered.
const (
	TypeRegister = "Register"
	TypeIncident = "Incident"
	TypePage     = "Page"
	TypeReview   = "Review"
	TypeFollowUp = "FollowUp"
	TypePerson   = "Person"
	TypeSweep    = "Sweep"
)

// RegisterID is the workflow ID of the one Register.
const RegisterID = "register"

// SweepID is the workflow ID prefix of sweeps and the ID of their schedule.
const SweepID = "sweep"

// IncidentID is the workflow ID of an incident: INC-42.
func IncidentID(number int) string { return incident.Key(number) }

// PageID is the workflow ID of a page: INC-42/page/1.
func PageID(number, page int) string { return fmt.Sprintf("%s/page/%d", incident.Key(number), page) }

// ReviewID is the workflow ID of a review: INC-42/review, and INC-42/review/2 for a second one.
func ReviewID(number, review int) string {
	if review <= 1 {
		return incident.Key(number) + "/review"
	}
	return fmt.Sprintf("%s/review/%d", incident.Key(number), review)
}

// FollowUpID is the workflow ID of a follow-up: INC-42/follow-up/3.
func FollowUpID(number, followUp int) string {
	return fmt.Sprintf("%s/follow-up/%d", incident.Key(number), followUp)
}

// PersonID is the workflow ID of a person: person/alice@example.com.
func PersonID(email string) string { return "person/" + incident.NormalPerson(email) }

// Child says which part of which incident a workflow ID names.
type Child struct {
	Incident int
	// Part is "", "page", "review" or "follow-up".
	Part   string
	Number int
}

// ParseID reads a workflow ID made by IncidentID, PageID, ReviewID or FollowUpID, and no other
// spelling of it.
func ParseID(id string) (Child, bool) {
	parts := strings.Split(id, "/")
	n, err := strconv.Atoi(strings.TrimPrefix(parts[0], "INC-"))
	if err != nil || n < 1 || parts[0] != incident.Key(n) {
		return Child{}, false
	}
	c := Child{Incident: n}
	switch {
	case len(parts) == 1:
		return c, true
	case len(parts) == 2 && parts[1] == "review":
		c.Part, c.Number = "review", 1
		return c, true
	case len(parts) == 3 && (parts[1] == "page" || parts[1] == "review" || parts[1] == "follow-up"):
		least := 1
		if parts[1] == "review" {
			least = 2 // the first one has no number in its ID
		}
		c.Part = parts[1]
		c.Number, err = strconv.Atoi(parts[2])
		if err == nil && c.Number >= least && parts[2] == strconv.Itoa(c.Number) {
			return c, true
		}
	}
	return Child{}, false
}

// VendorKey makes the key that a side effect carries at a vendor. It is made of the
// installation, the workflow and the step, never of a run, an attempt, a clock or chance, so
// every retry of a step carries the same one and two installations never share one.
func VendorKey(installation, workflowID, step string) string {
	if step == "" {
		return installation + "/" + workflowID
	}
	return installation + "/" + workflowID + "/" + step
}

// ParseVendorKey gives the workflow ID and the step from a key made by VendorKey, without the
// installation's part; it reports false for keys of other installations.
func ParseVendorKey(installation, key string) (string, bool) {
	rest, ok := strings.CutPrefix(key, installation+"/")
	return rest, ok
}

// Updates of an Incident; each exists as a signal of the same name with the same input, an
// incident.Command in JSON.
const (
	Mitigate       = "Mitigate"
	Resolve        = "Resolve"
	Reopen         = "Reopen"
	Cancel         = "Cancel"
	Update         = "Update"
	ChangeSeverity = "ChangeSeverity"
	Retitle        = "Retitle"
	Assign         = "Assign"
	Join           = "Join"
	Acknowledge    = "Acknowledge"
	AddFollowUp    = "AddFollowUp"
	ChangeFollowUp = "ChangeFollowUp"
	HoldReview     = "HoldReview"
	WaiveReview    = "WaiveReview"
	Retry          = "Retry"
	Merge          = "Merge"
	RaisePage      = "RaisePage"
	Capture        = "Capture"
	Nominate       = "Nominate"
	Invite         = "Invite"
)

// Signals that workflows and vendors' events send.
const (
	PageReported     = "PageReported"     // to Incident, from its Page: incident.PageReport
	FollowUpReported = "FollowUpReported" // to Incident, from its FollowUp
	ReviewReported   = "ReviewReported"   // to Incident, from its Review
	PagerChanged     = "PagerChanged"     // to Page, from a webhook or the Sweep: PagerChangedInput
	PageChanged      = "PageChanged"      // to Page, from its Incident: incident.Page
	IssueChanged     = "IssueChanged"     // to FollowUp, Review and Incident: IssueChangedInput
	FollowUpChanged  = "FollowUpChanged"  // to FollowUp, from its Incident: FollowUpBrief
	ReviewChanged    = "ReviewChanged"    // to Review, from its Incident: ReviewBrief
	AlertKeyFreed    = "AlertKeyFreed"    // to Register, from an Incident
	SnagChanged      = "SnagChanged"      // to Register, from any workflow: a vendor-wide snag came or went
	Owed             = "Owed"             // to Person: OwedInput
	MessageChanged   = "MessageChanged"   // to Incident, from chat: incident.MessageChange
	ChannelChanged   = "ChannelChanged"   // to Incident, from chat: ChannelChangedInput
	Absorb           = "Absorb"           // to Incident, from the one that was merged into it: AbsorbInput
)

// Queries.
const (
	Snapshot = "Snapshot" // of Incident: incident.Incident
	State    = "State"    // of Register and Person
)

// Updates of Register, each also a signal of the same name with the same input.
const (
	DeclareUpdate     = "Declare"     // DeclareInput gives DeclareResult
	SubscribeUpdate   = "Subscribe"   // SubscribeInput gives SubscribeResult
	UnsubscribeUpdate = "Unsubscribe" // SubscribeInput gives SubscribeResult
)

// SubscribeInput adds or ends a subscription.
type SubscribeInput struct {
	CommandID    string                `json:"command_id,omitempty"`
	Subscription incident.Subscription `json:"subscription"`
	Actor        incident.Actor        `json:"actor,omitzero"`
}

// SubscribeResult says what is now true.
type SubscribeResult struct {
	Changed bool   `json:"changed"`
	Text    string `json:"text"`
	// Subscriptions are all that the subscriber has now.
	Subscriptions []incident.Subscription `json:"subscriptions,omitempty"`
}

// ChannelChangedInput is chat's news of an incident's channel.
type ChannelChangedInput struct {
	DeliveryID string `json:"delivery_id"`
	Channel    string `json:"channel"`
	// Archived and Deleted say what was done by hand; Unarchived that it was taken back.
	Archived   bool           `json:"archived,omitempty"`
	Unarchived bool           `json:"unarchived,omitempty"`
	Deleted    bool           `json:"deleted,omitempty"`
	Name       string         `json:"name,omitempty"` // set when it was renamed
	Actor      incident.Actor `json:"actor,omitzero"`
}

// AbsorbInput is what an incident takes over from one that was merged into it.
type AbsorbInput struct {
	From       int                  `json:"from"`
	Title      string               `json:"title,omitempty"` // empty for a private one
	Channel    incident.ChannelRef  `json:"channel,omitzero"`
	Tracker    incident.IssueRef    `json:"tracker,omitzero"`
	Responders []incident.Responder `json:"responders,omitempty"`
	FollowUps  []incident.FollowUp  `json:"follow_ups,omitempty"`
	AlertKey   string               `json:"alert_key,omitempty"`
	Actor      incident.Actor       `json:"actor,omitzero"`
	// Hops counts how often it was passed on, since the target was itself merged by then.
	Hops int `json:"hops,omitempty"`
}

// Settings are what an installation passes to every workflow it starts.
type Settings struct {
	// Installation is minted once by Register and is part of every vendor key.
	Installation string `json:"installation"`
}

// DeclareInput opens an incident.
type DeclareInput struct {
	// Key makes declaring idempotent: same key and body, same number.
	Key string `json:"key"`
	// Words names who typed what, where somebody may type it again because they saw no answer:
	// the same words within SameWords are the same incident, under whatever key.
	Words       string               `json:"words,omitempty"`
	Declaration incident.Declaration `json:"declaration"`
	Slice       playbook.Slice       `json:"slice"`
}

// SameWords is how long the same words of the same person are taken for one declaration.
const SameWords = 2 * time.Minute

// DeclareResult answers a declaration.
type DeclareResult struct {
	Number int    `json:"number"`
	Key    string `json:"key"`
	// Existing is true when the caller's key or the alert key had an incident already.
	Existing bool `json:"existing,omitempty"`
}

// RegisterInput starts the Register or continues it. It needs nothing to start.
type RegisterInput struct {
	State *RegisterState `json:"state,omitempty"`
}

// RegisterState is what Register remembers, and the answer to its State query.
type RegisterState struct {
	Installation string `json:"installation"`
	// Last is the highest number handed out.
	Last int `json:"last"`
	// Recovered is true once the counter was compared with the incidents that exist.
	Recovered bool                  `json:"recovered"`
	Declared  []DeclaredKey         `json:"declared,omitempty"`
	AlertKeys map[string]int        `json:"alert_keys,omitempty"`
	Snags     map[string]VendorSnag `json:"snags,omitempty"`
	// Subscriptions say who is told of which incidents.
	Subscriptions []incident.Subscription `json:"subscriptions,omitempty"`
	Moved         map[int]int             `json:"moved,omitempty"` // numbers that were taken and what they became
}

// PersonCount is kept by Person; it is named here for its query.
type PersonCount struct {
	Pages      int `json:"pages"`
	NightPages int `json:"night_pages"`
	OffHours   int `json:"off_hours"`
}

// DeclaredKey remembers a caller's key.
type DeclaredKey struct {
	Key    string `json:"key"`  // hash of it: callers' keys may be long
	Body   string `json:"body"` // hash of what was declared
	Number int    `json:"number"`
	// At is set for words, which count for a while only.
	At time.Time `json:"at,omitzero"`
}

// VendorSnag is a snag that concerns every call to a vendor, shown once.
type VendorSnag struct {
	Vendor string    `json:"vendor"`
	Reason string    `json:"reason"`
	Mend   string    `json:"mend,omitempty"`
	Since  time.Time `json:"since"`
	// Workflows are those that are held up, at most a few named.
	Workflows []string `json:"workflows,omitempty"`
}

// SnagChangedInput tells Register of a vendor-wide snag.
type SnagChangedInput struct {
	Workflow string `json:"workflow"`
	Vendor   string `json:"vendor"`
	// Cleared is true when the vendor works again.
	Cleared bool   `json:"cleared,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Mend    string `json:"mend,omitempty"`
}

// AlertKeyFreedInput frees an alert key, or hands it on.
type AlertKeyFreedInput struct {
	AlertKey string `json:"alert_key"`
	Number   int    `json:"number"`
	// To is the live incident that holds the key from now on, 0 for none.
	To int `json:"to,omitempty"`
}

// PagerChangedInput is a pager's event about one attempt.
type PagerChangedInput struct {
	// DeliveryID is the vendor's own ID of the event; the same one is taken once.
	DeliveryID string `json:"delivery_id"`
	// Key is the attempt's key as the pager carries it.
	Key   string             `json:"key"`
	State incident.PageState `json:"state"`
	At    time.Time          `json:"at,omitzero"`
}

// IssueChangedInput is a tracker's event about one issue.
type IssueChangedInput struct {
	DeliveryID string              `json:"delivery_id"`
	Issue      incident.IssueState `json:"issue"`
	By         string              `json:"by,omitempty"`
}

// Brief is what a child workflow must know of its incident's surroundings.
type Brief struct {
	// Parent is the tracker's key of the parent issue, empty while there is none.
	Parent string `json:"parent,omitempty"`
	// Channel is where the incident is spoken about, empty while there is none.
	Channel incident.ChannelRef `json:"channel,omitzero"`
	// Commander is an e-mail address, or empty.
	Commander string `json:"commander,omitempty"`
}

// FollowUpBrief tells a FollowUp what its incident says of it.
type FollowUpBrief struct {
	Brief
	FollowUp incident.FollowUp `json:"follow_up"`
}

// ReviewBrief tells a Review what its incident says of it.
type ReviewBrief struct {
	Brief
	Review     incident.Review `json:"review"`
	ResolvedAt time.Time       `json:"resolved_at,omitzero"`
	// Policy is that of the review's track, which a nomination may have deepened.
	Policy playbook.ReviewPolicy `json:"policy,omitzero"`
}

// FollowUpReport is what a FollowUp tells its incident.
type FollowUpReport struct {
	Number int                     `json:"number"`
	Status incident.FollowUpStatus `json:"status"`
	Owner  string                  `json:"owner,omitempty"`
	Due    incident.Date           `json:"due,omitempty"`
	Reason string                  `json:"reason,omitempty"`
	Issue  incident.IssueRef       `json:"issue,omitzero"`
	Actor  incident.Actor          `json:"actor,omitzero"`
	// Revision is the incident's revision that this report has seen.
	Revision int             `json:"revision"`
	Snags    []incident.Snag `json:"snags,omitempty"`
}

// ReviewReport is what a Review tells its incident.
type ReviewReport struct {
	Number int                   `json:"number"`
	Status incident.ReviewStatus `json:"status"`
	At     time.Time             `json:"at,omitzero"`
	Issue  incident.IssueRef     `json:"issue,omitzero"`
	Snags  []incident.Snag       `json:"snags,omitempty"`
	// Event and Text are a line for the timeline, when there is news.
	Event string `json:"event,omitempty"`
	Text  string `json:"text,omitempty"`
	// Revision is the incident's revision that this report has seen.
	Revision int `json:"revision"`
}

// OwedInput tells a person's workflow of one thing that they are owed in their next digest.
type OwedInput struct {
	// Key names the thing; telling it again replaces it.
	Key      string            `json:"key"`
	Text     string            `json:"text"`
	Link     incident.Link     `json:"link,omitzero"`
	Due      incident.Date     `json:"due,omitempty"`
	Calendar playbook.Calendar `json:"calendar,omitzero"`
	// Settled removes the thing instead, and everything whose key lies below its own.
	Settled bool `json:"settled,omitempty"`
}

// WorkflowTaskTimeout is that of every workflow. A killed worker's open poll swallows one task,
// and with the server's default of 10 s the next command after a SIGKILL would wait that long.
const WorkflowTaskTimeout = 3 * time.Second

// PersonInput starts or continues a Person.
type PersonInput struct {
	Person string       `json:"person"`
	State  *PersonState `json:"state,omitempty"`
}

// PersonState is what a Person remembers, and the answer to its State query.
type PersonState struct {
	Owed     []OwedInput       `json:"owed,omitempty"`
	Calendar playbook.Calendar `json:"calendar,omitzero"`
	// Digests counts the digests sent.
	Digests int `json:"digests"`
}

// PageState answers a Page's State query.
type PageState struct {
	Status incident.PageStatus `json:"status"`
	// Keys are those of the attempts that may be open at the pager.
	Keys []string `json:"keys"`
}
