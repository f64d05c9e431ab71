package archive_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/archive"
	"muster/incident"
)

// closed ends an incident of the past some days ago.
func closed(i *incident.Incident, daysAgo int) *incident.Incident {
	i.Status, i.ClosedAt = incident.StatusClosed, noon.AddDate(0, 0, -daysAgo)
	return i
}

// listable is the past of the searches with a drill of the canary, follow-ups and what has ended lately.
func listable() []*incident.Incident {
	all := past()
	closed(all[0], 390)
	canary := declared(8, "Canary")
	canary.Kind, canary.DeclaredBy = incident.KindDrill, incident.CanaryActor()
	mine := about(9, 3, "Bob's own", func(i *incident.Incident) {
		i.Responders = []incident.Responder{{Person: member, JoinedAt: i.DeclaredAt}}
		i.FollowUps = []incident.FollowUp{
			{Number: 1, Title: "No day", Status: incident.FollowUpProposed, Owner: member, Revision: 4},
			{Number: 2, Title: "Due soon", Status: incident.FollowUpAccepted, Owner: member, Due: "2026-03-05", Labels: []string{"disks"}, Urgent: true},
			{Number: 3, Title: "Done", Status: incident.FollowUpDone, Owner: member},
			{Number: 4, Title: "Nobody's", Status: incident.FollowUpAccepted, Due: "2026-02-01"},
			{Number: 5, Title: "Went on", Status: incident.FollowUpDropped, Owner: member, Reason: "moved to INC-5"},
		}
	})
	lately := closed(about(10, 40, "Bob's of lately", func(i *incident.Incident) {
		i.Responders = []incident.Responder{{Person: member, JoinedAt: i.DeclaredAt}}
	}), 2)
	return append(all, canary, mine, lately)
}

func listed(t *testing.T, a *archive.Archive, w archive.Wanted, v archive.Viewer, p archive.Page) ([]int, archive.Listed) {
	t.Helper()
	found, err := a.List(t.Context(), w, v, p)
	require.NoError(t, err)
	return numbers(archive.Results{Hits: found.Hits}), found
}

func TestAListHasWhatItsViewerMaySee(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			none, _ := listed(t, a, archive.Wanted{}, everybody, archive.Page{})
			require.Empty(t, none)
			fill(t, a, listable())
			for who, want := range map[archive.Viewer][]int{
				everybody:                     {10, 9, 7, 6, 4, 3, 2, 1},
				{}:                            {10, 9, 7, 6, 4, 3, 2, 1},
				{Person: member}:              {10, 9, 7, 6, 5, 4, 3, 2, 1},
				{All: true}:                   {10, 9, 7, 6, 5, 4, 3, 2, 1},
				{Person: member, Guest: true}: {10, 9, 5, 2},
			} {
				got, found := listed(t, a, archive.Wanted{}, who, archive.Page{})
				require.Equal(t, want, got, "%+v", who)
				require.Zero(t, found.Next)
				require.Equal(t, 10, found.Newest)
			}
			for _, c := range []struct {
				wanted archive.Wanted
				finds  []int
			}{
				{archive.Wanted{Statuses: []incident.Status{incident.StatusClosed}}, []int{10, 1}},
				{archive.Wanted{Statuses: []incident.Status{incident.StatusOpen, incident.StatusMitigated, incident.StatusResolved}}, []int{9, 7, 6, 4, 2}},
				{archive.Wanted{Severity: 1}, []int{1}},
				{archive.Wanted{Service: "CheckOut"}, []int{2, 1}},
				{archive.Wanted{Service: "' OR 1=1 --"}, []int{}},
			} {
				got, _ := listed(t, a, c.wanted, everybody, archive.Page{})
				require.Equal(t, c.finds, got, "%+v", c.wanted)
			}
			var all []int
			p := archive.Page{Limit: 3}
			for {
				page, found := listed(t, a, archive.Wanted{}, everybody, p)
				all = append(all, page...)
				if p.Before = found.Next; p.Before == 0 {
					break
				}
				require.Len(t, page, 3)
			}
			require.Equal(t, []int{10, 9, 7, 6, 4, 3, 2, 1}, all)
			_, err := a.List(t.Context(), archive.Wanted{}, everybody, archive.Page{Limit: archive.MaxHits + 1})
			require.ErrorContains(t, err, "limit")
		})
	}
}

