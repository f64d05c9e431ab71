package server

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

const (
	taskQueue = "greetings"
	patience  = 20 * time.Second
	interval  = 10 * time.Millisecond
)

// attributes are all that Muster registers; they fill SQL visibility's room for Int.
var attributes = map[string]enumspb.IndexedValueType{
	"MusterIncident":  enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"MusterStatus":    enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"MusterKind":      enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"MusterCommander": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"MusterOwner":     enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"MusterTracker":   enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"MusterChannel":   enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"MusterPager":     enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"MusterSeverity":  enumspb.INDEXED_VALUE_TYPE_INT,
	"MusterSnags":     enumspb.INDEXED_VALUE_TYPE_INT,
	"MusterDue":       enumspb.INDEXED_VALUE_TYPE_DATETIME,
	"MusterServices":  enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
	"MusterTags":      enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
	"MusterAsked":     enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
}

// patient has a short task timeout because a task that is lost with a killed server is repeated only after it.
var patient = client.StartWorkflowOptions{ID: "patient", TaskQueue: taskQueue, WorkflowTaskTimeout: 2 * time.Second}

var greeted atomic.Int64

// greet is the activity that all tests run.
func greet(_ context.Context, name string) (string, error) {
	greeted.Add(1)
	return "hello " + name, nil
}

// greeting greets at once, and again when it is signalled.
func greeting(ctx workflow.Context, name string, wait bool) (string, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 5 * time.Second})
	var text string
	if err := workflow.ExecuteActivity(ctx, greet, name).Get(ctx, &text); err != nil {
		return "", err
	}
	if !wait {
		return text, nil
	}
	var again string
	workflow.GetSignalChannel(ctx, "again").Receive(ctx, &again)
	err := workflow.ExecuteActivity(ctx, greet, again).Get(ctx, &text)
	return text, err
}

func start(t testing.TB, o Options) *Server {
	t.Helper()
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(s.Stop)
	return s
}

func dial(t testing.TB, s *Server) client.Client {
	t.Helper()
	c, err := client.DialContext(t.Context(), client.Options{
		HostPort: s.Addr(),
		Logger:   log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func work(t testing.TB, c client.Client) worker.Worker {
	t.Helper()
	w := worker.New(c, taskQueue, worker.Options{})
	w.RegisterWorkflow(greeting)
	w.RegisterActivity(greet)
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	return w
}

func result(t testing.TB, run client.WorkflowRun) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var text string
	require.NoError(t, run.Get(ctx, &text))
	return text
}

func TestRunsWorkflow(t *testing.T) {
	s := start(t, Options{UIPort: UIOff})
	c := dial(t, s)
	work(t, c)

	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: taskQueue}, greeting, "Ada", false)
	require.NoError(t, err)
	require.Equal(t, "hello Ada", result(t, run))
	require.Empty(t, s.UIAddr())
}

func TestNamespaceIsAsAsked(t *testing.T) {
	dir := t.TempDir()
	o := Options{UIPort: UIOff, DataDir: dir, Namespace: "muster", Retention: 24 * time.Hour}
	start(t, o).Stop()

	// A later start with other wishes changes the namespace that is there.
	o.Retention = 0
	o.SearchAttributes = attributes
	s := start(t, o)
	c := dial(t, s)
	d, err := c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: "muster"})
	require.NoError(t, err)
	require.Equal(t, DefaultRetention, d.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration())
	require.Len(t, d.GetConfig().GetCustomSearchAttributeAliases(), len(attributes))
	s.Stop()

	o.SearchAttributes = map[string]enumspb.IndexedValueType{"MusterDue": enumspb.INDEXED_VALUE_TYPE_INT}
	_, err = Start(t.Context(), o)
	require.ErrorContains(t, err, "search attribute MusterDue exists with type Datetime, not Int")
	require.ErrorContains(t, err, dir)
}

func TestSearchAttributesWorkAtOnce(t *testing.T) {
	s := start(t, Options{UIPort: UIOff, SearchAttributes: attributes})
	c := dial(t, s)
	due := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID:        "INC-1",
		TaskQueue: taskQueue,
		TypedSearchAttributes: temporal.NewSearchAttributes(
			temporal.NewSearchAttributeKeyKeyword("MusterStatus").ValueSet("open"),
			temporal.NewSearchAttributeKeyInt64("MusterSeverity").ValueSet(2),
			temporal.NewSearchAttributeKeyTime("MusterDue").ValueSet(due),
			temporal.NewSearchAttributeKeyKeywordList("MusterServices").ValueSet([]string{"checkout", "cart"}),
		),
	}, greeting, "Ada", false)
	require.NoError(t, err)

	query := "MusterStatus = 'open' AND MusterSeverity <= 2 AND MusterServices = 'cart' AND MusterDue < '2026-03-02T00:00:00Z'"
	require.Eventually(t, func() bool {
		found, err := c.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: query})
		return err == nil && len(found.GetExecutions()) == 1
	}, patience, interval)

	_, err = Start(t.Context(), Options{UIPort: UIOff, SearchAttributes: map[string]enumspb.IndexedValueType{
		"A": enumspb.INDEXED_VALUE_TYPE_INT, "B": enumspb.INDEXED_VALUE_TYPE_INT,
		"C": enumspb.INDEXED_VALUE_TYPE_INT, "D": enumspb.INDEXED_VALUE_TYPE_INT,
	}})
	require.ErrorContains(t, err, "no room for search attribute D: there are 3 of type Int")
}

