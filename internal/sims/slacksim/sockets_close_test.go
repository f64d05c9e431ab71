package slacksim

import (
	"bytes"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// gate is a listener whose connections hold back the first hello.
type gate struct {
	net.Listener
	reached, open chan struct{}
}

func (g gate) Accept() (net.Conn, error) {
	conn, err := g.Listener.Accept()
	return gated{conn, g}, err
}

type gated struct {
	net.Conn
	gate gate
}

func (g gated) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(`"hello"`)) {
		close(g.gate.reached)
		<-g.gate.open
	}
	return g.Conn.Write(p)
}

// A connection that is on its way when the simulator closes would keep it waiting: the product
// answers pings for ever.
func TestClosingEndsAConnectionThatIsOnItsWay(t *testing.T) {
	t.Parallel()
	sim := New(Options{SocketMode: true})
	server := httptest.NewUnstartedServer(sim)
	g := gate{server.Listener, make(chan struct{}), make(chan struct{})}
	server.Listener = g
	server.Start()
	t.Cleanup(server.Close)

	address := "ws" + strings.TrimPrefix(server.URL, "http") + socketPath + sim.sockets.ticket()
	client, answer, err := websocket.DefaultDialer.DialContext(t.Context(), address, nil)
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = client.Close(), answer.Body.Close() })
	<-g.reached
	closed := make(chan struct{})
	go func() { sim.Close(); close(closed) }()
	require.Eventually(t, func() bool {
		sim.sockets.mu.Lock()
		defer sim.sockets.mu.Unlock()
		return sim.sockets.closed
	}, 10*time.Second, time.Millisecond)
	close(g.open)
	select {
	case <-closed:
	case <-time.After(10 * time.Second):
		require.Fail(t, "it waits for a connection that nobody ends")
	}
}
