package significance

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/nullmodel"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Config is how a test is made; the zero value is usable.
type Config struct {
	// Draws is the number of surrogates of each circuit; 200 when 0 (ours). The
	// least p-value is 2/(Draws+1).
	Draws int `json:"draws"`
	// Resamples is the number of bootstrap draws of regions for the interval of a
	// log-ratio; that of package latent when 0.
	Resamples int `json:"resamples"`
}

const defaultDraws = 200

// Validate returns every fault of the configuration.
func (c Config) Validate() error {
	var faults []error
	if c.Draws < 0 || c.Draws == 1 {
		faults = append(faults, fmt.Errorf("significance: draws is %d: give 2 or more, or 0 for %d", c.Draws, defaultDraws))
	}
	if c.Resamples < 0 {
		faults = append(faults, fmt.Errorf("significance: resamples is %d: give 1 or more, or 0 for the default", c.Resamples))
	}
	return errors.Join(faults...)
}

// Score is one number of circuits against one null model.
type Score struct {
	Measure string `json:"measure"`
	// Observed is the mean over circuits, Mean and SD (divisor draws−1) those of
	// this mean over draws.
	Observed float64 `json:"observed"`
	Mean     float64 `json:"mean"`
	SD       float64 `json:"sd"`
	// Spread holds the quantiles .025, .25, .5, .75 and .975 of the draws.
	Spread [5]float64 `json:"spread"`
	// Z is (Observed − Mean)/SD; NaN where draws do not vary.
	Z float64 `json:"z"`
	// Percentile is the share of draws below Observed, ties by half.
	Percentile float64 `json:"percentile"`
	// P is two-sided; Q is P after Correct, NaN before.
	P float64 `json:"p"`
	Q float64 `json:"q"`
	// LogRatio is ln(Observed/Mean), with its interval over regions of tissue; NaN
	// where either is not above 0.
	LogRatio latent.Interval `json:"log_ratio"`
	// Draws is how many had the number.
	Draws int `json:"draws"`
	// Circuits is how many had it, Beyond how many of them lie, each for itself,
	// more than two standard deviations from their own draws.
	Circuits int `json:"circuits"`
	Beyond   int `json:"beyond"`
}

// Report is several numbers of circuits against one null model.
type Report struct {
	// Null is the name of the model; Circuits and Draws say of how much.
	Null     string  `json:"null"`
	Circuits int     `json:"circuits"`
	Draws    int     `json:"draws"`
	Scores   []Score `json:"scores"`
}

// Score returns that of a name; false where the report has none.
func (r Report) Score(measure string) (Score, bool) {
	k := slices.IndexFunc(r.Scores, func(s Score) bool { return s.Measure == measure })
	if k < 0 {
		return Score{}, false
	}
	return r.Scores[k], true
}

// Test compares circuits, no two of which may share a neuron, with draws of a
// null model that is fitted to each. A circuit of which a number is not defined
// does not count for that number. It uses all cores; the same seed gives the same
// report on any number of them. A circuit that the null model cannot be fitted to
// is an error, such as one without positions where distance is asked for.
func Test(ctx context.Context, circuits []*circuit.Circuit, null nullmodel.Model, s Statistic, cfg Config, from seed.Seed) (Report, error) {
	if err := cfg.Validate(); err != nil {
		return Report{}, err
	}
	if cfg.Draws == 0 {
		cfg.Draws = defaultDraws
	}
	if len(circuits) == 0 {
		return Report{}, errors.New("significance: there is no circuit to test")
	}
	if disjoint := connectome.Disjoint(circuits, 0); len(disjoint) < len(circuits) {
		return Report{}, fmt.Errorf("significance: %d of %d circuits share a neuron with one before: take those of connectome.Disjoint", len(circuits)-len(disjoint), len(circuits))
	}
	values, err := draws(ctx, circuits, null, s, cfg.Draws, from)
	if err != nil {
		return Report{}, fmt.Errorf("significance: %s: %w", null.Name, err)
	}
	r := Report{Null: null.Name, Circuits: len(circuits), Draws: cfg.Draws}
	regions := connectome.Regions(circuits)
	for k, name := range s.Names {
		score := values.score(k, regions, cfg, from)
		score.Measure = name
		r.Scores = append(r.Scores, score)
	}
	return r, nil
}

// table holds the numbers of circuits and of their draws.
type table struct {
	observed [][]float64   // [circuit][number]
	drawn    [][][]float64 // [circuit][draw][number]
}

func draws(ctx context.Context, circuits []*circuit.Circuit, null nullmodel.Model, s Statistic, count int, from seed.Seed) (table, error) {
	t := table{make([][]float64, len(circuits)), make([][][]float64, len(circuits))}
	for k, c := range circuits {
		t.observed[k] = s.Of(c)
		if len(t.observed[k]) != len(s.Names) {
			return table{}, fmt.Errorf("the statistic gave %d numbers for %d names", len(t.observed[k]), len(s.Names))
		}
		t.drawn[k] = make([][]float64, count)
		err := nullmodel.Each(ctx, null, c, count, from.Sub("circuit", k), func(i int, surrogate *circuit.Circuit) error {
			t.drawn[k][i] = s.Of(surrogate)
			return nil
		})
		if err != nil {
			return table{}, fmt.Errorf("circuit %d: %w", k, err)
		}
	}
	return t, nil
}

