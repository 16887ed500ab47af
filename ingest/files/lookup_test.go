package files

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hutong/ingest"
)

// TestLookup gives readings the places of their stations.
func TestLookup(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, stations, readings, want, err string
	}{
		{
			name:     "places from a table",
			stations: "station,lon,lat\nA,116,39\nB,117,40\n", readings: "id,station,text\n1,A,x\n2,B,y\n3,A,z\n",
			want: "1 116,39 x|2 117,40 y|3 116,39 z",
		},
		{
			name:     "a key that is not there has no place",
			stations: "station,lon,lat\nA,116,39\n", readings: "id,station,text\n1,A,x\n2,C,y\n", want: "1 116,39 x|2 - y",
		},
		{
			name:     "the file's own column goes first",
			stations: "station,text,lon,lat\nA,theirs,116,39\n", readings: "id,text,station\n1,ours,A\n", want: "1 116,39 ours",
		},
		{
			name:     "a ragged row is refused",
			stations: "station,lon,lat\nA,116,39\n", readings: "id,station,text\n1,A\n2,A,y\n", want: "2 116,39 y|row 2",
		},
		{name: "no key column", stations: "name,lon,lat\n", readings: "id,station,text\n", err: `no column "station"; the columns are name, lon, lat`},
		{name: "no column on", stations: "station,lon,lat\n", readings: "id,place,text\n", err: `no column "station" to look rows up by; the columns are id, place, text`},
		{name: "a key twice", stations: "station,lon,lat\nA,1,1\nA,2,2\n", readings: "id,station,text\n", err: `line 3: the key in column "station" stands twice`},
		{name: "no header", stations: "", readings: "id,station,text\n", err: "there is no header"},
		{name: "ragged table", stations: "station,lon,lat\nA,1\n", readings: "id,station,text\n", err: "wrong number of fields"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "stations.csv")
			if err := os.WriteFile(path, []byte(c.stations), 0o600); err != nil {
				t.Fatal(err)
			}
			opts := Options{Mapping: table(t), CSV: CSV{
				PlaceColumns: ingest.PlaceColumns{Lon: "lon", Lat: "lat"},
				Lookup:       Lookup{Path: path, Key: "station", On: "station"},
			}}
			inTable := c.err != "" && !strings.Contains(c.err, "to look rows up by")
			if err := opts.CSV.Lookup.Check(); (err != nil) != inTable || inTable && !strings.Contains(err.Error(), c.err) {
				t.Errorf("check: got the error %v, want %q: %v", err, c.err, inTable)
			}
			changes, sum, err := run(t, source(t, opts, map[string]string{"f.csv": c.readings}, 0))
			if c.err != "" || err != nil {
				if err == nil || c.err == "" || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("got the error %v, want %q", err, c.err)
				}
				return
			}
			if got := rowsRead(changes, sum); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	if _, err := New(Options{Name: "x", Layer: "table", Paths: []string{"x"}, Mapping: table(t), CSV: CSV{Lookup: Lookup{Path: "y"}}}); err == nil ||
		!strings.Contains(err.Error(), "a lookup needs its file") {
		t.Errorf("half a lookup: %v", err)
	}
}
