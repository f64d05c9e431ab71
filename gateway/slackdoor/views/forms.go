package views

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"muster/incident"
	"muster/integrations/slack"
)

// Lengths of what people type. The domain takes 2000 characters and puts a word before some.
const (
	maxText   = 2000
	maxReason = 1900
)

// promises are the minutes until the next update that people can promise; 0 is none.
var promises = []int{15, 30, 60, 120, 240, 0}

// Update is the form that tells everybody how it stands.
func Update(i incident.Incident, m Meta, now time.Time) slackapi.ModalViewRequest {
	said := text("What is known, what is being done, what comes next", "", maxText)
	said.FocusOnLoad = true
	blocks := []slackapi.Block{about(i)}
	if i.LastUpdate != "" {
		blocks = append(blocks, small("The last update, "+slack.Moment(i.UpdatedAt)+":\n"+quote(i.LastUpdate, 500)))
	}
	blocks = append(blocks,
		field(BlockText, "How does it stand?", "Everybody who follows the incident reads this.", said),
		field(BlockNext, "Next update", "You are reminded when it is due.", radioPromise(i, now)),
	)
	return modal(CallbackUpdate, "Update", "Tell everybody", m, blocks...)
}

// radioPromise offers times of the next update. What was promised before is likely again.
func radioPromise(i incident.Incident, now time.Time) *slackapi.SelectBlockElement {
	var options []*slackapi.OptionBlockObject
	initial := 0
	for _, minutes := range promises {
		options = append(options, option(strconv.Itoa(minutes), promise(minutes), ""))
		if span := i.NextUpdate.Sub(i.UpdatedAt); minutes > 0 && !i.NextUpdate.IsZero() && !i.UpdatedAt.After(now) &&
			(span-time.Duration(minutes)*time.Minute).Abs() < time.Minute {
			initial = minutes
		}
	}
	return selectOne("Choose", options, strconv.Itoa(initial))
}

func promise(minutes int) string {
	switch {
	case minutes == 0:
		return "No promise"
	case minutes == 60:
		return "In an hour"
	case minutes > 60:
		return fmt.Sprintf("In %d hours", minutes/60)
	}
	return fmt.Sprintf("In %d minutes", minutes)
}

// ChangeSeverity is the form that makes it worse or milder.
func ChangeSeverity(b Book, i incident.Incident, m Meta) slackapi.ModalViewRequest {
	blocks := append([]slackapi.Block{about(i)}, severityBlocks(b, i.Severity, b.wakes(i.Kind))...)
	blocks = append(blocks, optional(BlockReason, "Why?", "", line("More customers than we thought", "", maxReason)))
	return modal(CallbackSeverity, "Severity", "Change it", m, blocks...)
}

// ChangeServices is the form that says which services the incident concerns.
func ChangeServices(b Book, i incident.Incident, m Meta) slackapi.ModalViewRequest {
	options := serviceOptions(b, i)
	if len(options) == 0 {
		return modal(CallbackServices, "Services", "", m, about(i), section("The playbook names no services."))
	}
	m.Was = &Was{Services: shown(options, i.Services)}
	return modal(CallbackServices, "Services", "Change them", m,
		about(i),
		optional(BlockServices, "What is affected?", "It decides who is paged and invited, and where it is announced.", selectSeveral("Choose services", options, i.Services)),
		small("Whoever is paged for what you add is paged as the severity says. Taking a service away takes no page back."),
	)
}

// serviceOptions are the playbook's services, and those that the incident names besides: the playbook may have
// another one by now.
func serviceOptions(b Book, i incident.Incident) []*slackapi.OptionBlockObject {
	choices := slices.Clone(b.Services)
	for _, s := range i.Services {
		if !slices.ContainsFunc(choices, func(c Choice) bool { return c.Value == s }) {
			choices = append(choices, Choice{Value: s, Label: s})
		}
	}
	return menu(choices)
}

// shown are those of the values that a menu offers.
func shown(options []*slackapi.OptionBlockObject, values []string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return chosen(options, v) == nil })
}

// ChangeKind is the form that says of what sort the occurrence is.
func ChangeKind(i incident.Incident, m Meta) slackapi.ModalViewRequest {
	return modal(CallbackKind, "Kind", "Change it", m,
		about(i),
		field(BlockKind, "Kind", "", radio(kindOptions(), orKind(i.Kind))),
		small("Changing it takes no page back. A drill pages only if that was asked for when it was declared."),
	)
}

