//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"muster/dev/process"
	"muster/gateway/access"
	"muster/internal/health"
	"muster/internal/postgresql"
)

// The processes by name.
const (
	postgres   = "postgres"
	simulators = "simulators"
	prometheus = "prometheus"
)

var (
	temporalServices = []string{"frontend", "history", "matching", "worker"}
	workers          = []string{"worker-1", "worker-2"}
	gateways         = []string{"gateway-1", "gateway-2"}
)

// topology is a whole Muster of two workers and two gateways, with its Temporal and its database, each
// part a process of its own.
type topology struct {
	compose  *composeFile
	programs programs
	dir      string // logs, and what the simulators keep
	out      io.Writer
	began    time.Time

	database *database
	// at are the addresses of what listens, by process; metrics are those of worker and gateway.
	at, metrics map[string]string
	ports       map[string]int
	// inMemory are simulators that keep nothing: else they write all that they hold before each answer, which with
	// thousands of incidents is most of what there is to do.
	inMemory  bool
	token     string
	tokens    string // as the gateways are told of it
	processes map[string]*process.Process
	order     []string

	mu       sync.Mutex
	versions map[string]string // by process
	failed   chan error
	all      sync.WaitGroup
	undo     []func() error
}

// patience is how long a part may take to come up on a busy machine.
const patience = 2 * time.Minute

