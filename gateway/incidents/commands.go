package incidents

import (
	"fmt"
	"slices"

	"muster/incident"
	"muster/workflows/api"
)

// Spec is one command that a person can give an incident, as every door knows it.
type Spec struct {
	// Name is that of the update and of the signal: Resolve.
	Name string
	// Path is below /v1/incidents/{key}/ in the HTTP API: resolve, follow-ups/{number}.
	Path string
	// Verb is how the command line says it: resolve, follow-up add.
	Verb string
	// Does says in one line what it does.
	Does string
	// New makes an empty command to decode JSON into; it is a pointer.
	New func() incident.Command

	stamp func(cmd incident.Command, m incident.Meta) (incident.Command, error)
}

// Stamp gives a copy of a command (or of what a pointer to it points at) with other metadata.
// It refuses a command that is none of this Spec's type.
func (s Spec) Stamp(cmd incident.Command, m incident.Meta) (incident.Command, error) {
	return s.stamp(cmd, m)
}

// Commands lists every command, in the order in which help shows them.
func Commands() []Spec { return slices.Clone(commands) }

// Find gives a command by its name.
func Find(name string) (Spec, bool) {
	k := slices.IndexFunc(commands, func(s Spec) bool { return s.Name == name })
	if k < 0 {
		return Spec{}, false
	}
	return commands[k], true
}

// commands is the one table of what people can ask of an incident. A command that is added
// here exists in the HTTP API at once; the command line adds its arguments.
var commands = []Spec{
	spec(api.Update, "update", "update", "Tell everybody how it stands",
		func(c *incident.Update) *incident.Meta { return &c.Meta }),
	spec(api.ChangeSeverity, "severity", "severity", "Make it worse or milder",
		func(c *incident.ChangeSeverity) *incident.Meta { return &c.Meta }),
	spec(api.Retitle, "title", "title", "Give it another title",
		func(c *incident.Retitle) *incident.Meta { return &c.Meta }),
	spec(api.Assign, "assign", "assign", "Give a role to a person, or take it back",
		func(c *incident.Assign) *incident.Meta { return &c.Meta }),
	spec(api.Join, "join", "join", "Say that a person is here and working on it",
		func(c *incident.Join) *incident.Meta { return &c.Meta }),
	spec(api.Acknowledge, "acknowledge", "ack", "Say that a person has taken the pages",
		func(c *incident.Acknowledge) *incident.Meta { return &c.Meta }),
	spec(api.Mitigate, "mitigate", "mitigate", "Say that it no longer hurts",
		func(c *incident.Mitigate) *incident.Meta { return &c.Meta }),
	spec(api.Resolve, "resolve", "resolve", "Say that it is over, and what was learnt",
		func(c *incident.Resolve) *incident.Meta { return &c.Meta }),
	spec(api.Reopen, "reopen", "reopen", "Say that it is not over",
		func(c *incident.Reopen) *incident.Meta { return &c.Meta }),
	spec(api.Cancel, "cancel", "cancel", "Say that it was none",
		func(c *incident.Cancel) *incident.Meta { return &c.Meta }),
	spec(api.AddFollowUp, "follow-ups", "follow-up add", "Propose work that came out of it",
		func(c *incident.AddFollowUp) *incident.Meta { return &c.Meta }),
	spec(api.ChangeFollowUp, "follow-ups/{number}", "follow-up set", "Change a follow-up: owner, due date or status",
		func(c *incident.ChangeFollowUp) *incident.Meta { return &c.Meta }),
	spec(api.HoldReview, "review/held", "review held", "Record that the learning review was held",
		func(c *incident.HoldReview) *incident.Meta { return &c.Meta }),
	spec(api.WaiveReview, "review/waive", "review waive", "Record that no learning review will be held, and why",
		func(c *incident.WaiveReview) *incident.Meta { return &c.Meta }),
	spec(api.Merge, "merge", "merge", "Say that it is the same as another incident, which goes on",
		func(c *incident.Merge) *incident.Meta { return &c.Meta }),
	spec(api.RaisePage, "pages", "page", "Page a service or target of the playbook",
		func(c *incident.RaisePage) *incident.Meta { return &c.Meta }),
	spec(api.Invite, "invite", "invite", "Ask a person to come; joining stays their own act",
		func(c *incident.Invite) *incident.Meta { return &c.Meta }),
	spec(api.Capture, "timeline", "note", "Put something on the timeline",
		func(c *incident.Capture) *incident.Meta { return &c.Meta }),
	spec(api.Nominate, "nominate", "nominate", "Ask for a learning review",
		func(c *incident.Nominate) *incident.Meta { return &c.Meta }),
	spec(api.Retry, "retry", "retry", "Try every stuck step again now",
		func(c *incident.Retry) *incident.Meta { return &c.Meta }),
}

// spec describes a command of type C, given a function that finds the metadata in it. The domain
// gives commands as values, whose metadata cannot be set behind an interface.
func spec[C incident.Command](name, path, verb, does string, meta func(*C) *incident.Meta) Spec {
	return Spec{
		Name: name, Path: path, Verb: verb, Does: does,
		New: func() incident.Command { return any(new(C)).(incident.Command) }, //nolint:forcetypeassert // *C has the methods of C
		stamp: func(cmd incident.Command, m incident.Meta) (incident.Command, error) {
			c, ok := cmd.(C)
			if p, pointer := any(cmd).(*C); pointer && p != nil {
				c, ok = *p, true
			}
			if !ok {
				return nil, fmt.Errorf("a %T is no %s", cmd, name)
			}
			*meta(&c) = m
			return c, nil
		},
	}
}
