package slacksim

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// SetSocketMode sends everything over Socket Mode from now on, or to the targets again.
func (s *Sim) SetSocketMode(on bool) {
	s.mu.Lock()
	s.socketMode = on
	targets := s.targets
	s.mu.Unlock()
	if on {
		targets = socketTargets
	}
	s.aim(targets)
}

// Sockets counts the connections of Socket Mode.
func (s *Sim) Sockets() int { return len(s.sockets.all()) }

// WaitSockets returns when there are n connections or more, or with the context's error.
func (s *Sim) WaitSockets(ctx context.Context, n int) error {
	for {
		s.sockets.mu.Lock()
		open, changed := len(s.sockets.open), s.sockets.changed
		s.sockets.mu.Unlock()
		if open >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// DropSockets cuts all connections; what was not acknowledged goes to those that come next.
func (s *Sim) DropSockets() {
	for _, c := range s.sockets.all() {
		_ = c.conn.Close()
	}
}

// RefreshSockets asks the product to connect anew, as Slack does every few hours. The present
// connections get nothing more, and end after ten seconds.
func (s *Sim) RefreshSockets() {
	for _, c := range s.sockets.all() {
		c.mu.Lock()
		c.retired = true
		c.mu.Unlock()
		_ = c.write(farewell("refresh_requested"))
		time.AfterFunc(10*time.Second, func() { _ = c.conn.Close() })
	}
}

// StallSockets makes the present connections dead ones: they look open, but nothing comes, no
// ping, and nothing is heard. What is sent to them is not acknowledged.
func (s *Sim) StallSockets() {
	for _, c := range s.sockets.all() {
		c.mu.Lock()
		c.stalled = true
		c.mu.Unlock()
	}
}

// connectionsOpen answers apps.connections.open, the one method with the app's own token.
func (s *Sim) connectionsOpen(r *http.Request) any {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if token == "" {
		token = r.FormValue("token")
	}
	switch {
	case token == "":
		return refuse("not_authed").body()
	case strings.HasPrefix(token, "xoxb-"):
		return refuse("not_allowed_token_type").body()
	case !strings.HasPrefix(token, "xapp-"), s.opts.AppToken != "" && token != s.opts.AppToken:
		return refuse("invalid_auth").body()
	}
	return fields{"ok": true, "url": "ws" + strings.TrimPrefix(address(r), "http") + socketPath + s.sockets.ticket()}
}

// address is our own address as the client of a request sees it, with the path at which the
// simulator is served.
func address(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	asked, _, _ := strings.Cut(r.RequestURI, "?")
	return scheme + "://" + r.Host + strings.TrimSuffix(asked, r.URL.Path)
}
