package outside

import (
	"os"
	"path/filepath"
	"testing"
)

// Pack returns the folder of a real reconstruction, or skips the test by name.
func Pack(t testing.TB, name string) string {
	t.Helper()
	data := Data(t)
	path := filepath.Join(data, name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the pack %s is not in %s (CORTIGEN_DATA)", name, data)
	}
	return path
}

// Reference returns a file of reference values that lies beside the packs, since
// it may not be copied, or skips the test by name.
func Reference(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(Data(t), "..", "crosscheck", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the reference values %s are not beside the data packs (CORTIGEN_DATA): %s", name, path)
	}
	return path
}

// Data returns the folder of packs, whether it is there or not.
func Data(t testing.TB) string {
	t.Helper()
	if data := os.Getenv("CORTIGEN_DATA"); data != "" {
		return data
	}
	return filepath.Join(root(t), "..", "shared", "data")
}

// root is the repository: the nearest folder above with a go.mod.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("there is no go.mod above the test")
		}
	}
}
