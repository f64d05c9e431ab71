package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"muster/dev/sandbox"
	"muster/gateway/incidents"
	"muster/incident"
	"muster/internal/app"
	"muster/internal/pgtest"
	"muster/internal/sims/simkit"
	"muster/workflows/api"
)

// The real programs, built once and removed at the end.
var (
	binaries      = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "muster-e2e") })
	workerBinary  = sync.OnceValues(func() (string, error) { return build("worker") })
	starterBinary = sync.OnceValues(func() (string, error) { return build("starter") })
)

func build(program string) (string, error) {
	dir, err := binaries()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, program)
	out, err := exec.CommandContext(context.Background(), "go", "build", "-o", path, "muster/"+program).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", program, err, out)
	}
	return path, nil
}

func TestMain(m *testing.M) {
	stop, err := found.serve()
	if err != nil {
		panic(err)
	}
	code := m.Run()
	stop()
	pgtest.End()
	if dir, err := binaries(); err == nil {
		_ = os.RemoveAll(dir) // a leftover in the temporary folder harms nobody
	}
	os.Exit(code)
}

// process is a worker in a process of its own, which a test may kill.
type process struct {
	m   *installation
	cmd *exec.Cmd
}

// startsWorkerProcess starts one with the settings of m, and others besides, NAME=value, which win.
func (m *installation) startsWorkerProcess(others ...string) *process {
	m.t.Helper()
	path, err := workerBinary()
	require.NoError(m.t, err)
	p := &process{m: m, cmd: exec.Command(path)}
	for k, v := range m.Env() {
		p.cmd.Env = append(p.cmd.Env, k+"="+v)
	}
	p.cmd.Env = append(append(p.cmd.Env, "MUSTER_SLACK_CHANNELS_PER_MINUTE=-1"), others...)
	if os.Getenv("MUSTER_TEST_LOG") != "" {
		p.cmd.Stderr = m.t.Output()
	}
	require.NoError(m.t, p.cmd.Start())
	m.t.Cleanup(p.kill)
	return p
}

// kill ends the process at once, as SIGKILL does.
func (p *process) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill() // it may have ended by itself
		_ = p.cmd.Wait()
	}
}

func withoutWorker(o *sandbox.Options) { o.NoWorker = true }

// A worker is killed while calls to all three vendors are under way: applied at the vendor, and
// not yet known to anybody here.
func TestAKilledWorkerOpensNothingTwice(t *testing.T) {
	t.Parallel()
	m := install(t, withoutWorker)
	p := m.startsWorkerProcess()
	slow := simkit.Duration(time.Minute)
	m.Sims.Slack.Faults().Add(simkit.Fault{ID: "channel", Operation: "conversations.create", Kind: simkit.Delay, Delay: slow, Times: 1})
	m.Sims.Jira.Faults.Add(simkit.Fault{ID: "issue", Operation: "issue.create", Kind: simkit.Delay, Delay: slow, Times: 1})
	m.Sims.Pager.Faults.Add(simkit.Fault{ID: "page", Operation: "events.trigger", Kind: simkit.Delay, Delay: slow, Times: 1})
	i := m.declares("bob@example.com", "Checkout is down", 1, "checkout")
	m.eventually(func() bool {
		return m.Sims.Slack.Faults().Hits("channel") == 1 && m.Sims.Jira.Faults.Hits("issue") == 1 && m.Sims.Pager.Faults.Hits("page") == 1
	}, "all three calls are under way")
	p.kill()
	m.Sims.Slack.Faults().Clear()
	m.Sims.Jira.Faults.Clear()
	m.Sims.Pager.Faults.Clear()
	m.startsWorkerProcess()
	i.isOpen()
	i.becomes("paged", func(f incident.Incident) bool { return f.Pages[0].Attempts == 1 })
	i.onceEverywhere()
	require.Len(t, m.Sims.Pager.Notifications(), 1, "nobody was woken twice")
}

// Workers are killed again and again at moments that nobody chose.
func TestWorkersKilledAtAnyMomentLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	// A page that nobody heard of twice goes on to its next target; the rounds must be shorter.
	m := install(t, withoutWorker, func(o *sandbox.Options) { o.TimeoutScale = 0.2 })
	var i *opened
	for round := range 5 {
		p := m.startsWorkerProcess()
		ready := m.Sims.Slack.Log().Count("") + m.Sims.Jira.Log.Count("") + m.Sims.Pager.Log.Count("")
		if i == nil {
			i = m.declares("bob@example.com", "Checkout is down", 1, "checkout")
		}
		// Die after another few requests, whichever they are, or after a while.
		limit := time.Now().Add(time.Duration(300+200*round) * time.Millisecond)
		for time.Now().Before(limit) && m.Sims.Slack.Log().Count("")+m.Sims.Jira.Log.Count("")+m.Sims.Pager.Log.Count("") < ready+1+round {
			pause(t.Context(), time.Millisecond)
		}
		p.kill()
	}
	m.startsWorkerProcess()
	i.isOpen()
	i.becomes("paged", func(f incident.Incident) bool { return f.Pages[0].Attempts == 1 })
	i.onceEverywhere()
	require.Len(t, m.Sims.Pager.Notifications(), 1, "nobody was woken twice")
}

