// Package rollout moves open workflows from the workers of one version to those of another, forward or back.
// A workflow stays with the version that began its run; at its next task it sees that new work goes elsewhere,
// and goes on as new over there. Most of them sleep for days, so each is woken with a signal that says nothing.
// Whatever was done already is seen in the server, so that beginning again goes on.
package rollout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"muster/workflows/api"
)

// Temporal is what is needed of the client.
type Temporal interface {
	WorkerDeploymentClient() client.WorkerDeploymentClient
	CountWorkflow(ctx context.Context, request *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error)
	ListWorkflow(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
	SignalWorkflow(ctx context.Context, workflowID, runID, signalName string, arg any) error
}

// Rollout is one of a deployment.
type Rollout struct {
	Temporal   Temporal
	Namespace  string
	Deployment string
	// PerSecond bounds how many workflows are woken, since each costs a few tasks.
	PerSecond int
	// Pause waits between two of them.
	Pause func(ctx context.Context, d time.Duration) error
}

// ErrNoDeployment says that no worker of the deployment has ever run.
var ErrNoDeployment = errors.New("no worker of this deployment has run yet; start one with MUSTER_DEPLOYMENT")

// Version is one of a deployment.
type Version struct {
	Build string `json:"build"`
	// Current takes new work. Drained by what Temporal says, which may be some minutes old.
	Current bool   `json:"current"`
	State   string `json:"state"`
	// Open is how many open workflows it still holds.
	Open int64 `json:"open"`

	changed time.Time
}

// Status tells what every version holds, newest first.
func (r *Rollout) Status(ctx context.Context) ([]Version, error) {
	d, err := r.describe(ctx)
	if err != nil {
		return nil, err
	}
	current := currentOf(d)
	var out []Version
	for _, s := range d.Info.VersionSummaries {
		v := Version{Build: s.Version.BuildID, Current: s.Version.BuildID == current, State: stateOf(s.DrainageStatus)}
		if v.Current {
			v.State = "current"
		}
		if v.Open, err = r.open(ctx, v.Build); err != nil {
			return nil, err
		}
		info, err := r.handle().DescribeVersion(ctx, client.WorkerDeploymentDescribeVersionOptions{BuildID: v.Build})
		if err != nil {
			return nil, fmt.Errorf("look at version %s: %w", v.Build, err)
		}
		v.changed = info.Info.RoutingChangedTime
		out = append(out, v)
	}
	slices.SortStableFunc(out, func(x, y Version) int { return y.changed.Compare(x.changed) })
	return out, nil
}

// Before is the version that was the current one before the present, for the way back.
func Before(versions []Version) (string, error) {
	for _, v := range versions { // the last change of routing first
		if !v.Current && !v.changed.IsZero() {
			return v.Build, nil
		}
	}
	return "", errors.New("no version was current before; say which with --to")
}

// Begin makes a build the current one. New workflows begin there from then on.
func (r *Rollout) Begin(ctx context.Context, build string) error {
	d, err := r.describe(ctx)
	if err != nil {
		return err
	}
	if currentOf(d) == build {
		return nil
	}
	known := slices.ContainsFunc(d.Info.VersionSummaries, func(s client.WorkerDeploymentVersionSummary) bool { return s.Version.BuildID == build })
	if !known {
		return fmt.Errorf("no worker of version %s has run; start its workers first, or say another one with --to", build)
	}
	_, err = r.handle().SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: build, ConflictToken: d.ConflictToken})
	if err != nil {
		return fmt.Errorf("make %s the current version: %w", build, err)
	}
	return nil
}

// Wake wakes every open workflow of the versions that are not current, once, and gives how many. Short ones, such as
// a digest, end on their own version instead.
func (r *Rollout) Wake(ctx context.Context) (int, error) {
	d, err := r.describe(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, s := range d.Info.VersionSummaries {
		if build := s.Version.BuildID; build != currentOf(d) {
			woken, err := r.wakeVersion(ctx, build)
			if n += woken; err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

func (r *Rollout) wakeVersion(ctx context.Context, build string) (int, error) {
	var token []byte
	n := 0
	var refused []error // one that takes no signal any more keeps none of the others
	for {
		page, err := r.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: r.Namespace, PageSize: 200, Query: r.query(build) + " AND " + longLived, NextPageToken: token,
		})
		if err != nil {
			return n, fmt.Errorf("list what version %s holds: %w", build, err)
		}
		for _, e := range page.Executions {
			id := e.GetExecution().GetWorkflowId()
			// By its ID alone: the run that was listed may have gone on as new.
			err := r.Temporal.SignalWorkflow(ctx, id, "", api.MoveOn, nil)
			if _, over := errors.AsType[*serviceerror.NotFound](err); err != nil && !over {
				refused = append(refused, fmt.Errorf("wake %s: %w", id, err))
			} else {
				n++
			}
			if len(refused) >= mostRefused {
				return n, errors.Join(refused...)
			}
			if err := r.Pause(ctx, time.Second/time.Duration(r.PerSecond)); err != nil {
				return n, err
			}
		}
		if token = page.NextPageToken; len(token) == 0 {
			return n, errors.Join(refused...)
		}
	}
}

// mostRefused wake-ups in one go are no fault of single workflows.
const mostRefused = 10

// longLived are the workflows that take MoveOn.
var longLived = fmt.Sprintf("WorkflowType IN ('%s')", strings.Join([]string{api.TypeRegister, api.TypeIncident, api.TypePage, api.TypeReview, api.TypeFollowUp}, "', '"))

// Left is how many open workflows versions hold that are not current.
func Left(versions []Version) (n int64) {
	for _, v := range versions {
		if !v.Current {
			n += v.Open
		}
	}
	return n
}

func (r *Rollout) handle() client.WorkerDeploymentHandle {
	return r.Temporal.WorkerDeploymentClient().GetHandle(r.Deployment)
}

func (r *Rollout) describe(ctx context.Context) (client.WorkerDeploymentDescribeResponse, error) {
	d, err := r.handle().Describe(ctx, client.WorkerDeploymentDescribeOptions{})
	if _, none := errors.AsType[*serviceerror.NotFound](err); none {
		return d, ErrNoDeployment
	}
	if err != nil {
		return d, fmt.Errorf("look at deployment %s: %w", r.Deployment, err)
	}
	return d, nil
}

func (r *Rollout) open(ctx context.Context, build string) (int64, error) {
	c, err := r.Temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: r.Namespace, Query: r.query(build)})
	if err != nil {
		return 0, fmt.Errorf("count what version %s holds: %w", build, err)
	}
	return c.GetCount(), nil
}

func (r *Rollout) query(build string) string {
	version := strings.ReplaceAll(r.Deployment+":"+build, "'", "''")
	return fmt.Sprintf("ExecutionStatus = 'Running' AND TemporalWorkerDeploymentVersion = '%s'", version)
}

func currentOf(d client.WorkerDeploymentDescribeResponse) string {
	if v := d.Info.RoutingConfig.CurrentVersion; v != nil && *v != (worker.WorkerDeploymentVersion{}) {
		return v.BuildID
	}
	return ""
}

func stateOf(s client.WorkerDeploymentVersionDrainageStatus) string {
	switch s {
	case client.WorkerDeploymentVersionDrainageStatusDraining:
		return "draining"
	case client.WorkerDeploymentVersionDrainageStatusDrained:
		return "drained"
	}
	return "not current"
}
