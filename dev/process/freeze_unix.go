//go:build unix

package process

import (
	"fmt"
	"syscall"
)

// Freeze stops it where it is, as a machine that swaps or a paused container does, until Thaw.
func (p *Process) Freeze() error { return p.signal(syscall.SIGSTOP) }

// Thaw lets it go on.
func (p *Process) Thaw() error { return p.signal(syscall.SIGCONT) }

func (p *Process) signal(s syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running == nil {
		return fmt.Errorf("the %s does not run", p.o.Name)
	}
	return p.running.Process.Signal(s)
}
