package server

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

var (
	benchShards = flag.Int("shards", historyShards, "history shards of the benchmarked server")
	benchDir    = flag.Bool("file", false, "benchmark a server with a data directory instead of one in memory")
)

// BenchmarkFirstActivity measures the floor under every page: from the call that starts a workflow to the first line
// of its first activity, with nothing else going on.
func BenchmarkFirstActivity(b *testing.B) {
	o := Options{UIPort: UIOff, SearchAttributes: attributes, shards: int32(*benchShards)}
	if *benchDir {
		o.DataDir = b.TempDir()
	}
	began := time.Now()
	s := start(b, o)
	up := time.Since(began)
	c := dial(b, s)

	reached := make(chan time.Time, 1)
	page := func(context.Context) error {
		reached <- time.Now()
		return nil
	}
	incident := func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 5 * time.Second})
		return workflow.ExecuteActivity(ctx, page).Get(ctx, nil)
	}
	w := worker.New(c, taskQueue, worker.Options{})
	w.RegisterWorkflowWithOptions(incident, workflow.RegisterOptions{Name: "incident"})
	w.RegisterActivity(page)
	require.NoError(b, w.Start())
	defer w.Stop()

	run := func(id string) time.Duration {
		began := time.Now()
		r, err := c.ExecuteWorkflow(b.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: taskQueue}, "incident")
		require.NoError(b, err)
		took := (<-reached).Sub(began)
		require.NoError(b, r.Get(b.Context(), nil))
		return took
	}
	run("warm-up")
	var took []time.Duration
	for b.Loop() {
		took = append(took, run(fmt.Sprintf("INC-%d", len(took))))
	}
	slices.Sort(took)
	b.ReportMetric(float64(up.Milliseconds()), "start-ms")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
