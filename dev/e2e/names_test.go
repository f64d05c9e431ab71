package e2e

import (
	"context"
	"net"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"golang.org/x/net/dns/dnsmessage"

	"muster/incident"
	"muster/internal/dial"
	"muster/workflows/api"
)

// Temporal and the vendors are known by name, and for a while no name is found while every connection breaks.
func TestNamesThatAreNotFoundForAWhileLoseNothing(t *testing.T) {
	t.Parallel()
	m := install(t, withoutWorker)
	line := newLine(t, m.Temporal, 0)
	vendors := m.behindAName()
	m.startsWorkersByName(line, vendors)
	i := m.declares("bob@example.com", "Checkout is down", 1, "checkout")
	i.isOpen()

	found.away.Store(true)
	asked := found.refused.Load()
	line.cut()
	vendors.CloseClientConnections()
	next := m.declares("bob@example.com", "Search is down", 1, "checkout")
	m.eventually(func() bool { return found.refused.Load() > asked+2 }, "names are looked up again")
	require.Empty(t, next.pages(), "no worker reaches Temporal")
	found.away.Store(false)

	next.isOpen()
	m.eventually(func() bool { return len(next.pages()) == 1 }, "and its page is out")
	for _, opened := range []*opened{i, next} {
		opened.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
		opened.onceEverywhere()
	}
	m.eventually(func() bool { return len(m.Sims.Pager.OpenIncidents()) == 0 }, "the pages are withdrawn")
}

// behindAName is a way to the simulated vendors, which answer nobody who calls them by another name than this machine's.
func (m *installation) behindAName() *httptest.Server {
	m.t.Helper()
	to, err := url.Parse(m.Env()["JIRA_URL"])
	require.NoError(m.t, err)
	to.Path = ""
	s := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }})
	m.t.Cleanup(s.Close)
	return s
}

// startsWorkersByName starts workers that know Temporal and the vendors by names.
func (m *installation) startsWorkersByName(l *line, vendors *httptest.Server) {
	m.t.Helper()
	env := m.Env()
	ours, err := url.Parse(env["JIRA_URL"])
	require.NoError(m.t, err)
	theirs, err := url.Parse(vendors.URL)
	require.NoError(m.t, err)
	for name, value := range env {
		env[name] = strings.ReplaceAll(value, "http://"+ours.Host, "http://"+net.JoinHostPort(madeUp, theirs.Port()))
	}
	_, port, err := net.SplitHostPort(l.address)
	require.NoError(m.t, err)
	c, err := dial.Lazily(dial.Sealed(client.Options{HostPort: net.JoinHostPort(madeUp, port), Logger: sdklog.NewStructuredLogger(logger(m.t))}, nil))
	require.NoError(m.t, err)
	m.t.Cleanup(c.Close)
	m.startsWorkersAt(c, env)
}

// madeUp is the one name that these tests look up.
const madeUp = "muster.example.com"

// found answers what names are looked up in this process, of which no other test has one.
var found names

// names is a server that knows madeUp and nothing else.
type names struct {
	away    atomic.Bool
	refused atomic.Int64
}

// answer is what it says to one question.
func (n *names) answer(question []byte) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil {
		return nil, err
	}
	m.Response, m.Additionals = true, nil
	q := m.Questions[0]
	switch {
	case q.Name.String() != madeUp+".":
		m.RCode = dnsmessage.RCodeNameError
	case n.away.Load():
		n.refused.Add(1)
		m.RCode = dnsmessage.RCodeServerFailure
	case q.Type == dnsmessage.TypeA:
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
			Body:   &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}},
		}}
	}
	return m.Pack()
}

// serve makes it the one that this process asks, until stop. It is called before any test.
func (n *names) serve() (stop func(), err error) {
	conn, err := (&net.ListenConfig{}).ListenPacket(context.Background(), "udp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() {
		for buffer := make([]byte, 1<<12); ; {
			size, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return // it is stopped
			}
			if said, err := n.answer(buffer[:size]); err == nil {
				_, _ = conn.WriteTo(said, from) // whoever asks asks again
			}
		}
	}()
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	return func() { _ = conn.Close() }, nil
}

// line is a way to an address that can be cut.
type line struct {
	address string
	mu      sync.Mutex
	open    []net.Conn
}

// newLine says everything late by as much.
func newLine(t *testing.T, to string, late time.Duration) *line {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := &line{address: listener.Addr().String()}
	t.Cleanup(func() { _ = listener.Close(); l.cut() })
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return // the test is over
			}
			l.mu.Lock()
			l.open = append(l.open, near)
			l.mu.Unlock()
			go carries(near, to, late)
		}
	}()
	return l
}

// cut breaks every connection over it.
func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.open {
		_ = c.Close() // one side may have gone before
	}
	l.open = nil
}
