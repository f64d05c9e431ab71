package archive_test

import (
	"context"
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
	list := func(w archive.Wanted, v archive.Viewer, p archive.Page) func(ctx context.Context, a *archive.Archive, _ int) (int, error) {
		return func(ctx context.Context, a *archive.Archive, _ int) (int, error) {
			found, err := a.List(ctx, w, v, p)
			return len(found.Hits), err
		}
	}
	followUps := func(w archive.FollowUpsWanted, v archive.Viewer, p archive.FollowUpPage) func(ctx context.Context, a *archive.Archive, _ int) (int, error) {
		return func(ctx context.Context, a *archive.Archive, _ int) (int, error) {
			found, _, err := a.FollowUps(ctx, w, v, p)
			return len(found), err
		}
	}
	open := []incident.Status{incident.StatusOpen, incident.StatusMitigated, incident.StatusResolved}
	questions := []struct {
		name string
		ask  func(ctx context.Context, a *archive.Archive, n int) (int, error)
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
		{"a home tab", func(ctx context.Context, a *archive.Archive, n int) (int, error) {
			own, err := a.Own(ctx, archive.Viewer{Person: fmt.Sprintf("person-%d@example.com", n%300)}, benchNow.AddDate(0, 0, -14))
			return len(own.Live) + len(own.Ended) + len(own.FollowUps), err
		}},
		{"how old it is", func(ctx context.Context, a *archive.Archive, _ int) (int, error) {
			_, err := a.AsOf(ctx)
			return 1, err
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
							n, err := q.ask(b.Context(), a, len(took))
							took, found = append(took, time.Since(begun)), max(found, n)
							require.NoError(b, err)
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
