package connectome

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
)

// attributes are the values that rows of a population have, by name: those of
// the row's group, else of its type.
type attributes struct {
	w    *network
	p    population
	rows int
	// group and index say where a row's values are; nil: group 0, in row order.
	group, index []int64
	// types is each row's type, and table what it means; nil without.
	types []int64
	table *typeTable
}

// attribute is one of them.
type attribute struct {
	a    *attributes
	name string
	// groups holds its column of each group that has one; library the texts that
	// the integers of a column stand for, where they do.
	groups  map[int64]h5values
	library map[int64][]string
	// typed is whether the types have it.
	typed bool
}

// column reads an attribute; nil where no row has it.
func (a *attributes) column(name string) (*attribute, error) {
	c := &attribute{a: a, name: name, groups: map[int64]h5values{}, library: map[int64][]string{}, typed: a.table.has(name)}
	objects := a.w.h.objects[a.p.file]
	for _, g := range a.groupIDs() {
		at := c.path(g)
		if o, there := objects[at]; !there || o.Kind != "dataset" {
			continue
		}
		v, err := a.w.h.read(a.p.file, at, "")
		if err != nil {
			return nil, err
		}
		if v.width != 1 {
			return nil, c.fail(g, fmt.Errorf("%d values a row, and one is expected", v.width))
		}
		c.groups[g] = v
		words := a.p.path(strconv.FormatInt(g, 10), "@library", name)
		if _, there := objects[words]; !there || v.ints == nil {
			continue
		}
		w, err := a.w.h.read(a.p.file, words, "")
		if err != nil {
			return nil, err
		}
		c.library[g] = w.texts
	}
	if len(c.groups) == 0 && !c.typed {
		return nil, nil
	}
	return c, nil
}

