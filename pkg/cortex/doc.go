// Package cortex makes the embedded dataset: a synthetic sheet of cortex with a
// planted blueprint, so that what a model claims to have found can be compared
// with what is there.
//
// # Story
//
//	tissue, err := cortex.New(ctx, cortex.Config{}, seed)   // a *connectome.Connectome
//
// Neurons of eleven classes, in published shares, lie at the depths of their
// layers. An edge i→j has the log-odds
//
//	θ_ij = b + log ratio(class_i → class_j) − d_ij/λ + s_i + r_j
//
// with d the distance of the somata and λ = 84.5 µm; the two directions of a
// pair are drawn together, with odds ratio ψ, at fixed marginal probabilities.
//
// # The blueprint
//
// Three factors vary smoothly over the sheet, each by a random field of its own
// (see [Factors]): the expected density of a column, how many times more mutual
// pairs there are than chance, and the spread of the senders' effects s. They
// are planted so that they do not leak into each other: b is solved for the
// expected density after s and r are added, and ψ for the reciprocity after
// that. Every circuit cut from the sheet carries its true factors.
//
// # Limits
//
// This is a cartoon with a known truth, not a model of tissue: classes, depths
// and decay follow published values, the rest is ours. Edges between somata
// further apart than Config.Reach across the sheet are left out, as no column
// of a hundred neurons sees them.
package cortex
