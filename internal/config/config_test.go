package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway/access"
	"muster/internal/config"
	"muster/internal/sealed"
)

type environment map[string]string

func (e environment) lookup(name string) (string, bool) {
	v, ok := e[name]
	return v, ok
}

func (e environment) with(pairs ...string) environment {
	out := maps.Clone(e)
	for k := 0; k+1 < len(pairs); k += 2 {
		out[pairs[k]] = pairs[k+1]
	}
	return out
}

// full has every vendor set up.
var full = environment{
	"MUSTER_ARCHIVE":  "postgres://muster:archive-password-1@db.example.com/muster",
	"SLACK_BOT_TOKEN": "xoxb-1-secret", "SLACK_SIGNING_SECRET": "slack-old, slack-new", "SLACK_API_URL": "http://127.0.0.1:9001/api/",
	"JIRA_URL": "https://example.atlassian.net/", "JIRA_EMAIL": "bot@example.com", "JIRA_TOKEN": "jira-secret", "JIRA_WEBHOOK_SECRETS": "jira-hook",
	"PAGERDUTY_TOKEN": "pd-secret", "PAGERDUTY_FROM": "bot@example.com", "PAGERDUTY_SERVICE": "PMUSTER", "PAGERDUTY_WEBHOOK_SECRET": "pd-hook",
	"MUSTER_PLAYBOOK": "/etc/muster.yaml", "MUSTER_LISTEN": "0.0.0.0:80", "MUSTER_METRICS_LISTEN": ":9090", "MUSTER_UI_URL": "https://temporal.example.com/",
	"MUSTER_SWEEP": "10m", "MUSTER_API_TOKENS": "bot::respond:" + access.Hash("t"), "MUSTER_ENCRYPTION_KEYS": "k:YSBrZXkgb2YgdGhpcnR5LXR3byByYW5kb20gYnl0ZXM=",
}

func TestNothingIsNeeded(t *testing.T) {
	t.Parallel()
	c, err := config.Load(environment{"JIRA_URL": " ", "SLACK_BOT_TOKEN": ""}.lookup)
	require.NoError(t, err)
	require.Equal(t, "./muster.yaml", c.Playbook)
	require.Equal(t, "127.0.0.1:8087", c.Listen)
	require.Empty(t, c.MetricsListen)
	require.Equal(t, "127.0.0.1:8089", c.WorkerListen)
	require.Equal(t, time.Hour, c.Sweep)
	require.InDelta(t, 1, c.RateFactor, 0)
	require.False(t, c.Slack.On() || c.Jira.On() || c.PagerDuty.On())
	off := strings.Join(c.Off(), "\n")
	for _, want := range []string{"Slack is off: no channels", "Jira is off", "PagerDuty look-ups are off", "PagerDuty's webhooks are off", "the HTTP API has no tokens"} {
		require.Contains(t, off, want)
	}
	tokens, err := c.APITokens(nil)
	require.NoError(t, err)
	require.Empty(t, tokens)
}

func TestRateLimitsAreWidenedAndSwitchedOff(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]float64{"2.5": 2.5, "off": 0, " OFF ": 0, "": 1} {
		c, err := config.Load(environment{"MUSTER_RATE_LIMITS": given}.lookup)
		require.NoError(t, err)
		require.InDelta(t, want, c.RateFactor, 0, given)
	}
}

func TestEverythingIsSetUp(t *testing.T) {
	t.Parallel()
	c, err := config.Load(full.lookup)
	require.NoError(t, err)
	require.Empty(t, c.Off())
	require.Equal(t, "http://127.0.0.1:9001/api", c.Slack.APIURL)
	require.Len(t, c.Slack.SigningSecrets, 2)
	require.Equal(t, "slack-new", c.Slack.SigningSecrets[1].Reveal())
	require.Equal(t, "https://example.atlassian.net", c.Jira.URL)
	require.Equal(t, "jira-hook", c.Jira.WebhookSecrets[0].Reveal())
	require.Equal(t, 10*time.Minute, c.Sweep)
	require.Equal(t, "bot", c.Tokens[0].Name)
	require.Len(t, c.Secrets(), 8)
}

