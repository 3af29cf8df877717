// Package steer moves a code so that the circuits decoded from it have a chosen
// measure, and says by how much it missed and what else it changed.
//
// # Story
//
//	rig := steer.Rig{Decoder: model, Reference: steer.NewReference(training)}
//	linear, err := steer.NewLinear(probes...)
//	answer, err := rig.Answer(ctx, linear, steer.Request{Measure: "reciprocity", Target: +1.5, Hold: []string{"density"}}, seed)
//	answer.HitSD, answer.MedianDrift, answer.OutOfReach
//
// A request names a measure and the value it should have, in standard deviations
// of the reference circuits. A [Method] answers with a code. The rig decodes
// circuits from that code, and from the code it started at, measures both, and
// judges by those circuits alone: what a probe or a gradient promised counts for
// nothing.
//
// # Methods
//
//   - [Linear] steps along the probe's direction, the directions of held measures
//     projected out, as far as the probe's slope says. After [Linear.Likely] it
//     takes the most probable of the steps that the probes cannot tell apart.
//   - [Calibrated] takes the same direction, but reads the length of the step off
//     the decoder's own response along it. A probe is fitted on the codes of
//     encoded circuits, and what the decoder makes of a step is often weaker and
//     never quite linear (ours).
//   - [Stay] and [Random] are baselines: no step, and a step of the method's
//     length in a random direction. A number of a method means something beside
//     theirs only.
//
// # Conventions
//
//   - Codes are in prior standard deviations, and stay within the ball that holds
//     99 % of the prior ([Radius]). A request that would leave it is answered at
//     the ball's surface, marked OutOfReach, with the value reached there.
//   - A deviation "in sd" is in those of the reference circuits, unless it says
//     that it is the spread within one code's samples.
//   - Drift is against the circuits decoded at the start, not against the
//     reference: a decoder's own bias is not the method's doing. Two finite
//     samples differ by chance; the drift of Stay is that floor.
//   - A measure that is undefined for some samples is averaged over the others.
//
// # Limits
//
// Density, spectral radius and clustering are coupled by arithmetic, whatever
// the model: to hold one while another moves may be impossible, and drift says
// so. To hold a measure here is to hold what its linear probe sees of it.
//
// The way of asking, and the score, are after Liu, Li & Chen, arXiv:2506.11062,
// of which only the abstract was to be had; details are ours.
package steer
