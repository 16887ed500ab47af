package e2e

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
)

// feature checks that a feature has all of wants, and none of nots.
func (s *server) feature(t *testing.T, path string, wants []string, nots ...string) {
	t.Helper()
	got := string(s.get(t, path).body)
	for _, want := range wants {
		if !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
	for _, not := range nots {
		if strings.Contains(got, not) {
			t.Errorf("%s: got %s, want no %s", path, got, not)
		}
	}
}

// TestConfigChangesBetweenRuns changes fields, both of what a checkpoint has and of what only the log has.
func TestConfigChangesBetweenRuns(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"checkpoint", "log"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			c := newCity(t, killable)
			over := func(s *server) {
				if end == "checkpoint" {
					s.stop(t)
				} else {
					s.kill(t)
				}
			}
			s := c.serve(t)
			c.mustPush(t, s, "hotline", `{"no": "1", "lon": 116.4, "lat": 39.9, "at": "2026-01-01T00:00:00Z", "note": "first", "votes": 7, "state": "open"}`)
			over(s)

			t.Log("a field is added and one widened")
			c.rewrite(t, "votes: {type: int}, note: {type: string}, at: {type: time}", "votes: {type: float}, note: {type: string}, at: {type: time}, kind: {type: string}")
			c.rewrite(t, "note: note, at: at}", "note: note, at: at, kind: kind}")
			s = c.serve(t)
			s.says(t, `votes`, `kind`)
			s.feature(t, "/layers/reports/features/1", []string{`"votes":7,`, `"note":"first"`, `"kind":null`})
			c.mustPush(t, s, "hotline", `{"no": "2", "lon": 116.4, "lat": 39.9, "at": "2026-01-01T00:00:00Z", "note": "second", "votes": 7.5, "kind": "road"}`)
			s.feature(t, "/layers/reports/features/2", []string{`"votes":7.5`, `"kind":"road"`})
			over(s)

			t.Log("a field cannot be what it was: nothing is changed, and the config before still has all")
			c.rewrite(t, "kind: {type: string}", "kind: {type: int}")
			c.rewrite(t, "note: {type: string}, at", "at")
			c.rewrite(t, "note: note, at: at, kind", "at: at, kind")
			for range 2 {
				c.refuses(t, "kind", "string", "int", "reports")
			}
			c.rewrite(t, "kind: {type: int}", "kind: {type: string}")
			c.rewrite(t, "votes: {type: float}, at", "votes: {type: float}, note: {type: string}, at")
			c.rewrite(t, "at: at, kind", "note: note, at: at, kind")
			s = c.serve(t)
			s.feature(t, "/layers/reports/features/1", []string{`"note":"first"`, `"votes":7`})
			s.feature(t, "/layers/reports/features/2", []string{`"note":"second"`, `"kind":"road"`})
			over(s)

			t.Log("a field is removed")
			c.rewrite(t, ", kind: {type: string}", "")
			c.rewrite(t, ", kind: kind}", "}")
			s = c.serve(t)
			s.says(t, "kind")
			s.feature(t, "/layers/reports/features/2", []string{`"votes":7.5`, `"note":"second"`}, "kind")
			s.stop(t)
		})
	}
}

