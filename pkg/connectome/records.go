package connectome

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// records is a table read row by row, by column: csv, csv.gz or parquet alike.
// Of a parquet table only the columns that were picked are decoded.
type records struct {
	names []string
	csv   *table        // one of the two
	table *parquetTable //
	lanes []*lane       // of the picked columns
	at    []int         // of the picked columns, in a csv row
	row   int
}

// lane is a column of a parquet table on its way down the rows.
type lane struct {
	*cursor
	list   bool
	values []parquet.Value // read, not yet passed
	cell   []parquet.Value // of the row at hand: one, or those of a list
}

// picked is a column of a table that was picked; noColumn reads as empty.
type picked int

const noColumn picked = -1

// isParquet reports whether a file is parquet, by its first bytes.
func (s *source) isParquet(file string) bool {
	head := s.head(file)
	return len(head) >= 4 && string(head[:4]) == string(parquetMagic)
}

// columnsOf returns the names of a table's columns, of whatever kind it is.
// header gives those of a csv file that has none.
func (s *source) columnsOf(file string, header []string) ([]string, error) {
	if len(s.head(file)) == 0 {
		_, err := readHead(s.join(file))
		return nil, &ParseError{File: s.join(file), Err: err}
	}
	if !s.isParquet(file) {
		if strings.HasSuffix(strings.ToLower(file), ".parquet") {
			return nil, &ParseError{File: s.join(file), Err: errors.New("not a parquet file, though its name says so")}
		}
		if header != nil {
			return header, nil
		}
		return s.header(file), nil
	}
	t, err := openParquet(s.join(file))
	if err != nil {
		return nil, err
	}
	return t.columns(), t.close()
}

// openRecords opens a table. header, where not nil, names the columns of a csv
// file without a header.
func (s *source) openRecords(file string, header []string) (*records, error) {
	path := s.join(file)
	if s.isParquet(file) {
		t, err := openParquet(path)
		if err != nil {
			return nil, err
		}
		return &records{names: t.columns(), table: t}, nil
	}
	t, err := openTableAs(path, header)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(t.columns))
	for name, k := range t.columns {
		names[k] = name
	}
	return &records{names: names, csv: t}, nil
}

// openTableAs is openTable for a file whose first row is not a header where
// header is not nil.
func openTableAs(path string, header []string) (*table, error) {
	if header == nil {
		return openTable(path)
	}
	t := &table{path: path, columns: make(map[string]int, len(header))}
	plain, err := t.open()
	if err != nil {
		return nil, err
	}
	rows := csv.NewReader(plain)
	rows.ReuseRecord, rows.FieldsPerRecord = true, len(header)
	t.rows = rows
	for k, name := range header {
		t.columns[name] = k
	}
	return t, nil
}

func (r *records) close() error {
	if r.csv != nil {
		return r.csv.close()
	}
	return r.table.close()
}

// has reports whether the table has a column.
func (r *records) has(column string) bool { return slices.Contains(r.names, column) }

// pick chooses the first of the columns that is there; noColumn where none is.
func (r *records) pick(columns ...string) (picked, error) {
	for _, column := range columns {
		if !r.has(column) {
			continue
		}
		if r.csv != nil {
			r.at = append(r.at, r.csv.columns[column])
			return picked(len(r.at) - 1), nil
		}
		c, err := r.table.cursor(column)
		if err != nil {
			return noColumn, err
		}
		r.lanes = append(r.lanes, &lane{cursor: c, list: c.leaf.MaxRepetitionLevel() > 0})
		return picked(len(r.lanes) - 1), nil
	}
	return noColumn, nil
}

// each calls f for every row.
func (r *records) each(ctx context.Context, f func() error) error {
	if r.csv != nil {
		return r.csv.each(ctx, f)
	}
	for r.row = 0; r.row < r.table.rows; r.row++ {
		if r.row%checkEvery == 0 && ctx.Err() != nil {
			return fmt.Errorf("connectome: read %s: %w", r.table.path, ctx.Err())
		}
		for _, l := range r.lanes {
			if err := l.next(); err != nil {
				return err
			}
		}
		if err := f(); err != nil {
			return err
		}
	}
	for _, l := range r.lanes { // what follows the last row is counted, too
		if err := l.finish(); err != nil {
			return err
		}
	}
	return nil
}

// next moves to the next row.
func (l *lane) next() error {
	l.cell = l.cell[:0]
	for {
		if len(l.values) == 0 {
			var err error
			if l.values, err = l.fill(); err != nil {
				return err
			}
			if len(l.values) == 0 && len(l.cell) == 0 {
				return l.table.fail(l.name, errors.New("the column ends before the table"))
			}
		}
		for len(l.values) > 0 {
			if len(l.cell) > 0 && l.values[0].RepetitionLevel() == 0 {
				return nil
			}
			l.cell = append(l.cell, l.values[0])
			l.values = l.values[1:]
			if !l.list {
				return nil
			}
			if len(l.cell) > 1<<16 {
				return l.table.fail(l.name, errors.New("a list of more than 65536 values"))
			}
		}
		if len(l.cell) > 0 {
			// The list may go on in the next values.
			more, err := l.fill()
			if err != nil || len(more) == 0 {
				return err
			}
			l.values = more
		}
	}
}