// Several workers on one machine each take a free port, or serve no health.
func TestHealthCanBeOffOrAtAFreePort(t *testing.T) {
	t.Parallel()
	c, err := config.Load(environment{"MUSTER_METRICS_LISTEN": "off", "MUSTER_WORKER_LISTEN": "Off"}.lookup)
	require.NoError(t, err)
	require.Empty(t, c.MetricsListen)
	require.Empty(t, c.WorkerListen)
	const free = "127.0.0.1:0"
	c, err = config.Load(environment{"MUSTER_LISTEN": free, "MUSTER_METRICS_LISTEN": free, "MUSTER_WORKER_LISTEN": free}.lookup)
	require.NoError(t, err)
	require.Equal(t, free, c.WorkerListen)
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	t.Parallel()
	c, err := config.Load(full.lookup)
	require.NoError(t, err)
	raw, err := json.Marshal(c)
	require.NoError(t, err)
	printed := string(raw) + fmt.Sprintf("%v %+v %#v", c, *c, *c)
	for _, s := range c.Secrets() {
		require.NotContains(t, printed, s.Reveal())
	}
	_, err = config.Load(full.with("SLACK_BOT_TOKEN", "xoxb\x01secret", "JIRA_URL", "https://user:hunter2@example.com", "MUSTER_API_TOKENS", "x:secret").lookup)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "secret")
	require.NotContains(t, err.Error(), "hunter2")
}

