package compose

import (
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"muster/dev/server"
	"muster/incident"
	"muster/internal/setup"
)

const (
	patience = time.Minute
	interval = 100 * time.Millisecond
)

// stack runs services as docker-compose.yml says, as processes of this machine: every name and
// port that is an engine's business stands for a free port here.
type stack struct {
	t        *testing.T
	project  *types.Project
	of       map[string]instructions.Stage
	programs string
	server   *server.Server
	here     *strings.Replacer
	// worker is where the workers serve their health: each container has the default to itself.
	worker string
}

func newStack(t *testing.T) *stack {
	t.Helper()
	s := &stack{t: t, project: everything(t), of: stages(t), programs: programs(t), worker: free(t)}
	var err error
	s.server, err = server.Start(t.Context(), server.Options{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(s.server.Stop)
	playbook, err := filepath.Abs(filepath.Join(root, "muster.yaml"))
	require.NoError(t, err)
	page, gateway := free(t), free(t)
	s.here = strings.NewReplacer(
		"temporal:7233", s.server.Addr(),
		"simulators:8088", page, "localhost:8088", page, "0.0.0.0:8088", page,
		"gateway-sandbox:8087", gateway, "0.0.0.0:8087", gateway,
		"127.0.0.1:8090", free(t),
		"/etc/muster/muster.yaml", playbook, "/data", t.TempDir(), "/var/lib/muster", t.TempDir(),
	)
	return s
}

func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

// command is a command in a service's container: its environment and nothing besides.
func (s *stack) command(service string, args ...string) *exec.Cmd {
	s.t.Helper()
	program, rest := args[0], make([]string, 0, len(args))
	if !strings.Contains(program, "/") {
		program = filepath.Join(s.programs, program)
	}
	for _, a := range args[1:] {
		rest = append(rest, s.here.Replace(a))
	}
	cmd := exec.CommandContext(s.t.Context(), program, rest...)
	cmd.Env = []string{"PATH=" + s.programs, "MUSTER_WORKER_LISTEN=" + s.worker}
	env := environment(s.project.Services[service])
	for _, name := range slices.Sorted(maps.Keys(env)) {
		cmd.Env = append(cmd.Env, name+"="+s.here.Replace(env[name]))
	}
	return cmd
}

// starts is the service's own command.
func (s *stack) starts(service string) *exec.Cmd {
	s.t.Helper()
	config := s.project.Services[service]
	program := path.Base(entrypoint(s.t, s.of, config.Build.Target))
	return s.command(service, append([]string{program}, config.Command...)...)
}

// finishes runs a job.
func (s *stack) finishes(service string) string {
	s.t.Helper()
	said, err := s.starts(service).CombinedOutput()
	require.NoError(s.t, err, "%s: %s", service, said)
	return string(said)
}

// runs starts a service until the test ends.
func (s *stack) runs(service string) {
	s.t.Helper()
	cmd := s.starts(service)
	if os.Getenv("MUSTER_TEST_LOG") != "" {
		cmd.Stdout, cmd.Stderr = s.t.Output(), s.t.Output()
	}
	require.NoError(s.t, cmd.Start(), service)
	s.t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended by itself
		_ = cmd.Wait()
	})
}

// asks runs a service's health check once.
func (s *stack) asks(service string) (string, error) {
	s.t.Helper()
	said, err := s.command(service, check(s.project.Services[service])...).CombinedOutput()
	return string(said), err
}

func (s *stack) becomesHealthy(service, saying string) {
	s.t.Helper()
	require.EventuallyWithT(s.t, func(c *assert.CollectT) {
		said, err := s.asks(service)
		require.NoError(c, err, "%s: %s", service, said)
		require.Equal(c, saying, said)
	}, patience, interval)
}

// types has a person type a command line in a service.
func (s *stack) types(service, line string) (string, error) {
	s.t.Helper()
	said, err := s.command(service, "/bin/sh", "-c", line).CombinedOutput()
	return string(said), err
}

