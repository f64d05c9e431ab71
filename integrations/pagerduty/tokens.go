package pagerduty

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/incident"
	"muster/integrations/fault"
)

// DefaultIdentityURL is where tokens are issued, in all service regions:
// https://developer.pagerduty.com/docs/private-apps
const DefaultIdentityURL = "https://identity.pagerduty.com"

const opToken = "oauth.token"

// Scopes are what a scoped token of Muster's needs.
var Scopes = []string{
	"incidents.read", "incidents.write", "oncalls.read", "users.read", "schedules.read", "services.read", "abilities.read", "webhook_subscriptions.read",
}

const (
	// tokenMargin is how long before its end a token is taken for over.
	tokenMargin = 10 * time.Minute
	// maxTokenAnswer bounds what is read of an answer with a token.
	maxTokenAnswer = 64 << 10

	mendClient = "set PAGERDUTY_CLIENT_ID, PAGERDUTY_CLIENT_SECRET and PAGERDUTY_SUBDOMAIN to those of a PagerDuty app with Scoped OAuth"
)

// credentials are what the REST API is asked with: a key that lasts, or an app whose tokens end after
// a day and are then asked for anew. It is safe for concurrent use.
type credentials struct {
	key fault.Secret

	identityURL string
	clientID    string
	secret      fault.Secret
	account     string // as_account- with region and subdomain
	http        *http.Client
	now         func() time.Time

	mu    sync.Mutex
	token fault.Secret
	until time.Time
	// granted are the scopes of the token.
	granted []string
}

// none reports whether nothing may be asked.
func (c *credentials) none() bool { return c.key.Empty() && c.clientID == "" }

// header gives the value of the Authorization header, and the secret in it.
func (c *credentials) header(ctx context.Context) (string, fault.Secret, error) {
	if c.clientID == "" {
		if isOAuth(c.key) {
			return "Bearer " + c.key.Reveal(), c.key, nil
		}
		return "Token token=" + c.key.Reveal(), c.key, nil
	}
	token, err := c.current(ctx)
	return "Bearer " + token.Reveal(), token, err
}

func (c *credentials) current(ctx context.Context) (fault.Secret, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.token.Empty() && c.now().Before(c.until) {
		return c.token, nil
	}
	issued, err := c.issue(ctx)
	if err != nil {
		return fault.Secret{}, err
	}
	life := time.Duration(issued.ExpiresIn) * time.Second
	c.token, c.until = fault.NewSecret(issued.AccessToken), c.now().Add(max(life-tokenMargin, life/2))
	c.granted = strings.Fields(issued.Scope)
	return c.token, nil
}

// refuse forgets a token that PagerDuty refused, and reports whether another one can be had.
func (c *credentials) refuse(token fault.Secret) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.clientID == "" {
		return false
	}
	if c.token.Reveal() == token.Reveal() {
		c.token = fault.Secret{}
	}
	return true
}

// missing lists the scopes that were asked for and not granted: PagerDuty does not say so otherwise.
func (c *credentials) missing() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token.Empty() {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(Scopes), func(s string) bool { return slices.Contains(c.granted, s) })
}

// issuedToken is PagerDuty's answer with a token, or without one.
type issuedToken struct {
	AccessToken string `json:"access_token"`
	Scope       string `json:"scope"`
	ExpiresIn   int    `json:"expires_in"`

	Error       string `json:"error"`
	Description string `json:"error_description"`
}

func (c *credentials) issue(ctx context.Context) (issuedToken, error) {
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {c.clientID}, "client_secret": {c.secret.Reveal()},
		"scope": {strings.Join(append([]string{c.account}, Scopes...), " ")},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.identityURL+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		return issuedToken{}, fmt.Errorf("make request: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		if ended := ctx.Err(); ended != nil {
			err = ended
		}
		return issuedToken{}, c.failed(fault.Retryable, 0, "no answer", "", err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxTokenAnswer))
	if err != nil {
		return issuedToken{}, c.failed(fault.Retryable, response.StatusCode, "the answer broke off", "", err)
	}
	var answer issuedToken
	unread := json.Unmarshal(body, &answer)
	switch status := response.StatusCode; {
	case status == http.StatusOK && unread == nil && answer.AccessToken != "" && answer.ExpiresIn > 0:
		return answer, nil
	case fault.WebPage(status, response.Header, body):
		return answer, c.failed(fault.Retryable, status, fault.PageReason, mendPage, nil)
	case status == http.StatusOK || fault.ClassOfStatus(status) == fault.Retryable:
		return answer, c.failed(fault.Retryable, status, "the answer holds no token", "", nil)
	default:
		// Whatever is wrong here concerns every call.
		reason := strings.TrimSpace("PagerDuty issues no token: " + answer.Error + " " + answer.Description)
		return answer, c.failed(fault.Credential, status, reason, mendClient+"; the app must have the scopes "+strings.Join(Scopes, ", "), nil)
	}
}

func (c *credentials) failed(class fault.Class, status int, reason, mend string, err error) error {
	reason = incident.Clip(redact(incident.CleanLine(reason), c.secret), maxReason)
	return &fault.Error{Vendor: vendorName, Operation: opToken, Class: class, Status: status, Reason: reason, Mend: mend, Err: err}
}

// region is PagerDuty's name of the service region of an address of the REST API.
// https://support.pagerduty.com/docs/service-regions
func region(apiURL string) string {
	if strings.Contains(apiURL, "://api.eu.") {
		return "eu"
	}
	return "us"
}
