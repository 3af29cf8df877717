package connectome

import (
	"cmp"
	"errors"
	"fmt"
	"math"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// SimulatorConfig is the rule that makes weights and delays of edges, which a
// reconstruction does not have, for the pair tables of simulators. The rule is
// written into the tables.
//
//	weight = synapses × WeightPerSynapse            of an excitatory neuron
//	weight = −synapses × WeightPerSynapse × InhibitoryFactor   of an inhibitory one
//	delay  = DelayMS + distance of the somata / ConductionVelocity, to StepMS
//
// An edge without a synapse count has one synapse. An edge with an end whose
// position is not known has DelayMS.
type SimulatorConfig struct {
	// WeightPerSynapse is in the simulator's unit. Zero means 87.8 pA for NEST and
	// 0.15 mV for Brian2, which are the same postsynaptic potential in the model of
	// Potjans & Diesmann 2014 (doi:10.1093/cercor/bhs358), and 0.0005 µS for PyNN
	// (ours).
	WeightPerSynapse float64 `json:"weight_per_synapse,omitempty"`
	// InhibitoryFactor is how many times as strong an inhibitory synapse is.
	// Default 4, as in that model.
	InhibitoryFactor float64 `json:"inhibitory_factor,omitempty"`
	// DelayMS is the delay of a synapse itself, in ms. Default 1 (ours).
	DelayMS float64 `json:"delay_ms,omitempty"`
	// ConductionVelocity is in µm/ms. Default 300, as for axons of cortical
	// neurons in Markram et al. 2015 (doi:10.1016/j.cell.2015.09.029).
	ConductionVelocity float64 `json:"conduction_velocity,omitempty"`
	// SameDelay leaves distance out.
	SameDelay bool `json:"same_delay,omitempty"`
	// StepMS is the time step: delays are multiples of it, and at least one.
	// Default 0.1.
	StepMS float64 `json:"step_ms,omitempty"`
	// UnknownAs is the sign given to neurons whose sign is not known. Zero means
	// that they are an error if they have outputs.
	UnknownAs circuit.Sign `json:"unknown_as,omitempty"`
}

// Validate reports everything that is out of bounds.
func (s SimulatorConfig) Validate() error {
	var faults []error
	for _, v := range []struct {
		name string
		x    float64
	}{
		{"weight per synapse", s.WeightPerSynapse}, {"inhibitory factor", s.InhibitoryFactor}, {"delay", s.DelayMS},
		{"conduction velocity", s.ConductionVelocity}, {"time step", s.StepMS},
	} {
		if !(v.x >= 0) || math.IsInf(v.x, 0) {
			faults = append(faults, fmt.Errorf("connectome: simulator: %s is %v: give a number above 0, or 0 for the default", v.name, v.x))
		}
	}
	if s.UnknownAs < circuit.Inhibitory || s.UnknownAs > circuit.Excitatory {
		faults = append(faults, fmt.Errorf("connectome: simulator: unknown signs as %d: give %d or %d", s.UnknownAs, circuit.Excitatory, circuit.Inhibitory))
	}
	return errors.Join(faults...)
}

// withDefaults fills in what is zero.
func (s SimulatorConfig) withDefaults(weight float64) SimulatorConfig {
	s.WeightPerSynapse = cmp.Or(s.WeightPerSynapse, weight)
	s.InhibitoryFactor = cmp.Or(s.InhibitoryFactor, 4)
	s.DelayMS = cmp.Or(s.DelayMS, 1)
	s.ConductionVelocity = cmp.Or(s.ConductionVelocity, 300)
	s.StepMS = cmp.Or(s.StepMS, 0.1)
	return s
}

// rule says in lines what was done, with its numbers.
func (s SimulatorConfig) rule(c *Connectome, unit string) []string {
	lines := []string{
		fmt.Sprintf("%s: %d neurons, %d edges; made by Cortigen", c.Name(), c.Len(), c.Edges()),
		"weights and delays are a rule, not measured:",
		fmt.Sprintf("weight of an excitatory neuron's edge = synapses * %v %s", s.WeightPerSynapse, unit),
		fmt.Sprintf("weight of an inhibitory neuron's edge = -%v * synapses * %v %s", s.InhibitoryFactor, s.WeightPerSynapse, unit),
	}
	if c.Synapses() == nil {
		lines = append(lines, "the source has no synapse counts: each edge is one synapse")
	}
	delay := fmt.Sprintf("delay = %v ms + distance between somata / (%v um/ms), in steps of %v ms, at least one", s.DelayMS, s.ConductionVelocity, s.StepMS)
	if s.SameDelay {
		delay = fmt.Sprintf("delay = %v ms, in steps of %v ms", s.DelayMS, s.StepMS)
	}
	lines = append(lines, delay)
	if n := unplacedEdges(c); n > 0 && !s.SameDelay {
		lines = append(lines, fmt.Sprintf("%d edges have an end without a position: their delay is %v ms", n, s.DelayMS))
	}
	if n := len(unsigned(c)); n > 0 {
		lines = append(lines, fmt.Sprintf("%d neurons with outputs have no known sign and were taken as %s", n, s.UnknownAs))
	}
	return lines
}

// unsigned are the neurons with outputs whose sign is not known.
func unsigned(c *Connectome) (indices []int) {
	for i := range c.Len() {
		if c.Neuron(i).Sign == circuit.UnknownSign && len(c.CSR().Row(i)) > 0 {
			indices = append(indices, i)
		}
	}
	return indices
}

func unplacedEdges(c *Connectome) (count int) {
	for i := range c.Len() {
		for _, j := range c.CSR().Row(i) {
			if !c.Neuron(i).Position.Known() || !c.Neuron(int(j)).Position.Known() {
				count++
			}
		}
	}
	return count
}

// connection is an edge as simulators want it.
type connection struct {
	pre, post int
	weight    float64 // signed, in the simulator's unit
	delay     float64 // ms
}

// connections makes those of all edges, in CSR order.
func (s SimulatorConfig) connections(c *Connectome) ([]connection, error) {
	if unknown := unsigned(c); len(unknown) > 0 && s.UnknownAs == circuit.UnknownSign {
		return nil, fmt.Errorf("connectome: %d of %d neurons have outputs and no known sign, the first of them %q: set SimulatorConfig.UnknownAs (datasets convert -unknown-sign) to a sign for them, or leave them out",
			len(unknown), c.Len(), c.Neuron(unknown[0]).ID)
	}
	all := make([]connection, 0, c.Edges())
	for i := range c.Len() {
		pre := c.Neuron(i)
		signed := s.WeightPerSynapse
		if pre.Sign == circuit.Inhibitory || pre.Sign == circuit.UnknownSign && s.UnknownAs == circuit.Inhibitory {
			signed *= -s.InhibitoryFactor
		}
		for _, j := range c.CSR().Row(i) {
			synapses := 1.0
			if counts := c.Synapses(); counts != nil {
				synapses = float64(counts[len(all)])
			}
			all = append(all, connection{pre: i, post: int(j), weight: synapses * signed, delay: s.delay(pre.Position, c.Neuron(int(j)).Position)})
		}
	}
	return all, nil
}

// delay is a multiple of the time step, in ms.
func (s SimulatorConfig) delay(pre, post circuit.Position) float64 {
	ms := s.DelayMS
	if !s.SameDelay && pre.Known() && post.Known() {
		ms += pre.Distance(post) / s.ConductionVelocity
	}
	// Divided by the steps in a ms, a tenth prints as 0.1 and not 0.1000…01.
	return math.Max(1, math.Round(ms/s.StepMS)) / (1 / s.StepMS)
}
