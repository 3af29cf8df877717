package show

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
	"github.com/cortigen/cortigen/pkg/steer"
)

// starry decodes a code of one number into a neuron that contacts more others the
// greater the number. Below −2.2 it fails, and it waits for whoever holds it up.
type starry struct{ hold, begun chan struct{} }

func (starry) Dim() int { return 1 }

func (s starry) Decode(ctx context.Context, z [][]float64, samples int, _ seed.Seed) (all [][]*circuit.Circuit, err error) {
	if s.hold != nil {
		s.begun <- struct{}{}
		select {
		case <-s.hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if z[0][0] < -2.2 {
		return nil, errors.New("a code <too> low")
	}
	neurons, edges := make([]circuit.Neuron, 11), []circuit.Edge{}
	for i := range neurons {
		neurons[i] = circuit.Neuron{ID: fmt.Sprint(i), Position: circuit.NoPosition()}
		if i > 0 && float64(i) <= 5+2*z[0][0] {
			edges = append(edges, circuit.Edge{Pre: 0, Post: i})
		}
	}
	c, err := circuit.New(neurons, edges)
	return [][]*circuit.Circuit{{c}}, err
}

// edges foretells them.
type edges struct{}

func (edges) Measures() []string { return []string{"out_degree_mean"} }

func (edges) Expect(_ context.Context, codes [][]float64) (values [][]float64, gradients [][][]float64, err error) {
	for _, z := range codes {
		values, gradients = append(values, []float64{(5 + 2*z[0]) / 11}), append(gradients, [][]float64{{2. / 11}})
	}
	return values, gradients, nil
}

// screenOf is an explorer's page without a browser.
type screenOf struct {
	*exploring
	shown   map[string][]string // by part
	drawn   chan string         // every picture
	answers int
	ended   chan error
}

func exploreOn(t *testing.T, ctx context.Context, d starry) *screenOf {
	t.Helper()
	s := &screenOf{shown: map[string][]string{}, drawn: make(chan string, 100), ended: make(chan error, 1)}
	e := &steer.Explorer{
		Rig:  steer.Rig{Decoder: d, Reference: steer.Reference{Names: []string{"out_degree_mean"}, Mean: []float64{.5}, SD: []float64{.2}}},
		Axes: []steer.Axis{{Name: "axis <1>", Vector: []float64{1}}}, Expecter: edges{}, Measures: []string{"out_degree_mean"}, Samples: 1,
	}
	s.exploring = &exploring{explorer: e, id: "here", turns: newMailbox(), patience: time.Minute, knock: func() {}, answer: func() { s.answers++ }}
	s.update = func(part, page string) {
		s.shown[part] = append(s.shown[part], page)
		if part == "picture" {
			s.drawn <- page
		}
	}
	go func() { s.ended <- s.run(ctx) }()
	return s
}

func (s *screenOf) next(t *testing.T) string {
	t.Helper()
	select {
	case page := <-s.drawn:
		return page
	case <-time.After(20 * time.Second):
		t.Fatal("nothing is drawn")
		return ""
	}
}

func (s *screenOf) last(part string) string { return s.shown[part][len(s.shown[part])-1] }

func (s *screenOf) end(t *testing.T) {
	t.Helper()
	select {
	case err := <-s.ended:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it does not end")
	}
}

var imageSource = regexp.MustCompile(`src="data:image/png;base64,[^"]+"`)

// A reader turns, errs, turns and stops.
func TestExploreFollows(t *testing.T) {
	before := runtime.NumGoroutine()
	s := exploreOn(t, t.Context(), starry{})
	start := s.next(t)
	s.turns.put(`{"number":1,"act":"hello","shifts":[0],"targets":[null]}`)
	s.turns.put(`{"number":2,"act":"turn","shifts":[1],"targets":[null]}`)
	moved := s.next(t)
	if imageSource.FindString(moved) == "" || imageSource.FindString(moved) == imageSource.FindString(start) || !strings.Contains(moved, `data-turn="2"`) {
		t.Errorf("turned, it shows %.300s", moved)
	}
	s.turns.put(`{"number":3,"act":"turn","shifts":[-2.4],"targets":[null]}`)
	if wrong := s.next(t); !strings.Contains(wrong, "a code &lt;too&gt; low") || imageSource.FindString(wrong) != imageSource.FindString(moved) || !strings.Contains(wrong, `data-turn="3"`) {
		t.Errorf("an error is shown as %.400s, want it above the last picture", wrong)
	}
	s.turns.put(`{"number":4,"act":"turn","shifts":[0.5],"targets":[1.5]}`)
	if aimed := s.next(t); strings.Contains(aimed, "too") || imageSource.FindString(aimed) == imageSource.FindString(moved) {
		t.Errorf("after an error it shows %.300s", aimed)
	}
	s.turns.put(`{"number":5,"act":"stop","shifts":[0.5],"targets":[1.5]}`)
	s.end(t)
	if want := "Stopped at: axis &lt;1&gt; +0.5 prior sd; target out degree mean +1.5 sd. Run the cell again"; !strings.Contains(s.last("knobs"), want) || strings.Contains(s.last("knobs"), "<input") {
		t.Errorf("stopped, it says %q", s.last("knobs"))
	}
	if strings.Contains(s.last("picture"), "data-turn") || imageSource.FindString(s.last("picture")) == "" {
		t.Errorf("stopped, it shows %.300s", s.last("picture"))
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines are left of %d", runtime.NumGoroutine(), before)
		}
	}
}

// While one decode takes its time, settings do not queue: the last is drawn, and no
// other.
func TestExploreTakesTheLatest(t *testing.T) {
	hold, begun := make(chan struct{}, 1), make(chan struct{}, 9)
	hold <- struct{}{}
	s := exploreOn(t, t.Context(), starry{hold, begun})
	s.next(t)
	<-begun
	s.turns.put(`{"number":1,"act":"turn","shifts":[0.1]}`)
	<-begun // it is at work on that
	for _, text := range []string{`{"number":7,"act":"turn","shifts":[1]}`, `{"number":9,"act":"turn","shifts":[2]}`, `{"number":8,"act":"turn","shifts":[1.5]}`, `no message`} {
		s.turns.put(text)
	}
	hold <- struct{}{}
	if first := s.next(t); !strings.Contains(first, `data-turn="1"`) {
		t.Errorf("first is %.80s", first)
	}
	hold <- struct{}{}
	if last := s.next(t); !strings.Contains(last, `data-turn="9"`) {
		t.Errorf("then %.80s, want the one of the greatest number", last)
	}
	s.turns.put(`{"number":10,"act":"stop"}`)
	s.end(t)
	if n := len(s.shown["picture"]); n != 4 { // the start, two, and what is left
		t.Errorf("%d pictures were shown", n)
	}
}

// An interrupt ends it like a stop, also in the middle of a decode.
func TestExploreIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	hold, begun := make(chan struct{}, 1), make(chan struct{}, 9)
	hold <- struct{}{}
	s := exploreOn(t, ctx, starry{hold, begun})
	s.next(t)
	<-begun
	s.turns.put(`{"number":1,"act":"turn","shifts":[1]}`)
	<-begun
	cancel()
	s.end(t)
	if !strings.Contains(s.last("knobs"), "Stopped at: all knobs at zero") || imageSource.FindString(s.last("picture")) == "" {
		t.Errorf("interrupted, it says %q", s.last("knobs"))
	}
}

