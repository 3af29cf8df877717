package fidelity

// Progress is what a training shows of itself after an epoch.
type Progress struct {
	// Task names the training, such as "train 1 of 3".
	Task string
	// Step counts gradient steps, Of how many there will be.
	Step, Of int
	// Epoch is how many steps this epoch took, and Seconds its wall time,
	// validation included; 0 of one that was restored from a checkpoint.
	Epoch   int
	Seconds float64
	// Train averages the terms over the steps of the epoch, Validation over the
	// validation circuits after it, each in nats per circuit.
	Train, Validation Bound
	// Beta is the weight of the KL terms.
	Beta float64
	// Units is the KL of each dimension of z, in nats, averaged over validation
	// circuits.
	Units []float64
	// Pairs is the mean number of observed ordered pairs of a validation circuit.
	Pairs float64
	// ClassDistance is what a table of connection probability by class and distance
	// costs on the validation circuits, in nats per pair; 0 where it is not known.
	ClassDistance float64
	// Best says that these weights are those to keep so far.
	Best bool
	// Stopped says that the training was interrupted here.
	Stopped bool
}

// PerPair returns the bound on the edges of the validation circuits, code
// included, in nats per observed ordered pair.
func (p Progress) PerPair() float64 { return (p.Validation.Edges + p.Validation.KL) / p.Pairs }

// Done says that there will be no later report.
func (p Progress) Done() bool { return p.Stopped || p.Step >= p.Of }
