// Package nullmodel makes circuits that share with one only what they must: the
// yardstick by which anything else about that circuit is special.
//
// # Story
//
//	d, err := nullmodel.Configuration(c, rng)                      // one surrogate
//	ds, err := nullmodel.Draws(ctx, m, c, 1000, seed)              // many, on all cores
//	m, err := nullmodel.Find("distance_degree")                    // by name
//	s, err := m.Fit(c)                                             // fit once, draw often
//	d, err = s.Draw(rng)
//
// A count of triads says little by itself. Hubs alone make transitive triads,
// nearby neurons cluster because they are near, and what looks like a motif is
// often a degree. A null model keeps one such fact and lets the rest be random;
// what the circuit has beyond its surrogates, the fact does not explain. Each
// model declares what it keeps ([Preserved]), and package nulltest holds it to that.
//
// # The models
//
// Let A be the circuit, n its neurons, m its edges, and B a draw. Every law is on
// directed simple graphs without autapses; none is made by dropping repeated
// edges, which would bend it.
//
//	name                   keeps exactly                 keeps in the mean           how it is drawn
//	er                     m                             –                           m of the n(n−1) entries
//	reciprocal_er          m, mutual pairs               –                           which pairs, which of them mutual, directions
//	configuration          out-, in-degrees              –                           chain of swaps and reversals of 3-cycles
//	sbm                    edges per class pair          –                           m_rs entries of each block
//	bishuffled             skeleton, mutual pairs        –                           which pairs are mutual, directions of the others
//
// A law that keeps something exactly is uniform: every circuit that keeps it is
// equally likely (ours are tested against the enumeration of all on 3 to 5 neurons).
//
// # Unobserved rows
//
// A row that was not observed is unknown. Its edges stay as they are and masked,
// and only observed rows are redrawn. Degrees are then those of observed rows:
// outputs of observed neurons, to whomever, and inputs from observed neurons. A
// pair is known to be mutual, or not, where both its neurons are observed.
//
// # Chains
//
// Configuration runs a Markov chain from the circuit itself. A
// step that is rejected counts, so that the uniform law stands still under the
// chain; how long is long enough no theorem says at these sizes. A draw makes 10
// steps an edge over the share of swaps that the circuit does not reject, so that
// every edge is moved about 20 times, and at least 1,000.
//
// # Limits
//
// Up to [circuit.MaxNeurons]. A chain of a 100-neuron circuit takes a tenth of a
// millisecond, one of the larval brain (3,000 neurons, 110,000 edges) a twentieth
// of a second.
//
// # References
//
// Each model's Source and function. Reviews: Fosdick, Larremore, Nishimura &
// Ugander 2018, doi:10.1137/16M1087175, and Cimini et al. 2019,
// doi:10.1038/s42254-018-0002-6.
package nullmodel
