package activities

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"muster/incident"
	"muster/workflows/api"
)

var monday = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// asking is a follow-up that asks some people; one that is marked was told already.
func asking(number int, people ...string) api.FollowUpState {
	s := api.FollowUpState{Installation: "test", Incident: number, FollowUp: incident.FollowUp{Number: 1, Status: incident.FollowUpAccepted}}
	for _, p := range people {
		a := api.PersonAsk{Person: p, Ask: api.AskDue, Turn: "1/1", Line: api.Line{Text: "Alert on queue depth"}}
		if p == "told@example.com" {
			a.Told = true
		}
		s.Asks = append(s.Asks, a)
	}
	return s
}

func owing(t *testing.T, followUps map[string]api.FollowUpState, listed ...string) (*Owing, *fakeTemporal) {
	t.Helper()
	f := &fakeTemporal{followUps: followUps}
	for _, id := range listed {
		f.workflows = append(f.workflows, running(t, id, nil))
	}
	return &Owing{Temporal: f, Namespace: "default"}, f
}

func TestWhatIsDueIsAskedOfFollowUpsAtOneMoment(t *testing.T) {
	t.Parallel()
	o, f := owing(t, map[string]api.FollowUpState{
		"INC-1/follow-up/1": asking(1, "alice@example.com", "carol@example.com", "told@example.com"),
		"INC-2/follow-up/1": asking(2, "alice@example.com", "#sre"),
		"INC-3/follow-up/1": asking(3), // visibility lags: it has been done meanwhile
	}, "INC-1/follow-up/1", "INC-2/follow-up/1", "INC-3/follow-up/1")
	in := DueInput{At: monday, Others: true, Elsewhere: []string{"carol@example.com"}}
	due := result[Due](t, worker(t, o), o.ListDue, in)
	require.Equal(t, []string{"default: WorkflowType = 'FollowUp' AND ExecutionStatus = 'Running' AND MusterDue <= '2026-11-23T08:00:00Z'"}, f.queries)
	require.Equal(t, "test", due.Installation)
	require.Len(t, due.People, 2)
	require.Equal(t, "alice@example.com", due.People[0].Person)
	require.Equal(t, []api.OwedLine{
		{FollowUp: "INC-1/follow-up/1", Ask: api.AskDue, Turn: "1/1", Line: api.Line{Text: "Alert on queue depth"}},
		{FollowUp: "INC-2/follow-up/1", Ask: api.AskDue, Turn: "1/1", Line: api.Line{Text: "Alert on queue depth"}},
	}, due.People[0].Lines)
	require.Equal(t, "#sre", due.People[1].Person)
	require.Equal(t, []time.Time{monday, monday, monday}, f.asked)

	due = result[Due](t, worker(t, o), o.ListDue, DueInput{At: monday, People: []string{"carol@example.com"}})
	require.Len(t, due.People, 1)
	require.Equal(t, "carol@example.com", due.People[0].Person)
}

func TestAFollowUpThatCannotBeAskedKeepsNoneOfTheOthers(t *testing.T) {
	t.Parallel()
	o, f := owing(t, map[string]api.FollowUpState{"INC-3/follow-up/1": asking(3, "alice@example.com"), "INC-4/follow-up/1": {}},
		"INC-1/follow-up/1", "INC-2/follow-up/1", "INC-3/follow-up/1", "INC-4/follow-up/1")
	f.ended = []string{"INC-2/follow-up/1"}
	due := result[Due](t, worker(t, o), o.ListDue, DueInput{At: monday, Others: true})
	require.Equal(t, []string{"INC-1/follow-up/1", "INC-4/follow-up/1"}, due.Unread, "one has ended, and one answers nothing")
	require.Len(t, due.People, 1)
}

