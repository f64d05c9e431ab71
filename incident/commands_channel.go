package incident

import (
	"fmt"
	"slices"
	"time"
)

// Invite says that a person was asked to come by somebody else. Joining stays their own act.
type Invite struct {
	Meta
	Person string `json:"person"`
}

// Shape refuses who is no person.
func (c Invite) Shape() error { return CheckPerson("person", c.Person) }

// Check implements Command.
func (c Invite) Check(i *Incident, _ time.Time) error {
	if err := c.Shape(); err != nil {
		return err
	}
	if !i.roomFor(NormalPerson(c.Person)) {
		return illegal("person", "invite them in the channel itself", "%s has %d responders already", i.Key(), len(i.Responders))
	}
	return nil
}

// Apply implements Command.
func (c Invite) Apply(i *Incident, now time.Time) Result {
	person := NormalPerson(c.Person)
	if i.responder(person) != nil {
		return i.unchanged("%s is already invited", person)
	}
	i.Invite(now, person)
	return i.changed(now, c.Actor, "invited", "%s was invited", person)
}

// RaisePage pages now: a target of the playbook, a person, an escalation policy or a schedule, or
// with Required everybody whom the playbook requires, whatever the severity says about the hour.
type RaisePage struct {
	Meta
	Target   string `json:"target,omitempty"`
	Required bool   `json:"required,omitempty"`

	// targets are whom Required stands for, which only the playbook knows.
	targets []string
}

// Reaching says whom the playbook requires, for a command that asks for them.
func (c RaisePage) Reaching(targets []string) RaisePage {
	c.targets = targets
	return c
}

// maxPages bounds the pages of one incident, each of which is a workflow.
const maxPages = 80

// Shape refuses what names nobody, or too many.
func (c RaisePage) Shape() error {
	target := CleanLine(c.Target)
	switch {
	case target == "" && !c.Required:
		return invalid("target", "name a service or target of the playbook, a person, policy:ID or schedule:ID", "is empty")
	case target != "" && c.Required:
		return invalid("target", "leave one of the two out", "%q is named, and so is everybody whom the playbook requires", Clip(target, 60))
	}
	return nil
}

// Check implements Command. Whether the playbook has the target is asked by who knows it.
func (c RaisePage) Check(i *Incident, _ time.Time) error {
	if err := c.Shape(); err != nil {
		return err
	}
	target := CleanLine(c.Target)
	switch {
	case !i.Status.Live():
		return illegal("status", "reopen it first", "nobody is paged while the incident is %s", i.Status)
	case len(i.Pages) >= maxPages && (c.Required || i.pending(target) == nil):
		return illegal("target", "call them", "%s has %d pages already", i.Key(), len(i.Pages))
	}
	return nil
}

// Apply implements Command. A target that is being paged is not paged twice; one whose page
// nobody has answered is paged again at once; one whose page was acknowledged or withdrawn is paged
// once more, by a page of its own. What a
// person asks for by hand is not required for the incident to be mustered.
func (c RaisePage) Apply(i *Incident, now time.Time) Result {
	i.HoldPages = false
	if c.Required {
		return c.raiseRequired(i, now)
	}
	target := CleanLine(c.Target)
	switch p := i.pending(target); {
	case p == nil:
		n := i.AddPage(target, false, time.Time{})
		r := i.changed(now, c.Actor, "page", "Page to %s", target)
		r.Number = n
		return r
	case p.Status == PageWaiting:
		n := p.Number
		i.WakePage(target)
		r := i.changed(now, c.Actor, "page", "Page to %s: now, not in the morning", target)
		r.Number = n
		return r
	case p.Status == PageUnanswered:
		p.Status = PagePaging
		p.Revision++
		r := i.changed(now, c.Actor, "page", "Page to %s: again, now", target)
		r.Number = p.Number
		return r
	default:
		return i.unchanged("%s is being paged already", target)
	}
}

// raiseRequired pages whom the playbook requires and nobody has paged or answered for yet.
func (c RaisePage) raiseRequired(i *Incident, now time.Time) Result {
	var raised []string
	for _, target := range c.targets {
		p := i.pageTo(target)
		if p != nil && p.Status != PageWaiting {
			continue
		}
		i.RequirePage(now, target, time.Time{})
		raised = append(raised, target)
	}
	if len(raised) == 0 {
		return i.unchanged("everybody whom the playbook requires is being paged already, or has answered")
	}
	return i.changed(now, c.Actor, "page", "Page to %s: now", And(raised))
}

// pending finds the page to a target that runs or waits.
func (i *Incident) pending(target string) *Page {
	for k := range i.Pages {
		if p := &i.Pages[k]; p.Target == target && p.asks() {
			return p
		}
	}
	return nil
}

// Capture puts a chat message on the timeline.
type Capture struct {
	Meta
	Text string `json:"text"`
	// Author is who wrote the message, as far as it is known.
	Author string `json:"author,omitempty"`
	// Source is the message; the same one is captured once. Empty for a note without a message.
	Source MessageRef `json:"source,omitzero"`
}

