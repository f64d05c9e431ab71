package playbook

import (
	"slices"
	"strings"

	"muster/incident"
)

// Slice is the part of the playbook that one incident needs, with every default filled in and
// every reference resolved. It is sent along with the declaration and kept in the workflow, so
// that an incident never waits for a file and keeps the policy under which it was declared.
// It names credentials and never holds them.
type Slice struct {
	// Hash is the SHA-256 of the playbook file, in hexadecimal.
	Hash string `json:"hash"`
	// Connected is the hash of the playbook whose connections were taken over since, empty for none.
	Connected string `json:"connected,omitempty"`
	// Severities holds all five, worst first: an incident's severity may change.
	Severities []SeverityPolicy `json:"severities"`
	// Services are those that the incident names, Others those that it may come to name: see Choose.
	Services []ServicePolicy `json:"services,omitempty"`
	Others   []OtherService  `json:"others,omitempty"`
	// Targets are all that can be paged by name, those of the other services too.
	Targets []PageTarget `json:"targets,omitempty"`
	// LastResort is the playbook's default target, or nil. It is paged where the services do not say
	// whom to page, and tried when a page has reached nobody.
	LastResort *PageTarget `json:"last_resort,omitempty"`
	// Roles are the playbook's roles, the three standard ones first.
	Roles    []incident.Role `json:"roles"`
	Calendar Calendar        `json:"calendar"`
	// People are those with a calendar of their own, by e-mail address.
	People map[string]PersonPolicy `json:"people,omitempty"`
	// Known are the e-mail addresses of everybody whom the playbook names.
	Known     []string       `json:"known,omitempty"`
	Chat      ChatPolicy     `json:"chat"`
	Tracker   TrackerPolicy  `json:"tracker"`
	FollowUps FollowUpPolicy `json:"follow_ups"`
	// Linger is how long the workflow stays after closing, to answer and to be reopened.
	Linger Span `json:"linger"`
	// Canary marks the policy of a canary's drill, which reaches nothing else: see Playbook.CanarySlice.
	Canary bool `json:"canary,omitempty"`
	// TimeoutScale multiplies every activity timeout and vendor waiting time; 0 counts as 1.
	// Tests and demos set it, a playbook cannot.
	TimeoutScale float64 `json:"timeout_scale,omitempty"`
}

// PageMode says when a severity pages.
type PageMode string

// The page modes.
const (
	PageNow         PageMode = "now"
	PageNextMorning PageMode = "next_business_morning"
	PageNever       PageMode = "never"
)

// SeverityPolicy is what one severity means.
type SeverityPolicy struct {
	Level incident.Severity `json:"level"`
	Name  string            `json:"name"`
	// Hint helps a person to choose, in one sentence.
	Hint string `json:"hint,omitempty"`
	// Page says when it pages.
	Page PageMode `json:"page"`
	// QuietAfter is how long an incident that somebody has taken may be silent before its commander
	// is asked; zero is for ever.
	QuietAfter Span `json:"quiet_after,omitzero"`
	// Announce says whether the channels of announcements are told.
	Announce bool         `json:"announce"`
	Review   ReviewPolicy `json:"review"`
	// Targets are those besides the services' own that this severity pages and that must
	// acknowledge before the incident counts as mustered.
	Targets []PageTarget `json:"targets,omitempty"`
}

// ServicePolicy is one service that the incident names.
type ServicePolicy struct {
	Name  string `json:"name"`
	Title string `json:"title,omitempty"`
	// Target is whom to page for it; nil when nobody is, which Silent says is on purpose.
	Target *PageTarget `json:"target,omitempty"`
	Silent bool        `json:"silent,omitempty"`
	// Responders are e-mail addresses of people invited to the channel, Groups handles of user
	// groups without @.
	Responders []string `json:"responders,omitempty"`
	Groups     []string `json:"groups,omitempty"`
}

