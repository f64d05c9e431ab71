package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/doctor"
	"muster/internal/version"
	"muster/workflows/api"
)

// examined answers an examination.
type examined struct {
	Findings []doctor.Finding `json:"findings"`
	Broken   int              `json:"broken"`
	Warnings int              `json:"warnings"`
}

// rehearsed are the tests that change something, each on request.
type rehearsed struct {
	issue bool
	page  string
	yes   bool
}

func (s *session) doctor() *cobra.Command {
	var off without
	var tests rehearsed
	cmd := &cobra.Command{
		Use: "doctor", Short: "Look whether everything that Muster needs is there, and say how to mend it", Args: cobra.NoArgs,
		Long: `Look whether everything that Muster needs is there, and say how to mend it.

Run it with the same environment as worker and gateway, and with the flags that the Slack app was set
up with. It asks and changes nothing, except with the two tests, which do what they say and nothing
else. The exit code is 1 when something is broken; warnings leave it 0.`,
		Example: "  starter doctor\n  starter doctor --test-issue\n  starter doctor --test-page checkout",
	}
	off.flags(cmd)
	cmd.Flags().BoolVar(&tests.issue, "test-issue", false, "make a test issue with a follow-up in Jira, move them to done and back, and leave them done")
	cmd.Flags().StringVar(&tests.page, "test-page", "", "wake a `target` or service of the playbook with a page marked DRILL, until somebody acknowledges")
	cmd.Flags().BoolVar(&tests.yes, "yes", false, "page without asking first")
	cmd.RunE = s.own(func(ctx context.Context, _ []string) error {
		if s.timeout <= 0 {
			return usage("--timeout: write a time such as 30s")
		}
		found, err := s.examine(ctx, s.examination(&off), tests)
		if err != nil {
			return err
		}
		return s.examined(found)
	})
	return cmd
}

// examine looks, or makes the tests that were asked for.
func (s *session) examine(ctx context.Context, o doctor.Options, tests rehearsed) ([]doctor.Finding, error) {
	if !tests.issue && tests.page == "" {
		return doctor.Examine(ctx, o), nil
	}
	var found []doctor.Finding
	if tests.page != "" {
		if err := s.confirmed(o, tests); err != nil {
			return nil, err
		}
	}
	if tests.issue {
		found = append(found, doctor.TestIssue(ctx, o)...)
	}
	if tests.page != "" {
		found = append(found, doctor.TestPage(ctx, doctor.PageOptions{Options: o, Target: tests.page, Pause: s.Pause})...)
	}
	return found, nil
}

// confirmed asks before anybody is woken.
func (s *session) confirmed(o doctor.Options, tests rehearsed) error {
	target, err := doctor.PageTarget(o, tests.page)
	if err != nil || tests.yes {
		return err
	}
	if s.output == outputJSON {
		return usage("--test-page: it wakes somebody; add --yes to mean it")
	}
	fmt.Fprintf(s.Stderr, "This wakes whoever is on call for %s, now, with a page marked DRILL. Type yes to do it: ", plain(target.Name))
	answer, err := bufio.NewReader(io.LimitReader(s.Stdin, 1<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	if !strings.EqualFold(strings.TrimSpace(answer), "yes") {
		return usage("nobody was paged")
	}
	return nil
}

// examined prints what was found and fails when something is broken.
func (s *session) examined(found []doctor.Finding) error {
	a := examined{Findings: found, Broken: doctor.Count(found, doctor.Broken), Warnings: doctor.Count(found, doctor.Warning)}
	if err := s.answer(a, func(w io.Writer) { writeFindings(w, found) }); err != nil {
		return err
	}
	switch a.Broken {
	case 0:
		return nil
	case 1:
		return errors.New("1 finding needs mending")
	}
	return fmt.Errorf("%d findings need mending", a.Broken)
}

// examination says what is looked at.
func (s *session) examination(off *without) doctor.Options {
	o := doctor.Options{
		Lookup: s.Lookup, Playbook: s.target.Playbook, Features: off.features, Register: s.registered, Now: s.Now, Version: version.String(),
	}
	if s.Inspect != nil {
		o.Server = func(ctx context.Context) (doctor.Server, func(), error) {
			ctx, cancel := context.WithTimeout(ctx, s.timeout)
			defer cancel()
			return s.Inspect(ctx, s.target)
		}
	}
	return o
}

// registered asks Register, over a connection of its own.
func (s *session) registered(ctx context.Context) (state api.RegisterState, err error) {
	err = s.reachInTime(ctx, func(ctx context.Context, c Incidents) error {
		state, err = c.Register(ctx)
		return err
	})
	return state, err
}

func writeFindings(w io.Writer, found []doctor.Finding) {
	rows := make([][]string, len(found))
	for k, f := range found {
		text := f.Text
		if f.Mend != "" {
			text += "; " + f.Mend
		}
		rows[k] = []string{string(f.State), f.Check, text}
	}
	table(w, "", rows)
}
