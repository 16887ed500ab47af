package app

import (
	"bytes"
	"context"

	"hutong/ingest/files"
	"hutong/internal/guess"
)

// maxLook bounds the bytes of what is looked at of a file that is no text.
const maxLook = 16 << 20

// sample looks at the start of a data file. format is that of a file that is no text, else [files.FormatAuto];
// table is that of a GeoPackage, "" for its only one.
func sample(ctx context.Context, path string, format files.Format, table string, limits guess.Limits) (*guess.Sample, error) {
	if format == files.FormatAuto {
		return guess.Look(path, limits)
	}
	records := limits.Records
	if records <= 0 {
		records = guess.DefaultRecords
	}
	lines, whole, err := files.Look(ctx, path, format, table, records, maxLook)
	problem := ""
	if err != nil {
		if len(lines) == 0 {
			return nil, err
		}
		problem = err.Error()
	}
	return guess.ReadTable(path, guess.Format(format), bytes.NewReader(lines), whole, problem, limits)
}
