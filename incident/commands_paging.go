package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Acknowledge says that a person has taken a page: their own, the only one that asks for somebody,
// the one that is named, or every one. The others ring on, since other people are wanted too.
type Acknowledge struct {
	Meta
	Page int `json:"page,omitempty"`
	// Target names the page by whom it asks for, where its number is not at hand.
	Target string `json:"target,omitempty"`
	// All takes every page, so that whoever has not answered yet stays asleep.
	All    bool   `json:"all,omitempty"`
	Person string `json:"person,omitempty"`
}

// Shape refuses who is no person.
func (c Acknowledge) Shape() error { return CheckPerson("person", c.Taker()) }

// Check implements Command.
func (c Acknowledge) Check(i *Incident, _ time.Time) error {
	if err := c.Shape(); err != nil {
		return err
	}
	if !i.Status.Live() {
		return illegal("status", "reopen it first", "pages are withdrawn while the incident is %s", i.Status)
	}
	_, err := c.pages(i)
	return err
}

// pages finds the pages that the person takes; none when everything is answered already.
func (c Acknowledge) pages(i *Incident) ([]*Page, error) {
	switch target := CleanLine(c.Target); {
	case c.Page != 0:
		p := i.Page(c.Page)
		if p == nil {
			return nil, &Problem{Code: CodeNotFound, Field: "page", Reason: fmt.Sprintf("%s has no page %d", i.Key(), c.Page), Mend: "see `starter show " + i.Key() + "`"}
		}
		if p.Status == PageWithdrawn {
			return nil, illegal("page", "page "+p.Target+" again", "page %d was withdrawn", c.Page)
		}
		return open(p), nil
	case target != "":
		return c.named(i, target)
	}
	asking := i.asking()
	if c.All {
		return asking, nil
	}
	mine := slices.DeleteFunc(slices.Clone(asking), func(p *Page) bool { return !slices.Contains(p.Asked, c.Taker()) })
	ringing := slices.DeleteFunc(slices.Clone(asking), func(p *Page) bool { return p.Status == PageWaiting })
	switch {
	case len(mine) > 0:
		return mine, nil
	case len(ringing) > 1:
		return nil, invalid("page", "name one of them, such as --page "+ringing[0].Target+", or take them --all", "the pages to %s ask for somebody: which one do you take?", targetsOf(ringing))
	}
	return ringing, nil
}

// named finds the pages to a target as people write it.
func (c Acknowledge) named(i *Incident, target string) ([]*Page, error) {
	known := false
	for k := len(i.Pages) - 1; k >= 0; k-- {
		p := &i.Pages[k]
		if !strings.EqualFold(p.Target, target) || p.Status == PageWithdrawn {
			continue
		}
		if known = true; p.asks() {
			return open(p), nil
		}
	}
	if known {
		return nil, nil
	}
	mend := "nobody is being paged"
	if asking := i.asking(); len(asking) > 0 {
		mend = "write one of " + targetsOf(asking)
	}
	return nil, &Problem{Code: CodeNotFound, Field: "page", Reason: fmt.Sprintf("%s has no page to %q", i.Key(), Clip(target, 60)), Mend: mend}
}

func open(p *Page) []*Page {
	if p.asks() {
		return []*Page{p}
	}
	return nil
}

// asks reports whether the page wants an answer, now or in the morning.
func (p *Page) asks() bool {
	return p.Status == PagePaging || p.Status == PageUnanswered || p.Status == PageWaiting
}

// Asking lists the pages that want an answer, now or in the morning.
func (i *Incident) Asking() []Page {
	var out []Page
	for _, p := range i.asking() {
		out = append(out, *p)
	}
	return out
}

func (i *Incident) asking() []*Page {
	var out []*Page
	for k := range i.Pages {
		if i.Pages[k].asks() {
			out = append(out, &i.Pages[k])
		}
	}
	return out
}

// targetsOf names the targets of pages, each once.
func targetsOf(pages []*Page) string {
	var names []string
	for _, p := range pages {
		names = add(names, p.Target)
	}
	return And(names)
}

// Apply implements Command.
func (c Acknowledge) Apply(i *Incident, now time.Time) Result {
	pages, err := c.pages(i)
	if err != nil { // it was recorded, and something else has happened since
		return i.unchanged("%v", err)
	}
	news := i.join(now, c.Taker())
	for _, p := range pages {
		p.Status, p.By, p.At, p.Problem = PageAcknowledged, c.Taker(), now, ""
		p.Via = c.via()
		p.Revision++
	}
	switch {
	case len(pages) == 0 && !news:
		return i.unchanged("already acknowledged")
	case len(pages) == 0:
		return i.changed(now, c.Actor, "acknowledged", "%s is here; no page was waiting for an answer", c.Taker())
	}
	r := i.changed(now, c.Actor, "acknowledged", "%s acknowledged the page to %s%s", c.Taker(), targetsOf(pages), c.asleep(pages))
	r.Number = pages[0].Number
	i.muster(now)
	return r
}

// asleep names the people who are not woken any more, since another one has taken their page.
func (c Acknowledge) asleep(pages []*Page) string {
	var asleep []string
	for _, p := range pages {
		for _, person := range p.Asked {
			if person != c.Taker() && c.All {
				asleep = add(asleep, person)
			}
		}
	}
	if len(asleep) == 0 {
		return ""
	}
	return "; not woken for it any more: " + And(asleep)
}

