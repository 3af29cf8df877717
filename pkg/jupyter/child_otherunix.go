//go:build unix && !linux

package jupyter

import (
	"os"
	"os/exec"
	"syscall"
)

// bind makes a child a group of its own, which ends when the context does. Where
// this program is killed, the child goes on, and keeps the lock until it is done.
func bind(c *exec.Cmd, _ syscall.Signal, held *os.File) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	inherit(c, held)
}
