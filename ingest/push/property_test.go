package push

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"hutong/ingest"
	"hutong/internal/compress"
	"hutong/internal/testkit"
)

var runs atomic.Uint64

// record is one record in no format yet.
type record struct {
	id            int
	title         string
	votes         int
	lon, lat      float64
	located, gone bool
	updated       string
	phone         int
	broken        bool // votes are no number
}

func newRecord(r *rand.Rand) record {
	titles := []string{"pothole", "路灯坏了", `a "b", c`, "two\nlines", "tab\tand \\", ""}
	rec := record{
		id: r.IntN(40), title: titles[r.IntN(len(titles))], votes: r.IntN(9) - 4, phone: r.IntN(1e9),
		lon: float64(r.IntN(3600)-1800) / 10, lat: float64(r.IntN(1600)-800) / 10, located: r.IntN(4) > 0,
		gone: r.IntN(5) == 0, broken: r.IntN(10) == 0, updated: fmt.Sprintf("2025-01-02T03:%02d:00Z", r.IntN(60)),
	}
	if rec.lon == 0 && rec.lat == 0 {
		rec.lon = 1
	}
	return rec
}

func (r *record) properties() map[string]any {
	p := map[string]any{"id": r.id, "title": r.title, "votes": r.votes, "phone": r.phone, "updated": r.updated}
	if r.broken {
		p["votes"] = "many"
	}
	if r.title == "" { // CSV cannot tell an empty text from none
		p["title"] = nil
	}
	if r.gone {
		p["op"] = "delete"
	}
	return p
}

func (r *record) object() string {
	p := r.properties()
	if r.located {
		p["lon"], p["lat"] = r.lon, r.lat
	}
	text, _ := json.Marshal(p)
	return string(text)
}

func (r *record) feature() string {
	f := map[string]any{"type": "Feature", "properties": r.properties(), "geometry": nil}
	if r.located {
		f["geometry"] = map[string]any{"type": "Point", "coordinates": []float64{r.lon, r.lat}}
	}
	text, _ := json.Marshal(f)
	return string(text)
}

func (r *record) row() string {
	quote := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	cells := []string{strconv.Itoa(r.id), quote(r.title), strconv.Itoa(r.votes), strconv.Itoa(r.phone), r.updated, "", "", ""}
	if r.broken {
		cells[2] = "many"
	}
	if r.located {
		cells[5], cells[6] = strconv.FormatFloat(r.lon, 'f', -1, 64), strconv.FormatFloat(r.lat, 'f', -1, 64)
	}
	if r.gone {
		cells[7] = "delete"
	}
	return strings.Join(cells, ",")
}

// body writes records in one of the formats.
func bodyOf(r *rand.Rand, records []record) (media, text string) {
	each := func(of func(*record) string) []string {
		list := make([]string, len(records))
		for i := range records {
			list[i] = of(&records[i])
		}
		return list
	}
	mixed := func(rec *record) string {
		if r.IntN(2) == 0 {
			return rec.feature()
		}
		return rec.object()
	}
	switch r.IntN(5) {
	case 0:
		return "application/json", "[" + strings.Join(each(mixed), ",\n") + "]"
	case 1:
		return "application/x-ndjson", strings.Join(each(mixed), "\r\n")
	case 2:
		return "application/geo+json", `{"type": "FeatureCollection", "features": [` + strings.Join(each((*record).feature), ",") + "]}"
	case 3:
		return "application/geo+json-seq", "\x1e" + strings.Join(each((*record).feature), "\n\x1e") + "\n"
	default:
		return "text/csv", "id,title,votes,phone,updated,lon,lat,op\n" + strings.Join(each((*record).row), "\n")
	}
}

// TestAnySplit: the same records give the same layer, the same counts and the same refusals, however they are
// divided into requests, formats and encodings.
func TestAnySplit(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &runs, 6) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			records := make([]record, 1500)
			for i := range records {
				records[i] = newRecord(r)
			}
			var states, counts [2]string
			for i := range states {
				f, s := feed(t, nil)
				applied, refused := 0, map[ingest.Reason]int{}
				for from := 0; from < len(records); {
					to := min(from+1+r.IntN([]int{3, 100, 1500}[r.IntN(3)]), len(records))
					media, text := bodyOf(r, records[from:to])
					from = to
					encoding := compress.Encoding(r.IntN(int(compress.Encodings)))
					result, err := take(t, f, media, string(compress.Append(nil, []byte(text), encoding)), encoding.String())
					if err != nil {
						t.Fatalf("seed %d: %v\n%s", seed, err, text)
					}
					applied += result.Applied
					for _, a := range result.Answers {
						if a.Reason != "" {
							refused[a.Reason]++
						}
					}
				}
				states[i], counts[i] = s.state(), fmt.Sprint(applied, refused)
				if held := f.opts.Budget.used.Load(); held != 0 {
					t.Errorf("seed %d: %d bytes are still held", seed, held)
				}
			}
			if states[0] != states[1] || counts[0] != counts[1] || states[0] == "" {
				t.Errorf("seed %d: got %s\n%s\nand %s\n%s", seed, counts[0], states[0], counts[1], states[1])
			}
		})
	}
}

// FuzzTake: no body is a panic or changes what does not hold together: each record has an answer, the refused
// ones are kept, and what is kept is refused again.
func FuzzTake(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		media, text := bodyOf(r, []record{newRecord(r), newRecord(r)})
		f.Add(media, text, uint8(r.IntN(int(compress.Encodings))))
	}
	f.Add("application/json; charset=utf-8", "[{]", uint8(0))
	f.Add("text/csv", "id,title,votes,phone,updated,lon,lat\n1,\"", uint8(1))
	f.Fuzz(func(t *testing.T, media, text string, encoding uint8) {
		fd, s := feed(t, func(o *Options) { o.Limits = Limits{Body: 1 << 16, Records: 50} })
		name := compress.Encoding(encoding % uint8(compress.Encodings)).String()
		for _, sent := range []string{text, string(compress.Append(nil, []byte(text), compress.Encoding(encoding%uint8(compress.Encodings))))} {
			result, err := take(t, fd, media, sent, name)
			if err != nil {
				continue
			}
			if result.Accepted()+result.Refused != result.Records || len(result.Answers) != result.Records {
				t.Fatalf("%d accepted and %d refused, %d answers, of %d", result.Accepted(), result.Refused, len(result.Answers), result.Records)
			}
		}
		kept, err := fd.Letters(t.Context(), 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		before := s.state()
		again, err := fd.Replay(t.Context(), nil)
		if err != nil || again.Letters != len(kept) || again.Accepted != 0 || s.state() != before {
			t.Fatalf("of %d letters: got %+v, %v; want all refused", len(kept), again, err)
		}
	})
}
