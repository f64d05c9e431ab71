package app

import (
	"context"
	"time"

	"muster/integrations/slack"
	"muster/internal/doctor"
	"muster/internal/version"
	"muster/playbook"
	"muster/workflows/api"
)

// examiner is the doctor of the daily check-up: it looks from where the worker is.
type examiner struct{ app *App }

// Examine looks at everything that this process sees. Which of Slack's features were left out when the app
// was made nobody knows here, so only what cannot be left out is missed.
func (x examiner) Examine(ctx context.Context) (api.CheckUpSeen, error) {
	var seen api.CheckUpSeen
	if p, err := x.app.Playbook.Current(); err == nil {
		seen.Channel = p.Operators().Channel
	}
	o := doctor.Options{
		Lookup: x.app.options.Lookup, Playbook: x.app.config.Playbook, Features: leastFeatures, Unsure: true, Now: time.Now, Version: version.String(),
		Register: func(ctx context.Context) (api.RegisterState, error) {
			state, err := x.app.Incidents.Register(ctx)
			seen.Installation = state.Installation
			return state, err
		},
		Server: func(context.Context) (doctor.Server, func(), error) {
			return doctor.Connected(x.app.options.Client, x.app.options.Namespace), func() {}, nil
		},
	}
	looked := doctor.Look(ctx, o)
	seen.Blind = looked.Blind
	for _, f := range looked.Findings {
		if f.State == doctor.Broken || f.State == doctor.Warning {
			seen.Findings = append(seen.Findings, api.CheckFinding{State: string(f.State), Check: f.Check, Text: f.Text, Mend: f.Mend, Key: f.Key})
		}
	}
	return seen, ctx.Err()
}

// leastFeatures are those of Slack that an app has in any case.
func leastFeatures(p *playbook.Playbook) slack.Features {
	return slack.Features{Reactions: p != nil && p.Chat().Reactions != (playbook.Reactions{})}
}
