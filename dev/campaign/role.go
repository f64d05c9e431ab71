package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"muster/dev/server"
	"muster/dev/vendors"
	"muster/internal/app"
	"muster/internal/config"
	"muster/internal/health"
	"muster/internal/setup"
	"muster/internal/sims/simkit"
	"muster/playbook/file"
)

// roleVariable holds what a process of the campaign is, as JSON. The campaign's own process has
// none.
const roleVariable = "MUSTER_CAMPAIGN_ROLE"

// role is what one process of the campaign does, and where.
type role struct {
	Name roleName `json:"name"`
	// Listen is its host:port; a worker has none.
	Listen string `json:"listen,omitempty"`
	// Health is the host:port at which worker and gateway say how they are.
	Health string `json:"health,omitempty"`
	// Data is the folder in which it keeps what a kill must not take.
	Data string `json:"data,omitempty"`
	// Playbook is the path of the playbook.
	Playbook string `json:"playbook,omitempty"`
	// Gateway is where simulators deliver webhooks.
	Gateway string `json:"gateway,omitempty"`
	// TimeoutScale stretches every activity timeout of what is declared.
	TimeoutScale float64 `json:"timeout_scale,omitempty"`
}

type roleName string

const (
	roleTemporal   roleName = "temporal"
	roleSimulators roleName = "simulators"
	roleWorker     roleName = "worker"
	roleGateway    roleName = "gateway"
)

// What a process says on its standard output, a line each.
const (
	saysReady   = "ready"
	saysApplied = "applied"
)

// playsRole runs what the environment says this process is, until it is killed, and reports
// whether it says anything. It ends with the process that started it, so that a campaign that is
// itself killed leaves nothing behind.
func playsRole() bool {
	text := os.Getenv(roleVariable)
	if text == "" {
		return false
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // it ends when the campaign does
		os.Exit(0)
	}()
	var r role
	err := json.Unmarshal([]byte(text), &r)
	if err == nil {
		err = r.run(ctx)
	}
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", r.Name, err)
		os.Exit(1)
	}
	return true
}

func (r role) run(ctx context.Context) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	switch r.Name {
	case roleTemporal:
		return r.serveTemporal(ctx, log)
	case roleSimulators:
		return r.serveSimulators(ctx, log)
	case roleWorker:
		return app.Run(ctx, app.Options{Lookup: os.LookupEnv, Logger: log, Worker: true}, config.Temporal{})
	case roleGateway:
		return app.Run(ctx, app.Options{Lookup: os.LookupEnv, Logger: log, Gateway: true, Development: true, TimeoutScale: r.TimeoutScale}, config.Temporal{})
	}
	return fmt.Errorf("%q is no role", r.Name)
}

func (r role) serveTemporal(ctx context.Context, log *slog.Logger) error {
	_, port, err := net.SplitHostPort(r.Listen)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	s, err := server.Start(ctx, server.Options{
		Port: number, UIPort: server.UIOff, DataDir: r.Data, SearchAttributes: setup.SearchAttributes(), Logger: log, LogLevel: slog.LevelError,
	})
	if err != nil {
		return err
	}
	defer s.Stop()
	fmt.Println(saysReady)
	<-ctx.Done()
	return nil
}

func (r role) serveSimulators(ctx context.Context, log *slog.Logger) error {
	p, err := file.Load(r.Playbook, time.Now())
	if err != nil {
		return fmt.Errorf("playbook:\n%w", err)
	}
	sims, err := vendors.NewSims(p, "http://"+r.Listen) //nolint:contextcheck // what they deliver outlives a request
	if err != nil {
		return err
	}
	defer sims.Close()
	sayWhatIsApplied(sims)
	stop, err := sims.KeepIn(r.Data, log) //nolint:contextcheck // they are kept until the stop
	if err != nil {
		return err
	}
	defer stop()
	sims.Deliver("http://" + r.Gateway)
	_, closeSite, err := simkit.Serve(ctx, r.Listen, sims.Site(vendors.SiteOptions{DataDir: r.Data, Logger: log}))
	if err != nil {
		return err
	}
	defer closeSite()
	fmt.Println(saysReady)
	<-ctx.Done()
	return nil
}

// sayWhatIsApplied prints a line the moment that a vendor has applied a call and keeps its answer
// back, for the faults that an aimed kill sets. The delay is the fault's name: no other has it.
func sayWhatIsApplied(sims *vendors.Sims) {
	for _, faults := range []*simkit.Faults{sims.Slack.Faults(), sims.Jira.Faults, sims.Pager.Faults} {
		faults.After = func(d time.Duration) <-chan time.Time {
			if d >= aimedDelay {
				fmt.Println(saysApplied, d)
			}
			return time.After(d)
		}
	}
}

// ready asks a process whether it can do its work. Temporal and the simulators say so themselves.
func (r role) ready(ctx context.Context) bool {
	_, err := health.Ask(ctx, r.Health)
	return err == nil
}

// environ is what the process needs in its environment besides its role.
func (r role) environ(shared map[string]string) ([]string, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	env := []string{roleVariable + "=" + string(text)}
	for _, name := range []string{"HOME", "PATH", "TMPDIR", "GOCOVERDIR"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	for k, v := range shared {
		env = append(env, k+"="+v)
	}
	switch r.Name {
	case roleWorker:
		env = append(env, "MUSTER_WORKER_LISTEN="+r.Health)
	case roleGateway:
		env = append(env, "MUSTER_LISTEN="+r.Listen, "MUSTER_METRICS_LISTEN="+r.Health)
	}
	return env, nil
}

// freeAddresses finds so many free addresses on the loopback interface. They are free again when
// it returns: whoever is given one takes it, and is started again if somebody was faster.
func freeAddresses(ctx context.Context, n int) (addresses []string, err error) {
	var lc net.ListenConfig
	for range n {
		l, listenErr := lc.Listen(ctx, "tcp", "127.0.0.1:0")
		if listenErr != nil {
			return nil, listenErr
		}
		defer func() { err = errors.Join(err, l.Close()) }()
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, nil
}

// appliedDelay reads the line that sayWhatIsApplied prints.
func appliedDelay(line string) (time.Duration, bool) {
	text, ok := strings.CutPrefix(line, saysApplied+" ")
	if !ok {
		return 0, false
	}
	d, err := time.ParseDuration(text)
	return d, err == nil
}
