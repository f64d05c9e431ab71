package archive_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/archive"
	"muster/archive/reports"
	"muster/incident"
)

var (
	everything = reports.Viewer{All: true}
	muster     = incident.Actor{Way: incident.WayMuster}
	bob        = incident.Actor{Person: "bob@example.com", Way: incident.WaySlack}
)

// asked is the answer to a report of March 2026.
func asked(t *testing.T, a *archive.Archive, name, by string, v reports.Viewer) *reports.Report {
	t.Helper()
	q, err := reports.New(name, "2026-03", "2026-03", by, v, noon.AddDate(0, 0, 20), time.UTC)
	require.NoError(t, err)
	r, err := a.Report(t.Context(), q)
	require.NoError(t, err)
	return r
}

// cells are those of the first columns of a report, as people read them.
func cells(r *reports.Report, columns int) [][]string {
	out := [][]string{}
	for _, row := range r.Words()[1:] {
		out = append(out, row[:columns])
	}
	return out
}

// paged keeps an incident whose page has woken people.
func paged(t *testing.T, a *archive.Archive, i *incident.Incident, all ...incident.Woken) {
	t.Helper()
	for n := range all {
		all[n].ID = fmt.Sprint("R", n)
	}
	i.Pages = []incident.Page{{Number: 1, Target: "checkout", Status: incident.PageWithdrawn, Woken: incident.WokenReport{Woken: all, AsOf: noon}}}
	keep(t, a, i, 1)
}

func night(person, zone string, means incident.Means, at time.Time) incident.Woken {
	return incident.Woken{ID: "R0", Person: person, Zone: zone, Means: means, At: at, Night: true, OffHours: true}
}

// The facts have room for some of whom the pager has asked, the archive for all.
func TestWhomThePagerHasAskedStaysWhenTheFactsForget(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			i := declared(1, "Checkout is down")
			when := time.Date(2026, 3, 10, 2, 0, 0, 0, time.UTC)
			paged(t, a, i, night("Ada Lovelace", "UTC", "phone", when), night("bob@example.com", "UTC", "sms", when))
			woken := &i.Pages[0].Woken
			woken.Woken, woken.More = woken.Woken[:1], true
			woken.Woken[0].Person = "Ada@example.com" // the pager had no address at first
			keep(t, a, i, 2)
			require.Equal(t, [][]string{{"ada@example.com", "1"}, {"bob@example.com", "1"}}, cells(asked(t, a, "nights", "", everything), 2))
		})
	}
}

func TestWhoWasWokenAtNightIsCountedOnceForEachTimeTheyWereWoken(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			three := time.Date(2026, 3, 10, 2, 0, 0, 0, time.UTC) // 03:00 in Berlin
			i := declared(1, "Checkout is down")
			i.Services = []string{"checkout", "search"}
			paged(t, a, i,
				night("ada@example.com", "Europe/Berlin", "push", three),
				night("ada@example.com", "Europe/Berlin", "phone", three.Add(time.Minute)),
				night("ada@example.com", "Europe/Berlin", "sms", three.Add(10*time.Minute)),
				night("ada@example.com", "Europe/Berlin", "phone", three.Add(11*time.Minute)),
				night("carol@example.com", "America/New_York", "email", three.Add(3*time.Hour)),
				incident.Woken{Person: "bob@example.com", Zone: "Asia/Kolkata", Means: "phone", At: three.Add(5 * time.Hour)})
			// Another incident that rang in the same minutes woke nobody anew.
			paged(t, a, declared(2, "Search is slow"), night("ada@example.com", "Europe/Berlin", "phone", three.Add(2*time.Minute)))
			// Before the midnight of the same night, before the month, and by a drill and the canary.
			paged(t, a, declared(3, "Again"), night("ada@example.com", "Europe/Berlin", "phone", three.Add(-4*time.Hour)),
				night("ada@example.com", "Europe/Berlin", "phone", three.AddDate(0, -1, 0)))
			drill := declared(4, "A drill")
			drill.Kind = incident.KindDrill
			paged(t, a, drill, night("bob@example.com", "Asia/Kolkata", "phone", three))
			canary := declared(5, "Canary")
			canary.Kind, canary.DeclaredBy = incident.KindDrill, incident.CanaryActor()
			paged(t, a, canary, night("canary@muster.invalid", "UTC", "phone", three))

			r := asked(t, a, "nights", "", everything)
			require.Equal(t, [][]string{
				{"ada@example.com", "3", "1", "3", "0", "Europe/Berlin", "2026-03-10 03:11"},
				{"bob@example.com", "0", "0", "0", "1", "Asia/Kolkata", "2026-03-10 07:30"},
			}, cells(r, 7))
			require.Equal(t, [][]string{{"checkout", "2"}, {"search", "2"}, {"(none)", "1"}}, cells(asked(t, a, "nights", "service", everything), 2))
			require.Equal(t, []int{0, 0, 3, 0, 0, 0}, asked(t, a, "nights", "week", everything).Series[0].Points)
		})
	}
}

