package incident

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Command is what a person asks of an incident. Check refuses what is illegal now and changes
// nothing; Apply changes the facts and appends to the timeline, and is called only after a
// Check that passed. Neither does I/O.
type Command interface {
	Head() Meta
	Check(i *Incident, now time.Time) error
	Apply(i *Incident, now time.Time) Result
}

// Result is the answer to a command. It is stored and given again for the same command ID.
type Result struct {
	// Changed is false when the command asked for what was already true.
	Changed bool   `json:"changed"`
	Status  Status `json:"status"`
	// Text says in one line what is now true.
	Text string `json:"text"`
	// Number is that of the follow-up which the command made or changed, or of the page which it made.
	Number int `json:"number,omitempty"`
	// FollowUp is where that follow-up stands, empty for other commands.
	FollowUp FollowUpStatus `json:"follow_up,omitempty"`
	// Stale says that the command was applied before and the status has changed since, so that it
	// does not hold any more. Commands are applied once: to ask again takes another command ID.
	Stale bool `json:"stale,omitempty"`
	// Waking says who is being woken now, where the command may have changed it.
	Waking *Waking `json:"waking,omitempty"`
}

// Line is what a person is answered, in one line: what is now true, and who is being woken.
func (r Result) Line() string {
	if r.Waking == nil {
		return r.Text
	}
	return strings.TrimRight(r.Text, ".") + ". " + r.Waking.Line
}

// Again is the answer to a command that was applied before and is given once more.
func (r Result) Again(i *Incident) Result {
	r.Stale = r.Status != i.Status
	if f := i.FollowUp(r.Number); r.FollowUp != "" && f != nil { // what became of it does not depend on the incident
		r.Stale = r.FollowUp != f.Status
	}
	return r
}

func (i *Incident) unchanged(format string, args ...any) Result {
	return Result{Status: i.Status, Text: fmt.Sprintf(format, args...)}
}

func (i *Incident) changed(now time.Time, by Actor, event, format string, args ...any) Result {
	text := Clip(fmt.Sprintf(format, args...), maxEntryText)
	i.Note(now, by, event, text)
	i.Revision++
	return Result{Changed: true, Status: i.Status, Text: text}
}

// Mitigate says that it no longer hurts, though the cause may remain.
type Mitigate struct {
	Meta
	Text string `json:"text,omitempty"`
}

// Check implements Command.
func (c Mitigate) Check(i *Incident, _ time.Time) error { return checkVerb(i, VerbMitigate) }

// Apply implements Command.
func (c Mitigate) Apply(i *Incident, now time.Time) Result {
	if i.Status == StatusMitigated {
		return i.unchanged("already mitigated")
	}
	i.Status, i.MitigatedAt = StatusMitigated, now
	return i.changed(now, c.Actor, "mitigated", "%s", withText("Mitigated", c.Text))
}

// Resolve says that it is over, and perhaps what was learnt.
type Resolve struct {
	Meta
	Text     string `json:"text,omitempty"`
	Learning string `json:"learning,omitempty"`
}

// Check implements Command.
func (c Resolve) Check(i *Incident, _ time.Time) error { return checkVerb(i, VerbResolve) }

// Apply implements Command.
func (c Resolve) Apply(i *Incident, now time.Time) Result {
	learning := Clip(CleanLine(c.Learning), maxEntryText)
	if i.Status == StatusResolved && (learning == "" || learning == i.Learning) {
		return i.unchanged("already resolved")
	}
	if learning != "" {
		i.Learning = learning
		i.Note(now, c.Actor, "learning", "Learnt: "+learning)
	}
	if i.Status == StatusResolved {
		i.Revision++
		return Result{Changed: true, Status: i.Status, Text: "Learning recorded"}
	}
	i.Status, i.ResolvedAt, i.NextUpdate = StatusResolved, now, time.Time{}
	i.withdrawPages()
	return i.changed(now, c.Actor, "resolved", "%s", withText("Resolved", c.Text))
}

// Reopen says that it is not over.
type Reopen struct {
	Meta
	Reason string `json:"reason,omitempty"`
}

// Check implements Command.
func (c Reopen) Check(i *Incident, _ time.Time) error { return checkVerb(i, VerbReopen) }

// Apply implements Command.
func (c Reopen) Apply(i *Incident, now time.Time) Result {
	if i.Status == StatusOpen {
		return i.unchanged("already open")
	}
	i.Status, i.HoldPages = StatusOpen, false
	i.MitigatedAt, i.ResolvedAt, i.ClosedAt = time.Time{}, time.Time{}, time.Time{}
	i.MergedInto, i.MergedAt = 0, time.Time{}
	if r := i.Review(); r != nil && !r.Status.Ended() {
		r.Status, r.At = ReviewOnHold, time.Time{}
		r.Revision++
	}
	return i.changed(now, c.Actor, "reopened", "%s", withText("Reopened", c.Reason))
}

