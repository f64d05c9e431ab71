package activities

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/encoding/protojson"

	"muster/archive/record"
	"muster/incident"
	"muster/workflows/api"
)

// Keeper keeps records of workflows. It never writes an older one over a newer one, and gives the version that
// it holds afterwards.
type Keeper interface {
	Keep(ctx context.Context, r record.Record) (held int64, err error)
}

// Archives is an archive that is also asked what it holds.
type Archives interface {
	Keeper
	Highest(ctx context.Context) (int, error)
	Record(ctx context.Context, workflow string) (*record.Record, error)
	Installation(ctx context.Context) (string, error)
}

// Archive keeps what outlives Temporal.
type Archive struct {
	Temporal client.Client
	// Keeper is nil where there is no archive.
	Keeper Keeper
}

// KeepInput asks for a record.
type KeepInput struct {
	// Version is the least that the record must have.
	Version int64 `json:"version"`
}

// Kept says what the archive holds.
type Kept struct {
	// Off means that there is no archive, or that it keeps nothing of this workflow.
	Off bool `json:"off,omitempty"`
	// Held is the version that is held now.
	Held int64 `json:"held,omitempty"`
}

// Keep writes the record of the workflow that asks for it. It asks the workflow what is in it.
func (a *Archive) Keep(ctx context.Context, in KeepInput) (Kept, error) {
	if a.Keeper == nil {
		return Kept{Off: true}, nil
	}
	e := activity.GetInfo(ctx).WorkflowExecution
	record, err := RecordOf(ctx, a.Temporal, e.ID, e.RunID)
	if err != nil {
		return Kept{}, applicationError(ctx, fmt.Errorf("ask %s for its record: %w", e.ID, err))
	}
	canary, err := OfCanary(ctx, a.Temporal, record)
	if err != nil {
		return Kept{}, applicationError(ctx, fmt.Errorf("ask whether %s is a canary's: %w", e.ID, err))
	}
	if canary { // nobody's, every hour
		return Kept{Off: true}, nil
	}
	if record.Version < in.Version { // a worker that has not seen the newest task has answered
		return Kept{}, applicationError(ctx, fmt.Errorf("%s gave its record of before", e.ID))
	}
	held, err := a.Keeper.Keep(ctx, record)
	return Kept{Held: held}, applicationError(ctx, err)
}

// RecordOf asks a workflow for what it leaves in the archive, and Temporal for what lists show of it.
func RecordOf(ctx context.Context, c client.Client, id, run string) (record.Record, error) {
	value, err := c.QueryWorkflow(ctx, id, run, api.RecordQuery)
	if err != nil {
		return record.Record{}, err
	}
	var r api.Record
	if err := value.Get(&r); err != nil {
		return record.Record{}, err
	}
	d, err := c.DescribeWorkflowExecution(ctx, id, run)
	if err != nil {
		return record.Record{}, err
	}
	info := d.GetWorkflowExecutionInfo()
	shown, err := protojson.Marshal(&workflowpb.WorkflowExecutionInfo{
		Type: info.GetType(), Memo: info.GetMemo(), SearchAttributes: info.GetSearchAttributes(), Priority: info.GetPriority(),
	})
	return record.Record{
		Workflow: id, Type: r.Type, Incident: r.Incident, Version: r.Version, Over: r.Over, Facts: r.Facts, State: r.State,
		Shown: shown, Installation: installationIn(r.State), Pending: r.Pending,
		Prior: r.Prior, Reset: r.Reset,
	}, err
}

// OfCanary reports whether a record is one of a canary's drill, or of a page and whatever else belongs to one. What
// belongs to a drill does not know whose drill it is, so its incident is asked; one that is gone was a real one's.
func OfCanary(ctx context.Context, c client.Client, r record.Record) (bool, error) {
	if r.Facts != nil {
		return r.Facts.Canary(), nil
	}
	var in struct {
		Brief api.Brief `json:"brief"`
	}
	if r.Incident == 0 || json.Unmarshal(r.State, &in) != nil || in.Brief.Kind != incident.KindDrill {
		return false, nil
	}
	value, err := c.QueryWorkflow(ctx, incident.Key(r.Incident), "", api.RecordQuery)
	if _, gone := errors.AsType[*serviceerror.NotFound](err); gone {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var of api.Record
	err = value.Get(&of)
	return err == nil && of.Facts != nil && of.Facts.Canary(), err
}

// installationIn reads the installation out of a workflow's input.
func installationIn(state []byte) string {
	var in struct {
		Settings api.Settings `json:"settings"`
		State    api.Settings `json:"state"` // of Register
	}
	_ = json.Unmarshal(state, &in) // what has none says nothing
	return cmp.Or(in.Settings.Installation, in.State.Installation)
}
