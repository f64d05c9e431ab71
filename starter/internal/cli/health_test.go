package cli_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway"
	"muster/starter/internal/cli"
)

func TestHealthAsksTheGatewayOfThisMachine(t *testing.T) {
	t.Parallel()
	var away error
	s := httptest.NewServer(gateway.Health(nil, gateway.Check{Name: "temporal", Run: func(context.Context) error { return away }}))
	t.Cleanup(s.Close)
	tm := newTerminal(t)
	tm.env["MUSTER_METRICS_LISTEN"] = strings.TrimPrefix(s.URL, "http://")
	tm.run("health").prints("temporal: ok\n")
	tm.run("health -o json").printsJSON(`{"ready": true, "said": "temporal: ok"}`)

	away = errors.New("no connection")
	o := tm.run("health")
	require.Equal(t, output{t, cli.ExitFailed, "temporal: no connection\n", o.text}, o)
	require.Contains(t, o.text, "not ready")
	s.Close()
	tm.run("health").fails(cli.ExitFailed, "nothing answers")
}

func TestHealthNeedsToKnowWhereToAsk(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.run("health").fails(cli.ExitUsage, "MUSTER_METRICS_LISTEN is not set")
	tm.env["MUSTER_METRICS_LISTEN"] = "8090"
	tm.run("health").fails(cli.ExitFailed, `MUSTER_METRICS_LISTEN is "8090": write host:port`)
}

func TestTheVersionIsSaid(t *testing.T) {
	t.Parallel()
	o := newTerminal(t).run("--version")
	require.Equal(t, cli.ExitOK, o.code, o.text)
	require.Regexp(t, `^starter \S+ \(go1\.\d+`, o.stdout)
}
