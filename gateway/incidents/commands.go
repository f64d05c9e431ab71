package incidents

import (
	"strings"

	"muster/incident"
	"muster/workflows/api"
)

// Spec is a command of the domain's table with its place in the HTTP API.
type Spec struct {
	incident.Row
	// Path is below /v1/incidents/{key}/: resolve, follow-ups/{number}/snooze.
	Path string
}

// paths are those of the commands that are not called by their word: what is made has the name
// of what it becomes.
var paths = map[string]string{
	api.Acknowledge:    "acknowledge",
	api.AddFollowUp:    "follow-ups",
	api.ChangeFollowUp: "follow-ups/{number}",
	api.MergeFollowUp:  "follow-ups/{number}/merge",
	api.SnoozeFollowUp: "follow-ups/{number}/snooze",
	api.RaisePage:      "pages",
	api.Capture:        "timeline",
}

// Commands lists every command, in the order in which help shows them.
func Commands() []Spec {
	var out []Spec
	for _, r := range incident.Commands() {
		out = append(out, specOf(r))
	}
	return out
}

// Find gives a command by its name.
func Find(name string) (Spec, bool) {
	r, ok := incident.CommandNamed(name)
	return specOf(r), ok
}

// specOf gives a command its path: its word, in which a blank is a step down.
func specOf(r incident.Row) Spec {
	path, ok := paths[r.Name]
	if !ok {
		path = strings.ReplaceAll(r.Word, " ", "/")
	}
	return Spec{Row: r, Path: path}
}
