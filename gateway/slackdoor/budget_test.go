package slackdoor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	slackapi "github.com/slack-go/slack"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"muster/gateway/incidents"
	"muster/gateway/slackdoor"
	"muster/gateway/slackdoor/views"
	"muster/incident"
	"muster/integrations/slack"
	"muster/playbook/file"
	"muster/workflows/api"
)

// slackWaits is how long Slack waits for an answer.
const slackWaits = 3 * time.Second

// stalled is a Temporal that takes calls and answers late or never.
type stalled struct {
	incidents.Temporal // whatever else is called fails the test

	// reads, updates and signals are how long these take; never is as long as the caller waits.
	reads, queries, updates, signals time.Duration
	signalled                        atomic.Int32
}

const never = time.Hour

func after(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func (s *stalled) NewWithStartWorkflowOperation(client.StartWorkflowOptions, any, ...any) client.WithStartWorkflowOperation {
	return nil
}

func (s *stalled) UpdateWithStartWorkflow(ctx context.Context, _ client.UpdateWithStartWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	return nil, after(ctx, s.updates)
}

func (s *stalled) UpdateWorkflow(ctx context.Context, _ client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	return nil, after(ctx, s.updates)
}

func (s *stalled) SignalWorkflow(ctx context.Context, _, _, _ string, _ any) error {
	if err := after(ctx, s.signals); err != nil {
		return err
	}
	s.signalled.Add(1)
	return nil
}

func (s *stalled) SignalWithStartWorkflow(ctx context.Context, _, _ string, _ any, _ client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	return nil, s.SignalWorkflow(ctx, "", "", "", nil)
}

func (s *stalled) QueryWorkflow(ctx context.Context, _, _, _ string, _ ...any) (converter.EncodedValue, error) {
	return noFacts{}, after(ctx, s.queries)
}

// noFacts is an answer that says nothing.
type noFacts struct{}

func (noFacts) HasValue() bool { return true }
func (noFacts) Get(any) error  { return nil }

func (s *stalled) ListWorkflow(ctx context.Context, _ *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	if err := after(ctx, s.reads); err != nil {
		return nil, err
	}
	return &workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{
		{Execution: &commonpb.WorkflowExecution{WorkflowId: "INC-7"}},
	}}, nil
}

func (s *stalled) DescribeWorkflowExecution(ctx context.Context, _, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if err := after(ctx, s.reads); err != nil {
		return nil, err
	}
	title, err := converter.GetDefaultDataConverter().ToPayload("checkout is down")
	if err != nil {
		return nil, err
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
		Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{api.MemoTitle: title}},
	}}, nil
}

// mute is a Slack that takes calls and never answers.
type mute struct{}

func (mute) Self(ctx context.Context) (string, error) { return "", after(ctx, never) }
func (mute) UserID(ctx context.Context, _ string) (string, error) {
	return "", after(ctx, never)
}

func (mute) Foreign(context.Context, slack.Origin) (bool, error) { return false, nil }

func (mute) Member(ctx context.Context, _ string) (slack.Member, error) {
	return slack.Member{}, after(ctx, never)
}

func (mute) OpenView(ctx context.Context, _ string, _ slackapi.ModalViewRequest) error {
	return after(ctx, never)
}

func (mute) PublishHome(ctx context.Context, _ string, _ slackapi.HomeTabViewRequest) error {
	return after(ctx, never)
}

func (mute) Message(ctx context.Context, _, _, _ string) (slack.InboundMessage, error) {
	return slack.InboundMessage{}, after(ctx, never)
}

func (mute) Ephemeral(ctx context.Context, _, _, _ string, _ []slackapi.Block) error {
	return after(ctx, never)
}

func (mute) Direct(ctx context.Context, _, _ string, _ []slackapi.Block) error {
	return after(ctx, never)
}

func (mute) Respond(ctx context.Context, _, _ string, _ []slackapi.Block, _, _ bool) error {
	return after(ctx, never)
}

func (mute) Permalink(ctx context.Context, _, _, _ string) string {
	_ = after(ctx, never)
	return ""
}

func doorTo(t *testing.T, temporal incidents.Temporal, chat slackdoor.Slack) *slackdoor.Door {
	t.Helper()
	book := file.NewSource("../../muster.yaml", time.Now)
	return slackdoor.New(slackdoor.Options{
		Incidents: incidents.New(incidents.Options{Temporal: temporal, Playbook: book, Recording: slackdoor.Recording, Logger: logger(t)}),
		Slack:     chat, Playbook: book, Logger: logger(t),
	})
}

