package mirror

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2" //nolint:depguard // of a known seed, it is as deterministic as the run's ID

	"go.temporal.io/sdk/workflow"
)

// resets notices that a run was reset: somebody had Temporal begin it anew at an earlier task. What
// the run has forgotten by that was done all the same, so from then on it looks before it calls.
//
// The sign is a random stream of the SDK, which starts from the run's first ID and from another one
// after each reset (SDK 1.50, workflow.GetRandomStream). As long as it goes on like its twin, nothing
// was reset. So the sign is the same in every replay, up to the reset and after it, and costs no event.
// That OriginalRunID differs from the run's own ID says only that a run was reset somewhere: decisions
// before that point would come out otherwise in a replay than they are in the history.
type resets struct {
	stream workflow.WorkflowRandomStream
	twin   *rand.ChaCha8 //nolint:forbidigo // as above
	seen   bool
	// resumed counts how often it was said which run goes on.
	resumed int
}

const resetStream = "muster/reset"

func newResets(ctx workflow.Context) *resets {
	id := workflow.GetInfo(ctx).OriginalRunID
	if id == "" {
		return &resets{} // a test environment, which resets nothing
	}
	return &resets{stream: workflow.GetRandomStream(ctx, resetStream), twin: rand.NewChaCha8(seedOf(id, resetStream))} //nolint:forbidigo // as above
}

// seedOf is how the SDK derives the seed of a stream from a run ID (internal/workflow_random.go, version 1
// of the derivation). Another derivation would take every run for reset, which costs a look per call and
// turns TestARunThatWasNotResetLooksForNothing red.
func seedOf(runID, name string) [32]byte {
	return sha256.Sum256([]byte("temporal.sdk.random.v1\x00" + runID + "\x00" + name))
}

// noticed reports whether the run was reset up to now.
func (r *resets) noticed() bool {
	if r.seen || r.stream == nil {
		return r.seen
	}
	var theirs, ours [8]byte
	_, _ = r.stream.Read(theirs[:]) // neither ever fails
	_, _ = r.twin.Read(ours[:])     //nolint:forbidigo // as above
	r.seen = theirs != ours
	return r.seen
}

// resume goes on after a reset, in the run of the ID, so that another reset is noticed as well.
func (r *resets) resume(ctx workflow.Context, runID string) {
	if r.stream == nil || runID == "" {
		return
	}
	r.resumed++
	name := fmt.Sprintf("%s/%d", resetStream, r.resumed)
	r.stream, r.twin, r.seen = workflow.GetRandomStream(ctx, name), rand.NewChaCha8(seedOf(runID, name)), false //nolint:forbidigo // as above
}
