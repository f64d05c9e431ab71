package incident

import (
	"strings"
	"time"
)

// What follows is what the outside is told, in no vendor's words. A mirror compares one of
// these values with the one that the vendor was last told, so they hold only plain data.

// ChannelSpec asks for an incident's chat channel.
type ChannelSpec struct {
	// Key is carried by the channel (in its purpose) so that a retry finds its own channel.
	Key     string `json:"key"`
	Name    string `json:"name"`
	Private bool   `json:"private,omitempty"`
	// Find makes none: it asks for what an earlier try may have made, and for an empty answer if it has not.
	Find bool `json:"find,omitempty"`
}

// ChannelRef is a channel that exists.
type ChannelRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
	// Private says that only its members read it.
	Private bool `json:"private,omitempty"`
}

// Furnishing is what a channel should have besides messages. All of it is set-state:
// telling it twice changes nothing.
type Furnishing struct {
	Topic string `json:"topic,omitempty"`
	// Invite holds e-mail addresses of people who should be in the channel.
	Invite []string `json:"invite,omitempty"`
	// Remove holds those of people who should not be in it any more.
	Remove []string `json:"remove,omitempty"`
	// Groups are handles of the chat's user groups, without @, whose members are invited.
	Groups    []string `json:"groups,omitempty"`
	Bookmarks []Link   `json:"bookmarks,omitempty"`
}

// Furnished tells what came of a Furnishing. A person who cannot be invited is reported
// and sinks nobody else.
type Furnished struct {
	Uninvited []Uninvited `json:"uninvited,omitempty"`
}

// Quiet is what came of archiving a channel that should be quiet first.
type Quiet struct {
	// Archived is true when the channel is archived now.
	Archived bool `json:"archived,omitempty"`
	// LastSaid is when somebody last wrote in it, when it is not archived.
	LastSaid time.Time `json:"last_said,omitzero"`
}

// Subscriber is who is told of an incident once: exactly one field is set.
type Subscriber struct {
	// Person is an e-mail address, Channel a channel's ID, Group a user group's ID.
	Person  string `json:"person,omitempty"`
	Channel string `json:"channel,omitempty"`
	Group   string `json:"group,omitempty"`
}

// Uninvited is one person whom the chat does not know or would not admit.
type Uninvited struct {
	Person string `json:"person"`
	Reason string `json:"reason"`
}

// Link is a labelled address.
type Link struct {
	Label string `json:"label"`
	URL   string `json:"url"`
}

// Message is a chat message before it is rendered: all text is plain and unescaped, the
// renderer escapes it and keeps it within the vendor's limits.
type Message struct {
	// Key is carried in the message's metadata so that a retry finds what it posted before.
	Key string `json:"key,omitempty"`
	// Headline is also the plain-text fallback that notifications show.
	Headline string   `json:"headline"`
	Fields   []Field  `json:"fields,omitempty"`
	Body     []string `json:"body,omitempty"`
	Links    []Link   `json:"links,omitempty"`
	Buttons  []Button `json:"buttons,omitempty"`
	// Items are one line each with buttons of their own, below the body.
	Items []Item `json:"items,omitempty"`
	// Footnotes are shown small, below everything else.
	Footnotes []string `json:"footnotes,omitempty"`
	// Credits are shown small in one line below the text, each as its label and its value.
	Credits []Field `json:"credits,omitempty"`
	// Quiet shows the text without the headline above it, which is then for notifications alone.
	Quiet bool `json:"quiet,omitempty"`
	// Pin asks that the message be pinned in its channel.
	Pin bool `json:"pin,omitempty"`
	// Mention holds e-mail addresses of people whom the message should notify.
	Mention []string `json:"mention,omitempty"`
}

// Item is one of several things in a message.
type Item struct {
	Text string `json:"text"`
	// Link leads to it; its URL may be empty.
	Link    Link     `json:"link,omitzero"`
	Buttons []Button `json:"buttons,omitempty"`
}