// acts are things that people do, each of which takes another way through the Door.
func acts() map[string]func(ctx context.Context, d *slackdoor.Door) slack.Answer {
	line := func(text string) func(context.Context, *slackdoor.Door) slack.Answer {
		return func(ctx context.Context, d *slackdoor.Door) slack.Answer {
			return d.Command(ctx, slack.SlashCommand{
				Command: "/incident", Text: text, UserID: "U0ALICE00", ChannelID: "C0INC7000", ChannelName: "inc-7-checkout", TriggerID: "1.2.3",
			})
		}
	}
	press := func(action, value string) func(context.Context, *slackdoor.Door) slack.Answer {
		return func(ctx context.Context, d *slackdoor.Door) slack.Answer {
			return d.Interaction(ctx, slack.Interaction{
				Type: slack.InteractionBlockActions, UserID: "U0ALICE00", TriggerID: "1.2.3", Channel: slack.InboundChannel{ID: "C0INC7000"},
				Actions: []slack.InboundAction{{ActionID: action, Value: value}},
			})
		}
	}
	submit := func(callback string, values map[string]slack.InboundValue) func(context.Context, *slackdoor.Door) slack.Answer {
		return func(ctx context.Context, d *slackdoor.Door) slack.Answer {
			return d.Interaction(ctx, slack.Interaction{
				Type: slack.InteractionSubmission, UserID: "U0ALICE00",
				View: slack.InboundView{ID: "V1", Hash: "1.x", CallbackID: callback, Meta: `{"i":7,"f":1,"c":"C0INC7000"}`, Values: values},
			})
		}
	}
	return map[string]func(context.Context, *slackdoor.Door) slack.Answer{
		"declares in a line":         line("checkout is down"),
		"asks for the form":          line(""),
		"updates in the channel":     line("update still looking"),
		"updates by name":            line("update INC-7 still looking"),
		"merges":                     line("merge INC-7 into INC-8"),
		"asks for the form to merge": line("merge"),
		"invites many": line("invite <@U0AAAAA01> <@U0AAAAA02> <@U0AAAAA03> <@U0AAAAA04> <@U0AAAAA05> <@U0AAAAA06> " +
			"<@U0AAAAA07> <@U0AAAAA08> <@U0AAAAA09> <@U0AAAAA10> <@U0AAAAA11> <@U0AAAAA12>"),
		"lists":               line("list"),
		"shows":               line("show INC-7"),
		"subscribes":          line("subscribe severity&lt;=2"),
		"presses mitigate":    press(incident.ActionMitigate, "INC-7/3"),
		"presses update":      press(incident.ActionUpdate, "INC-7/3"),
		"presses accept":      press(incident.ActionFollowUpAccept, "INC-7/follow-up/1/3"),
		"presses change":      press(incident.ActionFollowUpChange, "INC-7/follow-up/1/3"),
		"lists follow-ups":    line("follow-ups overdue"),
		"asks what to change": line("follow-up set 1"),
		"submits a decision": submit(views.CallbackChangeFollowUp, map[string]slack.InboundValue{
			"become": {Text: "accepted"}, "owner": {Text: "U0BOB0000"}, "due": {Text: "2000-02-02"}, // time is not real in these tests, and begins with that year
		}),
		"submits the declaration": submit(views.CallbackDeclare, map[string]slack.InboundValue{"title": {Text: "checkout is down"}}),
		"submits three changes": submit(views.CallbackRefine, map[string]slack.InboundValue{
			"title": {Text: "checkout is slow"}, "severity": {Text: "2"}, "text": {Text: "it is the database"},
		}),
		"uses a message shortcut": func(ctx context.Context, d *slackdoor.Door) slack.Answer {
			return d.Interaction(ctx, slack.Interaction{
				Type: slack.InteractionMessageAction, CallbackID: slack.ShortcutFollowUpMessage, UserID: "U0ALICE00", TriggerID: "1.2.3",
				Channel: slack.InboundChannel{ID: "C0OTHER00", Name: "team-7"},
				Message: slack.InboundMessage{TS: "1.2", UserID: "U0BOB0000", Text: "<@U0AAAAA01> <@U0AAAAA02> <@U0AAAAA03> <@U0AAAAA04> see this"},
			})
		},
		"mentions the app": func(ctx context.Context, d *slackdoor.Door) slack.Answer {
			return d.Event(ctx, slack.Event{ID: "Ev1", Type: "app_mention", UserID: "U0ALICE00", ChannelID: "C0INC7000", Text: "<@U0MUSTER0> update still looking"})
		},
		"writes in the channel": func(ctx context.Context, d *slackdoor.Door) slack.Answer {
			return d.Event(ctx, slack.Event{ID: "Ev2", Type: "message", UserID: "U0ALICE00", ChannelID: "C0INC7000", Text: "hello", TS: "1.3"})
		},
		"reacts": func(ctx context.Context, d *slackdoor.Door) slack.Answer {
			return d.Event(ctx, slack.Event{ID: "Ev3", Type: "reaction_added", UserID: "U0ALICE00", ItemChannel: "C0INC7000", ItemTS: "1.3", Reaction: "pushpin"})
		},
	}
}

