package views

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	slackapi "github.com/slack-go/slack"

	"muster/archive"
	"muster/archive/query"
	"muster/gateway/incidents"
	"muster/incident"
	"muster/integrations/slack"
)

// ActionMore is the button that goes on with a search: see ParseMore.
const ActionMore = "search_more"

// HowToSearch says how a search is typed.
func HowToSearch(command string) Say {
	command = codeText(command, 40)
	return saying("What are you looking for?", "What are you looking for? Write words and filters behind it, all of which must hold:\n`"+
		command+" search checkout severity&lt;=2 since:90d`\n`"+command+" search \"disk is full\" in:learnings`",
		small("Filters are severity, kind, status, service, tag, person, commander, since, until, private and in. `disk*` finds disks, `-word` leaves out."))
}

// AskSearch asks whether a line such as "search is down" looks for something or says what is wrong.
func AskSearch(text, typed string) Say {
	typed = incident.CleanLine(typed)
	question := "A new incident, or something to look for? Nothing was declared."
	blocks := []slackapi.Block{section(question)}
	if units(typed) <= maxButtonValue { // what is cut is another title
		blocks = append(blocks, beside("A new incident: "+esc(slack.Plain(typed, nil), 300), primary(button(incident.ActionDeclare, typed, "Declare it"))))
	}
	if again := "search for " + slack.Escape(text); units(again) <= maxButtonValue {
		blocks = append(blocks, beside("Incidents of all times with the words “"+esc(text, 300)+"”", button(ActionRun, again, "Look for it")))
	}
	return Say{Text: question, Blocks: blocks}
}

// Found shows what a search has found, newest first, each with where its words stand. Further is true for
// what follows the first answer.
func Found(text string, found incidents.Found, further bool) Say {
	title := foundTitle(found, further)
	blocks := []slackapi.Block{section("*" + title + "* · `" + codeText(text, 300) + "`")}
	end := foundEnd(text, found)
	room := maxMessage - sizes(blocks) - sizes(end)
	for k, h := range found.Hits {
		line := hitLine(h)
		more := []slackapi.Block{section(bounded(append([]string{line}, excerptLines(h)...), maxListSection)), actions(hitButtons(h)...)}
		// What comes after it has room as well, without its excerpts and links.
		if rest := len(found.Hits) - k - 1; sizes(more) > room-rest*leastHit {
			more = []slackapi.Block{beside(line, showButton(h))}
		}
		room -= sizes(more)
		blocks = append(blocks, more...)
	}
	return Say{Text: title, Blocks: append(blocks, end...)}
}

// leastHit is more than a hit takes without excerpts and links.
const leastHit = 1500

func foundTitle(found incidents.Found, further bool) string {
	switch {
	case further:
		return "Further incidents"
	case found.More:
		return fmt.Sprintf("More than %d incidents", found.Count)
	case found.Count == 1:
		return "1 incident"
	case len(found.Hits) == 0:
		return "Nothing was found"
	}
	return fmt.Sprintf("%d incidents", found.Count)
}

// foundEnd is what follows the hits: the way to the next ones.
func foundEnd(text string, found incidents.Found) []slackapi.Block {
	value := found.NextPageToken + " " + text
	switch {
	case found.Rest != "":
		return []slackapi.Block{small(esc(capital(found.Rest), 300) + ".")}
	case found.NextPageToken == "":
		return nil
	case units(value) > maxButtonValue: // what is cut is another search
		return []slackapi.Block{small("There are more. Ask for fewer: add a filter, such as `since:90d`.")}
	}
	return []slackapi.Block{actions(button(ActionMore, value, "Show more"))}
}

// ParseMore reads the value of the button that goes on with a search.
func ParseMore(value string) (text, token string, err error) {
	token, text, ok := strings.Cut(value, " ")
	if !ok || token == "" {
		return "", "", &incident.Problem{Code: incident.CodeInvalid, Field: "button", Reason: "it goes on with no search", Mend: "search again"}
	}
	return text, token, nil
}

