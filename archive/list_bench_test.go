package archive_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/archive"
	"muster/incident"
	"muster/internal/pgtest"
)

// BenchmarkLists asks the archive of BenchmarkSearch for lists, and for what a home tab shows. It is run by
// go test ./archive -run NONE -bench Lists -benchtime 1x.
func BenchmarkLists(b *testing.B) {
	person := archive.Viewer{Person: "person-290@example.com"}
	guest := archive.Viewer{Person: person.Person, Guest: true}
	list := func(w archive.Wanted, v archive.Viewer, p archive.Page) func(b *testing.B, a *archive.Archive, _ int) int {
		return func(b *testing.B, a *archive.Archive, _ int) int {
			found, err := a.List(b.Context(), w, v, p)
			require.NoError(b, err)
			return len(found.Hits)
		}
	}
	followUps := func(w archive.FollowUpsWanted, v archive.Viewer, p archive.FollowUpPage) func(b *testing.B, a *archive.Archive, _ int) int {
		return func(b *testing.B, a *archive.Archive, _ int) int {
			found, _, err := a.FollowUps(b.Context(), w, v, p)
			require.NoError(b, err)
			return len(found)
		}
	}
	open := []incident.Status{incident.StatusOpen, incident.StatusMitigated, incident.StatusResolved}
	questions := []struct {
		name string
		ask  func(b *testing.B, a *archive.Archive, n int) int
	}{
		{"all", list(archive.Wanted{}, person, archive.Page{})},
		{"all, 500 a page", list(archive.Wanted{}, person, archive.Page{Limit: archive.MaxHits})},
		{"all, the last page", list(archive.Wanted{}, person, archive.Page{Before: 60})},
		{"what is open", list(archive.Wanted{Statuses: open}, person, archive.Page{})},
		{"what is closed, of a service", list(archive.Wanted{Statuses: []incident.Status{incident.StatusClosed}, Service: "service-3"}, person, archive.Page{})},
		{"a service that there is not", list(archive.Wanted{Service: "nosuch"}, person, archive.Page{})},
		{"follow-ups, all", followUps(archive.FollowUpsWanted{}, person, archive.FollowUpPage{})},
		{"follow-ups, the last page", followUps(archive.FollowUpsWanted{}, person, archive.FollowUpPage{Incident: 60, Number: 1})},
		{"follow-ups of a person", followUps(archive.FollowUpsWanted{Owner: person.Person}, person, archive.FollowUpPage{})},
		{"follow-ups of a service", followUps(archive.FollowUpsWanted{Service: "service-3"}, person, archive.FollowUpPage{})},
		{"follow-ups for a guest", followUps(archive.FollowUpsWanted{}, guest, archive.FollowUpPage{})},
		{"follow-ups, open and overdue", followUps(archive.FollowUpsWanted{Open: true, DueBefore: "2026-11-30"}, person, archive.FollowUpPage{})},
		{"a home tab", func(b *testing.B, a *archive.Archive, n int) int {
			own, err := a.Own(b.Context(), archive.Viewer{Person: fmt.Sprintf("person-%d@example.com", n%300)}, benchNow.AddDate(0, 0, -14))
			require.NoError(b, err)
			return len(own.Live) + len(own.Ended) + len(own.FollowUps)
		}},
		{"how old it is", func(b *testing.B, a *archive.Archive, _ int) int {
			at, err := a.AsOf(b.Context())
			require.NoError(b, err)
			require.False(b, at.IsZero())
			return 1
		}},
	}
	for name, address := range map[string]func() string{
		"sqlite":   func() string { return "sqlite:" + filepath.Join(b.TempDir(), "archive.db") },
		"postgres": func() string { return pgtest.Database(b) },
	} {
		b.Run(name, func(b *testing.B) {
			a := crowded(b, name, address)
			for _, q := range questions {
				b.Run(q.name, func(b *testing.B) {
					var took []time.Duration
					found := 0
					for b.Loop() {
						for patience := time.Now().Add(benchPatience); len(took) < benchAsks && (len(took) < 20 || time.Now().Before(patience)); {
							begun := time.Now()
							found = max(found, q.ask(b, a, len(took)))
							took = append(took, time.Since(begun))
						}
					}
					slices.Sort(took)
					at := func(share int) float64 { return float64(took[len(took)*share/100].Microseconds()) / 1000 }
					b.ReportMetric(0, "ns/op")
					b.ReportMetric(at(50), "p50-ms")
					b.ReportMetric(at(99), "p99-ms")
					b.ReportMetric(float64(found), "found")
				})
			}
		})
	}
}
