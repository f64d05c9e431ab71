package e2e

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"muster/archive"
	"muster/dev/sandbox"
	"muster/incident"
	"muster/internal/config"
	"muster/internal/pgtest"
	"muster/internal/records"
	"muster/workflows/api"
)

// onBoth runs a test on each kind of database, which is empty and the test's own.
func onBoth(t *testing.T, run func(t *testing.T, address string)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		run(t, "sqlite:"+filepath.Join(t.TempDir(), "archive.db"))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		run(t, pgtest.Database(t))
	})
}

func archiveAt(address string) option {
	return func(o *sandbox.Options) { o.Archive = address }
}

// opens gives an archive of a test's own at an address.
func opens(t *testing.T, address string) *archive.Archive {
	t.Helper()
	a, err := archive.New(address)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	return a
}

// held is the version that the archive has of a workflow, 0 for none.
func held(t *testing.T, a *archive.Archive, workflow string) int64 {
	t.Helper()
	r, err := a.Record(t.Context(), workflow)
	require.NoError(t, err)
	if r == nil {
		return 0
	}
	return r.Version
}

// keeping reports whether an attempt to write the record of a workflow is under way, as far as Temporal knows.
func (m *installation) keeping(workflow string) bool {
	m.t.Helper()
	d, err := m.Client.DescribeWorkflowExecution(m.t.Context(), workflow, "")
	require.NoError(m.t, err)
	for _, a := range d.GetPendingActivities() {
		if a.GetActivityType().GetName() == "Keep" && a.GetState() == enumspb.PENDING_ACTIVITY_STATE_STARTED {
			return true
		}
	}
	return false
}

// blocks keeps everybody from writing the archive until it is told to let go. Reading goes on.
func blocks(t *testing.T, address string) (release func()) {
	t.Helper()
	driver, statement := "pgx", "LOCK TABLE records IN SHARE MODE"
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		driver, address, statement = "sqlite", "file:"+path+"?_txlock=immediate", "SELECT 1"
	}
	db, err := sql.Open(driver, address)
	require.NoError(t, err)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), statement)
	require.NoError(t, err)
	release = sync.OnceFunc(func() { _, _ = tx.Rollback(), db.Close() }) // nothing was written
	t.Cleanup(release)
	return release
}

// The database is held while a worker writes, and the worker dies.
func TestAWorkerKilledWhileItWritesTheArchiveLosesNothing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, address string) {
		t.Helper()
		m := install(t, withoutWorker, archiveAt(address))
		p := m.startsWorkerProcess()
		i := m.declares("bob@example.com", "Odd log lines", 4)
		i.archived("it is there", func(f incident.Incident) bool { return f.Title == "Odd log lines" })
		m.inOrder()
		release := blocks(t, address)
		before := held(t, m.App().Archive, i.key())
		i.does(api.Update, incident.Update{Meta: by("bob@example.com"), Text: "while the database is held"})
		m.eventually(func() bool { return m.keeping(i.key()) }, "the record is being written")
		p.kill()
		release()
		require.Equal(t, before, held(t, m.App().Archive, i.key()), "it was not written")
		m.startsWorkerProcess()
		i.archived("the update is there", func(f incident.Incident) bool { return f.LastUpdate == "while the database is held" })
		m.inOrder()
		require.Greater(t, held(t, m.App().Archive, i.key()), before)
	})
}

// What a worker says to Temporal takes a while, so that it is killed when the database has committed and Temporal
// has not heard of it.
func TestAWorkerKilledJustAfterItHasWrittenTheArchiveLosesNothing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, address string) {
		t.Helper()
		m := install(t, withoutWorker, archiveAt(address), func(o *sandbox.Options) { o.TimeoutScale = 0.5 })
		slow := "TEMPORAL_ADDRESS=" + far(t, m.Temporal, 150*time.Millisecond)
		p := m.startsWorkerProcess(slow)
		i := m.declares("bob@example.com", "Odd log lines", 4)
		i.archived("it is there", func(f incident.Incident) bool { return f.Title == "Odd log lines" })
		m.inOrder()
		before := held(t, m.App().Archive, i.key())
		i.does(api.Update, incident.Update{Meta: by("bob@example.com"), Text: "committed"})
		until(t, func() bool { return held(t, m.App().Archive, i.key()) > before }, "it is committed")
		p.kill()
		require.True(t, m.keeping(i.key()), "Temporal has not heard of it")
		first := held(t, m.App().Archive, i.key())
		m.startsWorkerProcess()
		m.inOrder()
		require.GreaterOrEqual(t, held(t, m.App().Archive, i.key()), first)
		i.does(api.Update, incident.Update{Meta: by("bob@example.com"), Text: "and on"})
		f := i.archived("the next update is there", func(f incident.Incident) bool { return f.LastUpdate == "and on" })
		require.Equal(t, 1, strings.Count(timeline(f), "committed"))
		m.inOrder()
	})
}

