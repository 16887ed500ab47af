package app

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"hutong/ingest"
	"hutong/ingest/files"
	"hutong/internal/config"
	"hutong/internal/guess"
	"hutong/layers"
	"hutong/styles"
	"hutong/tiles/archive"
)

// Bounds of what a check reads: of each file, and of the files of a source.
const (
	checkedRecords = 10_000
	checkedBytes   = 16 << 20
	checkedFiles   = 50
	archiveTimeout = 30 * time.Second
)

// Findings are what only shows when a config that could be read is held against its files.
type Findings struct {
	// Problems would keep the server from starting, or every record of a source out.
	Problems config.Problems `json:"problems"`
	// Warnings are worth a look.
	Warnings config.Problems `json:"warnings"`
}

// Check looks into the files of a config and for what nobody uses. It reads the start of each file
// only, and the tables of lookups whole, which are small, so it takes seconds. The findings are in the
// order of the config's file.
func Check(c *config.Config) Findings {
	k := &checker{config: c, found: Findings{Problems: config.Problems{}, Warnings: config.Problems{}}}
	for i := range c.Sources {
		k.source(&c.Sources[i])
	}
	for i := range c.Archives {
		k.archive(&c.Archives[i])
	}
	k.unused()
	k.keys()
	k.drawn()
	k.undrawn()
	k.unseen()
	k.secret()
	city, err := FromConfig(c)
	if err != nil {
		k.problem("sources", "%v", err)
	} else {
		k.icons(city)
	}
	byPlace := func(a, b config.Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	}
	slices.SortStableFunc(k.found.Problems, byPlace)
	slices.SortStableFunc(k.found.Warnings, byPlace)
	return k.found
}

// checker collects the findings of one config.
type checker struct {
	config *config.Config
	found  Findings
	added  *guess.Sample // the table that adds columns to those of the source at hand; nil without one
}

func (k *checker) problem(path, format string, args ...any) {
	k.found.Problems = append(k.found.Problems, k.config.Problem(path, format, args...))
}

func (k *checker) warn(path, format string, args ...any) {
	k.found.Warnings = append(k.found.Warnings, k.config.Problem(path, format, args...))
}

// unused warns of layers and fields that no source fills.
func (k *checker) unused() {
	fed, filled := map[layers.Name]bool{}, map[layers.Name]map[string]bool{}
	for i := range k.config.Sources {
		m := k.config.Sources[i].Mapping
		name := m.Schema.Name
		fed[name] = true
		if filled[name] == nil {
			filled[name] = map[string]bool{}
		}
		for j := range m.Fields {
			if f := &m.Fields[j]; f.From != "" || f.Expression != "" || !f.Value.IsNull() {
				filled[name][m.Schema.Fields[j].Name] = true
			}
		}
	}
	for i := range k.config.Layers {
		s := k.config.Layers[i].Schema
		at := config.At("layers", string(s.Name))
		if !fed[s.Name] {
			k.warn(at, "no source feeds this layer, so it stays empty")
			continue
		}
		for _, f := range s.Fields {
			if strings.HasPrefix(f.Name, ingest.HiddenPrefix) {
				continue // no field of the config
			}
			if !filled[s.Name][f.Name] {
				k.warn(at+"."+config.At("fields", f.Name), "no source fills this field, so it is always null")
			}
		}
	}
}

// drawn warns of fields that a layer is coloured by and that a tile may leave out.
func (k *checker) drawn() {
	for i := range k.config.Layers {
		l := &k.config.Layers[i]
		for _, by := range []struct{ key, field string }{
			{"category", l.Drawing.Category}, {"status", l.Drawing.Status}, {"number", l.Drawing.Number},
		} {
			f := l.Schema.FieldIndex(by.field)
			if f < 0 || l.Schema.Fields[f].Keep {
				continue
			}
			k.warn(config.At("layers", string(l.Schema.Name), "draw", by.key),
				"the field %s is not kept, so in a full tile features lose their colour: say keep: true there", quote(by.field))
		}
	}
}

// undrawn warns of looks that there is no room for.
func (k *checker) undrawn() {
	for i := range k.config.Layers {
		l := &k.config.Layers[i]
		for name, look := range l.Drawing.Fields {
			var rest []string
			for _, value := range look.Undrawn() {
				rest = append(rest, quote(value))
			}
			if rest != nil {
				k.warn(config.At("layers", string(l.Schema.Name), "fields", name, "values"),
					"at most %d values have colours and icons; drawn as all others are %s", styles.MaxSwatches, strings.Join(rest, ", "))
			}
		}
	}
}

// unseen warns of layers that nobody sees.
func (k *checker) unseen() {
	for i := range k.config.Layers {
		name := k.config.Layers[i].Schema.Name
		shows := func(v config.View) bool { return v.Layer == name }
		counts := func(v config.CountView) bool { return v.Layer == name }
		if k.config.Layers[i].Hidden && !slices.ContainsFunc(k.config.Views, shows) && !slices.ContainsFunc(k.config.Counts, counts) {
			k.warn(config.At("layers", string(name), "public"), "no view shows this layer, so nobody sees it")
		}
	}
}

