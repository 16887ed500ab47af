package e2e

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"hutong/internal/testkit"
)

// viewedCity is a city with a layer of people that nobody sees, a view of it for everybody without their numbers, and
// one for officers with them.
func viewedCity(t *testing.T) (config string) {
	t.Helper()
	dir := write(t, map[string]string{
		"signing":  strings.Repeat("nobody-can-guess-it-", 2) + "\n",
		"rows.csv": "no,lon,lat,state,phone\n1,-77.01,38.9,open,555-0199\n2,-77.02,38.91,closed,555-0198\n",
		"city.yaml": `
city: A city
layers:
  people:
    title: People
    licence: CC0-1.0
    public: false
    fields:
      state: {type: string, keep: true}
      phone: {type: string, private: true, max_length: 20}
views:
  counted: {layer: people, audience: public, title: Counted, fields: [state]}
  desk: {layer: people, audience: officer, title: Desk, fields: [state, phone]}
sources:
  rows:
    layer: people
    files: ["${HUTONG_DATA}/rows.csv"]
    id: "{no}"
    csv: {lon: lon, lat: lat}
    fields: {state: state, phone: phone}
tokens: {secret_file: "${HUTONG_DATA}/signing"}
`,
	})
	t.Setenv("HUTONG_DATA", dir)
	return filepath.Join(dir, "city.yaml")
}

// TestTokenOpensAView has the binary sign a token and asks with it what officers may see.
func TestTokenOpensAView(t *testing.T) {
	const number = "555-0199"
	config := viewedCity(t)
	p := launch(t, nil, "token", "--config", config, "--view", "desk", "--for", "1h")
	if status := p.wait(); status != 0 {
		t.Fatalf("got status %d: %s", status, p.stderr)
	}
	token, rest, _ := strings.Cut(p.stdout.String(), "\n")
	if rest != "" || !strings.HasPrefix(token, "ht1.view.desk.") {
		t.Fatalf("got %q", p.stdout)
	}
	s := run(t, "serve", "--config", config, "--log-level", "debug")
	for _, path := range []string{"/layers/desk/features?bbox=-78,38,-76,40", "/layers/desk/features/1", "/search?q=" + number + "&layers=desk", "/tiles/desk/0/0/0.mvt"} {
		join := map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")]
		for name, a := range map[string]answer{
			"bearer": s.get(t, path, "Authorization", "Bearer "+token), "api key": s.get(t, path, "X-Api-Key", token), "URL": s.get(t, path+join+"token="+token),
		} {
			if a.StatusCode != http.StatusOK || !strings.Contains(string(a.body), number) || a.Header.Get("Cache-Control") != "private, no-store" {
				t.Errorf("%s with the token as %s: got %d %v %s", path, name, a.StatusCode, a.Header, a.body)
			}
		}
		if a := s.get(t, path); a.StatusCode != http.StatusUnauthorized || strings.Contains(string(a.body), number) {
			t.Errorf("%s without: got %d %s", path, a.StatusCode, a.body)
		}
	}
	for _, path := range []string{"/layers", "/search?q=555", "/layers/counted/features?bbox=-78,38,-76,40", "/tiles/counted/0/0/0.mvt", "/styles/default.json"} {
		if a := s.get(t, path); a.StatusCode != http.StatusOK || strings.Contains(string(a.body), number) || strings.Contains(string(a.body), `"desk"`) {
			t.Errorf("%s: got %d %.2000s", path, a.StatusCode, a.body)
		}
	}
	if a := s.get(t, "/layers/people"); a.StatusCode != http.StatusNotFound {
		t.Errorf("the layer itself: got %d", a.StatusCode)
	}
	if a := s.get(t, "/tiles/desk.json?token="+token); !strings.Contains(string(a.body), "/tiles/desk/{z}/{x}/{y}.mvt?token="+token) {
		t.Errorf("TileJSON: got %s", a.body)
	}
	if strings.Contains(s.stderr.String(), token) {
		t.Error("the token is in the log")
	}
	t.Run("gdal", func(t *testing.T) { checkGDAL(t, s, token) })
}

// checkGDAL opens what officers may see with GDAL: with a token behind an address, and in a header for whole layers.
func checkGDAL(t *testing.T, s *server, token string) {
	t.Helper()
	ogrinfo := testkit.Tool(t, "ogrinfo", "gdal-bin")
	for _, args := range [][]string{
		{"-ro", "-al", s.url + "/layers/desk/features?bbox=-78,38,-76,40&token=" + token},
		{"-ro", "-al", "MVT:/vsicurl/" + s.url + "/tiles/desk/0/0/0.mvt?token=" + token},
		{"-ro", "-al", "--config", "GDAL_HTTP_HEADERS", "Authorization: Bearer " + token, "MVT:" + s.url + "/tiles/desk/9"},
	} {
		if out := outputOf(t, ogrinfo, args...); !strings.Contains(out, "phone (String) = 555-0199") {
			t.Errorf("ogrinfo %s: got %.2000s", strings.Join(args, " "), out)
		}
	}
}
