package incidents

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// handleNews takes in what children, vendors and other incidents say.
func (r *incidentRun) handleNews() {
	r.run.Receive(api.PageReported, mirror.On(r.pageReported))
	r.run.Receive(api.FollowUpReported, mirror.On(r.followUpReported))
	r.run.Receive(api.ReviewReported, mirror.On(r.reviewReported))
	r.run.Receive(api.IssueChanged, mirror.On(r.tracker.changed))
	r.run.Receive(api.IssueFiled, mirror.On(r.issueFiled))
	r.run.Receive(api.CancelAsked, mirror.On(r.cancelAsked))
	r.run.Receive(api.BriefAsked, mirror.On(r.briefAsked))
	r.run.Receive(api.ChildEnded, mirror.On(r.childEnded))
	r.run.Receive(api.ChannelChanged, mirror.On(r.room.changed))
	r.run.Receive(api.Absorb, mirror.On(r.transfer.absorb))
	r.run.Receive(api.Repeated, mirror.On(func(p incident.Repetition) error {
		r.facts.Repeat(r.now(), p)
		return nil
	}))
	r.run.Receive(api.MessageChanged, mirror.On(func(c incident.MessageChange) error {
		r.facts.Recapture(c) // most messages are on no timeline
		return nil
	}))
}

func (r *incidentRun) refusedSignal(name string, err error) {
	code, field := incident.Code("unread"), ""
	if p, ok := incident.AsProblem(err); ok { // its reason may repeat what somebody wrote
		code, field = p.Code, p.Field
	}
	r.log.Warn("signal refused", "signal", name, "code", code, "field", field)
	r.note("refused", fmt.Sprintf("Refused %s: %v", name, err))
}

func (r *incidentRun) pageReported(p incident.PageReport) error {
	if r.facts.Page(p.Page) == nil {
		return fmt.Errorf("%s has no page %d", r.facts.Key(), p.Page)
	}
	r.policy.JudgeWoken(p.Woken.Woken)
	r.facts.ReportPage(r.now(), p)
	r.childSnags(fmt.Sprintf("page/%d", p.Page), p.Snags)
	return nil
}

func (r *incidentRun) followUpReported(p api.FollowUpReport) error {
	f := r.facts.FollowUp(p.Number)
	if f == nil {
		return fmt.Errorf("%s has no follow-up %d", r.facts.Key(), p.Number)
	}
	r.childSnags(fmt.Sprintf("follow-up/%d", p.Number), p.Snags)
	before := *f
	f.Issue = p.Issue
	if p.Revision < f.Revision { // a newer command is on its way to the child
		return nil
	}
	f.Owner, f.Due = p.Owner, p.Due
	if p.Title != "" && !r.facts.Private {
		f.Title = p.Title
	}
	f.Status, f.Reason = p.Status, p.Reason
	if f.Status == before.Status {
		r.noteTrackerChange(p, before)
		return nil
	}
	text := string(f.Status)
	switch {
	case f.Status.Ended():
		f.EndedAt = r.now()
	case before.Status.Ended():
		f.EndedAt = time.Time{}
		r.facts.Reawaken()
		text = "reopened, it was " + string(before.Status)
	}
	if f.Reason != "" {
		text += ": " + f.Reason
	}
	r.facts.Note(r.now(), p.Actor, "follow_up", fmt.Sprintf("Follow-up %d (%s): %s", f.Number, f.Title, text))
	return nil
}

// noteTrackerChange puts on the timeline what somebody has changed in the tracker.
func (r *incidentRun) noteTrackerChange(p api.FollowUpReport, before incident.FollowUp) {
	if p.Actor.Way != incident.WayVendor {
		return
	}
	var parts []string
	if p.Title != before.Title && p.Title != "" && !r.facts.Private {
		parts = append(parts, "is called “"+p.Title+"” now")
	}
	if p.Owner != before.Owner {
		parts = append(parts, "owner "+cmp.Or(p.Owner, "nobody"))
	}
	if p.Due != before.Due {
		parts = append(parts, "due "+string(p.Due))
	}
	if before.Issue.Key != "" && p.Issue.Key != before.Issue.Key {
		parts = append(parts, before.Issue.Key+" is "+p.Issue.Key+" now")
	}
	if len(parts) > 0 {
		text := fmt.Sprintf("Follow-up %d (%s), in the tracker: %s", p.Number, before.Title, strings.Join(parts, ", "))
		r.facts.Note(r.now(), p.Actor, "follow_up", text)
	}
}

// issueFiled makes a follow-up of an issue that people filed below the incident's own.
func (r *incidentRun) issueFiled(in api.IssueFiledInput) error {
	if in.Issue.Parent == "" || in.Issue.Parent != r.facts.Links.Tracker.ID {
		return fmt.Errorf("issue %q is not below %s", mirror.Clipped(in.Issue.Key, 60), r.facts.Links.Tracker.Key)
	}
	if err := r.facts.FileFollowUp(r.now(), in.Issue, incident.Actor{Person: in.By, Way: incident.WayVendor}); err != nil {
		r.log.Info("no follow-up was made of an issue", "issue", in.Issue.Key, "reason", err.Error())
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
	if p.Revision < v.Revision || v.Status.Ended() {
		return nil
	}
	v.Status, v.At = p.Status, p.At
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
