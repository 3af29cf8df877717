package connectometest

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
)

// Diff says in what two reconstructions differ: at most a few lines, none when
// neurons (in order), edges, counts, sizes, masks and factors are the same.
// Names, reports and checksums are not looked at. Positions and factors may
// differ by a relative 1e-12, sizes too.
func Diff(got, want *connectome.Connectome) []string {
	var found []string
	say := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	if got.Len() != want.Len() {
		say("%d neurons, want %d", got.Len(), want.Len())
		return found
	}
	for i := range want.Len() {
		if g, w := got.Neuron(i), want.Neuron(i); !sameNeuron(g, w) {
			say("neuron %d is %+v, want %+v", i, g, w)
		}
		if g, w := got.Observed(i), want.Observed(i); g != w {
			say("neuron %d: observed is %t, want %t", i, g, w)
		}
		if len(found) > 5 {
			return append(found, "…")
		}
	}
	if g, w := got.CSR(), want.CSR(); !slices.Equal(g.Offsets, w.Offsets) || !slices.Equal(g.Targets, w.Targets) {
		say("edges differ: %d, want %d", g.Edges(), w.Edges())
	}
	if g, w := got.Synapses(), want.Synapses(); !slices.Equal(g, w) || (g == nil) != (w == nil) {
		say("synapse counts differ: %v, want %v", first(g), first(w))
	}
	gotSizes, gotUnit := got.Sizes()
	wantSizes, wantUnit := want.Sizes()
	if !slices.EqualFunc(gotSizes, wantSizes, near) || (gotSizes == nil) != (wantSizes == nil) || gotUnit != wantUnit {
		say("synapse sizes differ: %v (%q), want %v (%q)", first(gotSizes), gotUnit, first(wantSizes), wantUnit)
	}
	if g, w := got.Factors(), want.Factors(); !maps.EqualFunc(g, w, func(a, b []float64) bool { return slices.EqualFunc(a, b, near) }) {
		say("factors differ: %v, want %v", slices.Sorted(maps.Keys(g)), slices.Sorted(maps.Keys(w)))
	}
	return found
}

func sameNeuron(g, w circuit.Neuron) bool {
	p, q := g.Position, w.Position
	g.Position, w.Position = circuit.Position{}, circuit.Position{}
	if g != w || p.Known() != q.Known() {
		return false
	}
	return !p.Known() || near(p.X, q.X) && near(p.Y, q.Y) && near(p.Depth, q.Depth)
}

func near(a, b float64) bool {
	return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-12*math.Max(math.Abs(a), math.Abs(b))
}

func first[T any](list []T) []T { return list[:min(len(list), 4)] }
