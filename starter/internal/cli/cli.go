package cli

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel/trace"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/internal/config"
	"muster/internal/doctor"
	"muster/internal/setup"
	"muster/internal/tracing"
	"muster/internal/version"
	"muster/playbook/file"
	"muster/workflows/api"
)

// The exit codes.
const (
	ExitOK       = 0 // done, or recorded and will be done
	ExitFailed   = 1
	ExitUsage    = 2 // the input is wrong
	ExitNotFound = 3
	ExitIllegal  = 4 // it is not possible now, or the key was used for something else
	ExitAway     = 5 // not recorded: Temporal or its workers do not answer
)

const about = `Muster runs incidents.

An incident is written INC-42, 42 or #42.

Exit codes: 0 done, or recorded and will be done; 1 failed; 2 the input is wrong;
3 not found; 4 not possible now, or the key was used for something else;
5 not recorded, because Temporal or its workers do not answer: try again.`

// Incidents is what the command line needs of incidents.Client.
type Incidents interface {
	Declare(ctx context.Context, key string, d incident.Declaration) (api.DeclareResult, error)
	Command(ctx context.Context, number int, name string, cmd incident.Command) (incidents.Outcome, error)
	Snapshot(ctx context.Context, number int) (incident.Incident, error)
	Show(ctx context.Context, number int, v incidents.Viewer) (incidents.Shown, error)
	RestoreArchived(ctx context.Context, by incident.Actor, newer bool, each func(workflow string, err error)) (incidents.RestoredAll, error)
	List(ctx context.Context, f incidents.Filter) (incidents.List, error)
	FollowUps(ctx context.Context, f incidents.FollowUpFilter) (incidents.FollowUpList, error)
	Watch(ctx context.Context, number int, every time.Duration, seen func(incident.Incident) error, away func(error)) error
	Register(ctx context.Context) (api.RegisterState, error)
	Subscribe(ctx context.Context, in api.SubscribeInput) (res api.SubscribeResult, recorded bool, err error)
	Unsubscribe(ctx context.Context, in api.SubscribeInput) (res api.SubscribeResult, recorded bool, err error)
	Subscriptions(ctx context.Context, who incident.Subscriber) ([]incident.Subscription, error)
	Restore(ctx context.Context, workflowID string, by incident.Actor, page bool) (incidents.Restored, error)
	RunCanary(ctx context.Context) (api.CanaryResult, error)
	SkipNumbers(ctx context.Context, last int) error
	WebURL(workflowID string) string
	// Waking says who is being woken for an incident.
	Waking(i *incident.Incident) incident.Waking
}

// Target says what the global flags chose.
type Target struct {
	Temporal config.Temporal
	Playbook string
	UIURL    string
}

// Env is everything that the command line touches.
type Env struct {
	// Args are the arguments without the program's name.
	Args           []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Terminal says that Stdout is one, on which words can stand out.
	Terminal bool
	// Lookup gives an environment variable.
	Lookup func(name string) (string, bool)
	// Dial reaches Temporal; the function that it returns hangs up.
	Dial func(ctx context.Context, t Target) (Incidents, func(), error)
	// Recall makes a client that has the archive alone, for what is read while Temporal is away; nil where there is no archive.
	// The function that it returns closes it. It may be nil.
	Recall func(ctx context.Context, t Target) (Incidents, func(), error)
	// Serve runs the gateway until ctx ends. It may be nil.
	Serve func(ctx context.Context, t Target) error
	// Prepare makes what Temporal must have before Muster can run. It may be nil.
	Prepare func(ctx context.Context, t Target, retention time.Duration) (setup.Prepared, error)
	// Inspect reaches Temporal itself, for the doctor; the function that it returns hangs up. It may be nil.
	Inspect func(ctx context.Context, t Target) (doctor.Server, func(), error)
	// Reach reaches Temporal itself, for upgrades; the function that it returns hangs up. It may be nil.
	Reach func(ctx context.Context, t Target) (Reached, func(), error)
	// Traces are those of the command; nil makes none.
	Traces *tracing.Traces
	// Now and Pause are the clock; nil means the real one.
	Now   func() time.Time
	Pause func(ctx context.Context, d time.Duration) error
}

