package views

import (
	"bytes"
	"encoding/json"
	"fmt"

	"muster/incident"
	"muster/integrations/slack"
)

// What a submitted modal is, in callback_id.
const (
	CallbackDeclare  = "declare"
	CallbackUpdate   = "update"
	CallbackSeverity = "severity"
	CallbackServices = "services"
	CallbackKind     = "kind"
	CallbackRole     = "role"
	CallbackFollowUp = "follow_up"
	CallbackMitigate = "mitigate"
	CallbackResolve  = "resolve"
	CallbackMerge    = "merge"
	CallbackCancel   = "cancel"
	CallbackPage     = "page"
	CallbackAck      = "ack"
	CallbackReopen   = "reopen"
	CallbackPick     = "pick"
	CallbackTitle    = "title"
	CallbackNote     = "note"
	CallbackDone     = "done"
	CallbackRefine   = "refine"
	CallbackPause    = "pause_reminders"
	CallbackCorrect  = "correct"

	CallbackChangeFollowUp = "follow_up_change"
)

// What buttons of these views ask for, besides incident.Action*. Of several in one row each has
// something behind a slash, since Slack wants them to differ.
const (
	// ActionPick is a button that names the incident for a command: see ParsePick.
	ActionPick = "pick"
	// ActionRun runs the command that its value holds.
	ActionRun = "run"
	// ActionDeclareForm opens the form with what its value says filled in.
	ActionDeclareForm = "declare_form"
	// ActionDeclareAs declares with a severity that a person chose: see ParseDeclareAs.
	ActionDeclareAs = "declare_as"
)

// Block IDs of inputs. Where a field of a command is meant they are its name, so that a refusal
// of the domain finds its place in the form.
const (
	BlockTitle    = "title"
	BlockSeverity = "severity"
	BlockServices = "services"
	BlockKind     = "kind"
	BlockOptions  = "options"
	BlockStarted  = "started_at"
	BlockText     = "text"
	BlockNext     = "next"
	BlockReason   = "reason"
	BlockRole     = "role"
	BlockPerson   = "person"
	BlockNobody   = "nobody"
	BlockOwner    = "owner"
	BlockDue      = "due"
	BlockLearning = "learning"
	BlockInto     = "into"
	BlockNumber   = "number"
	BlockTarget   = "target"
	BlockPage     = "page"
	BlockIncident = "incident"
	BlockUntil    = "until"
	BlockOff      = "off"
	BlockBecome   = "become"
	BlockPriority = "priority"
	BlockUrgent   = "urgent"

	BlockDetected  = "detected_at"
	BlockMitigated = "mitigated_at"
	BlockResolved  = "resolved_at"
	BlockTags      = "tags"
)

// Meta is what a modal remembers of where it came from, in private_metadata.
type Meta struct {
	// Incident is the number of the incident that the form is about, 0 for none.
	Incident int `json:"i,omitempty"`
	// FollowUp is the number of the follow-up that the form is about, 0 for none.
	FollowUp int `json:"f,omitempty"`
	// Channel is where the person was, by ID.
	Channel string `json:"c,omitempty"`
	// Source is a message that is carried along, Author who wrote it (a person) and Text what it
	// says, in plain words.
	Source incident.MessageRef `json:"m,omitzero"`
	Author string              `json:"a,omitempty"`
	Text   string              `json:"t,omitempty"`
	// Hidden is true for a message of a place that not everybody may enter.
	Hidden bool `json:"h,omitempty"`
	// Action and Rest are the command that waits for an incident to be picked.
	Action string `json:"k,omitempty"`
	Rest   string `json:"r,omitempty"`
	// Was is what the incident said when the form was opened.
	Was *Was `json:"w,omitempty"`
}

// Was is what a form that changes several things showed at first.
type Was struct {
	Title    string            `json:"t,omitempty"`
	Severity incident.Severity `json:"s,omitempty"`
	Services []string          `json:"v,omitempty"`
	Kind     incident.Kind     `json:"k,omitempty"`
	// Times are by their blocks, in seconds since 1970, and Tags as the form shows them.
	Times map[string]int64 `json:"at,omitempty"`
	Tags  string           `json:"g,omitempty"`
	// Owner is a follow-up's, as a Slack user ID, and Due its day.
	Owner string        `json:"o,omitempty"`
	Due   incident.Date `json:"d,omitempty"`
}

// The sizes of a Meta. Slack takes 3000 characters of private_metadata.
const (
	maxMeta     = 2900
	maxMetaText = 1500
	maxMetaWord = 300
)

// Encode writes the metadata so that it fits. A carried message loses its end, for it can be
// read where it was written; what says where to act is never cut.
func (m Meta) Encode() string {
	m.Text, m.Author = slack.Clip(m.Text, maxMetaText), slack.Clip(m.Author, maxMetaWord)
	if units(m.Source.URL) > maxMetaWord {
		m.Source.URL = ""
	}
	for {
		raw := m.json()
		over := units(raw) - maxMeta
		switch {
		case over <= 0:
			return raw
		case m.Text != "":
			m.Text = shorter(m.Text, over)
		case m.Rest != "":
			m.Rest = shorter(m.Rest, over)
		default: // only IDs are left, and none of ours is so long
			return Meta{Incident: m.Incident, FollowUp: m.FollowUp}.json()
		}
	}
}

// shorter cuts a text by at least n units where it can, and always by something.
func shorter(s string, n int) string {
	room := units(s) - n - 1
	if room < 2 {
		return ""
	}
	return slack.Clip(s, room)
}

func (m Meta) json() string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(m) != nil {
		return "{}" // a Meta always encodes
	}
	return string(bytes.TrimSpace(b.Bytes()))
}

// ParseMeta reads what Encode wrote. Nothing is a Meta of its own.
func ParseMeta(s string) (Meta, error) {
	var m Meta
	if s == "" {
		return m, nil
	}
	if err := json.Unmarshal([]byte(s), &m); err != nil {
		return Meta{}, fmt.Errorf("the form does not say what it is about: %w", err)
	}
	return m, nil
}
