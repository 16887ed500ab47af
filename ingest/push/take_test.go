package push

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/ingest"
	"hutong/internal/compress"
	"hutong/layers"
)

func TestTake(t *testing.T) {
	t.Parallel()
	const feature = `{"type": "Feature", "geometry": {"type": "Point", "coordinates": [2, 3]}, "properties": {"id": 2, "title": "b"}}`
	const object = `{"id": 1, "title": "a", "lon": 1, "lat": 2}`
	for _, c := range []struct{ name, media, body, want string }{
		{"one object", "application/json", object, "1: 1 applied, 0 refused\n0@1 1 applied"},
		{"a list", "application/json; charset=UTF-8", "[" + object + ",\n" + feature + "]", "2: 2 applied, 0 refused\n0@1 1 applied\n1@2 2 applied"},
		{"an empty list", "application/json", "[]", "0: 0 applied, 0 refused"},
		{"a collection as JSON", "application/json", `{"type": "FeatureCollection", "features": [` + feature + "]}", "1: 1 applied, 0 refused\n0@1 2 applied"},
		{"a feature", "application/geo+json", feature, "1: 1 applied, 0 refused\n0@1 2 applied"},
		{"an object as GeoJSON", "application/geo+json", object, "1: 0 applied, 1 refused\n0@1  refused feature type: : want a GeoJSON Feature"},
		{"lines", "application/x-ndjson", object + "\n\n{\r\n" + feature, "3: 2 applied, 1 refused\n0@1 1 applied\n1@3  refused json : : want JSON: at byte 2, a quoted name\n2@4 2 applied"},
		{"a sequence", "application/geo+json-seq", "\x1e{\"id\":\n 1}\n\x1e" + feature + "\n", "2: 2 applied, 0 refused\n0@1 1 applied\n1@3 2 applied"},
		{"no lines", "application/x-ndjson", "\n", "0: 0 applied, 0 refused"},
		{"rows", "text/csv", "\ufeffid,title,votes,phone,updated,lon,lat\r\n1,\"a\r\nb\",,,,1,2\r\n2,c,x,,,,\r\n3\r\n4,a\"b\r\n", "4: 1 applied, 3 refused\n0@2 1 applied\n1@4 2 refused type votes: x: want a whole number within ±2⁶³\n" +
			"2@5  refused row : 1 cells: want 7, as in the header\n3@6  refused row : : want quotes only around a whole cell, and doubled inside it"},
		{"an open quote", "text/csv", "id,title,votes,phone,updated,lon,lat\n1,\"a\n2,b", "1: 0 applied, 1 refused\n0@2  refused row : : want quotes only around a whole cell, and doubled inside it"},
		{"a private value", "application/json", `{"id": 1, "phone": "call me"}`, "1: 0 applied, 1 refused\n0@1 1 refused type phone: (private): want a whole number within ±2⁶³"},
		{"the future", "application/json", `{"id": 1, "updated": "2026-01-02T04:00:00Z"}`, "1: 0 applied, 1 refused\n0@1 1 refused future updated: 2026-01-02T04:00:00Z: want a time at most 10m0s ahead of now, which is 2026-01-02T03:04:05Z"},
		{"a number", "application/json", "7", "1: 0 applied, 1 refused\n0@1  refused feature : : want a JSON object"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f, _ := feed(t, nil)
			got, err := take(t, f, c.media, c.body)
			if err != nil {
				t.Fatal(err)
			}
			if tell(got) != c.want {
				t.Errorf("got %s\nwant %s", tell(got), c.want)
			}
		})
	}
}