// Run runs one command and returns the exit code.
func Run(ctx context.Context, env Env) int {
	if env.Now == nil {
		env.Now = time.Now
	}
	if env.Pause == nil {
		env.Pause = pause
	}
	if env.Lookup == nil {
		env.Lookup = func(string) (string, bool) { return "", false }
	}
	s := &session{Env: env, output: outputText}
	// A wrong flag must be answered in the form that was asked for, before flags are understood.
	if wantsJSON(env.Args) {
		s.output = outputJSON
	}
	root := s.root() //nolint:contextcheck // commands get theirs from cobra
	root.SetArgs(env.Args)
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return ExitOK
	}
	if !s.ran { // cobra refused it
		err = usage("%s; see `%s --help`", strings.TrimSpace(err.Error()), strings.TrimSpace("starter "+commandWords(root, env.Args)))
	}
	s.fail(err)
	return exitCode(err)
}

// session is one run of the command line.
type session struct {
	Env
	output  string
	target  Target
	as      string
	timeout time.Duration
	// ran is true once a command's own code runs; errors before that are cobra's.
	ran bool
}

func (s *session) root() *cobra.Command {
	root := &cobra.Command{
		Use: "starter", Short: "Muster runs incidents", Long: about, Version: version.String(),
		SilenceErrors: true, SilenceUsage: true,
	}
	root.SetVersionTemplate("starter {{.Version}}\n")
	root.CompletionOptions.HiddenDefaultCmd = true
	f := root.PersistentFlags()
	f.StringVar(&s.target.Temporal.Address, "address", "", "Temporal's `host:port` (TEMPORAL_ADDRESS)")
	f.StringVar(&s.target.Temporal.Namespace, "namespace", "", "Temporal's namespace (TEMPORAL_NAMESPACE)")
	f.StringVar(&s.target.Temporal.Profile, "profile", "", "profile of Temporal's configuration file (TEMPORAL_PROFILE)")
	f.StringVar(&s.target.Playbook, "playbook", s.env("MUSTER_PLAYBOOK", config.DefaultPlaybook), "the playbook's `path` (MUSTER_PLAYBOOK)")
	f.StringVar(&s.as, "as", s.env("MUSTER_PERSON", ""), "your e-mail `address` (MUSTER_PERSON)")
	f.StringVarP(&s.output, "output", "o", s.output, "text or json")
	f.DurationVar(&s.timeout, "timeout", 30*time.Second, "how long to wait for Temporal")
	s.target.UIURL = s.env("MUSTER_UI_URL", "")
	root.AddCommand(s.declare(), s.list(), s.search(), s.show(), s.watch())
	root.AddCommand(s.commands()...)
	root.AddCommand(s.subscriptions()...)
	root.AddCommand(s.followUp(), s.review(), s.playbook(), s.setup(), s.token(), s.keys(), s.doctor(), s.canary(), s.serve(), s.health(), s.restore(), s.upgrade(), s.replay(),
		s.archive(), s.report(), s.export(), s.importArchive(), s.erase())
	return root
}

func (s *session) env(name, otherwise string) string {
	if v, _ := s.Lookup(name); strings.TrimSpace(v) != "" {
		return strings.TrimSpace(v)
	}
	return otherwise
}

// own makes the function that cobra runs. Errors that it returns are the command's own.
func (s *session) own(f func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		s.ran = true
		if s.output != outputText && s.output != outputJSON {
			wrong := s.output
			s.output = outputText
			return usage("--output: %q is no form; write text or json", wrong)
		}
		if s.as != "" {
			if err := incident.CheckPerson("--as", s.as); err != nil {
				return err
			}
		}
		return s.traced(cmd, func(ctx context.Context) error { return f(ctx, args) })
	}
}

// traced gives a command its span, below that of whoever has called it, as TRACEPARENT says. One that serves or watches
// has none: its end is nobody's. Nor has the question of health, which containers ask every few seconds.
func (s *session) traced(cmd *cobra.Command, f func(ctx context.Context) error) error {
	if cmd.Name() == "serve" || cmd.Name() == "watch" || cmd.Name() == "health" {
		return f(cmd.Context())
	}
	ctx := tracing.FromParent(cmd.Context(), s.env("TRACEPARENT", ""))
	ctx, end := s.Traces.Begin(ctx, cmd.CommandPath(), trace.SpanKindClient, tracing.Way(incident.WayCLI))
	err := f(ctx)
	outcome := "done"
	if err != nil {
		outcome = "failed"
	}
	end(outcome, err != nil)
	return err
}

