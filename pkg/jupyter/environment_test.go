//go:build unix

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
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cortigen/cortigen/pkg/artifact"
)

// script writes a program of /bin/sh.
func script(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// onlyPrograms leaves nothing in PATH but a folder, and what scripts need.
func onlyPrograms(t *testing.T, dir string) {
	t.Helper()
	t.Setenv("PATH", dir+":/bin:/usr/bin")
	t.Setenv("CORTIGEN_PYTHON", filepath.Join(dir, "python3"))
}

func testEnvironment(t *testing.T) (*Environment, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	return &Environment{Root: t.TempDir(), log: &log}, &log
}

func TestNoPython(t *testing.T) {
	t.Setenv("CORTIGEN_PYTHON", "")
	for name, c := range map[string]struct{ python, want string }{
		"none":    {"", "none is in PATH"},
		"too old": {"echo Python 3.8.10", "is Python 3.8.10"},
		"too new": {"echo Python 4.0.0", "is Python 4.0.0"},
		"broken":  {"exit 3", "does not run"},
		"no word": {"echo hello", "does not run"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if c.python != "" {
				script(t, filepath.Join(dir, "python3"), c.python)
			}
			t.Setenv("PATH", dir)
			_, err := findPython(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "Python 3.10 or newer") || !strings.Contains(err.Error(), "CORTIGEN_PYTHON") {
				t.Errorf("error is %v, want one that says what is wanted, that %q, and what to set", err, c.want)
			}
		})
	}
}

// An older python3 does not hide a python that will do.
func TestFindPythonGoesOn(t *testing.T) {
	t.Setenv("CORTIGEN_PYTHON", "")
	dir := t.TempDir()
	script(t, filepath.Join(dir, "python3"), "echo Python 3.7.0")
	script(t, filepath.Join(dir, "python"), "echo Python 3.12.1")
	t.Setenv("PATH", dir)
	if got, err := findPython(t.Context()); err != nil || got != filepath.Join(dir, "python") {
		t.Errorf("found %q (%v), want the second", got, err)
	}
}

// fakePython makes a python3 whose venv holds a python that does what pip says.
func fakePython(t *testing.T, venv, pip string) {
	t.Helper()
	dir := t.TempDir()
	script(t, filepath.Join(dir, "python3"), `
case "$1" in
--version) echo "Python 3.11.2";;
-m) `+venv+`
	mkdir -p "$3/bin" "$3/share/jupyter/lab/static" "$3/lib/python3.11/site-packages/some"
	: >"$3/share/jupyter/lab/static/index.html"
	: >"$3/lib/python3.11/site-packages/some/pjrt_c_api_cpu_plugin.so"
	cat >"$3/bin/python" <<'END'
#!/bin/sh
case "$1" in
-c) exit 0;;
-m) `+pip+`;;
esac
END
	chmod +x "$3/bin/python";;
esac`)
	onlyPrograms(t, dir)
}

func TestPreparePython(t *testing.T) {
	e, log := testEnvironment(t)
	fakePython(t, "", `echo "$@" >>"$(dirname "$0")/../pip.log"`)
	if err := e.preparePython(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !e.Fresh || !strings.Contains(log.String(), "done in") {
		t.Errorf("fresh is %v, said %q", e.Fresh, log)
	}
	calls, err := os.ReadFile(e.path("pip.log"))
	if err != nil || !strings.Contains(string(calls), "--require-hashes") || !strings.Contains(string(calls), "--only-binary") || !strings.Contains(string(calls), "--no-deps") {
		t.Errorf("pip was called with %q (%v)", calls, err)
	}
	list, err := os.ReadFile(e.path("requirements.txt"))
	if err != nil || !bytes.Equal(list, requirements) {
		t.Errorf("the requirements in .venv are not the embedded ones (%v)", err)
	}

	// Again: nothing is done.
	log.Reset()
	again := &Environment{Root: e.Root, log: log}
	if err := again.preparePython(t.Context()); err != nil || again.Fresh || log.Len() > 0 {
		t.Errorf("again: error %v, fresh %v, said %q; want nothing done", err, again.Fresh, log)
	}
}

// A kill may leave anything in .venv but the stamp, which comes last.
func TestPreparePythonHeals(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, e *Environment){
		"killed before the stamp": func(t *testing.T, e *Environment) { remove(t, e.path("cortigen.stamp")) },
		"other requirements":      func(t *testing.T, e *Environment) { put(t, e.path("cortigen.stamp"), "old") },
		"interpreter gone":        func(t *testing.T, e *Environment) { remove(t, e.path("bin", "python")) },
		"pages gone": func(t *testing.T, e *Environment) {
			remove(t, e.path("share", "jupyter", "lab", "static", "index.html"))
		},
		"packages gone": func(t *testing.T, e *Environment) { script(t, e.path("bin", "python"), "exit 1") },
		"a file in its place": func(t *testing.T, e *Environment) {
			if err := os.RemoveAll(e.path()); err != nil {
				t.Fatal(err)
			}
			put(t, e.path(), "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			e, log := testEnvironment(t)
			fakePython(t, "", "exit 0")
			if err := e.preparePython(t.Context()); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(e.path()); err == nil && info.IsDir() {
				put(t, e.path("leftover"), "")
			}
			spoil(t, e)
			log.Reset()
			healed := &Environment{Root: e.Root, log: log}
			if err := healed.preparePython(t.Context()); err != nil || !healed.Fresh {
				t.Errorf("error %v, fresh %v", err, healed.Fresh)
			}
			if !strings.Contains(log.String(), "made again") {
				t.Errorf("said %q, want that it is made again", log)
			}
			if _, err := os.Stat(e.path("leftover")); err == nil {
				t.Error("the half-made environment was kept")
			}
		})
	}
}

