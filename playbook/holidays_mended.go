package playbook

import (
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/aa"
	"github.com/rickar/cal/v2/ca"
)

// What the library (rickar/cal 2.1.13) has wrong. It was compared with date-holidays 3.37 (npm), and where
// the two differ with vacanza/holidays and the law itself; holidays_test.go keeps the comparison for 2026
// and 2027. Days that it has too many are taken out in countries; those that it lacks are here.

// nationwideInCanada are the statutory holidays of every province and territory. The library adds those of
// federal employees and of some provinces, which are no day off for most.
// https://en.wikipedia.org/wiki/Public_holidays_in_Canada
var nationwideInCanada = []*cal.Holiday{ca.NewYear, ca.GoodFriday, ca.CanadaDay, ca.LabourDay, ca.ChristmasDay}

// mend is a day that the library does not know.
type mend struct {
	country, name string
	// on is the day in a year, at noon; false when it is none that year.
	on func(year int) (time.Time, bool)
}

var mends = []mend{
	// Lei n. 14.759 of 2023.
	{"br", "Dia da Consciência Negra", yearly(2024, time.November, 20)},
	// Legge 8 ottobre 2025, n. 151.
	{"it", "San Francesco d'Assisi", yearly(2026, time.October, 4)},
	// https://www.rijksoverheid.nl/onderwerpen/arbeidsovereenkomst-en-cao: a day off every fifth year.
	{"nl", "Bevrijdingsdag", everyFifth(time.May, 5)},
	// Te Kāhui o Matariki Public Holiday Act 2022, schedule 1.
	{"nz", "Matariki", dates(
		"2025-06-20", "2026-07-10", "2027-06-25", "2028-07-14", "2029-07-06", "2030-06-21", "2031-07-11",
		"2032-07-02", "2033-06-24", "2034-07-07", "2035-06-29", "2036-07-18", "2037-07-10", "2038-06-25",
		"2039-07-15", "2040-07-06", "2041-07-19", "2042-07-11", "2043-07-03", "2044-06-24", "2045-07-07",
	)},
	// Ustawa z dnia 6 grudnia 2024 r., Dz.U. 2024 poz. 1965.
	{"pl", "Wigilia Bożego Narodzenia", yearly(2025, time.December, 24)},

	// Announced for these two years: https://www.nsw.gov.au/about-nsw/public-holidays
	{"au-nsw", "Anzac Day (additional day)", dates("2026-04-27", "2027-04-26")},
	// Feiertagsgesetz Mecklenburg-Vorpommern, since 2023.
	{"de-mv", "Internationaler Frauentag", yearly(2023, time.March, 8)},

	// What both other sources have, after the Federal Office of Justice's list of the cantons' days:
	// https://www.bj.admin.ch/dam/bj/de/data/publiservice/service/zivilprozessrecht/kant-feiertage.pdf
	{"ch-ag", "Tag der Arbeit", yearly(0, time.May, 1)},
	{"ch-ge", "Jeûne genevois", nth(1, time.September, 4)},                   // the Thursday after the first Sunday
	{"ch-ge", "Restauration de la République", yearly(0, time.December, 31)}, //nolint:misspell // French
	{"ch-gl", "Näfelser Fahrt", naefels},
	{"ch-ju", "Fête de l'indépendance", yearly(0, time.June, 23)},
	{"ch-ne", "Instauration de la République", yearly(0, time.March, 1)},
	{"ch-ow", "Bruder Klaus", yearly(0, time.September, 25)},
	{"ch-ti", "Santi Pietro e Paolo", yearly(0, time.June, 29)},
	{"ch-vd", "Lundi du Jeûne fédéral", nth(3, time.September, 1)}, // the Monday after the third Sunday
	{"ch-zg", "Fronleichnam", corpusChristi},
	{"ch-zg", "Mariä Empfängnis", yearly(0, time.December, 8)},
}

func on(year int, m time.Month, d int) time.Time {
	return time.Date(year, m, d, 12, 0, 0, 0, time.UTC)
}

// yearly is the same day of every year, beginning with one.
func yearly(since int, m time.Month, d int) func(int) (time.Time, bool) {
	return func(year int) (time.Time, bool) { return on(year, m, d), year >= since }
}

func everyFifth(m time.Month, d int) func(int) (time.Time, bool) {
	return func(year int) (time.Time, bool) { return on(year, m, d), year%5 == 0 }
}

// dates are written out one by one, as the law has them.
func dates(list ...string) func(int) (time.Time, bool) {
	byYear := map[int]time.Time{}
	for _, s := range list {
		if t, err := time.Parse(time.DateOnly, s); err == nil {
			byYear[t.Year()] = noon(t)
		}
	}
	return func(year int) (time.Time, bool) {
		t, ok := byYear[year]
		return t, ok
	}
}

// nth is some days after the nth Sunday of a month.
func nth(n int, m time.Month, later int) func(int) (time.Time, bool) {
	return func(year int) (time.Time, bool) {
		first := on(year, m, 1)
		sunday := (7-int(first.Weekday()))%7 + 7*(n-1)
		return first.AddDate(0, 0, sunday+later), true
	}
}

func easter(year int) time.Time {
	monday, _ := aa.EasterMonday.Calc(year)
	return noon(monday).AddDate(0, 0, -1)
}

func corpusChristi(year int) (time.Time, bool) { return easter(year).AddDate(0, 0, 60), true }

// naefels is the first Thursday of April, or the next one if that is in Holy Week.
func naefels(year int) (time.Time, bool) {
	t := on(year, time.April, 1)
	t = t.AddDate(0, 0, (int(time.Thursday)-int(t.Weekday())+7)%7)
	if holy := easter(year).AddDate(0, 0, -3); holy.Format(time.DateOnly) == t.Format(time.DateOnly) {
		t = t.AddDate(0, 0, 7)
	}
	return t, true
}
