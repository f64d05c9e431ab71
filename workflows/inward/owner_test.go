package inward

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/workflows/api"
)

func TestWhoIsGivenItBackInTheTrackerHasIt(t *testing.T) {
	t.Parallel()
	i := kept()
	s := state()
	s.Owner, s.Updated = "bob@example.com", at(60)
	require.True(t, take(t, i, api.IssueChangedInput{Issue: s, ReadAt: at(61)}).Has(incident.IssueOwner))
	s.Owner, s.Updated = "alice@example.com", at(120)
	require.True(t, take(t, i, api.IssueChangedInput{Issue: s, ReadAt: at(121)}).Has(incident.IssueOwner), "whom Muster once wrote")
	require.Empty(t, take(t, i, api.IssueChangedInput{Issue: s, ReadAt: at(122)}).Fields)
}

func TestATrackerThatDoesNotKnowTheNewOwnerGoesOnShowingTheFormerOne(t *testing.T) {
	t.Parallel()
	i := kept() // alice's
	i.Wrote(incident.Issue{Owner: "bob@example.com"}, at(9))
	i.Wrote(incident.Issue{Owner: "contractor@example.com"}, at(10))
	s := state()
	for _, shown := range []string{"alice@example.com", "bob@example.com"} { // bob's write may have been taken, or not
		k := *i
		s.Owner = shown
		require.False(t, take(t, &k, api.IssueChangedInput{Issue: s, ReadAt: at(60)}).Has(incident.IssueOwner), shown)
		s.Owner = "carol@example.com"
		require.True(t, take(t, &k, api.IssueChangedInput{Issue: s, ReadAt: at(61)}).Has(incident.IssueOwner))
	}
}

func TestWhoWasAssignedBeforeAnythingWasReadIsNobodysChange(t *testing.T) {
	t.Parallel()
	i := &Issue{} // the issue could not be read after it was made
	i.Made(incident.IssueWritten{IssueRef: ops7}, incident.Issue{Summary: "Alert on queue depth", Due: "2026-12-16", Owner: "contractor@example.com"})
	s := state()
	s.Owner = "lead@example.com" // of the project, by default
	require.Empty(t, take(t, i, api.IssueChangedInput{Issue: s, ReadAt: at(60)}).Fields)
	s.Owner = "bob@example.com"
	require.True(t, take(t, i, api.IssueChangedInput{Issue: s, ReadAt: at(61)}).Has(incident.IssueOwner))
}

func TestAnAddressThatIsNotShownAnyMoreIsTheSamePersons(t *testing.T) {
	t.Parallel()
	shown := state()
	shown.OwnerID = "a1"
	i := &Issue{}
	i.Made(incident.IssueWritten{IssueRef: ops7, State: shown}, incident.Issue{Summary: "Alert on queue depth", Due: "2026-12-16", Owner: "alice@example.com"})
	hidden := shown
	hidden.Owner, hidden.OwnerName, hidden.Updated = "", "Alice Adams", at(60)
	require.Empty(t, take(t, i, api.IssueChangedInput{Issue: hidden, ReadAt: at(61)}).Fields)
	require.Equal(t, "alice@example.com", i.Seen.Owner, "it is known all the same")
	require.Empty(t, take(t, i, api.IssueChangedInput{Issue: shown, ReadAt: at(62)}).Fields)

	hidden.OwnerID, hidden.OwnerName = "b2", "Bob Brown"
	require.True(t, take(t, i, api.IssueChangedInput{Issue: hidden, ReadAt: at(63)}).Has(incident.IssueOwner))
	found := hidden
	found.Owner, found.OwnerName = "bob@example.com", ""
	require.True(t, take(t, i, api.IssueChangedInput{Issue: found, ReadAt: at(64)}).Has(incident.IssueOwner), "his address is known by now")
}

func TestWhatNobodyOwnsAnyMoreIsUnassigned(t *testing.T) {
	t.Parallel()
	i := kept()
	i.Wrote(incident.Issue{Unassigned: true}, at(10))
	nobody := state()
	nobody.Owner = ""
	require.Empty(t, take(t, i, api.IssueChangedInput{Issue: nobody, ReadAt: at(20)}).Fields)
	require.True(t, take(t, i, api.IssueChangedInput{Issue: state(), ReadAt: at(30)}).Has(incident.IssueOwner), "alice took it again")
}
