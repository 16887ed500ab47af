package guess

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"hutong/ingest"
	"hutong/layers"
	"hutong/layers/column"
)

// Layer is a proposal: a layer that one file could be served as.
type Layer struct {
	// Name and Title are made of the file's name.
	Name  layers.Name `json:"name"`
	Title string      `json:"title"`
	// ID is the id template, IDName the property under which ids are shown, IDWhy why they are ids.
	ID     string `json:"id"`
	IDName string `json:"id_name"`
	IDWhy  string `json:"id_why"`
	// Time names the field that says when a feature was observed; "" when none does.
	Time string `json:"time,omitempty"`
	// Nulls are texts that stand for no value.
	Nulls []string `json:"nulls,omitempty"`
	// Fields are the layer's.
	Fields []Proposal `json:"fields"`
	// LeftOut are columns and properties that become no field, with the reason.
	LeftOut []LeftOut `json:"left_out,omitempty"`

	sample *Sample
}

// Proposal is one field of a proposed layer.
type Proposal struct {
	// Name is the field's, From the column or property it comes from.
	Name string `json:"name"`
	From string `json:"from"`
	Type string `json:"type"`
	// Layouts are how times are written; none means RFC 3339.
	Layouts []string `json:"layouts,omitempty"`
	// Keep is set for fields with a few values that a map would be drawn by; Distinct is then how many
	// values to reckon with.
	Keep     bool `json:"keep,omitempty"`
	Distinct int  `json:"distinct,omitempty"`
	// Detail is set for fields whose values are mostly unique: they start at the detail zoom.
	Detail bool `json:"detail,omitempty"`
	// Private is set for fields that by their names are about a person.
	Private bool `json:"private,omitempty"`
	// MaxLength is set for texts that are longer than a field takes by itself.
	MaxLength int `json:"max_length,omitempty"`
}

// LeftOut is a column or property that becomes no field.
type LeftOut struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// What is left out as a field because it is there in another way.
const (
	whyID    = "it is the id"
	whyPlace = "it is the position"
)

// Propose makes a layer of a sample. taken are the names of other layers, which it does not take.
func Propose(s *Sample, taken map[layers.Name]bool) *Layer {
	l := &Layer{Name: layerName(s.Path, taken), Title: title(s.Path), Fields: []Proposal{}, sample: s}
	id := l.findID()
	names := map[string]bool{strings.ToLower(l.IDName): true}
	for _, f := range s.Fields {
		if why := l.unfit(f, id); why != "" {
			l.LeftOut = append(l.LeftOut, LeftOut{f.Name, why})
			continue
		}
		if len(l.Fields) == layers.MaxFields {
			l.LeftOut = append(l.LeftOut, LeftOut{f.Name, fmt.Sprintf("a layer has at most %d fields", layers.MaxFields)})
			continue
		}
		l.Fields = append(l.Fields, l.field(f, names))
	}
	l.findTime()
	l.keep()
	for i := range l.Fields {
		p := &l.Fields[i]
		p.Detail = !p.Keep && !p.Private && p.Name != l.Time && s.Field(p.From).MostlyUnique()
	}
	l.findNulls()
	return l
}

// unfit says why a field of the file becomes no field of the layer, or "".
func (l *Layer) unfit(f, id *Field) string {
	g := &l.sample.Geometry
	switch {
	case f == id:
		return whyID
	case f.Nested > 0:
		return "it holds objects or lists"
	case f.Repeated:
		return "several columns have this name"
	case f.values == 0:
		return "it has no value"
	case f.Name == "" || len(f.Name) > 200 || !writable(f.Name):
		return "a config cannot name it"
	case f.Name == g.Lon || f.Name == g.Lat || f.Name == g.WKT || f.Name == g.Pair:
		return whyPlace
	case f.WKT || f.Pair:
		return "it is a position, like others"
	case f.MaxBytes > column.MaxText:
		return fmt.Sprintf("its texts are longer than %d bytes", column.MaxText)
	}
	return ""
}

// writable reports whether a config can hold a text.
func writable(s string) bool { return !strings.ContainsFunc(s, unwritable) }

// unwritable reports whether a config takes no such character; bytes that are no UTF-8 show as U+FFFD.
func unwritable(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError || r == '\ufeff' }

// field makes a field whose name is not among names yet, and adds it.
func (l *Layer) field(f *Field, names map[string]bool) Proposal {
	p := Proposal{Name: unique(fieldName(f.Name), names), From: f.Name, Type: f.Type, Layouts: f.Layouts, Private: personal(f)}
	names[strings.ToLower(p.Name)] = true
	if f.Type == column.String.String() && f.MaxBytes*2 > layers.DefaultMaxLength {
		p.MaxLength = layers.DefaultMaxLength
		for p.MaxLength < f.MaxBytes*2 && p.MaxLength < column.MaxText {
			p.MaxLength *= 2
		}
		p.MaxLength = min(p.MaxLength, column.MaxText)
	}
	return p
}

