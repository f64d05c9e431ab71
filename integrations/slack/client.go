// Package slack is Muster's client for Slack, built on slack-go. It takes and returns the
// vendor-neutral values of package incident, knows no workflow, and answers every failure
// with a *fault.Error that says whether trying again can help.
//
// Facts about Slack in this package come from the pages of docs.slack.dev that are named
// beside them.
package slack

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	slackapi "github.com/slack-go/slack"

	"muster/incident"
	"muster/integrations/fault"
)

const (
	vendorName = "slack"

	defaultBaseURL = "https://slack.com/api/"
	// defaultTimeout is shorter than any activity's timeout, so that a request has ended
	// at the vendor's side before the next attempt looks for what it did.
	defaultTimeout = 10 * time.Second
	// identityTTL bounds how long a changed workspace address or scope goes unnoticed.
	identityTTL = time.Hour
)

// Options are the client's settings. Only Token is needed.
type Options struct {
	// Token is a bot token (xoxb-...).
	Token fault.Secret
	// BaseURL is where the Web API is; empty means Slack. A missing trailing slash is added.
	BaseURL string
	// Timeout bounds one request, answer included; zero means 10 seconds.
	Timeout time.Duration
	// HTTPClient carries the requests if set. Redirects are never followed.
	HTTPClient *http.Client
	// Logger gets a debug line per request and warnings; nil discards them.
	Logger *slog.Logger
	// Observer, if set, hears of every call.
	Observer fault.Observer
	// Now tells the time; nil means time.Now.
	Now func() time.Time
}

// Client talks to one Slack workspace as one bot. It is safe for concurrent use.
type Client struct {
	api    *slackapi.Client
	wire   *wire
	log    *slog.Logger
	now    func() time.Time
	people *directory
	// members are people by user ID, groups the user groups by handle.
	members *memory[Member]
	// confirmed has the users of whom Slack said a moment ago that they are members.
	confirmed *memory[bool]
	groups    *memory[map[string]string]

	mu      sync.Mutex
	known   Account
	knownAt time.Time
}

// New makes a client without calling Slack. It refuses settings that cannot work: with no
// token at all the error has the class fault.Off, otherwise fault.Permanent.
func New(o Options) (*Client, error) {
	if err := checkToken(o.Token.Reveal()); err != nil {
		return nil, err
	}
	base, err := checkBaseURL(o.BaseURL)
	if err != nil {
		return nil, err
	}
	if o.Timeout < 0 {
		return nil, unset("the timeout is negative", "leave it out or give it as 10s")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	w := newWire(o, base)
	c := &Client{
		// slack-go's own retries stay off (it has none unless asked): they repeat a
		// request that broke off, and with it a message that was posted.
		api:    slackapi.New(o.Token.Reveal(), slackapi.OptionAPIURL(base), slackapi.OptionHTTPClient(w)),
		wire:   w,
		log:    o.Logger,
		now:    o.Now,
		people: newDirectory(o.Now), members: newMemory[Member](o.Now), confirmed: newMemory[bool](o.Now), groups: newMemory[map[string]string](o.Now),
	}
	return c, nil
}

func unset(reason, mend string) *fault.Error {
	return &fault.Error{Vendor: vendorName, Operation: "settings", Class: fault.Permanent, Reason: reason, Mend: mend}
}

// checkToken knows Slack's kinds of token by their prefixes
// (https://docs.slack.dev/authentication/tokens). No part of the token is in its errors.
func checkToken(token string) error {
	const mend = "set SLACK_BOT_TOKEN to the Bot User OAuth Token (xoxb-...) of the app's page OAuth & Permissions"
	switch {
	case token == "":
		return &fault.Error{Vendor: vendorName, Operation: "settings", Class: fault.Off, Reason: "there is no bot token", Mend: mend}
	case strings.ContainsAny(token, " \t\r\n"):
		return unset("the bot token has white space in it", mend)
	case strings.HasPrefix(token, "xapp-"):
		return unset("the bot token is an app-level token", mend)
	case strings.HasPrefix(token, "xoxp-"):
		return unset("the bot token is a user token", mend)
	case strings.HasPrefix(token, "xoxe."):
		return unset("the bot token expires within hours, since the app has token rotation switched on", "switch token rotation off, then "+mend)
	case !strings.HasPrefix(token, "xoxb-") || len(token) == len("xoxb-"):
		return unset("the bot token does not look like one", mend)
	}
	return nil
}

func checkBaseURL(base string) (string, error) {
	if base == "" {
		return defaultBaseURL, nil
	}
	const mend = "leave SLACK_API_URL empty, or write it like https://slack.com/api/"
	u, err := url.Parse(base)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return "", unset("the API's address is malformed", mend)
	case u.User != nil, u.RawQuery != "", u.Fragment != "":
		return "", unset("the API's address has more than a host and a path", mend)
	}
	// slack-go glues address and method together without looking.
	return strings.TrimSuffix(base, "/") + "/", nil
}

