package views

import (
	"fmt"
	"strings"

	slackapi "github.com/slack-go/slack"

	"muster/incident"
	"muster/integrations/slack"
)

// Say is a message that answers a person. Only they see it unless InChannel is set; Replace
// puts it in the place of the message whose button was pressed.
type Say struct {
	// Text is what notifications show, and all there is when there are no blocks.
	Text      string
	Blocks    []slackapi.Block
	InChannel bool
	Replace   bool
}

// saying makes a Say of one paragraph of markup.
func saying(fallback, markup string, more ...slackapi.Block) Say {
	return Say{Text: fallback, Blocks: append([]slackapi.Block{section(markup)}, more...)}
}

// Plain says one thing. The text is markup: user text in it is escaped by the caller.
func Plain(markup string) Say {
	markup = strings.TrimSpace(markup)
	if units(markup) > maxSection || markup == "" {
		markup = esc(markup, maxSection) // cut markup may say anything, so it becomes text
	}
	if markup == "" {
		markup = "…"
	}
	return saying(markup, markup)
}

// Declared says that an incident is declared (or was already) and who is being woken, and offers
// what is best done now: to page somebody where nobody is. Waking is nil where it is not known.
// Notes are sentences that say more.
func Declared(number int, title, severityName string, existing bool, links []incident.Link, waking *incident.Waking, notes ...string) Say {
	key := incident.Key(number)
	first := fmt.Sprintf("%s is declared", key)
	if existing {
		first = fmt.Sprintf("%s is open already", key)
	}
	markup := "*" + first + ".*"
	if waking != nil {
		markup += " " + wakingLine(*waking)
	}
	markup += "\n" + esc(title, 400)
	if severityName != "" && !existing {
		markup += "\nSeverity " + esc(severityName, 100) + "."
	}
	if about := esc(strings.TrimSpace(strings.Join(notes, " ")), 600); about != "" {
		markup += "\n" + about
	}
	switch {
	case len(links) > 0:
		markup += "\n" + linksLine(links, maxSection/3)
	case waking != nil && waking.Over:
	case !existing:
		markup += "\nIts channel is being opened. You are invited as soon as it is there."
	}
	value := incident.ButtonValue(&incident.Incident{Number: number})
	next := button(incident.ActionRefine, value, "Add details")
	if existing {
		next = button(incident.ActionJoin, value, "Join")
	}
	buttons := []*slackapi.ButtonBlockElement{primary(next)}
	if waking != nil && waking.Nobody() && !waking.Over {
		buttons = []*slackapi.ButtonBlockElement{primary(button(incident.ActionPageNow, value, "Page now")), next}
	}
	return saying(first+": "+esc(title, 400), markup, actions(append(buttons,
		button(incident.ActionSeverity, value, "Severity"),
		button(incident.ActionRole, value, "Take a role"),
		button(incident.ActionPage, value, "Page someone"),
	)...))
}

// wakingLine is who is being woken; that nobody is must not be overlooked.
func wakingLine(w incident.Waking) string {
	const nobody = "Nobody is being paged"
	if rest, ok := strings.CutPrefix(w.Line, nobody); ok {
		apart := ""
		if strings.HasPrefix(rest, " ") { // which esc takes away
			apart = " "
		}
		return "*" + nobody + "*" + apart + esc(rest, 600)
	}
	return esc(w.Line, 600)
}

// WhenRecorded says what becomes of a command that is recorded: it waits in the incident's own history, and
// whoever gave it hears of it when it is not legal any more by then.
const WhenRecorded = "It is kept, and applied as soon as Muster catches up: do not do it again. Should it not be possible any more by then, you are told."

// Recorded says that a command to an incident is kept though no worker has answered yet.
func Recorded(key string) Say { return Plain("*Recorded* for " + esc(key, 100) + ". " + WhenRecorded) }

// RecordedSubscription says the same of a subscription or of the end of one, which nobody is told of when
// there is no room for it.
func RecordedSubscription(command string) Say {
	return Plain("*Recorded*. It is kept, and applied as soon as Muster catches up, unless there is no room for it by then: `" + esc(command, 100) + " subscriptions` shows it.")
}

// NotRecorded says that a command did not get through, why, and what to do.
func NotRecorded(reason, again string) Say {
	markup := "*Not recorded*: " + esc(strings.TrimSuffix(reason, "."), 500) + "."
	if again != "" {
		markup += "\n" + esc(again, 1000)
	}
	return Plain(markup)
}

// Problem says why something was refused and what would do.
func Problem(p incident.Problem) Say {
	return Plain(esc(problemText(p, true), 1200))
}

// AskBack asks what was meant by a word that is nearly a command, or is one whose arguments do
// not fit (why says how). Typed is the whole line, as Slack sent it: escaped, so that mentions
// in it still name people.
func AskBack(word string, guesses []string, typed string, why ...string) Say {
	typed = incident.CleanLine(typed)
	_, rest, _ := strings.Cut(typed, " ")
	question := askedBack(slack.Plain(word, nil), guesses, why)
	blocks := []slackapi.Block{section(question)}
	if typed == "" {
		typed = incident.CleanLine(word)
	}
	declare := beside("A new incident: "+esc(slack.Plain(typed, nil), 300), button(incident.ActionDeclare, typed, "Declare it"))
	room := maxMessage - sizes(append(blocks, declare))
	for _, g := range guesses {
		command := strings.TrimSpace(g + " " + rest)
		if strings.EqualFold(g, word) {
			command = g // with its arguments it would only be asked about again
		}
		b := beside("The command `"+codeText(slack.Plain(command, nil), 300)+"`", button(ActionRun, command, capital(g)))
		if room -= sizes([]slackapi.Block{b}); room < 0 || units(command) > maxButtonValue { // what is cut is another command
			break
		}
		blocks = append(blocks, b)
	}
	return Say{Text: question, Blocks: append(blocks, declare)}
}

func askedBack(word string, guesses, why []string) string {
	about := esc(strings.TrimRight(strings.Join(why, ", "), "."), 300)
	name := "“" + esc(word, 100) + "”"
	switch {
	case len(guesses) == 0:
		return name + " is no command. Is it a new incident?"
	case about != "":
		return name + ": " + about + ". What do you mean?"
	case strings.EqualFold(guesses[0], word):
		return name + " can be a command or a new incident. What do you mean?"
	}
	return name + " is no command. What do you mean?"
}

// codeText is text within backticks, which it must not end itself.
func codeText(s string, n int) string {
	return esc(strings.ReplaceAll(s, "`", "'"), n)
}

// Done is the modal that is shown after a submission: what came of it.
func Done(title, text string, links []incident.Link) slackapi.ModalViewRequest {
	blocks := []slackapi.Block{section(orDots(escText(text, maxSection)))}
	if len(links) > 0 {
		blocks = append(blocks, section(linksLine(links, maxSection)))
	}
	return modal(CallbackDone, title, "", Meta{}, blocks...)
}

// PageNow adds to such a modal the button that pages, where nobody is being woken.
func PageNow(v slackapi.ModalViewRequest, number int, w *incident.Waking) slackapi.ModalViewRequest {
	if w != nil && w.Nobody() && !w.Over {
		value := incident.ButtonValue(&incident.Incident{Number: number})
		v.Blocks.BlockSet = append(v.Blocks.BlockSet, actions(primary(button(incident.ActionPageNow, value, "Page now"))))
	}
	return v
}

func orDots(s string) string {
	if s == "" {
		return "…"
	}
	return s
}
