package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCopyCourse(t *testing.T) {
	course, folder := t.TempDir(), filepath.Join(t.TempDir(), "new", "work")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	notebook, mine := filepath.Join(course, "00_a.ipynb"), filepath.Join(folder, "00_a.ipynb")
	for _, step := range []struct {
		name    string
		do      func()
		want    string
		telling bool
	}{
		{"first", func() { write(notebook, "one") }, "one", false},
		{"again", func() {}, "one", false},
		{"the course changed", func() { write(notebook, "two") }, "two", false},
		{"the user changed", func() { write(mine, "mine") }, "mine", false},
		{"again, changed", func() {}, "mine", false},
		{"both changed", func() { write(notebook, "three") }, "mine", true},
		{"both, again", func() {}, "mine", true},
		{"the user gave in", func() { _ = os.Remove(mine) }, "three", false},
		{"the user saved the same", func() { write(notebook, "four"); write(mine, "four") }, "four", false},
		{"and the course went on", func() { write(notebook, "five") }, "five", false},
	} {
		step.do()
		var out bytes.Buffer
		if err := copyCourse([]string{notebook}, folder, &out); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got, err := os.ReadFile(mine); err != nil || string(got) != step.want {
			t.Errorf("%s: the copy is %q (%v), want %q", step.name, got, err, step.want)
		}
		if strings.Contains(out.String(), "yours is kept") != step.telling {
			t.Errorf("%s: said %q", step.name, &out)
		}
	}
	write(filepath.Join(folder, copiedFile), "{")
	if err := copyCourse([]string{notebook}, folder, new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("a broken memory gives %v", err)
	}
}
