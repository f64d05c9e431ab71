package metrics

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"muster/incident"
	"muster/workflows/api"
)

var (
	live          = []incident.Status{incident.StatusOpen, incident.StatusMitigated, incident.StatusResolved}
	pageStatuses  = []incident.PageStatus{incident.PagePaging, incident.PageUnanswered, incident.PageAcknowledged, incident.PageWaiting}
	openFollowUps = []incident.FollowUpStatus{incident.FollowUpProposed, incident.FollowUpAccepted}
)

// Ages of snags: Muster tries again after fifteen minutes, an hour, four hours, and then daily.
const (
	ageHour  = "under_1h"
	ageDay   = "under_1d"
	ageOlder = "over_1d"
)

var ages = []string{ageHour, ageDay, ageOlder}

// The bounds of what is listed, as visibility can count what has an attribute and nothing else.
const (
	listPage    = 1000
	maxSnagged  = 1  // pages of incidents with snags
	maxFollowed = 20 // pages of accepted follow-ups
)

func readIncidents(ctx context.Context, r Reader) ([]value, error) {
	var out []value
	for _, status := range live {
		for s := incident.Severity(1); s.Valid(); s++ {
			n, err := r.count(ctx, api.TypeIncident, fmt.Sprintf("%s = '%s' AND %s = %d AND %s IN ('%s', '%s')",
				api.AttrStatus, status, api.AttrSeverity, s, api.AttrKind, incident.KindIncident, incident.KindNearMiss))
			if err != nil {
				return nil, err
			}
			out = append(out, value{IncidentsOpen, []string{string(status), strconv.Itoa(int(s))}, n})
		}
	}
	return out, nil
}

func readPages(ctx context.Context, r Reader) ([]value, error) {
	return countByStatus(ctx, r, api.TypePage, PagesOpen, words(pageStatuses...))
}

func readFollowUps(ctx context.Context, r Reader) ([]value, error) {
	return countByStatus(ctx, r, api.TypeFollowUp, FollowUpsOpen, words(openFollowUps...))
}

func countByStatus(ctx context.Context, r Reader, workflow, name string, statuses []string) ([]value, error) {
	var out []value
	for _, status := range statuses {
		n, err := r.count(ctx, workflow, fmt.Sprintf("%s = '%s'", api.AttrStatus, status))
		if err != nil {
			return nil, err
		}
		out = append(out, value{name, []string{status}, n})
	}
	return out, nil
}

// readSnags lists the incidents that have any: visibility knows how many, and their memos the rest.
func readSnags(ctx context.Context, r Reader) ([]value, error) {
	now, found := r.Now(), map[[2]string]float64{}
	err := r.list(ctx, api.TypeIncident, api.AttrSnags+" > 0", maxSnagged, func(e *workflowpb.WorkflowExecutionInfo) {
		var snags []api.SnagListed
		if p := e.GetMemo().GetFields()[api.MemoSnags]; p == nil || r.Converter.FromPayload(p, &snags) != nil {
			return
		}
		for _, s := range snags {
			found[[2]string{s.Vendor, ageOf(now.Sub(time.Unix(s.Since, 0)))}]++
		}
	})
	if err != nil {
		return nil, err
	}
	var out []value
	one := metric{Spec: Spec{Labels: []Label{{"vendor", vendor.Values}}}}
	for _, v := range append(vendor.Values[:3:3], "muster", Other) {
		for _, age := range ages {
			n := 0.0
			for k, is := range found {
				if k[1] == age && (k[0] == v || v == Other && k[0] != "muster" && one.bound(k[:1])[0] == Other) {
					n += is
				}
			}
			out = append(out, value{Snags, []string{v, age}, n})
		}
	}
	return out, nil
}

func ageOf(d time.Duration) string {
	switch {
	case d < time.Hour:
		return ageHour
	case d < 24*time.Hour:
		return ageDay
	}
	return ageOlder
}

// readOverdue reads every accepted follow-up: which day is over in whose zone is in the memo alone.
func readOverdue(ctx context.Context, r Reader) ([]value, error) {
	now, overdue := r.Now(), 0.0
	err := r.list(ctx, api.TypeFollowUp, fmt.Sprintf("%s = '%s'", api.AttrStatus, incident.FollowUpAccepted), maxFollowed, func(e *workflowpb.WorkflowExecutionInfo) {
		var f api.FollowUpListed
		if p := e.GetMemo().GetFields()[api.MemoFollowUp]; p != nil && r.Converter.FromPayload(p, &f) == nil && !f.Late.IsZero() && !now.Before(f.Late) {
			overdue++
		}
	})
	if err != nil {
		return nil, err
	}
	return []value{{FollowUpsOverdue, nil, overdue}}, nil
}

// readRegister asks Register for its state, which needs a worker.
func readRegister(ctx context.Context, r Reader) ([]value, error) {
	answer, err := r.Temporal.QueryWorkflow(ctx, api.RegisterID, "", api.State)
	if err != nil {
		return nil, fmt.Errorf("ask the register: %w", err)
	}
	var s api.RegisterState
	if err := answer.Get(&s); err != nil {
		return nil, fmt.Errorf("ask the register: %w", err)
	}
	s.Opening = nil // only the answer has it
	carried, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("ask the register: %w", err)
	}
	out := []value{{RegisterBytes, nil, float64(len(carried))}}
	since := map[string]time.Time{}
	one := metric{Spec: Spec{Labels: []Label{vendor}}}
	for _, snag := range s.Snags {
		v := one.bound([]string{snag.Vendor})[0]
		if first, known := since[v]; !known || snag.Since.Before(first) {
			since[v] = snag.Since
		}
	}
	for v, at := range since {
		out = append(out, value{VendorRefused, []string{v}, float64(at.Unix())})
	}
	return out, nil
}

func running(workflow, and string) string {
	return fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Running' AND %s", workflow, and)
}

func (r Reader) count(ctx context.Context, workflow, and string) (float64, error) {
	answer, err := r.Temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: r.Namespace, Query: running(workflow, and)})
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", strings.ToLower(workflow), err)
	}
	return float64(answer.GetCount()), nil
}

// list shows every workflow of so many pages.
func (r Reader) list(ctx context.Context, workflow, and string, pages int, show func(*workflowpb.WorkflowExecutionInfo)) error {
	var token []byte
	for range pages {
		answer, err := r.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: r.Namespace, Query: running(workflow, and), PageSize: listPage, NextPageToken: token,
		})
		if err != nil {
			return fmt.Errorf("list %s: %w", strings.ToLower(workflow), err)
		}
		for _, e := range answer.GetExecutions() {
			show(e)
		}
		if token = answer.GetNextPageToken(); len(token) == 0 {
			break
		}
	}
	return nil
}
