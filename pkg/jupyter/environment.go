package jupyter

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed" // the requirements and the executor
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/cortigen/cortigen/pkg/artifact"
)

//go:embed requirements.txt
var requirements []byte

// Environment is a notebook environment that is ready.
type Environment struct {
	// Root is the clone whose packages the kernel finds.
	Root string
	// Fresh says that the Python side was made now, not found.
	Fresh bool
	// Backend says which backend the kernel asks for, and why.
	Backend string

	kernel kernelSpec
	log    io.Writer
	mu     sync.Mutex // of log
	held   *os.File   // the lock, for children; nil where none is held
}

// Prepare makes the environment of a clone, or what is missing of it, and writes
// a line for each part that takes time. Its errors are for users: no Python, no
// venv module, no network.
func Prepare(ctx context.Context, root string, log io.Writer) (*Environment, error) {
	held, err := lock(ctx, filepath.Join(root, ".out", "launcher.lock"), log)
	if err != nil {
		return nil, err
	}
	defer held.Close()
	e := &Environment{Root: root, log: log, held: held}
	// pip waits for the network while the Go compiler works.
	parts, both := errgroup.WithContext(ctx)
	parts.Go(func() error { return e.preparePython(both) })
	parts.Go(func() error { return e.prepareTools(both) })
	if err := parts.Wait(); err != nil {
		return nil, err
	}
	err = e.prepareKernel(ctx)
	e.held = nil
	return e, err
}

func (e *Environment) path(parts ...string) string {
	return filepath.Join(append([]string{e.Root, ".venv"}, parts...)...)
}

// bin returns a program of the environment.
func (e *Environment) bin(name string) string {
	if runtime.GOOS == "windows" {
		return e.path("Scripts", name+".exe")
	}
	return e.path("bin", name)
}

// tools is where Go programs go: beside .venv's Python side, which is made anew
// when its requirements change.
func (e *Environment) tools() string { return filepath.Join(e.Root, ".out", "bin") }

// fresh reports whether a part was finished from these inputs.
func fresh(stamp, inputs string) bool {
	text, err := os.ReadFile(stamp)
	return err == nil && string(text) == inputs
}

// finish stamps a part.
func finish(stamp, inputs string) error { return artifact.WriteFile(stamp, []byte(inputs)) }

func digest(parts ...[]byte) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d\n", len(part))
		h.Write(part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (e *Environment) say(format string, args ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	fmt.Fprintf(e.log, format+"\n", args...)
}

// begin says that a part takes time; the function returned says how long.
func (e *Environment) begin(what string) func() {
	start := time.Now()
	e.say("  %s …", what)
	return func() { e.say("  %s: done in %.0f s", what, time.Since(start).Seconds()) }
}

// work runs a program that takes time or writes, in the clone, with the lock.
func (e *Environment) work(ctx context.Context, env []string, name string, args ...string) ([]byte, error) {
	return start(ctx, e.held, e.Root, env, name, args...)
}

// command runs a program that only answers.
func command(ctx context.Context, name string, args ...string) ([]byte, error) {
	return start(ctx, nil, "", nil, name, args...)
}

// start runs a program and returns its output; an error holds the end of it.
func start(ctx context.Context, held *os.File, dir string, env []string, name string, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Env = dir, env
	bind(c, syscall.SIGINT, held) // Python and go end their own children then
	c.WaitDelay = 5 * time.Second
	out, err := c.CombinedOutput()
	if err == nil {
		return out, nil
	}
	if ctx.Err() != nil {
		return out, ctx.Err()
	}
	return out, fmt.Errorf("%s: %w\n%s", strings.Join(append([]string{filepath.Base(name)}, args...), " "), err, tail(out, 15))
}

// tail returns the last lines.
func tail(out []byte, lines int) []byte {
	all := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	return bytes.Join(all[max(0, len(all)-lines):], []byte("\n"))
}

// offline reports whether output of pip or go tells of a network that is not
// there.
func offline(out []byte) bool {
	for _, sign := range []string{
		"NewConnectionError", "ConnectTimeout", "ReadTimeout", "ProxyError", "Temporary failure in name resolution",
		"Name or service not known", "Connection refused", "connection refused", "Network is unreachable", "network is unreachable",
		"no such host", "i/o timeout", "module lookup disabled by GOPROXY=off",
	} {
		if bytes.Contains(out, []byte(sign)) {
			return true
		}
	}
	return false
}

var errOffline = errors.New("the network is needed once, for packages, and cannot be reached: check the connection or the proxy (HTTPS_PROXY, PIP_INDEX_URL, GOPROXY) and run the command again; what was finished is kept")
