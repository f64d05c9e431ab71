package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/workflows/api"
)

// listing answers a list.
type listing struct {
	Incidents     []incidents.Listed `json:"incidents"`
	NextPageToken string             `json:"next_page_token"`
	// Source is who has answered: temporal or archive.
	Source incidents.Source `json:"source"`
	// Note says in a line what is lacking or how old it may be.
	Note string `json:"note,omitempty"`
	// Snags concern every call to a vendor, such as a refused credential: one per vendor.
	Snags []api.VendorSnag `json:"snags,omitempty"`
}

// snagsWait bounds the question for vendor-wide snags: unlike the list it needs a worker, and
// the list must not wait for one.
const snagsWait = time.Second

// vendorSnags lists the vendor-wide snags by vendor; none when nobody answers in time.
func vendorSnags(ctx context.Context, c Incidents) []api.VendorSnag {
	ctx, cancel := context.WithTimeout(ctx, snagsWait)
	defer cancel()
	state, err := c.Register(ctx)
	if err != nil {
		return nil
	}
	return slices.SortedFunc(maps.Values(state.Snags), func(a, b api.VendorSnag) int { return strings.Compare(a.Vendor, b.Vendor) })
}

func (s *session) list() *cobra.Command {
	// Whoever reaches Temporal sees everything there anyway.
	f := incidents.Filter{Viewer: incidents.Viewer{Private: true}}
	var statuses []string
	var severity string
	cmd := &cobra.Command{
		Use: "list", Short: "List the incidents of which something is still expected", Args: cobra.NoArgs,
		RunE: s.recalled(func(ctx context.Context, c Incidents, _ []string) error {
			for _, name := range statuses {
				st, err := incident.ParseStatus(name)
				if err != nil {
					return err
				}
				f.Statuses = append(f.Statuses, st)
			}
			if severity != "" {
				var err error
				if f.Severity, err = s.severity(severity); err != nil {
					return err
				}
			}
			found, err := c.List(ctx, f)
			if err != nil {
				return err
			}
			if found.Incidents == nil {
				found.Incidents = []incidents.Listed{}
			}
			snags := vendorSnags(ctx, c)
			return s.answer(listing{found.Incidents, found.NextPageToken, found.Source, found.Note, snags}, func(w io.Writer) { writeList(w, found, snags) })
		}),
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&statuses, "status", nil, "only these: open, mitigated, resolved, closed, cancelled, merged")
	flags.StringVarP(&severity, "severity", "s", "", "only this: 1 to 5, or its name in the playbook")
	flags.StringVar(&f.Service, "service", "", "only those that name this service")
	flags.BoolVar(&f.All, "all", false, "also closed, cancelled and merged ones, of all times where there is an archive")
	flags.IntVar(&f.Limit, "limit", incidents.DefaultLimit, "how many at most")
	flags.StringVar(&f.PageToken, "page-token", "", "go on where the last list ended")
	return cmd
}

func writeList(w io.Writer, list incidents.List, snags []api.VendorSnag) {
	if len(list.Incidents) == 0 {
		fmt.Fprintln(w, "no incidents")
	} else {
		rows := [][]string{{"KEY", "KIND", "SEV", "STATUS", "COMMANDER", "SERVICES", "OPEN", "STUCK", "TITLE"}}
		for _, l := range list.Incidents {
			rows = append(rows, []string{
				l.Key, strings.ReplaceAll(string(l.Kind), "_", " "), strconv.Itoa(int(l.Severity)), string(l.Status), dash(l.Commander), dash(strings.Join(l.Services, ",")),
				some(l.OpenFollowUps), some(l.Snags), l.Title,
			})
		}
		if !slices.ContainsFunc(list.Incidents, func(l incidents.Listed) bool { return l.Kind != "" && l.Kind != incident.KindIncident }) {
			for k := range rows {
				rows[k] = slices.Delete(rows[k], 1, 2) // all are incidents, as most often
			}
		}
		table(w, "", rows)
	}
	if list.NextPageToken != "" {
		fmt.Fprintf(w, "there are more: add --page-token %s\n", list.NextPageToken)
	}
	writeNote(w, list.Note)
	for _, v := range snags {
		fmt.Fprintf(w, "%s is stuck for %d workflows: %s; %s\n", plain(v.Vendor), len(v.Workflows), plain(v.Reason), plain(v.Mend))
	}
}

// writeNote says what an answer lacks or how old it may be.
func writeNote(w io.Writer, note string) {
	if note != "" {
		fmt.Fprintln(w, plain(note))
	}
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func some(n int) string {
	if n == 0 {
		return "-"
	}
	return strconv.Itoa(n)
}