// Account is who the client is at Slack.
type Account struct {
	Team   string
	TeamID string
	// EnterpriseID is set in a workspace of an organisation.
	EnterpriseID string
	// URL is the workspace's address with a trailing slash.
	URL string
	// Bot is the bot user's name, BotUserID its user ID and BotID its bot ID.
	Bot       string
	BotUserID string
	BotID     string
	// Scopes are what the token was granted, sorted; nil if Slack did not say.
	Scopes []string
	// Missing are the scopes of Scopes() without which something will not work.
	Missing []Scope
}

// Check asks Slack who we are and what we may do (auth.test, which needs no scope). It makes
// a call each time; scopes are read from the header X-OAuth-Scopes.
func (c *Client) Check(ctx context.Context) (Account, error) {
	answer, err := c.api.AuthTestContext(ctx)
	if err != nil {
		return Account{}, c.fail("auth.test", err)
	}
	if answer.UserID == "" || answer.TeamID == "" {
		return Account{}, emptyAnswer("auth.test")
	}
	a := Account{
		Team: answer.Team, TeamID: answer.TeamID, EnterpriseID: answer.EnterpriseID, URL: strings.TrimSuffix(incident.WebLink(answer.URL), "/") + "/",
		Bot: answer.User, BotUserID: answer.UserID, BotID: answer.BotID,
	}
	if header := answer.Header.Get("X-OAuth-Scopes"); header != "" {
		for s := range strings.SplitSeq(header, ",") {
			a.Scopes = append(a.Scopes, strings.TrimSpace(s))
		}
		slices.Sort(a.Scopes)
		a.Missing = missing(a.Scopes)
	}
	c.mu.Lock()
	c.known, c.knownAt = a, c.now()
	c.mu.Unlock()
	return a, nil
}

// account is Check with a memory.
func (c *Client) account(ctx context.Context) (Account, error) {
	c.mu.Lock()
	known, at := c.known, c.knownAt
	c.mu.Unlock()
	if known.BotUserID != "" && c.now().Sub(at) < identityTTL {
		return known, nil
	}
	return c.Check(ctx)
}

// identity is account, or what it last was: which workspace a token is for never changes.
func (c *Client) identity(ctx context.Context) (Account, error) {
	a, err := c.account(ctx)
	if err == nil {
		return a, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known.TeamID == "" {
		return Account{}, err
	}
	return c.known, nil
}

// address links to a channel or, with a timestamp, to a message in it. It follows the shape
// that chat.getPermalink answers, and saves that call. A link is not worth a failure, so it
// is empty while Slack does not say where the workspace is.
func (c *Client) address(ctx context.Context, channel, ts, thread string) string {
	a, err := c.account(ctx)
	if err != nil || a.URL == "/" {
		return ""
	}
	link := a.URL + "archives/" + channel
	if ts != "" {
		link += "/p" + strings.ReplaceAll(ts, ".", "")
	}
	if thread != "" {
		link += fmt.Sprintf("?thread_ts=%s&cid=%s", thread, channel)
	}
	return link
}