// far is an address behind which another one is, and what is said to it arrives late.
func far(t *testing.T, address string, late time.Duration) string {
	t.Helper()
	return newLine(t, address, late).address
}

// carries hands on what two sides say to each other until one of them goes.
func carries(near net.Conn, address string, late time.Duration) {
	defer func() { _ = near.Close() }() // one side has gone
	there, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	type said struct {
		at    time.Time
		bytes []byte
	}
	line := make(chan said, 10_000)
	go func() {
		defer func() { _ = there.Close() }() // the near side has gone
		for s := range line {
			pause(context.Background(), time.Until(s.at.Add(late)))
			if _, err := there.Write(s.bytes); err != nil {
				_ = near.Close() // so that the reading below ends
			}
		}
	}()
	go func() {
		buffer := make([]byte, 1<<16)
		for {
			n, err := there.Read(buffer)
			if err == nil {
				_, err = near.Write(buffer[:n])
			}
			if err != nil {
				_ = near.Close()
				return
			}
		}
	}()
	buffer := make([]byte, 1<<16)
	for {
		n, err := near.Read(buffer)
		if err != nil {
			close(line)
			return
		}
		line <- said{time.Now(), slices.Clone(buffer[:n])}
	}
}

// An incident is worked on while its archive is away, in the two ways in which a database goes.
func TestAnIncidentGoesOnWhilePostgreSQLIsAway(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]struct {
		goes, comes func(*pgtest.Server, testing.TB)
	}{
		"it is frozen":    {(*pgtest.Server).Freeze, (*pgtest.Server).Thaw},
		"it is shut down": {(*pgtest.Server).Stop, (*pgtest.Server).Start},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pg := pgtest.Alone(t)
			m := install(t, archiveAt(pg.Database(t)))
			i := m.declares("bob@example.com", "Checkout is down", 1, "checkout")
			i.isOpen()
			m.inOrder()
			away.goes(pg, t)
			for n := range 3 {
				i.does(api.Update, incident.Update{Meta: by("bob@example.com"), Text: fmt.Sprintf("update %d", n)})
			}
			other := m.declares("alice@example.com", "Search is slow", 3)
			other.isOpen()
			i.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "A second database", Owner: "bob@example.com"})
			i.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com"), Learning: "Archives go away"})
			other.does(api.Cancel, incident.Cancel{Meta: by("alice@example.com"), Reason: "a false alarm"})
			m.eventually(func() bool { return len(m.Sims.Pager.OpenIncidents()) == 0 }, "the page is withdrawn")
			i.becomes("a follow-up in the tracker", func(f incident.Incident) bool { return f.FollowUps[0].Issue.Key != "" })
			m.eventually(func() bool {
				return strings.Contains(m.scrapes(), `muster_archive_calls_total{call="keep",outcome="away"}`)
			}, "monitoring sees it")
			require.NotRegexp(t, `muster_archive_failing_since_timestamp_seconds 0\b`, m.scrapes())
			away.comes(pg, t)
			m.inOrder()
			require.Len(t, i.archived("all of it", func(f incident.Incident) bool { return f.Learning == "Archives go away" }).Timeline, i.facts().Entries)
			require.Regexp(t, `muster_archive_failing_since_timestamp_seconds 0\b`, m.scrapes())
			require.NotRegexp(t, `muster_archive_kept_timestamp_seconds 0\b`, m.scrapes())
		})
	}
}