// finish reads what is left, of which there should be nothing.
func (l *lane) finish() error {
	for {
		values, err := l.fill()
		if err != nil || len(values) == 0 {
			return err
		}
	}
}

// fail is an error in a column of the row at hand.
func (r *records) fail(f picked, err error) error {
	if r.csv != nil {
		return r.csv.fail(r.name(f), err)
	}
	return r.table.failAt(r.row, r.name(f), err)
}

// name returns a picked column's name.
func (r *records) name(f picked) string {
	switch {
	case f < 0:
		return ""
	case r.csv == nil:
		return r.lanes[f].name
	}
	return r.names[r.at[f]]
}

// text returns a field as text, without outer spaces; an empty one is "".
func (r *records) text(f picked) (string, error) {
	if f < 0 {
		return "", nil
	}
	if r.csv != nil {
		return strings.TrimSpace(r.csv.row[r.at[f]]), nil
	}
	switch v := r.lanes[f].cell[0]; {
	case v.IsNull():
		return "", nil
	case r.lanes[f].list:
		return "", r.fail(f, errors.New("a list, where text is needed"))
	case v.Kind() == parquet.ByteArray:
		return strings.TrimSpace(string(v.ByteArray())), nil
	default:
		return v.String(), nil
	}
}

// id returns a field as a 64-bit id; 0 where it is empty. Floats are refused.
func (r *records) id(f picked) (int64, error) {
	if f >= 0 && r.csv == nil && !r.lanes[f].list {
		switch v := r.lanes[f].cell[0]; v.Kind() {
		case parquet.Int64:
			if v.Int64() < 0 {
				return 0, r.fail(f, fmt.Errorf("%d is not an id", v.Int64()))
			}
			return v.Int64(), nil
		case parquet.Double, parquet.Float:
			return 0, r.fail(f, errFloatID)
		}
	}
	text, err := r.text(f)
	if err != nil || text == "" || strings.EqualFold(text, "nan") || text == "<NA>" {
		return 0, err
	}
	x, err := strconv.ParseInt(text, 10, 64)
	if err == nil && x >= 0 {
		return x, nil
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil && strings.ContainsAny(text, ".eE") {
		return 0, r.fail(f, fmt.Errorf("%q: %w", text, errFloatID))
	}
	return 0, r.fail(f, fmt.Errorf("%q is not an id", text))
}

// number returns a field as a number; an empty one is NaN.
func (r *records) number(f picked) (float64, error) {
	switch {
	case f < 0:
		return math.NaN(), nil
	case r.csv == nil && r.lanes[f].cell[0].Kind() != parquet.ByteArray:
		x, err := cellNumber(r.lanes[f].cell[0])
		if err != nil {
			return 0, r.fail(f, err)
		}
		return x, nil
	}
	text, err := r.text(f)
	if err != nil || text == "" {
		return math.NaN(), err
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(x, 0) {
		return 0, r.fail(f, fmt.Errorf("%q is not a finite number", text))
	}
	return x, nil
}

// flag returns a field as a boolean, in the words of CAVE, postgres and pandas.
func (r *records) flag(f picked) (bool, error) {
	if f >= 0 && r.csv == nil && r.lanes[f].cell[0].Kind() == parquet.Boolean {
		return r.lanes[f].cell[0].Boolean(), nil
	}
	text, err := r.text(f)
	if err != nil {
		return false, err
	}
	switch strings.ToLower(text) {
	case "t", "true", "1":
		return true, nil
	case "f", "false", "0", "":
		return false, nil
	}
	return false, r.fail(f, fmt.Errorf("%q is neither true nor false", text))
}

// point returns a field as three numbers: a list, or text such as "[1 2 3]",
// "[1, 2, 3]" or "1 2 3"; NaNs where it is empty.
func (r *records) point(f picked) (p [3]float64, err error) {
	nan := [3]float64{math.NaN(), math.NaN(), math.NaN()}
	if f < 0 {
		return nan, nil
	}
	if r.csv == nil && r.lanes[f].list {
		cell := r.lanes[f].cell
		switch {
		case len(cell) == 1 && cell[0].IsNull():
			return nan, nil
		case len(cell) != 3:
			return p, r.fail(f, fmt.Errorf("%d numbers, where x, y and z are needed", len(cell)))
		}
		for a, v := range cell {
			if p[a], err = cellNumber(v); err != nil {
				return p, r.fail(f, err)
			}
		}
		return p, nil
	}
	text, err := r.text(f)
	if err != nil || text == "" || strings.EqualFold(text, "nan") {
		return nan, err
	}
	words := strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune("[](){}, \t\n\r;", c) })
	if len(words) != 3 {
		return p, r.fail(f, fmt.Errorf("%q is not a place: x, y and z are needed, such as \"[240640 207872 21360]\"", text))
	}
	for a, word := range words {
		if p[a], err = strconv.ParseFloat(word, 64); err != nil || math.IsInf(p[a], 0) {
			return p, r.fail(f, fmt.Errorf("%q is not a place: %q is not a number", text, word))
		}
	}
	return p, nil
}