// Role is the form that gives a role to a person, me (a Slack user ID) unless another is chosen.
func Role(b Book, i incident.Incident, m Meta, me string) slackapi.ModalViewRequest {
	var choices []Choice
	for _, r := range b.Roles {
		label := capital(roleName(r))
		if h := i.Holder(r); h != "" {
			label += ": " + h
		}
		choices = append(choices, Choice{Value: string(r), Label: label})
	}
	if len(choices) == 0 {
		choices = []Choice{{Value: string(incident.RoleCommander), Label: "Commander"}}
	}
	initial := choices[0].Value
	for _, c := range choices {
		if i.Holder(incident.Role(c.Value)) == "" {
			initial = c.Value
			break
		}
	}
	nobody := slackapi.NewCheckboxGroupsBlockElement(entry, option(BlockNobody, "Nobody holds it for now", "The role is taken back."))
	return modal(CallbackRole, "Roles", "Give the role", m,
		about(i),
		field(BlockRole, "Role", "One person holds a role at a time. Whoever held it before is relieved.", selectOne("Choose a role", menu(choices), initial)),
		optional(BlockPerson, "Person", "", person(me)),
		optional(BlockNobody, "Or", "", nobody),
	)
}

func roleName(r incident.Role) string { return spaced(string(r)) }

// FollowUp is the form that proposes work that came out of the incident.
func FollowUp(i incident.Incident, m Meta, title string) slackapi.ModalViewRequest {
	what := line("Alert on the queue's age", incident.CleanLine(title), incident.MaxTitle)
	what.FocusOnLoad = true
	blocks := []slackapi.Block{
		about(i),
		field(BlockTitle, "What should be done?", "It is a proposal. Whether to do it is decided later, when everybody has slept.", what),
		optional(BlockOwner, "Owner", "Who should see to it, if you know.", person("")),
		optional(BlockDue, "Due", "", slackapi.NewDatePickerBlockElement(entry)),
	}
	blocks = append(blocks, proposalDetails()...)
	return modal(CallbackFollowUp, "Follow-up", "Propose it", m, append(blocks, carried(m, "From this message")...)...)
}

// Mitigate is the form that says that it no longer hurts.
func Mitigate(i incident.Incident, m Meta) slackapi.ModalViewRequest {
	return modal(CallbackMitigate, "Mitigate", "It no longer hurts", m,
		about(i),
		small("The cause may remain, and the incident stays until it is resolved. Everybody who follows it is told. It can be reopened."),
		optional(BlockText, "What helped?", "", text("Rolled back release 7", "", maxReason)),
	)
}

// Resolve is the form that ends the incident and asks what was learnt. Ended is what was typed
// already of what ended it.
func Resolve(i incident.Incident, m Meta, ended string) slackapi.ModalViewRequest {
	note := "All pages are withdrawn, and everybody who follows it is told. It can be reopened."
	return modal(CallbackResolve, "Resolve", "Resolve", m,
		about(i),
		small(note),
		optional(BlockText, "What ended it?", "", text("Rolled back release 7", ended, maxReason)),
		optional(BlockLearning, "What did we learn?", "One sentence is plenty, and it may stay empty.",
			line("The cache hides a slow database for an hour", i.Learning, maxReason)),
	)
}

// Cancel is the form that says that it was no incident.
func Cancel(i incident.Incident, m Meta) slackapi.ModalViewRequest {
	return modal(CallbackCancel, "Cancel", "Cancel the incident", m,
		about(i),
		small("For what was none: a false alarm, or a slip. It is not counted, and all pages are withdrawn. What hurt and is over is resolved instead. It can be reopened."),
		optional(BlockReason, "Why?", "", line("The alert was wrong", "", maxReason)),
	)
}

// Reopen is the form that says that it is not over.
func Reopen(i incident.Incident, m Meta) slackapi.ModalViewRequest {
	return modal(CallbackReopen, "Reopen", "Reopen", m,
		about(i),
		small("The incident is open again. A learning review that was planned waits until it is resolved."),
		optional(BlockReason, "What happened?", "", line("It came back", "", maxReason)),
	)
}

// Title is the form that gives the incident another title.
func Title(i incident.Incident, m Meta) slackapi.ModalViewRequest {
	title := line("Checkout is down", i.Title, incident.MaxTitle)
	title.FocusOnLoad = true
	return modal(CallbackTitle, "Title", "Change it", m,
		about(i),
		field(BlockTitle, "Title", "The channel keeps its name.", title),
	)
}

