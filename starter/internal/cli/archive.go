package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"muster/archive"
	"muster/gateway/incidents"
	"muster/internal/config"
	"muster/internal/records"
)

// openArchive gives the archive that the environment names, nil where it names none.
func openArchive(lookup config.Lookup) (*archive.Archive, error) {
	address, _ := lookup("MUSTER_ARCHIVE")
	if address == "" {
		return nil, nil //nolint:nilnil // there is none
	}
	a, err := archive.New(address)
	if err != nil {
		return nil, usage("MUSTER_ARCHIVE: %s", err.Error())
	}
	return a, nil
}

// withArchive runs a command that needs the archive.
func (s *session) withArchive(f func(a *archive.Archive) error) error {
	a, err := openArchive(s.Lookup)
	if err != nil {
		return err
	}
	if a == nil {
		return incidents.NoArchive()
	}
	defer func() { _ = a.Close() }() // everything that matters is committed
	return f(a)
}

func (s *session) archive() *cobra.Command {
	cmd := &cobra.Command{
		Use: "archive", Short: "Compare, fill and use the archive, which outlives Temporal",
		Long: `Compare, fill and use the archive, which outlives Temporal.

MUSTER_ARCHIVE says where it is: sqlite:PATH, or postgres://USER:PASSWORD@HOST/DATABASE.`,
	}
	cmd.AddCommand(s.archiveCheck(), s.archiveRebuild(), s.archiveRestore(), s.archiveForget())
	return cmd
}

// shownNames is how many workflows an answer names.
const shownNames = 20

func (s *session) archiveCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "Say what the archive lacks of what Temporal holds", Args: cobra.NoArgs,
		Long: `Say what the archive lacks of what Temporal holds.

It asks every workflow that Temporal keeps, of closed ones too, which a worker must answer, and changes
nothing. The exit code is 1 when something is missing.`,
		RunE: s.own(func(ctx context.Context, _ []string) error {
			return s.withRecords(ctx, func(r records.Records) error {
				report, err := r.Check(ctx)
				if err != nil {
					return err
				}
				if err := s.answer(report, func(w io.Writer) { writeReport(w, report) }); err != nil || report.InOrder() {
					return err
				}
				if len(report.Lost) > 0 {
					return errors.New("some of what is open in the archive is not in Temporal; if its data was lost, see `starter archive restore --help`")
				}
				return errors.New("the archive is not in order; `starter archive rebuild` writes what is missing or older")
			})
		}),
	}
}

func (s *session) archiveRebuild() *cobra.Command {
	var older bool
	cmd := &cobra.Command{
		Use: "rebuild", Short: "Fill the archive from what Temporal holds", Args: cobra.NoArgs,
		Long: `Fill the archive from what Temporal holds: when it is new, or was restored from a back-up.

It writes the record of every workflow that Temporal keeps, of closed ones too. It may be run at any
time, and again: what the archive holds of a newer version stays, and so does what Temporal has lost
by going back to a back-up of its own.`,
		RunE: s.own(func(ctx context.Context, _ []string) error {
			return s.withRecords(ctx, func(r records.Records) error {
				report, err := r.Rebuild(ctx, older, func(workflow string, err error) {
					if err != nil {
						fmt.Fprintf(s.Stderr, "%s: %s\n", plain(workflow), spoken(err))
					}
				})
				if err != nil {
					return err
				}
				if err := s.answer(report, func(w io.Writer) { writeReport(w, report) }); err != nil || len(report.Unanswered) == 0 {
					return err
				}
				return errors.New("some workflows did not answer; run it again when their workers do")
			})
		}),
	}
	cmd.Flags().BoolVar(&older, "older", false, "also where the archive knows more than Temporal, which is lost by it")
	return cmd
}

func (s *session) withRecords(ctx context.Context, f func(records.Records) error) error {
	return s.withArchive(func(a *archive.Archive) error {
		return s.reached(ctx, func(t Reached) error {
			return f(records.Records{Temporal: t.Temporal, Namespace: t.Namespace, Archive: a})
		})
	})
}

func writeReport(w io.Writer, r records.Report) {
	fmt.Fprintf(w, "Temporal holds %s, the archive %d.\n", counted(r.Temporal, "workflow"), r.Archive)
	if r.Written > 0 {
		fmt.Fprintf(w, "%s written.\n", counted(r.Written, "record"))
	}
	for _, part := range []struct {
		what string
		ids  []string
	}{
		{"not in the archive", r.Missing},
		{"older in the archive", r.Behind},
		{"newer in the archive", r.Ahead},
		{"open in the archive, and not in Temporal", r.Lost},
		{"not answered", r.Unanswered},
	} {
		for k, id := range part.ids {
			if k == shownNames {
				fmt.Fprintf(w, "  and %d more\n", len(part.ids)-k)
				break
			}
			fmt.Fprintf(w, "  %s: %s\n", part.what, plain(id))
		}
	}
}

func (s *session) archiveRestore() *cobra.Command {
	var yes, newer bool
	cmd := &cobra.Command{
		Use: "restore", Short: "Start anew what was open, after Temporal's data was lost", Args: cobra.NoArgs,
		Long: `Start anew what was open, after Temporal's data was lost: incidents, their pages, reviews and follow-ups.

Use it in an empty namespace, or in another one to move there; workers must run. Numbers and the
installation go on; channels, issues and acknowledgements are as they were; everything looks at the
vendors before it calls them, so that nobody is paged or told twice. What runs already stays as it is.
Run it once the namespace is set up (starter setup) and before anything is declared there.`,
		RunE: s.own(func(ctx context.Context, _ []string) error {
			if !yes {
				return usage("--yes: say that Temporal's data is lost, or that this is the namespace to which you move")
			}
			return s.reach(ctx, func(c Incidents) error {
				res, err := c.RestoreArchived(ctx, s.actor(), newer, func(workflow string, err error) {
					if err != nil && !errors.Is(err, incidents.ErrRuns) {
						fmt.Fprintf(s.Stderr, "%s: %s\n", plain(workflow), spoken(err))
					}
				})
				if err != nil {
					return err
				}
				return s.answer(res, func(w io.Writer) { writeRestored(w, res) })
			})
		}),
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "Temporal's data is lost, or this is where you move")
	cmd.Flags().BoolVar(&newer, "newer", false, "also what runs and knows less than the archive, since Temporal went back to a back-up")
	return cmd
}

func writeRestored(w io.Writer, res incidents.RestoredAll) {
	if res.Incidents+res.Others == 0 {
		fmt.Fprintf(w, "Nothing was started: all that the archive knows as open runs, %s.\n", counted(res.Running, "workflow"))
		return
	}
	fmt.Fprintf(w, "%d incidents go on, with %d pages, reviews and follow-ups. %s ran already.\n", res.Incidents, res.Others, counted(res.Running, "workflow"))
	for _, key := range res.Held {
		fmt.Fprintf(w, "  %s pages nobody until somebody asks for it: `starter page %s --now`.\n", key, key)
	}
	fmt.Fprintf(w, "The archive knows numbers up to %d; the next incident has a number above %d.\n", res.Last, res.Next-1)
}
