// Package jira keeps Muster's issues in Jira: it creates, updates, moves and reads them over
// REST version 2 and reads Jira's webhooks.
//
// Version 2 is used because its bodies are wiki markup on Jira Cloud and Data Center alike;
// version 3 wants ADF documents and does not exist on Data Center. Requests are made and sent
// with github.com/andygrunwald/go-jira, but bodies and errors are read here: the library
// cannot set entity properties, does not decode the errors of a create, and hides the status
// of an answer that it cannot decode.
//
// Jira Cloud and Data Center (Options.Deployment "datacenter") are served alike; deployment.go
// has the table of their differences. Missing on Data Center: signed webhooks of versions that do
// not sign (see DecodeWebhook).
package jira

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	gojira "github.com/andygrunwald/go-jira"

	"muster/incident"
	"muster/integrations/fault"
)

// The values of Options.Deployment.
const (
	Cloud      = "cloud"
	DataCenter = "datacenter"
)

const (
	defaultTimeout = 10 * time.Second
	// Searching and then creating must fit into an activity of 30 s, see Options.SearchLagWait.
	defaultCloudLagWait = 20 * time.Second
	// Data Center indexes before it answers; only other nodes of a cluster lag a little.
	defaultDataCenterLagWait = 5 * time.Second

	// gatewayHost serves scoped API tokens under /ex/jira/{cloudId}. It shows people nothing, so
	// links to issues need the site's own address.
	gatewayHost = "api.atlassian.com"
)

// Options configure a Client. The zero values of all but URL, Email and Token are usable.
type Options struct {
	// URL is the site's address (JIRA_URL), with the context path if there is one:
	// https://example.atlassian.net, https://jira.example.com/jira.
	URL string
	// Email belongs to the API token (JIRA_EMAIL). Data Center needs none.
	Email string
	// Token is Jira Cloud's API token or Data Center's personal access token (JIRA_TOKEN).
	Token fault.Secret
	// Deployment is Cloud (also when empty) or DataCenter.
	Deployment string
	// Timeout bounds one request, 10 s when zero.
	Timeout time.Duration
	// HTTPClient is copied, and given Timeout if it has none of its own.
	HTTPClient *http.Client
	Logger     *slog.Logger
	// Observer, if set, hears of every call.
	Observer fault.Observer
	// Now is the clock for caches and Retry-After dates.
	Now func() time.Time
	// SearchLagWait is how long a look-up waits for the search index before it believes a miss:
	// 20 s on Cloud and 5 s on Data Center when zero, not at all when negative. Jira Cloud says
	// that a new issue is found after "a few seconds to minutes", so an issue that the index
	// shows later than this is created a second time; the duplicate carries the same label.
	SearchLagWait time.Duration
}

// Client talks to one Jira site. It is safe for concurrent use.
type Client struct {
	api      *gojira.Client
	base     *url.URL // ends in a slash
	email    string
	token    fault.Secret
	cloud    bool
	site     site
	log      *slog.Logger
	observer fault.Observer
	now      func() time.Time
	lagWait  time.Duration
	timeout  time.Duration
	users    userCache
	fields   fieldCache
	types    typeCache
	siteMu   sync.Mutex
	siteBase string
	self     atomic.Value // wireUser: the own account, once asked
}

// New makes a client without talking to Jira. Its error names the setting that is missing or
// wrong: JIRA_URL, JIRA_EMAIL or JIRA_TOKEN.
func New(o Options) (*Client, error) {
	base, cloud, err := o.validate()
	if err != nil {
		return nil, err
	}
	hc := httpClient(o)
	// A relative reference is resolved against the base, so the slash keeps a context path.
	api, err := gojira.NewClient(hc, base.String())
	if err != nil {
		return nil, fmt.Errorf("jira: JIRA_URL is no address: %w", err)
	}
	c := &Client{
		api: api, base: base, email: o.Email, token: o.Token, cloud: cloud, site: siteOf(cloud),
		log: o.Logger, observer: o.Observer, now: o.Now, lagWait: o.SearchLagWait, timeout: hc.Timeout,
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.lagWait == 0 {
		c.lagWait = defaultDataCenterLagWait
		if cloud {
			c.lagWait = defaultCloudLagWait
		}
	}
	if base.Host != gatewayHost {
		c.siteBase = base.String()
	}
	return c, nil
}

func (o Options) validate() (base *url.URL, cloud bool, err error) {
	switch o.Deployment {
	case "", Cloud:
		cloud = true
	case DataCenter:
	default:
		return nil, false, fmt.Errorf("jira: JIRA_DEPLOYMENT is %q, want %q or %q", o.Deployment, Cloud, DataCenter)
	}
	var missing []error
	if strings.TrimSpace(o.URL) == "" {
		missing = append(missing, errors.New("jira: JIRA_URL is not set; set it to the site's address, like https://example.atlassian.net"))
	}
	if cloud && strings.TrimSpace(o.Email) == "" {
		missing = append(missing, errors.New("jira: JIRA_EMAIL is not set; set it to the address of the account that made the API token"))
	}
	if strings.TrimSpace(o.Token.Reveal()) == "" {
		missing = append(missing, errors.New("jira: JIRA_TOKEN is not set; set it to an API token (Cloud) or personal access token (Data Center)"))
	}
	if len(missing) > 0 {
		return nil, false, errors.Join(missing...)
	}
	base, err = url.Parse(strings.TrimSpace(o.URL))
	// The address may hold a password by mistake, so the parser's own words are not repeated.
	if err != nil || (base.Scheme != "https" && base.Scheme != "http") || base.Host == "" {
		return nil, false, errors.New("jira: JIRA_URL is no address; write it like https://example.atlassian.net")
	}
	if base.User != nil {
		return nil, false, errors.New("jira: JIRA_URL must hold no user and no password; use JIRA_EMAIL and JIRA_TOKEN")
	}
	base.RawQuery, base.Fragment, base.RawFragment = "", "", ""
	base.Path = strings.TrimRight(base.Path, "/") + "/"
	base.RawPath = ""
	return base, cloud, nil
}

func httpClient(o Options) *http.Client {
	var hc http.Client
	if o.HTTPClient != nil {
		hc = *o.HTTPClient
	}
	if hc.Transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		// All requests go to one host; the default keeps two connections and reopens the rest.
		t.MaxIdleConnsPerHost = 32
		hc.Transport = t
	}
	if hc.Timeout == 0 {
		hc.Timeout = o.Timeout
	}
	if hc.Timeout == 0 {
		hc.Timeout = defaultTimeout
	}
	if hc.CheckRedirect == nil {
		// A redirect leads to a login page and would turn a POST into a GET that "succeeds".
		hc.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	return &hc
}

// browseURL is where a person sees the issue; empty when the site's address cannot be learnt.
func (c *Client) browseURL(ctx context.Context, key string) string {
	site := c.address(ctx)
	if site == "" || key == "" {
		return ""
	}
	return site + "browse/" + url.PathEscape(key)
}

func (c *Client) address(ctx context.Context) string {
	c.siteMu.Lock()
	known := c.siteBase
	c.siteMu.Unlock()
	if known != "" {
		return known
	}
	info, err := c.Server(ctx)
	if err != nil || incident.WebLink(info.URL) == "" {
		// An issue without a link is better than no issue.
		c.log.WarnContext(ctx, "jira: the site's address is unknown, issues are not linked", "error", err)
		return ""
	}
	c.siteMu.Lock()
	defer c.siteMu.Unlock()
	c.siteBase = strings.TrimRight(info.URL, "/") + "/"
	return c.siteBase
}
