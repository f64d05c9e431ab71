//go:build unix

package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"muster/dev/judge"
	"muster/incident"
	"muster/internal/postgresql"
)

const (
	eventually = time.Minute
	interval   = 200 * time.Millisecond
)

// brought is a running topology, which is taken down when the test ends.
// tried is a topology with what tests do to it.
type tried struct{ *topology }

func brought(t *testing.T) tried {
	t.Helper()
	if testing.Short() {
		t.Skip("it starts a PostgreSQL, a Temporal and two of everything")
	}
	if _, err := postgresql.Programs(); err != nil {
		t.Skip("NOT TRIED: ", err)
	}
	root, err := filepath.Abs(repository)
	require.NoError(t, err)
	dir := t.TempDir()
	p, err := build(t.Context(), root, filepath.Join(dir, "programs"))
	require.NoError(t, err)
	database, free := "", func() error { return nil }
	if long() {
		if database, free, err = smallDisk(t.Context()); err != nil {
			t.Log("NOT TRIED: ", err)
			database, free = "", func() error { return nil }
		}
	}
	top, err := newTopology(t.Context(), root, dir, database, p, t.Output())
	require.NoError(t, err)
	top.undo = append(top.undo, free)
	alive, stop := context.WithCancel(context.Background())
	t.Cleanup(func() {
		assert.NoError(t, top.down())
		stop()
		top.all.Wait()
	})
	require.NoError(t, top.up(alive))
	if _, err := exec.LookPath("prometheus"); err == nil {
		require.NoError(t, top.watch(alive))
	}
	return tried{top}
}

// One topology for all: most of its time goes into coming up. MUSTER_TOPOLOGY=long does everything to everybody.
func TestTheTopology(t *testing.T) {
	top := brought(t)
	first := top.mainPath(t)
	stories := []*judge.Story{first}

	t.Run("two set-ups at once", top.twoSetups)
	t.Run("a scraper that hangs", top.aScraperThatHangs)
	t.Run("a namespace without our attributes", top.aBareNamespace)
	t.Run("TLS where there is none", top.wrongTLS)
	t.Run("a name that leads nowhere", top.noSuchHost)

	more, rows, err := top.disturbForm(t)
	var table bytes.Buffer
	printTable(&table, rows)
	t.Log("\n" + table.String())
	require.NoError(t, err)
	stories = append(stories, more...)
	require.NoError(t, top.settle(t.Context(), stories))

	t.Run("Prometheus", top.seenByPrometheus)
	t.Run("what is typed", top.typedInto)
}

func long() bool { return os.Getenv("MUSTER_TOPOLOGY") == "long" }

func (top tried) disturbForm(t *testing.T) ([]*judge.Story, []row, error) {
	t.Helper()
	if long() {
		return top.disturb(t.Context(), longEvents(strings.Contains(top.database.dir, "muster-disk")), 30)
	}
	return top.disturb(t.Context(), shortEvents(), 10)
}

// mainPath declares at one gateway, looks and resolves at the other, and counts.
func (top tried) mainPath(t *testing.T) *judge.Story {
	t.Helper()
	s, err := top.declare(t.Context(), 0, incident.Declaration{Title: "Checkout is down", Severity: 1, Services: []string{"checkout"}})
	require.NoError(t, err)
	i, err := top.show(t.Context(), gateways[1], s.Key())
	require.NoError(t, err)
	require.Equal(t, "Checkout is down", i.Title)
	require.NoError(t, top.update(t.Context(), 1, s, "We look"))
	require.NoError(t, top.settle(t.Context(), []*judge.Story{s}))

	sims, err := top.vendors()
	require.NoError(t, err)
	defer sims.Close()
	services := map[string]int{}
	for _, p := range sims.Pager.Incidents() {
		services[p.Service]++
		require.Equal(t, "triggered", p.Status)
	}
	require.Equal(t, map[string]int{"PD_CHECKOUT": 1, "PD_PLATFORM": 1}, services, "a page for each that the playbook requires")
	require.NoError(t, top.resolve(t.Context(), 1, s))
	require.NoError(t, top.settle(t.Context(), []*judge.Story{s}))
	return s
}

// typedInto has the orders of docs/deploy.md but for the loss of PostgreSQL, which TestABackUpIsRestored has.
func (top tried) typedInto(t *testing.T) {
	old := top.token
	before := top.processes["worker-1"].PID()
	input := `
help
starter list --all
kill nobody
kill worker-1                 # it comes back
freeze worker-1
ps
thaw worker-1
what
lose
restore INC-1
starter show "INC-1
upgrade worker-2
rotate
backup
ps
restore INC-1
quit
starter list --all
`
	var said bytes.Buffer
	was := top.out
	top.out = &said
	top.obeys(t.Context(), t.Context(), strings.NewReader(input))
	top.out = was
	for _, want := range []string{
		"Type what shall happen", "Working through it", "kill: name one of gateway-1,", "worker-1 runs in version", "restart gateway-2 with the new token alone",
		"it is in ", "worker-2 runs in version " + versionAfter, ", frozen", "restore: PostgreSQL runs and has all that it holds; lose it first",
		"what: is nothing that can be done here", "lose: there is no back-up: type backup first, or lose anyway", "cannot be read",
	} {
		assert.Contains(t, said.String(), want)
	}
	require.Equal(t, 1, strings.Count(said.String(), "Working through it"), "nothing is done after quit")
	require.NotEqual(t, before, top.processes["worker-1"].PID())
	require.NotEqual(t, old, top.token)
	a, err := top.once(t.Context(), gateways[0], http.MethodGet, "/v1/incidents", "", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, a.Status, "by the new token")
	top.token = old
	a, err = top.once(t.Context(), gateways[0], http.MethodGet, "/v1/incidents", "", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusUnauthorized, a.Status, "the old one is over")
}

