package inward

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/workflows/api"
)

var (
	ops7  = incident.IssueRef{ID: "10007", Key: "OPS-7", URL: "https://jira.example.com/browse/OPS-7"}
	start = time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC)
)

func at(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }

// kept is an issue that Muster made at the start.
func kept() *Issue {
	i := &Issue{}
	i.Made(incident.IssueWritten{IssueRef: ops7, State: state()}, incident.Issue{Summary: "Alert on queue depth", Due: "2026-12-16", Owner: "alice@example.com"})
	return i
}

func state() incident.IssueState {
	return incident.IssueState{
		ID: "10007", Key: "OPS-7", Title: "Alert on queue depth", Status: "To Do", Owner: "alice@example.com", Due: "2026-12-16",
	}
}

func event(delivery string, minutes int, s incident.IssueState, changed ...incident.IssuePart) api.IssueChangedInput {
	return api.IssueChangedInput{DeliveryID: delivery, Issue: s, At: at(minutes), Changed: changed}
}

func take(t *testing.T, i *Issue, in api.IssueChangedInput) News {
	t.Helper()
	news, err := i.Take(ops7, in, at(1000))
	require.NoError(t, err)
	return news
}

func TestOnlyWhatAnEventChangedIsTaken(t *testing.T) {
	t.Parallel()
	i := kept()
	i.Asked = append(i.Asked, "contractor@example.com") // whom the tracker does not know
	s := state()
	s.Due, s.Title = "2027-01-20", "Another title"
	news := take(t, i, event("d1", 10, s, incident.IssueDue))
	require.Equal(t, []incident.IssuePart{incident.IssueDue}, news.Fields)
	require.Equal(t, incident.Date("2027-01-20"), i.Seen.Due)
	require.Equal(t, "Alert on queue depth", i.Seen.Title)
	require.False(t, i.Doubt)
	require.Empty(t, take(t, i, event("d1", 10, s, incident.IssueDue)).Fields, "each delivery counts once")
}

func TestAnOlderEventNeverWinsWhateverTheOrder(t *testing.T) {
	t.Parallel()
	first, second := state(), state()
	first.Due, first.Owner = "2027-01-10", "alice@example.com"
	second.Due, second.Owner = "2027-01-20", "bob@example.com"
	older := event("older", 10, first, incident.IssueDue, incident.IssueOwner)
	newer := event("newer", 11, second, incident.IssueDue)
	for name, order := range map[string][]api.IssueChangedInput{"in order": {older, newer}, "the other way round": {newer, older}} {
		i := kept()
		fields := 0
		for _, e := range order {
			fields += len(take(t, i, e).Fields)
		}
		require.Equal(t, incident.Date("2027-01-20"), i.Seen.Due, name)
		require.Equal(t, "alice@example.com", i.Seen.Owner, "%s: the newer one did not change the owner", name)
		require.Equal(t, map[string]int{"in order": 3, "the other way round": 2}[name], fields)
	}
}

func TestWhatCannotBeOrderedIsDoubted(t *testing.T) {
	t.Parallel()
	s := state()
	s.Due = "2027-01-20"
	written := func(i *Issue) { i.Wrote(incident.Issue{Due: "2026-12-20"}, at(10)) }
	for name, c := range map[string]struct {
		before func(*Issue)
		in     api.IssueChangedInput
		doubt  bool
		news   int
	}{
		"no changelog":                     {nil, api.IssueChangedInput{Issue: s, At: at(10)}, true, 0},
		"no time":                          {nil, api.IssueChangedInput{Issue: s, Changed: []incident.IssuePart{incident.IssueDue}}, true, 0},
		"from the future":                  {nil, event("d", 2000, s, incident.IssueDue), true, 0},
		"a moment before Muster wrote it":  {written, event("d", 9, s, incident.IssueDue), true, 0},
		"a moment after Muster wrote it":   {written, event("d", 11, s, incident.IssueDue), true, 0},
		"long before Muster wrote it":      {written, event("d", 1, s, incident.IssueDue), false, 0},
		"long after Muster wrote it":       {written, event("d", 20, s, incident.IssueDue), false, 1},
		"Muster has written another field": {written, event("d", 9, s, incident.IssueOwner), false, 1},
		"at the same moment as another":    {func(i *Issue) { i.since(incident.IssueDue, Since{At: at(9)}) }, event("d", 9, s, incident.IssueDue), true, 0},
	} {
		i := kept()
		if c.before != nil {
			c.before(i)
		}
		require.Len(t, take(t, i, c.in).Fields, c.news, name)
		require.Equal(t, c.doubt, i.Doubt, name)
	}
}

