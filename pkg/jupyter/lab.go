package jupyter

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"github.com/cortigen/cortigen/pkg/artifact"
)

// Lab says how JupyterLab is opened.
type Lab struct {
	// Dir is the folder that it shows, anywhere on this machine.
	Dir string
	// Port on loopback; 0 means 8888 or the next that is free.
	Port int
	// NoBrowser leaves the browser alone: the address, with its token, is printed.
	NoBrowser bool
	// Everywhere listens on all interfaces, as a container must.
	Everywhere bool
	Setting    artifact.Setting
}

// Lab runs JupyterLab until it is told to shut down or ctx ends.
func (e *Environment) Lab(ctx context.Context, l Lab) error {
	if info, err := os.Stat(l.Dir); err != nil || !info.IsDir() {
		return fmt.Errorf("jupyter: there is no folder %q for JupyterLab to show", l.Dir)
	}
	args := []string{"-m", "jupyterlab", "--ServerApp.root_dir=" + l.Dir}
	if l.Everywhere {
		args = append(args, "--ip=0.0.0.0", "--allow-root")
	} else {
		args = append(args, "--ip=127.0.0.1")
		if os.Geteuid() == 0 {
			args = append(args, "--allow-root")
		}
	}
	if l.Port != 0 {
		args = append(args, "--port="+strconv.Itoa(l.Port), "--ServerApp.port_retries=0")
	}
	if l.NoBrowser {
		args = append(args, "--no-browser")
	}
	c := exec.CommandContext(ctx, e.bin("python"), args...)
	c.Dir, c.Env = l.Dir, e.environ(l.Setting, nil)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	// SIGINT at a terminal would make it ask whether that was meant: it gets
	// neither. SIGTERM ends its kernels and then itself.
	bind(c, syscall.SIGTERM, nil)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = 10 * time.Second
	if err := c.Run(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("jupyter: JupyterLab: %w", err)
	}
	return nil
}
