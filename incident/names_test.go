package incident

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestTitlesAreKeptAsTheyWereMeant(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ typed, kept string }{
		"plain":                     {"Checkout is down", "Checkout is down"},
		"surrounded by space":       {" \t Checkout is down \n", "Checkout is down"},
		"over many lines":           {"Checkout\r\nis\n\n\ndown", "Checkout is down"},
		"with wide spaces":          {"Checkout\u00a0is\u3000\u2003down", "Checkout is down"},
		"control characters":        {"Check\x00out\x1b[31m is\x7f down\u0085", "Check out [31m is down"},
		"invalid UTF-8":             {"Checkout\xff\xfe is \xc3down", "Checkout is down"},
		"a lone byte-order mark":    {"\ufeffCheckout is down", "Checkout is down"},
		"line separators":           {"Checkout\u2028is\u2029down", "Checkout is down"},
		"a mention of everybody":    {"<!channel> down", "<!channel> down"},
		"markup":                    {"*a* _b_ `c` a|b & <https://example.com|x> {code}", "*a* _b_ `c` a|b & <https://example.com|x> {code}"},
		"emoji":                     {"🔥 Kasse 👩‍🚒 brennt 🇳🇴", "🔥 Kasse 👩‍🚒 brennt 🇳🇴"},
		"right-to-left text":        {"הקופה לא עובדת", "הקופה לא עובדת"},
		"Arabic with its own marks": {"السلة\u200f لا تعمل", "السلة\u200f لا تعمل"},
		"a direction override":      {"Deploy \u202egpj.exe\u202c failed", "Deploy gpj.exe failed"},
		"isolates":                  {"\u2066a\u2067b\u2068c\u2069d\u202ae\u202bf\u202dg", "a b c d e f g"},
		"combining characters":      {"Cafe\u0301 is down", "Cafe\u0301 is down"},
		"200 characters":            {strings.Repeat("字", MaxTitle), strings.Repeat("字", MaxTitle)},
		"200 with space around":     {" " + strings.Repeat("字", MaxTitle) + " ", strings.Repeat("字", MaxTitle)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := CleanTitle("title", c.typed)
			require.NoError(t, err)
			require.Equal(t, c.kept, got)
		})
	}
}

func TestTitlesThatSayNothingOrTooMuch(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ typed, reason string }{
		"empty":             {"", "is empty"},
		"spaces":            {" \t\n\u00a0", "is empty"},
		"control only":      {"\x00\x01\u202e", "is empty"},
		"invalid only":      {"\xff\xfe", "is empty"},
		"invisible only":    {"\u200b \u200d\u2060\u00ad\u200e", "is empty"},
		"201 characters":    {strings.Repeat("字", MaxTitle+1), "is 201 characters long, 200 are allowed"},
		"10,000 characters": {strings.Repeat("x", 10_000), "is 10000 characters long, 200 are allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := CleanTitle("title", c.typed)
			require.Empty(t, got)
			p := problem(t, err)
			require.Equal(t, CodeInvalid, p.Code)
			require.Equal(t, "title", p.Field)
			require.Equal(t, c.reason, p.Reason)
		})
	}
}

func TestTextKeepsItsLines(t *testing.T) {
	t.Parallel()
	require.Equal(t, "a\nb\n\n\tc", CleanText("\r\na\r\nb\n\n\tc\x00\u202e \n"))
	require.Equal(t, "a b", CleanText("a\xffb"))
	// What is pasted from elsewhere brings blanks that do not break and characters of no width.
	require.Equal(t, "checkout is down", CleanLine("\ufeffcheck\u200bout\u00a0is\u2003\u00addown\u2060"))
	require.Equal(t, "checkout\nis down", CleanText("\ufeffcheck\u200bout\nis\u00a0down\u2060"))
	require.Equal(t, "👩\u200d🚒 می\u200cخواهم", CleanLine("👩\u200d🚒 می\u200cخواهم"), "what joins letters and emoji stays")
	require.Empty(t, CleanText("\n\x00 \t"))
}

func TestClippingMarksTheCut(t *testing.T) {
	t.Parallel()
	require.Equal(t, "größe", Clip("größe", 5))
	require.Equal(t, "grö…", Clip("größe", 4))
}

