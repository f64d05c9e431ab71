package mirror

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
)

// outageWaits and snagWaits are the waits after the first, second, ... failure in a row.
var (
	outageWaits = []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute}
	snagWaits   = []time.Duration{15 * time.Minute, time.Hour, 4 * time.Hour, 24 * time.Hour}
)

// SnagWait is how long to wait after the n-th refusal in a row before trying again.
func SnagWait(n int) time.Duration { return Nth(snagWaits, n) }

// Nth is the n-th of growing waits, counted from 1, and the last one from then on.
func Nth(waits []time.Duration, n int) time.Duration { return waits[min(max(n, 1), len(waits))-1] }

func (l *Loop) succeeded(p *place) {
	if p.state.Failures > 0 {
		l.note("recovered", p.mirror.Name+": works again")
	}
	l.rested(p)
}

// rested forgets what went wrong, since nothing of it is left to do, and reports whether that
// changed anything that others see.
func (l *Loop) rested(p *place) bool {
	seen := p.state.Waiting != "" || l.Snagged(p.mirror.Name)
	p.state.Failures, p.state.Snagged, p.state.Waiting = 0, 0, ""
	l.ClearSnag(p.mirror.Name)
	return seen
}

// failed decides when the mirror tries again and whether a person has to hear of it. tried says that
// an earlier call may have been applied; a refusal of this one proves nothing about it.
func (l *Loop) failed(ctx workflow.Context, p *place, c *Call, tried bool, err error) {
	st, now := p.state, workflow.Now(ctx)
	st.RetryOf = c.Name
	f, kind := FailureOf(err)
	st.Failures++
	if kind == activities.ErrRetryable {
		st.RetryAt = now.Add(Scaled(Nth(outageWaits, st.Failures), l.Scale))
		st.Snagged = 0
		st.Waiting, st.Limited = fmt.Sprintf("%s: %s (%s)", c.Name, f.Reason, f.Vendor), f.Meaning == activities.RateLimited
		if st.Failures == 1 {
			l.note("waiting", fmt.Sprintf("%s: %s; trying again until it works", p.mirror.Name, st.Waiting))
		}
		return
	}
	if f.Certain(tried) { // it was refused at once, so it was not applied
		st.forget(c.Name)
	}
	st.Snagged++
	st.Waiting = ""
	snag := incident.Snag{Mirror: p.mirror.Name, Step: c.Name, Reason: f.Reason, Mend: f.Mend, Since: now, From: f.Vendor}
	if kind == activities.ErrOff {
		st.RetryAt, snag.Off = Never, true
	} else {
		st.RetryAt = now.Add(Scaled(SnagWait(st.Snagged), l.Scale))
		snag.RetryAt = st.RetryAt
	}
	if kind == activities.ErrCredential {
		snag.Vendor = f.Vendor
	}
	l.SetSnag(snag)
}

// Snagged reports whether a mirror has a snag.
func (l *Loop) Snagged(mirror string) bool {
	return slices.ContainsFunc(*l.Snags, func(s incident.Snag) bool { return s.Mirror == mirror })
}

// SetSnag shows a snag in place of the mirror's former one.
func (l *Loop) SetSnag(s incident.Snag) {
	for i := range *l.Snags {
		old := &(*l.Snags)[i]
		if old.Mirror != s.Mirror {
			continue
		}
		news := old.Step != s.Step || old.Reason != s.Reason
		if old.Vendor != "" && old.Vendor != s.Vendor {
			l.snagChanged(*old, true) // the vendor takes us in again, and refuses something else
		}
		s.Since = old.Since
		*old = s
		if news {
			l.report(s)
		}
		return
	}
	*l.Snags = append(*l.Snags, s)
	l.report(s)
}

// ClearSnag takes away the snags of a mirror.
func (l *Loop) ClearSnag(mirror string) {
	*l.Snags = slices.DeleteFunc(*l.Snags, func(s incident.Snag) bool {
		if s.Mirror != mirror {
			return false
		}
		l.snagChanged(s, true)
		return true
	})
}

func (l *Loop) report(s incident.Snag) {
	text := fmt.Sprintf("%s: could not %s: %s", s.Mirror, s.Step, s.Reason)
	if s.Off {
		text = fmt.Sprintf("%s: %s, so this will not happen: %s", s.Mirror, s.Reason, s.Step)
	}
	if s.Mend != "" {
		text += "; " + s.Mend
	}
	l.note("snag", text)
	l.snagChanged(s, false)
}

func (l *Loop) note(event, text string) {
	if l.Note != nil {
		l.Note(event, text)
	}
}

func (l *Loop) snagChanged(s incident.Snag, cleared bool) {
	if l.SnagChanged != nil {
		l.SnagChanged(s, cleared)
	}
}

// Outages lists what mirrors wait for during outages, in the order of the mirrors' names.
func (l *Loop) Outages() []string {
	var out []string
	for _, name := range workflow.DeterministicKeys(l.State.Mirrors) {
		if w := l.State.Mirrors[name].Waiting; w != "" {
			out = append(out, w)
		}
	}
	return out
}
