package connectome

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Reading says how Open takes a source. The zero value detects everything.
type Reading struct {
	// Format is the name of one of Formats; "" means that the content tells.
	Format string `json:"format,omitempty"`
	// Name of the reconstruction; "" means what the source calls itself, or the
	// folder's or file's name.
	Name string `json:"name,omitempty"`
	// Unproofread says what becomes of neurons whose axons the source itself
	// calls not proofread. Default Masked.
	Unproofread Unproofread `json:"unproofread,omitempty"`
	// VoxelNM is the size of a voxel in nm along the source's x, y and z, for
	// tables whose positions are in voxels. Zero means what the format says,
	// else 4 × 4 × 40.
	VoxelNM [3]float64 `json:"voxel_nm,omitzero"`
	// Population is which of several reconstructions in one source is meant, for
	// formats that hold several: a population of nodes or of edges (SONATA), a
	// group such as "chemical/full_matrix" (ConnectivityMatrix). "" means the only
	// one; where there are more, the error lists them.
	Population string `json:"population,omitempty"`
	// Python is an interpreter that has h5py, for HDF5 files. "" means
	// CORTIGEN_PYTHON or that of the notebook environment.
	Python string `json:"-"`
}

// Unproofread is what becomes of neurons whose axons were not proofread.
type Unproofread string

// What can become of them.
const (
	// Masked keeps them, with their rows marked as not observed.
	Masked Unproofread = "mask"
	// LeftOut drops them, counted.
	LeftOut Unproofread = "drop"
	// Trusted takes what little of their output is there for all there is. It is
	// wrong, and here to show by how much.
	Trusted Unproofread = "trust"
)

// Validate reports what is not known.
func (r Reading) Validate() error {
	if _, err := r.wanted(); err != nil {
		return err
	}
	switch r.Unproofread {
	case "", Masked, LeftOut, Trusted:
	default:
		return fmt.Errorf("connectome: reading: unproofread is %q: use %q, %q or %q", r.Unproofread, Masked, LeftOut, Trusted)
	}
	for _, size := range r.VoxelNM {
		if !(size >= 0) || size > 1e6 {
			return fmt.Errorf("connectome: reading: a voxel of %v nm: give three lengths above 0", r.VoxelNM)
		}
	}
	return nil
}

// wanted returns the formats to try.
func (r Reading) wanted() ([]format, error) {
	all := formats()
	if r.Format == "" {
		return all, nil
	}
	for _, f := range all {
		if f.Name == r.Format {
			return []format{f}, nil
		}
	}
	return nil, fmt.Errorf("connectome: format %q is not known: use one of %s", r.Format, names(all))
}

// Open reads a reconstruction from a folder or a file. Its format is told by
// its content (see [Formats]). What is left out is counted in the connectome's
// Report. Ids are kept as written. The context is looked at every few thousand
// rows.
//
// Errors about a file's content are of type *ParseError.
func Open(ctx context.Context, path string) (*Connectome, error) {
	return OpenAs(ctx, path, Reading{})
}

// OpenAs is Open with something to say about how.
func OpenAs(ctx context.Context, path string, r Reading) (*Connectome, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	s, err := newSource(path)
	if err != nil {
		return nil, err
	}
	f, files, err := recognise(s, r)
	if err != nil {
		return nil, err
	}
	var sum string
	var d Data
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		sum, err = s.checksum(files, r)
		return err
	})
	group.Go(func() (err error) {
		d, err = f.read(ctx, s, files, r)
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	d.Name = cmp.Or(r.Name, d.Name, s.name())
	d.Checksum, d.Report.Layout, d.Report.Files = sum, f.Title, files
	d.Report.Notes = append(d.Report.Notes, unplacedNote(d.Neurons)...)
	return New(d)
}

// Detect returns the format that Open would take a source for.
func Detect(path string) (Format, error) {
	s, err := newSource(path)
	if err != nil {
		return Format{}, err
	}
	f, _, err := recognise(s, Reading{})
	return f.Format, err
}

// Checksum returns what Connectome.Checksum would be after Open, without
// parsing: the SHA-256 over names and bytes of the files that Open reads. (A
// Reading that changes what is read from the same bytes changes that of OpenAs.)
func Checksum(path string) (string, error) {
	s, err := newSource(path)
	if err != nil {
		return "", err
	}
	_, files, err := recognise(s, Reading{})
	if err != nil {
		return "", err
	}
	return s.checksum(files, Reading{})
}

// unplacedNote says how many neurons have no position.
func unplacedNote(neurons []circuit.Neuron) []string {
	unplaced := 0
	for _, n := range neurons {
		if !n.Position.Known() {
			unplaced++
		}
	}
	if unplaced == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d of %d neurons have no position: cuts by space leave them out", unplaced, len(neurons))}
}

// recognise returns the first format that the source is of, with its files.
func recognise(s *source, r Reading) (format, []string, error) {
	wanted, err := r.wanted()
	if err != nil {
		return format{}, nil, err
	}
	var nearly []error
	for _, f := range wanted {
		if f.read == nil {
			continue
		}
		files, near := f.match(s)
		switch {
		case len(files) > 0 && f.shy && errors.Join(nearly...) != nil:
			near = fmt.Errorf("connectome: open: %s could be read as format %s (%s): ask for it, if that is what it is", s.path, f.Name, f.Title)
		case len(files) > 0:
			return f, files, nil
		}
		nearly = append(nearly, near)
	}
	switch {
	case len(s.faults) > 0:
		return format{}, nil, errors.Join(s.faults...)
	case errors.Join(nearly...) != nil:
		return format{}, nil, errors.Join(nearly...)
	case r.Format != "":
		return format{}, nil, fmt.Errorf("connectome: open: %s is not %s (%s); it has %s", s.path, r.Format, wanted[0].Title, s.listing())
	}
	return format{}, nil, fmt.Errorf("connectome: open: %s holds no known format: known are %s; it has %s", s.path, titles(wanted), s.listing())
}