// dialled is own for commands that need Temporal, bounded by --timeout.
func (s *session) dialled(f func(ctx context.Context, c Incidents, args []string) error) func(*cobra.Command, []string) error {
	return s.own(func(ctx context.Context, args []string) error {
		return s.reachInTime(ctx, func(ctx context.Context, c Incidents) error { return f(ctx, c, args) })
	})
}

// recalled is dialled for what is read, which the archive answers while Temporal is away.
func (s *session) recalled(f func(ctx context.Context, c Incidents, args []string) error) func(*cobra.Command, []string) error {
	return s.own(func(ctx context.Context, args []string) error {
		var recalled Incidents
		err := s.reachInTime(ctx, func(ctx context.Context, c Incidents) error {
			recalled = c
			return f(ctx, c, args)
		})
		if recalled != nil || s.Recall == nil || !errors.Is(err, incidents.ErrAway) {
			return err
		}
		c, done, failed := s.Recall(ctx, s.target)
		if failed != nil || c == nil {
			return err
		}
		defer done()
		ctx, cancel := context.WithTimeout(ctx, s.timeout)
		defer cancel()
		if failed := f(ctx, c, args); !errors.Is(failed, incidents.ErrAway) {
			return failed
		}
		return err // why Temporal cannot be reached says more
	})
}

// reachInTime is reach for what must be done within the time that --timeout allows.
func (s *session) reachInTime(ctx context.Context, f func(context.Context, Incidents) error) error {
	if s.timeout <= 0 {
		return usage("--timeout: write a time such as 30s")
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return s.reach(ctx, func(c Incidents) error { return f(ctx, c) })
}

func (s *session) reach(ctx context.Context, f func(Incidents) error) error {
	c, hangUp, err := s.Dial(ctx, s.target)
	if err != nil {
		return err
	}
	defer hangUp()
	return f(c)
}

func (s *session) actor() incident.Actor {
	return incident.Actor{Person: incident.NormalPerson(s.as), Way: incident.WayCLI}
}

// severity reads a severity. A number needs no playbook, a name does.
func (s *session) severity(text string) (incident.Severity, error) {
	if len(text) == 1 && text >= "1" && text <= "5" {
		return incident.Severity(text[0] - '0'), nil
	}
	p, err := file.Load(s.target.Playbook, s.Now())
	if err != nil {
		return 0, &incident.Problem{
			Code: incident.CodeInvalid, Field: "severity", Mend: "write a number from 1 (worst) to 5",
			Reason: "the playbook, which has the names of severities, cannot be read",
		}
	}
	return p.SeverityByName(text)
}

func exitCode(err error) int {
	if p, ok := incident.AsProblem(err); ok {
		switch p.Code {
		case incident.CodeInvalid:
			return ExitUsage
		case incident.CodeNotFound:
			return ExitNotFound
		case incident.CodeIllegal, incident.CodeConflict:
			return ExitIllegal
		}
	}
	if errors.Is(err, incidents.ErrNotRecorded) || errors.Is(err, incidents.ErrAway) || errors.Is(err, incidents.ErrArchiveAway) {
		return ExitAway
	}
	return ExitFailed
}

// commandWords is the command that the arguments name, without the program's name.
func commandWords(root *cobra.Command, args []string) string {
	cmd, _, err := root.Find(args)
	if err != nil || cmd == root {
		return ""
	}
	return strings.TrimPrefix(cmd.CommandPath(), "starter ")
}

func wantsJSON(args []string) bool {
	if k := slices.Index(args, "--"); k >= 0 {
		args = args[:k]
	}
	for k, a := range args {
		switch {
		case a == "--output=json", a == "-o=json", a == "-ojson":
			return true
		case (a == "--output" || a == "-o") && k+1 < len(args) && args[k+1] == outputJSON:
			return true
		}
	}
	return false
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
