package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/gateway/access"
	"muster/incident"
	"muster/integrations/fault"
	"muster/internal/sealed"
)

// The defaults.
const (
	DefaultPlaybook     = "./muster.yaml"
	DefaultListen       = "127.0.0.1:8087"
	DefaultWorkerListen = "127.0.0.1:8089"
	DefaultSweep        = time.Hour
	DefaultCommand      = "/incident"
	// LongestDrain bounds MUSTER_DRAIN: who supervises processes seldom waits for more.
	LongestDrain = time.Minute
)

// Off is how an address is written at which nothing shall listen.
const Off = "off"

// Lookup gives an environment variable, as os.LookupEnv does.
type Lookup func(name string) (string, bool)

// Config is everything that the environment says. It may be printed: secrets are hidden.
type Config struct {
	// Playbook is the path of muster.yaml.
	Playbook string
	// Listen is where the gateway listens, MetricsListen where health and metrics do; empty is off.
	Listen        string
	MetricsListen string
	// WorkerListen is where the worker's health does; empty is off.
	WorkerListen string
	// UIURL is where Temporal's Web UI is, for links; empty for none.
	UIURL string
	// Drain is how long a gateway that is asked to end goes on taking requests, while its readiness says no already.
	Drain time.Duration
	// Sweep is how often Muster looks for what vendors' webhooks missed.
	Sweep time.Duration
	// Deployment is the Worker Deployment of this installation, empty for workers without versions; Build is
	// what tells its workers from those of another build.
	Deployment, Build string
	// RateFactor is how many times the usual rate limits of the gateway are, 0 for none at all.
	RateFactor float64
	// Archive is the URL of the archive, which may hold a password; empty for none.
	Archive fault.Secret

	Slack     Slack
	Jira      Jira
	PagerDuty PagerDuty

	// Tokens are those of the HTTP API that the environment holds, TokensFile is where more of
	// them are; see APITokens.
	Tokens     []access.Token
	TokensFile string

	encrypts bool // with the keys of EncryptionKeys

	lookup Lookup
}

// Jira are the settings of Jira.
type Jira struct {
	URL   string
	Email string
	Token fault.Secret
	// Deployment is jira.Cloud, jira.DataCenter or empty.
	Deployment     string
	WebhookSecrets []fault.Secret
}

// On reports whether Jira is set up.
func (j Jira) On() bool { return j.URL != "" && !j.Token.Empty() }

// PagerDuty are the settings of PagerDuty. Pages need none of them: their keys are credentials
// that the playbook names.
type PagerDuty struct {
	Token fault.Secret
	// ClientID, ClientSecret and Subdomain are those of an app that asks for tokens; they take the
	// place of Token.
	ClientID     string
	ClientSecret fault.Secret
	Subdomain    string
	From         string
	// Service is where pages to people, policies and schedules are made.
	Service        string
	WebhookSecrets []fault.Secret
	EventsURL      string
	APIURL         string
}

// On reports whether look-ups at PagerDuty are set up.
func (p PagerDuty) On() bool { return !p.Token.Empty() || p.ClientID != "" }

// Reaches reports whether people, policies and schedules can be paged.
func (p PagerDuty) Reaches() bool { return p.On() && p.From != "" && p.Service != "" }

