package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hutong/ingest"
	"hutong/internal/config"
	"hutong/internal/testkit"
	"hutong/journal"
	"hutong/journal/checkpoint"
	"hutong/journal/record"
	"hutong/layers"
)

// durableCity is the city of pushCity with a data folder.
func durableCity(t *testing.T) (city func() (*City, *Watch), dir string, push func(r *running, body string) string) {
	t.Helper()
	_, _, key, dir := pushCity(t)
	path := filepath.Join(dir, "city.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, "journal: {folder: '"+filepath.Join(dir, "data")+"'}\n"...)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	city = func() (*City, *Watch) {
		c, err := config.Load(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		city, err := FromConfig(c)
		if err != nil {
			t.Fatal(err)
		}
		return city, &Watch{Config: path, Old: c, Read: func() (*config.Config, error) { return config.Load(path, nil) }}
	}
	push = func(r *running, body string) string {
		t.Helper()
		req, err := http.NewRequest(http.MethodPost, r.url+"/ingest/hotline", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+key.Reveal())
		return bodyOf(t, r, req)
	}
	return city, dir, push
}

// bodyOf returns the body of a request that goes well.
func bodyOf(t *testing.T, r *running, req *http.Request) string {
	t.Helper()
	res, err := r.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var body strings.Builder
	if err := res.Write(&body); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		t.Fatalf("got %s", body.String())
	}
	return body.String()
}

// stopped ends a running app.
func stopped(t *testing.T, r *running) {
	t.Helper()
	r.stop()
	if err := <-r.result; err != nil {
		t.Fatal(err)
	}
	r.client.CloseIdleConnections()
}

// stateOf returns the state field of a feature, "" when it is not there.
func stateOf(t *testing.T, r *running, id string) string {
	t.Helper()
	status, body, err := r.get("/layers/reports/features/" + id)
	if err != nil {
		t.Fatal(err)
	}
	if status == http.StatusNotFound {
		return ""
	}
	_, rest, _ := strings.Cut(body, `"state":"`)
	state, _, _ := strings.Cut(rest, `"`)
	return state
}

