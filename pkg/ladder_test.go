package pkg_test

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// ladder gives each package its line. A package imports packages on lower lines
// only; README.md shows the same picture. A conformance kit stands inside the
// package that it tests, on its line, and may import it. Commands stand above all.
var ladder = map[string]int{
	"pkg":         -1,
	"pkg/circuit": 0, "pkg/seed": 0, "pkg/artifact": 0, "pkg/internal/mlx": 0, "pkg/internal/outside": 0, "pkg/internal/spelling": 0,
	"pkg/connectome": 1, "pkg/connectome/connectometest": 1, "pkg/structure": 1, "pkg/nullmodel": 1, "pkg/nullmodel/nulltest": 1, "pkg/latent": 1, "pkg/graphvae": 1, "pkg/catalogue": 1,
	"pkg/cortex": 2, "pkg/significance": 2, "pkg/fidelity": 2, "pkg/steer": 2,
	"pkg/experiment": 3, "pkg/figure": 3,
	"pkg/show": 4, "pkg/jupyter": 4,
	"figures": 5, "notebooks": 5, "datasets": 5,
}

// keepers names, for dependencies that must stay behind a fence, the only
// packages that may import them.
var keepers = map[string][]string{
	"github.com/gomlx/gomlx":             {"pkg/internal/mlx", "pkg/graphvae"},
	"github.com/gomlx/compute":           {"pkg/internal/mlx", "pkg/graphvae"},
	"github.com/gomlx/go-xla":            {"pkg/internal/mlx"},
	"github.com/parquet-go/parquet-go":   {"pkg/connectome"},
	"github.com/sbinet/npyio":            {"pkg/artifact"},
	"github.com/go-json-experiment/json": {"pkg/artifact", "pkg/connectome"},
	"gonum.org/v1/plot":                  {"pkg/figure"},
	"github.com/janpfeifer/gonb":         {"pkg/show"},
}

const module = "github.com/cortigen/cortigen/"

// violations returns every import of the module's Go files that ladder or
// keepers forbid.
func violations(tree fs.FS) ([]string, error) {
	var found []string
	err := fs.WalkDir(tree, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && name != "." && (name[0] == '.' || name == "testdata") {
			return fs.SkipDir
		}
		if d.IsDir() || path.Ext(file) != ".go" {
			return nil
		}
		text, err := fs.ReadFile(tree, file)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.ImportsOnly)
		if err != nil {
			return err
		}
		home := path.Dir(file)
		line, known := ladder[home]
		if !known {
			found = append(found, fmt.Sprintf("%s: package %s has no line on the ladder", file, home))
			return nil
		}
		external := strings.HasSuffix(parsed.Name.Name, "_test")
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if why := forbidden(home, line, external, imported); why != "" {
				found = append(found, fmt.Sprintf("%s imports %s: %s", file, imported, why))
			}
		}
		return nil
	})
	return found, err
}

// forbidden says why a package may not import another, "" where it may.
func forbidden(home string, line int, external bool, imported string) string {
	if ours, yes := strings.CutPrefix(imported+"/", module); yes {
		ours = strings.TrimSuffix(ours, "/")
		other, known := ladder[ours]
		switch {
		case !known:
			return "it has no line on the ladder"
		case ours == home && external, other < line, other == line && external, strings.HasPrefix(home, ours+"/"):
			return ""
		}
		return fmt.Sprintf("line %d may not import line %d", line, other)
	}
	for _, kept := range slices.Sorted(maps.Keys(keepers)) {
		if strings.HasPrefix(imported+"/", strings.TrimSuffix(kept, "/")+"/") && !slices.Contains(keepers[kept], home) {
			return fmt.Sprintf("only %v may", keepers[kept])
		}
	}
	return ""
}

func TestLadder(t *testing.T) {
	found, err := violations(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		t.Error(v)
	}
}

func TestLadderSeesAllPackages(t *testing.T) {
	for home := range ladder {
		if _, err := os.Stat(path.Join("..", home)); errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s has a line on the ladder, but is not there", home)
		}
	}
}

func TestLadderForbids(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"upwards":              {"pkg/circuit/x.go", `package circuit; import "github.com/cortigen/cortigen/pkg/structure"`, "line 0 may not import line 1"},
		"sideways":             {"pkg/structure/x.go", `package structure; import "github.com/cortigen/cortigen/pkg/latent"`, "line 1 may not import line 1"},
		"sideways, inner test": {"pkg/structure/x_test.go", `package structure; import "github.com/cortigen/cortigen/pkg/latent"`, "line 1 may not import line 1"},
		"a command":            {"pkg/show/x.go", `package show; import "github.com/cortigen/cortigen/notebooks"`, "line 4 may not import line 5"},
		"no line":              {"pkg/util/x.go", `package util`, "has no line"},
		"an unknown package":   {"pkg/show/x.go", `package show; import "github.com/cortigen/cortigen/pkg/util"`, "no line"},
		"gomlx outside":        {"pkg/latent/x.go", `package latent; import "github.com/gomlx/gomlx/core/graph"`, "only [pkg/internal/mlx pkg/graphvae] may"},
		"plots outside":        {"pkg/steer/x.go", `package steer; import "gonum.org/v1/plot/plotter"`, "only [pkg/figure] may"},
		"xla in graphvae":      {"pkg/graphvae/x.go", `package graphvae; import "github.com/gomlx/go-xla/compute/xla"`, "only [pkg/internal/mlx] may"},
		"json elsewhere":       {"pkg/jupyter/x.go", `package jupyter; import "github.com/go-json-experiment/json"`, "only [pkg/artifact pkg/connectome] may"},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := violations(fstest.MapFS{c.file: {Data: []byte(c.text)}})
			if err != nil || len(found) != 1 || !strings.Contains(found[0], c.want) {
				t.Errorf("violations are %q (%v), want one with %q", found, err, c.want)
			}
		})
	}
}

func TestLadderAllows(t *testing.T) {
	for name, c := range map[string]struct{ file, text string }{
		"downwards":               {"pkg/steer/x.go", `package steer; import "github.com/cortigen/cortigen/pkg/latent"`},
		"sideways, external test": {"pkg/structure/x_test.go", `package structure_test; import "github.com/cortigen/cortigen/pkg/connectome"`},
		"its own, external test":  {"pkg/structure/x_test.go", `package structure_test; import "github.com/cortigen/cortigen/pkg/structure"`},
		"a keeper":                {"pkg/figure/x.go", `package figure; import "gonum.org/v1/plot"`},
		"gonum beside its plots":  {"pkg/latent/x.go", `package latent; import "gonum.org/v1/gonum/mat"`},
		"ignored folders":         {".out/x.go", `package x; import "gonum.org/v1/plot"`},
	} {
		t.Run(name, func(t *testing.T) {
			if found, err := violations(fstest.MapFS{c.file: {Data: []byte(c.text)}}); err != nil || len(found) != 0 {
				t.Errorf("violations are %q (%v), want none", found, err)
			}
		})
	}
}
