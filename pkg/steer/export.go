package steer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/internal/spelling"
)

// Exporting says how Export writes. The zero value writes every format that can
// be written here and that can hold the circuits.
type Exporting struct {
	// Formats are names of connectome.Formats. None means all that are written:
	// then one that lacks software here, or cannot hold the circuits, is left out,
	// and Exported says why. One that is named must be written, else nothing is.
	Formats []string
	// Overwrite is whether an older export may be replaced. A folder that is not
	// one, having no request.json, never is.
	Overwrite bool
	// Unproofread is what becomes of neurons whose outputs were not observed, as
	// in connectome.Reading. Default Masked: tables for simulators have no way to
	// say it, and count as unable to hold such circuits. LeftOut and Trusted change
	// the circuits: what the answer says was read off them as they were.
	Unproofread connectome.Unproofread
	// Simulator is the rule of weights and delays in tables for simulators, and
	// what neurons without a known sign are taken as there.
	Simulator connectome.SimulatorConfig
	// Python is as in connectome.Writing.
	Python string
	// Model says what the circuits were decoded by: a text, or a value that JSON can
	// hold, such as a graphvae.Config.
	Model any
	// Reference is what deviations in sd refer to, that of the rig.
	Reference Reference
}

// Validate reports everything that is wrong.
func (w Exporting) Validate() error {
	_, err := w.formats()
	faults := []error{err, w.Simulator.Validate(), connectome.Reading{Unproofread: w.Unproofread}.Validate()}
	if _, err := artifact.Marshal(w.Model); err != nil {
		faults = append(faults, fmt.Errorf("the model cannot be described so: give a text or a configuration: %w", err))
	}
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("steer: export: %w", err)
	}
	return nil
}

// formats returns those to write, in the order asked for, else in their own.
func (w Exporting) formats() ([]connectome.Format, error) {
	all := slices.DeleteFunc(connectome.Formats(), func(f connectome.Format) bool { return !f.Writes })
	if len(w.Formats) == 0 {
		return all, nil
	}
	var names []string
	for _, f := range all {
		names = append(names, f.Name)
	}
	var chosen []connectome.Format
	var faults []error
	for k, name := range w.Formats {
		at := slices.Index(names, name)
		switch {
		case at < 0:
			faults = append(faults, fmt.Errorf("no format %q is written: did you mean %q? There are %q", name, spelling.Nearest(name, names), names))
		case slices.Contains(w.Formats[:k], name):
			faults = append(faults, fmt.Errorf("format %q is asked for twice: name it once", name))
		default:
			chosen = append(chosen, all[at])
		}
	}
	return chosen, errors.Join(faults...)
}

// Exported says what Export wrote, where, and what it left out; Members are the
// circuits, in the order of the answer.
type Exported struct {
	Folder  string            `json:"-"`
	Written []Written         `json:"written"`
	LeftOut []NotWritten      `json:"left_out,omitempty"`
	Members []ExportedCircuit `json:"circuits"`
}

// Written is a format in which all circuits were written.
type Written struct {
	Format string `json:"format"`
	Title  string `json:"title"`
	// Paths are those of the circuits, in order, within the folder and with
	// slashes: of a file or, for a format of several files, a folder.
	Paths []string `json:"paths"`
}

// NotWritten is a format that was left out.
type NotWritten struct {
	Format string `json:"format"`
	Why    string `json:"why"`
}

// ExportedCircuit is one circuit, as written.
type ExportedCircuit struct {
	Name    string `json:"name"`
	Neurons int    `json:"neurons"`
	Edges   int    `json:"edges"`
	// Unobserved neurons are those whose outputs are unknown, not absent; Unsigned
	// ones have no known sign, Unplaced ones no position.
	Unobserved int            `json:"unobserved,omitzero"`
	Unsigned   int            `json:"unsigned,omitzero"`
	Unplaced   int            `json:"unplaced,omitzero"`
	Origin     circuit.Origin `json:"origin,omitzero"`
}

// Path returns where circuit i is in a format: a file or a folder; "" where it
// was not written.
func (e Exported) Path(format string, i int) string {
	at := slices.IndexFunc(e.Written, func(w Written) bool { return w.Format == format })
	if at < 0 || i < 0 || i >= len(e.Written[at].Paths) {
		return ""
	}
	return filepath.Join(e.Folder, filepath.FromSlash(e.Written[at].Paths[i]))
}

