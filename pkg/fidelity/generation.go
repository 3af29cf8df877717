package fidelity

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/seed"
	"github.com/cortigen/cortigen/pkg/structure"
)

// Generation is how like held-out circuits generated ones are: measure by
// measure, and by distributions within circuits. Every distance stands beside
// its floor: what it is between two halves of the held-out circuits.
type Generation struct {
	// Name says what was generated how, such as "conditional".
	Name string `json:"name"`
	// Real and Generated are numbers of circuits, Regions that of the real ones'.
	Real      int `json:"real"`
	Generated int `json:"generated"`
	Regions   int `json:"regions"`
	// Measures are of package structure, Descriptors kernel distances.
	Measures    []MeasureMatch    `json:"measures"`
	Descriptors []DescriptorMatch `json:"descriptors"`
	// WithinFloor is the share of measures that pass, of those with a floor.
	WithinFloor float64 `json:"share_within_floor"`
}

// MeasureMatch compares the distribution of one measure.
type MeasureMatch struct {
	Measure string `json:"measure"`
	// Means and sd over the circuits where the measure is defined; how many these
	// are of either kind.
	RealMean         float64 `json:"real_mean"`
	RealSD           float64 `json:"real_sd"`
	GeneratedMean    float64 `json:"generated_mean"`
	RealDefined      int     `json:"real_defined"`
	GeneratedDefined int     `json:"generated_defined"`
	// KS is the greatest difference of the two cumulative distributions
	// (Kolmogorov–Smirnov), Wasserstein the area between them in units of RealSD.
	KS          Distance `json:"ks"`
	Wasserstein Distance `json:"wasserstein_sd"`
	// Passes: both distances lie below the 95th percentile of their floors, and
	// all circuits together are less than a quarter sd apart.
	Passes bool `json:"passes"`
	// Note says why there is no floor, or no sd, where there is none.
	Note string `json:"note,omitempty"`
}

// Distance is one between generated and real circuits, and what it is between
// real ones.
type Distance struct {
	// Value is over all circuits.
	Value float64 `json:"value"`
	// Halves is the mean distance of half of the real circuits from as many
	// generated ones; Floor that from as many of the other half, and Floor95 its
	// 95th percentile. Small samples are far apart by chance: these three are of
	// equal sizes, and comparable.
	Halves  float64 `json:"halves"`
	Floor   float64 `json:"floor"`
	Floor95 float64 `json:"floor_95"`
}

// within reports whether the distance is one that real circuits have too.
func (d Distance) within() bool { return d.Halves <= d.Floor95 }

// GenerationConfig says how to compare. The zero value of a field means its
// default.
type GenerationConfig struct {
	// Measures of package structure. Default: all.
	Measures []string `json:"measures,omitempty"`
	// Halvings is how often the real circuits are divided. Default 200.
	Halvings int `json:"halvings,omitempty"`
}

// enough is the largest distance in sd that passes (ours).
const enough = .25

// CompareGenerated holds generated circuits against real ones that no model has
// seen. Halves are of regions, drawn anew each time, so that no neuron is in
// both; the generated circuits beside them are those of the other half's
// regions, where the generated ones have the same regions (a conditional
// generator's stand at the places of real ones), or else any. Circuits are drawn
// without replacement, as many of each as the smaller has. With fewer than two
// regions there is no floor, and nothing passes.
func CompareGenerated(ctx context.Context, name string, real, generated []*circuit.Circuit, config GenerationConfig, s seed.Seed) (Generation, error) {
	if len(real) == 0 || len(generated) == 0 {
		return Generation{}, fmt.Errorf("fidelity: generation: %s: %d real and %d generated circuits: give some of each", name, len(real), len(generated))
	}
	realTable, err := structure.Profiles(ctx, real, config.Measures...)
	if err != nil {
		return Generation{}, fmt.Errorf("fidelity: generation: %s: %w", name, err)
	}
	generatedTable, err := structure.Profiles(ctx, generated, config.Measures...)
	if err != nil {
		return Generation{}, fmt.Errorf("fidelity: generation: %s: %w", name, err)
	}
	h := newHalvings(connectome.Regions(real), connectome.Regions(generated), cmp.Or(config.Halvings, 200), s.Stream("halves"))
	g := Generation{Name: name, Real: len(real), Generated: len(generated), Regions: h.regions}
	passed, judged := 0., 0.
	for k, measure := range realTable.Names {
		if err := ctx.Err(); err != nil {
			return Generation{}, fmt.Errorf("fidelity: generation: %s: %w", name, err)
		}
		m := matchMeasure(measure, column(realTable, k), column(generatedTable, k), h)
		g.Measures = append(g.Measures, m)
		if m.judged() {
			judged++
		}
		if m.Passes {
			passed++
		}
	}
	g.WithinFloor = over(passed, judged)
	g.Descriptors, err = matchDescriptors(ctx, real, generated, h)
	if err != nil {
		return Generation{}, fmt.Errorf("fidelity: generation: %s: %w", name, err)
	}
	return g, nil
}

