package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/archive"
	"muster/archive/reports"
	"muster/playbook/file"
	"muster/playbook/zone"
)

func (s *session) report() *cobra.Command {
	group := &cobra.Command{
		Use: "report", Short: "Answer what was: nights, off-hours, counts, time to muster, follow-ups, repeats, learnings", Args: cobra.NoArgs, RunE: helpOnly,
		Long: `Answer what was, from the archive: who was woken at night, how much was declared, what became of follow-ups.

Every answer says how it counts. Nothing measures how fast people recover.`,
		Example: `  starter report nights --since 2026-10 --until 2026-10   # who was woken at night in October
  starter report counts --by severity --since 2026-Q4
  starter report overdue
  starter report learnings --since 1y --csv > learnt.csv`,
	}
	for _, spec := range reports.Specs() {
		group.AddCommand(s.oneReport(spec))
	}
	return group
}

func (s *session) oneReport(spec reports.Spec) *cobra.Command {
	var since, until, by, in string
	var asJSON, asCSV bool
	cmd := &cobra.Command{Use: string(spec.Name), Short: spec.Answers, Args: cobra.NoArgs}
	f := cmd.Flags()
	f.StringVar(&since, "since", "90d", "from when on: 90d, 12w, 6mo, 2026-Q4, 2026-10 or 2026-10-31")
	f.StringVar(&until, "until", "", "until when, in the same words; 2026-10 is until its end. Now without it")
	f.StringVar(&by, "by", spec.By[0], "what its rows are by: "+strings.Join(spec.By, ", "))
	f.StringVar(&in, "zone", "", "where days and weeks begin, such as Europe/Berlin; where the playbook's calendar is without it")
	f.BoolVar(&asJSON, "json", false, "the same as --output json")
	f.BoolVar(&asCSV, "csv", false, "as lines of comma-separated values")
	completed(cmd, "by", func() []string { return spec.By })
	cmd.RunE = s.archived(false, func(ctx context.Context, a *archive.Archive, _ []string) error {
		if asJSON {
			s.output = outputJSON
		}
		if asCSV && s.output == outputJSON {
			return usage("--csv: leave out one of --csv and JSON")
		}
		at, err := s.reportZone(in)
		if err != nil {
			return err
		}
		// Whoever reaches the archive sees everything there anyway.
		ask, err := reports.New(string(spec.Name), since, until, by, reports.Viewer{All: true}, s.Now(), at)
		if err != nil {
			return err
		}
		if s.timeout <= 0 {
			return usage("--timeout: write a time such as 30s")
		}
		ctx, cancel := context.WithTimeout(ctx, s.timeout)
		defer cancel()
		r, err := a.Report(ctx, ask)
		if err != nil {
			return err
		}
		if asCSV {
			return r.CSV(s.Stdout)
		}
		return s.answer(r, func(w io.Writer) { sayReport(w, r) })
	})
	return cmd
}

// reportZone is where days begin: as the flag says, or the playbook, or UTC where neither does.
func (s *session) reportZone(name string) (*time.Location, error) {
	if name == "" {
		if p, err := file.Load(s.target.Playbook, s.Now()); err == nil {
			name = p.Calendar().Zone
		}
	}
	at, err := zone.Load(name)
	if err != nil {
		return nil, usage("--zone: %s; write one such as Europe/Berlin", err)
	}
	return at, nil
}

func sayReport(w io.Writer, r *reports.Report) {
	day := func(t time.Time) string { return t.In(r.Zone).Format("2006-01-02 15:04") }
	fmt.Fprintf(w, "%s, from %s to %s %s\n\n", r.Answers, day(r.Since), day(r.Until), r.Zone)
	if len(r.Rows) == 0 {
		fmt.Fprintln(w, "nothing")
	} else {
		table(w, "", r.Words())
	}
	if len(r.Series) > 0 {
		fmt.Fprintln(w)
	}
	for _, s := range r.Series {
		fmt.Fprintf(w, "%s  %s\n", reports.Sparkline(s.Points), plain(s.Name))
	}
	fmt.Fprintln(w)
	for _, n := range r.Notes {
		fmt.Fprintln(w, plain(n))
	}
}
