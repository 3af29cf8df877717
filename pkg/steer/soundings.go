package steer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/cortigen/cortigen/pkg/seed"
)

// Soundings are what circuits decoded at many codes are like: what a surrogate
// learns from, and how far each measure reaches.
type Soundings struct {
	Names []string    `json:"names"`
	Codes [][]float64 `json:"codes"`
	// Mean of each measure over the circuits decoded at each code,
	// [codes][measures], in the measure's unit; NaN where none has it. N of them
	// had it.
	Mean [][]float64 `json:"mean"`
	N    [][]int     `json:"n"`
	// Samples decoded at each code.
	Samples int `json:"samples"`
}

// Spread draws codes to sound a ball at. A third come from the prior, whose codes
// lie at all but one distance from the origin and hardly ever far along any one
// direction; a third lie at any distance along random directions, and a third
// along the given ones, such as those of probes, where steering goes (ours).
// Without directions it draws random ones for these too.
func Spread(dim, n int, rng *rand.Rand, directions ...[]float64) [][]float64 {
	codes := make([][]float64, n)
	for i := range codes {
		codes[i] = FromPrior(dim, rng)
		if i%3 == 0 {
			continue
		}
		along := codes[i]
		if i%3 == 2 && len(directions) > 0 {
			along = directions[i/3%len(directions)]
		}
		far := Radius(dim) * (2*rng.Float64() - 1)
		codes[i] = floats.ScaleTo(make([]float64, dim), far/norm(along), along)
	}
	return codes
}

// Sound decodes samples at every code and reads the named measures of the
// reference, or all where none is named. 0 samples are 64.
func (g Rig) Sound(ctx context.Context, codes [][]float64, samples int, s seed.Seed, names ...string) (Soundings, error) {
	if len(names) == 0 {
		names = g.Reference.Names
	}
	for i, code := range codes {
		if len(code) != g.Decoder.Dim() || !finite(norm(code)) {
			return Soundings{}, fmt.Errorf("steer: sound: code %d is %.3g, and should be %d finite numbers", i, code, g.Decoder.Dim())
		}
	}
	samples = cmp.Or(samples, defaultSamples)
	sound := Soundings{Names: slices.Clone(names), Samples: samples}
	const batch = 16 // codes at a time: their circuits need not be kept
	for first := 0; first < len(codes); first += batch {
		some := codes[first:min(first+batch, len(codes))]
		readings, err := g.read(ctx, some, samples, names, s.Sub("steer.sound", first))
		if err != nil {
			return Soundings{}, err
		}
		for i, at := range readings {
			sound.Codes = append(sound.Codes, slices.Clone(some[i]))
			sound.Mean = append(sound.Mean, means(at))
			defined := make([]int, len(at))
			for j, r := range at {
				defined[j] = r.N
			}
			sound.N = append(sound.N, defined)
		}
	}
	return sound, nil
}

// Reach is how far a measure goes in the decoder's hands.
type Reach struct {
	Measure string `json:"measure"`
	// Low and High are the least and the greatest mean over the circuits decoded
	// at one code inside the ball, in the measure's unit, and in sd of the
	// reference from its mean. NaN of a measure that is undefined throughout.
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	LowSD  float64 `json:"low_sd"`
	HighSD float64 `json:"high_sd"`
	// Codes were sounded.
	Codes int `json:"codes"`
}

// Reach returns how far each measure that was sounded reaches. It is at least so
// far: a code that nobody tried may reach further. Soundings of other measures
// than the reference's are an error.
func (s Soundings) Reach(r Reference) ([]Reach, error) {
	reaches := make([]Reach, len(s.Names))
	for j, name := range s.Names {
		at, err := r.index(name)
		if err != nil {
			return nil, fmt.Errorf("steer: reach: %w", err)
		}
		one := Reach{Measure: name, Low: math.NaN(), High: math.NaN()}
		for i, row := range s.Mean {
			if norm(s.Codes[i]) > Radius(len(s.Codes[i]))*(1+1e-9) || math.IsNaN(row[j]) {
				continue
			}
			one.Codes++
			if !(one.Low <= row[j]) {
				one.Low = row[j]
			}
			if !(one.High >= row[j]) {
				one.High = row[j]
			}
		}
		one.LowSD, one.HighSD = r.inSD(at, one.Low), r.inSD(at, one.High)
		reaches[j] = one
	}
	return reaches, nil
}

// defined returns the codes at which a measure is defined, its means there, and
// over how many circuits they were taken.
func (s Soundings) defined(j int) (codes [][]float64, values, n []float64) {
	for i, row := range s.Mean {
		if !math.IsNaN(row[j]) {
			codes, values, n = append(codes, s.Codes[i]), append(values, row[j]), append(n, float64(s.N[i][j]))
		}
	}
	return codes, values, n
}

// check says whether the parts fit each other.
func (s Soundings) check() error {
	if len(s.Codes) == 0 || len(s.Names) == 0 {
		return errors.New("there are no soundings")
	}
	if len(s.Mean) != len(s.Codes) || len(s.N) != len(s.Codes) {
		return fmt.Errorf("%d codes, means of %d, counts of %d", len(s.Codes), len(s.Mean), len(s.N))
	}
	for i, code := range s.Codes {
		if len(code) != len(s.Codes[0]) || len(s.Mean[i]) != len(s.Names) || len(s.N[i]) != len(s.Names) {
			return fmt.Errorf("sounding %d has %d dimensions, %d means and %d counts, the first %d, of %d measures", i, len(code), len(s.Mean[i]), len(s.N[i]), len(s.Codes[0]), len(s.Names))
		}
	}
	return nil
}