// newTopology prepares everything, and starts nothing. Database may be empty, for a temporary folder.
func newTopology(ctx context.Context, root, dir, databaseDir string, p programs, out io.Writer) (*topology, error) {
	c, err := readCompose(ctx, root)
	if err != nil {
		return nil, err
	}
	t := &topology{
		compose: c, programs: p, dir: dir, out: out, began: time.Now(), at: map[string]string{}, metrics: map[string]string{},
		ports: map[string]int{}, processes: map[string]*process.Process{}, versions: map[string]string{}, failed: make(chan error, 32),
	}
	if err := t.choosePorts(ctx); err != nil {
		return nil, err
	}
	if t.token, t.tokens, err = newToken("topology"); err != nil {
		return nil, err
	}
	bin, err := postgresql.Programs()
	if err != nil {
		return nil, err
	}
	if databaseDir == "" {
		if databaseDir, err = os.MkdirTemp("", "muster-postgres"); err != nil {
			return nil, err
		}
		t.undo = append(t.undo, func() error { return os.RemoveAll(databaseDir) })
	}
	t.database = &database{
		bin: bin, dir: databaseDir, port: t.ports[postgres],
		user: c.set(servicePostgres, "POSTGRES_USER"), password: c.set(servicePostgres, "POSTGRES_PASSWORD"),
	}
	for _, dir := range t.volumes() {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// newToken makes an API token, and the line by which gateways know it.
func newToken(name string) (token, line string, err error) {
	token, stored, err := access.New(access.Token{Name: name, Person: "alice@example.com", Scopes: access.Scopes{access.Respond, access.Private}})
	return token, stored.Line(), err
}

func (t *topology) volumes() map[string]string {
	return map[string]string{"simulators": filepath.Join(t.dir, "vendors"), "archive-sandbox": filepath.Join(t.dir, "archive")}
}

// choosePorts gives each part a port of its own.
func (t *topology) choosePorts(ctx context.Context) error {
	names := []string{postgres, simulators, prometheus, "frontend/http"}
	for _, s := range temporalServices {
		names = append(names, s, s+"/membership")
	}
	for _, p := range slices.Concat(workers, gateways) {
		names = append(names, p, p+"/metrics")
	}
	ports, err := process.Ports(ctx, len(names))
	if err != nil {
		return err
	}
	for k, name := range names {
		t.ports[name] = ports[k]
		t.at[name] = process.Loopback(ports[k])
	}
	for _, p := range slices.Concat(workers, gateways) {
		t.metrics[p] = t.at[p+"/metrics"]
	}
	return nil
}

// place says where the world of docker-compose.yml is for one process. What the vendors send goes to
// the first gateway.
func (t *topology) place(name string) place {
	own := gateways[0]
	if slices.Contains(gateways, name) {
		own = name
	}
	return place{
		addresses: map[string]string{
			"temporal:7233":        t.at["frontend"],
			"simulators:8088":      t.at[simulators],
			"localhost:8088":       t.at[simulators],
			"0.0.0.0:8088":         t.at[simulators],
			"gateway-sandbox:8087": t.at[gateways[0]],
			"0.0.0.0:8087":         t.at[own],
			"127.0.0.1:8090":       t.metrics[own],
		},
		values:  map[string]string{"postgres": "127.0.0.1", "5432": strconv.Itoa(t.ports[postgres]), "0.0.0.0": "127.0.0.1", "simulators": "127.0.0.1"},
		volumes: t.volumes(),
	}
}

// command is a service of docker-compose.yml as a command of this machine, with its environment and
// what only this machine needs besides.
func (t *topology) command(ctx context.Context, name, service string, program []string, more map[string]string) (*exec.Cmd, error) {
	args, env, err := t.compose.settings(service, t.place(name))
	if err != nil {
		return nil, err
	}
	maps.Copy(env, more)
	words := slices.Concat(program, args)
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Dir = t.dir
	cmd.Env = []string{"PATH=" + string(t.programs) + ":/usr/bin:/bin", "HOME=" + t.dir}
	for _, k := range slices.Sorted(maps.Keys(env)) {
		cmd.Env = append(cmd.Env, k+"="+env[k])
	}
	return cmd, nil
}

// temporalPorts tells the server's services, which share a container there, of their ports here.
func (t *topology) temporalPorts() map[string]string {
	env := map[string]string{"FRONTEND_HTTP_PORT": strconv.Itoa(t.ports["frontend/http"]), "TEMPORAL_ALLOW_NO_AUTH": "true"}
	for _, s := range temporalServices {
		env[strings.ToUpper(s)+"_GRPC_PORT"] = strconv.Itoa(t.ports[s])
		env[strings.ToUpper(s)+"_MEMBERSHIP_PORT"] = strconv.Itoa(t.ports[s+"/membership"])
	}
	return env
}

// ofOurs is what worker and gateway need here besides docker-compose.yml: addresses that containers
// have to themselves, a token for the API, no limits that a burst would meet, and no Web UI, which does not run here.
// MUSTER_CACHED_WORKFLOWS is handed on, to measure what it costs.
func (t *topology) ofOurs(name string) map[string]string {
	env := map[string]string{"MUSTER_RATE_LIMITS": "off", "MUSTER_SLACK_CHANNELS_PER_MINUTE": "-1", "MUSTER_UI_URL": ""}
	if slices.Contains(workers, name) {
		if v := os.Getenv("MUSTER_CACHED_WORKFLOWS"); v != "" {
			env["MUSTER_CACHED_WORKFLOWS"] = v
		}
		env["MUSTER_WORKER_LISTEN"] = t.metrics[name]
	} else {
		env["MUSTER_API_TOKENS"] = t.valid()
	}
	return env
}

// version is what a process runs, or is started as the next time.
func (t *topology) version(name string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if v := t.versions[name]; v != "" {
		return v
	}
	return versionBefore
}

// valid are the API tokens that a gateway is started with.
func (t *topology) valid() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tokens
}

func (t *topology) setTokens(token, tokens string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.token, t.tokens = token, tokens
}

func (t *topology) setVersion(name, version string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.versions[name] = version
}

// makes is how each process is started.
func (t *topology) makes(name string) func(context.Context) (*exec.Cmd, error) {
	return func(ctx context.Context) (*exec.Cmd, error) {
		switch {
		case name == postgres:
			return t.database.serve(ctx), nil
		case slices.Contains(temporalServices, strings.TrimPrefix(name, "temporal-")):
			program := []string{t.programs.path("temporal-server"), "start", "--service", strings.TrimPrefix(name, "temporal-")}
			return t.command(ctx, name, serviceTemporal, program, t.temporalPorts())
		case name == simulators:
			return t.simulatorsCommand(ctx)
		case slices.Contains(workers, name):
			return t.command(ctx, name, serviceWorker, []string{t.programs.of(t.version(name), "worker")}, t.ofOurs(name))
		case slices.Contains(gateways, name):
			return t.command(ctx, name, serviceGateway, []string{t.programs.of(t.version(name), "starter")}, t.ofOurs(name))
		case name == prometheus:
			return t.prometheusCommand(ctx), nil
		}
		return nil, fmt.Errorf("%s is no process of the topology", name)
	}
}

// simulatorsCommand names the orders of this program in place of compose's. Of a flag that is there twice the last counts.
func (t *topology) simulatorsCommand(ctx context.Context) (*exec.Cmd, error) {
	cmd, err := t.command(ctx, simulators, serviceSimulators, []string{t.programs.path("simulators")}, nil)
	if err != nil {
		return nil, err
	}
	cmd.Args = append(cmd.Args, `--command=starter declare "Checkout is down" --severity 1 --service checkout`)
	if t.inMemory {
		cmd.Args = append(cmd.Args, "--data=")
	}
	return cmd, nil
}

// starterCommand is the command line in the environment of a service, with some settings changed.
func (t *topology) starterCommand(ctx context.Context, service string, env map[string]string, args ...string) (*exec.Cmd, error) {
	like, err := t.command(ctx, gateways[1], service, []string{"starter"}, env)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, t.programs.of(versionBefore, "starter"), args...)
	cmd.Env, cmd.Dir = like.Env, t.dir
	return cmd, nil
}