func TestFollowUpsOfAllTimes(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			fill(t, a, listable())
			titles := func(w archive.FollowUpsWanted, v archive.Viewer) []string {
				found, more, err := a.FollowUps(t.Context(), w, v, archive.FollowUpPage{})
				require.NoError(t, err)
				require.False(t, more)
				var out []string
				for _, f := range found {
					out = append(out, f.Title)
				}
				return out
			}
			mine := archive.Viewer{Person: member}
			require.Equal(t, []string{"Nobody's", "Done", "Due soon", "No day", "Rotate the zebra keys", "Alert on disk space"}, titles(archive.FollowUpsWanted{}, mine), "those that moved are not here")
			require.Equal(t, []string{"Nobody's", "Done", "Due soon", "No day", "Alert on disk space"}, titles(archive.FollowUpsWanted{}, everybody), "a private incident's are not there for others")
			require.Equal(t, []string{"Nobody's", "Due soon", "No day"}, titles(archive.FollowUpsWanted{Open: true}, everybody), "those due first are in front")
			require.Equal(t, []string{"Nobody's"}, titles(archive.FollowUpsWanted{Open: true, DueBefore: "2026-03-01"}, everybody))
			require.Equal(t, []string{"Nobody's"}, titles(archive.FollowUpsWanted{Nobody: true}, everybody))
			require.Equal(t, []string{"Done", "Due soon", "No day", "Alert on disk space"}, titles(archive.FollowUpsWanted{Owner: "Bob@Example.com"}, everybody))
			require.Equal(t, []string{"Alert on disk space"}, titles(archive.FollowUpsWanted{Service: "checkout"}, everybody))
			require.Equal(t, []string{"Rotate the zebra keys"}, titles(archive.FollowUpsWanted{Incident: 5}, mine))
			require.Empty(t, titles(archive.FollowUpsWanted{Incident: 5}, everybody))
			require.Empty(t, titles(archive.FollowUpsWanted{}, archive.Viewer{Guest: true}))
			require.Empty(t, titles(archive.FollowUpsWanted{}, archive.Viewer{Person: stranger, Guest: true}))
			require.Equal(t, []string{"Nobody's", "Done", "Due soon", "No day", "Rotate the zebra keys"}, titles(archive.FollowUpsWanted{}, archive.Viewer{Person: member, Guest: true}),
				"of a public incident is a part who owns an open one")

			var all []string
			p := archive.FollowUpPage{Limit: 2}
			for {
				found, more, err := a.FollowUps(t.Context(), archive.FollowUpsWanted{}, everybody, p)
				require.NoError(t, err)
				for _, f := range found {
					all = append(all, f.Title)
					p.Incident, p.Number = f.Incident, f.FollowUp.Number
				}
				if !more {
					break
				}
				require.Len(t, found, 2)
			}
			require.Equal(t, []string{"Nobody's", "Done", "Due soon", "No day", "Alert on disk space"}, all)
		})
	}
}

func TestAPersonsOwn(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			fill(t, a, listable())
			own, err := a.Own(t.Context(), archive.Viewer{Person: "BOB@example.com"}, noon.AddDate(0, 0, -14))
			require.NoError(t, err)
			require.Equal(t, []int{9, 5, 2}, numbers(archive.Results{Hits: own.Live}))
			require.Equal(t, "Secret breach at checkout", own.Live[1].Title, "its members read what a private one is about")
			require.True(t, own.Live[1].Part)
			require.Equal(t, []int{10}, numbers(archive.Results{Hits: own.Ended}))
			require.Equal(t, []string{"Due soon", "Rotate the zebra keys", "No day"}, []string{own.FollowUps[0].Title, own.FollowUps[1].Title, own.FollowUps[2].Title})
			require.Equal(t, []string{"disks"}, own.FollowUps[0].Labels)
			require.Equal(t, 4, own.FollowUps[2].Revision)
			for _, nobody := range []archive.Viewer{everybody, {}, {All: true}} {
				own, err := a.Own(t.Context(), nobody, time.Time{})
				require.NoError(t, err)
				require.Empty(t, own.Live)
				require.Empty(t, own.Ended)
				require.Empty(t, own.FollowUps)
			}
		})
	}
}

func TestAnArchiveSaysHowOldItIs(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			at, err := a.AsOf(t.Context())
			require.NoError(t, err)
			require.Zero(t, at)
			keep(t, a, declared(1, "Open"), noon.UnixMicro())
			keep(t, a, closed(declared(2, "Closed"), 0), noon.Add(time.Hour).UnixMicro())
			at, err = a.AsOf(t.Context())
			require.NoError(t, err)
			require.Equal(t, noon, at)
		})
	}
}
