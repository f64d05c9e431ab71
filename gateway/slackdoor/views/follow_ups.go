package views

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/integrations/slack"
)

// maxDecided is how many follow-ups of a list have buttons.
const maxDecided = 12

// FollowUps shows follow-ups, open ones each with what can become of it; all are those that have ended, too.
func FollowUps(list incidents.FollowUpList, ended bool) Say {
	all := list.FollowUps
	title := fmt.Sprintf("%d follow-ups", len(all))
	switch {
	case len(all) == 0 && ended:
		title = "There is no such follow-up."
	case len(all) == 0:
		title = "No such follow-up is open."
	case len(all) == 1:
		title = "1 follow-up"
	}
	blocks := []slackapi.Block{section("*" + title + "*")}
	end := followUpsEnd(list)
	room := maxMessage - sizes(blocks) - sizes(end)
	shown := 0
	for _, l := range all {
		pair := followUpBlocks(l)
		if room -= sizes(pair); shown == maxDecided || room < maxRest {
			break
		}
		blocks = append(blocks, pair...)
		shown++
	}
	var lines []string
	for _, l := range all[shown:] {
		lines = append(lines, "• "+followUpLine(l))
	}
	if len(lines) > 0 {
		blocks = append(blocks, section(bounded(lines, maxRest-300)))
	}
	return Say{Text: title, Blocks: append(blocks, end...)}
}

// maxRest is the room that is kept for those without buttons.
const maxRest = 2500

// followUpsEnd says what a list leaves out.
func followUpsEnd(list incidents.FollowUpList) []slackapi.Block {
	var blocks []slackapi.Block
	if list.NextPageToken != "" {
		blocks = append(blocks, small("There may be more. Ask for fewer: `follow-ups mine`, `follow-ups overdue` or `follow-ups service:checkout`."))
	}
	if list.Incomplete != "" {
		blocks = append(blocks, small(esc(list.Incomplete, 300)+"."))
	}
	return append(blocks, noteBlocks(list.Note)...)
}

// followUpBlocks is a follow-up with its buttons, of which one that has ended has none.
func followUpBlocks(l incidents.ListedFollowUp) []slackapi.Block {
	if l.Status.Ended() {
		return []slackapi.Block{section(followUpLine(l))}
	}
	value := incident.FollowUpButtonValue(l.Incident, &incident.FollowUp{Number: l.Number, Revision: l.Revision})
	first := primary(button(incident.ActionFollowUpAccept, value, "Accept"))
	if l.Status == incident.FollowUpAccepted {
		first = primary(button(incident.ActionFollowUpDone, value, "Done"))
	}
	return []slackapi.Block{section(followUpLine(l)), actions(first, button(incident.ActionFollowUpChange, value, "Change"))}
}

// followUpLine is one follow-up in a list: Alert on the queue's age · follow-up 1 of INC-7 · proposed.
func followUpLine(l incidents.ListedFollowUp) string {
	parts := []string{
		linked(incident.Link{Label: slack.Clip(l.Title, 250), URL: l.Issue.URL}),
		fmt.Sprintf("follow-up %d of %s", l.Number, incident.Key(l.Incident)), string(l.Status),
	}
	if l.Owner != "" {
		parts = append(parts, who(l.Owner))
	} else {
		parts = append(parts, "owned by nobody")
	}
	switch {
	case l.Overdue:
		parts = append(parts, "*overdue since "+esc(string(l.Due), 20)+"*")
	case l.Due != "":
		parts = append(parts, "due "+esc(string(l.Due), 20))
	}
	if l.Urgent {
		parts = append(parts, "urgent")
	}
	if l.Priority != "" {
		parts = append(parts, esc(string(l.Priority), 20)+" priority")
	}
	if !l.SnoozedUntil.IsZero() {
		parts = append(parts, "snoozed until "+slack.Moment(l.SnoozedUntil))
	}
	return strings.Join(parts, " · ")
}

// What can become of a follow-up in its form.
const (
	becomeKept     = "kept"
	becomeAccepted = "accepted"
	becomeDone     = "done"
	becomeDropped  = "dropped"
	becomeMerged   = "merged"
	becomeSnoozed  = "snoozed"
)

// ChangeFollowUp is the form of all that can become of a follow-up, filled in with what stands, so
// that sending it as it is accepts what is proposed and leaves alone what is accepted. Owner is its
// owner's Slack user ID, empty where that is not known or nobody is. What was typed already comes on top.
func ChangeFollowUp(i incident.Incident, number int, owner string, d Draft, m Meta) slackapi.ModalViewRequest {
	f := incident.FollowUp{Number: number, Status: incident.FollowUpProposed}
	if known := i.FollowUp(number); known != nil {
		f = *known
	}
	m.FollowUp, m.Was = number, &Was{Owner: owner, Due: f.Due}
	ownerHint := "Nobody owns it yet. Whoever accepts it does, unless somebody else is chosen."
	switch {
	case f.Owner != "" && owner == "":
		ownerHint = "It stays with " + f.Owner + " unless somebody else is chosen."
	case f.Owner != "":
		ownerHint = "Choose somebody else to hand it over."
	}
	day := slackapi.NewDatePickerBlockElement(entry)
	day.InitialDate = string(cmp.Or(d.Due, f.Due))
	options, initial := becomeOptions(f)
	if slices.ContainsFunc(options, func(o *slackapi.OptionBlockObject) bool { return o.Value == d.Become }) {
		initial = d.Become
	}
	until := slackapi.NewDateTimePickerBlockElement(entry)
	if !d.Until.IsZero() {
		until.InitialDateTime = d.Until.Unix()
	}
	blocks := []slackapi.Block{section(aboutFollowUp(i, f))}
	if d.Missing != "" {
		blocks = append(blocks, section(missing(d.Missing, "")))
	}
	blocks = append(blocks,
		field(BlockBecome, "What should become of it?", "", radio(options, initial)),
		optional(BlockOwner, "Owner", ownerHint, person(cmp.Or(d.Owner, owner))),
		optional(BlockDue, "Due", "", day),
		optional(BlockReason, "Why?", "Needed to drop or to snooze it; it stays on the record.", line("The queue is gone", d.Reason, maxReason)),
	)
	if others := otherFollowUps(i, number); len(others) > 0 {
		blocks = append(blocks, optional(BlockInto, "Merge it into", "Its labels and its priority go along.", selectOne("Choose a follow-up", others, "")))
	}
	blocks = append(blocks, optional(BlockUntil, "Snooze it until", "At most 90 days, and three times.", until))
	return modal(CallbackChangeFollowUp, "Follow-up", "Save", m, blocks...)
}

