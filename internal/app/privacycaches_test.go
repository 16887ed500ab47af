package app

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hutong/internal/auth"
	"hutong/internal/testkit"
)

// What caches, other audiences, old tokens and the past could tell of what is not public: of the privacy suite.

// askAs asks for a path with more headers; of a stream it returns how it begins.
func (p *hiding) askAs(path string, header ...string) *httptest.ResponseRecorder {
	if !strings.HasPrefix(path, "/live") {
		return testkit.Ask(p.Handler(), http.MethodGet, "http://city.example"+path, header...)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r, w := httptest.NewRequestWithContext(ctx, http.MethodGet, "http://city.example"+path, http.NoBody), httptest.NewRecorder()
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	p.Handler().ServeHTTP(w, r)
	return w
}

// newKeyed is the city that hides, with shops of which officers see the phones and partners the cards.
func newKeyed(t *testing.T) (p *hiding, who map[string][]string) {
	t.Helper()
	p = newHiding(t, aSecret("x"), &fakeSource{name: "shops", layer: "shops", changes: manyShops(200)})
	return p, map[string][]string{
		"nobody": nil, "an officer": {"X-Api-Key", p.officer.Reveal()}, "a partner": {"Authorization", "Bearer " + p.partner.Reveal()},
	}
}

// TestPrivacyOfCaches asks every door for a view that is not public: whatever it answers to whom, errors and requests of
// who says to have it too, no cache on the way may keep it, and nothing names it by a tag.
func TestPrivacyOfCaches(t *testing.T) {
	t.Parallel()
	p, who := newKeyed(t)
	statuses := map[int]int{}
	for _, pattern := range slices.Sorted(maps.Keys(doors)) {
		for _, path := range doors[pattern].named {
			path = strings.NewReplacer("LAYER", "staff", "empty", "shops").Replace(path)
			for name, key := range who {
				for _, condition := range [][]string{nil, {"If-None-Match", "*"}} {
					w := p.askAs(path, append(slices.Clone(key), condition...)...)
					statuses[w.Code]++
					wantPrivate(t, name+": "+path, w)
					if opens := name == "an officer"; opens == (w.Code == http.StatusUnauthorized || w.Code == http.StatusForbidden) {
						t.Errorf("%s: %s: got %d %s", name, path, w.Code, w.Body)
					}
				}
			}
		}
		for _, path := range doors[pattern].listed {
			for _, condition := range [][]string{nil, {"If-None-Match", "*"}} {
				wantPrivate(t, "an officer: "+path, p.askAs(path, append(slices.Clone(who["an officer"]), condition...)...))
			}
		}
	}
	for _, path := range []string{"/tiles/staff.json?token=", "/styles/default.json?layers=staff&token=", "/styles/default.json?token="} { // a link with a trap in it
		if w := p.askAs(path+"trap%22%26x", who["an officer"]...); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "trap") {
			t.Errorf("%s: got %d %.500q, want what stands in the address left out", path, w.Code, w.Body)
		}
	}
	for _, status := range []int{http.StatusOK, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound} {
		if statuses[status] < 4 {
			t.Errorf("only %d answers of %v have the status %d", statuses[status], statuses, status)
		}
	}
}

// TestPrivacyOfAudiences asks for the same as everybody, as an officer and as a partner, in turns: what is kept for one of
// them reaches no other, whatever stands beside it in an address.
func TestPrivacyOfAudiences(t *testing.T) {
	t.Parallel()
	p, who := newKeyed(t)
	const phone, card = secret, "7770002"
	seen := map[string]int{}
	lists := []string{"shops", "yard", "shops,yard", "shops,staff", "staff,shops", "staff,yard,shops", "staff"}
	for _, tile := range []string{"0/0/0", "1/1/0"} { // of the second the tiles of views come before those of the layer
		for _, path := range []string{
			"/tiles/L/" + tile + ".mvt", "/tiles/L/9/421/193.mvt", "/tiles/L/9/421/193.mvt?filter=state='open'", "/tiles/L.json", "/layers/L", "/layers/L/features?bbox=115,39,118,41",
			"/layers/L/features/s1", "/layers/L/features?near=116.35,39.95", "/layers/L/features?bbox=115,39,118,41&filter=state='open'", "/search?layers=L&q=open",
			"/h3/L/8", "/styles/default.json?layers=L", "/live?layers=L", "/layers?L", "/search?q=" + phone, "/search?q=open", "/styles/default.json",
		} {
			for _, list := range lists {
				for name, key := range who {
					asked := strings.ReplaceAll(strings.ReplaceAll(path, "?L", ""), "L", list)
					w := p.askAs(strings.ReplaceAll(asked, "'", "%27"), key...)
					body := fmt.Sprint(w.Header(), w.Body)
					opened := !strings.Contains(asked, "staff") || name == "an officer"
					opened = opened && (!strings.Contains(asked, "yard") || name == "a partner")
					if named := strings.Contains(path, "L"); named && !opened != (w.Code == http.StatusUnauthorized || w.Code == http.StatusForbidden) && w.Code != http.StatusNotFound {
						t.Errorf("%s: %s: got %d %s", name, asked, w.Code, w.Body)
					}
					for what, word := range map[string]string{"an officer": phone, "a partner": card} {
						if strings.Contains(strings.ReplaceAll(asked, "?q="+phone, ""), word) || !strings.Contains(body, word) {
							continue
						}
						seen[what]++
						if name != what {
							t.Errorf("%s: %s tells what %s sees: %.500q", name, asked, what, body)
						}
					}
					for _, hidden := range []struct{ word, who string }{{`"Staff"`, "an officer"}, {`"Yard"`, "a partner"}, {`"staff"`, "an officer"}, {`"yard"`, "a partner"}} {
						if strings.Contains(w.Body.String(), hidden.word) && name != hidden.who {
							t.Errorf("%s: %s names %s: %.500q", name, asked, hidden.word, w.Body)
						}
					}
				}
			}
		}
		slices.Reverse(lists)
	}
	if seen["an officer"] < 20 || seen["a partner"] < 4 {
		t.Errorf("what is not public was seen so often: %v", seen)
	}
}

