package files

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"hutong/ingest"
	"hutong/layers/column"
)

// geoPackage reads one table of a GeoPackage (OGC 12-128r18), which is an SQLite database, in the
// order of its primary key. The file is opened as one that nobody changes, so nothing is written
// beside it, and with a bounded page cache.
type geoPackage struct {
	ctx    context.Context //nolint:containedctx // of the run that reads; the query ends with it
	db     *sql.DB
	table  string
	key    string // the primary key, which orders the records
	names  []string
	left   []string   // columns that SQLite computes
	types  []cellKind // by column: cellMoment and cellTrue for declared types, else cellText
	column string     // of the geometry; "" when there is none
	srs    int32
	ref    reference
	limit  int // bytes of a record
	// patience is the longest that what is asked before the first record may take.
	patience time.Duration

	rows   *sql.Rows
	reads  []bool
	values []any
	into   []any // pointers to values
	seen   int
	last   int64 // the largest key: about the number of records
}

// sqlitePragmas bound the page cache, and refuse functions and writes that a file's schema could ask for.
var sqlitePragmas = []string{"trusted_schema(0)", "cell_size_check(1)", "query_only(1)", "cache_size(-8192)", "mmap_size(0)", "temp_store(2)"}

// openGeoPackage opens the table called name, or the only one with features when name is "".
func openGeoPackage(ctx context.Context, path, name string, limit int) (*geoPackage, error) {
	g, err := openDatabase(ctx, path, limit)
	if err != nil {
		return nil, err
	}
	if err := g.open(name); err != nil {
		_ = g.Close()
		return nil, err
	}
	return g, nil
}

// openDatabase returns a GeoPackage of which nothing was asked yet.
func openDatabase(ctx context.Context, path string, limit int) (*geoPackage, error) {
	if err := checkDatabase(path); err != nil {
		return nil, err
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	query := url.Values{"mode": {"ro"}, "immutable": {"1"}, "_pragma": sqlitePragmas}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: absolute}).EscapedPath()+"?"+query.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return &geoPackage{ctx: ctx, db: db, limit: limit, patience: describeTimeout}, nil
}

// describeTimeout is the longest that a file may take to say what is in it, before the first record. It is
// for files that were made to take for ever.
const describeTimeout = 30 * time.Second

// patiently runs queries that must be answered in time. They may not outlive f.
func (g *geoPackage) patiently(f func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(g.ctx, g.patience)
	defer cancel()
	err := f(ctx)
	if err != nil && ctx.Err() != nil && g.ctx.Err() == nil {
		return fmt.Errorf("%w: there was no answer within %s", err, g.patience)
	}
	return err
}

// open finds the table called name and reads its description.
func (g *geoPackage) open(name string) error {
	return g.patiently(func(ctx context.Context) error {
		if err := g.choose(ctx, name); err != nil {
			return err
		}
		if err := g.describe(ctx); err != nil {
			return fmt.Errorf("table %q: %w", g.table, err)
		}
		return nil
	})
}

var _ tableReader = (*geoPackage)(nil)

// checkDatabase refuses what is no SQLite file, and one with changes that are not in it yet.
func checkDatabase(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("a GeoPackage must be a file")
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	header := make([]byte, 100)
	if _, err := io.ReadFull(file, header); err != nil || !bytes.HasPrefix(header, []byte("SQLite format 3\x00")) {
		return errors.New("this is no GeoPackage: it does not start as an SQLite database does")
	}
	if want := databaseSize(header); info.Size() < want {
		return fmt.Errorf("the file ends behind %d bytes of %d: it is cut off", info.Size(), want)
	}
	if wal, err := os.Stat(path + "-wal"); err == nil && wal.Size() > 0 {
		return fmt.Errorf("changes wait in %s-wal: close the program that writes it", filepath.Base(path))
	}
	if journal, err := os.Stat(path + "-journal"); err == nil && journal.Size() > 0 {
		return fmt.Errorf("an unfinished change is in %s-journal: open it once with the program that wrote it", filepath.Base(path))
	}
	return nil
}

// databaseSize returns the bytes that a database's header promises, or 0 when it does not say
// (SQLite's database file format §1.3.7).
func databaseSize(header []byte) int64 {
	if !bytes.Equal(header[24:28], header[92:96]) {
		return 0
	}
	page := int64(binary.BigEndian.Uint16(header[16:]))
	if page == 1 {
		page = 1 << 16
	}
	return page * int64(binary.BigEndian.Uint32(header[28:]))
}

