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
	// Unassign says that the tracker must be told that nobody owns it any more.
	Unassign bool `json:"unassign,omitempty"`
	// LeftOff are the fields that the tracker would not take.
	LeftOff []incident.LeftOff `json:"left_off,omitempty"`
	Known   inward.Issue       `json:"known,omitzero"`
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
			var written incident.IssueWritten
			err := workflow.ExecuteActivity(ctx, mirror.Tracker.CreateIssue, activities.CreateIssueInput{Issue: issue, Tried: tried}).Get(ctx, &written)
			if err == nil && c.Ref.Key == "" { // or else people have linked another one meanwhile
				taken := issue.Without(written.LeftOff)
				*c.Ref, c.state.LeftOff = written.IssueRef, written.LeftOff
				if !written.Found { // or else it may say what was true then, and is written once more
					c.state.Written = mirror.Fingerprint(taken)
				}
				c.state.Known.Made(written, taken)
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
			var left []incident.LeftOff
			err := workflow.ExecuteActivity(ctx, mirror.Tracker.UpdateIssue, in).Get(ctx, &left)
			if err == nil && c.Name() == in.Key {
				taken := issue.Without(left)
				c.state.Known.Wrote(taken, workflow.Now(ctx))
				if taken.Unassigned { // said once; whom people assign later stays
					c.state.Unassign, taken.Unassigned = false, false
				}
				c.state.LeftOff, c.state.Written = mirror.MoreLeftOff(c.state.LeftOff, left), mirror.Fingerprint(taken)
			}
			return err
		},
		Refused: c.Refused(),
	}
}

// writeLeftOff writes what the tracker would not take so far.
func (c *childIssue) writeLeftOff(whole incident.Issue) mirror.Action {
	if !c.Shown() {
		return nil
	}
	s, left, name := c.state, c.state.LeftOff, c.Name()
	return mirror.WriteLeftOff(name, whole, left, func(still []incident.LeftOff) {
		if c.Name() != name {
			return // another issue has taken its place meanwhile
		}
		if s.Written == mirror.Fingerprint(whole.Without(left)) {
			s.Written = mirror.Fingerprint(whole.Without(still))
		}
		s.LeftOff = still
		s.Known.Wrote(whole.Without(still), workflow.Now(c.Ctx))
	})
}

// retried makes every stuck step try again now, with the tracker as the playbook says by then.
func retried(run *mirror.Run, tracker *playbook.TrackerPolicy, in api.RetryInput) {
	if in.Tracker != nil && in.Tracker.Project != "" {
		*tracker = *in.Tracker
	}
	run.Retry()
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

// putBack puts labels back, on retry, that somebody took away too often.
func (c *childIssue) putBack() {
	if c.Retried() {
		c.state.Written = ""
	}
}

// take takes in news of the issue, and has its labels put back when somebody took them away.
func (c *childIssue) take(in api.IssueChangedInput) (inward.News, error) {
	news, err := c.Changed(in)
	if news.Has(incident.IssueLabels) && c.PutBack() {
		c.state.Written = "" // say again what is ours
	}
	return news, err
}