func TestAnAssigneeWithoutAnAddressIsLookedUp(t *testing.T) {
	t.Parallel()
	i, s := kept(), state()
	s.Owner, s.OwnerName = "", "Bob Brown"
	require.True(t, take(t, i, event("d", 10, s, incident.IssueOwner)).Has(incident.IssueOwner))
	require.True(t, i.Doubt)
}

func TestAReadingTellsWhatPeopleHaveChanged(t *testing.T) {
	t.Parallel()
	same := state()
	same.Status, same.Updated = "To Do", at(5)
	other := same
	other.Owner = "bob@example.com"
	done := same
	done.Status, done.Done, done.Resolution = "Done", true, "Done"
	moved := same
	moved.Key = "TEAM-1"
	for name, c := range map[string]struct {
		wrote string
		read  incident.IssueState
		news  []incident.IssuePart
	}{
		"nothing":                           {"alice@example.com", same, nil},
		"the owner":                         {"alice@example.com", other, []incident.IssuePart{incident.IssueOwner}},
		"the owner whom Muster wrote":       {"bob@example.com", other, nil},
		"the status":                        {"alice@example.com", done, []incident.IssuePart{incident.IssueStatus}},
		"the key, since it was moved":       {"alice@example.com", moved, []incident.IssuePart{incident.IssueKey}},
		"nobody, since Jira knows no owner": {"contractor@example.com", same, nil},
	} {
		i := kept()
		i.Asked = []string{c.wrote}
		news := take(t, i, api.IssueChangedInput{Issue: c.read, ReadAt: at(10)})
		require.Equal(t, c.news, news.Fields, name)
		require.Equal(t, c.read, i.Seen, name)
	}
}

func TestWhatTheTrackerFillsInByItselfIsNobodysChange(t *testing.T) {
	t.Parallel()
	i := &Issue{}
	lead := state()
	lead.Owner = "lead@example.com"
	i.Made(incident.IssueWritten{IssueRef: ops7, State: lead}, incident.Issue{Summary: "Alert on queue depth", Due: "2026-12-16"})
	require.Empty(t, take(t, i, api.IssueChangedInput{Issue: lead, ReadAt: at(10)}).Fields)
	lead.Owner = "bob@example.com"
	require.Equal(t, []incident.IssuePart{incident.IssueOwner}, take(t, i, api.IssueChangedInput{Issue: lead, ReadAt: at(11)}).Fields)
}

func TestAReadingFromBeforeTheLastWriteIsRepeated(t *testing.T) {
	t.Parallel()
	i := kept()
	i.Wrote(incident.Issue{Due: "2027-01-20"}, at(10))
	require.Empty(t, take(t, i, api.IssueChangedInput{Issue: state(), ReadAt: at(9)}).Fields)
	require.True(t, i.Doubt)
	s := state()
	s.Due = "2027-01-20"
	require.NotContains(t, take(t, i, api.IssueChangedInput{Issue: s, ReadAt: at(11)}).Fields, incident.IssueDue)
	require.False(t, i.Doubt)
}

func TestAnEventOlderThanWhatWasReadIsOld(t *testing.T) {
	t.Parallel()
	i, s := kept(), state()
	s.Due, s.Updated = "2027-01-20", at(10)
	take(t, i, api.IssueChangedInput{Issue: s, ReadAt: at(10)})
	old := state()
	old.Due = "2027-01-10"
	require.Empty(t, take(t, i, event("late", 9, old, incident.IssueDue)).Fields)
	require.Equal(t, incident.Date("2027-01-20"), i.Seen.Due)
}

func TestAReadingOlderThanAnEventIsOld(t *testing.T) {
	t.Parallel()
	i := kept()
	back, done := state(), state()
	back.Status = "In Progress"
	take(t, i, event("d1", 10, back, incident.IssueStatus))
	done.Status, done.Done, done.Updated, done.Due = "Done", true, at(9), "2027-01-20"
	news := take(t, i, api.IssueChangedInput{Issue: done, ReadAt: at(9)})
	require.Equal(t, []incident.IssuePart{incident.IssueDue}, news.Fields)
	require.Equal(t, "In Progress", i.Seen.Status)
}

func TestAbsenceIsNoDeletion(t *testing.T) {
	t.Parallel()
	i := kept()
	gone := api.IssueChangedInput{Issue: incident.IssueState{Key: "10007", Unseen: true}, ReadAt: at(10)}
	news := take(t, i, gone)
	require.True(t, news.Unseen)
	require.False(t, news.Deleted)
	require.Equal(t, at(1000), i.UnseenSince)
	require.False(t, take(t, i, gone).Unseen, "it is news once")
	require.Zero(t, take(t, i, api.IssueChangedInput{Issue: incident.IssueState{Key: "10007", Unread: true}, ReadAt: at(11)}))
	require.False(t, i.UnseenSince.IsZero(), "a failure to read tells nothing")
	require.True(t, take(t, i, api.IssueChangedInput{Issue: state(), ReadAt: at(12)}).SeenAgain)
	require.True(t, i.UnseenSince.IsZero())
}

