package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"muster/dev/sandbox"
	"muster/gateway/incidents"
	"muster/incident"
	"muster/internal/records"
	"muster/workflows/api"
)

// archived waits until the archive holds an incident as the test wants it.
func (i *opened) archived(what string, is func(f incident.Incident) bool) incident.Incident {
	i.m.t.Helper()
	var last incident.Incident
	until(i.m.t, func() bool {
		f, err := i.m.App().Archive.Incident(i.m.t.Context(), i.number)
		if err != nil || f == nil {
			return false
		}
		last = *f
		return is(last)
	}, "%s: %s", what, lazy(func() string { return fmt.Sprintf("%+v", last) }))
	return last
}

// whole are the facts with all of the timeline.
func (i *opened) whole() incident.Incident {
	i.m.t.Helper()
	f, err := i.m.incidents.SnapshotFor(i.m.t.Context(), i.number, incidents.Viewer{Private: true})
	require.NoError(i.m.t, err)
	return f
}

func (m *installation) records() records.Records {
	return records.Records{Temporal: m.Client, Namespace: "default", Archive: m.App().Archive}
}

// inOrder waits until the archive holds all that Temporal does.
func (m *installation) inOrder() {
	m.t.Helper()
	var last records.Report
	until(m.t, func() bool {
		var err error
		last, err = m.records().Check(m.t.Context())
		return err == nil && last.InOrder() && last.Temporal > 0
	}, "archive and Temporal agree: %s", lazy(func() string { return fmt.Sprintf("%+v", last) }))
}

func TestTheArchiveHoldsWhatTemporalDoes(t *testing.T) {
	t.Parallel()
	m := install(t)
	i := m.declares("ada@example.com", "Checkout is down", 1, "checkout")
	i.does("Update", incident.Update{Text: "The database is full"})
	i.does("Resolve", incident.Resolve{Text: "Made room", Learning: "Disks fill at night"})
	f := i.archived("it is resolved there", func(f incident.Incident) bool { return f.Status == incident.StatusResolved && f.Learning != "" })
	require.Equal(t, "Checkout is down", f.Title)
	m.inOrder()

	report, err := m.records().Rebuild(t.Context(), false, func(string, error) {})
	require.NoError(t, err)
	require.True(t, report.InOrder(), "%+v", report)
	require.Equal(t, report.Temporal, report.Written)
	m.inOrder()
}

func TestAClosedIncidentIsReopenedFromTheArchive(t *testing.T) {
	t.Parallel()
	m := install(t)
	i := m.declares("ada@example.com", "Search is slow", 3)
	i.becomes("it has a channel", func(f incident.Incident) bool { return f.Links.Channel.ID != "" })
	i.does("Cancel", incident.Cancel{Reason: "a false alarm"})
	before := i.archived("it is cancelled there", func(f incident.Incident) bool { return f.Status == incident.StatusCancelled })
	m.inOrder()
	m.deletes(api.IncidentID(i.number))

	shown, err := m.incidents.SnapshotFor(t.Context(), i.number, incidents.Viewer{Person: "bob@example.com"})
	require.NoError(t, err, "it is shown from the archive")
	require.Equal(t, before.Title, shown.Title)
	require.Equal(t, before.Timeline, shown.Timeline)

	i.does("Reopen", incident.Reopen{Reason: "it is slow again"})
	f := i.facts()
	require.Equal(t, incident.StatusOpen, f.Status)
	require.Equal(t, before.Links.Channel.ID, f.Links.Channel.ID, "its channel goes on")
	require.GreaterOrEqual(t, f.Entries, before.Entries)
	i.archived("it is open there", func(f incident.Incident) bool { return f.Status == incident.StatusOpen })
	i.does("Cancel", incident.Cancel{Reason: "that was a test"})
}

func TestALostRegisterComesBackWholeFromTheArchive(t *testing.T) {
	t.Parallel()
	m := install(t)
	first := m.declares("ada@example.com", "One", 3)
	first.does("Cancel", incident.Cancel{Reason: "a test"})
	before, err := m.incidents.Register(t.Context())
	require.NoError(t, err)
	first.archived("it is cancelled there", func(f incident.Incident) bool { return f.Status == incident.StatusCancelled })
	m.inOrder()
	m.deletes(api.IncidentID(first.number))
	m.deletes(api.RegisterID)

	second := m.declares("ada@example.com", "Two", 3)
	require.Equal(t, first.number+1, second.number, "numbers go on")
	after, err := m.incidents.Register(t.Context())
	require.NoError(t, err)
	require.Equal(t, before.Installation, after.Installation)
	second.does("Cancel", incident.Cancel{Reason: "a test"})
}

