package jira_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/jira"
	"muster/internal/sims/jirasim"
	"muster/internal/sims/simkit"
)

func changedKeys(found []incident.LabelledIssue) []string {
	keys := []string{}
	for _, f := range found {
		keys = append(keys, f.Key)
	}
	return keys
}

func TestChangesAreFoundByAgeInTheProjectAndByLabelElsewhere(t *testing.T) {
	t.Parallel()
	for _, deployment := range []string{jirasim.Cloud, jirasim.DataCenter} {
		t.Run(deployment, func(t *testing.T) {
			t.Parallel()
			clock := simkit.NewManualClock(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC))
			settings := []setting{withProjects(jirasim.DefaultProject("INC"), jirasim.DefaultProject("TEAM")), func(s *jirasim.Options, _ *jira.Options) { s.Clock = clock }}
			if deployment == jirasim.DataCenter {
				settings = append(settings, onDataCenter)
			}
			w := newWorld(t, settings...)
			old, moved := w.create(outage()), outage()
			moved.Key, moved.Labels = "INC-43", []string{"muster"}
			other := w.create(moved)
			clock.Advance(time.Hour)
			elsewhere, err := w.sim.Move(other.Key, "TEAM", "")
			require.NoError(t, err)
			byHand, err := w.sim.FileChild(old.Key, "Sub-task", "Somebody's own idea", "bob@example.com")
			require.NoError(t, err)
			clock.Advance(time.Minute)

			found, more, err := w.client.ChangedIssues(w.ctx(), []string{"INC"}, 20*time.Minute)

			require.NoError(t, err)
			require.False(t, more)
			require.Equal(t, []string{elsewhere, byHand}, changedKeys(found))
			require.Equal(t, old.ID, found[1].Parent)
			require.Equal(t, "Somebody's own idea", found[1].Title)
			require.Equal(t, clock.Now().Add(-time.Minute), found[1].Updated)

			found, _, err = w.client.ChangedIssues(w.ctx(), nil, 20*time.Minute)
			require.NoError(t, err)
			require.Equal(t, []string{elsewhere}, changedKeys(found), "without the project, by label alone")

			found, _, err = w.client.ChangedIssues(w.ctx(), []string{"NONESUCH"}, 2*time.Hour)
			require.NoError(t, err)
			require.Equal(t, []string{elsewhere}, changedKeys(found), "a project that is not there hides no other")
		})
	}
}

func TestANewIssueTellsWhatJiraFilledIn(t *testing.T) {
	t.Parallel()
	project := jirasim.DefaultProject("INC")
	project.Lead = "carol@example.com"
	w := newWorld(t, withProjects(project))
	made, err := w.client.CreateIssue(w.ctx(), outage(), false)
	require.NoError(t, err)
	require.Equal(t, []string{"carol@example.com", "To Do"}, []string{made.State.Owner, made.State.Status})
	w.fail(simkit.Fault{Operation: "issue.get", Kind: simkit.Status, Status: 500, Times: 1})
	made, err = w.client.CreateIssue(w.ctx(), outage(), false)
	require.NoError(t, err, "the issue is there, and that is what counts")
	require.Empty(t, made.State)
}

func TestManyChangesAreReadPageByPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for n := range 230 {
		issue := outage()
		issue.Key = fmt.Sprintf("INC-%d", n)
		w.create(issue)
	}
	found, more, err := w.client.ChangedIssues(w.ctx(), []string{"INC"}, time.Minute)
	require.NoError(t, err)
	require.False(t, more)
	require.Len(t, found, 230)
	require.Equal(t, 3, w.sim.Log.Count("search"))
}