// TestWhatWasPushedIsThereAgain: with a data folder what was accepted is there at the next start, files are
// read once, and again when they have changed in between.
func TestWhatWasPushedIsThereAgain(t *testing.T) {
	t.Parallel()
	city, dir, push := durableCity(t)
	begin := func() (*running, *testkit.Buffer, chan<- time.Time) {
		c, watch := city()
		tick := make(chan time.Time)
		a, log := newTestApp(t, c, func(o *Options) { o.Watch, o.WatchTick = watch, tick })
		return start(t, a), log, tick
	}
	r, log, _ := begin()
	if !strings.Contains(log.String(), `"msg":"source read","source":"desk"`) {
		t.Errorf("the first start read no file: %s", log)
	}
	push(r, `[{"no": "p1", "x": 116.4, "y": 39.9, "state": "new", "at": "2026-01-02T00:00:00Z", "phone": "12"}, {"no": "p2", "x": 200, "y": 0}]`)
	push(r, `[{"no": "p1", "x": 116.4, "y": 39.9, "state": "done", "at": "2026-01-03T00:00:00Z"}, {"no": "p3", "op": "delete", "at": "2026-01-03T00:00:00Z"}]`)
	stopped(t, r)

	r, log, _ = begin()
	if strings.Contains(log.String(), `"msg":"source read"`) {
		t.Errorf("the second start read a file that a checkpoint has: %s", log)
	}
	if p1, d1 := stateOf(t, r, "p1"), stateOf(t, r, "d1"); p1 != "done" || d1 != "open" {
		t.Errorf("got p1 %q and d1 %q, want done and open", p1, d1)
	}
	if got := push(r, `[{"no": "p1", "x": 1, "y": 1, "state": "new", "at": "2026-01-02T00:00:00Z"}, {"no": "p3", "state": "new", "at": "2026-01-02T00:00:00Z"}]`); !strings.Contains(got, `"late":2`) {
		t.Errorf("older reports: got %s, want both late, one by its tombstone", got)
	}
	stopped(t, r)

	if err := os.WriteFile(filepath.Join(dir, "desk.csv"), []byte("no,lon,lat,state\nd1,116.4,39.9,closed\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, log, tick := begin()
	tick <- time.Time{} // looks
	tick <- time.Time{} // finds the files at rest, and reads
	tick <- time.Time{} // is taken when that is done
	if d1 := stateOf(t, r, "d1"); d1 != "closed" {
		t.Errorf("the file changed while nobody served: got d1 %q, want closed: %s", d1, log)
	}
	stopped(t, r)
}

// TestLayerThatComesLater: a layer that the checkpoint does not have is filled from its files, and is in the
// next checkpoint.
func TestLayerThatComesLater(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	serve := func(names ...string) {
		t.Helper()
		city := newCity()
		city.Data = &Data{Folder: folder}
		city.Sources = nil
		for _, name := range names {
			city.Sources = append(city.Sources, &fakeSource{
				name: name, layer: layers.Name(name), changes: []layers.Change{point("1", 116.3, 39.9)},
			})
		}
		if len(names) == 1 {
			city.Layers = city.Layers[:1]
		}
		a, _ := newTestApp(t, city, func(o *Options) { o.Watch = &Watch{} })
		r := start(t, a)
		stopped(t, r)
	}
	serve("complaints")
	serve("complaints", "empty")
	infos, err := checkpoint.Verify(t.Context(), filepath.Join(folder, "checkpoints"))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range infos[0].Layers {
		if l.Features != 1 {
			t.Errorf("layer %s has %d features in the checkpoint, want 1", l.Name, l.Features)
		}
	}
	if len(infos[0].Layers) != 2 {
		t.Errorf("got layers %+v, want both", infos[0].Layers)
	}
}

func TestOneServerAFolder(t *testing.T) {
	t.Parallel()
	city := newCity()
	city.Data = &Data{Folder: t.TempDir()}
	a, _ := newTestApp(t, city, nil)
	r := start(t, a)
	other := newCity()
	other.Data = city.Data
	b, _ := newTestApp(t, other, nil)
	if err := b.Run(t.Context(), func(string) { t.Error("it is ready") }); !errors.Is(err, journal.ErrLocked) {
		t.Errorf("got %v, want %v", err, journal.ErrLocked)
	}
	stopped(t, r)
}

// TestLogThatDoesNotFit: what the config has narrowed since is told, and nothing is dropped.
func TestLogThatDoesNotFit(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	city := newCity()
	city.Data, city.Sources = &Data{Folder: folder}, nil
	a, _ := newTestApp(t, city, nil)
	r := start(t, a)
	change := point("9", 116.4, 39.9)
	if _, err := a.store.Accept(t.Context(), "desk", layers.Batch{Layer: "complaints", Changes: []layers.Change{change}}); err != nil {
		t.Fatal(err)
	}
	a.durable.last.seq = 1 << 40 // so that no checkpoint is written at the end
	stopped(t, r)
	narrow := newCity()
	narrow.Data, narrow.Sources = city.Data, nil
	narrow.Layers[0].Schema.Fields[1].MaxLength = len(secret) - 1
	b, _ := newTestApp(t, narrow, nil)
	err := b.Run(t.Context(), func(string) { t.Error("it is ready") })
	if err == nil || !strings.Contains(err.Error(), "raise the field's max_length") || strings.Contains(err.Error(), secret) {
		t.Errorf("got %v, want the message that does not fit, without its private value", err)
	}
}

// TestErrorsOfTheLog are those that doors know.
func TestErrorsOfTheLog(t *testing.T) {
	t.Parallel()
	city := newCity()
	city.Data = &Data{Folder: t.TempDir()}
	a, _ := newTestApp(t, city, nil)
	r := start(t, a)
	store := a.store
	stopped(t, r)
	_, err := store.Accept(t.Context(), "desk", layers.Batch{Layer: "complaints", Changes: []layers.Change{point("9", 116.4, 39.9)}})
	if !errors.Is(err, ingest.ErrUnavailable) {
		t.Errorf("got %v, want %v", err, ingest.ErrUnavailable)
	}
	bad := point("9", 500, 39.9)
	var refused *layers.ChangeError
	if _, err := store.Accept(t.Context(), "desk", layers.Batch{Layer: "complaints", Changes: []layers.Change{bad}}); !errors.As(err, &refused) {
		t.Errorf("got %v, want the change to be refused before the log", err)
	}
}

// TestLogError: sources hear what they know, and why.
func TestLogError(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ err, want error }{
		{journal.ErrReadOnly, ingest.ErrReadOnly},
		{journal.ErrFull, ingest.ErrBusy},
		{journal.ErrFailing, ingest.ErrUnavailable},
		{journal.ErrUnknown, ingest.ErrUnavailable},
		{journal.ErrClosed, ingest.ErrUnavailable},
		{record.ErrTooLarge, ingest.ErrTooLarge},
	} {
		if err := logError(fmt.Errorf("x: %w", c.err)); !errors.Is(err, c.want) || !errors.Is(err, c.err) {
			t.Errorf("%v: got %v, want %v", c.err, err, c.want)
		}
	}
	if err := logError(context.Canceled); !errors.Is(err, context.Canceled) || errors.Is(err, ingest.ErrUnavailable) {
		t.Errorf("got %v, want it as it is", err)
	}
}
