package graphvae

import (
	"math"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// naiveSurplus is surplusGraph by hand.
type naiveSurplus struct {
	neurons [][]float64
	circuit []float64
}

// expected is the log-odds that class pair and distance give.
func (m naive) expected(c *circuit.Circuit, i, j int) float64 {
	index, k := classIndex(m.config.Classes), len(m.config.Classes)
	from, to := index[c.Neuron(i).Class], index[c.Neuron(j).Class]
	eta := float64(edgeBias)
	for f, value := range m.bases(c, i, j) {
		eta += value * m.matrix("expected/table", from, f*k+to)
	}
	return eta
}

func (m naive) surplus(c *circuit.Circuit) naiveSurplus {
	n := c.Len()
	square := func() [][]float64 {
		rows := make([][]float64, n)
		for i := range rows {
			rows[i] = make([]float64, n)
		}
		return rows
	}
	value, variance, mutual, mutualVariance := square(), square(), square(), square()
	p := func(i, j int) float64 { return 1 / (1 + math.Exp(-m.expected(c, i, j))) }
	entry := map[bool]float64{true: 1}
	for i := range n {
		for j := range n {
			if i == j || !c.Observed(i) {
				continue
			}
			q := p(i, j)
			value[i][j], variance[i][j] = entry[c.Has(i, j)]-q, q*(1-q)
			if c.Observed(j) {
				q *= p(j, i)
				mutual[i][j], mutualVariance[i][j] = entry[c.Has(i, j) && c.Has(j, i)]-q, q*(1-q)
			}
		}
	}
	bounded := func(x float64) float64 { return 3 * math.Tanh(x/3) }
	s := naiveSurplus{neurons: make([][]float64, n)}
	var total, totalVariance, totalMutual, totalMutualVariance float64
	var spread, spreadVariance [3]float64
	own := make([]float64, n)
	for i := range n {
		var out, outVariance, back, backVariance, both, bothVariance float64
		for j := range n {
			out, outVariance = out+value[i][j], outVariance+variance[i][j]
			back, backVariance = back+value[j][i], backVariance+variance[j][i]
			both, bothVariance = both+mutual[i][j], bothVariance+mutualVariance[i][j]
		}
		s.neurons[i] = []float64{bounded(out / (1 + outVariance)), bounded(back / (1 + backVariance)), bounded(both / (1 + bothVariance))}
		total, totalVariance = total+out, totalVariance+outVariance
		totalMutual, totalMutualVariance = totalMutual+both, totalMutualVariance+bothVariance
		for k, moment := range []struct{ value, variance float64 }{
			{out*out - outVariance, outVariance * outVariance}, {back*back - backVariance, backVariance * backVariance}, {out * back, outVariance * backVariance},
		} {
			spread[k], spreadVariance[k] = spread[k]+moment.value, spreadVariance[k]+moment.variance
		}
		own[i] = (out + back) / (1 + outVariance + backVariance)
	}
	for f := range bases {
		var on, first, second float64
		for i := range n {
			for j := range n {
				phi := m.bases(c, i, j)[f]
				on, first, second = on+value[i][j]*phi, first+variance[i][j]*phi, second+variance[i][j]*phi*phi
			}
		}
		mean := first / max(totalVariance, 1e-6)
		guess := (on - mean*total) / (1 + second - mean*first)
		if f == 0 {
			guess = total / (1 + totalVariance)
		}
		s.circuit = append(s.circuit, bounded(guess))
	}
	s.circuit = append(s.circuit, bounded(totalMutual/(1+totalMutualVariance)))
	for k := range spread {
		s.circuit = append(s.circuit, bounded(spread[k]/(1+spreadVariance[k])))
	}
	rest := func(i, j int) float64 {
		return value[i][j] + value[j][i] - (variance[i][j]+variance[j][i])*(own[i]+own[j])
	}
	both := func(i, j int) float64 { return variance[i][j] + variance[j][i] }
	triples := func(x func(i, j int) float64) (sum float64) {
		for i := range n {
			for j := range n {
				for k := range n {
					sum += x(i, j) * x(j, k) * x(k, i)
				}
			}
		}
		return sum
	}
	s.circuit = append(s.circuit, bounded(triples(rest)/math.Sqrt(1+6*triples(both))))
	s.circuit = append(s.circuit, bounded(.3*math.Log1p(totalVariance)), bounded(.3*math.Log1p(totalMutualVariance)))
	return s
}
