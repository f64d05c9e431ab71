package incident

import (
	"slices"
	"time"

	"muster/internal/bounds"
)

// Incident holds the facts of one incident: what people and vendors have told Muster, and what its
// workflow shows of its own work (Snags, Waiting). It is the state of the Incident workflow, the
// answer of its Snapshot query and the record in the archive, so fields are only ever added.
type Incident struct {
	Number   int      `json:"number"`
	Kind     Kind     `json:"kind"`
	Title    string   `json:"title"`
	Severity Severity `json:"severity"`
	Status   Status   `json:"status"`
	Private  bool     `json:"private,omitempty"`
	// PrivacyChanges counts how often it became private or public since it was declared.
	PrivacyChanges int `json:"privacy_changes,omitempty"`

	Services []string `json:"services,omitempty"`
	Tags     []string `json:"tags,omitempty"`
	AlertKey string   `json:"alert_key,omitempty"`

	DeclaredAt  time.Time `json:"declared_at"`
	DeclaredBy  Actor     `json:"declared_by,omitzero"`
	StartedAt   time.Time `json:"started_at,omitzero"`
	DetectedAt  time.Time `json:"detected_at,omitzero"` // when somebody first knew of it, where people have said
	MusteredAt  time.Time `json:"mustered_at,omitzero"`
	MitigatedAt time.Time `json:"mitigated_at,omitzero"`
	ResolvedAt  time.Time `json:"resolved_at,omitzero"`
	ClosedAt    time.Time `json:"closed_at,omitzero"`

	Roles      []RoleHolder `json:"roles,omitempty"`
	Responders []Responder  `json:"responders,omitempty"`
	Pages      []Page       `json:"pages,omitempty"`
	// PagesNobody says why the playbook pages nobody for it as it is now; empty where it does.
	PagesNobody string `json:"pages_nobody,omitempty"`
	// HoldPages means that it was restored after its workflow had been ended by hand, and that nobody has
	// asked since to page anybody: until then the playbook pages nobody.
	HoldPages bool `json:"hold_pages,omitempty"`
	// PageDrill says that a drill pages like an incident.
	PageDrill bool `json:"page_drill,omitempty"`
	// LastUpdate is the newest status update that a person wrote.
	LastUpdate string    `json:"last_update,omitempty"`
	UpdatedAt  time.Time `json:"updated_at,omitzero"`
	// NextUpdate is when the next status update was promised, zero when none was.
	NextUpdate time.Time `json:"next_update,omitzero"`
	// RemindersPausedUntil is when reminders come again, zero while they do not rest.
	RemindersPausedUntil time.Time `json:"reminders_paused_until,omitzero"`
	// Learning is the one sentence of what was learnt.
	Learning   string     `json:"learning,omitempty"`
	FollowUps  []FollowUp `json:"follow_ups,omitempty"`
	Reviews    []Review   `json:"reviews,omitempty"`
	MergedInto int        `json:"merged_into,omitempty"`
	// MergedAt is when it was merged, zero while it is not.
	MergedAt time.Time `json:"merged_at,omitzero"`
	// Removed are people who were taken out. Only a person brings them back; see Remove.
	Removed []Removal `json:"removed,omitempty"`
	// Nominations are people's wishes that it be reviewed, one a person.
	Nominations []Nomination `json:"nominations,omitempty"`

	// Revision counts the commands that changed something. Buttons carry it, so that a double
	// click is the same command and a click on what has changed since is another.
	Revision int `json:"revision,omitempty"`

	// Corrections are the newest of what was put right on the record; see Correct.
	Corrections []Correction `json:"corrections,omitempty"`

	// Absorbed are the incidents that were merged into this one.
	Absorbed []Absorption `json:"absorbed,omitempty"`

	Links Links  `json:"links"`
	Snags []Snag `json:"snags,omitempty"`
	// Waiting says in words which steps wait their turn at a vendor, such as a channel to be opened.
	Waiting []string `json:"waiting,omitempty"`

	Timeline []Entry `json:"timeline"`
	// Entries counts all timeline entries ever made; those before the first one of Timeline
	// live in the archive only.
	Entries int `json:"entries"`
	// Unsaid are the newest messages that were deleted after Timeline had room for them no more: the archive takes
	// their words out, where they were captured.
	Unsaid []MessageRef `json:"unsaid,omitempty"`
}

