// Package files reads layers from files: CSV and GeoJSON, as one FeatureCollection of any size or
// as one feature a line, plain, gzipped or as Zstandard; Shapefile, GeoPackage and GeoParquet.
//
// A file is never held in memory: a reader cuts it into chunks at record ends, a few workers turn
// chunks into changes, and the goroutine of [Source.Run] publishes them in the file's order. What
// is held at once is a fixed number of chunks, so the heap does not depend on the file's size. A
// record of more than [MaxRecord] bytes is refused, or stops the file where its end cannot be told.
//
// Formats: RFC 4180 (CSV), RFC 7946 (GeoJSON), RFC 8142 (GeoJSON text sequences), RFC 1952 (gzip),
// RFC 8878 (Zstandard), ESRI Shapefile Technical Description (July 1998), OGC 12-128r18 (GeoPackage),
// GeoParquet 1.1.
package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"hutong/ingest"
	"hutong/layers"
)

// MaxRecord is the most bytes of one record: a feature, a line, a CSV row, or a member of a
// FeatureCollection beside its features.
const MaxRecord = 16 << 20

// Options say what to read and how.
type Options struct {
	// Name names the source in logs, metrics and reports.
	Name string
	// Layer names the layer that the source feeds.
	Layer layers.Name
	// Paths are the files, in the order in which they are read. Each may be a pattern of
	// [path/filepath.Glob]; one that matches nothing is an error when the source runs.
	Paths []string
	// Format is the format of all files; [FormatAuto] goes by each file's name.
	Format Format
	// CSV says how to read CSV; it is not used for other formats.
	CSV CSV
	// Table names the table of a GeoPackage; "" takes the only one with features. It is not used for
	// other formats.
	Table string
	// Mapping makes features of records. Its schema is the layer's.
	Mapping *ingest.Mapping
	// Read, unless it is nil, grows by the bytes that are read of the files as they lie on the disk,
	// compressed ones included, while the source runs. Compare it with [Source.Size].
	Read *atomic.Int64
}

// CSV says how to read CSV files. Each starts with a line of column names.
type CSV struct {
	// PlaceColumns name the columns that say where a row is. A row in which they are empty has no
	// place.
	ingest.PlaceColumns
	// Delimiter stands between cells: one byte of ASCII; 0 means a comma, or a tab in files whose
	// names end in .tsv.
	Delimiter byte
	// Lookup adds the columns of a small table; its zero value adds none.
	Lookup Lookup
}

// Source reads files into one layer. It implements [ingest.Source].
type Source struct {
	opts    Options
	mapper  *ingest.Mapper
	started atomic.Bool

	open  func(path string) (io.ReadCloser, error) // replaced in tests
	chunk int                                      // bytes of a chunk; smaller in tests
	limit int                                      // MaxRecord; smaller in tests
}

var _ ingest.Source = (*Source)(nil)

// New checks opts, all at once, and returns a source. It reads no file.
func New(opts Options) (*Source, error) {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if opts.Name == "" {
		fail("there is no name")
	}
	if len(opts.Paths) == 0 {
		fail("there are no paths")
	}
	if _, err := ParseFormat(string(opts.Format)); err != nil {
		errs = append(errs, err)
	}
	if problem := opts.CSV.Problem(); problem != "" {
		fail("csv: %s", problem)
	}
	if problem := opts.CSV.Lookup.problem(); problem != "" {
		fail("csv: %s", problem)
	}
	if d := opts.CSV.Delimiter; d == '"' || d == '\r' || d == '\n' || d >= 0x80 {
		fail("delimiter %q is not one byte of ASCII, or is a quote or a line end", string(rune(d)))
	}
	s := &Source{opts: opts, open: open, chunk: chunkSize, limit: MaxRecord}
	if opts.Mapping == nil {
		fail("there is no mapping")
	} else {
		mapper, err := opts.Mapping.Compile()
		switch {
		case err != nil:
			errs = append(errs, err)
		case mapper.Schema().Name != opts.Layer:
			fail("the mapping is for layer %q, not %q", mapper.Schema().Name, opts.Layer)
		}
		s.mapper = mapper
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("files: source %q: %w", opts.Name, errors.Join(errs...))
	}
	return s, nil
}

// Name returns the source's name.
func (s *Source) Name() string { return s.opts.Name }

// Layer returns the name of the layer that the source feeds.
func (s *Source) Layer() layers.Name { return s.opts.Layer }

// ErrStarted says that a source was run a second time.
var ErrStarted = errors.New("files: the source has already run")

// Run reads the files to their end, in order, and publishes what the gate accepts. An error names
// the file and where in it reading stopped; the records before that place were published and are in
// the report, which also holds the error. A publisher's error is returned as it is, wrapped.
func (s *Source) Run(ctx context.Context, to ingest.Publisher, report *ingest.Report) error {
	if !s.started.CompareAndSwap(false, true) {
		return ErrStarted
	}
	err := s.run(ctx, to, report)
	if err != nil {
		err = fmt.Errorf("files: %w", err)
		report.Stop(err)
	}
	return err
}

