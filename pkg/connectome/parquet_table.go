package connectome

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/parquet-go/parquet-go"
)

// parquetTable is an open parquet file. Its footer was held against the file's
// size, and every page is before it is decoded (see pageGuard), since the
// library below believes what files claim.
type parquetTable struct {
	path   string
	file   *os.File
	size   int64
	footer *parquet.File
	rows   int
}

// A file may claim so many rows: far more than real tables need, since even
// delta-coded indices take a byte or so a row.
const (
	rowsAlways  = 1 << 17
	rowsPerByte = 16
)

var parquetMagic = []byte("PAR1")

// openParquet opens a file and reads its footer.
func openParquet(path string) (t *parquetTable, err error) {
	defer recovered(path, "", &err)
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("connectome: %w", err)
	}
	t = &parquetTable{path: path, file: f}
	if err := t.readFooter(); err != nil {
		return nil, errors.Join(t.fail("", err), f.Close())
	}
	return t, nil
}

func (t *parquetTable) close() error { return t.file.Close() }

// fail is an error in a column, or in the file where column is "".
func (t *parquetTable) fail(column string, err error) error {
	return &ParseError{File: t.path, Column: column, Err: err}
}

// failAt is an error in a row, counted from 0.
func (t *parquetTable) failAt(row int, column string, err error) error {
	return t.fail(column, fmt.Errorf("row %d: %w", row, err))
}

// recovered turns a panic of the parquet library, which trusts its input, into
// an error about the file.
func recovered(path, column string, err *error) {
	if p := recover(); p != nil {
		*err = &ParseError{File: path, Column: column, Err: fmt.Errorf("the file is damaged: %v", p)}
	}
}

func (t *parquetTable) readFooter() error {
	info, err := t.file.Stat()
	if err != nil {
		return err
	}
	t.size = info.Size()
	var tail [8]byte
	if _, err := t.file.ReadAt(tail[:], max(0, t.size-8)); err != nil || string(tail[4:]) != string(parquetMagic) {
		return errors.New("not a whole parquet file: it does not end in PAR1")
	}
	if length := int64(binary.LittleEndian.Uint32(tail[:4])); length > t.size-12 {
		return fmt.Errorf("its footer claims %d of the file's %d bytes", length, t.size)
	}
	t.footer, err = parquet.OpenFile(t.file, t.size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(1<<16))
	if err != nil {
		return err
	}
	rows, sum := t.footer.NumRows(), int64(0)
	for _, group := range t.footer.Metadata().RowGroups {
		if group.NumRows < 0 || group.NumRows > rows {
			return fmt.Errorf("a row group claims %d rows, the file %d", group.NumRows, rows)
		}
		sum += group.NumRows
	}
	switch {
	case rows < 0 || rows > rowsAlways+rowsPerByte*t.size:
		return fmt.Errorf("it claims %d rows in %d bytes, which cannot be", rows, t.size)
	case sum != rows:
		return fmt.Errorf("it claims %d rows, its row groups %d", rows, sum)
	}
	t.rows = int(rows)
	return nil
}

// columns returns the names of the columns, in order.
func (t *parquetTable) columns() []string {
	var names []string
	for _, c := range t.footer.Root().Columns() {
		names = append(names, c.Name())
	}
	return names
}

// lookup returns what the file's key-value metadata says, "" where it does not.
func (t *parquetTable) lookup(key string) string {
	value, _ := t.footer.Lookup(key)
	return value
}

// leaf returns the column that holds a name's values: itself, or the elements of
// a list.
func (t *parquetTable) leaf(name string) (*parquet.Column, error) {
	c := t.footer.Root().Column(name)
	if c == nil {
		return nil, t.fail(name, fmt.Errorf("missing: the columns are %q", t.columns()))
	}
	for !c.Leaf() {
		if len(c.Columns()) != 1 {
			return nil, t.fail(name, errors.New("is a struct: give plain columns"))
		}
		c = c.Columns()[0]
	}
	switch kind := c.Type().Kind(); kind {
	case parquet.Boolean, parquet.Int32, parquet.Int64, parquet.Float, parquet.Double, parquet.ByteArray:
		return c, nil
	default:
		return nil, t.fail(name, fmt.Errorf("values of type %s are not read: give integers, doubles or text", c.Type()))
	}
}

// cursor reads a column forwards.
type cursor struct {
	table  *parquetTable
	name   string
	leaf   *parquet.Column
	guard  *pageGuard
	group  int // the next row group
	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	buffer []parquet.Value
	rows   int64 // read of the group at hand
}

// cursorValues is how many values are read at a time.
const cursorValues = 1 << 10

func (t *parquetTable) cursor(column string) (*cursor, error) {
	leaf, err := t.leaf(column)
	if err != nil {
		return nil, err
	}
	guard := newPageGuard(t, leaf)
	return &cursor{table: t, name: column, leaf: leaf, guard: guard, buffer: make([]parquet.Value, cursorValues)}, nil
}

// fill returns the next values, none at the end. They are good until the next
// call. Bytes in them are the library's.
func (c *cursor) fill() ([]parquet.Value, error) {
	n, err := c.advance(func() (int, error) { return c.values.ReadValues(c.buffer) })
	if err != nil || n == 0 {
		return nil, err
	}
	return c.buffer[:n], c.count(c.buffer[:n])
}

