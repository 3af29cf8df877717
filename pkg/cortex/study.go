package cortex

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Study is what there is to see of a blueprint: where the factors of a sheet lie,
// what becomes of circuits when one is turned, and how the sheet compares with
// published values.
type Study struct {
	// Neurons of the sheet.
	Neurons   int         `json:"neurons"`
	Fields    []Field     `json:"fields"`
	Turns     []Turn      `json:"turns"`
	Published []Statistic `json:"published"`
}

// Field is one factor over a sheet.
type Field struct {
	Factor Factor `json:"factor"`
	// Side of the sheet in µm.
	Side float64 `json:"side_um"`
	// Values at the middles of Width × Width squares, in rows of equal y.
	Width  int       `json:"width"`
	Values []float64 `json:"values"`
}

// Turn is one factor turned through its range, with all others in the middle of
// theirs, and what the circuits show (see [Truth.Reading]).
type Turn struct {
	Factor Factor    `json:"factor"`
	Levels []float64 `json:"levels"`
	// Shown is, by factor, the mean over circuits at each level, with its 95 %
	// interval.
	Shown map[string][]latent.Interval `json:"shown"`
	// Effects is, by factor, by how much the whole turn moves what circuits show,
	// in sd over circuits at the middle level, with its 95 % interval. The factor's
	// own should be large, the others near 0.
	Effects map[string]latent.Interval `json:"effects"`
	// Circuits are the same circuit at the first, the middle and the last level.
	Circuits [3]*circuit.Circuit `json:"circuits"`
	// Mark says which edges of those the factor is about, such as "mutual edges",
	// and Marked lists them; "" where it is about all.
	Mark   string            `json:"mark,omitempty"`
	Marked [3][]circuit.Edge `json:"marked"`
}

// marks are, by factor, the edges that it is about.
var marks = [factorCount]struct {
	name string
	of   func(t *Truth, i, j int) bool
}{
	eShare:        {"edges of inhibitory neurons", func(t *Truth, i, _ int) bool { return t.circuit.Neuron(i).Sign == circuit.Inhibitory }},
	decay:         {"edges over more than a decay length of 77 µm", func(t *Truth, i, j int) bool { return apart(&t.cells[i], &t.cells[j]) > 77 }},
	heterogeneity: {"edges of the neurons with the ten largest sender effects", func(t *Truth, i, _ int) bool { return t.rank(i) < 10 }},
	reciprocity:   {"mutual edges", func(t *Truth, i, j int) bool { return t.circuit.Has(j, i) }},
	forwardness:   {"edges to deeper neurons", func(t *Truth, i, j int) bool { return t.cells[i].depth < t.cells[j].depth }},
	modularity:    {"edges within a community", func(t *Truth, i, j int) bool { return t.cells[i].community == t.cells[j].community }},
	tilt:          {"edges in the lower halves of layers", func(t *Truth, i, j int) bool { return t.cells[i].within+t.cells[j].within > 0 }},
}

// apart is the distance of two neurons as decay knows it.
func apart(a, b *cell) float64 { return math.Hypot(a.x-b.x, a.y-b.y) + math.Abs(a.depth-b.depth) }

// rank is how many neurons have larger sender effects.
func (t *Truth) rank(i int) (larger int) {
	for j := range t.cells {
		if t.cells[j].sender > t.cells[i].sender {
			larger++
		}
	}
	return larger
}

// show keeps a circuit with the edges that a factor is about.
func (t *Turn) show(place, factor int, truth *Truth) {
	t.Circuits[place], t.Mark = truth.circuit, marks[factor].name
	if t.Mark == "" {
		return
	}
	for _, e := range truth.circuit.EdgeList() {
		if marks[factor].of(truth, e.Pre, e.Post) {
			t.Marked[place] = append(t.Marked[place], e)
		}
	}
}

// Fields returns every factor at the middles of width × width squares of the
// sheet.
func (s *Sheet) Fields(width int) []Field {
	side := s.cfg.side()
	fields := make([]Field, factorCount)
	for k, f := range factors {
		fields[k] = Field{Factor: f, Side: side, Width: width, Values: make([]float64, width*width)}
	}
	for i := range width * width {
		x, y := (float64(i%width)+.5)/float64(width)*side, (float64(i/width)+.5)/float64(width)*side
		at := s.places.between(x, y)
		for k := range fields {
			fields[k].Values[i] = at.factors[k]
		}
	}
	return fields
}

