package connectome

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// frame is a pandas DataFrame in an HDF5 file, in either of the two ways in which
// HDFStore puts one: "fixed" (a block of values for each type) or "table" (one
// compound dataset, the columns of a type together in a field).
type frame struct {
	h    *hdf5
	file int
	path string
	rows int
	// exact says that "nan" is a text, not pandas' word for none.
	exact bool
	// names of columns, in no particular order, and where each is.
	names  []string
	places map[string]framePlace
	// indexed is the field of a table that holds the index, "" without.
	indexed string
	// odd are columns that are pickled objects, which are not read.
	odd []string
	// blocks are those that were read.
	blocks map[string]h5values
}

// framePlace is column k of a block.
type framePlace struct {
	path, field string
	k           int
	// words is the path of the categories that its integers stand for.
	words string
}

// openFrame looks at a frame without reading its values.
func openFrame(h *hdf5, file int, path string) (*frame, error) {
	f := &frame{h: h, file: file, path: path, places: map[string]framePlace{}, blocks: map[string]h5values{}}
	objects := h.objects[file]
	if table, there := objects[path+"/table"]; there && table.DType == "table" {
		return f, f.openTable(table)
	}
	if _, there := objects[path+"/axis0"]; there {
		return f, f.openFixed()
	}
	return nil, f.fail("", errors.New("missing, or not a pandas DataFrame"))
}

func (f *frame) fail(column string, err error) error {
	if column != "" {
		column = ": " + column
	}
	return &ParseError{File: f.h.paths[f.file], Column: f.path + column, Err: err}
}

// add notes where a column is; of two with one name, the first counts.
func (f *frame) add(name string, at framePlace) {
	if _, twice := f.places[name]; !twice {
		f.names = append(f.names, name)
		f.places[name] = at
	}
}

// openTable reads which columns the fields of a table hold.
func (f *frame) openTable(table h5object) error {
	f.rows = table.rows()
	for _, field := range table.Fields {
		if field.Name == "index" {
			f.indexed = "index"
			continue
		}
		names, err := f.h.names(f.file, table.Path, field.Name+"_kind")
		if err != nil {
			return err
		}
		width := 1
		for _, n := range field.Shape {
			width *= n
		}
		if width != len(names) {
			return f.fail(field.Name, fmt.Errorf("%d columns have %d names", width, len(names)))
		}
		words := fmt.Sprintf("%s/meta/%s/meta/table", f.path, field.Name)
		if _, there := f.h.objects[f.file][words]; !there {
			words = ""
		}
		for k, name := range names {
			f.add(name, framePlace{path: table.Path, field: field.Name, k: k, words: words})
		}
	}
	return nil
}

// openFixed reads which columns the blocks hold.
func (f *frame) openFixed() error {
	objects := f.h.objects[f.file]
	f.rows = -1
	for k := 0; ; k++ {
		items, values := fmt.Sprintf("%s/block%d_items", f.path, k), fmt.Sprintf("%s/block%d_values", f.path, k)
		o, there := objects[values]
		if !there {
			break
		}
		names, err := f.h.names(f.file, items, "")
		if err != nil {
			return err
		}
		if _, none := o.Attrs["shape"]; none { // pandas keeps one zero in place of no rows
			f.rows = max(f.rows, 0)
			o.Shape = []int{0, len(names)}
		}
		if o.DType != "i8" && o.DType != "f8" || len(o.Shape) != 2 {
			f.odd = append(f.odd, names...)
			continue
		}
		if o.Shape[1] != len(names) || f.rows > 0 && o.Shape[0] != f.rows {
			return f.fail(values, fmt.Errorf("shape %v, where %d columns of %d rows are expected", o.Shape, len(names), max(f.rows, o.Shape[0])))
		}
		f.rows = o.Shape[0]
		for k, name := range names {
			f.add(name, framePlace{path: values, k: k})
		}
	}
	f.rows = max(f.rows, 0)
	return nil
}

// column is a column of a frame.
type column struct {
	f      *frame
	name   string
	values h5values
	k      int
	words  []string // nil: the values are themselves
}

// first reads the first of the columns that is there; nil without any.
func (f *frame) first(names ...string) (*column, error) {
	for _, name := range names {
		if at, there := f.places[name]; there {
			return f.column(name, at)
		}
	}
	return nil, nil
}

// index reads the frame's index; nil where it has none that is read.
func (f *frame) index() (*column, error) {
	if f.indexed == "" {
		return nil, nil
	}
	return f.column("index", framePlace{path: f.path + "/table", field: f.indexed})
}

func (f *frame) column(name string, at framePlace) (*column, error) {
	c := &column{f: f, name: name, k: at.k}
	if f.rows == 0 {
		return c, nil
	}
	key := at.path + "\x00" + at.field
	values, read := f.blocks[key]
	if !read {
		var err error
		if values, err = f.h.read(f.file, at.path, at.field); err != nil {
			return nil, err
		}
		f.blocks[key] = values
	}
	if values.rows != f.rows || at.k >= values.width {
		return nil, f.fail(name, fmt.Errorf("%d rows of %d values, where %d rows are expected", values.rows, values.width, f.rows))
	}
	c.values = values
	if at.words == "" {
		return c, nil
	}
	words, err := f.h.read(f.file, at.words, "values")
	if err != nil {
		return nil, err
	}
	c.words = make([]string, words.rows)
	for k := range c.words {
		c.words[k] = words.text(k * words.width)
	}
	return c, nil
}

// text is a row's value as text; "" for one that is missing.
func (c *column) text(row int) (string, error) {
	if c == nil {
		return "", nil
	}
	k := row*c.values.width + c.k
	if c.words == nil {
		text := c.values.text(k)
		if c.values.texts != nil && text == "nan" && !c.f.exact {
			text = ""
		}
		return text, nil
	}
	if c.values.ints == nil || c.values.ints[k] >= int64(len(c.words)) {
		return "", c.f.fail(c.name, fmt.Errorf("row %d: category %s of %d", row, c.values.text(k), len(c.words)))
	}
	if c.values.ints[k] < 0 {
		return "", nil
	}
	return c.words[c.values.ints[k]], nil
}

// number is a row's value as a number; NaN for one that is missing or none.
func (c *column) number(row int) float64 {
	if c == nil {
		return math.NaN()
	}
	return c.values.number(row*c.values.width + c.k)
}

// integer is a row's value, which must be an integer.
func (c *column) integer(row int) (int64, error) {
	if c == nil || c.values.ints == nil {
		return 0, c.f.fail(c.name, errors.New("integers are expected"))
	}
	return c.values.ints[row*c.values.width+c.k], nil
}

// texts are all rows as text.
func (c *column) texts() ([]string, error) {
	all := make([]string, c.f.rows)
	for row := range all {
		var err error
		if all[row], err = c.text(row); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// distinct are the rows as text, where each is there once and none is empty.
func (c *column) distinct() ([]string, bool) {
	if c == nil {
		return nil, false
	}
	all, err := c.texts()
	sorted := slices.Sorted(slices.Values(all))
	return all, err == nil && !slices.Contains(all, "") && len(slices.Compact(sorted)) == len(all)
}

// listing names the columns, for an error.
func (f *frame) listing() string {
	if len(f.names) == 0 {
		return "none"
	}
	return strings.Join(f.names, ", ")
}
