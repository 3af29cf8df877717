// Package cortex makes the embedded dataset: synthetic cortex with a planted
// blueprint, so that what a model claims to have found can be compared with what
// is there.
//
// # Story
//
//	tissue, err := cortex.New(ctx, cortex.Config{}, seed)              // a sheet, as a *connectome.Connectome
//	sheet, err := cortex.Grow(ctx, cortex.Config{}, seed)              // the same, with its truth
//	truth, err := sheet.Truth(column)                                  // true probabilities and effects of a column
//	dense, err := cortex.Circuits(ctx, cortex.Blueprint{cortex.Density: .12}, 1000, band, seed)
//	brackets, err := cortex.Evidences(ctx, truths, cortex.EvidenceConfig{}, seed) // what the best of models could say of circuits
//
// Neurons of eleven classes lie at the depths of their layers. An edge from i to
// j has the log-odds
//
//	θ_ij = b + 1.15·log R(i→j) − (h_ij + v_ij)/λ ± φ/2 + κ·[m_i = m_j] + τ·(δ_i + δ_j)/2 + s_i + r_j
//
// with + where j is the deeper neuron, and the two directions of a pair are drawn
// together, with odds ratio ψ, at these marginal probabilities:
//
//	P11 = P(i→j and j→i), P11·P00 = ψ·P10·P01
//
//	symbol   meaning                                               value or distribution          unit
//	R(i→j)   published connection probability of the classes      table, by class and layer      1
//	h, v     distance of the somata across the sheet, in depth                                   µm
//	λ        decay length                                         factor decay                   µm
//	φ        preference for deeper targets                        factor forwardness             log-odds
//	m        community of a neuron, of four, wherever it lies     uniform                        1
//	κ        preference for one's own community                   log of factor modularity       log-odds
//	δ        depth within the layer, −1 at its top, 1 at its end                                 1
//	τ        tilt                                                 factor tilt                    log-odds
//	s        sender effect                                        N(0, σ²), σ heterogeneity      log-odds
//	r        receiver effect                                      N(0, σ²/4), independent of s   log-odds
//	b        intercept                                            solved for factor density      log-odds
//	ψ        odds ratio of a pair's directions                    solved for factor reciprocity  1
//
// A neuron is excitatory with the probability that the factor E share gives, and
// then of a class by its published share. In a pair, every parameter is the mean
// of both ends.
//
// # The blueprint
//
// Eight factors (see [Factors]) vary smoothly over the sheet, each by a random
// field of its own; what fields share by chance is taken out. Every circuit cut
// from the sheet carries its factors. They are planted so that they do not leak
// into each other:
//
//   - b is solved for the expected density of a column after all else is in
//     place, effects included (heterogeneity alone would raise density by half),
//     and for the local E share: E share shows in class, not in how many edges
//     there are.
//   - ψ is solved after b, so that ΣP11/Σp·q is the planted reciprocity, whatever
//     the marginals are. P11 ≤ min(p, q) caps it at Σmin(p, q)/Σp·q, which is
//     below the 1.9 that is planted at the most where edges are many and
//     concentrated: in about one place of 200. There reciprocity is lowered to
//     95 % of the way to its cap, and circuits carry the lowered value.
//   - Decay is planted across the sheet and in depth apart: h and v enter as a
//     sum, not as √(h²+v²), so that each has the slope 1/λ whatever the other is.
//     In needle-thin columns distance is almost depth difference, and the slope
//     along h would be unknown.
//   - Published ratios and λ are averages over neurons. Those of a neuron of given
//     effects and community are further apart, and shorter: log R is stretched by
//     1.15, and λ varies about 77 µm, so that averages have the published values
//     (see [Published], which measures them on the edges).
//   - Forwardness adds to one direction what it takes from the other. Tilt is
//     by depth within the layer, whose mean in every class and layer is 0: no
//     table of class pairs can stand for it, nor it for one.
//   - Communities are independent of class and place. Less than about 2:1 within
//     to between cannot be detected in a hundred neurons: 2 to 5 is planted.
//
// [Truth.Reading] looks from the other side: what the edges of a circuit show of
// each factor. Of independent circuits, a factor's own reading moves by .86 to .94
// sd with it, and by no more than .1 sd with any other.
//
// Intercept and odds ratio are solved by Newton's method on fixed typical pairs at
// a lattice of places, half a correlation length apart, and interpolated between.
//
// # What changed
//
// Up to version 1 there were three factors (density, reciprocity, heterogeneity),
// solved on a grid of their values, and distance was √(h²+v²).
//
// # Fixing factors
//
// Config.Fixed gives factors one value all over the sheet; a [Blueprint] does so
// for independent columns. Random numbers do not depend on factors, so what comes
// of turning one is due to it alone.
//
// # Limits
//
// This is a cartoon with a known truth, not a model of tissue: classes, ratios and
// decay follow published values, the rest is ours. Somata are placed at random,
// without axons and dendrites; a layer has sharp borders; classes of one kind
// differ in nothing but depth; effects s and r are independent, so in- and
// out-degree correlate less than in tissue. Mutual pairs among pyramids of layer 5
// are 2.3 times chance where Song et al. 2005 found about 4: wiring as dense as a
// column of ninety neurons needs leaves no room for more. Edges between somata
// further apart than Config.Reach across the sheet are left out, as no column of a
// hundred neurons sees them. Density is planted for columns of 90: larger ones cut from a
// sheet are sparser, since distance grows ([Circuits] plants it for each size).
//
// # References
//
//   - MICrONS Consortium 2025, doi:10.1038/s41586-025-08790-w: class shares (v1718).
//   - Egas Santander et al. 2024, doi:10.1101/2024.03.15.585196: λ of 84.5 µm.
//   - Billeh et al. 2020, doi:10.1016/j.neuron.2020.01.040: R.
//   - Turner et al. 2022, doi:10.1016/j.cell.2022.01.023, and Song et al. 2005,
//     doi:10.1371/journal.pbio.0030068: mutual pairs.
package cortex
