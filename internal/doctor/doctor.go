// Package doctor looks whether Muster can do its work: the settings, the playbook, Temporal with its
// schedules and workers, Slack, Jira and PagerDuty as they are right now, and the clock. The command
// line and the daily check share it. It only asks, and changes nothing anywhere; Rehearse is the one
// exception, and only on request.
package doctor

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/slack"
	"muster/internal/config"
	"muster/playbook"
	"muster/playbook/file"
	"muster/workflows/api"
)

// State says how one thing stands.
type State string

// The states. Only what is broken keeps Muster from doing what it was set up for.
const (
	OK        State = "ok"
	Broken    State = "broken"
	Warning   State = "warning"
	Off       State = "off"
	Unchecked State = "unchecked"
)

// Finding is one line of what was found.
type Finding struct {
	State State `json:"state"`
	// Check names what was looked at: temporal, playbook, slack scopes.
	Check string `json:"check"`
	Text  string `json:"text"`
	// Mend says what to do about it; empty when there is nothing to do.
	Mend string `json:"mend,omitempty"`
	// Key is the same for the same fault, whatever its text counts, so that it is told once.
	Key string `json:"-"`
}

// Seen is what one look has found.
type Seen struct {
	Findings []Finding
	// Blind are the areas, the first words of checks, that could not be looked at as a whole: what is not
	// found there may be there all the same. api.BlindToAll stands for every area.
	Blind []string
}

// Options say what is looked at.
type Options struct {
	// Lookup reads the environment.
	Lookup config.Lookup
	// Playbook is the path of muster.yaml.
	Playbook string
	// Features says which of Slack's features are on by flags and playbook; the playbook is nil
	// when it cannot be used.
	Features func(p *playbook.Playbook) slack.Features
	// Unsure reports that Features are only the least that is on, so that a scope may be needed which they
	// do not need.
	Unsure bool
	// Register asks Temporal and a worker for the state of Register.
	Register func(ctx context.Context) (api.RegisterState, error)
	// Server looks at Temporal itself; the function that it gives hangs up. A nil one is not asked.
	Server func(ctx context.Context) (Server, func(), error)
	// Version is that of the program that asks; workers of another one are told about. It may be empty.
	Version string
	// SearchLagWait is how long a test issue is looked for; 0 is the client's own, see jira.Options.
	SearchLagWait time.Duration
	// HTTPClient carries the questions to vendors; nil is one of its own.
	HTTPClient *http.Client
	Now        func() time.Time
	// Wait passes the time for which Jira asks a test issue to wait; nil is the real clock.
	Wait func(ctx context.Context, d time.Duration) error
}

// checkTime bounds each check, so that one that hangs leaves time for the others.
const checkTime = 20 * time.Second

// examination is one run of the doctor.
type examination struct {
	Options
	config   *config.Config
	playbook *playbook.Playbook
	watch    *watch
	found    []Finding
	blind    []string
	// newest is the number of the newest incident that Register knows.
	newest int
}

// Examine looks at everything, one thing after the other.
func Examine(ctx context.Context, o Options) []Finding { return Look(ctx, o).Findings }

// Look is Examine for who compares one look with another.
func Look(ctx context.Context, o Options) Seen {
	e := &examination{Options: o, watch: watched(&o)}
	e.HTTPClient = o.HTTPClient
	for _, check := range []func(context.Context){e.settings, e.policy, e.temporal, e.server, e.archive, e.slack, e.jira, e.pagerduty, e.clock} {
		bounded, cancel := context.WithTimeout(ctx, checkTime)
		check(bounded)
		cancel()
	}
	return Seen{Findings: e.found, Blind: e.blind}
}

// Count counts the findings of a state.
func Count(found []Finding, s State) int {
	n := 0
	for _, f := range found {
		if f.State == s {
			n++
		}
	}
	return n
}

