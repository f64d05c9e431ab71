package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"time"

	supervised "muster/dev/process"
)

// process is one part of the campaign's Muster: this program itself in a role. It is started again
// whenever it ends, as a supervisor would.
type process struct {
	*supervised.Process
	role role
	// saidSo is true when it said that it is ready.
	saidSo atomic.Bool
}

// newProcess prepares a part. Applied hears of calls that a vendor has applied; only the simulators say so.
func newProcess(r role, env map[string]string, logs string, applied chan<- time.Duration) *process {
	p := &process{role: r}
	p.Process = supervised.New(supervised.Options{
		Name: string(r.Name), Log: filepath.Join(logs, string(r.Name)+".log"), KeepInput: true,
		Command: func(ctx context.Context) (*exec.Cmd, error) {
			p.saidSo.Store(false)
			self, err := os.Executable()
			if err != nil {
				return nil, err
			}
			cmd := exec.CommandContext(ctx, self)
			cmd.Env, err = r.environ(env)
			return cmd, err
		},
		Line: func(line string) {
			if d, ok := appliedDelay(line); ok && applied != nil {
				select {
				case applied <- d:
				default: // nobody waits for it any more
				}
			}
			if line == saysReady {
				p.saidSo.Store(true)
			}
		},
	})
	return p
}

// ready reports whether the process can do its work.
func (p *process) ready(ctx context.Context) bool {
	switch p.role.Name {
	case roleTemporal, roleSimulators:
		return p.Running() && p.saidSo.Load()
	default:
		return p.Running() && p.role.ready(ctx)
	}
}

// pause waits for a while, or until ctx ends.
func pause(ctx context.Context, d time.Duration) { supervised.Wait(ctx, d) }
