package show

import (
	"encoding/base64"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cortigen/cortigen/pkg/fidelity"
)

// screen is a display that remembers what was drawn and said, on a clock of its
// own.
type screen struct {
	training
	pages, lines []string
	clock        time.Time
}

func newScreen() *screen {
	s := &screen{clock: time.Unix(0, 0)}
	s.now = func() time.Time { return s.clock }
	s.update = func(page string) { s.pages = append(s.pages, page) }
	s.say = func(line string) { s.lines = append(s.lines, line) }
	return s
}

// at reports epoch k of ten, of 25 steps and half a second each.
func (s *screen) at(task string, k int) {
	s.clock = s.clock.Add(time.Second / 2)
	s.report(epochAt(task, k))
}

// epochAt has bounds that a reader can add up: (900 + 60 + 40) nats on 5000 pairs
// are .2 a pair, less 2 nats an epoch.
func epochAt(task string, k int) fidelity.Progress {
	edges := 900 - 2*float64(k)
	return fidelity.Progress{
		Task: task, Step: 25 * k, Of: 250, Epoch: 25, Seconds: .5, Beta: min(1, float64(k)/3), Best: k <= 8,
		Train: fidelity.Bound{Edges: edges - 10, KL: 100, NeuronKL: 60}, Validation: fidelity.Bound{Edges: edges, KL: 100, NeuronKL: 60},
		Units: []float64{3, .001, 1.5}, Pairs: 5000, ClassDistance: .21,
	}
}

func TestTrainingIsDrawnOver(t *testing.T) {
	s := newScreen()
	for k := 1; k <= 10; k++ {
		s.at("train <1> of 2", k)
	}
	if len(s.pages) != 6 { // the first, then every other until the last
		t.Errorf("10 epochs in 5 s were drawn %d times, want 6", len(s.pages))
	}
	running := s.pages[1]
	for _, want := range []string{
		"train &lt;1&gt; of 2", "step 75 of 250", "50 steps/s", "4 s left<", // 25 steps in half a second; 175 to go
		"894.0", "40.00", "60.00", "994.0", "0.1988", // edges, KL of z, of u, their sum, per pair: 994/5000
		"884.0", "984.0", // training circuits
		"class × distance", "0.2100", "1050.0", // .21 · 5000
		`<img alt="validation bound over 3 epochs`,
	} {
		if !strings.Contains(running, want) {
			t.Errorf("the page does not say %q: %s", want, withoutImage(running))
		}
	}
	still := s.pages[len(s.pages)-1]
	if strings.Contains(still, " left<") || strings.Contains(still, "█") {
		t.Errorf("the still is still counting: %s", withoutImage(still))
	}
	if want := "train &lt;1&gt; of 2: 250 steps (5 s, 50 steps/s); kept: step 200, 0.1968 nats per pair"; !strings.Contains(still, want) {
		t.Errorf("the still does not say %q: %s", want, withoutImage(still))
	}
}

var image = regexp.MustCompile(`src="data:image/svg\+xml;base64,([^"]*)"`)

func withoutImage(page string) string { return image.ReplaceAllString(page, "") }

// The still needs nothing from elsewhere, and its figure says what it shows.
func TestTrainingStillStandsAlone(t *testing.T) {
	s := newScreen()
	for k := 1; k <= 10; k++ {
		s.at("train", k)
	}
	still := s.pages[len(s.pages)-1]
	if rest := withoutImage(still); strings.Contains(rest, "src=") || strings.Contains(rest, "href") || strings.Contains(rest, "<script") {
		t.Errorf("the page needs something else: %s", rest)
	}
	found := image.FindStringSubmatch(still)
	if found == nil {
		t.Fatal("there is no image")
	}
	svg, err := base64.StdEncoding.DecodeString(found[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"nats per observed pair", "class × distance", "epoch that is kept", "2 of 3 active", "KL, nats"} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("the figure does not say %q", want)
		}
	}
}

// Trainings that follow each other share one output.
func TestTrainingsFollow(t *testing.T) {
	s := newScreen()
	for k := 1; k <= 10; k++ {
		s.at("first", k)
	}
	s.at("second", 1)
	page := s.pages[len(s.pages)-1]
	if !strings.Contains(page, "first: 250 steps") || !strings.Contains(page, "step 25 of 250") || strings.Count(page, "<img") != 1 {
		t.Errorf("the page is %s", withoutImage(page))
	}
	want := []string{"first", "first: 250 steps (5 s, 50 steps/s); kept: step 200, 0.1968 nats per pair", "second"}
	if !slices.Equal(s.lines, want) {
		t.Errorf("lines are %q, want %q", s.lines, want)
	}
}

// An interrupted training says so, at once, and what was kept.
func TestTrainingIsInterrupted(t *testing.T) {
	s := newScreen()
	for k := 1; k <= 4; k++ {
		s.at("train", k)
	}
	last := epochAt("train", 4)
	last.Stopped = true
	s.report(last)
	page := s.pages[len(s.pages)-1]
	if want := "train: interrupted after step 100 of 250 (2 s, 50 steps/s); kept: step 100, 0.1984 nats per pair; run the cell again"; !strings.Contains(page, want) || strings.Contains(page, " left<") {
		t.Errorf("the page is %s, want %q", withoutImage(page), want)
	}
}

// Epochs from a checkpoint took no time now; bounds that are no numbers, or a
// model without codes, leave out what cannot be drawn.
func TestTrainingOfOddEpochs(t *testing.T) {
	s := newScreen()
	p := epochAt("train", 1)
	p.Seconds = 0
	s.report(p)
	if strings.Contains(s.pages[0], "steps/s") || !strings.Contains(s.pages[0], "step 25 of 250") {
		t.Errorf("restored: %s", withoutImage(s.pages[0]))
	}
	for name, change := range map[string]func(*fidelity.Progress){
		"no units":     func(p *fidelity.Progress) { p.Units = nil },
		"no baseline":  func(p *fidelity.Progress) { p.ClassDistance = 0 },
		"not a number": func(p *fidelity.Progress) { p.Validation.Edges = math.NaN() },
		"infinite":     func(p *fidelity.Progress) { p.Units = []float64{math.Inf(1)} },
	} {
		s, p := newScreen(), epochAt("train", 1)
		change(&p)
		s.report(p)
		if len(s.pages) != 1 || !strings.Contains(s.pages[0], "train") {
			t.Errorf("%s: pages are %q", name, s.pages)
		}
	}
}

func TestSpan(t *testing.T) {
	for seconds, want := range map[float64]string{0: "0 s", 59: "59 s", 60: "1 min", 3540: "59 min", 3600: "1 h 00 min", 9000: "2 h 30 min"} {
		if got := span(seconds); got != want {
			t.Errorf("%g s is %q, want %q", seconds, got, want)
		}
	}
}