// Table returns a row a format: where it lies, or why it was left out.
func (e Exported) Table() (header []string, rows [][]string) {
	for _, w := range e.Written {
		rows = append(rows, []string{w.Format, w.Title, strconv.Itoa(len(w.Paths)), w.Format + "/"})
	}
	for _, n := range e.LeftOut {
		rows = append(rows, []string{n.Format, "left out: " + n.Why, "0", ""})
	}
	return []string{"format", "what it is", "circuits", "folder"}, rows
}

// Export writes the circuits of an answer, each as a reconstruction of its own,
// in all formats at once:
//
//	folder/request.json             what was asked, what came of it, by what (Manifest)
//	folder/graphml/circuit-000.graphml …
//	folder/nest/circuit-000/ …      of several files each
//
// Neurons keep their order, ids, classes, layers, signs, positions and masks
// wherever connectome.Save writes them; edges have no synapse counts, since
// circuits have none. A reader sees the whole export or none of it: after an
// error, or once the context is done, nothing is left but folders above it, and an older export is as
// it was. HDF5 (sonata, connectivity-matrix) takes a Python for each circuit, a second
// or more; 64 circuits in one of the other formats take a third of one.
func Export(ctx context.Context, a Answer, folder string, w Exporting) (done Exported, err error) {
	if err := w.Validate(); err != nil {
		return Exported{}, err
	}
	x := exporter{Exporting: w, answer: a}
	if err := errors.Join(x.gather(), w.free(folder), ctx.Err()); err != nil {
		return Exported{}, fmt.Errorf("steer: export: %w", err)
	}
	if err := x.fill(ctx, folder); err != nil {
		return Exported{}, fmt.Errorf("steer: export to %s: %w", folder, err)
	}
	x.done.Folder = folder
	return x.done, nil
}

// free says why a folder may not be written to.
func (w Exporting) free(folder string) error {
	if folder == "" {
		return errors.New("name a folder to write to")
	}
	_, err := os.Lstat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !w.Overwrite:
		return fmt.Errorf("%s is there already: choose another folder, or say that it may be overwritten", folder)
	}
	if _, err := os.Stat(filepath.Join(folder, manifestFile)); err != nil {
		return fmt.Errorf("%s is there, and is no export, since it has no %s: choose another folder, or delete it yourself", folder, manifestFile)
	}
	return nil
}

// exporter is an export under way.
type exporter struct {
	Exporting
	answer Answer
	tissue []*connectome.Connectome
	masked int // circuits with neurons whose outputs were not observed
	done   Exported
}

// gather makes a reconstruction of each circuit.
func (x *exporter) gather() error {
	n := len(x.answer.Circuits)
	if n == 0 {
		return errors.New("the answer has no circuits: one that was stored keeps none, so ask again, with the same seed for the same circuits")
	}
	digits := max(3, len(strconv.Itoa(n-1)))
	for i, c := range x.answer.Circuits {
		if c == nil {
			return fmt.Errorf("circuit %d of %d is nil", i, n)
		}
		c, err := x.asAsked(c)
		if err != nil {
			return err
		}
		part := describe(c, fmt.Sprintf("circuit-%0*d", digits, i))
		tissue, err := reconstruction(c, part.Name)
		if err != nil {
			return err
		}
		x.tissue, x.done.Members = append(x.tissue, tissue), append(x.done.Members, part)
		x.masked += min(part.Unobserved, 1)
	}
	return nil
}

// asAsked does what is asked for to neurons whose outputs were not observed.
func (x *exporter) asAsked(c *circuit.Circuit) (*circuit.Circuit, error) {
	switch x.Unproofread {
	case connectome.Trusted:
		return c.WithObserved(nil)
	case connectome.LeftOut:
		var kept []int
		for i := range c.Len() {
			if c.Observed(i) {
				kept = append(kept, i)
			}
		}
		return c.Subcircuit(kept)
	}
	return c, nil
}

func describe(c *circuit.Circuit, name string) ExportedCircuit {
	p := ExportedCircuit{Name: name, Neurons: c.Len(), Edges: c.Edges(), Unobserved: c.Len() - c.ObservedRows(), Origin: c.Origin()}
	for _, n := range c.Neurons() {
		if n.Sign == circuit.UnknownSign {
			p.Unsigned++
		}
		if !n.Position.Known() {
			p.Unplaced++
		}
	}
	return p
}

