// Package walkthrough runs one whole incident whose days are seconds, says what happens as it
// happens, and checks that every simulated vendor holds exactly what it should.
package walkthrough

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"muster/dev/sandbox"
	"muster/incident"
	"muster/workflows/api"
)

//go:embed muster.yaml
var policy []byte

// limit bounds the whole walkthrough.
const limit = 55 * time.Second

// scene is one thing that happens: somebody acts, and then something becomes true.
type scene struct {
	title string
	do    func(ctx context.Context, s *story) error
	// waits says what the scene waits for, until tells when it is there.
	waits string
	until func(s *story, f *incident.Incident) bool
}

// story is a walkthrough that runs.
type story struct {
	*sandbox.Sandbox
	out    io.Writer
	number int
	told   int // timeline entries that were printed
	facts  incident.Incident
}

// Run runs the walkthrough and returns an error when anything is not as it should be.
func Run(ctx context.Context, out io.Writer, log *slog.Logger) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("the walkthrough took longer than %s", limit))
	defer cancel()
	dir, err := os.MkdirTemp("", "muster-walkthrough")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "muster.yaml")
	if err := os.WriteFile(path, policy, 0o600); err != nil {
		return fmt.Errorf("write the playbook: %w", err)
	}
	began := time.Now()
	sb, err := sandbox.Start(ctx, sandbox.Options{Playbook: path, NoUI: true, Logger: log, TimeoutScale: 0.2})
	if err != nil {
		return err
	}
	defer sb.Stop()
	fmt.Fprintf(out, "A Muster of its own is ready after %.1f s. In its playbook, days are seconds.\n", time.Since(began).Seconds())
	s := &story{Sandbox: sb, out: out, number: 1}
	for _, sc := range scenes() { //nolint:contextcheck // people in Slack have no context of ours
		if err := s.play(ctx, sc); err != nil {
			return fmt.Errorf("%s: %w", sc.title, err)
		}
	}
	if err := s.check(); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nEvery vendor holds exactly what it should. %.0f s from nothing to closed.\n", time.Since(began).Seconds())
	return nil
}

func (s *story) play(ctx context.Context, sc scene) error {
	fmt.Fprintf(s.out, "\n== %s\n", sc.title)
	if sc.do != nil {
		if err := sc.do(ctx, s); err != nil {
			return err
		}
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	began, said := time.Now(), false
	for {
		if f, err := s.App().Incidents.Snapshot(ctx, s.number); err == nil {
			s.facts = f
			s.tell()
			if sc.until(s, &s.facts) {
				return nil
			}
		}
		if !said && time.Since(began) > time.Second {
			fmt.Fprintf(s.out, "   ... waiting for %s\n", sc.waits)
			said = true
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("still waiting for %s: %w", sc.waits, context.Cause(ctx))
		case <-tick.C:
		}
	}
}

// tell prints the timeline entries that are new.
func (s *story) tell() {
	for _, e := range s.facts.Timeline {
		if e.Seq > s.told {
			fmt.Fprintf(s.out, "   %s  %-13s %s\n", e.At.Local().Format("15:04:05.0"), e.Event, e.Text)
			s.told = e.Seq
		}
	}
}

func scenes() []scene { return slices.Concat(theIncident(), theLearning()) }

func theIncident() []scene {
	return []scene{
		{
			title: "Bob declares in Slack: checkout is down",
			do: inSlack(
				types("bob@example.com", "/incident", ""),
				submits("bob@example.com", map[string]string{"title": "Checkout is down", "severity": "1", "services": "checkout"}),
			),
			waits: "page, channel, issue and announcement",
			until: func(_ *story, f *incident.Incident) bool {
				return f.Links.Board.ID != "" && f.Links.Tracker.Key != "" && f.Links.Announcement.ID != "" && f.Pages[0].Attempts == 1
			},
		},
		{
			title: "Nobody answers the page",
			waits: "the escalation to the next step",
			until: func(_ *story, f *incident.Incident) bool { return f.Pages[0].Attempts == 2 },
		},
		{
			title: "Alice acknowledges at the pager",
			do: func(_ context.Context, s *story) error {
				return s.Sims.Pager.Acknowledge(s.Sims.Pager.OpenIncidents()[0].Key, "alice@example.com")
			},
			waits: "the pager's webhook",
			until: func(_ *story, f *incident.Incident) bool { return !f.MusteredAt.IsZero() },
		},
		{
			title: "They work, and resolve it",
			do: inSlack(
				presses("bob@example.com", "Take a role"),
				submits("bob@example.com", map[string]string{"role": string(incident.RoleCommander)}),
				types("alice@example.com", "/incident update The card provider refuses our certificate", ""),
				types("alice@example.com", "/incident follow-up Warn before certificates expire @alice", ""),
				reacts("alice@example.com", "Second card provider", "fast_forward"),
				presses("alice@example.com", "Resolve"),
				submits("alice@example.com", map[string]string{"learning": "Certificates expire quietly"}),
			),
			waits: "the follow-ups' and the review's issues",
			until: func(_ *story, f *incident.Incident) bool {
				return len(f.FollowUps) == 2 && f.FollowUps[0].Issue.Key != "" && f.FollowUps[1].Issue.Key != "" && f.Review() != nil && f.Review().Issue.Key != ""
			},
		},
	}
}

func theLearning() []scene {
	return []scene{
		{
			title: "Days later: a reminder, then the learning review is held",
			waits: "the reminder before the review",
			until: func(s *story, _ *incident.Incident) bool { return s.said("/review/reminder/1") == 1 },
		},
		{
			title: "Bob says that it was held",
			do:    inSlack(types("bob@example.com", "/incident review held", "")),
			waits: "the review to be on the record",
			until: func(_ *story, f *incident.Incident) bool { return f.Review().Status == incident.ReviewHeld },
		},
		{
			title: "The next morning: Bob, who has the command, is asked to decide about both follow-ups, in one message",
			do:    func(ctx context.Context, s *story) error { return s.App().Incidents.TriggerDigests(ctx) },
			waits: "his digest",
			until: func(s *story, _ *incident.Incident) bool { return s.digests("2 follow-ups wait for you") == 1 },
		},
		{
			title: "Weeks later: one follow-up is done in Jira, the other is dropped with a reason",
			do: func(ctx context.Context, s *story) error {
				return errors.Join(
					s.Sims.Jira.MoveTo(s.facts.FollowUps[0].Issue.Key, "Done", "alice@example.com"),
					commands(named{api.ChangeFollowUp, incident.ChangeFollowUp{
						Meta: by("bob@example.com"), Number: 2, Status: incident.FollowUpDropped, Reason: "One provider is enough for now",
					}})(ctx, s),
				)
			},
			waits: "Jira's webhook, and the incident to close; then its quiet channel is archived",
			until: func(s *story, f *incident.Incident) bool {
				return f.Status == incident.StatusClosed && s.missing() == nil
			},
		},
	}
}

type named struct {
	name    string
	command incident.Command
}

func commands(list ...named) func(context.Context, *story) error {
	return func(ctx context.Context, s *story) error {
		for _, c := range list {
			if _, err := s.App().Incidents.Command(ctx, s.number, c.name, c.command); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
		return nil
	}
}

func by(person string) incident.Meta {
	return incident.Meta{Actor: incident.Actor{Person: person, Way: incident.WayCLI}}
}