// Load reads the environment. The error joins everything that is wrong, each with the variable
// and its mend; the Config is usable as far as it goes.
func Load(lookup Lookup) (*Config, error) {
	r := reader{lookup: lookup}
	c := &Config{
		lookup:        lookup,
		Playbook:      r.text("MUSTER_PLAYBOOK", DefaultPlaybook),
		Listen:        r.address("MUSTER_LISTEN", DefaultListen),
		MetricsListen: r.addressOrOff("MUSTER_METRICS_LISTEN", ""),
		WorkerListen:  r.addressOrOff("MUSTER_WORKER_LISTEN", DefaultWorkerListen),
		UIURL:         r.url("MUSTER_UI_URL"),
		Drain:         r.drain("MUSTER_DRAIN"),
		Sweep:         r.span("MUSTER_SWEEP", DefaultSweep),
		RateFactor:    r.factor("MUSTER_RATE_LIMITS"),
		TokensFile:    r.text("MUSTER_API_TOKENS_FILE", ""),
		Deployment:    r.text("MUSTER_DEPLOYMENT", ""),
		Archive:       r.secret("MUSTER_ARCHIVE"),
		Slack:         r.slack(),
		Jira: Jira{
			URL: r.url("JIRA_URL"), Email: r.text("JIRA_EMAIL", ""), Token: r.secret("JIRA_TOKEN"),
			Deployment:     strings.ToLower(r.text("JIRA_DEPLOYMENT", "")),
			WebhookSecrets: r.secrets("JIRA_WEBHOOK_SECRET", "JIRA_WEBHOOK_SECRETS"),
		},
		PagerDuty: PagerDuty{
			Token: r.secret("PAGERDUTY_TOKEN"), From: r.text("PAGERDUTY_FROM", ""), Service: r.text("PAGERDUTY_SERVICE", ""),
			ClientID: r.text("PAGERDUTY_CLIENT_ID", ""), ClientSecret: r.secret("PAGERDUTY_CLIENT_SECRET"), Subdomain: r.text("PAGERDUTY_SUBDOMAIN", ""),
			WebhookSecrets: r.secrets("PAGERDUTY_WEBHOOK_SECRET", "PAGERDUTY_WEBHOOK_SECRETS"),
			EventsURL:      r.url("PAGERDUTY_EVENTS_URL"), APIURL: r.url("PAGERDUTY_API_URL"),
		},
	}
	c.Build = r.build(c.Deployment)
	if list := r.text("MUSTER_API_TOKENS", ""); list != "" {
		tokens, err := access.Parse(list)
		if err != nil {
			r.wrong("MUSTER_API_TOKENS: %w", err)
		}
		c.Tokens = tokens
	}
	if keys, err := EncryptionKeys(lookup, nil); err != nil {
		r.errs = append(r.errs, err)
	} else {
		c.encrypts = keys.Encrypts() || r.text(sealed.FileVariable, "") != ""
	}
	if _, err := Log(lookup); err != nil {
		r.errs = append(r.errs, err)
	}
	return c, errors.Join(append(r.errs, c.Validate())...)
}

// Validate says what is half there, each with its mend.
func (c *Config) Validate() error {
	var errs []error
	errs = append(errs, c.Slack.validate()...)
	errs = append(errs, c.Jira.validate()...)
	errs = append(errs, c.PagerDuty.validate()...)
	errs = append(errs, c.validateListeners()...)
	return errors.Join(errs...)
}

// validateListeners wants each its own address, since worker and gateway are best given the same
// environment. Port 0 is a free one each time.
func (c *Config) validateListeners() []error {
	var errs []error
	taken := map[string]string{c.Listen: "MUSTER_LISTEN"}
	for _, l := range []struct{ variable, address string }{
		{"MUSTER_METRICS_LISTEN", c.MetricsListen}, {"MUSTER_WORKER_LISTEN", c.WorkerListen},
	} {
		if other := taken[l.address]; other != "" && !strings.HasSuffix(l.address, ":0") {
			errs = append(errs, fmt.Errorf("%s is the same as %s: give it another port", l.variable, other))
		}
		if l.address != "" {
			taken[l.address] = l.variable
		}
	}
	return errs
}

func (c *Config) hasTokens() bool { return len(c.Tokens) > 0 || c.TokensFile != "" }

