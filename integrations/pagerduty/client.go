// Package pagerduty is Muster's client for PagerDuty: it pages through the Events API v2,
// reads back through the REST API what became of a page, and reads v3 webhooks.
//
// The requests are made by github.com/PagerDuty/go-pagerduty; what that library loses or gets
// wrong is mended in one place each: lost errors, headers and messages in exchange.go, the
// OAuth constructor in New, the unfiltered list in Find, signatures in webhook.go.
package pagerduty

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"time"

	library "github.com/PagerDuty/go-pagerduty"

	"muster/incident"
	"muster/integrations/fault"
)

// vendorName is what this vendor is called in errors.
const vendorName = "pagerduty"

// The addresses of PagerDuty's service regions are listed at
// https://support.pagerduty.com/docs/service-regions; these are those of the US region.
const (
	DefaultEventsURL = "https://events.pagerduty.com"
	DefaultAPIURL    = "https://api.pagerduty.com"
)

// DefaultTimeout ends a request before the 10 s that an activity has for a page are over, so
// that the activity hears the reason. A PagerDuty that takes 5 s for an answer is slow, not away.
const DefaultTimeout = 9 * time.Second

// Options say how to reach PagerDuty. The zero value can page (a routing key comes with each
// call) but cannot look anything up.
type Options struct {
	// EventsURL is the base address of the Events API; empty means DefaultEventsURL.
	EventsURL string
	// APIURL is the base address of the REST API; empty means DefaultAPIURL.
	APIURL string
	// Token is for the REST API: an account or user API key, or a scoped OAuth token, which ends
	// after a day. If it is empty, and ClientID too, every look-up answers an error of class
	// fault.Off.
	Token fault.Secret
	// ClientID and ClientSecret are those of a PagerDuty app with Scoped OAuth, Subdomain is the
	// account's, such as acme for acme.pagerduty.com. Tokens are then asked for, and asked for anew
	// when they end.
	ClientID     string
	ClientSecret fault.Secret
	Subdomain    string
	// IdentityURL is where tokens are issued; empty means DefaultIdentityURL.
	IdentityURL string
	// From is the e-mail address of the PagerDuty user in whose name Muster writes through the
	// REST API.
	From string
	// Service is the ID of the PagerDuty service for pages that go to people, policies and
	// schedules.
	Service string
	// Timeout is for one request; 0 means DefaultTimeout.
	Timeout time.Duration
	// HTTPClient, if set, makes the requests; its timeout and redirect policy are replaced.
	HTTPClient *http.Client
	// Logger, if set, hears of what is survived; it never hears a secret.
	Logger *slog.Logger
	// Observer, if set, hears of every call.
	Observer fault.Observer
	// Now, if set, takes the place of time.Now.
	Now func() time.Time
}

// Client talks to one PagerDuty account. It is safe for concurrent use.
type Client struct {
	events *library.Client
	rest   *library.Client
	apiURL string
	auth   *credentials
	from   string
	// service is where incidents are made through the REST API.
	service string
	// timeout is kept to say in an error how long was waited.
	timeout time.Duration
	log     *slog.Logger
	// observer hears of every call.
	observer fault.Observer
	now      func() time.Time
	emails   *memory[string]
	users    *memory[string] // IDs by e-mail address
	alerts   *memory[[]Alert]
	onCalls  *memory[[]string] // by policy
}