// backUp copies an archive that nobody uses, and gives what puts the copy in its place.
func backUp(t *testing.T, address string) (restore func()) {
	t.Helper()
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		files := map[string][]byte{}
		for _, suffix := range []string{"", "-wal"} {
			if b, err := os.ReadFile(path + suffix); err == nil {
				files[suffix] = b
			}
		}
		return func() {
			for _, suffix := range []string{"", "-wal", "-shm"} {
				require.NoError(t, os.RemoveAll(path+suffix))
			}
			for suffix, b := range files {
				require.NoError(t, os.WriteFile(path+suffix, b, 0o600))
			}
		}
	}
	before, name, _ := strings.Cut(strings.TrimSuffix(address, "?sslmode=disable"), "/test_")
	admin, name := before+"/postgres?sslmode=disable", "test_"+name
	pgtest.Do(t, admin, "CREATE DATABASE "+name+"_copy TEMPLATE "+name)
	return func() {
		pgtest.Do(t, admin, "DROP DATABASE "+name+" WITH (FORCE)", "CREATE DATABASE "+name+" TEMPLATE "+name+"_copy")
	}
}

// The database is one of last week: what happens from now on is written, and what happened since is told and mended.
func TestADatabaseOfLastWeekIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, address string) {
		t.Helper()
		data := t.TempDir()
		again := func() *installation {
			return install(t, archiveAt(address), func(o *sandbox.Options) { o.DataDir = data })
		}
		bob := by("bob@example.com")
		m := again()
		moves := m.declares("bob@example.com", "Checkout is down", 4)
		rests := m.declares("bob@example.com", "Odd log lines", 4)
		for _, i := range []*opened{moves, rests} {
			i.isOpen()
		}
		m.inOrder()
		m.Stop()
		restore := backUp(t, address)

		m = again()
		moves.m, rests.m = m, m
		for _, i := range []*opened{moves, rests} {
			i.does(api.Update, incident.Update{Meta: bob, Text: "this week"})
			i.archived("the update is there", func(f incident.Incident) bool { return f.LastUpdate == "this week" })
		}
		young := m.declares("bob@example.com", "Search is slow", 4)
		young.isOpen()
		m.inOrder()
		m.Stop()
		restore()

		m = again()
		moves.m, rests.m, young.m = m, m, m
		report, err := m.records().Check(t.Context())
		require.NoError(t, err)
		require.Contains(t, report.Missing, young.key())
		require.Contains(t, report.Behind, rests.key())
		require.False(t, report.InOrder())

		moves.does(api.Update, incident.Update{Meta: bob, Text: "today"})
		f := moves.archived("what happens from now on", func(f incident.Incident) bool { return f.LastUpdate == "today" })
		require.Contains(t, timeline(f), "this week", "with what happened since")
		_, err = m.records().Rebuild(t.Context(), false, func(_ string, err error) { require.NoError(t, err) })
		require.NoError(t, err)
		m.inOrder()
		for _, i := range []*opened{moves, rests, young} {
			require.Equal(t, i.facts().Timeline, i.archived("all of it", func(incident.Incident) bool { return true }).Timeline)
		}
	})
}

// Records of one workflow are written by many at once, and out of their order.
func TestTheNewestOfManyRecordsAtOnceStays(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, address string) {
		t.Helper()
		const versions = 24
		declared := time.Now() // of the one incident that all of them write
		archives := []*archive.Archive{opens(t, address), opens(t, address)}
		write := func(a *archive.Archive, version int64) int64 {
			facts := incident.New(1, incident.Declaration{Title: fmt.Sprintf("version %d", version), Severity: 3, Kind: incident.KindIncident}, declared)
			held, err := a.Keep(t.Context(), archive.Record{Workflow: "INC-1", Type: api.TypeIncident, Incident: 1, Version: version, Facts: facts, State: json.RawMessage(`{}`)})
			require.NoError(t, err)
			return held
		}
		var all sync.WaitGroup
		for k, a := range archives {
			for n := range versions {
				all.Go(func() { write(a, int64(1+(n*7+k*5)%versions)) })
			}
		}
		all.Wait()
		require.EqualValues(t, versions, write(archives[0], 3), "the late one hears what is held")
		f, err := archives[1].Incident(t.Context(), 1)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("version %d", versions), f.Title)
		require.EqualValues(t, versions, held(t, archives[1], "INC-1"))
	})
}

