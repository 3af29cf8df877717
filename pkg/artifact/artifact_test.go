package artifact_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/artifact"
)

// An expensive number is made once; asking again loads it.
func ExampleDo() {
	dir, err := os.MkdirTemp("", "artifact")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	store := artifact.Open(dir)

	config := struct {
		Terms int `json:"terms"`
	}{1000}
	key, err := artifact.NewKey("example.basel", config, 0, "", []string{"pkg/seed"})
	if err != nil {
		panic(err)
	}
	sum := func(context.Context) (float64, error) {
		fmt.Println("adding up", config.Terms, "terms")
		var s float64
		for n := 1; n <= config.Terms; n++ {
			s += 1 / float64(n*n)
		}
		return s, nil
	}
	for range 2 {
		value, err := artifact.Do(context.Background(), store, key, sum)
		fmt.Printf("%.3f %v\n", value, err)
	}
	// Output:
	// adding up 1000 terms
	// 1.644 <nil>
	// 1.644 <nil>
}

// newKey is a key of this test; sources are those of a small package.
func newKey(tb testing.TB, kind string, config any) artifact.Key {
	tb.Helper()
	k, err := artifact.NewKey(kind, config, 7, "go", []string{"pkg/seed"}, "data-checksum")
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func hash(tb testing.TB, k artifact.Key) string {
	tb.Helper()
	h, err := k.Hash()
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

// Whatever can change a result must change the key's hash.
func TestKeyDependsOnEverything(t *testing.T) {
	base := newKey(t, "test.key", map[string]int{"steps": 10})
	seen := map[string]string{hash(t, base): "base"}
	for name, change := range map[string]func(k *artifact.Key){
		"kind":         func(k *artifact.Key) { k.Kind = "test.other" },
		"config":       func(k *artifact.Key) { k.Config = newKey(t, "x", map[string]int{"steps": 11}).Config },
		"config field": func(k *artifact.Key) { k.Config = newKey(t, "x", map[string]int{"step": 10}).Config },
		"data":         func(k *artifact.Key) { k.Data = []string{"other-checksum"} },
		"more data":    func(k *artifact.Key) { k.Data = []string{"data-checksum", "more"} },
		"no data":      func(k *artifact.Key) { k.Data = nil },
		"seed":         func(k *artifact.Key) { k.Seed++ },
		"high seed":    func(k *artifact.Key) { k.Seed += 1 << 60 }, // lost where numbers are float64
		"backend":      func(k *artifact.Key) { k.Backend = "xla:cpu" },
		"packages":     func(k *artifact.Key) { k.Packages = []string{"pkg/circuit"} },
		"sources":      func(k *artifact.Key) { k.Sources = strings.Repeat("0", 64) },
		"architecture": func(k *artifact.Key) { k.Arch = "riscv64" },
		"toolchain":    func(k *artifact.Key) { k.Go += " X:simd" },
	} {
		k := base
		change(&k)
		h := hash(t, k)
		if other, taken := seen[h]; taken {
			t.Errorf("a change of %s gives the hash of %s", name, other)
		}
		seen[h] = name
	}
	if again := newKey(t, "test.key", map[string]int{"steps": 10}); hash(t, again) != hash(t, base) {
		t.Error("the same key has two hashes")
	}
}

func TestKeyOfUnknownPackage(t *testing.T) {
	_, err := artifact.NewKey("test.key", nil, 0, "", []string{"pkg/absent"})
	if err == nil || !strings.Contains(err.Error(), "pkg/absent") || !strings.Contains(err.Error(), "test.key") {
		t.Errorf("error %v should name kind and package", err)
	}
}

// numbers has a float64 in every kind of place that results use.
type numbers struct {
	Field  float64                       `json:"field"`
	Slice  []float64                     `json:"slice"`
	Array  [2]float64                    `json:"array"`
	Nested map[string]map[string]float64 `json:"nested"`
	Inner  struct {
		Pointer *float64 `json:"pointer"`
	} `json:"inner"`
}

// withNaN draws any finite number, or NaN.
func withNaN() *rapid.Generator[float64] {
	return rapid.OneOf(rapid.Just(math.NaN()), rapid.Float64().Filter(func(x float64) bool { return !math.IsInf(x, 0) }))
}

func same(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) || x != x && y != y }

// Undefined stays undefined, and every other number comes back bit for bit.
func TestNumbersComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := numbers{Field: withNaN().Draw(t, "field"), Slice: rapid.SliceOf(withNaN()).Draw(t, "slice")}
		in.Array[1] = withNaN().Draw(t, "array")
		in.Nested = map[string]map[string]float64{"a": {"b": withNaN().Draw(t, "nested")}}
		pointer := rapid.Float64Range(-1, 1).Draw(t, "pointer") // null is taken for a pointer that is nil
		in.Inner.Pointer = &pointer

		text, err := artifact.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var out numbers
		if err := artifact.Unmarshal(text, &out); err != nil {
			t.Fatal(err)
		}
		ok := same(in.Field, out.Field) && same(in.Array[1], out.Array[1]) && same(in.Nested["a"]["b"], out.Nested["a"]["b"]) &&
			*out.Inner.Pointer == pointer && len(in.Slice) == len(out.Slice)
		for i := range min(len(in.Slice), len(out.Slice)) {
			ok = ok && same(in.Slice[i], out.Slice[i])
		}
		if !ok {
			t.Fatalf("%+v came back as %+v", in, out)
		}
		again, err := artifact.Marshal(out)
		if err != nil || string(again) != string(text) {
			t.Fatalf("written again as\n%s\nnot\n%s (%v)", again, text, err)
		}
	})
}

func TestUndefinedIsNull(t *testing.T) {
	text, err := artifact.Marshal(map[string]float64{"z": math.NaN(), "a": 1})
	if want := "{\n \"a\": 1,\n \"z\": null\n}\n"; err != nil || string(text) != want {
		t.Errorf("got %q, %v, want %q", text, err, want)
	}
}

func TestInfinityIsAnError(t *testing.T) {
	for _, x := range []float64{math.Inf(1), math.Inf(-1)} {
		if _, err := artifact.Marshal(numbers{Slice: []float64{0, x}}); err == nil || !strings.Contains(err.Error(), "Inf") || !strings.Contains(err.Error(), "/slice/1") {
			t.Errorf("%g: error %v should say what and where", x, err)
		}
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"an unknown field":  {`{"field": 1, "feild": 2}`, "feild"},
		"a repeated field":  {`{"field": 1, "field": 2}`, "field"},
		"a word":            {`{"field": "one"}`, "/field"},
		"what is cut short": {`{"field": 1`, "EOF"},
		"what goes on":      {`{"field": 1} {}`, "after"},
		"nothing":           {``, "EOF"},
	} {
		var v numbers
		if err := artifact.Unmarshal([]byte(c.text), &v); err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "artifact: decode") {
			t.Errorf("%s: error %v does not say %q", name, err, c.says)
		}
	}
}
