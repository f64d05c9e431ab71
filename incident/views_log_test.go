package incident

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func events(entries []Entry) []string {
	var out []string
	for _, e := range entries {
		out = append(out, e.Event)
	}
	return out
}

func TestWhatTheChannelIsTold(t *testing.T) {
	t.Parallel()
	i := declared()
	opening := i.Entries
	do(t, i, Acknowledge{Meta: alice, All: true})
	do(t, i, Join{Meta: by("bob@example.com")})
	do(t, i, Capture{Meta: alice, Text: "The queue is full", Source: message})
	require.Empty(t, Noted(i.Timeline, opening), "the board shows it, or it was said in the channel")

	do(t, i, Update{Meta: alice, Text: "Half of all carts work"})
	do(t, i, ChangeSeverity{Meta: alice, Severity: 2})
	do(t, i, RaisePage{Meta: alice, Target: "database"})
	do(t, i, AddFollowUp{Meta: alice, Title: "Write a runbook"})
	i.Note(minute(31), Actor{Way: WayMuster}, "follow_up", "Follow-up 1 (Write a runbook): accepted")
	do(t, i, Resolve{Meta: alice, Learning: "Queues fill silently"})
	require.Equal(t, []string{"update", "severity", "page", "follow_up", "learning", "resolved"}, events(Noted(i.Timeline, opening)))
	require.Equal(t, []string{"severity", "resolved"}, events(NotedOutside(i.Timeline, opening)))

	require.Empty(t, Noted(i.Timeline, i.Entries), "nothing is told twice")
	require.Equal(t, []string{"resolved"}, events(Noted(i.Timeline, i.Entries-1)))
}

func TestOneThingThatHappenedIsToldWithItsPerson(t *testing.T) {
	t.Parallel()
	i := declared()
	do(t, i, Mitigate{Meta: by("bob@example.com"), Text: "rolled back"})
	require.Equal(t, Message{
		Headline: "INC-42: mitigated", Body: []string{"Mitigated: rolled back"}, Quiet: true,
		Credits: []Field{{Label: "By", Text: "bob@example.com"}},
	}, LogMessage(i, Noted(i.Timeline, i.Entries-1)))

	do(t, i, Update{Meta: Meta{Actor: Actor{Way: WayAPI, Token: "deploy-bot"}}, Text: "Carts fill again"})
	m := LogMessage(i, Noted(i.Timeline, i.Entries-1))
	require.Equal(t, "INC-42: status update", m.Headline)
	require.Equal(t, []Field{{Label: "By", Text: "deploy-bot"}}, m.Credits)

	do(t, i, Update{Meta: by("u024be7lh@slack"), Text: "Nearly there", Next: minute(90)})
	m = LogMessage(i, Noted(i.Timeline, i.Entries-1))
	require.Equal(t, []Field{{Label: "By", People: []string{"u024be7lh@slack"}}, {Label: "Next update", Time: minute(90)}}, m.Credits)
}

func TestWhatHappenedDuringAnOutageIsOneMessage(t *testing.T) {
	t.Parallel()
	i := declared()
	opening := i.Entries
	do(t, i, ChangeSeverity{Meta: alice, Severity: 2, Reason: "half of it works"})
	do(t, i, Mitigate{Meta: by("bob@example.com")})
	do(t, i, Update{Meta: alice, Text: "Carts fill again"})
	m := LogMessage(i, Noted(i.Timeline, opening))
	require.Equal(t, "INC-42: mitigated", m.Headline, "the status is what readers look for")
	require.Equal(t, []string{
		"Severity 2, was 1: half of it works (alice@example.com)",
		"Mitigated (bob@example.com)",
		"Carts fill again (alice@example.com)",
	}, m.Body)
	require.Empty(t, m.Fields)

	for k := range 30 {
		do(t, i, Update{Meta: alice, Text: fmt.Sprintf("Update %d", k)})
	}
	m = LogMessage(i, Noted(i.Timeline, opening))
	require.Len(t, m.Body, maxLines)
	require.Equal(t, "Update 29 (alice@example.com)", m.Body[maxLines-1])
	require.Equal(t, []string{"13 more before these are on the timeline"}, m.Footnotes)
}

func TestEveryEventThatIsToldHasAHeadline(t *testing.T) {
	t.Parallel()
	for _, e := range told {
		require.NotContains(t, LogMessage(declared(), []Entry{{Seq: 9, Event: e, Text: "x"}}).Headline, "_", e)
	}
}

func TestTheReminderGoesToWhoeverLeads(t *testing.T) {
	t.Parallel()
	i := declared()
	do(t, i, Update{Meta: by("bob@example.com"), Text: "Half of all carts work", Next: minute(60)})
	m := UpdateDue(i)
	require.Equal(t, []string{"carol@example.com"}, m.Mention)
	require.Equal(t, []Field{{Label: "Promised for", Time: minute(60)}}, m.Fields)
	require.Equal(t, ActionUpdate, m.Buttons[0].Action)

	do(t, i, Assign{Meta: alice, Role: RoleCommander})
	require.Equal(t, []string{"bob@example.com"}, UpdateDue(i).Mention, "or to whom promised it")
	i.Timeline = nil
	require.Empty(t, UpdateDue(i).Mention)
}

func TestTheBoardOffersWhatCanBeDoneNow(t *testing.T) {
	t.Parallel()
	working := []string{ActionRole, ActionUpdate, ActionSeverity, ActionPage, ActionFollowUp}
	for s, want := range map[Status][]string{
		StatusOpen:      append(append([]string{ActionAcknowledge}, working...), ActionMitigate, ActionResolve),
		StatusMitigated: append(append([]string{ActionAcknowledge}, working...), ActionReopen, ActionResolve),
		StatusResolved:  {ActionFollowUp, ActionReopen},
		StatusClosed:    {ActionFollowUp, ActionReopen},
		StatusCancelled: {ActionReopen},
		StatusMerged:    {ActionReopen},
	} {
		var got []string
		for _, b := range Board(incidentIn(t, s), "SEV1", time.UTC).Buttons {
			got = append(got, b.Action)
		}
		require.Equal(t, want, got, s)
	}
	i := declared()
	do(t, i, Acknowledge{Meta: alice, All: true})
	require.Equal(t, ActionJoin, Board(i, "SEV1", time.UTC).Buttons[0].Action, "no page asks for anybody any more")
	require.Equal(t, []Button{{Label: "Join", Action: ActionJoin, Value: "INC-42/0"}}, Announcement(i, "SEV1").Buttons)
}

func TestAMessageNamesAtMostSoManyPeople(t *testing.T) {
	t.Parallel()
	i := declared()
	for k := range 60 {
		do(t, i, Join{Meta: by(fmt.Sprintf("p%d@example.com", k))})
	}
	fields := Board(i, "SEV1", time.UTC).Fields
	last := fields[len(fields)-1]
	require.Equal(t, "Responders (61, the first of them)", last.Label)
	require.Len(t, last.People, maxShown)
}
