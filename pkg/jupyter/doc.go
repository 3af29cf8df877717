// Package jupyter makes the notebook environment and runs notebooks in it.
//
// # Story
//
//	env, err := jupyter.Prepare(ctx, root, os.Stdout)
//	results, err := env.Execute(ctx, notebooks, jupyter.Job{Setting: setting, To: folder})
//	err = env.Lab(ctx, jupyter.Lab{Dir: "my-notebooks", Setting: setting})
//
// [Prepare] leaves a folder .venv in the clone with JupyterLab and its kin, from
// requirements that are pinned and hashed; the kernel, GoNB, built from this
// module's go.mod; and the kernel's description, which finds this module's
// packages wherever a notebook lies. A part that is there and was made from the
// same inputs is left as it is. A part that was left half-made, by a kill or a
// lost connection, is made again.
//
// [Environment.Execute] runs copies of notebooks, without a reader, in order.
// [Environment.Lab] opens JupyterLab for one.
//
// # Conventions
//
//   - What a result depends on is hashed: a notebook whose cells, sources,
//     setting, kernel and dataset are as they were is not run again.
//   - Two programs may ask for the same environment at once: one waits.
//   - Errors say what to install or do. Nothing outside .venv and the folders
//     that are given is written.
//
// # Limits
//
// The PJRT plugin, which makes training several times as fast, comes from PyPI
// for Linux on x86-64 only. Elsewhere, and without a C compiler, the kernel
// computes in pure Go, unless GOMLX_BACKEND names a plugin.
package jupyter
