package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"muster/internal/config"
	"muster/internal/health"
)

// healthy answers the question for the gateway's health.
type healthy struct {
	Ready bool   `json:"ready"`
	Said  string `json:"said"`
}

func (s *session) health() *cobra.Command {
	return &cobra.Command{
		Use: "health", Short: "Ask the gateway that runs on this machine whether it is ready", Args: cobra.NoArgs,
		Long: `Ask the gateway that runs on this machine whether it is ready.

Run it with the environment of ` + "`starter serve`" + `: it asks for /readyz at MUSTER_METRICS_LISTEN. The exit
code is 1 when the gateway is not ready, or does not answer.`,
		RunE: s.own(func(ctx context.Context, _ []string) error {
			c, err := config.Load(s.Lookup)
			if err != nil {
				return fmt.Errorf("configuration:\n%w", err)
			}
			if c.MetricsListen == "" {
				return usage("MUSTER_METRICS_LISTEN is not set, so the gateway serves no health: set it to an address such as 127.0.0.1:8090")
			}
			said, err := health.Ask(ctx, c.MetricsListen)
			if err != nil && !errors.Is(err, health.ErrNotReady) {
				return err
			}
			if answerErr := s.answer(healthy{err == nil, said}, func(w io.Writer) { fmt.Fprintln(w, said) }); answerErr != nil {
				return answerErr
			}
			return err
		}),
	}
}
