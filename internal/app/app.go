package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/worker"

	"muster/activities"
	"muster/archive"
	"muster/gateway"
	"muster/gateway/httpapi"
	"muster/gateway/incidents"
	"muster/gateway/rates"
	"muster/gateway/webhooks"
	"muster/incident"
	"muster/integrations/jira"
	"muster/integrations/pagerduty"
	"muster/integrations/slack"
	"muster/internal/config"
	"muster/internal/metrics"
	"muster/internal/sealed"
	"muster/internal/tracing"
	"muster/playbook/file"
)

var errNotOpen = errors.New("not open")

// Options say which parts of Muster run in this process.
type Options struct {
	// Lookup reads the environment.
	Lookup config.Lookup
	// Client is the connection to Temporal; the app does not close it.
	Client client.Client
	// Converter is the client's, for what reads payloads itself; nil is Temporal's default.
	Converter converter.DataConverter
	Logger    *slog.Logger
	// Metrics are those of this process, whose SDK the client has as its handler; nil for others without
	// what workflows count.
	Metrics *metrics.Metrics
	// Traces are those of this process, which the client carries through Temporal; nil makes none.
	Traces *tracing.Traces
	// Namespace is Temporal's; empty is "default".
	Namespace string

	Worker, Gateway bool
	Limits          Limits
	PanicPolicy     worker.WorkflowPanicPolicy
	// TimeoutScale is sent along with declarations; 0 counts as 1.
	TimeoutScale float64
	// SweepEvery overrides the environment's interval when it is set.
	SweepEvery time.Duration
	// Development serves the API without tokens, on the loopback address only.
	Development bool
	// Patient waits at the start for Temporal, the namespace and a playbook that can be read, and says meanwhile what
	// is missing. Without it what is missing is an error.
	Patient bool
	// Fatal hears of a worker that cannot go on.
	Fatal func(error)
}

// App is the parts of Muster in one process.
type App struct {
	options Options
	config  *config.Config
	// Incidents starts and signals workflows.
	Incidents *incidents.Client
	// Playbook is read again when its file changes.
	Playbook *file.Source

	// Archive is nil where there is none.
	Archive *archive.Archive

	vendors vendors
	auth    httpapi.Authenticator
	state   state
	undo    []func()
}

// New reads the configuration and makes the parts; it calls nobody.
func New(o Options) (*App, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Namespace == "" {
		o.Namespace = client.DefaultNamespace
	}
	c, err := config.Load(o.Lookup)
	if err != nil {
		return nil, fmt.Errorf("configuration:\n%w", err)
	}
	if o.Metrics == nil {
		if o.Metrics, err = metrics.New(o.Logger); err != nil {
			return nil, err
		}
	}
	a := &App{options: o, config: c, Playbook: file.NewSource(c.Playbook, time.Now)}
	if a.auth, err = authenticator(o, c); err != nil {
		return nil, fmt.Errorf("configuration:\n%w", err)
	}
	if a.vendors, err = connect(c, o.Logger, observed(o.Metrics, o.Traces)); err != nil {
		return nil, fmt.Errorf("configuration:\n%w", err)
	}
	if !c.Archive.Empty() {
		if a.Archive, err = archive.New(c.Archive.Reveal()); err != nil {
			return nil, fmt.Errorf("configuration:\nMUSTER_ARCHIVE: %w", err)
		}
		a.Archive.Observer = observedArchive(o.Metrics)
		if o.Worker {
			o.Metrics.HasArchive()
		}
	}
	a.Incidents = incidents.New(a.incidentOptions())
	return a, nil
}

// keeper is the archive for the workers, nil where there is none.
func (a *App) keeper() activities.Archives {
	if a.Archive == nil {
		return nil
	}
	return a.Archive
}

func (a *App) incidentOptions() incidents.Options {
	o := a.options
	return incidents.Options{
		Temporal: o.Client, Playbook: a.Playbook, Logger: o.Logger, UIURL: a.config.UIURL, Namespace: o.Namespace, TimeoutScale: o.TimeoutScale,
		Answered: o.Metrics.Answered, Converter: o.Converter, Archive: a.gatewayArchive(),
	}
}

// gatewayArchive is the archive for the gateway, nil where there is none.
func (a *App) gatewayArchive() incidents.Archive {
	if a.Archive == nil {
		return nil
	}
	return a.Archive
}

// Start starts the parts. When one fails, those before it are stopped again.
func (a *App) Start(ctx context.Context) error {
	for _, off := range a.config.Off() {
		a.options.Logger.InfoContext(ctx, "switched off", "because", off)
	}
	if a.options.Worker {
		a.warnOfPages(ctx)
	}
	a.state.say("starting")
	if err := a.start(ctx); err != nil {
		a.Stop()
		return err
	}
	a.state.say("")
	return nil
}

// projects are the tracker's projects that the playbook names, as far as it can be read here.
func (a *App) projects() []string {
	p, err := a.Playbook.Current()
	if err != nil || p.Tracker().Project == "" {
		return nil
	}
	return []string{p.Tracker().Project}
}

