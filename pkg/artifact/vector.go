package artifact

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sbinet/npyio/npy"
	"github.com/sbinet/npyio/npz"
)

// NewArrayReader opens an npz file of size bytes. Arrays are read from r as they
// are asked for.
func NewArrayReader(r io.ReaderAt, size int64) (*ArrayReader, error) {
	z, err := npz.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("artifact: arrays: %w: %w", ErrDamaged, err)
	}
	const most = 1032 // the best that deflate can do
	return &ArrayReader{npz: z, atMost: int(min(size, math.MaxInt/most)) * most}, nil
}

// Shape describes an array that was not read yet.
type Shape struct {
	// Type is that of the elements in numpy's words, such as "<i8" or "|b1".
	Type string
	// Sizes are the lengths of the axes, none for a single value.
	Sizes []int
}

// Bool, Integer and Float say what the elements are.
func (s Shape) Bool() bool    { return strings.HasSuffix(s.Type, "b1") }
func (s Shape) Integer() bool { return elements[s.code()].integer != nil && !s.Bool() }
func (s Shape) Float() bool   { return elements[s.code()].float != nil }

// code is the type less its byte order.
func (s Shape) code() string { return strings.TrimLeft(s.Type, "<>|=") }

// Has reports whether there is an array of the name, in the file with or without
// numpy's ending .npy.
func (r *ArrayReader) Has(name string) bool { return r.entry(name) != "" }

func (r *ArrayReader) entry(name string) string {
	for _, key := range []string{name + ".npy", name} {
		if slices.Contains(r.npz.Keys(), key) {
			return key
		}
	}
	return ""
}

// Shape returns type and sizes of an array without reading its elements. Sizes
// that the file cannot hold are ErrDamaged.
func (r *ArrayReader) Shape(name string) (Shape, error) {
	shape, _, closer, err := r.open(name)
	if err != nil {
		return Shape{}, err
	}
	return shape, closer.Close()
}

// open returns an array's shape and its elements' bytes.
func (r *ArrayReader) open(name string) (shape Shape, data *bufio.Reader, closer io.Closer, err error) {
	fail := func(err error) (Shape, *bufio.Reader, io.Closer, error) {
		return Shape{}, nil, nil, fmt.Errorf("artifact: array %q: %w", name, err)
	}
	entry := r.entry(name)
	if entry == "" {
		return fail(fmt.Errorf("not there; there are %q", r.Names()))
	}
	if err := r.checkHeaderLength(entry); err != nil {
		return fail(err)
	}
	f, err := r.npz.Open(entry)
	if err != nil {
		return fail(fmt.Errorf("%w: %w", ErrDamaged, err))
	}
	data = bufio.NewReaderSize(f, 1<<16)
	shape, fortran, err := readShape(data)
	if err == nil && fortran && len(shape.Sizes) > 1 {
		err = errors.New("its elements are in Fortran's order")
	}
	if err == nil {
		err = r.checkSize(shape)
	}
	if err != nil {
		return fail(errors.Join(err, f.Close()))
	}
	return shape, data, f, nil
}

// readShape guards npyio (v0.9.0), which panics on headers that are cut short.
func readShape(data io.Reader) (shape Shape, fortran bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: its header is not sound: %v", ErrDamaged, p)
		}
	}()
	header, err := npy.NewReader(data)
	if err != nil {
		return Shape{}, false, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	d := header.Header.Descr
	return Shape{Type: d.Type, Sizes: d.Shape}, d.Fortran, nil
}

// checkSize refuses shapes for which the whole file has not bytes enough.
func (r *ArrayReader) checkSize(s Shape) error {
	room := r.atMost / max(1, elements[s.code()].size)
	for _, n := range s.Sizes {
		if n < 0 || n > room {
			return fmt.Errorf("%w: its shape is %v, which the file cannot hold", ErrDamaged, s.Sizes)
		}
		room /= max(n, 1)
	}
	return nil
}

// element is how one number is stored; one of integer and float is set.
type element struct {
	size    int
	integer func(o binary.ByteOrder, b []byte) int64
	float   func(o binary.ByteOrder, b []byte) float64
}

