package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"muster/archive"
	"muster/incident"
)

func (s *session) export() *cobra.Command {
	return &cobra.Command{
		Use: "export [FILE]", Short: "Write all that the archive holds as lines of JSON", Args: cobra.MaximumNArgs(1),
		Long: `Write all that the archive holds as lines of JSON, as it is at one moment.

It holds private incidents too: the file is for its owner alone. ` + "`starter import`" + ` takes it in, in SQLite and
PostgreSQL alike; docs/archive.md describes it. Without FILE, or with -, it goes to standard output.`,
		RunE: s.archived(false, func(ctx context.Context, a *archive.Archive, args []string) error {
			if len(args) == 0 || args[0] == "-" {
				_, err := a.Export(ctx, s.Stdout)
				return err
			}
			n, err := exportTo(ctx, a, args[0])
			if err != nil {
				return err
			}
			return s.answer(map[string]any{"incidents": n, "file": args[0]}, func(w io.Writer) {
				fmt.Fprintf(w, "%s are in %s, with all that belongs to them.\n", counted(n, "incident"), plain(args[0]))
			})
		}),
	}
}

// exportTo writes a file that is whole or not there.
func exportTo(ctx context.Context, a *archive.Archive, path string) (int, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // of its owner alone
	if err != nil {
		return 0, usage("FILE: %s", err)
	}
	n, err := a.Export(ctx, f)
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // it is not whole
	}
	return n, err
}

func (s *session) importArchive() *cobra.Command {
	return &cobra.Command{
		Use: "import FILE", Short: "Take into the archive what `starter export` has written", Args: cobra.ExactArgs(1),
		Long: `Take into the archive what ` + "`starter export`" + ` has written. What the archive holds as new or newer stays as it is,
so that it may be done again, and while Muster runs. With - it comes from standard input.`,
		RunE: s.archived(true, func(ctx context.Context, a *archive.Archive, args []string) error {
			from := s.Stdin
			if args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return usage("FILE: %s", err)
				}
				defer func() { _ = f.Close() }() // it was only read
				from = f
			}
			done, err := a.Import(ctx, from)
			if err != nil {
				return err
			}
			return s.answer(done, func(w io.Writer) {
				fmt.Fprintf(w, "Taken in: %s and %s. Held already as new or newer: %d.\n", counted(done.Incidents, "incident"), counted(done.Records, "record"), done.Held)
				if done.Erasures > 0 {
					fmt.Fprintf(w, "Erased here too: %s.\n", counted(done.Erasures, "person who was erased there"))
				}
			})
		}),
	}
}

// counted writes 1 incident, 2 incidents.
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if what == "person who was erased there" {
		return fmt.Sprintf("%d people who were erased there", n)
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (s *session) erase() *cobra.Command {
	e := archive.Erasure{}
	cmd := &cobra.Command{
		Use: "erase PERSON", Short: "Replace a person by an alias wherever they stand in the archive, for good", Args: cobra.ExactArgs(1),
		Long: `Replace a person by an alias wherever they stand in the archive, for good. What Muster writes there later is written
without them too. That it was done is kept, and not of whom.

Only the archive is changed. Temporal forgets closed incidents by its own retention; Slack, Jira, PagerDuty, the
playbook, exports and back-ups have to be looked after by themselves. Whoever still has something to do in an open
incident has to hand it over first.`,
		Example: `  starter erase eve@example.com --reason "request 17" --name "Eve Adams" --name eve.adams@old.example.com`,
	}
	f := cmd.Flags()
	f.StringVar(&e.Reason, "reason", "", "why, such as the number of the request; it is kept, so do not name the person in it")
	f.StringArrayVar(&e.Names, "name", nil, "how people call the person in what they write, or another address of theirs; repeat it for several")
	f.StringVar(&e.Alias, "alias", "", "what stands in their place; one is made without it")
	cmd.RunE = s.archived(false, func(ctx context.Context, a *archive.Archive, args []string) error {
		if s.as == "" {
			return whoAreYou()
		}
		e.Person, e.By, e.At = args[0], incident.NormalPerson(s.as), s.Now()
		done, err := a.Erase(ctx, e)
		if err != nil {
			return err
		}
		return s.answer(done, func(w io.Writer) {
			fmt.Fprintf(w, "Erased: %s stands in their place, in %s and %s.\n", done.Alias, counted(done.Incidents, "incident"), counted(done.Records, "record"))
			if done.Incidents+done.Records == 0 {
				fmt.Fprintf(w, "Nothing of %s was found: is the address right? What is written of them later is written with the alias.\n", plain(e.Person))
			}
			if done.Again {
				fmt.Fprintln(w, "They had been erased before, and keep their alias.")
			}
			fmt.Fprintln(w, "Temporal, Slack, Jira, PagerDuty, the playbook, exports and back-ups are not changed by this: see docs/archive.md.")
		})
	})
	return cmd
}
