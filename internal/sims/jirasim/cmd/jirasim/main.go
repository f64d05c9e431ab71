// Command jirasim serves the Jira simulator.
package main

import (
	"flag"
	"net/http"

	"muster/internal/sims/jirasim"
	"muster/internal/sims/simkit"
)

func main() {
	target := flag.String("webhooks", "", "URL that webhooks are delivered to; empty delivers none")
	secret := flag.String("webhook-secret", jirasim.DefaultWebhookSecret, "secret that signs webhooks")
	deployment := flag.String("deployment", jirasim.Cloud, "cloud or datacenter")
	simkit.Main("jirasim", func() (http.Handler, error) {
		sim := jirasim.New(jirasim.Options{Deployment: *deployment, WebhookSecret: *secret})
		sim.Webhooks.SetTarget(*target)
		return sim, nil
	})
}
