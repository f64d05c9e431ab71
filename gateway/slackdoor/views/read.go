package views

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/incident"
	"muster/integrations/slack"
	"muster/workflows/api"
)

// Given is a command by its name in workflows/api.
type Given struct {
	Name    string
	Command incident.Command
}

// Asked is what a person asked for with a modal: a declaration, commands, or the incident for
// which an earlier command was meant. None of them is set when there are errors, or when a form
// was left as it was.
type Asked struct {
	Callback string
	Meta     Meta
	// Declaration has no actor yet, and severity 0 when none was chosen.
	Declaration *incident.Declaration
	// Name is that of the command in workflows/api; Command has no metadata yet.
	Name    string
	Command incident.Command
	// Further are commands that one form asks for besides the first.
	Further []Given
	// Picked is the incident for which the command in Meta is meant.
	Picked int
	// People are the Slack users who were chosen, by block ID.
	People map[string]string
}

// Read turns a submitted modal into what the person asks for. What is wrong whatever the
// incident's state comes back as texts by block_id, as response_action errors takes them.
// Person maps a Slack user ID to how Muster knows the person, or to "".
func Read(v slack.InboundView, now time.Time, person func(userID string) string) (a Asked, errs map[string]string) {
	a = Asked{Callback: v.CallbackID}
	r := reader{view: v, now: now, person: person, asked: &a}
	read, known := readings[v.CallbackID]
	if !known {
		r.fail("", "Muster does not know this form, and did nothing. Close it and type what you want after the command.")
		return a, r.errs
	}
	var err error
	if a.Meta, err = ParseMeta(v.Meta); err != nil {
		r.fail("", "This form is broken. Close it and open it again.")
		return a, r.errs
	}
	read(&r)
	return a, r.errs
}

// mains are the forms, and where each says what belongs to no field.
var mains = map[string]string{
	CallbackDeclare: BlockTitle, CallbackUpdate: BlockText, CallbackSeverity: BlockSeverity, CallbackServices: BlockServices, CallbackKind: BlockKind, CallbackRole: BlockRole,
	CallbackFollowUp: BlockTitle, CallbackResolve: BlockText, CallbackMitigate: BlockText, CallbackMerge: BlockNumber, CallbackCancel: BlockReason,
	CallbackPage: BlockTarget, CallbackAck: BlockPage, CallbackReopen: BlockReason, CallbackPick: BlockNumber, CallbackTitle: BlockTitle,
	CallbackNote: BlockText, CallbackRefine: BlockTitle, CallbackPause: BlockUntil, CallbackCorrect: BlockReason,
	CallbackChangeFollowUp: BlockBecome,
}

// readings say what each form asks for.
var readings = map[string]func(r *reader){
	CallbackDeclare: (*reader).declare,
	CallbackUpdate:  (*reader).update,
	CallbackSeverity: func(r *reader) {
		r.command(api.ChangeSeverity, incident.ChangeSeverity{Severity: r.severity(), Reason: r.text(BlockReason)})
	},
	CallbackServices: (*reader).services,
	CallbackKind:     func(r *reader) { r.command(api.ChangeKind, incident.ChangeKind{Kind: incident.Kind(r.one(BlockKind))}) },
	CallbackRole:     (*reader).role,
	CallbackFollowUp: (*reader).followUp,
	CallbackMitigate: func(r *reader) { r.command(api.Mitigate, incident.Mitigate{Text: r.text(BlockText)}) },
	CallbackResolve: func(r *reader) {
		r.command(api.Resolve, incident.Resolve{Text: r.text(BlockText), Learning: r.text(BlockLearning)})
	},
	CallbackMerge:  (*reader).merge,
	CallbackCancel: func(r *reader) { r.command(api.Cancel, incident.Cancel{Reason: r.text(BlockReason)}) },
	CallbackPage:   (*reader).page,
	CallbackAck:    (*reader).ack,
	CallbackReopen: func(r *reader) { r.command(api.Reopen, incident.Reopen{Reason: r.text(BlockReason)}) },
	CallbackPick:   (*reader).pick,
	CallbackTitle:  func(r *reader) { r.command(api.Retitle, incident.Retitle{Title: r.text(BlockTitle)}) },
	CallbackNote: func(r *reader) {
		r.command(api.Capture, incident.Capture{Text: r.text(BlockText), Author: r.asked.Meta.Author, Source: r.asked.Meta.Source})
	},
	CallbackRefine:  (*reader).refine,
	CallbackPause:   (*reader).pause,
	CallbackCorrect: (*reader).correct,

	CallbackChangeFollowUp: (*reader).changeFollowUp,
}

