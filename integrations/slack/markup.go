package slack

import (
	"cmp"
	"regexp"
	"strings"
)

// Part is a stretch of what Slack sends, as people read it. A part that names somebody or something
// has its ID.
type Part struct {
	Text string
	// User, Channel and Group are Slack's IDs; Reference says that the part was written as <...>, and
	// so is one though there may be blanks in it.
	User, Channel, Group string
	Reference            bool
}

// reference is a mention or a link in the text of a message
// (https://docs.slack.dev/messaging/formatting-message-text#advanced).
var reference = regexp.MustCompile(`<([@#!][^<>|]+|[a-z][a-z0-9+.-]*:[^<>|]+)(?:\|([^<>]*))?>`)

// identifier is the shape of Slack's IDs.
var identifier = regexp.MustCompile(`^[A-Z0-9]+$`)

// Parts undoes Slack's markup. It is the one place that does: links become what was typed or the
// address, channels #name, and people what name says of their user IDs, which may be nil or answer
// nothing.
func Parts(text string, name func(userID string) string) []Part {
	var out []Part
	plain := func(s string) {
		if s != "" {
			out = append(out, Part{Text: unescape(s)})
		}
	}
	at := 0
	for _, m := range reference.FindAllStringSubmatchIndex(text, -1) {
		label := ""
		if m[4] >= 0 {
			label = unescape(text[m[4]:m[5]])
		}
		plain(text[at:m[0]])
		out = append(out, referred(unescape(text[m[2]:m[3]]), label, name))
		at = m[1]
	}
	plain(text[at:])
	return out
}

// Plain makes plain text of what Slack sends, as Parts reads it.
func Plain(text string, name func(userID string) string) string {
	var b strings.Builder
	for _, p := range Parts(text, name) {
		b.WriteString(p.Text)
	}
	return b.String()
}

// referred reads what stands within <...>.
func referred(to, label string, name func(userID string) string) Part {
	p := Part{Reference: true}
	id := to[1:]
	known := func() string {
		if identifier.MatchString(id) {
			return id
		}
		return ""
	}
	switch to[0] {
	case '@':
		p.User, p.Text = known(), "@"+cmp.Or(label, id)
		if name != nil {
			p.Text = cmp.Or(name(id), p.Text)
		}
		return p
	case '#':
		p.Channel, p.Text = known(), "#"+cmp.Or(label, id)
		return p
	case '!':
		switch word, rest, _ := strings.Cut(id, "^"); word {
		case "subteam":
			id = rest
			p.Group, p.Text = known(), "@"+cmp.Or(strings.TrimPrefix(label, "@"), rest)
		case "here", "channel", "everyone": // as words they address nobody
			p.Text = "@" + word
		default:
			p.Text = cmp.Or(label, "@"+word)
		}
		return p
	}
	p.Text = linkText(strings.TrimPrefix(to, "mailto:"), label)
	return p
}

// linkText is a link in words. Slack makes a link of what people type as api.example.com, and gives
// it a scheme that nobody has typed: http, never https.
func linkText(to, label string) string {
	address, shown := strings.ToLower(strings.TrimSuffix(to, "/")), strings.ToLower(strings.TrimSuffix(label, "/"))
	switch {
	case label == "":
		return to
	case address == shown, address == "http://"+shown, address == "tel:"+shown:
		return label
	case strings.HasSuffix(address, "://"+shown):
		return to
	}
	return label + " (" + to + ")"
}
