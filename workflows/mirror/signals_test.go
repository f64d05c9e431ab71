package mirror

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows/api"
)

// mailbox is a workflow that only takes in signals, an hour long.
type mailbox struct {
	env     *testsuite.TestWorkflowEnvironment
	taken   []string
	refused []string
	log     strings.Builder
}

func newMailbox(t *testing.T, names ...string) *mailbox {
	t.Helper()
	t.Parallel()
	m := &mailbox{}
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.NewTextHandler(&m.log, &slog.HandlerOptions{Level: slog.LevelWarn}))))
	m.env = suite.NewTestWorkflowEnvironment()
	m.env.SetWorkerOptions(worker.Options{WorkflowPanicPolicy: worker.FailWorkflow})
	m.env.RegisterWorkflowWithOptions(func(ctx workflow.Context, silent bool) error {
		refused := func(name string, err error) { m.refused = append(m.refused, fmt.Sprintf("%s: %v", name, err)) }
		if silent {
			refused = nil
		}
		r := NewRun(ctx, Options{State: &LoopState{}}, refused)
		for _, name := range names {
			receive := r.Receive
			if first, is := strings.CutPrefix(name, "first "); is {
				name, receive = first, r.ReceiveFirst
			}
			receive(name, On(func(in incident.Update) error {
				m.taken = append(m.taken, name+in.Text)
				if in.Text == "!" {
					return errors.New("it shouts")
				}
				return nil
			}))
		}
		r.Start()
		return workflow.Sleep(ctx, time.Hour)
	}, workflow.RegisterOptions{Name: "Mailbox"})
	return m
}

type letterInput struct {
	Text    string    `json:"text"`
	GivenAt time.Time `json:"given_at,omitzero"`
}

// post sends signals that all wait for the same workflow task.
func (m *mailbox) post(letters ...any) {
	m.env.RegisterDelayedCallback(func() {
		for k := 0; k < len(letters); k += 2 {
			m.env.SignalWorkflow(letters[k].(string), letters[k+1])
		}
	}, 0) // before the first task
}

func (m *mailbox) execute(t *testing.T, silent bool) {
	t.Helper()
	m.env.ExecuteWorkflow("Mailbox", silent)
	require.NoError(t, m.env.GetWorkflowError())
}

func TestSignalsOfDifferentNamesAreTakenInOneOrderEverywhere(t *testing.T) {
	m := newMailbox(t, "Zulu", "Mike", "Alpha", "Kilo", "Bravo", "Yankee", "Lima")
	none := letterInput{}
	m.post("Zulu", none, "Mike", none, "Alpha", none, "Kilo", none, "Bravo", none, "Yankee", none, "Lima", none)
	m.execute(t, false)
	require.Equal(t, []string{"Alpha", "Bravo", "Kilo", "Lima", "Mike", "Yankee", "Zulu"}, m.taken)
}

// Numbers that a restored Register must leave out are left out before a declaration that was recorded beside it.
func TestWhatIsToBeFirstIsTakenInBeforeAllElse(t *testing.T) {
	m := newMailbox(t, "Alpha", "first Zulu", "Mike")
	none := letterInput{}
	m.post("Mike", none, "Alpha", none, "Zulu", none)
	m.execute(t, false)
	require.Equal(t, []string{"Zulu", "Alpha", "Mike"}, m.taken)
}

func TestThoseThatSayWhenTheyWereGivenAreTakenInThatOrder(t *testing.T) {
	m := newMailbox(t, "Reopen", "Resolve", "Mitigate")
	at := func(n int) letterInput { return letterInput{GivenAt: start.Add(time.Duration(n) * time.Second)} }
	m.post("Mitigate", at(3), "Reopen", at(2), "Resolve", at(1))
	m.execute(t, false)
	require.Equal(t, []string{"Resolve", "Reopen", "Mitigate"}, m.taken)
}

func TestWhatCannotBeUsedIsRefusedAndHoldsUpNothing(t *testing.T) {
	m := newMailbox(t, "Say")
	m.post("Shout", letterInput{}, "Say", letterInput{Text: "!"}, "Say", "no object", "Say", letterInput{Text: " it"}, "Say", nil)
	m.execute(t, false)
	require.Equal(t, []string{"Say!", "Say it", "Say"}, m.taken)
	require.Len(t, m.refused, 3)
	require.Equal(t, "Say: it shouts", m.refused[0])
	require.Contains(t, m.refused[1], "Say: its input is no such message; see docs/messages.md")
	require.Equal(t, "Shout: nothing here takes a signal of that name", m.refused[2])
}

func TestWithoutATimelineARefusalIsLogged(t *testing.T) {
	m := newMailbox(t)
	m.post("Shout", letterInput{})
	m.execute(t, true)
	require.Contains(t, m.log.String(), "signal refused")
	require.Contains(t, m.log.String(), "nothing here takes a signal of that name")
}

func TestAWorkflowRefusesWhatItAloneCanJudge(t *testing.T) {
	t.Parallel()
	heard := ""
	r := &Run{inbox: Inbox{refused: func(name string, err error) { heard = name + ": " + err.Error() }}}
	r.Refused("Declare", errors.New("the number is taken"))
	require.Equal(t, "Declare: the number is taken", heard)
}

func TestAnEventThatAVendorDeliversTwiceIsKnown(t *testing.T) {
	t.Parallel()
	var d Deliveries
	require.False(t, d.Known("e1"))
	require.True(t, d.Known("e1"))
	require.False(t, d.Known("e2"))
	require.False(t, d.Known(""), "one without an ID is new")
	require.False(t, d.Known(""), "however often it comes")
	require.Equal(t, Deliveries{"e1", "e2"}, d)

	for n := range maxDeliveries {
		require.False(t, d.Known(fmt.Sprint("more", n)))
	}
	require.Len(t, d, maxDeliveries)
	require.True(t, d.Known("more0"), "the newest are kept")
	require.False(t, d.Known("e2"), "the oldest are forgotten")
}

// Whatever is taken in may be carried over, so what is larger than its bounds is refused before anybody
// looks at it, and a word that is none.
func TestWhatIsTooLargeOrNoWordIsRefusedWhoeverSignalsIt(t *testing.T) {
	t.Parallel()
	taken := 0
	report := On(func(api.FollowUpReport) error { taken++; return nil })
	for input, why := range map[string]string{
		`{"number":1,"status":"accepted","owner":"BIG"}`:                         "owner: is 220000 characters long",
		`{"number":1,"status":"accepted","title":"BIG"}`:                         "title: is 220000 characters long",
		`{"number":1,"status":"accepted","issue":{"key":"BIG"}}`:                 "issue.key: is 220000 characters long",
		`{"number":1,"status":"accepted","snags":[{"mirror":"x","step":"BIG"}]}`: "snags.step: is 220000 characters long",
		`{"number":1,"status":"BIG"}`:                                            "status: is 220000 characters long",
		`{"number":1,"status":"finished"}`:                                       `status: "finished" is none`,
		`{"number":1}`:                                                           `status: "" is none`,
	} {
		err := report([]byte(strings.ReplaceAll(input, "BIG", strings.Repeat("<", 220_000))))
		require.ErrorContains(t, err, why)
		require.Less(t, len(err.Error()), 200, "the refusal is short")
	}
	require.Zero(t, taken)
	require.NoError(t, report([]byte(`{"number":1,"status":"accepted","owner":"bob@example.com"}`)))
	require.Equal(t, 1, taken)
}
