package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"muster/dev/sandbox"
	"muster/gateway/incidents"
	"muster/incident"
	"muster/internal/pgtest"
	"muster/workflows/api"
)

// ended waits until Temporal keeps nothing of an incident but that it has completed, or forgets that as well.
func (i *opened) ended(forgotten bool) {
	i.m.t.Helper()
	if forgotten {
		i.m.deletes(i.key())
		return
	}
	i.m.eventually(func() bool {
		d, err := i.m.Client.DescribeWorkflowExecution(i.m.t.Context(), i.key(), "")
		return err == nil && d.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	}, "%s completes", i.key())
}

// closes has an incident closed, with all of it in the archive.
func (i *opened) closes(forgotten bool) incident.Incident {
	i.m.t.Helper()
	i.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
	f := i.archived("it is closed there", func(f incident.Incident) bool { return f.Status == incident.StatusClosed })
	i.m.inOrder()
	i.ended(forgotten)
	return f
}

// eachWay runs a test on incidents that Temporal still keeps, and on those that it has forgotten.
func eachWay(t *testing.T, run func(t *testing.T, forgotten bool)) {
	t.Helper()
	for name, forgotten := range map[string]bool{"completed": false, "forgotten": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, forgotten)
		})
	}
}

// briefly lets incidents that are over complete after seconds: the channel is archived well before that, as it is in life.
func briefly(t *testing.T) option {
	t.Helper()
	book, err := os.ReadFile("testdata/muster.yaml")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "muster.yaml")
	short := strings.NewReplacer("linger: 1h", "linger: 4s", `announce: "#incidents"}`, `announce: "#incidents", archive_after: 300ms}`).Replace(string(book))
	require.NoError(t, os.WriteFile(path, []byte(short), 0o600))
	return func(o *sandbox.Options) { o.TimeoutScale, o.Playbook = 0.05, path }
}

// Two people give a command to an incident that has completed, at the same moment: it runs once, and both are heard.
func TestTwoWhoReviveAnIncidentAtOnceAreBothHeard(t *testing.T) {
	t.Parallel()
	correct := func(title string) incident.Command {
		return incident.Correct{Meta: by("bob@example.com"), Reason: "a slip of the pen", Title: title}
	}
	for name, given := range map[string]struct {
		name  string
		by    [2]incident.Command
		heard func(f incident.Incident) bool
	}{
		"reopen": {api.Reopen, [2]incident.Command{
			incident.Reopen{Meta: by("alice@example.com"), Reason: "it is back"}, incident.Reopen{Meta: by("bob@example.com"), Reason: "it is back"},
		}, func(f incident.Incident) bool { return f.Status == incident.StatusOpen }},
		"follow-up": {api.AddFollowUp, [2]incident.Command{
			incident.AddFollowUp{Meta: by("alice@example.com"), Title: "Bigger disks"}, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Fewer files"},
		}, func(f incident.Incident) bool { return len(f.FollowUps) == 2 && f.Status == incident.StatusResolved }},
		"nominate": {api.Nominate, [2]incident.Command{
			incident.Nominate{Meta: by("alice@example.com")}, incident.Nominate{Meta: by("bob@example.com")},
		}, func(f incident.Incident) bool { return f.Review() != nil && f.Status == incident.StatusResolved }},
		"correct": {
			api.Correct,
			[2]incident.Command{correct("Checkout was slow"), correct("Checkout was very slow")},
			func(f incident.Incident) bool { return strings.HasPrefix(f.Title, "Checkout was") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWay(t, func(t *testing.T, forgotten bool) {
				t.Helper()
				m := install(t, briefly(t))
				i := m.declares("bob@example.com", "Checkout is slow", 4)
				open := i.isOpen()
				before := i.closes(forgotten)
				var applied atomic.Int32
				errs := make([]error, 2)
				together(2, func(k int) {
					out, err := m.incidents.Command(t.Context(), i.number, given.name, given.by[k])
					errs[k] = err
					if err == nil && !out.Recorded {
						applied.Add(1)
					}
				})
				require.NoError(t, errors.Join(errs...))
				require.EqualValues(t, 2, applied.Load())
				f := i.becomes("as both have said", given.heard)
				require.Equal(t, 1, strings.Count(timeline(f), "Restored from the archive"), timeline(f))
				require.Equal(t, open.Links.Tracker.Key, f.Links.Tracker.Key)
				require.Greater(t, f.Entries, before.Entries)
				i.hasOneChannelAtMost()
				require.Len(t, i.issues(), 1)
				m.inOrder()
			})
		})
	}
}