// Without the plugin the kernel would compute in pure Go, and nobody would know.
func TestPreparePythonMissesThePlugin(t *testing.T) {
	e, log := testEnvironment(t)
	fakePython(t, "", "exit 0")
	if err := e.preparePython(t.Context()); err != nil {
		t.Fatal(err)
	}
	remove(t, e.plugin())
	healed := &Environment{Root: e.Root, log: log}
	if err := healed.preparePython(t.Context()); err != nil || healed.Fresh != pluginIsListed() {
		t.Errorf("error %v, fresh %v, want %v", err, healed.Fresh, pluginIsListed())
	}
}

// A child that outlives its launcher keeps the lock: the next run waits for it
// and does not remove what it writes.
func TestChildrenHoldTheLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	held, err := lock(t.Context(), path, new(bytes.Buffer))
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), "sleep", "60")
	bind(child, syscall.SIGTERM, held)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	held.Close() // as a kill of the launcher does
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if got, err := lock(ctx, path, new(bytes.Buffer)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("beside a child at work the lock gives %v, want to wait", err)
		got.Close()
	}
	if err := endGroup(child.Process, syscall.SIGKILL); err != nil {
		t.Error(err)
	}
	if err := child.Wait(); err == nil {
		t.Error("the child ended by itself")
	}
	if held, err = lock(t.Context(), path, new(bytes.Buffer)); err != nil {
		t.Fatal(err)
	}
	held.Close()
}

// A launcher that is killed takes its child along.
func TestChildrenEndWithTheirLauncher(t *testing.T) {
	if pidFile := os.Getenv("CORTIGEN_TEST_LAUNCHER"); pidFile != "" {
		_, err := command(t.Context(), "sh", "-c", "echo $$ >"+pidFile+"; exec sleep 60")
		t.Fatalf("the child ended: %v", err)
	}
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere a child goes on, and keeps the lock")
	}
	pidFile := filepath.Join(t.TempDir(), "pid")
	launcher := exec.Command(os.Args[0], "-test.run=^TestChildrenEndWithTheirLauncher$")
	launcher.Env = append(os.Environ(), "CORTIGEN_TEST_LAUNCHER="+pidFile)
	if err := launcher.Start(); err != nil {
		t.Fatal(err)
	}
	child := 0
	for deadline := time.Now().Add(30 * time.Second); child == 0; time.Sleep(20 * time.Millisecond) {
		text, _ := os.ReadFile(pidFile)
		child, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		if time.Now().After(deadline) {
			t.Fatal("the child did not begin")
		}
	}
	if err := launcher.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = launcher.Wait() // killed
	for deadline := time.Now().Add(30 * time.Second); running(child); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			_ = syscall.Kill(child, syscall.SIGKILL)
			t.Fatal("the child goes on without its launcher")
		}
	}
}

// running reports whether a process works; a zombie does not.
func running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !bytes.Contains(stat, []byte(") Z "))
}

