//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// runs has the owner run the command, where it is another.
func (o *owner) runs(cmd *exec.Cmd) {
	if o != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.gid)}}
	}
}
