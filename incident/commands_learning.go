package incident

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// maxFollowUps bounds the follow-ups of one incident; more is a project, not an incident.
const maxFollowUps = 100

// AddFollowUp proposes work that came out of the incident. Urgent work is accepted at once.
type AddFollowUp struct {
	Meta
	Title string `json:"title"`
	// Owner is an e-mail address, or empty while nobody is.
	Owner    string           `json:"owner,omitempty"`
	Due      Date             `json:"due,omitempty"`
	Kind     FollowUpKind     `json:"kind,omitempty"`
	Priority FollowUpPriority `json:"priority,omitempty"`
	Labels   []string         `json:"labels,omitempty"`
	Urgent   bool             `json:"urgent,omitempty"`
}

// Shape refuses what is no title, owner, date, kind, priority or label. Whether a date has passed is
// asked by Check.
func (c AddFollowUp) Shape() error {
	if _, err := CleanTitle("title", c.Title); err != nil {
		return err
	}
	return followUpDetails{c.Owner, c.Due, c.Kind, c.Priority, c.Labels}.shape()
}

// Check implements Command.
func (c AddFollowUp) Check(i *Incident, now time.Time) error {
	if err := checkVerb(i, VerbFollowUp); err != nil {
		return err
	}
	if err := c.Shape(); err != nil {
		return err
	}
	if len(i.FollowUps) >= maxFollowUps {
		return illegal("title", "make it a project in the tracker", "there are %d follow-ups already", len(i.FollowUps))
	}
	if bytesOf(i.FollowUps)+bytesOf(c.Title)+bytesOf(c.Labels) > roomForFollowUps {
		return noRoom("title", "follow-ups")
	}
	return followUpDetails{c.Owner, c.Due, c.Kind, c.Priority, c.Labels}.check(now)
}

// roomForFollowUps is how many bytes of JSON people may fill with follow-ups in one run; what is more than
// maxFollowUpBytes of it is cut when the run ends.
const roomForFollowUps = 2 * maxFollowUpBytes

// Apply implements Command. A merged incident hands what is proposed on to the one into which it
// was merged; a private one keeps it, since the other may be public.
func (c AddFollowUp) Apply(i *Incident, now time.Time) Result {
	title, _ := CleanTitle("title", c.Title)
	if f := i.proposed(title); f != nil && f.Moved() {
		return i.unchanged("follow-up %d is that already, and goes on in %s", f.Number, Key(i.MergedInto)).about(f)
	} else if f != nil {
		return i.unchanged("follow-up %d is that already", f.Number).about(f)
	}
	before := i.Status
	f := i.propose(now, c.Actor, title, NormalPerson(c.Owner), c.Due)
	f.Kind, f.Priority, f.Labels, f.Urgent = c.Kind, c.Priority, normalLabels(c.Labels), c.Urgent
	what := ""
	if c.Urgent {
		f.Status, what = FollowUpAccepted, ", urgent and accepted at once"
		f.decided(c.Actor, now)
	}
	i.Admit(now, c.Owner)
	if i.Status == StatusMerged && !i.Private {
		what = ". It goes on in " + Key(i.MergedInto) + ", into which this one was merged"
		i.moveFollowUps(now, i.MergedInto)
	}
	if i.Status != before {
		what += fmt.Sprintf(". The incident was %s, and is %s again until it has ended", before, i.Status)
	}
	return i.changed(now, c.Actor, "follow_up", "Follow-up %d: %s%s", f.Number, title, what).about(f)
}

func (i *Incident) propose(now time.Time, by Actor, title, owner string, due Date) *FollowUp {
	i.FollowUps = append(i.FollowUps, FollowUp{
		Number: len(i.FollowUps) + 1, Title: title, Status: FollowUpProposed, Owner: owner, Due: due, ProposedBy: by, ProposedAt: now,
	})
	i.reawaken(VerbFollowUp)
	return &i.FollowUps[len(i.FollowUps)-1]
}

