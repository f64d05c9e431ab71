package checkup

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"muster/activities"
	"muster/incident"
	"muster/integrations/fault"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

var update = flag.Bool("update", false, "write the golden files anew")

// finding is a fault of which the key says all.
func finding(key string) api.CheckFinding {
	check, text, _ := strings.Cut(key, ": ")
	return api.CheckFinding{State: "broken", Check: check, Text: text, Mend: "do something", Key: key}
}

func findings(keys ...string) (out []api.CheckFinding) {
	for _, k := range keys {
		out = append(out, finding(k))
	}
	return out
}

func keys(list []api.CheckFinding) []string {
	out := []string{}
	for _, f := range list {
		out = append(out, f.Key)
	}
	return out
}

func environment() *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterWorkflow(CheckUp)
	env.RegisterActivity(&activities.Examining{})
	env.RegisterActivity(&activities.Chat{})
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: "doctor/daily-2026-11-30T07:30:00Z"})
	return env
}

// day is one daily check-up.
type day struct {
	t       *testing.T
	looks   []api.CheckUpSeen // the last one again and again
	channel string
	lookErr error
	postErr error
	last    *api.CheckUpResult

	// cancels has somebody ask Temporal to cancel the check-up.
	cancels bool

	looked   int
	posted   []activities.PostMessageInput
	lastedTo time.Duration
}

// passes runs the day and gives what it leaves for the next one.
func (d *day) passes() api.CheckUpResult {
	d.t.Helper()
	env := environment()
	start := time.Date(2026, 11, 30, 7, 30, 0, 0, time.UTC)
	env.SetStartTime(start)
	if d.last != nil {
		env.SetLastCompletionResult(*d.last)
	}
	env.OnActivity(mirror.Examining.ExamineInstallation, mock.Anything).Return(func(context.Context) (api.CheckUpSeen, error) {
		seen := d.looks[min(d.looked, len(d.looks)-1)]
		d.looked++
		seen.Installation, seen.Channel = "inst", d.channel
		return seen, d.lookErr
	})
	env.OnActivity(mirror.Chat.PostMessage, mock.Anything, mock.Anything).Return(func(_ context.Context, in activities.PostMessageInput) (incident.MessageRef, error) {
		d.posted = append(d.posted, in)
		return incident.MessageRef{ID: "1"}, d.postErr
	})
	if d.cancels {
		env.RegisterDelayedCallback(env.CancelWorkflow, time.Minute) // while it waits to look once more
	}
	env.ExecuteWorkflow(CheckUp)
	require.True(d.t, env.IsWorkflowCompleted())
	require.NoError(d.t, env.GetWorkflowError())
	var left api.CheckUpResult
	require.NoError(d.t, env.GetWorkflowResult(&left))
	d.lastedTo = env.Now().Sub(start)
	return left
}

func sees(t *testing.T, looks ...api.CheckUpSeen) *day {
	t.Helper()
	return &day{t: t, looks: looks, channel: "#muster-ops"}
}

func TestOnlyWhatIsNewIsTold(t *testing.T) {
	t.Parallel()
	monday := sees(t, api.CheckUpSeen{Findings: findings("jira token: ends soon", "temporal workers: gone")})
	left := monday.passes()
	require.Len(t, monday.posted, 1)
	require.Equal(t, "#muster-ops", monday.posted[0].Channel)
	require.Equal(t, "inst/doctor/daily-2026-11-30T07:30:00Z/report", monday.posted[0].Message.Key)
	require.Equal(t, "Muster's daily check-up: 2 new", monday.posted[0].Message.Headline)

	tuesday := sees(t, monday.looks...)
	tuesday.last = &left
	left = tuesday.passes()
	require.Empty(t, tuesday.posted, "they know")
	require.Equal(t, 1, tuesday.looked)
	require.Zero(t, tuesday.lastedTo)
	require.Equal(t, []string{"jira token: ends soon", "temporal workers: gone"}, keys(left.Told))

	wednesday := sees(t, api.CheckUpSeen{Findings: findings("jira token: ends soon", "slack scopes: one missing")})
	wednesday.last = &left
	left = wednesday.passes()
	require.Equal(t, "Muster's daily check-up: 1 new, 1 mended", wednesday.posted[0].Message.Headline)
	require.Equal(t, []string{"jira token: ends soon", "slack scopes: one missing"}, keys(left.Told))
}

func TestACancellationRequestEndsNoCheckUp(t *testing.T) {
	t.Parallel()
	d := sees(t, api.CheckUpSeen{Findings: findings("temporal workers: gone")})
	d.cancels = true
	require.Equal(t, []string{"temporal workers: gone"}, keys(d.passes().Told))
	require.Len(t, d.posted, 1)
	require.Equal(t, secondLook, d.lastedTo, "it looked twice")
}

func TestNothingIsWrong(t *testing.T) {
	t.Parallel()
	d := sees(t, api.CheckUpSeen{})
	require.Empty(t, d.passes().Told)
	require.Empty(t, d.posted)
	require.Zero(t, d.lastedTo)
}

