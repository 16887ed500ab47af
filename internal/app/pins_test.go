package app

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"hutong/internal/erasure"
	"hutong/journal/backup"
	"hutong/layers"
	"hutong/tiles/past"
)

// pinnedTile is a tile of a snapshot.
func (c *pastCity) pinnedTile(name, path string) string {
	w := c.do(http.MethodGet, "/snapshots/"+name+"/tiles/"+path+".mvt")
	return strconv.Itoa(w.Code) + w.Body.String()
}

// TestPinOfWhatIsNew pins a city that has no checkpoint yet, and then one that has got another layer since its last one.
func TestPinOfWhatIsNew(t *testing.T) {
	t.Parallel()
	c := newPastCity(t)
	c.start()
	all := c.history(testRand(1), 1)
	c.want(http.MethodPut, "/admin/snapshots/first", http.StatusCreated, "")
	for path, want := range all[0].tiles {
		if got := c.pinnedTile("first", path); got != want {
			t.Errorf("%s: got %.200q, want %.200q", path, got, want)
		}
	}
	c.stop()
	c.text = strings.Replace(c.text, "layers:\n", "layers:\n  added: {title: Added, licence: CC0-1.0, fields: {kind: {type: string}}}\n", 1)
	c.start()
	if got := c.want(http.MethodPut, "/admin/snapshots/second", http.StatusCreated, ""); !strings.Contains(got, `"name":"added"`) {
		t.Errorf("got %s", got)
	}
	c.stop()
}

// TestPins: a snapshot's tiles are the bytes of when it was pinned, whatever becomes of the layers, the config and the log,
// and also in what is restored of a backup.
func TestPins(t *testing.T) {
	t.Parallel()
	c := newPastCity(t)
	c.text = strings.Replace(c.text, ", retention: 1h", "", 1)
	c.start()
	c.checkpoint()
	all := c.history(testRand(1), 6)
	was, now := all[2], all[5]
	made := c.want(http.MethodPut, "/admin/snapshots/past?layers=reports,other&asof="+strconv.Itoa(int(was.seq)), http.StatusCreated, "")
	if !strings.Contains(made, `"sequence":`+strconv.Itoa(int(was.seq))+",") || !strings.Contains(made, `"cite":"`) {
		t.Errorf("got %s", made)
	}
	// The time that it tells is one at which the layers were so, and what is cited by it are the same tiles.
	var told struct {
		Time, Pinned time.Time
		Cite         string
	}
	if err := json.Unmarshal([]byte(made), &told); err != nil || told.Time.After(was.at) || told.Pinned.Before(now.at) {
		t.Errorf("seen at %s, and at %s as the pinned state: it tells %+v, %v", was.at, now.at, told, err)
	}
	_, cited, _ := strings.Cut(told.Cite, ", as of ")
	cited, _, _ = strings.Cut(cited, " ")
	c.wantPast(was, cited)
	c.want(http.MethodPut, "/admin/snapshots/now", http.StatusCreated, "")
	c.want(http.MethodPut, "/admin/snapshots/now", http.StatusConflict, "snapshot_exists")
	c.want(http.MethodPut, "/admin/snapshots/Now", http.StatusBadRequest, "parameter_invalid")
	c.want(http.MethodPut, "/admin/snapshots/a?layers=none", http.StatusNotFound, "layer_not_found")
	c.want(http.MethodPut, "/admin/snapshots/a?asof=2199-01-01T00:00:00Z", http.StatusBadRequest, "parameter_invalid")
	c.want(http.MethodPut, "/admin/snapshots/a?other=1", http.StatusBadRequest, "parameter_invalid")
	same := func(when string) {
		t.Helper()
		for name, s := range map[string]shown{"past": was, "now": now} {
			for path, want := range s.tiles {
				if got := c.pinnedTile(name, path); got != want {
					t.Errorf("%s: %s of %s: got %.200q, want %.200q", when, path, name, got, want)
				}
			}
		}
	}
	same("at once")
	c.history(testRand(2), 12)
	c.want(http.MethodGet, "/tiles/reports/0/0/0.mvt?asof="+strconv.Itoa(int(was.seq)), http.StatusGone, "past_gone")
	same("after more changes")
	pinned, err := c.app.durable.pin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var saved bytes.Buffer
	if _, err := backup.Write(t.Context(), &saved, pinned, c.app.durable.snapshots, nil, nil); err != nil {
		t.Fatal(err)
	}
	pinned.Release()
	c.stop()

	kept := c.text
	c.text = strings.Replace(c.text, "state: {type: string, keep: true}, ", "", 1) // the config loses a field and a layer
	c.text = strings.Replace(c.text, "fields: {state: state, at: at", "fields: {at: at", 1)
	c.start()
	same("after the config changed")
	for _, path := range []string{"/snapshots/now/tiles/reports.json", "/snapshots/now/tiles/other,reports.json"} {
		if got := c.want(http.MethodGet, path, http.StatusOK, ""); !strings.Contains(got, `"state":"String"`) || !strings.Contains(got, "/snapshots/now/tiles/") || strings.Contains(got, "phone") {
			t.Errorf("got %s", got)
		}
	}
	var list struct{ Snapshots []struct{ Name string } }
	if err := json.Unmarshal([]byte(c.want(http.MethodGet, "/snapshots", http.StatusOK, "")), &list); err != nil || len(list.Snapshots) != 2 || list.Snapshots[0].Name != "now" {
		t.Errorf("got %+v, %v", list, err)
	}
	for path, code := range map[string]string{
		"/snapshots/now/tiles/none/0/0/0.mvt": "layer_not_found", "/snapshots/none": "snapshot_not_found", "/snapshots/now/tiles/reports/0/0/1.mvt": "tile_out_of_range",
		"/snapshots/now/tiles/reports/23/0/0.mvt": "tile_out_of_range", "/snapshots/now/tiles/reports/0/0/0.png": "not_found", "/snapshots/now/tiles/reports": "not_found",
	} {
		c.want(http.MethodGet, path, http.StatusNotFound, code)
	}
	c.want(http.MethodDelete, "/admin/snapshots/now", http.StatusNoContent, "")
	c.want(http.MethodDelete, "/admin/snapshots/now", http.StatusNotFound, "snapshot_not_found")
	c.want(http.MethodGet, "/snapshots/now/tiles/reports/0/0/0.mvt", http.StatusNotFound, "snapshot_not_found")
	c.stop()

	folder := t.TempDir() + "/restored"
	if _, err := backup.Restore(t.Context(), &saved, folder, nil); err != nil {
		t.Fatal(err)
	}
	c.text = strings.Replace(kept, c.dir+"/data", folder, 1)
	c.start()
	same("restored")
}

