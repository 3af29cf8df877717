package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/artifact"
)

func results(t *testing.T) []artifact.Row {
	t.Helper()
	rows, err := artifact.ReadRows("results.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) == 0 {
		t.Fatal("results.json holds no rows")
	}
	return rows
}

// The README shows what results.json holds, and nothing else.
func TestReadmeShowsResults(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		want, err := withTable(string(text), table.name, table.of(results(t)))
		if err != nil {
			t.Fatal(err)
		}
		if want != string(text) {
			t.Errorf("the README's table of %s is not that of results.json: run go run ./figures -preset standard", table.name)
		}
	}
}

// A name that nothing measures would stand in the README as a dash for ever.
func TestTableNamesAreMeasured(t *testing.T) {
	rows := results(t)
	for _, r := range tableRows {
		if !slices.ContainsFunc(rows, func(row artifact.Row) bool { return row.Name == r.name }) {
			t.Errorf("nothing measures %s", r.name)
		}
	}
	for _, r := range speedRows {
		if !slices.ContainsFunc(rows, func(row artifact.Row) bool { return row.Name == r.name }) {
			t.Errorf("nothing measures %s", r.name)
		}
	}
}

// wanted are rows that users of the results rely on.
var wanted = []string{
	"reconstruction.slots.edge_auc", "reconstruction.slots.edge_ap", "reconstruction.slots.class_accuracy", "reconstruction.slots.kl_nats",
	"reconstruction.slots.active_units", "baseline.class_distance.edge_auc", "probe.slots.r2.density", "probe.slots.r2.spectral_radius",
	"probe.slots.r2.out_degree_sd", "steer.linear.hit_sd.density", "steer.linear.hit_sd.reciprocity", "steer.linear.drift_sd",
	"null.configuration.triads_over_2sd",
}

func TestResultsAreThere(t *testing.T) {
	rows := results(t)
	for _, dataset := range []string{artifact.Cortex, "bbp-rat-sscx-column"} {
		for _, name := range wanted {
			if !slices.ContainsFunc(rows, func(r artifact.Row) bool {
				return r.Name == name && r.Dataset == dataset && r.Preset == string(artifact.Standard)
			}) {
				t.Errorf("results.json has no %s of %s at preset standard", name, dataset)
			}
		}
	}
	for _, r := range rows {
		if strings.Contains(r.Command, " /") || strings.Contains(r.Dataset, "/") {
			t.Errorf("%s: dataset %q, command %q: a path of one machine", r.Name, r.Dataset, r.Command)
		}
	}
}

func row(name, dataset string, value, lo, hi float64) artifact.Row {
	return artifact.Row{
		Name: name, Dataset: dataset, Preset: "standard", Backend: "xla:cpu", Value: value, Lo: lo, Hi: hi,
		Baselines: map[string]float64{"class × distance": .9}, Unit: "1", Command: "x",
	}
}

func TestCell(t *testing.T) {
	const name = "reconstruction.slots.edge_auc"
	quick, pure := row(name, "cortex", .1, .1, .1), row(name, "cortex", .2, .2, .2)
	quick.Preset, pure.Backend = "quick", "go"
	rows := []artifact.Row{quick, pure, row(name, "cortex", .71234, .7, .72), row(name, "other", 16, 16, 16)}
	for _, c := range []struct{ dataset, beside, want string }{
		{"cortex", "class × distance", "0.712 [0.7, 0.72] (class × distance: 0.9)"},
		{"cortex", "", "0.712 [0.7, 0.72]"},
		{"other", "no such baseline", "16"},
		{"missing", "", "–"},
	} {
		if got := cell(rows, name, c.dataset, c.beside); got != c.want {
			t.Errorf("cell of %s beside %q is %q, want %q", c.dataset, c.beside, got, c.want)
		}
	}
}

func TestUpdateReadme(t *testing.T) {
	path := filepath.Join(t.TempDir(), "README.md")
	if err := updateReadme(path, nil); err != nil {
		t.Errorf("a clone without a README: %v", err)
	}
	old := "# A\n"
	for _, table := range tables {
		old += fmt.Sprintf(tableBegin+"\nstale\n"+tableEnd+"\nrest\n", table.name, table.name)
	}
	if err := os.WriteFile(path, []byte(old), 0o644); err != nil {
		t.Fatal(err)
	}
	rows := []artifact.Row{row("reconstruction.slots.edge_auc", "cortex", .5, .4, .6), row("speed.triads.ratio_igraph", "cortex", 20, 15, 25)}
	for range 2 { // the second time changes nothing
		if err := updateReadme(path, rows); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s := string(text)
		if !strings.HasPrefix(s, "# A\n<!-- results") || !strings.HasSuffix(s, "<!-- end of speed -->\nrest\n") || strings.Contains(s, "stale") || strings.Count(s, "rest") != 2 {
			t.Errorf("the README is now %q", s)
		}
		if !strings.Contains(s, "0.5 [0.4, 0.6]") || !strings.Contains(s, "| triad census | igraph | 20 (15 to 25) |") {
			t.Errorf("the README is now %q", s)
		}
	}
	if err := os.WriteFile(path, []byte("# A\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := updateReadme(path, rows); err == nil || !strings.Contains(err.Error(), "README.md") {
		t.Errorf("a README without marks gives %v", err)
	}
}

func TestChoose(t *testing.T) {
	all, err := choose("")
	if err != nil || len(all) != len(groups) {
		t.Errorf("all groups are %d (%v), want %d", len(all), err, len(groups))
	}
	some, err := choose("steering, columns")
	if err != nil || len(some) != 2 || some[0].name != "steering" || some[1].name != "columns" {
		t.Errorf("chosen are %v (%v)", some, err)
	}
	if _, err := choose("steering,nope"); err == nil || !strings.Contains(err.Error(), "nope") || !strings.Contains(err.Error(), "reconstruction") {
		t.Errorf("error is %v, want one with the wrong name and the right ones", err)
	}
}

func TestRunErrors(t *testing.T) {
	t.Setenv("CORTIGEN_CACHE", t.TempDir())
	for want, args := range map[string][]string{
		`preset "huge"`:    {"-preset", "huge"},
		`"x" is not a`:     {"x"},
		"no-such-pack":     {"-data", "no-such-pack", "-only", "columns"},
		`-only "nothing`:   {"-only", "nothing"},
		"model that ships": {"-pretrained", "-data", "no-such-pack"},
	} {
		if err := run(context.Background(), args); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error is %v, want one with %q", args, err, want)
		}
	}
}