// The worker dies when the incident has been started again and has not taken the command yet.
func TestAWorkerKilledBetweenStartAndCommandLosesNeither(t *testing.T) {
	t.Parallel()
	m := install(t, withoutWorker, briefly(t))
	p := m.startsWorkerProcess()
	i := m.declares("bob@example.com", "Checkout is slow", 4)
	i.isOpen()
	i.closes(false)
	p.kill()
	impatient := incidents.New(incidents.Options{Temporal: m.Client, Wait: 300 * time.Millisecond, Archive: m.App().Archive})
	reopen := incident.Reopen{Meta: by("alice@example.com"), Reason: "it is back"}
	reopen.CommandID = "click-9"
	for range 2 { // she clicks again
		out, err := impatient.Command(t.Context(), i.number, api.Reopen, reopen)
		require.NoError(t, err)
		require.True(t, out.Recorded)
	}
	m.startsWorkerProcess()
	f := i.becomes("open again", func(f incident.Incident) bool { return f.Status == incident.StatusOpen })
	require.Equal(t, 1, strings.Count(timeline(f), "it is back"), timeline(f))
	i.isOpen()
	m.inOrder()
	i.hasOneChannelAtMost()
}

// hasOneChannelAtMost requires that nobody has two channels to look into: one that was archived stays so, and an
// incident that is reopened after that has another.
func (i *opened) hasOneChannelAtMost() {
	i.m.t.Helper()
	open := 0
	for _, c := range i.channels() {
		if !c.Archived {
			open++
		}
	}
	require.LessOrEqual(i.m.t, open, 1)
	require.LessOrEqual(i.m.t, len(i.channels()), 2)
}

// One that was started again by somebody who died before giving the command completes again, as it was.
func TestAnIncidentThatIsRevivedForNothingCompletesAgain(t *testing.T) {
	t.Parallel()
	m := install(t, briefly(t))
	i := m.declares("bob@example.com", "Checkout is slow", 4)
	i.isOpen()
	before := i.closes(true)
	record, err := m.App().Archive.Record(t.Context(), i.key())
	require.NoError(t, err)
	_, err = m.Client.ExecuteWorkflow(t.Context(), startOf(i.key()), api.TypeIncident, withRestored(t, record.State))
	require.NoError(t, err)
	i.ended(false)
	m.inOrder()
	after := i.archived("it is closed", func(f incident.Incident) bool { return f.Entries > before.Entries })
	require.Equal(t, before.Status, after.Status)
	require.Equal(t, before.ClosedAt.UnixMilli(), after.ClosedAt.UnixMilli())
}

// Without its archive nothing of an incident that has completed is done, and whoever asked hears why.
func TestReviveWhileTheArchiveIsAwayIsRefusedWhole(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, forgotten bool) {
		t.Helper()
		for name, away := range map[string]struct {
			goes, comes func(*pgtest.Server, testing.TB)
		}{
			"frozen":    {(*pgtest.Server).Freeze, (*pgtest.Server).Thaw},
			"shut down": {(*pgtest.Server).Stop, (*pgtest.Server).Start},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				pg := pgtest.Alone(t)
				m := install(t, briefly(t), archiveAt(pg.Database(t)))
				i := m.declares("bob@example.com", "Checkout is slow", 4)
				i.isOpen()
				i.closes(forgotten)
				away.goes(pg, t)
				reopen := incident.Reopen{Meta: by("alice@example.com"), Reason: "it is back"}
				reopen.CommandID = "click-3"
				_, err := m.incidents.Command(t.Context(), i.number, api.Reopen, reopen)
				require.ErrorIs(t, err, incidents.ErrNotRecorded)
				require.ErrorContains(t, err, "archive")
				require.ErrorContains(t, err, "try again")
				d, err := m.Client.DescribeWorkflowExecution(t.Context(), i.key(), "")
				if forgotten {
					require.Error(t, err)
				} else {
					require.NoError(t, err)
					require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, d.GetWorkflowExecutionInfo().GetStatus())
				}
				away.comes(pg, t)
				i.does(api.Reopen, reopen)
				f := i.facts()
				require.Equal(t, incident.StatusOpen, f.Status)
				require.Equal(t, 1, strings.Count(timeline(f), "it is back"))
				m.inOrder()
			})
		}
	})
}

