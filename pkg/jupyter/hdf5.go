package jupyter

import (
	"context"
	_ "embed" // the requirements
	"io"
	"path/filepath"
)

//go:embed requirements-hdf5.txt
var hdf5Requirements []byte

// HDF5 returns a Python that reads and writes HDF5 files, of the notebook
// environment of a clone: h5py, and pandas with tables. What is missing of it is
// installed first, from requirements that are pinned and hashed, and progress
// gets a line for each part that takes time. The course does not need these, so
// it is not kept waiting for them.
//
// Its errors are for users, as those of [Prepare] are.
func HDF5(ctx context.Context, root string, progress io.Writer) (python string, err error) {
	held, err := lock(ctx, filepath.Join(root, ".out", "launcher.lock"), progress)
	if err != nil {
		return "", err
	}
	defer held.Close()
	e := &Environment{Root: root, log: progress, held: held}
	if err := e.preparePython(ctx); err != nil {
		return "", err
	}
	return e.bin("python"), e.prepareHDF5(ctx)
}

// prepareHDF5 adds to .venv. Its stamp lies within, so that a .venv that is made
// again is without.
func (e *Environment) prepareHDF5(ctx context.Context) error {
	stamp, inputs := e.path("cortigen-hdf5.stamp"), digest(requirements, hdf5Requirements)
	if fresh(stamp, inputs) {
		_, err := command(ctx, e.bin("python"), "-c", "import h5py, numpy, pandas, tables")
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		e.say("  the HDF5 packages in .venv no longer work, and are installed again")
	}
	done := e.begin("HDF5 for Python (into .venv: h5py, pandas, tables)")
	if err := e.install(ctx, "requirements-hdf5.txt", hdf5Requirements); err != nil {
		return err
	}
	done()
	return finish(stamp, inputs)
}
