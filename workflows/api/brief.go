package api

import (
	"time"

	"muster/incident"
)

// Brief is what every child of an incident knows of it. The incident tells a running child
// whenever one of these facts changes, so a child copies none of them when it starts.
type Brief struct {
	// Title is the incident's as outsiders may read it: that of a private one is not told.
	Title    string            `json:"title,omitempty"`
	Private  bool              `json:"private,omitempty"`
	Kind     incident.Kind     `json:"kind,omitempty"`
	Severity incident.Severity `json:"severity,omitempty"`
	// Parent is the tracker's key of the parent issue, empty while there is none.
	Parent string `json:"parent,omitempty"`
	// Channel is where the incident is spoken about, empty while there is none.
	Channel incident.ChannelRef `json:"channel,omitzero"`
	// Links are where the incident can be looked at.
	Links []incident.Link `json:"links,omitempty"`
	// Commander is an e-mail address, or empty.
	Commander string `json:"commander,omitempty"`
	// RemindersPausedUntil is when reminders come again, zero while they do not rest.
	RemindersPausedUntil time.Time `json:"reminders_paused_until,omitzero"`
}

// Take takes over what a newer brief says. A parent issue or a channel that a child was told of
// once stays known: work goes on there.
func (b *Brief) Take(newer Brief) {
	parent, channel := b.Parent, b.Channel
	*b = newer
	if b.Parent == "" {
		b.Parent = parent
	}
	if b.Channel.ID == "" {
		b.Channel = channel
	}
}

// AfterPause is a moment at which people are next to be reminded, or the end of the pause in which
// they are not.
func (b Brief) AfterPause(next, now time.Time) time.Time {
	if b.RemindersPaused(now) {
		return b.RemindersPausedUntil
	}
	return next
}

// RemindersPaused says whether reminders rest now.
func (b Brief) RemindersPaused(now time.Time) bool { return now.Before(b.RemindersPausedUntil) }
