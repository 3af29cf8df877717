package structure_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/structure"
)

// What a function returned is the caller's: the next call must not write there,
// though it works in the same memory.
func TestResultsAreTheCallers(t *testing.T) {
	one := of(t, 5, circuit.Edge{Pre: 0, Post: 1}, circuit.Edge{Pre: 1, Post: 2}, circuit.Edge{Pre: 2, Post: 0}, circuit.Edge{Pre: 2, Post: 3}, circuit.Edge{Pre: 3, Post: 4})
	other := of(t, 5, circuit.Edge{Pre: 4, Post: 1}, circuit.Edge{Pre: 1, Post: 4}, circuit.Edge{Pre: 4, Post: 2}, circuit.Edge{Pre: 2, Post: 1})
	for name, call := range map[string]func(c *circuit.Circuit) any{
		"betweenness": func(c *circuit.Circuit) any { return structure.Betweenness(c) },
		"clustering":  func(c *circuit.Circuit) any { return structure.ClusteringOf(c) },
		"levels":      func(c *circuit.Circuit) any { return structure.TrophicLevels(c) },
		"simplices":   func(c *circuit.Circuit) any { counts, _ := structure.Simplices(c); return counts },
		"dimensions":  func(c *circuit.Circuit) any { d, _ := structure.SimplexDimensions(c); return d },
		"cores":       func(c *circuit.Circuit) any { return structure.CoreNumbers(c) },
		"rich club":   func(c *circuit.Circuit) any { return structure.RichClub(c)[1:2] },
		"sign pairs":  func(c *circuit.Circuit) any { return len(structure.SignPairs(c)) },
		"triads":      func(c *circuit.Circuit) any { return structure.Triads(c) },
		"profile": func(c *circuit.Circuit) any {
			p, err := structure.NewProfile(c, "edges", "path_length", "largest_strong_share")
			if err != nil {
				t.Error(err)
			}
			return p
		},
	} {
		result := call(one)
		said := fmt.Sprint(result)
		for range 3 {
			call(other)
		}
		if now := fmt.Sprint(result); now != said {
			t.Errorf("%s: %v became %v", name, said, now)
		}
	}
}

// functions are those of the registry's measures; triads and simplices are
// entries of one.
var functions = map[string]func(*circuit.Circuit) float64{
	"neurons": func(c *circuit.Circuit) float64 { return float64(c.Len()) }, "density": structure.Density,
	"edges": func(c *circuit.Circuit) float64 {
		return structure.OutDegreeMean(c) * float64(c.ObservedRows())
	},
	"density_ee": structure.DensityEE, "density_ei": structure.DensityEI, "density_ie": structure.DensityIE, "density_ii": structure.DensityII, "e_share": structure.ExcitatoryShare,
	"out_degree_mean": structure.OutDegreeMean, "out_degree_sd": structure.OutDegreeSD, "out_degree_cv": structure.OutDegreeCV, "out_degree_gini": structure.OutDegreeGini,
	"in_degree_mean": structure.InDegreeMean, "in_degree_sd": structure.InDegreeSD, "in_degree_cv": structure.InDegreeCV, "in_degree_gini": structure.InDegreeGini,
	"in_out_correlation": structure.InOutCorrelation, "assortativity": structure.Assortativity,
	"reciprocity": structure.Reciprocity, "reciprocity_ratio": structure.ReciprocityRatio, "reciprocity_ratio_ee": structure.ReciprocityRatioEE, "reciprocity_ratio_ei": structure.ReciprocityRatioEI, "reciprocity_ratio_ii": structure.ReciprocityRatioII,
	"clustering": structure.Clustering, "clustering_cycle": structure.ClusteringCycle, "clustering_middleman": structure.ClusteringMiddleman, "clustering_in": structure.ClusteringIn, "clustering_out": structure.ClusteringOut,
	"transitivity": structure.Transitivity, "transitivity_undirected": structure.TransitivityUndirected,
	"euler_characteristic": structure.EulerCharacteristic, "simplex_dimension": structure.SimplexDimension,
	"path_length": structure.PathLength, "reachable_share": structure.ReachableShare, "efficiency": structure.Efficiency, "diameter": structure.Diameter,
	"betweenness_mean": structure.BetweennessMean, "betweenness_max": structure.BetweennessMax, "largest_strong_share": structure.LargestStrongShare, "largest_weak_share": structure.LargestWeakShare,
	"modularity": structure.BestModularity, "core_max": structure.CoreMax, "rich_club": structure.RichClubTop, "common_neighbour_bias": structure.CommonNeighbourBias,
	"trophic_coherence": structure.TrophicCoherence, "downward_share": structure.DownwardShare, "depth_step": structure.DepthStep,
	"spectral_radius": structure.SpectralRadius, "spectral_gap": structure.SpectralGap, "signed_spectral_radius": structure.SignedSpectralRadius, "singular_entropy": structure.SingularEntropy,
	"wire_length": structure.WireLength, "decay_length": structure.DecayLength, "decay_length_horizontal": structure.DecayLengthHorizontal, "decay_length_depth": structure.DecayLengthDepth,
}