func TestOffHoursMinutesEndWhereTheIncidentAsksForNobodyAnyMore(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			evening := time.Date(2026, 3, 10, 19, 0, 0, 0, time.UTC)
			off := func(person string, at time.Time) incident.Woken {
				return incident.Woken{Person: person, Zone: "UTC", Means: "phone", At: at, OffHours: true}
			}
			i := declared(1, "Checkout is down")
			i.Note(evening.Add(5*time.Minute), bob, "acknowledged", "bob@example.com acknowledged the page to checkout")
			i.Note(evening.Add(40*time.Minute), bob, "mitigated", "Mitigated")
			i.Note(evening.Add(3*time.Hour), bob, "resolved", "Resolved")
			// Ada did nothing, and was free when Bob had answered.
			paged(t, a, i, off("ada@example.com", evening), off("bob@example.com", evening))
			// Another one at the same time counts no minute twice, and one that nobody ends has an end all the same.
			j := declared(2, "Search is slow")
			j.Note(evening.Add(time.Hour), muster, "cancelled", "Cancelled")
			paged(t, a, j, off("bob@example.com", evening.Add(20*time.Minute)))
			paged(t, a, declared(3, "For ever"), off("carol@example.com", evening))

			require.Equal(t, [][]string{
				{"bob@example.com", "2", "0", "60", "2"},
				{"ada@example.com", "1", "0", "5", "1"},
				{"carol@example.com", "1", "0", "720", "1"},
			}, cells(asked(t, a, "offhours", "person", everything), 5))
		})
	}
}