// Field is one labelled value of a message. Exactly one of Text, People and Time is set.
type Field struct {
	Label string `json:"label"`
	Text  string `json:"text,omitempty"`
	// People are e-mail addresses, shown as the chat's own names where it knows them.
	People []string `json:"people,omitempty"`
	// Time is shown in the reader's zone.
	Time time.Time `json:"time,omitzero"`
}

// Button is one action that a message offers. Value carries everything the handler needs.
type Button struct {
	Label  string `json:"label"`
	Action string `json:"action"`
	Value  string `json:"value"`
	// URL makes the button lead to an address as well; its Action is then ActionOpen.
	URL string `json:"url,omitempty"`
	// Primary marks the one that most readers look for, Danger what cannot be taken back.
	Primary bool `json:"primary,omitempty"`
	Danger  bool `json:"danger,omitempty"`
	// Confirm is the question that is asked once before the button does anything; empty for none.
	Confirm string `json:"confirm,omitempty"`
}

// MessageRef is a message that exists.
type MessageRef struct {
	Channel string `json:"channel"`
	ID      string `json:"id"`
	URL     string `json:"url,omitempty"`
}

// is reports whether both are the same message: IDs are unique within a channel only.
func (m MessageRef) is(other MessageRef) bool { return m.ID == other.ID && m.Channel == other.Channel }

// Issue is a tracker issue as it should be.
type Issue struct {
	// Key is carried as a label and as a property so that a retry finds its own issue.
	Key     string `json:"key"`
	Project string `json:"project"`
	Type    string `json:"type"`
	Summary string `json:"summary"`
	// Description is plain text, one paragraph per element; the client makes markup of it.
	Description []string `json:"description,omitempty"`
	Links       []Link   `json:"links,omitempty"`
	Labels      []string `json:"labels,omitempty"`
	// Unlabels are labels of ours that do not hold any more, such as that of a former severity.
	Unlabels []string `json:"unlabels,omitempty"`
	// Priority and Components are the tracker's names; empty leaves them to it.
	Priority   string   `json:"priority,omitempty"`
	Components []string `json:"components,omitempty"`
	// Security is the tracker's name of who may see the issue, empty for everybody. A child has its
	// parent's.
	Security string `json:"security,omitempty"`
	// Parent is the tracker's key of the parent issue, empty for a parent.
	Parent string `json:"parent,omitempty"`
	// Owner is an e-mail address; a tracker that does not know it leaves the issue unassigned.
	Owner string `json:"owner,omitempty"`
	// Unassigned says that nobody owns it any more; without it an issue without owner keeps its assignee.
	Unassigned bool `json:"unassigned,omitempty"`
	Due        Date `json:"due,omitempty"`
	// Fields holds what the playbook adds, by the tracker's field name or ID.
	Fields map[string]any `json:"fields,omitempty"`
}

// IssueRef is an issue that exists.
type IssueRef struct {
	ID  string `json:"id"`
	Key string `json:"key"`
	URL string `json:"url,omitempty"`
}

// Moved is the reference to the same issue under another key.
func (r IssueRef) Moved(key string) IssueRef {
	if before, ok := strings.CutSuffix(r.URL, r.Key); ok && r.Key != "" {
		r.URL = before + key
	}
	r.Key = key
	return r
}

// IssueState is what the tracker says of an issue.
type IssueState struct {
	// ID stays the same when the issue is moved or gets another key; Key does not.
	ID    string `json:"id"`
	Key   string `json:"key"`
	URL   string `json:"url,omitempty"`
	Title string `json:"title,omitempty"`
	// Status is the tracker's own name of the state.
	Status string `json:"status"`
	// Done reports that the tracker counts the status as finished, in whatever way.
	Done bool `json:"done"`
	// Resolution is the tracker's word for how it was finished, such as "Done" or "Won't Do".
	Resolution string `json:"resolution,omitempty"`
	// Owner is the assignee's e-mail address, and OwnerName what the tracker calls an assignee whose
	// address it does not show. Both are empty when nobody is assigned.
	Owner     string `json:"owner,omitempty"`
	OwnerName string `json:"owner_name,omitempty"`
	// OwnerID is the assignee's account, which stays the same whatever the tracker shows of it.
	OwnerID string `json:"owner_id,omitempty"`
	Due     Date   `json:"due,omitempty"`
	// Parent is the ID of the issue above, empty where there is none or it was not asked for.
	Parent string `json:"parent,omitempty"`
	// Updated is when the issue was changed last, by the tracker's clock; zero where it is not known.
	Updated time.Time `json:"updated,omitzero"`
	// Deleted reports that the tracker has said, signed, that the issue was deleted.
	Deleted bool `json:"deleted,omitempty"`
	// Unseen reports that the tracker shows us no such issue: it was deleted, or we may not see it any
	// more. Nothing follows from it but that somebody should look.
	Unseen bool `json:"unseen,omitempty"`
	// Unread reports that the tracker failed to answer about this one issue: nothing is known of it.
	Unread bool `json:"unread,omitempty"`
}

