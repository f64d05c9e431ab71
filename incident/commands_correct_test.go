package incident

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheTimesOfAClosedIncidentArePutRight(t *testing.T) {
	t.Parallel()
	i := incidentIn(t, StatusClosed)
	resolved := i.ResolvedAt
	r := do(t, i, Correct{
		Meta: alice, StartedAt: new(minute(-20)), DetectedAt: new(minute(-2)), MitigatedAt: new(minute(5)), ResolvedAt: new(minute(12)), Reason: "the graphs show it",
	})
	require.Equal(t, "Corrected: started 2026-11-30 08:40 UTC, was 2026-11-30 08:55 UTC; detected 2026-11-30 08:58 UTC, was not known; "+
		"mitigated 2026-11-30 09:05 UTC, was not known; resolved 2026-11-30 09:12 UTC, was 2026-11-30 09:30 UTC. Why: the graphs show it", r.Text)
	require.Equal(t, []time.Time{minute(-20), minute(-2), minute(5), minute(12)}, []time.Time{i.StartedAt, i.DetectedAt, i.MitigatedAt, i.ResolvedAt})
	require.Equal(t, StatusClosed, i.Status)
	require.Equal(t, Entry{Seq: i.Entries, At: minute(30), Actor: alice.Actor, Event: "corrected", Text: r.Text}, lastEntry(i))
	require.Len(t, i.Corrections, 4)
	require.Equal(t, Correction{
		Field: "resolved_at", From: resolved.Format(time.RFC3339), To: "2026-11-30T09:12:00Z", By: alice.Actor, At: minute(30), Reason: "the graphs show it",
	}, i.Corrections[3])
	require.Equal(t, i.ResolvedAt, i.Reviews[0].For, "it is the same resolution, after which there was a review")
	require.Empty(t, i.Corrections[1].From)
	already(t, i, Correct{Meta: alice, ResolvedAt: new(minute(12)), Reason: "again"})

	r = do(t, i, Correct{Meta: alice, Clear: []string{FieldDetected}, StartedAt: new(minute(-20)), Reason: "nobody knows"})
	require.Equal(t, "Corrected: detected not known, was 2026-11-30 08:58 UTC. Why: nobody knows", r.Text)
	require.Zero(t, i.DetectedAt)
}

func TestWhatItIsIsPutRight(t *testing.T) {
	t.Parallel()
	i := incidentIn(t, StatusResolved)
	responders := len(i.Responders)
	c := Correct{Meta: alice, Title: " Carts   are slow", Services: []string{"CHECKOUT", " search "}, Tags: []string{"eu"}, Kind: KindNearMiss, Reason: "it was caught in time"}
	change, asked := c.ChangesServices(i)
	require.True(t, asked)
	require.Equal(t, ChangeServices{Add: []string{"search"}, Remove: []string{"cart"}}, change)
	c = c.Knowing(change.Knowing(func(s string) string { return s }, []string{"heidi@example.com"}, nil))
	r := do(t, i, c)
	require.Equal(t, "Corrected: title “Carts are slow”, was “Checkout is down”; services checkout and search, was checkout and cart; tags eu, was black-friday; "+
		"it is a near miss, was an incident. Why: it was caught in time", r.Text)
	require.Equal(t, []string{"checkout", "search"}, i.Services)
	require.Equal(t, []string{"eu"}, i.Tags)
	require.Equal(t, KindNearMiss, i.Kind)
	require.Len(t, i.Responders, responders, "nobody is invited to what is over")
	require.Equal(t, "checkout, cart", i.Corrections[1].From)
	already(t, i, Correct{Meta: alice, Services: []string{"search", "checkout"}, Tags: []string{"eu"}, Reason: "again"})

	do(t, i, Correct{Meta: alice, Services: []string{}, Tags: []string{}, Reason: "none of it"})
	require.Nil(t, i.Services)
	require.Nil(t, i.Tags)
}

func TestWhileItLivesACorrectionFollowsTheRulesOfServicesAndKind(t *testing.T) {
	t.Parallel()
	i := declared()
	c := Correct{Meta: alice, Services: []string{"search"}, Kind: KindDrill, Reason: "a rehearsal"}
	change, _ := c.ChangesServices(i)
	c = c.Knowing(change.Knowing(func(s string) string { return s }, []string{"heidi@example.com"}, []string{"cart"}))
	r := do(t, i, c)
	require.Contains(t, r.Text, "; the page to cart is not taken back, and ends when somebody takes it")
	require.Contains(t, r.Text, "; the page to checkout and cart is not taken back")
	require.Equal(t, "heidi@example.com", i.Responders[len(i.Responders)-1].Person)
	require.Equal(t, []PageStatus{PagePaging, PagePaging}, pageStatuses(i))
}

