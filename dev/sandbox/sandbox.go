// Package sandbox runs a whole Muster in one process: an embedded Temporal server with its Web
// UI, the three simulated vendors, the worker and the gateway. `go run ./dev`, the end-to-end
// tests and the benchmark are all built on it.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"muster/dev/page"
	"muster/dev/server"
	"muster/dev/vendors"
	"muster/internal/app"
	"muster/internal/config"
	"muster/internal/dial"
	"muster/internal/local"
	"muster/internal/metrics"
	"muster/internal/sealed"
	"muster/internal/setup"
	"muster/internal/tracing"
	"muster/playbook"
	"muster/playbook/file"
)

// Options say what runs and where. The zero value is everything, in memory, on free ports.
type Options struct {
	// Temporal is the address of a server that runs already; empty embeds one.
	Temporal string
	// DataDir keeps server and simulators over a restart; empty keeps them in memory.
	DataDir string
	// Playbook is the path of the playbook; empty is the shipped example.
	Playbook string

	// Ports on the loopback address; 0 takes a free one.
	TemporalPort, UIPort, GatewayPort, SandboxPort int

	// SlackSocket lets the simulated Slack reach Muster through Socket Mode instead of HTTP.
	SlackSocket bool

	// NoUI, NoWorker and NoGateway leave parts out.
	NoUI, NoWorker, NoGateway bool
	// Only starts one part alone, for a worker and a gateway that run, and are stopped, on their own.
	Only Part

	// TimeoutScale stretches every activity timeout; 0 counts as 1.
	TimeoutScale float64
	Limits       app.Limits
	// RateLimits are the gateway's, as in MUSTER_RATE_LIMITS; empty are the usual ones.
	RateLimits string
	// EncryptionKeys are as in MUSTER_ENCRYPTION_KEYS; empty encrypts nothing.
	EncryptionKeys string
	// Archive is as in MUSTER_ARCHIVE, config.Off for none; empty is a file in DataDir, or one that goes with the sandbox.
	Archive string
	// SweepEvery is the interval of the Sweep; 0 is the product's default.
	SweepEvery time.Duration
	// DynamicConfig overrides settings of the embedded server.
	DynamicConfig map[string]any
	// PanicPolicy is what a defect in workflow code does.
	PanicPolicy worker.WorkflowPanicPolicy
	// Wrap sees every request to a simulator, such as a contract check.
	Wrap   func(vendor string, h http.Handler) http.Handler
	Logger *slog.Logger
	// Traces are those of this process; nil makes none.
	Traces *tracing.Traces
}

// Part is a part of the sandbox that can be started alone.
type Part string

// The parts.
const (
	// Everything is every part.
	Everything Part = ""
	// TemporalAlone is the embedded server with its Web UI and what Muster needs in its namespace.
	TemporalAlone Part = "temporal"
	// SimsAlone are the simulated vendors with their page. They send to the gateway at Options.GatewayPort.
	SimsAlone Part = "sims"
)

// ParsePart reads the name of a part.
func ParsePart(name string) (Part, error) {
	switch p := Part(name); p {
	case Everything, TemporalAlone, SimsAlone:
		return p, nil
	}
	return "", fmt.Errorf("%q is no part that can be started alone: write %s or %s", name, TemporalAlone, SimsAlone)
}

// Sandbox is a running Muster.
type Sandbox struct {
	Sims     *vendors.Sims
	Playbook *playbook.Playbook
	// Addresses: Temporal is host:port, the others are URLs.
	Temporal, UI, Gateway, Page string
	Client                      client.Client
	// Converter is the client's.
	Converter converter.DataConverter
	// Metrics are those of this process.
	Metrics *metrics.Metrics
	// Traces are Options.Traces.
	Traces *tracing.Traces

	options Options
	env     map[string]string
	server  *server.Server
	app     *app.App
	undo    []func()
}

const loopback = "127.0.0.1"

// Start starts the parts in the order in which they need each other. When one fails, those
// before it are stopped again.
func Start(ctx context.Context, o Options) (*Sandbox, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Sandbox{options: o, Traces: o.Traces}
	steps := []func(context.Context) error{s.loadPlaybook, s.chooseArchive, s.startTemporal, s.startSims, s.startApp}
	switch o.Only {
	case TemporalAlone:
		steps = []func(context.Context) error{s.startTemporal}
	case SimsAlone:
		steps = []func(context.Context) error{s.loadPlaybook, s.startSims, s.deliverToGateway}
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			s.Stop()
			return nil, err
		}
	}
	return s, nil
}

// App is the product's own parts in this process.
func (s *Sandbox) App() *app.App { return s.app }

// Stop stops everything in reverse order. Calling it again does nothing.
func (s *Sandbox) Stop() {
	for len(s.undo) > 0 {
		last := s.undo[len(s.undo)-1]
		s.undo = s.undo[:len(s.undo)-1]
		last()
	}
}

func (s *Sandbox) later(f func()) { s.undo = append(s.undo, f) }

