package jira_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/integrations/fault"
	"muster/integrations/jira"
	"muster/internal/contracttest"
	"muster/internal/sims/jirasim"
	"muster/internal/sims/simkit"
)

func TestASettingThatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	secret := fault.NewSecret(token)
	for _, tt := range []struct {
		options jira.Options
		want    []string
	}{
		{jira.Options{}, []string{"JIRA_URL", "JIRA_EMAIL", "JIRA_TOKEN"}},
		{jira.Options{URL: "https://x.example.com", Email: email}, []string{"JIRA_TOKEN"}},
		{jira.Options{URL: "https://x.example.com", Token: secret}, []string{"JIRA_EMAIL"}},
		{jira.Options{Email: email, Token: secret}, []string{"JIRA_URL"}},
		{jira.Options{URL: "x.example.com", Email: email, Token: secret}, []string{"JIRA_URL"}},
		{jira.Options{URL: "ftp://x.example.com", Email: email, Token: secret}, []string{"JIRA_URL"}},
		{jira.Options{URL: "https://u:" + token + "@x.example.com", Email: email, Token: secret}, []string{"JIRA_URL"}},
		{jira.Options{URL: "https://x.example.com/%zz" + token, Email: email, Token: secret}, []string{"JIRA_URL"}},
		{jira.Options{URL: "https://x.example.com", Token: secret, Deployment: "server"}, []string{"JIRA_DEPLOYMENT"}},
	} {
		_, err := jira.New(tt.options)
		require.Error(t, err)
		require.True(t, contains(err.Error(), tt.want...), err.Error())
		require.NotContains(t, err.Error(), token)
		require.NotContains(t, fmt.Sprintf("%+v", tt.options.Token), token)
	}
	_, err := jira.New(jira.Options{URL: "https://x.example.com", Token: secret, Deployment: jira.DataCenter})
	require.NoError(t, err, "Data Center needs no address")
}

func TestAContextPathIsKept(t *testing.T) {
	t.Parallel()
	sim := jirasim.New(jirasim.Options{})
	server := httptest.NewServer(http.StripPrefix("/jira", contracttest.Check(t, "jira-cloud-v2", sim)))
	t.Cleanup(server.Close)
	for _, base := range []string{"/jira", "/jira/", "/jira//"} {
		client, err := jira.New(jira.Options{URL: server.URL + base, Email: email, Token: fault.NewSecret(token)})
		require.NoError(t, err)
		ref, err := client.CreateIssue(t.Context(), outage(), false)
		require.NoError(t, err)
		require.Equal(t, server.URL+"/jira/browse/"+ref.Key, ref.URL)
	}
	require.Empty(t, sim.Unexpected())
}

// gateway sends what goes to api.atlassian.com to the simulator.
type gateway struct{ to string }

func (g gateway) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = "http", strings.TrimPrefix(g.to, "http://")
	r.URL.Path = strings.TrimPrefix(r.URL.Path, "/ex/jira/cloud-1")
	return http.DefaultTransport.RoundTrip(r)
}

func TestAScopedTokensGatewayLinksToTheSite(t *testing.T) {
	t.Parallel()
	sim := jirasim.New(jirasim.Options{BaseURL: "https://example.atlassian.net"})
	server := httptest.NewServer(contracttest.Check(t, "jira-cloud-v2", sim))
	t.Cleanup(server.Close)
	client, err := jira.New(jira.Options{
		URL: "https://api.atlassian.com/ex/jira/cloud-1", Email: email, Token: fault.NewSecret(token),
		HTTPClient: &http.Client{Transport: gateway{server.URL}},
	})
	require.NoError(t, err)
	sim.Faults.Add(simkit.Fault{Operation: "serverinfo.get", Kind: simkit.Status, Times: 1})

	unlinked, err := client.CreateIssue(t.Context(), outage(), false)
	require.NoError(t, err, "an issue without a link is better than none")
	require.Empty(t, unlinked.URL)
	for range 2 {
		ref, err := client.CreateIssue(t.Context(), outage(), false)
		require.NoError(t, err)
		require.Equal(t, "https://example.atlassian.net/browse/"+ref.Key, ref.URL)
	}
	require.Equal(t, 2, sim.Log.Count("serverinfo.get"))
}
