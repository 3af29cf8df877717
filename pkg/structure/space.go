package structure

import (
	"math"

	"github.com/cortigen/cortigen/pkg/circuit"
)

var spaceMeasures = []Measure{
	{"wire_length", "µm", 0, inf, "mean distance between the somata that edges connect", "ours", "n+m", KnownRows, (*view).wireLength},
	{"decay_length", "µm", 0, inf, "λ of p(d) = p₀·exp(−d/λ), d the distance of somata, by maximum likelihood", "the form of Egas Santander et al. 2024, doi:10.1101/2024.03.15.585196; the fit is ours", "n²", KnownRows, (*view).decayLength},
	{"decay_length_horizontal", "µm", 0, inf, "decay_length for the distance within the sheet", "ours", "n²", KnownRows, (*view).decayLengthHorizontal},
	{"decay_length_depth", "µm", 0, inf, "decay_length for the difference of depths", "ours", "n²", KnownRows, (*view).decayLengthDepth},
}

// places are the known positions of a circuit and sums over the edges of observed
// rows between them.
type places struct {
	made     bool
	neuron   []int32 // those of known position
	at       []circuit.Position
	edges    int
	downward int
	steps    float64 // post deeper than pre by, summed
	wire     float64
	gaps     []gap // memory of decay
}

// placed looks at positions once a circuit.
func (v *view) placed() *places {
	p := &v.places
	if p.made {
		return p
	}
	*p = places{made: true, neuron: p.neuron[:0], at: resized(p.at, v.n), gaps: p.gaps[:0]}
	for i, neuron := range v.c.Neurons() {
		p.at[i] = neuron.Position
		if neuron.Position.Known() {
			p.neuron = append(p.neuron, int32(i))
		}
	}
	for _, i := range p.neuron {
		if !v.c.Observed(int(i)) {
			continue
		}
		for _, j := range v.c.CSR().Row(int(i)) {
			if !p.at[j].Known() {
				continue
			}
			step := p.at[j].Depth - p.at[i].Depth
			p.edges++
			p.steps += step
			p.wire += apartInSpace(p.at[i], p.at[j])
			if step > 0 {
				p.downward++
			}
		}
	}
	return p
}

// WireLength returns the mean distance in µm between the somata of the two
// neurons of an edge, over the edges of observed rows between neurons of known
// position; NaN without one. It is the least wire that could connect them, not the
// length of axons.
func WireLength(c *circuit.Circuit) float64 { return measured(c, (*view).wireLength) }

func (v *view) wireLength() float64 {
	p := v.placed()
	return ratio(p.wire, float64(p.edges))
}

// Decay is how the probability of an edge falls with distance.
type Decay struct {
	// Length is λ in µm of p(d) = p₀·exp(−d/λ), NaN where there is none, and
	// LengthError its standard error, from the curvature of the log-likelihood.
	Length, LengthError float64
	// AtZero is p₀.
	AtZero float64
	// Edges of Pairs ordered pairs were used.
	Edges, Pairs int
}

// DecayLength returns the length λ in µm over which the probability of an edge
// falls to 1/e: that of DecayOf.
func DecayLength(c *circuit.Circuit) float64 { return measured(c, (*view).decayLength) }

// DecayLengthHorizontal is DecayLength for the distance within the cortical sheet,
// depth left out.
func DecayLengthHorizontal(c *circuit.Circuit) float64 {
	return measured(c, (*view).decayLengthHorizontal)
}

// DecayLengthDepth is DecayLength for the difference of depths.
func DecayLengthDepth(c *circuit.Circuit) float64 { return measured(c, (*view).decayLengthDepth) }

func (v *view) decayLength() float64           { return v.decay(apartInSpace).Length }
func (v *view) decayLengthHorizontal() float64 { return v.decay(apartInSheet).Length }
func (v *view) decayLengthDepth() float64      { return v.decay(apartInDepth).Length }

// DecayOf fits p(d) = p₀·exp(−d/λ) to a circuit by maximum likelihood: every
// ordered pair of neurons of known position, the presynaptic row observed, is an
// edge with probability p of the distance d of its somata, independently. p₀ is
// at most 1, so that p is a probability at every distance.
//
// The log-likelihood is concave in ln p₀ and 1/λ, so there is one maximum. It has
// a positive λ exactly where edges are on average shorter than the pairs that are
// none. Where they are not, or by less than rounding tells, p does not fall with
// distance: Length, LengthError and AtZero are NaN, as they are without edges,
// without pairs that are none, and where all edges have length 0, for which λ
// would be 0.
//
// The form is that of Egas Santander et al. 2024, doi:10.1101/2024.03.15.585196,
// and others, who fit it to binned frequencies; the fit is ours.
func DecayOf(c *circuit.Circuit) Decay {
	return measured(c, func(v *view) Decay { return v.decay(apartInSpace) })
}

func apartInSpace(p, q circuit.Position) float64 {
	x, y, z := p.X-q.X, p.Y-q.Y, p.Depth-q.Depth
	return math.Sqrt(x*x + y*y + z*z)
}

func apartInSheet(p, q circuit.Position) float64 {
	x, y := p.X-q.X, p.Y-q.Y
	return math.Sqrt(x*x + y*y)
}

func apartInDepth(p, q circuit.Position) float64 { return math.Abs(p.Depth - q.Depth) }
