package circuit

import (
	"fmt"
	"math"
)

// Sign is the effect of a neuron on those it contacts.
type Sign int8

// The signs. The zero value says that the sign is not known.
const (
	Inhibitory  Sign = -1
	UnknownSign Sign = 0
	Excitatory  Sign = +1
)

// String returns "E", "I" or "?".
func (s Sign) String() string {
	switch s {
	case Excitatory:
		return "E"
	case Inhibitory:
		return "I"
	default:
		return "?"
	}
}

// ParseSign reads "E", "I" (also "exc", "inh", "excitatory", "inhibitory", in
// either case) and, for unknown, "" or "?". Anything else is an error.
func ParseSign(s string) (Sign, error) {
	switch s {
	case "E", "e", "exc", "Exc", "EXC", "excitatory", "Excitatory":
		return Excitatory, nil
	case "I", "i", "inh", "Inh", "INH", "inhibitory", "Inhibitory":
		return Inhibitory, nil
	case "", "?":
		return UnknownSign, nil
	}
	return UnknownSign, fmt.Errorf("circuit: sign %q is neither E nor I", s)
}

// Class is a neuron's type in the words of its source, such as "23P", "5P-IT"
// or "BC". The empty class means that the source does not say.
type Class string

// Layer is a cortical layer, such as "L2/3". The empty layer means unknown.
type Layer string

// Position is a soma's place in µm: X and Y across the cortical sheet, Depth
// from the pia downwards.
type Position struct {
	X, Y, Depth float64
}

// NoPosition returns the position of a neuron whose place is not known: three
// NaNs. It is a function because NaN has no constant.
func NoPosition() Position {
	nan := math.NaN()
	return Position{nan, nan, nan}
}

// Known reports whether all three coordinates are finite.
func (p Position) Known() bool { return finite(p.X) && finite(p.Y) && finite(p.Depth) }

// Distance returns the Euclidean distance in µm, NaN when either is not known.
func (p Position) Distance(q Position) float64 {
	return math.Hypot(p.Horizontal(q), p.Depth-q.Depth)
}

// Horizontal returns the distance within the sheet in µm, depth left out.
func (p Position) Horizontal(q Position) float64 { return math.Hypot(p.X-q.X, p.Y-q.Y) }

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// Neuron is what is known of one neuron.
type Neuron struct {
	// ID is the source's own identifier, kept as written, so that 64-bit
	// segment ids stay exact. Unique within a circuit.
	ID string
	// Class is the type in the source's words; "" when unknown.
	Class Class
	// Layer is the cortical layer; "" when unknown.
	Layer Layer
	// Sign is that of the neuron's own synapses.
	Sign Sign
	// Position is the soma's place in µm, or NoPosition.
	Position Position
}

// Edge is an ordered pair of neurons, by index.
type Edge struct {
	Pre, Post int
}