func TestChannelNames(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prefix string
		number int
		title  string
		want   string
	}{
		"plain":               {"inc", 42, "Checkout is down", "inc-42-checkout-is-down"},
		"no prefix":           {"", 42, "Checkout is down", "inc-42-checkout-is-down"},
		"a prefix of its own": {"Ops Oslo!", 42, "Checkout is down", "ops-oslo-42-checkout-is-down"},
		"umlauts and such":    {"inc", 7, "Größe: Ærlig Malmø", "inc-7-groesse-aerlig-malmo"},
		"apostrophes":         {"inc", 7, "Checkout's cart isn’t there", "inc-7-checkouts-cart-isnt-there"},
		"markup":              {"inc", 7, "<!channel> | *x*", "inc-7-channel-x"},
		"nothing legal in it": {"inc", 7, "🔥🔥🔥 结账", "inc-7"},
		"cut at the limit":    {"inc", 7, strings.Repeat("x", 100), "inc-7-" + strings.Repeat("x", 74)},
		"no dash at the cut":  {"inc", 7, strings.Repeat("x", 73) + " y", "inc-7-" + strings.Repeat("x", 73)},
		"a prefix too long":   {strings.Repeat("p", 100), 42, "Checkout", strings.Repeat("p", 77) + "-42"},
		"cut in the prefix":   {strings.Repeat("p", 76) + " q", 42, "Checkout", strings.Repeat("p", 76) + "-42"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			legalChannelName(t, c.want, c.number)
			require.Equal(t, c.want, ChannelNameFrom(DefaultChannelName, ChannelParts{Prefix: c.prefix, Number: c.number, Title: c.title}))
		})
	}
}

func TestChannelNamesByTemplate(t *testing.T) {
	t.Parallel()
	parts := ChannelParts{Prefix: "inc", Number: 42, Title: "Checkout is down", Severity: 2, Service: "web.shop", Date: "2026-11-30"}
	long, bare := parts, ChannelParts{Number: 42}
	long.Title = strings.Repeat("x", 200)
	again, longAgain := parts, long
	again.Ordinal, longAgain.Ordinal = 2, 12
	for name, c := range map[string]struct {
		template string
		parts    ChannelParts
		want     string
	}{
		"the usual one":          {DefaultChannelName, parts, "inc-42-checkout-is-down"},
		"none":                   {"", parts, "inc-42-checkout-is-down"},
		"without a number":       {"{title}", parts, "inc-42-checkout-is-down"},
		"with everything":        {"{prefix}-{date}-sev{severity}_{number}-{service}-{title}", parts, "inc-2026-11-30-sev2_42-web-shop-checkout-is-down"},
		"nothing said":           {"{prefix}-{severity}-{number}-{service}-{title}-{date}", bare, "inc-42"},
		"words of its own":       {"war-room-{number}", parts, "war-room-42"},
		"words that are illegal": {"War Room! {number}", parts, "warroom42"},
		"the title is cut":       {"{title}-{service}-{number}", long, strings.Repeat("x", 68) + "-web-shop-42"},
		"the second channel":     {DefaultChannelName, again, "inc-42-checkout-is-down-2"},
		"the second, when long":  {"{number}-{title}", longAgain, "42-" + strings.Repeat("x", 74) + "-12"},
		"the second, by default": {strings.Repeat("y", 90) + "{number}", again, "inc-42-2"},
		"the number stays":       {"{service}-{number}-{title}", ChannelParts{Number: 42, Title: long.Title, Service: long.Title}, strings.Repeat("x", 77) + "-42"},
		"a template too long":    {strings.Repeat("y", 90) + "{number}", parts, "inc-42"},
		"half a placeholder":     {"{number}-{title", parts, "42-title"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			legalChannelName(t, c.want, 42)
			require.Equal(t, c.want, ChannelNameFrom(c.template, c.parts))
		})
	}
}

