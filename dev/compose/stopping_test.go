package compose

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"muster/gateway/access"
	"muster/incident"
	"muster/internal/app"
)

const token = "muster_of-the-test-of-stopping"

// process is a service that runs, and what it has logged.
type process struct {
	*exec.Cmd
	log   bytes.Buffer
	ended chan error
}

// begins starts a service that the test ends itself, with more in its environment.
func (s *stack) begins(service string, env ...string) *process {
	s.t.Helper()
	p := &process{Cmd: s.starts(service), ended: make(chan error, 1)}
	p.Env = append(p.Env, env...)
	p.Stderr = &p.log
	require.NoError(s.t, p.Start(), service)
	gone := make(chan struct{})
	go func() { p.ended <- p.Wait(); close(gone) }()
	s.t.Cleanup(func() { _ = p.Process.Kill(); <-gone })
	return p
}

func (p *process) end(t *testing.T) error {
	t.Helper()
	select {
	case err := <-p.ended:
		return err
	case <-time.After(patience):
		require.Fail(t, "it does not end", "%s", p.log.String())
		return nil
	}
}

// says wants a service's health check to say a text, with the exit code of what is not ready.
func (s *stack) says(service, text string) {
	s.t.Helper()
	require.EventuallyWithT(s.t, func(c *assert.CollectT) {
		said, err := s.asks(service)
		require.Error(c, err)
		require.Contains(c, said, text)
	}, patience, interval)
}

// answer is what came of a request.
type answer struct {
	status int
	err    error
}

// declares asks a gateway for an incident, returns when it has been asked, and gives the answer when it comes.
func declares(t *testing.T, address string) <-chan answer {
	t.Helper()
	asked := make(chan struct{})
	traced := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { close(asked) }})
	r, err := http.NewRequestWithContext(traced, http.MethodPost, "http://"+address+"/v1/incidents", strings.NewReader(`{"title":"Checkout is down","severity":1}`))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", "of-the-test")
	came := make(chan answer, 1)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	go func() {
		res, err := client.Do(r)
		if err != nil {
			came <- answer{err: err}
			return
		}
		_, _ = io.Copy(io.Discard, res.Body) // the status is all that matters
		_ = res.Body.Close()
		came <- answer{status: res.StatusCode}
	}()
	<-asked
	return came
}

// reachable reports whether anybody listens there and answers.
func reachable(address string) bool {
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get("http://" + address + "/v1/incidents")
	if err == nil {
		_ = res.Body.Close()
	}
	return err == nil
}

// A gateway is asked to stop while somebody waits for the number of an incident, which no worker gives yet. It says at once
// that it is not ready, serves on for the time of MUSTER_DRAIN, closes, and ends when the answer was given.
func TestAGatewayThatStopsAnswersWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.finishes("setup-sandbox")
	gateway := s.begins("gateway-sandbox", "MUSTER_DRAIN=2s", "MUSTER_API_TOKENS=test::read+respond:"+access.Hash(token))
	address := s.here.Replace("0.0.0.0:8087")
	s.becomesHealthy("gateway-sandbox", "playbook: ok\nsweep: ok\ntemporal: ok\n")
	came := declares(t, address)

	asked := time.Now()
	require.NoError(t, gateway.Process.Signal(syscall.SIGTERM))
	s.says("gateway-sandbox", "process: stopping: what is under way is brought to its end")
	require.True(t, time.Since(asked) > 2*time.Second || reachable(address), "it serves on for a while")
	require.EventuallyWithT(t, func(c *assert.CollectT) { require.False(c, reachable(address)) }, patience, interval, "then it takes nothing new")
	require.Empty(t, came, "and what is under way waits on")

	s.runs("worker-sandbox")
	got := <-came
	require.NoError(t, got.err)
	require.Equal(t, http.StatusCreated, got.status)
	require.NoError(t, gateway.end(t))
	require.Contains(t, gateway.log.String(), `"msg":"stopped"`)
	require.Less(t, time.Since(asked), app.StopBound+2*time.Second)
}

