//go:build unix

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/mattn/go-shellwords"

	"muster/dev/process"
	"muster/incident"
)

const ordersHelp = `
Type what shall happen:

  ps                         what runs, and in which version
  kill | freeze | thaw NAME  SIGKILL, SIGSTOP, SIGCONT; what is killed is started again
  stop | start NAME          as docker compose stop and start do
  upgrade | back NAME        a worker or a gateway, to the next version and back
  starter ARGS...            the command line, as alice@example.com
  rotate                     another API token: both are valid, then the new one alone
  backup                     all of PostgreSQL into one file, while everything runs
  lose                       PostgreSQL, with all that it holds
  restore INC-9              the first two steps of docs/runbook.md; INC-9 is the newest number known
  resume                     its last step: workers and gateways run again
  quit                       as Ctrl-C

`

// obeys does what a person types until they quit, the input ends and ctx after it, or ctx ends. What goes wrong is told
// and ends nothing.
func (t *topology) obeys(ctx, alive context.Context, in io.Reader) {
	lines := make(chan string)
	go func() {
		for s := bufio.NewScanner(in); s.Scan(); {
			select {
			case lines <- s.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case line := <-lines:
			words, err := wordsOf(line)
			if err != nil {
				t.say("%s", err)
			}
			if len(words) == 0 {
				continue
			}
			if words[0] == "quit" {
				return
			}
			if err := t.obey(alive, words[0], words[1:]); err != nil {
				t.say("%s: %s", words[0], err)
			}
		}
	}
}

// wordsOf reads a line as a shell would: with quotes, and up to a comment.
func wordsOf(line string) ([]string, error) {
	words, err := shellwords.Parse(line)
	if err != nil {
		return nil, fmt.Errorf("%q cannot be read: %w", line, err)
	}
	if k := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "#") }); k >= 0 {
		words = words[:k]
	}
	return words, nil
}

func (t *topology) obey(ctx context.Context, what string, args []string) error {
	switch what {
	case "ps":
		t.lists()
	case "starter":
		return t.starts(ctx, args...)
	case "rotate":
		return t.rotates(ctx)
	case "backup":
		path, err := t.backUp(ctx)
		if err != nil {
			return brief(err)
		}
		t.say("it is in %s", path)
	case "lose":
		return t.loses(args)
	case "restore":
		return brief(t.restores(ctx, args))
	case "resume":
		t.startAgain(slices.Concat(workers, gateways)...)
		return t.allReady(ctx)
	case "kill", "freeze", "thaw", "stop", "start", "upgrade", "back":
		return t.strikes(ctx, what, args)
	case "help":
		fmt.Fprint(t.out, ordersHelp)
	default:
		fmt.Fprint(t.out, ordersHelp)
		return errors.New("is nothing that can be done here; see above")
	}
	return nil
}

