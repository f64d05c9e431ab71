package jira

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestEscape(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain text, nothing else":               "plain text, nothing else",
		"{code}rm -rf{code}":                     `\{code\}rm \-rf\{code\}`,
		"{{monospace}}":                          `\{\{monospace\}\}`,
		"hello [~alice] and [link|x]":            `hello \[\~alice\] and \[link\|x\]`,
		"!image.png! and Done!":                  `\!image.png! and Done!`,
		"*bold* _it_ -del- +ins+ ^up^":           `\*bold\* \_it\_ \-del\- \+ins\+ \^up\^`,
		"??cite?? really?":                       `\?\?cite\?\? really?`,
		"2026-11-30 snake_case a+b INC-42":       "2026-11-30 snake_case a+b INC-42",
		"|a|b|":                                  `\|a\|b\|`,
		"# one\n * two\n- three\n#":              "\\# one\n \\* two\n\\- three\n\\#",
		"issue #42":                              "issue #42",
		"h1. Shout\nbq. said\n  h3. x":           lineGuard + "h1. Shout\n" + lineGuard + "bq. said\n" + lineGuard + "  h3. x",
		"----":                                   `\-\-\-\-`,
		`C:\temp\x`:                              `C:\temp\x`,
		`\\server \* \`:                          `&#92;\server &#92;\* &#92;`,
		"see https://x.example.com/a_b-c?d=*1*.": "see [https://x.example.com/a_b-c?d=%2A1]\\*.",
		"(https://x.example.com/a_b)":            "([https://x.example.com/a_b])",
		"https://x.example.com/{a}|b]":           `[https://x.example.com/%7Ba%7D%7Cb]\]`,
		"down (!) and (/) and (on) :) ;)":        `down \(\!) and \(/) and \(on) :\) ;\)`,
		"f(x) = (a) :-( (see below)":             `f\(x) = (a) :\-( (see below)`,
		"javascript:alert(1)":                    "javascript:alert(1)",
		"tab\there\x00\u202e":                    "tab\there",
	} {
		require.Equal(t, want, escape(in), in)
	}
}

func TestMarkupHoldsParagraphsAndLinks(t *testing.T) {
	t.Parallel()
	links := []incident.Link{
		{Label: "Channel [x]", URL: "https://chat.example.com/a b|c"}, {URL: "http://x.example.com"}, {Label: "bad", URL: "javascript:alert(1)"},
	}
	require.Equal(t, "one\n\ntwo\n\n* [Channel \\[x\\]|https://chat.example.com/a%20b%7Cc]\n* [http://x.example.com]", markup([]string{"one", "two"}, links))
	require.Equal(t, "* [http://x.example.com]", markup(nil, links[1:2]))
	require.Empty(t, markup(nil, nil))
}

func TestLongTextIsCutAndItsLinksStay(t *testing.T) {
	t.Parallel()
	links := []incident.Link{{Label: "Channel", URL: "https://chat.example.com"}}
	for _, filler := range []string{"a", "💥", "{", "ä ", "https://x.example.com/a_b "} {
		text := markup([]string{strings.Repeat(filler, 40000), "never shown"}, links)
		require.LessOrEqual(t, utf16Len(text), maxText)
		require.Greater(t, utf16Len(text), maxText-100)
		require.True(t, strings.HasSuffix(text, "…\n\n* [Channel|https://chat.example.com]"), text[len(text)-80:])
		require.NotContains(t, text, "never shown")
		require.NotContains(t, text, `\…`)
		require.Equal(t, strings.Count(text, "[http")+1, strings.Count(text, "]"))
	}
}

func TestASummaryIsOneLineThatJiraTakes(t *testing.T) {
	t.Parallel()
	require.Equal(t, "a b *c*", summaryLine(" a\r\nb\t*c* "))
	require.Equal(t, strings.Repeat("a", 255), summaryLine(strings.Repeat("a", 255)))
	require.Equal(t, strings.Repeat("a", 254)+"…", summaryLine(strings.Repeat("a", 256)))
	require.Equal(t, strings.Repeat("💥", 127)+"…", summaryLine(strings.Repeat("💥", 128)))
	require.Empty(t, summaryLine(" \n"))
}

var (
	unescapedMark = regexp.MustCompile(`(^|[^\\])[{}|*^~]`)
	wikiLink      = regexp.MustCompile(`\[https?://[^\[\]]*\]`)
	backslashed   = regexp.MustCompile(`\\([^\\a-zA-Z0-9\p{L}\p{Nd}])`)
)

