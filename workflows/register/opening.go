package register

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/internal/bounds"
	"muster/workflows/api"
	"muster/workflows/incidents"
	"muster/workflows/mirror"
)

// open starts the incident. If a workflow of its number exists already, the incident takes the
// next number, and the key leads there. It gives the incident as it begins, with its pages planned.
func (r *registerRun) open(n int, in api.DeclareInput) *incident.Incident {
	now := workflow.Now(r.ctx)
	i := incident.New(n, in.Declaration, now)
	start := incidents.IncidentInput{
		Number: n, Declaration: in.Declaration, Slice: in.Slice, Settings: api.Settings{Installation: r.s.Installation},
	}
	// In a burst all starts travel in one answer to the server, whose size is limited.
	if !in.Slice.Canary { // of a canary nobody is told
		start.Subscribers = subscribersOf(r.s.Subscriptions, i)
	}
	if len(start.Subscribers) > maxAlong {
		start.Subscribers, start.AskSubscribers = nil, true
	}
	o := opening{number: n, in: in, start: start, incident: i, size: bounds.Size(start)}
	o.raised, o.pages = incidents.Raise(i, &in.Slice, start.Settings, now)
	r.queue, r.opening = append(r.queue, o), append(r.opening, n)
	r.gather()
	return i
}

// gather raises and starts, once everything that this workflow task opens is in the queue.
func (r *registerRun) gather() {
	if r.gathering {
		return
	}
	r.gathering = true
	r.run.Go("open", func(workflow.Context) {
		r.gathering = false
		r.raise()
		r.startNext()
	})
}

// opening is an incident that has its number and waits to be started.
type opening struct {
	number   int
	in       api.DeclareInput
	start    incidents.IncidentInput
	incident *incident.Incident
	size     int
	// pages are the first attempts that can be sent ahead, gathered whether their turn has come.
	raised   incidents.Raised
	pages    []incident.PageRequest
	gathered bool
}

// maxStarting is how many bytes of starts travel together: all that one workflow task issues goes
// to the server as one message, of which it takes 4 MB, and each start holds its slice of the
// playbook. A hundred incidents of a small playbook fit, and are started in one task.
const maxStarting = 1_500_000

// startNext starts the incidents whose turn it is, at least one at a time. None is started before
// its pages were sent ahead.
func (r *registerRun) startNext() {
	for len(r.queue) > 0 && r.queue[0].gathered && (r.starting == 0 || r.starting+r.queue[0].size <= maxStarting) {
		next := r.queue[0]
		r.queue = r.queue[1:]
		r.start(next)
	}
}

func (r *registerRun) start(o opening) {
	n, i := o.number, o.incident
	opts := mirror.ChildOptions(api.IncidentID(n), incidentSummary(i), api.Priority(api.Working, i.Severity))
	opts.TypedSearchAttributes = incidents.StartAttributes(i)
	opts.Memo = incidents.Memo(i)
	child := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(r.ctx, opts), incidents.Incident, o.start)
	r.starting += o.size
	r.run.Go("start "+i.Key(), func(ctx workflow.Context) {
		err := child.GetChildWorkflowExecution().Get(ctx, nil)
		r.starting -= o.size
		r.opening = slices.DeleteFunc(r.opening, func(open int) bool { return open == n })
		switch {
		case temporal.IsWorkflowExecutionAlreadyStartedError(err):
			r.stray(o)
			r.move(n, o.in)
		case err != nil:
			r.log.Error("incident not started", "number", n, "error", err.Error())
		}
		r.startNext()
	})
}

// handOn gives a command to an incident that is being started, once it is there. Commands to one incident
// keep their order.
func (r *registerRun) handOn(in api.HandOnInput) error {
	if in.Number < 1 || in.Number > r.s.Last {
		return fmt.Errorf("no number %d was handed out", in.Number)
	}
	if !slices.ContainsFunc(incident.Commands(), func(row incident.Row) bool { return row.Name == in.Name }) {
		return fmt.Errorf("%q is no command", in.Name)
	}
	r.run.Go("hand on "+in.Name, func(ctx workflow.Context) {
		if err := workflow.Await(ctx, func() bool { return !slices.Contains(r.opening, r.now(in.Number)) }); err != nil {
			return
		}
		id := api.IncidentID(r.now(in.Number))
		if err := workflow.SignalExternalWorkflow(ctx, id, "", in.Name, in.Input).Get(ctx, nil); err != nil {
			r.log.Error("command not handed on", "workflow_id", id, "command", in.Name, "error", err.Error())
		}
	})
	return nil
}

func incidentSummary(i *incident.Incident) string {
	if i.Private {
		return i.Key()
	}
	return mirror.Clipped(i.Key()+" "+i.Shown(), 190)
}

// move gives an incident the next number because its own was taken.
func (r *registerRun) move(n int, in api.DeclareInput) {
	r.s.Last++
	to := r.s.Last
	r.log.Warn("number was taken", "number", n, "next", to)
	if r.s.Moved == nil || len(r.s.Moved) >= maxMoved {
		r.s.Moved = map[int]int{}
	}
	r.s.Moved[n] = to
	for k := range r.s.Declared {
		if r.s.Declared[k].Number == n {
			r.s.Declared[k].Number = to
		}
	}
	if key := api.AlertKeyHash(in.Declaration.AlertKey); key != "" && r.s.AlertKeys[key] == n {
		r.s.AlertKeys[key] = to
	}
	r.open(to, in)
}

// now is where a number leads.
func (r *registerRun) now(n int) int {
	for range maxMoved {
		to, moved := r.s.Moved[n]
		if !moved {
			break
		}
		n = to
	}
	return n
}