// via is who speaks for the taker, empty for the taker.
func (c Acknowledge) via() string {
	if by := c.Actor.String(); NormalPerson(by) != c.Taker() {
		return by
	}
	return ""
}

// Taken names who acknowledged the page, and whose word it is when it is not their own.
func (p Page) Taken() string {
	by := orWord(p.By, "somebody")
	if p.Via != "" {
		return by + " (said by " + p.Via + ")"
	}
	return by
}

// Taker is who takes the page: whom the command names, or who gives it.
func (c Acknowledge) Taker() string { return Join{Meta: c.Meta, Person: c.Person}.person() }

// PageReport is what a page's own workflow says of it.
type PageReport struct {
	Page     int        `json:"page"`
	Status   PageStatus `json:"status"`
	Attempts int        `json:"attempts"`
	Step     string     `json:"step,omitempty"`
	By       string     `json:"by,omitempty"`
	URL      string     `json:"url,omitempty"`
	Problem  string     `json:"problem,omitempty"`
	// Revision is the incident's revision of the page that this report has seen.
	Revision int    `json:"revision"`
	Snags    []Snag `json:"snags,omitempty"`
	// Asked are the people whom the pager asks, Tries the steps that went out, NotBefore when a
	// page that is held goes out.
	Asked     []string  `json:"asked,omitempty"`
	Tries     []Try     `json:"tries,omitempty"`
	NotBefore time.Time `json:"not_before,omitzero"`
	// Woken is all that the page knows of whom the pager notified.
	Woken WokenReport `json:"woken,omitzero"`
}

// ReportPage takes in what a page's workflow says, and notes what is news to people.
func (i *Incident) ReportPage(now time.Time, r PageReport) {
	p := i.Page(r.Page)
	if p == nil {
		return
	}
	before := *p
	p.Attempts, p.Step, p.Tries = max(p.Attempts, r.Attempts), r.Step, r.Tries
	if len(r.Asked) > 0 {
		p.Asked = r.Asked
	}
	p.reportWoken(r.Woken)
	i.boundWoken()
	if link := WebLink(r.URL); link != "" {
		p.URL = link
	}
	// A report that has not seen the newest command must not undo it.
	if p.Status != PageWithdrawn && r.Revision >= p.Revision {
		p.Problem, p.NotBefore = r.Problem, r.NotBefore
		p.Status, p.At = r.Status, now
		if r.By != "" {
			if r.By != p.By {
				p.Via = ""
			}
			p.By = r.By
		}
	}
	if p.Status != before.Status {
		i.Revision++
	}
	who := Actor{Person: r.By, Way: WayVendor}
	switch {
	case r.Problem != "" && r.Problem != before.Problem:
		i.Note(now, Actor{Way: WayMuster}, "page_problem", fmt.Sprintf("Page to %s via %s could not be delivered: %s", p.Target, r.Step, r.Problem))
	case p.Status == PageAcknowledged && before.Status != PageAcknowledged:
		i.Note(now, who, "acknowledged", fmt.Sprintf("%s acknowledged the page to %s%s", who, p.Target, i.answerPage(now, before, r)))
	case p.Status == PagePaging && before.Status == PageAcknowledged:
		i.Note(now, who, "unacknowledged", fmt.Sprintf("The page to %s is no longer acknowledged", p.Target))
	case p.Status == PageUnanswered && before.Status != PageUnanswered && p.Problem == "": // else it was not delivered
		i.Note(now, Actor{Way: WayMuster}, "unanswered", fmt.Sprintf("Nobody answered the page to %s", p.Target))
	case p.Status == PagePaging && r.Attempts > before.Attempts:
		i.Note(now, Actor{Way: WayMuster}, "paged", fmt.Sprintf("Paged %s via %s", p.Target, r.Step))
	}
	i.muster(now)
}

// AddPage notes that a target is to be reached and returns the page's number.
// A time in notBefore makes it wait until then.
func (i *Incident) AddPage(target string, required bool, notBefore time.Time) int {
	p := Page{Number: len(i.Pages) + 1, Target: target, Status: PagePaging, Required: required, NotBefore: notBefore}
	if !notBefore.IsZero() {
		p.Status = PageWaiting
	}
	i.Pages = append(i.Pages, p)
	return p.Number
}

// RequirePage sees to it that a target is reached which the playbook requires: by the page that it
// has, or by a new one. A withdrawn page is no page.
func (i *Incident) RequirePage(now time.Time, target string, notBefore time.Time) {
	p := i.pageTo(target)
	if p == nil {
		if len(i.Pages) < maxRequiredPages {
			i.AddPage(target, true, notBefore)
		}
		return
	}
	if !p.Required {
		p.Required = true
		i.muster(now) // a person may have raised and somebody answered it before it was required
	}
	if notBefore.IsZero() {
		i.WakePage(target)
	}
}

// maxRequiredPages leaves room beyond the pages that people raise by hand. An incident has so many
// only when it was reopened again and again.
const maxRequiredPages = 100

// pageTo finds the newest page to a target that was not withdrawn.
func (i *Incident) pageTo(target string) *Page {
	for k := len(i.Pages) - 1; k >= 0; k-- {
		if p := &i.Pages[k]; p.Target == target && p.Status != PageWithdrawn {
			return p
		}
	}
	return nil
}

// WakePage makes a waiting page start now.
func (i *Incident) WakePage(target string) {
	for k := range i.Pages {
		if p := &i.Pages[k]; p.Target == target && p.Status == PageWaiting {
			p.Status, p.NotBefore = PagePaging, time.Time{}
			p.Revision++
		}
	}
}
