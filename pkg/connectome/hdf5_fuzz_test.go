package connectome

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Beside the script's answers to readings of a sample (testdata/fuzz), which were
// recorded, these are answers that begin well.
var hdf5Answers = []string{
	"",
	"{\"hello\": \"cortigen-hdf5\", \"version\": 1}\n",
	"{\"hello\": \"cortigen-hdf5\", \"version\": 1}\n{\"objects\": []}\n",
	"{\"error\": \"cannot be opened\", \"file\": 1}\n",
	"{\"hello\": \"cortigen-hdf5\", \"version\": 1}\n{\"error\": \"no\"}\n",
}

// fuzzAnswers lets a reader take bytes for the answers of the script, whatever
// they are: it must refuse them or make a reconstruction that is consistent, in
// memory that the bytes account for.
func fuzzAnswers(f *testing.F, paths []string, read func(ctx context.Context, h *hdf5) (Data, error)) {
	for _, text := range hdf5Answers {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, answers []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		h := newHDF5(paths, io.Discard, bytes.NewReader(answers))
		err := h.greet()
		var d Data
		if err == nil {
			d, err = read(t.Context(), h)
		}
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 32<<20+4096*uint64(len(answers)) {
			t.Errorf("%d bytes of answers made it allocate %d", len(answers), took)
		}
		var parse *ParseError
		if err != nil && !errors.As(err, &parse) && !errors.Is(err, errLost) {
			t.Errorf("an error that does not say which file it is about: %v", err)
		}
		if err != nil {
			return
		}
		d.Name = "fuzzed"
		if c, err := New(d); err == nil && c.Len() != len(d.Neurons) {
			t.Errorf("%d neurons of %d", c.Len(), len(d.Neurons))
		}
	})
}

func FuzzSONATAAnswers(f *testing.F) {
	types := &typeTable{path: "node_types.csv", columns: map[string]int{"node_type_id": 0, "ei": 1}, rows: map[int64][]string{0: {"0", "e"}, 1: {"1", "x"}}}
	files := sonataFiles{h5: []string{"nodes.h5", "edges.h5"}, nodeTypes: []typesFile{{name: "node_types.csv"}}}
	fuzzAnswers(f, files.h5, func(ctx context.Context, h *hdf5) (Data, error) {
		return (&network{ctx: ctx, h: h, files: files, tables: map[string]*typeTable{"node_types.csv": types}}).read("")
	})
}

func FuzzMatrixAnswers(f *testing.F) {
	fuzzAnswers(f, []string{"matrix.h5"}, func(ctx context.Context, h *hdf5) (Data, error) {
		return (&matrix{ctx: ctx, h: h}).read("")
	})
}

// FuzzSONATATypes reads any bytes as a table of types.
func FuzzSONATATypes(f *testing.F) {
	f.Add([]byte("node_type_id ei layer\n100 e 4\n101 i NULL\n"))
	f.Add([]byte("node_type_id,ei\n1,e\n"))
	f.Add([]byte("\ufeffnode_type_id \"a b\"\n1 \"x\"\"y\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "types.csv")
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		table, err := readTypes(path, "node_type_id")
		var parse *ParseError
		if err != nil && (!errors.As(err, &parse) || parse.File != path) {
			t.Errorf("an error that does not name the file: %v", err)
		}
		if err != nil {
			return
		}
		for id := range table.rows {
			for column := range table.columns {
				table.value(id, column)
			}
		}
	})
}
