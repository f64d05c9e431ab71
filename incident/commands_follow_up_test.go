package incident

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// proposing is an incident with two follow-ups: the first is Bob's, the second nobody's.
func proposing(t *testing.T) *Incident {
	t.Helper()
	i := incidentIn(t, StatusResolved)
	do(t, i, AddFollowUp{Meta: alice, Title: "Write a runbook", Kind: FollowUpLearn, Priority: PriorityHigh, Labels: []string{"docs", "on-call"}})
	require.Len(t, i.FollowUps, 2)
	return i
}

func TestAFollowUpIsFiledInWhateverStatus(t *testing.T) {
	t.Parallel()
	for _, s := range Statuses() {
		i := incidentIn(t, s)
		r := do(t, i, AddFollowUp{Meta: alice, Title: "Write a runbook", Owner: "bob@example.com"})
		require.True(t, r.Changed)
		f := i.FollowUp(r.Number)
		if s != StatusMerged {
			require.Equal(t, FollowUpProposed, f.Status, s)
			continue
		}
		require.Contains(t, r.Text, "It goes on in INC-7, into which this one was merged")
		require.Len(t, i.Transferred(), 1, "the other one is given it")
		again := do(t, i, AddFollowUp{Meta: alice, Title: "write a runbook"})
		require.False(t, again.Changed, "said again, it does not go on twice")
		require.Contains(t, again.Text, "INC-7")
	}
	i := incidentIn(t, StatusOpen)
	i.Private = true
	do(t, i, Merge{Meta: alice, Into: 7})
	r := do(t, i, AddFollowUp{Meta: alice, Title: "Write a runbook"})
	require.Equal(t, FollowUpProposed, i.FollowUp(r.Number).Status, "what is private stays with it")
}

func TestWhatIsUrgentIsAcceptedAtOnce(t *testing.T) {
	t.Parallel()
	i := declared()
	r := do(t, i, AddFollowUp{Meta: alice, Title: "Rotate the key", Urgent: true, Kind: FollowUpPrevent, Priority: PriorityHigh, Labels: []string{"keys", "KEYS", " secrets "}})
	require.Equal(t, FollowUpAccepted, r.FollowUp)
	require.Equal(t, FollowUp{
		Number: 1, Title: "Rotate the key", Status: FollowUpAccepted, Kind: FollowUpPrevent, Priority: PriorityHigh, Labels: []string{"keys", "secrets"},
		Urgent: true, ProposedBy: alice.Actor, ProposedAt: minute(30), DecidedBy: alice.Actor, DecidedAt: minute(30),
	}, i.FollowUps[0])

	i = proposing(t)
	do(t, i, ChangeFollowUp{Meta: alice, Number: 2, Urgent: true})
	require.Equal(t, FollowUpAccepted, i.FollowUp(2).Status)
	require.Contains(t, lastEntry(i).Text, "accepted, owner nobody, due none, urgent")
	already(t, i, ChangeFollowUp{Meta: alice, Number: 2, Urgent: true})
	require.Equal(t, "urgent", refuse(t, i, ChangeFollowUp{Meta: alice, Number: 1, Urgent: true, Status: FollowUpDropped, Reason: "no"}).Field)
}

func TestAcceptingNeedsNoMoreThanSayingSo(t *testing.T) {
	t.Parallel()
	i := proposing(t)
	do(t, i, ChangeFollowUp{Meta: by("dave@example.com"), Number: 1, Status: FollowUpAccepted, Claim: true})
	require.Equal(t, "bob@example.com", i.FollowUp(1).Owner, "it has an owner")
	require.Equal(t, Date("2026-12-24"), i.FollowUp(1).Due, "the date stays")
	require.Equal(t, "Follow-up 1 (Alert on queue depth): accepted, owner bob@example.com, due 2026-12-24", lastEntry(i).Text)
	require.Equal(t, "dave@example.com", i.FollowUp(1).DecidedBy.Person)

	do(t, i, ChangeFollowUp{Meta: by("dave@example.com"), Number: 2, Status: FollowUpAccepted, Claim: true})
	require.Equal(t, "dave@example.com", i.FollowUp(2).Owner, "nobody owned it")
	do(t, i, ChangeFollowUp{Meta: alice, Number: 2, Nobody: true})
	require.Empty(t, i.FollowUp(2).Owner)
	robot := Meta{Actor: Actor{Way: WayAPI, Token: "ci"}}
	already(t, i, ChangeFollowUp{Meta: robot, Number: 2, Status: FollowUpAccepted, Claim: true})
	require.Equal(t, "owner", refuse(t, i, ChangeFollowUp{Meta: alice, Number: 2, Nobody: true, Owner: "bob@example.com"}).Field)
}