// idNames are names of ids as [plain] leaves them, from the surest to the least sure.
var idNames = []string{
	"id", "globalid", "uuid", "guid", "uniquekey", "uniqueid", "objectid", "fid", "ogcfid", "gid", "key", "no", "number", "nr", "code", "permit",
}

// fewRecords is how many records a field that is not called like an id must be unique in to be taken
// for one.
const fewRecords = 20

// findID chooses the id and returns its field, nil when it is none of a record's. Only a field that
// was verified to be unique is taken.
func (l *Layer) findID() *Field {
	s := l.sample
	seen := fmt.Sprintf("unique in all %d records", s.readable())
	if !s.Whole {
		seen = fmt.Sprintf("unique in the first %d records", s.readable())
	}
	if s.ID != nil && s.ID.Unique && s.ID.MaxBytes <= layers.MaxID {
		l.ID, l.IDName, l.IDWhy = "{"+ingest.IDMember+"}", "id", "the features' own id, "+seen
		return nil
	}
	best, rank := (*Field)(nil), 1<<30
	for i, f := range s.Fields {
		if !f.mayBeID() {
			continue
		}
		name, r := plain(f.Name), len(idNames)+1
		if at := slices.Index(idNames, name); at >= 0 {
			r = at
		} else if strings.HasSuffix(name, "id") || strings.HasPrefix(name, "id") {
			r = len(idNames)
		} else if s.readable() < fewRecords {
			continue // that they differ says nothing
		} else if f.Type != column.Int.String() {
			r += 1 + i/len(idNames)
		}
		if r < rank {
			best, rank = f, r
		}
	}
	if best == nil {
		l.ID, l.IDName = "{"+ingest.RowMember+"}", "row"
		l.IDWhy = "no column is unique, so a feature is known by where it stands in the file: another id as soon as something is added before it"
		return nil
	}
	l.ID, l.IDName, l.IDWhy = "{"+best.Name+"}", fieldName(best.Name), seen
	return best
}

// mayBeID reports whether a field can make ids, which everybody sees. A template cannot name one with
// braces.
func (f *Field) mayBeID() bool {
	const longest = 64 // bytes: what is longer is a text for people
	return f.Unique && !f.Repeated && f.MaxBytes <= longest && (f.Type == column.Int.String() || f.Type == column.String.String()) &&
		f.Name != "" && len(f.Name) <= 200 && writable(f.Name) && !strings.ContainsAny(f.Name, "{}") && !f.WKT && !f.Pair && !personal(f)
}

// timeNames are parts of names of times, from the surest to the least sure.
var timeNames = []string{"observ", "report", "creat", "open", "requested", "add", "start", "date", "time", "received", "updat"}

// laterNames are parts of names of times that are about what comes after.
var laterNames = []string{"expir", "due", "end", "clos", "resol", "valid", "until"}

// findTime chooses the field that says when a feature was observed: one that nearly all records have.
func (l *Layer) findTime() {
	rank := len(timeNames)
	for i := range l.Fields {
		p := &l.Fields[i]
		if p.Type != column.Time.String() || p.Private || l.sample.Field(p.From).Nulls*10 > l.sample.readable() {
			continue
		}
		if slices.ContainsFunc(laterNames, func(part string) bool { return strings.Contains(strings.ToLower(p.From), part) }) {
			continue
		}
		for r, name := range timeNames[:rank] {
			if strings.Contains(strings.ToLower(p.From), name) {
				l.Time, rank = p.Name, r
				break
			}
		}
	}
}

// keepNames are parts of names of fields that maps are drawn by.
var keepNames = []string{"categ", "type", "status", "kind", "class", "state", "group", "method", "offense"}

// keep marks at most three fields with few values: those that are called so first, else the one with
// the fewest.
func (l *Layer) keep() {
	const most, few, longest = 3, 100, 64
	fits := func(p *Proposal) bool {
		f := l.sample.Field(p.From)
		return p.Type == column.String.String() && !p.Private && f.MaxBytes <= longest && f.Distinct >= 2 && f.Distinct <= few && !f.MostlyUnique()
	}
	mark := func(p *Proposal) {
		p.Keep, p.Distinct = true, max(16, l.sample.Field(p.From).Distinct*2)
	}
	marked := 0
	var fewest *Proposal
	for _, name := range keepNames {
		for i := range l.Fields {
			p := &l.Fields[i]
			if !fits(p) || p.Keep {
				continue
			}
			if strings.Contains(strings.ToLower(p.From), name) && marked < most {
				mark(p)
				marked++
			} else if fewest == nil || l.sample.Field(p.From).Distinct < l.sample.Field(fewest.From).Distinct {
				fewest = p
			}
		}
	}
	if marked == 0 && fewest != nil {
		mark(fewest)
	}
}

