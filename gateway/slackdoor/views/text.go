package views

import (
	"net/url"
	"regexp"
	"strings"
	"unicode/utf16"

	slackapi "github.com/slack-go/slack"

	"muster/incident"
	"muster/integrations/slack"
)

// Sizes of https://docs.slack.dev/reference/block-kit, in characters.
const (
	maxSection     = 3000
	maxHeader      = 150
	maxModalTitle  = 24
	maxLabel       = 2000
	maxPlaceholder = 150
	maxOption      = 75
	maxOptionValue = 150
	maxOptions     = 100 // in one group, and groups in one menu
	maxButtonLabel = 75
	maxButtonValue = 2000
	maxErrorText   = 400 // ours: a line under a field
)

// units counts as Slack's clients do, in UTF-16 units.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

// esc escapes one line of a text for mrkdwn, cut so that what comes out has at most n units.
func esc(s string, n int) string { return slack.FitPlain(incident.CleanLine(s), n) }

// escText is esc for a text of several lines.
func escText(s string, n int) string { return slack.FitPlain(incident.CleanText(s), n) }

// who shows a person: those without a known address by their Slack ID, as a mention.
func who(person string) string {
	if id, ok := strings.CutSuffix(person, "@slack"); ok && slackID.MatchString(id) {
		return "<@" + strings.ToUpper(id) + ">"
	}
	return esc(person, 100)
}

var slackID = regexp.MustCompile(`^[uw][0-9a-z]{5,20}$`)

// linksLine shows links in a row, as many as there is room for.
func linksLine(links []incident.Link, room int) string {
	var parts []string
	for _, l := range links {
		s := linked(l)
		if room -= units(s) + 3; room < 0 {
			break
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " · ")
}

// maxAddress keeps one address from filling a line.
const maxAddress = 500

// linked writes a labelled link; what is no web address is shown, not linked.
func linked(l incident.Link) string {
	if units(slack.Escape(l.URL)) > maxAddress {
		l.URL = ""
	}
	if l.Label = slack.Clip(incident.CleanLine(l.Label), 100); l.Label == "" && l.URL == "" {
		return "…"
	}
	return slack.Linked(l)
}

// webAddress reports whether a button may lead there.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") && units(s) <= maxSection
}

func joined(lines []string) string { return strings.Join(lines, "\n") }

func spaced(s string) string { return strings.ReplaceAll(s, "_", " ") }

// problemText is a refusal as a sentence. Under a field it needs no subject of its own, alone
// it does.
func problemText(p incident.Problem, alone bool) string {
	reason := strings.TrimSpace(p.Reason)
	switch {
	case strings.HasPrefix(reason, "is ") && alone && p.Field != "":
		reason = "The " + spaced(p.Field) + " " + reason
	case strings.HasPrefix(reason, "is "):
		reason = "This " + reason
	}
	s := capital(reason)
	if m := strings.TrimSpace(p.Mend); m != "" {
		s += ". " + capital(inSlack.Replace(m))
	}
	return strings.TrimRight(s, ".") + "."
}

// inSlack names the subcommand where the command line is meant elsewhere.
var inSlack = strings.NewReplacer("`starter ", "`")

// plain is text that Slack takes for nothing but text.
func plain(s string, n int) *slackapi.TextBlockObject {
	s = slack.Clip(incident.CleanLine(s), n)
	if s == "" {
		s = "…" // Slack refuses an empty text
	}
	return slackapi.NewTextBlockObject(slackapi.PlainTextType, s, false, false)
}
