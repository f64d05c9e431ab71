//go:build unix

package main

import (
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"muster/dev/judge"
	"muster/incident"
	"muster/internal/dial"
	"muster/internal/sims/pagerdutysim"
	"muster/workflows/api"
)

// A back-up is taken while incidents are open, work goes on, PostgreSQL is lost, and the back-up is put in its
// place. MUSTER_TOPOLOGY=restore runs it; go test -v prints the transcript.
func TestABackUpIsRestored(t *testing.T) {
	if !long() && os.Getenv("MUSTER_TOPOLOGY") != "restore" {
		t.Skip("NOT TRIED: MUSTER_TOPOLOGY=restore, or long, takes a back-up and restores it")
	}
	top := brought(t)
	left := top.declared(t, "Left as it was", 2)
	resolved := top.declared(t, "Resolved after the back-up", 2)
	taken := top.declared(t, "Acknowledged after the back-up", 2)
	require.NoError(t, top.settle(t.Context(), []*judge.Story{left, resolved, taken}))

	backUp, err := top.backUp(t.Context())
	require.NoError(t, err)
	require.NoError(t, top.resolve(t.Context(), 0, resolved))
	top.say("%s is resolved", resolved.Key())
	top.acknowledged(t, taken)
	later := top.declared(t, "Declared after the back-up", 1)
	top.acknowledged(t, later)
	require.EventuallyWithT(t, func(c *assert.CollectT) { require.Equal(c, "resolved", top.pageOf(t, resolved).Status) }, eventually, interval)

	require.NoError(t, top.lose())
	require.NoError(t, top.restore(t.Context(), backUp))
	if os.Getenv("NOSKIP") == "" {
		said, err := top.starter(t, nil, "setup", "restored", "--last", later.Key())
		top.say("starter setup restored --last %s\n%s", later.Key(), strings.TrimSpace(said))
		require.NoError(t, err, said)
	}
	top.startAgain(slices.Concat(workers, gateways)...)
	require.NoError(t, top.allReady(t.Context()))

	a, err := top.once(t.Context(), gateways[0], http.MethodGet, "/v1/incidents/"+later.Key(), "", nil)
	require.NoError(t, err)
	top.say("%s: %d %s", later.Key(), a.Status, a.Body)
	for range 3 {
		for _, s := range []*judge.Story{left, resolved, taken} {
			i, err := top.show(t.Context(), gateways[1], s.Key())
			require.NoError(t, err)
			top.say("%s %q is %s %v pages %+v", s.Key(), s.Title, i.Status, i.ResolvedAt, i.Pages)
			for _, e := range i.Timeline {
				top.say("   %v %v %v %v", e.At, e.Event, e.Text, e.Actor)
			}
		}
		top.sweeps(t)
	}
	next := top.declared(t, "Declared after the loss", 1)
	top.say("%s", next.Key())
	for range 3 {
		top.sweeps(t)
	}
	i, err := top.show(t.Context(), gateways[1], next.Key())
	require.NoError(t, err)
	top.say("%+v", i)
	sims, err := top.vendors()
	require.NoError(t, err)
	defer sims.Close()
	for _, p := range sims.Pager.Incidents() {
		top.say("%+v", p)
	}
	for _, p := range sims.Slack.Channels() {
		top.say("%+v", p.Name)
	}
	for _, p := range sims.Jira.Issues() {
		top.say("%+v", p)
	}
	for _, p := range sims.Pager.Notifications() {
		top.say("%+v", p)
	}
	assert.NoError(t, top.settle(t.Context(), []*judge.Story{left, taken, next}))
}

// declared is an incident that was declared and rings.
func (top *topology) declared(t *testing.T, title string, severity incident.Severity) *judge.Story {
	t.Helper()
	s, err := top.declare(t.Context(), 0, incident.Declaration{Title: title, Severity: severity, Services: []string{"checkout"}})
	require.NoError(t, err)
	top.say("%s %q is declared", s.Key(), title)
	return s
}

// pageOf is an incident's first page as it is at the pager, empty as long as there is none.
func (top *topology) pageOf(t *testing.T, s *judge.Story) pagerdutysim.Incident {
	t.Helper()
	sims, err := top.vendors()
	require.NoError(t, err)
	defer sims.Close()
	for _, p := range sims.Pager.Incidents() {
		if strings.HasSuffix(p.Key, "/"+api.PageID(s.Number, 1)) {
			return p
		}
	}
	return pagerdutysim.Incident{}
}

// acknowledged has somebody acknowledge the first page of an incident on their phone, as soon as it rings.
func (top *topology) acknowledged(t *testing.T, s *judge.Story) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) { require.Equal(c, "triggered", top.pageOf(t, s).Status) }, eventually, interval)
	said, err := json.Marshal(map[string]string{"id": top.pageOf(t, s).ID, "by": "alice@example.com"})
	require.NoError(t, err)
	a, err := request(t.Context(), http.MethodPost, "http://"+top.at[simulators]+"/pagerduty/_sim/acknowledge", said, nil)
	require.NoError(t, err)
	require.True(t, a.done(), "%d: %s", a.Status, a.Body)
	require.Equal(t, "acknowledged", top.pageOf(t, s).Status)
	top.say("%s is acknowledged on the phone of alice@example.com", s.Key())
}

// sweeps has a Sweep look for what was missed, and waits for its end.
func (top *topology) sweeps(t *testing.T) {
	t.Helper()
	c, err := dial.Dial(t.Context(), dial.Sealed(client.Options{HostPort: top.at["frontend"], Namespace: top.compose.set(serviceWorker, "TEMPORAL_NAMESPACE")}, nil))
	require.NoError(t, err)
	defer c.Close()
	schedule := c.ScheduleClient().GetHandle(t.Context(), api.SweepID)
	before, err := schedule.Describe(t.Context())
	require.NoError(t, err)
	require.NoError(t, schedule.Trigger(t.Context(), client.ScheduleTriggerOptions{}))
	require.Eventually(t, func() bool {
		now, err := schedule.Describe(t.Context())
		return err == nil && now.Info.NumActions > before.Info.NumActions && len(now.Info.RunningWorkflows) == 0
	}, eventually, interval)
}
