// Package process starts programs of this machine, keeps them running as a supervisor would, and
// ends them in the ways in which processes end. The kill campaign and the topology are built on it.
package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Options say what runs.
type Options struct {
	Name string
	// Command makes the command for each start anew.
	Command func(ctx context.Context) (*exec.Cmd, error)
	// Log is the path of the file that takes what it writes.
	Log string
	// Line hears each line of its standard output, which then is not in the log; it may be nil.
	Line func(string)
	// KeepInput gives it a standard input that is open for as long as this process lives.
	KeepInput bool
	// Pause is how long it stays away when it has ended; 0 counts as 150 ms.
	Pause time.Duration
}

// Process is a program that is started again whenever it ends, until Run's context does.
type Process struct {
	o Options

	mu      sync.Mutex
	running *exec.Cmd
	gone    chan struct{} // closed when running has ended
	held    bool
	changed chan struct{} // closed when held changes
	counts  Counts
}

// Counts say how often something happened to a process.
type Counts struct {
	Starts, Killed int
	// Ended is how often it ended by itself.
	Ended int
}

// New prepares a process; Run starts it.
func New(o Options) *Process {
	if o.Pause == 0 {
		o.Pause = 150 * time.Millisecond
	}
	return &Process{o: o, changed: make(chan struct{})}
}

// Name is what it is called.
func (p *Process) Name() string { return p.o.Name }

// Run keeps the process running until ctx ends, and ends it then. Its error is that it cannot be started.
func (p *Process) Run(ctx context.Context) error {
	// Where the system can end a child with its parent, the parent is the thread that started it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	log, err := os.OpenFile(p.o.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // it was only written to
	for ctx.Err() == nil {
		if !p.wanted(ctx) {
			break
		}
		if err := p.once(ctx, log); err != nil {
			return fmt.Errorf("start the %s: %w", p.o.Name, err)
		}
		Wait(ctx, p.o.Pause)
	}
	return nil
}

// wanted waits while the process is held back, and reports false when ctx has ended.
func (p *Process) wanted(ctx context.Context) bool {
	for {
		p.mu.Lock()
		held, changed := p.held, p.changed
		p.mu.Unlock()
		if !held {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-changed:
		}
	}
}

// once starts the process and waits for its end.
func (p *Process) once(ctx context.Context, log io.Writer) error {
	cmd, err := p.o.Command(ctx)
	if err != nil {
		return err
	}
	cmd.Stderr = log
	var out io.Reader
	if p.o.Line == nil {
		cmd.Stdout = log
	} else if out, err = cmd.StdoutPipe(); err != nil {
		return err
	}
	if p.o.KeepInput {
		if _, err = cmd.StdinPipe(); err != nil {
			return err
		}
	}
	dieTogether(cmd)
	gone := make(chan struct{})
	defer close(gone)
	p.mu.Lock()
	if p.held {
		p.mu.Unlock()
		return nil
	}
	err = cmd.Start()
	before := p.counts
	if err == nil {
		p.running, p.gone = cmd, gone
		p.counts.Starts++
	}
	p.mu.Unlock()
	if err != nil {
		return err
	}
	if out != nil {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.o.Line(lines.Text())
		}
	}
	_ = cmd.Wait() // it was told to, or says in its log why it ended
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running = nil
	if ctx.Err() == nil && p.counts.Killed == before.Killed {
		p.counts.Ended++
	}
	return nil
}

// Kill ends the process at once, as SIGKILL does, and reports whether there was one to kill.
func (p *Process) Kill() bool { return p.end(os.Kill) }

// Ask sends it a signal that asks it to end, such as SIGTERM. It is started again afterwards.
func (p *Process) Ask(signal os.Signal) bool { return p.end(signal) }

func (p *Process) end(signal os.Signal) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running == nil || p.running.Process.Signal(signal) != nil {
		return false
	}
	p.counts.Killed++
	if signal == os.Kill {
		p.running = nil
	}
	return true
}

// Stop asks it to end, waits for that, and keeps it away until Start. What has not ended within the
// grace is killed, which is an error.
func (p *Process) Stop(grace time.Duration) error {
	p.mu.Lock()
	p.hold(true)
	cmd, gone := p.running, p.gone
	if cmd != nil {
		p.counts.Killed++
		_ = cmd.Process.Signal(syscall.SIGTERM) // or it has just ended by itself
	}
	p.mu.Unlock()
	if cmd == nil {
		return nil
	}
	select {
	case <-gone:
		return nil
	case <-time.After(grace):
		err := cmd.Process.Kill()
		<-gone
		return errors.Join(fmt.Errorf("the %s had not ended %s after SIGTERM, and was killed", p.o.Name, grace), err)
	}
}

// KillAndHold kills it and keeps it away until Start.
func (p *Process) KillAndHold() {
	p.mu.Lock()
	p.hold(true)
	cmd, gone := p.running, p.gone
	if cmd != nil {
		p.counts.Killed++
		_ = cmd.Process.Kill() // or it has just ended by itself
	}
	p.mu.Unlock()
	if cmd != nil {
		<-gone
	}
}

// Start lets it run again after Stop.
func (p *Process) Start() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hold(false)
}

// hold is called with the lock.
func (p *Process) hold(held bool) {
	p.held = held
	close(p.changed)
	p.changed = make(chan struct{})
}

// Running reports whether there is a process now.
func (p *Process) Running() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running != nil
}

// PID is the number of the running process, 0 when there is none.
func (p *Process) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running == nil {
		return 0
	}
	return p.running.Process.Pid
}

// Counts says how often it was started and killed, and how often it ended by itself.
func (p *Process) Counts() Counts {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.counts
}

// Wait waits for a while, or until ctx ends.
func Wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
