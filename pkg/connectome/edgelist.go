package connectome

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// edgeNames are those of a table of edges; "" where it has none.
type edgeNames struct {
	pre, post string
	// count holds synapse counts, weight what is a count where all are whole,
	// size synapse sizes.
	count, weight, size string
}

// value returns the columns of numbers, in the order of edgeRows.values.
func (c edgeNames) value() [2]string { return [2]string{cmp.Or(c.count, c.weight), c.size} }

// edgeRows is what a table of edges says, before anything is left out.
type edgeRows struct {
	// ids are those that occur, each once, in the order of compareIDs where all
	// are digits, else of text.
	ids []string
	// pairs are places in ids, a row of the table each.
	pairs []circuit.Pair
	// values are one number a row of the two columns of edgeNames.value; nil
	// where there is no such column.
	values [2][]float64
}

// edgeTable is a table of edges in a file.
type edgeTable struct {
	path    string
	dialect *dialect
	columns edgeNames
	// block is how many bytes are parsed at a time: the longest line.
	block int
}

// read takes the fast way where every row is plain enough for it. The slow way
// takes every table, and is the one that says what is wrong and where.
func (e *edgeTable) read(ctx context.Context) (edgeRows, error) {
	rows, err := e.readFast(ctx)
	switch {
	case err == nil:
		return rows, nil
	case ctx.Err() != nil:
		return rows, fmt.Errorf("connectome: read %s: %w", e.path, ctx.Err())
	}
	return e.readSlow(ctx)
}

// readSlow reads row by row, whatever the ids are.
func (e *edgeTable) readSlow(ctx context.Context) (rows edgeRows, err error) {
	t, err := e.dialect.open(e.path)
	if err != nil {
		return rows, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	return e.readTable(ctx, t)
}

func (e *edgeTable) readTable(ctx context.Context, t *table) (rows edgeRows, err error) {
	places := map[string]int32{}
	place := func(column string) (int32, error) {
		id := strings.TrimSpace(t.text(column))
		if at, known := places[id]; known {
			return at, nil
		}
		if err := checkText(id); err != nil || id == "" {
			return 0, t.fail(column, cmp.Or(err, errors.New("an edge without this end")))
		}
		at := int32(len(rows.ids))
		id = strings.Clone(id)
		places[id] = at
		rows.ids = append(rows.ids, id)
		return at, nil
	}
	for k, column := range e.columns.value() {
		if column != "" {
			rows.values[k] = []float64{}
		}
	}
	err = t.each(ctx, func() error {
		pre, err := place(e.columns.pre)
		if err != nil {
			return err
		}
		post, err := place(e.columns.post)
		if err != nil {
			return err
		}
		rows.pairs = append(rows.pairs, circuit.Pair{Pre: pre, Post: post})
		for k, column := range e.columns.value() {
			if column == "" {
				continue
			}
			x, err := e.columns.number(k, t.text(column))
			if err != nil {
				return t.fail(column, err)
			}
			rows.values[k] = append(rows.values[k], x)
		}
		return nil
	})
	rows.sort()
	return rows, err
}

// number reads a field of column k of the numbers.
func (c edgeNames) number(k int, field string) (float64, error) {
	field = strings.TrimSpace(field)
	x, err := strconv.ParseFloat(field, 64)
	switch {
	case k == 0 && c.count != "" && (err != nil || !whole(x)):
		return 0, fmt.Errorf("%q is not a count", field)
	case err != nil || math.IsInf(x, 0) || math.IsNaN(x):
		return 0, fmt.Errorf("%q is not a finite number", field)
	}
	return x, nil
}

// whole reports whether a number is a synapse count.
func whole(x float64) bool { return x == math.Trunc(x) && x >= 0 && x <= math.MaxInt32 }

// checkText refuses what a quotation that was never closed makes of a field.
func checkText(field string) error {
	if strings.ContainsAny(field, "\r\n\x00") {
		return fmt.Errorf("%.40q has a line break or a zero byte in it: is a quotation mark not closed?", field)
	}
	return nil
}

// sort brings ids into their order.
func (r *edgeRows) sort() {
	compare := cmp.Compare[string]
	if !slices.ContainsFunc(r.ids, func(id string) bool { return !digits(id) }) {
		compare = compareIDs
	}
	order := make([]int32, len(r.ids))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return compare(r.ids[a], r.ids[b]) })
	sorted, to := make([]string, len(order)), make([]int32, len(order))
	for k, i := range order {
		sorted[k], to[i] = r.ids[i], int32(k)
	}
	r.ids = sorted
	for k, p := range r.pairs {
		r.pairs[k] = circuit.Pair{Pre: to[p.Pre], Post: to[p.Post]}
	}
}

// compareIDs orders ids of digits as numbers, and those that are the same number
// as text.
func compareIDs(a, b string) int {
	x, y := strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y), cmp.Compare(a, b))
}

// errNotPlain says that a table needs the slow way.
var errNotPlain = errors.New("not plain")

// readFast reads tables whose ids are whole numbers as they are usually written,
// on all cores. What it returns is that of readSlow, and does not depend on the
// number of cores. Anything that it does not understand is errNotPlain.
func (e *edgeTable) readFast(ctx context.Context) (edgeRows, error) {
	f, err := os.Open(e.path)
	if err != nil {
		return edgeRows{}, err
	}
	defer f.Close() // of a file that was read
	text, err := decompressed(f, e.path)
	if err != nil {
		return edgeRows{}, err
	}
	return e.parse(ctx, text)
}

// roles say what a column is to the parser.
type role uint8

const (
	roleNone role = iota
	rolePre
	rolePost
	roleValue // and the next, by k
	roleValue1
)

// roles returns that of each column.
func (e *edgeTable) roles() []role {
	values := e.columns.value()
	roles := make([]role, e.dialect.fields)
	for k, name := range e.dialect.names() {
		switch name {
		case e.columns.pre:
			roles[k] = rolePre
		case e.columns.post:
			roles[k] = rolePost
		case values[0]:
			roles[k] = roleValue
		case values[1]:
			roles[k] = roleValue1
		}
	}
	return roles
}

// cutBlocks reads text in blocks of whole lines, less those at the top, and gives
// each with its number to f.
func (e *edgeTable) cutBlocks(text io.Reader, f func(number int, block []byte) error) error {
	skip := e.dialect.top
	var rest []byte // of the block before: the beginning of a line
	for number := 0; ; number++ {
		block := make([]byte, e.block)
		n := copy(block, rest)
		if n == len(block) {
			return errNotPlain // a line that long is none of ours
		}
		read, err := io.ReadFull(text, block[n:])
		block = block[:n+read]
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return err
		}
		rest = nil
		if !last {
			end := bytes.LastIndexByte(block, '\n') + 1
			rest, block = block[end:], block[:end]
		}
		for ; skip > 0; skip-- {
			at := bytes.IndexByte(block, '\n')
			if at < 0 {
				at = len(block) - 1
			}
			block = block[at+1:]
		}
		if err := f(number, block); err != nil || last {
			return err
		}
	}
}

// blockBytes is how much of a table is parsed at a time.
const blockBytes = 1 << 20
