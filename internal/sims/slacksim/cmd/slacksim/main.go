// Command slacksim serves a simulated Slack workspace until it is interrupted.
package main

import (
	"flag"
	"fmt"
	"net/http"
	"strings"

	"muster/internal/sims/simkit"
	"muster/internal/sims/slacksim"
)

func main() {
	var o slacksim.Options
	users := flag.String("users", "alice@example.com=Alice Ahlgren,bob@example.com=Bob Birch", "people, as email=name separated by commas")
	channels := flag.String("channels", "incidents", "channels, separated by commas")
	flag.StringVar(&o.SigningSecret, "signing-secret", slacksim.DefaultSigningSecret, "secret that signs requests to the product")
	flag.StringVar(&o.Targets.Events, "events", "", "the product's address for events")
	flag.StringVar(&o.Targets.Interactivity, "interactivity", "", "the product's address for clicks")
	flag.StringVar(&o.Targets.Commands, "commands", "", "the product's address for slash commands")
	flag.BoolVar(&o.SocketMode, "socket-mode", false, "send everything over Socket Mode instead")
	flag.StringVar(&o.AppToken, "app-token", "", "the only app-level token accepted; empty accepts any that starts with xapp-")
	flag.BoolVar(&o.RateLimits, "rate-limits", false, "apply Slack's limits per method and minute")
	simkit.Main("slacksim", func() (http.Handler, error) {
		o.Users = map[string]string{}
		for pair := range strings.SplitSeq(*users, ",") {
			email, name, ok := strings.Cut(pair, "=")
			if !ok {
				return nil, fmt.Errorf("users: %q is not written as email=name", pair)
			}
			o.Users[email] = name
		}
		o.Channels = strings.Split(*channels, ",")
		return slacksim.New(o), nil
	})
}
