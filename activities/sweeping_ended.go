package activities

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/activity"

	"muster/incident"
	"muster/workflows/api"
)

// Restorer starts workflows again that somebody has ended by hand.
type Restorer interface {
	// EnsureRegister starts Register if it does not run.
	EnsureRegister(ctx context.Context) error
	// EndPage has a page that was ended by hand withdrawn at the pager.
	EndPage(ctx context.Context, workflowID string) error
}

// SweepEndedInput says what was noticed before.
type SweepEndedInput struct {
	// Told are the runs, by run ID, of which incidents and operators were told.
	Told []string `json:"told,omitempty"`
}

// EndedWorkflow is one that should live, and that somebody has ended by hand.
type EndedWorkflow struct {
	ID    string    `json:"id"`
	RunID string    `json:"run_id"`
	How   string    `json:"how"`
	At    time.Time `json:"at"`
}

// SweptEnded says what was ended by hand, and what was done about it.
type SweptEnded struct {
	// Ended is everything that is still to be restored, News what of it nobody was told of before.
	Ended []EndedWorkflow `json:"ended,omitempty"`
	News  []EndedWorkflow `json:"news,omitempty"`
	// Freed are the incidents whose alert keys were freed, Withdrawn the pages that were ended.
	Freed     []int    `json:"freed,omitempty"`
	Withdrawn []string `json:"withdrawn,omitempty"`
	// Register means that Register did not run and was started again.
	Register bool `json:"register,omitempty"`
	// Channel and Installation are for the message to the operators.
	Channel      string `json:"channel,omitempty"`
	Installation string `json:"installation,omitempty"`
}

// SweepEnded looks for workflows that should live and do not, since somebody has ended them with Temporal's
// own tools. It starts Register again, frees the alert keys of lost incidents, has their pages withdrawn at
// the pager, and tells an incident of what it has lost. It starts no incident, for that may page people:
// that is a person's decision.
func (s *Sweeping) SweepEnded(ctx context.Context, in SweepEndedInput) (SweptEnded, error) {
	var out SweptEnded
	defer beat(ctx)()
	if s.Operators != nil {
		out.Channel = s.Operators()
	}
	if err := s.sweepEnded(ctx, in, &out); err != nil {
		return out, applicationError(ctx, err)
	}
	return out, nil
}

func (s *Sweeping) sweepEnded(ctx context.Context, in SweepEndedInput, out *SweptEnded) error {
	if err := s.sweepRegister(ctx, out); err != nil {
		return err
	}
	if err := s.findEnded(ctx, in, out); err != nil {
		return err
	}
	incidents, err := s.running(ctx, api.TypeIncident)
	if err != nil {
		return err
	}
	if err := s.freeLost(ctx, incidents, out); err != nil {
		return err
	}
	return s.endOrphans(ctx, incidents, out)
}

// sweepRegister starts Register where it was ended: nothing else does before the next declaration.
func (s *Sweeping) sweepRegister(ctx context.Context, out *SweptEnded) error {
	info, err := s.latest(ctx, api.RegisterID)
	if err != nil || info == nil || info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING || s.Restorer == nil {
		return err
	}
	out.Register = true
	return s.Restorer.EnsureRegister(ctx)
}

// findEnded finds what was ended by hand, and tells the incidents that still run.
func (s *Sweeping) findEnded(ctx context.Context, in SweepEndedInput, out *SweptEnded) error {
	query := fmt.Sprintf("WorkflowType IN (%q, %q, %q, %q) AND ExecutionStatus IN ('Terminated', 'Canceled', 'Failed', 'TimedOut')",
		api.TypeIncident, api.TypePage, api.TypeReview, api.TypeFollowUp)
	var ids []string
	if err := s.each(ctx, query, 0, func(id string, _ attributes) { ids = append(ids, id) }); err != nil {
		return err
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		info, err := s.latest(ctx, id)
		if err != nil {
			return err
		}
		how := api.HowEnded(info.GetStatus().String())
		child, ok := api.ParseID(id)
		if how == "" || !ok { // it was restored or reset
			continue
		}
		e := EndedWorkflow{ID: id, RunID: info.GetExecution().GetRunId(), How: how, At: info.GetCloseTime().AsTime()}
		if child.Part == "page" {
			ended, err := s.endUnwanted(ctx, child, id)
			if err != nil {
				return err
			}
			if ended {
				out.Withdrawn = append(out.Withdrawn, id)
				continue
			}
		}
		out.Ended = append(out.Ended, e)
		if slices.Contains(in.Told, e.RunID) {
			continue
		}
		out.News = append(out.News, e)
		if child.Part != "" {
			if err := s.signal(ctx, api.IncidentID(child.Incident), api.ChildEnded, api.EndedInput{Workflow: id, How: how, At: e.At}); err != nil {
				return err
			}
		}
	}
	return nil
}