// operators is the channel of those who run Muster, as far as the playbook can be read here.
func (a *App) operators() string {
	p, err := a.Playbook.Current()
	if err != nil {
		return ""
	}
	return p.Operators().Channel
}

func (a *App) start(ctx context.Context) error {
	if a.Archive != nil {
		a.undo = append(a.undo, func() { _ = a.Archive.Close() }) // everything that matters is committed
	}
	// Health is served first and last: it says what is missing at the start, and that the process is stopping.
	if err := a.serveHealth(ctx); err != nil {
		return err
	}
	if err := a.await(ctx); err != nil {
		return err
	}
	if a.options.Worker {
		w := NewWorkers(a.options.Client, WorkerOptions{
			Namespace: a.options.Namespace, Converter: a.options.Converter, Vendors: a.vendors.Vendors, Limits: a.options.Limits,
			PanicPolicy: a.options.PanicPolicy, Fatal: a.options.Fatal, Projects: a.projects, Doctor: examiner{a},
			Restorer: a.Incidents, Operators: a.operators, Drills: a.Incidents, Version: a.version(ctx), Archive: a.keeper(),
		})
		if err := w.Start(); err != nil {
			return err
		}
		a.undo = append(a.undo, w.Stop)
	}
	if a.options.Gateway {
		a.forgetOld(ctx)
		if err := a.serveGateway(ctx); err != nil {
			return err
		}
	}
	return a.prepare(ctx)
}

// version is that of this installation's workers, the zero one without a deployment.
func (a *App) version(ctx context.Context) worker.WorkerDeploymentVersion {
	if a.config.Deployment == "" {
		return worker.WorkerDeploymentVersion{}
	}
	a.options.Logger.InfoContext(ctx, "workers have a version; they take new work once `starter upgrade` has made it the current one",
		"deployment", a.config.Deployment, "build", a.config.Build)
	return worker.WorkerDeploymentVersion{DeploymentName: a.config.Deployment, BuildID: a.config.Build}
}

// prepare makes what must run once in an installation. All of it is safe to repeat.
func (a *App) prepare(ctx context.Context) error {
	if err := a.Incidents.EnsureRegister(ctx); err != nil {
		return err
	}
	every := a.config.Sweep
	if a.options.SweepEvery > 0 {
		every = a.options.SweepEvery
	}
	if err := a.Incidents.EnsureSweep(ctx, every); err != nil {
		return err
	}
	zone := "" // whoever cannot read the playbook leaves it to others
	if p, err := a.Playbook.Current(); err == nil {
		zone = p.Calendar().Location().String()
	}
	if err := a.Incidents.EnsureCheckUp(ctx, zone); err != nil {
		return err
	}
	if !a.options.Gateway {
		return nil // only the gateway has a playbook
	}
	return a.scheduleDigests(ctx)
}

func (a *App) serveGateway(ctx context.Context) error {
	a.options.Metrics.Read(metrics.Reader{
		Temporal: a.options.Client, Namespace: a.options.Namespace, Converter: a.options.Converter, Logger: a.options.Logger,
	})
	h := gateway.New(gateway.Options{
		Incidents: a.Incidents, Auth: a.auth, Rates: a.rates(), Logger: a.options.Logger, Webhooks: a.webhooks(), Slack: a.openSlack(ctx),
		Delivered: a.options.Metrics.Delivered, Codec: sealed.CodecOf(a.options.Converter), UIOrigin: originOf(a.config.UIURL),
		Reports: a.reports(), Zone: a.zone,
	})
	return a.serve(ctx, a.config.Listen, "MUSTER_LISTEN", newServer(a.options.Traces.Handler(h), answerTime))
}

// reports are what the archive answers, nil where there is none.
func (a *App) reports() httpapi.Reports {
	if a.Archive == nil {
		return nil
	}
	return a.Archive
}

// zone is that of the playbook's calendar, UTC while the playbook cannot be read.
func (a *App) zone() *time.Location {
	p, err := a.Playbook.Current()
	if err != nil {
		return time.UTC
	}
	return p.Calendar().Location()
}

// originOf is where the pages at an address come from, as browsers say it.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// rates bound how often callers make something new; each door counts its own.
func (a *App) rates() *rates.Limits {
	if a.config.RateFactor == 0 {
		return nil
	}
	return rates.New(a.config.RateFactor, time.Now)
}

// serveHealth serves what machines watch, each part of Muster at an address of its own.
func (a *App) serveHealth(ctx context.Context) error {
	if a.options.Worker {
		if err := a.serveHealthAt(ctx, a.config.WorkerListen, "MUSTER_WORKER_LISTEN", a.workerChecks()...); err != nil {
			return err
		}
	}
	if a.options.Gateway {
		return a.serveHealthAt(ctx, a.config.MetricsListen, "MUSTER_METRICS_LISTEN", a.gatewayChecks()...)
	}
	return nil
}

func (a *App) serveHealthAt(ctx context.Context, address, variable string, checks ...gateway.Check) error {
	if address == "" {
		return nil
	}
	return a.serve(ctx, address, variable, newServer(gateway.Health(a.options.Metrics.Handler(), checks...), watchTime))
}