func TestACorrectionMovesNothingOn(t *testing.T) {
	t.Parallel()
	for status, c := range map[Status]struct {
		give   Correct
		refuse string
	}{
		StatusOpen:      {Correct{MitigatedAt: new(minute(5))}, "mitigated_at: INC-42 is open; mitigate it first, and then say when that was"},
		StatusMitigated: {Correct{ResolvedAt: new(minute(5))}, "resolved_at: INC-42 is mitigated; resolve it first, and then say when that was"},
		StatusCancelled: {Correct{ResolvedAt: new(minute(5))}, "resolved_at: INC-42 is cancelled; reopen and resolve it, if it was an incident after all"},
		StatusMerged:    {Correct{ResolvedAt: new(minute(5))}, "resolved_at: INC-42 was merged, and not resolved; correct it of INC-7, in which it went on"},
	} {
		c.give.Meta, c.give.Reason = alice, "the logs"
		p := refuse(t, incidentIn(t, status), c.give)
		require.EqualError(t, p, c.refuse)
		require.Equal(t, CodeIllegal, p.Code)
	}
	p := refuse(t, incidentIn(t, StatusMitigated), Correct{Meta: alice, Clear: []string{FieldMitigated}, Reason: "the logs"})
	require.EqualError(t, p, "clear: INC-42 is mitigated; reopen it instead")
	for _, s := range Statuses() {
		require.True(t, do(t, incidentIn(t, s), Correct{Meta: alice, StartedAt: new(minute(-9)), Title: "Slow", Reason: "the logs"}).Changed, s)
	}
	merged := incidentIn(t, StatusResolved)
	do(t, merged, Merge{Meta: alice, Into: 7})
	require.True(t, do(t, merged, Correct{Meta: alice, ResolvedAt: new(minute(20)), Reason: "the logs"}).Changed, "it was resolved before it was merged")
}

func TestTimesThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	at := func(y int) *time.Time { return new(time.Date(y, 6, 1, 0, 0, 0, 0, time.UTC)) }
	for want, c := range map[string]Correct{
		"started_at: 2030-06-01T00:00:00Z is in the future; write when it began, or leave it out":                                                   {StartedAt: at(2030)},
		"resolved_at: 2026-11-30T09:36:00Z is in the future; write when it was over, or leave it out":                                               {ResolvedAt: new(minute(36))},
		"detected_at: 0001-01-01T00:00:00Z is too long ago; write when somebody first knew of it, or leave it out":                                  {DetectedAt: new(time.Time{})},
		"mitigated_at: 1999-06-01T00:00:00Z is too long ago; write when it no longer hurt, or leave it out":                                         {MitigatedAt: at(1999)},
		"resolved_at: 2026-11-30 08:50 UTC is before when it began, 2026-11-30 08:55 UTC; write a later time, or correct started_at as well":        {ResolvedAt: new(minute(-10))},
		"detected_at: 2026-11-30 08:50 UTC is before when it began, 2026-11-30 08:55 UTC; write a later time, or correct started_at as well":        {DetectedAt: new(minute(-10))},
		"mitigated_at: 2026-11-30 08:54 UTC is before when it began, 2026-11-30 08:55 UTC; write a later time, or correct started_at as well":       {MitigatedAt: new(minute(-6))},
		"started_at: 2026-11-30 09:31 UTC is after when it was over, 2026-11-30 09:30 UTC; write an earlier time, or correct resolved_at as well":   {StartedAt: new(minute(31))},
		"mitigated_at: 2026-11-30 09:33 UTC is after when it was over, 2026-11-30 09:30 UTC; write an earlier time, or correct resolved_at as well": {MitigatedAt: new(minute(33))},
		"resolved_at: 2026-11-30 09:10 UTC is before when it no longer hurt, 2026-11-30 09:15 UTC; write a later time, or correct mitigated_at as well": {
			MitigatedAt: new(minute(15)), ResolvedAt: new(minute(10)),
		},
	} {
		c.Meta, c.Reason = alice, "the logs"
		require.EqualError(t, refuse(t, incidentIn(t, StatusResolved), c), want)
	}
	i := incidentIn(t, StatusResolved)
	do(t, i, Correct{Meta: alice, ResolvedAt: new(minute(34)), Reason: "clocks differ by a little"})
	do(t, i, Correct{Meta: alice, DetectedAt: new(minute(34)), Reason: "it was noticed when it was over"})
}

