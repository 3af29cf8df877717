// Package circuit is the vocabulary of Cortigen: a directed, simple graph of a
// few dozen to a few thousand neurons, with what is known of each neuron.
//
// # Story
//
// A [Circuit] is an ordered list of neurons and an adjacency A, where
// A[pre, post] is true when the neuron of row pre makes at least one synapse on
// the neuron of column post. There are no autapses and no parallel edges; how
// many synapses an edge has, and how large they are, is another matter and is
// kept by the reconstruction it came from. A Circuit is checked when it is made
// and never changes afterwards, so it may be shared between goroutines.
//
// # Conventions
//
//   - Rows are presynaptic, columns postsynaptic, everywhere.
//   - Positions are in µm. X and Y span the cortical sheet, Depth runs from the
//     pia downwards. A neuron without a position has [NoPosition].
//   - A [Sign] is that of the presynaptic neuron (Dale's principle).
//   - A nil observed-rows mask means that every neuron's outputs were observed.
//     Where it is not nil, a row that is false is UNKNOWN, not empty: an axon
//     that nobody proofread. Measures and likelihoods leave such rows out.
//
// # Limits
//
// Adjacency is held both as bit rows (n²/8 bytes) and as compressed rows, which
// is right up to [MaxNeurons]. Whole reconstructions belong in package
// connectome, which keeps compressed rows only.
package circuit
