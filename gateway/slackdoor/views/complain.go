package views

import (
	"maps"
	"slices"
	"strings"

	"muster/incident"
	"muster/integrations/slack"
)

// Refused says in a submitted form why what it asks for cannot be, at the field that is to blame
// if there is one. It is for refusals that only the incident's state explains; Read finds the
// others.
func Refused(v slack.InboundView, p incident.Problem) map[string]string {
	block := place(v, blockOf(p.Field))
	if p.Field != "" && block != blockOf(p.Field) {
		return map[string]string{block: slack.Clip(problemText(p, true), maxErrorText)}
	}
	return map[string]string{block: slack.Clip(problemText(p, false), maxErrorText)}
}

// Unrecorded says in a submitted form that nothing is known to have come of it. The form keeps
// what was typed.
func Unrecorded(v slack.InboundView, reason string) map[string]string {
	reason = strings.TrimRight(slack.Clip(incident.CleanLine(reason), maxErrorText-120), ".")
	text := "Not recorded. Press the button again; it happens once."
	if reason != "" {
		text = "Not recorded: " + reason + ". What you typed is still here. Press the button again; it happens once."
	}
	return map[string]string{place(v, ""): text}
}

// place is a block that the form has: Slack closes a form over an error about any other.
func place(v slack.InboundView, block string) string {
	main := mains[v.CallbackID]
	for _, b := range []string{block, main} {
		if _, ok := v.Values[b]; ok {
			return b
		}
	}
	if all := slices.Sorted(maps.Keys(v.Values)); len(all) > 0 {
		return all[0]
	}
	return main
}

// blockOf maps a field of the domain to the block where it is entered.
func blockOf(field string) string {
	if field == "service" {
		return BlockServices
	}
	return field
}
