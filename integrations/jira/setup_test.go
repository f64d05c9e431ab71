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

func TestCheckIsContentWithAProjectThatIsSetUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	findings, err := w.client.Check(w.ctx(), "INC", []string{"Incident", "sub-task", ""})
	require.NoError(t, err)
	require.Len(t, findings, 5)
	for _, f := range findings {
		require.True(t, f.OK, "%+v", f)
		require.Empty(t, f.Mend)
	}
}

func TestCheckSaysWhatToMend(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.RequireField("customfield_10042", "Root team")
	w.sim.HideField("labels")
	w.sim.SetPermission("TRANSITION_ISSUES", false)

	findings, err := w.client.Check(w.ctx(), "INC", []string{"Incident", "Catastrophe"})

	require.NoError(t, err)
	var wrong []string
	for _, f := range findings {
		if !f.OK {
			wrong = append(wrong, f.Subject+": "+f.Text)
			require.NotEmpty(t, f.Mend, f.Subject)
		}
	}
	require.Equal(t, []string{
		"permission TRANSITION_ISSUES: missing: no issue can be finished or reopened",
		`issue type Incident: field "Root team" (customfield_10042) is required`,
		"issue type Incident: Labels is not on the create screen",
		"issue type Catastrophe: not in project INC",
	}, wrong)
	require.Contains(t, findings[len(findings)-1].Mend, "Incident, Task, Sub-task, Epic")
}

func TestCheckOfAnUnknownProject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	findings, err := w.client.Check(w.ctx(), "NOPE", nil)
	require.NoError(t, err)
	require.False(t, findings[1].OK)
	require.Contains(t, findings[1].Mend, "tracker.project")
}

func TestCheckOfAJiraThatIsDown(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"myself.get", "project.get", "mypermissions.get", "createmeta.types", "createmeta.fields"} {
		w := newWorld(t)
		w.fail(simkit.Fault{Operation: operation, Kind: simkit.Status, Status: 503})
		_, err := w.client.Check(w.ctx(), "INC", []string{"Incident"})
		failure(t, err, fault.Retryable)
	}
}
