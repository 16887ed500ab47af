package checkpoint

import (
	"bytes"
	"context"
	"fmt"

	"hutong/layers"
)

// Frame returns what the files of a checkpoint of layers with these schemas say whatever features there are: the names and
// words of their formats. An id that is in there is in every checkpoint.
func Frame(ctx context.Context, schemas []*layers.Schema) ([]byte, error) {
	var out bytes.Buffer
	m := &manifest{Version: formatVersion, Layers: []layerRecord{}}
	for _, schema := range schemas {
		empty, err := layers.New(schema, layers.Options{})
		if err != nil {
			return nil, fmt.Errorf("checkpoint: frame: %w", err)
		}
		state := empty.State()
		record, err := describeLayer(&state)
		if err != nil {
			return nil, fmt.Errorf("checkpoint: frame: %w", err)
		}
		record.Tombstones, record.Erased, record.Salt, record.Pruned = &fileRecord{}, &fileRecord{}, "0", new(int64)
		m.Layers = append(m.Layers, record)
		if _, err := encodeFeatures(ctx, &out, state.Snapshot, &record); err != nil {
			return nil, fmt.Errorf("checkpoint: frame: %w", err)
		}
		if _, err := encodeTombstones(ctx, &out, nil, &record); err != nil {
			return nil, fmt.Errorf("checkpoint: frame: %w", err)
		}
	}
	text, err := m.encode()
	return append(out.Bytes(), text...), err
}
