//go:build unix && !linux

package playground

import "syscall"

// childAttributes puts a child into its own process group, so that Ctrl-C reaches its parent only. Here nothing ends it
// when the parent is killed; `wheelhouse-playground down` does.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
