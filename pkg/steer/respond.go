package steer

import (
	"fmt"
	"math"
	"slices"

	"github.com/cortigen/cortigen/pkg/internal/spelling"
	"github.com/cortigen/cortigen/pkg/latent"
)

// Respond returns what the surrogate expects of one measure as a function of the
// code, for latent.Explain: NaN of a code of another dimension. A measure that was
// not learned is an error.
func (m *Surrogate) Respond(measure string) (latent.Surrogate, error) {
	j := slices.Index(m.names, measure)
	if j < 0 {
		return nil, fmt.Errorf("steer: surrogate: it has not learned %q: did you mean %q?", measure, spelling.Nearest(measure, m.names))
	}
	g := m.of[j]
	return func(z []float64) float64 {
		if m.checkCode(z) != nil {
			return math.NaN()
		}
		value, _, _ := g.at(z)
		return value
	}, nil
}