func (s *Sandbox) loadPlaybook(context.Context) error {
	if s.options.Playbook == "" {
		if err := s.writeExample(); err != nil {
			return fmt.Errorf("write the example playbook: %w", err)
		}
	}
	var err error
	if s.Playbook, err = file.Load(s.options.Playbook, time.Now()); err != nil {
		return fmt.Errorf("playbook:\n%w", err)
	}
	return nil
}

// chooseArchive says where the archive is, unless the options do.
func (s *Sandbox) chooseArchive(context.Context) error {
	switch {
	case s.options.Archive == config.Off:
		s.options.Archive = ""
	case s.options.Archive != "":
	case s.options.DataDir != "":
		if err := os.MkdirAll(s.options.DataDir, 0o750); err != nil {
			return fmt.Errorf("make the folder of the archive: %w", err)
		}
		s.options.Archive = "sqlite:" + filepath.Join(s.options.DataDir, "archive.db")
	default:
		dir, err := os.MkdirTemp("", "muster")
		if err != nil {
			return fmt.Errorf("make the folder of the archive: %w", err)
		}
		s.later(func() { _ = os.RemoveAll(dir) }) // a leftover in the temporary folder harms nobody
		s.options.Archive = "sqlite:" + filepath.Join(dir, "archive.db")
	}
	return nil
}

// writeExample puts the shipped playbook where the parts can read it.
func (s *Sandbox) writeExample() error {
	dir, err := os.MkdirTemp("", "muster")
	if err != nil {
		return err
	}
	s.later(func() { _ = os.RemoveAll(dir) }) // a leftover in the temporary folder harms nobody
	s.options.Playbook = filepath.Join(dir, "muster.yaml")
	return os.WriteFile(s.options.Playbook, file.Example, 0o600)
}

func (s *Sandbox) startTemporal(ctx context.Context) error {
	s.Temporal = s.options.Temporal
	if s.Temporal == "" {
		o := server.Options{
			Port: s.options.TemporalPort, UIPort: s.options.UIPort, SearchAttributes: setup.SearchAttributes(),
			DynamicConfig: s.options.DynamicConfig, Logger: s.options.Logger,
		}
		if s.options.NoUI {
			o.UIPort = server.UIOff
		}
		if s.options.DataDir != "" {
			o.DataDir = filepath.Join(s.options.DataDir, "temporal")
		}
		var err error
		s.server, err = server.Start(ctx, o)
		if _, taken := errors.AsType[*server.PortTakenError](err); taken {
			return fmt.Errorf("%w with --temporal-port or --ui-port", err)
		}
		if err != nil {
			return err
		}
		s.later(s.server.Stop)
		s.Temporal, s.UI = s.server.Addr(), s.server.UIAddr()
	}
	var err error
	if s.Metrics, err = metrics.New(s.options.Logger); err != nil {
		return err
	}
	ring := &sealed.Ring{}
	if s.options.EncryptionKeys != "" {
		if ring, err = sealed.Parse(s.options.EncryptionKeys); err != nil {
			return err
		}
	}
	s.Converter = ring.Converter()
	to, err := s.options.Traces.Through(client.Options{
		HostPort: s.Temporal, Logger: sdklog.NewStructuredLogger(s.options.Logger), MetricsHandler: s.Metrics.SDK(),
	})
	if err != nil {
		return err
	}
	c, err := dial.Dial(ctx, dial.Sealed(to, ring))
	if err != nil {
		return fmt.Errorf("Temporal at %s does not answer: %w", s.Temporal, err) //nolint:staticcheck // a name
	}
	s.Client = c
	s.later(c.Close)
	return nil
}

func (s *Sandbox) startSims(ctx context.Context) error {
	listener, err := listen(ctx, s.options.SandboxPort, "sandbox-port")
	if err != nil {
		return err
	}
	s.Page = "http://" + listener.Addr().String()
	if s.Sims, err = vendors.NewSims(s.Playbook, s.Page); err != nil { //nolint:contextcheck // the vendors outlive the start
		return errors.Join(err, listener.Close())
	}
	s.later(s.Sims.Close)
	if err := s.keepSims(); err != nil { //nolint:contextcheck // they are kept until the stop
		return errors.Join(err, listener.Close())
	}
	dir := ""
	if s.options.DataDir != "" {
		dir = s.vendorsDir()
	}
	// The simulators ask nobody who they are, and what they are told reaches a real server with Options.Temporal.
	s.serve(listener, local.Guard(s.Sims.Site(vendors.SiteOptions{
		Page:    page.Options{TemporalUI: s.UI, Gateway: s.gatewayURL(), Command: s.Type("declare \"Checkout is down\" --severity 1 --service checkout")},
		DataDir: dir, Wrap: s.options.Wrap, Logger: s.options.Logger,
	})))
	s.env = s.Sims.Env(s.Page, s.Playbook.Credentials())
	if s.options.SlackSocket {
		s.Sims.Slack.SetSocketMode(true)
		s.env["SLACK_APP_TOKEN"] = vendors.AppToken
	}
	return nil
}