// choose finds the table.
func (g *geoPackage) choose(ctx context.Context, name string) error {
	const most = 1000
	for _, table := range []string{"gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"} {
		if err := g.isPlain(ctx, table); err != nil {
			return fmt.Errorf("the list of its tables: table %q: %w", table, err)
		}
	}
	rows, err := g.db.QueryContext(ctx, `SELECT table_name, data_type FROM gpkg_contents ORDER BY table_name LIMIT ?`, most)
	if err != nil {
		return fmt.Errorf("the list of its tables: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all, features []string
	for rows.Next() {
		var table, kind string
		if err := rows.Scan(&table, &kind); err != nil {
			return fmt.Errorf("the list of its tables: %w", err)
		}
		if kind == "features" {
			features = append(features, table)
		}
		if kind == "features" || kind == "attributes" {
			all = append(all, table)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("the list of its tables: %w", err)
	}
	switch {
	case name != "":
		if g.table = name; slices.Contains(all, name) {
			return nil
		}
		return fmt.Errorf("there is no table %q; the tables are %s", name, quoteNames(all))
	case len(features) == 1:
		g.table = features[0]
		return nil
	case len(features) == 0:
		return errors.New("there is no table with features")
	}
	return fmt.Errorf("there are %d tables with features: say table, one of %s", len(features), quoteNames(features))
}

// quoteNames lists names for an error.
func quoteNames(names []string) string {
	const most = 20
	if len(names) == 0 {
		return "none"
	}
	quoted := make([]string, 0, most)
	for _, name := range names[:min(len(names), most)] {
		quoted = append(quoted, strconv.Quote(name))
	}
	list := strings.Join(quoted, ", ")
	if len(names) > most {
		list += fmt.Sprintf(" and %d more", len(names)-most)
	}
	return list
}

// isTable refuses views and virtual tables: a file could make its query one that never ends.
func (g *geoPackage) isTable(ctx context.Context, name string) error {
	var root int64
	err := g.db.QueryRowContext(ctx, `SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE`, name).Scan(&root)
	if errors.Is(err, sql.ErrNoRows) || err == nil && root == 0 {
		return errors.New("it is no table of its own but a view, or it is missing")
	}
	return err
}

// isPlain refuses a table of the format's that computes a column, too: one expression can take for ever, and
// no deadline stops it.
func (g *geoPackage) isPlain(ctx context.Context, name string) error {
	if err := g.isTable(ctx, name); err != nil {
		return err
	}
	var computed string
	err := g.db.QueryRowContext(ctx, `SELECT name FROM pragma_table_xinfo(?) WHERE hidden <> 0`, name).Scan(&computed)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("column %q is computed", computed)
}

// describe reads the table's columns, geometry and reference system. Columns that SQLite computes are left
// out: what they cost is the file's choice.
func (g *geoPackage) describe(ctx context.Context) error {
	if err := g.isTable(ctx, g.table); err != nil {
		return err
	}
	if err := g.describeGeometry(ctx); err != nil {
		return err
	}
	rows, err := g.db.QueryContext(ctx, `SELECT name, upper(type), pk, hidden FROM pragma_table_xinfo(?)`, g.table)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	g.key = "rowid"
	found := g.column == ""
	for rows.Next() {
		var name, declared string
		var key, hidden int
		if err := rows.Scan(&name, &declared, &key, &hidden); err != nil {
			return err
		}
		if hidden != 0 {
			g.left = append(g.left, name)
			continue
		}
		if g.column != "" && strings.EqualFold(name, g.column) {
			found = true
			continue
		}
		if key == 1 && strings.HasPrefix(declared, "INTEGER") {
			g.key = name
		}
		g.names = append(g.names, name)
		kind := cellText
		switch declared {
		case "BOOLEAN":
			kind = cellTrue
		case "DATE", "DATETIME", "TIMESTAMP":
			kind = cellMoment
		}
		g.types = append(g.types, kind)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	switch {
	case found:
		return nil
	case slices.ContainsFunc(g.left, func(name string) bool { return strings.EqualFold(name, g.column) }):
		return fmt.Errorf("its geometry, column %q, is computed, which is not read", g.column)
	default:
		return fmt.Errorf("it has no column %q, where its geometry should be", g.column)
	}
}

// describeGeometry reads which column is the geometry, and where its positions are.
func (g *geoPackage) describeGeometry(ctx context.Context) error {
	var organization, described string
	var code int64
	err := g.db.QueryRowContext(ctx, `SELECT c.column_name, c.srs_id, upper(s.organization), s.organization_coordsys_id,
			replace(upper(ifnull(s.srs_name, '') || ifnull(s.definition, '')), ' ', '')
		FROM gpkg_geometry_columns c LEFT JOIN gpkg_spatial_ref_sys s USING (srs_id) WHERE c.table_name = ?`, g.table).
		Scan(&g.column, &g.srs, &organization, &code, &described)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil // attributes only
	case err != nil:
		return fmt.Errorf("its geometry column: %w", err)
	case organization == "OGC" && strings.Contains(described, "CRS84"):
		return nil // whatever number it has there
	case organization != "EPSG":
		return fmt.Errorf("the positions are in the reference system %q %d: want %s", organization, code, wantReference)
	}
	g.ref, err = referenceOf(code)
	return err
}

func (g *geoPackage) columns() []string { return g.names }

// unread says why columns are not among those of the table; "" when all are.
func (g *geoPackage) unread() string {
	if len(g.left) == 0 {
		return ""
	}
	return "computed columns are not read: " + quoteNames(g.left)
}

// bind starts the query: the columns that are read, each record's bytes first, so that one beyond the
// limit is not loaded.
func (g *geoPackage) bind(c *ingest.Columns) error {
	quote := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	var size, inner, outer strings.Builder
	picked := 0
	add := func(name string) {
		fmt.Fprintf(&size, "ifnull(octet_length(%s), 0) + ", quote(name))
		fmt.Fprintf(&inner, ", %s AS c%d", quote(name), picked)
		fmt.Fprintf(&outer, ", iif(n <= %d, c%d, NULL)", g.limit, picked)
		picked++
	}
	g.reads = make([]bool, len(g.names))
	for i, name := range g.names {
		if g.reads[i] = c.Reads(i); g.reads[i] {
			add(name)
		}
	}
	if g.column != "" {
		add(g.column)
	}
	//nolint:gosec // names are quoted, the rest is ours; SQLite has no parameters for names
	query := fmt.Sprintf("SELECT n%s FROM (SELECT %s0 AS n%s, %s AS k FROM %s) ORDER BY k",
		outer.String(), size.String(), inner.String(), quote(g.key), quote(g.table))
	err := g.patiently(func(ctx context.Context) error {
		//nolint:gosec // as above
		return g.db.QueryRowContext(ctx, "SELECT ifnull(max("+quote(g.key)+"), 0) FROM "+quote(g.table)).Scan(&g.last)
	})
	if err != nil {
		return fmt.Errorf("table %q: its largest key: %w", g.table, err)
	}
	rows, err := g.db.QueryContext(g.ctx, query)
	if err != nil {
		return fmt.Errorf("table %q: %w", g.table, err)
	}
	g.rows = rows
	g.values = make([]any, 1+picked)
	g.into = make([]any, len(g.values))
	for i := range g.values {
		g.into[i] = &g.values[i]
	}
	return nil
}

func (g *geoPackage) next(c *chunk) error {
	if !g.rows.Next() {
		if err := g.rows.Err(); err != nil {
			return fmt.Errorf("table %q: after %d features: %w", g.table, g.seen, err)
		}
		return io.EOF
	}
	if err := g.rows.Scan(g.into...); err != nil {
		return fmt.Errorf("table %q: after %d features: %w", g.table, g.seen, err)
	}
	g.seen++
	if size, ok := g.values[0].(int64); !ok || size > int64(g.limit) {
		return errTooLong
	}
	at := 1
	for i, read := range g.reads {
		if !read {
			c.cell(cellNull, len(c.data))
			continue
		}
		c.value(g.values[at], g.types[i])
		at++
	}
	if g.column == "" || g.values[at] == nil {
		return nil
	}
	r := &c.records[len(c.records)-1]
	r.hasGeometry, r.geometry.start = true, len(c.data)
	switch blob := g.values[at].(type) {
	case []byte:
		c.data = append(c.data, blob...)
	default: // no blob, which decode refuses
	}
	r.geometry.end = len(c.data)
	return nil
}

func (g *geoPackage) progress() (done, total int64) { return int64(g.seen), g.last }

// value appends a value of SQLite. declared is cellTrue for booleans, cellMoment for times.
func (c *chunk) value(v any, declared cellKind) {
	start, kind := len(c.data), cellText
	switch v := v.(type) {
	case int64:
		if declared == cellTrue && (v == 0 || v == 1) {
			kind = cellFalse
			if v == 1 {
				kind = cellTrue
			}
			break
		}
		kind = cellNumber
		c.data = strconv.AppendInt(c.data, v, 10)
	case float64:
		kind = cellNumber
		c.data = column.AppendFloat(c.data, v)
	case string:
		if declared == cellMoment {
			kind = cellMoment
		}
		c.data = append(c.data, v...)
	case []byte:
		c.data = append(c.data, v...)
	default:
		kind = cellNull
	}
	c.cell(kind, start)
}

func (g *geoPackage) decode(raw []byte) (orb.Geometry, error) {
	shape, err := decodeGeoPackage(raw, g.srs)
	if err != nil {
		return nil, err
	}
	return g.ref.toDegrees(shape), nil
}

// Close ends the query and closes the file.
func (g *geoPackage) Close() error {
	if g.rows != nil {
		_ = g.rows.Close()
	}
	return g.db.Close()
}
