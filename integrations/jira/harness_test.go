package jira_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/jira"
	"muster/internal/contracttest"
	"muster/internal/sims/jirasim"
	"muster/internal/sims/simkit"
)

const (
	email = "muster-bot@example.com"
	token = "ATATT3xSECRETtoken/with+odd=chars"
)

// world is a client in front of a simulated Jira.
type world struct {
	t      *testing.T
	sim    *jirasim.Sim
	url    string
	client *jira.Client

	dataCenter bool
}

type setting func(*jirasim.Options, *jira.Options)

func onDataCenter(s *jirasim.Options, c *jira.Options) {
	s.Deployment, c.Deployment = jirasim.DataCenter, jira.DataCenter
	c.Email = ""
}

func withProjects(projects ...jirasim.Project) setting {
	return func(s *jirasim.Options, _ *jira.Options) { s.Projects = projects }
}

func waitingForIndex(d time.Duration) setting {
	return func(_ *jirasim.Options, c *jira.Options) { c.SearchLagWait = d }
}

// newWorld starts both. Whatever the client asks for is checked against Jira's description, and
// must be something that the simulator knows.
func newWorld(t *testing.T, settings ...setting) *world {
	t.Helper()
	simulated := jirasim.Options{Email: email, Token: token}
	options := jira.Options{Email: email, Token: fault.NewSecret(token), SearchLagWait: 20 * time.Millisecond}
	for _, set := range settings {
		set(&simulated, &options)
	}
	sim := jirasim.New(simulated)
	description := "jira-cloud-v2"
	if simulated.Deployment == jirasim.DataCenter {
		description = "jira-dc"
	}
	server := httptest.NewServer(contracttest.Check(t, description, sim))
	options.URL = server.URL
	client, err := jira.New(options)
	require.NoError(t, err)
	t.Cleanup(func() {
		sim.Close()
		server.Close()
		require.Empty(t, sim.Unexpected(), "requests that Jira has no answer for")
	})
	return &world{t: t, sim: sim, url: server.URL, client: client, dataCenter: simulated.Deployment == jirasim.DataCenter}
}

func (w *world) ctx() context.Context { return w.t.Context() }

// create makes an issue and expects that to work.
func (w *world) create(issue incident.Issue) incident.IssueRef {
	w.t.Helper()
	made, err := w.client.CreateIssue(w.ctx(), issue, false)
	require.NoError(w.t, err)
	require.NotEmpty(w.t, made.ID)
	require.Empty(w.t, made.LeftOff)
	return made.IssueRef
}

// update sets an issue's fields and expects that all of them are taken.
func (w *world) update(key string, issue incident.Issue) {
	w.t.Helper()
	left, err := w.client.UpdateIssue(w.ctx(), key, issue)
	require.NoError(w.t, err)
	require.Empty(w.t, left)
}

func (w *world) updateError(key string, issue incident.Issue) error {
	_, err := w.client.UpdateIssue(w.ctx(), key, issue)
	return err
}

// get asks Jira itself.
func (w *world) get(path string) map[string]any {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.ctx(), http.MethodGet, w.url+path, nil)
	require.NoError(w.t, err)
	request.SetBasicAuth(email, token)
	if w.dataCenter {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(w.t, err)
	defer func() { _ = response.Body.Close() }()
	var answer map[string]any
	require.NoError(w.t, json.NewDecoder(response.Body).Decode(&answer))
	return answer
}

// issue is what Jira holds under the key.
func (w *world) issue(key string) jirasim.Issue {
	w.t.Helper()
	issue, ok := w.sim.Issue(key)
	require.True(w.t, ok, "Jira has no issue %s", key)
	return issue
}

// outage is a parent issue as the product makes one.
func outage() incident.Issue {
	return incident.Issue{
		Key: "INC-42", Project: "INC", Type: "Incident", Summary: "Checkout is down",
		Description: []string{"Nobody can pay."}, Labels: []string{"sev1"},
	}
}

// followUp is a child of parent.
func followUp(parent string) incident.Issue {
	return incident.Issue{
		Key: "INC-42/follow-up/1", Project: "INC", Type: "Sub-task", Summary: "Alert on a failing checkout", Parent: parent,
	}
}

// failure expects a *fault.Error of the class that gives no secret away.
func failure(t *testing.T, err error, class fault.Class) *fault.Error {
	t.Helper()
	require.Error(t, err)
	e, ok := fault.As(err)
	require.True(t, ok, "%T is no fault.Error: %v", err, err)
	require.Equal(t, class, e.Class, "%v", err)
	require.Equal(t, "jira", e.Vendor)
	require.NotEmpty(t, e.Operation)
	require.NotEmpty(t, e.Reason)
	require.LessOrEqual(t, len([]rune(e.Reason)), 300)
	for _, text := range everyText(err) {
		require.NotContains(t, text, token)
		require.NotContains(t, text, "SECRET")
	}
	return e
}

// everyText is what can be printed of an error and its causes.
func everyText(err error) []string {
	var texts []string
	for err != nil {
		texts = append(texts, err.Error())
		u, ok := err.(interface{ Unwrap() error }) // walks the chain itself
		if !ok {
			break
		}
		err = u.Unwrap()
	}
	return texts
}

// fail makes requests of an operation go wrong until the test says otherwise.
func (w *world) fail(f simkit.Fault) string { return w.sim.Faults.Add(f) }

func contains(s string, parts ...string) bool {
	for _, p := range parts {
		if !strings.Contains(s, p) {
			return false
		}
	}
	return true
}

// answering is a server that gives every request the same answer.
func answering(t *testing.T, handler http.HandlerFunc, settings ...func(*jira.Options)) *jira.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	options := jira.Options{URL: server.URL, Email: email, Token: fault.NewSecret(token), SearchLagWait: -1}
	for _, set := range settings {
		set(&options)
	}
	client, err := jira.New(options)
	require.NoError(t, err)
	return client
}
