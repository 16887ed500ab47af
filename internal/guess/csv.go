package guess

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
)

// readCSV takes the rows of a table with a header.
func (s *Sample) readCSV(in io.Reader) error {
	r := csv.NewReader(in)
	r.Comma, r.ReuseRecord, r.FieldsPerRecord = rune(s.Delimiter[0]), true, -1
	header, err := r.Read()
	if err != nil {
		return fmt.Errorf("the header: %w", err)
	}
	columns := make([]*Field, len(header))
	for i, name := range header {
		if twice := s.Field(name); twice != nil {
			twice.Repeated = true // what a mapping would not take
			continue
		}
		columns[i] = s.field(name)
	}
	header = slices.Clone(header)
	at := findPlaces(header)
	s.finishCSV = func() { s.locate(header, &at) }
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if enough := s.record(); enough != nil {
			return enough
		}
		var broken *csv.ParseError
		switch {
		case errors.As(err, &broken):
			s.Broken++ // the reader goes on behind it
			continue
		case err != nil:
			return err
		case len(row) != len(columns):
			s.Broken++
			continue
		}
		at.row(&s.Geometry, row)
		for i, text := range row {
			if columns[i] != nil && text != "" {
				columns[i].add(cell{text: text})
			}
		}
	}
}
