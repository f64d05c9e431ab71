// Package canary holds the workflow that runs a drill by itself, to see whether Muster could run an incident.
package canary

import (
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// run is one canary.
type run struct {
	in     api.CanaryInput
	key    string
	wanted []string
	legs   map[string]api.CanaryLeg
	number int
}

// Canary declares a drill, follows it to every vendor and back, and ends it. What fails is in its result: the
// run itself never fails, and keeps none after it from running. A drill that it could not end is ended
// by the next one.
func Canary(ctx workflow.Context, in api.CanaryInput) (api.CanaryResult, error) {
	ctx = mirror.Lasting(ctx)
	r := &run{in: in, key: workflow.GetInfo(ctx).WorkflowExecution.ID, wanted: in.Legs(), legs: map[string]api.CanaryLeg{}}
	// Two runs by hand have one ID, and each has a drill of its own: the first run's ID stays over resets.
	r.key += "/" + workflow.GetInfo(ctx).FirstRunID
	res := api.CanaryResult{Every: in.Every, Left: r.tidy(ctx)}
	if r.declare(ctx) {
		r.together(ctx, api.LegPage, api.LegChat, api.LegChannel, api.LegTracker)
		if r.passed(api.LegPage) {
			r.together(ctx, api.LegAck)
		}
		r.together(ctx, api.LegEnd)
		r.together(ctx, r.after(api.LegPageEnd, api.LegPage), r.after(api.LegIssueEnd, api.LegTracker), r.after(api.LegArchive, api.LegChannel))
	}
	res.Number, res.Outcome = r.number, api.CanaryPassed
	for _, name := range r.wanted {
		leg, walked := r.legs[name]
		if !walked {
			leg = api.CanaryLeg{Name: name, Skipped: true, Problem: "was not tried, since another leg had failed"}
		}
		if leg.Problem != "" {
			res.Outcome = api.CanaryFailed
		}
		res.Legs = append(res.Legs, leg)
	}
	return res, report(ctx, res)
}

// report leaves the outcome where it can be listed, and counts it.
func report(ctx workflow.Context, res api.CanaryResult) error {
	mirror.Count(ctx, api.MetricCanaries, map[string]string{api.LabelOutcome: res.Outcome})
	if err := workflow.UpsertMemo(ctx, map[string]any{api.MemoOutcome: res}); err != nil {
		return err
	}
	return workflow.UpsertTypedSearchAttributes(ctx, mirror.AttrStatus.ValueSet(res.Outcome))
}

func (r *run) passed(leg string) bool {
	l, walked := r.legs[leg]
	return walked && l.Problem == ""
}

// after is a leg that can only be gone after another one has passed, or "".
func (r *run) after(leg, first string) string {
	if r.passed(api.LegEnd) && r.passed(first) {
		return leg
	}
	return ""
}

// troubled reports whether a leg has failed so far.
func (r *run) troubled() bool {
	return slices.ContainsFunc(r.wanted, func(name string) bool { return r.legs[name].Problem != "" })
}

// tidy ends what earlier canaries have left behind, such as those that somebody has terminated.
func (r *run) tidy(ctx workflow.Context) int {
	var left []int
	in := api.CanaryTidyInput{Before: workflow.Now(ctx).Add(-r.in.LongestCanary())}
	ctx = r.options(ctx, "drills that were left behind", time.Minute)
	if err := workflow.ExecuteActivity(ctx, mirror.Canary.TidyCanaries, in).Get(ctx, &left); err != nil {
		workflow.GetLogger(ctx).Warn("drills that were left behind are ended by the next canary", "error", err.Error())
	}
	return len(left)
}

func (r *run) declare(ctx workflow.Context) bool {
	var res api.DeclareResult
	in := api.CanaryDeclareInput{Key: r.key, Pages: slices.Contains(r.wanted, api.LegPage), Slice: r.in.Slice}
	began := workflow.Now(ctx)
	err := workflow.ExecuteActivity(r.options(ctx, "declare the drill", r.in.Within), mirror.Canary.DeclareCanary, in).Get(ctx, &res)
	r.number = res.Number
	r.note(ctx, api.LegDeclare, began, err)
	return err == nil
}

// together goes those legs side by side that are wanted, each as long as it takes.
func (r *run) together(ctx workflow.Context, legs ...string) {
	all := workflow.NewWaitGroup(ctx)
	for _, leg := range legs {
		if !slices.Contains(r.wanted, leg) {
			continue
		}
		in := api.CanaryLegInput{Number: r.number, Leg: leg, Within: r.in.Within, Key: r.key, Cancel: leg == api.LegEnd && r.troubled()}
		if leg == api.LegChat {
			in.Channel = r.in.Slice.Chat.Announcements[0].Channel
		}
		all.Add(1)
		workflow.GoNamed(ctx, leg, func(ctx workflow.Context) {
			defer all.Done()
			began := workflow.Now(ctx)
			err := workflow.ExecuteActivity(r.options(ctx, leg, r.in.Within), mirror.Canary.WalkLeg, in).Get(ctx, nil)
			r.note(ctx, leg, began, err)
		})
	}
	all.Wait(ctx)
}

func (r *run) note(ctx workflow.Context, leg string, began time.Time, err error) {
	l := api.CanaryLeg{Name: leg, Took: workflow.Now(ctx).Sub(began)}
	if err != nil {
		l.Problem = mirror.Clipped(incident.CleanLine(why(err)), maxProblem)
	}
	r.legs[leg] = l
}

// maxProblem is what a memo has room for, ten times.
const maxProblem = 300

func why(err error) string {
	f, _ := mirror.FailureOf(err)
	if f.Mend == "" {
		return f.Reason
	}
	return f.Reason + "; " + f.Mend
}

// options are those of an activity that tells by itself when its time is over. A worker that is killed meanwhile
// is missed by its heartbeats, and another one goes on.
func (r *run) options(ctx workflow.Context, summary string, within time.Duration) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              api.QueueMuster,
		StartToCloseTimeout:    within + grace,
		ScheduleToCloseTimeout: within + grace,
		HeartbeatTimeout:       heartbeat,
		Summary:                summary,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: 5 * time.Second},
	})
}

const (
	grace     = 5 * time.Second
	heartbeat = 10 * time.Second
)