// Two workers share everything, and one of them comes and goes.
func TestTwoWorkersKeepTheSameRecords(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, address string) {
		t.Helper()
		m := install(t, withoutWorker, archiveAt(address), func(o *sandbox.Options) { o.TimeoutScale = 0.02 })
		m.startsWorkers()
		i := m.declares("bob@example.com", "Odd log lines", 4)
		for round := range 4 {
			p := m.startsWorkerProcess()
			for n := range 5 {
				_, err := m.incidents.Command(t.Context(), i.number, api.Update, incident.Update{Meta: by("bob@example.com"), Text: fmt.Sprintf("round %d.%d", round, n)})
				require.NoError(t, err)
			}
			p.kill()
		}
		i.archived("the last update", func(f incident.Incident) bool { return f.LastUpdate == "round 3.4" })
		m.inOrder()
		require.Equal(t, i.facts().Timeline, i.archived("all of it", func(incident.Incident) bool { return true }).Timeline)
	})
}

// Whatever becomes of the runs, versions grow, and the archive shows what the workflow knows.
func TestVersionsGoOnOverRunsAndResets(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, address string) {
		t.Helper()
		m := install(t, archiveAt(address), func(o *sandbox.Options) {
			o.DynamicConfig = map[string]any{"limit.historyCount.suggestContinueAsNew": 20}
		})
		i := m.declares("bob@example.com", "Checkout is down", 4)
		i.isOpen()
		last := int64(0)
		step := func(text string) {
			i.does(api.Update, incident.Update{Meta: by("bob@example.com"), Text: text})
			i.archived(text, func(f incident.Incident) bool { return f.LastUpdate == text })
			m.inOrder()
			version := held(t, m.App().Archive, i.key())
			require.Greater(t, version, last, text)
			last = version
			require.Equal(t, i.whole().Timeline, i.archived("all of it", func(incident.Incident) bool { return true }).Timeline)
		}
		for n := range 4 {
			step(fmt.Sprintf("run %d", n))
		}
		require.Greater(t, m.runs(i.key()), 1, "it was continued as new")
		for n, to := range []where{toLast, toMiddle, toFirst} {
			m.resets(i.key(), to)
			step(fmt.Sprintf("reset %d", n))
		}
	})
}

// Whoever sets up an archive later fills it from what Temporal still holds; what ends is written by itself.
func TestAnArchiveThatIsSwitchedOnLaterIsFilled(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, address string) {
		t.Helper()
		m := install(t, withoutWorker, archiveAt(config.Off))
		require.NotContains(t, slices.Collect(maps.Keys(m.Env())), "MUSTER_ARCHIVE")
		stop := m.startsWorkers()
		over := m.declares("bob@example.com", "Odd log lines", 4)
		over.isOpen()
		over.does(api.Cancel, incident.Cancel{Meta: by("bob@example.com"), Reason: "a false alarm"})
		goesOn := m.declares("bob@example.com", "Checkout is slow", 4)
		goesOn.isOpen()
		m.eventually(func() bool { return m.asked(goesOn.key()) && m.asked(over.key()) }, "they know that there is no archive")
		stop()

		m.startsWorkersWith("MUSTER_ARCHIVE=" + address)
		a := opens(t, address)
		r := records.Records{Temporal: m.Client, Namespace: "default", Archive: a}
		report, err := r.Check(t.Context())
		require.NoError(t, err)
		require.Subset(t, report.Missing, []string{api.RegisterID, over.key(), goesOn.key()})
		_, err = r.Rebuild(t.Context(), false, func(_ string, err error) { require.NoError(t, err) })
		require.NoError(t, err)
		report, err = r.Check(t.Context())
		require.NoError(t, err)
		require.Empty(t, report.Missing)
		require.Empty(t, report.Behind)

		goesOn.does(api.Cancel, incident.Cancel{Meta: by("bob@example.com"), Reason: "it was the network"})
		m.eventually(func() bool {
			f, err := a.Incident(t.Context(), goesOn.number)
			return err == nil && f != nil && f.Status == incident.StatusCancelled
		}, "its end is written")
	})
}

// asked reports whether a workflow has asked for its record to be kept, and was answered.
func (m *installation) asked(workflow string) bool {
	m.t.Helper()
	h := m.Client.GetWorkflowHistory(m.t.Context(), workflow, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	var scheduled int64
	for h.HasNext() {
		e, err := h.Next()
		require.NoError(m.t, err)
		if a := e.GetActivityTaskScheduledEventAttributes(); a.GetActivityType().GetName() == "Keep" {
			scheduled = e.GetEventId()
		}
		if done := e.GetActivityTaskCompletedEventAttributes(); scheduled > 0 && done.GetScheduledEventId() == scheduled {
			return true
		}
	}
	return false
}