func (j Jira) validate() []error {
	var errs []error
	switch {
	case j.URL != "" && j.Token.Empty():
		errs = append(errs, half("JIRA_URL", "JIRA_TOKEN"))
	case j.URL == "" && !j.Token.Empty():
		errs = append(errs, half("JIRA_TOKEN", "JIRA_URL"))
	case j.URL == "" && (j.Email != "" || len(j.WebhookSecrets) > 0):
		errs = append(errs, half("JIRA_EMAIL or JIRA_WEBHOOK_SECRET", "JIRA_URL and JIRA_TOKEN"))
	}
	dataCenter := j.Deployment == "datacenter"
	if j.Deployment != "" && j.Deployment != "cloud" && !dataCenter {
		errs = append(errs, fmt.Errorf("JIRA_DEPLOYMENT is %q: write cloud or datacenter, or leave it out for cloud", j.Deployment))
	}
	if j.On() && j.Email == "" && !dataCenter {
		errs = append(errs, errors.New("JIRA_EMAIL is not set, and Jira Cloud asks for it: set it to the address to which JIRA_TOKEN belongs, or JIRA_DEPLOYMENT to datacenter"))
	}
	if j.Email != "" && incident.CheckPerson("", j.Email) != nil {
		errs = append(errs, fmt.Errorf("JIRA_EMAIL is %q: write an e-mail address", j.Email))
	}
	return errs
}

func (p PagerDuty) validate() []error {
	var errs []error
	wrong := func(is bool, err error) {
		if is {
			errs = append(errs, err)
		}
	}
	app, wholeApp := p.ClientID != "" || !p.ClientSecret.Empty() || p.Subdomain != "", p.ClientID != "" && !p.ClientSecret.Empty() && p.Subdomain != ""
	wrong(p.From != "" && incident.CheckPerson("", p.From) != nil, fmt.Errorf("PAGERDUTY_FROM is %q: write the e-mail address of a PagerDuty user", p.From))
	wrong(p.From != "" && !p.On(), half("PAGERDUTY_FROM", "PAGERDUTY_TOKEN"))
	wrong(p.Service != "" && !pagerID.MatchString(p.Service), fmt.Errorf("PAGERDUTY_SERVICE is %q: write the ID of a PagerDuty service, as it is in the address of its page", p.Service))
	wrong(p.Service != "" && (!p.On() || p.From == ""), half("PAGERDUTY_SERVICE", "PAGERDUTY_TOKEN or PAGERDUTY_FROM"))
	wrong(app && !wholeApp, errors.New("PAGERDUTY_CLIENT_ID, PAGERDUTY_CLIENT_SECRET and PAGERDUTY_SUBDOMAIN belong together: set all of them or none"))
	// It would work for a day, and then nobody would know why acknowledgements are not heard.
	wrong(!app && scopedToken.MatchString(p.Token.Reveal()), errors.New("PAGERDUTY_TOKEN is a scoped token, which ends after a day: set PAGERDUTY_CLIENT_ID, PAGERDUTY_CLIENT_SECRET and PAGERDUTY_SUBDOMAIN of its app instead, so that Muster asks for new ones, or set PAGERDUTY_TOKEN to an API key"))
	return errs
}

var (
	// pagerID is the shape of PagerDuty's IDs.
	pagerID = regexp.MustCompile(`^[A-Za-z0-9]{1,64}$`)
	// scopedToken is the beginning of tokens that PagerDuty issues for apps.
	scopedToken = regexp.MustCompile(`^pd[a-z]{2}\+`)
)

func half(set, unset string) error {
	return fmt.Errorf("%s is set but %s is not: set both or neither", set, unset)
}

// plainSpan writes a span of time without parts that are zero: 1h, 90s, 1h30m.
func plainSpan(d time.Duration) string {
	text := d.String()
	if cut, ok := strings.CutSuffix(text, "m0s"); ok {
		text = cut + "m"
	}
	if cut, ok := strings.CutSuffix(text, "h0m"); ok {
		text = cut + "h"
	}
	return text
}

