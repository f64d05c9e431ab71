package workflows

import (
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
)

// childSpec is one child workflow as the facts want it.
type childSpec struct {
	id       string
	summary  string
	workflow any
	input    any
	// signal and brief are what a running child must know. It is told when the version differs
	// from the one it was told, so that what a child itself reported does not come back to it.
	signal     string
	brief      any
	version    any
	attributes []temporal.SearchAttributeUpdate
	// over is true when the child has ended and needs to hear nothing more.
	over bool
	told *childTold
}

// syncChildren starts every child that the facts have and tells every child what is new. It
// waits for nothing: each start and each signal runs in its own coroutine, one at a time per
// child, and counts as a call in flight, so that no continue-as-new loses it.
func (r *incidentRun) syncChildren(ctx workflow.Context) {
	for _, c := range r.children() {
		r.syncChild(ctx, c)
	}
}

func (r *incidentRun) syncChild(ctx workflow.Context, c childSpec) {
	version := fingerprint(c.version)
	if c.told.busy || c.told.Version == version || (c.over && !c.told.Started) {
		return
	}
	c.told.busy = true
	r.keeper.calls++
	workflow.GoNamed(ctx, "child "+c.id, func(ctx workflow.Context) {
		var err error
		if !c.told.Started {
			err = r.startChild(ctx, c)
		} else {
			err = workflow.SignalExternalWorkflow(ctx, c.id, "", c.signal, c.brief).Get(ctx, nil)
		}
		r.keeper.calls--
		c.told.busy = false
		if err != nil {
			// A child that has ended cannot be told; its last report is on the record.
			r.log.Debug("child not told", "child", c.id, "error", err.Error())
		}
		c.told.Started, c.told.Version = true, version
		r.syncChildren(ctx) // the facts may have moved on meanwhile
	})
}

func (r *incidentRun) startChild(ctx workflow.Context, c childSpec) error {
	o := childOptions(c.id, c.summary, r.keeper.priority)
	o.TypedSearchAttributes = temporal.NewSearchAttributes(append(c.attributes, attrIncident.ValueSet(r.facts.Key()))...)
	ctx = workflow.WithChildOptions(ctx, o)
	err := workflow.ExecuteChildWorkflow(ctx, c.workflow, c.input).GetChildWorkflowExecution().Get(ctx, nil)
	if _, already := errors.AsType[*temporal.ChildWorkflowExecutionAlreadyStartedError](err); already {
		return nil
	}
	return err
}

// childOptions are those of every child: it outlives its parent's run, because a parent's
// continue-as-new counts as the parent's close.
func childOptions(id, summary string, priority int) workflow.ChildWorkflowOptions {
	o := workflow.ChildWorkflowOptions{
		WorkflowID:            id,
		TaskQueue:             api.QueueMuster,
		ParentClosePolicy:     enums.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowTaskTimeout:   api.WorkflowTaskTimeout,
		StaticSummary:         summary,
	}
	o.Priority.PriorityKey = priority
	return o
}

// children lists the children that the facts want, pages first.
func (r *incidentRun) children() []childSpec {
	t := &r.s.Told
	grow(&t.Pages, len(r.facts.Pages))
	grow(&t.Reviews, len(r.facts.Reviews))
	grow(&t.FollowUps, len(r.facts.FollowUps))
	var out []childSpec
	for k, p := range r.facts.Pages {
		out = append(out, r.pageChild(p, t.Pages[k]))
	}
	for k, v := range r.facts.Reviews {
		out = append(out, r.reviewChild(v, t.Reviews[k]))
	}
	for k, f := range r.facts.FollowUps {
		out = append(out, r.followUpChild(f, t.FollowUps[k]))
	}
	return out
}

func grow(told *[]*childTold, n int) {
	for len(*told) < n {
		*told = append(*told, &childTold{})
	}
}

func (r *incidentRun) pageChild(p incident.Page, told *childTold) childSpec {
	number := r.facts.Number
	return childSpec{
		id: api.PageID(number, p.Number), summary: r.childSummary("page to " + p.Target), workflow: Page, told: told,
		signal: api.PageChanged, brief: p, version: p.Revision, over: p.Status == incident.PageWithdrawn,
		attributes: []temporal.SearchAttributeUpdate{attrPager.ValueSet(r.key(fmt.Sprintf("page/%d", p.Number)))},
		input: PageInput{
			Incident: number, Page: p.Number, Revision: p.Revision, NotBefore: p.NotBefore, Target: r.target(p.Target),
			Settings: r.in.Settings, Calendar: r.policy.Calendar, Scale: r.policy.TimeoutScale,
			Call: incident.PageCall{
				Incident: r.facts.Key(), Headline: r.pageHeadline(), Severity: r.facts.Severity, Kind: r.facts.Kind, Service: r.serviceOf(p.Target),
			},
		},
	}
}

// pageHeadline is what wakes a person up. The pager's client marks drills.
func (r *incidentRun) pageHeadline() string {
	if r.facts.Private {
		return r.facts.Key() + " (private incident)"
	}
	return r.facts.Key() + " " + r.facts.Title
}

func (r *incidentRun) serviceOf(target string) string {
	for _, s := range r.policy.Services {
		if s.Target != nil && s.Target.Name == target {
			return s.Name
		}
	}
	return ""
}

