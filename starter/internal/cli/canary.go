package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/incident"
	"muster/workflows/api"
)

func (s *session) canary() *cobra.Command {
	cmd := &cobra.Command{Use: "canary", Short: "Run a drill through everything, to see whether Muster could run an incident"}
	cmd.AddCommand(&cobra.Command{
		Use: "run", Short: "Run a canary now and tell how long each leg took", Args: cobra.NoArgs,
		Long: `Run a canary now and tell how long each leg took.

It declares a drill that reaches what the playbook names under canary: and nothing else, looks for its
page, its message and its issue at the vendors, and ends it. The exit code is 1 when a leg fails.
It takes as long as the slowest vendor; breaking it off does not end it.`,
		Example: "  starter canary run",
		RunE: s.own(func(ctx context.Context, _ []string) error {
			var res api.CanaryResult
			err := s.reach(ctx, func(c Incidents) (err error) {
				res, err = c.RunCanary(ctx)
				return err
			})
			if err != nil {
				return err
			}
			return s.canaryRan(res)
		}),
	})
	return cmd
}

func (s *session) canaryRan(res api.CanaryResult) error {
	if err := s.answer(res, func(w io.Writer) { writeCanary(w, res) }); err != nil {
		return err
	}
	var failed []string
	for _, l := range res.Failed() {
		failed = append(failed, l.Name)
	}
	if len(failed) > 0 {
		return fmt.Errorf("the canary failed: %s", incident.And(failed))
	}
	return nil
}

func writeCanary(w io.Writer, res api.CanaryResult) {
	rows := make([][]string, len(res.Legs))
	for k, l := range res.Legs {
		switch {
		case l.Skipped:
			rows[k] = []string{l.Name, "skipped", "", l.Problem}
		case l.Problem != "":
			rows[k] = []string{l.Name, "failed", l.Took.Round(time.Millisecond).String(), l.Problem}
		default:
			rows[k] = []string{l.Name, "ok", l.Took.Round(time.Millisecond).String(), ""}
		}
	}
	table(w, "", rows)
	if res.Number > 0 {
		fmt.Fprintf(w, "%s by %s\n", strings.ToUpper(res.Outcome[:1])+res.Outcome[1:], incident.Key(res.Number))
	}
}
