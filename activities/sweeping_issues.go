package activities

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"muster/incident"
	"muster/workflows/api"
)

const (
	// issueBatch is how many issues are asked for at once; Jira's bulkfetch takes 100.
	issueBatch = 100
	// indexLag is how much of the time before its mark a sweep looks at again: a tracker's search shows a
	// change seconds to minutes after it was made.
	indexLag = 10 * time.Minute
)

// SweepChangesInput says since when changes are looked for.
type SweepChangesInput struct {
	Since time.Time `json:"since"`
}

// SweepChanges tells the workflows what has changed of their issues in the tracker since a moment, less ten
// minutes. Its cost grows with the changes and not with the issues. The mark that it returns is for the
// next sweep.
func (s *Sweeping) SweepChanges(ctx context.Context, in SweepChangesInput) (Swept, error) {
	if s.Issues == nil {
		return Swept{}, nil
	}
	began := time.Now()
	var projects []string
	if s.Projects != nil {
		projects = s.Projects()
	}
	found, more, err := s.Issues.ChangedIssues(ctx, projects, began.Sub(in.Since)+indexLag)
	if err != nil {
		return Swept{}, applicationError(err)
	}
	if more && len(projects) > 0 {
		// Somebody has changed whole projects at once. What Muster made is what counts; children that
		// people filed in that time are found when they change again.
		activity.GetLogger(ctx).Warn("too much has changed in the projects; only Muster's own issues are looked at", "projects", projects)
		found, more, err = s.Issues.ChangedIssues(ctx, nil, began.Sub(in.Since)+indexLag)
		if err != nil {
			return Swept{}, applicationError(err)
		}
	}
	swept := Swept{Mark: began}
	if more && len(found) > 0 { // the next one goes on where this one ends
		swept.Mark = found[len(found)-1].Updated
	}
	found = slices.DeleteFunc(found, s.told.of)
	if len(found) == 0 {
		return swept, nil
	}
	k, err := s.keepers(ctx)
	if isNotFound(err) {
		return swept, nil // nothing was ever declared here
	}
	if err != nil {
		return swept, applicationError(err)
	}
	for n, issue := range found {
		if err := s.sweepChange(ctx, k, issue, began, &swept); err != nil {
			return swept, applicationError(err)
		}
		s.told.note(issue)
		activity.RecordHeartbeat(ctx, n)
	}
	return swept, nil
}

func (s *Sweeping) sweepChange(ctx context.Context, k *keepers, issue incident.LabelledIssue, read time.Time, swept *Swept) error {
	swept.Looked++
	id := api.KeeperOf(issue.Labels, k.installation, s.Issues.Label)
	var err error
	if id == "" {
		if id, err = k.of(ctx, issue.ID); err != nil {
			return err
		}
	}
	delivery := fmt.Sprintf("sweep/%s/%d", issue.ID, issue.Updated.UnixMilli())
	if id != "" {
		swept.Changed++
		return s.signal(ctx, id, api.IssueChanged, api.IssueChangedInput{DeliveryID: delivery, Issue: issue.IssueState, ReadAt: read})
	}
	if issue.Parent == "" || issue.Done {
		return nil
	}
	if id, err = k.of(ctx, issue.Parent); err != nil || id == "" {
		return err
	}
	swept.Changed++
	return s.signal(ctx, id, api.IssueFiled, api.IssueFiledInput{DeliveryID: delivery, Issue: issue.IssueState})
}

// told remembers which changes this worker has told of, since sweeps look at some time twice. What it
// forgets is told once more, which is no news to anybody.
type told struct {
	mu     sync.Mutex
	issues map[string]time.Time
}

// maxTold bounds what is remembered.
const maxTold = 10_000

func (t *told) of(i incident.LabelledIssue) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !i.Updated.IsZero() && t.issues[i.ID].Equal(i.Updated)
}

func (t *told) note(i incident.LabelledIssue) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.issues == nil || len(t.issues) >= maxTold {
		t.issues = map[string]time.Time{}
	}
	t.issues[i.ID] = i.Updated
}

// keepers finds the workflow that keeps an issue.
type keepers struct {
	s            *Sweeping
	installation string
	byIssue      map[string]string // read when it is first needed
}

func (s *Sweeping) keepers(ctx context.Context) (*keepers, error) {
	value, err := s.Temporal.QueryWorkflow(ctx, api.RegisterID, "", api.State)
	if err != nil {
		return nil, fmt.Errorf("ask for the installation: %w", err)
	}
	var state api.RegisterState
	if err := value.Get(&state); err != nil {
		return nil, fmt.Errorf("read the installation: %w", err)
	}
	return &keepers{s: s, installation: state.Installation}, nil
}

// of finds it by the issue's ID, for an issue that has lost its labels or never had any.
func (k *keepers) of(ctx context.Context, issue string) (string, error) {
	if k.byIssue == nil {
		found := map[string]string{}
		err := k.s.each(ctx, keepingIssues(), 0, func(id string, a attributes) { found[a.keyword(api.AttrTracker)] = id })
		if err != nil {
			return "", err
		}
		k.byIssue = found
	}
	return k.byIssue[issue], nil
}

func keepingIssues() string {
	return fmt.Sprintf("WorkflowType IN (%q, %q, %q) AND ExecutionStatus = 'Running' AND %s IS NOT NULL",
		api.TypeIncident, api.TypeReview, api.TypeFollowUp, api.AttrTracker)
}

// SweepExistence asks for every issue that a workflow keeps, in batches, and tells of those that the tracker
// does not show. One that could not be read is left to the next time.
func (s *Sweeping) SweepExistence(ctx context.Context) (Swept, error) {
	var swept Swept
	if s.Issues == nil {
		return swept, nil
	}
	byIssue := map[string]string{}
	err := s.each(ctx, keepingIssues(), 0, func(id string, a attributes) { byIssue[a.keyword(api.AttrTracker)] = id })
	if err != nil {
		return swept, applicationError(err)
	}
	delete(byIssue, "")
	issues := make([]string, 0, len(byIssue))
	for issue := range byIssue {
		issues = append(issues, issue)
	}
	slices.SortFunc(issues, func(a, b string) int { return cmp.Or(len(a)-len(b), cmp.Compare(a, b)) })
	for batch := range slices.Chunk(issues, issueBatch) {
		if err := s.sweepBatch(ctx, batch, byIssue, &swept); err != nil {
			return swept, applicationError(err)
		}
		activity.RecordHeartbeat(ctx, swept.Looked)
	}
	return swept, nil
}

func (s *Sweeping) sweepBatch(ctx context.Context, batch []string, byIssue map[string]string, swept *Swept) error {
	read := time.Now()
	states, err := s.Issues.IssueStates(ctx, batch)
	if err != nil {
		return err
	}
	if len(states) != len(batch) {
		return fmt.Errorf("%d states of %d issues", len(states), len(batch))
	}
	for k, st := range states {
		swept.Looked++
		if st.Unread {
			swept.Failed++
		}
		if !st.Unseen {
			continue
		}
		swept.Changed++
		in := api.IssueChangedInput{Issue: st, ReadAt: read}
		if err := s.signal(ctx, byIssue[batch[k]], api.IssueChanged, in); err != nil {
			return err
		}
	}
	return nil
}
