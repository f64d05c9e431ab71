package canary

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"muster/activities"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// A leg that fails is named, what depends on it is skipped, the others are measured, and the drill is cancelled.
func TestALegThatFailsFailsTheCanaryAndNotItsRun(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterWorkflow(Canary)
	env.RegisterActivity(&activities.Canary{})
	env.OnActivity(mirror.Canary.TidyCanaries, mock.Anything, mock.Anything).Return([]int{7}, nil)
	env.OnActivity(mirror.Canary.DeclareCanary, mock.Anything, mock.Anything).Return(api.DeclareResult{Number: 8}, nil)
	var mu sync.Mutex // legs are walked at once
	cancelled := false
	env.OnActivity(mirror.Canary.WalkLeg, mock.Anything, mock.Anything).Return(func(_ context.Context, in api.CanaryLegInput) error {
		require.Equal(t, 8, in.Number)
		mu.Lock()
		cancelled = cancelled || in.Cancel && in.Leg == api.LegEnd
		mu.Unlock()
		if in.Leg == api.LegPage {
			return errors.New("away")
		}
		return nil
	})
	env.OnUpsertMemo(mock.Anything).Return(nil)
	env.OnUpsertTypedSearchAttributes(mock.Anything).Return(nil)
	in := api.CanaryInput{Every: time.Hour, Within: time.Minute, Slice: playbook.Slice{
		Canary: true, Severities: []playbook.SeverityPolicy{{Level: 5, Targets: []playbook.PageTarget{{Name: "canary"}}}},
		Chat: playbook.ChatPolicy{NoChannel: true}, Tracker: playbook.TrackerPolicy{Project: "SAFE"},
	}}
	env.ExecuteWorkflow(Canary, in)
	require.NoError(t, env.GetWorkflowError())
	var res api.CanaryResult
	require.NoError(t, env.GetWorkflowResult(&res))
	require.Equal(t, api.CanaryFailed, res.Outcome)
	require.Equal(t, 1, res.Left)
	require.True(t, cancelled, "what was not made is not made later")
	skipped := []string{}
	for _, l := range res.Legs {
		if l.Skipped {
			skipped = append(skipped, l.Name)
		}
	}
	require.Equal(t, []string{api.LegAck, api.LegPageEnd}, skipped)
	require.Len(t, res.Failed(), 1)
	require.Equal(t, api.LegPage, res.Failed()[0].Name)
}
