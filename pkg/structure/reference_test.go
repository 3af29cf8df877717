package structure_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/internal/outside"
	"github.com/cortigen/cortigen/pkg/structure"
)

// write makes the reference values anew:
//
//	CORTIGEN_SLOW=1 go test ./pkg/structure -run TestReferenceIsWhatPeersMake -write
//
// and the circuits are from testdata/peers/circuits.go.
var write = flag.Bool("write", false, "write testdata/peers/reference.json")

// laid is a circuit as peers read it.
type laid struct {
	Name  string   `json:"name"`
	N     int      `json:"n"`
	Edges [][2]int `json:"edges"`
	// Classes has an index a neuron, Inhibitory the neurons of that sign.
	Classes    []int `json:"classes"`
	Inhibitory []int `json:"inhibitory"`
}

func (l laid) circuit(t testing.TB) *circuit.Circuit {
	t.Helper()
	neurons, edges := make([]circuit.Neuron, l.N), make([]circuit.Edge, len(l.Edges))
	for i := range neurons {
		neurons[i] = circuit.Neuron{ID: fmt.Sprint(i), Class: circuit.Class(fmt.Sprintf("class %02d", l.Classes[i])), Sign: circuit.Excitatory, Position: circuit.NoPosition()}
	}
	for _, i := range l.Inhibitory {
		neurons[i].Sign = circuit.Inhibitory
	}
	for k, e := range l.Edges {
		edges[k] = circuit.Edge{Pre: e[0], Post: e[1]}
	}
	c, err := circuit.New(neurons, edges)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// layPath and madePath are what peers read and what they made of it.
var (
	layPath  = filepath.Join("testdata", "peers", "circuits.json")
	madePath = filepath.Join("testdata", "peers", "reference.json")
)

// reference is what peers make of circuits: by circuit, measure and function.
type reference struct {
	Versions map[string]string
	Circuits map[string]map[string]map[string]any
}

func readJSON(t testing.TB, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// peers are the values of one circuit.
type peers struct {
	t      *testing.T
	values map[string]map[string]any
}

// list returns a measure in numbers, NaN for null. All functions that have it
// must agree.
func (p peers) list(measure string) []float64 {
	p.t.Helper()
	var agreed []float64
	for function, value := range p.values[measure] {
		numbers := p.numbers(value)
		if agreed == nil {
			agreed = numbers
		}
		if !slices.EqualFunc(numbers, agreed, func(a, b float64) bool { return same(a, b, 1e-9) }) {
			p.t.Fatalf("%s: %s has %v, another library %v", measure, function, numbers, agreed)
		}
	}
	if agreed == nil {
		p.t.Fatalf("no library has %s: add it to testdata/peers/reference.py, or say in peersLack why not", measure)
	}
	return agreed
}

func (p peers) numbers(value any) []float64 {
	switch value := value.(type) {
	case nil:
		return []float64{math.NaN()}
	case float64:
		return []float64{value}
	case []any:
		numbers := []float64{} // of an empty list too
		for _, v := range value {
			numbers = append(numbers, p.numbers(v)...)
		}
		return numbers
	case map[string]any:
		var numbers []float64
		for _, triad := range slices.Sorted(maps.Keys(value)) {
			numbers = append(numbers, p.numbers(value[triad])...)
		}
		return numbers
	}
	p.t.Fatalf("%v is no number", value)
	return nil
}

func (p peers) number(measure string) float64 {
	p.t.Helper()
	list := p.list(measure)
	if len(list) != 1 {
		p.t.Fatalf("%s has %d values", measure, len(list))
	}
	return list[0]
}

// at is an entry of a list, 0 beyond its end.
func (p peers) at(measure string, k int) float64 {
	p.t.Helper()
	if list := p.list(measure); k < len(list) {
		return list[k]
	}
	return 0
}

// triad is one of the census.
func (p peers) triad(name string) float64 {
	p.t.Helper()
	census := slices.Clone(triadNames)
	slices.Sort(census)
	return p.at("triad_census", slices.Index(census, name))
}

var triadNames = []string{"003", "012", "102", "021D", "021U", "021C", "111D", "111U", "030T", "030C", "201", "120D", "120U", "120C", "210", "300"}

func total(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum
}

// peersHave says how a measure of the registry follows from values of peers;
// those that are not here have their own name there.
func peersHave() map[string]func(p peers, l laid) float64 {
	n := func(l laid) float64 { return float64(l.N) }
	have := map[string]func(p peers, l laid) float64{
		"neurons": func(p peers, l laid) float64 { return float64(len(p.list("out_degree"))) },
		"edges":   func(p peers, l laid) float64 { return total(p.list("out_degree")) },
		// Of what was laid: no library knows signs.
		"e_share":           func(p peers, l laid) float64 { return 1 - float64(len(l.Inhibitory))/n(l) },
		"in_degree_mean":    func(p peers, l laid) float64 { return total(p.list("in_degree")) / n(l) },
		"out_degree_mean":   func(p peers, l laid) float64 { return total(p.list("out_degree")) / n(l) },
		"out_degree_cv":     func(p peers, l laid) float64 { return p.number("out_degree_sd") / total(p.list("out_degree")) * n(l) },
		"in_degree_cv":      func(p peers, l laid) float64 { return p.number("in_degree_sd") / total(p.list("in_degree")) * n(l) },
		"reciprocity_ratio": func(p peers, l laid) float64 { return p.number("reciprocity") / p.number("density") },
		"simplex_dimension": func(p peers, l laid) float64 { return float64(len(p.list("simplices")) - 1) },
		"reachable_share":   func(p peers, l laid) float64 { return p.number("reachable_pairs") / (n(l) * (n(l) - 1)) },
		"betweenness_mean": func(p peers, l laid) float64 {
			return total(p.list("betweenness_node")) / (n(l) * (n(l) - 1) * (n(l) - 2))
		},
		"betweenness_max": func(p peers, l laid) float64 {
			return slices.Max(p.list("betweenness_node")) / ((n(l) - 1) * (n(l) - 2))
		},
		"largest_strong_share": func(p peers, l laid) float64 { return slices.Max(p.list("strong_components")) / n(l) },
		"largest_weak_share":   func(p peers, l laid) float64 { return slices.Max(p.list("weak_components")) / n(l) },
		"core_max":             func(p peers, l laid) float64 { return slices.Max(p.list("core_numbers")) },
		"rich_club": func(p peers, l laid) float64 {
			degrees := p.list("out_degree")
			for i, d := range p.list("in_degree") {
				degrees[i] += d
			}
			slices.Sort(degrees)
			last := degrees[len(degrees)-int(math.Ceil(n(l)/10))]
			// bctpy's first is of degrees above 1.
			return p.at("rich_club", int(last)-2)
		},
	}
	for _, name := range triadNames {
		have["triad_"+name] = func(p peers, l laid) float64 { return p.triad(name) }
	}
	for k := 2; k <= 7; k++ {
		have[fmt.Sprintf("simplices_%d", k)] = func(p peers, l laid) float64 { return p.at("simplices", k) }
	}
	return have
}

// peersLack are the measures that no library has by our definition, and why.
var peersLack = map[string]string{
	"downward_share":          "no library knows positions: see flow_test.go and space_test.go",
	"depth_step":              "as downward_share",
	"wire_length":             "as downward_share",
	"decay_length":            "as downward_share",
	"decay_length_horizontal": "as downward_share",
	"decay_length_depth":      "as downward_share",
	"modularity":              "the best of a search: see TestReferenceOfLists",
}

// networkx, igraph, bctpy, pyflagser and numpy, whose versions reference.json
// names, against every measure of the registry. See testdata/peers/reference.py.
func TestReference(t *testing.T) {
	have := peersHave()
	eachReference(t, func(t *testing.T, c *circuit.Circuit, l laid, p peers) {
		for _, m := range structure.Measures() {
			if peersLack[m.Name] != "" {
				continue
			}
			want, got := 0.0, m.Of(c)
			if derived, ok := have[m.Name]; ok {
				want = derived(p, l)
			} else {
				want = p.number(m.Name)
			}
			// Counts are exact, and so are zeros.
			tolerance := 1e-9 * math.Max(1, math.Abs(want))
			if want == math.Round(want) && m.Unit != "1" {
				tolerance = 0
			}
			if !same(got, want, tolerance) {
				t.Errorf("%s is %v, peers have %v", m.Name, got, want)
			}
		}
	})
}

// What has a value for every neuron or threshold, and divisions.
func TestReferenceOfLists(t *testing.T) {
	eachReference(t, func(t *testing.T, c *circuit.Circuit, l laid, p peers) {
		membership := make([]int, c.Len())
		for i, g := range p.list("membership") {
			membership[i] = int(g)
		}
		q, err := structure.Modularity(c, membership)
		ofClasses, errClasses := structure.Modularity(c, l.Classes)
		if err != nil || errClasses != nil {
			t.Fatal(err, errClasses)
		}
		census := structure.Triads(c)
		triads := make([]float64, len(census))
		byName := slices.Clone(triadNames)
		slices.Sort(byName)
		for k, count := range census {
			triads[slices.Index(byName, structure.Triad(k).String())] = float64(count)
		}
		clustering := structure.ClusteringOf(c)
		for i, value := range clustering {
			if math.IsNaN(value) {
				clustering[i] = 0 // peers' convention
			}
		}
		simplices, err := structure.Simplices(c)
		if err != nil {
			t.Fatal(err)
		}
		components, err := structure.StrongComponents(t.Context(), c.CSR())
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(components.Sizes)
		for _, v := range []struct {
			name string
			got  []float64
		}{
			{"modularity_of_membership", []float64{q}},
			{"modularity_of_classes", []float64{ofClasses}},
			{"core_numbers", floats(structure.CoreNumbers(c))},
			{"rich_club", structure.RichClub(c)[1:]},
			{"triad_census", triads},
			{"clustering_node", clustering},
			{"simplices", floats(simplices)},
			{"out_degree", floats(c.OutDegrees())},
			{"in_degree", floats(c.InDegrees())},
			{"strong_components", floats(components.Sizes)},
		} {
			if want := p.list(v.name); !slices.EqualFunc(v.got, want, func(a, b float64) bool { return same(a, b, 1e-9) }) {
				t.Errorf("%s is %v, peers have %v", v.name, v.got, want)
			}
		}
		// The search of ten runs against the median of twenty of networkx.
		if got, want := structure.BestModularity(c), p.at("louvain_20_seeds", 1); !(got > want-1e-12) {
			t.Errorf("modularity is %v, networkx finds %v", got, want)
		}
	})
}

func floats[T int | int64](x []T) []float64 {
	f := make([]float64, len(x))
	for i, v := range x {
		f[i] = float64(v)
	}
	return f
}

// eachReference runs a test on each circuit that peers measured.
func eachReference(t *testing.T, test func(t *testing.T, c *circuit.Circuit, l laid, p peers)) {
	var all []laid
	var made reference
	readJSON(t, layPath, &all)
	readJSON(t, madePath, &made)
	if len(all) != 8 || len(made.Circuits) != len(all) {
		t.Fatalf("%d circuits, %d measured by peers, want 8", len(all), len(made.Circuits))
	}
	for _, l := range all {
		t.Run(l.Name, func(t *testing.T) { test(t, l.circuit(t), l, peers{t, made.Circuits[l.Name]}) })
	}
}

// The values that ship are those that the libraries of peers.txt make of the
// circuits that ship. With -write they are made anew.
func TestReferenceIsWhatPeersMake(t *testing.T) {
	python := outside.Python(t, filepath.Join("testdata", "peers", "peers.txt"))
	printed := outside.Run(t, python, filepath.Join("testdata", "peers", "reference.py"), layPath)
	if *write {
		if err := os.WriteFile(madePath, []byte(printed), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var fresh, kept reference
	if err := json.Unmarshal([]byte(printed), &fresh); err != nil {
		t.Fatal(err)
	}
	readJSON(t, madePath, &kept)
	if !maps.Equal(fresh.Versions, kept.Versions) {
		t.Errorf("the libraries are %v, the values are from %v", fresh.Versions, kept.Versions)
	}
	if path, a, b, differ := difference(fresh.Circuits, kept.Circuits); differ {
		t.Errorf("%s is %v now, %v is kept", path, a, b)
	}
}

// difference finds where two JSON values differ by more than 1e-9.
func difference[T any](a, b map[string]T) (path string, one, other any, differ bool) {
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if _, ok := b[name]; !ok {
			return name, a[name], nil, true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b)) {
		if _, ok := a[name]; !ok {
			return name, nil, b[name], true
		}
		inner, one, other, differ := "", any(a[name]), any(b[name]), false
		switch x := one.(type) {
		case map[string]map[string]any:
			inner, one, other, differ = difference(x, other.(map[string]map[string]any))
		case map[string]any:
			if y, ok := other.(map[string]any); ok {
				inner, one, other, differ = difference(x, y)
			} else {
				differ = true
			}
		default:
			differ = !equal(one, other)
		}
		if differ {
			return name + "/" + inner, one, other, true
		}
	}
	return "", nil, nil, false
}

func equal(a, b any) bool {
	switch x := a.(type) {
	case float64:
		y, ok := b.(float64)
		return ok && same(x, y, 1e-9*math.Max(1, math.Abs(x)))
	case []any:
		y, ok := b.([]any)
		return ok && slices.EqualFunc(x, y, equal)
	}
	return a == b
}
