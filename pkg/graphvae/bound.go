package graphvae

import (
	"context"
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/internal/mlx"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Terms is the negative evidence lower bound of circuits, term by term, in
// nats per circuit; smaller is better.
type Terms struct {
	// Edges is the expected negative log-likelihood of the adjacency.
	Edges float64 `json:"edges"`
	// Classes is that of which neurons there are: of Slots the slots' classes, null
	// ones included; with Config.Composition number, radius, classes and places,
	// where those of continuous things are densities, which a code can raise above
	// one: of depth in units of Config.DepthSD, and of the log of squared radius per
	// neuron. 0 for Exchangeable models without, which are given their neurons.
	Classes float64 `json:"classes"`
	// KL is the length of the circuit's code, KL(q(z|A,c) ‖ p(z)).
	KL float64 `json:"kl"`
	// NeuronKL is that of the codes of its neurons together, the mean over z of
	// Σ KL(q(u_i|z,A,c,p) ‖ p(u_i|z,c,p)); 0 for Slots.
	NeuronKL float64 `json:"neuron_kl,omitzero"`
	// Pairs is the number of observed ordered pairs, for the bound per pair.
	Pairs float64 `json:"pairs"`
}

// Total returns the negative bound in nats per circuit.
func (t Terms) Total() float64 { return t.Edges + t.Classes + t.KL + t.NeuronKL }

// CodeLength returns the length of all codes, global and per-neuron, in nats
// per circuit.
func (t Terms) CodeLength() float64 { return t.KL + t.NeuronKL }

// PerPair returns what the edges cost, code included, in nats per observed
// ordered pair; NaN where none was observed. With Config.Composition the code tells
// of the neurons too.
func (t Terms) PerPair() float64 { return (t.Edges + t.CodeLength()) / t.Pairs }

// String gives the terms on one line.
func (t Terms) String() string {
	if t.NeuronKL != 0 && t.Classes != 0 {
		return fmt.Sprintf("−ELBO %.1f = edges %.1f + composition %.1f + KL %.2f + neurons' KL %.2f nats", t.Total(), t.Edges, t.Classes, t.KL, t.NeuronKL)
	}
	if t.NeuronKL != 0 {
		return fmt.Sprintf("−ELBO %.1f = edges %.1f + KL %.2f + neurons' KL %.2f nats", t.Total(), t.Edges, t.KL, t.NeuronKL)
	}
	return fmt.Sprintf("−ELBO %.1f = edges %.1f + classes %.1f + KL %.2f nats", t.Total(), t.Edges, t.Classes, t.KL)
}

// finite reports whether all terms are numbers.
func (t Terms) finite() bool { return finite(t.Total()) }

// Bound returns the terms of every circuit with one draw of its codes, the
// noise being named by the seed. Neither free bits nor weights of training enter.
func (m *Model) Bound(ctx context.Context, circuits []*circuit.Circuit, s seed.Seed) ([]Terms, error) {
	all, _, err := m.bound(ctx, circuits, s)
	return all, err
}

// bound returns also the KL of each dimension of z, averaged over circuits.
func (m *Model) bound(ctx context.Context, circuits []*circuit.Circuit, s seed.Seed) ([]Terms, []float64, error) {
	all := make([]Terms, 0, len(circuits))
	units := make([]float64, m.config.Latent)
	err := m.eachBatch(ctx, "bound", circuits, func(b batch, first, count int) error {
		out, err := run(m.terms, "bound", append(b.tensors(), m.boundNoise(b, circuits[first:first+count], first, s)...)...)
		if err != nil {
			return err
		}
		kl := rows(out[2], count, m.config.Latent)
		for i := range count {
			t := Terms{Edges: float64(out[0][i]), Classes: float64(out[1][i]), NeuronKL: float64(out[3][i]), Pairs: pairs(circuits[first+i])}
			for k, unit := range kl[i] {
				t.KL += unit
				units[k] += unit / float64(len(circuits))
			}
			all = append(all, t)
		}
		return nil
	})
	return all, units, err
}

// boundNoise draws the noise of a batch: of Slots batch by batch, of
// Exchangeable models circuit by circuit, whatever stands beside it.
func (m *Model) boundNoise(b batch, circuits []*circuit.Circuit, first int, s seed.Seed) []any {
	if m.config.Kind == Slots {
		return []any{normal(s.Stream("bound", first), b.size, m.config.Latent)}
	}
	e := m.config.newNoise(b.size, b.slots)
	for i, c := range circuits {
		e.draw(i, c.Len(), s.Stream("bound", first+i))
	}
	return e.tensors()
}

// Likelihood returns log p(A, c | z) of every circuit, in nats, given its row of
// z, [circuits, latent]. Of Exchangeable models it is a lower bound on
// log p(A | z, c, p): the codes of neurons are drawn once from q(u|z,A,c,p), with
// the same noise at every call, and their KL is taken off. With
// Config.Composition, log p(n, radius, c, p | z) is in it (see Terms.Classes).
func (m *Model) Likelihood(ctx context.Context, circuits []*circuit.Circuit, z [][]float64) ([]float64, error) {
	if len(z) != len(circuits) {
		return nil, fmt.Errorf("graphvae: likelihood: %d codes for %d circuits", len(z), len(circuits))
	}
	if err := m.checkCodes(z); err != nil {
		return nil, fmt.Errorf("graphvae: likelihood: %w", err)
	}
	all := make([]float64, 0, len(circuits))
	err := m.eachBatch(ctx, "likelihood", circuits, func(b batch, first, count int) error {
		e := m.config.newNoise(b.size, b.slots)
		for i := range count {
			setRow(e.z, z[first+i], i)
			if m.config.Kind == Exchangeable {
				e.drawNeurons(i, circuits[first+i].Len(), seed.Seed(0).Stream("likelihood", first+i))
			}
		}
		out, err := run(m.likelihood, "likelihood", append(b.tensors(), e.tensors()...)...)
		if err != nil {
			return err
		}
		for i := range count {
			all = append(all, float64(out[0][i]))
		}
		return nil
	})
	return all, err
}

// setRow writes a row of a flat array.
func setRow(flat []float32, row []float64, i int) {
	for j, x := range row {
		flat[i*len(row)+j] = float32(x)
	}
}

// checkCodes reports the first code of the wrong length or with a number that
// is not finite.
func (m *Model) checkCodes(z [][]float64) error {
	for i, code := range z {
		if len(code) != m.config.Latent {
			return fmt.Errorf("code %d has %d dimensions, the model has %d", i, len(code), m.config.Latent)
		}
		for j, x := range code {
			if !finite(x) {
				return fmt.Errorf("code %d has %g in dimension %d: codes are finite", i, x, j)
			}
		}
	}
	return nil
}

// codeTensor packs at most evalBatch codes, padded with zeros.
func (m *Model) codeTensor(z [][]float64) *tensors.Tensor {
	flat := make([]float32, evalBatch*m.config.Latent)
	for i, code := range z {
		setRow(flat, code, i)
	}
	return mlx.Tensor(flat, evalBatch, m.config.Latent)
}

// mean averages terms over circuits.
func mean(terms []Terms) Terms {
	var sum Terms
	for _, t := range terms {
		sum.Edges += t.Edges
		sum.Classes += t.Classes
		sum.KL += t.KL
		sum.NeuronKL += t.NeuronKL
		sum.Pairs += t.Pairs
	}
	n := float64(len(terms))
	return Terms{sum.Edges / n, sum.Classes / n, sum.KL / n, sum.NeuronKL / n, sum.Pairs / n}
}
