package incident

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// seen is everything that people read of an incident in chat.
type seen struct {
	Board        Message `json:"board"`
	Announcement Message `json:"announcement"`
	Topic        string  `json:"topic"`
	Told         Message `json:"told"`
	Checklist    Message `json:"checklist"`
	UpdateDue    Message `json:"update_due"`
	Log          Message `json:"log"`
	Thread       Message `json:"thread"`
}

func look(i *Incident) seen {
	return seen{
		Board(i, "SEV1", time.UTC), Announcement(i, "SEV1"), Topic(i, "SEV1"), SubscriberNotice(i, "SEV1"),
		Checklist(i, []string{"Say that you have it", "Make somebody scribe"}, "carol@example.com"), UpdateDue(i),
		LogMessage(i, Noted(i.Timeline, 1)), ThreadMessage(i, NotedOutside(i.Timeline, 1)),
	}
}

func TestWhatPeopleSee(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]func(t *testing.T) *Incident{
		"declared": func(*testing.T) *Incident { return declared() },
		"bare": func(*testing.T) *Incident {
			return New(1, Declaration{Title: "<!channel> | 🔥", Kind: KindNearMiss, Severity: 1}, monday)
		},
		"drill": func(*testing.T) *Incident {
			i := declared()
			i.Kind = KindDrill
			return i
		},
		"busy": busy,
		"resolved": func(t *testing.T) *Incident {
			t.Helper()
			i := incidentIn(t, StatusResolved)
			do(t, i, Resolve{Meta: alice, Learning: "Queues fill silently"})
			return i
		},
		"closed": func(t *testing.T) *Incident {
			t.Helper()
			return incidentIn(t, StatusClosed)
		},
		"promised": func(t *testing.T) *Incident {
			t.Helper()
			i := incidentIn(t, StatusMitigated)
			do(t, i, Acknowledge{Meta: alice, All: true})
			do(t, i, Update{Meta: by("bob@example.com"), Text: "Carts fill again", Next: minute(60)})
			do(t, i, Nominate{Meta: by("dan@example.com"), Reason: "we were lucky"})
			i.Waiting = []string{"the tracker issue waits for Jira"}
			i.Links.Former = []ChannelRef{{ID: "C0", Name: "inc-42-checkout", URL: "https://chat.example.com/C0"}}
			i.Absorb(minute(31), 3, "Carts are empty", ChannelRef{ID: "C3", URL: "https://chat.example.com/C3"}, nil, nil, alice.Actor)
			return i
		},
		"merged": func(t *testing.T) *Incident {
			t.Helper()
			i := incidentIn(t, StatusMerged)
			i.Nominations = []Nomination{{Person: "deploy-bot", At: monday}}
			return i
		},
		"on_hold": func(t *testing.T) *Incident {
			t.Helper()
			i := incidentIn(t, StatusResolved)
			do(t, i, Reopen{Meta: alice})
			return i
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := of(t)
			before := copied(t, i)
			golden(t, name, look(i))
			require.Equal(t, before, copied(t, i), "looking changes nothing")
		})
	}
}

// busy is an incident with one of everything that a board can show.
func busy(t *testing.T) *Incident {
	t.Helper()
	i := declared()
	for _, target := range []string{"database", "network", "search"} {
		i.AddPage(target, false, minute(600))
	}
	do(t, i, Assign{Meta: alice, Role: RoleScribe, Person: "dave@example.com"})
	do(t, i, Acknowledge{Meta: alice, Page: 1, Person: "bob@example.com"})
	i.ReportPage(minute(31), PageReport{Page: 1, Status: PageAcknowledged, Attempts: 1, By: "bob@example.com", URL: "https://pager.example.com/1", Revision: 1})
	i.ReportPage(minute(31), PageReport{Page: 2, Status: PagePaging, Attempts: 1, Step: "primary", Problem: "no answer in time"})
	i.ReportPage(minute(31), PageReport{Page: 3, Status: PageUnanswered, Attempts: 3})
	i.ReportPage(minute(31), PageReport{Page: 5, Status: PageAcknowledged, Attempts: 1})
	do(t, i, AddFollowUp{Meta: alice, Title: "Alert on queue depth", Owner: "bob@example.com", Due: "2026-12-24"})
	do(t, i, AddFollowUp{Meta: alice, Title: "Write a runbook"})
	do(t, i, AddFollowUp{Meta: alice, Title: "Use a bigger queue", Due: "2027-01-10"})
	do(t, i, ChangeFollowUp{Meta: alice, Number: 3, Status: FollowUpDropped, Reason: "it would fill as well"})
	do(t, i, Update{Meta: alice, Text: "Half of all carts work.\n<!here> More at ten."})
	i.Links = Links{
		Channel: ChannelRef{ID: "C1", Name: "inc-42-checkout-is-down", URL: "https://chat.example.com/C1"},
		Board:   MessageRef{Channel: "C1", ID: "1.2", URL: "https://chat.example.com/C1/1.2"},
		Tracker: IssueRef{ID: "10042", Key: "OPS-7", URL: "https://tracker.example.com/OPS-7"},
	}
	i.Snags = []Snag{
		{Mirror: "chat", Step: "invite bob@example.com", Reason: "missing_scope", Mend: "add the scope users:read.email", Since: minute(2)},
		{Mirror: "tracker", Step: "create the issue", Reason: "Team is required", Since: minute(3)},
		{Mirror: "announcement", Step: "post", Reason: "slack is not set up", Off: true, Since: minute(3)},
	}
	return i
}

func TestADrillIsMarkedInEveryText(t *testing.T) {
	t.Parallel()
	i := declared()
	require.NotContains(t, i.Shown()+Topic(i, "SEV1"), "DRILL")
	i.Kind = KindDrill
	s := look(i)
	for _, text := range []string{
		s.Board.Headline, s.Announcement.Headline, s.Topic, s.Told.Headline, s.Checklist.Headline, s.UpdateDue.Headline, s.Log.Headline, s.Thread.Headline,
	} {
		require.Contains(t, text, "DRILL")
	}
}

func TestATopicFitsTheChannel(t *testing.T) {
	t.Parallel()
	i := declared()
	require.Len(t, []rune(Topic(i, strings.Repeat("ö", 1000))), 250)
}

// A renderer shows the one of Text, People and Time that is set.
func TestEveryFieldSaysOneThing(t *testing.T) {
	t.Parallel()
	i := busy(t)
	do(t, i, Update{Meta: alice, Text: "Carts fill again", Next: minute(60)})
	s := look(i)
	one := LogMessage(i, i.Timeline[len(i.Timeline)-1:])
	require.Len(t, one.Credits, 2, "by whom, and when the next one comes")
	for _, f := range slices.Concat(s.Board.Fields, s.Announcement.Fields, s.Told.Fields, s.UpdateDue.Fields, one.Credits) {
		said := 0
		for _, is := range []bool{f.Text != "", len(f.People) > 0, !f.Time.IsZero()} {
			if is {
				said++
			}
		}
		require.Equal(t, 1, said, "%+v", f)
	}
}