// PageTarget is somebody to reach: a chain of steps, each tried for AckWithin.
type PageTarget struct {
	Name  string     `json:"name"`
	Steps []PageStep `json:"steps"`
	// AckWithin is how long one attempt waits for an acknowledgement before the next step.
	AckWithin Span `json:"ack_within"`
	// Rounds is how often the whole chain is gone through; at least 1.
	Rounds int `json:"rounds"`
}

// PageStep is one way to reach the target.
type PageStep struct {
	Name string `json:"name"`
	// Credential names the environment variable with the routing key: env:PD_CHECKOUT.
	Credential string `json:"credential"`
	// Reach names whom to reach where no credential leads there, as incident.PageRequest has it.
	Reach string `json:"reach,omitempty"`
}

// Track is how deep an incident's learning goes.
type Track string

// The tracks.
const (
	TrackNone     Track = "none"
	TrackSentence Track = "sentence"
	TrackStandard Track = "standard"
	TrackDeep     Track = "deep"
)

// ReviewPolicy says whether and when a learning review is held.
type ReviewPolicy struct {
	Track Track `json:"track"`
	// After is the time from resolution to the review.
	After Span `json:"after"`
	// Remind lists how long before the review people are reminded, longest first.
	Remind []Span `json:"remind,omitempty"`
	// Overdue is how long after its date an unheld review is asked about, again and again.
	Overdue Span `json:"overdue"`
}

// PersonPolicy is a person's own clock.
type PersonPolicy struct {
	Calendar Calendar `json:"calendar"`
}

// ChatPolicy says how chat is used.
type ChatPolicy struct {
	// ChannelPrefix starts every channel's name: inc gives inc-42-checkout-is-down.
	ChannelPrefix string `json:"channel_prefix"`
	// NoChannel means that no channel is opened.
	NoChannel bool `json:"no_channel,omitempty"`
	// Announce is the first of the channels of announcements, one without conditions if there is
	// one; empty for none. People are called there while an incident has no channel.
	Announce string `json:"announce,omitempty"`
	// ChannelName is the template of a channel's name: {prefix}-{number}-{title}. {number} must be
	// in it; {title}, {prefix}, {severity}, {service} and {date} may.
	ChannelName string `json:"channel_name,omitempty"`
	// Announcements are the channels that hear of incidents, each with its conditions.
	Announcements []AnnounceRule `json:"announcements,omitempty"`
	// ArchiveAfter is how long after closing a quiet channel is archived; zero is never.
	ArchiveAfter Span `json:"archive_after,omitzero"`
	// FirstSteps is the checklist that a new commander is given.
	FirstSteps []string `json:"first_steps,omitempty"`
	// Reactions are the emoji, without colons, that do something to a message.
	Reactions Reactions `json:"reactions,omitzero"`
	// Invite are e-mail addresses of people invited to every incident's channel.
	Invite []string `json:"invite,omitempty"`
	// Groups are handles of user groups, without @, that are invited to every channel.
	Groups []string `json:"groups,omitempty"`
	// Links are shown in every channel as bookmarks; {key} and {number} are replaced.
	Links []incident.Link `json:"links,omitempty"`
}

// AnnounceRule says of which incidents one channel hears. Every condition that is set must hold; of
// a list of names one is enough, and capital letters make no difference. Severities that the
// playbook does not announce are announced nowhere.
type AnnounceRule struct {
	Channel string `json:"channel"`
	// Severity is the mildest that is announced there, 0 for any that is announced at all.
	Severity incident.Severity `json:"severity,omitempty"`
	Services []string          `json:"services,omitempty"`
	Tags     []string          `json:"tags,omitempty"`
}

// Hears reports whether the rule's conditions hold for an incident. Whether it is announced at
// all is for the caller to say: it may be private, over, or of a severity that is not announced.
func (a AnnounceRule) Hears(i *incident.Incident) bool {
	return (a.Severity == 0 || i.Severity <= a.Severity) && oneOf(a.Services, i.Services) && oneOf(a.Tags, i.Tags)
}

func oneOf(wanted, have []string) bool {
	return len(wanted) == 0 || slices.ContainsFunc(wanted, func(w string) bool {
		return slices.ContainsFunc(have, func(h string) bool { return strings.EqualFold(w, h) })
	})
}

