package incidents

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"muster/archive"
	"muster/incident"
	"muster/workflows/api"
)

// skippedAtLoss is how many numbers are left out after Temporal's data was lost: those that were handed out just
// before and had not reached the archive have pages, channels and issues of their own at vendors.
const skippedAtLoss = 20

// RestoredAll says what RestoreArchived has done.
type RestoredAll struct {
	// Incidents and Others count what was started, Running what ran already.
	Incidents int `json:"incidents"`
	Others    int `json:"others"`
	Running   int `json:"running"`
	// Held are incidents that page nobody before somebody asks for it: a page of theirs is not in the archive.
	Held []string `json:"held,omitempty"`
	// Last is the highest number that was handed out, as far as is known. Next is the least that the next incident
	// has: some are left out where something was started.
	Last int `json:"last"`
	Next int `json:"next"`
}

// RestoreArchived starts everything of which something is still expected from its record, in a namespace that
// has lost it, or in another one: Register first, so that numbers and the installation go on; then incidents,
// and what belongs to them. What runs already is left as it is, so that it may be called again. Nobody is paged
// or told twice: everything looks at the vendors before it calls them. With newer, what runs and knows less than its
// record, since Temporal went back to a back-up, is replaced by what the record knows.
func (c *Client) RestoreArchived(ctx context.Context, by incident.Actor, newer bool, each func(workflow string, err error)) (RestoredAll, error) {
	var out RestoredAll
	if c.Archive == nil {
		return out, NoArchive()
	}
	records, held, err := c.unfinished(ctx)
	if err != nil {
		return out, err
	}
	if out.Last, err = c.restoreRegister(ctx); err != nil {
		return out, err
	}
	r := restoring{Client: c, out: &out, held: held, each: each, by: by}
	if newer {
		if err := r.replace(ctx); err != nil {
			return out, err
		}
	}
	for _, record := range records {
		r.start(ctx, record)
	}
	out.Next = out.Last + 1
	if out.Incidents+out.Others > 0 || out.Running == 0 {
		out.Next += skippedAtLoss
		if err := c.Deliver(ctx, api.RegisterID, api.SkipNumbers, api.SkipNumbersInput{Last: out.Next - 1}); err != nil {
			r.failed = append(r.failed, err)
		}
	}
	return out, errors.Join(r.failed...)
}

// restoring is one run of RestoreArchived.
type restoring struct {
	*Client
	out    *RestoredAll
	by     incident.Actor
	held   map[string]bool // the workflows of which something is expected, by their records
	each   func(workflow string, err error)
	failed []error
}

// start starts a workflow from its record unless it runs.
func (r *restoring) start(ctx context.Context, record archive.Record) {
	child, ok := api.ParseID(record.Workflow)
	if !ok {
		return // Register
	}
	in, err := r.restored(ctx, child, record, "lost with Temporal's data")
	if err == nil {
		err = r.startArchived(ctx, record, in)
	}
	r.count(child, in, record.Workflow, err)
}

// restored is what a workflow is told of it.
func (r *restoring) restored(ctx context.Context, child api.Child, record archive.Record, how string) (api.Restored, error) {
	in := api.Restored{Actor: r.by, How: how, Archived: true, Page: true}
	if child.Part != "" {
		return in, nil
	}
	var err error
	in.Pages, err = r.missingPages(ctx, child.Incident, r.held)
	in.Page, in.At = len(in.Pages) == 0, lastSeen(record, r.Now().UTC())
	return in, err
}

func (r *restoring) count(child api.Child, in api.Restored, workflow string, err error) {
	r.each(workflow, err)
	switch {
	case errors.Is(err, ErrRuns):
		r.out.Running++
	case err != nil:
		r.failed = append(r.failed, err)
	case child.Part != "":
		r.out.Others++
	default:
		r.out.Incidents++
		if !in.Page {
			r.out.Held = append(r.out.Held, workflow)
		}
	}
}

// replace ends every workflow that runs and knows less than its record, and starts it from there in the same moment.
// A page goes on: since Temporal was set back it may have called somebody of which its record knows nothing, and its
// incident, which is what it was again, tells it what is wanted.
func (r *restoring) replace(ctx context.Context) error {
	running, err := r.running(ctx)
	if err != nil {
		return err
	}
	for _, id := range running {
		child, ok := api.ParseID(id)
		if !ok || child.Part == "page" {
			continue
		}
		in, err := r.replaceOlder(ctx, child, id)
		if !errors.Is(err, ErrRuns) { // those are counted when they are to be started
			r.count(child, in, id, err)
		}
	}
	for _, id := range running {
		if child, ok := api.ParseID(id); ok && child.Part == "page" {
			if err := r.goOn(ctx, child, id); err != nil {
				r.each(id, err)
				r.failed = append(r.failed, err)
			}
		}
	}
	return nil
}

// goOn lets a page go on with what it knows itself, which the archive takes in place of what it holds, and has its
// incident say what is wanted.
func (r *restoring) goOn(ctx context.Context, child api.Child, id string) error {
	return errors.Join(
		r.Archive.Drop(ctx, id),
		r.Deliver(ctx, id, api.Retry, struct{}{}),
		r.Deliver(ctx, api.IncidentID(child.Incident), api.BriefAsked, api.BriefAskedInput{Workflow: id}),
	)
}

