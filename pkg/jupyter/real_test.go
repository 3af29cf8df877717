//go:build unix

package jupyter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cortigen/cortigen/pkg"
	"github.com/cortigen/cortigen/pkg/artifact"
)

// realEnvironment prepares the clone's own environment.
func realEnvironment(t *testing.T) *Environment {
	t.Helper()
	if os.Getenv("CORTIGEN_SLOW") == "" {
		t.Skip("set CORTIGEN_SLOW=1 to try the real environment, which needs the network once")
	}
	root, err := pkg.Root()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	e, err := Prepare(t.Context(), root, &log)
	if err != nil {
		t.Fatalf("%v\n%s", err, &log)
	}
	return e
}

func codeCells(sources ...string) string {
	var cells []string
	for _, source := range sources {
		cells = append(cells, `{"cell_type":"code","id":"c`+string(rune('a'+len(cells)))+`","metadata":{},"source":"`+source+`","execution_count":null,"outputs":[]}`)
	}
	return strings.Join(cells, ",")
}

var quickCortex = artifact.Setting{Dataset: artifact.Cortex, Preset: artifact.Quick, Seed: 1}

// A user's notebook lies anywhere, and finds the packages of the clone.
func TestRealNotebookElsewhere(t *testing.T) {
	e := realEnvironment(t)
	path := notebookFile(t, codeCells(
		`%noautoget\nimport \"github.com/cortigen/cortigen/pkg/structure\"`,
		`%%\nfmt.Println(len(structure.Measures()) > 5, os.Getenv(\"CORTIGEN_PRESET\"), os.Getenv(\"CORTIGEN_HEADLESS\"))`))
	results, err := e.Execute(t.Context(), []string{path}, Job{Setting: quickCortex, To: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	n, err := ReadNotebook(results[0].Notebook)
	if err != nil {
		t.Fatal(err)
	}
	if got := n.Cells[1].Outputs; len(got) != 1 || strings.TrimSpace(got[0].Text) != "true quick 1" {
		t.Errorf("outputs are %+v, want true quick 1", got)
	}
	if page := readText(t, results[0].HTML); !strings.Contains(page, "true quick 1") {
		t.Error("the page does not show the output")
	}
}

func TestRealNotebookFails(t *testing.T) {
	e := realEnvironment(t)
	path := notebookFile(t, codeCells(
		`%%\nfmt.Println(\"one\")`,
		`%%\nfmt.Fprintln(os.Stderr, \"the reason\")\nos.Exit(1)`,
		`%%\nfmt.Println(\"three\")`))
	to := t.TempDir()
	_, err := e.Execute(t.Context(), []string{path}, Job{Setting: quickCortex, To: to})
	if err == nil || !strings.Contains(err.Error(), "00_test, cell 2: the reason") {
		t.Fatalf("error is %v, want one with notebook, cell and reason", err)
	}
	n, err := ReadNotebook(filepath.Join(to, "00_test.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Cells[0].Outputs) != 1 || n.Cells[2].Count != 0 {
		t.Errorf("the copy has cells %+v, want the first executed and the third not", n.Cells)
	}
}

// After an interrupt no kernel may go on working.
func TestRealNotebookIsInterrupted(t *testing.T) {
	e := realEnvironment(t)
	const mark = "cortigen-interrupt-test"
	path := notebookFile(t, codeCells(`%%\nos.WriteFile(os.Getenv(\"MARK\"), nil, 0o644)\ntime.Sleep(time.Hour)`))
	to := t.TempDir()
	began := filepath.Join(to, mark)
	t.Setenv("MARK", began)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(began); err == nil {
				cancel()
			}
			time.Sleep(50 * time.Millisecond)
		}
	}()
	if _, err := e.Execute(ctx, []string{path}, Job{Setting: quickCortex, To: to}); !errors.Is(err, context.Canceled) {
		t.Fatalf("error is %v, want the context's", err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		left := kernels(t, began)
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("processes are left: %q", left)
		}
	}
}

// kernels lists processes whose environment holds a mark: the kernel and its
// cells inherit it.
func kernels(t *testing.T, mark string) []string {
	t.Helper()
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		return nil // no way to see it here
	}
	environs, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, file := range environs {
		env, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(env, []byte("MARK="+mark)) || filepath.Dir(file) == "/proc/"+pid() {
			continue
		}
		line, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
		left = append(left, string(bytes.ReplaceAll(line, []byte{0}, []byte{' '})))
	}
	return left
}

func pid() string {
	link, err := os.Readlink("/proc/self")
	if err != nil {
		return ""
	}
	return link
}

// JupyterLab answers on loopback to those who have its token, and ends when it
// is told to.
func TestRealLab(t *testing.T) {
	e := realEnvironment(t)
	port := freePort(t)
	dir := t.TempDir()
	put(t, filepath.Join(dir, "mine.txt"), "")
	t.Setenv("JUPYTER_TOKEN", "let-me-in")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- e.Lab(ctx, Lab{Dir: dir, Port: port, NoBrowser: true, Setting: quickCortex})
	}()
	address := fmt.Sprintf("http://127.0.0.1:%d/api/", port)
	page := func(path string) (status int, body string) {
		response, err := http.Get(address + path)
		if err != nil {
			return 0, ""
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		return response.StatusCode, string(text)
	}
	deadline := time.Now().Add(time.Minute)
	for status := 0; status == 0 && time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		status, _ = page("contents")
	}
	if status, _ := page("contents"); status != http.StatusForbidden {
		t.Errorf("without the token the status is %d, want 403", status)
	}
	if status, body := page("contents?token=let-me-in"); status != http.StatusOK || !strings.Contains(body, "mine.txt") {
		t.Errorf("the folder is shown as %d %s, want mine.txt in it", status, body)
	}
	if _, body := page("kernelspecs?token=let-me-in"); !strings.Contains(body, `"name": "`+KernelName+`"`) {
		t.Errorf("kernels are %.300s, want %s among them", body, KernelName)
	}
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("it did not end")
	}
}
