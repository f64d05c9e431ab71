package file

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"muster/playbook"
	"muster/playbook/internal/words"

	"go.yaml.in/yaml/v3"
)

var (
	hoursShape = regexp.MustCompile(`^(\d{1,2}:\d{2}) *(?:-|–|to) *(\d{1,2}:\d{2})$`)
	slackUser  = regexp.MustCompile(`^[UW][A-Z0-9]{2,20}$`)
)

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// calendars reads all calendars in the order of the file.
func (r *reader) calendars(t table, now time.Time) []playbook.CalendarSource {
	var out []playbook.CalendarSource
	for _, e := range t.entries {
		if !serviceShape.MatchString(e.key) {
			r.fail(e.name, t.at(e.key), "use small letters, digits and -, at most 60", "%s is no name for a calendar", words.Quote(e.key))
			continue
		}
		ct := t.sub(e.key)
		ct.only("zone", "days", "hours", "holidays")
		c := playbook.DefaultCalendar()
		c.Name = e.key
		if !ct.has("zone") {
			r.fail(e.name, ct.at("zone"), "write a place such as Europe/Berlin", "is missing")
		}
		r.zone(ct, &c)
		r.days(ct, &c)
		r.workingHours(ct, &c)
		source := r.holidays(ct.sub("holidays"), now)
		c.Holidays = source.Dates()
		source.Calendar = c
		out = append(out, source)
	}
	return out
}

func (r *reader) zone(t table, c *playbook.Calendar) {
	var zone string
	n, ok := t.text("zone", maxName, &zone)
	if !ok {
		return
	}
	if err := (playbook.Calendar{Zone: zone}).Validate(); err != nil {
		r.fail(n, t.at("zone"), "", "%s", err)
		return
	}
	c.Zone = zone
}

// days reads [mon, tue, wed] or a range: mon-fri, sun-thu.
func (r *reader) days(t table, c *playbook.Calendar) {
	if !t.has("days") {
		return
	}
	var days []int
	for _, it := range t.list("days") {
		from, to, isRange := strings.Cut(it.text, "-")
		first, last := weekday(from), weekday(to)
		if !isRange {
			last = first
		}
		if first < 0 || last < 0 {
			r.fail(it.node, it.path, "write it like mon-fri or [mon, tue, wed]", "%s is no weekday", words.Quote(it.text))
			continue
		}
		for d := first; ; d = (d + 1) % 7 {
			days = append(days, d)
			if d == last {
				break
			}
		}
	}
	slices.Sort(days)
	if days = slices.Compact(days); len(days) > 0 {
		c.Days = days
		return
	}
	if n := t.get("days"); n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
		r.fail(n, t.at("days"), "write it like mon-fri", "is empty, so nobody ever works")
	}
}

func weekday(s string) int {
	s = strings.ToLower(strings.TrimSpace(s))
	for i, short := range weekdays {
		if s == short || s == strings.ToLower(time.Weekday(i).String()) {
			return i
		}
	}
	return -1
}

func (r *reader) workingHours(t table, c *playbook.Calendar) {
	var hours string
	n, ok := t.text("hours", maxName, &hours)
	if !ok {
		return
	}
	m := hoursShape.FindStringSubmatch(hours)
	if m == nil {
		r.fail(n, t.at("hours"), "write them like 09:00-17:00, or 22:00-06:00 over midnight", "%s are no working hours", words.Quote(hours))
		return
	}
	start, err := playbook.ParseTimeOfDay(m[1])
	if err != nil {
		r.fail(n, t.at("hours"), "", "%s", err)
		return
	}
	end := 24 * 60
	if m[2] != "24:00" {
		if end, err = playbook.ParseTimeOfDay(m[2]); err != nil {
			r.fail(n, t.at("hours"), "", "%s", err)
			return
		}
	}
	if start == end {
		r.fail(n, t.at("hours"), "write them like 09:00-17:00, 22:00-06:00 over midnight, or 00:00-24:00 for all day", "%s end when they start", words.Quote(hours))
		return
	}
	c.Start, c.End = start, end
}

