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
	// LeftOff are the fields that the tracker would not take.
	LeftOff []incident.LeftOff `json:"left_off,omitempty"`
}

// createChildIssue makes an issue and gives it to made.
func (s *issueState) createChildIssue(issue incident.Issue, made func(ref incident.IssueRef)) mirror.Action {
	return &mirror.Call{
		Name: "create the issue", Queue: api.QueueJira, Class: mirror.ClassCreate, Summary: "child issue of " + issue.Parent,
		Run: func(ctx workflow.Context, tried bool) error {
			var written incident.IssueWritten
			err := workflow.ExecuteActivity(ctx, mirror.Tracker.CreateIssue, activities.CreateIssueInput{Issue: issue, Tried: tried}).Get(ctx, &written)
			if err == nil {
				s.LeftOff = written.LeftOff
				s.Written = mirror.Fingerprint(issue.Without(written.LeftOff))
				made(written.IssueRef)
			}
			return err
		},
	}
}

func (s *issueState) updateChildIssue(key string, issue incident.Issue) mirror.Action {
	return &mirror.Call{
		Name: "update the issue", Queue: api.QueueJira, Class: mirror.ClassSet, Summary: "update " + key,
		Run: func(ctx workflow.Context, _ bool) error {
			var left []incident.LeftOff
			err := workflow.ExecuteActivity(ctx, mirror.Tracker.UpdateIssue, activities.UpdateIssueInput{Key: key, Issue: issue}).Get(ctx, &left)
			if err == nil {
				s.LeftOff = mirror.MoreLeftOff(s.LeftOff, left)
				s.Written = mirror.Fingerprint(issue.Without(left))
			}
			return err
		},
	}
}

// writeLeftOff writes what the tracker would not take so far.
func (s *issueState) writeLeftOff(key string, whole incident.Issue) mirror.Action {
	left := s.LeftOff
	return mirror.WriteLeftOff(key, whole, left, func(still []incident.LeftOff) {
		if s.Written == mirror.Fingerprint(whole.Without(left)) {
			s.Written = mirror.Fingerprint(whole.Without(still))
		}
		s.LeftOff = still
	})
}

// retry makes every stuck step try again now, with the tracker as the playbook says by then.
func retry(run *mirror.Run, tracker *playbook.TrackerPolicy) mirror.Handler {
	return mirror.On(func(in api.RetryInput) error {
		if in.Tracker != nil && in.Tracker.Project != "" {
			*tracker = *in.Tracker
		}
		run.Retry()
		return nil
	})
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
