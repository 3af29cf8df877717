package nulltest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/nullmodel"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Run runs all checks of a model.
func Run(t *testing.T, m nullmodel.Model) {
	t.Run(m.Name, func(t *testing.T) {
		t.Run("is described", func(t *testing.T) { report(t, described(m)) })
		t.Run("keeps what it keeps exactly", func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { report(t, exact(m, drawn(t), 3)) })
		})
		t.Run("keeps means, and no more than it declares", func(t *testing.T) { report(t, means(m)) })
		t.Run("the same on any number of cores", func(t *testing.T) { report(t, cores(t.Context(), m)) })
		t.Run("cancelled", func(t *testing.T) { report(t, cancelled(m)) })
		for name, c := range hardly() {
			t.Run(name, func(t *testing.T) { report(t, soon(func() []string { return defined(m, c) })) })
		}
	})
}

func report(t interface{ Error(...any) }, faults []string) {
	for _, f := range faults {
		t.Error(f)
	}
}

func described(m nullmodel.Model) (faults []string) {
	if m.Name == "" || m.Definition == "" || m.Source == "" {
		faults = append(faults, "name, definition or source is missing")
	}
	if found, err := nullmodel.Find(m.Name); err != nil || found.Definition != m.Definition {
		faults = append(faults, fmt.Sprintf("Find does not know it: %v", err))
	}
	return faults
}

// exact asks that draws keep what is declared so, that they are circuits of the
// same neurons, and that the circuit stays as it is.
func exact(m nullmodel.Model, c *circuit.Circuit, draws int) (faults []string) {
	before := c.EdgeList()
	s, err := m.Fit(context.Background(), c)
	if err != nil {
		return []string{err.Error()}
	}
	rng := rand.New(rand.NewPCG(7, 8))
	for range draws {
		d, err := s.Draw(rng)
		if err != nil {
			return []string{err.Error()}
		}
		faults = append(faults, kept(m, c, d)...)
	}
	if !slices.Equal(c.EdgeList(), before) {
		faults = append(faults, "drawing has changed the circuit")
	}
	return faults
}

// kept says what of a circuit a draw should have and has not.
func kept(m nullmodel.Model, c, d *circuit.Circuit) (faults []string) {
	bounds, _ := nullmodel.DistanceBins(c) // an error where there are no positions: then nothing is counted
	for _, f := range features {
		if f.kept(m.Preserves) == nullmodel.Exactly && !slices.Equal(f.of(c, bounds), f.of(d, bounds)) {
			faults = append(faults, fmt.Sprintf("%s are to be kept exactly: %v has become %v", f.name, f.of(c, bounds), f.of(d, bounds)))
		}
	}
	if d.Len() != c.Len() {
		return append(faults, fmt.Sprintf("%d neurons have become %d", c.Len(), d.Len()))
	}
	for i, neuron := range c.Neurons() {
		if d.Neuron(i).ID != neuron.ID || d.Neuron(i).Class != neuron.Class || d.Observed(i) != c.Observed(i) {
			faults = append(faults, fmt.Sprintf("neuron %d or its mask has changed", i))
		}
		if !c.Observed(i) && !slices.Equal(c.CSR().Row(i), d.CSR().Row(i)) {
			faults = append(faults, fmt.Sprintf("the unobserved row %d was redrawn", i))
		}
	}
	return faults
}

const meanDraws = 1000

// means asks, on planted circuits, that means are kept, though not in every draw,
// and that what is not kept is off on one of them.
func means(m nullmodel.Model) (faults []string) {
	varied, off := make([]bool, len(features)), make([]bool, len(features))
	for _, masked := range []bool{false, true} {
		c := planted(masked)
		bounds, err := nullmodel.DistanceBins(c)
		if err != nil {
			return []string{err.Error()}
		}
		samples, err := sample(m, c, bounds, varied)
		if err != nil {
			return []string{err.Error()}
		}
		for k, f := range features {
			want := f.of(c, bounds)
			at, mean, allowed := samples[k].worst(want, meanDraws)
			if math.Abs(mean-float64(want[at])) <= allowed {
				continue
			}
			off[k] = true
			if f.kept(m.Preserves) == nullmodel.Mean {
				faults = append(faults, fmt.Sprintf("%s are to be kept in the mean: number %d is %d, and %.3f over %d draws, further than %.3f (masked: %t)", f.name, at, want[at], mean, meanDraws, allowed, masked))
			}
		}
	}
	for k, f := range features {
		declared := f.kept(m.Preserves)
		if declared != nullmodel.Exactly && !varied[k] {
			faults = append(faults, fmt.Sprintf("%s are declared as kept %q, but every draw has kept them exactly", f.name, declared))
		} else if declared == nullmodel.Not && !off[k] {
			faults = append(faults, fmt.Sprintf("%s are declared as not kept, but their means are", f.name))
		}
	}
	return faults
}