func TestWhatIsHalfThereIsNamedWithItsMend(t *testing.T) {
	t.Parallel()
	for want, pairs := range map[string][]string{
		"JIRA_URL is set but JIRA_TOKEN is not: set both or neither":                   {"JIRA_TOKEN", ""},
		"JIRA_TOKEN is set but JIRA_URL is not: set both or neither":                   {"JIRA_URL", ""},
		"JIRA_EMAIL or JIRA_WEBHOOK_SECRET is set but JIRA_URL and JIRA_TOKEN is not":  {"JIRA_URL", "", "JIRA_TOKEN", ""},
		"JIRA_EMAIL is not set, and Jira Cloud asks for it":                            {"JIRA_EMAIL", ""},
		`JIRA_EMAIL is "bot": write an e-mail address`:                                 {"JIRA_EMAIL", "bot"},
		`JIRA_DEPLOYMENT is "server": write cloud or datacenter`:                       {"JIRA_DEPLOYMENT", "Server"},
		"SLACK_APP_TOKEN or SLACK_API_URL is set but SLACK_BOT_TOKEN is not":           {"SLACK_BOT_TOKEN", ""},
		`SLACK_MODE is "carrier": write socket or http`:                                {"SLACK_MODE", "carrier"},
		"SLACK_MODE=socket is set but SLACK_APP_TOKEN is not":                          {"SLACK_MODE", "socket"},
		`SLACK_COMMAND is "incident": write it like /incident`:                         {"SLACK_COMMAND", "incident"},
		"SLACK_BOT_TOKEN is set and Slack has no way in: set SLACK_APP_TOKEN":          {"SLACK_SIGNING_SECRET", ""},
		"PAGERDUTY_FROM is set but PAGERDUTY_TOKEN is not":                             {"PAGERDUTY_TOKEN", ""},
		`PAGERDUTY_FROM is "bot": write the e-mail address`:                            {"PAGERDUTY_FROM", "bot"},
		`PAGERDUTY_SERVICE is "the muster": write the ID of a PagerDuty service`:       {"PAGERDUTY_SERVICE", "the muster"},
		"PAGERDUTY_SERVICE is set but PAGERDUTY_TOKEN or PAGERDUTY_FROM is not":        {"PAGERDUTY_FROM", ""},
		"PAGERDUTY_CLIENT_ID, PAGERDUTY_CLIENT_SECRET and PAGERDUTY_SUBDOMAIN belong":  {"PAGERDUTY_CLIENT_ID", "app"},
		"PAGERDUTY_TOKEN is a scoped token, which ends after a day: set PAGERDUTY_CLI": {"PAGERDUTY_TOKEN", "pdus+_0XBPWQQ"},
		"JIRA_URL is no web address: write it like https://example.com":                {"JIRA_URL", "example.atlassian.net"},
		"PAGERDUTY_API_URL is no web address":                                          {"PAGERDUTY_API_URL", "ftp://example.com"},
		"MUSTER_UI_URL holds a user name or password: leave it out":                    {"MUSTER_UI_URL", "https://me@example.com"},
		`MUSTER_LISTEN is "8087": write host:port`:                                     {"MUSTER_LISTEN", "8087"},
		"MUSTER_METRICS_LISTEN is the same as MUSTER_LISTEN":                           {"MUSTER_METRICS_LISTEN", "0.0.0.0:80"},
		"MUSTER_WORKER_LISTEN is the same as MUSTER_LISTEN":                            {"MUSTER_WORKER_LISTEN", "0.0.0.0:80"},
		"MUSTER_WORKER_LISTEN is the same as MUSTER_METRICS_LISTEN":                    {"MUSTER_WORKER_LISTEN", ":9090"},
		`MUSTER_WORKER_LISTEN is "on": write host:port`:                                {"MUSTER_WORKER_LISTEN", "on"},
		`MUSTER_SWEEP is "often": write a time`:                                        {"MUSTER_SWEEP", "often"},
		`MUSTER_DRAIN is "5": write a time of at most 1m, such as 5s`:                  {"MUSTER_DRAIN", "5"},
		`MUSTER_DRAIN is "2m": write a time of at most 1m, such as 5s`:                 {"MUSTER_DRAIN", "2m"},
		`MUSTER_DRAIN is "-1s": write a time of at most 1m, such as 5s`:                {"MUSTER_DRAIN", "-1s"},
		`MUSTER_RATE_LIMITS is "many": write how many times`:                           {"MUSTER_RATE_LIMITS", "many"},
		`MUSTER_RATE_LIMITS is "0": write how many times`:                              {"MUSTER_RATE_LIMITS", "0"},
		`MUSTER_RATE_LIMITS is "nan": write how many times`:                            {"MUSTER_RATE_LIMITS", "NaN"},
		"MUSTER_API_TOKENS: token 1: has 1 parts":                                      {"MUSTER_API_TOKENS", "x"},
		"SLACK_BOT_TOKEN holds control characters: paste it again":                     {"SLACK_BOT_TOKEN", "a\x00b"},
	} {
		_, err := config.Load(full.with(pairs...).lookup)
		require.ErrorContains(t, err, want)
	}
	_, err := config.Load(environment{"JIRA_URL": "x", "MUSTER_LISTEN": "y", "PAGERDUTY_FROM": "z"}.lookup)
	require.ErrorContains(t, err, "JIRA_URL")
	require.ErrorContains(t, err, "MUSTER_LISTEN")
	require.ErrorContains(t, err, "PAGERDUTY_FROM")
}

// The tokens of an app are asked for anew, so that a scoped one besides does no harm.
func TestAnAppTakesThePlaceOfAToken(t *testing.T) {
	t.Parallel()
	app := full.with("PAGERDUTY_CLIENT_ID", "app", "PAGERDUTY_CLIENT_SECRET", "pd-app-secret", "PAGERDUTY_SUBDOMAIN", "acme")
	for _, token := range []string{"", "pdus+_0XBPWQQ", "key"} {
		c, err := config.Load(app.with("PAGERDUTY_TOKEN", token).lookup)
		require.NoError(t, err)
		require.True(t, c.PagerDuty.On())
		require.True(t, c.PagerDuty.Reaches())
		require.Contains(t, c.Secrets(), c.PagerDuty.ClientSecret)
	}
}