func TestWhatWasDeclaredIsCountedByWeekSeverityAndService(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			for number, change := range []func(*incident.Incident){
				func(i *incident.Incident) { i.Services = []string{"Checkout", "search"} },
				func(i *incident.Incident) { i.Severity = 1 },
				func(i *incident.Incident) { i.Kind = incident.KindNearMiss; i.DeclaredAt = noon.AddDate(0, 0, 7) },
				func(i *incident.Incident) { i.Kind = incident.KindDrill },
				func(i *incident.Incident) { i.Kind = incident.KindExternal },
				func(i *incident.Incident) { i.Status = incident.StatusCancelled },
				func(i *incident.Incident) { i.Status, i.MergedInto = incident.StatusMerged, 1 },
				func(i *incident.Incident) { i.DeclaredAt = noon.AddDate(0, 2, 0) },
				func(i *incident.Incident) { i.Private = true; i.DeclaredBy.Person = "eve@example.com" },
			} {
				i := declared(number+1, "Something")
				change(i)
				keep(t, a, i, 1)
			}
			r := asked(t, a, "counts", "", everything)
			require.Equal(t, [][]string{
				{"2026-W09", "0", "0", "0", "0"},
				{"2026-W10", "3", "0", "1", "1"},
				{"2026-W11", "0", "1", "0", "0"},
				{"2026-W12", "0", "0", "0", "0"},
				{"2026-W13", "0", "0", "0", "0"},
				{"2026-W14", "0", "0", "0", "0"},
			}, cells(r, 5))
			require.Contains(t, r.Notes[0], "More is good")
			require.Equal(t, [][]string{
				{"sev1", "1", "0", "0", "0"}, {"sev2", "2", "1", "1", "1"}, {"sev3", "0", "0", "0", "0"}, {"sev4", "0", "0", "0", "0"}, {"sev5", "0", "0", "0", "0"},
			}, cells(asked(t, a, "counts", "severity", everything), 5))
			require.Equal(t, [][]string{{"(none)", "2"}, {"checkout", "1"}, {"search", "1"}}, cells(asked(t, a, "counts", "service", everything), 2))

			// What somebody may not see is not counted for them either, and the answer says so.
			r = asked(t, a, "counts", "severity", reports.Viewer{Person: "zoe@example.com"})
			require.Equal(t, "1", cells(r, 2)[1][1])
			require.Contains(t, r.Notes, "Private incidents of which you are no part are left out.")
			require.Equal(t, "2", cells(asked(t, a, "counts", "severity", reports.Viewer{Person: "Eve@example.com"}), 2)[1][1])
			require.Equal(t, "1", cells(asked(t, a, "counts", "severity", reports.Viewer{Person: "eve@example.com", Guest: true}), 2)[1][1])
			require.Equal(t, "0", cells(asked(t, a, "counts", "severity", reports.Viewer{Guest: true}), 2)[1][1])
		})
	}
}

func TestTimeToMusterIsAMedianAndTheWorst(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			for n, took := range []time.Duration{time.Minute, 3 * time.Minute, 4 * time.Hour} {
				i := declared(n+1, "Something")
				i.MusteredAt = i.DeclaredAt.Add(took)
				i.AddPage("checkout", true, time.Time{})
				keep(t, a, i, 1)
			}
			never := declared(4, "Nobody came")
			never.AddPage("checkout", true, time.Time{})
			keep(t, a, never, 1)
			keep(t, a, declared(5, "Nobody was asked"), 1)
			r := asked(t, a, "muster", "", everything)
			require.Equal(t, [][]string{{"sev2", "3", "1", "3m 0s", "4h 0m", "INC-3"}}, cells(r, 6))
			for _, c := range r.Columns {
				require.NotContains(t, c.Name, "mean")
			}
		})
	}
}

func TestFollowUpsAreCountedByServiceOwnerAndAge(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			i := declared(1, "Checkout is down")
			i.Services = []string{"checkout"}
			now := noon.AddDate(0, 0, 20)
			i.FollowUps = []incident.FollowUp{
				{Number: 1, Title: "Undecided", Status: incident.FollowUpProposed, ProposedAt: now.AddDate(0, 0, -2)},
				{
					Number: 2, Title: "Late", Status: incident.FollowUpAccepted, Owner: "bob@example.com", Due: "2026-03-20", ProposedAt: now.AddDate(0, 0, -20),
					Issue: incident.IssueRef{Key: "OPS-2", URL: "https://jira.example.com/OPS-2"},
				},
				{Number: 3, Title: "Today", Status: incident.FollowUpAccepted, Owner: "bob@example.com", Due: "2026-03-22", ProposedAt: now.AddDate(0, -2, 0)},
				{Number: 4, Title: "Done", Status: incident.FollowUpDone, Owner: "ada@example.com", ProposedAt: noon, EndedAt: noon.AddDate(0, 0, 1)},
				{Number: 5, Title: "Dropped", Status: incident.FollowUpDropped, Reason: "not worth it", ProposedAt: noon, EndedAt: noon.AddDate(0, 0, 1)},
				{Number: 6, Title: "Done long ago", Status: incident.FollowUpDone, ProposedAt: noon.AddDate(-1, 0, 0), EndedAt: noon.AddDate(-1, 0, 1)},
			}
			keep(t, a, i, 1)
			require.Equal(t, [][]string{{"checkout", "1", "2", "1", "1", "1"}}, cells(asked(t, a, "follow-ups", "", everything), 6))
			require.Equal(t, [][]string{
				{"bob@example.com", "0", "2", "1", "0", "0"}, {"(nobody)", "1", "0", "0", "0", "1"}, {"ada@example.com", "0", "0", "0", "1", "0"},
			}, cells(asked(t, a, "follow-ups", "owner", everything), 6))
			require.Equal(t, [][]string{
				{"up to 1 week", "1", "0", "0", "1", "1"},
				{"up to 1 month", "0", "1", "1", "0", "0"},
				{"up to 3 months", "0", "1", "0", "0", "0"},
				{"up to 6 months", "0", "0", "0", "0", "0"},
				{"older", "0", "0", "0", "0", "0"},
			}, cells(asked(t, a, "follow-ups", "age", everything), 6))
			require.Equal(t, [][]string{{"bob@example.com", "INC-1/2", "2026-03-20", "2", "Late", "checkout", "https://jira.example.com/OPS-2"}},
				cells(asked(t, a, "overdue", "", everything), 7))
		})
	}
}

