package process

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
)

// Said runs a command to its end, and gives it as a person would have typed it and what it wrote to standard
// error, and also what it wrote to standard output where that leads nowhere else.
func Said(cmd *exec.Cmd) (command, said string, err error) {
	var out bytes.Buffer
	cmd.Stderr = &out
	if cmd.Stdout == nil {
		cmd.Stdout = &out
	}
	err = cmd.Run()
	words := append([]string{filepath.Base(cmd.Path)}, cmd.Args[1:]...)
	if said = strings.TrimSpace(out.String()); said != "" {
		said = "\n" + said
	}
	return strings.Join(words, " "), said, err
}
