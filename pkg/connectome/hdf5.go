package connectome

import (
	"bufio"
	"bytes"
	"context"
	_ "embed" // the script
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"path/filepath"
	"strconv"
)

// HDF5 is read and written by hdf5.py in a Python that has h5py: of what there
// is in Go, nothing reads these files whole and exactly (see the issue trackers
// of the pure-Go readers: 64-bit ids as floats, zeros where a filter is not
// known). The script says what is in a file and sends numbers; what they mean is
// decided here.
//
//go:embed hdf5.py
var hdf5Script string

// hdf5 is a conversation with the script about some files.
type hdf5 struct {
	paths    []string
	requests io.Writer
	answers  *bufio.Reader
	// objects of each file, by path; filled by list.
	objects []map[string]h5object
	// frames says that columns of a DataFrame are written, not datasets.
	frames bool
	// process is what runs the script; nil in tests.
	process *python
}

// h5object is a group or a dataset.
type h5object struct {
	Path   string         `json:"path"`
	Kind   string         `json:"kind"` // "group" or "dataset"
	DType  string         `json:"dtype"`
	Shape  []int          `json:"shape"`
	Fields []h5field      `json:"fields"` // of a dataset of dtype "table"
	Attrs  map[string]any `json:"attrs"`
}

type h5field struct {
	Name  string `json:"name"`
	DType string `json:"dtype"`
	Shape []int  `json:"shape"`
}

// rows is the first dimension.
func (o h5object) rows() int {
	if len(o.Shape) == 0 {
		return 1
	}
	return o.Shape[0]
}

// text is an attribute that is a text, "" where it is none.
func (o h5object) text(attr string) string {
	s, _ := o.Attrs[attr].(string)
	return s
}

// h5values is a dataset, or a field of one: one of the three lists, row by row.
type h5values struct {
	rows, width int
	ints        []int64
	floats      []float64
	texts       []string
}

// text is a value as text; NaN is "".
func (v h5values) text(k int) string {
	switch {
	case v.ints != nil:
		return strconv.FormatInt(v.ints[k], 10)
	case v.floats != nil:
		if math.IsNaN(v.floats[k]) {
			return ""
		}
		return strconv.FormatFloat(v.floats[k], 'g', -1, 64)
	case v.texts != nil:
		return v.texts[k]
	}
	return ""
}

// number is a value as a number; NaN where it is none.
func (v h5values) number(k int) float64 {
	switch {
	case v.ints != nil:
		return float64(v.ints[k])
	case v.floats != nil:
		return v.floats[k]
	}
	x, err := strconv.ParseFloat(v.texts[k], 64)
	if err != nil {
		return math.NaN()
	}
	return x
}

// openHDF5 starts the script, to read ("r"), write ("w") or put pandas' data
// frames ("frames"). asked is Reading.Python or Writing.Python.
func openHDF5(ctx context.Context, asked, mode string, paths ...string) (*hdf5, error) {
	packages := "h5py"
	if mode == "frames" {
		packages = "h5py, pandas, tables"
	}
	p, err := startPython(ctx, asked, hdf5Script, packages, append([]string{mode}, paths...)...)
	if errors.Is(err, ErrNoHDF5) {
		return nil, fmt.Errorf("connectome: %s: %w", filepath.Base(paths[0]), err)
	}
	if err != nil {
		return nil, err
	}
	h := newHDF5(paths, p.in, p.out)
	h.process, h.frames = p, mode == "frames"
	if err := h.greet(); err != nil {
		return nil, h.close(err)
	}
	return h, nil
}

// newHDF5 talks to anything that answers as the script does.
func newHDF5(paths []string, requests io.Writer, answers io.Reader) *hdf5 {
	return &hdf5{paths: paths, requests: requests, answers: bufio.NewReaderSize(answers, 1<<16), objects: make([]map[string]h5object, len(paths))}
}

// errLost says that the script itself failed, not what it was asked for.
var errLost = errors.New("the HDF5 script stopped")

