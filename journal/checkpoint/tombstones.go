package checkpoint

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"hutong/internal/geoparquet"
	"hutong/layers"
	"hutong/layers/column"
)

// The columns of a file of tombstones. Its geometry is always null: there is one because GeoParquet has
// one.
const (
	tombstoneID = iota
	tombstoneObserved
	tombstoneReceived
	tombstoneVersion // in layers with a version field
)

// tombstoneColumns returns the columns of the tombstones of a layer.
func (l *layerRecord) tombstoneColumns() []geoparquet.Column {
	out := []geoparquet.Column{
		{Name: "id", Kind: geoparquet.Text},
		{Name: "observed", Kind: geoparquet.Time},
		{Name: "received", Kind: geoparquet.Time},
	}
	if l.Schema.Version != "" {
		out = append(out, geoparquet.Column{Name: "version", Kind: storedKinds[l.Schema.kind(l.Schema.Version)]})
	}
	return out
}

// checkTombstones says which of a layer's tombstones cannot be kept, or nil.
func checkTombstones(state *layers.State, schema *schemaRecord) error {
	version := schema.kind(schema.Version)
	if k := state.Pruned.Kind(); k != column.Null && k != column.Time {
		return fmt.Errorf("the newest time of tombstones let go is a %s", k)
	}
	for i := range state.Tombstones {
		t := &state.Tombstones[i]
		switch {
		case t.Erased && (state.Salt == layers.Salt{} || !isErasedID(t.ID)):
			return fmt.Errorf("tombstone %d: what stands for its erased id is no hash with a salt", i)
		case t.ID == "" || len(t.ID) > layers.MaxID:
			return fmt.Errorf("tombstone %d: an id of %d bytes: want 1 to %d", i, len(t.ID), layers.MaxID)
		case !t.Observed.IsNull() && t.Observed.Kind() != column.Time:
			return fmt.Errorf("tombstone %d: its time is a %s", i, t.Observed.Kind())
		case !t.Version.IsNull() && t.Version.Kind() != version:
			return fmt.Errorf("tombstone %d: its version is a %s, not a %s", i, t.Version.Kind(), version)
		}
	}
	return nil
}

// isErasedID reports whether s may be what [layers.Salt.Hash] returns.
func isErasedID(s layers.FeatureID) bool {
	b, err := hex.DecodeString(string(s))
	return err == nil && len(b) == len(layers.Salt{}) && string(s) == strings.ToLower(string(s))
}

// split returns the tombstones with ids and those of erased ids, which have a file of their own.
func split(all []layers.Tombstone) (dead, erased []layers.Tombstone) {
	if !slices.ContainsFunc(all, func(t layers.Tombstone) bool { return t.Erased }) {
		return all, nil
	}
	for _, t := range all {
		if t.Erased {
			erased = append(erased, t)
		} else {
			dead = append(dead, t)
		}
	}
	return dead, erased
}

// encodeTombstones writes a layer's tombstones in the order given.
func encodeTombstones(ctx context.Context, w io.Writer, all []layers.Tombstone, record *layerRecord) (int, error) {
	columns := record.tombstoneColumns()
	out, err := geoparquet.NewWriter(w, geoparquet.Options{Columns: columns, GroupRows: groupRows})
	if err != nil {
		return 0, err
	}
	values := make([]geoparquet.Value, len(columns))
	for i := range all {
		if i%groupRows == 0 && ctx.Err() != nil {
			return 0, ctx.Err()
		}
		t := &all[i]
		values[tombstoneID] = geoparquet.Value{Kind: geoparquet.Text, Bytes: []byte(t.ID)}
		values[tombstoneObserved] = stored(t.Observed)
		values[tombstoneReceived] = geoparquet.Value{}
		if t.Received != 0 {
			values[tombstoneReceived] = stored(column.MicrosOf(t.Received))
		}
		if tombstoneVersion < len(columns) {
			values[tombstoneVersion] = stored(t.Version)
		}
		if err := out.Write(values, nil, nil); err != nil {
			return 0, err
		}
	}
	return len(all), out.Close()
}

// readTombstones reads the tombstones of a layer, or those of erased ids, as the plan wants them.
func readTombstones(ctx context.Context, f io.ReaderAt, p *plan, record *fileRecord) ([]layers.Tombstone, error) {
	erased := record == p.record.Erased
	r, columns, err := openColumns(f, record, p.record.tombstoneColumns())
	if err != nil {
		return nil, err
	}
	defer r.Close()
	out := make([]layers.Tombstone, 0, record.Rows)
	for {
		err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if len(out)%groupRows == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		t := layers.Tombstone{ID: layers.FeatureID(r.Value(columns[tombstoneID]).Bytes)}
		if t.Erased = erased; erased && !isErasedID(t.ID) {
			return nil, fmt.Errorf("what stands for erased id %d is no hash", len(out))
		}
		if t.ID == "" {
			return nil, fmt.Errorf("tombstone %d has no id", len(out))
		}
		t.Observed = loaded(r.Value(columns[tombstoneObserved]))
		t.Received = r.Value(columns[tombstoneReceived]).Int
		if tombstoneVersion < len(columns) && p.versions != nil {
			if v := loaded(r.Value(columns[tombstoneVersion])); !v.IsNull() {
				if t.Version, err = p.versions(v); err != nil {
					return nil, fmt.Errorf("the version of tombstone %d: %w", len(out), err)
				}
			}
		}
		out = append(out, t)
	}
	if len(out) != record.Rows {
		return nil, fmt.Errorf("%d tombstones where the manifest says %d", len(out), record.Rows)
	}
	return out, nil
}
