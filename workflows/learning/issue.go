package learning

import (
	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// issueState is what the tracker knows of the child issue of a review or a follow-up.
type issueState struct {
	// Written stands for what the issue says, Goal is where it was moved.
	Written string        `json:"written,omitempty"`
	Goal    incident.Goal `json:"goal,omitempty"`
}

func createChildIssue(issue incident.Issue, made func(ref incident.IssueRef, mark string)) mirror.Action {
	return &mirror.Call{
		Name: "create the issue", Queue: api.QueueJira, Class: mirror.ClassCreate, Summary: "child issue of " + issue.Parent,
		Run: func(ctx workflow.Context, tried bool) error {
			var ref incident.IssueRef
			err := workflow.ExecuteActivity(ctx, mirror.Tracker.CreateIssue, activities.CreateIssueInput{Issue: issue, Tried: tried}).Get(ctx, &ref)
			if err == nil {
				made(ref, mirror.Fingerprint(issue))
			}
			return err
		},
	}
}

func updateChildIssue(key string, issue incident.Issue, written func(mark string)) mirror.Action {
	return &mirror.Call{
		Name: "update the issue", Queue: api.QueueJira, Class: mirror.ClassSet, Summary: "update " + key,
		Run: func(ctx workflow.Context, _ bool) error {
			err := workflow.ExecuteActivity(ctx, mirror.Tracker.UpdateIssue, activities.UpdateIssueInput{Key: key, Issue: issue}).Get(ctx, nil)
			if err == nil {
				written(mirror.Fingerprint(issue))
			}
			return err
		},
	}
}

func moveChildIssue(key string, goal incident.Goal, p playbook.TrackerPolicy, moved func()) mirror.Action {
	in := activities.MoveIssueInput{Key: key, Goal: goal, Prefer: p.Done}
	if goal == incident.GoalDropped {
		in.Resolution = p.DroppedResolution
	}
	return &mirror.Call{
		Name: "move the issue to " + string(goal), Queue: api.QueueJira, Class: mirror.ClassSet, Summary: "move " + key + " to " + string(goal),
		Run: func(ctx workflow.Context, _ bool) error {
			err := workflow.ExecuteActivity(ctx, mirror.Tracker.MoveIssue, in).Get(ctx, nil)
			if err == nil {
				moved()
			}
			return err
		},
		// An issue that was deleted needs no moving.
		Gone: func(activities.Failure) bool { moved(); return true },
	}
}