// reader reads one submission and collects what is wrong with it.
type reader struct {
	view   slack.InboundView
	now    time.Time
	person func(userID string) string
	asked  *Asked
	errs   map[string]string
}

func (r *reader) fail(block, text string) {
	if r.errs == nil {
		r.errs = map[string]string{}
	}
	if at := place(r.view, block); r.errs[at] == "" { // the first one said is the nearest to the cause
		r.errs[at] = slack.Clip(text, maxErrorText)
	}
}

func (r *reader) failWith(err error) {
	p, ok := incident.AsProblem(err)
	if !ok {
		p = &incident.Problem{Reason: err.Error()}
	}
	r.fail(blockOf(p.Field), problemText(*p, false))
}

func (r *reader) text(block string) string     { return strings.TrimSpace(r.view.Values[block].Text) }
func (r *reader) values(block string) []string { return r.view.Values[block].Values }

// one is what was chosen in a block of one choice.
func (r *reader) one(block string) string {
	if t := r.text(block); t != "" {
		return t
	}
	if v := r.values(block); len(v) > 0 {
		return v[0]
	}
	return ""
}

// several are what was chosen in a block of several choices.
func (r *reader) several(block string) []string {
	if t := r.text(block); t != "" {
		return []string{t}
	}
	return r.values(block)
}

func (r *reader) ticked(block, option string) bool {
	return slices.Contains(r.values(block), option)
}

// user is the person chosen in a block, or "" when nobody is.
func (r *reader) user(block string) string {
	id := r.one(block)
	if id == "" {
		return ""
	}
	if r.asked.People == nil {
		r.asked.People = map[string]string{}
	}
	r.asked.People[block] = id
	p := ""
	if r.person != nil {
		p = r.person(id)
	}
	if p == "" {
		r.fail(block, "Slack does not tell who this is. Choose somebody else, or try again.")
	}
	return p
}

// command takes a command in, unless it is wrong in any incident.
func (r *reader) command(name string, c incident.Command) {
	if r.asked.Meta.Incident < 1 {
		r.fail("", "This form does not say for which incident it is. Close it and open it again.")
		return
	}
	// A live incident stands in for the real one, whose state only its workflow knows; what is corrected may be
	// over.
	dummy := &incident.Incident{Number: r.asked.Meta.Incident, Status: incident.StatusOpen, FollowUps: r.standIns()}
	if name == api.Correct {
		dummy.Status = incident.StatusResolved
	}
	if err := c.Check(dummy, r.now); err != nil {
		r.failWith(err)
	}
	switch {
	case len(r.errs) > 0:
		r.asked.Name, r.asked.Command, r.asked.Further = "", nil, nil
	case r.asked.Command == nil:
		r.asked.Name, r.asked.Command = name, c
	default:
		r.asked.Further = append(r.asked.Further, Given{name, c})
	}
}

func (r *reader) declare() {
	d := incident.Declaration{
		Title: r.text(BlockTitle), Kind: incident.Kind(r.one(BlockKind)), Severity: r.severity(),
		Services: r.values(BlockServices), Private: r.ticked(BlockOptions, optionPrivate), StartedAt: r.past(BlockStarted), ResolvedAt: r.past(BlockResolved),
	}
	if len(d.Services) == 0 {
		d.Services = nil // nothing was chosen, which does not say that none is meant
	}
	if r.ticked(BlockOptions, optionPageDrill) {
		d.Page = d.Kind == incident.KindDrill
		if d.Kind == incident.KindNearMiss || d.Kind == incident.KindExternal {
			r.fail(BlockOptions, "Only a drill can be asked to page. Choose another kind, or take this back.")
		}
	}
	chosen := d.Severity
	if chosen == 0 {
		d.Severity = incident.MildSeverity // stands in for the playbook's default
	}
	d, err := d.Normal()
	d.Severity = chosen
	if err != nil {
		r.failWith(err)
	}
	if len(r.errs) == 0 {
		r.asked.Declaration = &d
	}
}

func (r *reader) severity() incident.Severity {
	s := r.one(BlockSeverity)
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || !incident.Severity(n).Valid() {
		r.fail(BlockSeverity, "Choose a severity from 1 (worst) to 5.")
		return 0
	}
	return incident.Severity(n)
}

