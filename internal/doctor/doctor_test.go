package doctor_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/integrations/slack"
	"muster/internal/doctor"
	"muster/internal/sims/pagerdutysim"
	"muster/internal/sims/simkit"
	"muster/internal/sims/slacksim"
	"muster/playbook"
	"muster/workflows/api"
)

const (
	botToken = "xoxb-0000-very-secret"
	appToken = "xapp-1111-very-secret"
	signing  = "signing-very-secret"
)

// policy is a playbook that names a channel, a group and people.
const policy = `version: 1
services:
  checkout:
    page: env:PD_CHECKOUT
    responders: [alice@example.com, bob@example.com, "@sre"]
targets:
  platform:
    steps: [{name: Platform on call, credential: env:PD_CHECKOUT}]
default_target: platform
calendars:
  oslo: {zone: Europe/Oslo, days: mon-fri, hours: "09:00-17:00", holidays: {country: no}}
calendar: oslo
chat:
  announce: "#incidents"
tracker: {project: OPS}
`

// patient is an installation to look at, healthy unless something is done to it.
type patient struct {
	t        *testing.T
	sim      *slacksim.Sim
	env      map[string]string
	playbook string
	features slack.Features
	register func() (api.RegisterState, error)
	server   *server
	now      func() time.Time
}

func newPatient(t *testing.T) *patient {
	t.Helper()
	features := slack.AllFeatures()
	var scopes []string
	for _, s := range features.Scopes() {
		scopes = append(scopes, s.Name)
	}
	sim := slacksim.New(slacksim.Options{
		Token: botToken, AppToken: appToken, SocketMode: true, Scopes: scopes,
		Users: map[string]string{"alice@example.com": "Alice", "bob@example.com": "Bob"},
	})
	sim.AddUserGroup("sre", "alice@example.com")
	server := httptest.NewServer(sim)
	t.Cleanup(func() {
		sim.Close()
		server.Close()
		require.Empty(t, sim.Unexpected())
	})
	p := &patient{
		t: t, sim: sim, features: features,
		env:      map[string]string{"SLACK_BOT_TOKEN": botToken, "SLACK_APP_TOKEN": appToken, "SLACK_API_URL": server.URL + "/api/", "PD_CHECKOUT": "0123456789abcdef0123456789abcdef"},
		register: func() (api.RegisterState, error) { return api.RegisterState{Last: 7}, nil },
		server:   newServer(), now: time.Now,
	}
	p.writes(policy)
	return p
}

func (p *patient) writes(text string) {
	p.t.Helper()
	p.playbook = filepath.Join(p.t.TempDir(), "muster.yaml")
	require.NoError(p.t, os.WriteFile(p.playbook, []byte(text), 0o600))
}

func (p *patient) options() doctor.Options {
	return doctor.Options{
		Lookup:   func(name string) (string, bool) { v, ok := p.env[name]; return v, ok },
		Playbook: p.playbook, Features: func(*playbook.Playbook) slack.Features { return p.features },
		Register: func(context.Context) (api.RegisterState, error) { return p.register() }, Now: p.now,
		Server:  func(context.Context) (doctor.Server, func(), error) { return p.server, func() {}, nil },
		Version: "v1", SearchLagWait: 20 * time.Millisecond,
	}
}

func (p *patient) examined() findings {
	p.t.Helper()
	found := doctor.Examine(p.t.Context(), p.options())
	for _, f := range found {
		for _, secret := range []string{botToken, appToken, signing, jiraToken} {
			require.NotContains(p.t, f.Text+f.Mend, secret)
		}
		if f.State == doctor.Broken && f.Check != "settings" && f.Check != "temporal" { // theirs is in the text
			require.NotEmpty(p.t, f.Mend, f.Text)
		}
	}
	require.Empty(p.t, p.sim.Sockets(), "it takes nothing that people do in Slack")
	return findings{p.t, found}
}

type findings struct {
	t    *testing.T
	list []doctor.Finding
}

// says expects one finding of a check that is so, and has a text and a mend in which these are.
func (f findings) says(state doctor.State, check, text, mend string) {
	f.t.Helper()
	k := slices.IndexFunc(f.list, func(one doctor.Finding) bool {
		return one.State == state && one.Check == check && strings.Contains(one.Text, text)
	})
	require.GreaterOrEqual(f.t, k, 0, "no %s finding of %s says %q in\n%s", state, check, text, f.all())
	require.Contains(f.t, f.list[k].Mend, mend)
}

