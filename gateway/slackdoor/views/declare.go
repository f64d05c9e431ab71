package views

import (
	"strconv"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"muster/incident"
	"muster/integrations/slack"
)

// DeclareForm is what the form for declaring starts with.
type DeclareForm struct {
	Title    string
	Severity incident.Severity
	Services []string
	// Kind is an incident when empty.
	Kind      incident.Kind
	Private   bool
	StartedAt time.Time
}

// Values of the checkboxes of Declare.
const (
	optionPrivate   = "private"
	optionPageDrill = "page_drill"
)

// Declare is the form that opens an incident. Only the title must be filled in.
func Declare(b Book, f DeclareForm, m Meta) slackapi.ModalViewRequest {
	title := line("Checkout is down", incident.CleanLine(f.Title), incident.MaxTitle)
	title.FocusOnLoad = true
	blocks := []slackapi.Block{
		field(BlockTitle, "What is wrong?", "A few words are enough. Everything can be changed later.", title),
	}
	if f.Severity == 0 {
		f.Severity = b.Default
	}
	blocks = append(blocks, severityBlocks(b, f.Severity, b.whatPages())...)
	if options := menu(b.Services); len(options) > 0 {
		blocks = append(blocks, optional(BlockServices, "What is affected?", "It decides who is paged. Leave it empty if you do not know.",
			selectSeveral("Choose services", options, f.Services)))
	}
	blocks = append(blocks,
		field(BlockKind, "Kind", "", radio(kindOptions(), orKind(f.Kind))),
		optional(BlockOptions, "Also", "", declareOptions(f)),
		optional(BlockStarted, "When did it start?", "Leave it empty if it has just begun.", dateTime(f.StartedAt)),
		optional(BlockResolved, "When was it over?", "Only if it is over already. Nobody is paged or told then, and no channel is opened.", dateTime(time.Time{})),
	)
	return modal(CallbackDeclare, "Declare an incident", "Declare", m, append(blocks, exposing(m, "This message goes on the timeline")...)...)
}

// severityBlocks asks for the severity and says what each means, and whom it wakes.
func severityBlocks(b Book, initial incident.Severity, wakes string) []slackapi.Block {
	var options []*slackapi.OptionBlockObject
	var long []string
	for _, s := range b.Severities {
		hint := incident.CleanLine(s.Hint)
		label := strconv.Itoa(int(s.Level))
		if name := incident.CleanLine(s.Name); name != "" {
			label += " – " + name
		}
		options = append(options, option(strconv.Itoa(int(s.Level)), label, hint))
		if units(hint) > maxOption { // the menu cuts it, so it is also shown below
			long = append(long, "*"+esc(label, maxOption)+"*: "+esc(hint, 400))
		}
	}
	if len(options) == 0 {
		return nil
	}
	out := []slackapi.Block{field(BlockSeverity, "Severity", "", radio(options, strconv.Itoa(int(initial))))}
	long = append(long, slack.Escape(strings.TrimSpace(wakes+" It can be changed at any time.")))
	return append(out, small(strings.Join(long, "\n")))
}

// dateTime asks for a moment, beginning with one that is known.
func dateTime(known time.Time) *slackapi.DateTimePickerBlockElement {
	e := slackapi.NewDateTimePickerBlockElement(entry)
	if !known.IsZero() {
		e.InitialDateTime = known.Unix()
	}
	return e
}

func kindOptions() []*slackapi.OptionBlockObject {
	return []*slackapi.OptionBlockObject{
		option(string(incident.KindIncident), "Incident", "Something is wrong. It pages as its severity says."),
		option(string(incident.KindNearMiss), "Near miss", "It nearly went wrong. It wakes nobody."),
		option(string(incident.KindDrill), "Drill", "A rehearsal. It wakes nobody unless you ask for it."),
		option(string(incident.KindExternal), "External", "Another company's incident. It wakes nobody."),
	}
}

func orKind(k incident.Kind) string {
	if !k.Valid() {
		k = incident.KindIncident
	}
	return string(k)
}

func declareOptions(f DeclareForm) *slackapi.CheckboxGroupsBlockElement {
	private := option(optionPrivate, "Private", "Only people who are invited see it. It is announced nowhere.")
	c := slackapi.NewCheckboxGroupsBlockElement(entry, private,
		option(optionPageDrill, "Page for this drill", "A drill then pages as its severity says, marked DRILL."))
	if f.Private {
		c.InitialOptions = []*slackapi.OptionBlockObject{private}
	}
	return c
}

// carried shows the message that the form takes along.
func carried(m Meta, what string) []slackapi.Block {
	if m.Text == "" {
		return nil
	}
	by := what
	if m.Author != "" {
		by += ", by " + who(m.Author)
	}
	if m.Source.URL != "" {
		by += ", " + linked(incident.Link{Label: "see it", URL: m.Source.URL})
	}
	return []slackapi.Block{small(by + ":\n" + quote(m.Text, 500))}
}

// exposing is carried for a form whose incident may have more readers than the message had.
func exposing(m Meta, what string) []slackapi.Block {
	blocks := carried(m, what)
	if m.Hidden && len(blocks) > 0 {
		blocks = append(blocks, small("*It was written where not everybody may read.* Here everybody can read it who may see the incident."))
	}
	return blocks
}
