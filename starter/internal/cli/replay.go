package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/config"
	"muster/internal/replay"
)

// replaying is which histories are gone through.
type replaying struct {
	closed time.Duration
	query  string
	dir    string
}

func (s *session) replay() *cobra.Command {
	var p replaying
	cmd := &cobra.Command{
		Use: "replay [FILE...]", Short: "Say which open workflows this version of Muster could not go on with",
		Long: `Say which open workflows this version of Muster could not go on with.

It downloads the histories of all open workflows, one after the other, and has the workflows of this
program go through each. Run the new version's program before you roll it out: what is listed would
stop there until a mended version runs. It changes nothing. The exit code is 1 when something would
break. With files, it goes through those instead.`,
		Example: "  starter replay\n  starter replay --closed 168h\n  starter replay --query \"WorkflowType = 'Incident'\" --dir histories\n  starter replay histories/*.json",
	}
	f := cmd.Flags()
	f.DurationVar(&p.closed, "closed", 0, "also those that ended within this `time`, such as 168h")
	f.StringVar(&p.query, "query", "", "only those that this visibility `query` finds")
	f.StringVar(&p.dir, "dir", "", "keep the histories in this `folder`; they hold what people wrote")
	cmd.RunE = s.own(func(ctx context.Context, files []string) error {
		if p.closed < 0 {
			return usage("--closed: write a time such as 168h")
		}
		if len(files) > 0 {
			if p != (replaying{}) {
				return usage("FILE: with files, leave --closed, --query and --dir out")
			}
			for _, f := range files {
				if at, err := os.Stat(f); err != nil || at.IsDir() {
					return usage("FILE: %s is no file that can be read", plain(f))
				}
			}
			ring, err := config.EncryptionKeys(s.Lookup, os.ReadFile)
			if err != nil {
				return err
			}
			r := replay.Replayer{Converter: ring.Converter(), Failure: ring.FailureConverter()}
			res, err := r.Files(files)
			return s.replayed(res, err)
		}
		return s.reached(ctx, func(t Reached) error {
			r := replay.Replayer{Converter: t.Converter, Failure: t.Failure, Namespace: t.Namespace, Keep: p.dir}
			res, err := r.Server(ctx, t.Temporal, p.find(s.Now()))
			return s.replayed(res, err)
		})
	})
	return cmd
}

// find is the visibility query.
func (p replaying) find(now time.Time) string {
	q := "ExecutionStatus = 'Running'"
	if p.closed > 0 {
		q = fmt.Sprintf("(%s OR CloseTime > '%s')", q, now.Add(-p.closed).UTC().Format(time.RFC3339))
	}
	if own := strings.TrimSpace(p.query); own != "" {
		q += " AND (" + own + ")"
	}
	// Temporal's own workflows, such as schedulers, run no code of ours.
	return q + " AND TaskQueue = 'muster'"
}

func (s *session) replayed(res replay.Result, err error) error {
	// What was found before it broke off is worth as much.
	if said := s.answer(res, func(w io.Writer) { res.Print(w) }); said != nil || err != nil {
		return cmp.Or(err, said)
	}
	if n := len(res.Breaks); n > 0 {
		return fmt.Errorf("%d of %d histories would break", n, res.Replayed)
	}
	return nil
}
