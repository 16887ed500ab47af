package web

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"hutong/internal/testkit"
)

// TestFonts: every font file is served under its path and is what it says.
func TestFonts(t *testing.T) {
	t.Parallel()
	files := Fonts()
	if !Built() {
		if len(files) != 0 || len(Icons()) != 0 {
			t.Errorf("got %d fonts and %d icons without a page, want none", len(files), len(Icons()))
		}
		testkit.Missing(t, "web/dist holds no bundle: run npm ci && npm run build in web/")
	}
	h := Handler()
	byFamily := map[string]int{}
	for _, f := range files {
		b, err := f.Read()
		if err != nil {
			t.Fatal(err)
		}
		w := testkit.Ask(h, http.MethodGet, f.Path)
		if w.Code != http.StatusOK || w.Body.String() != string(b) || !strings.HasPrefix(string(b), "wOFF") {
			t.Errorf("%s: got %d with %d bytes, want the font of %d", f.Path, w.Code, w.Body.Len(), len(b))
		}
		byFamily[f.Family]++
	}
	if byFamily["Noto Sans"] != 7 || byFamily["Noto Sans SC"] < 90 {
		t.Errorf("got %v files, want the alphabets and Chinese", byFamily)
	}
}

func TestIcons(t *testing.T) {
	t.Parallel()
	if !Built() {
		testkit.Missing(t, "web/dist holds no bundle: run npm ci && npm run build in web/")
	}
	icons := Icons()
	for _, name := range []string{"bus", "temaki-tree_broadleaved"} {
		if !strings.Contains(icons[name], "<svg") {
			t.Errorf("%s: got %q, want an icon", name, icons[name])
		}
	}
}

func TestBrokenJSON(t *testing.T) {
	t.Parallel()
	var v []FontFile
	mustReadJSON(fstest.MapFS{}, "fonts.json", &v) // without a bundle there is none
	defer func() {
		if recover() == nil {
			t.Error("a file that is no JSON went unnoticed")
		}
	}()
	mustReadJSON(fstest.MapFS{"fonts.json": {Data: []byte("{")}}, "fonts.json", &v)
}