// A private incident's owner is part of it: they will be told of their work.
func TestWhoClaimsAFollowUpOfAPrivateIncidentIsPartOfIt(t *testing.T) {
	t.Parallel()
	i := proposing(t)
	i.Private = true
	do(t, i, ChangeFollowUp{Meta: by("dave@example.com"), Number: 2, Status: FollowUpAccepted, Claim: true})
	require.NotNil(t, i.responder("dave@example.com"))
}

func TestLabelsAreReplacedAndTakenAway(t *testing.T) {
	t.Parallel()
	i := proposing(t)
	do(t, i, ChangeFollowUp{Meta: alice, Number: 2, Labels: []string{"docs", "search"}})
	require.Equal(t, "Follow-up 2 (Write a runbook): labels docs search", lastEntry(i).Text)
	already(t, i, ChangeFollowUp{Meta: alice, Number: 2})
	do(t, i, ChangeFollowUp{Meta: alice, Number: 2, Labels: []string{}})
	require.Empty(t, i.FollowUp(2).Labels)
	row, _ := CommandNamed("ChangeFollowUp")
	c, err := row.Decode([]byte(`{"number": 2, "labels": []}`))
	require.NoError(t, err)
	require.NotNil(t, c.(ChangeFollowUp).Labels, "an empty list is not none")
	said, _ := Body(c)
	require.Contains(t, said, `"labels":[]`, "and stays one on its way to the workflow")
}

func TestWhatAFollowUpsDetailsCannotBe(t *testing.T) {
	t.Parallel()
	i := proposing(t)
	for field, d := range map[string]ChangeFollowUp{
		"kind":     {Kind: "fix"},
		"priority": {Priority: "P0"},
		"labels":   {Labels: []string{"two words"}},
		"owner":    {Owner: "bob"},
		"due":      {Due: "tomorrow"},
	} {
		d.Meta, d.Number = alice, 1
		require.Equal(t, field, refuse(t, i, d).Field)
		add := AddFollowUp{Meta: alice, Title: "x", Kind: d.Kind, Priority: d.Priority, Labels: d.Labels, Owner: d.Owner, Due: d.Due}
		require.Equal(t, field, refuse(t, i, add).Field)
	}
	var many []string
	for n := range maxLabels + 1 {
		many = append(many, fmt.Sprint("label-", n))
	}
	for _, labels := range [][]string{many, {""}, {strings.Repeat("x", maxLabel+1)}, {"a,b"}, {"\u202e"}} {
		require.Equal(t, "labels", refuse(t, i, ChangeFollowUp{Meta: alice, Number: 1, Labels: labels}).Field)
	}
}