// starter runs the command line in the environment of the set-up, with some settings changed.
func (top tried) starter(t *testing.T, env map[string]string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), eventually)
	defer cancel()
	run, err := top.starterCommand(ctx, serviceSetup, env, args...)
	if err != nil {
		return "", err
	}
	said, err := run.CombinedOutput()
	return string(said), err
}

func (top tried) twoSetups(t *testing.T) {
	type result struct {
		said string
		err  error
	}
	results := make(chan result, 2)
	for range 2 {
		go func() {
			said, err := top.starter(t, map[string]string{"TEMPORAL_NAMESPACE": "twice"}, "setup", "temporal", "--timeout", "1m")
			results <- result{said, err}
		}()
	}
	for range 2 {
		r := <-results
		require.NoError(t, r.err, r.said)
	}
}

// Scrapers that ask for metrics and read nothing hold up no work. So many of them keep others out, until
// their connections are ended.
func (top tried) aScraperThatHangs(t *testing.T) {
	for _, name := range append(append([]string{}, workers...), gateways...) {
		for range 20 {
			c, err := net.Dial("tcp", top.metrics[name])
			require.NoError(t, err)
			t.Cleanup(func() { _ = c.Close() })
			_, err = c.Write([]byte("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"))
			require.NoError(t, err)
		}
	}
	for _, name := range gateways {
		a, err := top.once(t.Context(), name, http.MethodGet, "/v1/incidents", "", nil)
		require.NoError(t, err, name)
		require.Equal(t, http.StatusOK, a.Status, name)
	}
	for _, name := range append(append([]string{}, workers...), gateways...) {
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			a, err := request(t.Context(), http.MethodGet, "http://"+top.metrics[name]+"/metrics", nil)
			require.NoError(c, err, name)
			require.Equal(c, http.StatusOK, a.Status, name)
		}, eventually, interval)
	}
}

func (top tried) seenByPrometheus(t *testing.T) {
	if top.processes[prometheus] == nil {
		t.Skip("NOT TRIED: Prometheus is not installed; on Debian: apt-get install --no-install-recommends prometheus")
	}
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		up, err := top.query(t.Context(), "up")
		require.NoError(c, err)
		require.Len(c, up, 4)
		for _, s := range up {
			require.Equal(c, "1", s.value(), "%v", s.Metric)
		}
	}, eventually, interval)
	panels, err := top.dashboard()
	require.NoError(t, err)
	require.Greater(t, len(panels), 20)
	var empty []string
	for _, p := range panels {
		found, err := top.query(t.Context(), p.expr)
		require.NoError(t, err, p.title)
		if len(found) == 0 {
			empty = append(empty, p.title+": "+p.expr)
		}
	}
	t.Logf("%d of %d queries of the dashboard have no data:\n%s", len(empty), len(panels), strings.Join(empty, "\n"))

	open, err := top.declare(t.Context(), 0, incident.Declaration{Title: "Seen by Prometheus", Severity: 4})
	require.NoError(t, err)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		found, err := top.query(t.Context(), `sum(max by (status, severity) (muster_incidents_open{status="open",severity="4"}))`)
		require.NoError(c, err)
		require.Len(c, found, 1)
		require.NotEqual(c, "0", found[0].value())
	}, 2*eventually, interval)
	top.theAlertOfWhatIsNotRecorded(t, open)
}

// Somebody is told that a command is not recorded, since Temporal is away: that is to be known at once.
// (That no worker is left is seen later: the server remembers for five minutes who has asked for tasks.)
func (top tried) theAlertOfWhatIsNotRecorded(t *testing.T, s *judge.Story) {
	t.Helper()
	const frontend = "temporal-frontend"
	top.processes[frontend].KillAndHold()
	a, err := top.once(t.Context(), gateways[0], http.MethodPost, "/v1/incidents/"+s.Key()+"/update", "in-vain", []byte(`{"text":"In vain"}`))
	require.NoError(t, err)
	require.Equal(t, http.StatusServiceUnavailable, a.Status, "%s", a.Body)
	require.Contains(t, string(a.Body), "not_recorded")
	top.processes[frontend].Start()
	var states map[string]string
	require.Eventually(t, func() bool {
		states, err = top.alerts(t.Context())
		return err == nil && states["MusterCommandsNotRecorded"] == "firing"
	}, eventually, interval, "%v %v", states, err)
	require.NoError(t, top.allReady(t.Context()))
}

func (top tried) aBareNamespace(t *testing.T) {
	said, err := top.starter(t, map[string]string{"TEMPORAL_NAMESPACE": "temporal-system"}, "doctor")
	require.Error(t, err)
	require.Contains(t, said, "MusterIncident")
	require.Contains(t, said, "run `starter setup temporal --namespace temporal-system`")
}

func (top tried) wrongTLS(t *testing.T) {
	said, err := top.starter(t, map[string]string{"TEMPORAL_TLS": "true"}, "list", "--timeout", "10s")
	require.Error(t, err)
	require.Contains(t, said, "it does not speak TLS")
}

func (top tried) noSuchHost(t *testing.T) {
	said, err := top.starter(t, map[string]string{"TEMPORAL_ADDRESS": "temporal.example.invalid:7233"}, "list", "--timeout", "5s")
	require.Error(t, err)
	require.Contains(t, said, "temporal.example.invalid:7233")
}
