package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/archive"
	"muster/incident"
	"muster/playbook/file"
)

// archived is own for commands that need the archive and not Temporal. A file that is not there is made only
// where anew says so: a path that is wrong would answer every question with nothing.
func (s *session) archived(anew bool, f func(ctx context.Context, a *archive.Archive, args []string) error) func(*cobra.Command, []string) error {
	return s.own(func(ctx context.Context, args []string) error {
		return s.withArchive(func(a *archive.Archive) error {
			if path, ok := strings.CutPrefix(a.Where(), "sqlite:"); ok && !anew {
				if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
					return &incident.Problem{Code: incident.CodeInvalid, Field: "MUSTER_ARCHIVE", Reason: path + " does not exist", Mend: "correct the path"}
				}
			}
			return f(ctx, a, args)
		})
	})
}

func (s *session) archiveForget() *cobra.Command {
	dry := false
	cmd := &cobra.Command{
		Use: "forget", Short: "Take out of the archive what is past the time that the playbook keeps it", Args: cobra.NoArgs,
		Long: `Take out of the archive what is past the time that the playbook keeps it.

archive.keep in the playbook says how long incidents of a kind are kept after the last that was heard of
them; a kind that it does not name is kept for ever. What is not over is never taken out. Gateways do this
every hour: try a time with --dry-run, and with a playbook that they do not read yet.`,
		RunE: s.archived(false, func(ctx context.Context, a *archive.Archive, _ []string) error {
			p, err := file.Load(s.target.Playbook, s.Now())
			if err != nil {
				return err
			}
			keep := p.Archive().Keep
			if dry {
				return s.pastTheirTime(ctx, a, keep)
			}
			gone := archive.Forgotten{Numbers: []int{}}
			for more := len(keep) > 0; more; {
				f, err := a.Forget(ctx, keep, s.Now())
				gone.Numbers = append(gone.Numbers, f.Numbers...)
				if err != nil {
					return fmt.Errorf("%d incidents were forgotten, then: %w", len(gone.Numbers), err)
				}
				more = f.More && len(f.Numbers) > 0
			}
			slices.Sort(gone.Numbers)
			return s.answer(gone, func(w io.Writer) {
				printForgotten(w, keep, gone.Numbers, "Forgotten: %s.\n")
			})
		}),
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "take nothing out, and say what would be")
	return cmd
}

// pastTheirTime says what would be forgotten.
func (s *session) pastTheirTime(ctx context.Context, a *archive.Archive, keep map[incident.Kind]time.Duration) error {
	past, err := a.Past(ctx, keep, s.Now())
	if err != nil {
		return err
	}
	slices.Sort(past)
	return s.answer(archive.Forgotten{Numbers: past}, func(w io.Writer) { printForgotten(w, keep, past, "Nothing is taken out yet. Past their time: %s.\n") })
}

func printForgotten(w io.Writer, keep map[incident.Kind]time.Duration, numbers []int, said string) {
	switch {
	case len(keep) == 0:
		fmt.Fprintln(w, "The playbook keeps everything for ever: there is no archive.keep in it.")
	case len(numbers) == 0:
		fmt.Fprintln(w, "Nothing is past its time.")
	default:
		fmt.Fprintf(w, said, ranges(numbers))
	}
}

// ranges writes numbers of incidents in short: INC-1 to INC-7, INC-9.
func ranges(numbers []int) string {
	var out []string
	for k := 0; k < len(numbers); {
		end := k
		for end+1 < len(numbers) && numbers[end+1] == numbers[end]+1 {
			end++
		}
		text := incident.Key(numbers[k])
		if end > k {
			text += " to " + incident.Key(numbers[end])
		}
		out = append(out, text)
		k = end + 1
	}
	return strings.Join(out, ", ")
}