// Of many nobody says when they began.
func TestNothingIsOverBeforeAnybodyKnewOfIt(t *testing.T) {
	t.Parallel()
	long := time.Date(2001, 6, 1, 0, 0, 0, 0, time.UTC)
	i := incidentIn(t, StatusResolved)
	i.StartedAt, i.DetectedAt = time.Time{}, time.Time{}
	require.EqualError(t, refuse(t, i, Correct{Meta: alice, ResolvedAt: &long, Reason: "a slip"}), "resolved_at: when it was over, 2001-06-01 00:00 UTC, is before it was "+
		"declared or detected, "+shownTime(i.DeclaredAt)+"; write a later time, or say with started_at when it began")
	require.Equal(t, FieldMitigated, refuse(t, i, Correct{Meta: alice, MitigatedAt: &long, Reason: "a slip"}).Field)
	require.Equal(t, FieldMitigated, refuse(t, i, Correct{Meta: alice, MitigatedAt: new(minute(-5)), DetectedAt: new(minute(-4)), Reason: "a slip"}).Field)

	do(t, i, Correct{Meta: alice, MitigatedAt: new(i.DeclaredAt.Truncate(time.Minute)), Reason: "in the minute in which it was declared"})
	require.False(t, i.MitigatedAt.Before(i.DeclaredAt))
	do(t, i, Correct{Meta: alice, MitigatedAt: new(minute(-4)), DetectedAt: new(minute(-4)), Reason: "somebody knew before it was declared"})
	require.Equal(t, "clear", refuse(t, i, Correct{Meta: alice, Clear: []string{FieldDetected}, Reason: "nobody knew"}).Field)
	do(t, i, Correct{Meta: alice, StartedAt: new(minute(-30)), MitigatedAt: new(minute(-10)), ResolvedAt: new(minute(-9)), Reason: "it was over when we noticed"})
	require.Equal(t, "clear", refuse(t, i, Correct{Meta: alice, Clear: []string{FieldStarted}, Reason: "nobody knows"}).Field)
}

// People write minutes, and the record has seconds.
func TestWhatIsInOneMinuteIsInOrder(t *testing.T) {
	t.Parallel()
	i := incidentIn(t, StatusResolved)
	i.StartedAt = minute(5).Add(40 * time.Second)
	do(t, i, Correct{Meta: alice, ResolvedAt: new(minute(5)), Reason: "it was short"})
	require.Equal(t, i.StartedAt, i.ResolvedAt, "it does not end before it begins")
	i.ResolvedAt = minute(5).Add(50*time.Second + 7)
	already(t, i, Correct{Meta: alice, ResolvedAt: new(minute(5).Add(50 * time.Second)), Reason: "as shown"})
}

// What was so before, by clocks that differ, is not the fault of whoever corrects something else.
func TestAnOrderThatIsWrongAlreadyForbidsNothingElse(t *testing.T) {
	t.Parallel()
	i := incidentIn(t, StatusResolved)
	i.StartedAt = minute(31)
	do(t, i, Correct{Meta: alice, Title: "Slow", DetectedAt: new(minute(32)), Reason: "the logs"})
	require.Equal(t, FieldStarted, refuse(t, i, Correct{Meta: alice, StartedAt: new(minute(33)), Reason: "the logs"}).Field)
}

func TestTheNewestCorrectionsAreRemembered(t *testing.T) {
	t.Parallel()
	i := declared()
	for k := range 50 {
		do(t, i, Correct{Meta: alice, Title: fmt.Sprint("Title ", k), Reason: "the logs"})
	}
	require.Len(t, i.Corrections, maxCorrections)
	require.Equal(t, "Title 49", i.Corrections[maxCorrections-1].To)
	for k := range 50 {
		do(t, i, Correct{Meta: alice, Title: strings.Repeat("<", 190) + fmt.Sprint(k), Reason: strings.Repeat("<", 4000)})
	}
	require.LessOrEqual(t, bytesOf(i.Corrections), maxCorrectionBytes)
	require.NotEmpty(t, i.Corrections)
	require.NoError(t, CheckBounds(*i))
	require.LessOrEqual(t, len([]rune(lastEntry(i).Text)), maxEntryText)
	require.Contains(t, lastEntry(i).Text, "Why: <<<", "what was corrected and why are both there")
}

func TestTheSameCorrectionGivenAgainMeansTheSame(t *testing.T) {
	t.Parallel()
	given := func(at time.Time) Correct {
		return Correct{Meta: Meta{Actor: alice.Actor, GivenAt: at}, StartedAt: new(at.Add(-2 * time.Hour)), Reason: "the logs"}
	}
	said, meant := Body(given(minute(0)))
	again, meantAgain := Body(given(minute(1)))
	require.NotEqual(t, said, again)
	require.Equal(t, meant, meantAgain, "two hours ago, both times")
}

