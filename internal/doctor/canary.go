package doctor

import (
	"context"
	"time"

	"muster/integrations/fault"
	"muster/workflows/api"
)

// canary says whether a drill looks by itself that everything works, and when it last did.
func (e *examination) canary(ctx context.Context, server Server) {
	const check = "temporal canary"
	if e.playbook == nil {
		return // it has been said that it cannot be read
	}
	c := e.playbook.Canary()
	if !c.On() {
		e.say(Off, check, "name what is safe for it under canary:, as docs/canary.md shows", "the playbook has no canary, so nothing is tried before an incident needs it")
		return
	}
	s, there, err := server.Schedule(ctx, api.CanaryID)
	if err != nil {
		e.say(Unchecked, check, "", "%s: %s", api.CanaryID, fault.Words(err.Error()))
		return
	}
	if !there {
		e.say(Broken, check, "start `starter serve` with this playbook: it makes what is not there", "the schedule %s is not there, so no canary runs", api.CanaryID)
		return
	}
	if s.Paused {
		return // it has been said with the other schedules
	}
	passed, err := server.CanaryPassed(ctx)
	mend := "run `starter canary run`, which names the leg that fails"
	switch age := e.Now().Sub(passed); {
	case err != nil:
		e.say(Unchecked, check, "", "%s", fault.Words(err.Error()))
	case passed.IsZero():
		e.say(Warning, check, mend, "no canary has gone through everything yet")
	case age > 3*c.Every:
		e.sayAs(check+": silent", Broken, check, mend, "no canary has gone through everything since %s", passed.UTC().Format(time.RFC3339))
	default:
		e.say(OK, check, "", "the last one went through everything at %s", passed.UTC().Format(time.RFC3339))
	}
}