// groupIDs are the groups that rows are in.
func (a *attributes) groupIDs() []int64 {
	if a.group == nil {
		return []int64{0}
	}
	seen := map[int64]bool{}
	for _, g := range a.group {
		seen[g] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

func (c *attribute) path(group int64) string {
	return c.a.p.path(strconv.FormatInt(group, 10), c.name)
}

func (c *attribute) fail(group int64, err error) error {
	return c.a.w.fail(c.a.p, c.path(group), err)
}

// at finds a row's value in its group; there is false where the group has none.
func (c *attribute) at(row int) (v h5values, group int64, k int, there bool, err error) {
	k = row
	if c.a.group != nil {
		group = c.a.group[row]
	}
	v, there = c.groups[group]
	if !there {
		return v, group, 0, false, nil
	}
	if c.a.index != nil {
		k = int(c.a.index[row])
	}
	if k < 0 || k >= v.rows {
		return v, group, 0, false, c.fail(group, fmt.Errorf("row %d is at place %d of group %d, which has %d", row, k, group, v.rows))
	}
	return v, group, k, true, nil
}

// text is a row's value as text, "" where it has none.
func (c *attribute) text(row int) (string, error) {
	if c == nil {
		return "", nil
	}
	v, group, k, there, err := c.at(row)
	if err != nil {
		return "", err
	}
	if !there {
		return c.ofType(row), nil
	}
	words, stands := c.library[group]
	if !stands {
		return v.text(k), nil
	}
	if v.ints[k] < 0 || v.ints[k] >= int64(len(words)) {
		return "", c.fail(group, fmt.Errorf("row %d is word %d of a library of %d", row, v.ints[k], len(words)))
	}
	return words[v.ints[k]], nil
}

// ofType is what the row's type says, "" where that is nothing.
func (c *attribute) ofType(row int) string {
	if !c.typed || c.a.types == nil {
		return ""
	}
	return c.a.table.value(c.a.types[row], c.name)
}

// number is a row's value as a number; ok is false where it has none.
func (c *attribute) number(row int) (x float64, ok bool, err error) {
	if c == nil {
		return math.NaN(), false, nil
	}
	v, group, k, there, err := c.at(row)
	switch {
	case err != nil:
		return 0, false, err
	case there && v.texts != nil:
		return 0, false, c.fail(group, fmt.Errorf("row %d is the text %q, and a number is expected", row, v.texts[k]))
	case there:
		return v.number(k), true, nil
	}
	text := c.ofType(row)
	if text == "" {
		return math.NaN(), false, nil
	}
	x, err = strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, false, &ParseError{File: c.a.table.path, Column: c.name, Err: fmt.Errorf("%q of type %d is not a number", text, c.a.types[row])}
	}
	return x, true, nil
}

// synapses is how many a row of edges stands for: 1 where nothing says.
func (c *attribute) synapses(row int) (int32, error) {
	x, ok, err := c.number(row)
	if err != nil || !ok {
		return 1, err
	}
	if x != math.Trunc(x) || x < 0 || x > math.MaxInt32 {
		return 0, &ParseError{File: c.a.w.h.paths[c.a.p.file], Column: c.a.p.path(c.name), Err: fmt.Errorf("row %d: %v is not a count", row, x)}
	}
	return int32(x), nil
}

// typeTable is a CSV table of types: fields apart by spaces, NULL for nothing.
type typeTable struct {
	path    string
	columns map[string]int
	rows    map[int64][]string
}

// has reports whether there is such a column; false without a table.
func (t *typeTable) has(column string) bool {
	if t == nil {
		return false
	}
	_, there := t.columns[column]
	return there
}

// value is what a type has in a column, "" where that is nothing.
func (t *typeTable) value(id int64, column string) string {
	row := t.rows[id]
	if row == nil {
		return ""
	}
	if v := row[t.columns[column]]; v != "NULL" && v != "NaN" && v != "nan" {
		return v
	}
	return ""
}

// readTypes reads a table by its column of ids.
func readTypes(path, id string) (*typeTable, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("connectome: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, &ParseError{File: path, Err: err}
	}
	t := &typeTable{path: path, columns: map[string]int{}, rows: map[int64][]string{}}
	r := csv.NewReader(strings.NewReader(string(text)))
	r.Comma = ' '
	if !strings.Contains(string(firstLine(text)), " ") {
		r.Comma = ',' // against the specification, and seen
	}
	for line := 1; ; line++ {
		row, err := r.Read()
		switch {
		case errors.Is(err, io.EOF) && line > 1:
			return t, nil
		case errors.Is(err, io.EOF):
			return nil, &ParseError{File: path, Line: 1, Column: id, Err: errors.New("missing: the table is empty")}
		case err != nil:
			return nil, &ParseError{File: path, Err: err}
		case line == 1:
			err = t.header(row, id)
		default:
			at, _ := r.FieldPos(0)
			err = t.add(row, id, at)
		}
		if err != nil {
			return nil, err
		}
	}
}

func (t *typeTable) header(row []string, id string) error {
	for k, word := range row {
		word = headerWord(word)
		if _, twice := t.columns[word]; twice && word != "" {
			return &ParseError{File: t.path, Line: 1, Column: word, Err: errors.New("the header has it twice")}
		}
		t.columns[word] = k
	}
	if !t.has(id) {
		return &ParseError{File: t.path, Line: 1, Column: id, Err: errors.New("missing")}
	}
	return nil
}

func (t *typeTable) add(row []string, id string, line int) error {
	n, err := strconv.ParseInt(strings.TrimSpace(row[t.columns[id]]), 10, 64)
	if err != nil {
		return &ParseError{File: t.path, Line: line, Column: id, Err: fmt.Errorf("%q is not an integer", row[t.columns[id]])}
	}
	if t.rows[n] != nil {
		return &ParseError{File: t.path, Line: line, Column: id, Err: fmt.Errorf("type %d is there twice", n)}
	}
	t.rows[n] = row
	return nil
}
