package figure

import (
	"math"
	"strings"

	"gonum.org/v1/plot"

	"github.com/cortigen/cortigen/pkg/latent"
)

// series is one number, with its interval, for each of several named things.
type series struct {
	mark   mark
	values []latent.Interval
}

// dotPanel draws series as dots with whiskers, one line for each name, the first
// at the top.
func dotPanel(title, x string, names []string, all ...series) (*plot.Plot, error) {
	p := newPanel(title, x, "")
	n := len(names)
	reversed := make([]string, n)
	for i, name := range names {
		reversed[n-1-i] = name
	}
	// Whiskers of several series would hide each other on one line.
	spread := .5 / float64(len(all))
	for k, s := range all {
		shift := (float64(len(all)-1)/2 - float64(k)) * spread
		var at, value, lo, hi []float64
		for i, v := range s.values {
			at = append(at, float64(n-1-i)+shift)
			value, lo, hi = append(value, v.Value), append(lo, v.Lo), append(hi, v.Hi)
		}
		if w := (whiskers{at: at, lo: lo, hi: hi, across: true, colour: s.mark.colour}); anyDefined(lo, hi) {
			p.Add(w)
		}
		if err := s.mark.draw(p, value, at); err != nil {
			return nil, err
		}
	}
	p.NominalY(reversed...)
	p.Y.Min, p.Y.Max = -.6, float64(n)-.4
	p.Y.Tick.Length = 0
	p.Y.LineStyle.Width = 0
	p.Y.Padding = 2
	return p, nil
}

func anyDefined(lo, hi []float64) bool {
	for i := range lo {
		if defined(lo[i], hi[i]) {
			return true
		}
	}
	return false
}

// plain is a number without an interval.
func plain(value float64) latent.Interval {
	return latent.Interval{Value: value, Lo: math.NaN(), Hi: math.NaN()}
}

// spoken turns the name of a measure into words.
func spoken(measure string) string { return strings.ReplaceAll(measure, "_", " ") }

func spokenAll(measures []string) []string {
	words := make([]string, len(measures))
	for i, m := range measures {
		words[i] = spoken(m)
	}
	return words
}
