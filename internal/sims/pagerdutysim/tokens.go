package pagerdutysim

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"muster/internal/sims/simkit"
)

// tokenLife is how long a scoped token is valid: "expires_in": 86400.
// https://developer.pagerduty.com/docs/app-oauth-token
const tokenLife = 24 * time.Hour

// token is a scoped token that the simulator issued.
type token struct {
	Issued time.Time
	// Scopes are nil for one that was given to New, which has all.
	Scopes []string
}

var scoped = regexp.MustCompile(`^pd[a-z]{2}\+`)

// issueToken serves POST /oauth/token, which has a host of its own at PagerDuty.
func (s *Sim) issueToken(w http.ResponseWriter, r *http.Request) {
	now := s.lock()
	defer s.unlock()
	refuse := func(status int, code, description string) {
		simkit.WriteJSON(w, status, map[string]string{"error": code, "error_description": description})
	}
	asked := strings.Fields(r.PostFormValue("scope"))
	o := s.options
	switch {
	case r.PostFormValue("grant_type") != "client_credentials":
		refuse(http.StatusBadRequest, "unsupported_grant_type", "the grant type is not supported")
		return
	case o.ClientID == "" || r.PostFormValue("client_id") != o.ClientID || r.PostFormValue("client_secret") != o.ClientSecret:
		refuse(http.StatusUnauthorized, "invalid_client", "client authentication failed")
		return
	case !slices.Contains(asked, o.Account):
		refuse(http.StatusBadRequest, "invalid_scope", "the scope must contain the as_account- scope of an account that has the app")
		return
	}
	// A partial grant is no error: whoever asks must look at what was granted.
	granted := slices.DeleteFunc(slices.Clone(asked), func(scope string) bool {
		return scope != o.Account && o.Scopes != nil && !slices.Contains(o.Scopes, scope)
	})
	text := s.id("pdus+_", 40)
	s.state.Tokens[text] = token{Issued: now, Scopes: granted}
	simkit.WriteJSON(w, http.StatusOK, map[string]any{
		"access_token": text, "token_type": "bearer", "scope": strings.Join(granted, " "), "expires_in": int(tokenLife.Seconds()),
	})
}

// authorized reports whether a request may be made at all, and by a token with which scopes; nil
// are all.
func (s *Sim) authorized(header string, now time.Time) (scopes []string, ok bool) {
	text, key := strings.CutPrefix(header, "Token token=")
	if !key {
		if text, ok = strings.CutPrefix(header, "Bearer "); !ok {
			return nil, false
		}
	}
	if t, issued := s.state.Tokens[text]; issued || scoped.MatchString(text) {
		return t.Scopes, issued && !key && now.Sub(t.Issued) < tokenLife
	}
	return nil, text != "" && (s.options.Token == "" || text == s.options.Token)
}
