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
// wiring, or only that neurons differ in how much they send and receive:
// [SenderReceiver] says that much with two numbers a neuron, integrated out. Its
// [Evidence], and a model's, is a bound in nats per observed pair, with the
// effective number of its draws; where data are simulated, [Ceiling] bounds it
// from the other side. [BoostedTrees] uses types and positions as freely
// as it likes. [Degrees] reads the degrees of the circuit that it is asked about,
// [Copies] the training circuit that is most like it, and both pay for what they
// read ([Reading]).
//
// [EvaluateWithinClasses] asks what is left where class pairs are the same.
//
// An AUC of reconstruction grows with the code that it is bought with, on any
// graph: [MeasureExcess] takes away what the same model scores on null graphs.
//
// # Inpainting
//
//	puzzles, err := fidelity.Hide(test, .2, fidelity.HidePairs, seed)   // or HideRows: axons that nobody proofread
//	report, err := fidelity.EvaluateInpainting(ctx, inpainter, puzzles, 2000, seed)
//
// What is hidden is taken out of the circuit before anybody is asked, so that
// encoder and degrees alike see the visible part only. A model joins by
// [Inpainter]; [Inpainters] are what it must beat.
//
// # Generation
//
//	g, err := fidelity.CompareGenerated(ctx, "conditional", test, generated, fidelity.GenerationConfig{}, seed)
//
// Every measure of package structure, and five descriptions of circuits by
// kernel, are compared between held-out and generated circuits, each beside its
// floor: the same between two halves of the held-out circuits that share no
// region. A conditional generator gets classes and places for free: leave
// measures of these alone (such as e_share) out of a share that is to praise it.
//
// [Classify] asks the other way round: how well can somebody who is shown all
// measures at once tell generated circuits from real ones? Regions that are asked
// about are none that were learned from; .5 is perfect, and what differences
// between regions give away is its floor. Baselines generate too
// ([SenderReceiver.Generate], [GenerateIndependent]). [MeasureNovelty] asks
// whether generated circuits are new, or training circuits come back.
//
// # Conventions
//
// Pairs of unobserved rows are left out. A score that is not defined (a circuit
// without edges has no ROC curve) is NaN and left out of means.
package fidelity