// What an interrupt ends, it ends whole.
func TestInterruptEndsGrandchildren(t *testing.T) {
	pidFile := filepath.Join(t.TempDir(), "pid")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for {
			if text, _ := os.ReadFile(pidFile); len(text) > 0 {
				cancel()
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	if _, err := command(ctx, "sh", "-c", "sleep 60 & echo $! >"+pidFile+"; wait"); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want the context's", err)
	}
	grandchild, err := strconv.Atoi(strings.TrimSpace(readText(t, pidFile)))
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); syscall.Kill(grandchild, 0) == nil && running(grandchild); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			_ = syscall.Kill(grandchild, syscall.SIGKILL)
			t.Fatal("what the child started goes on")
		}
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestPreparePythonErrors(t *testing.T) {
	for name, c := range map[string]struct {
		venv, pip, want string
		is              error
	}{
		"no venv module": {`echo "The virtual environment was not created successfully because ensurepip is not available." >&2; exit 1`, "", "apt install python3-venv", nil},
		"no network":     {"", `echo "WARNING: Retrying after connection broken by NewConnectionError(x)" >&2; exit 1`, "HTTPS_PROXY", errOffline},
		"no wheel":       {"", `echo "ERROR: Could not find a version that satisfies the requirement x (from versions: none)"; echo "ERROR: No matching distribution found for x"; exit 1`, "no wheel for this Python", nil},
		"bad hash":       {"", `echo "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES" >&2; exit 1`, "DO NOT MATCH THE HASHES", nil},
		"disk full":      {"", `echo "OSError: [Errno 28] No space left on device" >&2; exit 1`, "No space left", nil},
	} {
		t.Run(name, func(t *testing.T) {
			e, _ := testEnvironment(t)
			fakePython(t, c.venv, c.pip)
			err := e.preparePython(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error is %v, want one with %q", err, c.want)
			}
			if c.is == nil && errors.Is(err, errOffline) {
				t.Errorf("error is %v, which blames the network", err)
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("error is %v, want %v", err, c.is)
			}
			if fresh(e.path("cortigen.stamp"), digest(requirements)) {
				t.Error("a failed environment was stamped")
			}
		})
	}
}

func TestPrepareIsInterrupted(t *testing.T) {
	e, _ := testEnvironment(t)
	fakePython(t, "", "sleep 60")
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, cancel)
	start := time.Now()
	if err := e.preparePython(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want the context's", err)
	}
	if time.Since(start) > 20*time.Second {
		t.Error("an interrupt was waited out")
	}
}

func TestOffline(t *testing.T) {
	for out, want := range map[string]bool{
		`dial tcp: lookup proxy.golang.org: no such host`:   true,
		`dial tcp 1.2.3.4:443: connect: connection refused`: true,
		`syntax error`: false,
		``:             false,
	} {
		if got := offline([]byte(out)); got != want {
			t.Errorf("offline(%q) is %v, want %v", out, got, want)
		}
	}
}

// The requirements must install on a machine that trusts hashes only.
func TestRequirementsAreHashed(t *testing.T) {
	packages, hashes := 0, 0
	for line := range strings.SplitSeq(string(requirements), "\n") {
		switch {
		case strings.HasPrefix(line, "    --hash=sha256:"):
			hashes++
		case line != "" && !strings.HasPrefix(strings.TrimSpace(line), "#"):
			packages++
			if !strings.Contains(line, "==") {
				t.Errorf("%q is not pinned", line)
			}
		}
	}
	// What the plugin's wheel asks for, and no Go program needs: 500 MB.
	for _, unwanted := range []string{"jax==", "jaxlib==", "scipy=="} {
		if strings.Contains(string(requirements), "\n"+unwanted) {
			t.Errorf("the requirements name %s", unwanted)
		}
	}
	if packages < 50 || hashes < packages {
		t.Errorf("%d packages have %d hashes", packages, hashes)
	}
	for _, want := range []string{"jupyterlab==", "nbclient==", "nbconvert==", "lammps-jax-pjrt-cpu==0.11.2"} {
		if !strings.Contains(string(requirements), "\n"+want) {
			t.Errorf("the requirements do not name %s", want)
		}
	}
}