func (r *incidentRun) reviewChild(v incident.Review, told *childTold) childSpec {
	policy := r.reviewPolicy(playbook.Track(v.Track))
	brief := api.ReviewBrief{Brief: r.brief(), Review: v, ResolvedAt: r.facts.ResolvedAt, Policy: policy}
	brief.Review.Issue = incident.IssueRef{}
	return childSpec{
		id: api.ReviewID(r.facts.Number, v.Number), summary: r.childSummary("learning review"), workflow: Review, told: told,
		signal: api.ReviewChanged, brief: brief, over: v.Status.Ended(),
		version: []any{v.Revision, brief.Parent, brief.Channel.ID},
		input: ReviewInput{
			Incident: r.facts.Number, Title: r.facts.Shown(), Private: r.facts.Private, Brief: brief, Policy: policy,
			Tracker: r.policy.Tracker, Calendar: r.policy.Calendar, Settings: r.in.Settings, Scale: r.policy.TimeoutScale, Priority: r.keeper.priority,
		},
	}
}

func (r *incidentRun) followUpChild(f incident.FollowUp, told *childTold) childSpec {
	brief := api.FollowUpBrief{Brief: r.brief(), FollowUp: f}
	brief.FollowUp.Issue = incident.IssueRef{}
	brief.Channel = incident.ChannelRef{}
	var attributes []temporal.SearchAttributeUpdate
	if f.Owner != "" {
		attributes = append(attributes, attrOwner.ValueSet(f.Owner))
	}
	return childSpec{
		attributes: attributes,
		id:         api.FollowUpID(r.facts.Number, f.Number), summary: r.childSummary(fmt.Sprintf("follow-up %d: %s", f.Number, f.Title)), workflow: FollowUp, told: told,
		signal: api.FollowUpChanged, brief: brief, version: []any{f.Revision, brief.Parent}, over: f.Status.Ended(),
		input: FollowUpInput{
			Incident: r.facts.Number, Title: r.publicTitle(), Brief: brief, Policy: r.policy.FollowUps, Tracker: r.policy.Tracker,
			Calendar: r.policy.Calendar, People: r.policy.People, Settings: r.in.Settings, Scale: r.policy.TimeoutScale, Priority: r.keeper.priority,
		},
	}
}

// publicTitle is the title as far as outsiders may read it.
func (r *incidentRun) publicTitle() string {
	if r.facts.Private {
		return "(private incident)"
	}
	return r.facts.Shown()
}

func (r *incidentRun) brief() api.Brief {
	return api.Brief{Parent: r.facts.Links.Tracker.Key, Channel: r.facts.Links.Channel, Commander: r.facts.Holder(incident.RoleCommander)}
}

// childSummary names a child in the Web UI; a private incident shows its number only.
func (r *incidentRun) childSummary(what string) string {
	if r.facts.Private {
		return r.facts.Key()
	}
	return clipped(r.facts.Key()+" "+what, 180)
}

// clipped keeps at most n bytes and breaks no character.
func clipped(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// retry asks every stuck mirror to try again now, here and in the children.
func (r *incidentRun) retry() {
	r.keeper.retry()
	if r.byHand() {
		r.followChannel(workflow.Now(r.ctx))
	}
	if r.snagged(snagOfMerge) {
		r.s.Told.Handed = ""
	}
	for _, c := range r.children() {
		if !c.told.Started {
			continue // one that has ended is told in vain, which harms nothing
		}
		r.keeper.calls++
		workflow.GoNamed(r.ctx, "retry "+c.id, func(ctx workflow.Context) {
			_ = workflow.SignalExternalWorkflow(ctx, c.id, "", api.Retry, nil).Get(ctx, nil) // ended children need no retry
			r.keeper.calls--
		})
	}
}

func (r *incidentRun) snagChanged(s incident.Snag, cleared bool) {
	if s.Vendor == "" {
		return
	}
	id := api.IncidentID(r.facts.Number)
	told := slices.Contains(r.s.Told.Vendors, s.Vendor)
	others := slices.ContainsFunc(r.facts.Snags, func(o incident.Snag) bool { return o.Vendor == s.Vendor && o.Mirror != s.Mirror })
	if cleared == !told || (cleared && others) {
		return
	}
	if cleared {
		r.s.Told.Vendors = slices.DeleteFunc(r.s.Told.Vendors, func(v string) bool { return v == s.Vendor })
	} else {
		r.s.Told.Vendors = append(r.s.Told.Vendors, s.Vendor)
	}
	r.toRegister(r.ctx, api.SnagChanged, api.SnagChangedInput{Workflow: id, Vendor: s.Vendor, Cleared: cleared, Reason: s.Reason, Mend: s.Mend}, func(error) {})
}

func (r *incidentRun) toRegister(ctx workflow.Context, signal string, in any, told func(error)) {
	r.keeper.calls++
	workflow.GoNamed(ctx, "tell register", func(ctx workflow.Context) {
		err := workflow.SignalExternalWorkflow(ctx, api.RegisterID, "", signal, in).Get(ctx, nil)
		if err != nil {
			r.log.Warn("register not told", "signal", signal, "error", err.Error())
		}
		told(err)
		r.keeper.calls--
	})
}
