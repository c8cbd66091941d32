//go:build !unix

package cli

import "os/exec"

// separate has nothing to do where a terminal does not end the programs that were started from it.
func separate(*exec.Cmd) {}
