package slack_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/integrations/fault"
	"muster/integrations/slack"
)

// The token is for the address that was set up, wherever it points.
func TestARedirectTakesTheTokenNowhere(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s %s was asked", r.Method, r.URL) }))
	t.Cleanup(elsewhere.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", elsewhere.URL+r.URL.Path)
			w.WriteHeader(status)
		}))
		t.Cleanup(server.Close)
		c, err := slack.New(slack.Options{Token: fault.NewSecret(token), BaseURL: server.URL + "/api/"})
		require.NoError(t, err)
		_, err = c.Check(t.Context())
		requireClass(t, err, fault.Permanent, "")
		requireClass(t, c.Respond(t.Context(), server.URL+"/response/1", "x", nil, false, false), fault.Permanent, "")
	}
}
