package checkpoint

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/paulmach/orb"

	"hutong/internal/geoparquet"
	"hutong/internal/wkb"
	"hutong/layers"
	"hutong/layers/column"
)

// How features are read. The row groups of a file are shared out to as many goroutines as there are cores,
// each of which decodes, checks and places the features of a group; one goroutine takes the groups in their
// order and cuts blocks of them. Groups that were begun and are not in the layer yet are bounded for all
// layers together: that, and the blocks, is what a load holds.
//
// The simpler way, one goroutine and [layers.Loader.Add], takes twice the processor time and leaves the
// other cores idle (docs/benchmarks).

// window returns how many row groups may be decoded and not in their layer yet.
func window() int { return 2 * runtime.GOMAXPROCS(0) }

// openColumns opens a file and finds the columns that it must have, in the order given.
func openColumns(f io.ReaderAt, record *fileRecord, want []geoparquet.Column) (*geoparquet.Reader, []int, error) {
	r, err := geoparquet.Open(f, record.Bytes)
	if err != nil {
		return nil, nil, err
	}
	at := map[string]int{}
	for i, c := range r.Columns() {
		at[c.Name] = i
	}
	columns := make([]int, len(want))
	for i, c := range want {
		k, ok := at[c.Name]
		if !ok || r.Columns()[k].Kind != c.Kind {
			return nil, nil, fmt.Errorf("there is no column %q of the right type", c.Name)
		}
		columns[i] = k
	}
	if r.Rows() != int64(record.Rows) || len(r.Columns()) != len(want) {
		return nil, nil, fmt.Errorf("%d rows of %d columns where the manifest says %d of %d", r.Rows(), len(r.Columns()), record.Rows, len(want))
	}
	if err := r.Select(columns); err != nil {
		return nil, nil, err
	}
	return r, columns, nil
}

// loaded is the reverse of stored; texts are copied.
func loaded(v geoparquet.Value) column.Value {
	switch v.Kind {
	case geoparquet.Text:
		return column.StringOf(string(v.Bytes))
	case geoparquet.Int:
		return column.IntOf(v.Int)
	case geoparquet.Float:
		return column.FloatOf(v.Float)
	case geoparquet.Bool:
		return column.BoolOf(v.Int != 0)
	case geoparquet.Time:
		return column.MicrosOf(v.Int)
	default:
		return column.Value{}
	}
}