// FuzzEscape checks that nothing acts, and that a reader sees what was typed.
func FuzzEscape(f *testing.F) {
	for _, seed := range []string{"{code}", "[~a]", "h1. x", "https://a.example.com/_x_|y", `\\ \{`, "*|*", "!a!", "a\n# b", "????"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := escape(s)
		require.True(t, utf8.ValidString(got))
		bare := wikiLink.ReplaceAllString(got, "link")
		require.False(t, unescapedMark.MatchString(bare), "%q from %q", got, s)
		require.False(t, regexp.MustCompile(`(^|[^\\])[\[\]]`).MatchString(bare), "%q from %q", got, s)
		require.False(t, regexp.MustCompile(`(?m)^\s*(h[1-6]\.|bq\.|#)`).MatchString(bare), "%q from %q", got, s)
		require.NotContains(t, bare, `\\`)
		clean := incident.CleanText(s)
		if !strings.Contains(clean, "http") && !strings.Contains(clean, "&#92;") && !strings.Contains(clean, lineGuard) {
			shown := backslashed.ReplaceAllString(strings.ReplaceAll(got, lineGuard, ""), "$1")
			require.Equal(t, clean, strings.ReplaceAll(shown, "&#92;", `\`))
		}
	})
}

func TestLabel(t *testing.T) {
	t.Parallel()
	require.Equal(t, "muster-INC-42", Label("INC-42"))
	require.Regexp(t, `^muster-k7-INC-42-follow-up-1-[0-9a-f]{8}$`, Label("k7/INC-42/follow-up/1"))
	require.NotEqual(t, Label("a/b"), Label("a b"))
	require.NotEqual(t, Label("a/b"), Label("a-b"))
	long := Label(strings.Repeat("x", 300))
	require.Len(t, long, 255)
	require.NotEqual(t, long, Label(strings.Repeat("x", 301)))
}

func FuzzLabel(f *testing.F) {
	f.Add("INC-42")
	f.Add("a b/c\n")
	f.Fuzz(func(t *testing.T, key string) {
		require.Regexp(t, `^muster-[A-Za-z0-9._-]*$`, Label(key))
		require.LessOrEqual(t, len(Label(key)), 255)
	})
}

// acting are the marks of Jira's wiki that do something, in text from which every escaped
// character was taken.
var acting = map[string]*regexp.Regexp{
	"an image":     regexp.MustCompile(`![^\s!][^!\n]*!`),
	"a macro":      regexp.MustCompile(`[{}]`),
	"a link":       regexp.MustCompile(`[\[\]]`),
	"a table":      regexp.MustCompile(`\|`),
	"a ruler":      regexp.MustCompile(`----`),
	"a dash":       regexp.MustCompile(`(^|\s)--`),
	"a heading":    regexp.MustCompile(`(?m)^\s*h[1-6]\.`),
	"a quote":      regexp.MustCompile(`(?m)^\s*bq\.`),
	"a list":       regexp.MustCompile(`(?m)^\s*[*#-]+\s`),
	"a citation":   regexp.MustCompile(`\?\?`),
	"an emphasis":  regexp.MustCompile(`[*^~]`),
	"a strike":     regexp.MustCompile(`(^|\s)[-+_][^\s]`),
	"a line break": regexp.MustCompile(`\\\\`),
	"an icon":      regexp.MustCompile(`\((!|/|x|i|\?|on)\)|[:;][()]`),
}

// A title is put into descriptions of follow-ups and reviews, and people type them in a hurry.
func TestNothingOfATitleActsInADescription(t *testing.T) {
	t.Parallel()
	escaped := regexp.MustCompile(`\\[^a-zA-Z0-9\\]`)
	for _, title := range []string{
		"!screenshot.png!", "!https://evil.example.com/x.png|width=1!", "{code}rm -rf /{code}", "{color:red}all{color}", "{jira:project=X}",
		"[~accountid:5b10ac8d82e05b22cc7d4ef5]", "[~bob]", "[click|https://evil.example.com]", "[^attachment.ext]", "||a||b||", "|a|b|",
		"----", "a -- b --- c", "h1. Shout", "bq. said", "* one", "# one", "- one", "??who??", "*bold* _it_ -del- +ins+ ^up^ ~down~ {{mono}}",
		"\\\\ break", "(!) down (/) up :) ;( (on)", "\u2028h1. x", "!a!b!c!", "{noformat}", "[]", "!!", "{}", "h1.h1. x", "\\{code}", "\\[~bob]",
	} {
		text := markup([]string{"Follow-up 1 of INC-1 " + title + ".", title}, nil)
		bare := escaped.ReplaceAllString(wikiLink.ReplaceAllString(strings.ReplaceAll(text, "&#92;", "/"), "link"), "")
		for what, marks := range acting {
			require.False(t, marks.MatchString(bare), "%s comes of %q: %q", what, title, text)
		}
	}
}