func column(t structure.Table, k int) []float64 {
	values := make([]float64, len(t.Rows))
	for i, row := range t.Rows {
		values[i] = row[k]
	}
	return values
}

// halvings are pairs of halves of real circuits with as many generated ones, all
// by index.
type halvings struct {
	regions int
	draws   []halving
}

type halving struct{ left, right, generated []int }

// newHalvings divides regions.
func newHalvings(real, generated []string, draws int, rng *rand.Rand) halvings {
	byRegion, generatedBy := indicesBy(real), indicesBy(generated)
	names := sortedNames(byRegion)
	h := halvings{regions: len(names)}
	if len(names) < 2 {
		return h
	}
	same := !slices.ContainsFunc(names, func(name string) bool { return len(generatedBy[name]) == 0 })
	for range draws {
		rng.Shuffle(len(names), func(a, b int) { names[a], names[b] = names[b], names[a] })
		left, right := gather(byRegion, names[:len(names)/2]), gather(byRegion, names[len(names)/2:])
		beside := gather(generatedBy, names[len(names)/2:])
		if !same {
			beside = countUp(len(generated))
		}
		size := min(len(left), len(right), len(beside))
		h.draws = append(h.draws, halving{some(left, size, rng), some(right, size, rng), some(beside, size, rng)})
	}
	return h
}

func indicesBy(region []string) map[string][]int {
	by := map[string][]int{}
	for i, name := range region {
		by[name] = append(by[name], i)
	}
	return by
}

func sortedNames(by map[string][]int) []string { return slices.Sorted(maps.Keys(by)) }

func gather(by map[string][]int, names []string) []int {
	var all []int
	for _, name := range names {
		all = append(all, by[name]...)
	}
	return all
}

