package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"muster/incident"
)

func (s *session) restore() *cobra.Command {
	var page bool
	cmd := &cobra.Command{
		Use: "restore INCIDENT", Short: "Start again what somebody has ended in Temporal", Args: cobra.ExactArgs(1),
		Long: `Start again what somebody has ended in Temporal.

A workflow that was terminated in Temporal's Web UI, or with its command line, goes on from its last
known state. INCIDENT is INC-42, or the ID of a workflow below it, such as INC-42/page/1,
INC-42/review or INC-42/follow-up/3. A worker must run, and the namespace must still keep the history.

The incident's pages were withdrawn at the pager meanwhile. Nobody is paged anew before somebody asks
for it with "starter page INC-42 --now", or with --page here.`,
		RunE: s.dialled(func(ctx context.Context, c Incidents, args []string) error {
			id := strings.TrimSpace(args[0])
			if n, err := incident.ParseKey(id); err == nil {
				id = incident.Key(n)
			}
			res, err := c.Restore(ctx, id, s.actor(), page)
			if err != nil {
				return err
			}
			text := fmt.Sprintf("%s goes on. It was %s at %s.", res.Workflow, res.How, res.At.Format("2006-01-02 15:04 MST"))
			if res.Held {
				text += fmt.Sprintf(" It pages nobody until somebody asks for it: `starter page %s --now`.", res.Workflow)
			}
			return s.answer(res, func(w io.Writer) { fmt.Fprintln(w, text) })
		}),
	}
	cmd.Flags().BoolVar(&page, "page", false, "it may page people again")
	return cmd
}
