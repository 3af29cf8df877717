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
//   - A launcher that is killed takes its programs along, or they keep the lock
//     and the next run waits for them.
//   - Errors say what to install or do. Nothing outside .venv, .out and the
//     folders that are given is written, but for caches: Go's, pip's and the
//     kernel's memory of which PJRT plugins work (cortigen-plugins in the user's
//     cache folder). Jupyter's and IPython's own settings lie in .venv too, unless
//     JUPYTER_CONFIG_DIR, JUPYTER_DATA_DIR or IPYTHONDIR say where.
//
// # Limits
//
// The PJRT plugin, which makes training several times as fast, comes from PyPI
// for Linux on x86-64 only. Elsewhere, and without a C compiler, the kernel
// computes in pure Go, unless GOMLX_BACKEND names a plugin.
package jupyter
