// Package guess looks at the start of a data file and says what is probably in it: its format, its
// fields with their types, which of them is the id, where the features are. From that it writes a
// config that serves the file ([Config]).
//
// A look is bounded in records and bytes ([Limits]), so it costs the same for a file of any size; a
// [Sample] says whether it saw the whole file. A guess is a proposal for people to read and correct:
// nothing at run time depends on it but what they let it write.
//
// It reads CSV (RFC 4180), GeoJSON (RFC 7946) and GeoJSON lines (RFC 8142 too), plain, in gzip or in
// Zstandard, and what others made lines of ([ReadTable]). A Sample belongs to its caller; only
// [Layer.Conceal] changes one once it was returned.
package guess

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Limits bound a look at a file.
type Limits struct {
	// Records is the most records that are looked at; 0 means [DefaultRecords].
	Records int
	// Bytes is the most bytes of text that are read; 0 means [DefaultBytes].
	Bytes int64
}

// The bounds of a look unless a caller has its own.
const (
	DefaultRecords = 100_000
	DefaultBytes   = 64 << 20
)

// MaxFields is the most fields of a sample; further ones are counted in [Sample.MoreFields].
const MaxFields = 1024

func (l Limits) withDefaults() Limits {
	if l.Records <= 0 {
		l.Records = DefaultRecords
	}
	if l.Bytes <= 0 {
		l.Bytes = DefaultBytes
	}
	return l
}

// Sample is what a look at a file found.
type Sample struct {
	// Path is the file's name as the caller gave it.
	Path string `json:"path"`
	// Format is what is in it, Compression what is around it: [Gzip], [Zstd] or "".
	Format      Format `json:"format"`
	Compression string `json:"compression,omitempty"`
	// Delimiter stands between the cells of CSV; "" elsewhere.
	Delimiter string `json:"delimiter,omitempty"`
	// Records counts those that were looked at, Broken those of them that could not be read.
	Records int `json:"records"`
	Broken  int `json:"broken,omitempty"`
	// Whole is set when these are all that the file has.
	Whole bool `json:"whole"`
	// Fields are the columns of CSV, or the properties of GeoJSON in the order in which they were first
	// seen. MoreFields counts those beyond [MaxFields].
	Fields     []*Field `json:"fields"`
	MoreFields int      `json:"more_fields,omitempty"`
	// ID is about the features' own ids (RFC 7946 §3.2); nil when none has one.
	ID *Field `json:"feature_id,omitempty"`
	// Geometry is where the features are.
	Geometry Geometry `json:"geometry"`
	// Problem is what ended the look before the file's end; "" when nothing did.
	Problem string `json:"problem,omitempty"`

	index     map[string]*Field
	limits    Limits
	finishCSV func() // nil elsewhere
}

// Look reads the start of the file at path. The error says that the file cannot be opened or is in
// no format that is read here; a file that goes wrong further on is a Sample with a Problem.
func Look(path string, limits Limits) (*Sample, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("guess: %w", err)
	}
	defer func() { _ = file.Close() }()
	return Read(path, file, limits)
}

// Read is Look at what r reads; path is its name.
func Read(path string, r io.Reader, limits Limits) (*Sample, error) {
	s := &Sample{Path: path, limits: limits.withDefaults(), index: map[string]*Field{}}
	text, closeText, err := s.open(r)
	if err != nil {
		return nil, fmt.Errorf("guess: %s: %w", path, err)
	}
	defer closeText()
	return s.read(text)
}

// ReadTable is Read at the first records of a file that is no text, such as a GeoPackage, as GeoJSON lines:
// whole says that they are all, and problem what ended them before the file's end.
func ReadTable(path string, format Format, lines io.Reader, whole bool, problem string, limits Limits) (*Sample, error) {
	s := &Sample{Path: path, Format: GeoJSONL, limits: limits.withDefaults(), index: map[string]*Field{}}
	if _, err := s.read(lines); err != nil {
		return nil, err
	}
	s.Format, s.Whole = format, s.Whole && whole && problem == ""
	if s.Problem == "" {
		s.Problem = problem
	}
	return s, nil
}

// read reads the text of a format that is known.
func (s *Sample) read(text io.Reader) (*Sample, error) {
	in := &bounded{r: text, left: s.limits.Bytes}
	var err error
	switch s.Format {
	case CSV:
		err = s.readCSV(in)
	case GeoJSONL:
		err = s.readLines(in)
	default:
		err = s.readCollection(in)
	}
	switch {
	case in.left == 0 || errors.Is(err, errEnough):
		// What the bound cut off is no fault of the file.
	case err != nil:
		s.Problem = err.Error()
	default:
		s.Whole = true
	}
	if s.Records == 0 && s.Problem != "" {
		return nil, fmt.Errorf("guess: %s: %s", s.Path, s.Problem)
	}
	for _, f := range s.Fields {
		f.finish(s.readable())
	}
	if s.ID != nil {
		s.ID.finish(s.readable())
	}
	if s.finishCSV != nil {
		s.finishCSV()
	}
	return s, nil
}

// errEnough ends a look that has seen its records.
var errEnough = errors.New("enough records")

// record counts a record; the error is errEnough once there are as many as the look may see.
func (s *Sample) record() error {
	if s.Records == s.limits.Records {
		return errEnough
	}
	s.Records++
	return nil
}

// readable counts the records that could be read.
func (s *Sample) readable() int { return s.Records - s.Broken }

// Faults counts what is wrong with the part that was looked at: records that could not be read, texts in
// another encoding, and what ended the look before the file's end.
func (s *Sample) Faults() int {
	n := s.Broken
	if s.Problem != "" {
		n++
	}
	if s.ID != nil {
		n += s.ID.NotUTF8
	}
	for _, f := range s.Fields {
		n += f.NotUTF8
	}
	return n
}

// Field returns the field of a name, or nil.
func (s *Sample) Field(name string) *Field { return s.index[name] }

// field returns the field of a name, which it adds, or nil when there are too many.
func (s *Sample) field(name string) *Field {
	f := s.index[name]
	if f == nil {
		if len(s.Fields) == MaxFields {
			s.MoreFields++ // one that comes again counts again
			return nil
		}
		f = newField(name)
		s.index[name] = f
		s.Fields = append(s.Fields, f)
	}
	return f
}

// bounded reads at most left bytes; left is 0 once that bound was met.
type bounded struct {
	r    io.Reader
	left int64
}

// Read reads; io.EOF is the end of the file or the bound.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