// Reactions are names of emoji without colons; an empty one is off.
type Reactions struct {
	FollowUp string `json:"follow_up,omitempty"` // makes a follow-up of the message
	Timeline string `json:"timeline,omitempty"`  // puts the message on the timeline
	Nominate string `json:"nominate,omitempty"`  // nominates the incident for a learning review
}

// TrackerPolicy says how the tracker is used.
type TrackerPolicy struct {
	// Project is the tracker's project key; empty means that no tracker is used.
	Project      string   `json:"project,omitempty"`
	IncidentType string   `json:"incident_type,omitempty"`
	FollowUpType string   `json:"follow_up_type,omitempty"`
	ReviewType   string   `json:"review_type,omitempty"`
	Labels       []string `json:"labels,omitempty"`
	// Done and Open name the statuses to prefer when an issue is finished or reopened.
	Done []string `json:"done,omitempty"`
	Open []string `json:"open,omitempty"`
	// InProgress names the statuses to prefer for the issue of an incident that people work on.
	InProgress []string `json:"in_progress,omitempty"`
	// DroppedResolution is set on a dropped follow-up's issue where the tracker lets us.
	DroppedResolution string `json:"dropped_resolution,omitempty"`
	// Dropped names further resolutions and statuses that mean "finished without being done", besides
	// those that NotDone knows.
	Dropped []string `json:"dropped,omitempty"`
	// Fields are added to every parent issue, FollowUpFields to every child.
	Fields         map[string]any `json:"fields,omitempty"`
	FollowUpFields map[string]any `json:"follow_up_fields,omitempty"`
	// Priorities are the tracker's priorities by severity, Components its components by service.
	Priorities map[incident.Severity]string `json:"priorities,omitempty"`
	Components map[string]string            `json:"components,omitempty"`
	Private    PrivateTracker               `json:"private,omitzero"`
}

// FollowUpPolicy says when follow-ups are decided, due and chased.
type FollowUpPolicy struct {
	// Soak is the time between proposing a follow-up and asking for a decision.
	Soak Span `json:"soak"`
	// Due is the time from proposal to the due date that nobody gave, where DueBy has none.
	Due Span `json:"due"`
	// DueBy is that time by the incident's severity.
	DueBy map[incident.Severity]Span `json:"due_by,omitempty"`
	// Nudge is how long before the due date the owner is reminded, in their digest.
	Nudge Span `json:"nudge"`
	// Overdue is the interval at which an overdue owner is reminded.
	Overdue Span `json:"overdue"`
	// EscalateAfter is how many overdue reminders pass before the first of Escalate hears of it
	// too; with each further reminder comes the next one.
	EscalateAfter int `json:"escalate_after"`
	// Escalate are EscalateCommander, e-mail addresses, and channels such as #sre.
	Escalate []string `json:"escalate,omitempty"`
	// Grace is how long after its end a follow-up can be reopened, here or in the tracker.
	Grace Span `json:"grace,omitzero"`
}

// EscalateCommander stands for the incident's commander, whoever that is by then.
const EscalateCommander = "commander"

// ReportPolicy says where the weekly report of follow-ups is read.
type ReportPolicy struct {
	// Channels are those of chat; empty for no report.
	Channels []string `json:"channels,omitempty"`
	// On is the weekday, 0 for Sunday.
	On int `json:"on"`
}

// For is the policy of an incident of that severity: Due is its own, and DueBy is empty.
func (p FollowUpPolicy) For(level incident.Severity) FollowUpPolicy {
	if own, ok := p.DueBy[level]; ok {
		p.Due = own
	}
	p.DueBy = nil
	return p
}

// Severity finds the policy of a severity. A level that is missing pages nobody, is announced
// nowhere and has no review.
func (s *Slice) Severity(level incident.Severity) SeverityPolicy {
	for _, p := range s.Severities {
		if p.Level == level {
			return p
		}
	}
	return SeverityPolicy{Level: level, Page: PageNever, Review: ReviewPolicy{Track: TrackNone}}
}
