package connectome

import (
	"bytes"
	"context"
	"io"
	"math/bits"
	"runtime"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// parse reads a whole table: one goroutine cuts it into blocks of lines, the
// others take them as they come. Each of these numbers the ids that it meets by
// itself; in the end, all numbers become places among the sorted ids.
func (e *edgeTable) parse(ctx context.Context, text io.Reader) (edgeRows, error) {
	if twice(e.dialect.names()) != "" {
		return edgeRows{}, errNotPlain
	}
	type block struct {
		number int
		text   []byte
	}
	group, ctx := errgroup.WithContext(ctx)
	blocks := make(chan block)
	group.Go(func() error {
		defer close(blocks)
		return e.cutBlocks(text, func(number int, text []byte) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			select {
			case blocks <- block{number, text}:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	parsers := make([]*parser, runtime.GOMAXPROCS(0))
	for w := range parsers {
		p := newParser(e)
		parsers[w] = p
		group.Go(func() error {
			for b := range blocks {
				if !p.block(b.number, b.text) {
					return errNotPlain
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return edgeRows{}, err
	}
	return joinParts(parsers, e.columns), nil
}

// part is what a block of lines holds.
type part struct {
	number int
	parser *parser
	pairs  []circuit.Pair // by the parser's numbers
	values [2][]float64
}

// parser reads blocks.
type parser struct {
	comma   byte
	roles   []role
	columns edgeNames
	ids     numbering
	parts   []part
}

func newParser(e *edgeTable) *parser {
	return &parser{comma: e.dialect.comma, roles: e.roles(), columns: e.columns}
}

// block reads whole lines; false where one is not plain.
func (p *parser) block(number int, text []byte) bool {
	if p.comma != ' ' && bytes.IndexByte(text, '"') >= 0 {
		return false
	}
	out := part{number: number, parser: p}
	rows := bytes.Count(text, []byte("\n")) + 1
	out.pairs = make([]circuit.Pair, 0, rows)
	for k, column := range p.columns.value() {
		if column != "" {
			out.values[k] = make([]float64, 0, rows)
		}
	}
	for len(text) > 0 {
		used := p.line(text, &out)
		if used == 0 {
			return false
		}
		text = text[used:]
	}
	p.parts = append(p.parts, out)
	return true
}

// line reads the line that text begins with, and returns its length with its
// end; 0 where it is not plain.
func (p *parser) line(text []byte, out *part) int {
	i := p.blanks(text, 0)
	if end := lineEnd(text, i); end > 0 && (i == 0 || p.comma == ' ') {
		return end // empty
	}
	var pair circuit.Pair
	for k, role := range p.roles {
		switch role {
		case rolePre, rolePost:
			var id uint64
			if id, i = digitsAt(text, skipSpaces(text, i)); i == 0 {
				return 0
			}
			place := p.ids.place(id)
			if role == rolePre {
				pair.Pre = place
			} else {
				pair.Post = place
			}
			i = skipSpaces(text, i)
		case roleNone:
			i = p.fieldEnd(text, i)
		default:
			end := p.fieldEnd(text, i)
			x, ok := p.number(int(role-roleValue), text[i:end])
			if !ok {
				return 0
			}
			out.values[role-roleValue] = append(out.values[role-roleValue], x)
			i = end
		}
		if k == len(p.roles)-1 {
			break
		}
		if p.comma == ' ' {
			next := p.blanks(text, i)
			if next == 0 || !blank(rune(text[next-1])) || lineEnd(text, next) > 0 {
				return 0
			}
			i = next
			continue
		}
		if i >= len(text) || text[i] != p.comma {
			return 0
		}
		i++
	}
	out.pairs = append(out.pairs, pair)
	return lineEnd(text, p.blanks(text, i))
}

// blanks passes over blanks where they divide fields.
func (p *parser) blanks(text []byte, i int) int {
	if p.comma == ' ' {
		for i < len(text) && (text[i] == ' ' || text[i] == '\t') {
			i++
		}
	}
	return i
}

func skipSpaces(text []byte, i int) int {
	for i < len(text) && text[i] == ' ' {
		i++
	}
	return i
}

// lineEnd returns where the next line begins if the line ends at i, else 0.
func lineEnd(text []byte, i int) int {
	switch {
	case i == len(text):
		return i
	case text[i] == '\n':
		return i + 1
	case text[i] == '\r' && i+1 < len(text) && text[i+1] == '\n':
		return i + 2
	}
	return 0
}

// digitsAt reads a number of at most 19 digits without leading zeros, and
// returns where it ends; 0 where there is none.
func digitsAt(text []byte, i int) (x uint64, end int) {
	begin := i
	for i < len(text) {
		d := text[i] - '0'
		if d > 9 {
			break
		}
		x = 10*x + uint64(d)
		i++
	}
	if n := i - begin; n == 0 || n > 19 || n > 1 && text[begin] == '0' {
		return 0, 0
	}
	return x, i
}

// fieldEnd returns where the field ends that begins at i.
func (p *parser) fieldEnd(text []byte, i int) int {
	for i < len(text) {
		switch c := text[i]; {
		case c == p.comma, c == '\n', c == '\r', c == '\t' && p.comma == ' ':
			return i
		}
		i++
	}
	return i
}

// number reads a field of column k of the numbers.
func (p *parser) number(k int, field []byte) (float64, bool) {
	if x, end := digitsAt(field, 0); end > 0 && end == len(field) && end < 10 {
		return float64(x), true
	}
	x, err := p.columns.number(k, string(field))
	return x, err == nil
}

// numbering gives numbers to ids in the order in which they come.
type numbering struct {
	ids    []uint64
	direct []int32 // by id below directIDs: number and one
	slots  []int32 // by hash of id, open addressing: number and one
}

const (
	// directIDs is below which ids are looked up without a hash.
	directIDs = 1 << 20
	leastSlot = 1 << 10
)

// place returns the number of an id.
func (n *numbering) place(id uint64) int32 {
	if id < uint64(len(n.direct)) {
		if at := n.direct[id]; at > 0 {
			return at - 1
		}
	}
	return n.search(id)
}

func (n *numbering) search(id uint64) int32 {
	if id < directIDs {
		for id >= uint64(len(n.direct)) {
			n.direct = append(n.direct, make([]int32, max(leastSlot, len(n.direct)))...)
		}
		n.ids = append(n.ids, id)
		n.direct[id] = int32(len(n.ids))
		return int32(len(n.ids)) - 1
	}
	if 2*len(n.ids) >= len(n.slots) {
		n.grow()
	}
	slot := n.slot(id)
	if n.slots[slot] == 0 {
		n.ids = append(n.ids, id)
		n.slots[slot] = int32(len(n.ids))
	}
	return n.slots[slot] - 1
}

// slot returns where an id is, or where it goes.
func (n *numbering) slot(id uint64) uint64 {
	high, low := bits.Mul64(id^0x9e3779b97f4a7c15, 0xd6e8feb86659fd93)
	mask := uint64(len(n.slots) - 1)
	slot := (high ^ low) & mask
	for n.slots[slot] != 0 && n.ids[n.slots[slot]-1] != id {
		slot = (slot + 1) & mask
	}
	return slot
}

func (n *numbering) grow() {
	n.slots = make([]int32, max(leastSlot, 2*len(n.slots)))
	for k, id := range n.ids {
		if id >= directIDs {
			n.slots[n.slot(id)] = int32(k) + 1
		}
	}
}

// joinParts puts the blocks together, in their order.
func joinParts(parsers []*parser, columns edgeNames) edgeRows {
	var ids []uint64
	var parts []part
	for _, p := range parsers {
		ids = append(ids, p.ids.ids...)
		parts = append(parts, p.parts...)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	to := make(map[*parser][]int32, len(parsers))
	for _, p := range parsers {
		places := make([]int32, len(p.ids.ids))
		for k, id := range p.ids.ids {
			at, _ := slices.BinarySearch(ids, id)
			places[k] = int32(at)
		}
		to[p] = places
	}
	slices.SortFunc(parts, func(a, b part) int { return a.number - b.number })
	begin, total := make([]int, len(parts)), 0
	for k, part := range parts {
		begin[k], total = total, total+len(part.pairs)
	}
	rows := edgeRows{ids: make([]string, len(ids)), pairs: make([]circuit.Pair, total)}
	for k, id := range ids {
		rows.ids[k] = strconv.FormatUint(id, 10)
	}
	for k, column := range columns.value() {
		if column != "" {
			rows.values[k] = make([]float64, total)
		}
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for k, part := range parts {
		group.Go(func() error {
			places := to[part.parser]
			for j, p := range part.pairs {
				rows.pairs[begin[k]+j] = circuit.Pair{Pre: places[p.Pre], Post: places[p.Post]}
			}
			for v, of := range part.values {
				if of != nil {
					copy(rows.values[v][begin[k]:], of)
				}
			}
			return nil
		})
	}
	_ = group.Wait() // none fails
	return rows
}
