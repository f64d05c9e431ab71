package archive_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/archive"
	"muster/incident"
)

func TestWhatIsKeptIsReadBackWhole(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			i := declared(7, "Checkout is down")
			i.Services, i.Tags = []string{"Checkout"}, []string{"black-friday"}
			i.FollowUps = []incident.FollowUp{{Number: 1, Title: "Raise the limit", Status: incident.FollowUpAccepted, Owner: "bob@example.com", ProposedAt: noon}}
			i.Note(noon.Add(time.Minute), incident.Actor{Person: "bob@example.com", Way: incident.WaySlack}, "learning", "Learnt: Limits are shared")
			i.Snags = []incident.Snag{{Mirror: "chat", Step: "open the channel", Reason: "missing_scope", Since: noon}}
			keep(t, a, i, 1)

			found, err := a.Incident(t.Context(), 7)
			require.NoError(t, err)
			require.Equal(t, i, found)
			none, err := a.Incident(t.Context(), 8)
			require.NoError(t, err)
			require.Nil(t, none)
		})
	}
}

func TestALateWriteNeverTakesThePlaceOfANewerOne(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			i := declared(7, "Newer")
			keep(t, a, i, 20)
			for _, late := range []int64{20, 19} {
				held, err := a.Keep(t.Context(), record(declared(7, "Older"), late))
				require.NoError(t, err)
				require.EqualValues(t, 20, held, "the caller hears which one is held")
			}
			found, err := a.Incident(t.Context(), 7)
			require.NoError(t, err)
			require.Equal(t, "Newer", found.Title)

			held, err := a.Renew(t.Context(), record(declared(7, "Read anew"), 20))
			require.NoError(t, err)
			require.EqualValues(t, 20, held)
			found, err = a.Incident(t.Context(), 7)
			require.NoError(t, err)
			require.Equal(t, "Read anew", found.Title)
		})
	}
}

func TestEntriesThatTheWorkflowHasDroppedStayHere(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			i := declared(7, "Long")
			for range 40 {
				i.Note(noon, incident.Actor{Way: incident.WayMuster}, "note", "something happened")
			}
			keep(t, a, i, 1)
			i.Timeline = i.Timeline[30:]
			i.Note(noon, incident.Actor{Way: incident.WayMuster}, "note", "and more")
			keep(t, a, i, 2)
			entries, err := a.Timeline(t.Context(), 7, 0)
			require.NoError(t, err)
			require.Len(t, entries, i.Entries)
			require.Equal(t, "declared", entries[0].Event)
			older, err := a.Timeline(t.Context(), 7, 31)
			require.NoError(t, err)
			require.Len(t, older, 30)

			// A workflow that was reset knows less than it did.
			i.Timeline, i.Entries = i.Timeline[:5], i.Timeline[4].Seq
			keep(t, a, i, 3)
			entries, err = a.Timeline(t.Context(), 7, 0)
			require.NoError(t, err)
			require.Len(t, entries, i.Entries)
		})
	}
}

// A message was captured, its entry has left the workflow, and then it is deleted in Slack.
func TestADeletedMessageIsTakenOutHereToo(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			i := declared(7, "Checkout is down")
			bob := incident.Meta{Actor: incident.Actor{Person: "bob@example.com", Way: incident.WaySlack}}
			for _, c := range []incident.Capture{
				{Meta: bob, Text: "zanzibar is the password", Source: incident.MessageRef{Channel: "C1", ID: "1.1"}},
				{Meta: bob, Text: "zanzibar is an island", Source: incident.MessageRef{Channel: "C1", ID: "1.2"}},
			} {
				c.Apply(i, noon)
			}
			keep(t, a, i, 1)
			i.Timeline = nil
			i.Recapture(incident.MessageChange{Message: incident.MessageRef{Channel: "C1", ID: "1.1"}, Deleted: true})
			keep(t, a, i, 2)
			keep(t, a, i, 3)

			entries, err := a.Timeline(t.Context(), 7, 0)
			require.NoError(t, err)
			require.Len(t, entries, i.Entries)
			require.Equal(t, "(the message was deleted)", entries[1].Text)
			require.Contains(t, entries[2].Text, "an island")
			require.Empty(t, search(t, a, "password", archive.Viewer{All: true}, archive.Page{Limit: 10}).Hits)
		})
	}
}

