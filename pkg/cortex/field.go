package cortex

import (
	"math"
	"math/rand/v2"
	"sync"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// waves is how many plane waves make a field: enough for its values to be
// close to normal.
const waves = 96

// field returns a smooth random function of the sheet, evaluated at the given
// places: a sum of plane waves whose correlation is exp(−d²/2ℓ²). Rahimi & Recht
// 2007, Random features for large-scale kernel machines, eq. 5.
func field(x, y []float64, length float64, rng *rand.Rand) []float64 {
	values := make([]float64, len(x))
	for range waves {
		kx, ky := rng.NormFloat64()/length, rng.NormFloat64()/length
		phase := 2 * math.Pi * rng.Float64()
		for i := range values {
			values[i] += math.Cos(kx*x[i] + ky*y[i] + phase)
		}
	}
	return values
}

// blueprint returns every factor at every neuron. Fields of a finite sheet are
// correlated by chance; what a field shares with those before it is taken out.
// Each is then spread evenly over its factor's range.
func blueprint(x, y []float64, length float64, rng func(factor string) *rand.Rand) map[string][]float64 {
	var fields [len(factors)][]float64
	var group sync.WaitGroup
	for k, f := range factors {
		group.Go(func() { fields[k] = field(x, y, length, rng(f.Name)) })
	}
	group.Wait()
	planted := make(map[string][]float64, len(factors))
	for k, f := range factors {
		values := fields[k]
		standardise(values)
		for _, other := range fields[:k] {
			floats.AddScaled(values, -floats.Dot(values, other)/floats.Dot(other, other), other)
		}
		standardise(values)
		spread := make([]float64, len(values))
		for i, v := range values {
			spread[i] = f.Min + (f.Max-f.Min)*distuv.UnitNormal.CDF(v)
		}
		planted[f.Name] = spread
	}
	return planted
}

func standardise(values []float64) {
	mean, sd := stat.MeanStdDev(values, nil)
	floats.AddConst(-mean, values)
	floats.Scale(1/sd, values)
}
