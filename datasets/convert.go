package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/cortigen/cortigen/pkg"
	"github.com/cortigen/cortigen/pkg/catalogue"
	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/jupyter"
)

func reads(f connectome.Format) bool  { return f.Reads }
func writes(f connectome.Format) bool { return f.Writes }

// formats lists the formats that can do something.
func formats(can func(connectome.Format) bool) string {
	var names []string
	for _, f := range connectome.Formats() {
		if can(f) {
			names = append(names, f.Name)
		}
	}
	return strings.Join(names, ", ")
}

// convert reads a connectome, says what was read and left out, and writes it. The
// formats' limits apply: what one cannot hold is in its title, which is printed.
func convert(ctx context.Context, in, to string, o options, out io.Writer) error {
	path, err := find(in)
	if err != nil {
		return err
	}
	if same(path, to) {
		return fmt.Errorf("convert: %s would be read and written at once: give another OUT", to)
	}
	var c *connectome.Connectome
	python, err := withHDF5(ctx, "", out, func(python string) (err error) {
		c, err = connectome.OpenAs(ctx, path, connectome.Reading{Format: o.from, VoxelNM: o.voxel, Population: o.population, Python: python})
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "read %s\n%s\n", path, indent(c.Report().String()))
	_, err = withHDF5(ctx, python, out, func(python string) error {
		return connectome.Save(ctx, c, to, connectome.Writing{Format: o.format, Overwrite: o.overwrite, Simulator: o.simulator, Python: python})
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "wrote %s\n", title(o.format, to))
	return written(to, out)
}

// withHDF5 does something and, where that needs a Python with h5py that is not
// there, makes one in the clone's environment and does it again. It returns the
// interpreter that was used, "" for the default.
func withHDF5(ctx context.Context, python string, out io.Writer, do func(python string) error) (string, error) {
	err := do(python)
	if !errors.Is(err, connectome.ErrNoHDF5) {
		return python, err
	}
	root, noClone := pkg.Root()
	if noClone != nil {
		return "", err
	}
	fmt.Fprintln(out, "HDF5 files go through Python")
	if python, err = jupyter.HDF5(ctx, root, out); err != nil {
		return "", err
	}
	return python, do(python)
}

// title says in words in which format connectome.Save wrote to a path.
func title(format, to string) string {
	all := connectome.Formats()
	for _, f := range all {
		if f.Writes && (f.Name == format || format == "" && f.Extension != "" && strings.HasSuffix(to, f.Extension)) {
			return f.Title
		}
	}
	return all[0].Title // the default of a path without an extension
}

// find returns the path of a connectome: as given, of a fetched dataset, or of a
// folder in CORTIGEN_DATA.
func find(in string) (string, error) {
	_, err := os.Stat(in)
	if err == nil {
		return in, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("convert: %w", err)
	}
	if path, ok := catalogue.Find(in); ok {
		return path, nil
	}
	if data := os.Getenv("CORTIGEN_DATA"); data != "" && filepath.IsLocal(in) {
		if path := filepath.Join(data, in); exists(path) {
			return path, nil
		}
	}
	if _, err := catalogue.Lookup(in); err == nil {
		return "", fmt.Errorf("convert: %s is not fetched: go run ./datasets fetch %[1]s", in)
	}
	return "", fmt.Errorf("convert: no file, folder or fetched dataset %q", in)
}

// readVoxel is the flag -voxel.
func (o *options) readVoxel(text string) error {
	sides := strings.Split(text, ",")
	if len(sides) != len(o.voxel) {
		return fmt.Errorf("want three numbers with commas between, such as 4,4,40")
	}
	for i, side := range sides {
		x, err := strconv.ParseFloat(strings.TrimSpace(side), 64)
		if err != nil || !(x > 0) || math.IsInf(x, 0) {
			return fmt.Errorf("%q is not a length in nm", side)
		}
		o.voxel[i] = x
	}
	return nil
}

// readSign is the flag -unknown-sign.
func (o *options) readSign(text string) (err error) {
	o.simulator.UnknownAs, err = circuit.ParseSign(text)
	if err == nil && o.simulator.UnknownAs == circuit.UnknownSign {
		err = fmt.Errorf("want E or I")
	}
	return err
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func same(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// written prints the files that a conversion made.
func written(to string, out io.Writer) error {
	return filepath.WalkDir(to, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "  %s  %s\n", path, size(info.Size()))
		return err
	})
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ")
}
