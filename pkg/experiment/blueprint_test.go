package experiment

import (
	"context"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/cortex"
)

func TestBlueprintRows(t *testing.T) {
	r := tinyRun(t)
	r.Setting.Dataset = "no-such-pack" // the study is of the cortex, whatever is asked for
	rows, err := r.BlueprintRows(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]artifact.Row{}
	for _, row := range rows {
		if err := row.Validate(); err != nil {
			t.Error(err)
		}
		if row.Dataset != artifact.Cortex || row.Backend != "none" {
			t.Errorf("row %s is of %s on %s", row.Name, row.Dataset, row.Backend)
		}
		by[row.Name] = row
	}
	worst, found := by["cortex.published.worst_error_over_tolerance"]
	if !found || !(worst.Value > 0 && worst.Value <= 1) || !strings.Contains(worst.Note, "doi:") {
		t.Errorf("worst error over tolerance: %+v", worst)
	}
	for _, f := range cortex.Factors() {
		if row := by["cortex.blueprint.effect."+f.Name]; !(row.Value > 1) {
			t.Errorf("the effect of %s is %v sd", f.Name, row.Value)
		}
	}
	if _, found := by["cortex.blueprint.worst_leak"]; !found {
		t.Error("no row of the worst leak")
	}

	r.Progress = func(task string, _, _ int, text string) { t.Errorf("asked again, it does %s: %s", task, text) }
	again, err := r.BlueprintRows(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	sameRows(t, "loaded", rows, again)
	entry, err := r.Store.Named(r.Setting.Name(BlueprintName))
	if err == nil {
		err = value[cortex.Study](entry)
	}
	if err != nil {
		t.Errorf("it is not to be had by name: %v", err)
	}
}
