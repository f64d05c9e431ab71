package file

import (
	"regexp"
	"slices"
	"strings"

	"muster/playbook/internal/words"

	"go.yaml.in/yaml/v3"
)

// channelWords are the placeholders of a channel's name.
var channelWords = []string{"{prefix}", "{number}", "{title}", "{severity}", "{service}", "{date}"}

var (
	channelLetters = regexp.MustCompile(`^[a-z0-9_-]*$`)
	// crowded is a number that touches a digit or another placeholder, so that two incidents
	// could come to the same name.
	crowded = regexp.MustCompile(`[0-9}]\{number\}|\{number\}[0-9{]`)
)

const maxChannelTemplate = 100

// channelName reads the template of channel names. The names it gives are legal, and no two
// incidents share one.
func (r *reader) channelName(t table, dst *string) {
	var s string
	n, ok := t.text("channel_name", maxChannelTemplate, &s)
	if !ok {
		return
	}
	if r.checkChannelName(n, t.at("channel_name"), s) {
		*dst = s
	}
}

func (r *reader) checkChannelName(n *yaml.Node, path, s string) bool {
	for _, ph := range placeholder.FindAllString(s, -1) {
		if !slices.Contains(channelWords, ph) {
			r.fail(n, path, words.Suggest(ph, channelWords), "%s is not replaced by anything", words.Quote(ph))
			return false
		}
	}
	before, after, found := strings.Cut(s, "{number}")
	switch literal := placeholder.ReplaceAllString(s, ""); {
	case !found || strings.Contains(after, "{number}"):
		r.fail(n, path, "write it like {prefix}-{number}-{title}", "needs {number} once, which makes the name unique")
	case !channelLetters.MatchString(literal):
		r.fail(n, path, "use small letters, digits, - and _ besides the placeholders", "%s has what a channel's name cannot have", words.Quote(s))
	case len(literal) > maxPrefix*2:
		r.fail(n, path, "shorten it", "leaves too little room for the title")
	case crowded.MatchString(s):
		r.fail(n, path, "put a - before and after {number}", "%s lets two incidents have one name", words.Quote(s))
	case varies(before) && varies(after):
		r.fail(n, path, "put {title} and {service} on one side of {number}", "%s lets two incidents have one name", words.Quote(s))
	default:
		return true
	}
	return false
}

// varies reports whether a part of a template may hold a number of its own.
func varies(s string) bool { return strings.Contains(s, "{title}") || strings.Contains(s, "{service}") }