// findNulls collects the markers of fields that are no texts, and those that are never a text.
func (l *Layer) findNulls() {
	for _, f := range l.sample.Fields {
		for _, m := range f.Markers {
			never := strings.EqualFold(m, "<null>") || strings.EqualFold(m, "null") || m == `\N`
			if (never || f.Type != column.String.String()) && !slices.Contains(l.Nulls, m) && len(l.Nulls) < ingest.MaxNulls-1 {
				l.Nulls = append(l.Nulls, m)
			}
		}
	}
	slices.Sort(l.Nulls)
}

// personalNames are parts of names of fields about a person.
var personalNames = []string{"phone", "mobile", "email", "e_mail", "e-mail", "birth", "passport", "ssn"}

func personal(f *Field) bool {
	name := strings.ToLower(f.Name)
	return slices.ContainsFunc(personalNames, func(part string) bool { return strings.Contains(name, part) })
}

// stem is a file's name without folder and endings.
func stem(path string) string {
	name := filepath.Base(path)
	for ext := filepath.Ext(name); ext != "" && ext != name && len(ext) <= len(".geojsonseq"); ext = filepath.Ext(name) {
		name = strings.TrimSuffix(name, ext)
	}
	return name
}

// title makes a title of a file's name.
func title(path string) string {
	words := strings.FieldsFunc(stem(path), func(r rune) bool { return r == '-' || r == '_' || unicode.IsSpace(r) || unwritable(r) })
	t := []rune(strings.Join(words, " "))
	if len(t) == 0 {
		return "Data"
	}
	t[0] = unicode.ToUpper(t[0])
	const longest = 200
	return string(t[:min(len(t), longest)])
}

// layerName makes a layer's name of a file's.
func layerName(path string, taken map[layers.Name]bool) layers.Name {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_', r == '-':
			return r
		case r < 0x80:
			return '_'
		}
		return -1
	}, stem(path))
	name = strings.Trim(name, "_-")
	if name == "" || name[0] < 'a' || name[0] > 'z' {
		name = "layer_" + name
	}
	name = strings.TrimRight(name[:min(len(name), layers.MaxName-4)], "_-")
	for n := 1; ; n++ {
		try := layers.Name(name)
		if n > 1 {
			try = layers.Name(fmt.Sprintf("%s_%d", name, n))
		}
		if !taken[try] {
			return try
		}
	}
}

// fieldName makes a field's name of a column's: letters, digits and _.
func fieldName(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return '_'
	}, strings.TrimSpace(strings.ToValidUTF8(name, "_")))
	for strings.Contains(name, "__") {
		name = strings.ReplaceAll(name, "__", "_")
	}
	if name = strings.Trim(name, "_"); name == "" {
		name = "field"
	}
	if first, _ := utf8.DecodeRuneInString(name); !unicode.IsLetter(first) {
		name = "_" + name
	}
	const longest = layers.MaxName - 4 // room for a number behind it
	for len(name) > longest {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	return name
}

// unique returns name, with a number if it is taken in any case.
func unique(name string, taken map[string]bool) string {
	for n := 1; ; n++ {
		try := name
		if n > 1 {
			try = fmt.Sprintf("%s_%d", name, n)
		}
		if !taken[strings.ToLower(try)] {
			return try
		}
	}
}

// Conceal takes out of s what shows values of the fields that l proposes as private, and of those that
// would be if they were not left out. Counts stay, and of the markers those that the config needs
// ([Layer.Nulls]).
func (l *Layer) Conceal(s *Sample) {
	for _, f := range s.Fields {
		if personal(f) || slices.ContainsFunc(l.Fields, func(p Proposal) bool { return p.Private && p.From == f.Name }) {
			f.Min, f.Max, f.Examples, f.Markers = "", "", nil, nil
		}
	}
}

// Usable says why a layer cannot be served as it is proposed, or nil.
func (l *Layer) Usable() error {
	s := l.sample
	if !writable(s.Path) {
		return fmt.Errorf("guess: %q: a config cannot name this file: it has characters that do not show", s.Path)
	}
	if g := &s.Geometry; s.Format == CSV && g.Lon == "" && g.WKT == "" && g.Pair == "" {
		names := make([]string, 0, len(s.Fields))
		const few = 50
		for _, f := range s.Fields[:min(len(s.Fields), few)] {
			names = append(names, quote(f.Name))
		}
		return fmt.Errorf("guess: %s: no column is called as one with degrees and holds them; the columns are %s: write a config that names them",
			s.Path, strings.Join(names, ", "))
	}
	return nil
}