// sample draws and counts every feature; varied is set where a draw differs.
func sample(m nullmodel.Model, c *circuit.Circuit, bounds []float64, varied []bool) ([]sampled, error) {
	s, err := m.Fit(context.Background(), c)
	if err != nil {
		return nil, err
	}
	samples := make([]sampled, len(features))
	rng := rand.New(rand.NewPCG(9, 10))
	for range meanDraws {
		d, err := s.Draw(rng)
		if err != nil {
			return nil, err
		}
		for k, f := range features {
			values := f.of(d, bounds)
			samples[k].add(values)
			varied[k] = varied[k] || !slices.Equal(values, f.of(c, bounds))
		}
	}
	return samples, nil
}

// cores asks for the same draws whatever GOMAXPROCS, from two fits, and for
// others from another seed.
func cores(ctx context.Context, m nullmodel.Model) (faults []string) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	c := planted(true)
	var first []*circuit.Circuit
	for _, count := range []int{1, 2, 7} {
		runtime.GOMAXPROCS(count)
		draws, err := nullmodel.Draws(ctx, m, c, 12, seed.Seed(3))
		if err != nil {
			return []string{err.Error()}
		}
		if first == nil {
			first = draws
		}
		for i, d := range draws {
			if !slices.Equal(d.EdgeList(), first[i].EdgeList()) {
				faults = append(faults, fmt.Sprintf("draw %d is another one on %d cores", i, count))
			}
		}
	}
	other, err := nullmodel.Draws(ctx, m, c, 1, seed.Seed(4))
	switch {
	case err != nil:
		faults = append(faults, err.Error())
	case slices.Equal(other[0].EdgeList(), first[0].EdgeList()):
		faults = append(faults, "two seeds give the same draw")
	case slices.Equal(first[0].EdgeList(), first[1].EdgeList()):
		faults = append(faults, "two draws of a seed are the same")
	}
	return faults
}

func cancelled(m nullmodel.Model) (faults []string) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := nullmodel.Draws(ctx, m, planted(false), 3, 1); !errors.Is(err, context.Canceled) {
		faults = append(faults, fmt.Sprintf("a cancelled context gives %v", err))
	}
	if draws, err := nullmodel.Draws(context.Background(), m, planted(false), 0, 1); err != nil || len(draws) != 0 {
		faults = append(faults, fmt.Sprintf("no draws are %d (%v)", len(draws), err))
	}
	if _, err := nullmodel.Draws(context.Background(), m, planted(false), -1, 1); err == nil {
		faults = append(faults, "−1 draws are no error")
	}
	return faults
}

// defined asks for surrogates, or an error that names package, verb and model.
func defined(m nullmodel.Model, c *circuit.Circuit) []string {
	if _, err := m.Fit(context.Background(), c); err != nil {
		if !strings.HasPrefix(err.Error(), "nullmodel: fit "+m.Name+": ") {
			return []string{fmt.Sprintf("the error does not say where it is from: %v", err)}
		}
		if hasAll(c) {
			return []string{fmt.Sprintf("every neuron has a class and a position, but: %v", err)}
		}
		return nil
	}
	return exact(m, c, 3)
}

func hasAll(c *circuit.Circuit) bool {
	for _, neuron := range c.Neurons() {
		if neuron.Class == "" || !neuron.Position.Known() {
			return false
		}
	}
	return true
}

// soon runs a check that must not go on for ever.
func soon(check func() []string) []string { return within(time.Minute, check) }

func within(limit time.Duration, check func() []string) []string {
	done := make(chan []string, 1)
	go func() {
		defer func() {
			if fault := recover(); fault != nil {
				done <- []string{fmt.Sprint("panic: ", fault)}
			}
		}()
		done <- check()
	}()
	select {
	case faults := <-done:
		return faults
	case <-time.After(limit):
		return []string{fmt.Sprintf("it has not ended after %v", limit)}
	}
}