func TestWhatHappenedAgainIsNamedWithWhatItRepeats(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			say := func(number, day int, title string, change func(*incident.Incident)) {
				i := declared(number, title)
				i.DeclaredAt = noon.AddDate(0, 0, day)
				if change != nil {
					change(i)
				}
				keep(t, a, i, 1)
			}
			checkout := func(i *incident.Incident) { i.Services, i.Tags = []string{"checkout"}, []string{"disk"} }
			say(1, -100, "Disk full", checkout)
			say(2, -20, "Disk is full again", checkout)
			say(3, 2, "Payments fail", checkout)
			say(4, 3, "payments FAIL!", func(i *incident.Incident) { i.Services = []string{"checkout"} })
			say(5, 4, "Alert", func(i *incident.Incident) { i.AlertKey = "disk-7" })
			say(6, 5, "Alert too", func(i *incident.Incident) { i.AlertKey = "disk-7" })
			say(7, 6, "Disk", func(i *incident.Incident) { checkout(i); i.Kind = incident.KindDrill })
			say(8, 7, "Elsewhere", func(i *incident.Incident) { i.Services, i.Tags = []string{"search"}, []string{"disk"} })
			require.Equal(t, [][]string{
				{"INC-6", "INC-5", "1", "the same alert"},
				{"INC-4", "INC-3", "1", "checkout and the same title"},
				{"INC-3", "INC-2", "22", "checkout and the tag disk"},
			}, cells(asked(t, a, "repeats", "", everything), 4))
			require.Equal(t, [][]string{{"checkout", "2"}, {"(none)", "1"}}, cells(asked(t, a, "repeats", "service", everything), 2))
		})
	}
}

func TestWhatWasLearntIsToldInItsNewestWording(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			i := declared(1, "Checkout is down")
			i.Services = []string{"checkout"}
			i.Note(noon, bob, "learning", "Learnt: Disks fill")
			i.Note(noon.Add(time.Hour), bob, "learning", "Learnt: Disks fill silently")
			keep(t, a, i, 1)
			old := declared(2, "Old")
			old.Note(noon.AddDate(0, -2, 0), bob, "learning", "Learnt: Long ago")
			keep(t, a, old, 1)
			hidden := declared(3, "Hidden")
			hidden.Private = true
			hidden.Note(noon, bob, "learning", "Learnt: A secret")
			keep(t, a, hidden, 1)
			require.Equal(t, [][]string{{"2026-03-02 13:00", "INC-1", "checkout", "Disks fill silently", "Checkout is down"}},
				cells(asked(t, a, "learnings", "", reports.Viewer{}), 5))
			require.Len(t, asked(t, a, "learnings", "", everything).Rows, 2)
		})
	}
}
