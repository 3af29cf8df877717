package latent_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/latent"
)

// Reference: scipy 1.17.1, linalg.subspace_angles, in degrees.
func TestPrincipalAnglesAgreeWithScipy(t *testing.T) {
	for name, c := range map[string]struct {
		a, b [][]float64
		want []float64
	}{
		"a plane and a space in five dimensions": {[][]float64{{1, 2, 0, 1, 0}, {0, 1, 1, 0, 2}}, [][]float64{{1, 0, 1, 1, 0}, {2, 1, 0, 0, 1}, {0, 0, 1, -1, 1}}, []float64{27.382791007709425, 42.609904076400426}},
		"a billionth apart":                      {[][]float64{{1, 0, 0}, {0, 1, 0}}, [][]float64{{1, 0, 1e-9}, {0, 1, 0}}, []float64{0, 5.7295779513082324e-08}},
		"lines at 45°":                           {[][]float64{{1, 0}}, [][]float64{{3, -3}}, []float64{45}},
		"perpendicular":                          {[][]float64{{1, 0}}, [][]float64{{0, 2}}, []float64{90}},
		"two vectors of one line":                {[][]float64{{1, 1}, {2, 2}}, [][]float64{{1, 1}}, []float64{0}},
	} {
		for _, turn := range []bool{false, true} {
			a, b := c.a, c.b
			if turn {
				a, b = b, a
			}
			got, err := latent.PrincipalAngles(a, b)
			if err != nil {
				t.Fatal(err)
			}
			if !floats.EqualApprox(got, c.want, 1e-12) {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
		}
	}
}

// Angles do not change when all of space turns, nor with the vectors that span; a
// span is at 0° from itself.
func TestPrincipalAnglesProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := stream(70, rapid.IntRange(0, 1<<20).Draw(t, "seed"))
		dim := rapid.IntRange(2, 7).Draw(t, "dimensions")
		a, b := gaussian(rapid.IntRange(1, dim).Draw(t, "first"), dim, rng), gaussian(rapid.IntRange(1, dim).Draw(t, "second"), dim, rng)
		before, err := latent.PrincipalAngles(a, b)
		if err != nil {
			t.Fatal(err)
		}
		both := rotate(append(append([][]float64(nil), a...), b...), rng)
		ta, tb := both[:len(a)], both[len(a):]
		if len(ta) > 1 { // another basis of the same span
			floats.AddScaled(ta[0], 2.5, ta[1])
		}
		after, err := latent.PrincipalAngles(ta, tb)
		if err != nil {
			t.Fatal(err)
		}
		if len(before) != min(len(a), len(b)) || !floats.EqualApprox(before, after, 1e-5) {
			t.Fatalf("%v before the turn, %v after", before, after)
		}
		own, err := latent.PrincipalAngles(ta, a)
		if err == nil {
			own, err = latent.PrincipalAngles(a, a)
		}
		if err != nil || floats.Max(own) > 1e-6 {
			t.Fatalf("%v from itself (%v)", own, err)
		}
	})
}

// What is planted in some dimensions with noise of the same size in all is found
// there; a span drawn at random is not nearer than others. Two random spans of 4 of 8
// dimensions are 45° apart in the mean, by symmetry.
func TestSubspaceAngles(t *testing.T) {
	rng := stream(71)
	const dims, planted = 8, 4
	frame := make([][]float64, planted)
	for k := range frame {
		frame[k] = make([]float64, dims)
		frame[k][k] = 1
	}
	frame = rotate(frame, rng)
	factors := make([]latent.Outcome, planted)
	codes := gaussian(600, dims, rng)
	for i := range codes {
		floats.Scale(.3, codes[i])
		for k := range factors {
			value := rng.NormFloat64()
			factors[k].Measure, factors[k].Values = fmt.Sprintf("factor %d", k), append(factors[k].Values, value)
			floats.AddScaled(codes[i], value, frame[k])
		}
	}
	encoded, err := latent.Encoding(codes, factors)
	if err != nil {
		t.Fatal(err)
	}
	for k := range factors { // slopes are the frame times the factor's sd: off by 1/√1200, noise by .3/√600
		if floats.Distance(encoded[k], frame[k], math.Inf(1)) > .15 {
			t.Errorf("factor %d is encoded along %v, planted along %v", k, encoded[k], frame[k])
		}
	}
	var read [][]float64
	for _, f := range factors {
		probe, err := latent.FitProbe(codes, f, nil, latent.ProbeConfig{})
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, probe.Weights)
	}
	found, err := latent.SubspaceAngles(context.Background(), frame, read, 200, 1)
	if err != nil {
		t.Fatal(err)
	}
	if found.Angles[planted-1] > 8 || found.P > .01 || found.Planted != planted || found.Recovered != planted || found.Dim != dims {
		t.Errorf("found %+v", found)
	}
	near(t, "mean angle of random spans", found.Random, 45, 1)
	other, err := latent.SubspaceAngles(context.Background(), frame, gaussian(planted, dims, rng), 200, 1)
	if err != nil {
		t.Fatal(err)
	}
	if other.P < .02 || other.P > .98 {
		t.Errorf("a random span: %+v", other)
	}
}

func TestAngleErrors(t *testing.T) {
	codes := gaussian(12, 3, stream(72))
	f := func(values ...float64) latent.Outcome { return latent.Outcome{Measure: "decay", Values: values} }
	ramp := make([]float64, 12)
	for i := range ramp {
		ramp[i] = float64(i)
	}
	double := append([]float64(nil), ramp...)
	floats.Scale(2, double)
	angle := func(a, b [][]float64) error { _, err := latent.PrincipalAngles(a, b); return err }
	encode := func(codes [][]float64, factors ...latent.Outcome) error {
		_, err := latent.Encoding(codes, factors)
		return err
	}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"zero vectors":    {angle([][]float64{{0, 0}}, [][]float64{{1, 0}}), "all vectors are zero"},
		"dimensions":      {angle([][]float64{{1, 0}}, [][]float64{{1, 0, 0}}), "of 2 and of 3"},
		"empty":           {angle(nil, [][]float64{{1}}), "first span: no rows"},
		"NaN":             {angle([][]float64{{1}}, [][]float64{{math.NaN()}}), "second span: row 0, column 0"},
		"flat factor":     {encode(codes, f(make([]float64, 12)...)), "decay does not vary"},
		"doubled factor":  {encode(codes, f(ramp...), f(double...)), "vary in 1 ways only"},
		"few circuits":    {encode(codes[:3], f(1, 2, math.NaN())), "2 circuits have all 1 factors, and 3"},
		"no factors":      {encode(codes), "no measures"},
		"short values":    {encode(codes, f(1, 2)), "2 values of decay"},
		"infinite factor": {encode(codes[:1], f(math.Inf(1))), "is infinite"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: error %v, want it to say %q", name, c.err, c.want)
		}
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := latent.SubspaceAngles(cancelled, codes[:1], codes[:2], 5, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
