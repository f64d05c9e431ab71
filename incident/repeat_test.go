package incident

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnAlertThatRepeatsNeverMakesItMilder(t *testing.T) {
	t.Parallel()
	alerts := Actor{Way: WayAPI, Token: "alerts"}
	i := declared()
	i.Severity = 3
	i.Repeat(minute(1), Repetition{Severity: 1, Title: "Disk is full", Actor: alerts})
	require.Equal(t, Severity(1), i.Severity)
	require.Equal(t, "Declared again, and worse: severity 1, was 3", lastEntry(i).Text)
	require.Equal(t, alerts, lastEntry(i).Actor)

	i.Repeat(minute(2), Repetition{Severity: 4, Title: "Disk is full", Actor: alerts})
	require.Equal(t, Severity(1), i.Severity)
	require.Equal(t, "Declared again: Disk is full", lastEntry(i).Text)
	entries := i.Entries
	i.Repeat(minute(30), Repetition{Actor: alerts})
	require.Equal(t, entries, i.Entries, "an alert that fires every minute is told once an hour")
	i.Repeat(minute(63), Repetition{Actor: alerts})
	require.Equal(t, entries+1, i.Entries)

	over := incidentIn(t, StatusResolved)
	over.Repeat(minute(40), Repetition{Severity: 1, Actor: alerts})
	require.NotEqual(t, "severity", lastEntry(over).Event)
}

func TestAnIncidentThatIsLeftAloneIsPagedAnew(t *testing.T) {
	t.Parallel()
	i := declared()
	require.False(t, i.Taken(), "nobody has answered")
	do(t, i, Acknowledge{Meta: alice, Page: 1})
	require.False(t, i.Taken(), "the other still rings")
	do(t, i, Acknowledge{Meta: by("bob@example.com"), Page: 2})
	require.True(t, i.Taken())
	require.Equal(t, minute(30), i.LastSign())
	i.Note(minute(40), Actor{Way: WayMuster}, "paged", "Paged checkout")
	require.Equal(t, minute(30), i.LastSign(), "what Muster does is no sign of a person")
	require.Equal(t, []string{i.Holder(RoleCommander)}, QuietNotice(i, minute(30), time.UTC).Mention)
	do(t, i, Assign{Meta: alice, Role: RoleCommander})
	require.Equal(t, []string{"alice@example.com", "bob@example.com"}, QuietNotice(i, minute(30), time.UTC).Mention, "without a commander, whoever has taken it")

	i.LeftAlone(minute(90), minute(30))
	require.Equal(t, []PageStatus{PagePaging, PagePaging}, pageStatuses(i))
	require.Equal(t, "Nobody has been heard of for 60 minutes: paging checkout and cart again", lastEntry(i).Text)
	require.Equal(t, 2, i.Pages[0].Revision, "its workflow hears of it")
	require.False(t, i.Taken())
}

func TestAPromiseIsASignOfLife(t *testing.T) {
	t.Parallel()
	i := declared()
	do(t, i, Update{Meta: alice, Text: "Rolling back", Next: minute(90)})
	require.Equal(t, minute(90), i.LastSign())
}