// start runs a process until the topology goes down.
func (t *topology) start(ctx context.Context, name string) {
	p := process.New(process.Options{Name: name, Log: filepath.Join(t.dir, name+".log"), Command: t.makes(name)})
	t.processes[name] = p
	t.order = append(t.order, name)
	t.all.Go(func() {
		if err := p.Run(ctx); err != nil {
			t.failed <- err
		}
	})
}

// job runs a service that ends, such as the schema's.
func (t *topology) job(ctx context.Context, service string, program []string) error {
	cmd, err := t.command(ctx, service, service, program, nil)
	if err != nil {
		return err
	}
	said, err := cmd.CombinedOutput()
	if err := os.WriteFile(filepath.Join(t.dir, service+".log"), said, 0o600); err != nil {
		return err
	}
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", service, err, said)
	}
	return nil
}

// up starts everything in the order in which docker-compose.yml has it wait for each other. Ctx is for
// as long as it shall run.
func (t *topology) up(ctx context.Context) error {
	if err := t.database.prepare(ctx); err != nil {
		return err
	}
	t.start(ctx, postgres)
	if err := t.await(ctx, "PostgreSQL", t.database.ready); err != nil {
		return err
	}
	if err := t.job(ctx, serviceSchema, nil); err != nil {
		return err
	}
	for _, s := range temporalServices {
		t.start(ctx, "temporal-"+s)
	}
	t.start(ctx, simulators)
	if err := t.await(ctx, "the frontend of Temporal", func(ctx context.Context) bool { return listens(ctx, t.at["frontend"]) }); err != nil {
		return err
	}
	if err := t.job(ctx, serviceSetup, []string{t.programs.of(versionBefore, "starter")}); err != nil {
		return err
	}
	if err := t.await(ctx, "the simulators", func(ctx context.Context) bool { return healthy(ctx, t.at[simulators]) }); err != nil {
		return err
	}
	for _, name := range slices.Concat(workers, gateways) {
		t.start(ctx, name)
	}
	return t.allReady(ctx)
}

// allReady waits until both workers and both gateways say that they are.
func (t *topology) allReady(ctx context.Context) error {
	for _, name := range slices.Concat(workers, gateways) {
		if err := t.await(ctx, name, func(ctx context.Context) bool { return healthy(ctx, t.metrics[name]) }); err != nil {
			return err
		}
	}
	return nil
}

func (t *topology) await(ctx context.Context, what string, ready func(context.Context) bool) error {
	for ends := time.Now().Add(patience); time.Now().Before(ends); process.Wait(ctx, 50*time.Millisecond) {
		if ready(ctx) {
			return nil
		}
		select {
		case err := <-t.failed:
			return err
		default:
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return fmt.Errorf("%s did not come up in %s; its log is in %s", what, patience, t.dir)
}

// down ends everything in reverse order, each within the time that docker-compose.yml gives it.
func (t *topology) down() error {
	var errs []error
	for _, name := range slices.Backward(t.order) {
		if pid := t.processes[name].PID(); pid != 0 && frozen(pid) {
			errs = append(errs, signalFamily(pid, syscall.SIGCONT))
		}
		if name == postgres {
			t.processes[name].Ask(os.Interrupt) // its fast shutdown; SIGTERM waits for its callers
		}
		errs = append(errs, t.processes[name].Stop(t.grace(name)))
	}
	for _, undo := range slices.Backward(t.undo) {
		errs = append(errs, undo())
	}
	return errors.Join(errs...)
}

// grace is how long docker-compose.yml lets a process end.
func (t *topology) grace(name string) time.Duration {
	service := map[string]string{postgres: servicePostgres, simulators: serviceSimulators, workers[0]: serviceWorker, workers[1]: serviceWorker, gateways[0]: serviceGateway, gateways[1]: serviceGateway}[name]
	if strings.HasPrefix(name, "temporal-") {
		service = serviceTemporal
	}
	if g := t.compose.project.Services[service].StopGracePeriod; g != nil {
		return time.Duration(*g)
	}
	return 10 * time.Second // compose's own
}

func listens(ctx context.Context, address string) bool {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", address)
	return err == nil && c.Close() == nil
}

func healthy(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	_, err := health.Ask(ctx, address)
	return err == nil
}

func (t *topology) say(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.out, "%7.1f s  %s\n", time.Since(t.began).Seconds(), fmt.Sprintf(format, args...))
}
