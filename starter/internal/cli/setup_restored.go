package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"muster/incident"
	"muster/workflows/api"
)

// numbered answers setup restored.
type numbered struct {
	Last string `json:"last"`
}

func (s *session) setupRestored() *cobra.Command {
	var last string
	cmd := &cobra.Command{
		Use: "restored", Short: "After a back-up was restored, leave out the numbers that were handed out since", Args: cobra.NoArgs,
		Long: fmt.Sprintf(`After a back-up was restored, leave out the numbers that were handed out since.

What was declared after the back-up is gone from Temporal, and its pages, channel and issue are still at
the vendors. Without this, the next incident gets the same number and takes them for its own: where its
page was acknowledged already, nobody is woken.

Run it once Temporal runs, and before any worker and gateway does. It is recorded, and taken in before the
next declaration. --last is the newest incident that anybody has seen: the newest channel, issue or page
has its number. Name a higher one when in doubt; at most %d numbers are left out, and none comes back.`, api.MaxSkipped),
		Example: "  starter setup restored --last INC-57",
	}
	cmd.Flags().StringVar(&last, "last", "", "the newest `incident` that was declared before the loss, such as INC-57")
	cmd.RunE = s.dialled(func(ctx context.Context, c Incidents, _ []string) error {
		if last == "" {
			return usage("--last: name the newest incident that anybody has seen, such as INC-57")
		}
		n, err := incident.ParseKey(last)
		if err != nil {
			return usage("--last: %q is no incident: write it like INC-57", incident.Clip(last, 40))
		}
		if err := c.SkipNumbers(ctx, n); err != nil {
			return err
		}
		return s.answer(numbered{incident.Key(n)}, func(w io.Writer) {
			fmt.Fprintf(w, "Recorded. Once a worker runs, no number up to %s is handed out; the first incident afterwards shows it.\n", incident.Key(n))
		})
	})
	return cmd
}
