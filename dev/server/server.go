// Package server runs a whole Temporal server and its Web UI inside this process, on SQLite.
//
// It exists so that one command gives a person a complete Muster, and so that the end-to-end tests run against the
// real server without a download or a container. It is no production server: there is no authentication, and all
// services share one SQLite connection.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/temporal"
)

const (
	// DefaultNamespace is the Temporal namespace that is made when Options names none.
	DefaultNamespace = "default"

	// DefaultRetention keeps closed workflows as long as Muster asks of a production namespace.
	DefaultRetention = 90 * 24 * time.Hour

	// UIOff is the UIPort that starts no Web UI.
	UIOff = -1

	defaultIP   = "127.0.0.1"
	startupTime = 30 * time.Second
	stopTime    = 15 * time.Second
)

// Options says what to start. The zero value is a server in memory, on free loopback ports, with its Web UI.
type Options struct {
	// IP is the address that the frontend and the Web UI listen on; 127.0.0.1 when empty. Nothing here is
	// authenticated, so any other address opens the server to whoever can reach it.
	IP string

	// Port is the frontend's gRPC port; 0 takes a free one.
	Port int

	// UIPort is the Web UI's port; 0 takes a free one and UIOff starts no Web UI.
	UIPort int

	// DataDir is where the SQLite file lives, made when missing. When empty, everything is in memory and is gone
	// after Stop.
	DataDir string

	// Namespace is made, or brought up to date, before Start returns; DefaultNamespace when empty.
	Namespace string

	// Retention is how long closed workflows are kept; DefaultRetention when 0. The server refuses less than an hour.
	Retention time.Duration

	// SearchAttributes are the namespace's custom search attributes, ready for use when Start returns.
	SearchAttributes map[string]enumspb.IndexedValueType

	// DynamicConfig overrides single keys of the server's dynamic configuration, such as "history.maxInFlightUpdates".
	DynamicConfig map[string]any

	// Logger receives the server's log; slog.Default when nil.
	Logger *slog.Logger

	// LogLevel is the least level that reaches Logger. When nil it is warn, because the server's info level is
	// hundreds of lines about its own parts.
	LogLevel slog.Leveler

	// shards is set by benchmarks only: the number is fixed when a database is made.
	shards int32
}

// Server is a running Temporal server.
type Server struct {
	addr     string
	uiAddr   string
	logger   *serverLogger
	temporal temporal.Server
	ui       *webUI
	store    *store
	stopOnce sync.Once
}

// Start starts the server and returns when the frontend answers and the namespace and its search attributes can be
// used. When ctx ends first, or anything fails, whatever was started is stopped again.
func Start(ctx context.Context, options Options) (*Server, error) {
	o, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startupTime)
	defer cancel()

	s := &Server{logger: newServerLogger(o.Logger, o.LogLevel)}
	if err := s.start(ctx, o); err != nil {
		s.Stop()
		return nil, fmt.Errorf("start embedded Temporal server: %w", err)
	}
	return s, nil
}

// Addr returns the frontend's host:port, as a Temporal client wants it.
func (s *Server) Addr() string { return s.addr }

// UIAddr returns the Web UI's URL, or "" when there is none.
func (s *Server) UIAddr() string { return s.uiAddr }

// Stop stops the Web UI, the Temporal services and the store, in this order. It returns after a bounded time even if
// a service hangs, and calling it again does nothing. Clients and workers should be closed before: the frontend waits
// up to a second for calls that are still open.
func (s *Server) Stop() {
	s.stopOnce.Do(func() {
		if s.ui != nil {
			s.ui.stop()
		}
		if s.temporal != nil {
			s.stopTemporal()
		}
		if s.store != nil {
			if err := s.store.close(); err != nil {
				s.logger.log.Warn("Close the embedded server's store", "error", err)
			}
		}
	})
}

func (s *Server) start(ctx context.Context, o Options) error {
	// The data directory's lock comes before the ports: a second server on the same directory usually asks for the
	// same ports too, and the directory is what it has to be told about.
	st, err := openStore(ctx, o)
	if err != nil {
		return err
	}
	s.store = st

	p, err := reservePorts(ctx, o)
	if err != nil {
		return err
	}
	defer p.release()
	s.addr = hostPort(dialable(o.IP), p.frontend)

	// Once built, the services hold their ports and can be stopped only after they have started.
	if err := ctx.Err(); err != nil {
		return err
	}
	s.temporal, err = newTemporalServer(o, p, st, s.logger)
	if err != nil {
		return err
	}
	if err := s.startTemporal(ctx); err != nil {
		return err
	}
	if err := prepareNamespace(ctx, s.addr, o); err != nil {
		return err
	}
	if o.UIPort == UIOff {
		return nil
	}
	p.releaseUI()
	s.ui, err = startUI(ctx, o, p.ui, s.addr)
	if err != nil {
		return err
	}
	s.uiAddr = "http://" + hostPort(dialable(o.IP), p.ui)
	return nil
}

// startTemporal does not outlast ctx by much, although the server's own Start knows no context. A server must have
// started before it can be stopped: a Stop that overtakes Start would leave parts of it running.
func (s *Server) startTemporal(ctx context.Context) error {
	started := make(chan error, 1)
	go func() { started <- s.temporal.Start() }()
	select {
	case err := <-started:
		return err
	case <-ctx.Done():
	}
	late := fmt.Errorf("services did not start in time: %w", context.Cause(ctx))
	select {
	case err := <-started:
		return errors.Join(late, err)
	case <-time.After(stopTime):
		s.temporal = nil // It is stuck, and left behind.
		return late
	}
}

func (s *Server) stopTemporal() {
	// What the services complain about while each loses its neighbours is no news to anyone.
	s.logger.mute()
	stopped := make(chan error, 1)
	go func() { stopped <- s.temporal.Stop() }()
	select {
	case err := <-stopped:
		if err != nil {
			s.logger.log.Warn("Stop the embedded server", "error", err)
		}
	case <-time.After(stopTime):
		s.logger.log.Warn("The embedded server did not stop in time and is left behind", "waited", stopTime)
	}
}

func (o Options) withDefaults() (Options, error) {
	if o.IP == "" {
		o.IP = defaultIP
	}
	if o.Namespace == "" {
		o.Namespace = DefaultNamespace
	}
	if o.Retention == 0 {
		o.Retention = DefaultRetention
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.LogLevel == nil {
		o.LogLevel = slog.LevelWarn
	}
	if o.shards == 0 {
		o.shards = historyShards
	}
	return o, o.validate()
}

func (o Options) validate() error {
	var errs []error
	if net.ParseIP(o.IP) == nil {
		errs = append(errs, fmt.Errorf("server address %q is not an IP address", o.IP))
	}
	if o.Port < 0 || o.Port > 65535 {
		errs = append(errs, fmt.Errorf("server port %d is not between 0 (a free one) and 65535", o.Port))
	}
	if o.UIPort < UIOff || o.UIPort > 65535 {
		errs = append(errs, fmt.Errorf("web UI port %d is not between -1 (no UI), 0 (a free one) and 65535", o.UIPort))
	}
	if o.Retention < time.Hour {
		errs = append(errs, fmt.Errorf("retention %s is below the hour that the server needs", o.Retention))
	}
	return errors.Join(errs...)
}