// Temporal's database is gone: everything of which something is expected goes on in an empty one, with its channel,
// its issue, its page and its numbers, and nobody is paged or told twice.
func TestTemporalsDatabaseIsLost(t *testing.T) {
	t.Parallel()
	data, moved := filepath.Join(t.TempDir(), "before"), filepath.Join(t.TempDir(), "after")
	m := install(t, func(o *sandbox.Options) { o.DataDir = data })
	taken := m.declares("alice@example.com", "Checkout is down", 1, "checkout")
	taken.isOpen()
	taken.does(api.Acknowledge, incident.Acknowledge{Meta: by("alice@example.com")})
	paging := m.declares("bob@example.com", "Checkout is slow", 2, "checkout")
	paging.isOpen()
	learning := m.declares("bob@example.com", "Search was down", 2, "search")
	learning.isOpen()
	learning.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Raise the limit", Owner: "bob@example.com", Urgent: true})
	learning.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
	learning.becomes("a follow-up and a review in the tracker", func(f incident.Incident) bool {
		return f.FollowUps[0].Issue.Key != "" && f.Review() != nil && f.Review().Issue.Key != ""
	})
	m.eventually(func() bool { return taken.pages()[0].Status == "acknowledged" }, "the pager knows that it is taken")
	m.inOrder()
	all := []*opened{taken, paging, learning}
	var before []incident.Incident
	for _, i := range all {
		before = append(before, i.facts())
	}
	installation, err := m.incidents.Register(t.Context())
	require.NoError(t, err)
	calls, messages := len(m.Sims.Pager.Notifications()), m.messages()
	m.Stop()
	require.NoError(t, os.Rename(data, moved)) // the server of a process takes the same path for the same database
	require.NoError(t, os.RemoveAll(filepath.Join(moved, "temporal")))

	m = install(t, func(o *sandbox.Options) { o.DataDir = moved })
	for range 2 { // a second time changes nothing
		res, err := m.incidents.RestoreArchived(t.Context(), incident.Actor{Person: "carol@example.com", Way: incident.WayCLI}, false, func(_ string, err error) {
			if !errors.Is(err, incidents.ErrRuns) {
				require.NoError(t, err)
			}
		})
		require.NoError(t, err)
		t.Logf("%+v", res)
	}
	for k, i := range all {
		i.m = m
		f := i.becomes("restored", func(f incident.Incident) bool { return f.Entries > before[k].Entries })
		require.Equal(t, before[k].Links.Channel, f.Links.Channel)
		require.Equal(t, before[k].Links.Tracker, f.Links.Tracker)
		require.Equal(t, before[k].Pages[0].Status, f.Pages[0].Status, "page of %s", i.key())
		require.Equal(t, before[k].FollowUps, f.FollowUps)
	}
	after, err := m.incidents.Register(t.Context())
	require.NoError(t, err)
	require.Equal(t, installation.Installation, after.Installation)
	next := m.declares("bob@example.com", "The next one", 4)
	require.Greater(t, next.number, learning.number, "no number is given twice")

	taken.does(api.Resolve, incident.Resolve{Meta: by("alice@example.com")})
	paging.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
	m.eventually(func() bool { return len(m.Sims.Pager.OpenIncidents()) == 0 }, "both pages are withdrawn")
	learning.does(api.ChangeFollowUp, incident.ChangeFollowUp{Meta: by("bob@example.com"), Number: 1, Status: incident.FollowUpDone})
	m.eventually(func() bool {
		issue, _ := m.Sims.Jira.Issue(before[2].FollowUps[0].Issue.Key)
		return issue.Status == "Done"
	}, "the follow-up goes on in the tracker")
	require.Len(t, m.Sims.Pager.Notifications(), calls, "nobody is called twice")
	for _, i := range all {
		require.Len(t, i.channels(), 1)
		require.Len(t, i.issues(), 1)
	}
	for key, n := range m.messages() {
		require.LessOrEqual(t, n, max(messages[key], 1), "messages of %s", key)
	}
	m.inOrder()
}

