package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"muster/incident"
)

func (s *session) watch() *cobra.Command {
	var every time.Duration
	cmd := &cobra.Command{
		Use: "watch INCIDENT", Short: "Print the timeline as it grows, until interrupted", Args: cobra.ExactArgs(1),
		RunE: s.own(func(ctx context.Context, args []string) error {
			number, err := incident.ParseKey(args[0])
			if err != nil {
				return err
			}
			if every < 100*time.Millisecond {
				return usage("--every: ask at most every 100ms")
			}
			return s.reach(ctx, func(c Incidents) error { return s.follow(ctx, c, number, every) })
		}),
	}
	cmd.Flags().DurationVar(&every, "every", time.Second, "how often to look")
	return cmd
}

// watched is one line of a watched timeline in JSON.
type watched struct {
	Key    string          `json:"key"`
	Status incident.Status `json:"status"`
	incident.Entry
}

func (s *session) follow(ctx context.Context, c Incidents, number int, every time.Duration) error {
	last, away := 0, false
	err := c.Watch(ctx, number, every, func(i incident.Incident) error {
		if last == 0 && s.output == outputText {
			fmt.Fprintf(s.Stdout, "%s  %s (%s)\n", i.Key(), plain(i.Shown()), i.Status)
		}
		away = false
		for _, e := range i.Timeline {
			if e.Seq <= last {
				continue
			}
			last = e.Seq
			if err := s.entry(&i, e); err != nil {
				return err
			}
		}
		return nil
	}, func(err error) {
		if !away {
			fmt.Fprintln(s.Stderr, plainText(spoken(err))+"; waiting")
		}
		away = true
	})
	if ctx.Err() != nil || errors.Is(err, context.Canceled) {
		return nil // whoever watches ends it
	}
	return err
}

func (s *session) entry(i *incident.Incident, e incident.Entry) error {
	if s.output == outputJSON {
		return writeJSON(s.Stdout, watched{i.Key(), i.Status, e})
	}
	_, err := fmt.Fprintf(s.Stdout, "%s  %s  %s\n", moment(e.At), plain(e.Actor.String()), plain(e.Text))
	return err
}