// TestErasedFromThePast: nothing of the past shows what was erased: no earlier state, neither held nor made anew, and no
// snapshot, which says that it is gone; what does not have it stays.
func TestErasedFromThePast(t *testing.T) {
	t.Parallel()
	const id = "H-13800138000"
	c := newPastCity(t)
	c.past = past.Options{States: 4}
	c.start()
	c.checkpoint()
	victim := `[{"no": "` + id + `", "x": 116.4, "y": 39.9, "state": "s", "at": "2026-01-01T00:00:00Z"}]`
	seq := c.push("hotline", victim)
	c.want(http.MethodPut, "/admin/snapshots/had-it", http.StatusCreated, "")
	c.push("hotline", `[{"no": "`+id+`", "op": "delete", "at": "2026-01-02T00:00:00Z"}]`)
	c.push("desk", `[{"no": "d", "x": 116.4, "y": 39.9, "state": "see `+id+`"}]`)
	c.want(http.MethodPut, "/admin/snapshots/never-had-it", http.StatusCreated, "")
	asof := "/tiles/reports/0/0/0.mvt?asof=" + strconv.Itoa(int(seq))
	c.want(http.MethodGet, asof, http.StatusOK, "")
	c.want(http.MethodGet, "/snapshots/had-it/tiles/reports/0/0/0.mvt", http.StatusOK, "")

	w, report := eraseOf(c.app.Handler(), c.key, "/admin/erase/reports/"+id)
	if w.Code != http.StatusOK || len(report.Snapshots) != 1 || report.Snapshots[0] != "had-it" || report.Proof.Found.Count != 0 {
		t.Fatalf("got %d, %s", w.Code, w.Body)
	}
	check := func() {
		t.Helper()
		c.want(http.MethodGet, asof, http.StatusGone, "past_gone")
		gone := c.want(http.MethodGet, "/snapshots/had-it/tiles/reports/0/0/0.mvt", http.StatusGone, "snapshot_gone")
		c.want(http.MethodGet, "/snapshots/had-it/tiles/other.json", http.StatusGone, "snapshot_gone")
		if !strings.Contains(gone, "erasure touched it") || !strings.Contains(gone, `"gone_at":"`) || strings.Contains(gone, id) {
			t.Errorf("got %s", gone)
		}
		if got := c.want(http.MethodGet, "/snapshots/had-it", http.StatusOK, ""); !strings.Contains(got, `"state":"gone"`) || !strings.Contains(got, `"sha256":"`) {
			t.Errorf("got %s", got)
		}
		c.want(http.MethodGet, "/snapshots/never-had-it/tiles/reports/0/0/0.mvt", http.StatusNoContent, "")
		c.want(http.MethodGet, "/snapshots/never-had-it/tiles/other/0/0/0.mvt", http.StatusOK, "")
	}
	check()
	// The proof would see it: the feature is looked for in snapshots, too.
	var proof erasure.Proof
	if _, err := c.app.durable.snapshots.Search(t.Context(), "other", "d", erasure.NewPattern("d"), &proof); err != nil || proof.Found.Count != 1 {
		t.Errorf("got %+v, %v, want the one in a snapshot", proof, err)
	}
	c.stop()
	c.start()
	check()
}

