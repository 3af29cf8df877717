package jupyter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/cortigen/cortigen/pkg/artifact"
)

// KernelName is the name under which notebooks ask for the kernel.
const KernelName = "gonb"

// toolPackages are the programs that the kernel is made of.
var toolPackages = []string{"github.com/janpfeifer/gonb", "golang.org/x/tools/cmd/goimports"}

// warm are packages whose compilation the first cells would wait for.
var warm = []string{"./pkg/experiment", "./pkg/show", "./pkg/figure"}

// goCommand returns the go command of PATH, which is the one at work under
// go run.
func goCommand() (string, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return "", fmt.Errorf("jupyter: the go command is not in PATH: the kernel compiles cells with it")
	}
	return filepath.Abs(path)
}

// prepareTools builds the kernel's programs from this module's go.mod and
// compiles what cells import.
func (e *Environment) prepareTools(ctx context.Context) error {
	gocmd, err := goCommand()
	if err != nil {
		return err
	}
	var sum []byte
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(e.Root, name))
		if err != nil {
			return fmt.Errorf("jupyter: %w", err)
		}
		sum = append(sum, text...)
	}
	stamp, inputs := filepath.Join(e.tools(), "stamp"), digest(sum, []byte(runtime.Version()), []byte(gocmd))
	if fresh(stamp, inputs) && programsThere(e.tools()) {
		return nil
	}
	done := e.begin("Go kernel (gonb, goimports) and packages")
	env := append(os.Environ(), "GOBIN="+e.tools(), "GOWORK=off", "GOFLAGS=")
	if err := e.build(ctx, env, gocmd, append([]string{"install"}, toolPackages...)...); err != nil {
		return err
	}
	obstacle, err := xlaObstacle(ctx, gocmd)
	if err != nil {
		return err
	}
	if obstacle != "" {
		env = append(env, "GOEXPERIMENT="+experiment())
	}
	if err := e.build(ctx, env, gocmd, append([]string{"build"}, warm...)...); err != nil {
		return err
	}
	done()
	return finish(stamp, inputs)
}

func (e *Environment) build(ctx context.Context, env []string, gocmd string, args ...string) error {
	out, err := e.work(ctx, env, gocmd, args...)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case offline(out):
		return fmt.Errorf("jupyter: go: %w\n%s", errOffline, tail(out, 3))
	}
	return fmt.Errorf("jupyter: %w", err)
}

func programsThere(folder string) bool {
	for _, name := range toolPackages {
		if _, err := exec.LookPath(filepath.Join(folder, filepath.Base(name))); err != nil {
			return false
		}
	}
	return true
}

// kernelSpec is a kernel.json.
type kernelSpec struct {
	Argv        []string          `json:"argv"`
	DisplayName string            `json:"display_name"`
	Env         map[string]string `json:"env"`
	Interrupt   string            `json:"interrupt_mode"`
	Language    string            `json:"language"`
}

// prepareKernel describes the kernel to Jupyter.
func (e *Environment) prepareKernel(ctx context.Context) error {
	gocmd, err := goCommand()
	if err != nil {
		return err
	}
	path := strings.Join([]string{e.tools(), filepath.Dir(gocmd), os.Getenv("PATH")}, string(os.PathListSeparator))
	e.kernel = kernelSpec{
		Argv:        []string{filepath.Join(e.tools(), "gonb"), "-kernel", "{connection_file}", "-raw_error", "-go_work=" + e.Root},
		DisplayName: "Go (gonb)",
		Language:    "go",
		Interrupt:   "signal",
		Env: map[string]string{
			"PATH":                  path,
			"CORTIGEN_ROOT":         e.Root,
			"GOMLX_NO_AUTO_INSTALL": "1", // GoMLX would download a plugin of its own
			"GOFLAGS":               "",  // -mod=mod breaks every cell
			"GOWORK":                "",  // off would end the kernel, which has a workspace of its own
		},
	}
	variables, err := e.backendVariables(ctx, gocmd)
	if err != nil {
		return err
	}
	for name, value := range variables {
		e.kernel.Env[name] = value
	}
	text, err := json.MarshalIndent(e.kernel, "", "  ")
	if err != nil {
		return fmt.Errorf("jupyter: %w", err)
	}
	return errors.Join(
		replace(e.path("share", "jupyter", "kernels", KernelName, "kernel.json"), text),
		replace(e.path("etc", "jupyter", "labconfig", "page_config.json"), []byte(pageConfig)),
	)
}

// pageConfig keeps JupyterLab from asking whether it may fetch news.
const pageConfig = `{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}`

// replace writes a file where it holds something else.
func replace(file string, text []byte) error {
	if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, text) {
		return nil
	}
	return artifact.WriteFile(file, text)
}

// backendVariables decides what the kernel computes with, and says so in
// e.Backend.
func (e *Environment) backendVariables(ctx context.Context, gocmd string) (map[string]string, error) {
	if asked := os.Getenv("GOMLX_BACKEND"); asked != "" {
		e.Backend = asked + ", as GOMLX_BACKEND asks"
		return map[string]string{"GOMLX_BACKEND": asked}, nil
	}
	obstacle, err := xlaObstacle(ctx, gocmd)
	if err != nil {
		return nil, err
	}
	if obstacle == "" {
		if plugin := e.plugin(); plugin != "" {
			e.Backend = "XLA on the CPU"
			return map[string]string{"GOMLX_BACKEND": "xla:" + plugin}, nil
		}
		obstacle = "no PJRT plugin is in .venv"
	}
	e.Backend = "pure Go: " + obstacle
	return map[string]string{"GOMLX_BACKEND": "go:ops_sequential", "GOEXPERIMENT": experiment()}, nil
}

// experiment is GOEXPERIMENT for pure Go: three to four times as fast.
func experiment() string {
	if runtime.GOARCH == "amd64" {
		return "simd"
	}
	return ""
}

// xlaObstacle says why XLA cannot be had here, "" where it can.
func xlaObstacle(ctx context.Context, gocmd string) (string, error) {
	out, err := command(ctx, gocmd, "env", "CGO_ENABLED")
	switch {
	case err != nil:
		return "", fmt.Errorf("jupyter: %w", err)
	case strings.TrimSpace(string(out)) != "1":
		return "XLA needs a C compiler (and CGO_ENABLED=1)", nil
	case !pluginIsListed():
		return fmt.Sprintf("PyPI has no PJRT plugin for %s on %s; with one of your own, set GOMLX_BACKEND=xla:/path/to/it", runtime.GOOS, runtime.GOARCH), nil
	}
	return "", nil
}

// plugin returns the PJRT plugin of the environment, "" where there is none.
func (e *Environment) plugin() string {
	found, _ := filepath.Glob(e.path("lib", "python3*", "site-packages", "*", "pjrt_c_api_cpu_plugin.so")) // only a bad pattern is an error
	if len(found) == 0 {
		return ""
	}
	return slices.Min(found)
}

// variablePattern splits NAME=value.
var variablePattern = regexp.MustCompile(`^([^=]+)=`)

// environ returns this program's environment with some variables changed.
func environ(changed map[string]string) []string {
	var env []string
	for _, variable := range os.Environ() {
		if m := variablePattern.FindStringSubmatch(variable); m != nil {
			if _, change := changed[m[1]]; change {
				continue
			}
		}
		env = append(env, variable)
	}
	for name, value := range changed {
		env = append(env, name+"="+value)
	}
	return env
}