func TestACorrectionIsAnsweredInTheZoneOfWhoeverGaveIt(t *testing.T) {
	t.Parallel()
	i := incidentIn(t, StatusClosed)
	c := Correct{Meta: alice, StartedAt: new(minute(-20)), Reason: "the logs"}
	r := Answer(c, do(t, i, c), time.FixedZone("CET", 3600))
	require.Equal(t, "Corrected: started 2026-11-30 09:40 CET, was 2026-11-30 09:55 CET. Why: the logs", r.Text)
	require.Equal(t, r.Text[:9], Answer(c, r, nil).Text[:9])
}

func TestACorrectionIsReadFromJSON(t *testing.T) {
	t.Parallel()
	row, ok := CommandNamed("Correct")
	require.True(t, ok)
	c, err := row.Decode([]byte(`{"resolved_at": "0001-01-01T00:00:00Z", "reason": "x"}`))
	require.NoError(t, err)
	require.Equal(t, FieldResolved, problem(t, CheckShape(c)).Field, "the year 1 is not a time that is left out")
	c, err = row.Decode([]byte(`{"services": [], "reason": "x"}`))
	require.NoError(t, err)
	require.Equal(t, []string{"services"}, c.(Correct).Fields(), "an empty list is one that is meant")
	c, err = row.Decode([]byte(`{"services": null, "reason": "x"}`))
	require.NoError(t, err)
	require.Error(t, CheckShape(c))
	raw, err := json.Marshal(Correct{Services: []string{}})
	require.NoError(t, err)
	require.Contains(t, string(raw), `"services":[]`, "it is meant still when it has travelled")
	_, err = row.Decode([]byte(`{"resolved_at": "yesterday"}`))
	require.Contains(t, problem(t, err).Mend, "2026-11-30T09:00:00Z")
}

func TestAnIncidentIsDeclaredAfterItWasOver(t *testing.T) {
	t.Parallel()
	d, err := Declaration{Title: "Checkout was down", Severity: 1, StartedAt: minute(-90), ResolvedAt: minute(-30), Actor: alice.Actor}.Normal()
	require.NoError(t, err)
	require.NoError(t, d.CheckTimes(minute(0)))
	i := New(1, d, minute(0))
	require.Equal(t, StatusResolved, i.Status)
	require.Equal(t, []time.Time{minute(-90), minute(-30), minute(0)}, []time.Time{i.StartedAt, i.ResolvedAt, i.DeclaredAt})
	require.Equal(t, []string{"declared", "resolved"}, events(i.Timeline))
	w := i.Waking(time.UTC)
	require.True(t, w.Over && w.Nobody())
	require.Equal(t, "Nobody is being paged: INC-1 is resolved.", w.Line)
	do(t, i, Reopen{Meta: alice})
	require.False(t, i.Waking(time.UTC).Over)

	for want, d := range map[string]Declaration{
		"resolved_at: 2026-11-30 07:00 UTC is before when it began, 2026-11-30 07:30 UTC; write a later time, or correct started_at as well": {StartedAt: minute(-90), ResolvedAt: minute(-120)},
		"alert_key: belongs to what is going on, and cannot be given with resolved_at; leave one of the two out":                             {AlertKey: "checkout-5xx", ResolvedAt: minute(-30)},
	} {
		d.Title, d.Severity = "x", 1
		_, err := d.Normal()
		require.EqualError(t, problem(t, err), want)
	}
	for says, at := range map[string]time.Time{"is in the future": minute(6), "is too long ago": minute(0).AddDate(-40, 0, 0)} {
		p := problem(t, Declaration{ResolvedAt: at}.CheckTimes(minute(0)))
		require.Equal(t, FieldResolved, p.Field)
		require.Contains(t, p.Reason, says)
	}
}

// Whatever times are given in whatever order, what comes of it can have been, or is refused.
func TestNoCorrectionMakesAnOrderThatCannotBe(t *testing.T) {
	t.Parallel()
	at := []*time.Time{nil, new(minute(-20)), new(minute(-5)), new(minute(3)), new(minute(29))}
	for k := range 5 * 5 * 5 * 5 {
		c := Correct{
			Meta: alice, StartedAt: at[k%5], DetectedAt: at[k/5%5], MitigatedAt: at[k/25%5], ResolvedAt: at[k/125], Title: "Slow", Reason: "the logs",
		}
		i := incidentIn(t, StatusResolved)
		if c.Check(i, minute(30)) != nil {
			continue
		}
		c.Apply(i, minute(30))
		for _, later := range []time.Time{i.DetectedAt, i.MitigatedAt, i.ResolvedAt} {
			require.True(t, later.IsZero() || !later.Before(i.StartedAt), "%d", k)
		}
		require.False(t, i.ResolvedAt.Before(i.MitigatedAt), "%d", k)
		require.True(t, slices.ContainsFunc(i.Timeline, func(e Entry) bool { return e.Event == "corrected" }))
	}
}
