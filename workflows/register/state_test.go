package register

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/internal/bounds"
	"muster/workflows/api"
)

// Register must always be able to go on: a state that the server does not take stops everybody from
// declaring. The fullest state is made of the bounds, so that a field without one is found here.
func TestTheFullestRegisterFitsIntoAnInput(t *testing.T) {
	t.Parallel()
	var full api.RegisterInput
	require.Empty(t, stateBounds.Fullest(&full), "these fields have no bound in stateBounds")
	require.Len(t, full.State.AlertKeys, maxAlertKeys+maxWorstAlertKeys)
	require.Len(t, full.State.Declared, maxDeclared)
	t.Logf("%d bytes", bounds.Size(full))
	require.Less(t, bounds.Size(full), api.MaxInput)
}

// One caller who declares without end is refused by a clear word, and keeps nobody out: severity 1 has
// room of its own, and whoever names no alert key needs none.
func TestLiveAlertKeysHaveAnEnd(t *testing.T) {
	w := registerWorld(t)
	worst := strings.Repeat("<", 250)
	state := &api.RegisterState{Recovered: true, Last: maxAlertKeys - 1, AlertKeys: map[string]int{}}
	for k := range maxAlertKeys - 1 {
		state.AlertKeys[api.AlertKeyHash(fmt.Sprint(k))] = k + 1
	}
	declare := func(at time.Duration, key string, severity incident.Severity, then func(api.DeclareResult, error)) {
		in := declareInput(fmt.Sprint(at), "Checkout is down")
		in.Declaration.AlertKey, in.Declaration.Severity = key, severity
		w.declares(at, in, then)
	}
	taken := func(_ api.DeclareResult, err error) { require.NoError(t, err) }
	declare(1*time.Minute, "last"+worst, 5, taken)
	declare(2*time.Minute, "last"+worst, 5, func(r api.DeclareResult, err error) {
		require.NoError(t, err)
		require.True(t, r.Existing, "a key that is held needs no room")
	})
	declare(3*time.Minute, "more"+worst, 5, func(_ api.DeclareResult, err error) {
		require.ErrorContains(t, err, "2500 live incidents hold an alert key, and there is no room for more")
		require.ErrorContains(t, err, "or declare it without an alert key")
	})
	declare(4*time.Minute, "worst", 1, taken)
	declare(5*time.Minute, "", 5, taken)
	w.After(6*time.Minute, func() {
		w.Env.SignalWorkflow(api.AlertKeyFreed, api.AlertKeyFreedInput{AlertKey: "0", Number: 1})
		w.Env.SignalWorkflow(api.AlertKeyFreed, api.AlertKeyFreedInput{Hash: api.AlertKeyHash("1"), Number: 2})
	})
	declare(7*time.Minute, "more"+worst, 5, taken)
	for k := range 2 * maxVendors {
		w.After(8*time.Minute, func() {
			w.Env.SignalWorkflow(api.SnagChanged, api.SnagChangedInput{Workflow: fmt.Sprint(k), Vendor: fmt.Sprint("v", k), Reason: strings.Repeat("<", 900)})
		})
	}
	w.Env.ExecuteWorkflow(Register, api.RegisterInput{State: state})
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, w.Env.GetWorkflowError(), &next)
	var in api.RegisterInput
	w.Decode(next.Input, &in)
	require.Len(t, in.State.AlertKeys, maxAlertKeys)
	require.Len(t, in.State.Snags, maxVendors)
	require.Nil(t, stateBounds.Check(in))
}

func TestAKeyIsForgottenAfterADay(t *testing.T) {
	w := registerWorld(t)
	numbers := map[string]int{}
	for name, at := range map[string]time.Duration{"first": time.Minute, "soon": 23 * time.Hour, "late": 26 * time.Hour} {
		w.declares(at, declareInput("key-1", "Checkout is down"), func(r api.DeclareResult, err error) {
			require.NoError(t, err)
			numbers[name] = r.Number
		})
	}
	w.Env.ExecuteWorkflow(Register, api.RegisterInput{})
	require.Equal(t, map[string]int{"first": 1, "soon": 1, "late": 2}, numbers)
}

func TestWhoAskedForASubscriptionIsKeptWhereItIsSomebodyElse(t *testing.T) {
	t.Parallel()
	channel := incident.Subscription{Subscriber: incident.Subscriber{Channel: "C1"}}
	require.Equal(t, "dan@example.com", given(by("Dan@example.com", channel)).By)
	require.Empty(t, given(by("dan@example.com", person("Dan@example.com", ""))).By)
}

// A signal by hand passes no way in: three hashes of 900 kB would end Register, and no run of it could take over.
func TestAnAlertKeyByHandThatIsTooLargeIsRefused(t *testing.T) {
	w := registerWorld(t)
	w.After(time.Minute, func() {
		w.Env.SignalWorkflow(api.AlertKeyFreed, api.AlertKeyFreedInput{Hash: strings.Repeat("x", 900_000), To: 1000})
		w.Env.SignalWorkflow(api.AlertKeyFreed, api.AlertKeyFreedInput{Hash: api.AlertKeyHash("disk/db1"), To: 1000})
	})
	w.declares(2*time.Minute, declareInput("key-1", "Checkout is down"), func(_ api.DeclareResult, err error) { require.NoError(t, err) })
	w.Env.ExecuteWorkflow(Register, api.RegisterInput{State: &api.RegisterState{Recovered: true, Last: 1000}})
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, w.Env.GetWorkflowError(), &next)
	var in api.RegisterInput
	w.Decode(next.Input, &in)
	require.Equal(t, map[string]int{api.AlertKeyHash("disk/db1"): 1000}, in.State.AlertKeys)
}