func TestADueDateLiesBetweenTodayAndFiveYears(t *testing.T) {
	t.Parallel()
	i := proposing(t) // it is Monday 2026-11-30, 09:30 UTC
	for _, due := range []Date{"2026-11-28", "2026-01-01", "0001-01-01", "9999-12-31", "2031-12-01"} {
		require.Equal(t, "due", refuse(t, i, AddFollowUp{Meta: alice, Title: "x", Due: due}).Field, due)
		require.Equal(t, "due", refuse(t, i, ChangeFollowUp{Meta: alice, Number: 2, Due: due}).Field, due)
	}
	for _, due := range []Date{"2026-11-29", "2026-11-30", "2031-11-29"} { // it is Sunday still in the farthest west
		require.NoError(t, AddFollowUp{Meta: alice, Title: "x", Due: due}.Check(i, minute(30)), due)
	}
	i.FollowUp(1).Due = "2026-11-02"
	already(t, i, ChangeFollowUp{Meta: alice, Number: 1, Due: "2026-11-02"})
	do(t, i, ChangeFollowUp{Meta: alice, Number: 1, Status: FollowUpDone, Due: "2026-11-02"})

	kiritimati := time.FixedZone("far east", 14*60*60)
	require.NoError(t, CheckDue("due", "2026-12-01", time.Date(2026, 12, 1, 0, 0, 0, 0, kiritimati)))
	require.ErrorContains(t, CheckDue("due", "2026-11-30", time.Date(2026, 12, 1, 0, 0, 0, 0, kiritimati)), "choose today, 2026-12-01")
}

func TestAFollowUpIsMergedIntoAnother(t *testing.T) {
	t.Parallel()
	i := proposing(t)
	do(t, i, ChangeFollowUp{Meta: alice, Number: 1, Priority: PriorityLow, Labels: []string{"queues", "Docs"}})
	before := i.FollowUp(1).Revision
	r := do(t, i, MergeFollowUp{Meta: alice, Number: 2, Into: 1})
	require.Equal(t, FollowUpDropped, r.FollowUp)
	merged, into := i.FollowUp(2), i.FollowUp(1)
	require.Equal(t, "merged into follow-up 1", merged.Reason)
	require.Equal(t, 1, merged.MergedInto)
	require.Equal(t, minute(30), merged.EndedAt)
	require.Equal(t, []string{"queues", "Docs", "on-call"}, into.Labels)
	require.Equal(t, PriorityHigh, into.Priority)
	require.Equal(t, FollowUpLearn, into.Kind)
	require.Equal(t, "bob@example.com", into.Owner)
	require.Equal(t, before+1, into.Revision, "its workflow is told")
	require.Equal(t, "Follow-up 2 (Write a runbook): merged into follow-up 1 (Alert on queue depth)", lastEntry(i).Text)
	already(t, i, MergeFollowUp{Meta: alice, Number: 2, Into: 1})

	for _, c := range []MergeFollowUp{{Number: 1, Into: 1}, {Number: 1, Into: 0}, {Number: 1, Into: 2}, {Number: 1, Into: 9}, {Number: 9, Into: 1}} {
		c.Meta = alice
		require.Contains(t, []string{"into", "number"}, refuse(t, i, c).Field)
	}
}

func TestAFollowUpIsSnoozedWithAReasonAndALimit(t *testing.T) {
	t.Parallel()
	i := proposing(t)
	day := 24 * time.Hour
	until := minute(30).Add(14 * day)
	do(t, i, SnoozeFollowUp{Meta: alice, Number: 1, Until: until, Reason: "the vendor\nmends it first"})
	f := i.FollowUp(1)
	require.True(t, f.Snoozed(until.Add(-time.Second)))
	require.False(t, f.Snoozed(until))
	require.Equal(t, "the vendor mends it first", f.SnoozeReason)
	require.Equal(t, "Follow-up 1 (Alert on queue depth): snoozed until 2026-12-14 09:30 UTC: the vendor mends it first", lastEntry(i).Text)
	already(t, i, SnoozeFollowUp{Meta: alice, Number: 1, Until: until})
	do(t, i, SnoozeFollowUp{Meta: alice, Number: 1, Off: true})
	require.False(t, f.Snoozed(minute(31)))
	already(t, i, SnoozeFollowUp{Meta: alice, Number: 1, Off: true})

	for _, until := range []time.Time{{}, minute(30), minute(30).Add(maxSnooze + time.Second), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)} {
		require.Equal(t, "until", refuse(t, i, SnoozeFollowUp{Meta: alice, Number: 1, Until: until, Reason: "no hurry"}).Field)
	}
	require.Equal(t, "reason", refuse(t, i, SnoozeFollowUp{Meta: alice, Number: 1, Until: until, Reason: " \n"}).Field)
	require.Equal(t, "off", refuse(t, i, SnoozeFollowUp{Meta: alice, Number: 1, Until: until, Off: true}).Field)
	require.Equal(t, CodeNotFound, refuse(t, i, SnoozeFollowUp{Meta: alice, Number: 9, Until: until}).Code)

	for n := 1; n < maxSnoozes; n++ {
		do(t, i, SnoozeFollowUp{Meta: alice, Number: 1, Until: until.Add(time.Duration(n) * time.Hour), Reason: "again"})
	}
	p := refuse(t, i, SnoozeFollowUp{Meta: alice, Number: 1, Until: until.Add(day), Reason: "once more"})
	require.Contains(t, p.Reason, "snoozed 3 times already")
}

