package activities

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"

	"muster/incident"
	"muster/workflows/api"
)

// Sweeping holds the activities that catch what webhooks missed.
type Sweeping struct {
	Temporal  client.Client
	Namespace string
	// Issues and Pager are nil where the vendor is not set up: then there is nothing to sweep.
	Issues IssueTracker
	Pager  Pager
	// LookUps bounds how often one sweep asks the pager about a page; 0 is DefaultLookUps.
	LookUps int

	pages cursor
}

// Swept counts what a sweep looked at and what had changed.
type Swept struct {
	Looked  int `json:"looked"`
	Changed int `json:"changed"`
	// Failed counts the pages that could not be looked after, Left those whose turn comes next time.
	Failed int `json:"failed,omitempty"`
	Left   int `json:"left,omitempty"`
}

// issueBatch is how many issues are asked for at once; Jira's bulkfetch takes 100.
const issueBatch = 100

// SweepIssues compares every open follow-up with its issue in the tracker.
func (s *Sweeping) SweepIssues(ctx context.Context) (Swept, error) {
	var swept Swept
	if s.Issues == nil {
		return swept, nil
	}
	byIssue := map[string]string{}
	var keys []string
	query := fmt.Sprintf("WorkflowType = %q AND ExecutionStatus = 'Running' AND %s IS NOT NULL", api.TypeFollowUp, api.AttrTracker)
	err := s.each(ctx, query, 0, func(id string, attributes attributes) {
		if key := attributes.keyword(api.AttrTracker); key != "" {
			byIssue[key] = id
			keys = append(keys, key)
		}
	})
	if err != nil {
		return swept, applicationError(err)
	}
	for start := 0; start < len(keys); start += issueBatch {
		batch := keys[start:min(start+issueBatch, len(keys))]
		states, err := s.Issues.IssueStates(ctx, batch)
		if err != nil {
			return swept, applicationError(err)
		}
		if len(states) != len(batch) {
			return swept, applicationError(fmt.Errorf("%d states of %d issues", len(states), len(batch)))
		}
		for k, st := range states {
			swept.Looked++
			if !st.Done && !st.Missing {
				continue
			}
			swept.Changed++
			// The state itself is the delivery: telling the same news twice is no news.
			in := api.IssueChangedInput{DeliveryID: fmt.Sprintf("sweep/%s/%s", st.Key, st.Status), Issue: st}
			if err := s.signal(ctx, byIssue[batch[k]], api.IssueChanged, in); err != nil {
				return swept, applicationError(err)
			}
		}
		activity.RecordHeartbeat(ctx, start)
	}
	return swept, nil
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
