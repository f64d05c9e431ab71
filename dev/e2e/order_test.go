package e2e

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/internal/sims/simkit"
	"muster/workflows/api"
)

// A number that was handed out takes commands at once, also in a burst, when the workflows of the
// incidents are still being started.
func TestCommandsRightAfterABurstOfDeclarations(t *testing.T) {
	t.Parallel()
	m := install(t)
	m.incidents.Recording = patience // the machine may be busy with other tests
	const many = 20
	var everybody sync.WaitGroup
	declared, failed := make([]*opened, many), make([]error, many)
	for k := range many {
		everybody.Go(func() {
			res, err := m.incidents.Declare(t.Context(), "", incident.Declaration{
				Title: fmt.Sprint("Burst ", k), Severity: 5, Actor: incident.Actor{Person: "bob@example.com", Way: incident.WayCLI},
			})
			if failed[k] = err; err != nil {
				return
			}
			declared[k] = &opened{m: m, number: res.Number}
			_, failed[k] = m.incidents.Command(t.Context(), res.Number, api.Update, incident.Update{Meta: by("bob@example.com"), Text: "See the runbook"})
		})
	}
	everybody.Wait()
	for k := range many {
		require.NoErrorf(t, failed[k], "%v", errors.Unwrap(failed[k]))
		declared[k].becomes("updated", func(f incident.Incident) bool { return f.LastUpdate == "See the runbook" })
	}
}

// A signal with a name that the SDK keeps for itself is one line in a log or on a timeline, whoever it
// is sent to, and after a reset too.
func TestASignalWithAReservedNameStopsNobody(t *testing.T) {
	t.Parallel()
	m := install(t)
	i := m.declares("bob@example.com", "Checkout is down", 2, "checkout")
	i.isOpen()
	followUp := api.FollowUpID(i.number, 1)
	i.gives(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Add an alert"})
	for _, id := range []string{api.RegisterID, i.key(), api.PageID(i.number, 1), followUp} {
		require.NoError(t, m.Client.SignalWorkflow(t.Context(), id, "", "__temporal_stop", nil), id)
	}
	i.gives(api.Mitigate, incident.Mitigate{Meta: by("bob@example.com")})
	i.becomes("noted", func(f incident.Incident) bool {
		for _, e := range f.Timeline {
			if e.Event == "refused" {
				return true
			}
		}
		return false
	})
	m.declares("bob@example.com", "Another one", 5)
	m.resets(i.key(), toLast)
	i.gives(api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
	i.becomes("taken back", func(incident.Incident) bool { return len(i.pages()) == 1 && i.pages()[0].Status == "resolved" })
}

// Commands that were recorded while no worker ran and one that is asked for as it comes back.
func TestWhatWasRecordedComesBeforeWhatIsAskedForNow(t *testing.T) {
	t.Parallel()
	m := install(t, withoutWorker)
	stop := m.startsWorkers()
	i := m.declares("bob@example.com", "Checkout is down", 5)
	i.isOpen()
	stop()
	first, err := m.incidents.Command(t.Context(), i.number, api.Update, incident.Update{Meta: by("alice@example.com"), Text: "The database is full"})
	require.NoError(t, err)
	require.True(t, first.Recorded)
	resolve, err := m.incidents.Command(t.Context(), i.number, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	require.NoError(t, err)
	require.True(t, resolve.Recorded)
	illegal, err := m.incidents.Command(t.Context(), i.number, api.Mitigate, incident.Mitigate{Meta: by("alice@example.com")})
	require.NoError(t, err)
	require.True(t, illegal.Recorded)
	asked := make(chan error, 1)
	go func() {
		_, err := m.incidents.Command(t.Context(), i.number, api.Update, incident.Update{Meta: by("bob@example.com"), Text: "It works again"})
		asked <- err
	}()
	m.startsWorkers()
	require.NoError(t, <-asked)
	f := i.becomes("cancelled", func(f incident.Incident) bool { return f.Status == incident.StatusCancelled && f.LastUpdate != "" })
	require.Equal(t, "It works again", i.becomes("updated", func(f incident.Incident) bool { return f.LastUpdate == "It works again" }).LastUpdate)
	require.Equal(t, incident.StatusCancelled, f.Status)
	m.eventually(func() bool {
		for _, ch := range i.channels() {
			for _, msg := range ch.Messages {
				if msg.Key != "" && strings.Contains(msg.Text, "Mitigate was not applied") {
					return true
				}
			}
		}
		return false
	}, "alice hears that her command was refused")
}

// The create reaches Jira and its answer is lost; the look-up of the retry is refused; a person mends
// that and asks to try again. There is one issue.
func TestALostAnswerAndARefusalDoubleNothing(t *testing.T) {
	t.Parallel()
	m := install(t)
	faults := m.Sims.Jira.Faults
	faults.Add(simkit.Fault{ID: "lost", Operation: "issue.create", Kind: simkit.DropAfter, Times: 1})
	faults.Add(simkit.Fault{ID: "refused", Operation: "search", Kind: simkit.Status, Status: 403})
	i := m.declares("bob@example.com", "Checkout is down", 5)
	i.becomes("snagged", func(f incident.Incident) bool { return len(f.Snags) > 0 })
	faults.Clear()
	i.gives(api.Retry, incident.Retry{Meta: by("bob@example.com")})
	i.becomes("tracked", func(f incident.Incident) bool { return f.Links.Tracker.Key != "" })
	require.Len(t, i.issues(), 1)
}

// gives gives a command, which on a busy machine may only be recorded.
func (i *opened) gives(name string, c incident.Command) {
	i.m.t.Helper()
	_, err := i.m.incidents.Command(i.m.t.Context(), i.number, name, c)
	require.NoError(i.m.t, err)
}
