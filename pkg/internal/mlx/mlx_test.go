package mlx

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/gomlx/core/graph"
)

// twice doubles each number on the backend.
func twice(t *testing.T, b *Backend, data []float32) []float32 {
	t.Helper()
	var out []float32
	err := Try("twice", func() {
		sum, err := graph.CallOnce(b.Compute, func(x *graph.Node) *graph.Node { return graph.Add(x, x) }, Tensor(data, len(data)))
		if err == nil {
			out, err = Floats(sum)
		}
		if err != nil {
			panic(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPureGoAlwaysWorks(t *testing.T) {
	b, err := OpenGo()
	if err != nil {
		t.Fatal(err)
	}
	if got := twice(t, b, []float32{1, 2.5, -3}); got[0] != 2 || got[1] != 5 || got[2] != -6 {
		t.Errorf("twice (1, 2.5, -3) = %v", got)
	}
	if !strings.HasPrefix(b.Name(), "go") || !strings.HasPrefix(b.Why(), b.Name()) {
		t.Errorf("name %q, why %q", b.Name(), b.Why())
	}
}

// Whatever the user asks of the Go backend, it must run its operations one
// after another: the parallel mode hangs.
func TestGoBackendIsSequential(t *testing.T) {
	for _, asked := range []string{"go", "go:", "go:ops_parallel", "go:parallelism=2"} {
		c, err := choose(context.Background(), asked)
		if err != nil || c.config != "go:ops_sequential" {
			t.Errorf("GOMLX_BACKEND=%s gives %q, %v", asked, c.config, err)
		}
	}
}

func TestMisspeltBackendIsAnError(t *testing.T) {
	for _, asked := range []string{"cuda", "xla:gpu", "xla:relative/plugin.so", "g"} {
		_, err := choose(context.Background(), asked)
		if err == nil || !strings.Contains(err.Error(), asked) || !strings.Contains(err.Error(), "xla:cpu") {
			t.Errorf("GOMLX_BACKEND=%s: error %v should name it and say what may be used", asked, err)
		}
	}
}

// A plugin that is not a library, or not there, must neither stop nor kill the
// program.
func TestBrokenPluginFallsBack(t *testing.T) {
	isolate(t)
	junk := filepath.Join(t.TempDir(), "pjrt_c_api_cpu_plugin.so")
	if err := os.WriteFile(junk, []byte("\x7fELF but no more"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, plugin := range []string{junk, filepath.Join(t.TempDir(), "absent.so")} {
		for range 2 { // the second answer comes from memory
			c, err := choose(context.Background(), "xla:"+plugin)
			if err != nil || c.config != goConfig || !strings.Contains(c.why, "plugin") && haveXLA {
				t.Errorf("plugin %s: %+v, %v", plugin, c, err)
			}
		}
	}
}

func TestCancelledProbe(t *testing.T) {
	if !haveXLA {
		t.Skip("needs cgo: without it no plugin is ever tried")
	}
	isolate(t)
	junk := filepath.Join(t.TempDir(), "plugin.so")
	if err := os.WriteFile(junk, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := tryPlugin(ctx, junk); err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Errorf("error %v", err)
	}
}

// A verdict holds for one version of a plugin's file: another size or time of
// change, or another place, asks anew.
func TestVerdictsArePerFileVersion(t *testing.T) {
	isolate(t)
	plugin := filepath.Join(t.TempDir(), "plugin.so")
	version := func(text string, age time.Duration) string {
		t.Helper()
		if err := os.WriteFile(plugin, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		when := time.Now().Add(-age).Truncate(time.Hour)
		if err := os.Chtimes(plugin, when, when); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(plugin)
		if err != nil {
			t.Fatal(err)
		}
		return verdictFile(plugin, info)
	}
	first := version("one", 48*time.Hour)
	if again := version("two", 48*time.Hour); again != first {
		t.Error("the same path, size and time have two memories")
	}
	if version("three", 48*time.Hour) == first || version("one", 24*time.Hour) == first {
		t.Error("another version of the file is taken for the first")
	}

	// What is remembered is what is said, and what is not remembered is tried.
	memory := version("one", 48*time.Hour)
	if err := remember(memory, "works"); err != nil {
		t.Fatal(err)
	}
	if err := tryPlugin(context.Background(), plugin); haveXLA && err != nil {
		t.Errorf("a plugin that is remembered to work: %v", err)
	}
	version("longer than one", 48*time.Hour)
	if err := tryPlugin(context.Background(), plugin); err == nil || haveXLA && !strings.Contains(err.Error(), "plugin.so") {
		t.Errorf("another version, which is no library: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(memory), ".new-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

func TestNames(t *testing.T) {
	pureGo := "go"
	if strings.Contains(runtime.Version(), "simd") { // GOEXPERIMENT=simd changes the last bits
		pureGo = "go+simd"
	}
	for config, want := range map[string]string{
		goConfig:                             pureGo,
		"xla:/a/pjrt_c_api_cpu_plugin.so":    "xla:cpu",
		"xla:/a/xla_cuda_plugin.so":          "xla:cuda",
		"xla:/cuda/pjrt_c_api_cpu_plugin.so": "xla:cpu",
	} {
		if got := nameOf(config); got != want {
			t.Errorf("%s is called %q, want %q", config, got, want)
		}
	}
}

// isolate keeps verdicts of tests out of the user's cache.
func isolate(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
}

func TestXLAWhereThereIsAPlugin(t *testing.T) {
	c, err := choose(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	if c.config == goConfig {
		t.Skip("needs a working PJRT plugin in .venv: " + c.why)
	}
	b, err := open(c)
	if err != nil {
		t.Fatal(err)
	}
	if got := twice(t, b, []float32{1, 2}); got[0] != 2 || got[1] != 4 {
		t.Errorf("twice (1, 2) = %v on %s", got, b.Name())
	}
}

func TestTryTurnsPanicsIntoErrors(t *testing.T) {
	for _, value := range []any{os.ErrClosed, "text", 7} {
		err := Try("count", func() { panic(value) })
		if err == nil || !strings.Contains(err.Error(), "mlx: count") {
			t.Errorf("panic(%v) gave %v", value, err)
		}
	}
	if err := Try("count", func() {}); err != nil {
		t.Error(err)
	}
}
