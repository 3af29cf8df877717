package structure_test

import (
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/structure"
)

// excitatory is excitatory cortex with what Egas Santander et al. 2024
// (doi:10.1101/2024.03.15.585196) give of the interior of MICrONS: 9,619 neurons,
// p(d) = .0671·exp(−d/84.5 µm), and a side for which the density is .0056. Sender
// and receiver effects on the log of p are those of package cortex: independent,
// the second half as wide as the first.
func excitatory(t *testing.T, heterogeneity float64) circuit.CSR {
	t.Helper()
	const neurons, side, depth = 9619, 260., 770. // µm
	type cell struct{ x, y, z, send, receive float64 }
	rng := rand.New(rand.NewPCG(1, 1<<40))
	effect := func(sd float64) float64 { return math.Exp(sd*rng.NormFloat64() - sd*sd/2) } // of mean 1
	cells := make([]cell, neurons)
	for i := range cells {
		cells[i] = cell{side * rng.Float64(), side * rng.Float64(), depth * rng.Float64(), effect(heterogeneity), effect(heterogeneity / 2)}
	}
	targets := make([][]circuit.Pair, neurons)
	var group sync.WaitGroup
	for from := range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for i := from; i < neurons; i += runtime.GOMAXPROCS(0) {
				rng := rand.New(rand.NewPCG(1, uint64(i)))
				for j := range neurons {
					a, b := cells[i], cells[j]
					d := math.Sqrt((a.x-b.x)*(a.x-b.x) + (a.y-b.y)*(a.y-b.y) + (a.z-b.z)*(a.z-b.z))
					if i != j && rng.Float64() < .0671*math.Exp(-d/84.5)*a.send*b.receive {
						targets[i] = append(targets[i], circuit.Pair{Pre: int32(i), Post: int32(j)})
					}
				}
			}
		})
	}
	group.Wait()
	var pairs []circuit.Pair
	for _, list := range targets {
		pairs = append(pairs, list...)
	}
	g, _, _, err := circuit.NewCSRPairs(neurons, pairs, nil)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// Shares of neurons by the highest dimension of a directed simplex that they are
// in, as published. Size, density and distance law are the published ones;
// heterogeneity is the one number chosen by the shares, within the range that
// package cortex plants. Without heterogeneity the shares are missed widely: the
// law of distance alone does not make the simplices of cortex (.6 are missed). Over
// four draws of the tissue .05 to .11 were missed, hence the bound.
func TestPublishedSimplexShares(t *testing.T) {
	if os.Getenv("CORTIGEN_SLOW") == "" {
		t.Skip("a hundred million pairs are drawn twice: set CORTIGEN_SLOW=1")
	}
	published := map[int]float64{2: .022, 3: .243, 4: .440, 5: .254, 6: .040, 7: .002}
	missed := func(g circuit.CSR) float64 {
		f, err := structure.SimplicesOf(t.Context(), g, 10)
		if err != nil {
			t.Fatal(err)
		}
		// Half the sum of differences: the share of neurons that would have to move.
		sum := 0.0
		for d, share := range f.Shares() {
			sum += math.Abs(share - published[d])
		}
		t.Logf("shares %.3f", f.Shares())
		return sum / 2
	}
	g := excitatory(t, 1.1)
	if density := float64(g.Edges()) / 9619 / 9618; math.Abs(density-.00563) > .0003 {
		t.Errorf("density is %.5f, published .00563", density)
	}
	if share := missed(g); share > .15 {
		t.Errorf("%.3f of neurons are in simplices of another dimension than published, want .15 or less", share)
	}
	if share := missed(excitatory(t, 0)); share < .3 {
		t.Errorf("without heterogeneity only %.3f are: the check cannot tell", share)
	}
}
