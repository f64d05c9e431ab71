package httpapi

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"muster/gateway/access"
	"muster/gateway/incidents"
	"muster/gateway/rates"
	"muster/incident"
	"muster/internal/local"
)

// Caller is who calls the API, and what they may do.
type Caller struct {
	Actor  incident.Actor
	Scopes access.Scopes
}

func (c Caller) viewer() incidents.Viewer {
	return incidents.Viewer{Person: c.Actor.Person, Private: c.Scopes.Has(access.Private)}
}

// rated is whose bound counts: the token's, and the person's where there are no tokens.
func (c Caller) rated() rates.Caller {
	if c.Actor.Token == "" {
		return rates.Caller{Name: "api//" + c.Actor.Person}
	}
	return rates.Caller{Name: "api/" + c.Actor.Token}
}

// Authenticator says who calls. Its errors are answered as 401 and 403.
type Authenticator interface {
	Caller(r *http.Request) (Caller, error)
}

// PersonHeader names who calls where there are no tokens.
const PersonHeader = "X-Muster-Person"

// nobody refuses everybody: without tokens nothing says who calls.
type nobody struct{}

func (nobody) Caller(*http.Request) (Caller, error) {
	return Caller{}, unauthorized("no API token is configured here", "set MUSTER_API_TOKENS or MUSTER_API_TOKENS_FILE where Muster runs")
}

// OpenOnLoopback is for development: everybody on this machine may do everything, in the name
// of the person whom they claim to be in the header X-Muster-Person. It refuses what does not
// come from this machine, and what another site's page makes a browser on it send.
type OpenOnLoopback struct{}

// Caller implements Authenticator.
func (OpenOnLoopback) Caller(r *http.Request) (Caller, error) {
	const mend = "call it from this machine as localhost, or configure API tokens"
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !from.Addr().Unmap().IsLoopback() {
		return Caller{}, forbidden("without tokens only this machine is served", mend)
	}
	if err := local.Check(r); err != nil {
		return Caller{}, forbidden(err.Error(), mend)
	}
	who := Caller{Actor: incident.Actor{Way: incident.WayAPI}, Scopes: access.All()}
	if p := r.Header.Get(PersonHeader); p != "" {
		if err := incident.CheckPerson(PersonHeader, p); err != nil {
			return Caller{}, err
		}
		who.Actor.Person = incident.NormalPerson(p)
	}
	return who, nil
}

// Tokens knows callers by the tokens that they send as "Authorization: Bearer ...".
type Tokens struct {
	tokens []access.Token
	now    func() time.Time
}

// NewTokens makes an Authenticator of tokens that access.Parse or access.Load has read; now says
// whether they have expired.
func NewTokens(tokens []access.Token, now func() time.Time) Tokens {
	return Tokens{slices.Clone(tokens), now}
}

// Caller implements Authenticator.
func (t Tokens) Caller(r *http.Request) (Caller, error) {
	const mend = "send the header Authorization: Bearer TOKEN"
	kind, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(kind, "bearer") {
		return Caller{}, unauthorized("no token was sent", mend)
	}
	found, ok := access.Find(t.tokens, strings.TrimSpace(token))
	if !ok {
		return Caller{}, unauthorized("the token is not known here", "ask who runs Muster for one")
	}
	if found.Expired(t.now()) {
		return Caller{}, unauthorized("the token expired on "+found.Expires, "ask who runs Muster for a new one")
	}
	return Caller{
		Actor:  incident.Actor{Person: found.Person, Way: incident.WayAPI, Token: found.Name},
		Scopes: found.Scopes,
	}, nil
}
