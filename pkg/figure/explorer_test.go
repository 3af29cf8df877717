package figure

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/cortex"
	"github.com/cortigen/cortigen/pkg/steer"
)

// explorerView is what an explorer might make of columns of the cortex.
func explorerView(tb testing.TB) steer.View {
	tb.Helper()
	circuits, err := cortex.Circuits(context.Background(), nil, 8, connectome.ColumnConfig{MinNeurons: 95, MaxNeurons: 100}, 1)
	if err != nil {
		tb.Fatal(err)
	}
	v := steer.View{Circuits: circuits, Targets: []steer.Target{steer.SD("density", 1), steer.BetweenSD("reciprocity", -2, -1.5)}}
	for i, name := range []string{"density", "reciprocity", "clustering", "out_degree_cv", "in_degree_cv", "path_length", "spectral_radius", "e_share"} {
		at := float64(i)/2 - 1.5
		v.Now = append(v.Now, steer.Reading{Measure: name, Mean: at, MeanSD: at, SDSD: .6, N: 8})
		v.Start = append(v.Start, steer.Reading{Measure: name, MeanSD: at / 3, SDSD: .6, N: 8})
	}
	return v
}

func TestExplorer(t *testing.T) {
	v := explorerView(t)
	v.Now[5] = steer.Reading{Measure: "path_length", Mean: nan, SD: nan, MeanSD: nan, SDSD: nan}
	v.Now[7] = steer.Reading{Measure: "e_share", Mean: .75, SD: nan, MeanSD: nan, SDSD: nan, N: 8}
	v.Start[5], v.Start[7] = v.Now[5], v.Now[7]
	words := []string{"presynaptic", "depth (µm)", "x (µm)", "excitatory", "inhibitory", "target", "at the start", "mean of 8 circuits", "sd of the reference", "no circuit has it", "0.75; the reference does not vary", "out degree cv"}
	t.Run("places known", func(t *testing.T) { check(t, drawn{func() (*Figure, error) { return Explorer(v) }, words}) })
	r := ring(t, 12)
	var neurons []circuit.Neuron
	for _, n := range r.Neurons() {
		n.Position = circuit.NoPosition()
		neurons = append(neurons, n)
	}
	nowhere, err := r.WithNeurons(neurons)
	if err != nil {
		t.Fatal(err)
	}
	v.Circuits = []*circuit.Circuit{nowhere}
	v.Targets = []steer.Target{steer.SD("density", 6)}
	t.Run("places unknown", func(t *testing.T) {
		check(t, drawn{func() (*Figure, error) { return Explorer(v) }, []string{"neuron, modulo 10", "sign unknown", "12 neurons, 12 edges", "no circuit has it"}})
	})
	for name, empty := range map[string]steer.View{"nothing": {}, "no neuron": {Circuits: []*circuit.Circuit{none(t)}}} {
		if f, err := Explorer(empty); err == nil || f != nil || !strings.HasPrefix(err.Error(), "figure: ") {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

func none(t *testing.T) *circuit.Circuit {
	t.Helper()
	c, err := circuit.New(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Previews of a view with another circuit, other measures and another target are
// other pictures: whatever turns, is drawn.
func TestExplorerShowsWhatTurns(t *testing.T) {
	preview := func(v steer.View) []byte {
		t.Helper()
		f, err := Explorer(v)
		if err != nil {
			t.Fatal(err)
		}
		data, err := f.Preview()
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	v := explorerView(t)
	first := preview(v)
	if picture, err := png.Decode(bytes.NewReader(first)); err != nil || picture.Bounds().Dx() != 11*previewDPI {
		t.Fatalf("the preview is no image of %d pixels' width (%v)", 11*previewDPI, err)
	}
	for name, change := range map[string]func(*steer.View){
		"an edge":   func(v *steer.View) { v.Circuits = []*circuit.Circuit{without(t, v.Circuits[0])} },
		"a measure": func(v *steer.View) { v.Now[2].MeanSD += .1 },
		"the start": func(v *steer.View) { v.Start[2].MeanSD += .1 },
		"a target":  func(v *steer.View) { v.Targets = v.Targets[:1] },
	} {
		w := explorerView(t)
		change(&w)
		if bytes.Equal(preview(w), first) {
			t.Errorf("with %s changed, the picture is the same", name)
		}
	}
	if !bytes.Equal(preview(explorerView(t)), first) {
		t.Error("the same view gives another picture")
	}
}

// without leaves out the last edge.
func without(t *testing.T, c *circuit.Circuit) *circuit.Circuit {
	t.Helper()
	edges := c.EdgeList()
	d, err := c.WithEdges(edges[:len(edges)-1])
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Pixels, by hand: a line from corner to corner is on the diagonal, half as strong
// where it lies between two pixels, and ends inside the image.
func TestStroke(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 8, 8))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	stroke(img, 0, 0, 20, 20, black, 1)
	stroke(img, 7, 2.5, 4, 2.5, black, 1)
	for _, c := range []struct {
		x, y int
		want uint8
	}{{0, 0, 0}, {3, 3, 0}, {7, 7, 0}, {0, 1, 255}, {5, 2, 127}, {6, 3, 127}, {6, 4, 255}} {
		if got := img.RGBAAt(c.x, c.y); got.R != c.want {
			t.Errorf("pixel (%d, %d) is %v, want %d", c.x, c.y, got, c.want)
		}
	}
	upright := image.NewRGBA(image.Rect(0, 0, 4, 4))
	stroke(upright, 1, 3, 1, 0, color.RGBA{255, 0, 0, 255}, 1)
	for y := range 4 {
		if upright.RGBAAt(1, y).R != 255 {
			t.Errorf("the upright line leaves out pixel (1, %d)", y)
		}
	}
	stroke(upright, 2, 2, 2, 2, color.RGBA{255, 0, 0, 255}, 1) // a point
}

// A cell of each edge, rows being presynaptic from the top, though there are more
// neurons than pixels.
func TestDrawCells(t *testing.T) {
	c := ring(t, 40)
	small, large := image.NewRGBA(image.Rect(0, 0, 10, 10)), image.NewRGBA(image.Rect(0, 0, 80, 80))
	drawCells(small, c)
	drawCells(large, c)
	if got := small.RGBAAt(5, 5); got != grey {
		t.Errorf("of 16 pairs with edges a pixel shows %v", got)
	}
	for pre := range 40 {
		for post := range 40 {
			want := color.RGBA{}
			if c.Has(pre, post) {
				want = grey
			}
			if got := large.RGBAAt(2*post+1, 2*pre+1); got != want {
				t.Fatalf("%d → %d is %v, want %v", pre, post, got, want)
			}
		}
	}
}

// What a redraw costs beside decoding; 60 ms would be felt.
func BenchmarkExplorer(b *testing.B) {
	v := explorerView(b)
	b.Logf("%d neurons, %d edges", v.Circuits[0].Len(), v.Circuits[0].Edges())
	for b.Loop() {
		f, err := Explorer(v)
		if err != nil {
			b.Fatal(err)
		}
		data, err := f.Preview()
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(data)), "bytes")
	}
}

// Few colours come back as they were; of 256 bins none is off by more than a bin is
// wide; of more, the rare ones get a neighbour's.
func TestPaletted(t *testing.T) {
	few := image.NewRGBA(image.Rect(0, 0, 40, 40))
	drawCells(few, ring(t, 20))
	for i := range few.Pix {
		if few.Pix[i|3] == 0 {
			few.Pix[i] = 255
		}
	}
	for i := 3; i < len(few.Pix); i += 4 {
		few.Pix[i] = 255
	}
	small := paletted(few)
	for y := range 40 {
		for x := range 40 {
			if got, want := small.At(x, y), color.Color(few.At(x, y)); got != want {
				t.Fatalf("pixel (%d, %d) is %v, was %v", x, y, got, want)
			}
		}
	}
	many := image.NewRGBA(image.Rect(0, 0, 256, 256))
	for y := range 256 {
		for x := range 256 {
			many.SetRGBA(x, y, color.RGBA{uint8(x), uint8(y), uint8(x ^ y), 255})
		}
	}
	small = paletted(many)
	if len(small.Palette) != 256 {
		t.Errorf("the palette has %d colours", len(small.Palette))
	}
	worst := 0.
	for y := range 256 {
		for x := range 256 {
			got := color.RGBAModel.Convert(small.At(x, y)).(color.RGBA)
			worst = max(worst, math.Abs(float64(got.R)-float64(x)), math.Abs(float64(got.G)-float64(y)))
		}
	}
	if worst > 16 {
		t.Errorf("a colour is off by %g", worst)
	}
	for i := range 300 { // as many more bins, of one pixel each
		many.SetRGBA(i%256, i/256, color.RGBA{uint8(i % 16 * 16), uint8(i / 16 * 16), 8, 255})
	}
	if small = paletted(many); len(small.Palette) != 256 {
		t.Errorf("of more than 256 bins the palette has %d colours", len(small.Palette))
	}
	if got := color.RGBAModel.Convert(small.At(3, 0)).(color.RGBA); math.Abs(float64(got.R)-48) > 40 || got.G > 40 {
		t.Errorf("a rare colour, %v, is drawn as %v", many.At(3, 0), got)
	}
}