func TestACommandWhileNoWorkerRunsIsRecordedAndAppliedOnce(t *testing.T) {
	t.Parallel()
	m := install(t, withoutWorker)
	stop := m.startsWorkers()
	i := m.declares("bob@example.com", "Odd log lines", 4)
	i.isOpen()
	stop()

	patient := incidents.New(incidents.Options{Temporal: m.Client, Wait: 300 * time.Millisecond})
	c := incident.AddFollowUp{Meta: incident.Meta{CommandID: "click-7", Actor: incident.Actor{Person: "bob@example.com"}}, Title: "Quieter logs"}
	for range 3 { // an impatient person
		out, err := patient.Command(t.Context(), i.number, api.AddFollowUp, c)
		require.NoError(t, err)
		require.True(t, out.Recorded)
	}
	m.startsWorkers()
	i.becomes("with a follow-up", func(f incident.Incident) bool { return len(f.FollowUps) > 0 })
	out, err := patient.Command(t.Context(), i.number, api.AddFollowUp, c)
	require.NoError(t, err)
	require.Equal(t, 1, out.Result.Number, "the same command is answered as it was the first time")
	require.Len(t, i.facts().FollowUps, 1)
}

// startsWorkers runs the workers in this process until stop or the end of the test.
func (m *installation) startsWorkers() (stop func()) {
	m.t.Helper()
	return m.startsWorkersOf("")
}

// startsWorkersOf starts workers of a version of the deployment muster, or without one.
func (m *installation) startsWorkersOf(build string) (stop func()) {
	m.t.Helper()
	if build == "" {
		return m.startsWorkersWith()
	}
	return m.startsWorkersWith("MUSTER_DEPLOYMENT=muster", "MUSTER_BUILD_ID="+build)
}

// startsWorkersWith starts workers with other settings besides, NAME=value.
func (m *installation) startsWorkersWith(others ...string) (stop func()) {
	m.t.Helper()
	env := m.Env()
	for _, o := range others {
		name, value, _ := strings.Cut(o, "=")
		env[name] = value
	}
	return m.startsWorkersAt(m.Client, env)
}

// startsWorkersAt starts workers with their own way to Temporal.
func (m *installation) startsWorkersAt(c client.Client, env map[string]string) (stop func()) {
	m.t.Helper()
	a, err := app.New(app.Options{
		Lookup: func(k string) (string, bool) { v, ok := env[k]; return v, ok }, Client: c, Worker: true,
		Limits: app.Limits{ChannelsPerMinute: -1}, PanicPolicy: worker.FailWorkflow, Logger: logger(m.t), SweepEvery: time.Hour,
		Metrics: m.Metrics, Traces: m.Traces,
	})
	require.NoError(m.t, err)
	require.NoError(m.t, a.Start(m.t.Context()))
	m.t.Cleanup(a.Stop)
	return a.Stop
}

func TestARestartOfEverythingWithDataLosesNothing(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	keep := func(o *sandbox.Options) { o.DataDir = data }
	m := install(t, keep)
	i := m.declares("bob@example.com", "Checkout is down", 1, "checkout")
	before := i.isOpen()
	m.Stop()

	again := install(t, keep)
	i = &opened{m: again, number: i.number}
	i.becomes("back", func(f incident.Incident) bool { return f.Links.Tracker.Key == before.Links.Tracker.Key })
	i.does(api.Update, incident.Update{Meta: by("bob@example.com"), Text: "We are back"})
	i.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
	i.becomes("with its review in the tracker", func(f incident.Incident) bool { return f.Review() != nil && f.Review().Issue.Key != "" })
	again.eventually(func() bool { return len(again.Sims.Pager.OpenIncidents()) == 0 }, "the page is withdrawn")
	require.Empty(t, i.facts().Snags)
	i.onceEverywhere()
	next := again.declares("bob@example.com", "Another one", 4)
	require.Equal(t, 2, next.number, "numbers go on")
}

// Every configured secret is looked for in every history, and in what people are shown.
func TestNoSecretIsInAnyHistory(t *testing.T) {
	t.Parallel()
	m := install(t)
	m.Sims.Slack.Faults().Add(simkit.Fault{Operation: "conversations.create", Kind: simkit.Status, Status: 500, Body: `{"ok":false,"error":"internal_error"}`, Times: 1})
	m.Sims.Jira.Faults.Add(simkit.Fault{Operation: "issue.create", Kind: simkit.Status, Status: 401, Times: 1})
	m.Sims.Pager.Faults.Add(simkit.Fault{Operation: "events.trigger", Kind: simkit.DropBefore, Times: 1})
	i := m.declares("bob@example.com", "Checkout is down", 1, "checkout")
	i.becomes("stuck at Jira", func(f incident.Incident) bool { return len(f.Snags) == 1 && f.Links.Board.ID != "" })
	i.does(api.Retry, incident.Retry{Meta: by("bob@example.com")})
	i.isOpen()
	secrets := m.Secrets()
	require.Greater(t, len(secrets), 5)
	for _, id := range []string{api.RegisterID, i.key(), i.key() + "/page/1"} {
		text := m.history(t.Context(), id)
		for name, s := range secrets {
			require.NotContains(t, text, s, "%s is in the history of %s", name, id)
		}
	}
}

// history is all that is stored of a workflow, as text.
func (m *installation) history(ctx context.Context, id string) string {
	m.t.Helper()
	var b strings.Builder
	it := m.Client.GetWorkflowHistory(ctx, id, "", false, 0)
	for it.HasNext() {
		e, err := it.Next()
		require.NoError(m.t, err)
		b.WriteString(e.String())
	}
	require.NotEmpty(m.t, b.String())
	return b.String()
}
