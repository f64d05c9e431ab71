// Package worldtest runs one workflow under test with fake vendors behind real activities, in
// skipped time. It knows no workflow of its own.
package worldtest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"muster/activities"
	"muster/incident"
	"muster/integrations/fault"
	"muster/workflows/api"
)

// World is one workflow under test with fake vendors behind real activities, in skipped time.
type World struct {
	T   *testing.T
	Env *testsuite.TestWorkflowEnvironment
	Fakes
	// Counted is how often each metric of Muster's was counted or measured, by its labels.
	Counted *Counted
	// hear, when set, hears what the workflow signals to others, and answers.
	hear func(id, name string, in any) error
}

// New makes a world for a workflow of the ID, with the workflows that register adds.
func New(t *testing.T, id string, register func(worker.WorkflowRegistry)) *World {
	t.Helper()
	t.Parallel()
	return Again(t, id, register)
}

// Again makes one more world in a test that runs in parallel already.
func Again(t *testing.T, id string, register func(worker.WorkflowRegistry)) *World {
	t.Helper()
	w := &World{T: t, Fakes: Fakes{Pages: map[string]incident.PageState{}, Asked: map[string][]string{}, Quiet: incident.Quiet{Archived: true}}}
	var suite testsuite.WorkflowTestSuite
	w.Counted = &Counted{seen: map[string]int{}}
	suite.SetMetricsHandler(counting{into: w.Counted})
	w.Env = suite.NewTestWorkflowEnvironment()
	// A busy machine may take a second away from a test, which is no deadlock.
	w.Env.SetWorkerOptions(worker.Options{WorkflowPanicPolicy: worker.FailWorkflow, DeadlockDetectionTimeout: 10 * time.Second})
	w.Env.SetStartTime(time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC)) // a Wednesday
	w.Env.SetTestTimeout(30 * time.Second)
	register(w.Env)
	secret := func(string) (fault.Secret, error) { return fault.NewSecret("key"), nil }
	w.Env.RegisterActivity(&activities.Paging{Pager: fakePager{&w.Fakes}, Secret: secret})
	w.Env.RegisterActivity(&activities.Chat{Messenger: fakeChat{&w.Fakes}})
	w.Env.RegisterActivity(&activities.Tracker{Issues: fakeTracker{&w.Fakes}})
	w.Env.RegisterActivity(&fakeDirectory{&w.Fakes})
	w.Env.RegisterActivity(&fakeOwing{&w.Fakes})
	w.Env.RegisterActivity(&fakeArchive{&w.Fakes})
	w.Env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: id, TaskQueue: api.QueueMuster})
	// The Register and other workflows run elsewhere.
	w.Env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(w.elsewhere).Maybe()
	return w
}

// Listens hears what the workflow signals to others, and answers.
func (w *World) Listens(hear func(id, name string, in any) error) { w.hear = hear }

func (w *World) elsewhere(_, id, _, name string, arg any) error {
	if w.hear != nil {
		return w.hear(id, name, arg)
	}
	if told, ok := arg.(api.ToldInput); ok {
		return w.Called("%s", strings.TrimSpace(fmt.Sprintf("told %s of %s %s %s", id, told.Person, told.Turn, outcome(told))))
	}
	return w.Called("signal %s %s", id, name)
}

// After does something at a moment of the workflow's time.
func (w *World) After(d time.Duration, do func()) { w.Env.RegisterDelayedCallback(do, d) }

// Commands gives a command at a moment and requires that it is accepted.
func (w *World) Commands(d time.Duration, name string, c incident.Command) {
	w.After(d, func() { w.Env.UpdateWorkflowNoRejection(name, fmt.Sprint(name, d), w.T, c) })
}

// Refused gives a command at a moment and requires that it is refused with such words.
func (w *World) Refused(d time.Duration, name string, c incident.Command, words string) {
	w.After(d, func() {
		w.Env.UpdateWorkflow(name, fmt.Sprint(name, d), &testsuite.TestUpdateCallback{
			OnAccept:   func() { w.T.Errorf("%s at %s was accepted", name, d) },
			OnReject:   func(err error) { require.ErrorContains(w.T, err, words) },
			OnComplete: func(any, error) {},
		}, c)
	})
}

// Facts are those of the incident under test.
func (w *World) Facts() incident.Incident {
	w.T.Helper()
	v, err := w.Env.QueryWorkflow(api.Snapshot)
	require.NoError(w.T, err)
	var i incident.Incident
	require.NoError(w.T, v.Get(&i))
	return i
}

// By is what a command of a person starts with.
func By(person string) incident.Meta {
	return incident.Meta{Actor: incident.Actor{Person: person, Way: incident.WayCLI}}
}

// Decode reads the input of a continued run.
func (w *World) Decode(p *commonpb.Payloads, into any) {
	w.T.Helper()
	require.NoError(w.T, converter.GetDefaultDataConverter().FromPayloads(p, into))
}

func outcome(t api.ToldInput) string {
	if t.Unknown {
		return "unknown"
	}
	return t.Snag
}
