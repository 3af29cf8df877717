// Package connectome holds whole reconstructions: thousands to tens of
// thousands of neurons and their directed edges, read from the files that
// users have, and cut into the microcircuits that the rest of Cortigen studies.
//
// # Story
//
//	c, err := connectome.Open(ctx, "path/to/pack")         // detect the layout, read, report what was dropped
//	p, err := connectome.NewPartition(c, connectome.SplitConfig{})   // disjoint blocks of tissue, with a gap
//	columns, err := connectome.Columns(ctx, c, p, connectome.Train, 1000, connectome.ColumnConfig{}, seed)
//
// A column is a cylinder along depth: a centre drawn over a block, and a radius
// found by bisection so that the neuron count falls in a band. Train,
// validation and test are blocks of tissue that are disjoint and kept apart by
// a gap; no neuron is in two blocks, so a random split's leak cannot happen.
//
// # Conventions
//
// Edges run from pre to post. Positions are µm, depth grows from the pia
// downwards. A reader never guesses: what it leaves out (autapses, repeated
// edges, edges to neurons that are not in the table) it counts in a [Report].
package connectome