// past is a time that was chosen and has been; zero where none was.
func (r *reader) past(block string) time.Time {
	s := r.one(block)
	if s == "" {
		return time.Time{}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	switch at := time.Unix(n, 0).UTC(); {
	case err != nil || n <= 0:
		r.fail(block, "Choose a day and a time.")
	case at.After(r.now.Add(time.Minute)):
		r.fail(block, "This lies ahead. Choose when it was, or leave it empty.")
	default:
		return at
	}
	return time.Time{}
}

func (r *reader) update() {
	c := incident.Update{Text: r.text(BlockText)}
	if s := r.one(BlockNext); s != "" {
		minutes, err := strconv.Atoi(s)
		if err != nil || minutes < 0 || minutes > 7*24*60 {
			r.fail(BlockNext, "Choose one of the times, or no promise.")
		} else if minutes > 0 {
			c.Next = r.now.Add(time.Duration(minutes) * time.Minute)
		}
	}
	r.command(api.Update, c)
}

func (r *reader) role() {
	c := incident.Assign{Role: incident.Role(r.one(BlockRole))}
	nobody := r.ticked(BlockNobody, BlockNobody)
	if !nobody {
		if c.Person = r.user(BlockPerson); c.Person == "" && len(r.errs) == 0 {
			r.fail(BlockPerson, "Choose a person, or tick that nobody holds the role.")
		}
	}
	r.command(api.Assign, c)
}

func (r *reader) merge() {
	n, err := r.number(BlockInto)
	if err != nil {
		r.failNumber(BlockInto, err)
		return
	}
	c := incident.Merge{Into: n}
	if n == r.asked.Meta.Incident {
		r.fail(BlockNumber, fmt.Sprintf("%s cannot be merged into itself. Name another one.", incident.Key(n)))
		return
	}
	r.command(api.Merge, c)
}

// refine asks only for what was changed in the form, so that it undoes nothing that others
// changed while it was open.
func (r *reader) refine() {
	was := r.asked.Meta.Was
	if was == nil {
		was = &Was{}
	}
	if title := incident.CleanLine(r.text(BlockTitle)); title != was.Title {
		r.command(api.Retitle, incident.Retitle{Title: title})
	}
	if s := r.severity(); s != 0 && s != was.Severity {
		r.command(api.ChangeSeverity, incident.ChangeSeverity{Severity: s})
	}
	if t := r.text(BlockText); t != "" {
		r.command(api.Update, incident.Update{Text: t})
	}
}

// services asks only for what was changed in the form, as refine does. A form that does not know any
// more what it showed takes nothing away.
func (r *reader) services() {
	var was []string
	if w := r.asked.Meta.Was; w != nil {
		was = w.Services
	}
	now := r.several(BlockServices)
	c := incident.ChangeServices{
		Add:    slices.DeleteFunc(slices.Clone(now), func(s string) bool { return slices.Contains(was, s) }),
		Remove: slices.DeleteFunc(slices.Clone(was), func(s string) bool { return slices.Contains(now, s) }),
	}
	if len(c.Add)+len(c.Remove) == 0 {
		r.fail(BlockServices, "Nothing is changed. Choose what it concerns, or take something back.")
		return
	}
	r.command(api.ChangeServices, c)
}

func (r *reader) pause() {
	c := incident.PauseReminders{Off: r.ticked(BlockOff, BlockOff)}
	if s := r.one(BlockUntil); s != "" && !c.Off {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n <= 0 {
			r.fail(BlockUntil, "Choose a day and a time.")
			return
		}
		c.Until = time.Unix(n, 0).UTC()
	}
	r.command(api.PauseReminders, c)
}

func (r *reader) pick() {
	n, err := r.number(BlockIncident)
	if err != nil {
		r.failNumber(BlockIncident, err)
		return
	}
	r.asked.Picked = n
}

var errNoIncident = errors.New("Choose an incident, or write its number.") //nolint:revive,staticcheck // a sentence for a person

// number is the incident that was typed or else chosen: what was typed was typed on purpose.
func (r *reader) number(menuBlock string) (int, error) {
	if s := r.text(BlockNumber); s != "" {
		return incident.ParseKey(s)
	}
	if s := r.one(menuBlock); s != "" {
		return incident.ParseKey(s)
	}
	return 0, errNoIncident
}

func (r *reader) failNumber(menuBlock string, err error) {
	if errors.Is(err, errNoIncident) {
		r.fail(menuBlock, err.Error())
		return
	}
	p, _ := incident.AsProblem(err)
	r.fail(BlockNumber, problemText(*p, false))
}
