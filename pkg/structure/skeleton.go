package structure

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// skeleton is a graph without directions, each connection kept once, at the end
// that has fewer partners: so no neuron, not even a hub, has more than √(2m) of
// them (Chiba & Nishizeki 1985, doi:10.1137/0214017).
type skeleton struct {
	// of is by place the neuron: places are in the order of numbers of partners.
	of      []int32
	offsets []int64
	// Row u holds v<<2 | way for places v > u, ascending.
	onward []uint32
	// by neuron
	degrees []degrees
}

// degrees of one neuron: partners it only sends to, only receives from, both.
type degrees struct{ targets, sources, partners int32 }

// add counts a partner.
func (d *degrees) add(way uint32) {
	switch way {
	case forth:
		d.targets++
	case back:
		d.sources++
	default:
		d.partners++
	}
}

func (d degrees) all() int32 { return d.targets + d.sources + d.partners }

// The ways of a connection u, v.
const (
	forth = 1 // u→v
	back  = 2 // v→u
)

// newSkeleton takes the directions off a graph of fewer than 2³⁰ neurons, on all
// cores. The error is that of the context.
func newSkeleton(ctx context.Context, g circuit.CSR) (*skeleton, error) {
	n := g.Rows()
	t := g.Transpose()
	s := &skeleton{of: make([]int32, n), offsets: make([]int64, n+1), degrees: make([]degrees, n)}
	each := func(do func(i int)) error { return inParallel(ctx, n, func() func(int) { return do }) }
	err := each(func(i int) {
		s.of[i] = int32(i)
		for _, way := range connections(g, t, i) {
			s.degrees[i].add(way)
		}
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(s.of, func(i, j int32) int {
		return cmp.Or(cmp.Compare(s.degrees[i].all(), s.degrees[j].all()), cmp.Compare(i, j))
	})
	place := make([]int32, n)
	for p, i := range s.of {
		place[i] = int32(p)
	}
	err = each(func(p int) {
		for j := range connections(g, t, int(s.of[p])) {
			if place[j] > int32(p) {
				s.offsets[p+1]++
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for p := range n {
		s.offsets[p+1] += s.offsets[p]
	}
	s.onward = make([]uint32, s.offsets[n])
	return s, each(func(p int) {
		row := s.row(p)[:0]
		for j, way := range connections(g, t, int(s.of[p])) {
			if place[j] > int32(p) {
				row = append(row, uint32(place[j])<<2|way)
			}
		}
		slices.Sort(row)
	})
}

func (s *skeleton) row(p int) []uint32 { return s.onward[s.offsets[p]:s.offsets[p+1]] }

// connections yields the partners of neuron i, ascending, and the way of each;
// itself is left out. t is the transpose of g.
func connections(g, t circuit.CSR, i int) func(yield func(j int32, way uint32) bool) {
	return func(yield func(int32, uint32) bool) {
		out, in := g.Row(i), t.Row(i)
		for len(out) > 0 || len(in) > 0 {
			var j int32
			var way uint32
			switch {
			case len(in) == 0 || len(out) > 0 && out[0] < in[0]:
				j, way, out = out[0], forth, out[1:]
			case len(out) == 0 || in[0] < out[0]:
				j, way, in = in[0], back, in[1:]
			default:
				j, way, out, in = out[0], forth|back, out[1:], in[1:]
			}
			if int(j) != i && !yield(j, way) {
				return
			}
		}
	}
}

// listing counts the triangles u < v < w of a skeleton, by places.
type listing struct {
	// ways counts them by the ways of uv, vw and uw, two bits each.
	ways [64]int64
	// corners are by neuron those of clustering, nil where not asked for.
	corners []corner
}

// list looks at every triangle once, on all cores.
func (s *skeleton) list(ctx context.Context, corners bool) (listing, error) {
	var parts []*lister
	err := inParallel(ctx, len(s.of), func() func(int) {
		l := &lister{s: s, way: make([]uint8, len(s.of))}
		if corners {
			l.corners = make([]corner, len(s.of))
		}
		parts = append(parts, l)
		return l.from
	})
	if err != nil {
		return listing{}, err
	}
	sum := listing{}
	if corners {
		sum.corners = make([]corner, len(s.of))
	}
	for _, l := range parts {
		for code, count := range l.ways {
			sum.ways[code] += count
		}
		for i := range l.corners {
			sum.corners[i].add(&l.corners[i])
		}
	}
	return sum, nil
}

// lister is one core's share of a listing.
type lister struct {
	listing
	s   *skeleton
	way []uint8 // by place: that of its connection with the neuron at hand
}

// from looks at the triangles of which u comes first.
func (l *lister) from(u int) {
	row := l.s.row(u)
	for _, e := range row {
		l.way[e>>2] = uint8(e & 3)
	}
	for _, e := range row {
		v, uv := e>>2, e&3
		for _, f := range l.s.row(int(v)) {
			if uw := l.way[f>>2]; uw != 0 {
				code := uv<<4 | f&3<<2 | uint32(uw)
				l.ways[code]++
				if l.corners != nil {
					l.corner(code, u, int(v), int(f>>2))
				}
			}
		}
	}
	for _, e := range row {
		l.way[e>>2] = 0
	}
}

// corner counts a triangle at its three neurons.
func (l *lister) corner(code uint32, u, v, w int) {
	c, of := &trianglesOf[code], l.s.of
	l.corners[of[u]].add(&c.at[0])
	l.corners[of[v]].add(&c.at[1])
	l.corners[of[w]].add(&c.at[2])
}

// census makes that of a graph from its triangles.
func (s *skeleton) census(l listing) TriadCensus {
	var t TriadCensus
	for code, count := range l.ways {
		if count > 0 {
			t[trianglesOf[code].triad] += count
		}
	}
	var p pairs
	for _, d := range s.degrees {
		p.add(int(d.targets), int(d.sources), int(d.partners))
	}
	t.complete(int64(len(s.of)), p)
	return t
}

// triangle is a way of wiring three neurons that are all connected.
type triangle struct {
	triad Triad
	// at are the directed triangles that each corner has in it.
	at [3]corner
}

// trianglesOf is by the ways of uv, vw and uw, two bits each; entries of which a
// way is 0 are not used.
var trianglesOf = triangleTable()

func triangleTable() (table [64]triangle) {
	for code := range table {
		uv, vw, uw := code>>4, code>>2&3, code&3
		if uv == 0 || vw == 0 || uw == 0 {
			continue
		}
		// a[x][y]: edge x→y
		var a [3][3]int64
		for _, e := range [3]struct{ x, y, way int }{{0, 1, uv}, {1, 2, vw}, {0, 2, uw}} {
			a[e.x][e.y], a[e.y][e.x] = int64(e.way&forth), int64(e.way&back/back)
		}
		for x := range 3 {
			y, z := (x+1)%3, (x+2)%3
			table[code].at[x] = corner{
				cycle:     a[x][y]*a[y][z]*a[z][x] + a[x][z]*a[z][y]*a[y][x],
				middleman: a[y][x]*a[x][z]*a[y][z] + a[z][x]*a[x][y]*a[z][y],
				in:        a[y][x] * a[z][x] * (a[y][z] + a[z][y]),
				out:       a[x][y] * a[x][z] * (a[y][z] + a[z][y]),
			}
		}
		table[code].triad = closedTriad(a)
	}
	return table
}

// closedTriad names the triad of three neurons that are all connected.
func closedTriad(a [3][3]int64) Triad {
	mutual, apart, sent := 0, 0, [3]int64{}
	for x := range 3 {
		y, z := (x+1)%3, (x+2)%3
		sent[x] = a[x][y] + a[x][z]
		if a[y][z] == 1 && a[z][y] == 1 {
			mutual++
			apart = x
		}
	}
	switch mutual {
	case 3:
		return Triad300
	case 2:
		return Triad210
	case 1: // what the neuron outside the mutual pair sends
		return [3]Triad{Triad120U, Triad120C, Triad120D}[sent[apart]]
	}
	if sent == [3]int64{1, 1, 1} {
		return Triad030C
	}
	return Triad030T
}

// atOnce is how many neurons a core takes at a time, between looks at the context.
const atOnce = 16

// inParallel hands the numbers below n to a visitor a core, in no order: what
// visitors find must not depend on who found it. It makes visitors one after the
// other, before they start.
func inParallel(ctx context.Context, n int, visitor func() func(i int)) error {
	group, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range max(1, min(runtime.GOMAXPROCS(0), n/atOnce)) {
		visit := visitor()
		group.Go(func() error {
			for {
				if err := ctx.Err(); err != nil {
					return err
				}
				from := int(next.Add(atOnce)) - atOnce
				if from >= n {
					return nil
				}
				for i := from; i < min(from+atOnce, n); i++ {
					visit(i)
				}
			}
		})
	}
	return group.Wait()
}
