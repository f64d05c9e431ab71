package playbook

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/au"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/br"
	"github.com/rickar/cal/v2/ch"
	"github.com/rickar/cal/v2/cz"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/es"
	"github.com/rickar/cal/v2/fr"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/ie"
	"github.com/rickar/cal/v2/it"
	"github.com/rickar/cal/v2/jp"
	"github.com/rickar/cal/v2/nl"
	"github.com/rickar/cal/v2/no"
	"github.com/rickar/cal/v2/nz"
	"github.com/rickar/cal/v2/pl"
	"github.com/rickar/cal/v2/se"
	"github.com/rickar/cal/v2/us"
	"github.com/rickar/cal/v2/za"
)

// Holidays are written out as plain dates when the file is read, from the year before to
// yearsAhead years after it, because a Slice must not depend on a library's later opinion.
const (
	yearsBack  = 1
	yearsAhead = 5
)

// countries are the named calendars, as far as the library is right; mends adds what it lacks. A country by
// itself means the days that hold in all of it.
var countries = map[string][]*cal.Holiday{
	"at": at.Holidays, "be": be.Holidays, "br": br.Holidays, "ca": nationwideInCanada, "cz": cz.Holidays, "de": de.Holidays,
	"dk": except(dk.Holidays, dk.Grundlovsdag), "es": es.Holidays, "fr": fr.Holidays, "gb": gb.Holidays, "ie": ie.Holidays, "it": it.Holidays,
	"jp": jp.Holidays, "nl": except(nl.Holidays, nl.GoedeVrijdag, nl.BevrijdingsDag), "no": no.Holidays, "nz": nz.Holidays, "pl": pl.Holidays, "se": se.Holidays,
	"us": us.Holidays, "za": za.Holidays,

	"au-act": au.HolidaysACT, "au-nsw": au.HolidaysNSW, "au-nt": au.HolidaysNT, "au-qld": au.HolidaysQLD,
	"au-sa": au.HolidaysSA, "au-tas": au.HolidaysTAS, "au-vic": au.HolidaysVIC, "au-wa": au.HolidaysWA,

	"ch-ag": ch.HolidaysAG, "ch-ai": ch.HolidaysAI, "ch-ar": ch.HolidaysAR, "ch-be": ch.HolidaysBE, "ch-bl": except(ch.HolidaysBL, ch.Fronleichnam),
	"ch-bs": ch.HolidaysBS, "ch-fr": except(ch.HolidaysFR, ch.TagderArbeit), "ch-ge": except(ch.HolidaysGE, ch.Fronleichnam), "ch-gl": ch.HolidaysGL, "ch-gr": except(ch.HolidaysGR, ch.HeiligeDreiKoenige, ch.Josefstag, ch.Fronleichnam, ch.MariaHimmelfahrt, ch.Allerheiligen, ch.MariaEmpfangnis),
	"ch-ju": ch.HolidaysJU, "ch-lu": except(ch.HolidaysLU, ch.Josefstag), "ch-ne": ch.HolidaysNE, "ch-nw": ch.HolidaysNW, "ch-ow": ch.HolidaysOW,
	"ch-sg": ch.HolidaysSG, "ch-sh": ch.HolidaysSH, "ch-so": except(ch.HolidaysSO, ch.Pfingstmontag), "ch-sz": ch.HolidaysSZ, "ch-tg": ch.HolidaysTG,
	"ch-ti": ch.HolidaysTI, "ch-ur": ch.HolidaysUR, "ch-vd": ch.HolidaysVD, "ch-vs": ch.HolidaysVS, "ch-zg": ch.HolidaysZG,
	"ch-zh": ch.HolidaysZH,

	"de-bb": de.HolidaysBB, "de-be": de.HolidaysBE, "de-bw": de.HolidaysBW, "de-by": de.HolidaysBY, "de-hb": de.HolidaysHB,
	"de-he": de.HolidaysHE, "de-hh": de.HolidaysHH, "de-mv": de.HolidaysMV, "de-ni": de.HolidaysNI, "de-nw": de.HolidaysNW,
	"de-rp": de.HolidaysRP, "de-sh": de.HolidaysSH, "de-sl": de.HolidaysSL, "de-sn": de.HolidaysSN, "de-st": de.HolidaysST,
	"de-th": de.HolidaysTH,
}

// unions are countries for which the library has no national list, only one per region.
var unions = []string{"au", "ch"}

// Countries lists the names of holiday calendars that a playbook may use, sorted.
func Countries() []string {
	names := slices.AppendSeq(slices.Clone(unions), maps.Keys(countries))
	slices.Sort(names)
	return names
}

// Holiday is a day off.
type Holiday struct {
	// Date is written 2026-12-25.
	Date string
	// Name is what the country calls it.
	Name string
}

// HolidaysOf writes out a country's days off around now, sorted; false when it is not known.
func HolidaysOf(country string, now time.Time) ([]Holiday, bool) {
	from, to := now.UTC().Year()-yearsBack, now.UTC().Year()+yearsAhead
	if _, ok := countries[country]; ok {
		return expand(country, from, to), true
	}
	if !slices.Contains(unions, country) {
		return nil, false
	}
	var shared []Holiday
	first := true
	for _, name := range Countries() {
		if !strings.HasPrefix(name, country+"-") {
			continue
		}
		days := expand(name, from, to)
		if first {
			shared, first = days, false
			continue
		}
		shared = slices.DeleteFunc(shared, func(h Holiday) bool {
			return !slices.ContainsFunc(days, func(d Holiday) bool { return d.Date == h.Date })
		})
	}
	return shared, true
}

// expand includes the day itself and the day on which it is made up for, which may fall into
// a neighbouring year. Days that are merely customary are left out.
func expand(country string, from, to int) []Holiday {
	var out []Holiday
	add := func(t time.Time, name string) {
		if y := t.Year(); !t.IsZero() && y >= from && y <= to {
			out = append(out, Holiday{Date: t.Format(time.DateOnly), Name: name})
		}
	}
	for year := from - 1; year <= to+1; year++ {
		for _, h := range countries[country] {
			if h.Type == cal.ObservanceOther {
				continue
			}
			actual, observed := h.Calc(year)
			actual, observed = noon(actual), noon(observed)
			add(actual, h.Name)
			if !observed.Equal(actual) {
				add(observed, h.Name+" (made up for)")
			}
		}
		for _, m := range mends {
			if t, ok := m.on(year); ok && m.country == country {
				add(t, m.name)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Holiday) int { return strings.Compare(a.Date, b.Date) })
	return slices.CompactFunc(out, func(a, b Holiday) bool { return a.Date == b.Date })
}

// noon is on the right day everywhere: the library answers midnight in the machine's own zone, where
// midnight may not exist and then is an hour of the day before.
func noon(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(12 * time.Hour)
}

// except is a library's list less some of its days.
func except(list []*cal.Holiday, gone ...*cal.Holiday) []*cal.Holiday {
	return slices.DeleteFunc(slices.Clone(list), func(h *cal.Holiday) bool { return slices.Contains(gone, h) })
}
