package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"muster/incident"
	"muster/playbook/file"
)

// checked answers a check of the playbook.
type checked struct {
	Path   string `json:"path"`
	Errors int    `json:"errors"`
	Report string `json:"report"`
	// Calendars say which holidays are known of the next twelve months.
	Calendars []file.ComingHolidays `json:"calendars"`
}

func (s *session) playbook() *cobra.Command {
	group := &cobra.Command{Use: "playbook", Short: "Look at the playbook", Args: cobra.NoArgs, RunE: helpOnly}
	group.AddCommand(&cobra.Command{
		Use: "check [PATH]", Short: "Say what is wrong with a playbook, by line, and which holidays it knows", Args: cobra.MaximumNArgs(1),
		RunE: s.own(func(_ context.Context, args []string) error {
			path := s.target.Playbook
			if len(args) > 0 {
				path = args[0]
			}
			report, errs := file.Check(path, s.Now())
			if errs > 0 {
				return &incident.Problem{Code: incident.CodeInvalid, Reason: strings.TrimSpace(report)}
			}
			p, err := file.Load(path, s.Now())
			if err != nil { // changed since
				return &incident.Problem{Code: incident.CodeInvalid, Reason: err.Error()}
			}
			return s.answer(checked{path, errs, report, file.Coming(p, s.Now())}, func(w io.Writer) { fmt.Fprintln(w, plainText(report)) })
		}),
	})
	return group
}

func (s *session) serve() *cobra.Command {
	return &cobra.Command{
		Use: "serve", Short: "Run the gateway: HTTP API and webhooks", Args: cobra.NoArgs,
		RunE: s.own(func(ctx context.Context, _ []string) error {
			if s.Serve == nil {
				return fmt.Errorf("serve: this program was built without the gateway")
			}
			return s.Serve(ctx, s.target)
		}),
	}
}