// A notebook that is run without a browser must not wait for one forever.
func TestExploreWithoutABrowser(t *testing.T) {
	x := &exploring{turns: newMailbox(), patience: 50 * time.Millisecond}
	knocks := 0
	x.knock = func() { knocks++ }
	if x.follow(t.Context()) {
		t.Error("it was answered")
	}
	if knocks == 0 {
		t.Error("it did not knock again")
	}
}

// What a saved notebook holds looks dead until a script brings it to life.
func TestControls(t *testing.T) {
	e := &steer.Explorer{Axes: []steer.Axis{{Name: "a <b>"}, {Name: "c"}}, Measures: []string{"out_degree_mean"}}
	page, _, _ := strings.Cut(controls("here", e), "<script>")
	inputs := strings.Count(page, "<input") + strings.Count(page, "<button")
	if inputs != 3+1+2 || strings.Count(page, " disabled") != inputs {
		t.Errorf("of %d controls %d are disabled", inputs, strings.Count(page, " disabled"))
	}
	for _, want := range []string{"a &lt;b&gt;", "out degree mean", deadWords, `id="here"`, "+0.0 prior sd", "free"} {
		if !strings.Contains(page, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if bare := controls("here", &steer.Explorer{Axes: e.Axes}); strings.Contains(bare, "Ask for") {
		t.Error("without targets there is a table of them")
	}
}

// A turn of a page that has more knobs than the explorer must not panic.
func TestTurnKnobs(t *testing.T) {
	at := 1.5
	k := turn{Shifts: []float64{1}, Targets: []*float64{nil, &at, &at}}.knobs(&steer.Explorer{Measures: []string{"density", "reciprocity"}})
	if len(k.Targets) != 1 || k.Targets[0] != steer.SD("reciprocity", 1.5) || k.Shifts[0] != 1 {
		t.Errorf("the knobs are %+v", k)
	}
}

// Outside of a notebook, and headless, the start is shown and that is all.
func ExampleExplore() {
	explorer := &steer.Explorer{
		Rig:  steer.Rig{Decoder: starry{}, Reference: steer.Reference{Names: []string{"out_degree_mean"}, Mean: []float64{.5}, SD: []float64{.2}}},
		Axes: []steer.Axis{{Name: "axis 1", Vector: []float64{1}}}, Beside: []string{"out_degree_mean"},
	}
	Explore(context.Background(), explorer)
	// Output:
	// measure	mean	sd from the reference
	// out degree mean	0.455	-0.23
	// *This is the start. Run the cell in JupyterLab to turn the knobs.*
}
