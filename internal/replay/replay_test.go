package replay

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const fixtures = "../../workflows/testdata/replay"

func TestHistoriesOfFilesAreReplayed(t *testing.T) {
	t.Parallel()
	r := Replayer{}
	res, err := r.Files([]string{filepath.Join(fixtures, "whole--1--INC-1.json"), filepath.Join(fixtures, "whole--1--INC-1--page--1.json")})
	require.NoError(t, err)
	require.Equal(t, Result{Replayed: 2}, res)
}

// A history that another program has written is told with its workflow and what does not fit, and without a word of
// what people wrote: it may be private.
func TestAHistoryThatDoesNotFitIsToldByIDs(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(fixtures, "whole--1--INC-1.json"))
	require.NoError(t, err)
	require.Contains(t, string(raw), `"OpenChannel"`)
	path := filepath.Join(t.TempDir(), "changed.json")
	require.NoError(t, os.WriteFile(path, []byte(strings.ReplaceAll(string(raw), `"OpenChannel"`, `"MakeRoom"`)), 0o600))
	r := Replayer{}
	res, err := r.Files([]string{path})
	require.NoError(t, err)
	require.Equal(t, 1, res.Replayed)
	require.Len(t, res.Breaks, 1)
	b := res.Breaks[0]
	require.Equal(t, "INC-1", b.Workflow)
	require.Equal(t, "Incident", b.Type)
	var out strings.Builder
	res.Print(&out)
	require.Contains(t, out.String(), "MakeRoom")
	require.NotContains(t, strings.ToLower(out.String()), "checkout is down")
	require.Contains(t, out.String(), "1 histories replayed, 1 would break, 0 skipped")
	t.Log(b.Why)
}

func TestWhatIsNoHistoryIsNamed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "list.json")
	for _, text := range []string{"no JSON", "{}"} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		r := Replayer{}
		_, err := r.Files([]string{path})
		require.ErrorContains(t, err, path)
	}
	r := Replayer{}
	_, err := r.Files([]string{path + ".gone"})
	require.ErrorContains(t, err, "gone")
}

func TestWhyHasNothingOfWhatTheCommandsHold(t *testing.T) {
	t.Parallel()
	for said, why := range map[string]string{
		"[TMPRL1100] nondeterministic workflow: history event is ActivityTaskScheduled: (ActivityId:5, ActivityType:(Name:MakeRoom), Input:[(secret)]), replay command is ScheduleActivityTask: (ActivityId:5, ActivityType:(Name:OpenChannel), Input:[secret])": "history event is ActivityTaskScheduled MakeRoom, replay command is ScheduleActivityTask OpenChannel",
		"[TMPRL1100] nondeterministic workflow: missing replay command for TimerStarted: (TimerId:9, StartToFireTimeout:1s)":                                                                                                                                     "missing replay command for TimerStarted",
		"[TMPRL1100] nondeterministic workflow: extra replay command for StartTimer: (TimerId:9)":                                                                                                                                                                "extra replay command for StartTimer",
		"[TMPRL1100] nondeterministic workflow: missing replay command for StartChildWorkflowExecutionInitiated: (initiated_attributes:{input:{data:\"{Checkout is down :) 1) ask Bob (now)}\"}})":                                                               "missing replay command for StartChildWorkflowExecutionInitiated",
		"panic: Checkout is down": "the SDK cannot go through it; keep it with --dir, and replay it in a test to see why",
	} {
		require.Equal(t, why, mismatch(said))
	}
}