// readFeatures gives add the features of a layer in the order of the file, as the plan wants them.
// slots bounds the groups under way: a token is taken before a group is begun, and given back once
// add has it.
func readFeatures(ctx context.Context, f io.ReaderAt, p *plan, slots chan struct{}, add func(layers.Prepared) error) error {
	first, _, err := openColumns(f, &p.record.Features, p.record.columns())
	if err != nil {
		return err
	}
	groups := first.Groups()
	first.Close()
	type decoded struct {
		features layers.Prepared
		err      error
	}
	results := make([]chan decoded, groups)
	for i := range results {
		results[i] = make(chan decoded, 1)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wait sync.WaitGroup
	var begun atomic.Int64
	for range min(groups, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			d := decoder{plan: p}
			defer d.close()
			for {
				// The token first: so the group that add waits for always has one.
				select {
				case slots <- struct{}{}:
				case <-ctx.Done():
					return
				}
				group := int(begun.Add(1)) - 1
				if group >= groups {
					<-slots
					return
				}
				features, err := d.group(f, group)
				results[group] <- decoded{features, err}
			}
		})
	}
	// Tokens of groups that nobody takes any more go back when the workers are done.
	taken := 0
	defer func() {
		cancel()
		wait.Wait()
		for range min(int(begun.Load()), groups) - taken {
			<-slots
		}
	}()
	rows := 0
	for _, result := range results {
		select {
		case got := <-result:
			taken++
			err := got.err
			if err == nil {
				rows += got.features.Len()
				err = add(got.features)
			}
			<-slots
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if rows != p.record.Features.Rows {
		return fmt.Errorf("%d features where the manifest says %d", rows, p.record.Features.Rows)
	}
	return nil
}

// decoder reads row groups. It belongs to one goroutine; its buffers are kept from group to group.
type decoder struct {
	plan    *plan
	reader  *geoparquet.Reader
	columns []int
	text    []byte
	pieces  []piece
}

// piece is a text of a group: the value of a field of a row, or its id when field is −1.
type piece struct {
	row, field int
	from       int
}

func (d *decoder) close() {
	if d.reader != nil {
		d.reader.Close()
	}
}

// group returns the features of a row group.
func (d *decoder) group(f io.ReaderAt, group int) (layers.Prepared, error) {
	p := d.plan
	if d.reader == nil {
		var err error
		if d.reader, d.columns, err = openColumns(f, &p.record.Features, p.record.columns()); err != nil {
			return layers.Prepared{}, err
		}
	}
	rows := d.reader.GroupRows(group)
	if limit := int64(groupLimit(len(d.columns))); rows < 0 || rows > limit {
		return layers.Prepared{}, fmt.Errorf("row group %d has %d rows: want at most %d", group, rows, limit)
	}
	d.reader.Seek(group)
	fields := len(p.schema.Fields)
	changes := make([]layers.Change, rows)
	values := make([]column.Value, int(rows)*fields)
	d.text, d.pieces = d.text[:0], d.pieces[:0]
	for row := range changes {
		if err := d.reader.Next(); err != nil {
			return layers.Prepared{}, err
		}
		feature := &changes[row].Feature
		feature.Values, values = values[:fields:fields], values[fields:]
		if err := d.row(row, feature); err != nil {
			return layers.Prepared{}, fmt.Errorf("row group %d row %d: %w", group, row, err)
		}
	}
	if err := d.texts(changes); err != nil {
		return layers.Prepared{}, fmt.Errorf("row group %d: %w", group, err)
	}
	return p.schema.Prepare(changes)
}

// row reads the current row but for its texts.
func (d *decoder) row(row int, feature *layers.Feature) error {
	d.note(row, -1, d.reader.Value(d.columns[0]).Bytes)
	for field, source := range d.plan.source {
		if source < 0 {
			continue
		}
		v := d.reader.Value(d.columns[1+source])
		if v.Kind == geoparquet.Text {
			d.note(row, field, v.Bytes)
			continue
		}
		var err error
		if feature.Values[field], err = d.plan.value(field, loaded(v)); err != nil {
			return err
		}
	}
	text, ok := d.reader.Geometry()
	switch {
	case !ok:
	case len(text) == pointSize && string(text[:len(pointStart)]) == pointStart:
		feature.Geometry = orb.Point{
			math.Float64frombits(binary.LittleEndian.Uint64(text[5:])),
			math.Float64frombits(binary.LittleEndian.Uint64(text[13:])),
		}
	default:
		var err error
		if feature.Geometry, err = wkb.Decode(text); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) note(row, field int, text []byte) {
	d.pieces = append(d.pieces, piece{row, field, len(d.text)})
	d.text = append(d.text, text...)
}

// texts gives the features their texts, all of which are parts of one string: one allocation a group.
func (d *decoder) texts(changes []layers.Change) error {
	all := string(d.text)
	for i, p := range d.pieces {
		end := len(all)
		if i+1 < len(d.pieces) {
			end = d.pieces[i+1].from
		}
		text := all[p.from:end]
		if p.field < 0 {
			changes[p.row].Feature.ID = layers.FeatureID(text)
			continue
		}
		var err error
		if changes[p.row].Feature.Values[p.field], err = d.plan.value(p.field, column.StringOf(text)); err != nil {
			return err
		}
	}
	return nil
}

// isSchema reports whether err is one that the config must mend, not the checkpoint.
func isSchema(err error) bool {
	var schema *SchemaError
	return errors.As(err, &schema)
}