func (f findings) all() string {
	text := ""
	for _, one := range f.list {
		text += fmt.Sprintf("%s %s: %s; %s\n", one.State, one.Check, one.Text, one.Mend)
	}
	return text
}

func (f findings) without(states ...doctor.State) {
	f.t.Helper()
	for _, s := range states {
		require.Zero(f.t, doctor.Count(f.list, s), f.all())
	}
}

func TestAHealthyInstallation(t *testing.T) {
	t.Parallel()
	found := newPatient(t).examined()
	found.without(doctor.Broken, doctor.Warning, doctor.Unchecked)
	found.says(doctor.OK, "temporal", "INC-7", "")
	found.says(doctor.OK, "slack token", "workspace", "")
	found.says(doctor.OK, "slack scopes", fmt.Sprintf("all %d", len(slack.AllFeatures().Scopes())), "")
	found.says(doctor.OK, "slack way in", "Socket Mode", "")
	found.says(doctor.OK, "slack channels", "1 channel", "")
	found.says(doctor.OK, "slack groups", "1 user group", "")
	found.says(doctor.OK, "slack people", "all are known", "")
	found.says(doctor.Off, "settings", "Jira is off", "")
}

func TestScopesAreComparedWithWhatIsOn(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.features = slack.Features{Groups: true, Reactions: true, Messages: true, Home: true}
	var granted []string
	for _, s := range p.features.Scopes() {
		if s.Name != "reactions:read" && s.Name != "pins:write" {
			granted = append(granted, s.Name)
		}
	}
	p.sim.SetScopes(append(granted, "groups:history", "im:write")...)
	found := p.examined()
	found.says(doctor.Broken, "slack scopes", "reactions:read is missing, so Muster cannot take a reaction as a command (reactions)", "install the app again")
	found.says(doctor.Broken, "slack scopes", "pins:write is missing, so Muster cannot pin the board (incident channels)", "OAuth & Permissions")
	found.says(doctor.Warning, "slack scopes", "nothing needs groups:history, im:write", "take them")
	require.Equal(t, 2, doctor.Count(found.list, doctor.Broken), found.all())
}

func TestARefusedBotToken(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"invalid_auth", "token_revoked", "account_inactive"} {
		p := newPatient(t)
		p.sim.RefuseToken(code)
		p.examined().says(doctor.Broken, "slack token", code, "SLACK_BOT_TOKEN")
	}
	p := newPatient(t)
	p.env["SLACK_BOT_TOKEN"] = appToken
	p.examined().says(doctor.Broken, "slack token", "an app-level token", "xoxb-")
}

func TestSlackThatIsDown(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.sim.Faults().Add(simkit.Fault{Operation: "auth.test", Kind: simkit.Status, Status: 503, Times: 10})
	p.examined().says(doctor.Broken, "slack token", "auth.test", "try again")
	p = newPatient(t)
	p.env["SLACK_API_URL"] = "http://127.0.0.1:1/api/"
	p.examined().says(doctor.Broken, "slack token", "auth.test", "try again")
}

func TestAnAppTokenThatOpensNothing(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.env["SLACK_APP_TOKEN"] = "xapp-of-another-app"
	p.examined().says(doctor.Broken, "slack way in", "Socket Mode", "SLACK_APP_TOKEN")
	p.env["SLACK_APP_TOKEN"] = botToken
	p.examined().says(doctor.Broken, "slack way in", "settings", "xapp-")
}

func TestHTTPNeedsASigningSecret(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	delete(p.env, "SLACK_APP_TOKEN")
	p.examined().says(doctor.Broken, "settings", "SLACK_SIGNING_SECRET", "")
	p.env["SLACK_SIGNING_SECRET"] = signing
	found := p.examined()
	found.without(doctor.Broken)
	found.says(doctor.OK, "slack way in", "HTTP, with 1 signing secret", "")
}

func TestWhatThePlaybookNamesAndSlackDoesNotKnow(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.writes(`version: 1
services:
  checkout:
    page: nobody
    responders: [alice@example.com, dan@example.com, "@dba"]
chat:
  announce: [{channel: "#incidents"}, {channel: "#shop"}]
`)
	found := p.examined()
	found.says(doctor.Broken, "slack channels", "there is no #shop", "invite the app")
	found.says(doctor.Warning, "slack groups", "@dba", "make it in Slack")
	found.says(doctor.Warning, "slack people", "dan@example.com", "correct the address")
}

