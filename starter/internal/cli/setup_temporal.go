package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/config"
	"muster/internal/dial"
	"muster/internal/setup"
)

const day = 24 * time.Hour

// prepared answers the set-up of Temporal.
type prepared struct {
	setup.Prepared
	RetentionDays int `json:"retention_days"`
}

func (s *session) setupTemporal() *cobra.Command {
	least := int(setup.LeastRetention / day)
	var days int
	var tool string
	cmd := &cobra.Command{
		Use: "temporal", Short: "Make Muster's namespace at Temporal, and its search attributes", Args: cobra.NoArgs,
		Long: `Make Muster's namespace at Temporal, and its search attributes.

What is there is kept, and a retention that is too short is raised; it may be run again at any time. A
server that is only starting is waited for, as long as --timeout allows.

Temporal Cloud lets no such command make a namespace or search attributes. With --print, this one asks
nobody and prints what to run or to add instead: for tcld, for terraform, or for cli, the temporal
command, where somebody else looks after the server.`,
		Example: "  starter setup temporal --namespace muster --timeout 2m\n  starter setup temporal --namespace muster.a1b2c --print tcld",
	}
	cmd.Flags().IntVar(&days, "retention-days", least, "how many `days` Temporal keeps what has ended")
	cmd.Flags().StringVar(&tool, "print", "", "print what to do by hand, for this `tool`: tcld, terraform or cli")
	cmd.RunE = s.own(func(ctx context.Context, _ []string) error {
		switch {
		case days < least:
			return usage("--retention-days: at least %d, since follow-ups and reviews are asked about for months", least)
		case tool != "":
			return s.printSetup(tool, days)
		case s.timeout <= 0:
			return usage("--timeout: write a time such as 30s")
		case s.Prepare == nil:
			return errors.New("setup temporal: this program was built without it")
		}
		ctx, cancel := context.WithTimeout(ctx, s.timeout)
		defer cancel()
		p, err := s.Prepare(ctx, s.target, time.Duration(days)*day)
		if err != nil {
			return err
		}
		kept := int(p.Retention / day)
		return s.answer(prepared{p, kept}, func(w io.Writer) {
			done := "was there"
			switch {
			case p.Made:
				done = "was made"
			case p.Raised:
				done = "was there, and its retention was raised"
			}
			fmt.Fprintf(w, "Namespace %s %s. It keeps what has ended for %d days, and has Muster's search attributes.\n", p.Namespace, done, kept)
		})
	})
	return cmd
}

// printed answers setup temporal --print.
type printed struct {
	Tool     string `json:"tool"`
	Commands string `json:"commands"`
}

func (s *session) printSetup(tool string, days int) error {
	o, err := temporalOptions(s.target, s.Lookup, nil)
	if err != nil {
		return usage("%s", err)
	}
	commands, err := setup.Commands(tool, o.Namespace, days)
	if err != nil {
		return usage("--print: %s", err)
	}
	return s.answer(printed{tool, commands}, func(w io.Writer) { fmt.Fprint(w, commands) })
}

// Prepare makes the Prepare of a real command line. It connects when it first asks, because the
// server may be starting.
func Prepare(lookup config.Lookup, environ func() []string) func(ctx context.Context, t Target, retention time.Duration) (setup.Prepared, error) {
	return func(ctx context.Context, t Target, retention time.Duration) (setup.Prepared, error) {
		o, err := temporalOptions(t, lookup, environ)
		if err != nil {
			return setup.Prepared{}, err
		}
		c, err := dial.Lazily(o)
		if err != nil {
			return setup.Prepared{}, fmt.Errorf("Temporal at %s cannot be reached: %w", o.HostPort, err) //nolint:staticcheck // a name
		}
		defer c.Close()
		p, err := setup.Prepare(ctx, c, o.Namespace, retention)
		if err != nil {
			return p, fmt.Errorf("Temporal at %s: %w", o.HostPort, err) //nolint:staticcheck // a name
		}
		return p, nil
	}
}
