package server

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
)

// webUI is Temporal's Web UI. Its connection to the frontend can not be closed from outside: it stays, idle and
// retrying, until the process ends. Tests that start many servers therefore turn the UI off.
type webUI struct {
	server *uiserver.Server
	done   chan struct{}
}

// startUI returns when the UI answers: it listens in a goroutine of its own, and stopping it before it listens would
// do nothing.
func startUI(ctx context.Context, o Options, port int, frontend string) (*webUI, error) {
	u := &webUI{
		server: uiserver.NewServer(uioptions.WithConfigProvider(&uiconfig.Config{
			TemporalGRPCAddress: frontend,
			Host:                bracketed(o.IP),
			Port:                port,
			EnableUI:            true,
			DefaultNamespace:    o.Namespace,
			// The UI is plain HTTP on loopback; without this, browsers would drop its CSRF cookie and every button
			// in it would fail.
			CORS: uiconfig.CORS{CookieInsecure: true},
			// Nothing in dev mode may call home.
			DisableNewsFetch:   true,
			NotifyOnNewVersion: false,
			HideLogs:           true,
		})),
		done: make(chan struct{}),
	}
	go func() {
		defer close(u.done)
		_ = u.server.Start()
	}()
	health := "http://" + hostPort(dialable(o.IP), port) + "/healthz"
	if err := waitForHTTP(ctx, health); err != nil {
		u.stop()
		return nil, fmt.Errorf("web UI: %w", err)
	}
	return u, nil
}

func (u *webUI) stop() {
	u.server.Stop()
	select {
	case <-u.done:
	case <-time.After(stopTime):
	}
}

func waitForHTTP(ctx context.Context, url string) error {
	// A transport of its own, closed again, leaves no idle connection to a server that is to be stopped.
	transport := &http.Transport{DisableKeepAlives: true}
	client := &http.Client{Transport: transport, Timeout: time.Second}
	defer transport.CloseIdleConnections()
	return poll(ctx, func() error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return err
		}
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		defer func() { _ = res.Body.Close() }()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answered %s", url, res.Status)
		}
		return nil
	})
}

// bracketed writes an IPv6 address as the UI wants it, which joins host and port by hand.
func bracketed(ip string) string {
	if p := net.ParseIP(ip); p != nil && p.To4() == nil {
		return "[" + ip + "]"
	}
	return ip
}

// poll calls try until it succeeds or ctx ends, and then returns the last error of try.
func poll(ctx context.Context, try func() error) error {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("%w: last attempt: %w", context.Cause(ctx), err)
		}
	}
}
