package views

import (
	"strings"

	slackapi "github.com/slack-go/slack"

	"muster/incident"
	"muster/integrations/slack"
)

// Missing says what is missing in a command whose word leaves no doubt that it is one.
func Missing(verb, why string) Say { return Plain(missing(why, verb)) }

func missing(why, verb string) string {
	if rest, ok := strings.CutPrefix(why, "it takes "); ok && verb != "" {
		return "`" + codeText(verb, 40) + "` takes " + esc(strings.TrimRight(rest, "."), 400) + "."
	}
	return esc(capital(strings.TrimRight(why, ".")), 400) + "."
}

// WithNote puts a sentence at the top of a form.
func WithNote(v slackapi.ModalViewRequest, why string) slackapi.ModalViewRequest {
	v.Blocks.BlockSet = append([]slackapi.Block{section(missing(why, ""))}, v.Blocks.BlockSet...)
	return v
}

// AskBehind asks whether a line such as "accept 1" is meant behind another word: "follow-up accept 1". Typed
// is the line as Slack sent it, runs says that the command can go on, and wordy that the line may be a title.
func AskBehind(command, verb, typed string, runs, wordy bool) Say {
	typed = incident.CleanLine(typed)
	whole, plain := verb+" "+typed, slack.Plain(typed, nil)
	question := "Do you mean `" + codeText(command+" "+verb+" "+plain, 400) + "`? Nothing was declared."
	first, _, _ := strings.Cut(plain, " ")
	blocks := []slackapi.Block{section(question)}
	if runs && units(whole) <= maxButtonValue { // what is cut is another command
		blocks = []slackapi.Block{beside(question, button(ActionRun, whole, capital(strings.ToLower(first))))}
	}
	switch strings.ToLower(first) {
	case "reopen":
		blocks = append(blocks, small("To reopen the incident itself, begin the reason with a word: `"+codeText(command, 40)+" reopen it came back`."))
	case "merge":
		blocks = append(blocks, small("Incidents are merged by their keys: `"+codeText(command, 40)+" merge INC-7`."))
	default:
		if wordy && units(typed) <= maxButtonValue {
			blocks = append(blocks, beside("A new incident: "+esc(plain, 300), button(incident.ActionDeclare, typed, "Declare it")))
			break
		}
		blocks = append(blocks, small("For a new incident, write `"+codeText(command, 40)+" declare` in front of its title."))
	}
	return Say{Text: question, Blocks: blocks}
}