// FileFollowUp makes a follow-up of an issue that people filed in the tracker below the incident's own. It
// is theirs to write: Muster follows it, and chases it. An issue that is here already changes nothing; the
// error says why there is no room for it.
func (i *Incident) FileFollowUp(now time.Time, issue IssueState, by Actor) error {
	known := func(ref IssueRef) bool { return ref.ID == issue.ID || ref.Key == issue.Key }
	if slices.ContainsFunc(i.FollowUps, func(f FollowUp) bool { return known(f.Issue) || f.Linked == issue.Key }) ||
		slices.ContainsFunc(i.Reviews, func(r Review) bool { return known(r.Issue) }) {
		return nil
	}
	title, err := CleanTitle("title", Clip(CleanLine(issue.Title), MaxTitle))
	if err == nil {
		err = AddFollowUp{Title: title}.Check(i, now)
	}
	if err != nil {
		return err
	}
	if f := i.proposed(title); f != nil {
		return nil
	}
	owner := ""
	if CheckPerson("", issue.Owner) == nil { // who may edit an issue lets nobody into a private incident
		owner = NormalPerson(issue.Owner)
	}
	due := issue.Due
	if CheckDue("", max(due, Date(now.UTC().Format(time.DateOnly))), now) != nil {
		due = "" // one that is years away is a slip of the pen
	}
	f := i.propose(now, by, title, owner, due)
	f.Linked = issue.Key
	i.changed(now, by, "follow_up", "Follow-up %d: %s, filed as %s", f.Number, title, issue.Key)
	return nil
}

// Admit makes the owner of a follow-up part of a private incident: they will be told of their
// work, by title, and nobody outside may be.
func (i *Incident) Admit(now time.Time, owner string) {
	if i.Private && owner != "" {
		i.Invite(now, NormalPerson(owner))
	}
}

// proposed finds an open follow-up by its title: who asks for it again, perhaps because no answer
// came, asks for what is already there. In a merged incident it may go on in the other one.
func (i *Incident) proposed(title string) *FollowUp {
	k := slices.IndexFunc(i.FollowUps, func(f FollowUp) bool {
		here := !f.Status.Ended() || i.Status == StatusMerged && f.Moved()
		return here && strings.EqualFold(f.Title, title)
	})
	if k < 0 {
		return nil
	}
	return &i.FollowUps[k]
}

// ChangeFollowUp changes what is known of a follow-up, or decides about it. Empty fields stay as
// they are.
type ChangeFollowUp struct {
	Meta
	Number int            `json:"number"`
	Status FollowUpStatus `json:"status,omitempty"`
	Owner  string         `json:"owner,omitempty"`
	// Nobody takes it from its owner.
	Nobody bool `json:"nobody,omitempty"`
	// Claim makes whoever gives the command its owner if nobody is.
	Claim    bool             `json:"claim,omitempty"`
	Due      Date             `json:"due,omitempty"`
	Kind     FollowUpKind     `json:"kind,omitempty"`
	Priority FollowUpPriority `json:"priority,omitempty"`
	// Labels take the place of those that it has; an empty list that is not null takes all away.
	Labels []string `json:"labels,omitzero"`
	// Urgent accepts a proposed one.
	Urgent bool   `json:"urgent,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Issue links an issue of the tracker, by its key, in place of the one that it had.
	Issue string `json:"issue,omitempty"`
	// WhileOpen leaves alone what has ended: a button may be older than that.
	WhileOpen bool `json:"while_open,omitempty"`
}

// Shape refuses what is no status, owner, date, kind, priority, label or issue, and what contradicts
// itself. Whether a date has passed is asked by Check.
func (c ChangeFollowUp) Shape() error {
	switch {
	case !slices.Contains([]FollowUpStatus{"", FollowUpProposed, FollowUpAccepted, FollowUpDone, FollowUpDropped}, c.Status):
		return invalid("status", "write accepted, done or dropped", "%q is no status to set", Clip(string(c.Status), 40))
	case c.Status == FollowUpDropped && CleanLine(c.Reason) == "":
		return c.needsReason()
	}
	return c.shape()
}

func (c ChangeFollowUp) needsReason() error {
	return invalid("reason", "say why it is dropped; it stays on the record", "is empty")
}

func (c ChangeFollowUp) shape() error {
	switch {
	case c.Issue != "" && !issueKey.MatchString(c.Issue):
		return invalid("issue", "write the key of an issue, such as OPS-7", "%q is no issue key", Clip(c.Issue, 40))
	case c.Owner != "" && c.Nobody:
		return invalid("owner", "leave one of the two out", "cannot be given together with nobody")
	case c.Urgent && c.Status == FollowUpDropped:
		return invalid("urgent", "leave one of the two out", "what is urgent is not dropped")
	}
	return followUpDetails{c.Owner, c.Due, c.Kind, c.Priority, c.Labels}.shape()
}

// Check implements Command.
func (c ChangeFollowUp) Check(i *Incident, now time.Time) error {
	f := i.FollowUp(c.Number)
	if f == nil {
		return i.noFollowUp("number", c.Number)
	}
	if c.WhileOpen && f.Status.Ended() && c.changes(f) {
		return illegal("status", "see `starter show "+i.Key()+"` for what became of it", "follow-up %d is %s", f.Number, f.Status)
	}
	if f.Status.Ended() && c.changes(f) {
		if err := c.checkEnded(f); err != nil {
			return err
		}
	}
	switch c.Status {
	case "", f.Status:
	case FollowUpAccepted, FollowUpDone, FollowUpDropped:
	default:
		return invalid("status", "write accepted, done or dropped", "%q is no status to set", Clip(string(c.Status), 40))
	}
	if c.Status == FollowUpDropped && f.Status != FollowUpDropped && CleanLine(c.Reason) == "" {
		return c.needsReason()
	}
	if err := c.shape(); err != nil {
		return err
	}
	if whose := i.keeps(c.Issue, c.Number); whose != "" {
		return invalid("issue", "link another one", "%s is the issue of %s", c.Issue, whose)
	}
	d := followUpDetails{c.Owner, c.Due, c.Kind, c.Priority, c.Labels}
	if c.Due == f.Due {
		d.Due = "" // it may have passed since
	}
	return d.check(now)
}

// keeps says whose issue a key is already, other than the follow-up's of that number; "" for nobody's here.
func (i *Incident) keeps(key string, but int) string {
	if key == "" {
		return ""
	}
	if i.Links.Tracker.Key == key {
		return "the incident itself"
	}
	for _, f := range i.FollowUps {
		if f.Number != but && !f.Moved() && (f.Issue.Key == key || f.Linked == key) {
			return fmt.Sprintf("follow-up %d", f.Number)
		}
	}
	for _, r := range i.Reviews {
		if r.Issue.Key == key {
			return "the learning review"
		}
	}
	return ""
}

// issueKey is how trackers name issues.
var issueKey = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,30}-[1-9][0-9]{0,9}$`)