// reconstruction is a circuit as the whole that a file holds.
func reconstruction(c *circuit.Circuit, name string) (*connectome.Connectome, error) {
	d := connectome.Data{Name: name, Edges: c.EdgeList()}
	for i, n := range c.Neurons() {
		d.Neurons = append(d.Neurons, n)
		d.Observed = append(d.Observed, c.Observed(i))
	}
	return connectome.New(d)
}

// fill makes everything in a folder beside the place, and puts it there at the
// end.
func (x *exporter) fill(ctx context.Context, folder string) (err error) {
	parent := filepath.Dir(filepath.Clean(folder))
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(parent, ".export-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	fresh := filepath.Join(work, "fresh")
	if err := os.Mkdir(fresh, 0o755); err != nil {
		return err
	}
	formats, err := x.formats()
	if err != nil {
		return err
	}
	for _, f := range formats {
		if err := x.write(ctx, f, fresh); err != nil {
			return err
		}
	}
	text, err := artifact.Marshal(x.manifest())
	if err != nil {
		return err
	}
	if err := artifact.WriteFile(filepath.Join(fresh, manifestFile), text); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return x.put(fresh, folder, filepath.Join(work, "old"))
}

// put renames fresh to folder, in place of an older export if there may be one,
// which comes back where that fails.
func (x *exporter) put(fresh, folder, old string) error {
	if !x.Overwrite {
		return os.Rename(fresh, folder)
	}
	moved := os.Rename(folder, old)
	if moved != nil && !errors.Is(moved, fs.ErrNotExist) {
		return moved
	}
	err := os.Rename(fresh, folder)
	if err != nil && moved == nil {
		err = errors.Join(err, os.Rename(old, folder))
	}
	return err
}

// write writes all circuits in one format, or leaves it out and says why.
func (x *exporter) write(ctx context.Context, f connectome.Format, fresh string) error {
	paths, err := x.paths(f), x.unmasked(f)
	if err == nil {
		err = x.save(ctx, f, fresh, paths)
	}
	switch {
	case err == nil:
		x.done.Written = append(x.done.Written, Written{Format: f.Name, Title: f.Title, Paths: paths})
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case len(x.Formats) > 0 || ofDisk(err):
		return fmt.Errorf("format %s: %w", f.Name, err)
	}
	why := strings.ReplaceAll(err.Error(), fresh+string(filepath.Separator), "") // that folder goes
	x.done.LeftOut = append(x.done.LeftOut, NotWritten{Format: f.Name, Why: why})
	return os.RemoveAll(filepath.Join(fresh, f.Name))
}

// ofDisk tells trouble with files, which every format would have, from what one
// format lacks or cannot hold.
func ofDisk(err error) bool {
	var ofPath *fs.PathError
	var ofLink *os.LinkError
	var ofCall *os.SyscallError
	return errors.As(err, &ofPath) || errors.As(err, &ofLink) || errors.As(err, &ofCall)
}

func (x *exporter) paths(f connectome.Format) []string {
	paths := make([]string, len(x.done.Members))
	for i, part := range x.done.Members {
		paths[i] = path.Join(f.Name, part.Name+f.Extension)
	}
	return paths
}

// unmasked is an error where a format would make unknown outputs absent ones.
// Every format that is also read holds the mask; the tables for simulators, which
// are only written, cannot.
func (x *exporter) unmasked(f connectome.Format) error {
	if f.Reads || x.masked == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d circuits have neurons whose outputs were not observed, and here they would seem to have only what was seen: set Exporting.Unproofread to %q, to leave these neurons out, or to %q, to take the outputs that they have for all",
		x.masked, len(x.tissue), connectome.LeftOut, connectome.Trusted)
}

// save writes circuits side by side. The error is that of the first that fails:
// all before it were begun before it, and are waited for.
func (x *exporter) save(ctx context.Context, f connectome.Format, fresh string, paths []string) error {
	w := connectome.Writing{Format: f.Name, Simulator: x.Simulator, Python: x.Python}
	faults := make([]error, len(paths))
	var failed atomic.Bool
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, tissue := range x.tissue {
		if failed.Load() {
			break
		}
		group.Go(func() error {
			faults[i] = ctx.Err()
			if faults[i] == nil {
				faults[i] = connectome.Save(ctx, tissue, filepath.Join(fresh, filepath.FromSlash(paths[i])), w)
			}
			if faults[i] != nil {
				failed.Store(true)
			}
			return nil
		})
	}
	_ = group.Wait() // its functions give none
	for i, fault := range faults {
		if fault != nil {
			return fmt.Errorf("%s: %w", x.done.Members[i].Name, fault)
		}
	}
	return nil
}
