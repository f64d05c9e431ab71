// Package record says what a workflow leaves in the archive. It knows no database, so that workflows may link it by the
// activity that keeps records.
package record

import (
	"encoding/json"

	"muster/incident"
)

// Record is what one workflow leaves in the archive.
type Record struct {
	// Workflow is its ID, Type its type, Incident the number of its incident, 0 for none.
	Workflow string `json:"workflow"`
	Type     string `json:"type"`
	Incident int    `json:"incident"`
	// Version grows with every record of the workflow; one that is not above what is held is not taken.
	Version int64 `json:"version"`
	// Over means that nothing more is expected of the workflow.
	Over bool `json:"over,omitempty"`
	// Facts are those of an incident, nil for other workflows.
	Facts *incident.Incident `json:"facts,omitempty"`
	// State is the input by which the workflow would go on.
	State json.RawMessage `json:"state"`
	// Shown is what lists show of it, as Temporal has it: a protobuf message as JSON.
	Shown json.RawMessage `json:"shown,omitempty"`
	// Prior is the version that the workflow asked for before this one. What is held between the two was written by
	// a future that Temporal has lost, and is not written over, unless Reset says that the workflow has forgotten on
	// purpose. Neither is kept.
	Prior int64 `json:"-"`
	Reset bool  `json:"-"`
	// Pending says that the workflow has changed since it asked for the record of the version. It is not kept.
	Pending bool `json:"-"`
	// Installation is that of the workflow, empty where it is not known. An archive belongs to one.
	Installation string `json:"installation,omitempty"`
}

// Strayed reports whether a version that is held was written by a future of which the workflow knows nothing.
func (r Record) Strayed(held int64) bool {
	return !r.Reset && r.Prior > 0 && held > r.Prior && held != r.Version
}

// Outrun reports whether what is held of a workflow is more than the workflow knows.
func (r Record) Outrun(held int64) bool { return held > r.Version || r.Strayed(held) }