// hitLine is an incident that was found: INC-7 Checkout is down · severity 1 · closed · 2 March.
func hitLine(h archive.Hit) string {
	title := h.Title
	marks := []query.Span(nil)
	if len(h.Excerpts) > 0 && h.Excerpts[0].Part == query.PartTitle {
		marks = h.Excerpts[0].Marks
	}
	parts := []string{"*" + h.Key + "* " + markup(title, marks, 300), fmt.Sprintf("severity %d", h.Severity), string(h.Status)}
	if h.Kind != "" && h.Kind != incident.KindIncident {
		parts = append(parts, kindName(h.Kind))
	}
	parts = append(parts, day(h))
	if h.Commander != "" {
		parts = append(parts, "commander "+who(h.Commander))
	}
	if h.OpenFollowUps > 0 {
		parts = append(parts, fmt.Sprintf("%d open follow-ups", h.OpenFollowUps))
	}
	if h.Private {
		parts = append(parts, "private")
	}
	return strings.Join(parts, " · ")
}

func day(h archive.Hit) string {
	return fmt.Sprintf("<!date^%d^{date_short_pretty}|%s>", h.DeclaredAt.Unix(), h.DeclaredAt.UTC().Format("2006-01-02"))
}

// excerptNames are what stands before an excerpt.
var excerptNames = map[query.Part]string{query.PartLearnings: "learnt", query.PartFollowUps: "follow-up", query.PartTimeline: "timeline"}

func excerptLines(h archive.Hit) []string {
	var lines []string
	for _, e := range h.Excerpts {
		if e.Part != query.PartTitle {
			lines = append(lines, "> _"+excerptNames[e.Part]+":_ "+markup(e.Text, e.Marks, 600))
		}
	}
	return lines
}

// markup writes one line of a text with marks in bold. Slack shows stars as stars where they touch a letter,
// so that a word within others is left as it is. What would be longer than n units is cut, and has no marks.
func markup(s string, marks []query.Span, n int) string {
	var apart []query.Span
	for _, m := range marks {
		before, _ := utf8.DecodeLastRuneInString(s[:m.Start])
		after, _ := utf8.DecodeRuneInString(s[m.End:])
		if (m.Start == 0 || loose(before)) && (m.End == len(s) || loose(after)) {
			apart = append(apart, m)
		}
	}
	if marked := query.Mark(s, apart, "*", "*", oneLine); cost(marked) <= n {
		return marked
	}
	return esc(s, n/2)
}

func loose(r rune) bool {
	return unicode.IsSpace(r) || (unicode.IsPunct(r) && r != '_' && r != '*')
}

// oneLine escapes a piece of a line; the blanks at its ends stay.
func oneLine(s string) string {
	out := esc(s, maxSection)
	if out == "" {
		return strings.Repeat(" ", min(1, len(s)))
	}
	if first, _ := utf8.DecodeRuneInString(s); unicode.IsSpace(first) {
		out = " " + out
	}
	if last, _ := utf8.DecodeLastRuneInString(s); unicode.IsSpace(last) {
		out += " "
	}
	return out
}

// hitButtons lead on from a hit.
func hitButtons(h archive.Hit) []*slackapi.ButtonBlockElement {
	row := []*slackapi.ButtonBlockElement{showButton(h)}
	for _, l := range h.Links {
		label, action := "Open issue "+l.Label, "issue"
		if strings.HasPrefix(l.Label, "#") {
			label, action = "Open channel", "channel"
		}
		if webAddress(l.URL) && units(slack.Escape(l.URL)) <= maxAddress {
			row = append(row, button(incident.ActionOpen+"/"+action, h.Key, label).WithURL(l.URL))
		}
	}
	return row
}

func showButton(h archive.Hit) *slackapi.ButtonBlockElement {
	return button(ActionRun+"/show", "show "+h.Key, "Show")
}