// What lists show of a private incident that is started again is no more than before.
func TestAPrivateIncidentThatIsRevivedStaysPrivate(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, forgotten bool) {
		t.Helper()
		const title = "Insider takeover"
		m := install(t, briefly(t))
		res, err := m.incidents.Declare(t.Context(), "", incident.Declaration{Title: title, Severity: 4, Private: true, Actor: by("bob@example.com").Actor})
		require.NoError(t, err)
		i := &opened{m: m, number: res.Number}
		i.becomes("open", func(f incident.Incident) bool { return f.Links.Board.ID != "" && f.Links.Tracker.Key != "" })
		i.closes(forgotten)
		_, err = m.incidents.Command(t.Context(), i.number, api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Rotate keys"})
		require.NoError(t, err)
		i.becomes("with its follow-up", func(f incident.Incident) bool { return len(f.FollowUps) == 1 && f.FollowUps[0].Issue.Key != "" })
		m.inOrder()
		d, err := m.Client.DescribeWorkflowExecution(t.Context(), i.key(), "")
		require.NoError(t, err)
		shown := d.GetWorkflowExecutionInfo().GetMemo().String() + d.GetWorkflowExecutionInfo().GetSearchAttributes().String()
		require.NotContains(t, shown, title)
		require.NotContains(t, shown, "Rotate keys")
		require.True(t, i.whole().Private)
		i.tellsNobody(title)
		require.Error(t, m.incidents.MayCommand(t.Context(), i.number, incidents.Viewer{Person: "dan@example.com"}))
	})
}

// `starter archive restore` is interrupted, and somebody has brought one incident back already.
func TestARestoreThatWasInterruptedIsFinishedByTheNextOne(t *testing.T) {
	t.Parallel()
	data, moved := filepath.Join(t.TempDir(), "before"), filepath.Join(t.TempDir(), "after")
	m := install(t, func(o *sandbox.Options) { o.DataDir = data })
	var all []*opened
	for _, title := range []string{"One", "Two", "Three", "Four"} {
		i := m.declares("bob@example.com", title, 4)
		i.isOpen()
		i.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "After " + title, Owner: "bob@example.com"})
		i.becomes("a follow-up in the tracker", func(f incident.Incident) bool { return f.FollowUps[0].Issue.Key != "" })
		all = append(all, i)
	}
	m.inOrder()
	m.Stop()
	require.NoError(t, os.Rename(data, moved))
	require.NoError(t, os.RemoveAll(filepath.Join(moved, "temporal")))

	m = install(t, func(o *sandbox.Options) { o.DataDir = moved })
	ctx, interrupt := context.WithCancel(t.Context())
	started := 0
	operator := incident.Actor{Person: "carol@example.com", Way: incident.WayCLI}
	_, err := m.incidents.RestoreArchived(ctx, operator, false, func(_ string, err error) {
		if err == nil {
			started++
		}
		if started == 3 {
			interrupt()
		}
	})
	interrupt()
	require.Error(t, err)
	require.Equal(t, 3, started, "nothing was started after it was interrupted")
	all[0].m = m
	all[0].does(api.Update, incident.Update{Meta: by("bob@example.com"), Text: "meanwhile"})

	res, err := m.incidents.RestoreArchived(t.Context(), operator, false, func(string, error) {})
	require.NoError(t, err)
	require.Equal(t, 3, res.Running)
	require.Equal(t, 8, res.Incidents+res.Others+res.Running, "%+v", res)
	for _, i := range all {
		i.m = m
		f := i.becomes("restored once", func(f incident.Incident) bool { return strings.Count(timeline(f), "Restored from the archive") == 1 })
		require.Len(t, f.FollowUps, 1)
		require.Len(t, i.channels(), 1)
		require.Len(t, i.issues(), 1)
		i.does(api.ChangeFollowUp, incident.ChangeFollowUp{Meta: by("bob@example.com"), Number: 1, Status: incident.FollowUpDone})
		m.eventually(func() bool {
			issue, _ := m.Sims.Jira.Issue(f.FollowUps[0].Issue.Key)
			return issue.Status == "Done"
		}, "the follow-up of %s goes on", i.key())
	}
	require.Contains(t, timeline(all[0].facts()), "meanwhile", "what ran already stays as it is")
	m.inOrder()
}

// startOf are the options by which a workflow is started again.
func startOf(id string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{ID: id, TaskQueue: string(api.QueueMuster)}
}

// withRestored is a state as the input of a workflow that is started from the archive.
func withRestored(t *testing.T, state json.RawMessage) map[string]json.RawMessage {
	t.Helper()
	var input map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(state, &input))
	restored, err := json.Marshal(api.Restored{Actor: by("alice@example.com").Actor, Page: true, Archived: true})
	require.NoError(t, err)
	input["restored"] = restored
	return input
}