// close ends the script after err, or after success, which its end then must be
// too. A cancelled context is the only error where there is one; what the script
// left on its standard error matters where it is the script that failed.
func (h *hdf5) close(err error) error {
	if h.process == nil {
		return err
	}
	end := h.process.end(err == nil)
	switch {
	case err == nil || h.process.ctx.Err() != nil:
		return end
	case errors.Is(err, errLost):
		return errors.Join(err, end)
	}
	return err
}

// greet reads how the script begins.
func (h *hdf5) greet() error {
	var hello struct {
		Hello   string `json:"hello"`
		Version int    `json:"version"`
		File    int    `json:"file"`
	}
	if err := h.answer(&hello, func() string {
		if hello.File > 0 && hello.File < len(h.paths) {
			return h.paths[hello.File]
		}
		return h.paths[0]
	}, ""); err != nil {
		return err
	}
	if hello.Hello != "cortigen-hdf5" || hello.Version != 1 {
		return h.lost(fmt.Errorf("it begins with %+v", hello))
	}
	return nil
}

// request sends one line.
func (h *hdf5) request(fields map[string]any) error {
	line, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	if _, err := h.requests.Write(append(line, '\n')); err != nil {
		return h.lost(err)
	}
	return nil
}

// answer reads one line into v. What the script refuses is an error about the
// file, and in it about the object of that path.
func (h *hdf5) answer(v any, file func() string, path string) error {
	line, err := h.answers.ReadBytes('\n')
	if err != nil {
		return h.lost(err)
	}
	var failed struct {
		Error *string `json:"error"`
	}
	if err := json.Unmarshal(line, &failed); err != nil {
		return h.lost(err)
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return h.lost(err)
	}
	if failed.Error != nil {
		return &ParseError{File: file(), Column: path, Err: errors.New(*failed.Error)}
	}
	return nil
}

// lost is an error about the script itself: killed, or not what was expected.
func (h *hdf5) lost(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("connectome: %s: %w: %w", h.paths[0], errLost, err)
}

func (h *hdf5) name(file int) func() string { return func() string { return h.paths[file] } }

// list asks what is in a file.
func (h *hdf5) list(file int) (map[string]h5object, error) {
	if h.objects[file] != nil {
		return h.objects[file], nil
	}
	if err := h.request(map[string]any{"op": "tree", "file": file}); err != nil {
		return nil, err
	}
	var got struct {
		Objects []h5object `json:"objects"`
	}
	if err := h.answer(&got, h.name(file), ""); err != nil {
		return nil, err
	}
	all := make(map[string]h5object, len(got.Objects))
	for _, o := range got.Objects {
		for _, n := range o.Shape {
			if n < 0 {
				return nil, h.lost(fmt.Errorf("%s has shape %v", o.Path, o.Shape))
			}
		}
		all[o.Path] = o
	}
	h.objects[file] = all
	return all, nil
}

// read asks for a dataset, or, where field is not "", for a field of one.
func (h *hdf5) read(file int, path, field string) (h5values, error) {
	fields := map[string]any{"op": "read", "file": file, "path": path}
	if field != "" {
		fields["field"] = field
	}
	if err := h.request(fields); err != nil {
		return h5values{}, err
	}
	var head struct {
		DType string `json:"dtype"`
		Shape []int  `json:"shape"`
	}
	if err := h.answer(&head, h.name(file), path); err != nil {
		return h5values{}, err
	}
	v, want, err := shaped(head.Shape)
	if err != nil {
		return v, h.lost(err)
	}
	got := 0
	switch b := (&h5blocks{h: h, file: file, path: path}); head.DType {
	case "i8":
		v.ints, err = eights(b, func(u uint64) int64 { return int64(u) })
		got = len(v.ints)
	case "f8":
		v.floats, err = eights(b, math.Float64frombits)
		got = len(v.floats)
	case "text":
		v.texts, err = b.texts()
		got = len(v.texts)
	default:
		err = h.lost(fmt.Errorf("values of type %q", head.DType))
	}
	if err == nil && got != want {
		err = h.lost(fmt.Errorf("%s has %d values, not the %d of its shape %v", path, got, want, head.Shape))
	}
	return v, err
}