func TestDecidingWakesWhatWasSnoozed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]Command{
		"accepted": ChangeFollowUp{Meta: alice, Number: 1, Status: FollowUpAccepted},
		"dated":    ChangeFollowUp{Meta: alice, Number: 1, Due: "2027-01-11"},
		"dropped":  ChangeFollowUp{Meta: alice, Number: 1, Status: FollowUpDropped, Reason: "the queue is gone"},
		"merged":   MergeFollowUp{Meta: alice, Number: 1, Into: 2},
	} {
		i := proposing(t)
		do(t, i, SnoozeFollowUp{Meta: alice, Number: 1, Until: minute(9000), Reason: "later"})
		do(t, i, c)
		require.Zero(t, i.FollowUp(1).SnoozedUntil, name)
	}
	i := proposing(t)
	do(t, i, SnoozeFollowUp{Meta: alice, Number: 1, Until: minute(9000), Reason: "later"})
	do(t, i, ChangeFollowUp{Meta: alice, Number: 1, Labels: []string{"queues"}})
	require.NotZero(t, i.FollowUp(1).SnoozedUntil, "a label decides nothing")
	require.Equal(t, "number", refuse(t, incidentIn(t, StatusClosed), SnoozeFollowUp{Meta: alice, Number: 1, Until: minute(9000), Reason: "later"}).Field, "what has ended rests already")
}

// A click that is repeated after things went on says so, by the follow-up and not by the incident.
func TestARepeatedDecisionIsStaleOnceTheFollowUpWentOn(t *testing.T) {
	t.Parallel()
	i := proposing(t)
	r := do(t, i, ChangeFollowUp{Meta: alice, Number: 1, Status: FollowUpAccepted})
	require.False(t, r.Again(i).Stale)
	do(t, i, Reopen{Meta: alice})
	require.False(t, r.Again(i).Stale, "the incident's status decides nothing of it")
	do(t, i, ChangeFollowUp{Meta: alice, Number: 1, Status: FollowUpDone})
	require.True(t, r.Again(i).Stale)
}

func TestWhatAMergedIncidentsFollowUpsAreLikeGoesWithThem(t *testing.T) {
	t.Parallel()
	i := proposing(t)
	do(t, i, AddFollowUp{Meta: alice, Title: "Rotate the key", Urgent: true})
	do(t, i, Merge{Meta: alice, Into: 7})
	into := New(7, Declaration{Title: "The same", Kind: KindIncident, Severity: 2}, monday)
	require.True(t, into.Absorb(minute(31), 42, i.Title, ChannelRef{}, nil, i.Transferred(), alice.Actor))
	require.Equal(t, []string{"docs", "on-call"}, into.FollowUps[1].Labels)
	require.Equal(t, PriorityHigh, into.FollowUps[1].Priority)
	require.Equal(t, FollowUpProposed, into.FollowUps[1].Status)
	require.Equal(t, FollowUpAccepted, into.FollowUps[2].Status, "what is urgent does not rest there either")
}
