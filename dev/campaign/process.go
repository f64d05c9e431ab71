package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// process is one part of the campaign's Muster. It is started again whenever it ends, as a
// supervisor would.
type process struct {
	role role
	env  map[string]string
	logs string
	// applied hears of calls that a vendor has applied; only the simulators say so.
	applied chan<- time.Duration

	mu      sync.Mutex
	running *exec.Cmd
	saidSo  bool // it said that it is ready
	starts  int
	killed  int
	ended   int // by itself
}

// restartPause is how long a process that ended stays away.
const restartPause = 150 * time.Millisecond

// run keeps the process running until ctx ends, and ends it then.
func (p *process) run(ctx context.Context) error {
	log, err := os.OpenFile(filepath.Join(p.logs, string(p.role.Name)+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // it was only written to
	for ctx.Err() == nil {
		if err := p.once(ctx, log); err != nil {
			return fmt.Errorf("start the %s: %w", p.role.Name, err)
		}
		pause(ctx, restartPause)
	}
	return nil
}

// once starts the process and waits for its end.
func (p *process) once(ctx context.Context, log io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self)
	if cmd.Env, err = p.role.environ(p.env); err != nil {
		return err
	}
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if _, err = cmd.StdinPipe(); err != nil { // open for as long as this process lives
		return err
	}
	p.mu.Lock()
	err = cmd.Start()
	p.running, p.saidSo = cmd, false
	p.starts++
	killed := p.killed
	p.mu.Unlock()
	if err != nil {
		return err
	}
	p.listen(out)
	_ = cmd.Wait() // it was killed, or says in its log why it ended
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running = nil
	if ctx.Err() == nil && p.killed == killed {
		p.ended++
	}
	return nil
}

// listen reads what the process says until it ends.
func (p *process) listen(out io.Reader) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if d, ok := appliedDelay(lines.Text()); ok && p.applied != nil {
			select {
			case p.applied <- d:
			default: // nobody waits for it any more
			}
		}
		if lines.Text() == saysReady {
			p.mu.Lock()
			p.saidSo = true
			p.mu.Unlock()
		}
	}
}

// kill ends the process at once, as SIGKILL does, and reports whether there was one to kill.
func (p *process) kill() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running == nil || p.running.Process.Kill() != nil {
		return false
	}
	p.killed++
	p.running = nil
	return true
}

// ready reports whether the process can do its work.
func (p *process) ready(ctx context.Context) bool {
	p.mu.Lock()
	running, said := p.running != nil, p.saidSo
	p.mu.Unlock()
	switch p.role.Name {
	case roleTemporal, roleSimulators:
		return running && said
	default:
		return running && p.role.ready(ctx)
	}
}

// counts says how often it was started, killed, and ended by itself.
func (p *process) counts() (starts, killed, ended int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.starts, p.killed, p.ended
}

// pause waits for a while, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
