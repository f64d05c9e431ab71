package incident

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Row is one command that a person can give an incident, as every way in knows it. A command that
// has a row is taken by the workflow and by the HTTP API; what else it needs elsewhere, the test
// in starter/internal/everycommand asks for by name.
type Row struct {
	// Name is that of its type, and so of its update and of its signal: Resolve.
	Name string
	// Does says in one line what it does.
	Does string
	// Word is how people type it, at a terminal and in chat: resolve, follow-up add.
	Word string
	// Events are what it leaves on the timeline.
	Events []string
	// Wakes says that it may change who is woken, so that its answer says who is.
	Wakes bool
	// NoForm says why chat asks for nothing that was left out. It is empty for a command that
	// has a form.
	NoForm string

	command func() Command
	decode  func(raw []byte) (Command, error)
	stamp   func(c Command, m Meta) (Command, error)
}

// Commands lists every command, in the order in which help shows them.
func Commands() []Row { return slices.Clone(commands) }

// CommandNamed gives a command by its name.
func CommandNamed(name string) (Row, bool) {
	k := slices.IndexFunc(commands, func(r Row) bool { return r.Name == name })
	if k < 0 {
		return Row{}, false
	}
	return commands[k], true
}

// New makes an empty command to decode JSON into; it is a pointer.
func (r Row) New() Command { return r.command() }

// Decode reads a command from JSON, and none at all as the command that says nothing more than
// its name. What cannot be read is a Problem.
func (r Row) Decode(raw []byte) (Command, error) { return r.decode(raw) }

// Stamp gives a copy of a command (or of what a pointer to it points at) with other metadata. It
// refuses a command of another type.
func (r Row) Stamp(c Command, m Meta) (Command, error) { return r.stamp(c, m) }

// commands is the one list of what people can ask of an incident.
var commands = []Row{
	row(Row{Does: "Tell everybody how it stands", Word: "update", Events: []string{"update"}},
		func(c *Update) *Meta { return &c.Meta }),
	row(Row{Does: "Make it worse or milder", Word: "severity", Wakes: true, Events: []string{"severity"}},
		func(c *ChangeSeverity) *Meta { return &c.Meta }),
	row(Row{Does: "Say which services it concerns, or does not", Word: "services", Wakes: true, Events: []string{"services"}},
		func(c *ChangeServices) *Meta { return &c.Meta }),
	row(Row{Does: "Say what it is: an incident, a near miss, a drill or another company's", Word: "kind", Wakes: true, Events: []string{"kind"}},
		func(c *ChangeKind) *Meta { return &c.Meta }),
	row(Row{Does: "Give it another title", Word: "title", Events: []string{"title"}},
		func(c *Retitle) *Meta { return &c.Meta }),
	row(Row{Does: "Give a role to a person, or take it back", Word: "assign", Events: []string{"role"}},
		func(c *Assign) *Meta { return &c.Meta }),
	row(Row{Does: "Say that a person is here and working on it", Word: "join", Events: []string{"joined"}, NoForm: asksNothing},
		func(c *Join) *Meta { return &c.Meta }),
	row(Row{Does: "Say that a person has taken their page", Word: "ack", Wakes: true, Events: []string{"acknowledged"}, NoForm: asksNothing},
		func(c *Acknowledge) *Meta { return &c.Meta }),
	row(Row{Does: "Say that it no longer hurts", Word: "mitigate", Events: []string{"mitigated"}},
		func(c *Mitigate) *Meta { return &c.Meta }),
	row(Row{Does: "Say that it is over, and what ended it", Word: "resolve", Wakes: true, Events: []string{"resolved", "learning"}},
		func(c *Resolve) *Meta { return &c.Meta }),
	row(Row{Does: "Say that it is not over", Word: "reopen", Wakes: true, Events: []string{"reopened"}},
		func(c *Reopen) *Meta { return &c.Meta }),
	row(Row{Does: "Say that it was none", Word: "cancel", Wakes: true, Events: []string{"cancelled"}},
		func(c *Cancel) *Meta { return &c.Meta }),
	row(Row{Does: "Propose work that came out of it", Word: "follow-up add", Events: []string{"follow_up"}},
		func(c *AddFollowUp) *Meta { return &c.Meta }),
	row(Row{
		Does: "Change a follow-up, or decide about it: owner, due date, status, kind, priority, labels", Word: "follow-up set", Events: []string{"follow_up"},
		NoForm: ofOneFollowUp,
	}, func(c *ChangeFollowUp) *Meta { return &c.Meta }),
	row(Row{
		Does: "Say that a follow-up is the same as another one, which goes on", Word: "follow-up merge", Events: []string{"follow_up"},
		NoForm: ofOneFollowUp,
	}, func(c *MergeFollowUp) *Meta { return &c.Meta }),
	row(Row{
		Does: "Let a follow-up rest until a time, or off, and say why", Word: "follow-up snooze", Events: []string{"follow_up"},
		NoForm: ofOneFollowUp,
	}, func(c *SnoozeFollowUp) *Meta { return &c.Meta }),
	row(Row{Does: "Record that the learning review was held", Word: "review held", Events: []string{"review", "learning"}, NoForm: asksNothing},
		func(c *HoldReview) *Meta { return &c.Meta }),
	row(Row{
		Does: "Record that no learning review will be held, and why", Word: "review waive", Events: []string{"review"},
		NoForm: "it asks for a reason only, which is typed behind it",
	}, func(c *WaiveReview) *Meta { return &c.Meta }),
	row(Row{Does: "Say that it is the same as another incident, which goes on", Word: "merge", Wakes: true, Events: []string{"merged"}},
		func(c *Merge) *Meta { return &c.Meta }),
	row(Row{Does: "Page a service, a target, a person, a policy or a schedule", Word: "page", Wakes: true, Events: []string{"page"}},
		func(c *RaisePage) *Meta { return &c.Meta }),
	row(Row{
		Does: "Ask a person to come; joining stays their own act", Word: "invite", Events: []string{"invited"},
		NoForm: "it asks for a person only, and chat completes their names while they are typed",
	}, func(c *Invite) *Meta { return &c.Meta }),
	row(Row{
		Does: "Take a person out: of the roles, and of a private incident with its channel", Word: "remove", Wakes: true, Events: []string{"removed"},
		NoForm: "it asks for a person only, and chat completes their names while they are typed",
	}, func(c *Remove) *Meta { return &c.Meta }),
	row(Row{Does: "Hide it from all who are not part of it", Word: "private", Events: []string{"privacy"}, NoForm: asksNothing},
		func(c *MakePrivate) *Meta { return &c.Meta }),
	row(Row{
		Does: "Show it to everybody", Word: "public", Events: []string{"privacy"},
		NoForm: "it asks for a yes only, and says what everybody will read",
	}, func(c *MakePublic) *Meta { return &c.Meta }),
	row(Row{Does: "Put something on the timeline", Word: "note", Events: []string{"message"}},
		func(c *Capture) *Meta { return &c.Meta }),
	row(Row{Does: "Ask for a learning review", Word: "nominate", Events: []string{"nominated"}, NoForm: asksNothing},
		func(c *Nominate) *Meta { return &c.Meta }),
	row(Row{Does: "Let reminders rest until a time, or off", Word: "pause-reminders", Events: []string{"reminders"}},
		func(c *PauseReminders) *Meta { return &c.Meta }),
	row(Row{Does: "Put right when it was, what it is called, what it concerns or what it is, also after its end", Word: "correct", Wakes: true, Events: []string{"corrected"}},
		func(c *Correct) *Meta { return &c.Meta }),
	row(Row{Does: "Try every stuck step again now", Word: "retry", Events: []string{"retry"}, NoForm: asksNothing},
		func(c *Retry) *Meta { return &c.Meta }),
}

