package artifact_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/artifact"
)

// sample has an array of every type that Arrays allows.
func sample() artifact.Arrays {
	return artifact.Arrays{
		"matrix":          mat.NewDense(2, 3, []float64{1, 2, 3, 4, 5, math.NaN()}),
		"/weights/a/bias": []float32{.1, -2},
		"float64":         []float64{math.Pi, math.Inf(1)},
		"int64":           []int64{math.MinInt64, 1<<53 + 1},
		"int32":           []int32{-3, 4},
		"uint8":           []uint8{0, 255},
		"bool":            []bool{true, false, true},
		"one":             []float32{7},
	}
}

func encode(tb testing.TB, arrays artifact.Arrays) []byte {
	tb.Helper()
	data, err := artifact.EncodeArrays(arrays)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func read[T any](t *testing.T, r *artifact.ArrayReader, name string) T {
	t.Helper()
	var v T
	if err := r.Read(name, &v); err != nil {
		t.Error(err)
	}
	return v
}

func TestArraysComeBack(t *testing.T) {
	data := encode(t, sample())
	if again := encode(t, sample()); !bytes.Equal(data, again) {
		t.Error("the same arrays gave other bytes")
	}
	r, err := artifact.DecodeArrays(data)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Names(); !slices.IsSorted(got) || len(got) != len(sample()) {
		t.Errorf("names %q", got)
	}
	m, err := r.Matrix("matrix")
	if err != nil || m.At(1, 0) != 4 || !math.IsNaN(m.At(1, 2)) {
		t.Errorf("matrix %v, %v", m, err)
	}
	if got := read[[]float32](t, r, "/weights/a/bias"); !slices.Equal(got, []float32{.1, -2}) {
		t.Errorf("float32 %v", got)
	}
	if got := read[[]float64](t, r, "float64"); !slices.Equal(got, []float64{math.Pi, math.Inf(1)}) {
		t.Errorf("float64 %v", got)
	}
	if got := read[[]int64](t, r, "int64"); !slices.Equal(got, []int64{math.MinInt64, 1<<53 + 1}) {
		t.Errorf("int64 %v", got)
	}
	if got := read[[]int32](t, r, "int32"); !slices.Equal(got, []int32{-3, 4}) {
		t.Errorf("int32 %v", got)
	}
	if got := read[[]uint8](t, r, "uint8"); !slices.Equal(got, []uint8{0, 255}) {
		t.Errorf("uint8 %v", got)
	}
	if got := read[[]bool](t, r, "bool"); !slices.Equal(got, []bool{true, false, true}) {
		t.Errorf("bool %v", got)
	}
	if got := read[[]float32](t, r, "one"); !slices.Equal(got, []float32{7}) {
		t.Errorf("a vector of one %v", got)
	}
}

func TestAnyTensorComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := artifact.Tensor{Shape: rapid.SliceOfN(rapid.IntRange(1, 4), 1, 3).Draw(t, "shape")}
		n := 1
		for _, d := range in.Shape {
			n *= d
		}
		in.Values = rapid.SliceOfN(rapid.Float32(), n, n).Draw(t, "values")
		data, err := artifact.EncodeArrays(artifact.Arrays{"t": in})
		if err != nil {
			t.Fatal(err)
		}
		r, err := artifact.DecodeArrays(data)
		if err != nil {
			t.Fatal(err)
		}
		out, err := r.Tensor("t")
		if err != nil || !slices.Equal(out.Shape, in.Shape) || !slices.EqualFunc(out.Values, in.Values, sameBits) {
			t.Fatalf("%v came back as %v, %v", in, out, err)
		}
	})
}

func sameBits(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }

func TestTensorRefuses(t *testing.T) {
	for name, bad := range map[string]artifact.Tensor{
		"too few values": {Shape: []int{2, 3}, Values: make([]float32, 5)},
		"no extent":      {Shape: []int{0, 3}},
		"below nothing":  {Shape: []int{-1, -3}, Values: make([]float32, 3)},
	} {
		if _, err := artifact.EncodeArrays(artifact.Arrays{"t": bad}); err == nil || !strings.Contains(err.Error(), "does not fit") {
			t.Errorf("%s: %v", name, err)
		}
	}
	r, err := artifact.DecodeArrays(encode(t, sample()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Tensor("float64"); err == nil {
		t.Error("float64 were read as float32")
	}
	if _, err := r.Tensor("nope"); err == nil || !strings.Contains(err.Error(), "nope") {
		t.Errorf("no such array: %v", err)
	}
}

func TestAnyMatrixComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, cols := rapid.IntRange(1, 6).Draw(t, "rows"), rapid.IntRange(1, 6).Draw(t, "cols")
		in := rapid.SliceOfN(rapid.Float64(), rows*cols, rows*cols).Draw(t, "values")
		data, err := artifact.EncodeArrays(artifact.Arrays{"m": mat.NewDense(rows, cols, slices.Clone(in))})
		if err != nil {
			t.Fatal(err)
		}
		r, err := artifact.DecodeArrays(data)
		if err != nil {
			t.Fatal(err)
		}
		m, err := r.Matrix("m")
		if err != nil {
			t.Fatal(err)
		}
		if gotRows, gotCols := m.Dims(); gotRows != rows || gotCols != cols || !slices.EqualFunc(m.RawMatrix().Data, in, same) {
			t.Fatalf("%v came back as %v", in, m)
		}
	})
}

