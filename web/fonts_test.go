package web

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"hutong/internal/testkit"
)

// TestFonts: every font file is served under its path and is what it says, and the page's style sheet
// has a rule for each that has Chinese.
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
	page := get(h, http.MethodGet, "/").Body.String()
	link := regexp.MustCompile(`href="(assets/fonts-[A-Z0-9]{8}\.css)"`).FindStringSubmatch(page)
	if link == nil {
		t.Fatal("the page has no style sheet of fonts")
	}
	rules := get(h, http.MethodGet, "/"+link[1]).Body.String()
	byFamily := map[string]int{}
	for _, f := range files {
		b, err := f.Read()
		if err != nil {
			t.Fatal(err)
		}
		w := get(h, http.MethodGet, f.Path)
		if w.Code != http.StatusOK || w.Body.String() != string(b) || !strings.HasPrefix(string(b), "wOFF") {
			t.Errorf("%s: got %d with %d bytes, want the font of %d", f.Path, w.Code, w.Body.Len(), len(b))
		}
		name := strings.TrimPrefix(f.Path, "/assets/")
		if got, want := strings.Contains(rules, "src:url("+name+`)format("woff");unicode-range:U+`), hasChinese(f.Ranges); got != want {
			t.Errorf("%s: got a rule: %t, want %t", name, got, want)
		}
		byFamily[f.Family]++
	}
	if byFamily["Noto Sans"] != 7 || byFamily["Noto Sans SC"] < 90 {
		t.Errorf("got %v files, want the alphabets and Chinese", byFamily)
	}
}

// hasChinese reports whether one of the ranges begins at or behind the first Chinese sign.
func hasChinese(ranges []string) bool {
	return slices.ContainsFunc(ranges, func(text string) bool {
		first, _, _ := strings.Cut(strings.TrimPrefix(text, "U+"), "-")
		n, err := strconv.ParseUint(first, 16, 32)
		return err == nil && n >= 0x2E80
	})
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
	defer func() {
		if recover() == nil {
			t.Error("a file that is no JSON went unnoticed")
		}
	}()
	var v []FontFile
	mustReadJSON(fstest.MapFS{}, "fonts.json", &v)
	mustReadJSON(fstest.MapFS{"fonts.json": {Data: []byte("{")}}, "fonts.json", &v)
}
