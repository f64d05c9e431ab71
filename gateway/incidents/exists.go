package incidents

import (
	"context"
	"slices"

	commonpb "go.temporal.io/api/common/v1"

	"muster/incident"
	"muster/workflows/api"
)

// SnapshotFor gives the facts to somebody; a private incident that they may not see does not
// exist for them.
func (c *Client) SnapshotFor(ctx context.Context, number int, v Viewer) (incident.Incident, error) {
	i, _, err := c.snapshotFor(ctx, number, v)
	return i, err
}

// snapshotFor is SnapshotFor, and says who has answered.
func (c *Client) snapshotFor(ctx context.Context, number int, v Viewer) (incident.Incident, Source, error) {
	if err := c.exists(ctx, number, v); err != nil {
		i, err := c.archived(ctx, number, v, readError("show "+incident.Key(number), err))
		return i, SourceArchive, err
	}
	i, err := c.Snapshot(ctx, number)
	if err != nil {
		i, err := c.archived(ctx, number, v, err)
		return i, SourceArchive, err
	}
	if !v.Sees(&i) { // they were part of it a moment ago
		return incident.Incident{}, SourceTemporal, NotFound(number)
	}
	c.whole(ctx, &i)
	return i, SourceTemporal, nil
}

// MayCommand refuses a viewer to whom the incident does not exist. It asks no worker, so that
// commands are recorded whatever is down; of guests it does, unless the incident is private.
func (c *Client) MayCommand(ctx context.Context, number int, v Viewer) error {
	err := c.exists(ctx, number, v)
	if _, refused := incident.AsProblem(err); err == nil || refused {
		if refused {
			_, err = c.archived(ctx, number, v, err)
		}
		if err == nil && v.Guest && !v.Private {
			_, err = c.SnapshotFor(ctx, number, v)
		}
		return err
	}
	return &NotRecordedError{ID: incident.Key(number), Err: err}
}

// exists refuses an incident that is not there for the viewer. One that there is not and one that
// they may not see take the same way: the same calls, as many and with the same pauses between
// them, none of them to a worker, and one answer. An error that is no Problem is Temporal's own.
func (c *Client) exists(ctx context.Context, number int, v Viewer) error {
	if number < 1 {
		return invalid("incident", "write it like INC-42", "%d is no incident", number)
	}
	if v.Private {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	opening := false
	for miss := 1; ; miss++ {
		d, err := c.Temporal.DescribeWorkflowExecution(ctx, api.IncidentID(number), "")
		switch {
		case err == nil && c.admits(d.GetWorkflowExecutionInfo().GetMemo(), number, v):
			return nil
		case err != nil && !isNotFound(err):
			return err
		}
		wait := missWait
		if miss > misses { // its number may have been handed out a moment ago
			opening = c.starting(ctx, number) && err != nil
			if !opening {
				return NotFound(number)
			}
			wait = backoff(miss - misses)
		}
		if c.pause(ctx, wait) != nil {
			if opening {
				return errOpening
			}
			return NotFound(number)
		}
	}
}

// admits goes by the memo of an incident, which a task of its workflow changes together with the
// facts. Only private incidents have no title there, or members.
func (c *Client) admits(m *commonpb.Memo, number int, v Viewer) bool {
	memo := m.GetFields()
	if memo[api.MemoTitle] != nil && memo[api.MemoMembers] == nil {
		return true
	}
	return c.isMember(m, number, v)
}

// isMember reports whether the memo of an incident names the viewer.
func (c *Client) isMember(m *commonpb.Memo, number int, v Viewer) bool {
	if v.Person == "" {
		return false
	}
	mark := api.MemberMark(number, v.Person)
	for _, field := range []string{api.MemoMembers, api.MemoPeople} {
		var marks []string
		if c.decode(m.GetFields()[field], &marks) && slices.Contains(marks, mark) {
			return true
		}
	}
	return false
}
