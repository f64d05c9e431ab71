// Package vendors is the simulated Slack, Jira and PagerDuty behind one address, with the page
// that shows them. The sandbox runs them in its own process; simulators are a program of their
// own, which needs no embedded Temporal server.
package vendors

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"muster/dev/page"
	"muster/gateway/slackdoor"
	"muster/internal/sims/jirasim"
	"muster/internal/sims/pagerdutysim"
	"muster/internal/sims/slacksim"
	"muster/playbook"
)

// Sims are the three simulated vendors behind one address: /slack, /jira and /pagerduty.
type Sims struct {
	Slack *slacksim.Sim
	Jira  *jirasim.Sim
	Pager *pagerdutysim.Sim

	// What the vendors were made from; Restore adds what the saved ones do not know yet.
	slack slacksim.Options
	jira  jirasim.Options
	pager pagerdutysim.Options

	// saving is held while a file is written.
	saving sync.Mutex
}

// AppToken opens the simulated Slack's Socket Mode. It and the other tokens are no secrets:
// nothing real knows them.
const AppToken = "xapp-sandbox"

const (
	botToken = "xoxb-sandbox"
	apiToken = "sandbox-token"
	apiEmail = "muster@example.com"
	// canaryOnCall stands for a service that wakes nobody.
	canaryOnCall = "nobody@example.com"
	// peopleService is the ID of the pager's service for pages to people, policies and schedules.
	peopleService = "PMUSTER"
)

// routingKey makes the simulated pager's key for a credential of the playbook, as long as a
// real one.
func routingKey(credential string) string {
	sum := sha256.Sum256([]byte("sandbox " + credential))
	return hex.EncodeToString(sum[:16])
}

// NewSims makes vendors that know the playbook's people, services and announcement channel.
// base is the address at which they are served.
func NewSims(p *playbook.Playbook, base string) (*Sims, error) {
	slice, err := p.Slice(p.Services())
	if err != nil {
		return nil, fmt.Errorf("playbook: %w", err)
	}
	users := map[string]string{apiEmail: "Muster"}
	jiraUsers := jirasim.DefaultUsers()
	pagerUsers := []string{apiEmail}
	for _, person := range p.People() {
		users[person.Email] = cmp.Or(person.Name, person.Email)
		pagerUsers = append(pagerUsers, person.Email)
	}
	for _, u := range jiraUsers {
		if users[u.Email] == "" {
			users[u.Email] = u.Name
		}
	}
	pagerUsers = append(pagerUsers, canaryOnCall)
	services := map[string]pagerdutysim.Service{}
	for _, c := range p.Credentials() {
		name := strings.TrimPrefix(c, "env:")
		services[routingKey(name)] = pagerdutysim.Service{Name: name, OnCall: onCall(p, slice, c)}
	}
	services[routingKey("Muster")] = pagerdutysim.Service{ID: peopleService, Name: "Muster", OnCall: "dan@example.com"}
	s := &Sims{
		slack: slacksim.Options{Token: botToken, AppToken: AppToken, Users: users, Channels: []string{strings.TrimPrefix(slice.Chat.Announce, "#")}},
		jira: jirasim.Options{
			Email: apiEmail, Token: apiToken, BaseURL: base + "/jira", Users: jiraUsers,
			Projects: []jirasim.Project{jirasim.DefaultProject(cmp.Or(slice.Tracker.Project, "INC"))},
		},
		pager: pagerdutysim.Options{Token: apiToken, Services: services, Users: pagerUsers, WebURL: base + "/pagerduty"},
	}
	if c := p.Canary(); c.On() {
		s.slack.Channels = append(s.slack.Channels, strings.TrimPrefix(c.Channel, "#"))
		if c.Project != "" && c.Project != slice.Tracker.Project {
			s.jira.Projects = append(s.jira.Projects, jirasim.DefaultProject(c.Project))
		}
	}
	s.Slack, s.Jira, s.Pager = slacksim.New(s.slack), jirasim.New(s.jira), pagerdutysim.New(s.pager)
	return s, nil
}

