package archive_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"muster/archive"
	"muster/archive/query"
	"muster/incident"
	"muster/internal/pgtest"
)

// How large the archive of the benchmark is, and how often each question is asked.
const (
	benchIncidents = 100_000
	benchAsks      = 200
	benchBatch     = 500
	benchYears     = 4
	benchPatience  = 5 * time.Second
)

// BenchmarkSearch asks an archive of 100,000 incidents, and says how long half and 99 of 100 of the answers
// took at most. It is run by go test ./archive -run NONE -bench Search -benchtime 1x.
func BenchmarkSearch(b *testing.B) {
	for name, address := range map[string]func() string{
		"sqlite":   func() string { return "sqlite:" + filepath.Join(b.TempDir(), "archive.db") },
		"postgres": func() string { return pgtest.Database(b) },
	} {
		b.Run(name, func(b *testing.B) {
			a := crowded(b, name, address)
			for _, c := range benchQuestions {
				b.Run(c.name, func(b *testing.B) { ask(b, a, c) })
			}
		})
	}
}

// question is asked of the benchmark's archive.
type question struct {
	name, text string
	viewer     archive.Viewer
	page       archive.Page
}

var benchQuestions = []question{
	{name: "a rare word", text: "rareword"},
	{name: "a word of every tenth", text: "w30"},
	{name: "a common word", text: "the"},
	{name: "a common word on the last page", text: "the", page: archive.Page{Before: 60}},
	{name: "a common word, 500 a page", text: "the", page: archive.Page{Limit: archive.MaxHits}},
	{name: "two words", text: "w30 w40"},
	{name: "two common words", text: "the and"},
	{name: "a common and a rare word", text: "the rareword"},
	{name: "two words never together", text: "even odd"},
	{name: "a phrase", text: `"checkout is down"`},
	{name: "a phrase of common words", text: `"the and"`},
	{name: "a prefix", text: "w123*"},
	{name: "a short prefix", text: "w12*"},
	{name: "a prefix of a common word", text: "even*"},
	{name: "a common word in titles", text: "the in:title"},
	{name: "a rare word in titles", text: "rareword in:title"},
	{name: "an exclusion", text: "the -w30"},
	{name: "only an exclusion", text: "-the"},
	{name: "filters", text: "severity<=2 kind:incident service:service-3"},
	{name: "filters that find little", text: "sev1 kind:external status:open"},
	{name: "filters that find nothing", text: "sev1 service:service-3 tag:tag-7 person:person-17@example.com kind:external"},
	{name: "a person", text: "person:person-290@example.com"},
	{name: "everything", text: ""},
	{name: "everything on the last page", text: "", page: archive.Page{Before: 60}},
	{name: "a word, severity, since", text: "w30 severity<=2 since:90d"},
	{name: "a common word, severity, since", text: "the sev1 since:90d"},
	{name: "a common word and filters that find nothing", text: "the sev1 service:service-3 tag:tag-7 kind:external"},
	{name: "a common word of long ago", text: "the until:1400d"},
	{name: "a member's private ones", text: "private:yes", viewer: archive.Viewer{Person: "person-290@example.com"}},
	{name: "a word in a member's private ones", text: "the private:yes", viewer: archive.Viewer{Person: "person-290@example.com"}},
	{name: "a guest's", text: "the", viewer: archive.Viewer{Person: "person-290@example.com", Guest: true}},
}

// ask asks a question as often as says something about its slowest answers.
func ask(b *testing.B, a *archive.Archive, c question) {
	b.Helper()
	q, err := query.Parse(c.text, benchNow)
	require.NoError(b, err)
	v := c.viewer
	if v.Person == "" {
		v.Person = "stranger@example.com"
	}
	if os.Getenv("MUSTER_BENCH_EXPLAIN") != "" {
		explain := "EXPLAIN QUERY PLAN"
		if !strings.HasPrefix(a.Where(), "sqlite") {
			explain = "EXPLAIN (ANALYZE, BUFFERS)"
		}
		plan, err := a.Explain(b.Context(), explain, q, v, c.page)
		require.NoError(b, err)
		b.Log(strings.Join(plan, "\n"))
	}
	var took []time.Duration
	found := 0
	for b.Loop() {
		for patience := time.Now().Add(benchPatience); len(took) < benchAsks && (len(took) < 20 || time.Now().Before(patience)); {
			begun := time.Now()
			r, err := a.Search(b.Context(), q, v, c.page)
			took = append(took, time.Since(begun))
			require.NoError(b, err)
			found = max(r.Count, len(r.Hits))
		}
	}
	slices.Sort(took)
	at := func(share int) float64 { return float64(took[len(took)*share/100].Microseconds()) / 1000 }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(at(50), "p50-ms")
	b.ReportMetric(at(99), "p99-ms")
	b.ReportMetric(float64(found), "found")
}

