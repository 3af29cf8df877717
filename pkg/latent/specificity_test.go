package latent_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/latent"
)

// effects are those of directions on measures a, b, c … from starts in regions of two.
func effects(targets, measures string, change ...[][]float64) latent.Effects {
	return latent.Effects{Targets: strings.Split(targets, ""), Measures: strings.Split(measures, ""), Change: change}
}

// By hand. Over the two starts the changes of the first direction are 2, −1, 1 and of
// the second 1, 1, 0: shares 2/4 and 1/2. Only the first changes its target most, and
// the largest shares are 1/2 and 1/2.
func TestSpecificityByHand(t *testing.T) {
	nan := math.NaN()
	e := effects("ab", "abc",
		[][]float64{{1, -1, 1}, {2, 1, nan}},
		[][]float64{{3, -1, nan}, {0, 1, 0}})
	s, err := e.Specificity(50, stream(90))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(s.Matrix); got != "[[2 -1 1] [1 1 0]]" {
		t.Errorf("mean changes %s", got)
	}
	near(t, "share of the first", s.Share[0].Value, .5, 1e-12)
	near(t, "share of the second", s.Share[1].Value, .5, 1e-12)
	near(t, "dominance", s.Dominance.Value, .5, 1e-12)
	near(t, "first", s.First.Value, .5, 0)
	near(t, "largest", s.Largest.Value, .5, 1e-12)
	if s.Directions != 2 || s.Dominance.N != 2 {
		t.Errorf("%d directions, %d starts", s.Directions, s.Dominance.N)
	}
	header, rows := s.Table()
	if got := strings.Join(header, "|"); got != "direction for|a|b|c|share of its target" {
		t.Errorf("header %s", got)
	}
	if got := strings.Join(rows[0][:4], "|"); got != "a|2.00|-1.00|1.00" || len(rows) != 2 || !strings.HasPrefix(rows[0][4], "0.5 [") {
		t.Errorf("rows %v", rows)
	}
}

// A direction that changes nothing, or its target in no defined way, is left out of
// the means and keeps its place.
func TestSpecificityLeavesOutTheUndefined(t *testing.T) {
	e := effects("abc", "abc", [][]float64{{3, 1, 0}, {0, 0, 0}, {1, 1, math.NaN()}})
	s, err := e.Specificity(10, stream(91))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "dominance", s.Dominance.Value, .75, 1e-12)
	if s.Directions != 1 || !math.IsNaN(s.Share[1].Value) || !math.IsNaN(s.Share[2].Value) || s.First.Value != 1 {
		t.Errorf("%+v", s)
	}
	data, err := artifact.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var read latent.Specificity
	if err := artifact.Unmarshal(data, &read); err != nil || fmt.Sprint(read) != fmt.Sprint(s) {
		t.Errorf("wrote %v, read %v (%v)", s, read, err)
	}
}

// Neither the length of a step nor its sign matters; a diagonal matrix has 1 of all.
func TestSpecificityProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := stream(92, rapid.IntRange(0, 1<<20).Draw(t, "seed"))
		e := effects("abcd", "abcd", gaussian(4, 4, rng), gaussian(4, 4, rng))
		scaled := effects("abcd", "abcd", gaussian(4, 4, rng), gaussian(4, 4, rng))
		diagonal := effects("abcd", "abcd", make([][]float64, 4))
		for d, by := range gaussian(1, 4, rng)[0] {
			diagonal.Change[0][d] = make([]float64, 4)
			diagonal.Change[0][d][d] = by
			for s := range e.Change {
				for m := range e.Measures {
					scaled.Change[s][d][m] = by * e.Change[s][d][m]
				}
			}
		}
		a, err := e.Specificity(20, stream(93))
		if err != nil {
			t.Fatal(err)
		}
		b, err := scaled.Specificity(20, stream(93))
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(a.Dominance.Value-b.Dominance.Value) > 1e-12 || math.Abs(a.Dominance.Lo-b.Dominance.Lo) > 1e-12 || a.First != b.First {
			t.Fatalf("%v, of other steps %v", a, b)
		}
		if a.Dominance.Value > a.Largest.Value+1e-12 {
			t.Fatalf("targets have %v, the largest %v", a.Dominance, a.Largest)
		}
		c, err := diagonal.Specificity(20, stream(93))
		if err != nil {
			t.Fatal(err)
		}
		if c.Dominance.Value != 1 || c.First.Value != 1 || c.Largest.Value != 1 {
			t.Fatalf("diagonal: %+v", c)
		}
	})
}

// Directions with a strong diagonal against random ones, 100 each dealt one of five
// targets: their share is 1/5 in the mean. Gain is the difference, and Margin, against
// what random directions change most, is less.
func TestContrastWithRandomDirections(t *testing.T) {
	const starts = 20
	rng := stream(94)
	aimed := effects("abcde", "abcde")
	random := effects(strings.Repeat("abcde", 20), "abcde")
	wander := gaussian(100, 5, rng)
	aimed.Region, random.Region = regions(starts, 2), regions(starts, 2)
	for range starts {
		a, r := gaussian(5, 5, rng), gaussian(100, 5, rng)
		for d := range a {
			for m := range a[d] {
				a[d][m] = .2 * a[d][m]
			}
			a[d][d] += 2
		}
		for d := range r {
			for m := range r[d] {
				r[d][m] = .2*r[d][m] + wander[d][m]
			}
		}
		aimed.Change, random.Change = append(aimed.Change, a), append(random.Change, r)
	}
	c, err := aimed.Contrast(random, 200, rng)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "random dominance", c.Random.Dominance.Value, .2, .06) // sd of a share ≈ .14, of 100
	near(t, "random largest", c.Random.Largest.Value, .43, .06)    // of five |N(0, 1)|
	near(t, "gain", c.Gain.Value, c.Directions.Dominance.Value-c.Random.Dominance.Value, 1e-12)
	near(t, "margin", c.Margin.Value, c.Directions.Dominance.Value-c.Random.Largest.Value, 1e-12)
	if c.Gain.Lo < .5 || c.Margin.Lo < .3 || c.Directions.First.Value != 1 || c.Gain.N != 10 {
		t.Errorf("gain %v, margin %v, first %v", c.Gain, c.Margin, c.Directions.First)
	}
}

func TestSpecificityErrors(t *testing.T) {
	good := effects("ab", "ab", [][]float64{{1, 0}, {0, 1}})
	_, control := good.Contrast(effects("ab", "abc", [][]float64{{1, 0, 0}, {0, 1, 0}}), 5, stream(95))
	_, stranger := effects("ax", "ab", [][]float64{{1, 0}, {0, 1}}).Specificity(5, stream(95))
	regional := good
	regional.Region = []string{"r", "s"}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"nothing":      {latent.Effects{}.Validate(), "0 starts"},
		"one measure":  {effects("a", "a", [][]float64{{1}}).Validate(), "1 measures"},
		"stranger":     {stranger, `direction 1 is meant for "x"`},
		"short row":    {effects("ab", "ab", [][]float64{{1}, {0, 1}}).Validate(), "start 0, direction 0 has 1 values"},
		"missing one":  {effects("ab", "ab", [][]float64{{1, 0}}).Validate(), "start 0 has 1 directions"},
		"infinite":     {effects("ab", "ab", [][]float64{{1, 0}, {math.Inf(1), 1}}).Validate(), "direction 1, measure 0 is infinite"},
		"regions":      {regional.Validate(), "2 regions for 1 starts"},
		"other ground": {control, "must have the measures"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: error %v, want it to say %q", name, c.err, c.want)
		}
	}
}
