package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"muster/incident"
	"muster/playbook"
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

// DeclareInput opens an incident.
type DeclareInput struct {
	// Key makes declaring idempotent: same key and body, same number.
	Key string `json:"key"`
	// Words names who typed what, where somebody may type it again because they saw no answer:
	// the same words within SameWords are the same incident, under whatever key.
	Words       string               `json:"words,omitempty"`
	Declaration incident.Declaration `json:"declaration"`
	Slice       playbook.Slice       `json:"slice"`
	// Guessed says that nobody gave a severity and the playbook's default stands there.
	Guessed bool `json:"guessed,omitempty"`
}

// SameWords is how long the same words of the same person are taken for one declaration.
const SameWords = 2 * time.Minute

// DeclareResult answers a declaration.
type DeclareResult struct {
	Number int    `json:"number"`
	Key    string `json:"key"`
	// Existing is true when the caller's key or the alert key had an incident already.
	Existing bool `json:"existing,omitempty"`
	// Held is true when it was found by its alert key: whoever sends one may not know the incident.
	Held bool `json:"held,omitempty"`
	// Waking says who is being woken. Register knows it of an incident that it opens; of one that
	// exists already, whoever asks must ask the incident.
	Waking *incident.Waking `json:"waking,omitempty"`
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
	Recovered bool          `json:"recovered"`
	Declared  []DeclaredKey `json:"declared,omitempty"`
	// AlertKeys are those of live incidents, by AlertKeyHash.
	AlertKeys map[string]int        `json:"alert_keys,omitempty"`
	Snags     map[string]VendorSnag `json:"snags,omitempty"`
	// Subscriptions say who is told of which incidents.
	Subscriptions []incident.Subscription `json:"subscriptions,omitempty"`
	Moved         map[int]int             `json:"moved,omitempty"` // numbers that were taken and what they became
	// Stray are pages that were raised for such numbers and are to be ended at the pager, from
	// StrayFrom on.
	Stray     []StrayPage `json:"stray,omitempty"`
	StrayFrom time.Time   `json:"stray_from,omitzero"`
	// Archived is what is known of Register's record.
	Archived Archived `json:"archived,omitzero"`
	// Opening are the numbers that were handed out and whose incidents are still being started. Only the
	// answer to the query has them.
	Opening []int `json:"opening,omitempty"`
}

// LastRegister is what is known of the run of Register before the present one.
type LastRegister struct {
	// RunID is that of the present run.
	RunID string `json:"run_id,omitempty"`
	// Highest is the highest number of an incident that there is.
	Highest int `json:"highest"`
	// Installation is that of the newest incident, for when State is not known.
	Installation string `json:"installation,omitempty"`
	// State is what the run knew in the end, nil where there was none or it cannot be asked.
	State *RegisterState `json:"state,omitempty"`
}

// StrayPage is a page at the pager that belongs to no incident.
type StrayPage struct {
	Key        string `json:"key"`
	Credential string `json:"credential"`
}

// DeclaredKey remembers a caller's key.
type DeclaredKey struct {
	Key    string `json:"key"`  // hash of it: callers' keys may be long
	Body   string `json:"body"` // hash of what was declared
	Number int    `json:"number"`
	// At is when it was declared, to the second: keys count for a day, words for a moment.
	At time.Time `json:"at,omitzero"`
	// Held is set where another incident was found by its alert key.
	Held bool `json:"held,omitempty"`
}

// AlertKeyHash stands for an alert key in the state of workflows and in what they tell each other:
// callers' keys may be long, and in characters that have six bytes each.
func AlertKeyHash(key string) string {
	if key == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:12])
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
	// Hash is api.AlertKeyHash of the key, in place of AlertKey where no more of it is known.
	Hash string `json:"hash,omitempty"`
	// To is the live incident that holds the key from now on, 0 for none.
	To int `json:"to,omitempty"`
}

// HandOnInput is a command to an incident whose number was handed out and whose workflow is still being
// started. Register signals it to the incident as soon as that is there.
type HandOnInput struct {
	Number int `json:"number"`
	// Name is that of the command, Input what it says.
	Name  string          `json:"name"`
	Input json.RawMessage `json:"input"`
}

// SkipNumbersInput has Register hand out no number up to Last. After a back-up was restored it does not know
// of the incidents that were declared since, whose pages, channels and issues are still at the vendors.
type SkipNumbersInput struct {
	Last int `json:"last"`
}

// MaxSkipped is how many numbers can be skipped at once: a number is never given back.
const MaxSkipped = 10_000

// Signals to Register.
const (
	SkipNumbers   = "SkipNumbers"   // from a person, after a restore: SkipNumbersInput
	HandOn        = "HandOn"        // from the gateway: HandOnInput
	AlertKeyFreed = "AlertKeyFreed" // from an Incident: AlertKeyFreedInput
	SnagChanged   = "SnagChanged"   // from any workflow, a vendor-wide snag came or went: SnagChangedInput
)