// New makes a client. It makes no request. Its errors name the option that is wrong.
func New(o Options) (*Client, error) {
	eventsURL, eventsErr := baseURL("EventsURL", cmp.Or(o.EventsURL, DefaultEventsURL))
	apiURL, apiErr := baseURL("APIURL", cmp.Or(o.APIURL, DefaultAPIURL))
	identityURL, identityErr := baseURL("IdentityURL", cmp.Or(o.IdentityURL, DefaultIdentityURL))
	if err := errors.Join(eventsErr, apiErr, identityErr, checkToken(o.Token), checkApp(o), checkFrom(o.From), checkService(o.Service)); err != nil {
		return nil, fmt.Errorf("pagerduty: %w", err)
	}
	if o.Timeout < 0 {
		return nil, fmt.Errorf("pagerduty: option Timeout: %s is negative", o.Timeout)
	}
	timeout := cmp.Or(o.Timeout, DefaultTimeout)
	c := &Client{
		apiURL: apiURL, from: o.From, service: o.Service, timeout: timeout,
		log: o.Logger, observer: o.Observer, now: o.Now,
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.now == nil {
		c.now = time.Now
	}
	c.emails = newMemory[string](c.now, emailAge, emailRoom)
	c.users = newMemory[string](c.now, emailAge, emailRoom)
	c.alerts = newMemory[[]Alert](c.now, alertsKept, alertsRoom)
	c.onCalls = newMemory[[]string](c.now, onCallAge, onCallRoom)
	bounded := httpClient(o.HTTPClient, timeout)
	c.auth = &credentials{
		key: o.Token, identityURL: identityURL, clientID: o.ClientID, secret: o.ClientSecret,
		account: "as_account-" + region(apiURL) + "." + o.Subdomain, http: bounded, now: c.now,
	}
	// NewOAuthClient would drop its options, and with them the address: a test would call the
	// real PagerDuty. Tokens change, so the recorder sends them.
	c.rest = library.NewClient("", library.WithAPIEndpoint(apiURL))
	c.rest.HTTPClient = recorder{http: bounded, credentials: c.auth}
	c.events = library.NewClient("", library.WithV2EventsAPIEndpoint(eventsURL))
	c.events.HTTPClient = recorder{http: bounded}
	return c, nil
}

// String keeps the token out of logs: fmt prints the fields of a struct without asking a Secret
// in an unexported one how it wants to be shown.
func (c *Client) String() string { return "pagerduty.Client" }

// GoString does for %#v what String does.
func (c *Client) GoString() string { return c.String() }

// httpClient copies the caller's client, or http.DefaultClient, and bounds it.
func httpClient(from *http.Client, timeout time.Duration) *http.Client {
	var client http.Client
	if from != nil {
		client = *from
	}
	client.Timeout = timeout
	// A POST that is redirected with 301 or 302 arrives as a GET, whose 200 would be taken for
	// a page that was sent.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

func baseURL(option, address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		// The address is not repeated: it may hold a password.
		return "", fmt.Errorf("option %s: is no http or https address", option)
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("option %s: must have no query and no fragment", option)
	}
	// The library appends paths that begin with a slash.
	return strings.TrimRight(address, "/"), nil
}

func checkToken(token fault.Secret) error {
	for _, r := range token.Reveal() {
		if r <= ' ' || r > '~' {
			return errors.New("option Token: has a space, a line break or another character that no token has")
		}
	}
	return nil
}

func checkApp(o Options) error {
	app := o.ClientID != "" || !o.ClientSecret.Empty() || o.Subdomain != ""
	switch {
	case !app:
		return nil
	case o.ClientID == "" || o.ClientSecret.Empty() || o.Subdomain == "":
		return errors.New("options ClientID, ClientSecret and Subdomain: one is there without the others")
	case !o.Token.Empty():
		return errors.New("options Token and ClientID: one takes the place of the other")
	case !subdomain.MatchString(o.Subdomain):
		return errors.New("option Subdomain: is no subdomain, such as acme of acme.pagerduty.com")
	}
	return nil
}

var subdomain = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,62}$`)

func checkService(id string) error {
	if id == "" || objectID.MatchString(id) {
		return nil
	}
	return fmt.Errorf("option Service: %q is no ID of a PagerDuty service", incident.Clip(id, 80))
}

func checkFrom(from string) error {
	if from == "" {
		return nil
	}
	if a, err := mail.ParseAddress(from); err != nil || a.Address != from {
		return fmt.Errorf("option From: %q is no e-mail address", incident.Clip(from, 80))
	}
	return nil
}

// scopedToken is the shape of tokens that PagerDuty issues for OAuth: their region comes
// first, as in pdus+. API keys have none.
// https://developer.pagerduty.com/docs/app-oauth-token
var scopedToken = regexp.MustCompile(`^pd[a-z]{2}\+`)

func isOAuth(token fault.Secret) bool { return scopedToken.MatchString(token.Reveal()) }

// restCall makes one call to the REST API, or refuses when there is no token.
func (c *Client) restCall(ctx context.Context, operation string, call func(context.Context) error) error {
	if c.auth.none() {
		return &fault.Error{
			Vendor: vendorName, Operation: operation, Class: fault.Off, Reason: "no REST API token is set",
			Mend: "set PAGERDUTY_TOKEN to see in PagerDuty who acknowledged",
		}
	}
	return c.call(ctx, restAPI, operation, fault.Secret{}, call)
}

// call runs one call of the library and classifies its failure. secret is what must not
// appear in an error, should PagerDuty repeat it, besides the token of the REST API.
func (c *Client) call(ctx context.Context, to api, operation string, secret fault.Secret, call func(context.Context) error) error {
	began := c.now()
	err := c.judged(ctx, to, operation, secret, call)
	c.observer.Called(ctx, vendorName, operation, began, c.now(), err)
	return err
}

func (c *Client) judged(ctx context.Context, to api, operation string, secret fault.Secret, call func(context.Context) error) error {
	x := &exchange{}
	err := call(context.WithValue(ctx, exchangeKey{}, x))
	if err == nil {
		return nil
	}
	if e, ok := fault.As(err); ok {
		if e.Status == 0 {
			e.Status = x.status
		}
		return e
	}
	return c.failure(ctx, to, operation, x, secret)
}
