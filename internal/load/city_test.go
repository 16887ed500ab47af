package load

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/world"
	"hutong/tiles/grid"
)

// city is a server with a source, a layer of points, tiles of it and live streams.
type city struct {
	*httptest.Server
	t *testing.T

	mu      sync.Mutex
	seq     int
	points  map[uint64]orb.Point
	changed chan struct{} // closed with each change
	cells   [][2]uint32   // of each sequence
	streams int           // opened
	stale   int           // answers 304 that come before each new tile
	asked   map[string]int

	// silent leaves events out, cut ends streams behind so many events, hidden leaves points out of tiles.
	silent, hidden bool
	cut            int
	// measured, unless nil, is told how often the metrics were asked for.
	measured func(times int)
	metrics  int
	// looked, unless nil, is told how often a tile was asked for since the last change, and 0 of each change.
	looked func(times int)
}

func newCity(t *testing.T) *city {
	t.Helper()
	c := &city{t: t, points: map[uint64]orb.Point{}, changed: make(chan struct{}), asked: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /ingest/desk", c.ingest)
	mux.HandleFunc("GET /live", c.live)
	mux.HandleFunc("GET /tiles/a/{z}/{x}/{y}", c.tile)
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.metrics++; c.measured != nil {
			c.measured(c.metrics)
		}
		fmt.Fprintf(w, "process_cpu_seconds_total 1\nprocess_resident_memory_bytes %d\n", 1_000_000+10_000*c.streams)
	})
	mux.HandleFunc("GET /layers", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"layers":[{"name":"a"}]}`)
	})
	mux.HandleFunc("GET /layers/a", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"name":"a","extent":[-77.2,38.7,-76.8,39.1],"time_field":"at","fields":[{"name":"at","type":"time"},{"name":"s","type":"string","common":[{"value":"open"}]}]}`)
	})
	c.Server = httptest.NewServer(mux)
	t.Cleanup(c.Close)
	return c
}

func (c *city) ingest(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seq++
	n, first := 0, ""
	for line := range strings.Lines(string(body)) {
		var f struct {
			ID       string
			Geometry struct{ Coordinates orb.Point }
		}
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			c.t.Errorf("%v in %s", err, line)
			return
		}
		number, _ := layers.FeatureID(f.ID).Number()
		c.points[number] = f.Geometry.Coordinates
		if n == 0 {
			first = f.ID
			at := tileAt(f.Geometry.Coordinates, 14)
			c.cells = append(c.cells, [2]uint32{at.X, at.Y})
		}
		n++
	}
	c.asked = map[string]int{}
	if c.looked != nil {
		c.looked(0)
	}
	close(c.changed)
	c.changed = make(chan struct{})
	fmt.Fprintf(w, `{"seq": %d, "records": %d, "applied": %d, "answers": [{"index": 0, "id": %q, "outcome": "applied"}]}`, c.seq, n, n, first)
}

func tileAt(p orb.Point, z uint8) grid.Tile {
	at, err := world.Project(p[0], p[1])
	if err != nil {
		panic(err) // what the client sends is within bounds
	}
	return grid.At(at, z)
}

// live tells of the first cell of each sequence.
func (c *city) live(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("layers") != "a" || r.Header.Get("Accept") != "text/event-stream" {
		http.Error(w, `{"title": "No such layer"}`, http.StatusNotFound)
		return
	}
	flush := http.NewResponseController(w).Flush
	c.mu.Lock()
	c.streams++
	told := c.seq
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		told = int(seqOf(id))
	}
	c.mu.Unlock()
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprintf(w, "retry: 1\n\n: beat\n\nid: e-%d\nevent: hello\ndata: {}\n\n", told)
	for sent := 0; flush() == nil; {
		c.mu.Lock()
		seq, changed, cells := c.seq, c.changed, c.cells
		c.mu.Unlock()
		for ; told < seq && !c.silent; told++ {
			fmt.Fprintf(w, "id: e-%d\nevent: change\ndata: {\"seq\":%d,\"layers\":{\"a\":{\"zoom\":14,\"extent\":4096,\"buffer\":64,\"cells\":[[%d,%d]]}}}\n\n", told+1, told+1, cells[told][0], cells[told][1])
			if sent++; sent == c.cut {
				return
			}
		}
		if flush() != nil {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}

// tile answers with all points of a tile, behind some answers that it has not changed.
func (c *city) tile(w http.ResponseWriter, r *http.Request) {
	at, err := grid.Parse(r.PathValue("z"), r.PathValue("x"), strings.TrimSuffix(r.PathValue("y"), ".mvt"))
	if err != nil {
		c.t.Error(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.Header.Get("If-None-Match") != "" {
		c.asked[at.String()]++
		if c.looked != nil {
			c.looked(c.asked[at.String()])
		}
		if c.asked[at.String()] <= c.stale {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	shown := map[uint64]orb.Point{}
	for id, p := range c.points {
		if tileAt(p, at.Z) == at && !c.hidden {
			shown[id] = p
		}
	}
	w.Header().Set("ETag", fmt.Sprintf(`"%d"`, c.seq))
	_, _ = w.Write(tileOf(c.t, at, "a", shown))
}

// changes are options for the city's source.
func (c *city) changes() IngestOptions {
	o := someIngest()
	o.Server, o.Count, o.Changes.ID = c.URL, 0, "{n}"
	return o
}