func (r *restoring) replaceOlder(ctx context.Context, child api.Child, id string) (api.Restored, error) {
	var in api.Restored
	record, err := r.Archive.Record(ctx, id)
	if err != nil {
		return in, err
	}
	if record == nil {
		return in, ErrRuns
	}
	var now api.Record
	if err := r.query(ctx, id, api.RecordQuery, &now); err != nil {
		return in, readError("ask "+id+" what it knows", err)
	}
	if known := (archive.Record{Version: now.Version, Prior: now.Prior, Reset: now.Reset}); !known.Outrun(record.Version) {
		return in, ErrRuns
	}
	if in, err = r.restored(ctx, child, *record, "set back with Temporal's data"); err != nil {
		return in, err
	}
	return in, r.startInPlace(ctx, *record, in, enumspb.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING)
}

// running lists what runs of incidents, pages, reviews and follow-ups.
func (r *restoring) running(ctx context.Context) ([]string, error) {
	query := fmt.Sprintf("WorkflowType IN (%s, %s, %s, %s) AND ExecutionStatus = 'Running'",
		quoted(api.TypeIncident), quoted(api.TypePage), quoted(api.TypeReview), quoted(api.TypeFollowUp))
	var ids []string
	var token []byte
	for {
		resp, err := r.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: r.Namespace, Query: query, PageSize: MaxLimit, NextPageToken: token,
		})
		if err != nil {
			return nil, readError("list what runs", err)
		}
		for _, e := range resp.GetExecutions() {
			ids = append(ids, e.GetExecution().GetWorkflowId())
		}
		if token = resp.GetNextPageToken(); len(token) == 0 {
			return ids, nil
		}
	}
}

// NoArchive is the refusal of what needs an archive where there is none.
func NoArchive() *incident.Problem {
	return &incident.Problem{Code: incident.CodeIllegal, Field: "archive", Reason: "there is no archive here", Mend: "set MUSTER_ARCHIVE, see docs/archive.md"}
}

// unfinished reads the records of what goes on, and which workflows they are of.
func (c *Client) unfinished(ctx context.Context) (records []archive.Record, held map[string]bool, err error) {
	held = map[string]bool{}
	err = c.Archive.Unfinished(ctx, func(r archive.Record) error {
		records = append(records, r)
		held[r.Workflow] = true
		return nil
	})
	return records, held, err
}

// restoreRegister has Register run, which takes what it knew from the archive, and gives the last number.
func (c *Client) restoreRegister(ctx context.Context) (int, error) {
	if err := c.EnsureRegister(ctx); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		s, err := c.Register(ctx)
		if err == nil && s.Recovered {
			if s.Last, err = c.lastNumber(ctx, s); err != nil {
				return 0, err
			}
			return s.Last, nil
		}
		if waited := c.pause(ctx, 100*time.Millisecond); waited != nil {
			return 0, fmt.Errorf("register does not say what it knows; a worker must run: %w", errors.Join(err, waited))
		}
	}
}

// lastNumber is the highest that was handed out, by all that is known. Register, where Temporal was set back, is
// behind; and where it is another installation's, nothing may go on under its keys.
func (c *Client) lastNumber(ctx context.Context, s api.RegisterState) (int, error) {
	owner, err := c.Archive.Installation(ctx)
	if err != nil {
		return 0, err
	}
	if owner != "" && owner != s.Installation {
		return 0, &incident.Problem{
			Code: incident.CodeIllegal, Field: "archive",
			Reason: fmt.Sprintf("the archive is that of the installation %s, and this namespace is %s", owner, s.Installation),
			Mend:   "use a namespace in which nothing was ever declared, with workers that have this archive from their first start",
		}
	}
	highest, err := c.Archive.Highest(ctx)
	if err != nil {
		return 0, err
	}
	record, err := c.Archive.Record(ctx, api.RegisterID)
	if err != nil || record == nil {
		return max(s.Last, highest), err
	}
	var in api.RegisterInput
	if err := json.Unmarshal(record.State, &in); err != nil || in.State == nil {
		return max(s.Last, highest), err
	}
	return max(s.Last, highest, in.State.Last), nil
}

// missingPages are the live pages of an incident that the archive does not hold.
func (c *Client) missingPages(ctx context.Context, number int, held map[string]bool) ([]int, error) {
	facts, err := c.Archive.Incident(ctx, number)
	if err != nil || facts == nil {
		return nil, err
	}
	var missing []int
	for _, p := range facts.Pages {
		if p.Status != incident.PageWithdrawn && !held[api.PageID(number, p.Number)] {
			missing = append(missing, p.Number)
		}
	}
	return missing, nil
}

// lastSeen is when the record was written, which its version says.
func lastSeen(r archive.Record, now time.Time) time.Time {
	at := time.UnixMicro(r.Version).UTC()
	if at.After(now) {
		return now
	}
	return at
}
