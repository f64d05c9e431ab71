package paging

import (
	"slices"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

func (r *pageRun) report() incident.PageReport {
	p := incident.PageReport{
		Page: r.s.Brief.Page.Number, Status: r.s.Status, By: r.s.By, URL: r.s.URL, Problem: r.s.Problem, Asked: r.s.Asked,
		NotBefore: r.s.NotBefore, Revision: r.s.Brief.Page.Revision, Snags: slices.Clone(r.s.Snags), Attempts: r.s.Sends,
		Woken: r.s.Woken,
	}
	for _, a := range r.s.Attempts {
		p.Step = a.Step
		if !a.Sent.IsZero() {
			p.Tries = append(p.Tries, incident.Try{Step: a.Step, At: a.Sent})
		}
	}
	if n := len(r.s.Attempts); n > 0 && r.s.Present < n {
		p.Step = r.s.Attempts[r.s.Present].Step
	}
	return p
}

// reportNews tells the incident what is news.
func (r *pageRun) reportNews() mirror.Action {
	p := r.report()
	if r.reported() {
		return nil
	}
	return mirror.Report(r.in.Incident, api.PageReported, p, func() {
		r.s.Reported, r.s.SnagsShown = mirror.Fingerprint(p), len(p.Snags) > 0
		r.s.WokenTold = mirror.Fingerprint(p.Woken)
	})
}

// reported is true when the incident knows the present state, or need not: it knows by itself
// that a page was started or taken in Muster, and that it withdrew it. Whom the pager has notified
// it knows from the page alone.
func (r *pageRun) reported() bool {
	p := r.report()
	quietly := p.Status == incident.PageWithdrawn && len(p.Snags) == 0 && !r.s.SnagsShown
	started := p.Status == incident.PageWaiting || p.Status == incident.PagePaging || r.s.TakenHere
	fresh := started && p.Attempts == 0 && p.Problem == "" && len(p.Snags) == 0 && r.s.Reported == "" &&
		p.NotBefore.Equal(r.s.Brief.Page.NotBefore)
	toldWoken := !p.Woken.Knows() || mirror.Fingerprint(p.Woken) == r.s.WokenTold
	return toldWoken && (quietly || fresh) || mirror.Fingerprint(p) == r.s.Reported
}
