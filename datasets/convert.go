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

	"github.com/cortigen/cortigen/pkg/catalogue"
	"github.com/cortigen/cortigen/pkg/connectome"
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
	c, err := connectome.OpenAs(ctx, path, connectome.Reading{Format: o.from, VoxelNM: o.voxel})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "read %s\n%s\n", path, indent(c.Report().String()))
	if err := connectome.Save(ctx, c, to, connectome.Writing{Format: o.format, Overwrite: o.overwrite}); err != nil {
		return err
	}
	f, err := connectome.Detect(to)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "wrote %s\n", f.Title)
	return written(to, out)
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
