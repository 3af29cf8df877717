package graphvae

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// naive is the Exchangeable model once more, in float64 on the host, neuron by
// neuron and pair by pair: the formulas of the package comment with nothing
// rearranged, and no padding. It reads the weights and nothing else.
type naive struct {
	weights snapshot
	config  Config
}

func naiveOf(t *testing.T, m *Model) naive {
	t.Helper()
	weights, err := m.snapshot(isWeight)
	if err != nil {
		t.Fatal(err)
	}
	return naive{weights, m.config}
}

// matrix returns entry (row, col) of a weight.
func (m naive) matrix(name string, row, col int) float64 {
	w := m.weights[weightScope+name]
	return float64(w.values[row*w.dimensions[len(w.dimensions)-1]+col])
}

func (m naive) apply(name string, x []float64) []float64 {
	y := make([]float64, m.weights[weightScope+name+"/bias"].dimensions[0])
	for col := range y {
		y[col] = m.matrix(name+"/bias", 0, col)
		for row := range x {
			y[col] += x[row] * m.matrix(name+"/matrix", row, col)
		}
	}
	return y
}

func within(x, lo, hi float64) float64 { return max(lo, min(hi, x)) }

func relu(x []float64) []float64 {
	y := slices.Clone(x)
	for i := range y {
		y[i] = max(0, y[i])
	}
	return y
}

func layerNorm(x []float64) []float64 {
	var mean, variance float64
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / float64(len(x))
	}
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = (v - mean) / math.Sqrt(variance+1e-5)
	}
	return y
}

