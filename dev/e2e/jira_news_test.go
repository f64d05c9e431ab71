package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"muster/dev/sandbox"
	"muster/incident"
	"muster/internal/sims/jirasim"
	"muster/internal/sims/simkit"
	"muster/workflows/api"
)

// lasting keeps an ended follow-up at hand for as long as a test runs.
const lasting = "testdata/lasting.yaml"

// followed is a resolved incident with two follow-ups, which have issues.
func followed(t *testing.T, options ...option) (*opened, incident.Incident) {
	t.Helper()
	m := install(t, append([]option{func(o *sandbox.Options) { o.SweepEvery, o.Playbook = time.Second, lasting }}, options...)...)
	i := m.declares("bob@example.com", "Odd log lines", 5)
	i.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Quieter logs", Owner: "bob@example.com", Due: "2027-01-10"})
	i.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Louder alarms", Owner: "alice@example.com", Due: "2027-01-10"})
	i.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
	f := i.becomes("with issues", func(f incident.Incident) bool {
		return f.FollowUps[0].Issue.Key != "" && f.FollowUps[1].Issue.Key != ""
	})
	return i, f
}

func TestAnExpiredTokenDropsNoFollowUp(t *testing.T) {
	t.Parallel()
	i, _ := followed(t)
	jira := i.m.Sims.Jira
	jira.ExpireToken()
	i.does(api.ChangeFollowUp, incident.ChangeFollowUp{Meta: by("bob@example.com"), Number: 1, Due: "2027-02-01"})
	f := i.becomes("snagged", func(f incident.Incident) bool { return len(f.Snags) > 0 })
	require.Equal(t, "jira", f.Snags[0].Vendor)
	require.Contains(t, f.Snags[0].Mend, "JIRA_TOKEN")
	// What the next sweep and the daily look for every issue conclude from answers to a stranger.
	for range 3 {
		require.NoError(t, i.m.sweeps())
	}
	f = i.facts()
	require.Equal(t, incident.StatusResolved, f.Status)
	for _, u := range f.FollowUps {
		require.Equal(t, incident.FollowUpProposed, u.Status)
	}
	jira.RenewToken()
	i.does(api.Retry, incident.Retry{Meta: by("bob@example.com")})
	i.m.eventually(func() bool {
		is, _ := jira.Issue(f.FollowUps[0].Issue.Key)
		return is.Due == "2027-02-01"
	}, "what was owed to Jira is written")
	i.becomes("without snags", func(f incident.Incident) bool { return len(f.Snags) == 0 })
	require.Equal(t, 3, jira.Count(), "nothing was made a second time")
}

func TestWhatIsHiddenIsMissedAndWhatIsDeletedIsDropped(t *testing.T) {
	t.Parallel()
	i, f := followed(t)
	jira := i.m.Sims.Jira
	hidden, deleted := f.FollowUps[0].Issue.Key, f.FollowUps[1].Issue.Key
	require.NoError(t, jira.HideIssue(hidden))
	copied, err := jira.Clone(deleted)
	require.NoError(t, err)
	require.NoError(t, jira.Delete(copied, "bob@example.com"))
	require.NoError(t, i.m.sweeps())
	f = i.becomes("missing an issue", func(f incident.Incident) bool { return len(f.Snags) > 0 })
	require.Contains(t, f.Snags[0].Reason, hidden+" is not visible to us since")
	require.Equal(t, incident.FollowUpProposed, f.FollowUps[0].Status)
	require.Equal(t, incident.FollowUpProposed, f.FollowUps[1].Status, "a deleted copy is nobody's business")

	require.NoError(t, jira.Delete(deleted, "bob@example.com"))
	f = i.becomes("without one", func(f incident.Incident) bool { return f.FollowUps[1].Status == incident.FollowUpDropped })
	require.Equal(t, "its issue was deleted in the tracker", f.FollowUps[1].Reason)

	require.NoError(t, jira.ShowIssue(hidden))
	i.does(api.Retry, incident.Retry{Meta: by("bob@example.com")})
	i.becomes("seeing it again", func(f incident.Incident) bool { return len(f.Snags) == 0 })
	require.Equal(t, 2, jira.Count())
}

