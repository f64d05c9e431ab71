package api

import (
	"encoding/json"
	"time"

	"muster/incident"
)

// RecordQuery asks a workflow what it leaves in the archive: Record.
const RecordQuery = "Record"

// Record is what a workflow leaves in the archive at one moment.
type Record struct {
	// Type is the workflow's, Incident the number of its incident, 0 for none.
	Type     string `json:"type"`
	Incident int    `json:"incident,omitempty"`
	// Version grows with every record that the workflow asks for.
	Version int64 `json:"version"`
	// Prior is that of the record that it asked for before. Of one that is held and above it the workflow knows
	// nothing: it was written in a future that is lost, as when Temporal was restored from a back-up.
	Prior int64 `json:"prior,omitempty"`
	// Reset means that somebody has reset the workflow, which forgets on purpose.
	Reset bool `json:"reset,omitempty"`
	// Pending means that it has changed since.
	Pending bool `json:"pending,omitempty"`
	// Over means that nothing more is expected of the workflow.
	Over bool `json:"over,omitempty"`
	// Facts are those of an incident.
	Facts *incident.Incident `json:"facts,omitempty"`
	// State is the input by which the workflow would go on.
	State json.RawMessage `json:"state"`
}

// Archived is what a workflow remembers of its record in the archive.
type Archived struct {
	// Version is that of the newest record that was asked for, in microseconds since 1970 where clocks go right:
	// so it also grows when the workflow was reset, or was started again from elsewhere.
	Version int64 `json:"version,omitempty"`
	// Prior is the one before it.
	Prior int64 `json:"prior,omitempty"`
	// Mark stands for what the archive holds, and At is since when.
	Mark string    `json:"mark,omitempty"`
	At   time.Time `json:"at,omitzero"`
	// Urgent stands for what of it may not wait.
	Urgent string `json:"urgent,omitempty"`
	// Seq is the last timeline entry that the archive holds.
	Seq int `json:"seq,omitempty"`
	// Off is until when nobody asks again, since there is no archive.
	Off time.Time `json:"off,omitzero"`
}
