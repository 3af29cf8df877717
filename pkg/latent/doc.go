// Package latent reads the codes of circuits: which units carry anything, which
// measures they predict, and along which directions those measures grow.
//
// # Story
//
//	codes := latent.Codes{Mean: posterior.Mean, LogVar: posterior.LogVar, Region: regions}
//	kl, err := codes.KLPerUnit()                                         // nats each unit spends
//	results, err := latent.CrossValidateAll(ctx, codes.Mean, outcomes, codes.Region, latent.ProbeConfig{}, seed)
//	probe, err := latent.FitProbe(codes.Mean, density, codes.Region, latent.ProbeConfig{})
//	score, err := probe.Score(test.Mean, testDensity, test.Region, 0, rng) // once, on other tissue
//	direction, err := probe.Direction()                                  // a unit step, its effect in sd
//	why, err := probe.Explain(test.Mean)                                 // SHAP values; Explain for any surrogate
//
// A probe is ridge regression from code to measure. What it scores is measured
// on regions that it did not see, its penalty is chosen on regions that the
// score does not see, and beside it stand the score of the training mean and
// the scores under permuted measures.
//
// Four questions are asked of what was found, each beside what chance would give:
//
//   - Does a direction change its measure and no other? [Effects] measured on decoded
//     circuits give diagonal dominance, beside random directions ([Effects.Contrast]).
//   - Would another training find it too? Codes of two trainings have no axes in common,
//     so they are compared by canonical correlation, fitted to one half of the regions
//     and scored on the other, and by rotation alone ([CompareTrainings]); probes by
//     what they predict of the same circuits ([CompareProbes]).
//   - Is it what the circuits were made from? Each planted factor has an R² and a
//     ceiling ([RecoverFactor]), the code an angle to them ([SubspaceAngles],
//     [Agreement.Angles]), and its axes a DCI beside randomly turned ones ([DCIOf]).
//   - How few numbers and circuits are enough? [CompareReadouts] reads measures from
//     1, 2, 3 … directions of PCA, of PLS and of the measures' own profile;
//     [SampleSizes] fits to more and more circuits.
//
// # Conventions
//
//   - Codes and other inputs are [circuits][dimensions]; the prior is N(0, I), so
//     a step of length 1 is one prior standard deviation.
//   - Groups name the region of each circuit. Circuits of one region share
//     neurons, so folds never divide a region, intervals resample regions and
//     permutations move regions. Nil groups: every circuit is its own.
//   - A measure that is NaN for a circuit leaves that circuit out of that
//     measure's probe, and is counted.
//   - R² is 1 − Σ(y−ŷ)²/Σ(y−ȳ)², ȳ the mean of the circuits that are scored. It
//     is negative where the prediction is worse than that mean.
//   - Effects and importances are in sd of the measure over the training circuits,
//     angles in degrees.
//   - Results do not depend on the number of processors: what runs in parallel draws
//     from streams that are named by what it is for.
//
// # One scale for all units
//
// Inputs are centred and divided by one number, the root of their mean
// variance, unless [ProbeConfig] asks for each column's own. The prior already
// gives every unit the same scale. To scale them apart would blow a collapsed
// unit's noise up to the size of the others and let it into the direction, and
// would make R² depend on a rotation of the code, for which N(0, I) does not
// care (ours).
//
// # Limits
//
// A probe sees linear relations only. It is fitted on encoded circuits, and what
// the decoder makes of a step along its direction is another matter: package
// steer measures that. An interval resamples the scored regions with the
// probe's predictions as they are, so it leaves out the spread from refitting;
// with fewer than about ten regions it is too narrow.
//
// SHAP values take the dimensions of a code as independent, which the prior says and
// a posterior need not hold; they explain the surrogate, not the tissue. DCI and
// diagonal dominance are numbers about axes and about a choice of measures: measures
// that are coupled by arithmetic, such as density and spectral radius, cannot be
// separated by any direction. Two factors with the same effect on wiring, or one that
// shows only in classes or positions that the model is given, cannot be told from a
// circuit by anyone; their ceiling is low, and a share of a low ceiling says little.
// Canonical correlation forgives any linear map, so a code that holds a factor in a
// thousandth of its variance agrees with one that holds it in half: Procrustes R²,
// which forgives turns only, stands beside it. Three trainings say little about a
// fourth.
//
// # References
//
//   - Hoerl & Kennard 1970, ridge regression, doi:10.1080/00401706.1970.10488634
//   - Varma & Simon 2006, nested cross-validation, doi:10.1186/1471-2105-7-91
//   - Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x
//   - Phipson & Smyth 2010, permutation p-values are never zero, doi:10.2202/1544-6115.1585
//   - Burda, Grosse & Salakhutdinov 2016, active units, arXiv:1509.00519
//   - Štrumbelj & Kononenko 2014, sampled Shapley values, doi:10.1007/s10115-013-0679-x
//   - Lundberg & Lee 2017, SHAP, arXiv:1705.07874
//   - Eastwood & Williams 2018, DCI, ICLR, openreview.net/forum?id=By-7dz-AZ
//   - Björck & Golub 1973, principal angles, doi:10.1090/S0025-5718-1973-0348991-3
//   - Hotelling 1936, canonical correlation, doi:10.1093/biomet/28.3-4.321
//   - Raghu, Gilmer, Yosinski & Sohl-Dickstein 2017, SVCCA, arXiv:1706.05806
//   - Schönemann 1966, orthogonal Procrustes, doi:10.1007/BF02289451
//   - Höskuldsson 1988, PLS, doi:10.1002/cem.1180020306
//   - Mezzadri 2007, random rotations, arXiv:math-ph/0609050
package latent
