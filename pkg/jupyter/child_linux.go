package jupyter

import (
	"os"
	"os/exec"
	"syscall"
)

// bind makes a child end with this program, however that ends: killed, it has no
// time to end its children. They get the signal, which they may use to end their
// own; whoever does not heed it keeps the lock, and the next run waits.
//
// A child is a group of its own: an interrupt at the terminal reaches this
// program alone, which ends the child and what that started.
func bind(c *exec.Cmd, last syscall.Signal, held *os.File) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: last}
	inherit(c, held)
}
