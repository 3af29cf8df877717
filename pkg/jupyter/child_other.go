//go:build !unix

package jupyter

import (
	"os"
	"os/exec"
	"syscall"
)

// bind does nothing where there are no process groups.
func bind(*exec.Cmd, syscall.Signal, *os.File) {}
