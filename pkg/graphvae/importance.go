package graphvae

import (
	"context"
	"fmt"
	"math"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/internal/mlx"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Importance is the importance-weighted bound of one circuit.
type Importance struct {
	// LogLikelihood is log (1/K) Σ w_k in nats: its expectation is a lower bound
	// on log p(A | c, p), or log p(A, c) of Slots, that grows with K; with
	// Config.Composition on log p(A, n, radius, c, p), see Terms.Classes.
	LogLikelihood float64 `json:"log_likelihood"`
	// Effective is the effective sample size (Σ w)²/Σ w², between 1 and K. Near 1
	// the bound hangs on one draw, and more would raise it.
	Effective float64 `json:"effective"`
	// Samples is K, Pairs the number of observed ordered pairs.
	Samples int     `json:"samples"`
	Pairs   float64 `json:"pairs"`
}

// PerPair returns the negative bound in nats per observed ordered pair; NaN
// where none was observed. With Config.Composition it is no measure of edges, for
// neurons are in the bound too.
func (i Importance) PerPair() float64 { return -i.LogLikelihood / i.Pairs }

// ImportanceBound returns, for every circuit, the importance-weighted bound
// (Burda, Grosse & Salakhutdinov 2016, arXiv:1509.00519) with k draws of all its
// codes from the posterior. At k = 1 its expectation is the ELBO. The draws are
// named by the seed, the circuit's place in the list and their number, so the
// bound of k draws uses those of fewer. Time grows with k: about that of one
// Bound each, less the encoder.
func (m *Model) ImportanceBound(ctx context.Context, circuits []*circuit.Circuit, k int, s seed.Seed) ([]Importance, error) {
	if k < 1 {
		return nil, fmt.Errorf("graphvae: importance bound: %d draws: ask for 1 or more", k)
	}
	all := make([]Importance, 0, len(circuits))
	err := m.eachBatch(ctx, "importance bound", circuits, func(b batch, first, count int) error {
		encoded, err := run(m.encode, "importance bound", b.tensors()...)
		if err != nil {
			return err
		}
		var draws []draw
		for i := range count {
			for sample := range k {
				draws = append(draws, draw{i, sample})
			}
		}
		some := canonical(circuits[first : first+count])
		weights := make([]logSum, count)
		err = m.eachDraw(ctx, "importance bound", some, draws, func(part []draw, in batch, e noise) error {
			for i, d := range part {
				e.draw(i, some[d.circuit].Len(), s.Stream("importance", first+d.circuit, d.sample))
			}
			args := append(in.tensors(), e.tensors()...)
			out, err := run(m.weigh, "importance bound", append(args, m.encodedOf(part, encoded, b.slots, in)...)...)
			if err != nil {
				return err
			}
			for i, d := range part {
				weights[d.circuit].add(float64(out[0][i]))
			}
			return nil
		})
		for i, w := range weights {
			all = append(all, Importance{LogLikelihood: w.log() - math.Log(float64(k)), Effective: w.effective(), Samples: k, Pairs: pairs(circuits[first+i])})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// encodedOf gathers what the encoder made of the circuits of some draws, from
// its outputs padded to a width, for a batch of perhaps another.
func (m *Model) encodedOf(draws []draw, encoded [][]float32, width int, in batch) []any {
	latent := m.config.Latent
	mean, logVar := make([]float32, in.size*latent), make([]float32, in.size*latent)
	h := make([]float32, in.size*in.slots*m.config.Hidden)
	for i, d := range draws {
		copy(mean[i*latent:], encoded[0][d.circuit*latent:(d.circuit+1)*latent])
		copy(logVar[i*latent:], encoded[1][d.circuit*latent:(d.circuit+1)*latent])
		if len(encoded) > 2 {
			from := encoded[2][d.circuit*width*m.config.Hidden:]
			rows := min(width, in.slots)
			copy(h[i*in.slots*m.config.Hidden:], from[:rows*m.config.Hidden])
		}
	}
	all := []any{mlx.Tensor(mean, in.size, latent), mlx.Tensor(logVar, in.size, latent)}
	if len(encoded) > 2 {
		all = append(all, mlx.Tensor(h, in.size, in.slots, m.config.Hidden))
	}
	return all
}

// logSum adds up weights given by their logs, scaled by the largest.
type logSum struct {
	top, sum, squares float64
	any               bool
}

func (s *logSum) add(log float64) {
	if !s.any {
		*s = logSum{top: log, any: true}
	}
	if log > s.top {
		shrink := math.Exp(s.top - log)
		s.top, s.sum, s.squares = log, s.sum*shrink, s.squares*shrink*shrink
	}
	w := math.Exp(log - s.top)
	s.sum += w
	s.squares += w * w
}

func (s logSum) log() float64 { return s.top + math.Log(s.sum) }

func (s logSum) effective() float64 { return s.sum * s.sum / s.squares }
