package register

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows/api"
)

// An incident whose alert repeats in its first moments may not have started yet.
const (
	repeatTries = 5
	repeatWait  = time.Second
)

// repeat tells an incident that its alert was declared again, perhaps worse.
func (r *registerRun) repeat(n int, in api.DeclareInput, d incident.Declaration) {
	p := incident.Repetition{Actor: d.Actor, Title: d.Title}
	if !in.Guessed {
		p.Severity = d.Severity
	}
	r.run.Go("repeat "+incident.Key(n), func(ctx workflow.Context) {
		for range repeatTries {
			err := workflow.SignalExternalWorkflow(ctx, api.IncidentID(r.now(n)), "", api.Repeated, p).Get(ctx, nil)
			if err == nil || workflow.Sleep(ctx, repeatWait) != nil {
				return
			}
		}
		r.log.Warn("incident not told that its alert repeats", "number", n)
	})
}
