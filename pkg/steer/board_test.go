package steer

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/structure"
)

// tied is a table of three free measures and one, edges, that is all but density.
func tied() structure.Table {
	rng := rand.New(rand.NewPCG(3, 9))
	t := structure.Table{Names: []string{"density", "edges", "reciprocity", "clustering", "out_degree_cv"}}
	for range 300 {
		a, b, c, d := rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()
		t.Rows = append(t.Rows, []float64{.2 + .04*a, 2000 + 400*(a+.1*b), .4 + .05*(.6*a+.8*b), .5 + .05*c, .6 + .05*d})
	}
	return t
}

func TestQueries(t *testing.T) {
	table := tied()
	starts := [][]float64{{0, 0}, {1, 0}, {0, 1}}
	queries, err := Queries(table, Querying{N: 120, Starts: starts, Samples: 32, Budget: 99}, 4)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Queries(table, Querying{N: 120, Starts: starts, Samples: 32, Budget: 99}, 4)
	if err != nil || !reflect.DeepEqual(queries, again) {
		t.Errorf("the same seed gives other queries (%v)", err)
	}
	r := NewReference(table)
	rig := Rig{Decoder: dials{dim: 2}, Reference: r}
	count := map[[3]bool]int{}
	targets, asked := map[int]int{}, map[string]int{}
	var both [2][]float64
	for i, q := range queries {
		if _, err := rig.Resolve(q.Request); err != nil {
			t.Fatalf("query %d: %v", i, err)
		}
		farthest := 0.
		names := slices.Concat(q.Request.Measures(), q.Request.Hold)
		for _, target := range q.Request.Targets {
			farthest = max(farthest, math.Abs(target.From))
			asked[target.Measure]++
			if target.From != target.To || target.Absolute {
				t.Errorf("query %d asks for %v", i, target)
			}
		}
		if q.Far && (farthest < 3 || farthest > 4) || !q.Far && (farthest < .5 || farthest > 2) {
			t.Errorf("query %d, far %v, asks for %.2f sd", i, q.Far, farthest)
		}
		if slices.Contains(names, "density") && slices.Contains(names, "edges") {
			t.Errorf("query %d asks for what is one: %q", i, names)
		}
		if a, b := slices.Index(q.Request.Measures(), "density"), slices.Index(q.Request.Measures(), "reciprocity"); a >= 0 && b >= 0 {
			both[0], both[1] = append(both[0], q.Request.Targets[a].From), append(both[1], q.Request.Targets[b].From)
		}
		if q.Request.Samples != 32 || q.Request.Budget != 99 || !slices.Equal(q.Request.Start, starts[i%3]) {
			t.Errorf("query %d is %+v", i, q.Request)
		}
		targets[len(q.Request.Targets)]++
		count[[3]bool{q.Far, len(q.Request.Hold) > 0}]++
	}
	if targets[1] != 40 || targets[2] != 40 || targets[3] != 40 {
		t.Errorf("numbers of targets are %v", targets)
	}
	for kind, n := range count {
		if n != 30 {
			t.Errorf("of far, held = %v there are %d", kind, n)
		}
	}
	for _, name := range table.Names {
		if asked[name] < 20 {
			t.Errorf("%s is asked for %d times", name, asked[name])
		}
	}
	if rho := stat.Correlation(both[0], both[1], nil); len(both[0]) > 5 && rho < 0 {
		t.Errorf("density and reciprocity go together in circuits and against each other (%.2f, n = %d) in queries", rho, len(both[0]))
	}
}

// What no circuit can have is not asked for: reciprocity here has its mean at one
// sd from 0, so that −3 sd would be negative.
func TestQueriesStayPossible(t *testing.T) {
	table := tied()
	for _, row := range table.Rows {
		row[2] = math.Abs(row[2]-.4)*1.2 + 1e-3
	}
	queries, err := Queries(table, Querying{N: 240}, 4)
	if err != nil {
		t.Fatal(err)
	}
	rig := Rig{Decoder: dials{dim: 2}, Reference: NewReference(table)}
	for _, q := range queries {
		if _, err := rig.Resolve(q.Request); err != nil {
			t.Error(err)
		}
	}
}