func TestTakeRefusesBodies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, media, body, coding, want string }{
		{"no type", "", "{}", "", "no Content-Type is not taken; accepted are application/json, application/geo+json, application/x-ndjson, text/csv"},
		{"a form", "application/x-www-form-urlencoded", "a=b", "", `"application/x-www-form-urlencoded" is not taken; accepted are application/json, application/geo+json, application/x-ndjson, text/csv`},
		{"a charset", "application/json; charset=latin1", "{}", "", `"charset=latin1" is not taken; accepted are UTF-8`},
		{"no header", "text/csv; header=absent", "1", "", `"header=absent" is not taken; accepted are CSV with a header`},
		{"a coding", "application/json", "{}", "br", `"br" is not taken; accepted are gzip, zstd, identity`},
		{"two codings", "application/json", "{}", "gzip, gzip", `"gzip, gzip" is not taken; accepted are gzip, zstd, identity`},
		{"nothing", "application/json", "", "", "line 1, byte 1: want a value"},
		{"broken", "application/json", "[{\"id\": 1},\n{", "", "line 2, byte 14: want a quoted name"},
		{"no rows", "text/csv", "", "", "line 1, byte 1: want a header, the first line of CSV"},
		{"a long header", "text/csv", "id,title,votes,phone,updated,lon,lat," + strings.Repeat("x", 16<<10) + "\n1", "", "line 1, byte 1: want a header of at most 16384 bytes"},
		{"other columns", "text/csv", "id,lon,lat\n", "", `line 1, byte 1: want a header with the columns of this source: no column "title", "votes", "phone", "updated"; the columns are "id", "lon", "lat"`},
		{"too many", "application/json", "[" + strings.Repeat("1,", 10) + "1]", "", "A request to this source may have 10 records."},
		{"too many lines", "application/x-ndjson", strings.Repeat("1\n", 11), "", "A request to this source may have 10 records."},
		{"too large", "application/json", strings.Repeat(" ", 1<<16+1), "", "A body of this source may have 65536 bytes."},
		{"no gzip", "application/json", "{}", "gzip", "push: the body: it is no sound gzip: compress: gzip header: unexpected EOF"},
		{"no zstd", "application/json", "{}", "zstd", "push: the body: it is no sound zstd: compress: zstd: unexpected EOF"},
		{"gzip too large", "application/json", string(compress.AppendGzip(nil, make([]byte, 1<<17))), "gzip", "The body decompresses to more than 65536 bytes."},
		{"zstd too large", "application/json", string(compress.AppendZstd(nil, make([]byte, 1<<17))), "zstd", "The body decompresses to more than 65536 bytes."},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f, s := feed(t, func(o *Options) { o.Limits = Limits{Body: 1 << 16, Records: 10} })
			var headers []string
			if c.coding != "" {
				headers = []string{c.coding}
			}
			result, err := take(t, f, c.media, c.body, headers...)
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
			if result != nil || len(s.sizes) > 0 {
				t.Errorf("got %v and %d batches, want nothing", result, len(s.sizes))
			}
			if held := f.opts.Budget.used.Load(); held != 0 {
				t.Errorf("%d bytes are still held", held)
			}
		})
	}
}

// TestBombs: a small body that becomes a large one is refused by its ratio, long before its size.
func TestBombs(t *testing.T) {
	t.Parallel()
	plain := make([]byte, 64<<20)
	for i := range plain {
		plain[i] = ' '
	}
	for name, body := range map[string][]byte{"gzip": compress.AppendGzip(nil, plain), "zstd": compress.AppendZstd(nil, plain)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, _ := feed(t, func(o *Options) { o.Limits.Body = 128 << 20 })
			_, err := take(t, f, "application/json", string(body), name)
			e, ok := errors.AsType[*TooLargeError](err)
			if !ok {
				t.Fatalf("%d bytes of %d: got %v, want too large", len(body), len(plain), err)
			}
			if want := "The body decompresses to more than 200 times its size, and to more than 1 MiB."; e.Error() != want {
				t.Errorf("got %v, want %s", e, want)
			}
		})
	}
}

func TestCompressedBodies(t *testing.T) {
	t.Parallel()
	const body = `{"id": 1}`
	for name, sent := range map[string]string{
		"gzip": string(compress.AppendGzip(nil, []byte(body))), "zstd": string(compress.AppendZstd(nil, []byte(body))), "identity": body,
	} {
		f, _ := feed(t, nil)
		if r, err := take(t, f, "application/json", sent, name); err != nil || r.Applied != 1 {
			t.Errorf("%s: got %v, %v; want one record applied", name, r, err)
		}
	}
}

func TestAtomic(t *testing.T) {
	t.Parallel()
	var lines strings.Builder
	for i := range 2500 {
		fmt.Fprintf(&lines, "{\"id\": %d}\n", i)
	}
	send := func(f *Feed, text string) (*Result, error) {
		return f.Take(t.Context(), Request{ContentType: "application/x-ndjson", Body: strings.NewReader(text), Atomic: true, Answers: AnswerRefused})
	}
	f, s := feed(t, nil)
	result, err := send(f, lines.String())
	if err != nil || result.Applied != 2500 || !cmp.Equal(s.sizes, []int{2500}) {
		t.Errorf("got %v, %v in batches %v; want 2500 applied in one", result, err, s.sizes)
	}
	f, s = feed(t, nil)
	result, err = send(f, lines.String()+`{"id": 1, "votes": "x"}`)
	if !errors.Is(err, ErrAtomic) || len(s.sizes) > 0 {
		t.Fatalf("got %v and batches %v, want %v and none", err, s.sizes, ErrAtomic)
	}
	if got, want := tell(result), "2501: 0 applied, 1 refused\n2500@2501 1 refused type votes: x: want a whole number within ±2⁶³"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if letters, err := f.Letters(t.Context(), 0, 10); err != nil || len(letters) > 0 {
		t.Errorf("got %d letters, %v; want none, because the sender has the records", len(letters), err)
	}
}

