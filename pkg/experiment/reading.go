package experiment

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/cortex"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
	"github.com/cortigen/cortigen/pkg/structure"
)

// ReadingName is the name of the experiment on what the code of a circuit says.
const ReadingName = "reading"

// facts are measures of a circuit as a whole, one or two of each family.
var facts = []string{
	"density", "out_degree_sd", "out_degree_cv", "in_degree_sd", "in_out_correlation",
	"reciprocity", "reciprocity_ratio", "clustering", "transitivity", "wire_length", "downward_share", "spectral_radius",
}

// Reading asks what the code of a circuit says of the circuit as a whole. On the
// embedded cortex measures are taken on twins, beside the ceiling: what could be
// known from the true factors. Of a reconstruction there are no twins and no
// truth: measures are those of the circuits themselves, and their noise is praised
// too.
func (r *Run) Reading(ctx context.Context) (latent.Reading, error) {
	k, err := r.wiringKey(ctx, ReadingName, "reading.go probes.go reconstruction.go")
	if err != nil {
		return latent.Reading{}, err
	}
	return named(ctx, r, ReadingName, k, r.reading)
}

func (r *Run) reading(ctx context.Context) (latent.Reading, error) {
	w, err := r.wired(ctx)
	if err != nil {
		return latent.Reading{}, err
	}
	train, err := encode(ctx, w.model(), w.Train)
	if err != nil {
		return latent.Reading{}, err
	}
	test, err := encode(ctx, w.model(), w.Test)
	if err != nil {
		return latent.Reading{}, err
	}
	r.progress("read", 0, len(facts), "measures")
	classes := circuit.Classes(w.Train...)
	read := reader{
		draws: r.sizes().Draws, seed: r.seed().Sub("read"), trainRegion: connectome.Regions(w.Train), region: connectome.Regions(w.Test),
		train: views{train.Mean, composition(w.Train, classes), nil}, test: views{test.Mean, composition(w.Test, classes), nil},
	}
	f := latent.Reading{Train: len(w.Train), Test: len(w.Test)}
	if r.Setting.Dataset == artifact.Cortex {
		f.Twins, f.Siblings = true, siblings(r.sizes())
		if err := r.twins(ctx, w, &read); err != nil {
			return latent.Reading{}, err
		}
	} else if read.values, err = measuresOf(ctx, w.Train, w.Test); err != nil {
		return latent.Reading{}, err
	}
	for k, name := range facts {
		r.progress("read", k, len(facts), name)
		fact, err := read.fact(k)
		if err != nil {
			return latent.Reading{}, err
		}
		f.Facts = append(f.Facts, fact)
	}
	return f, nil
}

// siblings is how many further twins a ceiling is the mean of (ours): R² then
// falls short of what is known from the truth by a share of about 1/64 of what it
// lacks to 1, or of what a small preset can do.
func siblings(s sizes) int { return min(64, 2*s.Wiring.Prior) }

// views are what a measure is read from: codes, class counts and, where the truth
// is known, true factors with their products and class counts.
type views struct{ code, classes, factors [][]float64 }

// values are the facts of every circuit, [circuits][facts]: of training and test
// twins, of test twins that keep the effects of neurons, and the means of further
// twins; the last two nil where there are no twins.
type values struct{ train, test, kept, expected [][]float64 }

// reader reads facts.
type reader struct {
	draws               int
	seed                seed.Seed
	trainRegion, region []string
	train, test         views
	values
}

// twins takes the measures on twins, and further ones.
func (r *Run) twins(ctx context.Context, w wiring, read *reader) (err error) {
	train, err := cortex.Specimens(ctx, nil, len(w.Train), r.sizes().Band, r.seed().Sub("train circuits"))
	if err != nil {
		return err
	}
	s := r.seed().Sub("twins")
	if read.values.train, err = siblingsOf(ctx, train, 1, s.Sub("train")); err != nil {
		return err
	}
	if read.values.test, err = siblingsOf(ctx, w.truth, 1, s.Sub("test")); err != nil {
		return err
	}
	if read.expected, err = siblingsOf(ctx, w.truth, siblings(r.sizes()), s.Sub("siblings")); err != nil {
		return err
	}
	redrawn, err := drawTwins(ctx, w.truth, s.Sub("kept"), func(t *cortex.Truth, rng *rand.Rand) (*circuit.Circuit, error) { return t.Redraw(rng) })
	if err != nil {
		return err
	}
	if read.kept, err = factsOf(ctx, redrawn); err != nil {
		return err
	}
	read.train.factors, read.test.factors = known(w.Train, read.train.classes), known(w.Test, read.test.classes)
	return nil
}

// known are the true factors, centred in their ranges, their squares and products,
// and class counts.
func known(circuits []*circuit.Circuit, classes [][]float64) [][]float64 {
	all := make([][]float64, len(circuits))
	for i, c := range circuits {
		var x []float64
		for _, f := range cortex.Factors() {
			x = append(x, 2*(c.Origin().Factors[f.Name]-f.Min)/(f.Max-f.Min)-1)
		}
		for a := range cortex.Factors() {
			for b := range a + 1 {
				x = append(x, x[a]*x[b])
			}
		}
		all[i] = append(x, classes[i]...)
	}
	return all
}