// LabelledIssue is an issue with the labels that say whose it is.
type LabelledIssue struct {
	IssueState
	Labels []string `json:"labels,omitempty"`
}

// IssuePart is a part of an issue that people change in the tracker.
type IssuePart string

// The fields of an issue that Muster follows.
const (
	IssueStatus IssuePart = "status" // and the resolution, which changes with it
	IssueOwner  IssuePart = "owner"
	IssueDue    IssuePart = "due"
	IssueTitle  IssuePart = "title"
	IssueKey    IssuePart = "key"
	IssueLabels IssuePart = "labels"
	IssueParent IssuePart = "parent"
)

// Goal is a state that Muster asks of an issue, whatever the tracker calls it.
type Goal string

// The goals.
const (
	GoalOpen Goal = "open"
	// GoalProgress is open, and in progress where the tracker's workflow has that.
	GoalProgress Goal = "in progress"
	GoalDone     Goal = "done"
	GoalDropped  Goal = "dropped" // done in the tracker, with a resolution that says it was not
	// GoalDuplicate is dropped, because another issue stands for the same.
	GoalDuplicate Goal = "duplicate"
)

// PageRequest is one attempt to reach one target: one call to the pager.
type PageRequest struct {
	// Key makes the call idempotent at the pager: the same key never pages twice while open.
	Key string `json:"key"`
	// Credential names where the secret is (env:PD_CHECKOUT); it is resolved in the activity.
	Credential string `json:"credential"`
	// Reach names whom to reach where no credential leads there: person:alice@example.com,
	// policy:ID or schedule:ID, with the pager's own IDs.
	Reach    string   `json:"reach,omitempty"`
	Incident string   `json:"incident"`
	Headline string   `json:"headline"`
	Severity Severity `json:"severity"`
	// Urgent pages wake people whatever the severity: somebody or the playbook wants them now.
	Urgent  bool   `json:"urgent,omitempty"`
	Kind    Kind   `json:"kind"`
	Service string `json:"service,omitempty"`
	Links   []Link `json:"links,omitempty"`
}

// PageState is what the pager says of an attempt.
type PageState struct {
	Found        bool   `json:"found"`
	ID           string `json:"id,omitempty"`
	URL          string `json:"url,omitempty"`
	Acknowledged bool   `json:"acknowledged,omitempty"`
	Resolved     bool   `json:"resolved,omitempty"`
	// By is the e-mail address of the person who acknowledged, or the pager's name for them.
	By string `json:"by,omitempty"`
	// At is when that came to be so, by the pager's clock; zero where the pager does not say.
	At time.Time `json:"at,omitzero"`
	// Asked are the e-mail addresses of the people whom the pager asks for it, now or when it
	// escalates. Empty where the pager does not say.
	Asked []string `json:"asked,omitempty"`
	// Silent says why the pager notifies nobody for it although it is not answered, such as an
	// incident that somebody had acknowledged before this page was added to it. Empty otherwise.
	Silent string `json:"silent,omitempty"`
}

// Answered reports whether a person has answered at the pager. Resolving there is an answer too; what
// nobody did is automation's.
func (s PageState) Answered() bool { return (s.Acknowledged || s.Resolved) && s.By != "" }