func TestWhatIsDueComesInPages(t *testing.T) {
	t.Parallel()
	o, _ := owing(t, map[string]api.FollowUpState{
		"INC-1/follow-up/1": asking(1, "alice@example.com"), "INC-2/follow-up/1": asking(2, "alice@example.com"), "INC-3/follow-up/1": asking(3, "bob@example.com"),
	}, "INC-1/follow-up/1", "INC-2/follow-up/1", "INC-3/follow-up/1")
	o.Page = 2
	first := result[Due](t, worker(t, o), o.ListDue, DueInput{At: monday, Others: true})
	require.Len(t, first.People[0].Lines, 2)
	require.NotEmpty(t, first.Next)
	second := result[Due](t, worker(t, o), o.ListDue, DueInput{At: monday, Others: true, Page: first.Next})
	require.Equal(t, "bob@example.com", second.People[0].Person)
	require.Empty(t, second.Next)
}

func TestVisibilityThatIsAwayIsTriedAgain(t *testing.T) {
	t.Parallel()
	o := &Owing{Temporal: &fakeTemporal{fails: serviceerror.NewUnavailable("try later")}}
	for _, call := range []struct{ activity, in any }{{o.ListDue, DueInput{}}, {o.ListWeek, WeekInput{}}} {
		app, _ := failure(t, worker(t, o), call.activity, call.in)
		require.Equal(t, ErrRetryable, app.Type())
		require.False(t, app.NonRetryable())
	}
}

func TestLinesThatStillHold(t *testing.T) {
	t.Parallel()
	o, f := owing(t, map[string]api.FollowUpState{
		"INC-1/follow-up/1": asking(1, "alice@example.com"), "INC-2/follow-up/1": asking(2, "bob@example.com"), "INC-4/follow-up/1": asking(4, "told@example.com"),
	})
	f.ended = []string{"INC-3/follow-up/1"}
	in := LinesInput{Person: "alice@example.com", At: monday, FollowUps: []string{"INC-1/follow-up/1", "INC-2/follow-up/1", "INC-3/follow-up/1"}}
	lines := result[[]api.OwedLine](t, worker(t, o), o.LinesNow, in)
	require.Len(t, lines, 1, "one was given to somebody else, and one has ended")
	require.Equal(t, "INC-1/follow-up/1", lines[0].FollowUp)
	require.Empty(t, result[[]api.OwedLine](t, worker(t, o), o.LinesNow, LinesInput{Person: "told@example.com", At: monday, FollowUps: []string{"INC-4/follow-up/1"}}))

	in.FollowUps = []string{"INC-9/follow-up/1"}
	app, _ := failure(t, worker(t, o), o.LinesNow, in)
	require.Equal(t, ErrRetryable, app.Type(), "what cannot be asked may still hold")
}

func TestAWeekIsWhatIsOpenAndWhatEndedInIt(t *testing.T) {
	t.Parallel()
	ended := func(at time.Time) api.FollowUpState {
		return api.FollowUpState{FollowUp: incident.FollowUp{Number: 1, Status: incident.FollowUpDone, EndedAt: at}}
	}
	private := asking(4, "alice@example.com")
	private.Private = true
	o, f := owing(t, map[string]api.FollowUpState{
		"INC-1/follow-up/1": asking(1, "alice@example.com"), "INC-2/follow-up/1": ended(monday.Add(-time.Hour)), "INC-3/follow-up/1": ended(monday.AddDate(0, 0, -8)),
		"INC-4/follow-up/1": private,
	}, "INC-1/follow-up/1", "INC-2/follow-up/1", "INC-3/follow-up/1", "INC-4/follow-up/1")
	week := result[Week](t, worker(t, o), o.ListWeek, WeekInput{Since: monday.AddDate(0, 0, -7), At: monday})
	require.Len(t, week.FollowUps, 2, "one lingers, and ended before; one became private a moment ago")
	require.Empty(t, week.FollowUps[0].Asks[0].Line, "words travel once")
	require.Contains(t, f.queries[0], "AND MusterPrivate = false AND (ExecutionStatus = 'Running' OR")
	require.Contains(t, f.queries[0], "ExecutionStatus = 'Completed' AND CloseTime >= '2026-11-16T08:00:00Z'")
}