func TestHowOftenTheSweepLooksIsSaidPlainly(t *testing.T) {
	t.Parallel()
	for given, said := range map[string]string{"": "every 1h (", "90m": "every 1h30m (", "10m": "every 10m (", "90s": "every 1m30s (", "2h": "every 2h ("} {
		c, err := config.Load(environment{"JIRA_URL": "https://example.atlassian.net", "JIRA_EMAIL": "muster@example.com", "JIRA_TOKEN": "t", "MUSTER_SWEEP": given}.lookup)
		require.NoError(t, err)
		require.Contains(t, strings.Join(c.Off(), "\n"), said)
	}
}

// Without a token, what people do at the pager is not heard, and this is said.
func TestWhatPagingWithoutATokenCosts(t *testing.T) {
	t.Parallel()
	c, err := config.Load(environment{"PAGERDUTY_WEBHOOK_SECRET": "s"}.lookup)
	require.NoError(t, err)
	off := strings.Join(c.Off(), "\n")
	require.Contains(t, off, "an acknowledgement on the phone is not heard")
	require.Contains(t, off, "the next step is woken all the same")
	require.Contains(t, off, "whose page somebody acknowledges in Muster")
	require.NotContains(t, off, "PagerDuty's webhooks are off")
	c, err = config.Load(environment{"PAGERDUTY_TOKEN": "t", "PAGERDUTY_WEBHOOK_SECRET": "s"}.lookup)
	require.NoError(t, err)
	require.Contains(t, strings.Join(c.Off(), "\n"), "paging people, escalation policies and schedules is off (set PAGERDUTY_FROM and PAGERDUTY_SERVICE)")
}

func TestDataCenterNeedsNoEmail(t *testing.T) {
	t.Parallel()
	c, err := config.Load(full.with("JIRA_EMAIL", "", "JIRA_DEPLOYMENT", "datacenter").lookup)
	require.NoError(t, err)
	require.True(t, c.Jira.On())
}

func TestSecretOfThePlaybook(t *testing.T) {
	t.Parallel()
	env := environment{"PD_CHECKOUT": " routing-key\n", "EMPTY": " "}
	c, err := config.Load(env.lookup)
	require.NoError(t, err)
	s, err := c.Secret("env:PD_CHECKOUT")
	require.NoError(t, err)
	require.Equal(t, "routing-key", s.Reveal())
	for _, name := range []string{"env:EMPTY", "env:ABSENT"} {
		_, err = c.Secret(name)
		require.ErrorContains(t, err, "is not set")
	}
	for _, name := range []string{"", "env:", "routing-key", "env:A=B", "env:A B"} {
		_, err = c.Secret(name)
		require.ErrorContains(t, err, "not written env:NAME", name)
		require.NotContains(t, err.Error(), "routing-key")
	}
}

func TestTokensFromAFile(t *testing.T) {
	t.Parallel()
	c, err := config.Load(full.with("MUSTER_API_TOKENS_FILE", "tokens.yaml").lookup)
	require.NoError(t, err)
	file := "tokens: [{name: alice, scopes: [read], sha256: " + access.Hash("alices-token-of-some-length") + "}]"
	tokens, err := c.APITokens(func(path string) ([]byte, error) {
		require.Equal(t, "tokens.yaml", path)
		return []byte(file), nil
	})
	require.NoError(t, err)
	require.Len(t, tokens, 2)
	_, ok := access.Find(tokens, "alices-token-of-some-length")
	require.True(t, ok)
	file = strings.ReplaceAll(file, "alice", "bot")
	_, err = c.APITokens(func(string) ([]byte, error) { return []byte(file), nil })
	require.ErrorContains(t, err, "MUSTER_API_TOKENS and MUSTER_API_TOKENS_FILE together: token 2 (bot): its name or hash is there already")
	missing := errors.New("no such file")
	_, err = c.APITokens(func(string) ([]byte, error) { return nil, missing })
	require.ErrorIs(t, err, missing)
	_, err = c.APITokens(func(string) ([]byte, error) { return []byte("nonsense"), nil })
	require.ErrorContains(t, err, "MUSTER_API_TOKENS_FILE")
}

