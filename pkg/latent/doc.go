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
//
// A probe is ridge regression from code to measure. What it scores is measured
// on regions that it did not see, its penalty is chosen on regions that the
// score does not see, and beside it stand the score of the training mean and
// the scores under permuted measures.
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
// # References
//
//   - Hoerl & Kennard 1970, ridge regression, doi:10.1080/00401706.1970.10488634
//   - Varma & Simon 2006, nested cross-validation, doi:10.1186/1471-2105-7-91
//   - Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x
//   - Phipson & Smyth 2010, permutation p-values are never zero, doi:10.2202/1544-6115.1585
//   - Burda, Grosse & Salakhutdinov 2016, active units, arXiv:1509.00519
package latent
