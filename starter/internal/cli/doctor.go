package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

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

func (s *session) doctor() *cobra.Command {
	var off without
	cmd := &cobra.Command{
		Use: "doctor", Short: "Look whether everything that Muster needs is there, and say how to mend it", Args: cobra.NoArgs,
		Long: `Look whether everything that Muster needs is there, and say how to mend it.

Run it with the same environment as worker and gateway, and with the flags that the Slack app was set
up with. It asks and changes nothing. The exit code is 1 when something is broken.`,
	}
	off.flags(cmd)
	cmd.RunE = s.own(func(ctx context.Context, _ []string) error {
		if s.timeout <= 0 {
			return usage("--timeout: write a time such as 30s")
		}
		found := doctor.Examine(ctx, s.examination(&off))
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
	})
	return cmd
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
