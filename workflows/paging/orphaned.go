package paging

import "muster/incident"

// orphaned withdraws a page whose incident does not run any more: nobody is there to say that it has been
// taken or is over, and it would go on for ever.
func (r *pageRun) orphaned() {
	if r.s.Status == incident.PageWithdrawn {
		return
	}
	r.s.Status = incident.PageWithdrawn
	r.s.Brief.Page.Status = incident.PageWithdrawn
	r.forgetUndelivered()
}
