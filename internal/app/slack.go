package app

import (
	"context"
	"net/http"

	"muster/gateway/incidents"
	"muster/gateway/slackdoor"
)

// openSlack opens the way by which Slack reaches Muster: a handler for signed requests, or
// connections that Muster opens itself, in which case there is no handler.
func (a *App) openSlack(ctx context.Context) http.Handler {
	if a.vendors.chat == nil {
		return nil
	}
	o := a.incidentOptions()
	o.Recording = slackdoor.Recording
	door := slackdoor.New(slackdoor.Options{
		Incidents: incidents.New(o), Slack: a.vendors.chat, Playbook: a.Playbook, SlashCommand: a.config.Slack.Command, Rates: a.rates(), Logger: a.options.Logger,
	})
	// Undone in reverse: first nothing more comes in, then what is under way ends.
	a.undo = append(a.undo, door.Close)
	counted := countedInbound{door, a.options.Metrics, a.options.Traces}
	if a.vendors.socket == nil {
		return counted.refusals(slackdoor.HTTP{Inbound: counted, Secrets: a.config.Slack.SigningSecrets, Logger: a.options.Logger}.Handler())
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // it outlives the start
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := a.vendors.socket.Run(ctx, counted); err != nil && ctx.Err() == nil {
			a.options.Logger.Error("Socket Mode has ended", "error", err)
		}
	}()
	a.undo = append(a.undo, func() { cancel(); <-done })
	return nil
}
