package incident

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// twin is INC-3, which turns out to be the same as INC-42.
func twin(t *testing.T) *Incident {
	t.Helper()
	i := New(3, Declaration{Title: "Carts are empty", Kind: KindIncident, Severity: 2, Actor: by("dan@example.com").Actor}, monday)
	i.Links.Channel = ChannelRef{ID: "C3", Name: "inc-3-carts-are-empty", URL: "https://chat.example.com/C3"}
	do(t, i, AddFollowUp{Meta: by("dan@example.com"), Title: "Alert on empty carts", Owner: "bob@example.com", Due: "2026-12-24"})
	do(t, i, AddFollowUp{Meta: alice, Title: "Buy a cart"})
	do(t, i, AddFollowUp{Meta: alice, Title: "Write a runbook"})
	do(t, i, ChangeFollowUp{Meta: alice, Number: 2, Status: FollowUpDone})
	return i
}

func takeIn(i, from *Incident) bool {
	return i.Absorb(minute(31), from.Number, from.Title, from.Links.Channel, from.Responders, from.Transferred(), alice.Actor)
}

func TestMergingHandsOverWhatIsOpen(t *testing.T) {
	t.Parallel()
	source, target := twin(t), declared()
	do(t, source, Merge{Meta: alice, Into: 42})
	require.Equal(t, []FollowUpStatus{FollowUpDropped, FollowUpDone, FollowUpDropped}, followUpStatuses(source))
	require.Equal(t, "moved to INC-42", source.FollowUps[0].Reason, "it is on the record why")
	require.Equal(t, minute(30), source.FollowUps[0].EndedAt)

	require.True(t, takeIn(target, source))
	require.Equal(t, "INC-3 (Carts are empty) was merged into this", lastEntry(target).Text)
	require.NotNil(t, target.responder("dan@example.com"))
	require.True(t, target.responder("dan@example.com").JoinedAt.IsZero(), "joining stays their own act")
	require.Equal(t, []FollowUp{
		{
			Number: 1, Title: "Alert on empty carts", Status: FollowUpProposed, Owner: "bob@example.com", Due: "2026-12-24",
			ProposedBy: by("dan@example.com").Actor, ProposedAt: minute(30), Origin: "INC-3/1",
		},
		{Number: 2, Title: "Write a runbook", Status: FollowUpProposed, ProposedBy: alice.Actor, ProposedAt: minute(30), Origin: "INC-3/3"},
	}, target.FollowUps)
	require.Contains(t, target.Seen(), Link{Label: "INC-3 (merged into this)", URL: "https://chat.example.com/C3"})
}

func TestTakingInIsDoneOnce(t *testing.T) {
	t.Parallel()
	source, target := twin(t), declared()
	do(t, source, Merge{Meta: alice, Into: 42})
	require.True(t, takeIn(target, source))
	before := copied(t, target)
	require.False(t, takeIn(target, source))
	require.Equal(t, before, copied(t, target))
}

func TestAnIncidentThatIsMergedASecondTimeBringsOnlyWhatIsNew(t *testing.T) {
	t.Parallel()
	source, target := twin(t), declared()
	do(t, source, Merge{Meta: alice, Into: 42})
	takeIn(target, source)
	do(t, source, Reopen{Meta: alice})
	require.Empty(t, source.Transferred())
	do(t, source, AddFollowUp{Meta: alice, Title: "Ask why we thought so"})
	do(t, source, Merge{Meta: alice, Into: 42})
	require.True(t, takeIn(target, source))
	require.Len(t, target.FollowUps, 3)
	require.Equal(t, "INC-3/4", target.FollowUps[2].Origin)
	require.Len(t, target.Absorbed, 1)
}

func TestWhoMayAbsorb(t *testing.T) {
	t.Parallel()
	for s, mend := range map[Status]string{
		StatusOpen: "", StatusMitigated: "", StatusResolved: "",
		StatusClosed:    "reopen INC-42 first, or merge into another incident",
		StatusCancelled: "reopen INC-42 first, or merge into another incident",
		StatusMerged:    "merge into INC-7 instead",
	} {
		err := incidentIn(t, s).CanAbsorb()
		if mend == "" {
			require.NoError(t, err, s)
			continue
		}
		p := problem(t, err)
		require.Equal(t, CodeIllegal, p.Code)
		require.Equal(t, mend, p.Mend)
	}
}

// The target may close between the question and the answer, and the source has let go by then.
func TestWhatWasHandedOverIsNeverLost(t *testing.T) {
	t.Parallel()
	source := twin(t)
	do(t, source, Merge{Meta: alice, Into: 42})
	for _, s := range Statuses() {
		target := incidentIn(t, s)
		before := len(target.FollowUps)
		require.True(t, takeIn(target, source))
		require.Len(t, target.FollowUps, before+2)
	}
	closed := incidentIn(t, StatusClosed)
	takeIn(closed, source)
	require.Equal(t, StatusResolved, closed.Status, "somebody is expected to do something again")
}

func TestAPrivateIncidentKeepsItsFollowUps(t *testing.T) {
	t.Parallel()
	source, target := twin(t), declared()
	source.Private = true
	do(t, source, Merge{Meta: alice, Into: 42})
	require.Equal(t, []FollowUpStatus{FollowUpProposed, FollowUpDone, FollowUpProposed}, followUpStatuses(source))
	require.Empty(t, source.Transferred())
	target.Absorb(minute(31), 3, "", ChannelRef{}, nil, source.Transferred(), alice.Actor)
	require.Equal(t, "INC-3 was merged into this", lastEntry(target).Text)
	require.Empty(t, target.FollowUps)
}

func TestFollowUpsWithoutRoomAreSpokenOf(t *testing.T) {
	t.Parallel()
	source, target := twin(t), declared()
	for k := range maxFollowUps - 1 {
		do(t, target, AddFollowUp{Meta: alice, Title: fmt.Sprintf("Task %d", k)})
	}
	do(t, source, Merge{Meta: alice, Into: 42})
	require.True(t, takeIn(target, source))
	require.Len(t, target.FollowUps, maxFollowUps)
	require.Contains(t, lastEntry(target).Text, "; 1 of its follow-ups found no room")
}

func TestAnIncidentDoesNotAbsorbItself(t *testing.T) {
	t.Parallel()
	i := declared()
	before := copied(t, i)
	require.False(t, i.Absorb(minute(1), 42, "x", ChannelRef{}, nil, nil, alice.Actor))
	require.False(t, i.Absorb(minute(1), 0, "x", ChannelRef{}, nil, nil, alice.Actor))
	require.Equal(t, before, copied(t, i))
}

func followUpStatuses(i *Incident) []FollowUpStatus {
	var out []FollowUpStatus
	for _, f := range i.FollowUps {
		out = append(out, f.Status)
	}
	return out
}