func TestPlainFunctionsAreTheRegistrys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := placed(t, rapid.Bool().Draw(t, "masked"))
		census := structure.Triads(c)
		counts, err := structure.Simplices(c)
		for _, m := range structure.Measures() {
			of := functions[m.Name]
			if kind, ok := strings.CutPrefix(m.Name, "triad_"); ok {
				of = func(*circuit.Circuit) float64 {
					for k, count := range census {
						if structure.Triad(k).String() == kind {
							return float64(count)
						}
					}
					return math.NaN()
				}
			}
			if digit, ok := strings.CutPrefix(m.Name, "simplices_"); ok {
				d := int(digit[0] - '0')
				of = func(*circuit.Circuit) float64 {
					switch {
					case d < len(counts):
						return float64(counts[d])
					case err != nil:
						return math.NaN()
					}
					return 0
				}
			}
			if of == nil {
				t.Fatalf("no function for %s", m.Name)
			}
			if m.Name == "edges" && c.ObservedRows() == 0 {
				continue // a mean of nothing
			}
			if got, want := of(c), m.Of(c); !same(got, want, 1e-12*math.Max(1, math.Abs(want))) {
				t.Errorf("%s: the function finds %v, the registry %v", m.Name, got, want)
			}
		}
	})
}

// random circuits of several sizes and densities, with signs and positions.
func randoms(t *testing.T, count, most int) []*circuit.Circuit {
	circuits := make([]*circuit.Circuit, count)
	for k := range circuits {
		rng := rand.New(rand.NewPCG(uint64(k), 7))
		n := rng.IntN(most + 1)
		p := .3 * rng.Float64()
		neurons := make([]circuit.Neuron, n)
		var edges []circuit.Edge
		for i := range neurons {
			neurons[i] = circuit.Neuron{ID: fmt.Sprint(i), Sign: circuit.Sign(1 - 2*rng.IntN(2)), Position: circuit.Position{X: 100 * rng.Float64(), Y: 100 * rng.Float64(), Depth: 900 * rng.Float64()}}
			for j := range n {
				if i != j && rng.Float64() < p {
					edges = append(edges, circuit.Edge{Pre: i, Post: j})
				}
			}
		}
		c, err := circuit.New(neurons, edges)
		if err == nil && k%5 == 0 {
			rows := make([]bool, n)
			for i := range rows {
				rows[i] = rng.Float64() < .9
			}
			c, err = c.WithObserved(rows)
		}
		if err != nil {
			t.Fatal(err)
		}
		circuits[k] = c
	}
	return circuits
}

func TestProfilesHaveTheSameBitsOnAnyCores(t *testing.T) {
	circuits := randoms(t, 300, 70)
	alone := make([][]float64, len(circuits))
	for i, c := range circuits {
		p, err := structure.NewProfile(c)
		if err != nil {
			t.Fatal(err)
		}
		alone[i] = p.Values
	}
	for _, cores := range []int{1, 2, 8} {
		func() {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
			table, err := structure.Profiles(t.Context(), circuits)
			if err != nil {
				t.Fatal(err)
			}
			for i, row := range table.Rows {
				for k, value := range row {
					if want := alone[i][k]; math.Float64bits(value) != math.Float64bits(want) && !(math.IsNaN(value) && math.IsNaN(want)) {
						t.Errorf("%d cores: %s of circuit %d is %v, alone %v", cores, table.Names[k], i, value, want)
					}
				}
			}
		}()
	}
}

// A cancelled context ends a long run within a few circuits, with its error, no
// half-filled table and nobody left at work.
func TestProfilesCancelledMidway(t *testing.T) {
	circuits := slices.Repeat(randoms(t, 20, 70), 5000) // a minute or more
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begun := time.Now()
	table, err := structure.Profiles(ctx, circuits)
	if !errors.Is(err, context.DeadlineExceeded) || table.Names != nil || table.Rows != nil {
		t.Errorf("%d rows, %v", len(table.Rows), err)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it went on for %v", took)
	}
	for range 100 { // those of the context end on their own
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}
