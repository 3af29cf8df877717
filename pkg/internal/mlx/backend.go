package mlx

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend" // registers "go", the path that always works

	"github.com/cortigen/cortigen/pkg"
)

// goConfig is the only safe configuration of the pure-Go backend (see the
// package comment).
const goConfig = "go:ops_sequential"

// Backend does the arithmetic of models.
type Backend struct {
	// Compute is what GoMLX calls a backend. Tensors belong to this very value,
	// so it is not wrapped.
	Compute   compute.Backend
	name, why string
}

// Name returns what results record: "go", "go+simd", "xla:cpu" or "xla:cuda".
func (b *Backend) Name() string { return b.name }

// Why returns one line that says which backend was taken and for what reason.
func (b *Backend) Why() string { return b.why }

// choice is a backend's configuration and why it was chosen.
type choice struct {
	config, why string
}

// Open makes the backend that this machine can run; see the package comment
// for the order of preference. What GOMLX_BACKEND asks for and cannot be had is
// an error only when it is misspelt: a missing or broken plugin falls back to
// pure Go, and Why says so.
func Open(ctx context.Context) (*Backend, error) {
	c, err := choose(ctx, os.Getenv("GOMLX_BACKEND"))
	if err != nil {
		return nil, err
	}
	return open(c)
}

// OpenGo makes the pure-Go backend whatever else there is.
func OpenGo() (*Backend, error) { return open(choice{goConfig, "pure Go was asked for"}) }

func open(c choice) (*Backend, error) {
	if c.config != goConfig {
		keepMemory()
	}
	var b compute.Backend
	var err error
	if panicked := Try("open backend "+c.config, func() { b, err = compute.NewWithConfig(c.config) }); panicked != nil {
		return nil, panicked
	}
	if err != nil {
		return nil, fmt.Errorf("mlx: open backend %s: %w", c.config, err)
	}
	return &Backend{Compute: b, name: nameOf(c.config), why: nameOf(c.config) + ": " + c.why}, nil
}

// nameOf turns a configuration into the name that results record.
func nameOf(config string) string {
	kind, plugin, _ := strings.Cut(config, ":")
	if kind == "go" {
		if strings.Contains(runtime.Version(), "simd") {
			return "go+simd"
		}
		return "go"
	}
	if strings.Contains(filepath.Base(plugin), "cuda") {
		return "xla:cuda"
	}
	return "xla:cpu"
}

// choose applies the order of preference.
func choose(ctx context.Context, asked string) (choice, error) {
	kind, plugin, _ := strings.Cut(asked, ":")
	switch {
	case asked == "":
		return found(ctx, plugins()), nil
	case kind == "go":
		return choice{goConfig, "GOMLX_BACKEND asks for it"}, nil
	case kind == "xla" && filepath.IsAbs(plugin):
		if err := tryPlugin(ctx, plugin); err != nil {
			return choice{goConfig, fmt.Sprintf("GOMLX_BACKEND asks for %s, but %v", asked, err)}, nil
		}
		return choice{asked, "GOMLX_BACKEND asks for it"}, nil
	case kind == "xla" && (plugin == "" || plugin == "cpu" || plugin == "cuda"):
		var fit []string
		for _, p := range plugins() {
			if plugin == "" || nameOf("xla:"+p) == asked {
				fit = append(fit, p)
			}
		}
		return found(ctx, fit), nil
	}
	return choice{}, fmt.Errorf("mlx: GOMLX_BACKEND is %q: use go, xla, xla:cpu, xla:cuda, or xla: and the absolute path of a PJRT plugin", asked)
}

// found takes the first plugin that works.
func found(ctx context.Context, plugins []string) choice {
	why := "no PJRT plugin was found (go run ./notebooks installs one)"
	if !haveXLA {
		return choice{goConfig, "this program was built without cgo, which XLA needs"}
	}
	for _, p := range plugins {
		err := tryPlugin(ctx, p)
		if err == nil {
			return choice{"xla:" + p, "a PJRT plugin was found and works: " + filepath.Base(p)}
		}
		why = err.Error()
	}
	return choice{goConfig, why}
}

// plugins lists the PJRT plugins on this machine, CUDA first: those of the
// project's Python environment, then those of PJRT_PLUGIN_LIBRARY_PATH.
func plugins() []string {
	var folders []string
	if root, err := pkg.Root(); err == nil { // else there is no such environment
		folders = append(folders, filepath.Join(root, ".venv", "lib", "python3*", "site-packages", "*"))
		folders = append(folders, filepath.Join(root, ".venv", "lib", "python3*", "site-packages", "jax_plugins", "*"))
	}
	folders = append(folders, filepath.SplitList(os.Getenv("PJRT_PLUGIN_LIBRARY_PATH"))...)
	var all []string
	for _, name := range []string{"*cuda*plugin*.so", "*cpu*plugin*.so"} {
		for _, folder := range folders {
			matches, _ := filepath.Glob(filepath.Join(folder, name)) // only a bad pattern is an error
			all = append(all, matches...)
		}
	}
	return all
}
