package digest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"

	"muster/integrations/fault"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

// newMorning is alice's digest of Monday 23 November 2026, 09:00 in Berlin.
func newMorning(t *testing.T, person string) (*worldtest.World, PersonDigestInput) {
	t.Helper()
	w := worldtest.New(t, api.PersonDigestID("2026-11-23", person), func(r worker.WorkflowRegistry) { r.RegisterWorkflow(PersonDigest) })
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	w.Env.SetStartTime(at)
	in := PersonDigestInput{
		Person: person, Date: "2026-11-23", Installation: "test", Calendar: berlin, AskedAt: at,
		Lines: []api.OwedLine{line(1, api.AskOverdue), line(2, api.AskDecide)},
	}
	w.Now = in.Lines
	return w, in
}

func away() error {
	return &fault.Error{Vendor: "slack", Operation: "chat.postMessage", Class: fault.Retryable, Reason: "no answer"}
}

func TestOneMessageHasAllLinesAndEachFollowUpIsToldOnce(t *testing.T) {
	w, in := newMorning(t, alice)
	w.Env.ExecuteWorkflow(PersonDigest, in)
	require.NoError(t, w.Env.GetWorkflowError())
	require.Equal(t, []string{
		"direct alice@example.com 2 follow-ups wait for you",
		"told INC-1/follow-up/1 of alice@example.com 1/2",
		"told INC-2/follow-up/1 of alice@example.com 1/2",
	}, w.Calls)
	require.Equal(t, "test/digest/2026-11-23/alice@example.com", w.Direct[0].Message.Key)
	require.False(t, w.Direct[0].Look)
}

// The answer of the first attempt was lost: whoever tries again looks first, and what was done
// meanwhile or is new is not taken for shown.
func TestAMessageThatMayHaveGoneOutIsLookedForAndKeepsItsLines(t *testing.T) {
	w, in := newMorning(t, alice)
	w.Breaks("direct ", away())
	w.After(4*time.Minute, func() { w.Now = []api.OwedLine{line(2, api.AskDecide), line(3, api.AskOverdue)} })
	w.After(30*time.Minute, func() { w.Breaks("direct ", nil) })
	w.Env.ExecuteWorkflow(PersonDigest, in)
	require.NoError(t, w.Env.GetWorkflowError())
	require.Len(t, w.Direct, 1)
	require.True(t, w.Direct[0].Look)
	require.Len(t, w.Direct[0].Message.Items, 1)
	require.Equal(t, 1, w.Count("told "))
	require.True(t, w.Has("told INC-2/follow-up/1 of alice@example.com 1/2"), "%v", w.Calls)
}

func TestChatThatIsDownAllDayGetsNoMessageInTheEvening(t *testing.T) {
	w, in := newMorning(t, alice)
	w.Breaks("direct ", away())
	w.After(8*time.Hour-time.Minute, func() { require.NotZero(t, w.Count("direct ")) })
	tries := 0
	w.After(8*time.Hour+time.Minute, func() { tries = w.Count("direct ") })
	w.Env.ExecuteWorkflow(PersonDigest, in)
	require.NoError(t, w.Env.GetWorkflowError())
	ended := w.Env.Now()
	require.Empty(t, w.Direct)
	require.Less(t, tries, 300, "it rests between its tries")
	require.True(t, w.Has("told INC-1/follow-up/1 of alice@example.com 1/2 chat did not answer in their working hours on 2026-11-23"), "%v", w.Calls[len(w.Calls)-5:])
	require.WithinDuration(t, time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC), ended, 2*time.Minute, "17:00 in Berlin")
}

func TestWhatWasDoneBeforeChatReturnsIsNotSaid(t *testing.T) {
	w, in := newMorning(t, alice)
	w.Breaks("direct ", away())
	w.After(4*time.Minute, func() { w.Now = nil })
	w.After(30*time.Minute, func() { w.Breaks("direct ", nil) })
	w.Env.ExecuteWorkflow(PersonDigest, in)
	require.NoError(t, w.Env.GetWorkflowError())
	require.Empty(t, w.Direct)
	require.Zero(t, w.Count("told "))
}

func TestADigestWaitsForThePersonsHoursAndAsksAgainThen(t *testing.T) {
	w, in := newMorning(t, bob)
	in.Calendar.Start, in.Calendar.End = 13*60, 20*60
	w.Now = []api.OwedLine{line(2, api.AskDecide)}
	w.After(4*time.Hour-time.Minute, func() { require.Empty(t, w.Calls) })
	w.After(4*time.Hour+time.Minute, func() {
		require.Equal(t, "lines of bob@example.com from 2", w.Calls[0])
		require.True(t, w.Has("direct bob@example.com 1 follow-up waits for you"), "%v", w.Calls)
	})
	w.Env.ExecuteWorkflow(PersonDigest, in)
	require.NoError(t, w.Env.GetWorkflowError())
}