// What somebody sees who has started the profile and does what its page says: with the images'
// programs, and without any token.
func TestTheSandboxShowsAWholeIncident(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	require.Equal(t, "Namespace sandbox was made. It keeps what has ended for 90 days, and has Muster's search attributes.\n", s.finishes("setup-sandbox"))
	for _, service := range []string{"simulators", "worker-sandbox", "gateway-sandbox"} {
		s.runs(service)
	}
	s.becomesHealthy("simulators", "simulators: ok\n")
	s.becomesHealthy("worker-sandbox", "sweep: ok\ntemporal: ok\n")
	s.becomesHealthy("gateway-sandbox", "playbook: ok\nsweep: ok\ntemporal: ok\n")

	service, line := suggestion(t, s.project.Services["simulators"].Command)
	said, err := s.types(service, line)
	require.NoError(t, err, said)
	require.Contains(t, said, "INC-1")
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		shown, err := s.types(service, "starter show INC-1 --output json")
		require.NoError(c, err, shown)
		var i incident.Incident
		require.NoError(c, json.Unmarshal([]byte(shown), &i))
		require.NotEmpty(c, i.Pages)
		for _, p := range i.Pages {
			require.Equal(c, incident.PagePaging, p.Status, "%+v", p)
			require.NotEmpty(c, p.URL, "the simulated PagerDuty has it")
		}
		require.NotEmpty(c, i.Links.Channel.ID, "the simulated Slack has its channel")
		require.NotEmpty(c, i.Links.Tracker.Key, "the simulated Jira has its issue")
		require.Empty(c, i.Snags)
	}, patience, interval)

	// The job may run again, and what is not well is said.
	require.Contains(t, s.finishes("setup-sandbox"), "Namespace sandbox was there.")
	s.server.Stop()
	for _, service := range []string{"worker-sandbox", "gateway-sandbox"} {
		said, err := s.asks(service)
		require.Error(t, err, "%s: %s", service, said)
		require.Contains(t, said, "not ready", service)
	}
}

// Nobody has said yet which vendors there are.
func TestWithoutAnySettingsItStartsAndSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.finishes("setup")
	cmd := s.starts("worker")
	log, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	s.becomesHealthy("worker", "sweep: ok\ntemporal: ok\n")
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	said, err := io.ReadAll(log)
	require.NoError(t, err)
	require.NoError(t, cmd.Wait(), "it stops when it is asked to")
	for _, credential := range shipped(t).Credentials() {
		require.Regexp(t, `"level":"ERROR","msg":"a credential for pages is not set","credential":"`+credential+`"`, string(said))
	}
	require.Contains(t, string(said), `"version":"`+stamp)
}

// A namespace that somebody made before keeps what it has, and gets what Muster needs.
func TestANamespaceThatIsThereIsKeptAndGetsWhatIsMissing(t *testing.T) {
	t.Parallel()
	const short = 3 * 24 * time.Hour
	for name, want := range map[string]setup.Prepared{
		"short": {Namespace: "short", Retention: setup.LeastRetention, Raised: true},
		"long":  {Namespace: "long", Retention: 2 * setup.LeastRetention},
		"made":  {Namespace: "made", Retention: setup.LeastRetention, Made: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			there := map[string]time.Duration{"short": short, "long": 2 * setup.LeastRetention}[name]
			o := server.Options{Logger: slog.New(slog.DiscardHandler), UIPort: server.UIOff, Retention: there}
			if there > 0 {
				o.Namespace = name
			}
			srv, err := server.Start(t.Context(), o)
			require.NoError(t, err)
			t.Cleanup(srv.Stop)
			c, err := client.NewLazyClient(client.Options{HostPort: srv.Addr()})
			require.NoError(t, err)
			t.Cleanup(c.Close)
			p, err := setup.Prepare(t.Context(), c, name, setup.LeastRetention)
			require.NoError(t, err)
			require.Equal(t, want, p)
			described, err := c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: name})
			require.NoError(t, err)
			require.Equal(t, want.Retention, described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration())
		})
	}
}

func TestASecondServerThatNeverComesIsNotWaitedForForEver(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	said, err := s.command("setup", "starter", "setup", "temporal", "--address", free(t), "--timeout", "2s").CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(said), "Temporal at 127.0.0.1:")
}

// The embedded Web UI is the one of the image.
func TestTheWebUIServesItsHealth(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	asks := check(s.project.Services["temporal-ui"])
	require.Equal(t, []string{"wget", "-q", "-O", "/dev/null"}, asks[:4])
	port := s.project.Services["temporal-ui"].Ports[0]
	require.EqualValues(t, 8080, port.Target)
	path, found := strings.CutPrefix(asks[4], "http://127.0.0.1:8080")
	require.True(t, found, asks[4])
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.server.UIAddr()+path, nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	require.Equal(t, http.StatusOK, res.StatusCode)
	// The UI's page is the answer to whatever it does not know, with 200, too.
	require.Contains(t, res.Header.Get("Content-Type"), "application/json")
}
