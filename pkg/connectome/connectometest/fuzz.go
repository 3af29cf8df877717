package connectometest

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/cortigen/cortigen/pkg/connectome"
)

// A reader may hold these many bytes for each byte it is given, and these many
// in any case: a small file that claims a large graph must be refused.
const (
	bytesPerByte = 4096
	bytesAlways  = 64 << 20
)

// Fuzz changes one file of a laid-out sample at a time. Opening must not panic
// and not take memory out of proportion; what opens must be consistent and, for
// a format that Save writes, come back the same.
func Fuzz(f *testing.F, k Kit) {
	dir := f.TempDir()
	path := k.Lay(f, dir, Sample())
	files := filesAt(f, path)
	contents := make([][]byte, len(files))
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		contents[i] = text
		f.Add(uint8(i), text)
		f.Add(uint8(i), text[:len(text)/2])
	}
	f.Fuzz(func(t *testing.T, which uint8, text []byte) {
		place := t.TempDir()
		target := place
		if path != dir {
			target = filepath.Join(place, filepath.Base(path))
		}
		changed := int(which) % len(files)
		for i, file := range files {
			at := target
			if file != path {
				at = filepath.Join(target, filepath.Base(file))
			}
			content := contents[i]
			if i == changed {
				content = text
			}
			if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
				t.Fatal(err)
			}
			put(t, at, content)
		}
		c := k.openWithin(t, target, len(text))
		if c == nil {
			return
		}
		if c.Report().Neurons != c.Len() || c.Report().Edges != c.Edges() {
			t.Errorf("%d neurons and %d edges reported as %+v", c.Len(), c.Edges(), c.Report())
		}
		if writes(k.Format) {
			k.again(t, c)
		}
	})
}

// openWithin opens, and checks what that took; nil where it was refused.
func (k Kit) openWithin(t *testing.T, path string, size int) *connectome.Connectome {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c, err := connectome.OpenAs(t.Context(), path, k.Reading)
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > bytesAlways+bytesPerByte*uint64(size) {
		t.Errorf("%d bytes of input made it allocate %d", size, took)
	}
	if err != nil {
		return nil
	}
	return c
}

func writes(format string) bool {
	for _, f := range connectome.Formats() {
		if f.Name == format {
			return f.Writes
		}
	}
	return false
}

// again saves and opens: the same must come back.
func (k Kit) again(t *testing.T, c *connectome.Connectome) {
	path := filepath.Join(t.TempDir(), "again"+extension(t, k.Format))
	if err := connectome.Save(t.Context(), c, path, connectome.Writing{Format: k.Format}); err != nil {
		t.Fatalf("what was opened cannot be saved: %v", err)
	}
	for _, line := range Diff(k.open(t, path), c) {
		t.Error(line)
	}
}
