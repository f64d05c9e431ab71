package incidents

import (
	"fmt"
	"slices"
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
	// Lost says that the issue was deleted, and nobody has asked for another one yet.
	Lost bool `json:"lost,omitempty"`
	// LeftOff are the fields that the tracker would not take.
	LeftOff []incident.LeftOff `json:"left_off,omitempty"`
	// Duplicates are issues of incidents that were merged into this one and are not linked yet;
	// Linked are those of which the tracker was told.
	Duplicates []string `json:"duplicates,omitempty"`
	Linked     []string `json:"linked,omitempty"`
}

// tracker keeps the parent issue. It may change its own state and the link to the issue.
type tracker struct {
	*scene
	state *trackerState
	link  *incident.IssueRef
}

// next keeps the parent issue: it exists, says what the facts say, and is in progress while people
// work on it, and done when they have.
func (t *tracker) next() mirror.Action {
	if t.policy.Tracker.Project == "" || t.state.Lost {
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
	case len(t.state.Duplicates) > 0:
		return t.linkDuplicate(t.state.Duplicates[0])
	}
	return nil
}

// nextLeftOff writes what the tracker would not take so far, for as long as the incident is not over.
func (t *tracker) nextLeftOff() mirror.Action {
	if ended(t.facts.Status) || !t.watch().Shown() {
		return nil
	}
	whole, left := t.whole(), t.state.LeftOff
	return mirror.WriteLeftOff(t.watch().Name(), whole, left, func(still []incident.LeftOff) {
		if t.state.Issue == mirror.MarkOfIssue(whole.Without(left)) {
			t.state.Issue = mirror.MarkOfIssue(whole.Without(still))
		}
		t.state.LeftOff = still
	})
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
	case incident.StatusOpen, incident.StatusMitigated:
		return incident.GoalProgress
	}
	// What is resolved waits for its review and its follow-ups.
	if t.state.Goal == "" || t.state.Goal == incident.GoalProgress {
		return t.state.Goal
	}
	return incident.GoalOpen
}

// issue is the issue as the tracker takes it.
func (t *tracker) issue() incident.Issue { return t.whole().Without(t.state.LeftOff) }

// whole is the issue as it should be. It belongs to whoever commands the incident.
func (t *tracker) whole() incident.Issue {
	f := t.facts
	i := incident.Issue{
		Key:     t.key("issue"),
		Type:    t.policy.Tracker.IncidentType,
		Owner:   f.Holder(incident.RoleCommander),
		Summary: fmt.Sprintf("%s %s", f.Key(), f.Shown()),
		Description: []string{
			fmt.Sprintf("Severity %s. Declared by %s at %s.", t.severityName(), f.DeclaredBy, f.DeclaredAt.UTC().Format(time.RFC3339)),
		},
		Labels:     append([]string{"muster"}, t.policy.Tracker.Labels...),
		Priority:   t.policy.Tracker.Priority(f.Severity),
		Components: t.policy.Tracker.ComponentsOf(f.Services),
		Fields:     t.policy.Tracker.Fields,
	}
	if len(f.Services) > 0 {
		i.Description = append(i.Description, "Services: "+strings.Join(f.Services, ", "))
	}
	if u := f.Links.Channel.URL; u != "" {
		i.Links = append(i.Links, incident.Link{Label: "#" + f.Links.Channel.Name, URL: u})
	}
	if f.Status == incident.StatusMerged {
		i.Description = append(i.Description, "Merged into "+incident.Key(f.MergedInto)+", where it goes on.")
	}
	for _, a := range f.Absorbed {
		i.Description = append(i.Description, incident.Key(a.From)+" was merged into this.")
	}
	if f.Learning != "" {
		i.Description = append(i.Description, "Learnt: "+f.Learning)
	}
	return t.policy.Tracker.Place(i.Labelled(f.Severity, f.Kind), f.Private, f.Key())
}

func (t *tracker) createIssue(issue incident.Issue) mirror.Action {
	return &mirror.Call{
		Name: "create the issue", Queue: api.QueueJira, Class: mirror.ClassCreate,
		Summary: "issue in " + issue.Project,
		Run: func(ctx workflow.Context, tried bool) error {
			var made incident.IssueWritten
			err := workflow.ExecuteActivity(ctx, mirror.Tracker.CreateIssue, activities.CreateIssueInput{Issue: issue, Tried: tried}).Get(ctx, &made)
			if err == nil {
				*t.link, t.state.LeftOff = made.IssueRef, made.LeftOff
				if !made.Found { // or else it may say what was true then, and is written once more
					t.state.Issue = mirror.MarkOfIssue(issue.Without(made.LeftOff))
				}
				t.state.Known.Made(made, issue.Without(made.LeftOff))
				t.note("tracker", "Created "+made.Key)
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
			var left []incident.LeftOff
			err := workflow.ExecuteActivity(ctx, mirror.Tracker.UpdateIssue, activities.UpdateIssueInput{Key: t.watch().Name(), Issue: issue}).Get(ctx, &left)
			if err == nil {
				t.state.LeftOff = mirror.MoreLeftOff(t.state.LeftOff, left)
				t.state.Issue = mirror.MarkOfIssue(issue.Without(left))
				t.state.Known.Wrote(issue.Without(left), workflow.Now(ctx))
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

// absorbed hears of the issue of an incident that was merged into this one.
func (t *tracker) absorbed(key string) {
	s := t.state
	if key != "" && !slices.Contains(s.Duplicates, key) && !slices.Contains(s.Linked, key) {
		s.Duplicates = append(s.Duplicates, key)
	}
}

// linkDuplicate links such an issue to this incident's. A tracker that has no such links, or will
// not let us, is left at that: what was merged is said in both issues.
func (t *tracker) linkDuplicate(duplicate string) mirror.Action {
	in := activities.LinkDuplicateInput{Duplicate: duplicate, Of: t.link.Key}
	told := func() {
		t.state.Duplicates = slices.DeleteFunc(t.state.Duplicates, func(k string) bool { return k == duplicate })
		t.state.Linked = append(t.state.Linked, duplicate)
	}
	unlinked := func(f activities.Failure) bool {
		told()
		t.note("tracker", fmt.Sprintf("%s is not linked as a duplicate: %s", duplicate, f.Reason))
		return true
	}
	return &mirror.Call{
		Name: "link " + duplicate, Queue: api.QueueJira, Class: mirror.ClassSet,
		Summary: duplicate + " is a duplicate of " + in.Of,
		Run: func(ctx workflow.Context, _ bool) error {
			err := workflow.ExecuteActivity(ctx, mirror.Tracker.LinkDuplicate, in).Get(ctx, nil)
			if err == nil {
				told()
			}
			return err
		},
		Gone: unlinked, Refused: unlinked,
	}
}
