package api

// CheckFinding is one line of a check-up.
type CheckFinding struct {
	// State is broken or warning.
	State string `json:"state"`
	// Check names what was looked at; its first word is the area: jira, temporal.
	Check string `json:"check"`
	Text  string `json:"text"`
	Mend  string `json:"mend,omitempty"`
	// Key is the same for the same fault whatever its text counts. It is no text for people.
	Key string `json:"key"`
}

// BlindToAll stands in CheckUpSeen.Blind for every area.
const BlindToAll = "all"

// CheckUpSeen is what one look at the installation has found.
type CheckUpSeen struct {
	// Installation is part of the keys of what is told; empty while Register does not answer.
	Installation string `json:"installation,omitempty"`
	// Channel hears of it; empty for nobody.
	Channel string `json:"channel,omitempty"`
	// Findings are all that is broken or may become so.
	Findings []CheckFinding `json:"findings,omitempty"`
	// Blind are the areas that could not be looked at as a whole, so that what is not found there may be
	// there all the same.
	Blind []string `json:"blind,omitempty"`
}

// CheckUpResult is what a daily check-up leaves for the next one.
type CheckUpResult struct {
	// Told are the findings that the operators have heard of and that still are.
	Told []CheckFinding `json:"told,omitempty"`
}
