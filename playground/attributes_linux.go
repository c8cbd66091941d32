package playground

import "syscall"

// childAttributes puts a child into its own process group, so that Ctrl-C reaches its parent only, and makes the kernel
// end it with its parent.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
