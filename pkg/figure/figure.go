package figure

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"path/filepath"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/cortigen/cortigen/pkg/artifact"
)

// dpi of PNG images: sharp on a screen, small in a notebook.
const dpi = 144

// Figure is panels in a grid above a common key.
type Figure struct {
	panels        [][]*plot.Plot // [row][column]; nil leaves a place empty
	keys          []key
	width, height vg.Length
}

// key says what a colour means.
type key struct {
	name string
	mark mark
}

// newFigure makes a figure of panels; sizes are in inches.
func newFigure(width, height float64, panels ...[]*plot.Plot) *Figure {
	return &Figure{panels: panels, width: vg.Length(width) * vg.Inch, height: vg.Length(height) * vg.Inch}
}

// PNG returns the figure as an image.
func (f *Figure) PNG() ([]byte, error) {
	canvas := vgimg.NewWith(vgimg.UseWH(f.width, f.height), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.White))
	return f.write(canvas, vgimg.PngCanvas{Canvas: canvas})
}

// previewDPI is that of previews: legible on any screen, and half the pixels.
const previewDPI = 100

// Preview returns the figure as an image that is made and sent in less time than
// PNG's: with fewer pixels and colours, and less well compressed. It is for what is
// drawn over many times.
func (f *Figure) Preview() ([]byte, error) {
	canvas := vgimg.NewWith(vgimg.UseWH(f.width, f.height), vgimg.UseDPI(previewDPI), vgimg.UseBackgroundColor(color.White))
	f.draw(draw.New(canvas))
	var picture image.Image = canvas.Image()
	if all, ok := picture.(*image.RGBA); ok {
		picture = paletted(all)
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, picture); err != nil {
		return nil, fmt.Errorf("figure: %w", err)
	}
	return b.Bytes(), nil
}

// SVG returns the figure as vectors.
func (f *Figure) SVG() ([]byte, error) {
	canvas := vgsvg.New(f.width, f.height)
	return f.write(canvas, canvas)
}

func (f *Figure) write(canvas vg.CanvasSizer, to io.WriterTo) ([]byte, error) {
	f.draw(draw.New(canvas))
	var b bytes.Buffer
	if _, err := to.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("figure: %w", err)
	}
	return b.Bytes(), nil
}

// Save writes name.png and name.svg into a folder, which it makes where there
// is none.
func (f *Figure) Save(dir, name string) error {
	png, err := f.PNG()
	if err != nil {
		return err
	}
	svg, err := f.SVG()
	if err != nil {
		return err
	}
	path := filepath.Join(dir, name)
	return errors.Join(artifact.WriteFile(path+".png", png), artifact.WriteFile(path+".svg", svg))
}

// Space round panels, in points.
const (
	margin  = 6
	between = 14
)

func (f *Figure) draw(c draw.Canvas) {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	lines := f.keyLines(c.Size().X - 2*margin)
	keyHeight := vg.Length(len(lines)) * 1.5 * keyStyle().Font.Size
	f.drawKey(c, lines)
	bare, room := f.untitled()
	grid := draw.Crop(c, margin, -margin, keyHeight+margin, -margin-room)
	tiles := draw.Tiles{Rows: len(bare), Cols: len(bare[0]), PadX: between, PadY: between + room}
	for i, row := range plot.Align(bare, tiles, grid) {
		// What sticks out of a panel moves its canvas, and must not move its title.
		top := row[0].Max.Y
		for _, canvas := range row {
			top = max(top, canvas.Max.Y)
		}
		for j, canvas := range row {
			if bare[i][j] == nil {
				continue
			}
			bare[i][j].Draw(canvas)
			title := f.panels[i][j].Title
			title.TextStyle.YAlign = draw.YBottom
			c.FillText(title.TextStyle, vg.Point{X: canvas.Center().X, Y: top + title.Padding}, title.Text)
		}
	}
}

