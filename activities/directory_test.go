package activities

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"

	"muster/incident"
	"muster/workflows/api"
)

func TestTheHighestIncidentIsFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ids  []string
		want int
	}{
		"none":                      {nil, 0},
		"the newest is the highest": {[]string{"INC-42", "INC-41", "INC-1"}, 42},
		"in any order":              {[]string{"INC-7", "INC-100", "INC-99"}, 100},
		"among others":              {[]string{"OPS-500", "INC-3", "INC-x", "INC-0900", ""}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var all []*workflowpb.WorkflowExecutionInfo
			for _, id := range c.ids {
				all = append(all, running(t, id, nil))
			}
			f := &fakeTemporal{workflows: all}
			d := &Directory{Temporal: f, Namespace: "ops"}
			require.Equal(t, c.want, result[int](t, worker(t, d), d.HighestIncident))
			require.Equal(t, []string{`ops: WorkflowType = "Incident"`}, f.queries)
		})
	}
}

func TestADirectoryThatCannotLookTriesAgain(t *testing.T) {
	t.Parallel()
	d := &Directory{Temporal: &fakeTemporal{fails: serviceerror.NewUnavailable("try later")}}
	app, _ := failure(t, worker(t, d), d.HighestIncident)
	require.Equal(t, ErrRetryable, app.Type())
	require.False(t, app.NonRetryable())
	require.Contains(t, app.Message(), "list incidents: ")
}

func TestSubscribersAreThoseWhoAskedForSuchAnIncidentEachOnce(t *testing.T) {
	t.Parallel()
	dan, channel, erin := incident.Subscriber{Person: "dan@example.com"}, incident.Subscriber{Channel: "C9"}, incident.Subscriber{Person: "erin@example.com"}
	temporal := &fakeTemporal{register: &api.RegisterState{Subscriptions: []incident.Subscription{
		{Subscriber: dan, Severity: 2},
		{Subscriber: dan, Services: []string{"checkout"}},
		{Subscriber: channel, Tags: []string{"payments"}},
		{Subscriber: erin, Severity: 1},
	}}}
	d := &Directory{Temporal: temporal, Namespace: "default"}
	env := worker(t, d)
	in := SubscribersInput{Kind: incident.KindIncident, Severity: 2, Services: []string{"checkout"}, Tags: []string{"payments"}}
	require.Equal(t, []incident.Subscriber{dan, channel}, result[[]incident.Subscriber](t, env, d.Subscribers, in))

	temporal.register = nil
	app, _ := failure(t, env, d.Subscribers, in)
	require.Equal(t, ErrRetryable, app.Type(), "no worker answers for Register just now")
}
