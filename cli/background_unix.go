//go:build unix

package cli

import (
	"os/exec"
	"syscall"
)

// separate gives a program a session of its own, which the end of this terminal does not reach.
func separate(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
