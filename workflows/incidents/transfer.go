package incidents

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// snagOfMerge names the snag of an incident that could not be handed over.
const snagOfMerge = "merge"

// transfer moves to another incident what a merged one leaves behind, and absorbs what comes from
// incidents that were merged into this one. It may change what the target knows, and the facts that
// merging changes, through the domain's own functions.
type transfer struct {
	*scene
	keys    *alertKeys
	tracker *tracker
	// transferred stands for what the target has been given.
	transferred *string
	busy        bool
}

// sync gives the incident into which this one was merged what it goes on with, again whenever
// that has changed.
func (t *transfer) sync() {
	if t.facts.Status != incident.StatusMerged {
		*t.transferred = ""
		t.run.ClearSnag(snagOfMerge)
		return
	}
	in := t.leftBehind()
	version := mirror.Fingerprint(in)
	if t.busy || *t.transferred == version {
		return
	}
	t.busy = true
	into := t.facts.MergedInto
	t.run.Go("transfer to "+incident.Key(into), func(ctx workflow.Context) {
		err := workflow.SignalExternalWorkflow(ctx, api.IncidentID(into), "", api.Absorb, api.Fitting(in)).Get(ctx, nil)
		t.busy = false
		if t.facts.Status == incident.StatusMerged && t.facts.MergedInto == into {
			*t.transferred = version
			t.concluded(into, err)
		}
	})
}

// retry transfers once more what nobody took.
func (t *transfer) retry() {
	if t.run.Snagged(snagOfMerge) {
		*t.transferred = ""
	}
}

// concluded says so when there was nobody to take it: the incident has ended for good, or it
// never was.
func (t *transfer) concluded(into int, err error) {
	if err == nil {
		t.run.ClearSnag(snagOfMerge)
		return
	}
	t.log.Warn("not transferred", "into", into, "error", err.Error())
	t.run.SetSnag(incident.Snag{
		Mirror: snagOfMerge, Step: "hand over to " + incident.Key(into), Since: t.now(),
		Reason: incident.Key(into) + " does not run any more", Mend: "reopen this one, and merge it into another",
	})
}

// leftBehind is what this incident transfers: the people who were part of it when it was merged,
// and nobody who came later. A private one tells neither a word nor a name, since the other may be
// public: its number, and how many follow-ups stay with it.
func (t *transfer) leftBehind() api.AbsorbInput {
	f := t.facts
	in := api.AbsorbInput{From: f.Number, AlertKey: f.AlertKey, Actor: incident.Actor{Way: incident.WayMuster}}
	if f.Private {
		in.Kept = f.OpenFollowUps()
		return in
	}
	in.Responders, in.FollowUps = f.PeopleAtMerge(), f.Transferred()
	in.Title, in.Channel, in.Tracker = f.Title, f.Links.Channel, f.Links.Tracker
	for _, e := range slices.Backward(f.Timeline) {
		if e.Event == "merged" {
			in.Actor = e.Actor
			break
		}
	}
	return in
}

// maxHops is how often what a merged incident leaves behind is forwarded.
const maxHops = 5

// absorb takes what an incident that was merged into this one leaves behind. One that was merged
// itself forwards it to where it went.
func (t *transfer) absorb(in api.AbsorbInput) error {
	if in.From < 1 || in.From == t.facts.Number {
		return fmt.Errorf("%s cannot be merged into itself", t.facts.Key())
	}
	if into := t.facts.MergedInto; t.facts.Status == incident.StatusMerged && into != in.From && in.Hops < maxHops {
		in.Hops++
		t.forward(into, in)
		return nil
	}
	now := t.now()
	tied := t.facts.Status == incident.StatusMerged && t.facts.MergedInto == in.From
	if tied {
		t.breakTie(now, &in)
	}
	news := t.facts.Absorb(now, in.From, in.Title, in.Channel, in.Responders, in.FollowUps, in.Actor)
	if news && in.Kept > 0 {
		t.note("absorbed", fmt.Sprintf("%s is private, and keeps its open follow-ups: %d", incident.Key(in.From), in.Kept))
	}
	if tied {
		t.facts.TransferRest(now)
	}
	t.keys.take(in)
	t.tracker.absorbed(in.Tracker.Key)
	return nil
}

// breakTie has one of two incidents go on that were merged into each other at the same moment, or
// in a circle: the older one, on its own authority, since it hurts all the same.
func (t *transfer) breakTie(now time.Time, in *api.AbsorbInput) {
	if t.facts.Number < in.From {
		why := incident.Key(in.From) + " was merged into this one at the same time, and one of them has to go on"
		incident.Reopen{Meta: incident.Meta{Actor: incident.Actor{Way: incident.WayMuster}}, Reason: why}.Apply(t.facts, now)
		return
	}
	in.AlertKey = ""    // the other one keeps its own
	*t.transferred = "" // it may have been told before it was merged, so tell it again
}

func (t *transfer) forward(into int, in api.AbsorbInput) {
	t.run.Go("forward to "+incident.Key(into), func(ctx workflow.Context) {
		err := workflow.SignalExternalWorkflow(ctx, api.IncidentID(into), "", api.Absorb, api.Fitting(in)).Get(ctx, nil)
		if err == nil {
			return
		}
		// Better here, on the record, than nowhere.
		t.log.Warn("not forwarded", "into", into, "error", err.Error())
		in.Hops = maxHops
		if err := t.absorb(in); err != nil {
			t.run.Refused(api.Absorb, err)
		}
	})
}