// TestBatches: a request that is not atomic goes in batches, and what was accepted before one fails is told.
func TestBatches(t *testing.T) {
	t.Parallel()
	var lines strings.Builder
	for i := range 2500 {
		fmt.Fprintf(&lines, "{\"id\": %d}\n", i)
	}
	f, s := feed(t, nil)
	s.fail = func(batch int) error {
		if batch == 2 {
			return fmt.Errorf("journal: %w", ingest.ErrBusy)
		}
		return nil
	}
	result, err := take(t, f, "application/x-ndjson", lines.String())
	if !errors.Is(err, ingest.ErrBusy) || result.Applied != 2000 || result.Accepted() != 2000 {
		t.Errorf("got %v, %v; want 2000 applied and %v", result, err, ingest.ErrBusy)
	}
	s.fail = nil
	s.outcomes = func(c *layers.Change) layers.Outcome { return layers.Outcome(len(c.Feature.ID) % 4) }
	result, err = take(t, f, "application/x-ndjson", lines.String())
	if err != nil || result.Duplicate != 10 || result.Late != 90 || result.TooLate != 900 || result.Applied != 1500 {
		t.Errorf("got %+v, %v; want 1500 applied, 10 duplicate, 90 late, 900 too late", result, err)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	f, _ := feed(t, nil)
	body := "[" + strings.Repeat(`{"id": 1},`, MaxAnswers+4) + `{}]`
	result, err := take(t, f, "application/json", body)
	if err != nil || len(result.Answers) != MaxAnswers || result.Omitted != 5 || result.Records != MaxAnswers+5 {
		t.Errorf("got %d answers, %d omitted of %d, %v", len(result.Answers), result.Omitted, result.Records, err)
	}
	for which, want := range map[Answers]int{AnswerNone: 0, AnswerRefused: 1} {
		result, err := f.Take(t.Context(), Request{ContentType: "application/json", Body: strings.NewReader(body), Answers: which})
		if err != nil || len(result.Answers) != want || result.Omitted != 0 {
			t.Errorf("%d: got %d answers, %d omitted, %v; want %d, 0", which, len(result.Answers), result.Omitted, err, want)
		}
	}
}

// TestPrivateValuesLeaveByNoAnswer: whatever is wrong with a record, its private value is not in the answer.
func TestPrivateValuesLeaveByNoAnswer(t *testing.T) {
	t.Parallel()
	f, _ := feed(t, func(o *Options) { o.Mapping.ID = template(t, "{phone}") })
	const secret = "13800138000"
	for _, record := range []string{
		`{"phone": "` + secret + `"}`, `{"phone": "x` + secret + `"}`, `{"phone": [` + secret + `]}`, `{"phone": ` + secret + `, "votes": "x"}`,
		`{"phone": ` + secret + `, "lon": 500, "lat": 0}`, `{"phone": "` + strings.Repeat(secret, 60) + `"}`, `{"phone": ` + secret + `, "updated": "2099-01-01T00:00:00Z"}`,
		`{"phone": ` + secret + `, "op": "delete", "updated": "never"}`,
	} {
		result, err := take(t, f, "application/json", record)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := json.Marshal(result); err != nil || strings.Contains(string(text), secret) {
			t.Errorf("%s: %s has it, %v", record, text, err)
		}
	}
}

func TestDeletes(t *testing.T) {
	t.Parallel()
	f, s := feed(t, nil)
	for _, body := range []string{`[{"id": 1}, {"id": 2}, {"id": 3}]`, `{"id": 2, "op": "delete", "lon": "broken"}`} {
		if r, err := take(t, f, "application/json", body); err != nil || r.Refused > 0 {
			t.Fatalf("got %v, %v", r, err)
		}
	}
	r, err := f.Delete(t.Context(), Removal{ID: "3", Observed: "2026-01-01T00:00:00+08:00"})
	if err != nil || tell(r) != "1: 1 applied, 0 refused\n0@0 3 applied" {
		t.Errorf("got %v, %v", r, err)
	}
	if got, want := s.state(), "1 <nil> null null null null\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for name, removal := range map[string]Removal{
		"a time": {ID: "1", Observed: "today"}, "the future": {ID: "1", Observed: "2027-01-01T00:00:00Z"},
		"a version": {ID: "1", Version: "2"}, "a long id": {ID: layers.FeatureID(strings.Repeat("x", layers.MaxID+1))}, "no id": {},
	} {
		if _, err := f.Delete(t.Context(), removal); !errors.Is(err, ErrRemoval) {
			t.Errorf("%s: got %v, want %v", name, err, ErrRemoval)
		}
	}
}