// TestUnfinishedErasure: after an erasure that was applied and then broken off nothing of the layer from before is served, at
// the next start as well, although log and checkpoints still have it.
func TestUnfinishedErasure(t *testing.T) {
	t.Parallel()
	c := newPastCity(t)
	c.start()
	c.checkpoint()
	seq := c.push("hotline", `[{"no": "victim", "x": 116.4, "y": 39.9, "state": "s", "at": "2026-01-01T00:00:00Z"}]`)
	other := c.push("desk", `[{"no": "d", "x": 116.4, "y": 39.9, "state": "s"}]`)
	c.push("desk", `[{"no": "d", "x": 116.4, "y": 39.9, "state": "t"}]`)
	c.checkpoint()
	asof := "/tiles/reports/0/0/0.mvt?asof=" + strconv.Itoa(int(seq))
	c.want(http.MethodGet, asof, http.StatusOK, "")
	batch := layers.Batch{Layer: "reports", Salt: layers.Salt{1}, Changes: []layers.Change{{Op: layers.Erase, Feature: layers.Feature{ID: "victim"}}}}
	if _, err := c.app.store.Accept(t.Context(), eraseSource, batch); err != nil {
		t.Fatal(err)
	}
	check := func() {
		t.Helper()
		c.want(http.MethodGet, asof, http.StatusGone, "past_gone")
		c.want(http.MethodPut, "/admin/snapshots/a?layers=reports&asof="+strconv.Itoa(int(seq)), http.StatusGone, "past_gone")
		c.want(http.MethodGet, "/tiles/other/0/0/0.mvt?asof="+strconv.Itoa(int(other)), http.StatusOK, "")
	}
	check()
	c.stop() // with a checkpoint behind the erasure, and older ones for the retention
	c.start()
	check()
	release, err := c.app.history.hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.want(http.MethodGet, "/tiles/other/0/0/0.mvt?asof="+strconv.Itoa(int(other)), http.StatusServiceUnavailable, "busy")
	release()
	c.want(http.MethodGet, "/tiles/other/0/0/0.mvt?asof="+strconv.Itoa(int(other)), http.StatusOK, "")
}

// TestPinNeedsAKey: only holders of a key with the scope pin do it.
func TestPinNeedsAKey(t *testing.T) {
	t.Parallel()
	c := newPastCity(t)
	c.text = strings.Replace(c.text, ", pin,", ",", 1)
	c.start()
	c.want(http.MethodPut, "/admin/snapshots/a", http.StatusForbidden, "forbidden")
	c.want(http.MethodDelete, "/admin/snapshots/a", http.StatusForbidden, "forbidden")
}

// TestPinOfACheckpoint tells when the checkpoint was written of a state whose messages the log does not have any more.
func TestPinOfACheckpoint(t *testing.T) {
	t.Parallel()
	c := newPastCity(t)
	c.text = strings.Replace(c.text, ", retention: 1h", "", 1)
	c.start()
	c.history(testRand(1), 3)
	c.checkpoint()
	was := c.look(c.app.store.seqNow())
	for range 2 { // of the log is kept what is behind the oldest of two checkpoints
		c.history(testRand(2), 3)
		if first := c.app.durable.journal.First(); first <= was.seq {
			c.checkpoint()
		}
	}
	if first := c.app.durable.journal.First(); first != was.seq+1 {
		t.Fatalf("the log begins at %d, not behind %d", first, was.seq)
	}
	made := c.want(http.MethodPut, "/admin/snapshots/a?asof="+strconv.Itoa(int(was.seq)), http.StatusCreated, "")
	var told struct{ Time time.Time }
	if err := json.Unmarshal([]byte(made), &told); err != nil || told.Time.After(was.at) {
		t.Errorf("seen at %s: it tells %+v, %v", was.at, told, err)
	}
	c.wantPast(was, told.Time.Format(time.RFC3339Nano))
}