// secret looks at the file with the secret of views.
func (k *checker) secret() {
	needs := func(v config.View) bool { return v.Policy.NeedsSecret() }
	if k.config.SecretFile == "" || !slices.ContainsFunc(k.config.Views, needs) {
		return
	}
	if _, err := readSecret(k.config.SecretFile); err != nil {
		k.problem("secret_file", "%s", strings.TrimPrefix(err.Error(), "app: the secret of views: "))
	}
}

// icons looks for icons that there are not.
func (k *checker) icons(city *City) {
	for i := range city.Layers {
		l := &city.Layers[i]
		for _, u := range unknownIcons(&l.Drawing, images()) {
			k.problem(config.At("layers", string(l.Schema.Name), "fields", u.field, "values", u.value, "icon"), "%s", u.problem())
		}
	}
}

// archive opens an archive. One on a server is left to whoever serves it, as that may be down.
func (k *checker) archive(a *config.Archive) {
	if !a.Location.Local() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), archiveTimeout)
	defer cancel()
	opened, err := archive.Open(ctx, a.Location.String(), archive.Options{})
	if err != nil {
		k.problem(config.At("archives", a.Name), "%v", err)
		return
	}
	_ = opened.Close() // only read from
}

// lookup looks at the table that the rows of a source are looked up in; nil when there is none, or it
// cannot be read.
func (k *checker) lookup(at string, s *config.Source) *guess.Sample {
	file := s.CSV.Lookup.File
	if file == "" {
		return nil
	}
	table, err := guess.Look(file, guess.Limits{Records: checkedRecords, Bytes: checkedBytes})
	switch {
	case err != nil:
		k.problem(at+".csv.lookup.file", "%s", strings.TrimPrefix(err.Error(), "guess: "))
		return nil
	case table.Format != guess.CSV:
		k.problem(at+".csv.lookup.file", "%s looks like %s, not csv", file, table.Format)
		return nil
	case table.Delimiter != ",":
		k.problem(at+".csv.lookup.file", "%s: its columns are separated by %q, and those of a lookup's table by commas", file, table.Delimiter)
		return nil
	case table.Field(s.CSV.Lookup.Key) == nil:
		k.problem(at+".csv.lookup.key", "%s has no column %s%s", file, quote(s.CSV.Lookup.Key), suggest(s.CSV.Lookup.Key, table))
		return table
	}
	l := lookupOf(s)
	if err := l.Check(); err != nil {
		k.problem(at+".csv.lookup.file", "%s", strings.TrimPrefix(err.Error(), "lookup: "))
	}
	return table
}

// source looks at the files of a source.
func (k *checker) source(s *config.Source) {
	at := config.At("sources", s.Name)
	var samples []*guess.Sample
	looked, left := map[string]bool{}, 0
	for i, pattern := range s.Files {
		here := fmt.Sprintf("%s.files[%d]", at, i)
		paths := k.match(here, pattern)
		for _, path := range paths {
			if looked[path] {
				continue
			}
			looked[path] = true
			if len(looked) > checkedFiles {
				left++
				continue
			}
			if sample := k.look(here, s, path); sample != nil {
				samples = append(samples, sample)
			}
		}
	}
	if left > 0 {
		k.warn(at+".files", "%d files were not looked into: a check looks into %d of a source", left, checkedFiles)
	}
	if len(samples) > 0 {
		k.names(at, s, samples)
	}
}

// tabular reports whether a format has columns and is no text.
func tabular(f config.Format) bool {
	return f == config.Shapefile || f == config.GeoPackage || f == config.GeoParquet
}

// bind binds a source to the columns of one of its files.
func bind(s *config.Source, path string) error {
	source, err := fileSource(s, nil)
	if err != nil {
		return err
	}
	return source.Check(context.Background(), path)
}

// match returns the files that a pattern matches.
func (k *checker) match(at, pattern string) []string {
	if _, err := os.Lstat(pattern); err == nil {
		return []string{pattern}
	}
	paths, err := filepath.Glob(pattern)
	switch {
	case err != nil:
		k.problem(at, "%v", err)
	case len(paths) == 0 && strings.ContainsAny(pattern, `*?[`):
		k.problem(at, "no file matches %s", pattern)
	case len(paths) == 0:
		k.problem(at, "there is no file %s", pattern)
	}
	return paths
}

