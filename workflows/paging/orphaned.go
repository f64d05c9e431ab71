package paging

import (
	"muster/incident"
	"muster/workflows/api"
)

// orphaned withdraws a page whose incident does not run any more: nobody is there to say that it has been
// taken or is over, and it would go on for ever.
func (r *pageRun) orphaned() {
	if r.s.Status == incident.PageWithdrawn {
		return
	}
	r.s.Status = incident.PageWithdrawn
	r.s.Brief.Page.Status = incident.PageWithdrawn
	r.s.Log.Rung = nil // nobody is left to hear whom the pager has notified
	r.forgetUndelivered()
}

// renew asks the incident for what it wants of a page that was ended by hand, before anybody is woken by
// it: the incident may be over, or somebody may have taken the page meanwhile.
func (r *pageRun) renew() {
	switch {
	case r.restored == nil:
	case r.restored.End, !r.run.Renew(api.PageChanged, r.restored):
		r.orphaned()
	}
}
