package tile

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"hutong/internal/testkit"
	"hutong/tiles"
	"hutong/tiles/cache"
)

// TestAnswers holds every status of every route with all its headers against testdata/answers.txt.
// Bodies stand there when they are text, ETags are numbered in the order in which they appear.
func TestAnswers(t *testing.T) {
	t.Parallel()
	o := tiles.Defaults()
	o.MinZoom, o.MaxZoom = 2, 14
	f := newFixture(t, o, point("7", 116.39, 39.91), point("b", 116.391, 39.911))
	shot := &snapshot{f: f, tags: map[string]string{}}
	const home = "/tiles/complaints/2/3/1.mvt"

	shot.title("tiles")
	shot.ask("identity", "GET", home)
	shot.ask("gzip", "GET", home, "Accept-Encoding", "gzip")
	shot.ask("zstd", "GET", home, "Accept-Encoding", "gzip, deflate, br, zstd")
	shot.ask("the other suffix", "GET", "/tiles/complaints/2/3/1.pbf", "Accept-Encoding", "gzip")
	shot.ask("HEAD", "HEAD", home, "Accept-Encoding", "gzip")
	shot.ask("nothing acceptable", "GET", home, "Accept-Encoding", "identity;q=0, br")
	shot.ask("unchanged", "GET", home, "Accept-Encoding", "gzip", "If-None-Match", shot.tag("gzip"))
	shot.ask("unchanged, HEAD", "HEAD", home, "Accept-Encoding", "gzip", "If-None-Match", shot.tag("gzip"))
	shot.ask("unchanged, by a weak ETag of another encoding", "GET", home, "If-None-Match", `"x", W/`+shot.tag("zstd"))
	shot.ask("unchanged, by anything", "GET", home, "If-None-Match", "*")
	shot.ask("changed", "GET", home, "If-None-Match", `"x"`)
	shot.ask("empty", "GET", "/tiles/complaints/2/0/3.mvt", "Accept-Encoding", "gzip")
	shot.ask("composite", "GET", "/tiles/empty,complaints,empty/2/3/1.mvt", "Accept-Encoding", "zstd")
	shot.ask("malformed address", "GET", "/tiles/complaints/2/03/1.mvt")
	shot.ask("no such zoom", "GET", "/tiles/complaints/15/0/0.mvt")
	shot.ask("out of the grid", "GET", "/tiles/complaints/2/4/0.mvt")
	shot.ask("no such layer", "GET", "/tiles/complaints,nothing/2/3/1.mvt")
	shot.ask("too many layers", "GET", "/tiles/"+strings.Repeat("complaints,", cache.MaxLayers)+"empty/2/3/1.mvt")
	shot.ask("no such format", "GET", "/tiles/complaints/2/3/1.png")
	shot.ask("method", "POST", home)
	shot.ask("OPTIONS", "OPTIONS", home)
	shot.ask("preflight", "OPTIONS", home, "Origin", "https://partner.example", "Access-Control-Request-Method", "GET")
	shot.handle("busy", func(w http.ResponseWriter, r *http.Request) {
		set, err := f.cache.Set("complaints")
		if err != nil {
			t.Fatal(err)
		}
		refuseTile(w, r, set, cache.ErrBusy)
	})

	shot.title("TileJSON")
	shot.ask("identity", "GET", "/tiles/complaints.json")
	shot.ask("gzip", "GET", "/tiles/complaints.json", "Accept-Encoding", "gzip")
	shot.ask("zstd", "GET", "/tiles/complaints.json", "Accept-Encoding", "zstd")
	shot.ask("composite", "GET", "/tiles/empty,complaints.json")
	shot.ask("HEAD", "HEAD", "/tiles/complaints.json")
	shot.ask("unchanged", "GET", "/tiles/complaints.json", "If-None-Match", shot.tag("identity"))
	shot.ask("no such layer", "GET", "/tiles/nothing.json")
	shot.ask("no such document", "GET", "/tiles/complaints.xml")
	shot.ask("method", "DELETE", "/tiles/complaints.json")

	shot.title("metadata")
	shot.ask("identity", "GET", "/tiles/complaints/metadata.json")
	shot.ask("zstd", "GET", "/tiles/complaints/metadata.json", "Accept-Encoding", "zstd")
	shot.ask("composite", "GET", "/tiles/complaints,empty/metadata.json")
	shot.ask("unchanged", "GET", "/tiles/complaints/metadata.json", "If-None-Match", shot.tag("identity"))
	shot.ask("no such layer", "GET", "/tiles/nothing/metadata.json")

	testkit.Golden(t, "answers.txt", shot.String())
}

// snapshot writes requests and answers down.
type snapshot struct {
	strings.Builder
	f    fixture
	tags map[string]string // by name of the request, of the title that is being written
	seen []string          // ETags in order of first appearance
}

func (s *snapshot) title(title string) {
	clear(s.tags)
	fmt.Fprintf(s, "# %s\n", title)
}

// tag returns the ETag of an answer of this title.
func (s *snapshot) tag(name string) string { return s.tags[name] }

func (s *snapshot) ask(name, method, target string, pairs ...string) {
	r := httptest.NewRequest(method, "http://city.example"+target, nil)
	for i := 0; i < len(pairs); i += 2 {
		r.Header.Set(pairs[i], pairs[i+1])
	}
	fmt.Fprintf(s, "\n## %s\n\n    %s %s\n", name, method, target)
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(s, "    %s: %s\n", pairs[i], s.number(pairs[i+1]))
	}
	w := httptest.NewRecorder()
	s.f.ServeHTTP(w, r)
	s.write(name, w)
}

// handle writes down what a handler answers.
func (s *snapshot) handle(name string, handler http.HandlerFunc) {
	w := httptest.NewRecorder()
	handler(w, httptest.NewRequest(http.MethodGet, "/", nil))
	fmt.Fprintf(s, "\n## %s\n", name)
	s.write(name, w)
}

func (s *snapshot) write(name string, w *httptest.ResponseRecorder) {
	s.tags[name] = w.Header().Get("ETag")
	fmt.Fprintf(s, "\n%d %s\n", w.Code, http.StatusText(w.Code))
	var lines []string
	for name, values := range w.Header() {
		for _, v := range values {
			lines = append(lines, name+": "+s.number(v))
		}
	}
	slices.Sort(lines)
	s.WriteString(strings.Join(lines, "\n") + "\n")
	switch kind, body := w.Header().Get("Content-Type"), w.Body.String(); {
	case body == "":
	case strings.HasSuffix(kind, "json") && w.Header().Get("Content-Encoding") == "":
		s.WriteString("\n" + strings.TrimSpace(body) + "\n")
	default:
		fmt.Fprintf(s, "\n(%d bytes)\n", len(body))
	}
}

// number replaces the ETags in text by their numbers.
func (s *snapshot) number(text string) string {
	if strings.HasPrefix(text, `"`) && len(text) == 24 && !slices.Contains(s.seen, text) {
		s.seen = append(s.seen, text)
	}
	for i, tag := range s.seen {
		text = strings.ReplaceAll(text, tag, fmt.Sprintf(`"tag-%d"`, i+1))
	}
	return text
}
