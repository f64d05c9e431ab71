//go:build !linux

package process

import "os/exec"

// dieTogether does nothing where the system offers nothing for it.
func dieTogether(*exec.Cmd) {}