func TestOnlyTheIssueItselfIsDeleted(t *testing.T) {
	t.Parallel()
	i := kept()
	_, err := i.Take(ops7, api.IssueChangedInput{DeliveryID: "d1", Issue: incident.IssueState{ID: "10099", Key: "OPS-7", Deleted: true}}, at(10))
	require.ErrorContains(t, err, "not the one", "a copy with our labels is nobody's business")
	require.False(t, i.Deleted)
	require.True(t, take(t, i, api.IssueChangedInput{DeliveryID: "d2", Issue: incident.IssueState{ID: "10007", Key: "TEAM-1", Deleted: true}}).Deleted)
	require.True(t, i.Deleted)
}

func TestWhoseIssueItIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ref  incident.IssueRef
		s    incident.IssueState
		want bool
	}{
		{ops7, incident.IssueState{ID: "10007", Key: "TEAM-1"}, true},
		{ops7, incident.IssueState{ID: "10008", Key: "OPS-7"}, false},
		{incident.IssueRef{Key: "OPS-7"}, incident.IssueState{ID: "10007", Key: "ops-7"}, true},
		{incident.IssueRef{}, incident.IssueState{ID: "10007", Key: "OPS-7"}, false},
		{incident.IssueRef{}, incident.IssueState{}, false},
		{ops7, incident.IssueState{Key: "10007", Unseen: true}, true},
		{ops7, incident.IssueState{Key: "10008", Unseen: true}, false},
	} {
		require.Equal(t, c.want, same(c.ref, c.s), fmt.Sprint(c))
	}
}

func TestAnOlderEventDoesNotWinOverAReadingOfWhatMusterHadWritten(t *testing.T) {
	t.Parallel()
	i := kept()
	i.Wrote(incident.Issue{Due: "2026-12-20"}, at(10))
	s := state()
	s.Due, s.Updated = "2027-01-20", at(120)
	require.True(t, take(t, i, api.IssueChangedInput{Issue: s, ReadAt: at(121)}).Has(incident.IssueDue))
	old := state()
	old.Due = "2027-01-10"
	require.Empty(t, take(t, i, event("late", 70, old, incident.IssueDue)).Fields)
	require.Equal(t, incident.Date("2027-01-20"), i.Seen.Due)
}

func TestAChangeThatMusterMayHaveOverwrittenIsSaidToBe(t *testing.T) {
	t.Parallel()
	i := kept()
	i.Wrote(incident.Issue{Due: "2026-12-16", Summary: "Alert on queue depth", Owner: "bob@example.com"}, at(10))
	s := state()
	s.Due = "2027-01-20"
	news := take(t, i, event("d1", 9, s, incident.IssueDue)) // of the moment before, and heard of afterwards
	require.Equal(t, []incident.IssuePart{incident.IssueDue}, news.Fields)
	require.True(t, news.Crossed)
	s.Due = "2027-01-21"
	require.False(t, take(t, i, event("d2", 60, s, incident.IssueDue)).Crossed)
}

func TestAnIssueThatWasFoundSaysWhatWasTrueThen(t *testing.T) {
	t.Parallel()
	i := &Issue{}
	i.Made(incident.IssueWritten{IssueRef: ops7, Found: true, State: state()}, incident.Issue{Summary: "Alert on queue depth", Due: "2027-01-20", Owner: "carol@example.com"})
	require.Equal(t, incident.Date("2026-12-16"), i.Seen.Due)
	i.Wrote(incident.Issue{Summary: "Alert on queue depth", Due: "2027-01-20", Owner: "carol@example.com"}, at(1))
	require.Equal(t, incident.Date("2027-01-20"), i.Seen.Due)
	require.Empty(t, take(t, i, event("d1", 0, state(), incident.IssueDue)).Fields, "that is in doubt")
	require.True(t, i.Doubt)
}

func TestLabelsArePutBackAFewTimesADay(t *testing.T) {
	t.Parallel()
	i := kept()
	var put []bool
	for n := range 5 {
		put = append(put, i.MayPutBack(at(n)))
	}
	require.Equal(t, []bool{true, true, true, false, false}, put)
	require.True(t, i.MayPutBack(at(24*60)), "and again on the next day")
}
