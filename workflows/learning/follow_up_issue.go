package learning

import (
	"cmp"
	"fmt"

	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// issue is the follow-up's issue as the tracker should have it.
func (r *followUpRun) issue() incident.Issue {
	f := r.followUp()
	return incident.Issue{
		Key:         api.VendorKey(r.in.Settings.Installation, api.FollowUpID(r.in.Incident, f.Number), ""),
		Project:     r.in.Tracker.Project,
		Type:        r.in.Tracker.FollowUpType,
		Summary:     f.Title,
		Description: []string{fmt.Sprintf("Follow-up %d of %s %s.", f.Number, incident.Key(r.in.Incident), r.s.Brief.Title)},
		Labels:      append([]string{"muster", "follow-up"}, r.in.Tracker.Labels...),
		Parent:      r.s.Brief.Parent,
		Owner:       f.Owner,
		Due:         f.Due,
		Fields:      r.in.Tracker.FollowUpFields,
	}
}

// trackIssue keeps the child issue. It waits for the parent: a child cannot be made without.
func (r *followUpRun) trackIssue() mirror.Action {
	f := r.followUp()
	if r.in.Tracker.Project == "" || (r.s.Brief.Parent == "" && f.Issue.Key == "") {
		return nil
	}
	if f.Issue.Key == "" {
		if f.Status.Ended() && !r.s.Loop.Tried("tracker") {
			return nil
		}
		return createChildIssue(r.issue(), func(ref incident.IssueRef, mark string) {
			r.followUp().Issue, r.s.Issue.Written = ref, mark
		})
	}
	if r.s.AtVendor {
		return nil // what ended at the tracker is known there
	}
	if issue := r.issue(); mirror.Fingerprint(issue) != r.s.Issue.Written {
		return updateChildIssue(f.Issue.Key, issue, func(mark string) { r.s.Issue.Written = mark })
	}
	if goal := r.goal(); goal != "" && r.s.Issue.Goal != goal {
		return moveChildIssue(f.Issue.Key, goal, r.in.Tracker, func() { r.s.Issue.Goal = goal })
	}
	return nil
}

func (r *followUpRun) goal() incident.Goal {
	switch r.followUp().Status {
	case incident.FollowUpDone:
		return incident.GoalDone
	case incident.FollowUpDropped:
		return incident.GoalDropped
	}
	return ""
}

// changedAtTracker takes in what the tracker says: done there is done here. Each event is taken
// once, and one that brings nothing new changes nothing.
func (r *followUpRun) changedAtTracker(in api.IssueChangedInput) error {
	if r.s.Deliveries.Known(in.DeliveryID) {
		return nil
	}
	f := r.followUp()
	same := in.Issue.Key == f.Issue.Key || (in.Issue.ID != "" && in.Issue.ID == f.Issue.ID)
	if f.Issue.Key == "" || !same {
		return fmt.Errorf("issue %q is not this follow-up's", in.Issue.Key)
	}
	f.Issue.Key = cmp.Or(in.Issue.Key, f.Issue.Key) // it may have been moved to another project
	if f.Status.Ended() {
		return nil
	}
	r.s.By = in.By
	switch {
	case in.Issue.Missing:
		f.Status, f.Reason = incident.FollowUpDropped, "its issue was deleted in the tracker"
	case in.Issue.Done && in.Issue.Resolution != "" && in.Issue.Resolution == r.in.Tracker.DroppedResolution:
		f.Status, f.Reason = incident.FollowUpDropped, "closed in the tracker as "+in.Issue.Resolution
	case in.Issue.Done:
		f.Status = incident.FollowUpDone
	default:
		r.takeOver(in.Issue)
		return nil
	}
	f.EndedAt = workflow.Now(r.ctx)
	r.s.AtVendor = true
	return nil
}

// takeOver takes owner and due date from the tracker, where people change them.
func (r *followUpRun) takeOver(i incident.IssueState) {
	f := r.followUp()
	if i.Owner != "" && incident.CheckPerson("", i.Owner) == nil {
		f.Owner = incident.NormalPerson(i.Owner)
	}
	if i.Due != "" && i.Due != f.Due {
		f.Due = i.Due
	}
	r.s.Issue.Written = mirror.Fingerprint(r.issue()) // the tracker knows already
}