// Exports are lines for a shell after which the command line knows the simulated vendors.
func (s *Sandbox) Exports() []string {
	if s.Sims == nil {
		return nil
	}
	lines := s.Sims.Exports(s.Page, s.Playbook.Credentials())
	if s.options.SlackSocket {
		lines = append(lines, "export SLACK_APP_TOKEN="+vendors.AppToken)
	}
	if s.options.Archive != "" {
		lines = append(lines, "export MUSTER_ARCHIVE='"+strings.ReplaceAll(s.options.Archive, "'", `'\''`)+"'")
	}
	return lines
}

func (s *Sandbox) vendorsDir() string { return filepath.Join(s.options.DataDir, "vendors") }

// Type is how a person calls the command line against this Muster.
func (s *Sandbox) Type(command string) string {
	line := "go run ./starter " + command
	if s.Temporal != "" && s.Temporal != client.DefaultHostPort && s.Temporal != usualAddress {
		line = "TEMPORAL_ADDRESS=" + s.Temporal + " " + line
	}
	return line
}

// usualAddress is where the command line looks for Temporal when it is told nothing.
const usualAddress = loopback + ":7233"

// gatewayURL is known before the gateway listens only when its port was chosen.
func (s *Sandbox) gatewayURL() string {
	if s.options.NoGateway || s.options.GatewayPort == 0 {
		return ""
	}
	return "http://" + net.JoinHostPort(loopback, strconv.Itoa(s.options.GatewayPort))
}

// keepSims makes the simulators remember over a restart what Temporal remembers.
func (s *Sandbox) keepSims() error {
	if s.options.DataDir == "" {
		return nil
	}
	stop, err := s.Sims.KeepIn(s.vendorsDir(), s.options.Logger)
	if err != nil {
		return err
	}
	s.later(stop)
	return nil
}

// deliverToGateway lets simulators that run alone send to the gateway of another process.
func (s *Sandbox) deliverToGateway(context.Context) error {
	s.Gateway = s.gatewayURL()
	if s.Gateway == "" {
		return errors.New("it must be known where the gateway will listen; choose its port with --gateway-port")
	}
	s.Sims.Deliver(s.Gateway)
	return nil
}

func (s *Sandbox) startApp(ctx context.Context) error {
	gateway := ""
	if !s.options.NoGateway {
		listener, err := listen(ctx, s.options.GatewayPort, "gateway-port")
		if err != nil {
			return err
		}
		gateway = listener.Addr().String()
		// The app listens for itself; the port was only looked up.
		if err := listener.Close(); err != nil {
			return fmt.Errorf("free the gateway's port: %w", err)
		}
		s.Gateway = "http://" + gateway
		s.Sims.Deliver(s.Gateway)
	}
	env := s.Env()
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	a, err := app.New(app.Options{
		Lookup: lookup, Client: s.Client, Converter: s.Converter, Logger: s.options.Logger, Worker: !s.options.NoWorker, Gateway: !s.options.NoGateway,
		Limits: s.options.Limits, PanicPolicy: s.options.PanicPolicy, TimeoutScale: s.options.TimeoutScale, SweepEvery: s.options.SweepEvery,
		Development: true, Metrics: s.Metrics, Traces: s.options.Traces,
	})
	if err != nil {
		return err
	}
	if err := a.Start(ctx); err != nil {
		return err
	}
	s.app = a
	s.later(a.Stop)
	return nil
}

// Env is what another process needs in its environment to be part of this Muster: a worker
// that a test kills, or the command line.
func (s *Sandbox) Env() map[string]string {
	env := map[string]string{
		"TEMPORAL_ADDRESS": s.Temporal, "MUSTER_LISTEN": strings.TrimPrefix(s.Gateway, "http://"), "MUSTER_UI_URL": s.UI,
		"MUSTER_PLAYBOOK": s.options.Playbook,
		// Several workers and their tests share this machine.
		"MUSTER_WORKER_LISTEN": config.Off,
	}
	maps.Copy(env, s.env)
	if s.options.RateLimits != "" {
		env["MUSTER_RATE_LIMITS"] = s.options.RateLimits
	}
	if s.options.Archive != "" {
		env["MUSTER_ARCHIVE"] = s.options.Archive
	}
	if s.options.EncryptionKeys != "" {
		env[sealed.Variable] = s.options.EncryptionKeys
	}
	return env
}

// Secrets are the values that must never be seen in a history, a log or an error, by variable.
func (s *Sandbox) Secrets() map[string]string {
	out := map[string]string{}
	for name, v := range s.env {
		public := strings.HasSuffix(name, "_URL") || strings.HasSuffix(name, "_EMAIL") || strings.HasSuffix(name, "_FROM")
		if !public {
			out[name] = v
		}
	}
	return out
}

func (s *Sandbox) serve(l net.Listener, h http.Handler) {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := srv.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			s.options.Logger.Error("sandbox stopped serving", "error", err)
		}
	}()
	s.later(func() {
		if err := srv.Close(); err != nil {
			s.options.Logger.Warn("close the sandbox", "error", err)
		}
	})
}

// listen takes a loopback port, and says which flag moves it when it is taken.
func listen(ctx context.Context, port int, flag string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(loopback, strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("port %d is taken; choose another with --%s, or 0 for a free one: %w", port, flag, err)
	}
	return l, nil
}
