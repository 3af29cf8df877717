package nulltest

import (
	"strings"
	"testing"
	"time"

	"github.com/cortigen/cortigen/pkg/nullmodel"
)

// A declaration that promises too much, or too little, is found out.
func TestFalseDeclarations(t *testing.T) {
	for name, c := range map[string]struct {
		model  string
		change func(p *nullmodel.Preserved)
		want   string
	}{
		"exactly, but not at all":      {"er", func(p *nullmodel.Preserved) { p.MutualPairs = nullmodel.Exactly }, "mutual pairs are to be kept exactly"},
		"exactly, but in the mean":     {"dcsbm", func(p *nullmodel.Preserved) { p.Edges = nullmodel.Exactly }, "edges are to be kept exactly"},
		"in the mean, but not":         {"er", func(p *nullmodel.Preserved) { p.OutDegrees = nullmodel.Mean }, "out-degrees are to be kept in the mean"},
		"in the mean, near it":         {"distance", func(p *nullmodel.Preserved) { p.DistanceEdges = nullmodel.Mean }, "edges per distance bin are to be kept in the mean"},
		"in the mean, but exactly":     {"configuration", func(p *nullmodel.Preserved) { p.InDegrees = nullmodel.Mean }, "in-degrees are declared as kept \"in the mean\""},
		"not, but exactly":             {"sbm", func(p *nullmodel.Preserved) { p.ClassPairEdges = nullmodel.Not }, "edges per class pair are declared as kept \"not\""},
		"not, but in the mean":         {"distance_degree", func(p *nullmodel.Preserved) { p.DistanceEdges = nullmodel.Not }, "edges per distance bin are declared as not kept, but their means are"},
		"not, but in the mean, chain":  {"distance_degree_exact", func(p *nullmodel.Preserved) { p.DistanceEdges = nullmodel.Not }, "edges per distance bin are declared as not kept, but their means are"},
		"not, but the pairs' partners": {"bishuffled", func(p *nullmodel.Preserved) { p.Skeleton = nullmodel.Not }, "skeleton are declared as kept \"not\""},
		"mutual degrees":               {"reciprocal_er", func(p *nullmodel.Preserved) { p.MutualDegrees = nullmodel.Mean }, "mutual degrees are to be kept in the mean"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := nullmodel.Find(c.model)
			if err != nil {
				t.Fatal(err)
			}
			c.change(&m.Preserves)
			faults := append(exact(m, planted(true), 3), means(m)...)
			if !strings.Contains(strings.Join(faults, "\n"), c.want) {
				t.Errorf("the faults are %q, want one with %q", faults, c.want)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	if faults := soon(func() []string { panic("broken") }); len(faults) != 1 || !strings.Contains(faults[0], "panic: broken") {
		t.Errorf("a panic gives %q", faults)
	}
	if faults := within(time.Millisecond, func() []string { time.Sleep(time.Second); return nil }); len(faults) != 1 || !strings.Contains(faults[0], "has not ended") {
		t.Errorf("what does not end gives %q", faults)
	}
	m, err := nullmodel.Find("er")
	if err != nil {
		t.Fatal(err)
	}
	m.Source, m.Name = "", "unheard-of"
	if faults := described(m); len(faults) != 2 {
		t.Errorf("a model without a source that Find does not know gives %q", faults)
	}
	var empty nullmodel.Model
	if faults := defined(empty, planted(false)); len(faults) != 1 {
		t.Errorf("an empty model gives %q, want one fault", faults)
	}
	c := planted(true)
	other := planted(false)
	er, _ := nullmodel.Find("er")
	if faults := kept(er, c, other); len(faults) == 0 {
		t.Error("a draw with another mask and other rows is taken")
	}
}