// advance calls read at the next place where there is something, and returns how
// many values it took; 0 at the end.
func (c *cursor) advance(read func() (int, error)) (n int, err error) {
	defer recovered(c.table.path, c.name, &err)
	for {
		if c.values != nil {
			n, err := read()
			if n > 0 {
				return n, nil
			}
			if err != nil && !errors.Is(err, io.EOF) {
				return 0, c.table.fail(c.name, err)
			}
			parquet.Release(c.page)
			c.page, c.values = nil, nil
		}
		more, err := c.turn()
		if err != nil || !more {
			return 0, err
		}
	}
}

// count holds the rows that were read against those that were promised.
func (c *cursor) count(values []parquet.Value) error {
	rows := int64(len(values))
	if c.leaf.MaxRepetitionLevel() > 0 {
		rows = 0
		for _, v := range values {
			if v.RepetitionLevel() == 0 {
				rows++
			}
		}
	}
	return c.countRows(rows)
}

func (c *cursor) countRows(rows int64) error {
	c.rows += rows
	if promised := c.promised(); c.rows > promised {
		return c.table.fail(c.name, fmt.Errorf("more than the %d rows that row group %d has", promised, c.group-1))
	}
	return nil
}

func (c *cursor) promised() int64 { return c.table.footer.Metadata().RowGroups[c.group-1].NumRows }

// turn goes to the next page; more is false at the end.
func (c *cursor) turn() (more bool, err error) {
	for {
		if c.pages != nil {
			page, err := c.pages.ReadPage()
			if err == nil {
				c.page, c.values = page, page.Values()
				return true, nil
			}
			if !errors.Is(err, io.EOF) {
				return false, c.table.fail(c.name, err)
			}
			if err := c.closeGroup(); err != nil {
				return false, err
			}
		}
		if c.group == len(c.table.footer.RowGroups()) {
			return false, nil
		}
		if err := c.guard.check(c.group); err != nil {
			return false, c.table.fail(c.name, err)
		}
		c.pages = c.table.footer.RowGroups()[c.group].ColumnChunks()[c.leaf.Index()].Pages()
		c.group, c.rows = c.group+1, 0
	}
}

func (c *cursor) closeGroup() error {
	err := c.pages.Close()
	c.pages = nil
	if err != nil {
		return c.table.fail(c.name, err)
	}
	if promised := c.promised(); c.rows != promised {
		return c.table.fail(c.name, fmt.Errorf("%d rows, but row group %d has %d", c.rows, c.group-1, promised))
	}
	return nil
}

// each calls f for the values of a column without lists, in order: value k is
// that of row first+k.
func (t *parquetTable) each(ctx context.Context, column string, f func(first int, values []parquet.Value) error) error {
	c, err := t.flat(column)
	if err != nil {
		return err
	}
	return c.forward(ctx, func(first int) (int, error) {
		values, err := c.fill()
		if err != nil || len(values) == 0 {
			return 0, err
		}
		return len(values), f(first, values)
	})
}

// flat returns a cursor on a column that holds one value a row.
func (t *parquetTable) flat(column string) (*cursor, error) {
	c, err := t.cursor(column)
	if err == nil && c.leaf.MaxRepetitionLevel() > 0 {
		err = t.fail(column, errors.New("holds lists: one value a row is needed"))
	}
	return c, err
}

// forward calls step, with the number of values before, until it takes none.
func (c *cursor) forward(ctx context.Context, step func(first int) (int, error)) error {
	for first := 0; ; {
		if ctx.Err() != nil {
			return fmt.Errorf("connectome: read %s: %w", c.table.path, ctx.Err())
		}
		n, err := step(first)
		if err != nil || n == 0 {
			return err
		}
		first += n
	}
}

// integers is each for whole numbers, several times as fast where pages hold
// them as they are.
func (t *parquetTable) integers(ctx context.Context, column string, f func(first int, values []int64) error) error {
	c, err := t.flat(column)
	if err != nil {
		return err
	}
	wide, narrow := make([]int64, cursorValues), make([]int32, cursorValues)
	return c.forward(ctx, func(first int) (int, error) {
		n, err := c.advance(func() (int, error) {
			switch values := c.values.(type) {
			case parquet.Int64Reader:
				return values.ReadInt64s(wide)
			case parquet.Int32Reader:
				n, err := values.ReadInt32s(narrow)
				for k, v := range narrow[:n] {
					wide[k] = int64(v)
				}
				return n, err
			}
			return c.convert(first, func(k int, v parquet.Value) (err error) {
				wide[k], err = cellInteger(v)
				return err
			})
		})
		if err == nil && n > 0 {
			err = errors.Join(c.countRows(int64(n)), f(first, wide[:n]))
		}
		return n, err
	})
}

// convert reads values and hands them on one by one.
func (c *cursor) convert(first int, into func(k int, v parquet.Value) error) (int, error) {
	n, err := c.values.ReadValues(c.buffer)
	for k, v := range c.buffer[:n] {
		if fault := into(k, v); fault != nil {
			return 0, fmt.Errorf("row %d: %w", first+k, fault)
		}
	}
	return n, err
}

// reals is integers for numbers; null is NaN.
func (t *parquetTable) reals(ctx context.Context, column string, f func(first int, values []float64) error) error {
	c, err := t.flat(column)
	if err != nil {
		return err
	}
	reals := make([]float64, cursorValues)
	return c.forward(ctx, func(first int) (int, error) {
		n, err := c.advance(func() (int, error) {
			if values, plain := c.values.(parquet.DoubleReader); plain {
				return values.ReadDoubles(reals)
			}
			return c.convert(first, func(k int, v parquet.Value) (err error) {
				reals[k], err = cellNumber(v)
				return err
			})
		})
		if err == nil && n > 0 {
			err = errors.Join(c.countRows(int64(n)), f(first, reals[:n]))
		}
		return n, err
	})
}
