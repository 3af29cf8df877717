package artifact_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/artifact"
)

// npyFile is an npz file of one array, m.npy, with the type, shape and bytes
// given, as numpy's format has it (NEP 1).
func npyFile(t *testing.T, kind, shape, data string) *artifact.ArrayReader {
	t.Helper()
	header := "{'descr': '" + kind + "', 'fortran_order': False, 'shape': " + shape + ", }\n"
	var buffer bytes.Buffer
	w := zip.NewWriter(&buffer)
	f, err := w.Create("m.npy")
	if err == nil {
		_, err = f.Write([]byte("\x93NUMPY\x01\x00" + string([]byte{byte(len(header)), 0}) + header + data))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	r, err := artifact.NewArrayReader(bytes.NewReader(buffer.Bytes()), int64(buffer.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The bytes of each type were written by hand: two elements, the second of them
// −2 where there is a sign, else 2.
func TestVectorTypes(t *testing.T) {
	for kind, c := range map[string]struct {
		data string
		want []int64
	}{
		"|b1": {"\x00\x01", []int64{0, 1}}, "|i1": {"\x01\xfe", []int64{1, -2}}, "|u1": {"\xff\x02", []int64{255, 2}},
		"<i2": {"\x01\x00\xfe\xff", []int64{1, -2}}, ">i2": {"\x00\x01\xff\xfe", []int64{1, -2}}, "<u2": {"\xff\xff\x02\x00", []int64{65535, 2}},
		"<i4": {"\x01\x00\x00\x00\xfe\xff\xff\xff", []int64{1, -2}}, ">u4": {"\xff\xff\xff\xff\x00\x00\x00\x02", []int64{math.MaxUint32, 2}},
		"<i8": {"\x01\x00\x00\x00\x00\x00\x20\x00\xfe\xff\xff\xff\xff\xff\xff\xff", []int64{1<<53 + 1, -2}},
		"<u8": {"\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00", []int64{1, 2}},
		"<f4": {"\x00\x00\x80\x3f\x00\x00\x00\xc0", []int64{1, -2}}, ">f8": {"\x3f\xf0\x00\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x00", []int64{1, -2}},
	} {
		t.Run(kind, func(t *testing.T) {
			got, err := artifact.Vector[int64](npyFile(t, kind, "(2,)", c.data), "m")
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%v (%v), want %v", got, err, c.want)
			}
		})
	}
}

// A number that the type asked for cannot hold is an error that says which.
func TestVectorIsExact(t *testing.T) {
	r := npyFile(t, "<i8", "(2,)", "\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x20\x00") // 1, 2⁵³+1
	if _, err := artifact.Vector[float64](r, "m"); err == nil || !strings.Contains(err.Error(), "element 1, of type <i8, is no exact float64") {
		t.Errorf("2⁵³+1 as float64: %v", err)
	}
	if _, err := artifact.Vector[int32](r, "m"); err == nil || !strings.Contains(err.Error(), "element 1") {
		t.Errorf("2⁵³+1 as int32: %v", err)
	}
	r = npyFile(t, "<u8", "(1,)", strings.Repeat("\xff", 8))
	if _, err := artifact.Vector[int64](r, "m"); err == nil {
		t.Error("2⁶⁴−1 is an int64")
	}
	r = npyFile(t, "<f8", "(1,)", "\x00\x00\x00\x00\x00\x00\xf8\x7f") // NaN
	if got, err := artifact.Vector[float64](r, "m"); err != nil || !math.IsNaN(got[0]) {
		t.Errorf("NaN as float64: %v (%v)", got, err)
	}
	if _, err := artifact.Vector[int32](r, "m"); err == nil {
		t.Error("NaN is an int32")
	}
	r = npyFile(t, "<f8", "(1,)", "\x00\x00\x00\x00\x00\x00\xe0\x3f") // 0.5
	if _, err := artifact.Vector[int64](r, "m"); err == nil {
		t.Error("0.5 is an int64")
	}
}

func TestVectorErrors(t *testing.T) {
	for name, c := range map[string]struct {
		kind, shape, data, want string
		damaged                 bool
	}{
		"a matrix":                {"<i4", "(1, 1)", "\x00\x00\x00\x00", "want a vector", false},
		"complex numbers":         {"<c8", "(1,)", "\x00\x00\x00\x00\x00\x00\x00\x00", `type "<c8"`, false},
		"objects":                 {"|O", "(1,)", "\x00", `type "|O"`, false},
		"cut short":               {"<i4", "(2,)", "\x00\x00\x00\x00", "element 1 of 2", true},
		"more than the shape":     {"<i4", "(1,)", "\x00\x00\x00\x00\x00", "more bytes than its shape says", true},
		"more than the file":      {"<i8", "(100000000,)", "", "which the file cannot hold", true},
		"more than there is room": {"<i8", "(4000000000, 4000000000)", "", "which the file cannot hold", true},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := artifact.Vector[int32](npyFile(t, c.kind, c.shape, c.data), "m")
			if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, artifact.ErrDamaged) != c.damaged {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	if _, err := artifact.Vector[int32](npyFile(t, "<i4", "(0,)", ""), "absent"); err == nil || !strings.Contains(err.Error(), `"m.npy"`) {
		t.Errorf("error %v should say which arrays there are", err)
	}
}

// scipy keeps a matrix's layout as bytes since 1.0, as text before.
func TestWord(t *testing.T) {
	for kind, data := range map[string]string{
		"|S3": "csr", "|S5": "csr\x00\x00", "<U3": "c\x00\x00\x00s\x00\x00\x00r\x00\x00\x00", ">U3": "\x00\x00\x00c\x00\x00\x00s\x00\x00\x00r",
	} {
		for _, shape := range []string{"()", "(1,)"} {
			if got, err := npyFile(t, kind, shape, data).Word("m"); err != nil || got != "csr" {
				t.Errorf("%s %s: %q (%v)", kind, shape, got, err)
			}
		}
	}
	for _, c := range [][3]string{{"<i4", "()", "\x00\x00\x00\x00"}, {"|S3", "(2,)", "csrcsr"}, {"|S9999", "()", "csr"}, {"|S3", "()", "c"}, {"", "()", ""}} {
		if got, err := npyFile(t, c[0], c[1], c[2]).Word("m"); err == nil {
			t.Errorf("%q is read as %q", c, got)
		}
	}
}

// What EncodeArrays wrote is read as any type that holds it.
func TestVectorReadsArrays(t *testing.T) {
	r, err := artifact.DecodeArrays(encode(t, sample()))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]float64{"int32": {-3, 4}, "uint8": {0, 255}, "bool": {1, 0, 1}, "one": {7}, "float64": {math.Pi, math.Inf(1)}} {
		if got, err := artifact.Vector[float64](r, name); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s is %v (%v), want %v", name, got, err, want)
		}
		shape, err := r.Shape(name)
		if err != nil || len(shape.Sizes) != 1 || shape.Sizes[0] != len(want) || shape.Bool() != (name == "bool") || shape.Integer() != strings.Contains(name, "int") || shape.Float() != (name == "float64" || name == "one") {
			t.Errorf("%s has the shape %+v (%v)", name, shape, err)
		}
	}
}
