package learning

import (
	"cmp"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"muster/workflows/api"
	"muster/workflows/mirror"
)

// found is by what a follow-up is found: lists, digests and the Sweep go by it.
type found struct {
	owner, status, tracker string
	due                    time.Time
	asked                  []string
}

func (r *followUpRun) found() found {
	f, c := r.followUp(), r.s.Chase
	out := found{status: string(f.Status), tracker: f.Issue.ID, owner: cmp.Or(f.Owner, r.decider(c))}
	if !f.Status.Ended() {
		out.due, out.asked = r.nextAsk(c), r.asked(c)
		if c.Heir != "" && !slices.Contains(out.asked, c.Heir) {
			out.asked = append(out.asked, c.Heir)
		}
		slices.Sort(out.asked)
	}
	return out
}

// updates are what differs from the attributes that a workflow has.
func (f found) updates(have temporal.SearchAttributes) []temporal.SearchAttributeUpdate {
	var out []temporal.SearchAttributeUpdate
	keyword := func(key temporal.SearchAttributeKeyKeyword, want string) {
		switch is, ok := have.GetKeyword(key); {
		case want != "" && is != want:
			out = append(out, key.ValueSet(want))
		case want == "" && ok:
			out = append(out, key.ValueUnset())
		}
	}
	keyword(mirror.AttrOwner, f.owner)
	keyword(mirror.AttrStatus, f.status)
	keyword(mirror.AttrTracker, f.tracker)
	switch is, ok := have.GetTime(mirror.AttrDue); {
	case !f.due.IsZero() && !is.Equal(f.due):
		out = append(out, mirror.AttrDue.ValueSet(f.due.UTC()))
	case f.due.IsZero() && ok:
		out = append(out, mirror.AttrDue.ValueUnset())
	}
	switch is, ok := have.GetKeywordList(mirror.AttrAsked); {
	case len(f.asked) > 0 && !slices.Equal(is, f.asked):
		out = append(out, mirror.AttrAsked.ValueSet(f.asked))
	case len(f.asked) == 0 && ok && len(is) > 0:
		out = append(out, mirror.AttrAsked.ValueUnset())
	}
	return out
}

// publish lets itself be found by what is true now.
func (r *followUpRun) publish() {
	updates := r.found().updates(workflow.GetTypedSearchAttributes(r.ctx))
	if len(updates) == 0 {
		return
	}
	if err := workflow.UpsertTypedSearchAttributes(r.ctx, updates...); err != nil {
		workflow.GetLogger(r.ctx).Error("search attributes not upserted", "error", err.Error())
	}
}

// FirstAttributes are those by which a follow-up is found from its start on. Who starts it sets
// them, so that it need not.
func FirstAttributes(in FollowUpInput, now time.Time) []temporal.SearchAttributeUpdate {
	r := &followUpRun{in: in, s: &followUpState{Brief: in.Brief}}
	r.plan(now)
	r.catchUp(now)
	return r.found().updates(temporal.NewSearchAttributes())
}

// changed follows up on every change of the facts.
func (r *followUpRun) changed() {
	r.catchUp(workflow.Now(r.ctx))
	r.missSomebody()
	r.publish()
	r.keepListed()
	r.describe()
}

// answers lets others ask what it asks of whom.
func (r *followUpRun) answers(ctx workflow.Context) error {
	return workflow.SetQueryHandler(ctx, api.State, func(q api.OwedQuery) (api.FollowUpState, error) {
		if q.At.IsZero() {
			q.At = workflow.Now(ctx)
		}
		return r.state(q.At), nil
	})
}