func countUp(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// some returns size of the items, in random order.
func some(items []int, size int, rng *rand.Rand) []int {
	rng.Shuffle(len(items), func(a, b int) { items[a], items[b] = items[b], items[a] })
	return items[:size]
}

// distances applies a distance to all halvings. Draws on which it is not defined
// are left out.
func (h halvings) distances(of func(a, b []int, generated bool) float64, all float64) Distance {
	var halves, floors []float64
	for _, d := range h.draws {
		if v := of(d.left, d.generated, true); !math.IsNaN(v) {
			halves = append(halves, v)
		}
		if v := of(d.left, d.right, false); !math.IsNaN(v) {
			floors = append(floors, v)
		}
	}
	d := Distance{Value: all, Halves: math.NaN(), Floor: math.NaN(), Floor95: math.NaN()}
	if len(halves) > 0 && len(floors) > 0 {
		slices.Sort(floors)
		d.Halves, d.Floor, d.Floor95 = stat.Mean(halves, nil), stat.Mean(floors, nil), stat.Quantile(.95, stat.LinInterp, floors, nil)
	}
	return d
}

// matchMeasure compares one column.
func matchMeasure(name string, real, generated []float64, h halvings) MeasureMatch {
	r, g := defined(real, nil), defined(generated, nil)
	m := MeasureMatch{Measure: name, RealDefined: len(r), GeneratedDefined: len(g), RealMean: math.NaN(), RealSD: math.NaN(), GeneratedMean: math.NaN()}
	if len(r) > 0 {
		m.RealMean = stat.Mean(r, nil)
	}
	if len(r) > 1 {
		m.RealSD = stat.StdDev(r, nil)
	}
	if len(g) > 0 {
		m.GeneratedMean = stat.Mean(g, nil)
	}
	m.KS = h.distances(func(a, b []int, fromGenerated bool) float64 {
		return kolmogorovSmirnov(defined(real, a), defined(choose(fromGenerated, generated, real), b))
	}, kolmogorovSmirnov(r, g))
	m.Wasserstein = h.distances(func(a, b []int, fromGenerated bool) float64 {
		return inSD(stat.WassersteinDistance(defined(real, a), defined(choose(fromGenerated, generated, real), b), nil, nil), m.RealSD)
	}, inSD(stat.WassersteinDistance(r, g, nil, nil), m.RealSD))
	switch {
	case h.regions < 2:
		m.Note = "one region: no floor"
	case !m.judged():
		m.Note = "undefined in almost all real circuits"
	case m.RealSD == 0:
		// Nothing is far or near in sd of 0: it is the same, or it fails.
		if m.Passes = m.KS.Value == 0; !m.Passes {
			m.Note = "the same in all real circuits, but not in generated ones"
		}
	default:
		m.Passes = m.KS.within() && m.Wasserstein.within() && m.Wasserstein.Value < enough
	}
	return m
}

// judged reports whether there is a floor to hold the measure against.
func (m MeasureMatch) judged() bool { return m.RealDefined > 1 && !math.IsNaN(m.KS.Floor95) }

func choose[T any](first bool, a, b T) T {
	if first {
		return a
	}
	return b
}

// inSD divides by the sd; of a measure that does not vary, any distance but 0 is
// NaN.
func inSD(distance, sd float64) float64 {
	if distance == 0 {
		return 0
	}
	return over(distance, sd)
}

// defined returns the values at the given indices, all where these are nil, that
// are not NaN, sorted.
func defined(values []float64, indices []int) []float64 {
	if indices == nil {
		indices = countUp(len(values))
	}
	kept := make([]float64, 0, len(indices))
	for _, i := range indices {
		if !math.IsNaN(values[i]) {
			kept = append(kept, values[i])
		}
	}
	slices.Sort(kept)
	return kept
}

// kolmogorovSmirnov is NaN where a side is empty.
func kolmogorovSmirnov(a, b []float64) float64 {
	if len(a) == 0 || len(b) == 0 {
		return math.NaN()
	}
	return stat.KolmogorovSmirnov(a, nil, b, nil)
}

// Table returns the measures as a header and rows of text, the furthest first.
func (g Generation) Table() (header []string, rows [][]string) {
	header = []string{"measure", "real mean ± sd", "generated mean", "Wasserstein, sd", "halves", "floor, 95 %", "KS", "passes"}
	order := slices.Clone(g.Measures)
	slices.SortStableFunc(order, func(a, b MeasureMatch) int { return cmp.Compare(b.Wasserstein.Value, a.Wasserstein.Value) })
	for _, m := range order {
		verdict := choose(m.Passes, "yes", "no")
		if m.Note != "" {
			verdict = m.Note
		}
		rows = append(rows, []string{
			m.Measure, fmt.Sprintf("%.3g ± %.2g", m.RealMean, m.RealSD), fmt.Sprintf("%.3g", m.GeneratedMean),
			fmt.Sprintf("%.3f", m.Wasserstein.Value), fmt.Sprintf("%.3f", m.Wasserstein.Halves), fmt.Sprintf("%.3f", m.Wasserstein.Floor95),
			fmt.Sprintf("%.3f", m.KS.Value), verdict,
		})
	}
	return header, rows
}
