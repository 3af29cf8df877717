package fidelity

import (
	"context"
	"math"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
)

// degreeCodes hold, by class, how often neurons have a degree in training.
type degreeCodes struct {
	out, in map[circuit.Class]map[int]float64
	outOf   map[circuit.Class]float64
	inOf    map[circuit.Class]float64
	// mean rates of all, for the prior.
	rate float64
}

// fitDegreeCodes counts. In-degrees are from observed rows only.
func fitDegreeCodes(train []*circuit.Circuit) degreeCodes {
	d := degreeCodes{
		out: map[circuit.Class]map[int]float64{}, in: map[circuit.Class]map[int]float64{},
		outOf: map[circuit.Class]float64{}, inOf: map[circuit.Class]float64{},
	}
	var all tally
	each(train, func(_, _ circuit.Neuron, edge bool) { all.add(edge) })
	d.rate = over(all.edges, all.pairs)
	for _, c := range train {
		out, in := observedDegrees(c)
		for i, neuron := range c.Neurons() {
			if d.out[neuron.Class] == nil {
				d.out[neuron.Class], d.in[neuron.Class] = map[int]float64{}, map[int]float64{}
			}
			if c.Observed(i) {
				d.out[neuron.Class][out[i]]++
				d.outOf[neuron.Class]++
			}
			d.in[neuron.Class][in[i]]++
			d.inOf[neuron.Class]++
		}
	}
	return d
}

// observedDegrees count the edges of observed rows.
func observedDegrees(c *circuit.Circuit) (out, in []int) {
	out, in = make([]int, c.Len()), make([]int, c.Len())
	for i := range c.Len() {
		if !c.Observed(i) {
			continue
		}
		for _, j := range c.CSR().Row(i) {
			out[i]++
			in[j]++
		}
	}
	return out, in
}

// geometric is the prior of degrees: of given mean, and so of greatest entropy,
// cut at the most that there can be.
func geometric(k, most int, mean float64) float64 {
	q := mean / (1 + mean)
	return (1 - q) * math.Pow(q, float64(k)) / (1 - math.Pow(q, float64(most+1)))
}

// nats is what the degrees of a circuit cost: −log of the share of training
// neurons of the class with that degree, smoothed by a neuron of the prior.
func (d degreeCodes) nats(c *circuit.Circuit) float64 {
	out, in := observedDegrees(c)
	rows := c.ObservedRows()
	rate := d.rate
	if !(rate > 0) {
		rate = .5
	}
	cost := func(counts map[int]float64, of float64, k, most int) float64 {
		return -math.Log((counts[k] + geometric(k, most, rate*float64(most))) / (of + 1))
	}
	sum := 0.
	for i, neuron := range c.Neurons() {
		sources := rows
		if c.Observed(i) {
			sources--
			sum += cost(d.out[neuron.Class], d.outOf[neuron.Class], out[i], c.Len()-1)
		}
		sum += cost(d.in[neuron.Class], d.inOf[neuron.Class], in[i], sources)
	}
	return sum
}

// Reading is the answer of somebody who reads part of the circuit that is asked
// for, with what the reading costs.
type Reading struct {
	Report Report `json:"report"`
	// Code is what was read, in nats per circuit.
	Code latent.Interval `json:"code"`
	// Bounds are edges and code together: what a model's bound is held against.
	Bounds Bounds `json:"bounds"`
}

// ReadDegrees scores class pair × distance corrected by all degrees of the test
// circuit itself, unshrunk: its AUC is about what any model with two numbers a
// neuron can reach. The degrees cost their code length under the degrees of
// training neurons of the same class (ours).
func (d *Degrees) ReadDegrees(ctx context.Context, circuits []*circuit.Circuit, resamples int, s seed.Seed) (Reading, error) {
	r, err := Evaluate(ctx, d.Name()+" of the circuit itself", circuits, func(i int) ([]float64, error) {
		return d.corrected(Partial{Circuit: circuits[i]}, unshrunk)
	}, resamples, s)
	if err != nil {
		return Reading{}, err
	}
	code := make([]float64, len(circuits))
	for i, c := range circuits {
		code[i] = d.codes.nats(c)
	}
	return newReading(r, circuits, code, resamples, s), nil
}

// newReading counts the code, in nats by circuit, with the edges.
func newReading(r Report, circuits []*circuit.Circuit, code []float64, resamples int, s seed.Seed) Reading {
	b := Bounds{Name: r.Name + ", code counted", Region: r.Region}
	for i, c := range circuits {
		b.PerPair = append(b.PerPair, r.Scores[i].LogLoss+over(code[i], float64(c.ObservedRows()*(c.Len()-1))))
	}
	b.Mean = MeanOver(b.PerPair, b.Region, resamples, s)
	return Reading{Report: r, Code: MeanOver(code, r.Region, resamples, s), Bounds: b}
}