// siblingsOf returns the facts of every specimen as means over so many siblings of
// it, those left out of which they are not defined; NaN of none.
func siblingsOf(ctx context.Context, specimens []cortex.Specimen, count int, s seed.Seed) ([][]float64, error) {
	sums, defined := make([][]float64, len(specimens)), make([][]float64, len(specimens))
	for i := range sums {
		sums[i], defined[i] = make([]float64, len(facts)), make([]float64, len(facts))
	}
	for n := range count {
		drawn, err := drawTwins(ctx, specimens, s.Sub("sibling", n), func(t *cortex.Truth, rng *rand.Rand) (*circuit.Circuit, error) { return t.Sibling(rng) })
		if err != nil {
			return nil, err
		}
		rows, err := factsOf(ctx, drawn)
		if err != nil {
			return nil, err
		}
		for i, row := range rows {
			for k, v := range row {
				if !math.IsNaN(v) {
					sums[i][k] += v
					defined[i][k]++
				}
			}
		}
	}
	for i := range sums {
		for k := range sums[i] {
			sums[i][k] /= defined[i][k]
		}
	}
	return sums, nil
}

// drawTwins draws one twin of every specimen, on all cores.
func drawTwins(ctx context.Context, specimens []cortex.Specimen, s seed.Seed, how func(*cortex.Truth, *rand.Rand) (*circuit.Circuit, error)) ([]*circuit.Circuit, error) {
	drawn := make([]*circuit.Circuit, len(specimens))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i, one := range specimens {
		work.Go(func() (err error) {
			if err = ctx.Err(); err == nil {
				drawn[i], err = how(one.Truth, s.Stream("twin", i))
			}
			return err
		})
	}
	return drawn, work.Wait()
}

func factsOf(ctx context.Context, circuits []*circuit.Circuit) ([][]float64, error) {
	table, err := structure.Profiles(ctx, circuits, facts...)
	return table.Rows, err
}

// measuresOf takes the measures of the circuits themselves.
func measuresOf(ctx context.Context, train, test []*circuit.Circuit) (v values, err error) {
	if v.train, err = factsOf(ctx, train); err == nil {
		v.test, err = factsOf(ctx, test)
	}
	return v, err
}

func outcome(rows [][]float64, k int) latent.Outcome {
	o := latent.Outcome{Measure: facts[k], Values: make([]float64, len(rows))}
	for i, row := range rows {
		o.Values[i] = row[k]
	}
	return o
}

// fact reads one measure in all ways.
func (r *reader) fact(k int) (latent.Fact, error) {
	train, test := outcome(r.values.train, k), outcome(r.values.test, k)
	f := latent.Fact{Measure: facts[k], Values: test.Values, Code: undefined, Classes: undefined, Factors: undefined, Ceiling: undefined, Share: undefined, Kept: undefined}
	var err error
	f.Code, f.Predicted, err = r.probe(r.train.code, r.test.code, train, test, latent.ProbeConfig{})
	if errors.Is(err, latent.ErrUndefined) {
		f.Note = err.Error()
		return f, nil
	}
	if err != nil {
		return f, err
	}
	if f.Classes, _, err = r.probe(r.train.classes, r.test.classes, train, test, latent.ProbeConfig{PerColumn: true}); err != nil || r.expected == nil {
		return f, err
	}
	if f.Factors, _, err = r.probe(r.train.factors, r.test.factors, train, test, latent.ProbeConfig{PerColumn: true}); err != nil {
		return f, err
	}
	f.Expected = outcome(r.expected, k).Values
	if f.Ceiling, err = latent.RSquared(f.Values, f.Expected, r.region, r.draws, r.stream()); err != nil {
		return f, err
	}
	if f.Kept, err = latent.RSquared(outcome(r.kept, k).Values, f.Predicted, r.region, r.draws, r.stream()); err != nil {
		return f, err
	}
	f.Share, err = latent.ShareOf(f.Values, f.Predicted, f.Expected, r.region, r.draws, r.stream())
	return f, err
}

// stream resamples the same regions for all.
func (r *reader) stream() *rand.Rand { return r.seed.Stream("regions") }

// probe fits a linear probe to training circuits and scores it on test circuits.
func (r *reader) probe(from, to [][]float64, train, test latent.Outcome, config latent.ProbeConfig) (latent.Interval, []float64, error) {
	p, err := latent.FitProbe(from, train, r.trainRegion, config)
	if err != nil {
		return undefined, nil, err
	}
	predicted, err := p.Predict(to)
	if err != nil {
		return undefined, nil, err
	}
	r2, err := latent.RSquared(test.Values, predicted, r.region, r.draws, r.stream())
	return r2, predicted, err
}

func (l *ledger) reading(f latent.Reading) {
	of := "of the circuits themselves, whose noise the code has seen"
	if f.Twins {
		of = "of twins with the same classes, positions and true factors"
	}
	for _, fact := range f.Facts {
		others := map[string]float64{"class counts": fact.Classes.Value}
		note := "linear probe of the mean of q(z), fitted on training circuits; measures " + of
		if f.Twins {
			others["true factors and class counts, fitted"], others["ceiling"] = fact.Factors.Value, fact.Ceiling.Value
			note += fmt.Sprintf("; %.3g of the ceiling; R² %.3g on twins that keep the effects of neurons", fact.Share.Value, fact.Kept.Value)
		}
		if fact.Note != "" {
			note = fact.Note
		}
		l.add("probe.exchangeable.r2."+fact.Measure, fact.Code, "1", others, note)
		if f.Twins {
			l.add("ceiling.r2."+fact.Measure, fact.Ceiling, "1", map[string]float64{"true factors and class counts, fitted": fact.Factors.Value, "class counts": fact.Classes.Value},
				fmt.Sprintf("the measure foretold by its mean over %d further twins: the best there is to know from true factors, classes and positions", f.Siblings))
		}
	}
}
