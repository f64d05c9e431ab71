package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"muster/dev/sandbox"
	"muster/incident"
	"muster/internal/sims/simkit"
	"muster/workflows/api"
)

// The worker is killed while the page that Register sent ahead is on its way, and before the page's
// own workflow has begun. The page is out; its workflow finds it, and wakes nobody once more.
func TestAWorkerKilledBetweenTheFirstAttemptAndItsPageWakesNobodyTwice(t *testing.T) {
	t.Parallel()
	m := install(t, withoutWorker)
	const tries = 20
	caught := 0
	for n := 1; caught < 2 && n <= tries; n++ { // whether the page has begun is a matter of milliseconds
		p := m.startsWorkerProcess()
		var once sync.Once
		killed := make(chan struct{})
		m.Sims.Pager.OnTrigger(func(string, time.Time) {
			once.Do(func() { p.kill(); close(killed) })
		})
		i := m.declares("bob@example.com", fmt.Sprint("Checkout is down for the time ", n), 1, "checkout")
		<-killed
		m.Sims.Pager.OnTrigger(nil)
		if !m.exists(api.PageID(i.number, 1)) {
			caught++
		}
		next := m.startsWorkerProcess()
		i.becomes("paged", func(f incident.Incident) bool { return len(f.Pages) == 1 && f.Pages[0].Attempts == 1 })
		i.triggeredOnce()
		next.kill()
	}
	require.Equal(t, 2, caught, "of %d kills none hit the moment", tries)
}

// triggeredOnce requires one page with one trigger and one call of a person.
func (i *opened) triggeredOnce() {
	i.m.t.Helper()
	pages := i.pages()
	require.Len(i.m.t, pages, 1)
	require.Equal(i.m.t, 1, pages[0].Triggers, "triggers of %s", pages[0].Key)
	called := 0
	for _, n := range i.m.Sims.Pager.Notifications() {
		if n.IncidentID == pages[0].ID {
			called++
		}
	}
	require.Equal(i.m.t, 1, called, "calls for %s", pages[0].Key)
}

func (m *installation) exists(id string) bool {
	m.t.Helper()
	_, err := m.Client.DescribeWorkflowExecution(m.t.Context(), id, "")
	if _, missing := err.(*serviceerror.NotFound); missing { //nolint:errorlint // the client returns it as it is
		return false
	}
	require.NoError(m.t, err)
	return true
}

// Register is continued as new again and again while the pager takes its time to answer, so that
// runs end while their pages are on their way.
func TestPagesAreSentAheadOverRegistersRuns(t *testing.T) {
	t.Parallel()
	m := install(t, func(o *sandbox.Options) {
		o.TimeoutScale = 1
		o.DynamicConfig = map[string]any{"limit.historyCount.suggestContinueAsNew": 15}
	})
	m.Sims.Pager.Faults.Add(simkit.Fault{Operation: "events.trigger", Kind: simkit.Delay, Delay: simkit.Duration(300 * time.Millisecond)})
	var all []*opened
	// How many declarations a run takes depends on how busy the machine is.
	for len(all) < 12 || m.runs(api.RegisterID) <= 3 {
		require.Less(t, len(all), 60, "Register is continued as new")
		i := m.declares("bob@example.com", fmt.Sprint("Checkout is down ", len(all)), 1, "checkout")
		if all = append(all, i); len(all)%3 == 0 { // a moment of rest, in which a run can end
			i.becomes("paged", func(f incident.Incident) bool { return len(f.Pages) == 1 && f.Pages[0].Attempts == 1 })
		}
	}
	for _, i := range all {
		i.becomes("paged", func(f incident.Incident) bool { return len(f.Pages) == 1 && f.Pages[0].Attempts == 1 })
		i.triggeredOnce()
	}
}

// A workflow that is none of ours has the number: the page that was sent ahead for it is taken back.
func TestATakenNumberTakesItsPageBackAtThePager(t *testing.T) {
	t.Parallel()
	m := install(t)
	_, err := m.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "INC-1", TaskQueue: "nobody"}, "Foreign")
	require.NoError(t, err)
	m.declares("bob@example.com", "Checkout is down", 1, "checkout")
	i := &opened{m: m, number: 2}
	i.becomes("paged", func(f incident.Incident) bool { return len(f.Pages) == 1 && f.Pages[0].Attempts == 1 })
	i.triggeredOnce()
	m.eventually(func() bool {
		open := m.Sims.Pager.OpenIncidents()
		return len(open) == 1 && strings.Contains(open[0].Key, "/INC-2/")
	}, "nobody is called for INC-1 any more")
}

// Whatever wakes people goes first, and what reminds them of work goes last.
func TestWhatGoesFirstOnTheQueues(t *testing.T) {
	t.Parallel()
	m := install(t)
	i := m.declares("bob@example.com", "Checkout is down", 1, "checkout")
	i.isOpen()
	i.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Alert on disk space", Owner: "alice@example.com"})
	i.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
	i.becomes("with children in the tracker", func(f incident.Incident) bool {
		return f.FollowUps[0].Issue.Key != "" && f.Review() != nil && f.Review().Issue.Key != ""
	})
	for id, want := range map[string]struct{ itself, activities int32 }{
		api.RegisterID:              {1, 1},
		i.key():                     {2, 2},
		api.PageID(i.number, 1):     {1, 1},
		api.ReviewID(i.number, 1):   {5, 5},
		api.FollowUpID(i.number, 1): {5, 5},
	} {
		seen := 0
		for _, e := range m.events(id) {
			if a := e.GetWorkflowExecutionStartedEventAttributes(); a != nil {
				require.Equal(t, want.itself, a.GetPriority().GetPriorityKey(), id)
			}
			if a := e.GetActivityTaskScheduledEventAttributes(); a != nil {
				require.Equal(t, want.activities, a.GetPriority().GetPriorityKey(), "%s of %s", a.ActivityType.GetName(), id)
				seen++
			}
		}
		require.NotZero(t, seen, "activities of %s", id)
	}
}

func (m *installation) events(id string) []*historypb.HistoryEvent {
	m.t.Helper()
	var out []*historypb.HistoryEvent
	it := m.Client.GetWorkflowHistory(m.t.Context(), id, "", false, 0)
	for it.HasNext() {
		e, err := it.Next()
		require.NoError(m.t, err)
		out = append(out, e)
	}
	return out
}
