package incident

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind says what sort of occurrence was declared.
type Kind string

// The kinds. Only KindIncident pages by itself; a drill pages when asked to.
const (
	KindIncident Kind = "incident"
	KindNearMiss Kind = "near_miss"
	KindDrill    Kind = "drill"
	KindExternal Kind = "external"
)

// Kinds lists every kind, in the order in which people are offered them.
func Kinds() []Kind { return []Kind{KindIncident, KindNearMiss, KindDrill, KindExternal} }

// Valid reports whether k is one of Kinds.
func (k Kind) Valid() bool { return slices.Contains(Kinds(), k) }

// Severity runs from 1 (worst) to 5.
type Severity int

// The bounds of a severity, both included.
const (
	WorstSeverity Severity = 1
	MildSeverity  Severity = 5
)

// Valid reports whether s is between WorstSeverity and MildSeverity.
func (s Severity) Valid() bool { return s >= WorstSeverity && s <= MildSeverity }

// Role is a duty that at most one person holds at a time.
type Role string

// The roles that every playbook has; it may add others.
const (
	RoleCommander      Role = "commander"
	RoleCommunications Role = "communications"
	RoleScribe         Role = "scribe"
)

// Way is the door through which a command came in.
type Way string

// The ways.
const (
	WaySlack  Way = "slack"
	WayAPI    Way = "api"
	WayCLI    Way = "cli"
	WayWebUI  Way = "web_ui"
	WayVendor Way = "vendor"
	WayMuster Way = "muster" // Muster itself: timers, automatic closing
)

// Actor is who gave a command and how. Every command and timeline entry has one.
type Actor struct {
	// Person is an e-mail address, a vendor's name for a person, or empty when unidentified.
	Person string `json:"person,omitempty"`
	Way    Way    `json:"way,omitempty"`
	// Token is the name (never the secret) of the API token that was used.
	Token string `json:"token,omitempty"`
}

// String names the actor for a timeline: the person if known, else the token, else the way.
func (a Actor) String() string {
	switch {
	case a.Person != "":
		return a.Person
	case a.Token != "":
		return a.Token
	case a.Way == WayMuster:
		return "Muster"
	case a.Way == WayWebUI || a.Way == "":
		return "unidentified"
	default:
		return "unidentified (" + string(a.Way) + ")"
	}
}

// Meta travels with every command.
type Meta struct {
	// CommandID is made by the caller; the same ID is applied once and answered alike ever after.
	CommandID string `json:"command_id,omitempty"`
	Actor     Actor  `json:"actor,omitzero"`
	// GivenAt is when the person gave it, by the caller's clock. It only orders commands that
	// wait together for a worker.
	GivenAt time.Time `json:"given_at,omitzero"`
}

// Head returns the metadata of a command; embedding Meta makes a type carry it.
func (m Meta) Head() Meta { return m }

// KeyPrefix begins the names of incidents.
const KeyPrefix = "INC"

// Key shows an incident's number the way people say it: INC-42.
func Key(number int) string { return fmt.Sprintf("%s-%d", KeyPrefix, number) }

// ParseKey reads INC-42, inc-42, #42 or 42 and returns the number.
func ParseKey(s string) (int, error) {
	t := strings.TrimPrefix(strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(s)), "INC-"), "#")
	n, err := strconv.Atoi(t)
	if err != nil || n < 1 {
		return 0, &Problem{Code: CodeInvalid, Field: "incident", Reason: fmt.Sprintf("%q is no incident", Clip(s, 40)), Mend: "write it like INC-42"}
	}
	return n, nil
}

// Date is a calendar day without time or zone, written 2026-11-30.
type Date string

// ParseDate reads a day written 2026-11-30.
func ParseDate(field, s string) (Date, error) {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "", &Problem{Code: CodeInvalid, Field: field, Reason: fmt.Sprintf("%q is no date", Clip(s, 40)), Mend: "write it like 2026-11-30"}
	}
	return Date(s), nil
}
