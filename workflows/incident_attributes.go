package workflows

import (
	"encoding/json"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows/api"
)

// Typed keys of the search attributes.
var (
	attrIncident      = temporal.NewSearchAttributeKeyKeyword(api.AttrIncident)
	attrStatus        = temporal.NewSearchAttributeKeyKeyword(api.AttrStatus)
	attrKind          = temporal.NewSearchAttributeKeyKeyword(api.AttrKind)
	attrCommander     = temporal.NewSearchAttributeKeyKeyword(api.AttrCommander)
	attrOwner         = temporal.NewSearchAttributeKeyKeyword(api.AttrOwner)
	attrTracker       = temporal.NewSearchAttributeKeyKeyword(api.AttrTracker)
	attrChannel       = temporal.NewSearchAttributeKeyKeyword(api.AttrChannel)
	attrPager         = temporal.NewSearchAttributeKeyKeyword(api.AttrPager)
	attrSeverity      = temporal.NewSearchAttributeKeyInt64(api.AttrSeverity)
	attrOpenFollowUps = temporal.NewSearchAttributeKeyInt64(api.AttrOpenFollowUps)
	attrSnags         = temporal.NewSearchAttributeKeyInt64(api.AttrSnags)
	attrDue           = temporal.NewSearchAttributeKeyTime(api.AttrDue)
	attrServices      = temporal.NewSearchAttributeKeyKeywordList(api.AttrServices)
	attrTags          = temporal.NewSearchAttributeKeyKeywordList(api.AttrTags)
)

// incidentAttributes is what the search attributes of an incident say.
type incidentAttributes struct {
	Status, Commander, Tracker, Channel string
	Severity, OpenFollowUps, Snags      int64
	Due                                 incident.Date
}

func attributesOf(i *incident.Incident) incidentAttributes {
	a := incidentAttributes{
		Status: string(i.Status), Commander: i.Holder(incident.RoleCommander), Tracker: i.Links.Tracker.Key, Channel: i.Links.Channel.ID,
		Severity: int64(i.Severity), OpenFollowUps: int64(i.OpenFollowUps()), Due: i.NextDue(),
	}
	for _, s := range i.Snags {
		if !s.Off {
			a.Snags++
		}
	}
	return a
}

// differ compares, leaving out the links while more of them are coming.
func (a incidentAttributes) differ(told incidentAttributes, linksComing bool) bool {
	if linksComing {
		a.Tracker, a.Channel = told.Tracker, told.Channel
	}
	return a != told
}

// startAttributes are those of a new incident; its Register sets them with the start.
func startAttributes(i *incident.Incident) temporal.SearchAttributes {
	a := attributesOf(i)
	updates := []temporal.SearchAttributeUpdate{
		attrIncident.ValueSet(i.Key()), attrStatus.ValueSet(a.Status), attrKind.ValueSet(string(i.Kind)),
		attrSeverity.ValueSet(a.Severity), attrOpenFollowUps.ValueSet(0), attrSnags.ValueSet(0),
	}
	if a.Commander != "" {
		updates = append(updates, attrCommander.ValueSet(a.Commander))
	}
	if len(i.Services) > 0 {
		updates = append(updates, attrServices.ValueSet(fitting(i.Services)))
	}
	if len(i.Tags) > 0 {
		updates = append(updates, attrTags.ValueSet(fitting(i.Tags)))
	}
	return temporal.NewSearchAttributes(updates...)
}

// maxAttribute is what fits into one search attribute: the server takes 2 kB, and terminates a
// workflow that starts a child with more.
const maxAttribute = 1900

// fitting keeps as many values as the server takes in one attribute.
func fitting(values []string) []string {
	size := 2
	for k, v := range values {
		b, err := json.Marshal(v)
		if size += len(b) + 1; err != nil || size > maxAttribute {
			return values[:k]
		}
	}
	return values
}

// keepAttributes upserts what changed, and only then: each upsert is an action that costs.
// Several changes that are under way together become one.
func (r *incidentRun) keepAttributes(ctx workflow.Context) {
	if r.s.Told.Attributes == nil {
		told := attributesOf(incident.New(r.in.Number, r.in.Declaration, r.facts.DeclaredAt))
		r.s.Told.Attributes = &told
	}
	for {
		changed := func() bool {
			return r.keeper.stopped || attributesOf(r.facts).differ(*r.s.Told.Attributes, r.opening()) || (!r.opening() && r.memoChanged())
		}
		if err := workflow.Await(ctx, changed); err != nil || r.keeper.stopped {
			return
		}
		r.upsertAttributes(ctx)
		r.upsertMemo(ctx)
	}
}

// opening reports whether channel or issue are being made for the first time: their links come
// soon, unless a vendor is away. What only adds links waits for them, for one call's patience
// (5 minutes) at most; nothing else does.
func (r *incidentRun) opening() bool {
	if workflow.Now(r.ctx).Sub(r.facts.DeclaredAt) > scaled(classCreate.all, r.policy.TimeoutScale) {
		return false
	}
	making := func(name, id string) bool {
		m := r.s.Keeper.Mirrors[name]
		return id == "" && m != nil && m.Failures == 0 && len(m.Tried) > 0
	}
	return making("chat", r.facts.Links.Channel.ID) || making("tracker", r.facts.Links.Tracker.Key)
}

func (r *incidentRun) upsertAttributes(ctx workflow.Context) {
	now, told := attributesOf(r.facts), *r.s.Told.Attributes
	var updates []temporal.SearchAttributeUpdate
	keyword := func(k temporal.SearchAttributeKeyKeyword, v, old string) {
		switch {
		case v == old:
		case v == "":
			updates = append(updates, k.ValueUnset())
		default:
			updates = append(updates, k.ValueSet(v))
		}
	}
	number := func(k temporal.SearchAttributeKeyInt64, v, old int64) {
		if v != old {
			updates = append(updates, k.ValueSet(v))
		}
	}
	keyword(attrStatus, now.Status, told.Status)
	keyword(attrCommander, now.Commander, told.Commander)
	keyword(attrTracker, now.Tracker, told.Tracker)
	keyword(attrChannel, now.Channel, told.Channel)
	number(attrSeverity, now.Severity, told.Severity)
	number(attrOpenFollowUps, now.OpenFollowUps, told.OpenFollowUps)
	number(attrSnags, now.Snags, told.Snags)
	if now.Due != told.Due {
		if t, err := time.Parse(time.DateOnly, string(now.Due)); err == nil {
			updates = append(updates, attrDue.ValueSet(t))
		} else {
			updates = append(updates, attrDue.ValueUnset())
		}
	}
	if len(updates) == 0 {
		return
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, updates...); err != nil {
		r.log.Error("search attributes not upserted", "error", err.Error())
	}
	r.s.Told.Attributes = &now
}

// memoOf is what a list shows; a private incident shows only when it was declared.
func memoOf(i *incident.Incident) map[string]any {
	if i.Private {
		return map[string]any{api.MemoDeclared: i.DeclaredAt}
	}
	return map[string]any{api.MemoTitle: i.Shown(), api.MemoLinks: i.Seen(), api.MemoDeclared: i.DeclaredAt}
}

func (r *incidentRun) memoChanged() bool {
	return !r.facts.Private && fingerprint(memoOf(r.facts)) != r.s.Told.Memo
}

func (r *incidentRun) upsertMemo(ctx workflow.Context) {
	if !r.memoChanged() {
		return
	}
	m := memoOf(r.facts)
	if err := workflow.UpsertMemo(ctx, m); err != nil {
		r.log.Error("memo not upserted", "error", err.Error())
	}
	r.s.Told.Memo = fingerprint(m)
}
