package incidents

import (
	"slices"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"

	"go.temporal.io/sdk/workflow"
)

// alertKeysState is what Register knows of the incident's alert keys.
type alertKeysState struct {
	// Freed means that Register has let go of the incident's own key.
	Freed bool `json:"freed,omitempty"`
	// Retake means that Register may have let go while nobody was here, and is asked for the key again.
	Retake bool `json:"retake,omitempty"`
	// Absorbed are the keys that came over with merged incidents.
	Absorbed []alertKey `json:"absorbed,omitempty"`
}

// alertKey is one that came over with an incident that was merged into this one.
type alertKey struct {
	Hash string `json:"hash"`
	From int    `json:"from"`
	// Held means that Register knows this incident as the key's holder, Freed that it has let go.
	Held  bool `json:"held,omitempty"`
	Freed bool `json:"freed,omitempty"`
}

// alertKeys tells Register which alert keys the incident holds. It may change what Register knows.
type alertKeys struct {
	*scene
	state *alertKeysState
}

// maxAlertKeys bounds the alert keys that are taken over. Those beyond are freed: their alert
// declares another incident when it comes again.
const maxAlertKeys = 100

// take holds the alert key of an incident that was merged into this one.
func (k *alertKeys) take(in api.AbsorbInput) {
	known := slices.ContainsFunc(k.state.Absorbed, func(o alertKey) bool { return o.Hash == api.AlertKeyHash(in.AlertKey) && o.From == in.From })
	switch {
	case in.AlertKey == "" || known:
	case len(k.state.Absorbed) < maxAlertKeys:
		k.state.Absorbed = append(k.state.Absorbed, alertKey{Hash: api.AlertKeyHash(in.AlertKey), From: in.From})
	default:
		k.toRegister(api.AlertKeyFreed, api.AlertKeyFreedInput{AlertKey: in.AlertKey, Number: in.From}, func(error) {})
	}
}

// next tells Register who holds the alert keys, one at a time so that it hears of them in order.
// Keys are freed once the incident no longer hurts; reopening does not take them back: another
// incident may hold them by then.
func (k *alertKeys) next() mirror.Action {
	in, done := k.news()
	if in.AlertKey == "" && in.Hash == "" {
		return nil
	}
	return &mirror.Call{Name: "tell Register of an alert key", Run: func(ctx workflow.Context, _ bool) error {
		err := workflow.SignalExternalWorkflow(ctx, api.RegisterID, "", api.AlertKeyFreed, in).Get(ctx, nil)
		if err != nil {
			return mirror.Away("Register", err)
		}
		done()
		return nil
	}}
}

// news is the first thing about alert keys that Register does not know.
func (k *alertKeys) news() (api.AlertKeyFreedInput, func()) {
	number, live := k.facts.Number, k.facts.Status.Live()
	if k.state.Retake {
		// It is held for the number 0 as long as nobody else has it.
		return api.AlertKeyFreedInput{AlertKey: k.facts.AlertKey, To: number}, func() { k.state.Retake = false }
	}
	if k.facts.AlertKey != "" && !live && !k.state.Freed && !k.transferred() {
		return api.AlertKeyFreedInput{AlertKey: k.facts.AlertKey, Number: number}, func() { k.state.Freed = true }
	}
	for i := range k.state.Absorbed {
		a := k.state.Absorbed[i]
		switch {
		case a.Freed:
		case a.Held && !live:
			return api.AlertKeyFreedInput{Hash: a.Hash, Number: number}, func() { k.state.Absorbed[i].Freed = true }
		case !a.Held && live:
			return api.AlertKeyFreedInput{Hash: a.Hash, Number: a.From, To: number}, func() { k.state.Absorbed[i].Held = true }
		case !a.Held:
			return api.AlertKeyFreedInput{Hash: a.Hash, Number: a.From}, func() { k.state.Absorbed[i].Freed = true }
		}
	}
	return api.AlertKeyFreedInput{}, nil
}

// transferred reports whether the incident into which this one was merged sees to its alert
// key, from the merge on and unless nobody was there to take it.
func (k *alertKeys) transferred() bool {
	return k.facts.Status == incident.StatusMerged && !k.run.Snagged(snagOfMerge)
}

// retake asks Register again for the keys that the incident had, its own and those of incidents that were
// merged into it. It gets those that no other incident has by now.
func (k *alertKeys) retake() {
	k.state.Retake = k.facts.AlertKey != "" && k.facts.Status.Live() && !k.state.Freed
	for i := range k.state.Absorbed {
		if a := &k.state.Absorbed[i]; a.Held && !a.Freed {
			a.Held, a.From = false, 0
		}
	}
}
