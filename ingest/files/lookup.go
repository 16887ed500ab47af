package files

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Lookup adds the columns of a small table to every row of a CSV file: readings get the place of their
// station.
type Lookup struct {
	// Path is the table: CSV with a header, delimited by commas, plain or compressed.
	Path string
	// Key is the table's column that tells its rows apart; On is the file's column with the same values.
	Key, On string
}

// Bounds of a lookup's table.
const (
	maxLookupRows  = 1_000_000
	maxLookupBytes = 64 << 20
)

// empty reports whether there is no lookup.
func (l *Lookup) empty() bool { return *l == Lookup{} }

// problem says what is wrong with l, or "".
func (l *Lookup) problem() string {
	if !l.empty() && (l.Path == "" || l.Key == "" || l.On == "") {
		return "a lookup needs its file, the column key in it and the column on of the rows"
	}
	return ""
}

// Check reads the table as a source does and keeps nothing of it. The error names the file and what is wrong
// with it.
func (l *Lookup) Check() error {
	_, err := l.read(open)
	return err
}

// lookupTable is a lookup that was read. It never changes.
type lookupTable struct {
	columns []string // without the key
	rows    map[string][]string
	none    []string // empty cells, for a key that is not there
}

// read reads the table. The error names the file and what is wrong with it.
func (l *Lookup) read(open func(path string) (io.ReadCloser, error)) (*lookupTable, error) {
	file, err := open(l.Path)
	if err != nil {
		return nil, fmt.Errorf("lookup: %w", err)
	}
	defer func() { _ = file.Close() }() // only read from
	text, err := decode(l.Path, file)
	if err != nil {
		return nil, fmt.Errorf("lookup: %w", err)
	}
	defer func() { _ = text.Close() }()
	limited := &io.LimitedReader{R: text, N: maxLookupBytes + 1}
	t, err := l.parse(csv.NewReader(limited))
	if limited.N <= 0 {
		err = fmt.Errorf("the table has more than %d bytes", maxLookupBytes)
	}
	if err != nil {
		return nil, fmt.Errorf("lookup: %s: %w", l.Path, err)
	}
	return t, nil
}

func (l *Lookup) parse(r *csv.Reader) (*lookupTable, error) {
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("there is no header")
	}
	if err != nil {
		return nil, err
	}
	key := slices.Index(header, l.Key)
	if key < 0 {
		return nil, fmt.Errorf("no column %q; the columns are %s", l.Key, strings.Join(header, ", "))
	}
	t := &lookupTable{columns: slices.Delete(header, key, key+1), rows: map[string][]string{}}
	t.none = make([]string, len(t.columns))
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		k := row[key]
		if _, twice := t.rows[k]; twice {
			line, _ := r.FieldPos(key)
			return nil, fmt.Errorf("line %d: the key in column %q stands twice", line, l.Key)
		}
		if len(t.rows) >= maxLookupRows {
			return nil, fmt.Errorf("the table has more than %d rows", maxLookupRows)
		}
		t.rows[k] = slices.Delete(row, key, key+1)
	}
}

// joined is the columns of a file with those of a table behind them.
type joined struct {
	table *lookupTable
	on    int // position of the key in a row
	width int // cells of a row by itself
}

// join binds t to a file's header and returns the header of both. A column of the file goes before one
// of the table that has its name.
func (t *lookupTable) join(header []string, on string) ([]string, joined, error) {
	j := joined{table: t, on: slices.Index(header, on), width: len(header)}
	if j.on < 0 {
		return nil, j, fmt.Errorf("no column %q to look rows up by; the columns are %s", on, strings.Join(header, ", "))
	}
	both := slices.Clone(header)
	for _, name := range t.columns {
		if slices.Contains(header, name) {
			name = "" // hidden: no mapping names it
		}
		both = append(both, name)
	}
	return both, j, nil
}

// add appends the table's cells to a row, empty ones when its key is not there. A row of another length
// is left as it is, to be refused.
func (j *joined) add(row []string) []string {
	if len(row) != j.width {
		return row
	}
	found, ok := j.table.rows[row[j.on]]
	if !ok {
		found = j.table.none
	}
	return append(row, found...)
}