func TestChannelNamesDifferByNumberEvenWhenCut(t *testing.T) {
	t.Parallel()
	for _, template := range []string{DefaultChannelName, "{number}-{title}", "{title}-{number}", "{service}-{date}-{number}-x"} {
		seen := map[string]int{}
		for n := 1; n <= 1200; n++ {
			name := ChannelNameFrom(template, ChannelParts{Prefix: strings.Repeat("p", n%90), Number: n, Title: strings.Repeat("1 ", n%60), Service: strings.Repeat("2", n%90), Date: "2026-11-30"})
			require.Zero(t, seen[name], "%s is incident %d and %d", name, seen[name], n)
			seen[name] = n
		}
	}
}

var channelName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,79}$`)

func legalChannelName(t *testing.T, name string, number int) {
	t.Helper()
	require.Regexp(t, channelName, name)
	require.Contains(t, name, strconv.Itoa(number))
	require.NotEqual(t, byte('-'), name[len(name)-1])
}

func hostile(f *testing.F, add func(string)) {
	f.Helper()
	for _, s := range []string{
		"", " ", "Checkout is down", "<!channel> | x", "🔥 👩‍🚒 🇳🇴", "הקופה\u200f", "a\u202eb\u2066c", "\x00\x1b[0m", "\xff\xfe\xc3", "\ufeff\u200b\u2028",
		"İıẞK\u0130", "alice@example.com", "Alice <alice@example.com>", "INC-42", strings.Repeat("xö ", 400),
	} {
		add(s)
	}
}

func FuzzChannelName(f *testing.F) {
	hostile(f, func(s string) { f.Add("inc", 42, s); f.Add(s, -1, s); f.Add(s+s, 1<<62, "") })
	f.Fuzz(func(t *testing.T, prefix string, number int, title string) {
		legalChannelName(t, ChannelNameFrom(DefaultChannelName, ChannelParts{Prefix: prefix, Number: number, Title: title}), number)
	})
}

func FuzzChannelNameFrom(f *testing.F) {
	hostile(f, func(s string) {
		f.Add("{prefix}-{number}-{title}", s, s, 42)
		f.Add(s, s, s, 7)
		f.Add(s+"{number}"+s, "", s, 1)
	})
	f.Fuzz(func(t *testing.T, template, title, service string, number int) {
		if number < 1 {
			return
		}
		name := ChannelNameFrom(template, ChannelParts{Prefix: "inc", Number: number, Title: title, Service: service, Severity: 1, Date: "2026-11-30"})
		legalChannelName(t, name, number)
	})
}

func FuzzCleanTitle(f *testing.F) {
	hostile(f, func(s string) { f.Add(s) })
	f.Fuzz(func(t *testing.T, s string) {
		title, err := CleanTitle("title", s)
		if err != nil {
			require.Empty(t, title)
			require.Equal(t, "title", problem(t, err).Field)
			return
		}
		oneLine(t, title)
		require.LessOrEqual(t, utf8.RuneCountInString(title), MaxTitle)
		require.True(t, strings.ContainsFunc(title, func(r rune) bool { return unicode.IsGraphic(r) && r != ' ' }), "nobody can see %q", title)
		again, err := CleanTitle("title", title)
		require.NoError(t, err)
		require.Equal(t, title, again)
	})
}

func FuzzCleanLine(f *testing.F) {
	hostile(f, func(s string) { f.Add(s) })
	f.Fuzz(func(t *testing.T, s string) {
		line := CleanLine(s)
		oneLine(t, line)
		require.Equal(t, line, CleanLine(line))
	})
}

func FuzzCleanText(f *testing.F) {
	hostile(f, func(s string) { f.Add(s) })
	f.Fuzz(func(t *testing.T, s string) {
		text := CleanText(s)
		require.True(t, utf8.ValidString(text))
		require.Equal(t, strings.TrimSpace(text), text)
		require.Equal(t, text, CleanText(text))
		oneLine(t, CleanLine(text))
	})
}

func oneLine(t *testing.T, s string) {
	t.Helper()
	require.True(t, utf8.ValidString(s))
	require.Equal(t, strings.Join(strings.Fields(s), " "), s, "no space around it and no two together")
	require.False(t, strings.ContainsFunc(s, unicode.IsControl), "%q", s)
	require.NotRegexp(t, "[\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]", s)
}