// RoleHolder is a person who holds a role.
type RoleHolder struct {
	Role   Role   `json:"role"`
	Person string `json:"person"`
}

// Responder is a person paged into or joined to the incident.
type Responder struct {
	Person string `json:"person"`
	// Invited people are told; joined people came by an act of their own.
	InvitedAt time.Time `json:"invited_at,omitzero"`
	JoinedAt  time.Time `json:"joined_at,omitzero"`
}

// FollowUpStatus is where a follow-up stands.
type FollowUpStatus string

// The follow-up statuses.
const (
	FollowUpProposed FollowUpStatus = "proposed"
	FollowUpAccepted FollowUpStatus = "accepted"
	FollowUpDone     FollowUpStatus = "done"
	FollowUpDropped  FollowUpStatus = "dropped"
)

// Ended reports whether nothing more is expected of the follow-up.
func (s FollowUpStatus) Ended() bool { return s == FollowUpDone || s == FollowUpDropped }

// Known reports whether it is one of the follow-up statuses.
func (s FollowUpStatus) Known() bool {
	switch s {
	case FollowUpProposed, FollowUpAccepted, FollowUpDone, FollowUpDropped:
		return true
	}
	return false
}

// FollowUp is work that came out of an incident.
type FollowUp struct {
	Number     int            `json:"number"`
	Title      string         `json:"title"`
	Status     FollowUpStatus `json:"status"`
	Owner      string         `json:"owner,omitempty"`
	Due        Date           `json:"due,omitempty"`
	Reason     string         `json:"reason,omitempty"` // why it was dropped
	ProposedBy Actor          `json:"proposed_by,omitzero"`
	ProposedAt time.Time      `json:"proposed_at,omitzero"`
	EndedAt    time.Time      `json:"ended_at,omitzero"`
	Issue      IssueRef       `json:"issue,omitzero"`
	// Linked is the tracker's key of an issue that people made and that is this follow-up's.
	Linked string `json:"linked,omitempty"`
	// Origin is where it was proposed (INC-3/2) when it came over with a merged incident.
	Origin string `json:"origin,omitempty"`
	// Kind, Priority and Labels are as people have said; each may be empty.
	Kind     FollowUpKind     `json:"kind,omitempty"`
	Priority FollowUpPriority `json:"priority,omitempty"`
	Labels   []string         `json:"labels,omitempty"`
	// Urgent ones did not rest before they were decided: they were accepted at once.
	Urgent bool `json:"urgent,omitempty"`
	// DecidedBy accepted, dropped or merged it; zero while it is proposed.
	DecidedBy Actor     `json:"decided_by,omitzero"`
	DecidedAt time.Time `json:"decided_at,omitzero"`
	// SnoozedUntil is until when nobody is asked about it, and SnoozeReason why. It may have passed.
	// Snoozes counts how often it was put off.
	SnoozedUntil time.Time `json:"snoozed_until,omitzero"`
	SnoozeReason string    `json:"snooze_reason,omitempty"`
	Snoozes      int       `json:"snoozes,omitempty"`
	// ChangedBy is the e-mail address of who changed it last, or empty.
	ChangedBy string `json:"changed_by,omitempty"`
	// MergedInto is the follow-up of the same incident that goes on in its place.
	MergedInto int `json:"merged_into,omitempty"`
	// Revision counts changes made here, so that the FollowUp workflow is told each once, and Set is the one
	// at which people last set each of what can also change in the tracker.
	Revision int         `json:"revision,omitempty"`
	Set      FollowUpSet `json:"set,omitzero"`
}

// FollowUpSet are revisions of a follow-up; zero where people have not set it since it was proposed.
type FollowUpSet struct {
	Status int `json:"status,omitempty"`
	Owner  int `json:"owner,omitempty"`
	Due    int `json:"due,omitempty"`
}

// ReviewStatus is where a review stands.
type ReviewStatus string

