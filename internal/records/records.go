// Package records compares the archive with what Temporal still holds, and fills it from there.
package records

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"muster/activities"
	"muster/archive"
	"muster/workflows/api"
)

// Records is an archive beside the Temporal namespace that it outlives.
type Records struct {
	Temporal  client.Client
	Namespace string
	Archive   *archive.Archive
}

// Report says how the archive stands to Temporal. Workflows are named by their IDs, in order.
type Report struct {
	// Temporal counts the workflows that Temporal holds, Archive the records.
	Temporal int `json:"temporal"`
	Archive  int `json:"archive"`
	// Missing have no record, Behind an older one than the workflow has asked for, and Ahead a newer one: those of
	// a Temporal that was restored from a back-up.
	Missing []string `json:"missing,omitempty"`
	Behind  []string `json:"behind,omitempty"`
	Ahead   []string `json:"ahead,omitempty"`
	// Lost are expected to go on by their records, and Temporal holds nothing of them.
	Lost []string `json:"lost,omitempty"`
	// Unanswered could not be asked.
	Unanswered []string `json:"unanswered,omitempty"`
	// Written counts the records that Rebuild wrote.
	Written int `json:"written,omitempty"`
}

// InOrder reports whether the archive holds all that Temporal does.
func (r Report) InOrder() bool {
	return len(r.Missing)+len(r.Behind)+len(r.Ahead)+len(r.Lost)+len(r.Unanswered) == 0
}

// kept are the types of workflows that have a record.
var kept = []string{api.TypeRegister, api.TypeIncident, api.TypePage, api.TypeReview, api.TypeFollowUp}

// atOnce is how many workflows are asked at once: each question may have a worker replay a history.
const atOnce = 8

// Check compares the archive with what Temporal holds. It changes nothing.
func (r Records) Check(ctx context.Context) (Report, error) { return r.walk(ctx, false, nil) }

// Rebuild writes the record of every workflow that Temporal holds, of closed ones too. It may be run at any time,
// and again: what the archive holds of a newer version stays, and what it holds of a future that Temporal has lost
// stays too, unless older is true. each hears of every workflow, with an error where it
// could not be asked.
func (r Records) Rebuild(ctx context.Context, older bool, each func(workflow string, err error)) (Report, error) {
	return r.walk(ctx, older, each)
}

func (r Records) walk(ctx context.Context, older bool, each func(string, error)) (Report, error) {
	var out Report
	held, err := r.Archive.Versions(ctx)
	if err != nil {
		return out, err
	}
	out.Archive = len(held)
	var mu sync.Mutex
	there := map[string]bool{}
	group, asking := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	listed := r.list(asking, func(id string) {
		there[id] = true
		group.Go(func() error {
			ctx := asking
			record, err := r.recordOf(ctx, id, held)
			canary := false
			if err == nil {
				canary, err = activities.OfCanary(ctx, r.Temporal, record)
			}
			mu.Lock()
			defer mu.Unlock()
			if canary {
				return nil
			}
			out.Temporal++
			if err != nil {
				out.Unanswered = append(out.Unanswered, id)
			} else {
				out.compare(record, held)
			}
			if each == nil {
				return ctx.Err()
			}
			if err == nil {
				written, err := r.renew(ctx, record, held, older)
				if err != nil {
					return err
				}
				out.Written += written
			}
			each(id, err)
			return ctx.Err()
		})
	})
	if err := errors.Join(group.Wait(), listed); err != nil {
		return out, err
	}
	err = r.Archive.Unfinished(ctx, func(record archive.Record) error {
		if !there[record.Workflow] {
			out.Lost = append(out.Lost, record.Workflow)
		}
		return nil
	})
	for _, names := range [][]string{out.Missing, out.Behind, out.Ahead, out.Lost, out.Unanswered} {
		slices.Sort(names)
	}
	return out, err
}

// renew writes a record, and reports 0 where the archive knows more than Temporal does.
func (r Records) renew(ctx context.Context, record archive.Record, held map[string]int64, older bool) (int, error) {
	version, ok := held[record.Workflow]
	if ok && record.Outrun(version) {
		if !older {
			return 0, nil
		}
		record.Reset, record.Version = true, max(record.Version, version)
	}
	if _, err := r.Archive.Renew(ctx, record); err != nil {
		return 0, err
	}
	return 1, nil
}

// recordOf asks a workflow for its record. One that has changed since it last asked for a record is no older in the
// archive where somebody has filled it since: while there was no archive, workflows do not ask for a day.
func (r Records) recordOf(ctx context.Context, id string, held map[string]int64) (archive.Record, error) {
	now, err := activities.RecordOf(ctx, r.Temporal, id, "")
	if err != nil || !now.Pending || held[id] != now.Version {
		return now, err
	}
	there, err := r.Archive.Record(ctx, id)
	now.Pending = there == nil || !bytes.Equal(there.State, now.State)
	return now, err
}

// compare notes how a record stands to the one that is held.
func (r *Report) compare(now archive.Record, held map[string]int64) {
	version, ok := held[now.Workflow]
	switch {
	case !ok:
		r.Missing = append(r.Missing, now.Workflow)
	case now.Outrun(version):
		r.Ahead = append(r.Ahead, now.Workflow)
	case version < now.Version, now.Pending:
		r.Behind = append(r.Behind, now.Workflow)
	}
}

// list hands over every workflow that has a record, once, however many runs it had.
func (r Records) list(ctx context.Context, each func(id string)) error {
	var types []string
	for _, t := range kept {
		types = append(types, "'"+t+"'")
	}
	query := fmt.Sprintf("WorkflowType IN (%s) AND ExecutionStatus != 'ContinuedAsNew'", strings.Join(types, ", "))
	seen := map[string]bool{}
	var token []byte
	for {
		resp, err := r.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: r.Namespace, Query: query, PageSize: 500, NextPageToken: token,
		})
		if err != nil {
			return fmt.Errorf("list workflows: %w", err)
		}
		for _, e := range resp.GetExecutions() {
			id := e.GetExecution().GetWorkflowId()
			if !seen[id] && e.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW {
				seen[id] = true
				each(id)
			}
		}
		if token = resp.GetNextPageToken(); len(token) == 0 {
			return nil
		}
	}
}
