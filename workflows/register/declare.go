package register

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// declareLater takes a declaration that comes as a signal, since no worker answered its update
// in time. Whichever of the two arrives first opens the incident, under the same key.
func (r *registerRun) declareLater(in api.DeclareInput) error {
	if err := r.check(in); err != nil {
		return err
	}
	_, err := r.take(in)
	return err
}

// checkShape refuses what can never be declared.
func checkShape(in api.DeclareInput) error {
	if in.Key == "" {
		return &incident.Problem{Code: incident.CodeInvalid, Field: "key", Reason: "is empty", Mend: "send an idempotency key"}
	}
	if _, err := in.Declaration.Normal(); err != nil {
		return err
	}
	if len(in.Slice.Severities) == 0 {
		return &incident.Problem{Code: incident.CodeInvalid, Field: "slice", Reason: "holds no severities", Mend: "resolve it from a playbook"}
	}
	return nil
}

// validDeclaration is the validator of the update. It changes nothing, so while signals wait, which may free
// alert keys or be the same declaration, and before Register knows what it knew, it judges the shape alone.
func (r *registerRun) validDeclaration(_ workflow.Context, in api.DeclareInput) error {
	switch {
	case r.holdsUp(in):
		return mirror.BetweenRuns()
	case !r.upToDate():
		return mirror.Refusal(checkShape(in))
	}
	return mirror.Refusal(r.check(in))
}

// holdsUp reports whether a declaration would hold up the end of this run, by one more start: while others are under
// way, that of an incident which pages nobody now, and any when the end is overdue.
func (r *registerRun) holdsUp(in api.DeclareInput) bool {
	switch {
	case r.run.Overdue():
		return true
	case !r.run.Leaving() || len(r.opening) == 0 || in.Slice.Severity(in.Declaration.Severity).Page == playbook.PageNow:
		return false
	}
	known := r.declared(in.Key) // which starts nothing, unless its alert is to be repeated
	return known == nil || known.Held
}

// check refuses what cannot be declared. A key that was used for something else is a conflict.
func (r *registerRun) check(in api.DeclareInput) error {
	if err := checkShape(in); err != nil {
		return err
	}
	d := r.declared(in.Key)
	if d == nil { // what was taken already is judged by neither clock nor room once more
		if err := in.Declaration.CheckTimes(workflow.Now(r.ctx)); err != nil {
			return err
		}
		return r.checkAlertKey(in.Declaration)
	}
	if d.Body == short(in.Declaration) {
		return nil
	}
	p := &incident.Problem{
		Code: incident.CodeConflict, Field: "key", Mend: "use another key for another incident", Incident: d.Number,
		Reason: fmt.Sprintf("was used to declare %s with other content", incident.Key(d.Number)),
	}
	if d.Held { // it was found by its alert key, and may be one that nobody may name to them
		p.Incident, p.Reason = 0, "was used to declare something with other content"
	}
	return p
}

// declare takes a number, issues the start of the incident and answers, all in one workflow
// task. It waits only in the first moments of a new installation, until the counter is known.
func (r *registerRun) declare(ctx workflow.Context, in api.DeclareInput) (api.DeclareResult, error) {
	if err := r.awaitReady(ctx); err != nil {
		return api.DeclareResult{}, err
	}
	if err := r.check(in); err != nil { // others were taken in meanwhile
		return api.DeclareResult{}, mirror.Refusal(err)
	}
	res, err := r.take(in)
	return res, mirror.Refusal(err)
}

// take gives a declaration that was checked its number, or finds the one that it has already.
func (r *registerRun) take(in api.DeclareInput) (api.DeclareResult, error) {
	if d := r.declared(in.Key); d != nil {
		res := result(r.now(d.Number), true)
		res.Held = d.Held
		return res, nil
	}
	d, err := in.Declaration.Normal()
	if err != nil {
		return api.DeclareResult{}, err
	}
	body := short(in.Declaration)
	if n, said := r.said(in, body); said {
		r.remember(in.Key, body, n)
		return result(r.now(n), true), nil
	}
	if n, held := r.s.AlertKeys[api.AlertKeyHash(d.AlertKey)]; held && d.AlertKey != "" {
		r.keep(api.DeclaredKey{Key: short(in.Key), Body: body, Number: n, Held: true})
		r.repeat(n, in, d)
		res := result(n, true)
		res.Held = true
		return res, nil
	}
	if err := r.checkAlertKey(d); err != nil { // others were taken in since it was checked
		return api.DeclareResult{}, err
	}
	in.Declaration = d
	r.s.Last++
	n := r.s.Last
	r.remember(in.Key, body, n)
	r.rememberWords(in, body, n)
	if d.AlertKey != "" {
		r.s.AlertKeys[api.AlertKeyHash(d.AlertKey)] = n
	}
	waking := r.open(n, in).Waking(in.Slice.Calendar.Location())
	res := result(n, false)
	res.Waking = &waking
	return res, nil
}

func result(n int, existing bool) api.DeclareResult {
	return api.DeclareResult{Number: n, Key: incident.Key(n), Existing: existing}
}

func (r *registerRun) declared(key string) *api.DeclaredKey {
	key, now := short(key), workflow.Now(r.ctx)
	k := slices.IndexFunc(r.s.Declared, func(d api.DeclaredKey) bool { return d.Key == key && now.Sub(d.At) <= keysLast })
	if k < 0 {
		return nil
	}
	return &r.s.Declared[k]
}

// said finds the incident that the same words have declared a moment ago: whoever saw no answer
// types them again, and means one incident.
func (r *registerRun) said(in api.DeclareInput, body string) (int, bool) {
	key := words(in)
	for _, d := range slices.Backward(r.s.Declared) {
		if in.Words != "" && d.Key == key && d.Body == body && workflow.Now(r.ctx).Sub(d.At) <= api.SameWords {
			return d.Number, true
		}
	}
	return 0, false
}

// words is the key of words, which no caller's key can be.
func words(in api.DeclareInput) string { return "words " + short(in.Words) }

// short stands for a key or a declaration in the state, which has many of them.
func short(v any) string { return mirror.Fingerprint(v)[:16] }

func (r *registerRun) rememberWords(in api.DeclareInput, body string, n int) {
	if in.Words != "" {
		r.keep(api.DeclaredKey{Key: words(in), Body: body, Number: n})
	}
}

func (r *registerRun) remember(key, body string, n int) {
	r.keep(api.DeclaredKey{Key: short(key), Body: body, Number: n})
}

// keep remembers a key, and forgets those that are too old or too many: the oldest come first.
func (r *registerRun) keep(d api.DeclaredKey) {
	d.At = workflow.Now(r.ctx).UTC().Truncate(time.Second)
	r.s.Declared = append(r.s.Declared, d)
	old := 0
	for old < len(r.s.Declared) && d.At.Sub(r.s.Declared[old].At) > keysLast {
		old++
	}
	r.s.Declared = r.s.Declared[old:]
	if over := len(r.s.Declared) - maxDeclared; over > 0 {
		r.s.Declared = slices.Clone(r.s.Declared[over:])
	}
}
