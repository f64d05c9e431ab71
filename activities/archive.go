package activities

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"

	"muster/archive"
	"muster/workflows/api"
)

// Keeper keeps records of workflows. It never writes an older one over a newer one, and gives the version that
// it holds afterwards.
type Keeper interface {
	Keep(ctx context.Context, r archive.Record) (held int64, err error)
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
	if record.Facts != nil && record.Facts.Canary() { // nobody's, every hour
		return Kept{Off: true}, nil
	}
	if record.Version < in.Version { // a worker that has not seen the newest task has answered
		return Kept{}, applicationError(ctx, fmt.Errorf("%s gave its record of before", e.ID))
	}
	held, err := a.Keeper.Keep(ctx, record)
	return Kept{Held: held}, applicationError(ctx, err)
}

// RecordOf asks a workflow for what it leaves in the archive.
func RecordOf(ctx context.Context, c client.Client, id, run string) (archive.Record, error) {
	value, err := c.QueryWorkflow(ctx, id, run, api.RecordQuery)
	if err != nil {
		return archive.Record{}, err
	}
	var r api.Record
	if err := value.Get(&r); err != nil {
		return archive.Record{}, err
	}
	return archive.Record{Workflow: id, Type: r.Type, Incident: r.Incident, Version: r.Version, Over: r.Over, Facts: r.Facts, State: r.State}, nil
}
