package slack

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf16"

	"muster/incident"
)

// Text in a message is mrkdwn, in which &, < and > are control characters and <...> is a
// link, a mention or a command such as <!channel> to everybody; escaped they are plain
// (https://docs.slack.dev/messaging/formatting-message-text).
var (
	escaper   = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	unescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
)

func escape(s string) string   { return escaper.Replace(s) }
func unescape(s string) string { return unescaper.Replace(s) }

// length counts as Slack's clients do, in UTF-16 units; it is never less than characters.
func length(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// cost is length and what JSON adds for its own escapes. Texts are measured by it against
// Slack's limits, which errs on the safe side.
func cost(s string) int {
	return length(s) + strings.Count(s, "\n") + strings.Count(s, "\t") + strings.Count(s, `"`) + strings.Count(s, `\`)
}

// clip shortens plain text to at most n units and marks the cut.
func clip(s string, n int) string {
	if length(s) <= n {
		return s
	}
	var b strings.Builder
	left := n - 1
	for _, r := range s {
		if left -= utf16.RuneLen(r); left < 0 {
			break
		}
		b.WriteRune(r)
	}
	return b.String() + "…"
}

// tokens are the parts of a text that must not be cut: an escaped character, a link, a name.
type tokens []string

// fit puts tokens together up to a cost and marks what is left out.
func fit(t tokens, limit int) string {
	whole := 0
	for _, s := range t {
		whole += cost(s)
	}
	if whole <= limit {
		return strings.Join(t, "")
	}
	var b strings.Builder
	left := limit - 1
	for _, s := range t {
		if left -= cost(s); left < 0 {
			break
		}
		b.WriteString(s)
	}
	return strings.TrimRight(b.String(), " \n·,") + "…"
}

// enough is more text than any block holds, so that fit cuts it whatever comes of it; the rest
// of a pasted log need not be looked at.
const enough = 2 * maxSection

// plainTokens escapes a text character by character.
func plainTokens(s string) tokens {
	s = clip(s, enough)
	t := make(tokens, 0, len(s))
	for _, r := range s {
		t = append(t, escape(string(r)))
	}
	return t
}

var webAddress = regexp.MustCompile(`https?://[^\s<>|"]+`)

// textTokens escapes a text and keeps the addresses in it as links. Our texts are sent as
// verbatim, so that Slack takes nothing else in them for a link or a mention; @here and
// #channel then are words.
func textTokens(s string) tokens {
	s = clip(s, enough)
	var t tokens
	for s != "" {
		at := webAddress.FindStringIndex(s)
		if at == nil {
			break
		}
		address := strings.TrimRight(s[at[0]:at[1]], ".,;:!?)]}'*_~`")
		t = append(t, plainTokens(s[:at[0]])...)
		if length(escape(address)) <= maxLink && linkable(address) {
			t = append(t, "<"+escape(address)+">")
		} else {
			t = append(t, plainTokens(address)...)
		}
		s = s[at[0]+len(address):]
	}
	return append(t, plainTokens(s)...)
}

// maxLink keeps one address from filling a section.
const maxLink = 2000

var linkAddress = strings.NewReplacer("|", "%7C", "<", "%3C", ">", "%3E", " ", "%20", "\n", "", "\t", "")

// Linked writes a labelled link. A | would end the address, so the label loses its own. What is
// no web or mail address is shown, not linked.
func Linked(l incident.Link) string {
	label := incident.CleanLine(l.Label)
	address := linkAddress.Replace(strings.ToValidUTF8(l.URL, ""))
	switch {
	case !linkable(l.URL) || length(escape(address)) > maxLink:
		return escape(clip(strings.TrimSpace(label+" "+incident.CleanLine(l.URL)), 200))
	case label == "":
		return "<" + escape(address) + ">"
	}
	return "<" + escape(address) + "|" + escape(strings.ReplaceAll(clip(label, 100), "|", "¦")) + ">"
}

func linkable(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	return u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") || u.Scheme == "mailto" && u.Opaque != ""
}

// Moment shows a time in the reader's zone; old clients show the fallback after the bar.
func Moment(t time.Time) string {
	return fmt.Sprintf("<!date^%d^{date_short_pretty} {time}|%s>", t.Unix(), t.UTC().Format("2006-01-02 15:04 UTC"))
}
