package learning

import (
	"time"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// tracked says whether the review has a child issue: one sentence needs none.
func (r *reviewRun) tracked() bool {
	return r.in.Tracker.Project != "" && r.review().Track != string(playbook.TrackSentence)
}

// trackIssue keeps the child issue, as soon as there is a parent to put it below.
func (r *reviewRun) trackIssue() mirror.Action {
	v := r.review()
	if !r.tracked() || (r.s.Brief.Parent == "" && v.Issue.Key == "") {
		return nil
	}
	if v.Issue.Key == "" {
		if v.Status.Ended() && !r.s.Loop.Tried("tracker") {
			return nil
		}
		return createChildIssue(r.issue(), func(ref incident.IssueRef, mark string) { r.review().Issue, r.s.Issue.Written = ref, mark })
	}
	if issue := r.issue(); !v.Status.Ended() && mirror.Fingerprint(issue) != r.s.Issue.Written {
		return updateChildIssue(v.Issue.Key, issue, func(mark string) { r.s.Issue.Written = mark })
	}
	if goal := r.goal(); r.s.Issue.Goal == "" && goal != "" {
		return moveChildIssue(v.Issue.Key, goal, r.in.Tracker, func() { r.s.Issue.Goal = goal })
	}
	return nil
}

func (r *reviewRun) goal() incident.Goal {
	switch r.review().Status {
	case incident.ReviewHeld:
		return incident.GoalDone
	case incident.ReviewWaived:
		return incident.GoalDropped
	}
	return ""
}

func (r *reviewRun) issue() incident.Issue {
	v := r.review()
	i := incident.Issue{
		Key:         api.VendorKey(r.in.Settings.Installation, api.ReviewID(r.in.Incident, v.Number), ""),
		Project:     r.in.Tracker.Project,
		Type:        r.in.Tracker.ReviewType,
		Summary:     "Learning review of " + r.name(),
		Description: []string{"A conversation about what happened and what it teaches. It is not about who did what wrong."},
		Labels:      append([]string{"muster", "learning-review"}, r.in.Tracker.Labels...),
		Parent:      r.s.Brief.Parent,
		Owner:       r.s.Brief.Commander,
		Fields:      r.in.Tracker.FollowUpFields,
	}
	if !v.At.IsZero() {
		i.Due = incident.Date(v.At.In(r.in.Calendar.Location()).Format(time.DateOnly))
	}
	return i
}

func (r *reviewRun) name() string {
	if r.s.Brief.Private {
		return incident.Key(r.in.Incident)
	}
	return incident.Key(r.in.Incident) + " " + r.s.Brief.Title
}