func TestRestartKeepsRunningWorkflow(t *testing.T) {
	o := Options{UIPort: UIOff, DataDir: filepath.Join(t.TempDir(), "some where", "50% new?")}
	before := greeted.Load()
	s := start(t, o)
	c := dial(t, s)
	w := work(t, c)
	_, err := c.ExecuteWorkflow(t.Context(), patient, greeting, "Ada", true)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return tells(t, c, "patient", enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED) }, patience, interval)
	require.Equal(t, before+1, greeted.Load())
	w.Stop()
	c.Close()
	s.Stop()

	s = start(t, o)
	c = dial(t, s)
	work(t, c)
	require.NoError(t, c.SignalWorkflow(t.Context(), "patient", "", "again", "Grace"))
	require.Equal(t, "hello Grace", result(t, c.GetWorkflow(t.Context(), "patient", "")))
	require.Equal(t, before+2, greeted.Load(), "the first activity ran again")
}

// tells reports whether the history of a workflow has an event of a type.
func tells(t *testing.T, c client.Client, id string, event enumspb.EventType) bool {
	t.Helper()
	for it := c.GetWorkflowHistory(t.Context(), id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); it.HasNext(); {
		if e, err := it.Next(); err != nil || e.GetEventType() == event {
			return err == nil
		}
	}
	return false
}

// TestMain runs the server of TestSurvivesKill when it is asked to, and the tests else.
func TestMain(m *testing.M) {
	if dir := os.Getenv("MUSTER_TEST_DATA_DIR"); dir != "" {
		port, _ := strconv.Atoi(os.Getenv("MUSTER_TEST_PORT"))
		s, err := Start(context.Background(), Options{UIPort: UIOff, DataDir: dir, Port: port, SearchAttributes: attributes})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(s.Addr())
		select {}
	}
	os.Exit(m.Run())
}

// startProcess starts a server in a process of its own and returns its address and what kills it.
func startProcess(t *testing.T, dir string, port int) (string, func()) {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), "MUSTER_TEST_DATA_DIR="+dir, "MUSTER_TEST_PORT="+strconv.Itoa(port))
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	kill := func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	line := make([]byte, 1024)
	n, err := out.Read(line)
	require.NoError(t, err)
	addr := strings.TrimSpace(string(line[:n]))
	_, _, err = net.SplitHostPort(addr)
	require.NoError(t, err, "the server said: %s", addr)
	return addr, kill
}

func TestSurvivesKill(t *testing.T) {
	dir := t.TempDir()
	addr, kill := startProcess(t, dir, 0)

	_, err := Start(t.Context(), Options{UIPort: UIOff, DataDir: dir})
	require.ErrorContains(t, err, "in use by another server")

	c := dial(t, &Server{addr: addr})
	w := work(t, c)
	before := greeted.Load()
	_, err = c.ExecuteWorkflow(t.Context(), patient, greeting, "Ada", true)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return greeted.Load() == before+1 }, patience, interval)
	_, err = c.ScheduleClient().Create(t.Context(), client.ScheduleOptions{
		ID:     "sweep",
		Spec:   client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: time.Hour}}},
		Action: &client.ScheduleWorkflowAction{ID: "swept", Workflow: greeting, TaskQueue: taskQueue, Args: []any{"Joan", false}},
	})
	require.NoError(t, err)
	require.NoError(t, c.SignalWorkflow(t.Context(), "patient", "", "again", "Grace"))
	kill()

	// On the same port: clients and workers of a server that comes back must not need a restart of their own.
	_, port, err := net.SplitHostPort(addr)
	require.NoError(t, err)
	number, err := strconv.Atoi(port)
	require.NoError(t, err)
	s := start(t, Options{UIPort: UIOff, DataDir: dir, Port: number, SearchAttributes: attributes})
	require.Equal(t, addr, s.Addr())
	require.Equal(t, "hello Grace", result(t, c.GetWorkflow(t.Context(), "patient", "")))
	require.NoError(t, c.ScheduleClient().GetHandle(t.Context(), "sweep").Trigger(t.Context(), client.ScheduleTriggerOptions{}))
	require.Eventually(t, func() bool {
		found, err := c.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
			Query: "TemporalScheduledById = 'sweep' AND ExecutionStatus = 'Completed'",
		})
		return err == nil && len(found.GetExecutions()) == 1
	}, patience, interval)
	// The server is to be stopped before the worker, and a worker tries for long to tell it that it leaves.
	w.Stop()
}

