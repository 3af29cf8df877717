package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestUntil(t *testing.T) {
	var over atomic.Bool
	ctx := until(t.Context(), time.Millisecond, over.Load)
	time.Sleep(20 * time.Millisecond)
	if ctx.Err() != nil {
		t.Fatal("it ended before its time")
	}
	over.Store(true)
	select {
	case <-ctx.Done():
	case <-time.After(10 * time.Second):
		t.Error("it does not end")
	}
}

// The go command is played by a shell of that name, which is killed as go run
// may be: the program that it runs notices.
func TestProgramEndsWithItsGoCommand(t *testing.T) {
	if mark := os.Getenv("CORTIGEN_TEST_ORPHAN"); mark != "" {
		ctx, cancel := context.WithTimeout(withParent(t.Context()), time.Minute)
		defer cancel()
		_ = os.WriteFile(mark+".begun", nil, 0o644)
		<-ctx.Done()
		_ = os.WriteFile(mark, []byte(ctx.Err().Error()), 0o644)
		return
	}
	if runtime.GOOS != "linux" {
		t.Skip("a parent's name is read from /proc")
	}
	sh, err := os.ReadFile("/bin/sh")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	gocmd, mark := filepath.Join(dir, "go"), filepath.Join(dir, "mark")
	if err := os.WriteFile(gocmd, sh, 0o755); err != nil {
		t.Fatal(err)
	}
	run := exec.Command(gocmd, "-c", "'"+os.Args[0]+"' -test.run='^TestProgramEndsWithItsGoCommand$'; :")
	run.Env = append(os.Environ(), "CORTIGEN_TEST_ORPHAN="+mark)
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	wait := func(file string) string {
		t.Helper()
		for deadline := time.Now().Add(50 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			if text, err := os.ReadFile(file); err == nil {
				return string(text)
			}
		}
		t.Fatalf("%s does not come", filepath.Base(file))
		return ""
	}
	wait(mark + ".begun")
	if err := run.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = run.Wait() // killed
	if text := wait(mark); !strings.Contains(text, context.Canceled.Error()) {
		t.Errorf("its context ended with %q, want it canceled", text)
	}
}