// Refine is the form that adds to what was declared in a hurry.
func Refine(b Book, i incident.Incident, m Meta) slackapi.ModalViewRequest {
	m.Was = &Was{Title: i.Title, Severity: i.Severity}
	title := field(BlockTitle, "Title", "", line("Checkout is down", i.Title, incident.MaxTitle)).WithOptional(i.Title == "")
	blocks := []slackapi.Block{about(i), title}
	blocks = append(blocks, severityBlocks(b, i.Severity, b.wakes(i.Kind))...)
	blocks = append(blocks, optional(BlockText, "What is known?", "Everybody who follows the incident reads this.",
		text("What is known, what is being done, what comes next", "", maxText)))
	return modal(CallbackRefine, "Add details", "Save", m, blocks...)
}

// Note is the form that puts something on the timeline.
func Note(i incident.Incident, m Meta) slackapi.ModalViewRequest {
	said := text("The queue began to grow at 14:05", m.Text, maxText)
	said.FocusOnLoad = true
	return modal(CallbackNote, "Timeline", "Note it", m,
		about(i),
		field(BlockText, "What happened?", "It goes on the timeline, with your name and the time.", said),
	)
}

// PauseReminders is the form that lets reminders rest, or come again.
func PauseReminders(i incident.Incident, m Meta, now time.Time) slackapi.ModalViewRequest {
	until := slackapi.NewDateTimePickerBlockElement(entry)
	until.InitialDateTime = now.Add(8 * time.Hour).Truncate(time.Hour).Unix()
	blocks := []slackapi.Block{about(i), small("Nobody is reminded of the learning review, of follow-ups and of promised updates until then. What comes due meanwhile is reminded of once, afterwards. Pages never rest.")}
	if !i.RemindersPaused(now) {
		return modal(CallbackPause, "Reminders", "Pause them", m, append(blocks, field(BlockUntil, "Until when?", "At most 30 days.", until))...)
	}
	until.InitialDateTime = i.RemindersPausedUntil.Unix()
	off := slackapi.NewCheckboxGroupsBlockElement(entry, option(BlockOff, "Let them come again now", "The pause ends."))
	return modal(CallbackPause, "Reminders", "Change it", m, append(blocks,
		optional(BlockUntil, "Until when?", "At most 30 days.", until), optional(BlockOff, "Or", "", off))...)
}

// Page is the form that pages somebody besides those that the severity asks for.
func Page(b Book, i incident.Incident, m Meta) slackapi.ModalViewRequest {
	options := menu(b.Targets)
	blocks := append([]slackapi.Block{about(i)}, pageLines(i)...)
	if len(options) == 0 {
		none := "The playbook names nobody who can be paged. Invite people to the channel, or add a target to the playbook."
		return modal(CallbackPage, "Page someone", "", m, append(blocks, section(none))...)
	}
	return modal(CallbackPage, "Page someone", "Page now", m, append(blocks,
		optional(BlockTarget, "Whom?", "They are paged now, whatever the severity and the hour.", selectOne("Choose whom to page", options, onlyOne(options))),
		optional(BlockPerson, "Or a person", "They are called as they have set it up at PagerDuty.", person("")))...)
}

// allPages is the choice of who takes every page.
const allPages = "all"

// Acknowledge is the form that asks which page a person takes: the others ring on.
func Acknowledge(i incident.Incident, m Meta) slackapi.ModalViewRequest {
	var choices []Choice
	for _, p := range i.Asking() {
		label := p.Target
		if len(p.Asked) > 0 {
			label += ": " + strings.Join(p.Asked, ", ")
		}
		choices = append(choices, Choice{Value: strconv.Itoa(p.Number), Label: label})
	}
	choices = append(choices, Choice{Value: allPages, Label: "All of them: nobody else is woken"})
	return modal(CallbackAck, "Acknowledge", "I take it", m,
		about(i),
		field(BlockPage, "Whose page do you take?", "The others ring on until their people answer.", selectOne("Choose a page", menu(choices), "")),
	)
}

// pageLines tell how the pages stand, so that nobody is paged twice for want of knowing.
func pageLines(i incident.Incident) []slackapi.Block {
	if len(i.Pages) == 0 {
		return nil
	}
	lines := []string{"Pages so far:"}
	for _, p := range slices.Backward(i.Pages) { // the newest first
		lines = append(lines, pageLine(p))
	}
	return []slackapi.Block{small(bounded(lines, maxSection))}
}

// about says which incident a form is about, as far as it could be looked up.
func about(i incident.Incident) slackapi.Block {
	markup := strings.TrimSpace("*" + i.Key() + "* " + esc(i.Shown(), 400))
	if i.Status != "" && i.Severity != 0 {
		markup += "\n" + string(i.Status) + ", severity " + strconv.Itoa(int(i.Severity))
	}
	return section(markup)
}
