package incidents

import (
	"slices"
	"time"

	"muster/incident"
	"muster/playbook"
)

// invitePolicy invites whom the playbook wants in every channel and for the named services.
func (r *incidentRun) invitePolicy() {
	now := r.facts.DeclaredAt
	for _, p := range r.policy.Chat.Invite {
		r.facts.Invite(now, incident.NormalPerson(p))
	}
	for _, s := range r.policy.Services {
		for _, p := range s.Responders {
			r.facts.Invite(now, incident.NormalPerson(p))
		}
	}
}

// planPages raises the pages that severity and kind ask for and that do not exist yet. It never
// takes one back: that is a person's decision, or resolution's.
func (r *incidentRun) planPages(now time.Time) {
	if !r.facts.Status.Live() {
		return
	}
	mode := r.pageMode()
	if mode == playbook.PageNever {
		return
	}
	notBefore := time.Time{}
	if mode == playbook.PageNextMorning && !r.policy.Calendar.Working(now) {
		notBefore = r.policy.Calendar.NextWorking(now)
	}
	for _, t := range targets(r.policy, r.facts.Severity) {
		k := slices.IndexFunc(r.facts.Pages, func(p incident.Page) bool { return p.Target == t.Name })
		if k < 0 {
			r.facts.AddPage(t.Name, true, notBefore)
			continue
		}
		r.require(now, &r.facts.Pages[k])
		if notBefore.IsZero() {
			r.facts.WakePage(t.Name)
		}
	}
}

// require makes the page that a person raised by hand the one that the severity asks for.
func (r *incidentRun) require(now time.Time, p *incident.Page) {
	if p.Required {
		return
	}
	p.Required = true
	// A late report with nothing new in it makes the domain look who is here.
	r.facts.ReportPage(now, incident.PageReport{
		Page: p.Number, Status: p.Status, Attempts: p.Attempts, Step: p.Step, By: p.By, Problem: p.Problem, Revision: p.Revision - 1,
	})
}

func (r *incidentRun) pageMode() playbook.PageMode {
	switch r.facts.Kind {
	case incident.KindIncident:
		return r.policy.Severity(r.facts.Severity).Page
	case incident.KindDrill:
		if r.in.Declaration.Page {
			return playbook.PageNow
		}
	}
	return playbook.PageNever
}
