// Package steer answers requests for circuits: with chosen measures, and with
// others as they were. It says how near the answer came, what else changed, how
// much of that is chance, and whether what was asked is out of reach.
//
// # Story
//
//	rig := steer.Rig{Decoder: model, Reference: steer.NewReference(training)}
//	linear, err := steer.NewLinear(probes...)
//	answer, err := rig.Answer(ctx, linear, steer.Ask(steer.SD("reciprocity", +1.5), "density"), seed)
//	answer.HitSD, answer.HeldDrift, answer.OutOfReach, answer.Circuits
//
// A [Request] names one or more [Target]s, each a value or an interval, in the
// measure's unit or in standard deviations of the reference circuits; measures to
// hold; a code to start from; and a budget of circuits that may be decoded on the
// way. A [Method] answers with a code, or with circuits. The rig decodes circuits
// from that code, and from the one it started at, measures both, and judges by
// those circuits alone: what a probe or a gradient promised counts for nothing.
//
//	gradient := steer.NewGradient(rig, expecter)              // expecter: of package graphvae
//	sound, err := rig.Sound(ctx, steer.Spread(dim, 300, rng), 16, seed)
//	learned, err := steer.Learn(ctx, sound, steer.Learning{}, seed)
//	surrogate := steer.NewSurrogate(rig, learned)
//	kit := steer.NewKit(rig.Reference, linear, learned, reach)     // to be kept: another process answers from it
//	queries, err := steer.Queries(table, steer.Querying{}, seed)   // 200 of them
//	board, err := steer.NewBoard(queries, answers, 0, rng)         // who hits, and at what price
//
// # Methods
//
//   - [Linear] takes the shortest step after which the probes predict the targets,
//     and no change of what is held. After [Linear.Likely] it takes the most
//     probable of the steps that the probes cannot tell apart.
//   - [Calibrated] takes the same direction for one target, but reads the length of
//     the step off the decoder's own response along it. A probe is fitted on the
//     codes of encoded circuits, and what the decoder makes of a step is often
//     weaker and never quite linear (ours).
//   - [Gradient] descends along the gradients of what an [Expecter] foretells of
//     decoded circuits.
//   - [Surrogate] is an Expecter learned from decoded circuits, for measures that
//     have no gradient of their own; its intervals are corrected, and checked, on
//     codes that it did not learn from. [Joined] puts expecters together.
//   - [Corrected] has any of these look at what their code decodes to, and ask for
//     more or less by as much as that missed. NewGradient and NewSurrogate are
//     corrected.
//
// What they are to be better than:
//
//   - [Stay] and [Random]: no step, and a step of the method's length in a random
//     direction.
//   - [Retrieval] picks the nearest real circuit.
//   - [Rewire] moves edges of real circuits, greedily, until they are as asked.
//   - [BlockModel] draws circuits by class alone, its rates scaled to the density
//     asked for; it has no means for other measures, and says so.
//
// An [Explorer] is for the eye: it decodes a few circuits of a code that is shifted
// along axes or led to targets, at once, and judges nothing.
//
// # The benchmark
//
// [Queries] draws requests for one, two or three targets, near (up to 2 sd) or far
// (3 to 4), with or without a measure held, so that measures go together as they do
// in the reference. A [Board] has each method's hit rate, held drift beside that of
// chance, diversity, and what became of refusals: right where no code of any method
// came near, wrong where one did; and requests that were missed without a word.
// Hit rate and held drift together are a Pareto front: neither means much alone,
// since who does not move drifts least. What nobody asked for is beside them in a
// [Synthesis]: a method may meet every number by wiring that no tissue has.
//
// # To other software
//
// [Export] writes the circuits of an answer in every format that package connectome
// writes, or in chosen ones: GraphML, node-link, SONATA, ConnectivityMatrix, npz,
// parquet, plain tables, and pair tables for NEST, Brian2 and PyNN. A request.json
// beside them ([Manifest]) says what was asked, what came of it, and with which
// seed the code gives the circuits again.
//
//	exported, err := steer.Export(ctx, answer, "dense", steer.Exporting{Model: model.Config(), Reference: rig.Reference})
//	exported.Path("nest", 0), exported.LeftOut
//
// Formats that need software which is not there, or cannot hold the circuits
// (unknown signs and masks in tables for simulators), are left out with the reason;
// those asked for by name are errors.
//
// # Conventions
//
//   - Codes are in prior standard deviations, and stay within the ball that holds
//     99 % of the prior ([Radius]). Nothing is clipped in silence: a request that
//     the method cannot meet is answered with the nearest that it found, and marked
//     OutOfReach. A request that no circuit can meet (a density of 1.2), that
//     contradicts itself or that names no measure is an error instead.
//   - A hit is a mean within a quarter sd ([HitWithin]), of 64 circuits unless the
//     request says otherwise; the spread within them is beside it.
//   - A deviation "in sd" is in those of the reference circuits, unless it says
//     that it is the spread within one code's samples.
//   - Drift is against the circuits decoded at the start, not against the
//     reference: a decoder's own bias is not the method's doing. Two finite
//     samples differ by chance; the floor is that of two sets decoded at the start.
//     Circuits that were not decoded (retrieved, rewired, of the block model) also
//     differ by the decoder's bias, which their drift includes.
//   - Whatever is not in the code (classes, codes of neurons) is drawn anew for every
//     sample; see [Decoder] and [On].
//   - A measure that is undefined for some samples is averaged over the others.
//   - Measures are those of package structure, and densities between classes; see
//     [ClassPair].
//
// # Limits
//
// Density, spectral radius and clustering are coupled by arithmetic, whatever
// the model: to hold one while another moves may be impossible, and drift says
// so. The benchmark asks to hold only what the reference leaves free. To hold a
// measure in Linear is to hold what its probe sees of it.
//
// OutOfReach is what a method found in its budget, not a proof: see what a board
// says of refusals. Contradictions between different measures (edges and density of
// the same neurons) are not seen beforehand; they come out as out of reach.
//
// The code is a point: answers from one code differ by what is drawn, not by z.
//
// # References
//
// The way of asking is after Liu, Li & Chen, arXiv:2506.11062, of which only the
// abstract was to be had; score, methods and benchmark are ours but for what their
// comments cite. Directions: Haufe et al. 2014, doi:10.1016/j.neuroimage.2013.10.067.
// Gaussian processes: Rasmussen & Williams 2006. Conformal intervals: Papadopoulos et
// al. 2002. Descent: Nocedal & Wright 2006, doi:10.1007/978-0-387-40065-5. Correction: Broyden
// 1965, doi:10.1090/S0025-5718-1965-0198670-6. Block model: Holland, Laskey &
// Leinhardt 1983, doi:10.1016/0378-8733(83)90021-7.
package steer