// TestPrivacyOfEndedTokens: a stream that a token opens ends with it, and nothing is answered behind that. While there is one,
// others hear no more than without it.
func TestPrivacyOfEndedTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, _ := newKeyed(t)
		token, err := p.signer.Sign(auth.Scope{Action: auth.Audience, Name: "officer"}, time.Now().Add(time.Hour), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if w := p.askAs("/layers/staff?token=" + token); w.Code != http.StatusOK {
			t.Fatalf("got %d %s, want the view", w.Code, w.Body)
		}
		start, ended := time.Now(), make(chan struct{})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Hour)
		defer cancel()
		go func() {
			defer close(ended)
			p.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/live?layers=shops,staff&token="+token, http.NoBody))
		}()
		synctest.Wait()
		for _, path := range []string{"/live?layers=shops", "/live?layers=shops,near", "/live"} { // beside the other stream
			if w := p.askAs(path); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"shops"`) || strings.Contains(w.Body.String(), "staff") {
				t.Errorf("%s: got %d %s, want nothing of what another hears", path, w.Code, w.Body)
			}
		}
		<-ended
		if took := time.Since(start); took != time.Hour {
			t.Errorf("the stream of a token that is good for an hour lasts for %v", took)
		}
		for _, path := range []string{"/layers/staff", "/tiles/staff/0/0/0.mvt", "/live?layers=staff", "/layers"} {
			if w := p.askAs(path + map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + "token=" + token); w.Code != http.StatusUnauthorized {
				t.Errorf("%s: got %d %s, of a token that has ended", path, w.Code, w.Body)
			}
		}
	})
}

// TestPrivacyOfThePast asks for layers as they were, and for what was pinned: there is no private value in it, nothing of a
// view that hides more, and nothing any more that was erased.
func TestPrivacyOfThePast(t *testing.T) {
	t.Parallel()
	c := newPastCity(t)
	const fields = "state: {type: string, keep: true}, at: {type: time}"
	c.text = strings.Replace(c.text, fields+", phone: {type: string, private: true}", "phone: {type: string, private: true}, "+fields, 1)
	c.text = strings.Replace(c.text, `"ingest:*"`, `"ingest:*", "audience:officer"`, 1)
	c.text += "views:\n  staff: {layer: reports, audience: officer, title: Staff, fields: [phone, state]}\n" +
		"  open: {layer: reports, audience: public, title: Open, where: \"state = 'open'\"}\n"
	c.start()
	c.checkpoint()
	report := func(id, state, at string) uint64 {
		return uint64(c.push("hotline", fmt.Sprintf(`[{"no":%q,"x":116.4,"y":39.9,"state":%q,"at":%q,"phone":%q}]`, id, state, at, secret)))
	}
	report("kept", "was", "2026-08-01T10:00:00Z")
	then := report("H-13800138000", "was", "2026-08-01T10:00:00Z")
	report("kept", "is", "2026-08-01T11:00:00Z")
	c.want(http.MethodPut, "/admin/snapshots/pinned?layers=reports", http.StatusCreated, "")
	shown := []string{
		fmt.Sprint("/tiles/reports/0/0/0.mvt?asof=", then), fmt.Sprint("/tiles/reports/4/13/6.mvt?asof=", then),
		"/snapshots/pinned/tiles/reports/0/0/0.mvt", "/snapshots/pinned/tiles/reports/4/13/6.mvt",
	}
	for _, path := range append([]string{
		fmt.Sprint("/tiles/reports.json?asof=", then), "/snapshots", "/snapshots/pinned", "/snapshots/pinned/tiles/reports.json",
	}, shown...) {
		body := c.want(http.MethodGet, path, http.StatusOK, "")
		if strings.Contains(body, secret) || strings.Contains(body, "phone") {
			t.Errorf("%s tells what is private: %s", path, body)
		}
		if strings.Contains(path, ".mvt") && strings.Contains(path, "asof") && !strings.Contains(body, "was") {
			t.Errorf("%s: got %q, want how it was", path, body)
		}
	}
	for _, path := range []string{"/tiles/staff/0/0/0.mvt", "/tiles/open/0/0/0.mvt", "/tiles/reports,staff/0/0/0.mvt", "/tiles/staff.json"} {
		c.want(http.MethodGet, fmt.Sprint(path, "?asof=", then), http.StatusNotFound, "past_not_kept")
		name := strings.TrimSuffix(strings.Split(path, "/")[2], ".json")
		c.want(http.MethodPut, "/admin/snapshots/of-a-view?layers="+name, http.StatusNotFound, "past_not_kept")
	}
	files := 0
	if err := filepath.WalkDir(filepath.Join(c.dir, "data", "snapshots"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), "phone") || strings.Contains(string(content), secret) {
			t.Errorf("the file %s of a snapshot has what is private", entry.Name())
		}
		return err
	}); err != nil || files < 2 {
		t.Errorf("got %d files, %v", files, err)
	}
	if w, _ := eraseOf(c.app.Handler(), c.key, "/admin/erase/reports/H-13800138000"); w.Code != http.StatusOK {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
	for _, path := range shown {
		c.want(http.MethodGet, path, http.StatusGone, map[bool]string{true: "past_gone", false: "snapshot_gone"}[strings.Contains(path, "asof")])
	}
}
