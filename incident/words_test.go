package incident

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestKeysAreReadTheWayPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for _, written := range []string{"INC-42", "inc-42", " Inc-42\n", "#42", "42", "INC-042"} {
		n, err := ParseKey(written)
		require.NoError(t, err, written)
		require.Equal(t, 42, n, written)
	}
	for _, written := range []string{
		"", " ", "INC-", "#", "INC-0", "0", "-1", "INC--1", "INC-4.2", "INC-42x", "OPS-42", "INC 42", "4 2", "٤٢", "1e3", "0x2a",
		"99999999999999999999", "INC-42/review", "\xff", strings.Repeat("9", 10_000),
	} {
		_, err := ParseKey(written)
		require.Error(t, err, written)
		p := problem(t, err)
		require.Equal(t, CodeInvalid, p.Code)
		require.Equal(t, "incident", p.Field)
		require.Less(t, len(p.Error()), 300)
	}
}

func TestDatesAreCalendarDays(t *testing.T) {
	t.Parallel()
	for _, written := range []string{"2026-11-30", "2028-02-29", "0001-01-01"} {
		d, err := ParseDate("due", written)
		require.NoError(t, err)
		require.Equal(t, Date(written), d)
	}
	for _, written := range []string{
		"", "2026-11-31", "2027-02-29", "2026-13-01", "2026-00-10", "2026-1-3", "26-11-30", "30.11.2026", "2026/11/30",
		"2026-11-30T10:00:00Z", " 2026-11-30", "2026-11-30 ", "tomorrow", strings.Repeat("2", 10_000),
	} {
		_, err := ParseDate("due", written)
		require.Error(t, err, written)
		require.Equal(t, "due", problem(t, err).Field)
	}
}

func TestPeopleAreKnownByEmail(t *testing.T) {
	t.Parallel()
	for _, p := range []string{
		"alice@example.com", " Alice@Example.COM\n", "first.last+oncall@sub.example.com", "o'brien@example.com", "søren@example.com", "用户@example.com", "a@b", "пётр@почта.рф", "nguyễn@example.com",
	} {
		require.NoError(t, CheckPerson("person", p), p)
	}
	for name, p := range map[string]string{
		"empty":                   "",
		"spaces":                  "  ",
		"a name":                  "Alice",
		"a vendor's name":         "U0123ABCD",
		"nobody":                  "@example.com",
		"nowhere":                 "alice@",
		"two":                     "alice@bob@example.com",
		"a display name":          "Alice <alice@example.com>",
		"a list":                  "alice@example.com,bob@example.com",
		"a path":                  "person/alice@example.com",
		"a space in it":           "al ice@example.com",
		"a wide space in it":      "al\u3000ice@example.com",
		"a no-break space in it":  "al\u00a0ice@example.com",
		"a line break in it":      "alice@example.com\nbcc:x",
		"a zero-width space":      "al\u200bice@example.com",
		"a soft hyphen":           "al\u00adice@example.com",
		"a direction mark":        "\u200ealice@example.com",
		"a direction override":    "al\u202eice@example.com",
		"invalid UTF-8":           "al\xffice@example.com",
		"the mark of invalid":     "al\ufffdice@example.com",
		"a Slack mention":         "<!channel>@example.com",
		"a Cyrillic letter":       "аlice@example.com",
		"a Cyrillic name":         "сео@example.com",
		"a Greek letter":          "αlice@example.com",
		"a letter in the domain":  "alice@exаmple.com",
		"a phonetic letter":       "\u0251lice@example.com",
		"an i without its dot":    "al\u0131ce@example.com",
		"a loose mark":            "q\u0307@example.com",
		"a bold letter":           "\U0001d41alice@example.com",
		"a joiner":                "al\u200dice@example.com",
		"two scripts":             "αа@почта.рф",
		"a quote":                 `"a"@example.com`,
		"longer than mail allows": strings.Repeat("a", 250) + "@example.com",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := CheckPerson("owner", p)
			require.Error(t, err)
			refusal := problem(t, err)
			require.Equal(t, "owner", refusal.Field)
			require.Equal(t, CodeInvalid, refusal.Code)
			require.Less(t, len(refusal.Reason), 500)
		})
	}
}