// Cancel says that it was none.
type Cancel struct {
	Meta
	Reason string `json:"reason,omitempty"`
}

// Check implements Command.
func (c Cancel) Check(i *Incident, _ time.Time) error { return checkVerb(i, VerbCancel) }

// Apply implements Command.
func (c Cancel) Apply(i *Incident, now time.Time) Result {
	if i.Status == StatusCancelled {
		return i.unchanged("already cancelled")
	}
	i.Status, i.NextUpdate = StatusCancelled, time.Time{}
	i.withdrawPages()
	i.waiveReview("the incident was cancelled")
	return i.changed(now, c.Actor, "cancelled", "%s", withText("Cancelled", c.Reason))
}

// Update tells everybody how it stands.
type Update struct {
	Meta
	Text string `json:"text"`
	// Next is when the next update will come, zero for no promise. One that lies in the past,
	// or further away than anybody waits, is no promise either.
	Next time.Time `json:"next,omitzero"`
}

// Shape refuses what says nothing, or too much.
func (c Update) Shape() error {
	return checkText("text", "say how it stands in a sentence", c.Text)
}

// Check implements Command.
func (c Update) Check(*Incident, time.Time) error { return c.Shape() }

// Apply implements Command.
func (c Update) Apply(i *Incident, now time.Time) Result {
	text, next := CleanText(c.Text), c.promise(i, now)
	if i.saidJustNow(text, c.Actor, next, now) {
		return i.unchanged("that was said a moment ago")
	}
	i.LastUpdate, i.UpdatedAt, i.NextUpdate = text, now, next
	r := i.changed(now, c.Actor, "update", "%s", i.LastUpdate)
	i.Timeline[len(i.Timeline)-1].Next = i.NextUpdate // not in the text: each reader sees it in their own zone
	return r
}

// Late notes an update that arrives after one that was given later: people read it on the timeline, and
// the newer one stands.
func (c Update) Late(i *Incident, now time.Time) Result {
	return i.changed(now, c.Actor, "update", "Said before the update above: %s", CleanText(c.Text))
}

// promise is when the next update comes, the zero time for never.
func (c Update) promise(i *Incident, now time.Time) time.Time {
	if i.Status.Live() && c.Next.After(now) && c.Next.Sub(now) <= maxPromise {
		return c.Next.UTC()
	}
	return time.Time{}
}

// saidJustNow reports whether the newest update is the same, by the same person and with the same
// promise. A promise is told as a span and arrives as a moment, so that whoever says the same again
// means one that is later by the time between.
func (i *Incident) saidJustNow(text string, by Actor, next, now time.Time) bool {
	ago := now.Sub(i.UpdatedAt)
	if text != i.LastUpdate || ago >= sameWords {
		return false
	}
	k := len(i.Timeline) - 1
	for k >= 0 && i.Timeline[k].Event != "update" {
		k--
	}
	if k < 0 {
		return true // it is in the archive, and nothing more is known of it
	}
	last := i.Timeline[k]
	later := next.Sub(last.Next)
	return NormalPerson(last.Actor.String()) == NormalPerson(by.String()) && last.Next.IsZero() == next.IsZero() && later > -time.Minute && later <= ago+time.Minute
}

// sameWords is how long the same words count as said again by somebody who saw no answer.
const sameWords = 2 * time.Minute

// maxPromise is how far away the next status update may be promised.
const maxPromise = 31 * 24 * time.Hour

// moment writes a time for text that cannot show it in the reader's zone, with the day unless
// that is the day of the other time.
func moment(t, than time.Time) string {
	t, than = t.UTC(), than.UTC()
	if t.Format(time.DateOnly) == than.Format(time.DateOnly) {
		return t.Format("15:04 UTC")
	}
	return t.Format(inUTC)
}

// ChangeSeverity makes it worse or milder.
type ChangeSeverity struct {
	Meta
	Severity Severity `json:"severity"`
	Reason   string   `json:"reason,omitempty"`
}

// Shape refuses what is no severity.
func (c ChangeSeverity) Shape() error {
	if !c.Severity.Valid() {
		return invalid("severity", "write a number from 1 (worst) to 5", "%d is no severity", c.Severity)
	}
	return nil
}

// Check implements Command.
func (c ChangeSeverity) Check(i *Incident, _ time.Time) error {
	if err := c.Shape(); err != nil {
		return err
	}
	if !i.Status.Live() && i.Status != StatusResolved && c.Severity != i.Severity {
		return illegal("severity", "reopen it first", "cannot change while the incident is %s", i.Status)
	}
	return nil
}

// Apply implements Command.
func (c ChangeSeverity) Apply(i *Incident, now time.Time) Result {
	if i.Severity == c.Severity {
		return i.unchanged("severity is already %d", c.Severity)
	}
	old := i.Severity
	i.Severity = c.Severity
	return i.changed(now, c.Actor, "severity", "%s", withText(fmt.Sprintf("Severity %d, was %d", c.Severity, old), c.Reason))
}