// brief is the first line of an error, of which the rest was said.
func brief(err error) error {
	if err == nil {
		return nil
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return errors.New(first)
}

// strikes does something to one process.
func (t *topology) strikes(ctx context.Context, what string, args []string) error {
	if len(args) != 1 || t.processes[args[0]] == nil {
		return fmt.Errorf("name one of %s", strings.Join(slices.Sorted(maps.Keys(t.processes)), ", "))
	}
	name := args[0]
	p := t.processes[name]
	ours := t.isOurs(name)
	before := 0 // what a process must not be any more to have been replaced
	switch what {
	case "kill":
		before = p.PID()
		if !p.Kill() {
			return errors.New("it does not run")
		}
	case "freeze", "thaw":
		signal := map[string]syscall.Signal{"freeze": syscall.SIGSTOP, "thaw": syscall.SIGCONT}[what]
		if err := signalFamily(p.PID(), signal); err != nil {
			return err
		}
		if what == "freeze" {
			t.say("%s is frozen", name)
			return t.await(ctx, name, func(context.Context) bool { return frozen(p.PID()) })
		}
	case "stop":
		t.say("stop %s", name)
		return p.Stop(t.grace(name))
	case "start":
		p.Start()
	default:
		if !ours {
			return fmt.Errorf("only %s have two versions here", strings.Join(slices.Concat(workers, gateways), ", "))
		}
		t.setVersion(name, map[string]string{"upgrade": versionAfter, "back": versionBefore}[what])
		before = p.PID()
		if !p.Ask(syscall.SIGTERM) {
			p.Start()
		}
	}
	return t.comesUp(ctx, name, before)
}

func (t *topology) isOurs(name string) bool {
	return slices.Contains(slices.Concat(workers, gateways), name)
}

// replaced waits until a process runs that is not the one before, which may serve for a moment yet, and of ours is ready.
func (t *topology) replaced(ctx context.Context, name string, before int) error {
	return t.await(ctx, name, func(ctx context.Context) bool {
		pid := t.processes[name].PID()
		return pid != 0 && pid != before && (!t.isOurs(name) || healthy(ctx, t.metrics[name]))
	})
}

// comesUp waits until a process runs that is not the one before, and says so.
func (t *topology) comesUp(ctx context.Context, name string, before int) error {
	if err := t.replaced(ctx, name, before); err != nil {
		return err
	}
	if t.isOurs(name) {
		t.say("%s runs in version %s", name, t.version(name))
		return nil
	}
	process.Wait(ctx, time.Second) // what ends at once is no process that runs
	if !t.processes[name].Running() {
		return fmt.Errorf("%s does not stay up; its log is in %s", name, t.dir)
	}
	t.say("%s runs", name)
	return nil
}

// loses refuses to lose what cannot be had back.
func (t *topology) loses(args []string) error {
	switch {
	case !t.processes[postgres].Running():
		return errors.New("PostgreSQL does not run; there is nothing to lose")
	case !t.backedUp() && !slices.Equal(args, []string{"anyway"}):
		return errors.New("there is no back-up: type backup first, or lose anyway")
	}
	return t.lose()
}

func (t *topology) backedUp() bool {
	_, err := os.Stat(t.backUpFile())
	return err == nil
}

// lists says what runs.
func (t *topology) lists() {
	for _, name := range t.order {
		said := "does not run"
		if pid := t.processes[name].PID(); pid != 0 {
			said = fmt.Sprintf("process %d", pid)
			if frozen(pid) {
				said += ", frozen"
			}
		}
		if t.isOurs(name) {
			said += ", " + t.version(name)
		}
		fmt.Fprintf(t.out, "%-18s %s\n", name, said)
	}
}

// starts runs the command line.
func (t *topology) starts(ctx context.Context, args ...string) error {
	env := t.ofOurs(gateways[1])
	env["MUSTER_PERSON"] = "alice@example.com"
	cmd, err := t.starterCommand(ctx, serviceGateway, env, args...)
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = t.out, t.out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("starter %s: %w", strings.Join(args, " "), err)
	}
	return nil
}

// rotates gives the gateways another API token, as docs/runbook.md says: first beside the old one, then alone.
func (t *topology) rotates(ctx context.Context) error {
	token, line, err := newToken("topology-" + time.Now().Format("150405"))
	if err != nil {
		return err
	}
	for _, with := range []struct{ tokens, said string }{
		{t.valid() + "\n" + line, "with both tokens"}, {line, "with the new token alone"},
	} {
		t.setTokens(token, with.tokens)
		for _, name := range gateways {
			before := t.processes[name].PID()
			if !t.processes[name].Ask(syscall.SIGTERM) {
				return fmt.Errorf("%s does not run", name)
			}
			t.say("restart %s %s", name, with.said)
			if err := t.replaced(ctx, name, before); err != nil {
				return err
			}
		}
	}
	t.say("the token is now %s", token)
	return nil
}

// restores puts the back-up in the place of what there was, and leaves out the numbers that were handed out since, as the
// steps of docs/runbook.md do before any worker runs.
func (t *topology) restores(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("name the newest number that is known, such as INC-9: it is that of the newest channel, issue or page")
	}
	if _, err := incident.ParseKey(args[0]); err != nil {
		return err
	}
	if t.processes[postgres].Running() {
		return errors.New("PostgreSQL runs and has all that it holds; lose it first")
	}
	if !t.backedUp() {
		return errors.New("there is no back-up")
	}
	if err := t.restore(ctx, t.backUpFile()); err != nil {
		return err
	}
	for _, command := range [][]string{{"setup", "temporal", "--timeout", "1m"}, {"setup", "restored", "--last", args[0]}} {
		t.say("starter %s", strings.Join(command, " "))
		if err := t.starts(ctx, command...); err != nil {
			return err
		}
	}
	t.say("resolve now what has ended since the back-up (starter resolve INC-1), then type resume")
	return nil
}
