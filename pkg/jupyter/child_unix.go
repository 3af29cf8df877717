//go:build unix

package jupyter

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// inherit hands a child the lock, which is held until the last of those who have
// it has ended.
func inherit(c *exec.Cmd, held *os.File) {
	if held != nil {
		c.ExtraFiles = []*os.File{held}
	}
	c.Cancel = func() error { return endGroup(c.Process, syscall.SIGKILL) }
}

// endGroup sends a signal to a child and to what it started.
func endGroup(p *os.Process, with syscall.Signal) error {
	if err := syscall.Kill(-p.Pid, with); errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	} else if err != nil {
		return err
	}
	return nil
}