// Temporal goes back to a back-up while the archive knows what came after it: nothing older is written over it, and
// what runs goes on with what the archive knows.
func TestTemporalGoesBackAndTheArchiveDoesNot(t *testing.T) {
	t.Parallel()
	data, moved := filepath.Join(t.TempDir(), "before"), filepath.Join(t.TempDir(), "after")
	m := install(t, func(o *sandbox.Options) { o.DataDir = data })
	i := m.declares("alice@example.com", "Checkout is down", 1, "checkout")
	i.isOpen()
	other := m.declares("alice@example.com", "Search is odd", 4)
	other.isOpen()
	m.inOrder()
	m.Stop()
	require.NoError(t, os.CopyFS(filepath.Join(moved, "temporal"), os.DirFS(filepath.Join(data, "temporal"))))

	m = install(t, func(o *sandbox.Options) { o.DataDir = data })
	i.m, other.m = m, m
	i.does(api.Acknowledge, incident.Acknowledge{Meta: by("alice@example.com")})
	i.does(api.Resolve, incident.Resolve{Meta: by("alice@example.com"), Learning: "Disks fill silently"})
	other.does(api.Cancel, incident.Cancel{Meta: by("alice@example.com"), Reason: "it is not"})
	m.eventually(func() bool { return len(m.Sims.Pager.OpenIncidents()) == 0 }, "the page is withdrawn")
	i.archived("resolved", func(f incident.Incident) bool {
		return f.Status == incident.StatusResolved && f.Review() != nil && f.Review().Issue.Key != ""
	})
	m.inOrder()
	after := i.facts()
	m.Stop()
	for _, kept := range []string{"vendors", "archive.db"} {
		require.NoError(t, os.Rename(filepath.Join(data, kept), filepath.Join(moved, kept)))
	}

	m = install(t, func(o *sandbox.Options) { o.DataDir = moved })
	i.m, other.m = m, m
	require.NotEqual(t, incident.StatusResolved, i.facts().Status, "Temporal has forgotten it")
	i.does(api.Update, incident.Update{Meta: by("alice@example.com"), Text: "It is still down, as far as I know"})
	i.becomes("it is said that the archive knows more", func(f incident.Incident) bool {
		return slices.ContainsFunc(f.Snags, func(s incident.Snag) bool { return s.Mirror == "record" })
	})
	held, err := m.App().Archive.Incident(t.Context(), i.number)
	require.NoError(t, err)
	require.Equal(t, incident.StatusResolved, held.Status, "nothing older is written over it")
	report, err := m.records().Check(t.Context())
	require.NoError(t, err)
	require.Contains(t, report.Ahead, i.key())
	require.Contains(t, report.Ahead, other.key())

	// A page that was over is open again in the back-up, and calls the next one at once.
	m.eventually(func() bool { return len(m.Sims.Pager.OpenIncidents()) > 0 }, "the page rings again")
	calls := len(m.Sims.Pager.Notifications())
	res, err := m.incidents.RestoreArchived(t.Context(), incident.Actor{Person: "carol@example.com", Way: incident.WayCLI}, true, func(_ string, err error) {
		if !errors.Is(err, incidents.ErrRuns) {
			require.NoError(t, err)
		}
	})
	require.NoError(t, err)
	require.Equal(t, 2, res.Incidents)
	f := i.becomes("as it was", func(f incident.Incident) bool { return f.Status == incident.StatusResolved })
	require.Equal(t, after.Learning, f.Learning)
	require.Equal(t, after.Links.Channel, f.Links.Channel)
	require.Equal(t, incident.StatusCancelled, other.facts().Status)
	m.eventually(func() bool { return len(m.Sims.Pager.OpenIncidents()) == 0 }, "nobody is rung any more")
	require.Len(t, m.Sims.Pager.Notifications(), calls, "nobody is called twice")
	m.inOrder()
}

// messages counts what stands in all channels by the key of each message.
func (m *installation) messages() map[string]int {
	n := map[string]int{}
	for _, c := range m.Sims.Slack.Channels() {
		for _, msg := range c.Messages {
			if msg.Key != "" {
				n[msg.Key]++
			}
		}
	}
	return n
}

// deletes has Temporal forget a workflow, as after its retention.
func (m *installation) deletes(id string) {
	m.t.Helper()
	ctx := m.t.Context()
	_ = m.Client.TerminateWorkflow(ctx, id, "", "a test") // it may have ended
	_, err := m.Client.WorkflowService().DeleteWorkflowExecution(ctx, &workflowservice.DeleteWorkflowExecutionRequest{
		Namespace: "default", WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: id},
	})
	require.NoError(m.t, err)
	until(m.t, func() bool {
		_, err := m.Client.DescribeWorkflowExecution(ctx, id, "")
		_, gone := errors.AsType[*serviceerror.NotFound](err)
		return gone
	}, "%s is forgotten", id)
}
