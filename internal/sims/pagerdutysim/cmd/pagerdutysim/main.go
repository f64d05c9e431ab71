// Command pagerdutysim serves the PagerDuty simulator.
package main

import (
	"flag"
	"net/http"

	"muster/internal/sims/pagerdutysim"
	"muster/internal/sims/simkit"
)

func main() {
	routingKey := flag.String("routing-key", pagerdutysim.DefaultRoutingKey, "routing key of the one service, 32 characters")
	onCall := flag.String("on-call", pagerdutysim.DefaultOnCall, "e-mail address of the person on call")
	webhookURL := flag.String("webhook-url", "", "address that webhooks go to; none are sent without it")
	webhookSecret := flag.String("webhook-secret", pagerdutysim.DefaultWebhookSecret, "secret that webhooks are signed with")
	lag := flag.Duration("lag", 0, "how long after its 202 an event is acted on")
	simkit.Main("pagerdutysim", func() (http.Handler, error) {
		return pagerdutysim.New(pagerdutysim.Options{
			Services:       map[string]pagerdutysim.Service{*routingKey: {Name: "Default", OnCall: *onCall}},
			WebhookURL:     *webhookURL,
			WebhookSecrets: []string{*webhookSecret},
			Lag:            *lag,
		}), nil
	})
}
