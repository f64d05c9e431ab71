package incident

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Woken is one time that the pager has notified a person for a page, as the pager's own log says. Not
// every notification wakes somebody: Means says how it came, Night and OffHours when.
type Woken struct {
	// ID is the pager's ID of its log entry, by which an entry counts once.
	ID string `json:"id"`
	// Person is the e-mail address of who was notified, or the pager's name for them where it has no
	// address any more.
	Person string `json:"person"`
	// At is when, by the pager's clock. Its offset is that of Zone at that moment, so that it shows the
	// day and hour which it was for the person.
	At time.Time `json:"at"`
	// Means is how.
	Means Means `json:"means"`
	// Step is the step of the page for which it was.
	Step string `json:"step,omitempty"`
	// Night and OffHours say how the moment was for that person, by their own calendar as it was when
	// this was learnt. A later change of the playbook does not change them. Night is from 22:00 to 06:00
	// by the clocks of Zone, the calendar's time zone, also for who works then; OffHours is outside of
	// the hours and days on which the person works. Zone is empty before it was judged.
	Night    bool   `json:"night,omitempty"`
	OffHours bool   `json:"off_hours,omitempty"`
	Zone     string `json:"zone,omitempty"`
}

// Means is how a pager notifies somebody.
type Means string

// The means. A pager may come to know others, which are then unknown here.
const (
	MeansPhone   Means = "phone"
	MeansSMS     Means = "sms"
	MeansPush    Means = "push"
	MeansEmail   Means = "email"
	MeansUnknown Means = "unknown"
)

// Text is how people read it.
func (m Means) Text() string {
	switch m {
	case MeansSMS:
		return "SMS"
	case MeansEmail:
		return "e-mail"
	case MeansPhone, MeansPush:
		return string(m)
	case MeansUnknown:
	}
	return "means that the pager did not name"
}

// MaxWoken is how many notifications a page keeps. An incident keeps as many of all its pages as have
// maxWokenBytes as JSON together.
const MaxWoken = 40

// WokenReport is what the pager's log says of a page.
type WokenReport struct {
	Woken []Woken `json:"notified,omitempty"`
	// More means that there were more than are listed.
	More bool `json:"more,omitempty"`
	// AsOf is until when the log was read; zero when it never was.
	AsOf time.Time `json:"as_of,omitzero"`
	// Unknown says why it is not known whom the pager has notified, or what it did after AsOf.
	Unknown string `json:"unknown,omitempty"`
}

// Learn takes in notifications, each once and in the order of their times. Of more than MaxWoken it
// keeps each person's first by each means, and the newest of the others.
func (r *WokenReport) Learn(news []Woken) {
	all := slices.Clone(r.Woken)
	for _, n := range news {
		k := slices.IndexFunc(all, func(w Woken) bool { return w.ID == n.ID })
		switch {
		case k < 0:
			all = append(all, n)
		case CheckPerson("", all[k].Person) != nil && CheckPerson("", n.Person) == nil: // the address was not known before
			all[k] = n
		}
	}
	slices.SortFunc(all, func(a, b Woken) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	over := len(all) - MaxWoken
	r.More = r.More || over > 0
	all = withoutRepeats(all, over)
	r.Woken = all[:min(len(all), MaxWoken)]
}

// withoutRepeats leaves out the oldest of those that are no person's first by their means, as many as
// there are over.
func withoutRepeats(all []Woken, over int) (kept []Woken) {
	for _, w := range all {
		repeats := slices.ContainsFunc(kept, func(o Woken) bool { return o.Person == w.Person && o.Means == w.Means })
		if over > 0 && repeats {
			over--
			continue
		}
		kept = append(kept, w)
	}
	return kept
}

// boundWoken keeps what is known of whom the pager notified within the room that an incident has: the
// oldest pages give up repeats first, and then the rest.
func (i *Incident) boundWoken() {
	over := func() bool {
		n := 0
		for _, p := range i.Pages {
			if len(p.Woken.Woken) > 0 {
				n += bytesOf(p.Woken.Woken)
			}
		}
		return n > maxWokenBytes
	}
	for k := range i.Pages {
		if r := &i.Pages[k].Woken; over() {
			before := len(r.Woken)
			r.Woken = withoutRepeats(r.Woken, before)
			r.More = r.More || len(r.Woken) < before
		}
	}
	for k := range i.Pages {
		for r := &i.Pages[k].Woken; len(r.Woken) > 0 && over(); {
			r.Woken, r.More = r.Woken[:len(r.Woken)/2], true
		}
	}
}

// Knows reports whether there is anything to say of it: the pager was asked.
func (r WokenReport) Knows() bool { return !r.AsOf.IsZero() || r.Unknown != "" }

// reportWoken takes in what a page has learnt of whom the pager notified. What was judged before stays.
func (p *Page) reportWoken(r WokenReport) {
	p.Woken.Learn(r.Woken)
	p.Woken.More = p.Woken.More || r.More
	if r.Knows() && !r.AsOf.Before(p.Woken.AsOf) {
		p.Woken.AsOf, p.Woken.Unknown = r.AsOf, r.Unknown
	}
}

// Lines say whom the pager has notified, a line for each person with every time and its means, in the
// person's own zone. There are none while it was not asked.
func (r WokenReport) Lines() []string {
	var people []string
	for _, w := range r.Woken {
		people = add(people, w.Person)
	}
	var out []string
	for _, person := range people {
		var times []string
		for _, w := range r.Woken {
			if w.Person == person {
				times = append(times, w.moment())
			}
		}
		out = append(out, person+": "+strings.Join(times, ", "))
	}
	switch {
	case r.More:
		out = append(out, "and more, which are not kept")
	case len(out) == 0 && !r.AsOf.IsZero() && r.Unknown == "":
		out = append(out, "nobody, by the pager's log")
	}
	if r.Unknown != "" {
		unknown := "not known"
		if !r.AsOf.IsZero() {
			unknown += fmt.Sprintf(" after %s UTC", r.AsOf.UTC().Format("2006-01-02 15:04"))
		}
		out = append(out, unknown+": "+r.Unknown)
	}
	return out
}

// moment is a notification in short: phone at 03:12 on Monday 30 November (Europe/Berlin, night).
func (w Woken) moment() string {
	how := cmp.Or(w.Zone, "UTC")
	switch {
	case w.Night:
		how += ", night"
	case w.OffHours:
		how += ", off-hours"
	}
	at := w.At
	if w.Zone == "" {
		at = at.UTC()
	}
	return fmt.Sprintf("%s at %s (%s)", w.Means.Text(), at.Format("15:04 on Monday 2 January"), how)
}