// endUnwanted has a page that was ended by hand withdrawn at the pager, if its incident does not want it.
func (s *Sweeping) endUnwanted(ctx context.Context, child api.Child, id string) (bool, error) {
	if s.Restorer == nil {
		return false, nil
	}
	wanted, err := s.wanted(ctx, child)
	if err != nil || wanted {
		return false, err
	}
	if err := s.Restorer.EndPage(ctx, id); err != nil {
		activity.GetLogger(ctx).Warn("a page that was ended by hand could not be withdrawn", "workflow_id", id, "error", err.Error())
		return false, nil // the next sweep tries again
	}
	return true, nil
}

// wanted reports whether an incident that runs wants a page. Where nobody can say, it does.
func (s *Sweeping) wanted(ctx context.Context, child api.Child) (bool, error) {
	id := api.IncidentID(child.Incident)
	runs, err := s.runs(ctx, id)
	if err != nil {
		return true, err
	}
	if !runs {
		return false, nil
	}
	value, err := s.Temporal.QueryWorkflow(ctx, id, "", api.Snapshot)
	if err != nil {
		return true, nil //nolint:nilerr // no worker answers now
	}
	var facts incident.Incident
	if err := value.Get(&facts); err != nil {
		return true, nil //nolint:nilerr // as above
	}
	p := facts.Page(child.Number)
	return p != nil && p.Status != incident.PageWithdrawn, nil
}

// freeLost frees the alert keys of incidents that do not run any more: an alert that comes again must open
// an incident.
func (s *Sweeping) freeLost(ctx context.Context, running map[string]bool, out *SweptEnded) error {
	k, err := s.register(ctx)
	switch {
	case isNotFound(err): // nothing was ever declared here
		return nil
	case err != nil:
		return err
	case !k.Recovered:
		return errors.New("register is about to recover what it knew")
	}
	out.Installation = k.Installation
	for _, n := range k.AlertKeys {
		if running[api.IncidentID(n)] || slices.Contains(out.Freed, n) {
			continue
		}
		// Visibility may not know yet, and a number is handed out before its incident starts.
		info, err := s.latest(ctx, api.IncidentID(n))
		if err != nil {
			return err
		}
		if info != nil && info.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
			out.Freed = append(out.Freed, n)
		}
	}
	if len(out.Freed) == 0 {
		return nil
	}
	slices.Sort(out.Freed)
	return s.signal(ctx, api.RegisterID, api.Lost, api.LostInput{Numbers: out.Freed})
}

// register is what Register knows now.
func (s *Sweeping) register(ctx context.Context) (*api.RegisterState, error) {
	value, err := s.Temporal.QueryWorkflow(ctx, api.RegisterID, "", api.State)
	if err != nil {
		return nil, fmt.Errorf("ask Register: %w", err)
	}
	var state api.RegisterState
	if err := value.Get(&state); err != nil {
		return nil, fmt.Errorf("read what Register answers: %w", err)
	}
	return &state, nil
}

// endOrphans tells the pages that run to end whose incident does not.
func (s *Sweeping) endOrphans(ctx context.Context, incidents map[string]bool, out *SweptEnded) error {
	pages, err := s.running(ctx, api.TypePage)
	if err != nil {
		return err
	}
	gone := map[int]bool{}
	for _, id := range slices.Sorted(maps.Keys(pages)) {
		child, ok := api.ParseID(id)
		if !ok || incidents[api.IncidentID(child.Incident)] {
			continue
		}
		lost, known := gone[child.Incident]
		if !known { // visibility may not know yet
			runs, err := s.runs(ctx, api.IncidentID(child.Incident))
			if err != nil {
				return err
			}
			lost = !runs
			gone[child.Incident] = lost
		}
		if lost {
			if err := s.signal(ctx, id, api.Orphaned, nil); err != nil {
				return err
			}
			out.Withdrawn = append(out.Withdrawn, id)
		}
	}
	return nil
}

// running are the IDs of the workflows of a type that run, as far as visibility knows.
func (s *Sweeping) running(ctx context.Context, kind string) (map[string]bool, error) {
	out := map[string]bool{}
	err := s.each(ctx, fmt.Sprintf("WorkflowType = %q AND ExecutionStatus = 'Running'", kind), 0, func(id string, _ attributes) { out[id] = true })
	return out, err
}

// runs reports whether a workflow runs, by Temporal's own word and not by visibility's.
func (s *Sweeping) runs(ctx context.Context, id string) (bool, error) {
	info, err := s.latest(ctx, id)
	return info != nil && info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, err
}

// latest is the newest run of a workflow, nil where there is none that anybody remembers.
func (s *Sweeping) latest(ctx context.Context, id string) (*workflowpb.WorkflowExecutionInfo, error) {
	d, err := s.Temporal.DescribeWorkflowExecution(ctx, id, "")
	if isNotFound(err) {
		return nil, nil //nolint:nilnil // there is none
	}
	if err != nil {
		return nil, fmt.Errorf("look at %s: %w", id, err)
	}
	return d.GetWorkflowExecutionInfo(), nil
}