var benchNow = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// crowded is an archive with as many incidents as a large company has in some years.
func crowded(b *testing.B, name string, address func() string) *archive.Archive {
	b.Helper()
	where := os.Getenv("MUSTER_BENCH_" + strings.ToUpper(name)) // an archive that is kept between runs
	kept := where != ""
	if !kept {
		where = address()
	}
	a, err := archive.New(where)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, a.Close()) })
	require.NoError(b, a.Ready(b.Context()))
	if v, err := a.Versions(b.Context()); kept && err == nil && len(v) == benchIncidents {
		return a
	}
	begun := time.Now()
	writers, ctx := errgroup.WithContext(b.Context())
	writers.SetLimit(map[string]int{"sqlite": 1, "postgres": 3}[name]) // SQLite has one at a time
	for first := 1; first <= benchIncidents; first += benchBatch {
		writers.Go(func() error { return crowd(ctx, a, first) })
	}
	require.NoError(b, writers.Wait())
	b.Logf("%d incidents written in %s", benchIncidents, time.Since(begun).Round(time.Second))
	return a
}

func crowd(ctx context.Context, a *archive.Archive, first int) error {
	var records []archive.Record
	for n := first; n < first+benchBatch; n++ {
		records = append(records, record(crowdOne(n), 1))
	}
	return a.KeepAll(ctx, records)
}

// crowdOne makes an incident up, always the same one of a number.
func crowdOne(n int) *incident.Incident {
	r := rand.New(rand.NewPCG(7, uint64(n))) // the same ones in every run
	i := declared(n, said(r, n, 5))
	if n%1000 == 0 {
		i.Title = "Checkout is down again"
	}
	i.DeclaredAt = benchNow.Add(-time.Duration(benchIncidents-n) * (benchYears * 365 * 24 * time.Hour / benchIncidents))
	i.Severity = incident.Severity([]int{1, 2, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5}[r.IntN(20)])
	i.Kind = []incident.Kind{incident.KindIncident, incident.KindIncident, incident.KindIncident, incident.KindNearMiss, incident.KindDrill, incident.KindExternal}[r.IntN(6)]
	i.Status = incident.StatusClosed
	if benchIncidents-n < 300 {
		i.Status = incident.Statuses()[r.IntN(6)]
	}
	i.Private = r.IntN(50) == 0
	i.Services = []string{fmt.Sprintf("service-%d", r.IntN(40)), fmt.Sprintf("service-%d", r.IntN(40))}
	i.Tags = []string{fmt.Sprintf("tag-%d", r.IntN(100))}
	person := func() string { return fmt.Sprintf("person-%d@example.com", r.IntN(300)) }
	i.DeclaredBy.Person = person()
	i.Roles = []incident.RoleHolder{{Role: incident.RoleCommander, Person: person()}}
	for range 3 + r.IntN(4) {
		i.Responders = append(i.Responders, incident.Responder{Person: person(), JoinedAt: i.DeclaredAt})
	}
	for k := range r.IntN(4) {
		f := incident.FollowUp{
			Number: k + 1, Title: said(r, n, 6), Status: incident.FollowUpDone, Owner: person(), ProposedAt: i.DeclaredAt, ProposedBy: i.DeclaredBy,
		}
		if benchIncidents-n < 3000 { // some weeks of them are open
			f.Status, f.Due = incident.FollowUpAccepted, incident.Date(benchNow.AddDate(0, 0, n%60-20).Format(time.DateOnly))
		}
		i.FollowUps = append(i.FollowUps, f)
	}
	for range 6 + r.IntN(12) {
		i.Note(i.DeclaredAt, incident.Actor{Person: person(), Way: incident.WaySlack}, "update", said(r, n, 12))
	}
	if r.IntN(2) == 0 {
		i.Learning = said(r, n, 12)
		i.Note(i.DeclaredAt, i.DeclaredBy, "learning", "Learnt: "+i.Learning)
	}
	return i
}

// said is a sentence of words as frequent as those of a language: the k-th of them one k-th as often as the
// first. Of the rare word there are 20 incidents, and no incident is both even and odd.
func said(r *rand.Rand, n, length int) string {
	var b strings.Builder
	b.WriteString([]string{"even", "odd"}[n%2])
	if n%5000 == 77 {
		b.WriteString(" rareword")
	}
	for range length {
		switch r.IntN(8) {
		case 0:
			b.WriteString(" the")
		case 1:
			b.WriteString(" and")
		default:
			fmt.Fprintf(&b, " w%d", int(exp(r.Float64())))
		}
	}
	return b.String()
}

// exp spreads 0 to 1 over 10 to 20,000, each tenfold alike.
func exp(x float64) float64 { return 10 * math.Pow(2000, x) }
