package workflows

import (
	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
)

// These steps keep the tracker issue of a review or a follow-up.

func createChildIssue(issue incident.Issue, made func(ref incident.IssueRef, mark string)) *step {
	return &step{
		name: "create the issue",
		call: call{queue: api.QueueJira, class: classCreate, summary: "child issue of " + issue.Parent},
		run: func(ctx workflow.Context, tried bool) error {
			var ref incident.IssueRef
			err := workflow.ExecuteActivity(ctx, tracker.CreateIssue, activities.CreateIssueInput{Issue: issue, Tried: tried}).Get(ctx, &ref)
			if err == nil {
				made(ref, fingerprint(issue))
			}
			return err
		},
	}
}

func updateChildIssue(key string, issue incident.Issue, told func(mark string)) *step {
	return &step{
		name: "update the issue",
		call: call{queue: api.QueueJira, class: classSet, summary: "update " + key},
		run: func(ctx workflow.Context, _ bool) error {
			err := workflow.ExecuteActivity(ctx, tracker.UpdateIssue, activities.UpdateIssueInput{Key: key, Issue: issue}).Get(ctx, nil)
			if err == nil {
				told(fingerprint(issue))
			}
			return err
		},
	}
}

func moveChildIssue(key string, goal incident.Goal, p playbook.TrackerPolicy, told func(goal string)) *step {
	in := activities.MoveIssueInput{Key: key, Goal: goal, Prefer: p.Done}
	if goal == incident.GoalDropped {
		in.Resolution = p.DroppedResolution
	}
	return &step{
		name: "move the issue to " + string(goal),
		call: call{queue: api.QueueJira, class: classSet, summary: "move " + key + " to " + string(goal)},
		run: func(ctx workflow.Context, _ bool) error {
			err := workflow.ExecuteActivity(ctx, tracker.MoveIssue, in).Get(ctx, nil)
			if err == nil {
				told(string(goal))
			}
			return err
		},
		// An issue that was deleted needs no moving.
		gone: func(activities.Failure) bool { told(string(goal)); return true },
	}
}
