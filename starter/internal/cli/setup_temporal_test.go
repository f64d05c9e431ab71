package cli_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/internal/setup"
	"muster/starter/internal/cli"
)

const day = 24 * time.Hour

// prepares has Temporal answer with what was done to the namespace.
func (tm *terminal) prepares(p setup.Prepared) {
	tm.prepare = func(ctx context.Context, target cli.Target, retention time.Duration) (setup.Prepared, error) {
		_, bounded := ctx.Deadline()
		require.True(tm.t, bounded, "nobody waits for ever")
		tm.target = target
		p.Namespace = target.Temporal.Namespace
		p.Retention = max(p.Retention, retention)
		return p, nil
	}
}

func TestSetupTemporalSaysWhatItMade(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.prepares(setup.Prepared{Made: true})
	tm.run("setup temporal --namespace muster --address temporal:7233").
		prints("Namespace muster was made. It keeps what has ended for 90 days, and has Muster's search attributes.\n")
	require.Equal(t, "temporal:7233", tm.target.Temporal.Address)

	tm.prepares(setup.Prepared{Raised: true})
	tm.run("setup temporal --namespace muster --retention-days 120").
		prints("Namespace muster was there, and its retention was raised. It keeps what has ended for 120 days, and has Muster's search attributes.\n")

	tm.prepares(setup.Prepared{Retention: 365 * day})
	tm.run("setup temporal --namespace muster").
		prints("Namespace muster was there. It keeps what has ended for 365 days, and has Muster's search attributes.\n")
	tm.run("setup temporal --namespace muster -o json").
		printsJSON(`{"namespace": "muster", "made": false, "raised": false, "retention_days": 365}`)
}

func TestSetupTemporalKeepsNothingShorterThanAReviewLasts(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.prepares(setup.Prepared{})
	tm.run("setup temporal --retention-days 30").fails(cli.ExitUsage, "--retention-days: at least 90")
	tm.run("setup temporal --timeout 0s").fails(cli.ExitUsage, "--timeout: write a time")
	tm.run("setup temporal muster").fails(cli.ExitUsage, `unknown command "muster"`)
	tm.prepare = nil
	tm.run("setup temporal").fails(cli.ExitFailed, "built without it")
	tm.prepare = func(context.Context, cli.Target, time.Duration) (setup.Prepared, error) {
		return setup.Prepared{}, errors.New("Temporal at temporal:7233: away")
	}
	tm.run("setup temporal").fails(cli.ExitFailed, "Temporal at temporal:7233: away")
}

func TestSetupTemporalPrintsWhatToDoByHandAndAsksNobody(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.prepare = nil
	want, err := setup.Commands(setup.ToolTcld, "muster.a1b2c", 90)
	require.NoError(t, err)
	tm.run("setup temporal --namespace muster.a1b2c --print tcld").prints(want)
	tm.run("setup temporal --print helm").fails(cli.ExitUsage, `--print: "helm" is no tool`)
}