// shaped is the room that a shape asks for, without making it.
func shaped(shape []int) (v h5values, values int, err error) {
	if len(shape) == 0 || shape[0] < 0 {
		return v, 0, fmt.Errorf("shape %v", shape)
	}
	v.rows, v.width = shape[0], 1
	for _, n := range shape[1:] {
		high, low := bits.Mul64(uint64(v.width), uint64(n))
		if n < 0 || high > 0 || low > math.MaxInt32 {
			return v, 0, fmt.Errorf("shape %v", shape)
		}
		v.width = int(low)
	}
	if high, low := bits.Mul64(uint64(v.rows), uint64(v.width)); high > 0 || low > math.MaxInt {
		return v, 0, fmt.Errorf("shape %v", shape)
	}
	return v, v.rows * v.width, nil
}

// h5blocks are the data that follow an answer, as one stream.
type h5blocks struct {
	h    *hdf5
	file int
	path string
	left uint32
	end  bool
}

// The lengths that are not lengths.
const (
	blocksEnd    = 0
	blocksFailed = 0xffffffff
)

// Read gives the bytes of the blocks; io.EOF after the one that ends them.
func (b *h5blocks) Read(p []byte) (int, error) {
	for b.left == 0 {
		if b.end {
			return 0, io.EOF
		}
		var size [4]byte
		if _, err := io.ReadFull(b.h.answers, size[:]); err != nil {
			return 0, b.h.lost(err)
		}
		switch b.left = binary.LittleEndian.Uint32(size[:]); b.left {
		case blocksEnd:
			b.end = true
		case blocksFailed:
			b.left, b.end = 0, true
			var none struct{}
			if err := b.h.answer(&none, b.h.name(b.file), b.path); err != nil {
				return 0, err
			}
			return 0, b.h.lost(errors.New("a failure without a reason"))
		}
	}
	n, err := b.h.answers.Read(p[:min(len(p), int(b.left))])
	b.left -= uint32(n)
	if err != nil {
		return n, b.h.lost(err)
	}
	return n, nil
}

// eights reads numbers of eight bytes until the blocks end. The list grows with
// what arrives, not with what is claimed.
func eights[T int64 | float64](b *h5blocks, decode func(uint64) T) ([]T, error) {
	list := []T{}
	buffer := make([]byte, 1<<16)
	for {
		n, err := io.ReadFull(b, buffer)
		whole := err == io.EOF || err == io.ErrUnexpectedEOF // its own, at the end of the blocks; others are wrapped
		if err != nil && !whole {
			return list, err
		}
		if n%8 != 0 {
			return list, b.h.lost(fmt.Errorf("%s ends within a value", b.path))
		}
		for at := 0; at < n; at += 8 {
			list = append(list, decode(binary.LittleEndian.Uint64(buffer[at:])))
		}
		if whole {
			return list, nil
		}
	}
}

// texts reads texts until the blocks end.
func (b *h5blocks) texts() ([]string, error) {
	list := []string{}
	in := bufio.NewReader(b)
	var size [4]byte
	for {
		if _, err := io.ReadFull(in, size[:]); err == io.EOF {
			return list, nil
		} else if err != nil {
			return list, b.torn(err)
		}
		var text bytes.Buffer
		if _, err := io.CopyN(&text, in, int64(binary.LittleEndian.Uint32(size[:]))); err != nil {
			return list, b.torn(err)
		}
		list = append(list, text.String())
	}
}

// torn is an end within a text.
func (b *h5blocks) torn(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return b.h.lost(fmt.Errorf("%s ends within a text", b.path))
	}
	return err
}

// names asks for column names: those of a dataset, or those that an attribute
// of an object holds.
func (h *hdf5) names(file int, path, attr string) ([]string, error) {
	fields := map[string]any{"op": "names", "file": file, "path": path}
	if attr != "" {
		fields["attr"] = attr
	}
	if err := h.request(fields); err != nil {
		return nil, err
	}
	var got struct {
		Names []string `json:"names"`
	}
	err := h.answer(&got, h.name(file), path)
	return got.Names, err
}