func inner(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// terms are what the model says of one circuit at codes drawn with given noise.
type naiveTerms struct{ edges, classes, kl, neuronKL, logWeight float64 }

func (m naive) terms(c *circuit.Circuit, ez []float64, ev [][]float64) (t naiveTerms) {
	n, x := c.Len(), m.features(c)
	surplus := m.surplus(c)
	h := m.states(c, x, surplus)
	average, largest := make([]float64, m.config.Hidden), slices.Repeat([]float64{math.Inf(-1)}, m.config.Hidden)
	for i := range n {
		for k := range average {
			average[k] += h[i][k] / float64(n)
			largest[k] = max(largest[k], h[i][k])
		}
	}
	pooled := relu(m.apply("encoder/pool", slices.Concat(average, largest, surplus.circuit, m.facts(c, x))))
	mean, logVar := m.apply("posterior/mean", pooled), m.apply("posterior/log_var", pooled)
	z := make([]float64, len(mean))
	draw := func(mean, logVar, e float64, kl *float64) float64 {
		v := mean + math.Exp(logVar/2)*e
		*kl += (mean*mean + math.Exp(logVar) - logVar - 1) / 2
		t.logWeight += (e*e+logVar)/2 - v*v/2
		return v
	}
	for j := range z {
		centre, logSD := 10*m.matrix("code/mean", 0, j), within(10*m.matrix("code/log_sd", 0, j), -6, 3)
		z[j] = draw((mean[j]-centre)/math.Exp(logSD), within(logVar[j], -8, 4)-2*logSD, ez[j], &t.kl)
		z[j] = centre + math.Exp(logSD)*z[j] // as it is read
	}
	du := m.config.NeuronLatent
	v, centre := make([][]float64, n), make([]float64, du)
	for i := range n {
		o := m.apply("neuron/second", relu(m.apply("neuron/first", slices.Concat(h[i], x[i], z))))
		v[i] = make([]float64, du)
		for j := range du {
			v[i][j] = draw(o[j], within(o[du+j]+narrow, -8, 4), ev[i][j], &t.neuronKL)
			centre[j] += v[i][j] / float64(n)
		}
	}
	states := make([][]float64, n)
	for i := range n {
		p := m.apply("prior/second", relu(m.apply("prior/first", slices.Concat(x[i], z))))
		u := make([]float64, du)
		for j := range du {
			offset := v[i][j]
			if !m.config.Uncentred {
				offset -= centre[j]
			}
			u[j] = p[j] + math.Exp(within(p[du+j], -6, 3)/2)*offset
		}
		states[i] = layerNorm(m.apply("decoder/second", relu(m.apply("decoder/first", slices.Concat(x[i], u, z)))))
	}
	for i := range n {
		for j := i + 1; j < n; j++ {
			t.edges -= m.pair(c, states, z, i, j)
		}
	}
	if m.config.Composition {
		t.classes = m.composition(c, z)
	}
	t.logWeight -= t.edges + t.classes
	return t
}

// features are class, depth by class, depth, radius and whether it is known.
func (m naive) features(c *circuit.Circuit) [][]float64 {
	k := len(m.config.Classes)
	var cx, cy, known float64
	for _, neuron := range c.Neurons() {
		if p := neuron.Position; p.Known() {
			cx, cy, known = cx+p.X, cy+p.Y, known+1
		}
	}
	x := make([][]float64, c.Len())
	for i, neuron := range c.Neurons() {
		x[i] = make([]float64, 2*k+3)
		class := classIndex(m.config.Classes)[neuron.Class]
		x[i][class] = 1
		if p := neuron.Position; p.Known() {
			depth := (p.Depth - m.config.DepthMean) / m.config.DepthSD
			x[i][k+class], x[i][2*k] = depth, depth
			x[i][2*k+1] = math.Hypot(p.X-cx/known, p.Y-cy/known) / 100
			x[i][2*k+2] = 1
		}
	}
	return x
}

// states is the encoder.
func (m naive) states(c *circuit.Circuit, x [][]float64, surplus naiveSurplus) [][]float64 {
	n := c.Len()
	seen := func(i, j int) bool { return c.Observed(i) && c.Has(i, j) }
	sees := []func(i, j int) bool{
		seen,
		func(i, j int) bool { return seen(j, i) },
		func(i, j int) bool { return seen(i, j) && seen(j, i) },
	}
	degree := func(k, i int) (d float64) {
		for j := range n {
			if sees[k](i, j) {
				d++
			}
		}
		return d
	}
	h := make([][]float64, n)
	for i := range n {
		others, outSeen, inSeen := float64(n-1), 0., float64(c.ObservedRows())
		if c.Observed(i) {
			outSeen, inSeen = others, inSeen-1
		}
		h[i] = relu(m.apply("encoder/embed", slices.Concat(x[i], surplus.neurons[i], []float64{
			5 * degree(0, i) / max(1, outSeen), 5 * degree(1, i) / max(1, inSeen), outSeen / max(1, others), inSeen / max(1, others),
		})))
	}
	for s := range m.config.Stages {
		next := make([][]float64, n)
		for i := range n {
			message := slices.Clone(h[i])
			for k := range sees {
				sum := make([]float64, m.config.Hidden)
				for j := range n {
					if sees[k](i, j) {
						for f := range sum {
							sum[f] += h[j][f] / math.Sqrt(1+degree(k, i))
						}
					}
				}
				message = append(message, sum...)
			}
			update := m.apply(fmt.Sprintf("encoder/stage%d/update", s), relu(m.apply(fmt.Sprintf("encoder/stage%d/message", s), message)))
			for f := range update {
				update[f] += h[i][f]
			}
			next[i] = layerNorm(update)
		}
		h = next
	}
	return h
}

// pair is the log-likelihood of what was observed of a pair.
func (m naive) pair(c *circuit.Circuit, h [][]float64, z []float64, i, j int) float64 {
	p := logProbabilities(m.theta(c, h, z, i, j), m.theta(c, h, z, j, i), m.rho(c, h, z, i, j))
	entry := map[bool]int{true: 1}
	a, b := entry[c.Has(i, j)], entry[c.Has(j, i)]
	switch {
	case c.Observed(i) && c.Observed(j):
		return p[a][b]
	case c.Observed(i):
		return logAdd(p[a][0], p[a][1])
	case c.Observed(j):
		return logAdd(p[0][b], p[1][b])
	}
	return 0
}

func (m naive) theta(c *circuit.Circuit, h [][]float64, z []float64, i, j int) float64 {
	index, k := classIndex(m.config.Classes), len(m.config.Classes)
	from, to := index[c.Neuron(i).Class], index[c.Neuron(j).Class]
	theta := m.expected(c, i, j)
	for f, value := range m.bases(c, i, j) {
		coefficient := m.matrix("decoder/pairs/table", from, f*k+to) + m.matrix("decoder/pairs/common", 0, f)
		for l := range z {
			coefficient += z[l] * (m.matrix("decoder/pairs/shared", l, f) + m.matrix("decoder/pairs/modulation", l, (from*bases+f)*k+to))
		}
		theta += value * coefficient
	}
	theta += m.apply("decoder/send", h[i])[0] + m.apply("decoder/receive", h[j])[0]
	return theta + inner(m.apply("decoder/source", h[i]), m.apply("decoder/target", h[j]))/math.Sqrt(float64(m.config.Rank))
}

// bases are the functions of a pair's places.
func (m naive) bases(c *circuit.Circuit, i, j int) []float64 {
	pre, post := c.Neuron(i).Position, c.Neuron(j).Position
	if !pre.Known() || !post.Known() {
		return []float64{1, 0, 0, 0, 0, 0, 0, 0, 1}
	}
	across, down := pre.Horizontal(post)/100, (post.Depth-pre.Depth)/m.config.DepthSD
	straight := pre.Distance(post) / 100
	within := 0.
	for _, neuron := range []circuit.Neuron{c.Neuron(i), c.Neuron(j)} {
		usual := m.matrix("expected/depth", classIndex(m.config.Classes)[neuron.Class], 0)
		within += (neuron.Position.Depth-m.config.DepthMean)/m.config.DepthSD - usual
	}
	side := 0.
	if down != 0 {
		side = math.Copysign(1, down)
	}
	return []float64{1, across, math.Abs(down), down, side, math.Sqrt(straight), math.Exp(-straight), within, 0}
}

func (m naive) rho(c *circuit.Circuit, h [][]float64, z []float64, i, j int) float64 {
	index := classIndex(m.config.Classes)
	k, l := index[c.Neuron(i).Class], index[c.Neuron(j).Class]
	rho := m.matrix("decoder/reciprocity/base", 0, 0) + m.matrix("decoder/reciprocity/table", k, l) + m.matrix("decoder/reciprocity/table", l, k)
	for f := range z {
		rho += z[f] * m.matrix("decoder/reciprocity/z", f, 0)
	}
	return rho + inner(m.apply("decoder/mutual", h[i]), m.apply("decoder/mutual", h[j]))/math.Sqrt(float64(m.config.Rank))
}

// The bound, term by term, and the importance weight, against the naive model.
// Weights are shaken first, since tables start at 0. The tolerance is float32's
// over sums of some tens of nats.
func TestExchangeableByHand(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"centred":     func(*Config) {},
		"uncentred":   func(c *Config) { c.Uncentred = true },
		"composition": func(c *Config) { c.Composition = true },
	} {
		t.Run(name, func(t *testing.T) {
			m, circuits := tinyExchangeable(t, change)
			shake(t, m, .3)
			byHand, ctx, s := naiveOf(t, m), context.Background(), seed.Seed(31)
			bounds, err := m.Bound(ctx, circuits, s)
			if err != nil {
				t.Fatal(err)
			}
			weighted, err := m.ImportanceBound(ctx, circuits, 1, s)
			if err != nil {
				t.Fatal(err)
			}
			agree := func(i int, what string, got, want float64) {
				t.Helper()
				if !(math.Abs(got-want) <= 1e-4*(1+math.Abs(want))) {
					t.Errorf("circuit %d: %s %g, by hand %g", i, what, got, want)
				}
			}
			for i, c := range circuits {
				ez, ev := noiseOf(m, c, s.Stream("bound", i))
				want := byHand.terms(c, ez, ev)
				agree(i, "edges", bounds[i].Edges, want.edges)
				agree(i, "classes", bounds[i].Classes, want.classes)
				agree(i, "KL", bounds[i].KL, want.kl)
				agree(i, "neurons' KL", bounds[i].NeuronKL, want.neuronKL)
				if m.config.Composition != (want.classes != 0) || want.edges <= 0 || want.kl <= 0 || want.neuronKL <= 0 {
					t.Errorf("circuit %d: classes %g, by hand %+v", i, bounds[i].Classes, want)
				}
				ez, ev = noiseOf(m, c, s.Stream("importance", i, 0))
				agree(i, "log weight", weighted[i].LogLikelihood, byHand.terms(c, ez, ev).logWeight)
				if math.Abs(weighted[i].Effective-1) > 1e-12 || weighted[i].Pairs != bounds[i].Pairs {
					t.Errorf("circuit %d: %+v", i, weighted[i])
				}
			}
		})
	}
}

// noiseOf draws what Bound draws for a circuit.
func noiseOf(m *Model, c *circuit.Circuit, rng *rand.Rand) (z []float64, v [][]float64) {
	for range m.config.Latent {
		z = append(z, float64(float32(rng.NormFloat64())))
	}
	v = make([][]float64, c.Len())
	for i := range v {
		for range m.config.NeuronLatent {
			v[i] = append(v[i], float64(float32(rng.NormFloat64())))
		}
	}
	return z, v
}

// shake moves every weight by a normal number, those that move faster by less.
func shake(t *testing.T, m *Model, sd float64) {
	t.Helper()
	weights, err := m.snapshot(isWeight)
	if err != nil {
		t.Fatal(err)
	}
	for path, w := range weights {
		rng := seed.Seed(32).Stream(strings.TrimPrefix(path, weightScope))
		for i := range w.values {
			by := sd * rng.NormFloat64()
			if strings.HasPrefix(path, weightScope+"code/") || path == weightScope+"composition/table" {
				by /= codeSpeed
			}
			w.values[i] += float32(by)
		}
	}
	if err := m.restore(weights); err != nil {
		t.Fatal(err)
	}
}