func (e *examination) say(s State, check, mend, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	e.sayAs(fmt.Sprintf("%s|%s|%s", s, check, text), s, check, mend, "%s", text)
	if s == Unchecked {
		e.blindTo(area(check))
	}
}

// sayAs says what has a key of its own, since its text counts or gives an example.
func (e *examination) sayAs(key string, s State, check, mend, format string, args ...any) {
	e.found = append(e.found, Finding{State: s, Check: check, Mend: mend, Text: fmt.Sprintf(format, args...), Key: key})
}

// blindTo notes an area that was not looked at as a whole.
func (e *examination) blindTo(areas ...string) {
	for _, a := range areas {
		if !slices.Contains(e.blind, a) {
			e.blind = append(e.blind, a)
		}
	}
}

// area is the first word of a check.
func area(check string) string {
	first, _, _ := strings.Cut(check, " ")
	return first
}

// settings reads the environment. The mend of each is in its text already.
func (e *examination) settings(context.Context) {
	c, err := config.Load(e.Lookup)
	e.config = c
	for _, one := range flat(err) {
		e.say(Broken, "settings", "", "%s", one)
	}
	for _, off := range c.Off() {
		e.say(Off, "settings", "", "%s", off)
	}
	if err == nil {
		e.say(OK, "settings", "", "the environment can be read")
	}
}

// flat takes joined errors apart.
func flat(err error) []string {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok { // only what errors.Join made itself
		var out []string
		for _, e := range joined.Unwrap() {
			out = append(out, flat(e)...)
		}
		return out
	}
	return []string{err.Error()}
}

func (e *examination) policy(context.Context) {
	p, err := file.Load(e.Playbook, e.Now())
	if err != nil {
		e.say(Broken, "playbook", "correct it; `starter playbook check` says the same", "%s", strings.ReplaceAll(err.Error(), "\n", " / "))
		e.blindTo("slack", "jira", "pagerduty") // it names what is looked at there
		return
	}
	e.playbook = p
	for _, w := range p.Warnings() {
		e.say(Warning, "playbook", "", "%s", w)
	}
	var unset []string
	for _, c := range p.Credentials() {
		if _, err := e.config.Secret(c); err != nil {
			unset = append(unset, strings.TrimPrefix(c, "env:"))
		}
	}
	if len(unset) > 0 {
		e.say(Warning, "playbook", "set them for the worker", "pages need variables that are not set here: %s", strings.Join(unset, ", "))
	}
	e.say(OK, "playbook", "", "%s can be used", e.Playbook)
}

func (e *examination) temporal(ctx context.Context) {
	state, err := e.Register(ctx)
	if p, ok := incident.AsProblem(err); ok && p.Code == incident.CodeNotFound {
		e.say(Warning, "temporal", "start `worker` and `starter serve`", "it answers, and Muster has never run there")
		return
	}
	if err != nil {
		e.say(Broken, "temporal", "", "%s", fault.Words(err.Error()))
		e.blindTo(api.BlindToAll) // it keeps the snags of every vendor
		return
	}
	e.newest = state.Last
	e.say(OK, "temporal", "", "it answers, and so does a worker; %s", newest(state.Last))
	vendors := make([]string, 0, len(state.Snags))
	for v := range state.Snags {
		vendors = append(vendors, v)
	}
	slices.Sort(vendors)
	for _, v := range vendors {
		s := state.Snags[v]
		if slices.Equal(s.Workflows, []string{"gateway"}) { // what it refuses holds up no workflow
			e.say(Broken, v, s.Mend, "%s", s.Reason)
			continue
		}
		e.sayAs("stuck|"+v+"|"+s.Reason, Broken, v, s.Mend, "%s stuck: %s", are(len(s.Workflows), "workflow"), s.Reason)
	}
}

func newest(last int) string {
	if last == 0 {
		return "there is no incident yet"
	}
	return "the newest incident is " + incident.Key(last)
}
