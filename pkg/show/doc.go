// Package show puts results into the cells of a GoNB notebook.
//
// # Story
//
//	%%
//	run := show.Must(experiment.Here())
//	run.Progress = show.Progress()
//	run.Watch = show.Training()                               // trainings in more detail; stop the cell at any time
//	result := show.Must(run.Reconstruction(show.Context()))   // makes it, once
//
//	%%
//	result := show.Result[fidelity.Reconstruction]("reconstruction")
//	show.Figure(figure.Training(result))                       // only draws
//
//	%%
//	show.Explore(show.Context(), explorer)                     // sliders and a picture that follows them, until stopped
//
// A cell is a program of its own: it shares no values with the others, only the
// results that package artifact keeps. A cell that only draws loads its result by
// name and does not link a backend, which would cost it about a second.
//
// # Conventions
//
// The functions here are for notebooks, where an error ends the cell: they print
// it in a line a reader can act on, and exit. Package code returns errors.
// Outside a notebook, tables and notes go to standard output and figures are
// named, so that a cell's code also runs as a program.
package show
