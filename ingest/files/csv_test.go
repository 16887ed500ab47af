package files

import (
	"fmt"
	"strings"
	"testing"

	"hutong/ingest"
	"hutong/layers"
	"hutong/layers/column"
)

// table is a mapping for CSV: an id and one text.
func table(t testing.TB) *ingest.Mapping {
	t.Helper()
	return &ingest.Mapping{
		Schema: &layers.Schema{Name: "table", Fields: []layers.Field{{Name: "text", Kind: column.String}}, IDField: "id"},
		ID:     template(t, "{id}"),
		Fields: []ingest.FieldMapping{{From: "text"}},
	}
}

func TestCSV(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		delimiter  byte
		want       string // changes, then refusals
		err        string
	}{
		{name: "rows", text: "id,lon,lat,text\na,1,2,x\nb,3,4,y\n", want: "a 1,2 x|b 3,4 y"},
		{name: "without the last line end", text: "id,lon,lat,text\na,1,2,x", want: "a 1,2 x"},
		{name: "CR LF, empty lines and a mark", text: "\ufeff\r\nid,lon,lat,text\r\n\r\na,1,2,x\r\n\nb,3,4,y\r", want: "a 1,2 x|b 3,4 y"},
		{name: "header only", text: "id,lon,lat,text\n"},
		{name: "header without a line end", text: "id,lon,lat,text"},
		{name: "columns in any order", text: "x,text,lat,id,lon,x\n0,t,2,a,1,0\n", want: "a 1,2 t"},
		{name: "quotes", text: `"id",lon,lat,"text"` + "\n" + `"a","1","2","x, ""y"""` + "\n" + `b,3,4,""` + "\n", want: `a 1,2 x, "y"|b 3,4 null`},
		{name: "quoted line ends", text: "id,lon,lat,text\na,1,2,\"x\ny\r\nz\"\nb,3,4,\"\n\n\"\nc,5,6\n", want: "a 1,2 x\ny\nz|b 3,4 \n\n|row 8"},
		{name: "no place", text: "id,lon,lat,text\na,,,x\nb, , ,y\nc,1,,z\n", want: "a - x|b - y|geometry 4"},
		{name: "ragged", text: "id,lon,lat,text\na,1,2\nb,1,2,x,y\nc,1,2,x\n", want: "c 1,2 x|row 2|row 3"},
		{name: "misplaced quotes", text: "id,lon,lat,text\na,1,2,6\" pipe\nb,1,2,\"x\"y\nc,\"1\n\",2,x\"\nd,1,2,x\n", want: "d 1,2 x|row 2|row 3|row 4"},
		{name: "tabs", text: "id\tlon\tlat\ttext\na\t1\t2\tx,y\n", delimiter: '\t', want: "a 1,2 x,y"},
		{name: "semicolons", text: "id;lon;lat;text\na;1;2;x,y\nb;1,5;2;x\n", delimiter: ';', want: "a 1,2 x,y|geometry 3"},
		{name: "a text with spaces", text: "id,lon,lat,text\na, 1 ,2, x \n", want: "a 1,2  x "},
		{name: "not UTF-8", text: "id,lon,lat,text\na,1,2,caf\xe9\n", want: "text 2"},
		{name: "no id", text: "id,lon,lat,text\n,1,2,x\n", want: "id 2"},
		{name: "nothing", text: "", err: "f.csv:1: at byte 1: there is no header"},
		{name: "only empty lines", text: "\n\n", err: "f.csv:3: at byte 3: there is no header"},
		{name: "missing columns", text: "id,Lon,lat,name\n", err: `f.csv: no column "text", "lon"; the columns are "id", "Lon", "lat", "name"`},
		{name: "a column twice", text: "id,lon,lat,text,text\n", err: `column "text" stands twice`},
		{name: "a bad header", text: "id,lon\"x,lat,text\n", err: "f.csv:1: at byte 1: the header: want quotes only around"},
		{name: "an open header", text: "id,\"lon,lat,text\n", err: "f.csv:1: at byte 1: the header: a quoted cell is never closed"},
		{name: "an open quote", text: "id,lon,lat,text\na,1,2,x\nb,1,2,\"x\nc,1,2,x\n", want: "a 1,2 x", err: "f.csv:3: at byte 25: a quoted cell in the row that starts here is never closed"},
	}
	for _, tt := range tests {
		for _, chunk := range []int{1, 16, 0} {
			t.Run(fmt.Sprintf("%s/%d", tt.name, chunk), func(t *testing.T) {
				t.Parallel()
				opts := Options{Mapping: table(t), CSV: CSV{PlaceColumns: ingest.PlaceColumns{Lon: "lon", Lat: "lat"}, Delimiter: tt.delimiter}}
				changes, sum, err := run(t, source(t, opts, map[string]string{"f.csv": tt.text}, chunk))
				checkError(t, err, tt.err)
				if (err == nil) != (sum.Error == "") {
					t.Errorf("the report says %q of the error %v", sum.Error, err)
				}
				if got := rowsRead(changes, sum); got != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
			})
		}
	}
}

// rowsRead lists the changes with their place and text, then the refusals with their lines.
func rowsRead(changes []layers.Change, sum ingest.Summary) string {
	var got []string
	for i := range changes {
		parts := strings.SplitN(strings.TrimSpace(show(changes[i:i+1])), " ", 3)
		text := changes[i].Feature.Values[0].Text()
		if changes[i].Feature.Values[0].IsNull() {
			text = "null"
		}
		got = append(got, strings.Trim(parts[0], `"`)+" "+parts[1]+" "+text)
	}
	for _, r := range sum.Reasons {
		for _, e := range r.Examples {
			got = append(got, fmt.Sprintf("%s %d", e.Reason, e.Line))
		}
	}
	return strings.Join(got, "|")
}

func TestCSVWithoutPlaces(t *testing.T) {
	t.Parallel()
	s := source(t, Options{Mapping: table(t)}, map[string]string{"f.tsv": "id\ttext\na\tx\n"}, 0)
	changes, _, err := run(t, s)
	if got := show(changes); err != nil || got != "\"a\" - \"x\"\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestRowBeyondTheLimit(t *testing.T) {
	t.Parallel()
	opts := Options{Mapping: table(t), CSV: CSV{PlaceColumns: ingest.PlaceColumns{Lon: "lon", Lat: "lat"}}}
	text := "id,lon,lat,text\na,1,2,x\nb,1,2,\"" + strings.Repeat("x\n", 1000) + "\"\n"
	s := source(t, opts, map[string]string{"f.csv": text}, 64)
	s.limit = 512
	changes, _, err := run(t, s)
	checkError(t, err, "f.csv:3: at byte 25: the row that starts here is longer than 512 bytes: is a closing quote missing?")
	if len(changes) != 1 {
		t.Errorf("got %d changes, want 1", len(changes))
	}
	s = source(t, opts, map[string]string{"f.csv": strings.Repeat("x", 1<<20)}, 64)
	s.limit = 1 << 19
	_, _, err = run(t, s)
	checkError(t, err, "the header is longer than 524288 bytes")
}
