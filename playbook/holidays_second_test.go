package playbook

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// differing are the days on which we side with the library against the second source, and why.
var differing = map[string]map[string]string{
	"au-nt": evenings("12-24", "12-31"), "au-qld": evenings("12-24"), "au-sa": merged(evenings("12-24", "12-31"), map[string]string{
		"2027-04-26": "South Australia makes up for a Sunday's Anzac Day on Monday; vacanza/holidays has it so",
	}),
	"br": {
		"2026-02-17": carnival, "2027-02-09": carnival, "2026-06-04": carnival, "2027-05-27": carnival,
	},
	"ca": {"2027-12-27": "Christmas is a Saturday, and made up for on Monday; vacanza/holidays has it too"},
	"ch": {
		"2026-04-03": notAll, "2026-04-06": notAll, "2026-05-25": notAll, "2027-03-26": notAll, "2027-03-29": notAll, "2027-05-17": notAll,
	},
	"ch-ai": {
		"2026-09-22": parts, "2027-09-22": parts, "2026-12-08": "the federal list and vacanza/holidays have it", "2027-12-08": "the federal list and vacanza/holidays have it",
	},
	"ch-fr": {"2026-12-08": parts, "2027-12-08": parts},
	"ch-gl": merged(evenings("12-24", "12-31"), map[string]string{"2027-04-01": holyWeek, "2027-04-08": holyWeek}),
	"ch-gr": {"2026-04-03": customary, "2027-03-26": customary},
	"ch-ne": {"2026-04-06": "no holiday by law, and not in vacanza/holidays", "2027-03-29": "no holiday by law, and not in vacanza/holidays"},
	"ch-so": {"2026-03-19": parts, "2027-03-19": parts},
	"ch-vs": merged(evenings("12-24"), map[string]string{"2026-05-01": customary, "2026-05-25": customary, "2027-05-17": customary}),
	"ch-zg": {"2026-04-06": customary, "2026-05-25": customary, "2027-03-29": customary, "2027-05-17": customary},
	"gb":    {"2026-08-31": "it is England's and Wales's, see HolidayRules", "2027-08-30": "it is England's and Wales's, see HolidayRules"},
}

const (
	carnival  = "Carnival and Corpus Christi are optional by law, and hardly an office works"
	notAll    = "not in all cantons"
	parts     = "in parts of the canton only"
	customary = "no holiday by law, and vacanza/holidays calls it optional: the library's view stays"
	holyWeek  = "the first Thursday of April is not in Holy Week, so it is not moved; vacanza/holidays has it so too"
)

func evenings(days ...string) map[string]string {
	out := map[string]string{}
	for _, year := range []string{"2026-", "2027-"} {
		for _, d := range days {
			out[year+d] = "it begins in the evening"
		}
	}
	return out
}

func merged(a, b map[string]string) map[string]string {
	maps.Copy(a, b)
	return a
}

func TestHolidaysAgreeWithASecondSource(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/holidays.txt")
	require.NoError(t, err)
	theirs := map[string][]string{}
	for line := range strings.Lines(string(raw)) {
		name, days, found := strings.Cut(strings.TrimSpace(line), ": ")
		if strings.HasPrefix(line, "#") || !found {
			continue
		}
		country, year, _ := strings.Cut(name, " ")
		for d := range strings.FieldsSeq(days) {
			theirs[country] = append(theirs[country], year+"-"+d)
		}
	}
	require.ElementsMatch(t, Countries(), slices.Collect(maps.Keys(theirs)), "every calendar is compared")
	for country, want := range theirs {
		var got []string
		for _, d := range datesOf(t, country, time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)) {
			day, err := time.Parse(time.DateOnly, d)
			require.NoError(t, err)
			if weekday := day.Weekday(); weekday != time.Saturday && weekday != time.Sunday && (day.Year() == 2026 || day.Year() == 2027) {
				got = append(got, d)
			}
		}
		for day, why := range differing[country] {
			require.NotEqual(t, slices.Contains(want, day), slices.Contains(got, day), "%s %s does not differ any more: %s", country, day, why)
			want = slices.DeleteFunc(want, func(d string) bool { return d == day })
			got = slices.DeleteFunc(got, func(d string) bool { return d == day })
		}
		require.Equal(t, want, got, country)
	}
}

// What the library had wrong.
func TestMendedHolidays(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct{ country, day, off string }{
		{"br", "2026-11-20", "Dia da Consciência Negra"},
		{"it", "2027-10-04", "San Francesco d'Assisi"},
		{"it", "2025-10-04", ""},
		{"nl", "2026-04-03", ""},
		{"nl", "2026-05-05", ""},
		{"nl", "2025-05-05", "Bevrijdingsdag"},
		{"nl", "2030-05-05", "Bevrijdingsdag"},
		{"nz", "2026-07-10", "Matariki"},
		{"nz", "2027-06-25", "Matariki"},
		{"nz", "2031-07-11", "Matariki"},
		{"pl", "2026-12-24", "Wigilia Bożego Narodzenia"},
		{"ca", "2026-07-01", "Canada Day"},
		{"ca", "2026-09-30", ""},
		{"ca", "2026-04-06", ""},
		{"ca", "2026-12-28", ""},
		{"dk", "2026-06-05", ""},
		{"de-mv", "2027-03-08", "Internationaler Frauentag"},
		{"au-nsw", "2026-04-27", "Anzac Day (additional day)"},
		{"au-nsw", "2028-04-26", ""},
		{"au", "2026-04-27", ""},
		{"ch-ge", "2026-09-10", "Jeûne genevois"},
		{"ch-ge", "2026-06-04", ""},
		{"ch-vd", "2026-09-21", "Lundi du Jeûne fédéral"},
		{"ch-gl", "2026-04-09", "Näfelser Fahrt"},
		{"ch-gl", "2026-04-02", ""},
		{"ch-gl", "2029-04-05", "Näfelser Fahrt"},
		{"ch-zg", "2027-05-27", "Fronleichnam"},
	} {
		list, ok := HolidaysOf(tt.country, now)
		require.True(t, ok)
		name := ""
		if at := slices.IndexFunc(list, func(h Holiday) bool { return h.Date == tt.day }); at >= 0 {
			name = list[at].Name
		}
		require.Equal(t, tt.off, name, "%s %s", tt.country, tt.day)
	}
}

func TestEveryCalendarSaysItsRules(t *testing.T) {
	t.Parallel()
	for _, c := range Countries() {
		require.NotEmpty(t, HolidayRules(c), c)
	}
	require.Contains(t, HolidayRules("ch-ge"), "the canton GE")
	require.Contains(t, HolidayRules("nz"), "Matariki")
	require.Empty(t, HolidayRules("xx"))
	require.Empty(t, HolidayRules("de-xx"))
	for c := range countryRules {
		require.Contains(t, Countries(), c)
	}
}
