package e2e

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hutong/internal/testkit"
)

var (
	killRounds = flag.Int("kill.rounds", 5, "how often TestKillLoop kills its server; make soak says 50")
	killSeeds  atomic.Uint64
)

// killable has a layer with event times and one without. A checkpoint is due after 1 MiB of the log, the
// least that a config may say, so that there is one every few requests.
const killable = `
city: A city
journal: {folder: %s, checkpoint: {bytes: 1048576, every: 10s}, low_disk: 1048576}
layers:
  reports:
    title: Reports
    licence: CC0-1.0
    time: at
    fields: {state: {type: string, keep: true}, votes: {type: int}, note: {type: string}, at: {type: time}}
  stalls:
    title: Stalls
    licence: CC0-1.0
    fields: {state: {type: string, keep: true}, votes: {type: int}, note: {type: string}}
sources:
  hotline:
    layer: reports
    push: {position: {lon: lon, lat: lat}}
    delete: {from: op, values: [delete]}
    id: "{no}"
    fields: {state: state, votes: votes, note: note, at: at}
  desk:
    layer: stalls
    push: {position: {lon: lon, lat: lat}}
    delete: {from: op, values: [delete]}
    id: "{no}"
    fields: {state: state, votes: votes, note: note}
`

const (
	killClients = 6
	sharedIDs   = 4000 // of reports that all clients change
	resent      = 5000 // records of a request in which all is sent again
)

// killing is a run of the kill loop.
type killing struct {
	t       *testing.T
	city    *city
	clients []*sender
	killed  atomic.Bool
	acks    atomic.Int64
	seen    struct{ checkpoints, cut, starts int }
}

// TestKillLoop kills a server again and again while clients push to it and checkpoints are written. What was
// acknowledged is there in the end, once: as on a server that was never killed, to the byte of each tile.
func TestKillLoop(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &killSeeds, 1) {
		for _, c := range []struct {
			name, journal string
			rounds        int
		}{
			{"truncated", "", *killRounds},
			{"kept", ", retention: 24h", (*killRounds + 4) / 5},
		} {
			t.Run(fmt.Sprintf("%s, HUTONG_SEED=%d", c.name, seed), func(t *testing.T) {
				t.Parallel()
				text := strings.Replace(killable, ", low_disk", c.journal+", low_disk", 1)
				k := &killing{t: t, city: newCity(t, text)}
				for n := range killClients {
					k.clients = append(k.clients, &sender{k: k, number: n, rng: rand.New(rand.NewPCG(seed, uint64(n)))})
				}
				rng := rand.New(rand.NewPCG(seed, killClients))
				for round := range c.rounds {
					k.round(rng, round)
					if t.Failed() {
						t.Fatalf("in round %d", round)
					}
				}
				k.judge(rng, c.journal != "")
			})
		}
	}
}

// round runs the server and kills it: after some acknowledgements, as a checkpoint is written, or while it
// starts.
func (k *killing) round(rng *rand.Rand, round int) {
	k.t.Helper()
	if round%5 == 4 {
		k.killStart(rng.IntN(12))
		k.seen.starts++
		return
	}
	k.killed.Store(false)
	s := k.city.serve(k.t)
	k.half(s)
	var wg sync.WaitGroup
	for _, c := range k.clients {
		wg.Go(func() { c.run(s) })
	}
	before, enough := k.acks.Load(), int64(1+rng.IntN(200))
	if round%5 < 2 {
		enough = 1 << 40
	}
	files, some := k.files(), rng.IntN(300)
	until(k.t, "to be killed", func() bool {
		if enough == 1<<40 && k.files() != files { // a checkpoint is being written
			enough = 0
			for range some { // a little further on
				_ = k.files()
			}
		}
		return k.acks.Load()-before >= enough || k.t.Failed()
	})
	if k.files() != files {
		k.seen.checkpoints++
	}
	k.killed.Store(true)
	s.kill(k.t)
	wg.Wait()
	k.t.Logf("round %d: %d acknowledged requests", round, k.acks.Load()-before)
}

// killStart kills a server that starts, once it has logged so many lines or is ready.
func (k *killing) killStart(lines int) {
	p := launch(k.t, nil, "serve", "--config", k.city.config, "--listen", "127.0.0.1:0", "--log-level", "debug")
	for range lines {
		select {
		case <-p.stderr.lines:
			continue
		case <-p.stdout.lines:
		case <-p.exited:
			k.t.Errorf("it ended while it started:\n%s", p.stderr)
		}
		break
	}
	_ = p.cmd.Process.Kill()
	<-p.exited
}

// files tells what the folder of checkpoints has.
func (k *killing) files() string {
	var names strings.Builder
	for _, folder := range []string{"checkpoints", filepath.Join("checkpoints", "files")} {
		all, err := os.ReadDir(filepath.Join(k.city.folder, folder))
		if err != nil {
			continue // not there yet
		}
		for _, f := range all {
			names.WriteString(f.Name() + "\n")
		}
	}
	return names.String()
}

// half looks whether half of an all-or-nothing request is there whose answer was cut off.
func (k *killing) half(s *server) {
	k.t.Helper()
	for _, c := range k.clients {
		if c.pending == nil {
			continue
		}
		k.seen.cut++
		if !c.pending.atomic {
			continue
		}
		var paths []string
		for i := 0; i < len(c.pending.records); i += 1 + len(c.pending.records)/40 {
			paths = append(paths, c.pending.records[i].path())
		}
		there := 0
		for _, body := range s.bodies(k.t, paths) {
			if strings.HasPrefix(body, "200 ") {
				there++
			}
		}
		if there != 0 && there != len(paths) {
			k.t.Errorf("%d of %d features of an all-or-nothing request are there", there, len(paths))
		}
	}
}