func TestASnagThatIsNoMoreHasAnEnd(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			i := declared(7, "Stuck")
			i.Snags = []incident.Snag{{Mirror: "chat", Step: "open the channel", Reason: "missing_scope", Since: noon}}
			keep(t, a, i, 1)
			i.Snags = nil
			i.Note(noon.Add(time.Hour), incident.Actor{Way: incident.WayMuster}, "snag", "Over")
			keep(t, a, i, 2)
			keep(t, a, i, 3)
			var since, until int64
			require.NoError(t, a.Ask(t.Context(), "SELECT since, ended_at FROM snags", &since, &until))
			require.Equal(t, noon.UnixMilli(), since)
			require.Equal(t, noon.Add(time.Hour).UnixMilli(), until)
		})
	}
}

func TestTextThatNoDatabaseTakesIsKeptAllTheSame(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			i := declared(7, "A NUL \x00, half a character \xff and 'quotes' \"of both\" sorts; DROP TABLE incidents")
			i.Note(noon, incident.Actor{Person: "ada@example.com"}, "note", "\x00\xed\xa0\x80 ملاحظة 🔥")
			keep(t, a, i, 1)
			found, err := a.Incident(t.Context(), 7)
			require.NoError(t, err)
			require.Contains(t, found.Timeline[1].Text, "ملاحظة 🔥")
		})
	}
}

func TestARecordDoesNotTakeThePlaceOfALostFuture(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			keep(t, a, declared(7, "As it was before the back-up"), 10)
			keep(t, a, declared(7, "As it was in the end"), 20)
			back := record(declared(7, "As the back-up has it"), 30) // which asked for 10 last
			back.Prior = 10
			_, err := a.Keep(t.Context(), back)
			require.ErrorContains(t, err, "the archive knows more of INC-7 than Temporal does")
			found, err := a.Incident(t.Context(), 7)
			require.NoError(t, err)
			require.Equal(t, "As it was in the end", found.Title)

			back.Prior = 20 // it asked for 20, and did not hear whether that was kept
			_, err = a.Keep(t.Context(), back)
			require.NoError(t, err)
			back.Prior, back.Version, back.Reset = 10, 40, true
			_, err = a.Keep(t.Context(), back)
			require.NoError(t, err, "who resets a workflow wants it to forget")
		})
	}
}

func TestNumbersThatWereHandedOutTwiceReplaceNeither(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			keep(t, a, declared(7, "The first of the number"), 10)
			other := declared(7, "Another of the same number")
			other.DeclaredAt = noon.Add(time.Hour)
			_, err := a.Keep(t.Context(), record(other, 20))
			require.ErrorContains(t, err, "the archive holds another INC-7")
			found, err := a.Incident(t.Context(), 7)
			require.NoError(t, err)
			require.Equal(t, "The first of the number", found.Title)
		})
	}
}

func TestWhatWasLearntBeforeAResetWasNotLearnt(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			i := declared(7, "Reset")
			i.Note(noon, incident.Actor{Person: "ada@example.com"}, "learning", "Learnt: Zebras did it")
			keep(t, a, i, 1)
			again := declared(7, "Reset")
			again.Note(noon, incident.Actor{Person: "ada@example.com"}, "note", "Something else has happened instead")
			keep(t, a, again, 2)
			var learnt int
			require.NoError(t, a.Ask(t.Context(), "SELECT COUNT(*) FROM learnings", &learnt))
			require.Zero(t, learnt)
		})
	}
}
