package learning

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/inward"
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
	c := r.child()
	if v.Issue.Key == "" {
		if v.Status.Ended() && !r.s.Loop.Tried("tracker") {
			return nil
		}
		return c.create(r.issue(), r.findable)
	}
	if a, out := c.Next(); out {
		return a
	}
	if issue := r.issue(); !v.Status.Ended() && mirror.Fingerprint(issue) != r.s.Issue.Written {
		return c.update(issue)
	}
	if goal := r.goal(); r.s.Issue.Goal == "" && goal != "" {
		return c.move(goal, r.in.Tracker)
	}
	return nil
}

// child keeps the review's issue.
func (r *reviewRun) child() *childIssue {
	return &childIssue{state: &r.s.Issue, Watch: inward.Watch{
		Run: r.run, Ctx: r.ctx, Known: &r.s.Issue.Known, Ref: &r.review().Issue, Scale: r.in.Scale, Take: r.changedAtTracker,
		Mend: "let the tracker's Muster account see it",
	}}
}

// findable lets the Sweep find this workflow by its issue.
func (r *reviewRun) findable() {
	if err := workflow.UpsertTypedSearchAttributes(r.ctx, mirror.AttrTracker.ValueSet(r.review().Issue.ID)); err != nil {
		workflow.GetLogger(r.ctx).Error("search attributes not upserted", "error", err.Error())
	}
}

// changedAtTracker follows the issue where it goes. Whether the review was held is said by those who held
// it, and not by an issue.
func (r *reviewRun) changedAtTracker(in api.IssueChangedInput) error {
	_, err := r.child().take(in)
	return err
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

// writeLeftOff writes what the tracker would not take, until the review has ended.
func (r *reviewRun) writeLeftOff() mirror.Action {
	if r.review().Status.Ended() {
		return nil
	}
	return r.child().writeLeftOff(r.wholeIssue())
}

// issue is the review's issue as the tracker takes it.
func (r *reviewRun) issue() incident.Issue { return r.wholeIssue().Without(r.s.Issue.LeftOff) }

// wholeIssue is the review's issue as the tracker should have it.
func (r *reviewRun) wholeIssue() incident.Issue {
	v := r.review()
	i := incident.Issue{
		Key:         api.VendorKey(r.in.Settings.Installation, api.ReviewID(r.in.Incident, v.Number), ""),
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
	return r.in.Tracker.Place(i, r.s.Brief.Private, "Learning review of "+incident.Key(r.in.Incident))
}

func (r *reviewRun) name() string {
	if r.s.Brief.Private {
		return incident.Key(r.in.Incident)
	}
	return incident.Key(r.in.Incident) + " " + r.s.Brief.Title
}