func TestWhateverIsSlowSlackHasItsAnswerInTime(t *testing.T) {
	t.Parallel()
	for name, temporal := range map[string]func() *stalled{
		"nothing of Temporal answers": func() *stalled { return &stalled{reads: never, queries: never, updates: never, signals: never} },
		"no worker answers":           func() *stalled { return &stalled{queries: never, updates: never} },
		"facts come at the last moment": func() *stalled {
			return &stalled{reads: time.Millisecond, queries: 1700 * time.Millisecond, updates: never, signals: never}
		},
		"look-ups hang": func() *stalled { return &stalled{reads: never, queries: never} },
		"look-ups are slow and then nothing answers": func() *stalled {
			return &stalled{reads: 900 * time.Millisecond, queries: never, updates: never, signals: never}
		},
		"look-ups take nearly all the time": func() *stalled {
			return &stalled{reads: 1900 * time.Millisecond, queries: never, updates: never, signals: never}
		},
	} {
		for act, do := range acts() {
			t.Run(name+"/"+act, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { // time is not real in here
					d := doorTo(t, temporal(), mute{})
					defer d.Close()
					began := time.Now()
					do(t.Context(), d)
					require.Less(t, time.Since(began), slackWaits-100*time.Millisecond)
				})
			})
		}
	}
}

// knowing is a Slack that was asked before who alice is, and answers nothing more.
type knowing struct{ mute }

func (k knowing) Member(ctx context.Context, userID string) (slack.Member, error) {
	if userID == "U0ALICE00" {
		return slack.Member{ID: userID, Email: "alice@example.com"}, nil
	}
	return k.mute.Member(ctx, userID)
}

// While no worker answers, what can be recorded must be, however slow Slack is.
func TestWithoutAWorkerAndWithASlowSlackCommandsAreRecorded(t *testing.T) {
	t.Parallel()
	for act, signals := range map[string]int32{
		"declares in a line": 1, "updates in the channel": 1, "updates by name": 1, "invites many": 12, "subscribes": 1, "presses mitigate": 1, "presses accept": 1, "submits a decision": 1,
		"submits the declaration": 1, "submits three changes": 3, "mentions the app": 1,
	} {
		t.Run(act, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				temporal := &stalled{queries: never, updates: never}
				d := doorTo(t, temporal, knowing{})
				defer d.Close()
				a := acts()[act](t.Context(), d)
				require.Equal(t, signals, temporal.signalled.Load())
				if !strings.HasPrefix(act, "presses ") && act != "mentions the app" { // these are answered later
					require.Contains(t, body(t, a), "ecorded")
					require.NotContains(t, body(t, a), "Not recorded")
				}
			})
		})
	}
}

// Whom Slack does not name in time may declare, and nothing else: whoever it is, it may be a stranger.
func TestWhomASlowSlackDoesNotNameOnlyDeclares(t *testing.T) {
	t.Parallel()
	for act, do := range acts() {
		t.Run(act, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				temporal := &stalled{queries: never, updates: never}
				d := doorTo(t, temporal, mute{})
				defer d.Close()
				do(t.Context(), d)
				want := int32(0)
				if act == "declares in a line" || act == "submits the declaration" {
					want = 1
				}
				require.Equal(t, want, temporal.signalled.Load())
			})
		})
	}
}

func body(t *testing.T, a slack.Answer) string {
	t.Helper()
	raw, err := json.Marshal(a.Body)
	require.NoError(t, err)
	return fmt.Sprint(string(raw))
}
