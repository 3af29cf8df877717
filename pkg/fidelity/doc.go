// Package fidelity asks how close a model comes to circuits that it has not
// seen, always beside simpler answers to the same question.
//
// # Story
//
//	baseline := fidelity.FitClassDistance(train)
//	report, err := fidelity.Evaluate(ctx, "class × distance", test, baseline.Predict, …)
//	gain := fidelity.Paired(model, report, fidelity.AUC, …)
//
// A model gives, for every ordered pair of neurons of a held-out circuit, the
// probability of an edge. [Edge] scores it: area under the ROC curve, average
// precision, and nats per pair. Scores are averaged over circuits, and their
// intervals are bootstrapped over regions of tissue, since columns of a region
// share neurons.
//
// # Baselines
//
// All are fitted to training circuits only: a constant, class pair, distance,
// class pair × distance. What a model says beyond the last is what it knows of
// wiring.
//
// # Conventions
//
// Pairs of unobserved rows are left out. A score that is not defined (a circuit
// without edges has no ROC curve) is NaN and left out of means.
package fidelity
