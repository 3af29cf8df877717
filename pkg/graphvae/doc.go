// Package graphvae learns a compact code of circuits and turns codes back into
// circuits: a variational autoencoder of directed graphs with classed neurons.
//
// # Story
//
//	model, err := graphvae.New(backend, graphvae.Config{Classes: graphvae.Vocabulary(train)}, seed)
//	for epoch, err := range model.Train(ctx, train, validation, graphvae.Training{}, seed) { … }
//	codes, err := model.Encode(ctx, circuits)         // mean and log-variance of q(z|A,c)
//	samples, err := model.Decode(ctx, zs, 64, seed)   // 64 new circuits a code
//	err = model.Save(dir)                             // to go on in Go: Load, or LoadCheckpoint of a run that was stopped
//	err = model.ExportWeights("weights.npz")          // for Python, and ExportCodes for codes
//	model, made, err := graphvae.Pretrained(backend)  // or one that ships, trained on the cortex
//
// Two models share encoder, loss and training: Config.Kind chooses. Slots makes
// whole circuits; Exchangeable wires neurons that are given, any number of them:
//
//	model, err := graphvae.New(backend, graphvae.Config{Kind: graphvae.Exchangeable, Classes: …}, seed)
//	wired, err := model.Generate(ctx, circuits, nil, 64, seed)   // 64 wirings of each circuit's neurons
//	p, err := model.EdgeProbabilities(ctx, circuits, nil, 256, seed)
//	bounds, err := model.ImportanceBound(ctx, circuits, 5000, seed)
//	p, err := model.Complete(ctx, circuits, visible, 64, seed)   // hidden pairs, from what is seen
//	e, err := model.Expecter(circuits, []string{"density"}, 8, seed)
//	values, gradients, err := e.Expect(ctx, zs)   // what decoded circuits will have, and its slope by z
//
// and with Config.Composition, which says what neurons there are, it makes whole
// circuits too, with places:
//
//	samples, err := model.Decode(ctx, zs, 64, seed)
//
// # The Slots model
//
// The reading of Liu, Li & Chen (arXiv:2506.11062) that their abstract allows;
// every number and layer here is ours. A circuit's neurons are put in a
// canonical order (class, then depth) and padded to N slots with a null class.
//
//	z          ~ N(0, I)                                        a circuit's code
//	c_s        ~ Categorical(softmax(classes(h_s)))             s = 1 … N, h_s = f(slot_s, z)
//	(A_st,A_ts) ~ four outcomes, P ∝ exp(A_st θ_st + A_ts θ_ts + A_st A_ts ρ_st)
//	θ_st       = ⟨source(h_s), target(h_t)⟩/√R + send(h_s) + receive(h_t) + b
//	ρ_st       = ⟨mutual(h_s), mutual(h_t)⟩/√R + r                 symmetric
//
// With Z = 1 + e^θst + e^θts + e^(θst+θts+ρst) the marginal probability of an
// edge is P(A_st=1) = e^θst (1 + e^(θts+ρst)) / Z. Where only one direction of
// a pair was observed, that marginal is what enters the likelihood; where
// neither was, nothing does.
//
//	symbol  meaning                                   name in code       shape
//	A       adjacency, row presynaptic                batch.adjacency    [b, N, N]
//	c       class, one-hot, zero for padding          batch.classes      [b, N, K]
//	m       real neuron                               batch.real         [b, N]
//	o       is it known if there is an edge?          batch.visible      [b, N, N]
//	h       encoder states                            encodeGraph        [b, N, d]
//	z       code; mean, logVar of its posterior       posteriorGraph     [b, dz]
//	θ, ρ    log-odds without, log odds ratio          dyads              [b, N, N]
//
// # The Exchangeable model
//
// Ours. An exchangeable random digraph is a function of one variable of the
// whole, one of each neuron and one of each pair (Aldous 1981,
// doi:10.1016/0047-259X(81)90099-3; Hoover 1979). So there is no canonical order,
// no padding in the likelihood, and any number of neurons:
//
//	z           ~ N(0, I), r = μ + σ·z                           a circuit's code
//	v_i         ~ N(0, I), u_i = m(r,c_i,p_i) + s(r,c_i,p_i)·(v_i − mean v)    a neuron's code
//	h_i         = f(r, c_i, p_i, u_i)
//	(A_ij,A_ji) ~ four outcomes, as above
//	θ_ij        = η_ij + Σ_k w_k(r; c_i, c_j)·φ_k(p_i, p_j) + send(h_i) + receive(h_j) + ⟨source(h_i), target(h_j)⟩/√R
//	w_k(r; c,d) = table_k[c, d] + common_k + ⟨shared_k + modulation_k[c, d], r⟩
//	ρ_ij        = ρ_0 + table[c_i, c_j] + table[c_j, c_i] + ⟨ρ_z, r⟩ + ⟨mutual(h_i), mutual(h_j)⟩/√R
//
// c and p, class and place, are given, or drawn (see below). φ_0 = 1, so w_0 is the
// table of class pairs. The others are functions of the distance d of a pair, in units of 100
// µm (across: horizontally; down: in depth, standardised, positive where the
// target is deeper): across, |down|, down, its sign, √d, e^−d, and how much deeper
// the two lie together than is usual for their classes. A pair with a place that is
// not known has 0 for these and 1 for φ_8 instead, so that each class pair learns
// what to expect of it. Of one neuron f, m and s are told class, standardised
// depth, depth by class, distance from the centre of the circuit's known somata,
// and whether the place is known (0 for the rest where it is not): nothing
// changes when the sheet is turned or moved.
//
// η, the expected log-odds, are a logistic regression of edges on class pair and φ,
// the latter with the same coefficients for all class pairs, fitted to training
// circuits before training begins and then left alone. The decoder learns what
// differs from it, and the encoder is told by how much a circuit differs: with
// p = 1/(1 + e^−η), the surplus A − p of the pairs that can be seen gives first
// guesses (one step of Newton's method) at what each neuron sends, receives and
// returns, at the circuit's coefficients of φ and ρ, at variances and covariance of
// what neurons send and receive, and at closed triples beyond these. Sums over a
// sparse graph are hard to learn, and without them most of z stays unused.
//
// μ and σ are learned and only standardise the code: r is what encoder and
// decoder speak of, and where its values lie may move without a change of what
// they mean. Every code that is given or returned is z.
//
// Since (m, s) is the learned prior p(u|z,c,p), the posterior of u is written as
// one of the offset v, and its cost KL(q(v_i|z,A,c,p) ‖ N(0, I)) is summed over
// neurons. Circuit-level facts would be told by all u together as well as by z,
// for which reason the mean of v over the circuit is taken out (Config.Uncentred
// leaves it in). Other guards against the collapse of z: Training.FreeBits and
// Training.UStart.
//
//	symbol   meaning                                   name in code              shape
//	p        place: x, y centred; depth; known         batch.place               [b, n, 4]
//	         what is told of a neuron                  neuronFeaturesGraph       [b, n, 2K+3]
//	φ        functions of a pair's places              basesGraph                [b, n, 9, n]
//	η        expected log-odds                         expectedGraph             [b, n, n]
//	         surplus, as guesses                       newSurplusGraph           [b, n, 3], [b, 16]
//	Σ w φ    class-pair × distance part of θ           pairsGraph                [b, n, n]
//	v        offset of a neuron's code; mean, logVar   neuronPosteriorGraph      [b, n, du]
//	u        code of a neuron                          neuronCodesGraph          [b, n, du]
//	z        code of the circuit; mean, logVar         exchangeablePosteriorGraph [b, dz]
//	μ, σ     of r                                      codeGraph                 [1, dz]
//	θ, ρ     log-odds without, log odds ratio          decodeExchangeableGraph   [b, n, n]
//
// # Composition
//
// Ours. With Config.Composition an Exchangeable model also says, given z, how many
// neurons there are, in how wide a column, of which classes and how deep. Each
// neuron is independent of the others given z, so what they have in common is in
// z: shares of classes, shifts of depth, and all of these with the wiring.
//
//	P(n)        ∝ 1/n · exp(−(log n − m)²/2s²)                  n = 1 … 4096
//	log R²/n    ~ N(m_R + k_R·log(n/100), s_R²)                  R in units of 100 µm
//	c_i         ~ Categorical(softmax(classes))                  i = 1 … n
//	known_i     ~ Bernoulli(sigmoid(known[c_i]))                 is its place known?
//	depth_i     ~ Σ_g weights[c_i, g]·N(means[c_i, g], sds[c_i, g]²)   g = 1, 2, 3
//	(x_i, y_i)  evenly in the disc of radius R
//
// All parameters but sds are moved by z: a table, and two layers that read r. n has
// a discretised Gaussian of its log, exactly normalised. Where the origin names no
// radius, R is that of the disc in which evenly spread somata have the mean square
// distance from their centre that these have; where fewer than two places are known
// there is no term for it. Horizontal places depend on z through R alone, and have
// no term.
//
// −log p(n, R, c, known, depth | z) is a term of the bound, Terms.Classes. For
// depth, in units of DepthSD, and log R²/n it has log-densities, not probabilities:
// it may be negative, and bounds compare only between models of the same units. The
// least s, s_R and sds are .001, .01 and .03, since the density of what does not
// vary would grow without end. The encoder is told n, R and the means of what is
// told of neurons; the decoder of edges reads the same z, but is given neurons as
// ever, so Generate, EdgeProbabilities, Reconstruct and On are what they are without.
//
//	symbol   meaning                                   name in code              shape
//	n, R     log n; log R²/n; is R known?              batch.column              [b, 3]
//	         parameters, read off r                    compositionOf             [b, 5 + 11K]
//	         −log p(n, R, c, known, depth | z)         composition.nllGraph      [b]
//
// # Sizes, masks and ablations of Exchangeable models
//
// Circuits of a batch are padded to one width: multiples of 8 neurons up to 128,
// then eight widths to each doubling, and a program is compiled for each width
// that occurs; circuits of like size share one. Nothing that is reported depends on
// it, but in the last bits.
//
// Pairs that cannot be seen, such as those of rows that were not observed, enter
// neither likelihood nor messages nor degrees; the encoder is told what share of a
// neuron's pairs can be. Complete foretells them from the rest. Training.Hide hides
// some at random, so that the encoder learns to do with less.
//
// Ablations are configurations: WithoutZ, WithoutU, WithoutBilinear,
// WithoutDistance, IndependentPairs. A composition without z is the same for all
// circuits.
//
// # Expected measures
//
// Ours. What a measure of decoded circuits will be, without drawing any, and how it
// changes with z: Model.Expecter. Given z and u, pairs of neurons are independent,
// with P_ij = P(A_ij = 1) and M_ij = P(A_ij = A_ji = 1). So with C_ij = M_ij − P_ij P_ji,
// the covariance of the two directions of a pair, these are exact, n neurons being
// given:
//
//	edges                 E = Σ P_ij
//	mutual ones           Σ M_ij, over ordered pairs
//	variance of degrees   [Σ (k_i − E/n)² + Σ P(1−P) − (Σ P(1−P) + Σ C)/n]/n, k_i = Σ_j P_ij or Σ_j P_ji
//	covariance in–out     the same with the product of the two k, and Σ C for the first Σ P(1−P)
//	triangles of i        ½ [S³]_ii, S = P + Pᵀ
//	those i could have    (Σ_j S_ij)² − Σ_j S_ij²
//
// The scatter of degrees is thus that of neurons' expected degrees and that which
// chance adds to each. All are then averaged over draws of u from its prior. What is
// a ratio or a root of them is taken of each draw's expected values, not over
// circuits, and differs from the mean over decoded circuits by terms of the order of
// 1/edges:
//
//	measure                           what is expected, and how it is off
//	edges, density, density of class  exact
//	and sign pairs, degree means
//	out_degree_sd, in_degree_sd, …_cv root of the expected variance: above the mean sd by some 1/4n of it
//	in_out_correlation                expected covariance over expected sds
//	reciprocity, …_ratio, depth_step, expected sum over expected sum; the ratios of sign pairs are
//	downward_share, wire_length       far off where these have few edges: a ratio to ten edges is skewed
//	transitivity                      expected triangles over expected possible ones
//	clustering                        the same ratio of every neuron, averaged with the probability that it has
//	                                  two partners as weight, not the mean of ratios of counts: in sparse circuits
//	                                  somewhat below it
//	spectral_radius                   largest eigenvalue λ of P, by 24 powers from a vector of ones on either side
//	                                  (l, r), and Σ l_i r_i Σ_j C_ij / λ Σ l_i r_i, by which mutual pairs raise that
//	                                  of A in the mean, to second order in A − P. A without a cycle has 0, P never
//
// With the pretrained model on columns of 80 to 100 neurons, of densities from 4 to
// 7 %, all were within .1 sd of the mean of decoded circuits, most within .05, but
// for reciprocity_ratio_ii where it is of eight edges, off by .3
// (see TestExpectedIsDecodedFromPretrained). The mean over 8
// draws of u scatters, from seed to seed, by .07 to .2 of the sd of circuits decoded
// from one code on one circuit's neurons.
//
// In a Slots model a slot is a neuron with probability 1 less that of the null class,
// and all sums over neurons weigh slots by it: exact for edges, and for the rest
// where that is 0 or 1, which it nearly is but in the slots about the usual size of
// circuits. Such a model's e_share and neurons have expected values, and those of a
// model with Config.Composition, where they are what it says of neurons. All its
// other measures are of the wiring of given neurons: that z also moves which
// neurons there would be is not in them.
//
// All rows of given circuits count, also those that a mask declares unknown; package
// structure leaves these out of decoded circuits, which keep the mask.
//
// # What both share
//
// The encoder: dense directed message passing with own weights for out-, in- and
// mutual neighbours, each normalised by degree, in residual stages with layer
// norm, then a masked mean and maximum.
//
// The loss is the negative evidence lower bound, with the weight of the
// Kullback–Leibler terms (Kingma & Welling, arXiv:1312.6114) rising linearly over
// the first steps. Reported numbers always have it at 1, with no free bits.
// ImportanceBound tightens the bound by many draws of all codes (Burda et al.,
// arXiv:1509.00519); it stays a bound.
//
// # Limits, beside the strengths
//
// Slots: z sees everything at once, so it predicts density and spectral radius well.
// But with one code for all neurons, an edge is known hardly better than by the
// classes of its two slots: on held-out tissue this model does not beat a
// table of connection probability by class and distance. A circuit larger than
// N does not fit. Neurons of a class are told apart by depth rank only.
//
// Exchangeable: by default a generator of wiring only. It does not say how many
// neurons of which class lie where, so E/I share and the like are not in its z, and
// Decode does not work without neurons (see Generate and On). With Composition it
// does, but somata lie independently: no two keep their distance, depths know of
// nothing but class and z, and the column is a disc. Its z also tells of neurons,
// so code lengths and PerPair of the two are not the same thing. What its code tells of
// edges beyond their classes and distances is mostly storage: an AUC of
// Reconstruct means nothing without the length of the code beside it. Arithmetic
// is dense, up to 4096 neurons.
//
// # Determinism
//
// All randomness (initial weights, batches, noise) is drawn on the host from
// named streams. The same configuration, seed, data and backend give the same
// bits on the pure-Go backend, and training that is killed and resumed ends
// where an uninterrupted one does.
package graphvae