func TestTemporalOptions(t *testing.T) {
	t.Parallel()
	none := t.TempDir() + "/none.toml"
	o, err := config.TemporalOptions(config.Temporal{}, environment{"TEMPORAL_CONFIG_FILE": none}.lookup, nil)
	require.NoError(t, err)
	require.Equal(t, "localhost:7233", o.HostPort)
	require.Equal(t, "default", o.Namespace)

	env := environment{"TEMPORAL_CONFIG_FILE": none, "TEMPORAL_ADDRESS": "temporal.example.com:7233", "TEMPORAL_NAMESPACE": "prod", "TEMPORAL_GRPC_META_TEAM": "sre"}
	environ := func() []string { return []string{"TEMPORAL_GRPC_META_TEAM=sre"} }
	o, err = config.TemporalOptions(config.Temporal{}, env.lookup, environ)
	require.NoError(t, err)
	require.Equal(t, "temporal.example.com:7233", o.HostPort)
	require.Equal(t, "prod", o.Namespace)
	require.NotNil(t, o.HeadersProvider)

	o, err = config.TemporalOptions(config.Temporal{Address: "127.0.0.1:1", Namespace: "dev"}, env.lookup, environ)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:1", o.HostPort, "a flag wins")
	require.Equal(t, "dev", o.Namespace)

	_, err = config.TemporalOptions(config.Temporal{Profile: "absent"}, env.lookup, nil)
	require.ErrorContains(t, err, "absent")
	_, err = config.TemporalOptions(config.Temporal{Address: "temporal"}, env.lookup, nil)
	require.ErrorContains(t, err, "write host:port")
}

func TestEncryptionKeysComeFromOnePlace(t *testing.T) {
	t.Parallel()
	line, err := sealed.NewKey("2026-10")
	require.NoError(t, err)
	read := func(path string) ([]byte, error) {
		if path != "keys" {
			return nil, errors.New("no such file")
		}
		return []byte(line + "\n"), nil
	}
	for _, env := range []environment{{sealed.Variable: line}, {sealed.FileVariable: "keys"}} {
		ring, err := config.EncryptionKeys(env.lookup, read)
		require.NoError(t, err)
		require.Equal(t, []string{"2026-10"}, ring.IDs())
		c, err := config.Load(env.lookup)
		require.NoError(t, err)
		require.NotContains(t, strings.Join(c.Off(), "\n"), "encryption is off")
	}
	ring, err := config.EncryptionKeys(environment{}.lookup, read)
	require.NoError(t, err)
	require.False(t, ring.Encrypts())
	c, err := config.Load(environment{}.lookup)
	require.NoError(t, err)
	require.Contains(t, strings.Join(c.Off(), "\n"), "encryption is off")
	for want, env := range map[string]environment{
		"MUSTER_ENCRYPTION_KEYS is set to nothing":                            {sealed.Variable: " "},
		"MUSTER_ENCRYPTION_KEYS_FILE is set to nothing":                       {sealed.FileVariable: ""},
		"MUSTER_ENCRYPTION_KEYS and MUSTER_ENCRYPTION_KEYS_FILE are both set": {sealed.Variable: line, sealed.FileVariable: "keys"},
		"MUSTER_ENCRYPTION_KEYS_FILE: no such file":                           {sealed.FileVariable: "other"},
		"MUSTER_ENCRYPTION_KEYS: key 1: is not written ID:KEY":                {sealed.Variable: "nonsense"},
	} {
		_, err := config.EncryptionKeys(env.lookup, read)
		require.ErrorContains(t, err, want)
		if want != "MUSTER_ENCRYPTION_KEYS_FILE: no such file" {
			_, err = config.Load(env.lookup)
			require.ErrorContains(t, err, want)
		}
	}
}