// untitled returns the panels without their titles, which stand at one height
// in a row, and the room that a row of titles takes.
func (f *Figure) untitled() (bare [][]*plot.Plot, room vg.Length) {
	for _, row := range f.panels {
		var without []*plot.Plot
		for _, p := range row {
			if p == nil {
				without = append(without, nil)
				continue
			}
			if p.Title.Text != "" {
				room = max(room, p.Title.TextStyle.Font.Size+p.Title.Padding)
			}
			q := *p
			q.Title.Text = ""
			without = append(without, &q)
		}
		bare = append(bare, without)
	}
	return bare, room
}

// markWidth is the room of a key's mark.
const markWidth = 16

// keyLines breaks the keys into lines that fit the width.
func (f *Figure) keyLines(width vg.Length) [][]key {
	var lines [][]key
	used := vg.Length(0)
	for _, k := range f.keys {
		w := keyWidth(k)
		if len(lines) == 0 || used+w > width {
			lines, used = append(lines, nil), 0
		}
		lines[len(lines)-1] = append(lines[len(lines)-1], k)
		used += w
	}
	return lines
}

func keyWidth(k key) vg.Length { return markWidth + keyStyle().Width(k.name) + between }

func (f *Figure) drawKey(c draw.Canvas, lines [][]key) {
	style := keyStyle()
	for i, line := range lines {
		total := vg.Length(0)
		for _, k := range line {
			total += keyWidth(k)
		}
		x := (c.Min.X + c.Max.X - total + between) / 2
		y := c.Min.Y + margin/2 + vg.Length(len(lines)-1-i)*1.5*style.Font.Size
		for _, k := range line {
			box := c
			box.Rectangle = vg.Rectangle{Min: vg.Point{X: x, Y: y}, Max: vg.Point{X: x + markWidth - 4, Y: y + style.Font.Size}}
			k.mark.thumbnail(box)
			c.FillText(style, vg.Point{X: x + markWidth, Y: y + style.Font.Size*.1}, k.name)
			x += keyWidth(k)
		}
	}
}

func sans(size font.Length, weight int) font.Font {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	if weight > 0 {
		f.Weight = 3 // bold
	}
	return f
}

func keyStyle() draw.TextStyle {
	style := plot.New().Legend.TextStyle
	style.Font = sans(9, 0)
	return style
}

// newPanel makes an empty plot in the house style.
func newPanel(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.TextStyle.Font = sans(10, 1)
	p.Title.Padding = 6
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font = sans(9, 0)
		axis.Tick.Label.Font = sans(8, 0)
		axis.Tick.Length = 3
		axis.Label.Padding = 2
		axis.Tick.Marker = ticks{}
	}
	p.Legend.TextStyle.Font = sans(8, 0)
	return p
}

// ticks are round numbers, labelled, with a short tick between two of them. The
// library's own may leave out 0 or the end of an axis.
type ticks struct{}

// mostLabels is how many labels an axis has at most.
const mostLabels = 6

// Ticks implements plot.Ticker.
func (ticks) Ticks(lo, hi float64) []plot.Tick {
	step := roundStep((hi - lo) / (mostLabels - 1))
	var all []plot.Tick
	const rounding = 1e-9 // an end that is a round number but for rounding has its tick
	for k := math.Ceil(2*lo/step - rounding); k <= 2*hi/step+rounding; k++ {
		t := plot.Tick{Value: k*step/2 + 0} // -0 becomes 0
		if math.Mod(k, 2) == 0 {
			t.Label = strconv.FormatFloat(t.Value, 'g', 4, 64)
		}
		all = append(all, t)
	}
	return all
}

// roundStep returns the least of 1, 2 and 5 times a power of ten that is no less
// than a step.
func roundStep(step float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(step)))
	for _, times := range []float64{1, 2, 5} {
		if times*power >= step*(1-1e-9) {
			return times * power
		}
	}
	return 10 * power
}

// errNothing says that a result has nothing to draw.
func errNothing(what string) error { return fmt.Errorf("figure: %s: there is nothing to draw", what) }

func defined(values ...float64) bool {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}
