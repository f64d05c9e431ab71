package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"muster/gateway/incidents"
	"muster/incident"
)

// followUpListing answers a list of follow-ups.
type followUpListing struct {
	FollowUps     []incidents.ListedFollowUp `json:"follow_ups"`
	NextPageToken string                     `json:"next_page_token"`
	// Incomplete says what is missing and why.
	Incomplete string `json:"incomplete,omitempty"`
	// Source is who has answered: temporal or archive.
	Source incidents.Source `json:"source"`
	// Note says in a line what is lacking or how old it may be.
	Note string `json:"note,omitempty"`
}

func (s *session) listFollowUps() *cobra.Command {
	// Whoever reaches Temporal sees everything there anyway.
	f := incidents.FollowUpFilter{Viewer: incidents.Viewer{Private: true}}
	var owner string
	cmd := &cobra.Command{
		Use: "list", Short: "List the open follow-ups of all incidents, those due first in front; with --all also what has ended", Args: cobra.NoArgs,
		RunE: s.recalled(func(ctx context.Context, c Incidents, _ []string) error {
			switch owner {
			case "":
			case "nobody":
				f.Nobody = true
			default:
				var err error
				if f.Owner, err = s.person(owner); err != nil {
					return ownerWrong(err)
				}
			}
			f.Service = s.service(f.Service)
			list, err := c.FollowUps(ctx, f)
			if err != nil {
				return err
			}
			if err := s.unknownService(f.Service, len(list.FollowUps)); err != nil {
				return err
			}
			if list.FollowUps == nil {
				list.FollowUps = []incidents.ListedFollowUp{}
			}
			return s.answer(followUpListing(list), func(w io.Writer) { writeFollowUps(w, list) })
		}),
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.All, "all", false, "also done and dropped ones, of all times where there is an archive")
	flags.BoolVar(&f.Overdue, "overdue", false, "only accepted ones whose due day has passed")
	flags.BoolVar(&f.Undecided, "undecided", false, "only those about which nobody has decided")
	flags.StringVar(&owner, "owner", "", "only this person's: an e-mail address, me or nobody")
	flags.StringVar(&f.Service, "service", "", "only those of incidents that name this service")
	flags.IntVar(&f.Limit, "limit", incidents.DefaultLimit, "how many at most")
	flags.StringVar(&f.PageToken, "page-token", "", "go on where the last list ended")
	return cmd
}

func writeFollowUps(w io.Writer, list incidents.FollowUpList) {
	if len(list.FollowUps) == 0 {
		fmt.Fprintln(w, "no follow-ups")
	} else {
		rows := [][]string{{"KEY", "NO", "DUE", "STATUS", "OWNER", "PRIORITY", "SERVICES", "ISSUE", "TITLE"}}
		for _, l := range list.FollowUps {
			rows = append(rows, []string{
				l.Key, strconv.Itoa(l.Number), dash(string(l.Due)), standing(l), dash(l.Owner), dash(string(l.Priority)),
				dash(strings.Join(l.Services, ",")), dash(l.Issue.Key), l.Title,
			})
		}
		table(w, "", rows)
	}
	if list.NextPageToken != "" {
		fmt.Fprintf(w, "there may be more: add --page-token %s\n", list.NextPageToken)
	}
	if list.Incomplete != "" {
		fmt.Fprintln(w, plain(list.Incomplete))
	}
	writeNote(w, list.Note)
}

// standing is where a follow-up stands, in a word or two.
func standing(l incidents.ListedFollowUp) string {
	words := []string{string(l.Status)}
	if l.Overdue {
		words[0] = "overdue"
	}
	if l.Urgent && l.Status != incident.FollowUpProposed {
		words = append(words, "urgent")
	}
	if !l.SnoozedUntil.IsZero() {
		words = append(words, "snoozed")
	}
	return strings.Join(words, ",")
}