// Retitle gives the incident another title.
type Retitle struct {
	Meta
	Title string `json:"title"`
}

// Shape refuses what is no title.
func (c Retitle) Shape() error {
	_, err := CleanTitle("title", c.Title)
	return err
}

// Check implements Command.
func (c Retitle) Check(*Incident, time.Time) error { return c.Shape() }

// Apply implements Command.
func (c Retitle) Apply(i *Incident, now time.Time) Result {
	title, _ := CleanTitle("title", c.Title)
	if title == i.Title {
		return i.unchanged("the title is already that")
	}
	i.Title = title
	return i.changed(now, c.Actor, "title", "Title: %s", title)
}

// Assign gives a role to a person, or takes it from everybody when Person is empty.
type Assign struct {
	Meta
	Role   Role   `json:"role"`
	Person string `json:"person,omitempty"`
}

// Shape refuses what names no role, or nobody who could hold it.
func (c Assign) Shape() error {
	if c.Role == "" {
		return invalid("role", "name one, such as commander", "is empty")
	}
	if c.Person == "" {
		return nil
	}
	return CheckPerson("person", c.Person)
}

// Check implements Command.
func (c Assign) Check(i *Incident, _ time.Time) error {
	if err := c.Shape(); err != nil {
		return err
	}
	if c.Person != "" && i.Holder(c.Role) == "" && len(i.Roles) >= maxRoles {
		return illegal("role", "take another one back", "%d roles are held already", maxRoles)
	}
	return nil
}

// Apply implements Command.
func (c Assign) Apply(i *Incident, now time.Time) Result {
	person := NormalPerson(c.Person)
	old := i.Holder(c.Role)
	if old == person {
		return i.unchanged("%s is already %s", c.Role, orNobody(person))
	}
	i.Roles = slices.DeleteFunc(i.Roles, func(h RoleHolder) bool { return h.Role == c.Role })
	if person != "" {
		i.Roles = append(i.Roles, RoleHolder{Role: c.Role, Person: person})
		slices.SortFunc(i.Roles, func(a, b RoleHolder) int { return strings.Compare(string(a.Role), string(b.Role)) })
		i.Invite(now, person)
	}
	text := fmt.Sprintf("%s: %s", c.Role, orNobody(person))
	if old != "" {
		text += ", was " + old
	}
	return i.changed(now, c.Actor, "role", "%s", text)
}

// Join says that a person is here and working on it.
type Join struct {
	Meta
	Person string `json:"person,omitempty"`
	// Channel is the ID of the chat channel in which they were seen, empty where they said so.
	Channel string `json:"channel,omitempty"`
}

// Shape refuses who is no person.
func (c Join) Shape() error { return CheckPerson("person", c.person()) }

// Check implements Command.
func (c Join) Check(*Incident, time.Time) error { return c.Shape() }

// Apply implements Command.
func (c Join) Apply(i *Incident, now time.Time) Result {
	if !i.join(now, c.person()) {
		return i.unchanged("%s is already here", c.person())
	}
	return i.changed(now, c.Actor, "joined", "%s joined", c.person())
}

func (c Join) person() string {
	if c.Person == "" {
		return NormalPerson(c.Actor.Person)
	}
	return NormalPerson(c.Person)
}

// Retry asks every snagged step to be tried again now.
type Retry struct {
	Meta
	// Connections are how the playbook as it is now reaches outside systems, in JSON. Ways in that
	// have a playbook fill them in, whatever the caller says; without them the incident goes on with
	// those that it has.
	Connections json.RawMessage `json:"connections,omitempty"`
}

// Check implements Command.
func (c Retry) Check(*Incident, time.Time) error { return nil }

// Apply implements Command. The mirrors see the request in the workflow's state.
func (c Retry) Apply(i *Incident, now time.Time) Result {
	if len(i.Snags) == 0 {
		return i.unchanged("nothing is stuck")
	}
	return i.changed(now, c.Actor, "retry", "Trying %d stuck steps again", len(i.Snags))
}

func checkVerb(i *Incident, v Verb) error {
	_, err := i.Status.Next(v)
	return err
}

func checkText(field, mend, text string) error {
	t := CleanText(text)
	if t == "" {
		return invalid(field, mend, "is empty")
	}
	if n := len([]rune(t)); n > maxEntryText {
		return invalid(field, "shorten it and link to the rest", "is %d characters long, %d are allowed", n, maxEntryText)
	}
	return nil
}

func (i *Incident) withdrawPages() {
	for k := range i.Pages {
		if p := &i.Pages[k]; p.Status != PageWithdrawn {
			p.Status = PageWithdrawn
			p.Revision++
		}
	}
}

func withText(what, text string) string {
	if t := CleanText(text); t != "" {
		return what + ": " + t
	}
	return what
}

func orNobody(p string) string {
	if p == "" {
		return "nobody"
	}
	return p
}
