// Package experiment holds the named runs of the project: what the notebooks
// show and the figures draw.
//
// # Story
//
//	run, err := experiment.Here()              // dataset, preset and seed from the environment
//	cut, err := run.Columns(ctx)               // tissue cut into columns, split by space
//	model, err := run.Reconstruction(ctx)      // train, choose on validation, score on test beside baselines
//	probes, err := run.Probes(ctx)             // which measures can be read from the code
//	steered, err := run.Steering(ctx)          // turn a knob, measure the decoded circuits
//	standing, err := run.Standing(ctx)         // what held-out wiring costs the Exchangeable model, and everybody else
//	rate, err := run.Rate(ctx)                 // how well edges are told at what length of code
//	parts, err := run.Ablations(ctx)           // what each part of the model is worth
//
//	made, err := run.Making(ctx)               // the Exchangeable model makes circuits: like real ones, and new?
//	hidden, err := run.Inpainting(ctx)         // pairs and axons that are hidden, foretold from the rest
//	mutual, err := run.Mutual(ctx)             // planted mutual pairs, made again
//	read, err := run.Reading(ctx)              // what the code of a circuit says of the whole, beside the ceiling
//
//	compass, err := run.Directing(ctx)         // where measures point in the code, and if other trainings agree
//	recovered, err := run.Recovering(ctx)      // planted factors, found again
//	synthesis, err := run.Synthesis(ctx)       // requests for circuits, put to the model and to those who have none
//	helm, err := run.Helm(ctx)                 // your own requests
//	answer, err := helm.Answer(ctx, steer.Ask(steer.SD("reciprocity", +1.5), "density"))
//
// Each is a pure function of the setting, the data, the backend and the
// sources, kept by package artifact: asked again, it is loaded. Each asks the
// ones before it by itself. Training leaves checkpoints and resumes.
//
// Results are types of the packages below, so a program that only draws loads
// them by name (see artifact.Load and [Columns], [Reconstruction], [Probes],
// [Steering] for the names) without linking this package or a backend.
//
// # Choices are made on validation
//
// Epochs are chosen by the validation bound; penalties of probes by
// cross-validation on training circuits; the step of a steered code on codes
// of validation circuits. Test circuits are looked at once, for the numbers
// that are reported.
package experiment