// The review statuses.
const (
	ReviewPlanned ReviewStatus = "planned"
	ReviewOnHold  ReviewStatus = "on_hold" // the incident was reopened
	ReviewHeld    ReviewStatus = "held"
	ReviewWaived  ReviewStatus = "waived"
)

// Ended reports whether nothing more is expected of the review.
func (s ReviewStatus) Ended() bool { return s == ReviewHeld || s == ReviewWaived }

// Known reports whether it is one of the review statuses.
func (s ReviewStatus) Known() bool {
	switch s {
	case ReviewPlanned, ReviewOnHold, ReviewHeld, ReviewWaived:
		return true
	}
	return false
}

// Review is the meeting about what was learnt.
type Review struct {
	Number int          `json:"number"`
	Status ReviewStatus `json:"status"`
	Track  string       `json:"track"`
	At     time.Time    `json:"at,omitzero"`
	// For is the resolution after which the review was planned; a later one has its own.
	For    time.Time `json:"for,omitzero"`
	Reason string    `json:"reason,omitempty"`
	Issue  IssueRef  `json:"issue,omitzero"`
	// Revision counts changes made here, so that the Review workflow is told each once.
	Revision int `json:"revision,omitempty"`
}

// Links is where the incident is seen elsewhere.
type Links struct {
	Channel      ChannelRef `json:"channel,omitzero"`
	Board        MessageRef `json:"board,omitzero"`
	Tracker      IssueRef   `json:"tracker,omitzero"`
	Announcement MessageRef `json:"announcement,omitzero"`
	// Announcements are the incident's messages in the channels that hear of it, one a channel.
	Announcements []Announced `json:"announcements,omitempty"`
	// Former are the channels that were archived before the incident was reopened, oldest first.
	Former []ChannelRef `json:"former,omitempty"`
	// Archived is when the channel was archived, by Muster or by hand; zero while it is open.
	Archived time.Time `json:"archived,omitzero"`
}

// Announced is the incident's message in one announcement channel.
type Announced struct {
	// Channel is as the playbook names it.
	Channel string     `json:"channel"`
	Message MessageRef `json:"message"`
}

