package checkup

import (
	"fmt"
	"slices"
	"strings"

	"muster/incident"
	"muster/workflows/api"
)

// maxTold bounds the lines of one message; the rest is counted.
const maxTold = 15

// news is what differs from what the operators know.
type news struct {
	fresh, mended []api.CheckFinding
	// still are the findings that they have been told of and that are not mended.
	still []api.CheckFinding
}

func (n news) empty() bool { return len(n.fresh) == 0 && len(n.mended) == 0 }

func keyed(list []api.CheckFinding, key string) bool {
	return slices.ContainsFunc(list, func(f api.CheckFinding) bool { return f.Key == key })
}

// area is the first word of a check, which is looked at as a whole or not.
func area(check string) string {
	first, _, _ := strings.Cut(check, " ")
	return first
}

// compare says what is new: what both looks have found. What neither has found is mended, but only where
// it was looked: a vendor that does not answer has mended nothing.
func compare(told []api.CheckFinding, first, second api.CheckUpSeen) (n news) {
	for _, f := range second.Findings {
		if keyed(first.Findings, f.Key) && !keyed(told, f.Key) && !keyed(n.fresh, f.Key) {
			n.fresh = append(n.fresh, f)
		}
	}
	for _, f := range told {
		if there(f, first) || there(f, second) {
			n.still = append(n.still, f)
		} else {
			n.mended = append(n.mended, f)
		}
	}
	return n
}

// there reports whether a fault was seen, or may be there unseen.
func there(f api.CheckFinding, seen api.CheckUpSeen) bool {
	return keyed(seen.Findings, f.Key) || slices.Contains(seen.Blind, area(f.Check)) || slices.Contains(seen.Blind, api.BlindToAll)
}

// message is what the operators' channel hears.
func (n news) message() incident.Message {
	var parts, body []string
	if k := len(n.fresh); k > 0 {
		parts = append(parts, fmt.Sprintf("%d new", k))
	}
	if k := len(n.mended); k > 0 {
		parts = append(parts, fmt.Sprintf("%d mended", k))
	}
	for _, f := range n.fresh {
		line := fmt.Sprintf("%s: %s: %s", title(f.State), f.Check, f.Text)
		if f.Mend != "" {
			line += ". To mend it: " + f.Mend
		}
		body = append(body, line)
	}
	for _, f := range n.mended {
		body = append(body, fmt.Sprintf("Mended: %s: %s", f.Check, f.Text))
	}
	if more := len(body) - maxTold; more > 0 {
		body = append(body[:maxTold], fmt.Sprintf("and %d more", more))
	}
	foot := "`starter doctor` shows everything."
	if k := len(n.still); k > 0 {
		foot = fmt.Sprintf("%d told before and not mended. ", k) + foot
	}
	return incident.Message{Headline: "Muster's daily check-up: " + strings.Join(parts, ", "), Body: body, Footnotes: []string{foot}}
}

func title(state string) string {
	if state == "" {
		return state
	}
	return strings.ToUpper(state[:1]) + state[1:]
}