func TestSchedules(t *testing.T) {
	s := start(t, Options{UIPort: UIOff})
	c := dial(t, s)
	work(t, c)
	handle, err := c.ScheduleClient().Create(t.Context(), client.ScheduleOptions{
		ID:                 "sweep",
		Spec:               client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: time.Hour}}},
		Action:             &client.ScheduleWorkflowAction{ID: "swept", Workflow: greeting, TaskQueue: taskQueue, Args: []any{"Joan", false}},
		TriggerImmediately: true,
	})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		d, err := handle.Describe(t.Context())
		return err == nil && len(d.Info.RecentActions) == 1
	}, patience, interval)
}

func TestWorkerDeployments(t *testing.T) {
	s := start(t, Options{UIPort: UIOff})
	c := dial(t, s)
	version := worker.WorkerDeploymentVersion{DeploymentName: "muster", BuildID: "1"}
	w := worker.New(c, taskQueue, worker.Options{DeploymentOptions: worker.DeploymentOptions{
		UseVersioning: true, Version: version, DefaultVersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
	}})
	w.RegisterWorkflow(greeting)
	w.RegisterActivity(greet)
	require.NoError(t, w.Start())
	defer w.Stop()

	deployment := c.WorkerDeploymentClient().GetHandle("muster")
	require.Eventually(t, func() bool {
		_, err := deployment.SetCurrentVersion(t.Context(), client.WorkerDeploymentSetCurrentVersionOptions{BuildID: "1"})
		return err == nil
	}, patience, 50*time.Millisecond)
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: taskQueue}, greeting, "Ada", false)
	require.NoError(t, err)
	require.Equal(t, "hello Ada", result(t, run))
}

func TestTakenPort(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	port := taken.Addr().(*net.TCPAddr).Port

	for use, o := range map[string]Options{
		"Temporal server": {Port: port, UIPort: UIOff},
		"Temporal Web UI": {UIPort: port},
	} {
		o.DataDir = t.TempDir()
		_, err := Start(t.Context(), o)
		var portTaken *PortTakenError
		require.ErrorAs(t, err, &portTaken)
		require.Equal(t, use, portTaken.Use)
		require.Equal(t, taken.Addr().String(), portTaken.Addr)
		require.ErrorContains(t, err, "choose another port")

		// What was taken before the port is given back.
		o.Port, o.UIPort = 0, UIOff
		start(t, o).Stop()
	}
}

func TestListensOnAllAddresses(t *testing.T) {
	s := start(t, Options{IP: "0.0.0.0"})
	require.True(t, strings.HasPrefix(s.Addr(), "127.0.0.1:"))
	require.True(t, strings.HasPrefix(s.UIAddr(), "http://127.0.0.1:"))
	dial(t, s)
}

func TestOptionsAreChecked(t *testing.T) {
	_, err := Start(t.Context(), Options{IP: "localhost", Port: -1, UIPort: 70000, Retention: time.Minute})
	for _, text := range []string{`"localhost" is not an IP`, "server port -1", "UI port 70000", "retention 1m0s"} {
		require.ErrorContains(t, err, text)
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Start(ctx, Options{UIPort: UIOff})
	require.ErrorIs(t, err, context.Canceled)

	// Wherever the time runs out, the data directory is free again.
	dir := t.TempDir()
	for _, after := range []time.Duration{20 * time.Millisecond, 80 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), after)
		s, err := Start(ctx, Options{UIPort: UIOff, DataDir: dir})
		cancel()
		if err != nil {
			require.ErrorIs(t, err, context.DeadlineExceeded)
			continue
		}
		s.Stop()
	}
	start(t, Options{UIPort: UIOff, DataDir: dir})
}

func TestWebUI(t *testing.T) {
	s := start(t, Options{})
	for path, want := range map[string]string{
		"/":                  "<html",
		"/api/v1/namespaces": `"default"`,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.UIAddr()+path, http.NoBody)
		require.NoError(t, err)
		res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
		require.NoError(t, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, http.StatusOK, res.StatusCode)
		require.Contains(t, string(body), want)
	}
}
