package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows/api"
)

// alertKey is one that came over with an incident that was merged into this one.
type alertKey struct {
	Key  string `json:"key"`
	From int    `json:"from"`
	// Held means that Register knows this incident as the key's holder, Freed that it has let go.
	Held  bool `json:"held,omitempty"`
	Freed bool `json:"freed,omitempty"`
}

// handleNews takes in what chat and other incidents say.
func (r *incidentRun) handleNews() {
	r.inbox.handlers[api.MessageChanged] = on(func(c incident.MessageChange) error {
		r.facts.Recapture(c) // most messages are on no timeline
		return nil
	})
	r.inbox.handlers[api.ChannelChanged] = on(r.channelChanged)
	r.inbox.handlers[api.Absorb] = on(r.absorb)
}

// snagOfMerge names the snag of an incident that could not be handed over.
const snagOfMerge = "merge"

// handOver tells the incident into which this one was merged what it takes over, again whenever
// that has changed. It counts as a call in flight, so that no continue-as-new loses it.
func (r *incidentRun) handOver(ctx workflow.Context) {
	if r.facts.Status != incident.StatusMerged {
		r.s.Told.Handed = ""
		r.keeper.clearSnag(snagOfMerge)
		return
	}
	in := r.absorbInput()
	version := fingerprint(in)
	if r.handing || r.s.Told.Handed == version {
		return
	}
	r.handing = true
	r.keeper.calls++
	into := r.facts.MergedInto
	workflow.GoNamed(ctx, "hand over to "+incident.Key(into), func(ctx workflow.Context) {
		err := workflow.SignalExternalWorkflow(ctx, api.IncidentID(into), "", api.Absorb, in).Get(ctx, nil)
		r.keeper.calls--
		r.handing = false
		if r.facts.Status == incident.StatusMerged && r.facts.MergedInto == into {
			r.s.Told.Handed = version
			r.handedOver(into, err)
		}
		r.settle() // the facts may have moved on meanwhile
	})
}

// handedOver says so when there was nobody to take it: the incident has ended for good, or it
// never was.
func (r *incidentRun) handedOver(into int, err error) {
	if err == nil {
		r.keeper.clearSnag(snagOfMerge)
		return
	}
	r.log.Warn("not handed over", "into", into, "error", err.Error())
	r.keeper.setSnag(incident.Snag{
		Mirror: snagOfMerge, Step: "hand over to " + incident.Key(into), Since: workflow.Now(r.ctx),
		Reason: incident.Key(into) + " does not run any more", Mend: "reopen this one, and merge it into another",
	})
}

func (r *incidentRun) snagged(mirror string) bool {
	return slices.ContainsFunc(r.facts.Snags, func(s incident.Snag) bool { return s.Mirror == mirror })
}

// absorbInput is what this incident hands over. A private one tells neither title nor channel
// nor what its follow-ups are about to one that may be public.
func (r *incidentRun) absorbInput() api.AbsorbInput {
	f := r.facts
	in := api.AbsorbInput{From: f.Number, Responders: f.Responders, AlertKey: f.AlertKey, FollowUps: f.HandedOver(), Actor: incident.Actor{Way: incident.WayMuster}}
	if !f.Private {
		in.Title, in.Channel, in.Tracker = f.Title, f.Links.Channel, f.Links.Tracker
	}
	for _, e := range slices.Backward(f.Timeline) {
		if e.Event == "merged" {
			in.Actor = e.Actor
			break
		}
	}
	return in
}

// maxHops is how often a merged incident is passed on.
const maxHops = 5

// absorb takes over what an incident that was merged into this one hands over. One that was
// merged itself passes it on to where it went.
func (r *incidentRun) absorb(in api.AbsorbInput) error {
	if in.From < 1 || in.From == r.facts.Number {
		return fmt.Errorf("%s cannot be merged into itself", r.facts.Key())
	}
	if into := r.facts.MergedInto; r.facts.Status == incident.StatusMerged && into != in.From && in.Hops < maxHops {
		in.Hops++
		r.passOn(into, in)
		return nil
	}
	now := workflow.Now(r.ctx)
	tied := r.facts.Status == incident.StatusMerged && r.facts.MergedInto == in.From
	if tied {
		r.untie(now, &in)
	}
	r.facts.TakeIn(now, in.From, in.Title, in.Channel, in.Responders, in.FollowUps, in.Actor)
	if tied {
		r.facts.HandOn(now)
	}
	r.takeKey(in)
	return nil
}

