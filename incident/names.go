package incident

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxTitle is the most characters (not bytes) a title may have. Jira's summary takes 255, and
// the key and a DRILL mark must fit beside it.
const MaxTitle = 200

// maxChannelName is Slack's limit for a channel name.
const maxChannelName = 80

// CleanTitle makes one line of what a person typed: control characters, line breaks and
// direction overrides (which could show a reader another text than was written) become
// spaces, runs of space become one. It refuses a title that is then empty or too long.
func CleanTitle(field, s string) (string, error) {
	t := CleanLine(s)
	if !strings.ContainsFunc(t, visible) {
		return "", invalid(field, "say in a few words what is wrong", "is empty")
	}
	if n := len([]rune(t)); n > MaxTitle {
		return "", invalid(field, "shorten it and put the rest into an update", "is %d characters long, %d are allowed", n, MaxTitle)
	}
	return t, nil
}

// CleanLine removes what does not belong in one line of text and trims it. Blanks of every kind
// become one ordinary blank.
func CleanLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case weightless(r):
			return -1
		case hidden(r):
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	return strings.Join(strings.Fields(s), " ")
}

// CleanText keeps line breaks and tabs and removes other control characters. Blanks of other kinds,
// such as those that do not break, become ordinary ones.
func CleanText(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case weightless(r) || hidden(r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " ")))
}

// weightless are characters that nobody sees and that pasted text brings along; words with them
// look like others and are not. Those that join letters and emoji are no such.
func weightless(r rune) bool {
	switch r {
	case 0x00AD, 0x180E, 0x200B, 0x2060, 0xFEFF:
		return true
	}
	return false
}

func hidden(r rune) bool {
	switch {
	case unicode.IsControl(r):
		return true
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069: // direction overrides and isolates
		return true
	case r == 0x2028, r == 0x2029:
		return true
	}
	return false
}

// visible reports whether a reader sees anything of r: no space of any kind, nothing of no
// width, no mark of text that was not valid.
func visible(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) && r != utf8.RuneError }

// DefaultChannelName is the template of channel names where the playbook has none.
const DefaultChannelName = "{prefix}-{number}-{title}"

// ChannelParts are what a template of channel names can use.
type ChannelParts struct {
	Prefix   string
	Number   int
	Title    string
	Severity Severity
	// Service is the first one that the incident names.
	Service string
	// Date is the day of declaration.
	Date Date
	// Ordinal tells the incident's second channel and those after it from the first.
	Ordinal int
}

// ChannelNameFrom fills a template such as {prefix}-{number}-{title}: inc-42-checkout-is-down. The
// name is legal whatever the parts, and what is too long loses its title first and never its
// number. A template without {number} is none, and the default serves.
func ChannelNameFrom(template string, p ChannelParts) string {
	if !strings.Contains(template, "{number}") {
		template = DefaultChannelName
	}
	suffix := ""
	if p.Ordinal > 1 {
		suffix = "-" + strconv.Itoa(p.Ordinal)
	}
	template += suffix
	base := slug(p.Prefix)
	if base == "" {
		base = "inc"
	}
	values := map[string]string{"prefix": base, "title": slug(p.Title), "service": slug(p.Service), "date": slug(string(p.Date))}
	if p.Severity.Valid() {
		values["severity"] = strconv.Itoa(int(p.Severity))
	}
	name := fillChannel(template, p.Number, values)
	for _, part := range []string{"title", "service", "prefix", "date"} {
		if over := len(name) - maxChannelName; over > 0 {
			v := values[part]
			values[part] = strings.TrimRight(v[:max(0, len(v)-over)], "-")
			name = fillChannel(template, p.Number, values)
		}
	}
	if len(name) > maxChannelName { // the template itself is too long
		return "inc-" + digits(p.Number) + suffix
	}
	return name
}

// fillChannel puts values into a template. What stands for nothing leaves no dash behind.
func fillChannel(template string, number int, values map[string]string) string {
	var b strings.Builder
	end := 0
	for _, at := range channelWord.FindAllStringIndex(template, -1) {
		b.WriteString(legalLetters(template[end:at[0]]))
		if word := template[at[0]+1 : at[1]-1]; word == "number" {
			b.WriteString(digits(number))
		} else {
			b.WriteString(values[word])
		}
		end = at[1]
	}
	b.WriteString(legalLetters(template[end:]))
	return strings.Trim(oneDash.ReplaceAllString(b.String(), "$1"), "-_")
}

// channelWord finds a placeholder.
var channelWord = regexp.MustCompile(`\{[a-z]*\}`)

// oneDash finds runs of dashes and underscores, of which the first stays.
var oneDash = regexp.MustCompile(`([-_])[-_]+`)

func legalLetters(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}

func digits(n int) string { return strings.TrimPrefix(Key(n), "INC-") }

// folded maps letters that people expect to survive in a channel name to plain ones.
var folded = strings.NewReplacer(
	"ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "æ", "ae", "ø", "o", "å", "a", "œ", "oe",
	"à", "a", "á", "a", "â", "a", "ã", "a", "ç", "c", "è", "e", "é", "e", "ê", "e", "ë", "e",
	"ì", "i", "í", "i", "î", "i", "ï", "i", "ñ", "n", "ò", "o", "ó", "o", "ô", "o", "õ", "o",
	"ù", "u", "ú", "u", "û", "u", "ý", "y", "ÿ", "y", "š", "s", "ž", "z", "č", "c", "ł", "l",
)

func slug(s string) string {
	var b strings.Builder
	dash := false
	for _, r := range folded.Replace(strings.ToLower(s)) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			dash = false
			b.WriteRune(r)
		case r == '\'' || r == '\u2019': // checkout's -> checkouts
		default:
			dash = true
		}
	}
	return b.String()
}

// Clip shortens s to at most n characters, marking the cut.
func Clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
