package bars

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"hutong/internal/app"
	"hutong/internal/telemetry"
	"hutong/layers"
)

// What the bar of live streams asks for: clients of one layer, a change a second.
const (
	streamClients  = 5_000
	streamChanges  = 15
	streamsSoon    = 500 * time.Millisecond // 99 of 100 events are there within it
	streamBytes    = 40_000                 // of the server's resident memory, for each client
	streamInterval = time.Second
)

// childStreams serves the synthetic city without anything that changes by itself. For each line on its standard
// input it changes one feature and prints the sequence and when that began.
func childStreams(s size, _ figures) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	city, err := app.Demo(min(s.features, 5_000), 1, 0)
	if err != nil {
		return err
	}
	a, err := app.New(city, app.Options{
		Listen: "127.0.0.1:0", Metrics: telemetry.NewMetrics(), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	urls, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- a.Run(ctx, func(url string) { urls <- url }) }()
	select {
	case url := <-urls:
		fmt.Println(url)
	case err := <-ended:
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	for n := 0; lines.Scan(); n++ {
		began := time.Now()
		receipt, err := a.Store().Accept(ctx, "bar", layers.Batch{Layer: "complaints", Changes: []layers.Change{
			{Feature: layers.Feature{ID: "bar", Geometry: orb.Point{116.3 + 0.01*float64(n), 39.9}}},
		}})
		if err != nil {
			return err
		}
		fmt.Println(receipt.Seq, began.UnixNano())
	}
	cancel()
	return errors.Join(lines.Err(), <-ended)
}

// barStreams has clients follow one layer of a server in another process.
func barStreams(t *testing.T, s size, r *Report) {
	clients, changes := 50, 3
	if s.full() {
		clients, changes = streamClients, streamChanges
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-bars.child=streams", "-bars="+strconv.FormatBool(*runBars))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	address := strings.TrimPrefix(lines.Text(), "http://")
	before := residentOf(t, cmd.Process.Pid)

	f := &followers{seen: map[string][]time.Time{}}
	f.greeted.Add(clients)
	for range clients {
		f.follow(t, address)
	}
	f.greeted.Wait()
	began := map[string]time.Time{}
	for range changes {
		time.Sleep(streamInterval)
		if _, err := io.WriteString(in, "\n"); err != nil || !lines.Scan() {
			t.Fatalf("the server ended: %v, %v", err, lines.Err())
		}
		var seq string
		var nanos int64
		if _, err := fmt.Sscan(lines.Text(), &seq, &nanos); err != nil {
			t.Fatal(err)
		}
		began[seq] = time.Unix(0, nanos)
	}
	time.Sleep(streamInterval)
	each := float64(residentOf(t, cmd.Process.Pid)-before) / float64(clients)
	_ = in.Close() // ends the server, and with it all streams
	f.ended.Wait()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}

	var took []time.Duration
	for seq, start := range began {
		if got := len(f.seen[seq]); got != clients {
			t.Errorf("%d clients heard of change %s, want %d", got, seq, clients)
		}
		for _, at := range f.seen[seq] {
			took = append(took, at.Sub(start))
		}
	}
	if len(took) == 0 {
		t.Fatal("nobody heard of anything")
	}
	slices.Sort(took)
	p50, p99 := took[len(took)/2], took[len(took)*99/100]
	t.Logf("%d clients: received p50 %v, p99 %v, last %v; %.1f kB each", clients, p50, p99, took[len(took)-1], each/1000)
	if s.full() {
		r.AtMost("live streams:   p99 of events received", p99.Seconds()*1000, streamsSoon.Seconds()*1000, "%.0f ms")
		r.AtMost("live streams:   resident memory a client", each/1000, streamBytes/1000, "%.1f kB")
	}
}

// followers are clients and when they heard of what.
type followers struct {
	greeted, ended sync.WaitGroup

	mu   sync.Mutex
	seen map[string][]time.Time // by sequence
}

// follow opens a stream on a connection of its own.
func (f *followers) follow(t *testing.T, address string) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	request := "GET /live?layers=complaints HTTP/1.1\r\nHost: bar\r\nAccept: text/event-stream\r\nAccept-Encoding: gzip, deflate, br\r\n" +
		"Accept-Language: en-GB,en;q=0.9\r\nOrigin: https://maps.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36\r\n\r\n"
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	f.ended.Go(func() {
		defer conn.Close()
		id, reader := "", bufio.NewReaderSize(conn, 512)
		for {
			line, err := reader.ReadString('\n')
			if err != nil {
				return // the server ended
			}
			if rest, ok := strings.CutPrefix(line, "id: "); ok {
				id = strings.TrimSpace(rest)
			}
			switch strings.TrimSpace(line) {
			case "event: hello":
				f.greeted.Done()
			case "event: change":
				now := time.Now()
				f.mu.Lock()
				seq := id[strings.LastIndexByte(id, '-')+1:]
				f.seen[seq] = append(f.seen[seq], now)
				f.mu.Unlock()
			}
		}
	})
}

// residentOf returns the resident bytes of another process as they are, garbage and all.
func residentOf(t *testing.T, pid int) int {
	t.Helper()
	rss, err := residentBytes("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		t.Fatal(err)
	}
	return rss
}
