package digest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// maxLines is how many lines with their buttons one message holds, so that chat shows all of it.
const maxLines = 10

// urgency is the order of the lines: news first, then what waits longest.
var urgency = []api.Ask{api.AskYours, api.AskOverdue, api.AskDue, api.AskDecide, api.AskSoon}

// sorted puts the most urgent lines first.
func sorted(lines []api.OwedLine) []api.OwedLine {
	out := slices.Clone(lines)
	slices.SortStableFunc(out, func(a, b api.OwedLine) int {
		return cmp.Or(
			cmp.Compare(slices.Index(urgency, a.Ask), slices.Index(urgency, b.Ask)),
			cmp.Compare(a.Due, b.Due), cmpText(a.FollowUp, b.FollowUp),
		)
	})
	return out
}

func cmpText(a, b string) int { return strings.Compare(a, b) }

// compose writes a digest, and says which lines are in it. Those that do not fit are counted and
// linked, and come the next morning, since nobody takes them for shown.
func compose(in PersonDigestInput, lines []api.OwedLine) (incident.Message, []api.OwedLine) {
	shown := lines[:min(len(lines), maxLines)]
	rest := lines[len(shown):]
	m := incident.Message{
		Key:       api.VendorKey(in.Installation, keyOf(in), ""),
		Headline:  headline(in.Person, len(lines)+in.More),
		Footnotes: []string{"One message a day at most, and only in your working hours."},
	}
	if isChannel(in.Person) {
		m.Footnotes = nil
	}
	for _, l := range shown {
		m.Items = append(m.Items, incident.Item{Text: l.Text, Link: l.Link, Buttons: l.Buttons})
	}
	if n := len(rest) + in.More; n > 0 {
		m.Items = append(m.Items, incident.Item{Text: fmt.Sprintf("And %d more, which come next. /incident follow-ups lists all of them.", n)})
		for _, l := range rest {
			if l.Link.URL != "" {
				m.Links = append(m.Links, l.Link)
			}
		}
	}
	return m, shown
}

// keyOf names the message of a person and day. A very long address is shortened: keys have limits.
func keyOf(in PersonDigestInput) string {
	if len(in.Person) > 120 {
		return api.PersonDigestID(in.Date, mirror.Short(in.Person))
	}
	return api.PersonDigestID(in.Date, in.Person)
}

func headline(who string, n int) string {
	whom := "you"
	if isChannel(who) {
		whom = "somebody here"
	}
	if n == 1 {
		return "1 follow-up waits for " + whom
	}
	return fmt.Sprintf("%d follow-ups wait for %s", n, whom)
}