func TestAnArchivedAnnouncementChannel(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	require.NoError(t, p.sim.Person("alice@example.com").Archives("#incidents"))
	p.examined().says(doctor.Broken, "slack channels", "#incidents is archived", "unarchive")
}

func TestAnAnnouncementChannelWithoutTheApp(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	require.NoError(t, p.sim.Person("alice@example.com").Removes("#incidents"))
	found := p.examined()
	found.says(doctor.Broken, "slack channels", "the app is not in #incidents", "/invite @muster")
	require.Equal(t, 1, doctor.Count(found.list, doctor.Broken), found.all())

	ch, ok := p.sim.Channel("#incidents")
	require.True(t, ok)
	p.writes(strings.Replace(policy, "#incidents", ch.ID, 1)) // by its ID the app joins it
	p.examined().without(doctor.Broken, doctor.Warning)
}

func TestQuestionsThatSlackDoesNotAnswerAreUnchecked(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	for _, operation := range []string{"conversations.list", "usergroups.list", "users.lookupByEmail"} {
		p.sim.Faults().Add(simkit.Fault{Operation: operation, Kind: simkit.Status, Status: 503, Times: 10})
	}
	found := p.examined()
	found.without(doctor.Broken)
	for _, check := range []string{"slack channels", "slack groups", "slack people"} {
		found.says(doctor.Unchecked, check, "", "")
	}
}

func TestWhatTemporalSays(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.register = func() (api.RegisterState, error) {
		return api.RegisterState{}, fmt.Errorf("%w: no worker is running", incidents.ErrAway)
	}
	p.examined().says(doctor.Broken, "temporal", "no worker is running", "")
	p.register = func() (api.RegisterState, error) {
		return api.RegisterState{}, &incident.Problem{Code: incident.CodeNotFound, Reason: "no Register"}
	}
	p.examined().says(doctor.Warning, "temporal", "never run", "start")
	p.register = func() (api.RegisterState, error) {
		return api.RegisterState{Snags: map[string]api.VendorSnag{"jira": {Vendor: "jira", Reason: "401", Mend: "set JIRA_TOKEN", Workflows: []string{"INC-1"}}}}, nil
	}
	p.examined().says(doctor.Broken, "jira", "1 workflow is stuck: 401", "JIRA_TOKEN")
}

func TestPagerDutyIsAsked(t *testing.T) {
	t.Parallel()
	sim := pagerdutysim.New(pagerdutysim.Options{Token: "p", Users: []string{"muster@example.com"}})
	server := httptest.NewServer(sim)
	t.Cleanup(func() { sim.Close(); server.Close() })
	p := newPatient(t)
	p.env["PAGERDUTY_API_URL"], p.env["PAGERDUTY_TOKEN"], p.env["PAGERDUTY_FROM"] = server.URL, "p", "muster@example.com"
	found := p.examined()
	found.says(doctor.OK, "pagerduty", "it answers", "")
	found.without(doctor.Broken)

	p.env["PAGERDUTY_FROM"] = "nobody@example.com"
	p.examined().says(doctor.Broken, "pagerduty", "PagerDuty knows no user nobody@example.com", "PAGERDUTY_FROM")
	p.env["PAGERDUTY_TOKEN"] = "another"
	p.examined().says(doctor.Broken, "pagerduty", "Authentication failed", "PAGERDUTY_TOKEN")
	p.env["PAGERDUTY_TOKEN"] = "pdus+_scoped"
	p.examined().says(doctor.Broken, "settings", "PAGERDUTY_TOKEN is a scoped token, which ends after a day", "")
	delete(p.env, "PAGERDUTY_TOKEN")
	delete(p.env, "PAGERDUTY_FROM")
	p.examined().says(doctor.Off, "settings", "an acknowledgement on the phone is not heard", "")
}

// What the gateway does not believe holds up no workflow, and is shown all the same.
func TestASnagOfTheWebhooks(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.register = func() (api.RegisterState, error) {
		return api.RegisterState{Snags: map[string]api.VendorSnag{"pagerduty webhooks": {
			Vendor: "pagerduty webhooks", Reason: "a signature fits no secret", Mend: "set PAGERDUTY_WEBHOOK_SECRET", Workflows: []string{"gateway"},
		}}}, nil
	}
	p.examined().says(doctor.Broken, "pagerduty webhooks", "a signature fits no secret", "PAGERDUTY_WEBHOOK_SECRET")
}

