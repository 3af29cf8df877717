package steer

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestResolveErrors(t *testing.T) {
	rig, _ := bench(t)
	density := []Target{SD("density", 0)}
	for name, c := range map[string]struct {
		request Request
		want    []string
	}{
		"nothing asked":        {Request{Hold: []string{"density"}}, []string{"no targets"}},
		"misspelt":             {Ask(SD("densty", 0)), []string{`"densty"`, `did you mean "density"`}},
		"held is misspelt":     {Ask(SD("density", 0), "reciprocty"), []string{`did you mean "reciprocity"`}},
		"not read":             {Ask(SD("clustering", 0)), []string{"not among the measures of the reference"}},
		"without spread":       {Ask(SD("neurons", 0)), []string{"neurons does not vary"}},
		"changed and held":     {Ask(SD("density", 0), "density"), []string{"density is to change and to be held"}},
		"held twice":           {Ask(SD("density", 0), "reciprocity", "reciprocity"), []string{"reciprocity is held twice"}},
		"asked twice":          {Request{Targets: []Target{SD("density", 1), Value("density", .2)}}, []string{"density is asked for twice"}},
		"no number":            {Ask(SD("density", math.NaN())), []string{"density NaN", "finite"}},
		"no end":               {Ask(Between("density", .1, math.Inf(1))), []string{"density", "finite"}},
		"empty":                {Ask(Between("density", .3, .2)), []string{"density 0.3 to 0.2", "empty"}},
		"above its range":      {Ask(Value("density", 1.2)), []string{"density 1.2", "between 0 and 1"}},
		"below its range":      {Ask(Value("reciprocity", -1)), []string{"reciprocity -1", "between 0 and 1"}},
		"below its range, sd":  {Ask(SD("density", -40)), []string{"density -", "between 0 and 1"}},
		"interval beyond":      {Ask(Between("density", 1.1, 1.2)), []string{"density 1.1 to 1.2", "no circuit has it"}},
		"several":              {Request{Targets: []Target{SD("density", math.NaN())}, Hold: []string{"x"}, Samples: -1, Budget: -2}, []string{`"x"`, "density NaN", "-1 samples", "budget of -2"}},
		"wrong dimension":      {Request{Targets: density, Start: []float64{1}}, []string{"1 dimensions, the decoder 4"}},
		"outside the ball":     {Request{Targets: density, Start: []float64{9, 0, 0, 0}}, []string{"outside the ball"}},
		"start is not real":    {Request{Targets: density, Start: []float64{math.NaN(), 0, 0, 0}}, []string{"outside the ball"}},
		"one of several wrong": {Request{Targets: []Target{SD("reciprocity", 1), Value("density", 2)}}, []string{"density 2", "between 0 and 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rig.Resolve(c.request)
			if err == nil {
				t.Fatal("is no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %v does not say %q", err, want)
				}
			}
		})
	}
}

func TestResolve(t *testing.T) {
	rig, _ := bench(t)
	mean, sd := rig.Reference.Mean[0], rig.Reference.SD[0]
	asked := Request{Targets: []Target{BetweenSD("density", -1, 2), Value("reciprocity", .3)}, Hold: []string{"out_degree_cv"}}
	r, err := rig.Resolve(asked)
	if err != nil {
		t.Fatal(err)
	}
	if r.Targets[0] != Between("density", mean-sd, mean+2*sd) || r.Targets[1] != asked.Targets[1] {
		t.Errorf("targets are %v", r.Targets)
	}
	if len(r.Start) != 4 || r.Samples != 64 || r.Budget != 512 {
		t.Errorf("defaults are %v, %d samples, a budget of %d", r.Start, r.Samples, r.Budget)
	}
	if asked.Targets[0].Absolute || asked.Start != nil {
		t.Errorf("the request was changed to %+v", asked)
	}
	again, err := rig.Resolve(r)
	if err != nil || again.Targets[0] != r.Targets[0] || again.Targets[1] != r.Targets[1] {
		t.Errorf("a resolved request resolves to %+v (%v)", again, err)
	}
	// An interval that reaches beyond the range of its measure can be met within.
	if _, err := rig.Resolve(Ask(Between("density", .5, 3))); err != nil {
		t.Errorf("an interval that is met within the range is refused: %v", err)
	}
}

func TestMiss(t *testing.T) {
	for _, c := range []struct {
		target Target
		value  float64
		want   float64
	}{
		{Value("a", 2), 2, 0}, {Value("a", 2), 5, 3}, {Value("a", 2), 1, -1},
		{Between("a", 2, 4), 3, 0}, {Between("a", 2, 4), 4.5, .5}, {Between("a", 2, 4), 1, -1},
	} {
		if got := c.target.Miss(c.value); got != c.want {
			t.Errorf("%v is missed by %g at %g, want %g", c.target, got, c.value, c.want)
		}
	}
	if !math.IsNaN(Value("a", 2).Miss(math.NaN())) {
		t.Error("what is undefined misses by a number")
	}
	rapid.Check(t, func(t *rapid.T) { // moving target and value alike changes nothing
		from := rapid.Float64Range(-5, 5).Draw(t, "from")
		target := Between("a", from, from+rapid.Float64Range(0, 3).Draw(t, "width"))
		value, by := rapid.Float64Range(-9, 9).Draw(t, "value"), rapid.Float64Range(-9, 9).Draw(t, "by")
		if a, b := target.Miss(value), target.shift(by).Miss(value+by); math.Abs(a-b) > 1e-9 {
			t.Errorf("misses are %g and %g", a, b)
		}
	})
}

func ExampleTarget() {
	fmt.Println(SD("density", 1.5), "|", Between("reciprocity", .2, .3))
	// Output: density 1.5 sd | reciprocity 0.2 to 0.3
}