// webhooks verify deliveries with the secrets of the vendors that are set up.
func (a *App) webhooks() webhooks.Vendors {
	w := webhooks.Vendors{}
	if secrets := a.config.PagerDuty.WebhookSecrets; len(secrets) > 0 {
		w.PagerDuty = func(header http.Header, body []byte) (pagerduty.Event, error) {
			return pagerduty.ParseWebhook(header, body, secrets)
		}
	}
	if secrets := a.config.Jira.WebhookSecrets; len(secrets) > 0 {
		w.Jira = func(header http.Header, body []byte) (jira.Event, error) {
			return jira.ParseWebhook(header, body, secrets)
		}
	}
	if tracker := a.vendors.tracker; tracker != nil {
		w.JiraSelf = tracker.Self
	}
	w.PagerDutyFrom = incident.NormalPerson(a.config.PagerDuty.From)
	if pager := a.vendors.pager; pager != nil && a.config.PagerDuty.On() {
		w.PersonEmail, w.PageAlerts, w.FindPage = pager.PersonEmail, pager.Alerts, pager.Find
	}
	return w
}

// workerChecks are what a worker needs to be of use: vendors that are down are waited for.
func (a *App) workerChecks() []gateway.Check {
	return []gateway.Check{a.state.check(), a.temporalCheck(), a.sweepCheck()}
}

// sweepCheck tells that somebody has paused or deleted the Sweep's schedule. No process is of less use for
// that, so all stay in service.
func (a *App) sweepCheck() gateway.Check {
	return gateway.Check{Name: "sweep", Told: true, Run: a.Incidents.SweepRuns}
}

func (a *App) temporalCheck() gateway.Check {
	return gateway.Check{Name: "temporal", Run: func(ctx context.Context) error {
		_, err := a.options.Client.CheckHealth(ctx, &client.CheckHealthRequest{})
		return err
	}}
}

// gatewayChecks are what the gateway needs to be of use. A playbook that has become wrong is
// only told of: the last good one serves. So is Slack: the API and the webhooks work while its
// socket is closed, and taking the process out of service would close them too.
func (a *App) gatewayChecks() []gateway.Check {
	checks := []gateway.Check{a.state.check(), a.temporalCheck(), a.sweepCheck(), a.playbookCheck()}
	if a.vendors.socket != nil {
		checks = append(checks, socketCheck(a.vendors.socket))
	}
	return checks
}

func (a *App) playbookCheck() gateway.Check {
	return gateway.Check{Name: "playbook", Told: true, Run: func(context.Context) error {
		if _, err := a.Playbook.Current(); err != nil {
			return err
		}
		if err := a.Playbook.Err(); err != nil {
			return fmt.Errorf("the last good one serves, since the file is refused: %w", err)
		}
		return nil
	}}
}

func socketCheck(s *slack.Socket) gateway.Check {
	return gateway.Check{Name: "slack socket", Told: true, Run: func(context.Context) error {
		if s.Connected() {
			return nil
		}
		return cmp.Or(s.Failure(), errNotOpen)
	}}
}

// authenticator knows who may use the API. What is wrong with the tokens is found before anything
// starts.
func authenticator(o Options, c *config.Config) (httpapi.Authenticator, error) {
	if o.Development || !o.Gateway {
		return httpapi.OpenOnLoopback{}, nil
	}
	tokens, err := c.APITokens(os.ReadFile)
	if err != nil {
		return nil, err
	}
	return httpapi.NewTokens(tokens, time.Now), nil
}

// How long an answer may take, with the time in which it is read; those that machines watch are short, and a
// scraper that hangs is let go soon.
const (
	answerTime = time.Minute
	watchTime  = 15 * time.Second
)

// newServer bounds what a caller can hold.
func newServer(h http.Handler, answer time.Duration) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: answer, IdleTimeout: 2 * time.Minute}
}

// serve listens and answers until Stop, which lets requests that are under way end.
func (a *App) serve(ctx context.Context, address, variable string, srv *http.Server) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("cannot listen on %s; choose another address with %s: %w", address, variable, err)
	}
	a.options.Logger.InfoContext(ctx, "listening", "address", l.Addr().String(), "setting", variable)
	go func() {
		if err := srv.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			a.options.Logger.Error("stopped serving", "address", address, "error", err)
		}
	}()
	a.undo = append(a.undo, func() { //nolint:contextcheck // stopping begins when the start's context has ended
		ctx, cancel := context.WithTimeout(context.Background(), requestBound)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			a.options.Logger.Warn("requests were cut off", "error", err)
			_ = srv.Close() // they have had their time
		}
	})
	return nil
}

// Stop stops the parts in reverse order. Calling it again does nothing.
func (a *App) Stop() {
	a.state.say(stopping)
	for len(a.undo) > 0 {
		last := a.undo[len(a.undo)-1]
		a.undo = a.undo[:len(a.undo)-1]
		last()
	}
}
