package learning

import (
	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/inward"
	"muster/workflows/mirror"
)

// issueState is what the tracker knows of the child issue of a review or a follow-up, and what is known
// of it from the tracker.
type issueState struct {
	// Written stands for what the issue says, Goal is where it was moved.
	Written string        `json:"written,omitempty"`
	Goal    incident.Goal `json:"goal,omitempty"`
	Known   inward.Issue  `json:"known,omitzero"`
}

// childIssue keeps one child issue: its calls write down what came of them in the state.
type childIssue struct {
	inward.Watch
	state *issueState
}

func (c *childIssue) create(issue incident.Issue, made func()) mirror.Action {
	return &mirror.Call{
		Name: "create the issue", Queue: api.QueueJira, Class: mirror.ClassCreate, Summary: "child issue of " + issue.Parent,
		Run: func(ctx workflow.Context, tried bool) error {
			var ref incident.IssueRef
			err := workflow.ExecuteActivity(ctx, mirror.Tracker.CreateIssue, activities.CreateIssueInput{Issue: issue, Tried: tried}).Get(ctx, &ref)
			if err == nil && c.Ref.Key == "" { // or else people have linked another one meanwhile
				*c.Ref, c.state.Written = ref, mirror.Fingerprint(issue)
				c.state.Known.Found(ref, issue)
				made()
			}
			return err
		},
	}
}

func (c *childIssue) update(issue incident.Issue) mirror.Action {
	return &mirror.Call{
		Name: "update the issue", Queue: api.QueueJira, Class: mirror.ClassSet, Summary: "update " + c.Ref.Key,
		Run: func(ctx workflow.Context, _ bool) error {
			in := activities.UpdateIssueInput{Key: c.Name(), Issue: issue}
			err := workflow.ExecuteActivity(ctx, mirror.Tracker.UpdateIssue, in).Get(ctx, nil)
			if err == nil && c.Name() == in.Key {
				c.state.Written = mirror.Fingerprint(issue)
				c.state.Known.Wrote(issue, workflow.Now(ctx))
			}
			return err
		},
		Refused: c.Refused(),
	}
}

func (c *childIssue) move(goal incident.Goal, p playbook.TrackerPolicy) mirror.Action {
	in := activities.MoveIssueInput{Key: c.Name(), Goal: goal, Prefer: p.Preferred(goal), Resolution: p.Resolution(goal)}
	return &mirror.Call{
		Name: "move the issue to " + string(goal), Queue: api.QueueJira, Class: mirror.ClassSet, Summary: "move " + c.Ref.Key + " to " + string(goal),
		Run: func(ctx workflow.Context, _ bool) error {
			var to incident.IssueState
			err := workflow.ExecuteActivity(ctx, mirror.Tracker.MoveIssue, in).Get(ctx, &to)
			if err == nil && c.Name() == in.Key {
				c.state.Goal = goal
				c.state.Known.Moved(to, workflow.Now(ctx))
			}
			return err
		},
		Refused: c.Refused(),
	}
}

// take takes in news of the issue, and has its labels and its parent put back when somebody took them away.
func (c *childIssue) take(in api.IssueChangedInput) (inward.News, error) {
	news, err := c.Changed(in)
	if news.Has(incident.IssueLabels) || news.Has(incident.IssueParent) && news.Was.Parent != "" {
		c.state.Written = "" // say again what is ours
	}
	return news, err
}
