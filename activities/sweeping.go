package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"

	"muster/incident"
)

// Sweeping holds the activities that catch what webhooks missed.
type Sweeping struct {
	Temporal  client.Client
	Namespace string
	// Issues and Pager are nil where the vendor is not set up: then there is nothing to sweep.
	Issues IssueTracker
	Pager  Pager
	// Ends ends at the pager what is open of pages that have ended. It may be nil.
	Ends *Paging
	// Projects are the tracker's projects that the playbook names now: what changes there is looked at. It
	// may be nil.
	Projects func() []string
	// Restorer starts again what somebody has ended by hand; nil where nobody does.
	Restorer Restorer
	// Operators is the channel of those who run Muster, "" for none. It may be nil.
	Operators func() string
	// LookUps bounds how often one sweep asks the pager about a page; 0 is DefaultLookUps.
	LookUps int

	pages     cursor
	existence cursor
	told      told
}

// Swept counts what a sweep looked at and what had changed.
type Swept struct {
	Looked  int `json:"looked"`
	Changed int `json:"changed"`
	// Failed counts those that could not be looked after, Left those whose turn comes next time.
	Failed int `json:"failed,omitempty"`
	Left   int `json:"left,omitempty"`
	// Mark is up to when everything is known, for the next sweep to go on from.
	Mark time.Time `json:"mark,omitzero"`
}

// taken reports whether somebody answered an attempt; resolving it at the pager is an answer too.
func taken(s incident.PageState) bool { return s.Acknowledged || s.Resolved }

// signal tells a workflow; one that has ended needs to hear nothing.
func (s *Sweeping) signal(ctx context.Context, id, name string, in any) error {
	err := s.Temporal.SignalWorkflow(ctx, id, "", name, in)
	var gone *serviceerror.NotFound
	if err != nil && !errors.As(err, &gone) {
		return fmt.Errorf("signal %s: %w", id, err)
	}
	return nil
}

// beatEvery is how often somebody who waits for a vendor says that they still do.
const beatEvery = 10 * time.Second

// beat sends heartbeats until the function that it returns is called: a vendor that slows down is no reason
// to begin anew.
func beat(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		tick := time.NewTicker(beatEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				activity.RecordHeartbeat(ctx)
			}
		}
	}()
	return cancel
}

// spare is the part of an attempt's time that is kept for saying how far it came: one in so many.
const spare = 6

// short reports whether an attempt has too little time left to begin anything.
func short(ctx context.Context) bool {
	info := activity.GetInfo(ctx)
	return !info.Deadline.IsZero() && time.Until(info.Deadline) < info.Deadline.Sub(info.StartedTime)/spare
}

// each calls f for every workflow that a visibility query finds. progress is what its heartbeats say.
func (s *Sweeping) each(ctx context.Context, query string, progress any, f func(id string, a attributes)) error {
	var token []byte
	for {
		resp, err := s.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: s.Namespace, Query: query, PageSize: 500, NextPageToken: token,
		})
		if err != nil {
			return fmt.Errorf("list workflows: %w", err)
		}
		for _, e := range resp.Executions {
			f(e.Execution.WorkflowId, attributes{e.SearchAttributes})
		}
		if token = resp.NextPageToken; len(token) == 0 {
			return nil
		}
		activity.RecordHeartbeat(ctx, progress)
	}
}
