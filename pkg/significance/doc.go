// Package significance says whether a measure of circuits is more, or less, than
// a null model gives: what is special about wiring, and what follows from
// something simpler.
//
// # Story
//
//	report, err := significance.Test(ctx, circuits, null, significance.Measures("triad_030T", "simplices_3"), significance.Config{Draws: 400}, seed)
//	for _, s := range report.Scores {
//		fmt.Println(s.Measure, s.Z, s.Percentile, s.LogRatio)
//	}
//	reports := significance.Correct(all...)   // over every measure and null that was asked
//
// # What is compared
//
// The statistic is the mean of a measure over the circuits; of one circuit it is
// the measure itself. A draw redraws every circuit from the null model fitted to
// it and takes the same mean. A score then has
//
//   - z, the distance of the observed mean from that of the draws in their
//     standard deviations; NaN where draws do not vary. If they are all what was
//     observed, the null model gives the measure away and there is nothing to
//     test; if they are all another number, such as 0 of a triad that chance
//     never makes, percentile, p and q say so;
//   - the percentile, the share of draws below what was observed, ties by half;
//   - p, two-sided, of a Monte Carlo test that can never be 0
//     (Phipson & Smyth 2010, doi:10.2202/1544-6115.1585), and q, p corrected for
//     the number of tests (Benjamini & Hochberg 1995);
//   - the log-ratio, how many times more there is, with an interval over regions
//     of tissue where there are several.
//
// # Limits
//
// z grows with the size and number of circuits: a difference of no consequence
// has a large z in a large graph. Only log-ratios may be held against one another
// across datasets. Circuits must share no neuron ([connectome.Disjoint]): a
// null model redraws them independently, and the observed mean of overlapping
// ones varies more than that. A null model that was fitted to the very circuit
// leaves less than everything to be found.
package significance