// TestRefusedStartKeepsWhatItWouldDrop changes a config so that the checkpoint fits it, though a field is gone, and
// the log behind it does not. The start is refused, and has dropped nothing.
func TestRefusedStartKeepsWhatItWouldDrop(t *testing.T) {
	t.Parallel()
	c := newCity(t, killable)
	s := c.serve(t)
	c.mustPush(t, s, "hotline", string(pair(0)))
	s.stop(t) // with a checkpoint
	s = c.serve(t)
	c.mustPush(t, s, "hotline", string(pair(1)))
	s.kill(t)
	c.rewrite(t, "note: {type: string}, at: {type: time}", "note: {type: string}, at: {type: time}, kind: {type: string}")
	c.rewrite(t, "note: note, at: at}", "note: note, at: at, kind: kind}")
	s = c.serve(t)
	c.mustPush(t, s, "hotline", `{"no": "2", "lon": 116.4, "lat": 39.9, "at": "2026-01-01T00:00:00Z", "kind": "road"}`)
	s.kill(t)
	good, err := os.ReadFile(c.config)
	if err != nil {
		t.Fatal(err)
	}
	c.rewrite(t, "note: {type: string}, at: {type: time}, kind: {type: string}", "at: {type: time}, kind: {type: int}")
	c.rewrite(t, "note: note, at: at, kind: kind}", "at: at, kind: kind}")
	before := c.files(t, "checkpoints/*")
	c.refuses(t, "kind", "int")
	if after := c.files(t, "checkpoints/*"); !slices.Equal(after, before) {
		t.Errorf("got checkpoints %v, want %v", after, before)
	}
	if err := os.WriteFile(c.config, good, 0o600); err != nil {
		t.Fatal(err)
	}
	s = c.serve(t)
	s.feature(t, "/layers/reports/features/0-0", []string{`"note":"first of 0"`})
	s.feature(t, "/layers/reports/features/1-0", []string{`"note":"first of 1"`})
	s.feature(t, "/layers/reports/features/2", []string{`"kind":"road"`})
}

// TestLayersComeAndGo takes a layer out of the config and puts it back.
func TestLayersComeAndGo(t *testing.T) {
	t.Parallel()
	c := newCity(t, killable)
	s := c.serve(t)
	c.mustPush(t, s, "desk", `{"no": "1", "lon": 116.4, "lat": 39.9, "state": "open"}`)
	c.mustPush(t, s, "hotline", string(pair(0)))
	s.stop(t)
	s = c.serve(t)
	c.mustPush(t, s, "desk", `{"no": "2", "lon": 116.4, "lat": 39.9, "state": "open"}`) // in the log only
	s.kill(t)

	const layer = `  stalls:
    title: Stalls
    licence: CC0-1.0
    fields: {state: {type: string, keep: true}, votes: {type: int}, note: {type: string}}
`
	const source = `  desk:
    layer: stalls
    push: {position: {lon: lon, lat: lat}}
    delete: {from: op, values: [delete]}
    id: "{no}"
    fields: {state: state, votes: votes, note: note}
`
	c.rewrite(t, layer, "")
	c.rewrite(t, source, "")
	s = c.serve(t)
	s.says(t, "stalls", "it is gone: 1 feature left out")
	if a := s.get(t, "/layers/stalls"); a.StatusCode != http.StatusNotFound {
		t.Errorf("got %d for a layer that is gone", a.StatusCode)
	}
	if got := s.metric(t, "hutong_journal_passed_changes_total"); got != 1 {
		t.Errorf("got %v changes passed over, want 1", got)
	}
	if got := s.count(t, "reports"); got != 2 {
		t.Errorf("got %d reports, want 2", got)
	}
	s.kill(t)

	c.rewrite(t, "layers:\n", "layers:\n"+layer)
	c.rewrite(t, "sources:\n", "sources:\n"+source+strings.ReplaceAll(strings.ReplaceAll(source, "desk", "parks"), "stalls", "parks"))
	c.rewrite(t, "layers:\n", "layers:\n"+strings.ReplaceAll(strings.ReplaceAll(layer, "stalls", "parks"), "Stalls", "Parks"))
	s = c.serve(t)
	s.says(t, "it is new: empty")
	if got := s.count(t, "stalls"); got != 2 {
		t.Errorf("got %d stalls, want 2", got)
	}
	c.mustPush(t, s, "parks", `{"no": "p", "lon": 116.4, "lat": 39.9}`)
	s.stop(t)
	s = c.serve(t)
	if got := fmt.Sprint(s.count(t, "stalls"), s.count(t, "parks"), s.count(t, "reports")); got != "2 1 2" {
		t.Errorf("got %s stalls, parks and reports, want 2 1 2", got)
	}
}
