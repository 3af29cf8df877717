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
	// least p-value is 2/(Draws+1): fewer than 40 never reach .05, and more are
	// needed the more scores Correct is given of which few stand out.
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
	// Z is (Observed − Mean)/SD; NaN where draws do not vary. Where they do not
	// and Observed is another number, P and Percentile still say so.
	Z float64 `json:"z"`
	// Percentile is the share of draws below Observed, ties by half.
	Percentile float64 `json:"percentile"`
	// P is two-sided; Q is P after Correct, NaN before.
	P float64 `json:"p"`
	Q float64 `json:"q"`
	// LogRatio is ln(Observed/Mean), with its interval over regions of tissue; NaN
	// where either is not above 0.
	LogRatio latent.Interval `json:"log_ratio"`
	// Draws is how many had the number in every one of Circuits.
	Draws int `json:"draws"`
	// Circuits is how many had it, themselves and in half of their draws or more;
	// Beyond how many of them stand out, each for itself, from their own draws.
	Circuits int `json:"circuits"`
	Beyond   int `json:"beyond"`
}

// Tested says whether draws could tell anything: false where all of them are what
// was observed, since the null model keeps the number, or where there is none.
func (s Score) Tested() bool {
	return !math.IsNaN(s.Z) || s.Percentile == 0 || s.Percentile == 1
}

// StandsOut says whether Observed is more than two standard deviations from the
// mean of the draws; where draws do not vary, any other number is.
func (s Score) StandsOut() bool {
	return math.Abs(s.Z) > 2 || math.IsNaN(s.Z) && s.Draws > 1 && s.Tested()
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
// null model that is fitted to each. A circuit counts for a
// number that is defined of it and of at least half of its draws (ours); the draws
// that have it are then taken in order, so that means are over the same circuits
// in every draw. It uses all cores; the same seed gives the same
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
	if len(s.Names) == 0 || s.Of == nil {
		return Report{}, errors.New("significance: the statistic has no names, or no function: take Measures, or give both")
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
	of := func(c *circuit.Circuit) ([]float64, error) {
		numbers := s.Of(c)
		if len(numbers) != len(s.Names) {
			return nil, fmt.Errorf("the statistic gave %d numbers for %d names", len(numbers), len(s.Names))
		}
		return numbers, nil
	}
	for k, c := range circuits {
		var err error
		if t.observed[k], err = of(c); err != nil {
			return table{}, err
		}
		t.drawn[k] = make([][]float64, count)
		err = nullmodel.Each(ctx, null, c, count, from.Sub("circuit", k), func(i int, surrogate *circuit.Circuit) (err error) {
			t.drawn[k][i], err = of(surrogate)
			return err
		})
		if err != nil {
			return table{}, fmt.Errorf("circuit %d: %w", k, err)
		}
	}
	return t, nil
}

// score compares number k.
func (t table) score(k int, regions []string, cfg Config, from seed.Seed) Score {
	var observed []float64
	var drawn [][]float64 // of each circuit that counts
	var groups []string
	draws := cfg.Draws
	for c, numbers := range t.observed {
		own := defined(t.drawn[c], k)
		if math.IsNaN(numbers[k]) || len(own) == 0 || 2*len(own) < cfg.Draws {
			continue
		}
		observed, drawn, groups = append(observed, numbers[k]), append(drawn, own), append(groups, regions[c])
		draws = min(draws, len(own))
	}
	s := Score{Circuits: len(observed), Observed: stat.Mean(observed, nil)}
	for c, own := range drawn {
		single := Score{Observed: observed[c]}
		if single.against(own); single.StandsOut() {
			s.Beyond++
		}
	}
	means := make([]float64, 0, draws) // of every draw
	for i := range draws {
		sum := 0.
		for _, own := range drawn {
			sum += own[i]
		}
		if len(drawn) > 0 {
			means = append(means, sum/float64(len(drawn)))
		}
	}
	s.against(means)
	expected := make([]float64, len(drawn)) // of each circuit
	for c, own := range drawn {
		expected[c] = stat.Mean(own[:draws], nil)
	}
	s.LogRatio = latent.Bootstrap(groups, func(indices []int) float64 {
		a, b := 0., 0.
		for _, c := range indices {
			a += observed[c]
			b += expected[c]
		}
		return logRatio(a, b)
	}, cfg.Resamples, from.Stream("regions", k))
	return s
}

// defined are the draws that have number k, in order.
func defined(drawn [][]float64, k int) []float64 {
	values := make([]float64, 0, len(drawn))
	for _, numbers := range drawn {
		if !math.IsNaN(numbers[k]) {
			values = append(values, numbers[k])
		}
	}
	return values
}

// against fills what draws say.
func (s *Score) against(draws []float64) {
	s.Draws, s.Q = len(draws), math.NaN()
	s.Mean, s.SD = moments(draws)
	s.Z = math.NaN()
	if s.SD > 0 {
		s.Z = (s.Observed - s.Mean) / s.SD
	}
	s.Percentile, s.P = math.NaN(), math.NaN()
	if len(draws) == 0 || math.IsNaN(s.Observed) {
		for i := range s.Spread {
			s.Spread[i] = math.NaN()
		}
		return
	}
	below, equal := 0., 0.
	slack := rounding * max(math.Abs(s.Observed), math.Abs(s.Mean))
	for _, v := range draws {
		switch {
		case math.Abs(v-s.Observed) <= slack:
			equal++
		case v < s.Observed:
			below++
		}
	}
	n := float64(len(draws))
	s.Percentile = (below + equal/2) / n
	s.P = min(1, 2*(1+min(below+equal, n-below))/(n+1))
	sorted := slices.Sorted(slices.Values(draws))
	for i, p := range []float64{.025, .25, .5, .75, .975} {
		s.Spread[i] = stat.Quantile(p, stat.LinInterp, sorted, nil)
	}
}

// rounding is how far apart, relatively, two sums of the same numbers may be.
const rounding = 1e-12

// moments are mean and standard deviation, 0 where values differ by rounding only.
func moments(values []float64) (mean, sd float64) {
	if len(values) < 2 {
		return stat.Mean(values, nil), math.NaN()
	}
	mean, sd = stat.MeanStdDev(values, nil)
	if sd <= rounding*math.Abs(mean) {
		sd = 0
	}
	return mean, sd
}

func logRatio(observed, expected float64) float64 {
	if !(observed > 0) || !(expected > 0) {
		return math.NaN()
	}
	return math.Log(observed / expected)
}

// Correct returns the reports with q-values: the p-values of all their scores
// together, corrected for their number as by latent.BenjaminiHochberg. A score
// that could not be [Score.Tested], whose p says nothing, is not counted and has
// none.
func Correct(reports ...Report) []Report {
	var p []float64
	for _, r := range reports {
		for _, s := range r.Scores {
			if !s.Tested() {
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
