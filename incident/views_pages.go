package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// maxPageLines is how many pages the board shows, the newest; `show` has them all.
const maxPageLines = 12

// pageLines say of each target how its page stands. A page that was withdrawn is shown only while
// no other one asks for the same target.
func pageLines(i *Incident, zone *time.Location) []string {
	var out []string
	for k, p := range i.Pages {
		newer := slices.ContainsFunc(i.Pages[k+1:], func(o Page) bool { return o.Target == p.Target })
		if p.Status == PageWithdrawn && newer {
			continue
		}
		out = append(out, pageLine(p, zone))
	}
	if over := len(out) - maxPageLines; over > 0 {
		out = append([]string{fmt.Sprintf("%d earlier pages", over)}, out[over:]...)
	}
	return out
}

func pageLine(p Page, zone *time.Location) string {
	switch p.Status {
	case PageAcknowledged:
		return fmt.Sprintf("Page to %s: acknowledged by %s", p.Target, p.Taken())
	case PageWaiting:
		return fmt.Sprintf("Page to %s: held until %s", p.Target, p.NotBefore.In(zone).Format(DayAndTime))
	case PageWithdrawn:
		return fmt.Sprintf("Page to %s: withdrawn", p.Target)
	}
	state := "waiting for an answer"
	switch {
	case p.Problem != "":
		state = "not delivered, trying again (" + p.Problem + ")"
	case p.Status == PageUnanswered:
		state = "nobody has answered, it is repeated"
	}
	return fmt.Sprintf("Page to %s: %s%s", p.Target, state, tried(p.Tries, zone))
}

// tried says who was tried and when.
func tried(tries []Try, zone *time.Location) string {
	if len(tries) == 0 {
		return ""
	}
	var out []string
	for _, t := range tries {
		out = append(out, fmt.Sprintf("%s at %s", t.Step, t.At.In(zone).Format("15:04")))
	}
	return "; tried " + strings.Join(out, ", ")
}

// CallForHelp asks whoever reads it to come, since a page has reached nobody. It never says that
// nobody answered what was not delivered.
func CallForHelp(i *Incident, p Page) Message {
	m := Message{
		Headline: fmt.Sprintf("%s: nobody has answered the page to %s", i.Key(), p.Target),
		Body:     []string{fmt.Sprintf("Whoever reads this: please take %s (%s). The page is repeated until somebody does.", i.Key(), i.Shown())},
		Links:    i.Seen(),
	}
	if p.Problem != "" {
		m.Headline = fmt.Sprintf("%s: the page to %s was not delivered", i.Key(), p.Target)
		m.Body = []string{p.Problem + ". Trying again; people were mentioned here.", fmt.Sprintf("Whoever reads this: please take %s (%s).", i.Key(), i.Shown())}
	}
	m.Buttons = i.joining()
	return m
}
