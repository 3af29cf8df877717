// Package nullmodel makes circuits that share with one only what they must: the
// yardstick by which anything else about that circuit is special.
//
// # Story
//
//	d, err := nullmodel.Configuration(c, rng)                      // one surrogate
//	ds, err := nullmodel.Draws(ctx, m, c, 1000, seed)              // many, on all cores
//	m, err := nullmodel.Find("distance_degree")                    // by name
//	s, err := m.Fit(ctx, c)                                        // fit once, draw often
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
//	name                   keeps exactly               keeps in the mean           what a draw is
//	er                     m                           –                           m of the n(n−1) entries
//	reciprocal_er          m, mutual pairs             –                           which pairs, which of them mutual, directions
//	configuration          out-, in-degrees            –                           end of a chain of swaps and reversals of 3-cycles
//	degree_reciprocal      out-, in-, mutual degrees   –                           end of a chain that redraws 3 or 4 neurons at a time
//	sbm                    edges per class pair        –                           m_rs entries of each block
//	dcsbm                  –                           degrees, class pairs        entries by logit p = a_i + b_j + w(r_i, r_j)
//	distance               –                           m                           entries by p = min(1, p₀·exp(−d/λ))
//	class_distance         –                           edges per class pair        the same, p₀ and λ per class pair
//	distance_degree        –                           degrees, distance bins      entries by logit p = a_i + b_j + f(bin of d_ij)
//	distance_degree_exact  out-, in-degrees            distance bins               chain of configuration, law ∝ exp Σ f(bin)
//	bishuffled             skeleton, mutual pairs      –                           which pairs are mutual, directions of the others
//
// Where nothing is kept in the mean, the law is uniform: every circuit that keeps
// what is kept is equally likely (tested against the enumeration of all on 3 to 5
// neurons). Entries that are drawn by themselves have a mutual pair no oftener
// than by chance. dcsbm and distance_degree are the laws of largest entropy with
// their means; these are met to 1e-6 edges or the fit is an error. The bins of
// distance_degree_exact are met to about a tenth of their spread, since its f is
// corrected by simulation. Sources are in each Model and function.
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
// configuration, degree_reciprocal and distance_degree_exact run a Markov chain
// from the circuit itself. A step that is rejected counts, so that the law stands
// still under the chain; how long is long enough no theorem says at these sizes.
// A draw makes 10 steps an edge over the share of steps that the circuit does not
// reject, so that every edge is moved about 20 times, and at least 1,000. [Mixing]
// measures whether that is enough: on the circuits of our tests, with hubs, sparse
// and dense, a draw is 8 to 25 times as long as the longest autocorrelation time.
// Swaps and reversals reach every circuit of given degrees; how mutual degrees
// are kept without losing reach, [DegreeReciprocal] says.
//
// # Limits
//
// Up to [circuit.MaxNeurons]; models of independent entries and of distance keep
// up to 15 bytes an entry. A draw of configuration takes a tenth of a millisecond
// for 100 neurons and 400 edges, a twentieth of a second for a graph as large as
// the larval brain (3,000 neurons, 110,000 edges); one of degree_reciprocal ten
// times as long. Fits of a column take milliseconds. Those of the larval brain take
// a few seconds where distances or maximum entropy are fitted, and half a minute for
// distance_degree_exact: Fit ends soon after its context does. The functions that
// make one surrogate fit without one.
//
// # References
//
// Each model's Source and function. Reviews: Fosdick, Larremore, Nishimura &
// Ugander 2018, doi:10.1137/16M1087175, and Cimini et al. 2019,
// doi:10.1038/s42254-018-0002-6.
package nullmodel
