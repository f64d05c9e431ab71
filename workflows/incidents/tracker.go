package incidents

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/inward"
	"muster/workflows/mirror"
)

// trackerState is what the tracker knows of the parent issue.
type trackerState struct {
	Issue mirror.Mark `json:"issue,omitzero"`
	// Goal is where the issue was moved, "" for as it was created.
	Goal incident.Goal `json:"goal,omitempty"`
	// Known is what is known of the issue from the tracker.
	Known inward.Issue `json:"known,omitzero"`
}

// tracker keeps the parent issue. It may change its own state and the link to the issue.
type tracker struct {
	*scene
	state *trackerState
	link  *incident.IssueRef
}

// next keeps the parent issue: it exists, says what the facts say, and is open or done.
func (t *tracker) next() mirror.Action {
	if t.policy.Tracker.Project == "" {
		return nil
	}
	issue := t.issue()
	exists := t.link.Key != ""
	switch {
	case !exists && t.facts.Status == incident.StatusCancelled && !t.run.State.Tried(mirrorTracker):
		return nil
	case !exists:
		return t.createIssue(issue)
	}
	if a, out := t.watch().Next(); out {
		return a
	}
	switch {
	case t.state.Issue.Differs(mirror.MarkOfIssue(issue), t.opening()):
		return t.updateIssue(issue)
	case t.goal() != t.state.Goal:
		return t.moveIssue(t.goal())
	}
	return nil
}

// goal is what the parent issue should be, "" for as it was created.
func (t *tracker) goal() incident.Goal {
	switch t.facts.Status {
	case incident.StatusClosed:
		return incident.GoalDone
	case incident.StatusCancelled:
		return incident.GoalDropped
	case incident.StatusMerged:
		return incident.GoalDuplicate
	}
	if t.state.Goal == "" {
		return ""
	}
	return incident.GoalOpen
}

func (t *tracker) issue() incident.Issue {
	f := t.facts
	i := incident.Issue{
		Key:     t.key("issue"),
		Project: t.policy.Tracker.Project,
		Type:    t.policy.Tracker.IncidentType,
		Summary: fmt.Sprintf("%s %s", f.Key(), f.Shown()),
		Description: []string{
			fmt.Sprintf("Severity %s. Declared by %s at %s.", t.severityName(), f.DeclaredBy, f.DeclaredAt.UTC().Format(time.RFC3339)),
		},
		Labels: append([]string{"muster", "severity-" + strconv.Itoa(int(f.Severity))}, t.policy.Tracker.Labels...),
		Fields: t.policy.Tracker.Fields,
	}
	if len(f.Services) > 0 {
		i.Description = append(i.Description, "Services: "+strings.Join(f.Services, ", "))
	}
	if f.Private {
		i.Summary = f.Key() + " (private incident)"
	}
	if u := f.Links.Channel.URL; u != "" {
		label := "#" + f.Links.Channel.Name
		if f.Private {
			label = "the channel" // its name tells the title
		}
		i.Links = append(i.Links, incident.Link{Label: label, URL: u})
	}
	if f.Status == incident.StatusMerged {
		i.Description = append(i.Description, "Merged into "+incident.Key(f.MergedInto)+", where it goes on.")
	}
	for _, a := range f.Absorbed {
		i.Description = append(i.Description, incident.Key(a.From)+" was merged into this.")
	}
	if f.Learning != "" && !f.Private {
		i.Description = append(i.Description, "Learnt: "+f.Learning)
	}
	return i
}

func (t *tracker) createIssue(issue incident.Issue) mirror.Action {
	return &mirror.Call{
		Name: "create the issue", Queue: api.QueueJira, Class: mirror.ClassCreate,
		Summary: "issue in " + issue.Project,
		Run: func(ctx workflow.Context, tried bool) error {
			var ref incident.IssueRef
			err := workflow.ExecuteActivity(ctx, mirror.Tracker.CreateIssue, activities.CreateIssueInput{Issue: issue, Tried: tried}).Get(ctx, &ref)
			if err == nil {
				*t.link, t.state.Issue = ref, mirror.MarkOfIssue(issue)
				t.state.Known.Found(ref, issue)
				t.note("tracker", "Created "+ref.Key)
			}
			return err
		},
	}
}

func (t *tracker) updateIssue(issue incident.Issue) mirror.Action {
	return &mirror.Call{
		Name: "update the issue", Queue: api.QueueJira, Class: mirror.ClassSet,
		Summary: "update " + t.link.Key, Refused: t.watch().Refused(),
		Run: func(ctx workflow.Context, _ bool) error {
			err := workflow.ExecuteActivity(ctx, mirror.Tracker.UpdateIssue, activities.UpdateIssueInput{Key: t.watch().Name(), Issue: issue}).Get(ctx, nil)
			if err == nil {
				t.state.Issue = mirror.MarkOfIssue(issue)
				t.state.Known.Wrote(issue, workflow.Now(ctx))
			}
			return err
		},
	}
}

func (t *tracker) moveIssue(goal incident.Goal) mirror.Action {
	p := t.policy.Tracker
	in := activities.MoveIssueInput{Key: t.watch().Name(), Goal: goal, Prefer: p.Preferred(goal), Resolution: p.Resolution(goal)}
	return &mirror.Call{
		Name: "move the issue to " + string(goal), Queue: api.QueueJira, Class: mirror.ClassSet,
		Summary: "move " + t.link.Key + " to " + string(goal), Refused: t.watch().Refused(),
		Run: func(ctx workflow.Context, _ bool) error {
			var to incident.IssueState
			err := workflow.ExecuteActivity(ctx, mirror.Tracker.MoveIssue, in).Get(ctx, &to)
			if err == nil {
				t.state.Goal = goal
				t.state.Known.Moved(to, workflow.Now(ctx))
			}
			return err
		},
	}
}
