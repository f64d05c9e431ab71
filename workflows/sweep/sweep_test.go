package sweep

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"muster/activities"
	"muster/incident"
	"muster/workflows/mirror"
)

// run is one sweep under test, with what its activities answer.
type run struct {
	*testsuite.TestWorkflowEnvironment
	ended   activities.SweptEnded
	postErr error
	told    []string // what SweepEnded was told
	posted  []activities.PostMessageInput

	mu     sync.Mutex // the sweeps of one run are asked for at once
	looked []string
}

var morning = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func newRun() *run {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	r := &run{TestWorkflowEnvironment: suite.NewTestWorkflowEnvironment()}
	r.SetStartTime(morning)
	r.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: "sweep-2026-11-23T08:00:00Z"})
	r.RegisterWorkflow(Sweep)
	r.RegisterActivity(&activities.Sweeping{})
	r.RegisterActivity(&activities.Chat{})
	sweeps := func(name string) (activities.Swept, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.looked = append(r.looked, name)
		return activities.Swept{Looked: 1, Mark: morning}, nil
	}
	r.OnActivity(mirror.Sweeping.SweepChanges, mock.Anything, mock.Anything).Return(func(context.Context, activities.SweepChangesInput) (activities.Swept, error) {
		return sweeps("changes")
	})
	r.OnActivity(mirror.Sweeping.SweepPages, mock.Anything).Return(func(context.Context) (activities.Swept, error) { return sweeps("pages") })
	r.OnActivity(mirror.Sweeping.SweepExistence, mock.Anything).Return(func(context.Context) (activities.Swept, error) { return sweeps("existence") })
	r.OnActivity(mirror.Sweeping.SweepEnded, mock.Anything, mock.Anything).Return(func(_ context.Context, in activities.SweepEndedInput) (activities.SweptEnded, error) {
		r.told = in.Told
		return r.ended, nil
	})
	r.OnActivity(mirror.Chat.PostMessage, mock.Anything, mock.Anything).Return(func(_ context.Context, in activities.PostMessageInput) (incident.MessageRef, error) {
		r.posted = append(r.posted, in)
		return incident.MessageRef{ID: "1"}, r.postErr
	})
	return r
}

func (r *run) sweeps(t *testing.T) Marks {
	t.Helper()
	r.ExecuteWorkflow(Sweep)
	require.NoError(t, r.GetWorkflowError())
	var m Marks
	require.NoError(t, r.GetWorkflowResult(&m))
	return m
}

func TestACancellationRequestEndsNoSweep(t *testing.T) {
	t.Parallel()
	r := newRun()
	r.RegisterDelayedCallback(r.CancelWorkflow, 0)
	require.Equal(t, Marks{Changes: morning, Existence: morning}, r.sweeps(t))
	require.ElementsMatch(t, []string{"changes", "pages", "existence"}, r.looked)
}

func lost(n int) activities.EndedWorkflow {
	return activities.EndedWorkflow{ID: fmt.Sprintf("INC-%d", n), RunID: fmt.Sprintf("run-%d", n), How: "terminated", At: morning}
}

func TestOperatorsAreToldOnceOfWhatWasEndedByHand(t *testing.T) {
	t.Parallel()
	r := newRun()
	r.ended = activities.SweptEnded{
		Ended: []activities.EndedWorkflow{lost(1), lost(2)}, News: []activities.EndedWorkflow{lost(2)}, Freed: []int{2},
		Withdrawn: []string{"INC-2/page/1"}, Channel: "#muster-ops", Installation: "inst",
	}
	r.SetLastCompletionResult(Marks{Changes: morning, Existence: morning, Told: []string{"run-1"}})
	require.Equal(t, []string{"run-1", "run-2"}, r.sweeps(t).Told)
	require.Equal(t, []string{"run-1"}, r.told)
	require.Len(t, r.posted, 1)
	m := r.posted[0].Message
	require.Equal(t, "inst/sweep-2026-11-23T08:00:00Z/ended", m.Key)
	require.Equal(t, []string{
		"INC-2 was terminated at 2026-11-23 08:00 UTC. `starter restore INC-2` starts it again, with --page if it may page people.",
		"Withdrawn at the pager, since no incident wants them any more: INC-2/page/1.",
	}, m.Body)
	require.Len(t, m.Footnotes, 1)

	quiet := newRun()
	quiet.ended = activities.SweptEnded{Ended: []activities.EndedWorkflow{lost(1), lost(2)}, Channel: "#muster-ops"}
	quiet.sweeps(t)
	require.Empty(t, quiet.posted, "they know")
}

func TestWhatOperatorsCouldNotBeToldIsNewsForTheNextSweep(t *testing.T) {
	t.Parallel()
	r := newRun()
	r.ended = activities.SweptEnded{Ended: []activities.EndedWorkflow{lost(1)}, News: []activities.EndedWorkflow{lost(1)}, Channel: "#muster-ops"}
	r.postErr = temporal.NewNonRetryableApplicationError("channel_not_found", activities.ErrPermanent, nil)
	require.Empty(t, r.sweeps(t).Told)
}

func TestTheMessageToOperatorsIsBounded(t *testing.T) {
	t.Parallel()
	var seen activities.SweptEnded
	for n := range 100 {
		seen.News = append(seen.News, lost(n+1))
		seen.Withdrawn = append(seen.Withdrawn, fmt.Sprintf("INC-%d/page/1", n+1))
	}
	m, ok := endedMessage(seen)
	require.True(t, ok)
	require.Len(t, m.Body, maxNamed+2)
	require.Contains(t, m.Body[maxNamed], "and 85 more")
	require.Contains(t, m.Body[maxNamed+1], " and 85 more")
}
