package steer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Surrogate foretells measures from codes by what circuits decoded at other codes
// were like: any measure, whether or not it has a gradient of its own. It is a
// Gaussian process for each measure (Rasmussen & Williams 2006) with intervals
// that are corrected on codes held out for that (split conformal prediction with
// normalised residuals: Papadopoulos et al. 2002; Lei et al. 2018,
// doi:10.1080/01621459.2017.1307116), and checked on others.
type Surrogate struct {
	names   []string
	of      []*gaussian
	lessons []Lesson
}

// Lesson says how well one measure was learned.
type Lesson struct {
	Measure string `json:"measure"`
	// R2 and the root mean square error, in the measure's unit, on codes that were
	// neither learned from nor corrected on. Both are of means over samples, whose
	// chance no surrogate can foretell. R2 is NaN of a measure that never varies.
	R2   float64 `json:"r2"`
	RMSE float64 `json:"rmse"`
	// Stretch is by how much intervals were widened, over those of a normal
	// distribution.
	Stretch float64 `json:"stretch"`
	// Coverage is the share of the Checked codes whose mean lay in its interval;
	// Nominal is what it should be.
	Coverage float64 `json:"coverage"`
	Nominal  float64 `json:"nominal"`
	// Learned, Corrected and Checked are numbers of codes.
	Learned   int `json:"learned"`
	Corrected int `json:"corrected"`
	Checked   int `json:"checked"`
}

// Learning says how a surrogate is learned. The zero value is usable.
type Learning struct {
	// Nominal coverage of intervals; 0 means 0.9.
	Nominal float64 `json:"nominal,omitempty"`
	// Held is the share of codes that are held out to correct intervals, and again
	// to check them; 0 means 0.2.
	Held float64 `json:"held,omitempty"`
}

// leastLessons is the number of codes below which neither a regression nor the 90 %
// quantile of its errors is worth the name (ours).
const leastLessons = 50

