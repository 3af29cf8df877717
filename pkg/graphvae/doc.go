// Package graphvae learns a compact code of circuits and turns codes back into
// circuits: a variational autoencoder of directed graphs with classed neurons.
//
// # Story
//
//	model, err := graphvae.New(backend, graphvae.Config{Classes: graphvae.Vocabulary(train)}, seed)
//	for epoch, err := range model.Train(ctx, train, validation, graphvae.Training{}, seed) { … }
//	codes, err := model.Encode(ctx, circuits)         // mean and log-variance of q(z|A,c)
//	samples, err := model.Decode(ctx, zs, 64, seed)   // 64 new circuits a code
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
//	o       outputs observed                          batch.observed     [b, N]
//	h       encoder states                            encodeGraph        [b, N, d]
//	z       code; mean, logVar of its posterior       posteriorGraph     [b, dz]
//	θ, ρ    log-odds without, log odds ratio          dyads              [b, N, N]
//
// The encoder is what every model of this package shares: dense directed
// message passing with own weights for out-, in- and mutual neighbours, each
// normalised by degree, in residual stages with layer norm, then a masked mean
// and maximum.
//
// The loss is the negative evidence lower bound, with the weight of the
// Kullback–Leibler term (Kingma & Welling, arXiv:1312.6114) rising linearly over
// the first steps. Reported numbers always have it at 1.
//
// # Limits, beside the strengths
//
// z sees everything at once, so it predicts density and spectral radius well.
// But with one code for all neurons, an edge is known hardly better than by the
// classes of its two slots: on held-out tissue this model does not beat a
// table of connection probability by class and distance. A circuit larger than
// N does not fit. Neurons of a class are told apart by depth rank only.
//
// # Determinism
//
// All randomness (initial weights, batches, noise) is drawn on the host from
// named streams. The same configuration, seed, data and backend give the same
// bits on the pure-Go backend, and training that is killed and resumed ends
// where an uninterrupted one does.
package graphvae
