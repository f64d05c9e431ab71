package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/config"
	"muster/internal/rollout"
)

// upgrading is what is wanted of a roll-out.
type upgrading struct {
	deployment, to string
	back, status   bool
	wait           time.Duration
	rate           int
}

// upgraded answers it.
type upgraded struct {
	Deployment string            `json:"deployment"`
	Current    string            `json:"current"`
	Woken      int               `json:"woken"`
	Versions   []rollout.Version `json:"versions"`
}

// lookAgain is how long the roll-out rests before it looks what is left.
const lookAgain = 2 * time.Second

func (s *session) upgrade() *cobra.Command {
	var u upgrading
	cmd := &cobra.Command{
		Use: "upgrade", Short: "Move open workflows to the workers of another version, or back", Args: cobra.NoArgs,
		Long: `Move open workflows to the workers of another version, or back.

For installations whose workers have versions (MUSTER_DEPLOYMENT). Start the workers of the new version
beside those of the old one, then run this with the new program: new work goes to the new version, and
every open workflow is woken and goes on as new over there. When the old version holds nothing, its
workers can be stopped. Broken off, it goes on when it is run again.

See docs/upgrades.md.`,
		Example: "  starter upgrade --status\n  starter upgrade --wait 10m\n  starter upgrade --back --wait 10m",
	}
	f := cmd.Flags()
	f.StringVar(&u.deployment, "deployment", s.env("MUSTER_DEPLOYMENT", ""), "the deployment's `name` (MUSTER_DEPLOYMENT)")
	f.StringVar(&u.to, "to", "", "the `build` that takes new work (MUSTER_BUILD_ID, or else this program's version)")
	f.BoolVar(&u.back, "back", false, "go back to the version that was current before")
	f.BoolVar(&u.status, "status", false, "only tell the versions and what each still holds")
	f.DurationVar(&u.wait, "wait", 0, "wait so long until the other versions hold nothing")
	f.IntVar(&u.rate, "rate", 20, "how many workflows are woken a second")
	cmd.RunE = s.own(func(ctx context.Context, _ []string) error {
		if err := s.checkUpgrade(&u); err != nil {
			return err
		}
		return s.reached(ctx, func(t Reached) error { return s.upgradeWith(ctx, t, u) })
	})
	return cmd
}

// checkUpgrade refuses what makes no sense together, and fills in the build.
func (s *session) checkUpgrade(u *upgrading) error {
	switch {
	case u.deployment == "":
		return usage("--deployment: name the deployment, as MUSTER_DEPLOYMENT of the workers does; without one there are no versions to move between")
	case u.rate < 1:
		return usage("--rate: write how many workflows are woken a second, such as 20")
	case u.wait < 0:
		return usage("--wait: write a time such as 10m")
	case u.back && u.to != "":
		return usage("--back and --to: give one of them")
	case u.status && (u.back || u.to != ""):
		return usage("--status: it changes nothing; leave --back and --to out")
	case u.to != "" || u.back || u.status:
		return nil
	}
	build, err := config.BuildID(u.deployment, s.Lookup)
	if err != nil {
		return usage("--to: say which build takes new work: %s", err)
	}
	u.to = build
	return nil
}

func (s *session) upgradeWith(ctx context.Context, t Reached, u upgrading) error {
	r := &rollout.Rollout{Temporal: t.Temporal, Namespace: t.Namespace, Deployment: u.deployment, PerSecond: u.rate, Pause: s.Pause}
	versions, err := r.Status(ctx)
	if err != nil {
		return err
	}
	if u.status {
		return s.answerUpgrade(u, 0, versions)
	}
	if u.back {
		if u.to, err = rollout.Before(versions); err != nil {
			return usage("--back: %s", err)
		}
	}
	if err := r.Begin(ctx, u.to); err != nil {
		return err
	}
	return s.wakeAll(ctx, r, u)
}

// wakeAll wakes what the other versions hold, again and again as long as it is waited for: what lists show is a
// moment old, and a workflow may have begun over there meanwhile.
func (s *session) wakeAll(ctx context.Context, r *rollout.Rollout, u upgrading) error {
	until := s.Now().Add(u.wait)
	total := 0
	for {
		woken, err := r.Wake(ctx)
		if total += woken; err != nil {
			return fmt.Errorf("%w; %d were woken, `starter upgrade --to %s` goes on", err, total, u.to)
		}
		versions, err := r.Status(ctx)
		if err != nil {
			return err
		}
		left := rollout.Left(versions)
		if left == 0 || !s.Now().Before(until) {
			if err := s.answerUpgrade(u, total, versions); err != nil {
				return err
			}
			if left > 0 && u.wait > 0 {
				return fmt.Errorf("%d workflows are still open on other versions; leave their workers running, and go on with `starter upgrade --to %s`", left, u.to)
			}
			return nil
		}
		if err := s.Pause(ctx, lookAgain); err != nil {
			return err
		}
	}
}

func (s *session) answerUpgrade(u upgrading, woken int, versions []rollout.Version) error {
	a := upgraded{Deployment: u.deployment, Woken: woken, Versions: versions}
	rows := [][]string{{"VERSION", "STATE", "OPEN"}}
	for _, v := range versions {
		if v.Current {
			a.Current = v.Build
		}
		rows = append(rows, []string{v.Build, v.State, strconv.FormatInt(v.Open, 10)})
	}
	return s.answer(a, func(w io.Writer) {
		if !u.status {
			fmt.Fprintf(w, "%s takes new work. %d workflows were woken to move there.\n", plain(a.Current), woken)
		}
		table(w, "", rows)
	})
}

// reached is for commands that need Temporal itself and may take long.
func (s *session) reached(ctx context.Context, f func(Reached) error) error {
	if s.Reach == nil {
		return usage("this program cannot reach Temporal itself")
	}
	dialling, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	t, hangUp, err := s.Reach(dialling, s.target)
	if err != nil {
		return err
	}
	defer hangUp()
	return f(t)
}