// Draft is what somebody typed of what should become of a follow-up, and what is missing in it.
type Draft struct {
	// Missing is a sentence, without a capital and a full stop; empty where nothing is.
	Missing string
	// Become is a status, or one of BecomeMerged and BecomeSnoozed; empty where it is not known.
	Become string
	// Owner is a Slack user ID.
	Owner  string
	Due    incident.Date
	Reason string
	Until  time.Time
}

// What a Draft may say besides a status.
const (
	BecomeMerged  = becomeMerged
	BecomeSnoozed = becomeSnoozed
)

func becomeOptions(f incident.FollowUp) (options []*slackapi.OptionBlockObject, initial string) {
	if f.Status == incident.FollowUpProposed {
		options = []*slackapi.OptionBlockObject{
			option(becomeAccepted, "Accept it", "Its owner does it, by the date below."), option(becomeKept, "Leave it proposed", "Only owner and date change."),
		}
	} else {
		options = []*slackapi.OptionBlockObject{
			option(becomeKept, "Go on with it", "Owner and date may change."), option(becomeDone, "It is done", ""),
		}
	}
	return append(options,
		option(becomeDropped, "Drop it", "Nobody will do it. Say why below."),
		option(becomeMerged, "Merge it into another one", "It is the same work. Choose which below."),
		option(becomeSnoozed, "Snooze it", "Nobody is reminded of it. Say until when and why below."),
	), options[0].Value
}

// aboutFollowUp says which follow-up a form is about, as far as it could be looked up.
func aboutFollowUp(i incident.Incident, f incident.FollowUp) string {
	markup := fmt.Sprintf("*Follow-up %d of %s*", f.Number, i.Key())
	if f.Title == "" {
		return markup
	}
	markup += " " + linked(incident.Link{Label: slack.Clip(f.Title, 250), URL: f.Issue.URL}) + "\n" + string(f.Status)
	if f.Kind != "" {
		markup += ", to " + string(f.Kind)
	}
	if f.Priority != "" {
		markup += ", " + string(f.Priority) + " priority"
	}
	if i.Title != "" {
		markup += ", of “" + esc(i.Shown(), 200) + "”"
	}
	return markup
}

// otherFollowUps are those that a follow-up may be merged into.
func otherFollowUps(i incident.Incident, number int) []*slackapi.OptionBlockObject {
	var choices []Choice
	for _, f := range i.FollowUps {
		if f.Number != number && !f.Status.Ended() {
			choices = append(choices, Choice{Value: fmt.Sprint(f.Number), Label: fmt.Sprintf("%d: %s", f.Number, f.Title)})
		}
	}
	return menu(choices)
}

// followUpOptions are the menus of a proposal.
func followUpOptions() (kinds, priorities []*slackapi.OptionBlockObject) {
	does := map[incident.FollowUpKind]string{
		incident.FollowUpPrevent: "it does not happen again", incident.FollowUpDetect: "it is noticed earlier",
		incident.FollowUpMitigate: "it hurts less", incident.FollowUpLearn: "we understand more",
	}
	for _, k := range incident.FollowUpKinds() {
		kinds = append(kinds, option(string(k), capital(string(k))+": "+does[k], ""))
	}
	for _, p := range incident.FollowUpPriorities() {
		priorities = append(priorities, option(string(p), capital(string(p)), ""))
	}
	return kinds, priorities
}

// proposalDetails are what may be said of a proposal besides its title, owner and date.
func proposalDetails() []slackapi.Block {
	kinds, priorities := followUpOptions()
	urgent := slackapi.NewCheckboxGroupsBlockElement(entry, option(BlockUrgent, "It cannot wait", "It is accepted at once, and nobody is asked to decide."))
	return []slackapi.Block{
		optional(BlockKind, "What is it good for?", "", selectOne("Choose", kinds, "")),
		optional(BlockPriority, "Priority", "", selectOne("Choose", priorities, "")),
		optional(BlockUrgent, "Urgent", "", urgent),
	}
}

// dueDay reads a date picker.
func (r *reader) dueDay() incident.Date {
	s := r.one(BlockDue)
	if s == "" {
		return ""
	}
	due, err := incident.ParseDate("due", s)
	if err != nil {
		r.failWith(err)
	}
	return due
}

// moment reads a date and time picker; the zero time where none was chosen.
func (r *reader) moment(block string) time.Time {
	s := r.one(block)
	if s == "" {
		return time.Time{}
	}
	at, err := unixTime(s)
	if err != nil {
		r.fail(block, "Choose a day and a time.")
	}
	return at
}
