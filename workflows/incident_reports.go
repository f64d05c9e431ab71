package workflows

import (
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows/api"
)

// handleReports takes in what children and vendors say.
func (r *incidentRun) handleReports() {
	r.inbox.handlers[api.PageReported] = on(r.pageReported)
	r.inbox.handlers[api.FollowUpReported] = on(r.followUpReported)
	r.inbox.handlers[api.ReviewReported] = on(r.reviewReported)
	r.inbox.handlers[api.IssueChanged] = on(r.issueChanged)
}

func (r *incidentRun) pageReported(p incident.PageReport) error {
	if r.facts.Page(p.Page) == nil {
		return fmt.Errorf("%s has no page %d", r.facts.Key(), p.Page)
	}
	r.facts.ReportPage(workflow.Now(r.ctx), p)
	r.childSnags(fmt.Sprintf("page/%d", p.Page), p.Snags)
	return nil
}

func (r *incidentRun) followUpReported(p api.FollowUpReport) error {
	f := r.facts.FollowUp(p.Number)
	if f == nil {
		return fmt.Errorf("%s has no follow-up %d", r.facts.Key(), p.Number)
	}
	r.childSnags(fmt.Sprintf("follow-up/%d", p.Number), p.Snags)
	f.Issue = p.Issue
	if p.Revision < f.Revision { // a newer command is on its way to the child
		return nil
	}
	before := *f
	f.Owner, f.Due = p.Owner, p.Due
	r.facts.Admit(workflow.Now(r.ctx), f.Owner)
	if f.Status.Ended() { // an ended follow-up stays ended, whatever is said late
		return nil
	}
	f.Status, f.Reason = p.Status, p.Reason
	if f.Status.Ended() {
		f.EndedAt = workflow.Now(r.ctx)
	}
	if f.Status != before.Status {
		r.facts.Note(workflow.Now(r.ctx), p.Actor, "follow_up", fmt.Sprintf("Follow-up %d (%s): %s", f.Number, f.Title, f.Status))
	}
	return nil
}

func (r *incidentRun) reviewReported(p api.ReviewReport) error {
	k := slices.IndexFunc(r.facts.Reviews, func(v incident.Review) bool { return v.Number == p.Number })
	if k < 0 {
		return fmt.Errorf("%s has no review %d", r.facts.Key(), p.Number)
	}
	v := &r.facts.Reviews[k]
	r.childSnags("review", p.Snags)
	v.Issue = p.Issue
	if p.Text != "" {
		r.noteSelf(orElse(p.Event, "review"), p.Text)
	}
	if p.Revision < v.Revision || v.Status.Ended() {
		return nil
	}
	v.Status, v.At = p.Status, p.At
	return nil
}

// issueChanged hears what happened to the parent issue. People may close it by hand; that is
// noted and not undone, and it does not close the incident, which waits for its own people.
func (r *incidentRun) issueChanged(in api.IssueChangedInput) error {
	if in.Issue.Missing {
		r.noteSelf("tracker", "The tracker issue "+r.facts.Links.Tracker.Key+" was deleted")
	}
	return nil
}

// childSnags shows a child's snags among those of the incident, named by the child.
func (r *incidentRun) childSnags(child string, snags []incident.Snag) {
	prefix := child + " "
	r.facts.Snags = slices.DeleteFunc(r.facts.Snags, func(s incident.Snag) bool { return strings.HasPrefix(s.Mirror, prefix) })
	for _, s := range snags {
		s.Mirror = prefix + s.Mirror
		r.facts.Snags = append(r.facts.Snags, s)
	}
}
