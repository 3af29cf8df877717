package artifact

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func goodRow(name string) Row {
	return Row{Name: name, Dataset: "cortex", Preset: "quick", Backend: "go", Value: 1, Lo: .5, Hi: 2, N: 3, Unit: "1", Command: "go run ./figures"}
}

func TestRowValidate(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Row)
		want   []string
	}{
		"good":                  {func(*Row) {}, nil},
		"no interval":           {func(r *Row) { r.Lo, r.Hi = math.NaN(), math.NaN() }, nil},
		"undefined with a note": {func(r *Row) { r.Value, r.Note = math.NaN(), "does not vary" }, nil},
		"undefined":             {func(r *Row) { r.Value = math.NaN() }, []string{"no note says why"}},
		"no dot":                {func(r *Row) { r.Name = "auc" }, []string{"experiment.model-or-method.quantity"}},
		"all empty":             {func(r *Row) { r.Preset, r.Unit, r.Command = "", "", "" }, []string{"no preset", "no unit", "no command"}},
		"infinite":              {func(r *Row) { r.Hi = math.Inf(1) }, []string{"infinite"}},
		"above its interval":    {func(r *Row) { r.Value = 3 }, []string{"outside its interval"}},
		"below its interval":    {func(r *Row) { r.Value = 0 }, []string{"outside its interval"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := goodRow("a.b.c")
			c.change(&r)
			err := r.Validate()
			if (err == nil) != (len(c.want) == 0) {
				t.Fatalf("error is %v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %v does not say %q", err, want)
				}
			}
		})
	}
}

// A table that is merged twice is as merged once; other presets and backends
// keep their rows.
func TestMergeRows(t *testing.T) {
	other := goodRow("b.b.c")
	other.Backend = "xla:cpu"
	old := []Row{goodRow("b.b.c"), other, goodRow("a.b.c")}
	fresh := goodRow("b.b.c")
	fresh.Value = 1.5
	merged := MergeRows(old, []Row{fresh})
	var names []string
	for _, r := range merged {
		names = append(names, r.Name+"/"+r.Backend)
	}
	if strings.Join(names, " ") != "a.b.c/go b.b.c/go b.b.c/xla:cpu" || merged[1].Value != 1.5 || merged[2].Value != 1 {
		t.Errorf("merged rows are %v with values %g, %g", names, merged[1].Value, merged[2].Value)
	}
	if again := MergeRows(merged, []Row{fresh}); len(again) != 3 {
		t.Errorf("merged again, there are %d rows", len(again))
	}
}

func TestRowsOnDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.json")
	if rows, err := ReadRows(path); err != nil || rows != nil {
		t.Errorf("a table that is not there gives %v, %v", rows, err)
	}
	undefined := goodRow("u.b.c")
	undefined.Value, undefined.Lo, undefined.Hi, undefined.Note = math.NaN(), math.NaN(), math.NaN(), "why"
	if err := WriteRows(path, []Row{goodRow("a.b.c"), undefined}); err != nil {
		t.Fatal(err)
	}
	rows, err := ReadRows(path)
	if err != nil || len(rows) != 2 || rows[0].Value != 1 || !math.IsNaN(rows[1].Value) {
		t.Errorf("read %+v (%v)", rows, err)
	}
	bad := goodRow("nodot")
	if err := WriteRows(path, []Row{bad}); err == nil {
		t.Error("a bad row was written")
	}
	if rows, err := ReadRows(path); err != nil || len(rows) != 2 {
		t.Errorf("the old table is gone: %v (%v)", rows, err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadRows(path); err == nil || !strings.Contains(err.Error(), "results.json") {
		t.Errorf("a damaged table gives %v", err)
	}
}

func TestPutRows(t *testing.T) {
	s := Open(t.TempDir())
	if rows, err := s.Rows(); err != nil || len(rows) != 0 {
		t.Errorf("an empty store has rows %v (%v)", rows, err)
	}
	for _, value := range []float64{1, 2} {
		r := goodRow("time.a.s")
		r.Value = value
		if err := s.PutRows("notebooks/cold", []Row{r}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.PutRows("notebooks/warm", []Row{goodRow("time.b.s")}); err != nil {
		t.Fatal(err)
	}
	rows, err := s.Rows()
	if err != nil || len(rows) != 2 || rows[0].Value != 2 {
		t.Errorf("rows are %+v (%v), want two, the first replaced", rows, err)
	}
	if err := s.PutRows("../up", nil); err == nil {
		t.Error("a name that climbs is no error")
	}
}

func TestFromEnvironment(t *testing.T) {
	for _, name := range []string{"CORTIGEN_DATASET", "CORTIGEN_PRESET", "CORTIGEN_SEED"} {
		t.Setenv(name, "")
	}
	s, err := FromEnvironment()
	if err != nil || s != (Setting{Cortex, Quick, 1}) {
		t.Errorf("the default is %+v (%v)", s, err)
	}
	t.Setenv("CORTIGEN_DATASET", "/data/mine")
	t.Setenv("CORTIGEN_PRESET", "paper")
	t.Setenv("CORTIGEN_SEED", "18446744073709551615")
	if s, err = FromEnvironment(); err != nil || s.Seed != math.MaxUint64 || s.DatasetName() != "mine" || s.Preset != Paper {
		t.Errorf("read %+v (%v)", s, err)
	}
	t.Setenv("CORTIGEN_SEED", "-1")
	t.Setenv("CORTIGEN_PRESET", "large")
	if _, err = FromEnvironment(); err == nil || !strings.Contains(err.Error(), "CORTIGEN_SEED") || !strings.Contains(err.Error(), `"large"`) {
		t.Errorf("two faults give %v", err)
	}
}

// A result of another switch must never be found under the same name.
func TestSettingNamesDiffer(t *testing.T) {
	t.Setenv("GOMLX_BACKEND", "")
	base := Setting{Dataset: "cortex", Preset: Quick, Seed: 1}
	seen := map[string]Setting{base.Name("x"): base}
	for _, s := range []Setting{
		{"cortex", Standard, 1}, {"cortex", Quick, 2}, {"pack", Quick, 1}, {"/a/cortex", Quick, 1}, {"/b/cortex", Quick, 1}, {"../x/ä ö", Quick, 1},
	} {
		name := s.Name("x")
		if was, twice := seen[name]; twice {
			t.Errorf("%+v and %+v have the same name %s", was, s, name)
		}
		seen[name] = s
		if !plainName.MatchString(name) {
			t.Errorf("%+v has the name %q, which is not plain", s, name)
		}
	}
	t.Setenv("GOMLX_BACKEND", "go")
	if _, twice := seen[base.Name("x")]; twice {
		t.Error("another backend has the same name")
	}
}