// Off says what will not happen because a vendor, or a part of its settings, is not there.
func (c *Config) Off() []string {
	var off []string
	say := func(is bool, text string) {
		if is {
			off = append(off, text)
		}
	}
	say(!c.Slack.On(), "Slack is off: no channels, boards and announcements (set SLACK_BOT_TOKEN, and SLACK_APP_TOKEN or SLACK_SIGNING_SECRET)")
	say(c.Archive.Empty(), "There is no archive: what Temporal does not keep any more is gone, and nothing can be searched or counted (set MUSTER_ARCHIVE)")
	say(!c.Jira.On(), "Jira is off: incidents and follow-ups get no issues (set JIRA_URL, JIRA_EMAIL and JIRA_TOKEN)")
	say(c.Jira.On() && len(c.Jira.WebhookSecrets) == 0, "Jira's webhooks are off: what happens to issues is seen by the sweep only, every "+plainSpan(c.Sweep)+" (set JIRA_WEBHOOK_SECRET)")
	say(!c.PagerDuty.On(), "PagerDuty look-ups are off: pages go out, and an acknowledgement on the phone is not heard, neither by webhook nor by asking, so that the next step is woken all the same; nobody knows whose page somebody acknowledges in Muster, or whether a page arrived (set PAGERDUTY_TOKEN, or PAGERDUTY_CLIENT_ID and what belongs to it)")
	say(len(c.PagerDuty.WebhookSecrets) == 0, "PagerDuty's webhooks are off: acknowledgements there are heard only when Muster asks, about a minute later (set PAGERDUTY_WEBHOOK_SECRET)")
	say(c.PagerDuty.On() && !c.PagerDuty.Reaches(), "paging people, escalation policies and schedules is off (set PAGERDUTY_FROM and PAGERDUTY_SERVICE)")
	say(!c.encrypts, "encryption is off: whoever reaches Temporal's namespace, or has its database, reads every incident (set MUSTER_ENCRYPTION_KEYS, see docs/encryption.md)")
	say(!c.hasTokens(), "the HTTP API has no tokens: it serves nobody except in dev mode (set MUSTER_API_TOKENS or MUSTER_API_TOKENS_FILE)")
	return off
}

// APITokens gives the tokens of the HTTP API, those of the file included, which read (usually
// os.ReadFile) reads. None is no error: then the API refuses everybody. A token in both places is
// refused: taken out of one of them, it would still be let in.
func (c *Config) APITokens(read func(path string) ([]byte, error)) ([]access.Token, error) {
	for _, name := range []string{"MUSTER_API_TOKENS", "MUSTER_API_TOKENS_FILE"} {
		if v, set := c.lookup(name); set && strings.TrimSpace(v) == "" {
			return nil, fmt.Errorf("%s is set to nothing: store a token in it as `starter token new` prints it, or do not set it", name)
		}
	}
	tokens := slices.Clone(c.Tokens)
	if c.TokensFile == "" {
		return tokens, nil
	}
	data, err := read(c.TokensFile)
	if err != nil {
		return nil, fmt.Errorf("MUSTER_API_TOKENS_FILE: %w", err)
	}
	more, err := access.Load(data)
	if err != nil {
		return nil, fmt.Errorf("MUSTER_API_TOKENS_FILE: %w", err)
	}
	all, err := access.Check(append(tokens, more...))
	if err != nil {
		return nil, fmt.Errorf("MUSTER_API_TOKENS and MUSTER_API_TOKENS_FILE together: %w", err)
	}
	return all, nil
}

// Secret resolves a credential that the playbook names, such as env:PD_CHECKOUT. It reads the
// environment when it is called, and its error never shows a value.
func (c *Config) Secret(name string) (fault.Secret, error) {
	variable, ok := strings.CutPrefix(name, "env:")
	if !ok || variable == "" || strings.ContainsAny(variable, "= \t\n") {
		// What is no reference may be a secret that somebody wrote into the playbook.
		return fault.Secret{}, errors.New("the playbook's credential is not written env:NAME; correct it in muster.yaml")
	}
	value, _ := c.lookup(variable)
	if value = strings.TrimSpace(value); value == "" {
		return fault.Secret{}, fmt.Errorf("the environment variable %s is not set; set it for the worker", variable)
	}
	return fault.NewSecret(value), nil
}