// TurnFactor makes count circuits at each of some levels of a factor, evenly over
// its range, and reads them. The circuits of all levels are made from the same
// random numbers, and have the usual size. An unknown factor, or fewer than two
// circuits or levels, is an error. About ten milliseconds a circuit.
func TurnFactor(ctx context.Context, name string, levels, count int, s seed.Seed) (Turn, error) {
	k := slices.IndexFunc(factors[:], func(f Factor) bool { return f.Name == name })
	if k < 0 {
		return Turn{}, Blueprint{name: 0}.Validate()
	}
	if levels < 2 || count < 2 {
		return Turn{}, fmt.Errorf("cortex: turn: %d circuits at %d levels: ask for 2 or more", count, levels)
	}
	t := Turn{Factor: factors[k], Shown: map[string][]latent.Interval{}, Effects: map[string]latent.Interval{}}
	shown := make([][]Blueprint, levels)
	for level := range levels {
		v := middle()
		v[k] = valueAt(k, float64(level)/float64(levels-1))
		t.Levels = append(t.Levels, v[k])
		specimens, err := Specimens(ctx, v.blueprint(), count, connectome.ColumnConfig{}, s)
		if err != nil {
			return Turn{}, err
		}
		truths := make([]*Truth, count)
		for i, specimen := range specimens {
			truths[i] = specimen.Truth
		}
		if shown[level], err = Readings(ctx, truths); err != nil {
			return Turn{}, err
		}
		for place, of := range [3]int{0, levels / 2, levels - 1} {
			if of == level {
				t.show(place, k, truths[0])
			}
		}
	}
	for _, f := range factors {
		t.compare(f.Name, shown)
	}
	return t, nil
}

// compare fills in what the circuits show of one factor.
func (t *Turn) compare(name string, shown [][]Blueprint) {
	for _, circuits := range shown {
		var values []float64
		for _, b := range circuits {
			values = append(values, b[name])
		}
		t.Shown[name] = append(t.Shown[name], meanOf(values))
	}
	var moves, middle []float64
	for i := range shown[0] {
		moves = append(moves, shown[len(shown)-1][i][name]-shown[0][i][name])
		middle = append(middle, shown[len(shown)/2][i][name])
	}
	effect, sd := meanOf(moves), stat.StdDev(defined(middle), nil)
	t.Effects[name] = latent.Interval{Value: effect.Value / sd, Lo: effect.Lo / sd, Hi: effect.Hi / sd, N: effect.N}
}

// meanOf is the mean of the defined values with its 95 % interval; NaN of none.
func meanOf(values []float64) latent.Interval {
	values = defined(values)
	if len(values) == 0 {
		return latent.Interval{Value: math.NaN(), Lo: math.NaN(), Hi: math.NaN()}
	}
	mean, se := stat.Mean(values, nil), math.NaN()
	if n := float64(len(values)); n > 1 {
		se = stat.StdDev(values, nil) / math.Sqrt(n)
	}
	return latent.Interval{Value: mean, Lo: mean - 1.96*se, Hi: mean + 1.96*se, N: len(values)}
}

func defined(values []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
}

// WorstPublished returns the statistic that is furthest from its source, in
// tolerances; of none, the zero Statistic.
func (s Study) WorstPublished() Statistic {
	var worst Statistic
	for i, p := range s.Published {
		if i == 0 || p.Error() > worst.Error() {
			worst = p
		}
	}
	return worst
}

// Leak is what turning one factor does to what circuits show of another.
type Leak struct {
	Turned, Shown string
	Effect        latent.Interval
}

// WorstLeak returns the largest effect of a factor on another's reading; of none,
// the zero Leak.
func (s Study) WorstLeak() Leak {
	var worst Leak
	for _, t := range s.Turns {
		for _, f := range factors {
			e, known := t.Effects[f.Name]
			if known && f.Name != t.Factor.Name && math.Abs(e.Value) > math.Abs(worst.Effect.Value) {
				worst = Leak{t.Factor.Name, f.Name, e}
			}
		}
	}
	return worst
}

// WeakestAnswer returns the factor whose turn moves its own reading least.
func (s Study) WeakestAnswer() Leak {
	var weakest Leak
	for i, t := range s.Turns {
		own := t.Effects[t.Factor.Name]
		if i == 0 || math.Abs(own.Value) < math.Abs(weakest.Effect.Value) {
			weakest = Leak{t.Factor.Name, t.Factor.Name, own}
		}
	}
	return weakest
}