func TestAnAddressHasOneForm(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		" Alice@Example.COM\n":   "alice@example.com",
		"SØREN@example.com":      "søren@example.com",
		"s\u00e9b@example.com":   "s\u00e9b@example.com",
		"se\u0301b@example.com":  "s\u00e9b@example.com", // the same letter as two characters
		"\uff41lice@example.com": "alice@example.com",    // as Japanese keyboards write it
		"alice\uff20example.com": "alice@example.com",
	} {
		require.NoError(t, CheckPerson("person", written), "%+q", written)
		require.Equal(t, want, NormalPerson(written), "%+q", written)
	}
}

func TestWhyAnAddressIsRefusedIsSaid(t *testing.T) {
	t.Parallel()
	for p, want := range map[string]string{
		"аlice@example.com":       "holds 'а' (U+0430, Cyrillic), which can be taken for another letter",
		"al\u200bice@example.com": "holds a character that nobody sees (U+200B)",
		"αlice@example.com":       "holds 'α' (U+03B1, Greek)",
	} {
		require.ErrorContains(t, CheckPerson("person", p), want)
	}
}

func TestADisplayNameIsNoAddress(t *testing.T) {
	t.Parallel()
	require.Equal(t, "Alice Ahlgren", NameOnly(" Alice  Ahlgren\n", "user 7"))
	for _, name := range []string{"ceo@example.com", "ceo\uff20example.com", "ceo\ufe6bexample.com", "Bob <ceo@example.com>", "", "\u200b"} {
		got := NameOnly(name, "user 7")
		require.Equal(t, "user 7", got, "%+q", name)
		require.Error(t, CheckPerson("", got))
	}
	require.Equal(t, "somebody without an address", NameOnly("a@b", "c@d"))
}

func TestActorsHaveNames(t *testing.T) {
	t.Parallel()
	for want, a := range map[string]Actor{
		"alice@example.com":  {Person: "alice@example.com", Way: WayAPI, Token: "deploys"},
		"deploys":            {Way: WayAPI, Token: "deploys"},
		"Muster":             {Way: WayMuster},
		"unidentified":       {Way: WayWebUI},
		"unidentified (cli)": {Way: WayCLI},
	} {
		require.Equal(t, want, a.String())
	}
	require.Equal(t, "unidentified", Actor{}.String())
}

func TestProblemsReadAsOneLine(t *testing.T) {
	t.Parallel()
	require.Equal(t, "due: is no date; write it like 2026-11-30", (&Problem{Field: "due", Reason: "is no date", Mend: "write it like 2026-11-30"}).Error())
	require.Equal(t, "is no date", (&Problem{Reason: "is no date"}).Error())
	_, ok := AsProblem(nil)
	require.False(t, ok)
}

func FuzzParseKey(f *testing.F) {
	hostile(f, func(s string) { f.Add(s) })
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseKey(s)
		if err != nil {
			require.Zero(t, n)
			problem(t, err)
			return
		}
		require.Positive(t, n)
		again, err := ParseKey(Key(n))
		require.NoError(t, err)
		require.Equal(t, n, again)
	})
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2026-11-30", "2028-02-29", "2026-11-31", "", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDate("due", s)
		if err != nil {
			require.Empty(t, d)
			problem(t, err)
			return
		}
		require.Equal(t, Date(s), d)
		require.Len(t, s, len("2026-11-30"), "dates are compared as text")
	})
}

func FuzzCheckPerson(f *testing.F) {
	hostile(f, func(s string) { f.Add(s) })
	f.Fuzz(func(t *testing.T, s string) {
		if err := CheckPerson("person", s); err != nil {
			require.Equal(t, "person", problem(t, err).Field)
			return
		}
		p := NormalPerson(s)
		require.Equal(t, p, NormalPerson(p), "one person, one workflow")
		require.NoError(t, CheckPerson("person", p))
		require.True(t, utf8.ValidString(p))
		require.Equal(t, 1, strings.Count(p, "@"))
		require.NotContains(t, p, "/", "it becomes part of a workflow ID")
		require.Equal(t, p, CleanLine(p))
		require.False(t, strings.ContainsFunc(p, unicode.IsSpace))
		require.LessOrEqual(t, len(p), 254)
	})
}