// judge compares the server with one that was never killed, and with itself.
func (k *killing) judge(rng *rand.Rand, kept bool) {
	s := k.city.serve(k.t)
	k.half(s)
	for _, c := range k.clients {
		if c.pending != nil {
			c.send(s)
		}
	}
	known := map[string]bool{}
	var reports []record
	var stalls [killClients][]record // the order of each client's counts
	requests := 0
	for n, c := range k.clients {
		requests += len(c.acknowledged)
		for _, r := range c.acknowledged {
			for _, one := range r.records {
				known[one.path()] = true
				if one.stall {
					stalls[n] = append(stalls[n], one)
				} else {
					reports = append(reports, one)
				}
			}
		}
		for _, path := range c.never {
			known[path] = true
		}
	}
	all := tilesOf()
	for path := range known {
		all = append(all, path)
	}
	got := s.bodies(k.t, all)
	k.model(reports, all, got)

	// What was acknowledged is known: each is there, or what came after it.
	again := sums{}
	k.resend(k.city, s, reports, &again)
	if again.applied > 0 {
		k.t.Errorf("%d of %d acknowledged records of reports were lost: sent again they were applied", again.applied, again.records)
	}
	same(k.t, "sent again", all, s.bodies(k.t, all), got)
	k.cut(s, kept, reports[:1])

	clean := k.city.fresh(k.t, ", low_disk", ", retention: 24h, low_disk")
	if kept {
		clean = k.city.fresh(k.t, "", "")
	}
	oracle := clean.serve(k.t)
	shuffled := append([]record(nil), reports...)
	rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	k.resend(clean, oracle, shuffled, &sums{})
	for _, list := range stalls {
		k.resend(clean, oracle, list, &sums{})
	}
	same(k.t, "never killed", all, got, oracle.bodies(k.t, all))
	for _, layer := range []string{"reports", "stalls"} {
		if got, want := s.count(k.t, layer), oracle.count(k.t, layer); got != want || got == 0 {
			k.t.Errorf("%s: got %d features, want %d", layer, got, want)
		}
	}

	k.replay(clean, oracle, all, got)
	if kept {
		k.replay(k.city, s, all, got)
	} else {
		s.kill(k.t)
	}
	k.t.Logf("%d requests with %d reports acknowledged; %d features and tiles compared; killed with %d requests under way, %d times after a checkpoint had begun, %d at a start",
		requests, len(reports), len(all), k.seen.cut, k.seen.checkpoints, k.seen.starts)
}

// cut checks whether the log was cut: a log that is kept never is, another one once two checkpoints were
// written behind that of the start, for which something has to be accepted.
func (k *killing) cut(s *server, kept bool, one []record) {
	k.t.Helper()
	first := func() float64 { return s.metric(k.t, "hutong_journal_first_sequence") }
	const uncut = 2 // 1 is the state before the log
	for end := time.Now().Add(2 * patience); !kept && first() <= uncut && time.Now().Before(end); time.Sleep(time.Second) {
		k.resend(k.city, s, one, &sums{})
	}
	if at := first(); at > uncut == kept {
		k.t.Errorf("the log starts at %v", at)
	}
}

// model compares reports with what the newest record of each id says.
func (k *killing) model(reports []record, paths, got []string) {
	newest := map[string]record{}
	for _, r := range reports {
		if old, ok := newest[r.path()]; !ok || r.at > old.at {
			newest[r.path()] = r
		}
	}
	wrong := 0
	for i, path := range paths {
		if !strings.HasPrefix(path, "/layers/reports/") {
			continue
		}
		want := "404 "
		if r, ok := newest[path]; ok && !r.gone {
			want = "200 "
		}
		if !strings.HasPrefix(got[i], want) || want == "200 " && !strings.Contains(got[i], `"note":"`+newest[path].note()+`"`) {
			if wrong++; wrong <= 3 {
				k.t.Errorf("%s: got %.300s, want %s and the note of %+v", path, got[i], want, newest[path])
			}
		}
	}
	if wrong > 0 {
		k.t.Errorf("%d reports are not what was acknowledged", wrong)
	}
}

// replay kills a server and takes its checkpoints away: all its state comes from the log.
func (k *killing) replay(c *city, s *server, paths, want []string) {
	s.kill(k.t)
	if err := os.Rename(filepath.Join(c.folder, "checkpoints"), filepath.Join(c.folder, "moved")); err != nil {
		k.t.Fatal(err)
	}
	s = c.serve(k.t)
	same(k.t, "replayed from zero", paths, s.bodies(k.t, paths), want)
	s.kill(k.t)
}

// sums are those of answers.
type sums struct{ records, applied int }

// resend sends records in their order and in requests of another size.
func (k *killing) resend(c *city, s *server, list []record, to *sums) {
	k.t.Helper()
	for from := 0; from < len(list); from += resent {
		r := request{media: asNDJSON, records: list[from:min(from+resent, len(list))]}
		p, err := c.push(k.t.Context(), s, http.MethodPost, r.source()+"?answers=none", r.media, r.body())
		if err != nil || p.Status != http.StatusOK || p.Refused > 0 {
			k.t.Fatalf("got %+v, %v", p, err)
		}
		to.records += p.Records
		to.applied += p.Applied
	}
}
