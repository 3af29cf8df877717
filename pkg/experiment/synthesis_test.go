package experiment

import (
	"os"
	"testing"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/steer"
)

// Methods answer the same queries on a model after four steps: every answer is
// judged, and rows have what they are held against beside them.
func TestSynthesis(t *testing.T) {
	r := tinyRun(t)
	h, err := r.Helm(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.synthesis(t.Context(), h, 12, h.Linear, h.Surrogate())
	if err != nil {
		t.Fatal(err)
	}
	judgeSynthesis(t, s, 7)
}

// Gradients take minutes in pure Go.
func TestSynthesisByGradients(t *testing.T) {
	if os.Getenv("CORTIGEN_SLOW") == "" {
		t.Skip("set CORTIGEN_SLOW=1 to descend along gradients")
	}
	r := tinyRun(t)
	t.Setenv("GOMLX_BACKEND", "")
	s, err := r.Synthesis(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	judgeSynthesis(t, s, 8)
	if e, there := s.Board.Entry("gradient"); !there || e.Standing.Spent == 0 {
		t.Errorf("the gradient's entry is %+v: it decodes on its way", e.Standing)
	}
}

func judgeSynthesis(t *testing.T, s steer.Synthesis, methods int) {
	t.Helper()
	if len(s.Board.Queries) != 12 || len(s.Board.Entries) != methods || len(s.Reach) != len(steered)+1 {
		t.Fatalf("%d queries, %d methods, %d reaches", len(s.Board.Queries), len(s.Board.Entries), len(s.Reach))
	}
	for _, e := range s.Board.Entries {
		if len(e.Answers) != len(s.Board.Queries) {
			t.Errorf("%s gave %d answers", e.Method, len(e.Answers))
		}
		if h := e.Standing.HitRate.Value; !(h >= 0 && h <= 1) {
			t.Errorf("%s has a hit rate of %g", e.Method, h)
		}
		if _, named := synthesisRows[e.Method]; !named {
			t.Errorf("%s has no row", e.Method)
		}
	}
	stay, there := s.Board.Entry(steer.Stay{}.Name())
	if rewire, _ := s.Board.Entry(steer.Rewire{}.Name()); !there || !(rewire.Standing.HitRate.Value > stay.Standing.HitRate.Value) {
		t.Errorf("rewiring hits %v, doing nothing %v", rewire.Standing.HitRate, stay.Standing.HitRate)
	}
	l := ledger{proto: artifact.Row{Dataset: "cortex", Preset: "quick", Backend: "go", Command: "a test"}}
	l.synthesis(s)
	names := map[string]bool{}
	for _, row := range l.rows {
		if err := row.Validate(); err != nil {
			t.Error(err)
		}
		if names[row.Name] {
			t.Errorf("two rows %s", row.Name)
		}
		names[row.Name] = true
	}
	for _, name := range []string{"steer.linear.hit_rate", "steer.surrogate.diversity", "steer.retrieval.hit_rate", "steer.rewire.hit_rate", "steer.sbm.hit_rate", "steer.reach.density"} {
		if !names[name] {
			t.Errorf("no row %s", name)
		}
	}
}
