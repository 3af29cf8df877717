// Package figure draws results.
//
// # Story
//
//	f, err := figure.Training(reconstruction)
//	err = f.Save("figures/cortex", "training")   // training.png and training.svg
//	png, err := f.PNG()                          // for a notebook
//
// A function takes a result as the packages below make it and returns a
// [Figure], or an error where the result holds nothing to draw. It knows nothing
// of experiments, backends or notebooks.
//
// # Conventions
//
//   - Axes say what they show and in which unit, titles how many independent
//     things (n) lie behind a number. Whiskers are 95 % intervals over regions
//     unless the axis says otherwise.
//   - Colours are those of Okabe & Ito (2008), which colour-blind readers can
//     tell apart; the model is always blue, baselines are grey or hollow.
//   - Excitatory neurons and their edges are vermillion, inhibitory ones blue, where
//     a figure tells them apart.
//   - The same result gives the same bytes, as PNG (144 dpi) and as SVG.
//   - Adjacency matrices are drawn with row pre, column post, neuron 0 at the
//     top left.
package figure
