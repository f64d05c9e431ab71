package workflows

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// Histories recorded from real runs must replay with today's code. A file is named after its
// scenario, the run and the workflow ID, with -- for slashes: whole--1--INC-1--page--1.json.
// dev/e2e records them, see TestRecordReplayFixtures there.
func TestRecordedHistoriesReplay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/replay/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files, "no recorded histories")
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".json"), func(t *testing.T) {
			t.Parallel()
			history := readHistory(t, f)
			parts := strings.SplitN(strings.TrimSuffix(filepath.Base(f), ".json"), "--", 3)
			require.Len(t, parts, 3, "the name holds scenario, run and ID")
			replayer := worker.NewWorkflowReplayer()
			AddTo(replayer)
			err := replayer.ReplayWorkflowHistoryWithOptions(nil, history, worker.ReplayWorkflowHistoryOptions{
				OriginalExecution: workflow.Execution{ID: strings.ReplaceAll(parts[2], "--", "/"), RunID: history.Events[0].GetWorkflowExecutionStartedEventAttributes().GetOriginalExecutionRunId()},
			})
			require.NoError(t, err)
		})
	}
}

// Each kind of workflow, and each that is continued as new, has a history that replays.
func TestEveryKindOfWorkflowHasARecordedHistory(t *testing.T) {
	t.Parallel()
	runs := map[string]int{}
	files, err := filepath.Glob("testdata/replay/*.json")
	require.NoError(t, err)
	for _, f := range files {
		e := readHistory(t, f).Events[0].GetWorkflowExecutionStartedEventAttributes()
		kind := e.GetWorkflowType().GetName()
		runs[kind]++
		if e.GetContinuedExecutionRunId() != "" {
			runs[kind+" continued"]++
		}
	}
	r := &names{}
	AddTo(r)
	for _, kind := range r.list {
		require.NotZero(t, runs[kind], "no history of %s", kind)
	}
	for _, kind := range []string{"Register", "Incident", "Page", "Review", "FollowUp"} {
		require.NotZero(t, runs[kind+" continued"], "no continued history of %s", kind)
	}
}

func readHistory(t testing.TB, path string) *historypb.History {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	h, err := client.HistoryFromJSON(file, client.HistoryJSONOptions{})
	require.NoError(t, err)
	return h
}

// A renamed workflow would strand every running one.
func TestTheNamesOfWorkflowsStay(t *testing.T) {
	t.Parallel()
	r := &names{}
	AddTo(r)
	require.Equal(t, []string{"Register", "Incident", "Page", "Review", "FollowUp", "Sweep", "Digest", "PersonDigest", "Report", "CheckUp", "Canary"}, r.list)
}

// A worker that takes over an incident replays all of it before it can answer.
func BenchmarkColdReplay(b *testing.B) {
	for _, name := range []string{"whole--1--INC-1", "slack--1--INC-1"} {
		b.Run(name, func(b *testing.B) {
			history := readHistory(b, filepath.Join("testdata", "replay", name+".json"))
			replayer := worker.NewWorkflowReplayer()
			AddTo(replayer)
			o := worker.ReplayWorkflowHistoryOptions{OriginalExecution: workflow.Execution{ID: "INC-1"}}
			for b.Loop() {
				require.NoError(b, replayer.ReplayWorkflowHistoryWithOptions(quiet{}, history, o))
			}
			b.ReportMetric(float64(len(history.Events)), "events")
		})
	}
}

type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}
