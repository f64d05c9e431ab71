package process

import (
	"os/exec"
	"syscall"
)

// dieTogether has the system end the program when this process dies, however it dies, and keeps what a
// person types into this one's terminal from it.
func dieTogether(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	cmd.SysProcAttr.Setpgid = true
	// Its own children go with it, which may hold its output open.
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
