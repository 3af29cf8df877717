package experiment

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/steer"
)

// A helm is made once; one that is loaded answers as it did, turns, and exports.
func TestHelm(t *testing.T) {
	r := tinyRun(t)
	made, err := r.Helm(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again := &Run{Setting: r.Setting, Store: r.Store}
	h, err := again.Helm(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	request := steer.Request{Targets: []steer.Target{steer.SD("density", 1)}, Hold: []string{"reciprocity"}, Samples: 4, Budget: 8}
	var answers []steer.Answer
	for _, one := range []*Helm{made, h} {
		a, err := one.Rig.Answer(t.Context(), one.Surrogate(), request, 3)
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, a)
	}
	if !reflect.DeepEqual(answers[0].Code, answers[1].Code) || answers[0].HitSD != answers[1].HitSD {
		t.Errorf("as made it answers %v (off by %g sd), as loaded %v (%g)", answers[0].Code, answers[0].HitSD, answers[1].Code, answers[1].HitSD)
	}
	exported, err := h.Export(t.Context(), answers[1], filepath.Join(t.TempDir(), "answer"), steer.Exporting{Formats: []string{"graphml"}})
	if err != nil || len(exported.Written) != 1 || len(exported.Written[0].Paths) != 4 {
		t.Errorf("exported %+v (%v), want 4 circuits in one format", exported, err)
	}
	explorer, err := h.Explorer()
	if err != nil {
		t.Fatal(err)
	}
	still, err := explorer.View(t.Context(), steer.Knobs{})
	if err != nil {
		t.Fatal(err)
	}
	turned, err := explorer.View(t.Context(), steer.Knobs{Shifts: []float64{2}})
	if err != nil || reflect.DeepEqual(still.Code, turned.Code) {
		t.Errorf("turned by 2 the code is %v (%v), was %v", turned.Code, err, still.Code)
	}
	if _, err := h.Answer(t.Context(), steer.Ask(steer.SD("recprocity", 1))); err == nil || !strings.Contains(err.Error(), `did you mean "reciprocity"`) {
		t.Errorf("a misspelt measure gives %v", err)
	}
}

// A model that draws its neurons has a share of excitatory ones to ask for; one that
// wires given neurons has not, and says so.
func TestWholeHelm(t *testing.T) {
	r := tinyRun(t)
	h, err := r.WholeHelm(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	request := steer.Request{Targets: []steer.Target{steer.SD("e_share", -1)}, Samples: 4, Budget: 8}
	if a, err := h.Rig.Answer(t.Context(), h.Surrogate(), request, 3); err != nil || len(a.Circuits) != 4 {
		t.Errorf("%d circuits (%v), want 4", len(a.Circuits), err)
	}
	given, err := r.Helm(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := given.Answer(t.Context(), request); err == nil || !strings.Contains(err.Error(), "not among the measures of the reference") {
		t.Errorf("of given neurons it gives %v", err)
	}
}
