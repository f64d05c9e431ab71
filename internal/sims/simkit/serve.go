package simkit

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"muster/internal/local"
)

// Serve listens on addr ("127.0.0.1:0" picks a free port), serves h in the
// background and returns the base URL without a trailing slash. stop closes the
// listener and all connections; requests in a handler are not waited for. ctx
// bounds the listening call only, not what is served.
func Serve(ctx context.Context, addr string, h http.Handler) (url string, stop func(), err error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return "", nil, fmt.Errorf("listen on %q: %w", addr, err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintf(os.Stderr, "simkit: serve on %s: %v\n", listener.Addr(), err)
		}
	}()
	stop = func() {
		_ = server.Close()
		<-done
	}
	return "http://" + reachable(listener.Addr()), stop, nil
}

// reachable turns "[::]:80", where one can listen but not call, into an address
// that can be called.
func reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	return net.JoinHostPort("127.0.0.1", fmt.Sprint(tcp.Port))
}

// Main is the body of a simulator's command. It adds --addr to the command
// line's flags, parses them, builds the handler and serves it until the process
// is interrupted. Flags that build needs are to be defined before the call.
func Main(name string, build func() (http.Handler, error)) {
	addr := flag.String("addr", "127.0.0.1:0", "address to listen on")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, name, *addr, build)
	cancel()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, name, addr string, build func() (http.Handler, error)) error {
	handler, err := build()
	if err != nil {
		return err
	}
	url, stop, err := Serve(ctx, addr, local.Guard(handler))
	if err != nil {
		return err
	}
	defer stop()
	fmt.Printf("%s listens on %s\n", name, url)
	<-ctx.Done()
	return nil
}
