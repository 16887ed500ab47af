package load

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hutong/internal/testkit"
)

// someChanges are valid.
func someChanges() Changes {
	return Changes{
		Format: FormatNDJSON, ID: "R-{n:4}", IDProperty: "no", First: 7, Features: 10, Observed: "at", Seed: 1,
		Bounds: [4]float64{-77.2, 38.7, -76.8, 39.1},
		Fields: []Field{{Name: "state", Kind: "string", Values: []string{`a "b"`}}, {Name: "n", Kind: "int"}, {Name: "v", Kind: "float"}, {Name: "ok", Kind: "bool"}, {Name: "at", Kind: "time"}},
	}
}

var noon = time.Date(2026, 1, 5, 12, 0, 0, 0, time.FixedZone("", 3600))

// TestBodies holds each format against a golden, which is JSON.
func TestBodies(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, format := range []string{FormatGeoJSON, FormatNDJSON, FormatJSON, "objects"} {
		c := someChanges()
		if c.Format = format; format == "objects" {
			c.Format, c.Lon, c.Lat = FormatJSON, "x", "y"
		}
		if err := c.validate(); err != nil {
			t.Fatal(err)
		}
		w := c.newWriter(0, 1)
		first := w.place(99)
		body := w.write(noon, 3, &first)
		for d := json.NewDecoder(bytes.NewReader(body)); d.More(); {
			var v any
			if err := d.Decode(&v); err != nil {
				t.Fatalf("%s: %v in %s", format, err, body)
			}
		}
		b.WriteString("== " + format + " ==\n" + string(body) + "\n")
	}
	testkit.Golden(t, "bodies.txt", b.String())
}

// TestWritersShareNoIDs draws from several connections: no id is of two, and together they have all.
func TestWritersShareNoIDs(t *testing.T) {
	t.Parallel()
	c := someChanges()
	owner := map[uint64]int{}
	for part := range 3 {
		w := c.newWriter(part, 3)
		for range 500 {
			r := w.draw()
			if other, has := owner[r.number]; has && other != part {
				t.Fatalf("id %d is of connections %d and %d", r.number, other, part)
			}
			owner[r.number] = part
			lon, lat := r.degrees()
			if r.number < 7 || r.number >= 17 || lon < -77.2 || lon > -76.8 || lat < 38.7 || lat > 39.1 {
				t.Fatalf("got %+v", r)
			}
		}
	}
	if len(owner) != c.Features {
		t.Errorf("got %d ids, want %d", len(owner), c.Features)
	}
	c.Features = 2
	if r := c.newWriter(2, 3).draw(); r.number != 7 {
		t.Errorf("got %d for one connection too many, want one of the ids", r.number)
	}
}

var degreeRuns atomic.Uint64

func TestAppendDegrees(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &degreeRuns, 4) {
		rng := rand.New(rand.NewPCG(seed, 0))
		for range 1000 {
			v := rng.Int64N(3_600_000_001) - 1_800_000_000
			got := string(appendDegrees(nil, v))
			f, err := strconv.ParseFloat(got, 64)
			if want := float64(v) / 1e7; err != nil || f != want {
				t.Fatalf("seed %d: %d: got %s, want %v", seed, v, got, want)
			}
		}
	}
	for v, want := range map[int64]string{0: "0.0000000", -1: "-0.0000001", 1_800_000_000: "180.0000000", -10_000_000: "-1.0000000"} {
		if got := string(appendDegrees(nil, v)); got != want {
			t.Errorf("%d: got %s, want %s", v, got, want)
		}
	}
}

func TestParseID(t *testing.T) {
	t.Parallel()
	w := func(text string) string {
		c := Changes{ID: text}
		return c.newWriter(0, 1).id(42)
	}
	for text, want := range map[string]string{"{n}": "42", "a-{n:5}-b": "a-00042-b", "{n:1}": "42"} {
		if _, _, _, err := parseID(text); err != nil || w(text) != want {
			t.Errorf("%s: got %s, %v, want %s", text, w(text), err, want)
		}
	}
	for _, text := range []string{"", "n", "{n", "{n:}", "{n:x}", "{n:-1}", "{n:21}", "{number}"} {
		if _, _, _, err := parseID(text); err == nil {
			t.Errorf("%q: want an error", text)
		}
	}
}

func TestChangesAreValidated(t *testing.T) {
	t.Parallel()
	c := Changes{Format: "xml", ID: "x", Lon: "a", Bounds: [4]float64{2, 0, 1, 0}}
	err := c.validate()
	for _, want := range []string{`"xml"`, "0 features", "two properties", "{n}", "bounds"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q too", err, want)
		}
	}
	for text, ok := range map[string]bool{"a=int": true, "a=time": true, "a": false, "=int": false, "a=date": false} {
		if _, err := ParseField(text); (err == nil) != ok {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

// FuzzQuoted holds any text against encoding/json.
func FuzzQuoted(f *testing.F) {
	f.Add("a\"b\\c\n\x00ü")
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "?")
		var got string
		if err := json.Unmarshal(appendQuoted(nil, s), &got); err != nil || got != s {
			t.Fatalf("%q: got %q, %v", s, got, err)
		}
	})
}
