package views

import (
	"fmt"
	"strings"

	slackapi "github.com/slack-go/slack"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/integrations/slack"
)

// maxPicks is how many incidents a message offers as buttons.
const maxPicks = 20

// Merge is the form that says that the incident is the same as another one.
func Merge(i incident.Incident, m Meta, open []incidents.Listed) slackapi.ModalViewRequest {
	var others []incidents.Listed
	for _, l := range open {
		if l.Number != i.Number {
			others = append(others, l)
		}
	}
	blocks := []slackapi.Block{
		about(i),
		small("Its people, alerts and follow-ups move to the other incident, which goes on. This channel stays, with a link."),
	}
	label := "Which one is it?"
	number := line("INC-7", "", 20)
	if options := incidentOptions(others); len(options) > 0 {
		blocks = append(blocks, optional(BlockInto, label, "", selectOne("Choose an incident", options, "")))
		label = "Or its number"
		blocks = append(blocks, optional(BlockNumber, label, "For one that is not in the list.", number))
	} else {
		blocks = append(blocks, field(BlockNumber, "The other incident's number", "", number))
	}
	return modal(CallbackMerge, "Merge", "Merge", m, blocks...)
}

// Pick is the form that asks for which incident a command is meant.
func Pick(action string, open []incidents.Listed, m Meta) slackapi.ModalViewRequest {
	m.Action = action
	number := line("INC-7", "", 20)
	var blocks []slackapi.Block
	if options := incidentOptions(open); len(options) > 0 {
		blocks = append(blocks,
			optional(BlockIncident, "For which incident?", "", selectOne("Choose an incident", options, onlyOne(options))),
			optional(BlockNumber, "Or its number", "For one that is not in the list.", number),
		)
	} else {
		blocks = append(blocks,
			section("No incident is open."),
			field(BlockNumber, "The incident's number", "For one that is over.", number),
		)
	}
	return modal(CallbackPick, "Which incident?", "Go on", m, append(blocks, exposing(m, "For this message")...)...)
}

// onlyOne is chosen from the start when there is nothing else to choose.
func onlyOne(options []*slackapi.OptionBlockObject) string {
	if len(options) == 1 {
		return options[0].Value
	}
	return ""
}

func incidentOptions(list []incidents.Listed) []*slackapi.OptionBlockObject {
	var choices []Choice
	for _, l := range list {
		choices = append(choices, Choice{Value: incident.Key(l.Number), Label: fmt.Sprintf("%s %s", incident.Key(l.Number), l.Title)})
	}
	return menu(choices)
}

// PickMessage asks for which incident a command is meant, with a button for each. The command is
// as Slack sent it, escaped, so that the mentions in it still name people.
func PickMessage(command string, open []incidents.Listed) Say {
	command = incident.CleanText(command)
	word, _, _ := strings.Cut(command, " ")
	write := "write its number behind the command, such as `" + codeText(slack.Plain(word, nil), 40) + " INC-7`."
	if len(open) == 0 {
		return Plain("No incident is open. For one that is over, " + write)
	}
	question := "For which incident?"
	blocks := []slackapi.Block{section("*" + question + "*\n" + quote(slack.Plain(command, nil), 500))}
	room := maxMessage - sizes(blocks)
	offered := 0
	for _, l := range open {
		value := pickValue(l.Number, command)
		b := beside(listedLine(l, Book{}), button(ActionPick, value, "This one"))
		// A command that is cut is another one, so a button carries all of it or is not there.
		if room -= sizes([]slackapi.Block{b}); room < 0 || offered == maxPicks || units(value) > maxButtonValue {
			break
		}
		blocks = append(blocks, b)
		offered++
	}
	more := "For another one, " + write
	if n := len(open) - offered; n > 0 {
		more = fmt.Sprintf("%d more are open. ", n) + more
	}
	if offered == 0 {
		more = "The text is too long to keep here. Say it again in the incident's channel, or " + write
	}
	return Say{Text: question, Blocks: append(blocks, small(more))}
}

func pickValue(number int, command string) string { return incident.Key(number) + " " + command }

// ParsePick reads the value of a button of PickMessage: the incident and the command for it.
func ParsePick(value string) (number int, command string, err error) {
	key, command, _ := strings.Cut(value, " ")
	number, err = incident.ParseKey(key)
	return number, command, err
}
