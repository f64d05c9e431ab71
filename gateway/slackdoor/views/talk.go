package views

import (
	"fmt"
	"strconv"
	"strings"

	slackapi "github.com/slack-go/slack"

	"muster/incident"
	"muster/integrations/slack"
	"muster/playbook"
)

// Answer is what Muster answers when it is talked to.
type Answer int

// The answers.
const (
	AnswerSaid Answer = iota
	AnswerThanks
	AnswerGreeting
	AnswerQuestion
	AnswerSearch
)

// answers are the words of each. None of them promises what Muster cannot do.
var answers = map[Answer]string{
	AnswerThanks:   "You are welcome. Muster is here when something is wrong.",
	AnswerGreeting: "Hello. Muster is here when something is wrong.",
	AnswerQuestion: "Muster answers no questions, but it shows what is open. If something is wrong, declare it: early is better.",
	AnswerSearch:   "Muster has no such command. `search` and words finds incidents of all times; if something is wrong, declare it.",
	AnswerSaid:     "Nothing was declared. Is something wrong?",
}

// Talk answers what people say to Muster that declares nothing, and offers what they may have meant.
// Typed is the line as Slack sent it; inChannel says that it was said in an incident's channel.
func Talk(a Answer, typed, command string, inChannel bool) Say {
	typed = incident.CleanLine(typed)
	text := answers[a]
	list, help := button(ActionRun+"/list", "list", "What is open"), button(ActionRun+"/help", "help", "How to use "+slack.Clip(command, 40))
	if a == AnswerThanks || a == AnswerGreeting {
		return saying(text, text, actions(button(incident.ActionDeclare, "", "Declare an incident"), list, help))
	}
	shown := slack.Plain(typed, nil)
	blocks := []slackapi.Block{section(text)}
	if units(typed) <= maxButtonValue { // what is cut is another title
		declare := button(incident.ActionDeclare, typed, "Declare it")
		if a == AnswerSaid {
			declare = primary(declare)
		}
		row := []*slackapi.ButtonBlockElement{declare, button(ActionDeclareForm, typed, "Fill in the form")}
		if update := "update " + typed; inChannel && a == AnswerSaid && units(update) <= maxButtonValue {
			row = append(row, button(ActionRun+"/update", update, "Post it as an update"))
		}
		blocks = append(blocks, section("A new incident: "+esc(shown, 300)), actions(row...))
	}
	return Say{Text: text, Blocks: append(blocks, actions(list, help))}
}

// AskSeverity asks which severity is meant by a title that may name one, or several.
func AskSeverity(b Book, line string, maybe []incident.Severity) Say {
	question := "“" + esc(line, 300) + "”: which severity is it?"
	var row []*slackapi.ButtonBlockElement
	seen := map[incident.Severity]bool{}
	for _, level := range append(maybe, b.Default) {
		if !seen[level] {
			seen[level] = true
			row = append(row, button(ActionDeclareAs+"/"+strconv.Itoa(int(level)), declareAs(level, line), "Severity "+b.SeverityName(level)))
		}
	}
	small := small("Nothing is declared yet. The button declares it with this title.")
	return saying(question, question, actions(row...), small)
}

func declareAs(level incident.Severity, line string) string {
	return strconv.Itoa(int(level)) + " " + line
}

// ParseDeclareAs reads the value of a button of AskSeverity.
func ParseDeclareAs(value string) (incident.Severity, string, error) {
	number, line, _ := strings.Cut(value, " ")
	level, err := strconv.Atoi(number)
	if err != nil || !incident.Severity(level).Valid() {
		return 0, "", &incident.Problem{
			Code: incident.CodeInvalid, Field: "severity", Reason: fmt.Sprintf("%q is no severity", slack.Clip(number, 40)), Mend: "type the title again",
		}
	}
	return incident.Severity(level), line, nil
}

// AskSeverityOrNew asks whether a line such as "severity 1 everything is down" changes an incident or
// declares one, where there is no incident's channel that could tell.
func AskSeverityOrNew(shown, typed string) Say {
	typed = incident.CleanLine(typed)
	question := "A new incident, or another severity for one that is open?"
	if units("declare "+typed) > maxButtonValue {
		return Plain(question + " The text is too long to keep here; type it again behind declare, or behind severity and the incident's number.")
	}
	return Say{Text: question, Blocks: []slackapi.Block{
		section(question),
		beside("A new incident: "+esc(shown, 300), primary(button(incident.ActionDeclare, typed, "Declare it"))),
		beside("For one that is open, write its number behind the word: `severity INC-7 1`.", button(ActionRun, "list", "What is open")),
	}}
}

// TakenNote says what was read out of a title, and how to undo it: services is the command that does,
// without the service.
func TakenNote(b Book, t playbook.Taken, services string) string {
	var notes []string
	if t.Severity != 0 {
		notes = append(notes, fmt.Sprintf("Severity %s was read from “%s”.", b.SeverityName(t.Severity), t.SeverityWords))
	}
	if t.Service != "" {
		notes = append(notes, fmt.Sprintf("The service %s was read from “%s”; if it is not meant, type `%s -%s`, which takes no page back.", t.Service, t.ServiceWords, services, t.Service))
	}
	return strings.Join(notes, " ")
}