// maxAlertKeys bounds the alert keys that are taken over. Those beyond are freed: their alert
// declares another incident when it comes again.
const maxAlertKeys = 100

func (r *incidentRun) takeKey(in api.AbsorbInput) {
	known := slices.ContainsFunc(r.s.AlertKeys, func(k alertKey) bool { return k.Key == in.AlertKey && k.From == in.From })
	switch {
	case in.AlertKey == "" || known:
	case len(r.s.AlertKeys) < maxAlertKeys:
		r.s.AlertKeys = append(r.s.AlertKeys, alertKey{Key: in.AlertKey, From: in.From})
	default:
		r.toRegister(r.ctx, api.AlertKeyFreed, api.AlertKeyFreedInput{AlertKey: in.AlertKey, Number: in.From}, func(error) {})
	}
}

// untie has one of two incidents go on that were merged into each other at the same moment, or
// in a circle: the older one, on its own authority, since it hurts all the same.
func (r *incidentRun) untie(now time.Time, in *api.AbsorbInput) {
	if r.facts.Number < in.From {
		why := incident.Key(in.From) + " was merged into this one at the same time, and one of them has to go on"
		incident.Reopen{Meta: incident.Meta{Actor: incident.Actor{Way: incident.WayMuster}}, Reason: why}.Apply(r.facts, now)
		return
	}
	in.AlertKey = ""     // the other one keeps its own
	r.s.Told.Handed = "" // it may have been told before it was merged, so tell it again
}

func (r *incidentRun) passOn(into int, in api.AbsorbInput) {
	r.keeper.calls++
	workflow.GoNamed(r.ctx, "pass on to "+incident.Key(into), func(ctx workflow.Context) {
		err := workflow.SignalExternalWorkflow(ctx, api.IncidentID(into), "", api.Absorb, in).Get(ctx, nil)
		r.keeper.calls--
		if err != nil { // better here, on the record, than nowhere
			r.log.Warn("not passed on", "into", into, "error", err.Error())
			in.Hops = maxHops
			if err := r.absorb(in); err != nil {
				r.refusedSignal(api.Absorb, err)
			}
			r.settle()
		}
	})
}

// tellRegister tells Register who holds the alert keys, one at a time so that it hears of them
// in order. Keys are freed once the incident no longer hurts; reopening does not take them
// back: another incident may hold them by then.
func (r *incidentRun) tellRegister(ctx workflow.Context) {
	if r.freeing {
		return
	}
	in, done := r.keyNews()
	if in.AlertKey == "" {
		return
	}
	r.freeing = true
	r.toRegister(ctx, api.AlertKeyFreed, in, func(err error) {
		r.freeing = false
		if err == nil {
			done()
			r.tellRegister(ctx)
		}
	})
}

// keyNews is the first thing about alert keys that Register does not know.
func (r *incidentRun) keyNews() (api.AlertKeyFreedInput, func()) {
	number, live := r.facts.Number, r.facts.Status.Live()
	if r.facts.AlertKey != "" && !live && !r.s.Told.KeyFreed && !r.handsKeyOver() {
		return api.AlertKeyFreedInput{AlertKey: r.facts.AlertKey, Number: number}, func() { r.s.Told.KeyFreed = true }
	}
	for i := range r.s.AlertKeys {
		k := r.s.AlertKeys[i]
		switch {
		case k.Freed:
		case k.Held && !live:
			return api.AlertKeyFreedInput{AlertKey: k.Key, Number: number}, func() { r.s.AlertKeys[i].Freed = true }
		case !k.Held && live:
			return api.AlertKeyFreedInput{AlertKey: k.Key, Number: k.From, To: number}, func() { r.s.AlertKeys[i].Held = true }
		case !k.Held:
			return api.AlertKeyFreedInput{AlertKey: k.Key, Number: k.From}, func() { r.s.AlertKeys[i].Freed = true }
		}
	}
	return api.AlertKeyFreedInput{}, nil
}

// handsKeyOver reports whether the incident into which this one was merged sees to its alert
// key, from the merge on and unless nobody was there to take it.
func (r *incidentRun) handsKeyOver() bool {
	return r.facts.Status == incident.StatusMerged && !r.snagged(snagOfMerge)
}