// Whoever cannot wait signals again.
func TestTheSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.finishes("setup-sandbox")
	gateway := s.begins("gateway-sandbox", "MUSTER_DRAIN=1m")
	s.becomesHealthy("gateway-sandbox", "playbook: ok\nsweep: ok\ntemporal: ok\n")
	require.NoError(t, gateway.Process.Signal(syscall.SIGTERM))
	s.says("gateway-sandbox", "process: stopping")
	require.NoError(t, gateway.Process.Signal(syscall.SIGTERM))
	var exit *exec.ExitError
	require.ErrorAs(t, gateway.end(t), &exit)
	status, ok := exit.Sys().(syscall.WaitStatus)
	require.True(t, ok)
	require.Equal(t, syscall.SIGTERM, status.Signal())
}

// A worker is asked to stop while PagerDuty has not answered yet: it waits for the answer, so that nobody has to ask again
// whether the page went out.
func TestAWorkerThatStopsWaitsForItsCalls(t *testing.T) {
	t.Parallel()
	var pages atomic.Int32
	called, answers := make(chan struct{}, 100), make(chan struct{})
	pager := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var event struct {
			Action string `json:"event_action"`
			Key    string `json:"dedup_key"`
		}
		_ = json.NewDecoder(r.Body).Decode(&event)
		if event.Action == "trigger" {
			pages.Add(1)
			called <- struct{}{}
			<-answers
		}
		w.WriteHeader(http.StatusAccepted)
		_ = json.NewEncoder(w).Encode(map[string]string{"status": "success", "message": "Event processed", "dedup_key": event.Key})
	}))
	t.Cleanup(pager.Close)
	s := newStack(t)
	s.finishes("setup")
	env := []string{"PAGERDUTY_EVENTS_URL=" + pager.URL}
	for _, credential := range shipped(t).Credentials() {
		env = append(env, strings.TrimPrefix(credential, "env:")+"=0123456789abcdef0123456789abcdef")
	}
	worker := s.begins("worker", env...)
	s.becomesHealthy("worker", "sweep: ok\ntemporal: ok\n")
	said, err := s.types("gateway", "starter declare 'Checkout is down' --severity 1 --service search")
	require.NoError(t, err, said)
	<-called

	require.NoError(t, worker.Process.Signal(syscall.SIGTERM))
	s.says("worker", "process: stopping: what is under way is brought to its end")
	require.Empty(t, worker.ended)
	close(answers)
	require.NoError(t, worker.end(t))
	before := pages.Load()

	s.begins("worker", env...)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		shown, err := s.types("gateway", "starter show INC-1 --output json")
		require.NoError(c, err, shown)
		var i incident.Incident
		require.NoError(c, json.Unmarshal([]byte(shown), &i))
		require.NotEmpty(c, i.Pages)
		for _, p := range i.Pages {
			require.Equal(c, incident.PagePaging, p.Status, "%+v", p)
		}
	}, patience, interval)
	require.Equal(t, before, pages.Load(), "nobody was paged again")
}

// Temporal is not there yet, then it is and has no namespace: worker and gateway wait, say for what, and begin by themselves.
func TestWhatIsMissingAtTheStartIsWaitedForAndSaid(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	for _, service := range []string{"worker-sandbox", "gateway-sandbox"} {
		s.begins(service)
	}
	for _, service := range []string{"worker-sandbox", "gateway-sandbox"} {
		s.says(service, "process: starting: Temporal has no namespace sandbox; make it with `starter setup temporal`")
	}
	away := newStack(t)
	worker := away.begins("worker", "TEMPORAL_ADDRESS="+free(t))
	away.says("worker", "process: starting: Temporal does not answer")
	require.NoError(t, worker.Process.Signal(syscall.SIGTERM), "whoever waits can be asked to stop")
	require.NoError(t, worker.end(t))

	s.finishes("setup-sandbox")
	s.becomesHealthy("worker-sandbox", "sweep: ok\ntemporal: ok\n")
	s.becomesHealthy("gateway-sandbox", "playbook: ok\nsweep: ok\ntemporal: ok\n")
}

// An engine kills what has not ended in this time.
func TestEnginesWaitForProgramsToStop(t *testing.T) {
	t.Parallel()
	for name, service := range ours(everything(t)) {
		require.NotNil(t, service.StopGracePeriod, name)
		require.Greater(t, time.Duration(*service.StopGracePeriod), app.StopBound, name)
	}
}