// Secrets lists every secret that is configured here, for tests that search for leaks.
func (c *Config) Secrets() []fault.Secret {
	all := []fault.Secret{c.Archive, c.Slack.Token, c.Slack.AppToken, c.Jira.Token, c.PagerDuty.Token, c.PagerDuty.ClientSecret}
	all = append(all, c.Slack.SigningSecrets...)
	all = append(all, c.Jira.WebhookSecrets...)
	all = append(all, c.PagerDuty.WebhookSecrets...)
	return slices.DeleteFunc(all, fault.Secret.Empty)
}

// reader reads variables and collects what is wrong with them.
type reader struct {
	lookup Lookup
	errs   []error
}

func (r *reader) wrong(format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf(format, args...))
}

// text reads a variable; one that is set to nothing counts as unset.
func (r *reader) text(name, otherwise string) string {
	v, _ := r.lookup(name)
	if v = strings.TrimSpace(v); v == "" {
		return otherwise
	}
	return v
}

func (r *reader) secret(name string) fault.Secret {
	v := r.text(name, "")
	if strings.ContainsFunc(v, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		r.wrong("%s holds control characters: paste it again", name)
		return fault.Secret{}
	}
	return fault.NewSecret(v)
}

// secrets reads one secret or several, separated by commas: while a secret is being changed at
// the vendor, the old and the new one are both valid.
func (r *reader) secrets(names ...string) []fault.Secret {
	var all []fault.Secret
	for _, name := range names {
		for v := range strings.SplitSeq(r.text(name, ""), ",") {
			if v = strings.TrimSpace(v); v != "" {
				all = append(all, fault.NewSecret(v))
			}
		}
	}
	return all
}

func (r *reader) url(name string) string {
	v := r.text(name, "")
	if v == "" {
		return ""
	}
	u, err := url.Parse(v)
	switch {
	case err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "":
		r.wrong("%s is no web address: write it like https://example.com", name)
	case u.User != nil:
		r.wrong("%s holds a user name or password: leave it out", name)
	default:
		return strings.TrimRight(v, "/")
	}
	return ""
}

func (r *reader) address(name, otherwise string) string {
	v := r.text(name, otherwise)
	if v == "" {
		return ""
	}
	if _, port, err := net.SplitHostPort(v); err != nil || port == "" {
		r.wrong("%s is %q: write host:port, such as %s", name, v, DefaultListen)
		return otherwise
	}
	return v
}

func (r *reader) addressOrOff(name, otherwise string) string {
	if strings.EqualFold(r.text(name, ""), Off) {
		return ""
	}
	return r.address(name, otherwise)
}

func (r *reader) span(name string, otherwise time.Duration) time.Duration {
	v := r.text(name, "")
	if v == "" {
		return otherwise
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < time.Second {
		r.wrong("%s is %q: write a time of at least 1s, such as 1h", name, v)
		return otherwise
	}
	return d
}

// drain reads a short time; unset is none.
func (r *reader) drain(name string) time.Duration {
	v := r.text(name, "")
	if v == "" {
		return 0
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < 0 || d > LongestDrain {
		r.wrong("%s is %q: write a time of at most %s, such as 5s, or 0s", name, v, plainSpan(LongestDrain))
		return 0
	}
	return d
}

// factor reads a multiple of what is usual; off is 0.
func (r *reader) factor(name string) float64 {
	switch v := strings.ToLower(r.text(name, "")); v {
	case "":
		return 1
	case "off":
		return 0
	default:
		f, err := strconv.ParseFloat(v, 64)
		if err != nil || !(f >= 0.1 && f <= 1000) { // NaN is neither
			r.wrong("%s is %q: write how many times the usual limits are wanted, from 0.1 to 1000, or off", name, v)
			return 1
		}
		return f
	}
}