// Shape refuses what says nothing.
func (c Capture) Shape() error {
	if CleanText(c.Text) == "" {
		return invalid("text", "write what happened in a sentence", "is empty")
	}
	return checkLink("source.url", c.Source.URL)
}

// Check implements Command.
func (c Capture) Check(*Incident, time.Time) error { return c.Shape() }

// Apply implements Command.
func (c Capture) Apply(i *Incident, now time.Time) Result {
	if c.Source.ID != "" && i.captured(c.Source) != nil {
		return i.unchanged("the message is on the timeline already")
	}
	if c.Source.ID == "" && i.noted(now, c) {
		return i.unchanged("that was noted a moment ago")
	}
	r := i.changed(now, c.Actor, "message", "%s", captureText(c.Author, c.Text))
	i.Timeline[len(i.Timeline)-1].Source = c.Source
	return r
}

// noted reports whether the same person has noted the same words just now.
func (i *Incident) noted(now time.Time, c Capture) bool {
	text := captureText(c.Author, c.Text)
	return slices.ContainsFunc(i.Timeline, func(e Entry) bool {
		return e.Event == "message" && e.Text == text && e.Actor == c.Actor && now.Sub(e.At) < sameWords
	})
}

// deletedText stands on the timeline where a captured message was deleted.
const deletedText = "(the message was deleted)"

// maxUnsaid bounds the deleted messages of which an incident tells the archive.
const maxUnsaid = 20

func captureText(author, text string) string {
	text = orWord(CleanText(text), "(no text)")
	if author == "" {
		return Clip(text, maxEntryText)
	}
	return Clip(fmt.Sprintf("%s: %s", author, text), maxEntryText)
}

func (i *Incident) captured(m MessageRef) *Entry {
	k := slices.IndexFunc(i.Timeline, func(e Entry) bool { return e.Source.is(m) })
	if k < 0 {
		return nil
	}
	return &i.Timeline[k]
}

// MessageChange is what became of a chat message.
type MessageChange struct {
	Message MessageRef `json:"message"`
	Author  string     `json:"author,omitempty"`
	Text    string     `json:"text,omitempty"`
	Deleted bool       `json:"deleted,omitempty"`
}

// Recapture reflects what became of a message that is on the timeline, and reports whether it
// is. A deleted message keeps its place there without its words, also when news of an edit
// arrives late.
func (i *Incident) Recapture(c MessageChange) bool {
	e := i.captured(c.Message)
	switch {
	case c.Message.ID == "":
		return false
	case e == nil:
		if c.Deleted {
			i.unsay(c.Message)
		}
		return false
	case c.Deleted:
		e.Text = deletedText
	case e.Text != deletedText:
		e.Text = captureText(c.Author, c.Text)
	}
	return true
}

// unsay remembers that a message was deleted, if it may have been captured in what Timeline has no room for any more.
func (i *Incident) unsay(m MessageRef) {
	if len(i.Timeline) >= i.Entries || slices.ContainsFunc(i.Unsaid, m.is) {
		return
	}
	i.Unsaid = append(i.Unsaid, MessageRef{Channel: m.Channel, ID: m.ID})
	i.Unsaid = i.Unsaid[max(0, len(i.Unsaid)-maxUnsaid):]
}

// Unsay takes the words of deleted messages out of an entry that has left Timeline, and reports whether it held some.
func (i *Incident) Unsay(e *Entry) bool {
	if e.Text == deletedText || !slices.ContainsFunc(i.Unsaid, e.Source.is) {
		return false
	}
	e.Text = deletedText
	return true
}

// Nominate asks for a learning review, whatever the severity asks for. Anyone may.
type Nominate struct {
	Meta
	Reason string `json:"reason,omitempty"`
}

// Check implements Command.
func (c Nominate) Check(i *Incident, _ time.Time) error {
	who := c.Actor.String()
	if len(i.Nominations) >= maxNominations && !i.nominatedBy(who) {
		return illegal("status", "say so to its commander", "%d people have nominated it already", maxNominations)
	}
	return checkVerb(i, VerbNominate)
}

// maxNominations bounds the nominations of one incident.
const maxNominations = 100

func (i *Incident) nominatedBy(who string) bool {
	return slices.ContainsFunc(i.Nominations, func(n Nomination) bool { return n.Person == who })
}

// Apply implements Command.
func (c Nominate) Apply(i *Incident, now time.Time) Result {
	who := c.Actor.String()
	if i.nominatedBy(who) {
		return i.unchanged("%s has nominated it already", who)
	}
	i.Nominations = append(i.Nominations, Nomination{Person: who, Reason: Clip(CleanLine(c.Reason), maxReason), At: now})
	i.reawaken(VerbNominate)
	return i.changed(now, c.Actor, "nominated", "%s", withText("Nominated for a learning review", c.Reason))
}