// checkEnded refuses to change a follow-up that has ended, but for its status: it may have ended by
// mistake. Until when it can be brought back is the playbook's, and asked by whoever knows that.
func (c ChangeFollowUp) checkEnded(f *FollowUp) error {
	if f.Moved() {
		return illegal("status", "change it there", "follow-up %d was %s", f.Number, f.Reason)
	}
	if c.Status == "" || c.Status == f.Status {
		return illegal("status", "reopen it first: set its status to accepted", "follow-up %d is %s", f.Number, f.Status)
	}
	return nil
}

// Reopens reports whether the command brings back a follow-up that has ended, or ends it otherwise.
func (c ChangeFollowUp) Reopens(f *FollowUp) bool {
	return f != nil && f.Status.Ended() && c.Status != "" && c.Status != f.Status
}

// changes reports whether the command asks for something that is not so already.
func (c ChangeFollowUp) changes(f *FollowUp) bool {
	after := f.clone()
	c.onto(&after)
	return (c.Status != "" && c.Status != f.Status) || after.differs(*f)
}

// onto takes over what the command says of a follow-up, apart from its status.
func (c ChangeFollowUp) onto(f *FollowUp) {
	if c.Owner != "" {
		f.Owner = NormalPerson(c.Owner)
	}
	if c.Nobody {
		f.Owner = ""
	}
	if c.Due != "" {
		f.Due = c.Due
	}
	if c.Kind != "" {
		f.Kind = c.Kind
	}
	if c.Priority != "" {
		f.Priority = c.Priority
	}
	if c.Labels != nil {
		f.Labels = normalLabels(c.Labels)
	}
	if c.Issue != "" && c.Issue != f.Issue.Key {
		f.Linked = c.Issue
	}
	f.Urgent = f.Urgent || c.Urgent
	if who := NormalPerson(c.Actor.Person); c.Claim && f.Owner == "" && !c.Nobody && (!f.Status.Ended() || c.Reopens(f)) && CheckPerson("", who) == nil {
		f.Owner = who
	}
}

// Apply implements Command.
func (c ChangeFollowUp) Apply(i *Incident, now time.Time) Result {
	f := i.FollowUp(c.Number)
	before := f.clone()
	c.onto(f)
	status := c.Status
	if c.Urgent && status == "" && f.Status == FollowUpProposed {
		status = FollowUpAccepted
	}
	c.decide(f, status, now)
	if !f.differs(before) {
		return i.unchanged("follow-up %d is already that", f.Number).about(f)
	}
	if f.Due != before.Due {
		f.wake()
	}
	if f.Owner != before.Owner {
		i.Admit(now, f.Owner)
	}
	if before.Status.Ended() && !f.Status.Ended() {
		i.Reawaken()
	}
	f.Touched(c.Actor, before)
	reason := c.Reason
	if c.Status != FollowUpDropped {
		reason = f.Reason
	}
	return i.changed(now, c.Actor, "follow_up", "%s", withText(f.says(before), CleanLine(reason))).about(f)
}