// Of density, edges and reciprocity only two are free of each other: what should have
// three targets has two then, and what should hold something besides holds nothing.
func TestQueriesOfTiedMeasures(t *testing.T) {
	queries, err := Queries(tied(), Querying{N: 48, Measures: []string{"density", "edges", "reciprocity"}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	count := map[[2]int]int{}
	for _, q := range queries {
		count[[2]int{len(q.Request.Targets), len(q.Request.Hold)}]++
		if names := slices.Concat(q.Request.Measures(), q.Request.Hold); slices.Contains(names, "density") && slices.Contains(names, "edges") {
			t.Errorf("what is one is asked for together: %q", names)
		}
	}
	if want := map[[2]int]int{{1, 0}: 8, {1, 1}: 8, {2, 0}: 32}; !reflect.DeepEqual(count, want) {
		t.Errorf("by targets and held there are %v, want %v", count, want)
	}
	// A table whose measures all lie so near 0 that 3 sd below it is impossible, and
	// whose maximum is near too.
	table := structure.Table{Names: []string{"density", "reciprocity", "e_share"}}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		table.Rows = append(table.Rows, []float64{float64(rng.IntN(2)), float64(rng.IntN(2)), float64(rng.IntN(2))})
	}
	if _, err := Queries(table, Querying{}, 1); err == nil || !strings.Contains(err.Error(), "far: true") {
		t.Errorf("where 3 sd is beyond all ranges the error is %v", err)
	}
}

func TestQueriesErrors(t *testing.T) {
	table := tied()
	for name, c := range map[string]struct {
		q    Querying
		want string
	}{
		"misspelt":  {Querying{Measures: []string{"densty", "edges", "reciprocity"}}, `did you mean "density"`},
		"too few":   {Querying{Measures: []string{"density", "edges"}}, "three or more"},
		"no number": {Querying{N: -1}, "-1 queries"},
		"no share":  {Querying{Spare: 1}, "1 to spare"},
	} {
		if _, err := Queries(table, c.q, 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want %q", name, err, c.want)
		}
	}
	table.Rows = table.Rows[:4]
	if _, err := Queries(table, Querying{}, 1); err == nil || !strings.Contains(err.Error(), "4 of 4 circuits") {
		t.Errorf("four circuits for five measures give %v", err)
	}
}

// By hand. Of four queries, A (with codes) hits 1 and 2, misses 3 silently and
// refuses 4; B (with codes) hits 4 only and refuses 1 and 3; C hits all with
// circuits, and drifts most. So A's refusal is wrong (B reached 4), of B's that of
// 1 is wrong and that of 3 right, since C's circuits are of no code.
func TestBoard(t *testing.T) {
	queries := []Query{
		{Request: Ask(SD("a", 1))}, {Request: Ask(SD("b", 1))},
		{Request: Ask(SD("a", 3.5), "b"), Far: true}, {Request: Request{Targets: []Target{SD("a", 1), SD("b", 1)}}},
	}
	answer := func(method string, i int, miss, held float64, refused bool) Answer {
		a := Answer{Request: queries[i].Request, Method: method, Code: []float64{0}, HitSD: miss, HeldDrift: held, HeldFloor: .1, OutOfReach: refused, Spent: 10 * i}
		if method == "c" {
			a.Code, a.Diversity = nil, Diversity{Profile: 2, Edge: math.NaN()}
		}
		return a
	}
	nan := math.NaN()
	answers := [][]Answer{
		{answer("a", 0, .1, nan, false), answer("a", 1, .25, nan, false), answer("a", 2, 1, .3, false), answer("a", 3, 2, nan, true)},
		{answer("b", 0, 1, nan, true), answer("b", 1, nan, nan, false), answer("b", 2, 1, .4, true), answer("b", 3, .2, nan, false)},
		{answer("c", 0, 0, nan, false), answer("c", 1, 0, nan, false), answer("c", 2, 0, .9, false), answer("c", 3, 0, nan, false)},
	}
	b, err := NewBoard(queries, answers, 100, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		hit, held, refused, right, silent, near, far, a float64
		front                                           bool
	}{
		{.5, .3, .25, 0, .25, 2. / 3, 0, 1, true},
		{.25, .4, .5, .5, .25, 1. / 3, 0, 0, false}, // A hits more and drifts less
		{1, .9, 0, nan, 0, 1, 1, 1, true},
	} {
		s := b.Entries[i].Standing
		for name, pair := range map[string][2]float64{
			"hit rate": {s.HitRate.Value, want.hit}, "held drift": {s.HeldDriftSD.Value, want.held}, "refused": {s.Refused.Value, want.refused},
			"right": {s.Right.Value, want.right}, "silent": {s.Silent.Value, want.silent}, "near": {s.ByKind[0].Rate.Value, want.near},
			"far": {s.ByKind[1].Rate.Value, want.far}, "measure a": {s.ByMeasure[0].Rate.Value, want.a}, "spent": {s.Spent, 15},
		} {
			if pair[0] != pair[1] && !(math.IsNaN(pair[0]) && math.IsNaN(pair[1])) {
				t.Errorf("method %d: %s is %g, want %g", i, name, pair[0], pair[1])
			}
		}
		if s.OnFront != want.front {
			t.Errorf("method %d is on the front: %v", i, s.OnFront)
		}
	}
	if s := b.Entries[2].Standing; s.Diversity.Value != 2 || !math.IsNaN(s.EdgeDiversity.Value) {
		t.Errorf("diversity is %v, of edges %v", s.Diversity, s.EdgeDiversity)
	}
	checkBoardTable(t, b)
	checkBoardJSON(t, b)
	for name, c := range map[string]struct {
		answers [][]Answer
		want    string
	}{
		"too few":        {[][]Answer{answers[0][:3]}, "3 answers to 4 queries"},
		"of two methods": {[][]Answer{append(slices.Clone(answers[0][:3]), answers[1][3])}, "answer 3 is by b"},
		"to another":     {[][]Answer{{answers[0][0], answers[0][0], answers[0][2], answers[0][3]}}, "answer 1"},
		"none":           {nil, "no methods"},
	} {
		if _, err := NewBoard(queries, c.answers, 10, rand.New(rand.NewPCG(1, 1))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want %q", name, err, c.want)
		}
	}
}

func checkBoardTable(t *testing.T, b Board) {
	t.Helper()
	header, rows := b.Table()
	if len(rows) != 3 || len(rows[0]) != len(header) || rows[0][1] != "50 %" || rows[2][8] != "–" || rows[1][10] != "" || rows[2][10] != "yes" {
		t.Errorf("the table is %q", rows)
	}
	if e, known := b.Entry("b"); !known || e.Method != "b" {
		t.Error("method b is not on the board")
	}
	if _, known := b.Entry("d"); known {
		t.Error("a method that did not take part is on the board")
	}
}

// A board is kept as JSON, what is undefined included.
func checkBoardJSON(t *testing.T, b Board) {
	t.Helper()
	data, err := artifact.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	var back Board
	if err := artifact.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	again, err := artifact.Marshal(back)
	if err != nil || string(again) != string(data) || !math.IsNaN(back.Entries[2].Standing.Right.Value) {
		t.Errorf("read back, a board differs (%v)", err)
	}
}

// Wilson's interval for 9 of 10 is .596 to .982 (Wilson 1927; Newcombe 1998, and
// statsmodels' proportion_confint(9, 10, method="wilson")); of 0 of 10, 0 to .2775.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		hits, n int
		lo, hi  float64
	}{{9, 10, .5958, .9821}, {0, 10, 0, .2775}, {10, 10, .7225, 1}} {
		if i := wilson(c.hits, c.n); math.Abs(i.Lo-c.lo) > 1e-4 || math.Abs(i.Hi-c.hi) > 1e-4 || i.N != c.n {
			t.Errorf("%d of %d: %v, want %g to %g", c.hits, c.n, i, c.lo, c.hi)
		}
	}
	for n := 1; n < 300; n++ { // where rounding could put the share outside
		for _, hits := range []int{0, n} {
			if i := wilson(hits, n); i.Lo > i.Value || i.Hi < i.Value {
				t.Errorf("%d of %d is %g, outside of %g to %g", hits, n, i.Value, i.Lo, i.Hi)
			}
		}
	}
	if i := wilson(0, 0); !math.IsNaN(i.Value) {
		t.Errorf("of none the share is %v", i)
	}
}