// asksNothing is why most commands without a form have none.
const asksNothing = "it needs nothing more than its name"

// ofOneFollowUp is why what is done to a follow-up has no form of its own.
const ofOneFollowUp = "one form is for all that becomes of a follow-up, and opens where the follow-up is named"

// row completes the row of the command C, given a function that finds the metadata in it:
// commands are given as values, whose metadata cannot be set behind an interface.
func row[C Command](r Row, meta func(*C) *Meta) Row {
	r.Name = reflect.TypeFor[C]().Name()
	r.command = func() Command { return any(new(C)).(Command) }
	r.decode = func(raw []byte) (Command, error) {
		var c C
		if len(raw) > 0 {
			if err := json.Unmarshal(raw, &c); err != nil {
				return nil, undecodable(r.Name, err)
			}
		}
		return c, nil
	}
	r.stamp = func(given Command, m Meta) (Command, error) {
		c, ok := given.(C)
		if p, pointer := any(given).(*C); pointer && p != nil {
			c, ok = *p, true
		}
		if !ok {
			return nil, fmt.Errorf("a %T is no %s", given, r.Name)
		}
		*meta(&c) = m
		return c, nil
	}
	return r
}

// undecodable says which field of an input is of the wrong kind.
func undecodable(name string, err error) *Problem {
	p := invalid("input", "see docs/messages.md for what it takes", "is no input of %s", name)
	kind, wrong := errors.AsType[*json.UnmarshalTypeError](err)
	at, moment := errors.AsType[*time.ParseError](err)
	switch {
	case wrong:
		p.Reason = fmt.Sprintf("is a JSON %s, which %s does not take there", kind.Value, name)
		if kind.Field != "" {
			p.Field = kind.Field
		}
	case moment:
		p.Reason, p.Mend = NoTime(at), "write it like 2026-11-30T09:00:00Z"
	}
	return p
}

// NoTime says what of an input is no time, in the words of whoever wrote it.
func NoTime(err *time.ParseError) string {
	return fmt.Sprintf("%s is no time", Clip(strings.Trim(err.Value, `"`), 40))
}