// onCall is who answers a credential's pages in the sandbox: the first responder of its service, and of the canary's
// nobody who is a person.
func onCall(p *playbook.Playbook, slice *playbook.Slice, credential string) string {
	if credential == p.Canary().Credential {
		return canaryOnCall
	}
	for _, s := range slice.Services {
		if s.Target != nil && len(s.Target.Steps) > 0 && s.Target.Steps[0].Credential == credential && len(s.Responders) > 0 {
			return s.Responders[0]
		}
	}
	return "dan@example.com"
}

// SiteOptions say what is served besides the simulators themselves.
type SiteOptions struct {
	Page page.Options
	// DataDir is where KeepIn keeps them; empty keeps nothing.
	DataDir string
	// Wrap sees every request to a simulator, such as a contract check; it may be nil.
	Wrap   func(vendor string, h http.Handler) http.Handler
	Logger *slog.Logger
}

// Site serves the page, and each simulator under its own name.
func (s *Sims) Site(o SiteOptions) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", page.Handler(o.Page))
	for name, h := range map[string]http.Handler{"slack": s.Slack, "jira": s.Jira, "pagerduty": s.Pager} {
		if o.Wrap != nil {
			h = o.Wrap(name, h)
		}
		if o.DataDir != "" {
			h = s.KeptBeforeAnswer(o.DataDir, h, o.Logger)
		}
		mux.Handle("/"+name+"/", http.StripPrefix("/"+name, h))
	}
	return page.Redirect(mux)
}

// Env is what a process needs in its environment to use the simulators instead of vendors.
func (s *Sims) Env(base string, credentials []string) map[string]string {
	env := map[string]string{
		"SLACK_BOT_TOKEN": botToken, "SLACK_API_URL": base + "/slack/api/", "SLACK_SIGNING_SECRET": slacksim.DefaultSigningSecret,
		"JIRA_URL": base + "/jira/", "JIRA_EMAIL": apiEmail, "JIRA_TOKEN": apiToken, "JIRA_WEBHOOK_SECRET": jirasim.DefaultWebhookSecret,
		"PAGERDUTY_TOKEN": apiToken, "PAGERDUTY_FROM": apiEmail, "PAGERDUTY_SERVICE": peopleService, "PAGERDUTY_WEBHOOK_SECRET": pagerdutysim.DefaultWebhookSecret,
		"PAGERDUTY_EVENTS_URL": base + "/pagerduty", "PAGERDUTY_API_URL": base + "/pagerduty",
	}
	for _, c := range credentials {
		name := strings.TrimPrefix(c, "env:")
		env[name] = routingKey(name)
	}
	return env
}

// Exports are lines for a shell, one for each vendor, by which another program uses the simulators as
// this Muster does: `starter doctor` looks at them.
func (s *Sims) Exports(base string, credentials []string) []string {
	env := s.Env(base, credentials)
	lines := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		vendor, _, _ := strings.Cut(name, "_")
		if vendor == "PD" {
			vendor = "PAGERDUTY"
		}
		lines[vendor] += " " + name + "=" + env[name]
	}
	out := make([]string, 0, len(lines))
	for _, vendor := range slices.Sorted(maps.Keys(lines)) {
		out = append(out, "export"+lines[vendor])
	}
	return out
}

// Deliver says where the product takes webhooks and what people do in Slack.
func (s *Sims) Deliver(gateway string) {
	s.Slack.SetTargets(slacksim.Targets{
		Commands: gateway + slackdoor.PathCommands, Interactivity: gateway + slackdoor.PathInteractivity, Events: gateway + slackdoor.PathEvents,
	})
	s.Pager.Webhooks.SetTarget(gateway + "/webhooks/pagerduty")
	s.Jira.Webhooks.SetTarget(gateway + "/webhooks/jira")
}

// Unexpected lists requests that no vendor would have understood, and pages to keys that
// nobody knows. A test fails on any.
func (s *Sims) Unexpected() []string {
	var out []string
	for name, list := range map[string][]string{"slack": s.Slack.Unexpected(), "jira": s.Jira.Unexpected(), "pagerduty": s.Pager.Unexpected(), "routing key": s.Pager.UnknownRoutingKeys()} {
		for _, u := range list {
			out = append(out, name+": "+u)
		}
	}
	return out
}

// Close stops deliveries that are under way.
func (s *Sims) Close() {
	s.Slack.Close()
	s.Jira.Close()
	s.Pager.Close()
}