// Learn fits a surrogate to all measures that were sounded. Which codes are learned
// from, corrected on and checked on is drawn by the seed. One that never varies, such
// as the number of neurons where these are given, is expected to stay as it is; one
// that is undefined throughout is left out. Fewer than 50 codes at which a measure
// is defined and varies are an error. It takes of the order of the cube of the
// number of codes: about a second a measure for 300.
func Learn(ctx context.Context, sound Soundings, config Learning, s seed.Seed) (*Surrogate, error) {
	nominal, held := cmp.Or(config.Nominal, .9), cmp.Or(config.Held, .2)
	if !(nominal > 0 && nominal < 1) || !(held > 0 && held < .5) {
		return nil, fmt.Errorf("steer: learn: nominal coverage %g, %g held out: give a share of 1, and one below a half", nominal, held)
	}
	if err := sound.check(); err != nil {
		return nil, fmt.Errorf("steer: learn: %w", err)
	}
	processes, lessons := make([]*gaussian, len(sound.Names)), make([]Lesson, len(sound.Names))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for j, name := range sound.Names {
		group.Go(func() (err error) {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("steer: learn: %w", err)
			}
			codes, values, n := sound.defined(j)
			if len(values) == 0 {
				return nil
			}
			if slices.Min(values) == slices.Max(values) {
				processes[j], lessons[j] = constant(codes[0], values[0]), Lesson{R2: math.NaN(), Coverage: 1, Nominal: nominal, Learned: len(codes)}
				return nil
			}
			if len(codes) < leastLessons {
				return fmt.Errorf("steer: learn %s: it is defined at %d codes: sound %d or more, or leave it out", name, len(codes), leastLessons)
			}
			order := s.Stream("steer.learn", j).Perm(len(codes))
			out := int(math.Ceil(held * float64(len(codes))))
			part := func(from, to int) lessonPart {
				return lessonPart{pick(codes, order[from:to]), pick(values, order[from:to]), pick(n, order[from:to])}
			}
			processes[j], lessons[j], err = learn(part(2*out, len(codes)), part(0, out), part(out, 2*out), nominal)
			if err != nil {
				return fmt.Errorf("steer: learn %s: %w", name, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var m Surrogate
	for j, process := range processes {
		if process != nil {
			lessons[j].Measure = sound.Names[j]
			m.names, m.of, m.lessons = append(m.names, sound.Names[j]), append(m.of, process), append(m.lessons, lessons[j])
		}
	}
	if len(m.names) == 0 {
		return nil, errors.New("steer: learn: all measures are undefined at all codes")
	}
	return &m, nil
}

// lessonPart is some of the soundings of one measure.
type lessonPart struct {
	codes     [][]float64
	values, n []float64
}

// learn fits to one part, corrects on another, and checks on a third.
func learn(from, correct, check lessonPart, nominal float64) (*gaussian, Lesson, error) {
	// The ⌈(n+1)·nominal⌉-th least error, in sd, covers a new one with that
	// probability, whatever the process has wrong.
	rank := int(math.Ceil(float64(len(correct.codes)+1) * nominal))
	if rank > len(correct.codes) {
		return nil, Lesson{}, fmt.Errorf("%d codes to correct intervals on cannot cover %g: sound more, or hold out more", len(correct.codes), nominal)
	}
	g, err := newGaussian(from.codes, from.values, from.n)
	if err != nil {
		return nil, Lesson{}, err
	}
	usual := distuv.UnitNormal.Quantile((1 + nominal) / 2)
	inSD, _ := g.errors(correct)
	slices.Sort(inSD)
	l := Lesson{Nominal: nominal, Stretch: inSD[rank-1] / usual, Learned: len(from.codes), Corrected: len(correct.codes), Checked: len(check.codes)}
	inSD, square := g.errors(check)
	for _, e := range inSD {
		if e <= l.Stretch*usual {
			l.Coverage += 1 / float64(len(inSD))
		}
	}
	l.RMSE, l.R2 = math.Sqrt(square), 1-square/stat.PopVariance(check.values, nil)
	return g, l, nil
}

// errors returns the size of each error in sd as the process has it, and the mean
// square of all.
func (g *gaussian) errors(part lessonPart) (inSD []float64, square float64) {
	for i, z := range part.codes {
		value, _, sd := g.at(z)
		off := part.values[i] - value
		inSD = append(inSD, math.Abs(off)/sd)
		square += off * off / float64(len(part.codes))
	}
	return inSD, square
}

func pick[T any](values []T, at []int) []T {
	picked := make([]T, len(at))
	for k, i := range at {
		picked[k] = values[i]
	}
	return picked
}

// Measures names what was learned, in order.
func (m *Surrogate) Measures() []string { return slices.Clone(m.names) }

// Lessons says how well each measure was learned, in the order of Measures.
func (m *Surrogate) Lessons() []Lesson { return slices.Clone(m.lessons) }

// Expect returns what circuits of each code are expected to be like,
// [codes][measures], and its gradients, [codes][measures][dimensions].
func (m *Surrogate) Expect(ctx context.Context, codes [][]float64) (values [][]float64, gradients [][][]float64, err error) {
	for i, code := range codes {
		if err := cmp.Or(ctx.Err(), m.checkCode(code)); err != nil {
			return nil, nil, fmt.Errorf("steer: surrogate: code %d: %w", i, err)
		}
		value, gradient := make([]float64, len(m.of)), make([][]float64, len(m.of))
		for j, g := range m.of {
			value[j], gradient[j], _ = g.at(code)
		}
		values, gradients = append(values, value), append(gradients, gradient)
	}
	return values, gradients, nil
}

func (m *Surrogate) checkCode(code []float64) error {
	if dim := len(m.of[0].codes[0]); len(code) != dim {
		return fmt.Errorf("it has %d dimensions, those learned from %d", len(code), dim)
	}
	return nil
}

// Interval returns what a measure of circuits of a code is expected to be and
// where, with the nominal probability, the mean over as many circuits lies as the
// soundings had at a code. In Interval, N is the number of codes it was corrected
// on. The probability is over codes drawn like those that were sounded: a code to
// which steering led is not quite one of these. A measure that was not learned, or
// a code of another dimension, is an error.
func (m *Surrogate) Interval(measure string, code []float64) (latent.Interval, error) {
	j := slices.Index(m.names, measure)
	if j < 0 {
		return latent.Interval{}, fmt.Errorf("steer: surrogate: %s was not learned, only %q", measure, m.names)
	}
	if err := m.checkCode(code); err != nil {
		return latent.Interval{}, fmt.Errorf("steer: surrogate: %w", err)
	}
	l := m.lessons[j]
	value, _, sd := m.of[j].at(code)
	half := sd * l.Stretch * distuv.UnitNormal.Quantile((1+l.Nominal)/2)
	return latent.Interval{Value: value, Lo: value - half, Hi: value + half, N: l.Corrected}, nil
}

// NewSurrogate returns the method that descends along the gradients of a surrogate
// and corrects what it expects by what is decoded.
func NewSurrogate(g Rig, m *Surrogate) Corrected {
	return Corrected{Base: Gradient{Expecter: m, Reference: g.Reference, Label: "surrogate"}, Rig: g, Label: "surrogate"}
}

// Joined expects measures by the first of several expecters that knows them: those
// that have gradients of their own by these, the rest by a surrogate.
type Joined []Expecter

// Measures names those of all, each once, in order.
func (j Joined) Measures() []string {
	var names []string
	for _, e := range j {
		for _, name := range e.Measures() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Expect asks each and puts together what they say.
func (j Joined) Expect(ctx context.Context, codes [][]float64) (values [][]float64, gradients [][][]float64, err error) {
	values, gradients = make([][]float64, len(codes)), make([][][]float64, len(codes))
	var known []string
	for _, e := range j {
		some, slopes, err := e.Expect(ctx, codes)
		if err != nil {
			return nil, nil, err
		}
		for k, name := range e.Measures() {
			if slices.Contains(known, name) {
				continue
			}
			known = append(known, name)
			for i := range codes {
				values[i], gradients[i] = append(values[i], some[i][k]), append(gradients[i], slopes[i][k])
			}
		}
	}
	return values, gradients, nil
}
