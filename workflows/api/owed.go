package api

import (
	"time"

	"muster/incident"
	"muster/playbook"
)

// Ask is what a person is asked for.
type Ask string

// What a follow-up asks for.
const (
	AskDecide  Ask = "decide"  // accept it, change it, or drop it with a reason
	AskYours   Ask = "yours"   // know that it is yours now
	AskSoon    Ask = "soon"    // it falls due in some days
	AskDue     Ask = "due"     // it is due today
	AskOverdue Ask = "overdue" // it was due
)

// OwedQuery is the input of a FollowUp's State query. A workflow that sleeps has an old clock, so
// whoever asks says what time it is.
type OwedQuery struct {
	At time.Time `json:"at"`
}

// FollowUpState answers a FollowUp's State query: where it stands, and what it asks of whom.
type FollowUpState struct {
	// Installation is the one to which it belongs; digests carry it in their keys.
	Installation string `json:"installation"`
	Incident     int    `json:"incident"`
	// FollowUp has no word in it when the incident is private: no title, and no reason.
	FollowUp incident.FollowUp `json:"follow_up"`
	Private  bool              `json:"private,omitempty"`
	// Asks are what it asks for at that moment, one of a person.
	Asks []PersonAsk `json:"asks,omitempty"`
	// Next is from when on somebody is asked the next time, zero for never.
	Next  time.Time       `json:"next,omitzero"`
	Snags []incident.Snag `json:"snags,omitempty"`
}

// PersonAsk is what one person is asked for.
type PersonAsk struct {
	// Person is an e-mail address, or a chat channel (#sre) where the playbook escalates to one.
	Person string `json:"person"`
	Ask    Ask    `json:"ask"`
	// Turn names this time of asking, so that what was shown counts for it and for no later one.
	Turn string `json:"turn"`
	// Told says that the person was told already, and is asked again next time.
	Told bool `json:"told,omitempty"`
	Line Line `json:"line"`
}

// Line is one thing that somebody is owed, in words that are true at the moment of asking.
type Line struct {
	Text    string            `json:"text"`
	Link    incident.Link     `json:"link,omitzero"`
	Due     incident.Date     `json:"due,omitempty"`
	Buttons []incident.Button `json:"buttons,omitempty"`
}

// OwedLine is a line with where it comes from.
type OwedLine struct {
	// FollowUp is the workflow ID of the follow-up that asks.
	FollowUp string `json:"follow_up"`
	Ask      Ask    `json:"ask"`
	Turn     string `json:"turn"`
	Line
}

// ToldInput tells a FollowUp what became of a line. The same one twice changes nothing.
type ToldInput struct {
	Person string    `json:"person"`
	Turn   string    `json:"turn"`
	At     time.Time `json:"at"`
	// Digest is the workflow ID of the digest that tells it.
	Digest string `json:"digest,omitempty"`
	// Unknown says that chat does not know the person.
	Unknown bool `json:"unknown,omitempty"`
	// Snag says why the person could not be told; empty when they were.
	Snag string `json:"snag,omitempty"`
	Mend string `json:"mend,omitempty"`
}

// DigestInput is what the schedule of a time zone starts a Digest with.
type DigestInput struct {
	// Zone is an IANA time zone name.
	Zone string `json:"zone"`
	// Calendar is that of those in the zone who have none of their own.
	Calendar playbook.Calendar `json:"calendar"`
	// Calendars are those that people of the zone have of their own, each once however many share it, and
	// People says which of them is whose, by e-mail address.
	Calendars []playbook.Calendar `json:"calendars,omitempty"`
	People    map[string]int      `json:"people,omitempty"`
	// Others says that everybody belongs to the zone who does not belong to another one;
	// Elsewhere are those who do.
	Others    bool     `json:"others,omitempty"`
	Elsewhere []string `json:"elsewhere,omitempty"`
	// Scale stretches time-outs, as that of a playbook.Slice.
	Scale float64      `json:"scale,omitempty"`
	State *DigestState `json:"state,omitempty"`
}

// DigestState is what a Digest carries over continue-as-new.
type DigestState struct {
	// At is when the first of its runs began.
	At time.Time `json:"at"`
	// Started are the people whose digests are under way.
	Started []string `json:"started,omitempty"`
}

// DigestAnswer answers the State query of a PersonDigest.
type DigestAnswer struct {
	Person string `json:"person"`
	// Sent is when the message went out, zero while it has not; Lines are how many are in it.
	Sent  time.Time       `json:"sent,omitzero"`
	Lines int             `json:"lines"`
	Snags []incident.Snag `json:"snags,omitempty"`
	// Waiting says what it waits for during an outage.
	Waiting string `json:"waiting,omitempty"`
}

// ReportInput is what the schedule of the weekly report starts a Report with.
type ReportInput struct {
	// Channels are those that read it.
	Channels []string          `json:"channels"`
	Calendar playbook.Calendar `json:"calendar"`
	Scale    float64           `json:"scale,omitempty"`
}

// Signals to a FollowUp from digests.
const (
	Told = "Told" // from a PersonDigest: ToldInput
)