func TestABrokenPlaybookAndSettings(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.writes("version: 1\nsevrities: {}\n")
	p.env["JIRA_URL"], p.env["MUSTER_LISTEN"] = "https://jira.example.com", "nowhere"
	found := p.examined()
	found.says(doctor.Broken, "playbook", "sevrities", "correct it")
	found.says(doctor.Broken, "settings", "JIRA_TOKEN", "")
	found.says(doctor.Broken, "settings", "MUSTER_LISTEN", "")
	found.says(doctor.Unchecked, "slack channels", "named by the playbook", "correct the playbook")
	found.says(doctor.OK, "slack way in", "Socket Mode", "")
}

func TestACredentialThatIsNotSetHere(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	delete(p.env, "PD_CHECKOUT")
	found := p.examined()
	found.says(doctor.Warning, "playbook", "PD_CHECKOUT", "worker")
	found.without(doctor.Broken)
}

func TestWithoutSlackNobodyIsAsked(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.env = map[string]string{}
	found := p.examined()
	found.without(doctor.Broken)
	found.says(doctor.Off, "settings", "Slack is off", "")
	require.Empty(t, p.sim.Log().Counts())
}

// looked is what the daily check-up compares from one day to the next.
func (p *patient) looked() doctor.Seen {
	p.t.Helper()
	return doctor.Look(p.t.Context(), p.options())
}

func keysOf(s doctor.Seen, state doctor.State) (keys []string) {
	for _, f := range s.Findings {
		if f.State == state {
			keys = append(keys, f.Key)
		}
	}
	return keys
}

func TestWhatWasNotLookedAtIsKnown(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	sim := p.withJira()
	require.Equal(t, []string{"pagerduty"}, p.looked().Blind, "it is not set up")

	p.env["JIRA_TOKEN"] = "of last year"
	require.Contains(t, p.looked().Blind, "jira", "nothing was asked after the account")
	p.env["JIRA_TOKEN"] = jiraToken
	sim.Faults.Add(simkit.Fault{Operation: "mypermissions.get", Kind: simkit.Status, Status: 503, Times: 10})
	require.Contains(t, p.looked().Blind, "jira")
	sim.Faults.Clear()
	refused := sim.Faults.Add(simkit.Fault{Operation: "project.statuses", Kind: simkit.Status, Status: 403})
	require.Contains(t, p.looked().Blind, "jira")
	sim.Faults.Clear(refused)
	sim.SetAdmin(false)
	require.NotContains(t, p.looked().Blind, "jira", "what can never be asked does not blind")

	p.sim.Faults().Add(simkit.Fault{Operation: "usergroups.list", Kind: simkit.Status, Status: 503, Times: 10})
	require.Contains(t, p.looked().Blind, "slack")
	p.server.err = errors.New("away")
	require.Contains(t, p.looked().Blind, "temporal")
	p.register = func() (api.RegisterState, error) { return api.RegisterState{}, incidents.ErrAway }
	require.Contains(t, p.looked().Blind, api.BlindToAll)
	p.writes("version: 1\nnonsense: {}\n")
	for _, area := range []string{"slack", "jira", "pagerduty"} {
		require.Contains(t, p.looked().Blind, area)
	}
}

func TestTheSameFaultHasTheSameKey(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	stuck := []string{"INC-1"}
	p.register = func() (api.RegisterState, error) {
		return api.RegisterState{Snags: map[string]api.VendorSnag{"jira": {Vendor: "jira", Reason: "401", Mend: "set JIRA_TOKEN", Workflows: stuck}}}, nil
	}
	p.now = func() time.Time { return time.Now().Add(-10 * time.Minute) }
	before := keysOf(p.looked(), doctor.Broken)
	require.Len(t, before, 2)
	stuck = append(stuck, "INC-2")
	p.now = func() time.Time { return time.Now().Add(-20 * time.Minute) }
	require.Equal(t, before, keysOf(p.looked(), doctor.Broken))
}

func TestWhoDoesNotKnowWhatIsOnMissesNothing(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	p.features = slack.Features{}
	o := p.options()
	o.Unsure = true
	findings{t, doctor.Examine(t.Context(), o)}.without(doctor.Broken, doctor.Warning)
}