// score compares number k.
func (t table) score(k int, regions []string, cfg Config, from seed.Seed) Score {
	var s Score
	var has []int // circuits that have the number
	for c, numbers := range t.observed {
		if !math.IsNaN(numbers[k]) {
			has = append(has, c)
		}
	}
	own := make([]moments, len(t.observed)) // of each circuit's draws
	for _, c := range has {
		own[c] = momentsOf(t.drawn[c], k)
		if z := own[c].z(t.observed[c][k]); math.Abs(z) > 2 {
			s.Beyond++
		}
	}
	s.Circuits = len(has)
	s.Observed = meanOf(has, func(c int) float64 { return t.observed[c][k] })
	var means []float64 // of every draw
	for i := range cfg.Draws {
		if m := meanOf(has, func(c int) float64 { return t.drawn[c][i][k] }); !math.IsNaN(m) {
			means = append(means, m)
		}
	}
	s.against(means)
	var groups []string
	for _, c := range has {
		groups = append(groups, regions[c])
	}
	s.LogRatio = latent.Bootstrap(groups, func(indices []int) float64 {
		observed, expected := 0.0, 0.0
		for _, i := range indices {
			observed += t.observed[has[i]][k]
			expected += own[has[i]].mean
		}
		return logRatio(observed, expected)
	}, cfg.Resamples, from.Stream("regions", k))
	return s
}

// against fills what the means of draws say.
func (s *Score) against(means []float64) {
	s.Draws, s.Q = len(means), math.NaN()
	m := momentsOfValues(means)
	s.Mean, s.SD, s.Z = m.mean, m.sd, m.z(s.Observed)
	s.Percentile, s.P = math.NaN(), math.NaN()
	if len(means) == 0 || math.IsNaN(s.Observed) {
		for i := range s.Spread {
			s.Spread[i] = math.NaN()
		}
		return
	}
	below, equal := 0., 0.
	slack := rounding * max(math.Abs(s.Observed), math.Abs(s.Mean))
	for _, v := range means {
		switch {
		case math.Abs(v-s.Observed) <= slack:
			equal++
		case v < s.Observed:
			below++
		}
	}
	n := float64(len(means))
	s.Percentile = (below + equal/2) / n
	s.P = min(1, 2*(1+min(below+equal, n-below))/(n+1))
	slices.Sort(means)
	for i, p := range []float64{.025, .25, .5, .75, .975} {
		s.Spread[i] = stat.Quantile(p, stat.LinInterp, means, nil)
	}
}

// rounding is how far apart, relatively, two sums of the same numbers may be.
const rounding = 1e-12

// moments are those of draws.
type moments struct{ mean, sd float64 }

func momentsOf(drawn [][]float64, k int) moments {
	values := make([]float64, 0, len(drawn))
	for _, numbers := range drawn {
		if !math.IsNaN(numbers[k]) {
			values = append(values, numbers[k])
		}
	}
	return momentsOfValues(values)
}

func momentsOfValues(values []float64) moments {
	if len(values) < 2 {
		return moments{stat.Mean(values, nil), math.NaN()}
	}
	mean, sd := stat.MeanStdDev(values, nil)
	if sd <= rounding*math.Abs(mean) {
		sd = 0
	}
	return moments{mean, sd}
}

// z is NaN where there is no spread.
func (m moments) z(value float64) float64 {
	if !(m.sd > 0) {
		return math.NaN()
	}
	return (value - m.mean) / m.sd
}

// meanOf is over the defined values; NaN where there is none.
func meanOf(indices []int, of func(int) float64) float64 {
	sum, n := 0.0, 0.0
	for _, i := range indices {
		if v := of(i); !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	return sum / n
}

func logRatio(observed, expected float64) float64 {
	if !(observed > 0) || !(expected > 0) {
		return math.NaN()
	}
	return math.Log(observed / expected)
}

// Correct returns the reports with q-values: the p-values of all their scores
// together, corrected for their number as by latent.BenjaminiHochberg. A score
// without spread in its draws, whose p says nothing, is not counted and has none.
func Correct(reports ...Report) []Report {
	var p []float64
	for _, r := range reports {
		for _, s := range r.Scores {
			if math.IsNaN(s.Z) {
				s.P = math.NaN()
			}
			p = append(p, s.P)
		}
	}
	q := latent.BenjaminiHochberg(p)
	corrected := make([]Report, len(reports))
	for i, r := range reports {
		r.Scores = slices.Clone(r.Scores)
		for k := range r.Scores {
			r.Scores[k].Q, q = q[0], q[1:]
		}
		corrected[i] = r
	}
	return corrected
}

// Table gives the report for people: a line for each score.
func (r Report) Table() (header []string, rows [][]string) {
	number := func(format string, x float64) string {
		if math.IsNaN(x) {
			return "–"
		}
		return fmt.Sprintf(format, x)
	}
	for _, s := range r.Scores {
		ratio := number("%.2f", math.Exp(s.LogRatio.Value))
		if !math.IsNaN(s.LogRatio.Lo) {
			ratio += fmt.Sprintf(" [%.2f, %.2f]", math.Exp(s.LogRatio.Lo), math.Exp(s.LogRatio.Hi))
		}
		rows = append(rows, []string{
			s.Measure, number("%.4g", s.Observed), number("%.4g", s.Mean) + " ± " + number("%.2g", s.SD),
			ratio, number("%.1f", s.Z), number("%.3f", s.Percentile), number("%.2g", s.Q),
		})
	}
	return []string{"against " + r.Null, "observed", "draws", "ratio", "z", "percentile", "q"}, rows
}