func TestWhomChatDoesNotKnowIsToldToEachFollowUp(t *testing.T) {
	for _, class := range []fault.Class{fault.Permanent, fault.Gone} {
		t.Run(fmt.Sprint(class), func(t *testing.T) {
			w, in := newMorning(t, alice)
			w.Breaks("direct ", &fault.Error{Vendor: "slack", Class: class, Meaning: fault.PersonUnknown, Reason: "users_not_found"})
			w.Env.ExecuteWorkflow(PersonDigest, in)
			require.NoError(t, w.Env.GetWorkflowError())
			require.Equal(t, 1, w.Count("direct "))
			require.True(t, w.Has("told INC-1/follow-up/1 of alice@example.com 1/2 unknown"), "%v", w.Calls)
			require.True(t, w.Has("told INC-2/follow-up/1 of alice@example.com 1/2 unknown"), "%v", w.Calls)
		})
	}
}

func TestARefusedCredentialIsSeenByOperatorsAndARetryReachesIt(t *testing.T) {
	w, in := newMorning(t, alice)
	w.Breaks("direct ", &fault.Error{Vendor: "slack", Class: fault.Credential, Reason: "invalid_auth", Mend: "mint a new token"})
	w.After(time.Minute, func() {
		require.Equal(t, 1, w.Count("signal register SnagChanged"))
		require.True(t, w.Has("told INC-1/follow-up/1 of alice@example.com 1/2 invalid_auth"), "%v", w.Calls)
		v, err := w.Env.QueryWorkflow(api.State)
		require.NoError(t, err)
		var a api.DigestAnswer
		require.NoError(t, v.Get(&a))
		require.Equal(t, "mint a new token", a.Snags[0].Mend)
		w.Breaks("direct ", nil)
		w.Env.SignalWorkflow(api.Retry, nil)
	})
	w.After(2*time.Minute, func() { require.Len(t, w.Direct, 1, "without waiting a quarter of an hour") })
	w.Env.ExecuteWorkflow(PersonDigest, in)
	require.NoError(t, w.Env.GetWorkflowError())
	require.Equal(t, 2, w.Count("signal register SnagChanged"), "it works again")
	require.True(t, w.Has("told INC-1/follow-up/1 of alice@example.com 1/2"))
}

func TestWithoutAChatADigestEndsAndTroublesNobody(t *testing.T) {
	w, in := newMorning(t, alice)
	w.Breaks("direct ", &fault.Error{Vendor: "slack", Class: fault.Off, Reason: "slack is not set up"})
	w.Env.ExecuteWorkflow(PersonDigest, in)
	require.NoError(t, w.Env.GetWorkflowError())
	require.Equal(t, []string{"direct alice@example.com 2 follow-ups wait for you"}, w.Calls)
	require.Less(t, w.Env.Now().Sub(in.AskedAt), time.Hour)
}

// Register must not show for ever what a digest of yesterday told it.
func TestASnagThatLastsUntilTheEveningIsTakenBackFromRegister(t *testing.T) {
	w, in := newMorning(t, alice)
	w.Breaks("direct ", &fault.Error{Vendor: "slack", Class: fault.Credential, Reason: "invalid_auth"})
	w.Env.ExecuteWorkflow(PersonDigest, in)
	require.NoError(t, w.Env.GetWorkflowError())
	require.Equal(t, 2, w.Count("signal register SnagChanged"), "%v", w.Calls)
	require.Equal(t, 2, w.Count("told "), "each follow-up knows why, once")
}

func TestAFollowUpThatHasEndedNeedsNotHearOfIt(t *testing.T) {
	w, in := newMorning(t, alice)
	w.Breaks("told INC-1/", fmt.Errorf("it has ended"))
	w.Env.ExecuteWorkflow(PersonDigest, in)
	require.NoError(t, w.Env.GetWorkflowError())
	require.Equal(t, 2, w.Count("told "))
}

func TestAChannelIsToldInTheChannel(t *testing.T) {
	w, in := newMorning(t, "#sre")
	w.Env.ExecuteWorkflow(PersonDigest, in)
	require.NoError(t, w.Env.GetWorkflowError())
	require.True(t, w.Has("post #sre 2 follow-ups wait for somebody here"), "%v", w.Calls)
	require.True(t, w.Has("told INC-1/follow-up/1 of #sre 1/2"), "%v", w.Calls)
}