func TestKernelSpec(t *testing.T) {
	e, _ := testEnvironment(t)
	t.Setenv("GOMLX_BACKEND", "go")
	if err := e.prepareKernel(t.Context()); err != nil {
		t.Fatal(err)
	}
	file := e.path("share", "jupyter", "kernels", KernelName, "kernel.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var spec kernelSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(spec.Argv, "{connection_file}") || !slices.Contains(spec.Argv, "-go_work="+e.Root) || !filepath.IsAbs(spec.Argv[0]) {
		t.Errorf("the kernel starts as %q", spec.Argv)
	}
	for name, want := range map[string]string{"GOMLX_BACKEND": "go", "GOMLX_NO_AUTO_INSTALL": "1", "GOFLAGS": "", "GOWORK": "", "CORTIGEN_ROOT": e.Root} {
		if got, set := spec.Env[name]; !set || got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if !strings.HasPrefix(spec.Env["PATH"], e.tools()) {
		t.Errorf("PATH is %q, want the tools first", spec.Env["PATH"])
	}
	before, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.prepareKernel(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(file); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("an unchanged kernel.json was written again (%v)", err)
	}
}

func TestBackendOfTheKernel(t *testing.T) {
	t.Setenv("GOMLX_BACKEND", "")
	gocmd, err := goCommand()
	if err != nil {
		t.Fatal(err)
	}
	ask := func(e *Environment) map[string]string {
		t.Helper()
		variables, err := e.backendVariables(t.Context(), gocmd)
		if err != nil {
			t.Fatal(err)
		}
		return variables
	}
	e, _ := testEnvironment(t)
	plugin := e.path("lib", "python3.11", "site-packages", "some", "pjrt_c_api_cpu_plugin.so")
	if err := os.MkdirAll(filepath.Dir(plugin), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CGO_ENABLED", "0")
	if got := ask(e); got["GOMLX_BACKEND"] != "go:ops_sequential" || !strings.Contains(e.Backend, "C compiler") {
		t.Errorf("without cgo the kernel gets %q: %s", got, e.Backend)
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return // the plugin is for Linux on x86-64
	}
	t.Setenv("CGO_ENABLED", "1")
	if got := ask(e); got["GOMLX_BACKEND"] != "go:ops_sequential" || !strings.Contains(e.Backend, "no PJRT plugin") || got["GOEXPERIMENT"] != "simd" {
		t.Errorf("without a plugin the kernel gets %q: %s", got, e.Backend)
	}
	put(t, plugin, "")
	if got := ask(e); got["GOMLX_BACKEND"] != "xla:"+plugin {
		t.Errorf("with a plugin the kernel gets %q", got)
	}
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "lock")
	var log bytes.Buffer
	held, err := lock(t.Context(), path, &log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := lock(ctx, path, &log); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second lock gives %v, want to wait for the first", err)
	}
	if strings.Count(log.String(), "waiting") != 1 {
		t.Errorf("said %q, want once that it waits", log.String())
	}
	time.AfterFunc(100*time.Millisecond, func() { held.Close() })
	next, err := lock(t.Context(), path, &log)
	if err != nil {
		t.Fatal(err)
	}
	next.Close()
}

func TestEnviron(t *testing.T) {
	t.Setenv("CORTIGEN_PRESET", "paper")
	t.Setenv("CORTIGEN_OTHER", "kept")
	e, _ := testEnvironment(t)
	for _, name := range []string{"JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"} {
		t.Setenv(name, "")
	}
	t.Setenv("IPYTHONDIR", "/mine")
	env := e.environ(artifact.Setting{Dataset: "cortex", Preset: artifact.Quick, Seed: 7}, map[string]string{"CORTIGEN_HEADLESS": "1"})
	for _, want := range []string{"CORTIGEN_DATASET=cortex", "CORTIGEN_PRESET=quick", "CORTIGEN_SEED=7", "CORTIGEN_HEADLESS=1", "CORTIGEN_OTHER=kept", "JUPYTER_CONFIG_DIR=" + e.path("home", "config"), "JUPYTER_DATA_DIR=" + e.path("home", "data"), "IPYTHONDIR=/mine"} {
		if !slices.Contains(env, want) {
			t.Errorf("the environment has no %s", want)
		}
	}
	if slices.Contains(env, "CORTIGEN_PRESET=paper") {
		t.Error("the old preset is still there")
	}
}

// executed makes an environment whose python writes lines of the executor, and
// the files it would.
func executed(t *testing.T, events string) *Environment {
	t.Helper()
	e, _ := testEnvironment(t)
	for _, name := range []string{"go.mod", "go.sum", "pkg/a.go"} {
		path := filepath.Join(e.Root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		put(t, path, "")
	}
	script(t, e.bin("python"), `
echo run >>"`+e.Root+`/runs"
sed -n 's/.*"html":"\([^"]*\)","source":"[^"]*","target":"\([^"]*\)".*/\1 \2/p' | while read html target; do : >"$html"; : >"$target"; done
cat <<'END'
`+events+`
END`)
	return e
}

const twoCells = `{"event":"notebook"}
{"event":"cell","number":1,"of":2}
{"event":"done","number":1,"seconds":0.5}
some library talks
{"event":"cell","number":2,"of":2}
{"event":"done","number":2,"seconds":1.5}
{"event":"end","seconds":2.5,"error":""}`

func TestExecuteKeepsWhatIsUnchanged(t *testing.T) {
	e := executed(t, twoCells)
	path := notebookFile(t, `{"cell_type":"code","source":"x","execution_count":null,"outputs":[]}`)
	job := Job{Setting: artifact.Setting{Dataset: artifact.Cortex, Preset: artifact.Quick, Seed: 1}, To: filepath.Join(e.Root, "out")}
	var seen []int
	job.Progress = func(name string, cell, of int) { seen = append(seen, cell, of) }
	run := func(e *Environment, job Job) Result {
		t.Helper()
		results, err := e.Execute(t.Context(), []string{path}, job)
		if err != nil {
			t.Fatal(err)
		}
		return results[0]
	}
	if r := run(e, job); r.Unchanged || r.Seconds != 2.5 || !slices.Equal(r.Cells, []float64{.5, 1.5}) || !slices.Equal(seen, []int{1, 2, 2, 2}) {
		t.Errorf("first: %+v, progress %v", r, seen)
	}
	if r := run(e, job); !r.Unchanged || r.Seconds != 2.5 || len(r.Cells) != 2 {
		t.Errorf("again: %+v, want it unchanged with its times", r)
	}
	// A result that is read in a viewer is a result.
	put(t, path, strings.Replace(readText(t, path), `"outputs":[]`, `"outputs":[{"output_type":"stream","text":"x"}]`, 1))
	if r := run(e, job); !r.Unchanged {
		t.Error("outputs in the source count as a change")
	}
	for name, change := range map[string]func(){
		"a cell":      func() { put(t, path, strings.Replace(readText(t, path), `"x"`, `"y"`, 1)) },
		"a source":    func() { put(t, filepath.Join(e.Root, "pkg", "a.go"), "package a") },
		"the preset":  func() { job.Setting.Preset = artifact.Standard },
		"the kernel":  func() { e.kernel.Env = map[string]string{"GOMLX_BACKEND": "go"} },
		"the copy":    func() { remove(t, filepath.Join(job.To, "00_test.html")) },
		"the modules": func() { put(t, filepath.Join(e.Root, "go.sum"), "x") },
	} {
		change()
		if r := run(e, job); r.Unchanged {
			t.Errorf("%s changed, but the notebook was not run", name)
		}
		if r := run(e, job); !r.Unchanged {
			t.Errorf("after %s changed, a second run is not unchanged", name)
		}
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestExecuteReportsErrors(t *testing.T) {
	path := notebookFile(t, `{"cell_type":"code","source":"x","execution_count":null,"outputs":[]}`)
	for name, c := range map[string]struct{ events, want string }{
		"a cell":       {`{"event":"notebook"}` + "\n" + `{"event":"end","seconds":1,"error":"cell 3: it broke"}`, "00_test, cell 3: it broke"},
		"the kernel":   {`{"event":"notebook"}` + "\n" + `{"event":"end","seconds":1,"error":"the kernel died"}` + "\nEND\necho its last words >&2\nexit 2\ncat <<'END'", "its last words"},
		"the executor": {"END\necho Traceback: no module >&2\nexit 1\ncat <<'END'", "no module"},
	} {
		t.Run(name, func(t *testing.T) {
			e := executed(t, c.events)
			job := Job{Setting: artifact.Setting{Dataset: artifact.Cortex}, To: filepath.Join(e.Root, "out")}
			for range 2 { // a failure is not kept as a result
				if _, err := e.Execute(t.Context(), []string{path}, job); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("error is %v, want one with %q", err, c.want)
				}
			}
		})
	}
	e := executed(t, twoCells)
	job := Job{Setting: artifact.Setting{Dataset: "no-such-pack"}, To: filepath.Join(e.Root, "out")}
	if _, err := e.Execute(t.Context(), []string{path}, job); err == nil || !strings.Contains(err.Error(), "no-such-pack") || !strings.Contains(err.Error(), "CORTIGEN_DATA") {
		t.Errorf("a dataset that is not there gives %v", err)
	}
}

func TestLabErrors(t *testing.T) {
	e, _ := testEnvironment(t)
	if err := e.Lab(t.Context(), Lab{Dir: filepath.Join(e.Root, "none")}); err == nil || !strings.Contains(err.Error(), "no folder") {
		t.Errorf("error is %v, want one that says there is no folder", err)
	}
}
