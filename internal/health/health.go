// Package health asks a part of Muster that runs on this machine how it is. The images have no
// shell and no curl, so the programs ask for themselves: it is what their health checks run.
package health

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// ReadyPath is where readiness is served.
const ReadyPath = "/readyz"

// wait bounds the question. Readiness itself gives each of its checks two seconds.
const wait = 10 * time.Second

// maxAnswer is more than readiness ever says.
const maxAnswer = 64 << 10

// ErrNotReady is the answer of a part that runs and lacks what it needs.
var ErrNotReady = errors.New("not ready")

// Ask asks what listens at the address for its readiness, and returns what it says, a line for
// each check. The error is ErrNotReady when it lacks something.
func Ask(ctx context.Context, listen string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	address, err := callable(listen)
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+ReadyPath, nil)
	if err != nil {
		return "", fmt.Errorf("%s: %w", listen, err)
	}
	// A proxy has no part in asking one's own machine.
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := c.Do(r)
	if err != nil {
		return "", fmt.Errorf("nothing answers: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return "", fmt.Errorf("the answer broke off: %w", err)
	}
	switch res.StatusCode {
	case http.StatusOK:
		return lines(body), nil
	case http.StatusServiceUnavailable:
		return lines(body), ErrNotReady
	}
	return "", fmt.Errorf("%s answers %s, which is no readiness", address, res.Status)
}

// callable turns an address at which one listens into one that can be called.
func callable(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil || port == "" || port == "0" {
		return "", fmt.Errorf("%q is no address that can be asked: its port must be known", listen)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}

// lines puts each check on a line of its own. What is no such answer is given as it is.
func lines(body []byte) string {
	found := map[string]string{}
	if err := json.Unmarshal(body, &found); err != nil {
		return strings.TrimSpace(string(body))
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(found)) {
		out = append(out, name+": "+found[name])
	}
	return strings.Join(out, "\n")
}
