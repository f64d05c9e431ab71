package views

import (
	"strings"

	"muster/integrations/slack"
)

// helpLine is one subcommand: what is written and what it does.
type helpLine struct{ usage, does string }

// helpParts are the subcommands in the order in which an incident needs them.
var helpParts = []struct {
	title string
	lines []helpLine
}{
	{"Declare", []helpLine{
		{"", "opens a form"},
		{"checkout is down", "declares at once"},
		{"sev1 everything is down", "declares at once, as severity 1"},
		{"declare page load is slow", "declares whatever the words are"},
	}},
	{"In the incident's channel", []helpLine{
		{"update [text] [next:30m]", "tell everybody how it stands"},
		{"severity [1-5] [reason]", "make it worse or milder"},
		{"services [+checkout -search]", "what it concerns, or does not"},
		{"kind [incident, drill...]", "this drill is real, or near_miss, external"},
		{"join", "say that you are here"},
		{"ack [target or all]", "take your page; the others ring on"},
		{"assign [role] [@person or nobody]", "give a role, or take it back"},
		{"page [target, @person or now]", "page someone, or all who are required, now"},
		{"invite @person", "ask people to come"},
		{"remove @person", "take people out again"},
		{"private", "hide it from all who are not part of it"},
		{"public", "show it to everybody"},
		{"note [text]", "put something on the timeline"},
		{"title [text]", "give it another title"},
		{"follow-up [text] [@owner] [due:fri]", "propose work that came out of it"},
		{"follow-up accept 1", "or `done 1`, `drop 1 why`; yours if nobody's"},
		{"follow-up reopen 1", "it ended by mistake"},
		{"follow-up set 1 [@owner] [due:2w]", "change it; alone it opens a form"},
		{"follow-up merge 2 into 1", "it is the same work"},
		{"follow-up snooze 1 2w why", "let it rest, or off"},
		{"mitigate [text]", "it no longer hurts"},
		{"resolve [what ended it]", "it is over"},
		{"reopen [reason]", "it is not over"},
		{"merge INC-7", "it is the same as INC-7, which goes on"},
		{"cancel [reason]", "it was none"},
		{"nominate [reason]", "ask for a learning review"},
		{"review held [text]", "the learning review was held"},
		{"review waive [reason]", "why none will be held"},
		{"correct [started:14:05] [why]", "put the record right, also afterwards"},
		{"pause-reminders [18:00]", "or 2026-12-18, 3d or off"},
		{"retry", "try every stuck step again"},
	}},
	{"Anywhere", []helpLine{
		{"list", "what is open; `list all` shows more"},
		{"show [INC-7]", "how it stands"},
		{"search checkout severity<=2 since:90d", "find incidents of all times"},
		{"follow-ups [mine] [overdue]", "or undecided, nobody, @person, service:checkout, all"},
		{"subscribe severity<=2 service:checkout", "be told of such incidents"},
		{"subscriptions", "of what you are told"},
		{"unsubscribe [conditions]", "be told no more"},
		{"help", "this"},
	}},
}

// Help shows every subcommand on one screen. Command is how the slash command is called here.
func Help(command string) Say {
	command = codeText(command, 40)
	var b strings.Builder
	b.WriteString("Declare early. More is better, and a low severity wakes nobody.")
	for _, p := range helpParts {
		b.WriteString("\n*" + p.title + "*\n")
		for _, l := range p.lines {
			b.WriteString("`" + strings.TrimSpace(command+" "+slack.Escape(l.usage)) + "` " + l.does + "\n")
		}
	}
	return saying("How to use "+command, strings.TrimSpace(b.String()),
		small("Elsewhere than in the channel, write the number behind the word: `"+command+" update INC-7 still looking`."))
}
