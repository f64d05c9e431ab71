//go:build unix

package main

import (
	"context"
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
	over := top.declared(t, "Resolved after the back-up", 2)
	taken := top.declared(t, "Acknowledged after the back-up", 2)
	require.NoError(t, top.settle(t.Context(), []*judge.Story{left, over, taken}))

	backUp, err := top.backUp(t.Context())
	require.NoError(t, err)
	require.NoError(t, top.resolve(t.Context(), 0, over))
	top.say("%s is resolved", over.Key())
	top.acknowledged(t, taken)
	lost := top.declared(t, "Declared after the back-up", 1)
	top.acknowledged(t, lost)
	require.NoError(t, top.settle(t.Context(), []*judge.Story{left, over, taken, lost}))

	require.NoError(t, top.lose())
	require.NoError(t, top.restore(t.Context(), backUp))
	top.typed(t, "setup", "temporal", "--timeout", "45s") // waits for it
	top.typed(t, "setup", "restored", "--last", lost.Key())
	require.Contains(t, top.typed(t, "resolve", over.Key()), "recorded, will be applied")
	top.startAgain(slices.Concat(workers, gateways)...)
	require.NoError(t, top.allReady(t.Context()))

	top.gone(t, lost)
	top.becomes(t, over, "resolved by the command that was recorded while no worker ran", func(i incident.Incident) bool { return i.Status == incident.StatusResolved })
	top.becomes(t, taken, "mustered, since the pager was asked", func(i incident.Incident) bool { return !i.MusteredAt.IsZero() })
	top.becomes(t, left, "open, and rings as before", func(i incident.Incident) bool { return i.Status == incident.StatusOpen && !i.Pages[0].At.IsZero() })
	next := top.declared(t, "Declared after the loss", 1)
	require.Equal(t, lost.Number+1, next.Number, "the number of what is lost is not used again")
	top.sweeps(t)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		require.Empty(c, top.wrongAbout(c, left, taken, next), "each has its own page, channel and issue once")
	}, eventually, interval)
	top.nobodyOwns(t, lost)
	// It was resolved twice, and has said so twice: that is for a person to tidy up, and docs/runbook.md says so.
	top.say("%s has gone to %d at the pager", over.Key(), top.pagesOf(t, over))
	for _, wrong := range top.wrongAbout(t, over) {
		top.say("%s", wrong)
		require.Regexp(t, "doubled: message|a follow-up or review that knows issue", wrong)
	}
}

// gone requires that an incident is not known any more.
func (top tried) gone(t *testing.T, s *judge.Story) {
	t.Helper()
	a, err := top.once(t.Context(), gateways[0], http.MethodGet, "/v1/incidents/"+s.Key(), "", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, a.Status, "%s", a.Body)
	top.say("%s is not known any more", s.Key())
}

func (top tried) becomes(t *testing.T, s *judge.Story, what string, so func(incident.Incident) bool) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		i, err := top.show(t.Context(), gateways[1], s.Key())
		require.NoError(c, err)
		require.True(c, so(i), "%+v", i)
	}, eventually, interval)
	top.say("%s %q is %s", s.Key(), s.Title, what)
}

// wrongAbout is what the judge finds about these incidents. Of the whole it would say that there are things at the
// vendors that belong to no incident, which is so.
func (top tried) wrongAbout(t require.TestingT, stories ...*judge.Story) []string {
	sims, err := top.vendors()
	require.NoError(t, err)
	defer sims.Close()
	facts := map[int]incident.Incident{}
	for _, s := range stories {
		facts[s.Number], err = top.show(context.Background(), gateways[0], s.Key())
		require.NoError(t, err)
	}
	var wrong []string
	for _, f := range judge.NewEvidence(facts, sims).Judge(stories) {
		if strings.HasPrefix(f.String(), "INC-") {
			wrong = append(wrong, f.String())
		}
	}
	return wrong
}

// nobodyOwns requires that what a lost incident has at the vendors is still there, as it was left.
func (top tried) nobodyOwns(t *testing.T, s *judge.Story) {
	t.Helper()
	sims, err := top.vendors()
	require.NoError(t, err)
	defer sims.Close()
	pages := map[string]int{}
	for _, p := range sims.Pager.Incidents() {
		if strings.Contains(p.Key, "/"+s.Key()+"/") {
			require.Equal(t, 1, p.Triggers, "a later incident has not gone into its page")
			pages[p.Status]++
		}
	}
	require.Equal(t, map[string]int{"acknowledged": 1, "triggered": 1}, pages)
	top.say("%s has at the pager still: %v", s.Key(), pages)
}

// pagesOf is how many steps of an incident's escalations the pager has.
func (top tried) pagesOf(t *testing.T, s *judge.Story) int {
	t.Helper()
	sims, err := top.vendors()
	require.NoError(t, err)
	defer sims.Close()
	n := 0
	for _, p := range sims.Pager.Incidents() {
		if strings.Contains(p.Key, "/"+s.Key()+"/page/") {
			n++
		}
	}
	return n
}

// typed runs the command line as a person would, who says it again as long as it is not recorded, and gives what
// it said.
func (top tried) typed(t *testing.T, args ...string) string {
	t.Helper()
	var said string
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		var err error
		said, err = top.starter(t, map[string]string{"MUSTER_PERSON": "alice@example.com"}, args...)
		require.NoError(c, err, said)
	}, 2*eventually, interval)
	top.say("starter %s\n%s", strings.Join(args, " "), strings.TrimSpace(said))
	return said
}

// declared is an incident that was declared and rings.
func (top tried) declared(t *testing.T, title string, severity incident.Severity) *judge.Story {
	t.Helper()
	s, err := top.declare(t.Context(), 0, incident.Declaration{Title: title, Severity: severity, Services: []string{"checkout"}})
	require.NoError(t, err)
	top.say("%s %q is declared", s.Key(), title)
	return s
}

// pageOf is an incident's first page as it is at the pager, empty as long as there is none.
func (top tried) pageOf(t *testing.T, s *judge.Story) pagerdutysim.Incident {
	t.Helper()
	sims, err := top.vendors()
	require.NoError(t, err)
	defer sims.Close()
	for _, p := range sims.Pager.Incidents() {
		if strings.Contains(p.Key+"/", "/"+api.PageID(s.Number, 1)+"/") {
			return p
		}
	}
	return pagerdutysim.Incident{}
}

// acknowledged has somebody acknowledge the first page of an incident on their phone, as soon as it rings.
func (top tried) acknowledged(t *testing.T, s *judge.Story) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) { require.Equal(c, "triggered", top.pageOf(t, s).Status) }, eventually, interval)
	said, err := json.Marshal(map[string]string{"id": top.pageOf(t, s).ID, "by": "alice@example.com"})
	require.NoError(t, err)
	a, err := request(t.Context(), http.MethodPost, "http://"+top.at[simulators]+"/pagerduty/_sim/acknowledge", said)
	require.NoError(t, err)
	require.True(t, a.Done(), "%d: %s", a.Status, a.Body)
	require.Equal(t, "acknowledged", top.pageOf(t, s).Status)
	top.say("%s is acknowledged on the phone of alice@example.com", s.Key())
}

// sweeps has a Sweep look for what was missed, and waits for its end.
func (top tried) sweeps(t *testing.T) {
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