// decide takes a follow-up to another status.
func (c ChangeFollowUp) decide(f *FollowUp, status FollowUpStatus, now time.Time) {
	if status == "" || status == f.Status {
		return
	}
	if f.Status == FollowUpProposed || status == FollowUpDropped {
		f.decided(c.Actor, now)
	}
	reopened := f.Status.Ended() && !status.Ended()
	switch f.Status = status; {
	case status.Ended():
		f.Reason, f.MergedInto = "", 0
		f.end(status, c.Reason, now)
	case reopened:
		f.Reason, f.MergedInto, f.EndedAt = "", 0, time.Time{}
	}
}

// HoldReview records that the learning review was held.
type HoldReview struct {
	Meta
	Learning string `json:"learning,omitempty"`
}

// Check implements Command.
func (c HoldReview) Check(i *Incident, _ time.Time) error { return checkReview(i, ReviewHeld) }

// Apply implements Command.
func (c HoldReview) Apply(i *Incident, now time.Time) Result {
	r := i.Review()
	if learning := CleanLine(c.Learning); r.Status == ReviewHeld && learning != "" && Clip(learning, maxEntryText) != i.Learning {
		i.Learning = Clip(learning, maxEntryText)
		return i.changed(now, c.Actor, "learning", "Learnt: %s", i.Learning)
	}
	if r.Status == ReviewHeld {
		return i.unchanged("the review was held already")
	}
	r.Status = ReviewHeld
	r.Revision++
	if l := CleanLine(c.Learning); l != "" {
		i.Learning = Clip(l, maxEntryText)
	}
	return i.changed(now, c.Actor, "review", "%s", withText("Learning review held", c.Learning))
}

// WaiveReview records that no learning review will be held, and why.
type WaiveReview struct {
	Meta
	Reason string `json:"reason"`
}

// Shape refuses what gives no reason.
func (c WaiveReview) Shape() error {
	if CleanLine(c.Reason) == "" {
		return invalid("reason", "say why it is waived; it stays on the record", "is empty")
	}
	return nil
}

// Check implements Command.
func (c WaiveReview) Check(i *Incident, _ time.Time) error {
	if err := checkReview(i, ReviewWaived); err != nil {
		return err
	}
	if i.Review().Status != ReviewWaived {
		return c.Shape()
	}
	return nil
}

// Apply implements Command.
func (c WaiveReview) Apply(i *Incident, now time.Time) Result {
	r := i.Review()
	if r.Status == ReviewWaived {
		return i.unchanged("the review was waived already")
	}
	r.Status, r.Reason = ReviewWaived, Clip(CleanLine(c.Reason), maxReason)
	r.Revision++
	return i.changed(now, c.Actor, "review", "%s", withText("Learning review waived", c.Reason))
}

func checkReview(i *Incident, want ReviewStatus) error {
	r := i.Review()
	switch {
	case r != nil && r.Status == want:
		return nil
	case i.Status.Live():
		return illegal("status", "resolve the incident first", "a review is held after resolution, the incident is %s", i.Status)
	case r == nil:
		return illegal("review", "its severity or kind asks for none", "%s has no review", i.Key())
	case r.Status.Ended():
		return illegal("review", "reopen and resolve the incident for another", "the review was %s already", r.Status)
	}
	return nil
}

// waiveReview ends a review that will never be held, since there is nothing to review any more.
func (i *Incident) waiveReview(why string) {
	if r := i.Review(); r != nil && !r.Status.Ended() {
		r.Status, r.Reason = ReviewWaived, why
		r.Revision++
	}
}

// reawaken takes a closed incident back to resolved because something is expected of it again.
func (i *Incident) reawaken(v Verb) {
	if to, err := i.Status.Next(v); err == nil && to != i.Status {
		i.Status, i.ClosedAt = to, time.Time{}
	}
}

// Reawaken takes a closed incident back to resolved because a follow-up of it was reopened.
func (i *Incident) Reawaken() { i.reawaken(VerbFollowUp) }

func orNone(d Date) string {
	if d == "" {
		return "none"
	}
	return string(d)
}