func TestWhatPeopleDoInJiraArrivesOnceAndInOrder(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]simkit.Mode{
		"webhooks as they should be": {}, "webhooks twice, the last one first": {Duplicate: 1, Reverse: true}, "webhooks lost": {Lose: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i, f := followed(t)
			jira := i.m.Sims.Jira
			jira.Webhooks.SetMode(mode)
			key := f.FollowUps[0].Issue.Key
			for _, due := range []string{"2027-01-11", "2027-01-12", "2027-01-20"} {
				require.NoError(t, jira.SetDue(key, due, "bob@example.com"))
			}
			require.NoError(t, jira.Assign(key, "alice@example.com", "bob@example.com"))
			require.NoError(t, jira.SetSummary(key, "Far quieter logs", "bob@example.com"))
			jira.AddProject(jirasim.DefaultProject("TEAM"))
			moved, err := jira.Move(key, "TEAM", "bob@example.com")
			require.NoError(t, err)
			jira.Webhooks.ReleaseHeld()
			f = i.becomes("as it is in Jira", func(f incident.Incident) bool {
				u := f.FollowUps[0]
				return u.Due == "2027-01-20" && u.Owner == "alice@example.com" && u.Title == "Far quieter logs" && u.Issue.Key == moved
			})
			require.Contains(t, f.FollowUps[0].Issue.URL, "/browse/"+moved)
			require.NoError(t, jira.Resolve(moved, "Done", "Won't Do", "bob@example.com"))
			jira.Webhooks.ReleaseHeld()
			f = i.becomes("dropped", func(f incident.Incident) bool { return f.FollowUps[0].Status == incident.FollowUpDropped })
			require.Equal(t, "closed in the tracker as Won't Do", f.FollowUps[0].Reason)
			require.NoError(t, jira.MoveTo(moved, "In Progress", "bob@example.com"))
			jira.Webhooks.ReleaseHeld()
			i.becomes("open again", func(f incident.Incident) bool { return !f.FollowUps[0].Status.Ended() })
			is, _ := jira.Issue(moved)
			require.Equal(t, "In Progress", is.Status, "nobody moved it against those who moved it back")
		})
	}
}

func TestAChildFiledInJiraIsAFollowUp(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]simkit.Mode{"webhooks twice": {Duplicate: 1}, "webhooks lost": {Lose: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i, f := followed(t)
			jira := i.m.Sims.Jira
			jira.Webhooks.SetMode(mode)
			key, err := jira.FileChild(f.Links.Tracker.Key, "Sub-task", "Somebody's own idea", "bob@example.com")
			require.NoError(t, err)
			f = i.becomes("with a third follow-up", func(f incident.Incident) bool {
				return len(f.FollowUps) == 3 && f.FollowUps[2].Issue.URL != ""
			})
			require.Equal(t, []string{key, "Somebody's own idea"}, []string{f.FollowUps[2].Issue.Key, f.FollowUps[2].Title})
			i.m.eventually(func() bool {
				is, _ := jira.Issue(key)
				return len(is.Labels) >= 2 && is.Summary == "Somebody's own idea"
			}, "it is marked as Muster's, and keeps its words")
			require.NoError(t, jira.MoveTo(key, "Done", "bob@example.com"))
			i.becomes("done", func(f incident.Incident) bool { return f.FollowUps[2].Status == incident.FollowUpDone })
			require.NoError(t, i.m.sweeps())
			require.Len(t, i.facts().FollowUps, 3)
			require.Equal(t, 4, jira.Count())
		})
	}
}

// sweeps runs a Sweep that has no mark to go on from, so that it asks for every issue, to its end.
func (m *installation) sweeps() error {
	run, err := m.Client.ExecuteWorkflow(m.t.Context(), client.StartWorkflowOptions{TaskQueue: api.QueueMuster}, api.TypeSweep)
	if err != nil {
		return err
	}
	return run.Get(m.t.Context(), nil)
}
