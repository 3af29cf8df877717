package mlx

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// probeVariable holds, in a probing child, the plugin to try.
const probeVariable = "CORTIGEN_PROBE_PLUGIN"

// probeTimeout is generous: loading a plugin of 200 MB from a cold disk takes
// seconds.
const probeTimeout = 60 * time.Second

// A probing child is this same program, started again: there is no other that
// is certain to be linked as this one is. It must not reach main, hence the one
// init of the project.
func init() {
	plugin := os.Getenv(probeVariable)
	if plugin == "" {
		return
	}
	if err := usePlugin(plugin); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// usePlugin loads a plugin and adds two numbers with it.
func usePlugin(plugin string) error {
	var err error
	panicked := Try("try plugin", func() {
		var b compute.Backend
		if b, err = compute.NewWithConfig("xla:" + plugin); err != nil {
			return
		}
		sum := graph.MustExecOnce(b, func(x *graph.Node) *graph.Node { return graph.AddScalar(x, 1) }, float32(2))
		if got := sum.Value().(float32); got != 3 {
			err = fmt.Errorf("it says that 2 + 1 = %g", got)
		}
	})
	return errors.Join(panicked, err)
}

// tryPlugin reports, in words for a user, why a plugin cannot be used, or nil.
// The verdict is remembered until the plugin's file changes.
func tryPlugin(ctx context.Context, plugin string) error {
	if !haveXLA {
		return errors.New("this program was built without cgo, which XLA needs")
	}
	info, err := os.Stat(plugin)
	if err != nil {
		return fmt.Errorf("there is no plugin at %s", plugin)
	}
	memory := verdictFile(plugin, info)
	if text, err := os.ReadFile(memory); err == nil {
		return verdict(string(text))
	}
	text, err := probe(ctx, plugin)
	if err != nil {
		return err
	}
	// The verdict is only a shortcut: where it cannot be kept, the next program
	// tries again.
	_ = remember(memory, text)
	return verdict(text)
}

// remember writes a verdict at once, so that a program that reads meanwhile
// sees all of it or none.
func remember(memory, text string) error {
	if err := os.MkdirAll(filepath.Dir(memory), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(memory), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), memory)
	}
	if err != nil {
		os.Remove(f.Name()) // best effort
	}
	return err
}

// verdict turns a remembered line into an error; "works" is none.
func verdict(text string) error {
	if text == "works" {
		return nil
	}
	return errors.New(text)
}

// verdictFile names the memory of a plugin's trial, by path, size and time.
func verdictFile(plugin string, info os.FileInfo) string {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	id := sha256.Sum256(fmt.Appendf(nil, "%s %d %d", plugin, info.Size(), info.ModTime().UnixNano()))
	return filepath.Join(cache, "cortigen-plugins", fmt.Sprintf("%x", id[:12]))
}

// probe tries a plugin in a child process and returns the verdict. It fails
// only when no child could be started or the context ended.
func probe(ctx context.Context, plugin string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("the plugin could not be tried: %w", err)
	}
	limited, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	child := exec.CommandContext(limited, self)
	child.Env = append(os.Environ(), probeVariable+"="+plugin)
	child.WaitDelay = time.Second
	var stderr bytes.Buffer
	child.Stderr = &stderr
	err = child.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err == nil:
		return "works", nil
	case limited.Err() != nil:
		return fmt.Sprintf("the plugin %s did not answer within %v", filepath.Base(plugin), probeTimeout), nil
	case errors.As(err, &exit):
		first, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n")
		return fmt.Sprintf("the plugin %s does not work here (%v: %s)", filepath.Base(plugin), err, first), nil
	}
	return "", fmt.Errorf("the plugin could not be tried: %w", err)
}