// elements are numpy's types of numbers by code; uint64 above 2⁶³ comes out
// negative.
var elements = map[string]element{
	"b1": {1, func(_ binary.ByteOrder, b []byte) int64 { return int64(min(b[0], 1)) }, nil},
	"i1": {1, func(_ binary.ByteOrder, b []byte) int64 { return int64(int8(b[0])) }, nil},
	"u1": {1, func(_ binary.ByteOrder, b []byte) int64 { return int64(b[0]) }, nil},
	"i2": {2, func(o binary.ByteOrder, b []byte) int64 { return int64(int16(o.Uint16(b))) }, nil},
	"u2": {2, func(o binary.ByteOrder, b []byte) int64 { return int64(o.Uint16(b)) }, nil},
	"i4": {4, func(o binary.ByteOrder, b []byte) int64 { return int64(int32(o.Uint32(b))) }, nil},
	"u4": {4, func(o binary.ByteOrder, b []byte) int64 { return int64(o.Uint32(b)) }, nil},
	"i8": {8, func(o binary.ByteOrder, b []byte) int64 { return int64(o.Uint64(b)) }, nil},
	"u8": {8, func(o binary.ByteOrder, b []byte) int64 { return int64(o.Uint64(b)) }, nil},
	"f4": {4, nil, func(o binary.ByteOrder, b []byte) float64 { return float64(math.Float32frombits(o.Uint32(b))) }},
	"f8": {8, nil, func(o binary.ByteOrder, b []byte) float64 { return math.Float64frombits(o.Uint64(b)) }},
}

// Vector returns the elements of a vector of bools, integers or floats of any
// width and byte order. A number that T cannot hold exactly is an error that says
// which; NaN goes into floats only. A file that is not sound is ErrDamaged.
func Vector[T int32 | int64 | float64](r *ArrayReader, name string) (values []T, err error) {
	shape, data, closer, err := r.open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closer.Close()) }()
	e, known := elements[shape.code()]
	if !known {
		return nil, fmt.Errorf("artifact: array %q: its elements are of type %q, not bool, integer or float of 32 or 64 bits", name, shape.Type)
	}
	if len(shape.Sizes) != 1 {
		return nil, fmt.Errorf("artifact: array %q: its shape is %v, want a vector", name, shape.Sizes)
	}
	convert := exactly[T](e, shape)
	values = make([]T, shape.Sizes[0])
	buffer := make([]byte, e.size)
	for i := range values {
		if _, err := io.ReadFull(data, buffer); err != nil {
			return nil, fmt.Errorf("artifact: array %q: element %d of %d: %w: %w", name, i, len(values), ErrDamaged, err)
		}
		var fits bool
		if values[i], fits = convert(buffer); !fits {
			return nil, fmt.Errorf("artifact: array %q: element %d, of type %s, is no exact %T", name, i, shape.Type, values[i])
		}
	}
	return values, atEnd(data, name)
}

// exactly returns a conversion that says whether it lost nothing.
func exactly[T int32 | int64 | float64](e element, s Shape) func(b []byte) (T, bool) {
	var order binary.ByteOrder = binary.LittleEndian
	if strings.HasPrefix(s.Type, ">") {
		order = binary.BigEndian
	}
	if e.integer == nil {
		return func(b []byte) (T, bool) {
			x := e.float(order, b)
			return T(x), float64(T(x)) == x || x != x && isFloat[T]()
		}
	}
	unsigned := s.code() == "u8"
	return func(b []byte) (T, bool) {
		x := e.integer(order, b)
		return T(x), int64(T(x)) == x && !(unsigned && x < 0)
	}
}

func isFloat[T int32 | int64 | float64]() bool { return T(1)/2 != 0 }

// atEnd reads on to where the zip's checksum is looked at.
func atEnd(data io.Reader, name string) error {
	switch n, err := io.Copy(io.Discard, io.LimitReader(data, 1)); {
	case err != nil:
		return fmt.Errorf("artifact: array %q: %w: %w", name, ErrDamaged, err)
	case n > 0:
		return fmt.Errorf("artifact: array %q: %w: more bytes than its shape says", name, ErrDamaged)
	}
	return nil
}

// Word returns an array that is one string, of bytes or of unicode.
func (r *ArrayReader) Word(name string) (word string, err error) {
	shape, data, closer, err := r.open(name)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, closer.Close()) }()
	count := 1
	for _, n := range shape.Sizes {
		count *= n
	}
	code := shape.code()
	const longest = 1 << 10
	length, err := strconv.Atoi(code[min(1, len(code)):])
	if err != nil || count != 1 || length < 0 || length > longest || code[0] != 'S' && code[0] != 'U' {
		return "", fmt.Errorf("artifact: array %q: type %q and shape %v are not one word", name, shape.Type, shape.Sizes)
	}
	var order binary.ByteOrder = binary.LittleEndian
	if strings.HasPrefix(shape.Type, ">") {
		order = binary.BigEndian
	}
	width := 1
	if code[0] == 'U' {
		width = 4
	}
	text := make([]byte, length*width)
	if _, err := io.ReadFull(data, text); err != nil {
		return "", fmt.Errorf("artifact: array %q: %w: %w", name, ErrDamaged, err)
	}
	var b strings.Builder
	for k := 0; k < len(text); k += width {
		if width == 1 {
			b.WriteByte(text[k])
		} else {
			b.WriteRune(rune(order.Uint32(text[k:])))
		}
	}
	return strings.TrimRight(b.String(), "\x00"), nil
}