// holidays reads a country (or several), dates of one's own, and days that are worked after all.
func (r *reader) holidays(t table, now time.Time) (out playbook.CalendarSource) {
	t.only("country", "dates", "except")
	for _, it := range r.unique(t.list("country")) {
		country := strings.ToLower(it.text)
		days, ok := playbook.HolidaysOf(country, now)
		if !ok {
			r.fail(it.node, it.path, r.countryMend(it.text), "%s is no country whose holidays are known", words.Quote(it.text))
			continue
		}
		out.Countries = append(out.Countries, country)
		out.Off = append(out.Off, days...)
	}
	for _, d := range r.dates(t, "dates") {
		out.Off = append(out.Off, playbook.Holiday{Date: d, Name: "own date"})
	}
	except := r.dates(t, "except")
	out.Off = slices.DeleteFunc(out.Off, func(h playbook.Holiday) bool { return slices.Contains(except, h.Date) })
	slices.SortStableFunc(out.Off, func(a, b playbook.Holiday) int { return strings.Compare(a.Date, b.Date) })
	out.Off = slices.CompactFunc(out.Off, func(a, b playbook.Holiday) bool { return a.Date == b.Date })
	return out
}

func (r *reader) countryMend(s string) string {
	mend := "write the days under dates; known: " + strings.Join(slices.DeleteFunc(playbook.Countries(), func(c string) bool { return len(c) > 2 }), ", ") +
		", and regions such as de-be, ch-zh, au-nsw"
	if near := words.Nearest(s, playbook.Countries()); near != "" && len(s) > 2 {
		mend = "did you mean " + near + "? else " + mend
	}
	return mend
}

func (r *reader) dates(t table, key string) []string {
	var out []string
	for _, it := range r.unique(t.list(key)) {
		if _, err := time.Parse(time.DateOnly, it.text); err != nil {
			r.fail(it.node, it.path, "write it like 2026-12-24", "%s is no date", words.Quote(it.text))
			continue
		}
		out = append(out, it.text)
	}
	return out
}

// defaultCalendar is the one that the file names, or its only one.
func (r *reader) defaultCalendar(t table, calendars []playbook.Calendar) playbook.Calendar {
	var name string
	n, ok := t.text("calendar", maxName, &name)
	switch {
	case ok:
		if c := r.findCalendar(item{text: name, path: "calendar", node: n}, calendars); c != nil {
			return *c
		}
	case t.has("calendar"): // reported
	case len(calendars) == 1:
		return calendars[0]
	case len(calendars) > 1:
		r.fail(t.get("calendars"), "calendar", "write calendar: "+calendars[0].Name, "there are several calendars, and nothing says which one is everybody's")
	}
	return playbook.DefaultCalendar()
}

func (r *reader) findCalendar(it item, calendars []playbook.Calendar) *playbook.Calendar {
	var names []string
	for i := range calendars {
		if calendars[i].Name == it.text {
			return &calendars[i]
		}
		names = append(names, calendars[i].Name)
	}
	mend := words.Suggest(it.text, names)
	if mend == "" {
		mend = "add it under calendars"
	}
	r.fail(it.node, it.path, mend, "%s is no calendar", words.Quote(it.text))
	return nil
}

// people reads e-mail address: name, or a mapping.
func (r *reader) people(t table, calendars []playbook.Calendar, fallback playbook.Calendar) []playbook.Person {
	var out []playbook.Person
	for _, e := range t.entries {
		path := t.at(e.key)
		email, ok := r.email(item{text: e.key, path: path, node: e.name})
		if !ok {
			continue
		}
		if slices.ContainsFunc(out, func(p playbook.Person) bool { return p.Email == email }) {
			r.fail(e.name, path, "remove one of the two", "stands here twice; capital letters make no difference")
			continue
		}
		p := playbook.Person{Email: email, Calendar: fallback}
		if e.value.Kind == yaml.ScalarNode && !isNull(e.value) {
			t.text(e.key, maxName, &p.Name)
			out = append(out, p)
			continue
		}
		pt := t.sub(e.key)
		pt.only("name", "slack", "calendar", "zone")
		pt.text("name", maxName, &p.Name)
		if n, ok := pt.text("slack", maxName, &p.Slack); ok && !slackUser.MatchString(p.Slack) {
			r.fail(n, pt.at("slack"), "write the member ID from their Slack profile, like U012AB3CD", "%s is no Slack member ID", words.Quote(p.Slack))
		}
		r.personCalendar(pt, calendars, &p)
		out = append(out, p)
	}
	return out
}

// personCalendar reads a named calendar, or another zone for the hours that everybody works.
func (r *reader) personCalendar(t table, calendars []playbook.Calendar, p *playbook.Person) {
	var name string
	if n, ok := t.text("calendar", maxName, &name); ok {
		if c := r.findCalendar(item{text: name, path: t.at("calendar"), node: n}, calendars); c != nil {
			p.OwnCalendar = c.Name != p.Calendar.Name
			p.Calendar = *c
		}
	}
	if t.has("zone") {
		was := p.Calendar.Zone
		r.zone(t, &p.Calendar)
		p.OwnCalendar = p.OwnCalendar || p.Calendar.Zone != was
	}
}