// Nomination is one person's wish that the incident be reviewed.
type Nomination struct {
	Person string    `json:"person"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

// Snag is a step that needs a person.
type Snag struct {
	// Mirror is the part of Muster that is stuck: chat, tracker, announcement, page/1 ...
	Mirror string    `json:"mirror"`
	Step   string    `json:"step"`
	Reason string    `json:"reason"`
	Mend   string    `json:"mend,omitempty"`
	Since  time.Time `json:"since"`
	// Vendor is set when the snag concerns every call to a vendor, such as a refused credential.
	Vendor string `json:"vendor,omitempty"`
	// From is the vendor that refused the step, whatever else it concerns; empty where Muster itself found it.
	From string `json:"from,omitempty"`
	// Off marks a vendor that has no settings here: nothing is broken, and nothing will happen.
	Off bool `json:"off,omitempty"`
	// RetryAt is when Muster tries again by itself.
	RetryAt time.Time `json:"retry_at,omitzero"`
}

// Entry is one line of the timeline.
type Entry struct {
	Seq   int       `json:"seq"`
	At    time.Time `json:"at"`
	Actor Actor     `json:"actor,omitzero"`
	// Event is a stable word such as declared, severity, page; Text is for people.
	Event string `json:"event"`
	Text  string `json:"text"`
	// Next is when the next status update was promised with this one.
	Next time.Time `json:"next,omitzero"`
	// Source is the chat message that the entry captured; editing or deleting it is reflected.
	Source MessageRef `json:"source,omitzero"`
}

// Key shows the incident's number as INC-42.
func (i *Incident) Key() string { return Key(i.Number) }

// Holder gives who holds a role, or "".
func (i *Incident) Holder(r Role) string {
	for _, h := range i.Roles {
		if h.Role == r {
			return h.Person
		}
	}
	return ""
}

// FollowUp finds a follow-up by number.
func (i *Incident) FollowUp(number int) *FollowUp {
	for k := range i.FollowUps {
		if i.FollowUps[k].Number == number {
			return &i.FollowUps[k]
		}
	}
	return nil
}

// Page finds a page by number.
func (i *Incident) Page(number int) *Page {
	for k := range i.Pages {
		if i.Pages[k].Number == number {
			return &i.Pages[k]
		}
	}
	return nil
}

// Review is the newest review, or nil.
func (i *Incident) Review() *Review {
	if len(i.Reviews) == 0 {
		return nil
	}
	return &i.Reviews[len(i.Reviews)-1]
}

// OpenFollowUps counts follow-ups of which something is still expected.
func (i *Incident) OpenFollowUps() int {
	n := 0
	for _, f := range i.FollowUps {
		if !f.Status.Ended() {
			n++
		}
	}
	return n
}

// NextDue is the earliest due date of an open follow-up, or "".
func (i *Incident) NextDue() Date {
	var due Date
	for _, f := range i.FollowUps {
		if !f.Status.Ended() && f.Due != "" && (due == "" || f.Due < due) {
			due = f.Due
		}
	}
	return due
}

// Note appends to the timeline. Whoever keeps the incident bounds the timeline's length.
func (i *Incident) Note(now time.Time, by Actor, event, text string) {
	i.Entries++
	text = bounds.Cut(Clip(text, maxEntryText), maxEntryBytes)
	i.Timeline = append(i.Timeline, Entry{Seq: i.Entries, At: now, Actor: by, Event: event, Text: text})
}

// maxEntryText bounds one timeline entry so that a thousand of them stay far below the
// workflow's payload limit.
const maxEntryText = 2000

// maxReason bounds a reason that is kept beside the timeline, which has all of it: an incident has
// a hundred follow-ups and nominations.
const maxReason = 200

// maxResponders bounds the responders; those beyond are in the channel all the same.
const maxResponders = 300

// Invite notes that somebody wants a person in the channel; joining is their own act. It brings back
// whoever was taken out.
func (i *Incident) Invite(now time.Time, person string) {
	if person == "" || i.responder(person) != nil || !i.roomFor(person) {
		return
	}
	i.forgive(person)
	i.Responders = append(i.Responders, Responder{Person: person, InvitedAt: now})
}

// roomFor reports whether a person is a responder, or can become one.
func (i *Incident) roomFor(person string) bool {
	if i.responder(person) != nil {
		return true
	}
	size := responderBytes + bounds.Weight(person)
	for _, r := range i.Responders {
		size += responderBytes + bounds.Weight(r.Person)
	}
	return len(i.Responders) < maxResponders && size <= maxResponderBytes
}

// responderBytes is what a responder has as JSON besides the person, with both times in full.
const responderBytes = 125

// join notes that a person came by an act of their own and reports whether that is news.
func (i *Incident) join(now time.Time, person string) bool {
	if person == "" {
		return false
	}
	i.Invite(now, person)
	r := i.responder(person)
	if r == nil || !r.JoinedAt.IsZero() {
		return false
	}
	r.JoinedAt = now
	return true
}

func (i *Incident) responder(person string) *Responder {
	k := slices.IndexFunc(i.Responders, func(r Responder) bool { return r.Person == person })
	if k < 0 {
		return nil
	}
	return &i.Responders[k]
}

// muster marks the incident as mustered once every required page was acknowledged.
func (i *Incident) muster(now time.Time) {
	if !i.MusteredAt.IsZero() {
		return
	}
	required := false
	for _, p := range i.Pages {
		if !p.Required || p.Status == PageWithdrawn {
			continue
		}
		required = true
		if !i.answered(p.Target) {
			return
		}
	}
	if required {
		i.MusteredAt = now
		i.Note(now, Actor{Way: WayMuster}, "mustered", "Everybody required is here")
	}
}

// answered reports whether a page to the target is acknowledged. It need not be the required
// one: people may have paged the target once more.
func (i *Incident) answered(target string) bool {
	return slices.ContainsFunc(i.Pages, func(p Page) bool { return p.Target == target && p.Status == PageAcknowledged })
}

// Learned reports whether review and follow-ups have ended, so that the incident may close.
func (i *Incident) Learned() bool {
	if i.OpenFollowUps() > 0 {
		return false
	}
	r := i.Review()
	return r == nil || r.Status.Ended()
}
