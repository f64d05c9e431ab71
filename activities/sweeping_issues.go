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
	defer beat(ctx)()
	began := time.Now()
	found, more, err := s.changes(ctx, began.Sub(in.Since)+indexLag)
	if err != nil {
		return Swept{}, applicationError(ctx, err)
	}
	swept := Swept{Mark: began}
	if more && len(found) > 0 {
		// The next one goes on exactly where this one ends: with all that changed in the time before it
		// looked at again, it might find the same issues for ever.
		swept.Mark = found[len(found)-1].Updated.Add(indexLag)
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
		return swept, applicationError(ctx, err)
	}
	for batch := range slices.Chunk(found, issueBatch) {
		if short(ctx) { // the next one goes on from here
			swept.Mark = batch[0].Updated.Add(indexLag)
			break
		}
		if err := s.tellChanges(ctx, k, batch, &swept); err != nil {
			return swept, applicationError(ctx, err)
		}
	}
	return swept, nil
}

// changes searches for what has changed in a time. more is true when that was not all.
func (s *Sweeping) changes(ctx context.Context, within time.Duration) (found []incident.LabelledIssue, more bool, err error) {
	var projects []string
	if s.Projects != nil {
		projects = s.Projects()
	}
	found, more, err = s.Issues.ChangedIssues(ctx, projects, within)
	if err == nil && more && len(projects) > 0 {
		// Somebody has changed whole projects at once. What Muster made is what counts; children that
		// people filed in that time are found when they change again.
		activity.GetLogger(ctx).Warn("too much has changed in the projects; only Muster's own issues are looked at", "projects", projects)
		found, more, err = s.Issues.ChangedIssues(ctx, nil, within)
	}
	return found, more, err
}

// tellChanges tells whoever keeps one of the issues how it is now: a search shows how it was when the index
// saw it, which may be older than what Muster has written since.
func (s *Sweeping) tellChanges(ctx context.Context, k *keepers, issues []incident.LabelledIssue, swept *Swept) error {
	var kept []incident.LabelledIssue
	var keepers, names []string
	for _, issue := range issues {
		swept.Looked++
		id, err := k.keeperOf(ctx, issue)
		switch {
		case err != nil:
			return err
		case id != "":
			kept, keepers, names = append(kept, issue), append(keepers, id), append(names, issue.ID)
		default:
			if err := s.tellFiled(ctx, k, issue, swept); err != nil {
				return err
			}
		}
	}
	read := time.Now()
	states, err := s.Issues.IssueStates(ctx, names)
	if err != nil {
		return err
	}
	if len(states) != len(names) {
		return fmt.Errorf("%d states of %d issues", len(states), len(names))
	}
	for n, state := range states {
		in := api.IssueChangedInput{DeliveryID: deliveryOf(kept[n]), Issue: state, ReadAt: read}
		if state.Unread { // it changed, and whoever keeps it reads it
			in = api.IssueChangedInput{DeliveryID: in.DeliveryID, Issue: incident.IssueState{ID: kept[n].ID, Key: kept[n].Key}}
		}
		if err := s.signal(ctx, keepers[n], api.IssueChanged, in); err != nil {
			return err
		}
		swept.Changed++
		s.told.note(kept[n])
	}
	return nil
}

func deliveryOf(issue incident.LabelledIssue) string {
	return fmt.Sprintf("sweep/%s/%d", issue.ID, issue.Updated.UnixMilli())
}

// tellFiled tells an incident of an issue that people filed below its own.
func (s *Sweeping) tellFiled(ctx context.Context, k *keepers, issue incident.LabelledIssue, swept *Swept) error {
	if issue.Parent != "" && !issue.Done {
		id, err := k.of(ctx, issue.Parent)
		if err != nil {
			return err
		}
		if id != "" {
			in := api.IssueFiledInput{DeliveryID: deliveryOf(issue), Issue: issue.IssueState}
			if err := s.signal(ctx, id, api.IssueFiled, in); err != nil {
				return err
			}
			swept.Changed++
		}
	}
	s.told.note(issue)
	return nil
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

// keeperOf finds the workflow that keeps an issue, "" for none.
func (k *keepers) keeperOf(ctx context.Context, issue incident.LabelledIssue) (string, error) {
	if id := api.KeeperOf(issue.Labels, k.installation, k.s.Issues.Label); id != "" {
		return id, nil
	}
	return k.of(ctx, issue.ID)
}

func (s *Sweeping) keepers(ctx context.Context) (*keepers, error) {
	state, err := s.register(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask for the installation: %w", err)
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
// does not show. One that could not be read is left to the next time, and so are those for which an attempt
// has no time: the next sweep goes on with them.
func (s *Sweeping) SweepExistence(ctx context.Context) (Swept, error) {
	var swept Swept
	if s.Issues == nil {
		return swept, nil
	}
	defer beat(ctx)()
	byIssue := map[string]string{}
	err := s.each(ctx, keepingIssues(), 0, func(id string, a attributes) { byIssue[a.keyword(api.AttrTracker)] = id })
	if err != nil {
		return swept, applicationError(ctx, err)
	}
	delete(byIssue, "")
	issues := make([]string, 0, len(byIssue))
	after := s.existence.get()
	for issue := range byIssue {
		if byAge(issue, after) > 0 {
			issues = append(issues, issue)
		}
	}
	slices.SortFunc(issues, byAge)
	for batch := range slices.Chunk(issues, issueBatch) {
		if short(ctx) {
			swept.Left = len(issues) - swept.Looked
			return swept, nil
		}
		if err := s.sweepBatch(ctx, batch, byIssue, &swept); err != nil {
			return swept, applicationError(ctx, err)
		}
		s.existence.set(batch[len(batch)-1])
	}
	s.existence.set("")
	return swept, nil
}

// byAge orders the IDs of issues, which are numbers that only grow.
func byAge(a, b string) int { return cmp.Or(len(a)-len(b), cmp.Compare(a, b)) }

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
