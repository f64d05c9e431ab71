package workflows

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
)

// trackerStep keeps the parent issue: it exists, says what the facts say, and is open or done.
func (r *incidentRun) trackerStep() *step {
	if r.policy.Tracker.Project == "" {
		return nil
	}
	issue := r.issue()
	exists := r.facts.Links.Tracker.Key != ""
	switch {
	case !exists && r.facts.Status == incident.StatusCancelled && len(r.s.Keeper.tried("tracker")) == 0:
		return nil
	case !exists:
		return r.createIssue(issue)
	case r.s.Told.Issue.differs(markOfIssue(issue), r.opening()):
		return r.updateIssue(issue)
	case r.goal() != r.s.Told.Goal:
		return r.moveIssue(r.goal())
	}
	return nil
}

// goal is what the parent issue should be, "" for as it was created.
func (r *incidentRun) goal() string {
	switch r.facts.Status {
	case incident.StatusClosed:
		return string(incident.GoalDone)
	case incident.StatusCancelled:
		return string(incident.GoalDropped)
	case incident.StatusMerged:
		return string(incident.GoalDuplicate)
	}
	if r.s.Told.Goal == "" {
		return ""
	}
	return string(incident.GoalOpen)
}

func (r *incidentRun) issue() incident.Issue {
	f := r.facts
	i := incident.Issue{
		Key:     r.key("issue"),
		Project: r.policy.Tracker.Project,
		Type:    r.policy.Tracker.IncidentType,
		Summary: fmt.Sprintf("%s %s", f.Key(), f.Shown()),
		Description: []string{
			fmt.Sprintf("Severity %s. Declared by %s at %s.", r.severityName(), f.DeclaredBy, f.DeclaredAt.UTC().Format(time.RFC3339)),
		},
		Labels: append([]string{"muster", "severity-" + strconv.Itoa(int(f.Severity))}, r.policy.Tracker.Labels...),
		Fields: r.policy.Tracker.Fields,
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

func (r *incidentRun) createIssue(issue incident.Issue) *step {
	return &step{
		name: "create the issue",
		call: call{queue: api.QueueJira, class: classCreate, summary: "issue in " + issue.Project},
		run: func(ctx workflow.Context, tried bool) error {
			var ref incident.IssueRef
			err := workflow.ExecuteActivity(ctx, tracker.CreateIssue, activities.CreateIssueInput{Issue: issue, Tried: tried}).Get(ctx, &ref)
			if err == nil {
				r.facts.Links.Tracker, r.s.Told.Issue = ref, markOfIssue(issue)
				r.noteSelf("tracker", "Created "+ref.Key)
				r.settle()
			}
			return err
		},
	}
}

func (r *incidentRun) updateIssue(issue incident.Issue) *step {
	key := r.facts.Links.Tracker.Key
	return &step{
		name: "update the issue",
		call: call{queue: api.QueueJira, class: classSet, summary: "update " + key},
		run: func(ctx workflow.Context, _ bool) error {
			err := workflow.ExecuteActivity(ctx, tracker.UpdateIssue, activities.UpdateIssueInput{Key: key, Issue: issue}).Get(ctx, nil)
			if err == nil {
				r.s.Told.Issue = markOfIssue(issue)
			}
			return err
		},
	}
}

func (r *incidentRun) moveIssue(goal string) *step {
	key := r.facts.Links.Tracker.Key
	in := activities.MoveIssueInput{Key: key, Goal: incident.Goal(goal), Prefer: r.policy.Tracker.Done}
	switch in.Goal {
	case incident.GoalOpen:
		in.Prefer = r.policy.Tracker.Open
	case incident.GoalDropped:
		in.Resolution = r.policy.Tracker.DroppedResolution
	}
	return &step{
		name: "move the issue to " + goal,
		call: call{queue: api.QueueJira, class: classSet, summary: "move " + key + " to " + goal},
		run: func(ctx workflow.Context, _ bool) error {
			err := workflow.ExecuteActivity(ctx, tracker.MoveIssue, in).Get(ctx, nil)
			if err == nil {
				r.s.Told.Goal = goal
			}
			return err
		},
	}
}
