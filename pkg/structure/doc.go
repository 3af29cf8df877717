// Package structure measures one circuit: what its wiring is like, in numbers
// that can be compared between circuits, models and null models.
//
// # Story
//
//	r := structure.Reciprocity(c)                        // one measure
//	p, err := structure.NewProfile(c)                    // all of them
//	t, err := structure.Profiles(ctx, circuits, "density", "clustering")
//
// A whole reconstruction, as compressed rows, goes to [TriadsOf],
// [ClusteringOfGraph], [SimplicesOf], [StrongComponents] and [WeakComponents];
// its degrees and mutual pairs are methods of the rows themselves.
//
// [Measures] is the registry: every measure has a name, unit, range, definition
// and source, and is also a plain function, or an entry of what [Triads] or
// [Simplices] return. What is not one number has functions only: [ClassCounts],
// [ClassPairs] and [SignPairs], one value a neuron ([ClusteringOf], [Betweenness],
// [TrophicLevels], [CoreNumbers], [SimplexDimensions], [Communities]), [RichClub]
// and [DecayOf]. How far a measure is from chance, a z-score of triads or a rich
// club against random wiring, is for package significance.
//
// # Conventions
//
// A measure that is not defined for a circuit (reciprocity without edges,
// anything of an empty circuit) is NaN, never 0; a [Summary] says how many
// values it used. Other libraries differ: bctpy and networkx count clustering as
// 0 where a neuron has no pair of neighbours, which lowers means over sparse
// circuits; here such neurons are left out. Texts exchange the triads 111D and
// 111U; here they are those of networkx and igraph (see [Triads]).
//
// Where edges run both ways among many neurons, directed simplices are too many
// to count: their measures are NaN past the limit of [Simplices].
//
// Measures depend on the graph and not on how its neurons are numbered, but for
// the spread that a few declare (see [Measure.Spread]).
//
// Rows that were not observed are unknown, not empty. Measures use what is
// known: density the observed rows, pairs only where both rows are observed,
// triangles where all three are. Measures of the whole matrix, such as the
// spectral radius or the path length, are NaN where a row is unknown.
//
// Lengths of paths are of pairs that have one: circuits are seldom strongly
// connected. Betweenness is normalised as networkx has it. What needs positions
// leaves out neurons without.
package structure