// look reads the start of a file, or says why that is not possible.
func (k *checker) look(at string, s *config.Source, path string) *guess.Sample {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a folder; a pattern such as %s names files", path, filepath.Join(path, "*"))
	}
	if err != nil {
		k.problem(at, "%v", err)
		return nil
	}
	if !info.Mode().IsRegular() {
		k.warn(at, "%s is no regular file, so it was not looked into", path)
		return nil
	}
	format := files.FormatAuto
	if tabular(s.Format) {
		format = files.Format(s.Format)
		if err := bind(s, path); err != nil {
			k.problem(at, "%s", strings.TrimPrefix(err.Error(), "files: "))
			return nil
		}
	}
	found, err := sample(context.Background(), path, format, s.Table, guess.Limits{Records: checkedRecords, Bytes: checkedBytes})
	switch {
	case err != nil:
		k.problem(at, "%s", strings.TrimPrefix(err.Error(), "guess: "))
		return nil
	case string(found.Format) != string(s.Format):
		k.problem(at, "%s looks like %s, and the source reads %s", path, found.Format, s.Format)
		return nil
	case found.Problem != "":
		k.problem(at, "%s: %s", path, found.Problem)
	case found.Broken > 0:
		k.warn(at, "%s: of %d records %d cannot be read", path, found.Records, found.Broken)
	}
	return found
}

// names looks for the columns and properties that the mapping of a source names.
func (k *checker) names(at string, s *config.Source, samples []*guess.Sample) {
	m := s.Mapping
	if k.added = k.lookup(at, s); k.added == nil && s.CSV.Lookup.File != "" {
		return // what it adds is not known
	}
	for _, name := range m.ID.Properties() {
		if name == ingest.RowMember {
			continue
		}
		k.name(at+".id", name, s, samples)
	}
	for i := range m.Fields {
		if from := m.Fields[i].From; from != "" {
			k.name(at+"."+config.At("fields", m.Schema.Fields[i].Name), from, s, samples)
		}
	}
	if m.Address != "" {
		k.name(at+".address", m.Address, s, samples)
	}
	if s.Format == config.CSV {
		for _, column := range []struct{ key, name string }{
			{"lon", s.CSV.Lon}, {"lat", s.CSV.Lat}, {"wkt", s.CSV.WKT}, {"point.column", s.CSV.Point}, {"lookup.column", s.CSV.Lookup.On},
		} {
			if column.name != "" {
				k.name(at+".csv."+column.key, column.name, s, samples)
			}
		}
	}
}

// name looks for one column, which every CSV file must have, or one property, which some feature must, and
// for texts in it that a source refuses.
func (k *checker) name(at, name string, s *config.Source, samples []*guess.Sample) {
	for _, sample := range samples {
		if f := fieldOf(sample, name); f != nil && f.NotUTF8 > 0 {
			k.warn(at, "%s: of %d records %d have a %s that is not UTF-8", sample.Path, sample.Records, f.NotUTF8, quote(name))
		}
	}
	if tabular(s.Format) {
		return // its columns were bound
	}
	whole := true
	for _, sample := range samples {
		has := fieldOf(sample, name) != nil || k.added != nil && fieldOf(k.added, name) != nil
		if s.Format == config.CSV && !has {
			k.problem(at, "%s has no column %s%s%s", sample.Path, quote(name), suggest(name, sample), separator(s, sample))
			return
		}
		if s.Format != config.CSV && has {
			return
		}
		whole = whole && sample.Whole && sample.Records > sample.Broken && sample.Problem == "" && sample.MoreFields == 0
	}
	switch {
	case s.Format == config.CSV:
	case whole:
		k.problem(at, "no feature has a property %s%s", quote(name), suggest(name, samples...))
	default:
		k.warn(at, "no property %s among the features that were looked at%s", quote(name), suggest(name, samples...))
	}
}

// fieldOf returns the field of a name in a sample, or the one that a path starts with, or nil.
func fieldOf(sample *guess.Sample, name string) *guess.Field {
	if name == ingest.IDMember {
		return sample.ID
	}
	if f := sample.Field(name); f != nil {
		return f
	}
	if first, _, path := strings.Cut(name, "."); path && sample.Format != guess.CSV {
		return sample.Field(first)
	}
	return nil
}

// suggest returns the name that was probably meant, or all that there are if they are few.
func suggest(name string, samples ...*guess.Sample) string {
	var names []string
	for _, sample := range samples {
		for _, f := range sample.Fields {
			if !slices.Contains(names, f.Name) {
				names = append(names, f.Name)
			}
		}
	}
	near := config.Nearest(name, names)
	for _, other := range names { // lat for latitude
		if len(name) > 1 && strings.HasPrefix(strings.ToLower(other), strings.ToLower(name)) {
			near = other
			break
		}
	}
	if near != "" {
		return "; did you mean " + quote(near) + "?"
	}
	const few = 30
	if len(names) == 0 || len(names) > few {
		return ""
	}
	for i := range names {
		names[i] = quote(names[i])
	}
	return "; there are " + strings.Join(names, ", ")
}

// separator says that the cells of a file are probably separated by something else.
func separator(s *config.Source, sample *guess.Sample) string {
	if sample.Delimiter == string(s.CSV.Delimiter) {
		return ""
	}
	return fmt.Sprintf("; its columns are separated by %q, and csv.delimiter is %q", sample.Delimiter, string(s.CSV.Delimiter))
}

func quote(s string) string { return fmt.Sprintf("%q", s) }
