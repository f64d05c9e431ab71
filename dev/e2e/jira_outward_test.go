package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/dev/sandbox"
	"muster/incident"
	"muster/workflows/api"
)

// book copies the tests' playbook to a file that a test may correct.
func book(t *testing.T, old, now string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "muster.yaml")
	raw, err := os.ReadFile("testdata/muster.yaml")
	require.NoError(t, err)
	require.Contains(t, string(raw), old)
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(raw), old, now, 1)), 0o600))
	return path
}

// Jira does not let Muster set due dates or owners. The issues are made all the same, people see
// why, and once they have mended it in Jira the dates are there.
func TestWhatJiraWillNotTakeIsWrittenOnceItDoes(t *testing.T) {
	t.Parallel()
	m := install(t)
	m.Sims.Jira.SetPermission("SCHEDULE_ISSUES", false)
	m.Sims.Jira.SetPermission("ASSIGN_ISSUES", false)
	i := m.declares("bob@example.com", "Checkout is down", 4)
	i.becomes("open", func(f incident.Incident) bool { return f.Links.Tracker.Key != "" })
	i.does(api.Assign, incident.Assign{Meta: by("bob@example.com"), Role: incident.RoleCommander, Person: "carol@example.com"})
	i.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Alert on queue depth", Owner: "alice@example.com", Due: "2030-01-02"})
	f := i.becomes("stuck at two fields, with its issues", func(f incident.Incident) bool {
		return f.FollowUps[0].Issue.Key != "" && len(f.Snags) == 2
	})
	for _, s := range f.Snags {
		require.Contains(t, s.Mend, "ssign issues")
	}

	m.Sims.Jira.SetPermission("SCHEDULE_ISSUES", true)
	m.Sims.Jira.SetPermission("ASSIGN_ISSUES", true)
	i.does(api.Retry, incident.Retry{Meta: by("bob@example.com")})

	f = i.becomes("mended", func(f incident.Incident) bool { return len(f.Snags) == 0 })
	parent, _ := m.Sims.Jira.Issue(f.Links.Tracker.Key)
	require.Equal(t, "carol@example.com", parent.Owner)
	require.Equal(t, "In Progress", parent.Status)
	require.Subset(t, parent.Labels, []string{"severity-4", "kind-incident"})
	child, _ := m.Sims.Jira.Issue(f.FollowUps[0].Issue.Key)
	require.Equal(t, "alice@example.com", child.Owner)
	require.Equal(t, "2030-01-02", child.Due)
	require.Len(t, m.Sims.Jira.Issues(), 2)
}

// The playbook names a type of issue that the project does not have. People read the snag, correct the file and
// press retry: the incident that had it goes on with the right one.
func TestTheSnagsMendMendsTheIncident(t *testing.T) {
	t.Parallel()
	path := book(t, "incident_type: Incident", "incident_type: Inciden")
	m := install(t, func(o *sandbox.Options) { o.Playbook = path })
	i := m.declares("bob@example.com", "Checkout is down", 4)
	f := i.becomes("stuck", func(f incident.Incident) bool { return len(f.Snags) == 1 })
	require.Contains(t, f.Snags[0].Mend, "tracker.incident_type")

	raw, err := os.ReadFile("testdata/muster.yaml")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, raw, 0o600))
	m.eventually(func() bool {
		i.does(api.Retry, incident.Retry{Meta: by("bob@example.com")})
		return i.facts().Links.Tracker.Key != ""
	}, "the playbook is read again, and the issue is made")

	f = i.becomes("mended", func(f incident.Incident) bool { return len(f.Snags) == 0 })
	parent, _ := m.Sims.Jira.Issue(f.Links.Tracker.Key)
	require.Equal(t, "Incident", parent.Type)
	require.Contains(t, timeline(f), "as the playbook says now")
}