func TestArrayErrors(t *testing.T) {
	if _, err := artifact.EncodeArrays(artifact.Arrays{"words": map[string]int{"a": 1}}); err == nil || !strings.Contains(err.Error(), `"words"`) {
		t.Errorf("an array of words: %v", err)
	}
	r, err := artifact.DecodeArrays(encode(t, sample()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Matrix("absent"); err == nil || !strings.Contains(err.Error(), `"absent"`) || !strings.Contains(err.Error(), `"matrix"`) {
		t.Errorf("error %v should say which arrays there are", err)
	}
	var wrong []float64
	if err := r.Read("int64", &wrong); err == nil || !strings.Contains(err.Error(), `"int64"`) {
		t.Errorf("integers as float64: %v, %v", wrong, err)
	}
	if _, err := artifact.DecodeArrays([]byte("no zip")); !errors.Is(err, artifact.ErrDamaged) {
		t.Errorf("no zip file: %v", err)
	}
}

// storedArray is an npz file of one array with the given header. It is stored,
// not deflated, so that a fuzzer's changes reach the header.
func storedArray(tb testing.TB, header string) []byte {
	tb.Helper()
	var buffer bytes.Buffer
	w := zip.NewWriter(&buffer)
	f, err := w.CreateHeader(&zip.FileHeader{Name: "m", Method: zip.Store})
	if err == nil {
		_, err = fmt.Fprintf(f, "\x93NUMPY\x01\x00%c\x00%s%s", len(header), header, make([]byte, 32))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		tb.Fatal(err)
	}
	return buffer.Bytes()
}

// A header that asks for more than its file can hold is damage.
func TestArrayLargerThanItsFile(t *testing.T) {
	for _, shape := range []string{"(4000000000, 4000000000)", "(0, 9000000000000000000)", "(-1, -1)"} {
		r, err := artifact.DecodeArrays(storedArray(t, "{'descr': '<f8', 'fortran_order': False, 'shape': "+shape+", }\n"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Matrix("m"); !errors.Is(err, artifact.ErrDamaged) {
			t.Errorf("shape %s: %v", shape, err)
		}
	}
}

// So is one that is itself said to be longer than its file: 4 GiB here.
func TestHeaderLongerThanItsFile(t *testing.T) {
	data := bytes.Replace(storedArray(t, "{}"), []byte("NUMPY\x01\x00\x02\x00{}"), []byte("NUMPY\x02\x00\xff\xff\xff\xff"), 1)
	r, err := artifact.DecodeArrays(data)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Matrix("m"); !errors.Is(err, artifact.ErrDamaged) || !strings.Contains(err.Error(), "4294967295 bytes") {
		t.Errorf("error %v", err)
	}
}

// Whatever the bytes, reading ends with arrays or an error, not with a panic or
// all of the memory.
func FuzzDecodeArrays(f *testing.F) {
	f.Add(encode(f, sample()))
	for _, header := range []string{
		"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }\n",
		"{'descr': '<f8', 'fortran_order': False, 'shape': (4000000000, 4000000000), }\n", // more than there is memory
		"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }\n",
		"{'descr': '<f4', 'fortran_order': True, 'shape': ", // cut short: npyio panics
		"{",
	} {
		f.Add(storedArray(f, header))
	}
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := artifact.DecodeArrays(data)
		if err != nil {
			return
		}
		for _, name := range r.Names() {
			var vector []float32
			_ = r.Read(name, &vector)
			_, _ = r.Matrix(name)
			_, _ = artifact.Vector[int32](r, name)
			_, _ = r.Word(name)
		}
	})
}

// pythonWithNumpy finds an interpreter that has numpy: CORTIGEN_PYTHON, that of
// the project's environment, or the system's.
func pythonWithNumpy(t *testing.T) string {
	t.Helper()
	venv, err := filepath.Abs("../../.venv/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	for _, python := range []string{os.Getenv("CORTIGEN_PYTHON"), venv, "python3"} {
		if python != "" && exec.Command(python, "-c", "import numpy").Run() == nil {
			return python
		}
	}
	t.Skip("needs numpy: a Python that imports it, in .venv, on PATH or named by CORTIGEN_PYTHON")
	return ""
}

// numpy opens what we write, with the right names, shapes, types and numbers.
func TestNumpyReadsArrays(t *testing.T) {
	python := pythonWithNumpy(t)
	file := filepath.Join(t.TempDir(), "arrays.npz")
	if err := artifact.WriteFile(file, encode(t, sample())); err != nil {
		t.Fatal(err)
	}
	const script = `
import sys, numpy
arrays = numpy.load(sys.argv[1])
for name in sorted(arrays.files):
    a = arrays[name]
    print(name, a.dtype, a.shape, a.ravel().tolist())
`
	out, err := exec.Command(python, "-c", script, file).CombinedOutput()
	want := strings.Join([]string{
		"/weights/a/bias float32 (2,) [0.10000000149011612, -2.0]",
		"bool bool (3,) [True, False, True]",
		fmt.Sprintf("float64 float64 (2,) [%v, inf]", math.Pi),
		"int32 int32 (2,) [-3, 4]",
		"int64 int64 (2,) [-9223372036854775808, 9007199254740993]",
		"matrix float64 (2, 3) [1.0, 2.0, 3.0, 4.0, 5.0, nan]",
		"one float32 (1,) [7.0]",
		"uint8 uint8 (2,) [0, 255]",
	}, "\n") + "\n"
	if err != nil || string(out) != want {
		t.Errorf("numpy read\n%s\n(%v), want\n%s", out, err, want)
	}
}
