package record

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
)

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for name, want := range examples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := Parse(whole(section(t, want...)))
			if err != nil {
				t.Fatal(err)
			}
			got, err := NewDecoder(schemas(), func(d Difference) { t.Error(d) }).Body(m.Body)
			if diff := differ(want, got); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

var roundTrips atomic.Uint64

func TestRoundTripOfAnything(t *testing.T) {
	for _, seed := range testkit.Seeds(t, &roundTrips, 100) {
		rng := rand.New(rand.NewPCG(seed, 1))
		d := NewDecoder(schemas(), nil)
		var want []Batch
		var body []byte
		for range rng.IntN(4) {
			batches := random(rng)
			want = append(want, batches...)
			body = append(body, section(t, batches...)...)
		}
		got, err := d.Body(body)
		if diff := differ(want, got); err != nil || diff != "" {
			t.Fatalf("HUTONG_SEED=%d: %v\n%s", seed, err, diff)
		}
	}
}

// What is decoded must not change when its message is used again.
func TestBodySharesNothing(t *testing.T) {
	t.Parallel()
	want := examples()["one of each kind"]
	body := section(t, want...)
	got, err := NewDecoder(schemas(), nil).Body(body)
	for i := range body {
		body[i] = 0xff
	}
	if diff := differ(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

// Goldens of every version are written once and decoded for ever.
func TestGoldens(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	all := examples()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "# %s\n%s\n", name, hex.Dump(whole(section(t, all[name]...))))
	}
	tx := Tx{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	part := Message{Kind: Part, Tx: tx, Index: 0, Body: []byte("first")}
	commit := Message{Kind: Commit, Tx: tx, Index: 1, First: 41, BodySum: Sum([]byte("firstlast")), Body: []byte("last")}
	lost := Message{Kind: Lost}
	fmt.Fprintf(&b, "# part\n%s\n# commit\n%s\n# lost\n%s\n", hex.Dump(part.Append(nil)), hex.Dump(commit.Append(nil)), hex.Dump(lost.Append(nil)))
	testkit.Golden(t, "v1.txt", b.String())

	stored, err := os.ReadFile(filepath.Join("testdata", "v1.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for name, message := range undump(t, string(stored)) {
		m, err := Parse(message)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		want, ok := all[name]
		if !ok {
			continue
		}
		got, err := NewDecoder(schemas(), nil).Body(m.Body)
		if diff := differ(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}

// undump reads what hex.Dump wrote, by name.
func undump(t *testing.T, s string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	name := ""
	for line := range strings.Lines(s) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "# "):
			name = line[2:]
		case line != "":
			b, err := hex.DecodeString(strings.ReplaceAll(line[10:58], " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			out[name] = append(out[name], b...)
		}
	}
	return out
}

func TestParts(t *testing.T) {
	t.Parallel()
	for _, want := range []Message{
		{Kind: Part, Tx: Tx{1}, Index: 3, Body: []byte("part")},
		{Kind: Commit, Tx: Tx{2}, Index: math.MaxUint32, First: math.MaxUint64, BodySum: 5, Body: []byte{}},
		{Kind: Lost, Body: []byte{}},
	} {
		got, err := Parse(want.Append([]byte("before"))[6:])
		if err != nil || got.Kind != want.Kind || got.Tx != want.Tx || got.Index != want.Index ||
			got.First != want.First || got.BodySum != want.BodySum || !bytes.Equal(got.Body, want.Body) {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	good := whole(section(t, examples()["several layers"]...))
	sealed := func(b []byte) []byte { // with a right checksum
		b = slices.Clone(b)
		sum := checksum(b)
		b[4], b[5], b[6], b[7] = byte(sum), byte(sum>>8), byte(sum>>16), byte(sum>>24)
		return b
	}
	tests := []struct {
		name string
		b    []byte
		want string
	}{
		{"no version", sealed(append([]byte("HTJ\x00"), good[4:]...)), "version 0: there is none"},
		{"a later version, flipped", append([]byte("HTJ\x02"), good[4:]...), "checksum"},
		{"nothing", nil, "a message of 0 bytes"},
		{"somebody else's", []byte("{\"hello\":1}"), "it is not Hutong's"},
		{"cut off", good[:len(good)-1], "checksum"},
		{"kind", sealed([]byte("HTJ\x010000\x09")), "no kind 9"},
		{"a short part", sealed([]byte("HTJ\x010000\x01short")), "a part with 5 bytes"},
		{"a short commit", sealed(append([]byte("HTJ\x010000\x02"), make([]byte, 30)...)), "a part with 30 bytes"},
		{"a body that is lost", sealed([]byte("HTJ\x010000\x03x")), "1 bytes behind"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse(tt.b)
			if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// A message of a later version is not taken for damage, which might be accepted.
func TestParseNewer(t *testing.T) {
	t.Parallel()
	b := append([]byte("HTJ\x02"), whole(section(t, examples()["several layers"]...))[4:]...)
	binary.LittleEndian.PutUint32(b[sumAt:], checksum(b))
	if _, err := Parse(b); !errors.Is(err, ErrNewer) || errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("got %v, want ErrNewer", err)
	}
}

// Any flipped bit is found.
func TestEveryBitIsChecked(t *testing.T) {
	t.Parallel()
	good := whole(section(t, examples()["one of each kind"]...))
	for i := range len(good) * 8 {
		b := slices.Clone(good)
		b[i/8] ^= 1 << (i % 8)
		if _, err := Parse(b); !errors.Is(err, ErrCorrupt) {
			t.Errorf("bit %d: got %v", i, err)
		}
	}
}

func TestAppendSectionRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		batch Batch
		want  string
	}{
		{"layer", batch("s", "other"), `batch 0: there is no layer "other"`},
		{"operation", batch("s", "bare", layers.Change{Op: 7}), `batch 0 of layer "bare": change 0: no operation 7`},
		{"kind", batch("s", "all", upsert("1", nil, column.IntOf(1))), `field "string": a int in a field of type string`},
		{"values", batch("s", "bare", upsert("1", nil, column.IntOf(1))), "1 values for 0 fields"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := AppendSection([]byte("before"), schemas(), []Batch{tt.batch})
			if err == nil || !strings.Contains(err.Error(), tt.want) || string(got) != "before" {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
	big := column.StringOf(strings.Repeat("x", column.MaxText))
	b := batch("s", "all")
	for range MaxBody/column.MaxText + 1 {
		b.Changes = append(b.Changes, upsert("1", nil, big))
	}
	if _, err := AppendSection(nil, schemas(), []Batch{b}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v, want %v", err, ErrTooLarge)
	}
}

// A body that lies about its counts takes no memory for them.
func TestCountsTakeNoMemory(t *testing.T) {
	for _, b := range []string{
		"\x0b\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00",
		"\x0a\x00\x00\x00\x01\x01a\xff\xff\xff\xff\x0f\x00\x00",
		"\x0a\x00\x00\x00\x01\x01a\x00\xff\xff\xff\xff\x0f\x00",
		"\x0f\x00\x00\x00\x01\x03all\x00\x01\x00\x00\x00\x00\xff\xff\xff\x0f",
		"\xff\xff\xff\xff",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := NewDecoder(schemas(), nil).Body([]byte(b))
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; !errors.Is(err, ErrCorrupt) || n > 64<<10 {
			t.Errorf("%q: %v with %d bytes", b, err, n)
		}
	}
}

func FuzzBody(f *testing.F) {
	for _, b := range examples() {
		f.Add(section(f, b...))
	}
	f.Add([]byte("\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		batches, err := NewDecoder(schemas(), nil).Body(b)
		if err != nil {
			var schema *SchemaError
			if batches != nil || !errors.Is(err, ErrCorrupt) && !errors.As(err, &schema) {
				t.Fatalf("%v with error %v", batches, err)
			}
			return
		}
		again, err := AppendSection(nil, schemas(), batches)
		if err != nil {
			t.Fatal(err)
		}
		got, err := NewDecoder(schemas(), nil).Body(again)
		if err != nil {
			t.Fatal(err)
		}
		// By bytes, for what is not a number differs from itself.
		if third, err := AppendSection(nil, schemas(), got); err != nil || !bytes.Equal(again, third) {
			t.Fatalf("%x became %x, %v", again, third, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, b := range examples() {
		f.Add(whole(section(f, b...)))
	}
	f.Add((&Message{Kind: Commit, First: 9, Body: []byte("x")}).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err != nil {
			return
		}
		if got := m.Append(nil); !bytes.Equal(got, b) {
			t.Fatalf("%x became %x", b, got)
		}
	})
}
