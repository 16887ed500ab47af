package geoparquet

import (
	"fmt"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Limits of a schema.
const (
	MaxDepth   = 64      // groups inside groups
	MaxColumns = 1 << 14 // of all depths
)

// checkFooter refuses a schema whose paths, or whose columns times the row groups, parquet-go would take
// more memory for than the footer is large.
func checkFooter(text []byte) error {
	if err := checkThrift(text); err != nil {
		return fmt.Errorf("the footer: %w", err)
	}
	var protocol thrift.CompactProtocol
	var meta format.FileMetaData
	if err := thrift.NewDecoder(protocol.NewReaderFromBytes(text)).Decode(&meta); err != nil {
		return fmt.Errorf("the footer: %w", err)
	}
	if len(meta.Schema) > MaxColumns {
		return fmt.Errorf("a schema of %d columns: want at most %d", len(meta.Schema), MaxColumns)
	}
	open := make([]int32, 0, MaxDepth) // children to come, by depth
	for i := range meta.Schema {
		if n := meta.Schema[i].NumChildren; n.Valid && n.V > 0 {
			if len(open) == MaxDepth {
				return fmt.Errorf("a schema of more than %d groups inside groups", MaxDepth)
			}
			open = append(open, n.V)
			continue
		}
		for len(open) > 0 {
			last := len(open) - 1
			if open[last]--; open[last] > 0 {
				break
			}
			open = open[:last]
		}
	}
	for i := range meta.RowGroups {
		if n := len(meta.RowGroups[i].Columns); n == 0 {
			return fmt.Errorf("row group %d has no columns", i)
		}
	}
	if most := len(text); len(meta.RowGroups)*len(meta.Schema) > 4*most { // every column chunk takes some bytes
		return fmt.Errorf("%d row groups of %d columns in a footer of %d bytes", len(meta.RowGroups), len(meta.Schema), most)
	}
	return nil
}
