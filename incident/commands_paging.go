package incident

import (
	"fmt"
	"time"
)

// Acknowledge says that a person has taken a page, or all of them when Page is 0.
type Acknowledge struct {
	Meta
	Page   int    `json:"page,omitempty"`
	Person string `json:"person,omitempty"`
}

// Check implements Command.
func (c Acknowledge) Check(i *Incident, _ time.Time) error {
	if c.Page != 0 && i.Page(c.Page) == nil {
		return &Problem{Code: CodeNotFound, Field: "page", Reason: fmt.Sprintf("%s has no page %d", i.Key(), c.Page), Mend: "see `starter show " + i.Key() + "`"}
	}
	if !i.Status.Live() {
		return illegal("status", "reopen it first", "pages are withdrawn while the incident is %s", i.Status)
	}
	return CheckPerson("person", c.person())
}

// Apply implements Command.
func (c Acknowledge) Apply(i *Incident, now time.Time) Result {
	news := i.join(now, c.person())
	for k := range i.Pages {
		p := &i.Pages[k]
		if (c.Page == 0 || p.Number == c.Page) && p.Status != PageAcknowledged && p.Status != PageWithdrawn {
			p.Status, p.By, p.At = PageAcknowledged, c.person(), now
			p.Revision++
			news = true
		}
	}
	if !news {
		return i.unchanged("already acknowledged")
	}
	r := i.changed(now, c.Actor, "acknowledged", "%s acknowledged", c.person())
	i.muster(now)
	return r
}

func (c Acknowledge) person() string { return Join{Meta: c.Meta, Person: c.Person}.person() }

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
	if r.URL != "" {
		p.URL = r.URL
	}
	// A report that has not seen the newest command must not undo it.
	if p.Status != PageWithdrawn && r.Revision >= p.Revision {
		p.Problem, p.NotBefore = r.Problem, r.NotBefore
		p.Status, p.At = r.Status, now
		if r.By != "" {
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
		if r.By != "" && CheckPerson("", r.By) == nil {
			i.join(now, NormalPerson(r.By))
		}
		i.Note(now, who, "acknowledged", fmt.Sprintf("%s acknowledged the page to %s", who, p.Target))
	case p.Status == PagePaging && before.Status == PageAcknowledged:
		i.Note(now, who, "unacknowledged", fmt.Sprintf("The page to %s is no longer acknowledged", p.Target))
	case p.Status == PageUnanswered && before.Status != PageUnanswered:
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
const maxRequiredPages = 2 * maxPages

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
