package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// PortTakenError says that a port that was asked for is in use.
type PortTakenError struct {
	// Use is what the port was for: "Temporal server" or "Temporal Web UI".
	Use string

	// Addr is the host:port that is taken.
	Addr string

	err error
}

// Error names the port, its use, and the way out.
func (e *PortTakenError) Error() string {
	return fmt.Sprintf("the port for the %s is taken: something else listens on %s; stop it, or choose another port (0 takes a free one)",
		e.Use, e.Addr)
}

// Unwrap returns the error of the operating system.
func (e *PortTakenError) Unwrap() error { return e.err }

// ports are the TCP ports of one server. They are found by listening, and stay taken by us until release.
type ports struct {
	frontend, frontendHTTP, history, matching, worker, ui int

	held map[*int]net.Listener
}

// reservePorts takes all ports at once, so that no two services are given the same one. The services can not be
// handed a listener, so each port is released right before it is used; in between, another process could take it.
func reservePorts(ctx context.Context, o Options) (*ports, error) {
	p := &ports{held: map[*int]net.Listener{}}
	wanted := []struct {
		use  string
		ip   string
		port int
		into *int
	}{
		{"Temporal server", o.IP, o.Port, &p.frontend},
		{"Temporal Web UI", o.IP, o.UIPort, &p.ui},
		{"Temporal server's HTTP API", o.IP, 0, &p.frontendHTTP},
		{"Temporal history service", defaultIP, 0, &p.history},
		{"Temporal matching service", defaultIP, 0, &p.matching},
		{"Temporal system workers", defaultIP, 0, &p.worker},
	}
	for _, w := range wanted {
		if w.port == UIOff {
			continue
		}
		if err := p.reserve(ctx, w.use, hostPort(w.ip, w.port), w.into); err != nil {
			p.release()
			return nil, err
		}
	}
	return p, nil
}

func (p *ports) reserve(ctx context.Context, use, addr string, into *int) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return &PortTakenError{Use: use, Addr: addr, err: err}
	case err != nil:
		return fmt.Errorf("reserve a port for the %s: %w", use, err)
	}
	p.held[into] = l
	*into = l.Addr().(*net.TCPAddr).Port
	return nil
}

func (p *ports) releaseUI() {
	if l := p.held[&p.ui]; l != nil {
		_ = l.Close()
		delete(p.held, &p.ui)
	}
}

func (p *ports) releaseServices() {
	for port, l := range p.held {
		if port != &p.ui {
			_ = l.Close()
			delete(p.held, port)
		}
	}
}

func (p *ports) release() {
	p.releaseUI()
	p.releaseServices()
}

// dialable is the address under which this machine reaches a server that listens on ip.
func dialable(ip string) string {
	switch parsed := net.ParseIP(ip); {
	case !parsed.IsUnspecified():
		return ip
	case parsed.To4() == nil:
		return net.IPv6loopback.String()
	default:
		return defaultIP
	}
}

func hostPort(ip string, port int) string { return net.JoinHostPort(ip, strconv.Itoa(port)) }
