package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/archive"
	"muster/archive/query"
	"muster/incident"
)

const aboutSearch = `Find incidents of all times by words and filters, newest first.

Everything must hold: checkout severity<=2 since:90d. Filters are severity, kind, status
(also live and ended), service, tag, person and commander (an address, or me), since and
until (90d, 12h, 2026-03-01, 2026-03, 2026-Q1), private and in (title, learnings, follow_ups,
timeline); a comma means any of. "is full" is a phrase, disk* finds disks, -word and
-kind:drill leave out, INC-7 is that incident. Days begin where you are.

Put all of it into quotes: the shell takes < for a file, and starter takes -word for an option:
  starter search 'checkout severity<=2 since:90d -drill'
  starter search '"disk is full" in:learnings,follow_ups'`

// foundHere answers a search. Next is the incident before which the next page begins.
type foundHere struct {
	archive.Results

	Next string `json:"next"`
}

func (s *session) search() *cobra.Command {
	var before string
	page := archive.Page{}
	cmd := &cobra.Command{
		Use: "search QUERY", Short: "Find incidents of all times by words and filters", Long: aboutSearch, Args: cobra.ArbitraryArgs,
		RunE: s.archived(false, func(ctx context.Context, a *archive.Archive, args []string) error {
			if page.Limit < 1 {
				return usage("--limit: write a number from 1 to %d", archive.MaxHits)
			}
			if before != "" {
				var err error
				if page.Before, err = incident.ParseKey(before); err != nil {
					return err
				}
			}
			ctx, cancel := context.WithTimeout(ctx, s.timeout)
			defer cancel()
			q, err := query.Parse(strings.Join(args, " "), s.Now())
			if err != nil {
				return err
			}
			// Whoever reaches the archive sees everything there anyway.
			results, err := a.Search(ctx, q, archive.Viewer{Person: incident.NormalPerson(s.as), All: true}, page)
			if err != nil {
				return err
			}
			found := foundHere{Results: results}
			if results.Next > 0 {
				found.Next = incident.Key(results.Next)
			}
			return s.answer(found, func(w io.Writer) { s.writeFound(w, found) })
		}),
	}
	flags := cmd.Flags()
	flags.IntVar(&page.Limit, "limit", 20, fmt.Sprintf("how many at most, up to %d", archive.MaxHits))
	flags.StringVar(&before, "before", "", "only those before this `incident`, to go on where the last search ended")
	return cmd
}

// writeFound writes a table of what was found, below each incident where its words stand.
func (s *session) writeFound(w io.Writer, found foundHere) {
	if len(found.Hits) == 0 {
		fmt.Fprintln(w, "nothing was found")
		return
	}
	var lines strings.Builder
	rows := [][]string{{"KEY", "SEV", "STATUS", "DECLARED", "SERVICES", "TITLE"}}
	for _, h := range found.Hits {
		rows = append(rows, []string{
			h.Key, strconv.Itoa(int(h.Severity)), string(h.Status), h.DeclaredAt.Format(time.DateOnly), dash(strings.Join(h.Services, ",")), h.Title,
		})
	}
	table(&lines, "", rows)
	for k, line := range strings.Split(strings.TrimSuffix(lines.String(), "\n"), "\n") {
		if k == 0 {
			fmt.Fprintln(w, line)
			continue
		}
		h := found.Hits[k-1]
		for n, e := range h.Excerpts {
			if title := plain(h.Title); n == 0 && e.Part == query.PartTitle && strings.HasSuffix(line, title) {
				line = strings.TrimSuffix(line, title) + s.marked(e)
			}
		}
		fmt.Fprintln(w, line)
		for _, e := range h.Excerpts {
			if e.Part != query.PartTitle {
				fmt.Fprintf(w, "    %s %s\n", partNames[e.Part], s.marked(e))
			}
		}
	}
	s.writeCount(w, found)
}

// partNames are what stands before an excerpt.
var partNames = map[query.Part]string{query.PartLearnings: "learnt:", query.PartFollowUps: "follow-up:", query.PartTimeline: "timeline:"}

func (s *session) writeCount(w io.Writer, found foundHere) {
	switch {
	case found.More:
		fmt.Fprintf(w, "more than %d were found\n", found.Count)
	case found.Count > len(found.Hits):
		fmt.Fprintf(w, "%d were found\n", found.Count)
	}
	if found.Next != "" {
		fmt.Fprintf(w, "there are more: add --before %s\n", found.Next)
	}
}

// marked writes an excerpt in one line of harmless text; on a terminal its words stand out.
func (s *session) marked(e archive.Excerpt) string {
	if !s.Terminal {
		return plain(e.Text)
	}
	return query.Mark(e.Text, e.Marks, "\x1b[1m", "\x1b[0m", inside)
}

// inside is plain for a piece of a line, which keeps the blanks at its ends.
func inside(s string) string {
	out := plain(s)
	if out == "" {
		if s != "" {
			return " "
		}
		return ""
	}
	if strings.TrimLeft(s, " \t\n") != s {
		out = " " + out
	}
	if strings.TrimRight(s, " \t\n") != s {
		out += " "
	}
	return out
}