func (s *Source) run(ctx context.Context, to ingest.Publisher, report *ingest.Report) error {
	paths, err := expand(s.opts.Paths)
	if err != nil {
		return err
	}
	formats := make([]fileFormat, len(paths))
	for i, path := range paths {
		if formats[i], err = s.formatOf(path); err != nil {
			return err
		}
	}
	for i, path := range paths {
		p := pipeline{mapper: s.mapper, layer: s.opts.Layer, path: path, chunk: s.chunk, to: to, report: report}
		err := s.openFile(ctx, path, formats[i], s.opts.Read, p.run)
		if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
			err = fmt.Errorf("%s: %w", path, ctx.Err()) // its file was closed before the first record
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Check opens one file as [Source.Run] would, reads its header or the description of its table, binds the
// mapping to its columns and closes it: no record is read, and nothing is counted. The error is the one that
// Run would stop with. It may be called at any time, and again; a named pipe would lose what it held.
func (s *Source) Check(ctx context.Context, path string) error {
	f, err := s.formatOf(path)
	if err == nil {
		err = s.openFile(ctx, path, f, nil, func(context.Context, framer) error { return nil })
	}
	if err != nil {
		return fmt.Errorf("files: %w", err)
	}
	return nil
}

// fileFormat is how one file is read.
type fileFormat struct {
	format    Format
	delimiter byte
}

// formatOf returns how to read a file.
func (s *Source) formatOf(path string) (fileFormat, error) {
	f := fileFormat{format: s.opts.Format, delimiter: s.opts.CSV.Delimiter}
	named, tabs, err := formatOf(path)
	if f.format == FormatAuto {
		if err != nil {
			return f, err
		}
		f.format = named
	}
	if f.delimiter == 0 {
		f.delimiter = ','
		if tabs {
			f.delimiter = '\t'
		}
	}
	return f, nil
}

// openFile opens one file, hands its records to read and closes it. grow counts the bytes that are read, unless
// it is nil.
func (s *Source) openFile(ctx context.Context, path string, f fileFormat, grow *atomic.Int64, read func(context.Context, framer) error) error {
	if f.format.tabular() {
		err := s.openTable(ctx, path, f.format, grow, read)
		if err == nil || strings.HasPrefix(err.Error(), path+":") {
			return err
		}
		return fmt.Errorf("%s: %w", path, err)
	}
	file, err := s.open(path)
	if err != nil {
		return err
	}
	// A read that blocks, as from a named pipe, ends when the file is closed under it.
	stop := context.AfterFunc(ctx, func() { _ = file.Close() })
	defer func() {
		if stop() {
			_ = file.Close() // only read from
		}
	}()
	var raw io.Reader = file
	if grow != nil {
		raw = counted{file, grow}
	}
	text, err := decode(path, raw)
	if err != nil {
		return err
	}
	defer func() { _ = text.Close() }()

	in := &input{r: text, path: path, limit: s.limit}
	var fr framer
	switch f.format {
	case FormatCSV:
		var t *lookupTable
		if l := &s.opts.CSV.Lookup; !l.empty() {
			if t, err = l.read(s.open); err != nil {
				return err
			}
		}
		fr, err = newRows(in, s.mapper, s.opts.CSV, f.delimiter, t)
	case FormatGeoJSON:
		fr = newCollection(in)
	default:
		fr = newLines(in)
	}
	if err != nil {
		return err
	}
	return read(ctx, fr)
}

// openTable opens a file that is no text; an error need not name it.
func (s *Source) openTable(ctx context.Context, path string, f Format, grow *atomic.Int64, read func(context.Context, framer) error) error {
	for _, ending := range compressed {
		if strings.HasSuffix(strings.ToLower(path), ending) {
			return fmt.Errorf("format %s is read in place: decompress the file first", f)
		}
	}
	done, err := newShare(path, grow)
	if err != nil {
		return err
	}
	if f == FormatShapefile {
		parts, err := openParts(path)
		if err != nil {
			return err
		}
		defer parts.Close()
		fr, err := openShapefile(parts, path, s.chunk, s.limit, done)
		if err != nil {
			return err
		}
		if err := fr.bind(s.mapper); err != nil {
			return err
		}
		return done.end(read(ctx, fr))
	}
	var t tableReader
	if f == FormatGeoParquet {
		t, err = openParquet(path, s.limit)
	} else {
		t, err = openGeoPackage(ctx, path, s.opts.Table, s.limit)
	}
	if err != nil {
		return err
	}
	defer func() { _ = t.Close() }()
	fr, err := newTable(t, path, s.mapper, s.chunk, done)
	if err != nil {
		return err
	}
	return done.end(read(ctx, fr))
}
