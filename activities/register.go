package activities

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"

	"muster/archive/record"
	"muster/workflows/api"
)

// LastRegister gives what the run before this one of Register knew in the end, nil where there was none or it
// cannot be asked any more, and the highest number of an incident in any case. A run that was not continued
// from another one asks it: after somebody has ended Register by hand, or reset it to an earlier task.
func (d *Directory) LastRegister(ctx context.Context) (api.LastRegister, error) {
	last := api.LastRegister{RunID: activity.GetInfo(ctx).WorkflowExecution.RunID}
	var err error
	if last.Highest, err = d.HighestIncident(ctx); err != nil {
		return last, err
	}
	if d.Archive != nil {
		if last, err = d.archived(ctx, last); err != nil {
			return last, applicationError(ctx, err)
		}
	}
	runs, err := d.formerRuns(ctx)
	if err != nil {
		return last, applicationError(ctx, err)
	}
	for _, run := range runs {
		state, err := d.registerState(ctx, run)
		if err == nil {
			if last.State == nil || last.State.Last <= state.Last {
				last.State = state
			}
			return last, nil
		}
		activity.GetLogger(ctx).Warn("a former run of Register cannot be asked", "run_id", run, "error", err.Error())
	}
	if last.State != nil {
		return last, nil
	}
	if last.Installation == "" {
		if last.Installation, err = d.installationOf(ctx, last.Highest); err != nil {
			return last, applicationError(ctx, err)
		}
	}
	if len(runs) > 0 && activity.GetInfo(ctx).Attempt < patientAttempts {
		// Visibility may lag behind, and a worker may be about to start.
		return last, applicationError(ctx, fmt.Errorf("none of %d former runs of Register answers", len(runs)))
	}
	return last, nil
}

// archived adds what the archive knows: numbers of incidents that Temporal does not keep any more, and what
// Register knew when it was last recorded. An archive that is away is waited for a while, and no longer, for
// nothing can be declared meanwhile.
func (d *Directory) archived(ctx context.Context, last api.LastRegister) (api.LastRegister, error) {
	highest, err := d.Archive.Highest(ctx)
	var kept *record.Record
	if err == nil {
		kept, err = d.Archive.Record(ctx, api.RegisterID)
	}
	if err == nil {
		last.Installation, err = d.Archive.Installation(ctx)
	}
	if err != nil {
		if activity.GetInfo(ctx).Attempt < patientAttempts {
			return last, err
		}
		activity.GetLogger(ctx).Warn("the archive cannot be asked what Register knew", "error", err.Error())
		return last, nil
	}
	last.Highest = max(last.Highest, highest)
	if kept != nil {
		var in api.RegisterInput
		if err := json.Unmarshal(kept.State, &in); err != nil {
			return last, fmt.Errorf("read what the archive holds of Register: %w", err)
		}
		if in.State != nil && in.State.Recovered {
			last.State = in.State
		}
	}
	return last, nil
}

// patientAttempts is how often former runs are asked before Register goes on without what they knew:
// nothing can be declared meanwhile.
const patientAttempts = 4

// maxFormerRuns is how many of them are asked, the newest first.
const maxFormerRuns = 3

// formerRuns lists the runs of Register before this one, the newest first.
func (d *Directory) formerRuns(ctx context.Context) ([]string, error) {
	own := activity.GetInfo(ctx).WorkflowExecution
	resp, err := d.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: d.Namespace, PageSize: 200, Query: fmt.Sprintf("WorkflowId = %q", own.ID),
	})
	if err != nil {
		return nil, fmt.Errorf("list runs of Register: %w", err)
	}
	type run struct {
		id    string
		began time.Time
	}
	var runs []run
	for _, e := range resp.Executions {
		if id := e.Execution.RunId; id != own.RunID {
			runs = append(runs, run{id, e.StartTime.AsTime()})
		}
	}
	slices.SortStableFunc(runs, func(a, b run) int { return cmp.Compare(b.began.UnixNano(), a.began.UnixNano()) })
	var out []string
	for _, r := range runs[:min(len(runs), maxFormerRuns)] {
		out = append(out, r.id)
	}
	return out, nil
}

func (d *Directory) registerState(ctx context.Context, run string) (*api.RegisterState, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	value, err := d.Temporal.QueryWorkflow(ctx, activity.GetInfo(ctx).WorkflowExecution.ID, run, api.State)
	if err != nil {
		return nil, err
	}
	var state api.RegisterState
	if err := value.Get(&state); err != nil {
		return nil, err
	}
	if !state.Recovered {
		return nil, fmt.Errorf("it had not recovered itself")
	}
	return &state, nil
}

// installationOf reads the installation out of what an incident was started with, "" where its history is not
// kept any more.
func (d *Directory) installationOf(ctx context.Context, number int) (string, error) {
	if number == 0 {
		return "", nil
	}
	history := d.Temporal.GetWorkflowHistory(ctx, api.IncidentID(number), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	if !history.HasNext() {
		return "", nil
	}
	event, err := history.Next()
	if isNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read how %s was started: %w", api.IncidentID(number), err)
	}
	var in struct {
		Settings api.Settings `json:"settings"`
	}
	if err := d.decode(event.GetWorkflowExecutionStartedEventAttributes().GetInput(), &in); err != nil {
		if activity.GetInfo(ctx).Attempt < patientAttempts { // it may be encrypted with a key that is about to come
			return "", fmt.Errorf("read how %s was started: %w", api.IncidentID(number), err)
		}
		activity.GetLogger(ctx).Warn("how an incident was started cannot be read", "number", number, "error", err.Error())
	}
	return in.Settings.Installation, nil
}