func TestWhatPassesIsNotTold(t *testing.T) {
	t.Parallel()
	d := sees(t, api.CheckUpSeen{Findings: findings("slack token: no answer", "jira token: ends soon")}, api.CheckUpSeen{Findings: findings("jira token: ends soon")})
	left := d.passes()
	require.Len(t, d.posted, 1)
	require.Len(t, d.posted[0].Message.Body, 1)
	require.Equal(t, []string{"jira token: ends soon"}, keys(left.Told))
	require.GreaterOrEqual(t, d.lastedTo, 15*time.Minute)

	d = sees(t, api.CheckUpSeen{Findings: findings("slack token: no answer")}, api.CheckUpSeen{})
	require.Empty(t, d.passes().Told)
	require.Empty(t, d.posted)
}

func TestWhatWasNotLookedAtIsNotMended(t *testing.T) {
	t.Parallel()
	known := &api.CheckUpResult{Told: findings("jira permissions: missing", "slack scopes: missing")}
	for _, blind := range [][]string{{"jira"}, {api.BlindToAll}} {
		d := sees(t, api.CheckUpSeen{Blind: blind})
		d.last = known
		left := d.passes()
		require.Contains(t, keys(left.Told), "jira permissions: missing", "%v", blind)
		if blind[0] == "jira" {
			require.Equal(t, "Muster's daily check-up: 1 mended", d.posted[0].Message.Headline)
		} else {
			require.Empty(t, d.posted)
		}
	}
	d := sees(t, api.CheckUpSeen{}, api.CheckUpSeen{Findings: known.Told})
	d.last = known
	require.Equal(t, known.Told, d.passes().Told, "it comes and goes")
	require.Empty(t, d.posted)
}

func TestWhatCouldNotBeToldIsNewTomorrow(t *testing.T) {
	t.Parallel()
	known := &api.CheckUpResult{Told: findings("jira token: ends soon")}
	d := sees(t, api.CheckUpSeen{Findings: findings("temporal workers: gone")})
	d.last, d.postErr = known, fmt.Errorf("wrapped: %w", &fault.Error{Vendor: "slack", Operation: "chat.postMessage", Class: fault.Permanent, Reason: "channel_not_found"})
	require.Equal(t, *known, d.passes())

	d = sees(t, api.CheckUpSeen{Findings: findings("temporal workers: gone")})
	d.last, d.lookErr = known, fmt.Errorf("nobody examines")
	require.Equal(t, *known, d.passes(), "a look that failed has found and mended nothing")
	require.Empty(t, d.posted)
}

func TestWithoutOperatorsNobodyIsTold(t *testing.T) {
	t.Parallel()
	d := sees(t, api.CheckUpSeen{Findings: findings("temporal workers: gone")})
	d.channel = ""
	require.Empty(t, d.passes().Told, "so that they hear of it once there is a channel")
	require.Empty(t, d.posted)
}

func TestAResultThatCannotBeReadIsNone(t *testing.T) {
	t.Parallel()
	env := environment()
	env.SetLastCompletionResult("what an older version left")
	env.OnActivity(mirror.Examining.ExamineInstallation, mock.Anything).Return(api.CheckUpSeen{Channel: "#ops"}, nil)
	env.ExecuteWorkflow(CheckUp)
	require.NoError(t, env.GetWorkflowError())
}

func TestTheMessageIsBounded(t *testing.T) {
	t.Parallel()
	var many []api.CheckFinding
	for k := range 40 {
		many = append(many, finding(fmt.Sprintf("jira field %d: required", k)))
	}
	m := news{fresh: many}.message()
	require.Len(t, m.Body, maxTold+1)
	require.Equal(t, "and 25 more", m.Body[maxTold])
	payload, err := converter.GetDefaultDataConverter().ToPayload(m)
	require.NoError(t, err)
	require.Less(t, payload.Size(), 16<<10)
}

// What the operators read, for tone.
func TestTheMessage(t *testing.T) {
	t.Parallel()
	m := news{
		fresh: []api.CheckFinding{
			{State: "broken", Check: "jira account", Text: "the API token was refused, so no issue is made, read or moved", Mend: "make a new one and set JIRA_TOKEN"},
			{State: "warning", Check: "temporal namespace", Text: "muster keeps what has ended for 3 days, and follow-ups and reviews are asked about for months", Mend: "run `starter setup temporal --namespace muster`"},
		},
		mended: []api.CheckFinding{{State: "broken", Check: "slack channels", Text: "the app is not in #incidents", Mend: "type /invite @muster in it"}},
		still:  findings("pagerduty: a"),
	}.message()
	text := strings.Join(append(append([]string{m.Headline, ""}, m.Body...), append([]string{""}, m.Footnotes...)...), "\n") + "\n"
	golden := filepath.Join("testdata", "message.txt")
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(text), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), text)
}
