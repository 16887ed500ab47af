package erasure

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"hutong/layers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPattern(t *testing.T) {
	t.Parallel()
	encoded := func(before, id string) string {
		return base64.StdEncoding.EncodeToString([]byte(before + id + " and more"))
	}
	for _, c := range []struct {
		name, id, in string
		bytes, word  bool
	}{
		{"plain", "R-1001", "x R-1001 y", true, true},
		{"in a longer name", "R-1001", "XR-10012", true, false},
		{"in a name with a suffix", "R-1001", `"R-1001-b"`, true, false},
		{"later as a word", "R-1001", "R-10012 R-1001", true, true},
		{"not there", "R-1001", "R-1002", false, false},
		{"short", "7", `{"no": 7}`, false, true},
		{"short in a number", "7", `{"no": 17}`, false, false},
		{"Chinese in a sentence", "胡同七号", "北京胡同七号院", true, true},
		{"escaped Chinese", "胡同七号", `"\u80e1\u540c\u4e03\u53f7"`, true, true},
		{"quotes in JSON", `say "hi"`, `{"id": "say \"hi\""}`, true, true},
		{"beyond 16 bits", "report 😀", `"report \ud83d\ude00"`, true, true},
		{"in a path", "a b/c d", "/items/a%20b%2Fc%20d", true, true},
		{"Base64 at 0", "13800138000", encoded("", "13800138000"), true, false},
		{"Base64 at 1", "13800138000", encoded("1", "13800138000"), true, false},
		{"Base64 at 2", "13800138000", encoded("12", "13800138000"), true, false},
		{"the shortest in Base64 at 1", "R-1001", encoded("1", "R-1001"), true, false},
		{"the shortest in Base64 at 2", "R-1001", encoded("12", "R-1001"), true, false},
		{"the next of the shortest in Base64 at 2", "R-1001", encoded("12", "R-1002"), false, false},
		{"Base64 of the next number", "13800138000", encoded("", "13800138001"), false, false},
		{"Base64 of the next number at 1", "13800138000", encoded("1", "13800138001"), false, false},
		{"Base64 of the next number at 2", "13800138000", encoded("12", "13800138001"), false, false},
		{"Base64 of another first letter at 1", "13800138000", encoded("1", "23800138000"), false, false},
		{"Base64 of another first letter at 2", "13800138000", encoded("12", "23800138000"), false, false},
		{"Base64 of both", "13800138000", encoded("12", "13800138001, 13800138000"), true, false},
		{"Base64 to its end", "13800138000", base64.StdEncoding.EncodeToString([]byte("a 13800138000")), true, false},
		{"Base64 without padding", "13800138000", base64.RawStdEncoding.EncodeToString([]byte("a 13800138000")), true, false},
		{"Base64 in quotes", "13800138000", `"` + encoded("", "13800138000") + `"`, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := NewPattern(layers.FeatureID(c.id))
			if got := p.Bytes([]byte(c.in)) >= 0; got != c.bytes {
				t.Errorf("bytes: got %v, want %v", got, c.bytes)
			}
			if got := p.Word([]byte(c.in)); got != c.word {
				t.Errorf("word: got %v, want %v", got, c.word)
			}
		})
	}
}

// TestFolder finds an id across the buffer's edge and not where it is accounted for.
func TestFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(name string, b []byte) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const id = "13800138000"
	p := NewPattern(id)
	put("clean", bytes.Repeat([]byte("1380013800 "), 10_000))
	for _, at := range []int{0, searchBuffer - 3, searchBuffer + p.longest() - 4, 2*searchBuffer + 5} {
		b := bytes.Repeat([]byte{'.'}, at)
		put("log/dirty", append(append(b, id...), "tail"...))
		put("log/known", []byte(id))
		var proof Proof
		if err := p.Folder(t.Context(), dir, &proof, func(path string) bool { return path == "log/known" }); err != nil {
			t.Fatal(err)
		}
		if proof.Files != 3 || proof.Bytes != int64(110_000+at+len(id)+4+len(id)) || proof.Found.Count != 1 {
			t.Fatalf("at %d: got %+v", at, proof)
		}
		var incomplete *IncompleteError
		if err := proof.Err(); !errors.As(err, &incomplete) || !strings.Contains(err.Error(), "file log/dirty at byte "+itoa(at)+";") {
			t.Errorf("got %v, want byte %d", err, at)
		}
	}
	for at := range 40 { // over the end of what is searched at once
		text := base64.StdEncoding.EncodeToString([]byte("12" + id + " and more"))
		for _, other := range []struct {
			text string
			want int
		}{{text, 1}, {base64.StdEncoding.EncodeToString([]byte("12" + id[:10] + "1 and more")), 0}} {
			put("log/dirty", append(bytes.Repeat([]byte{'.'}, searchBuffer+p.longest()-at), other.text...))
			var proof Proof
			if err := p.Folder(t.Context(), filepath.Join(dir, "log"), &proof, func(path string) bool { return path == "known" }); err != nil || proof.Found.Count != other.want {
				t.Fatalf("Base64 %d before the end: got %+v, %v, want %d", at, proof.Found, err, other.want)
			}
		}
	}
	var proof Proof
	if err := NewPattern("7").Folder(t.Context(), dir, &proof, nil); err != nil || proof.Plain || len(proof.Unsearched) != 1 || proof.Err() != nil {
		t.Errorf("short: got %+v, %v", proof, err)
	}
}

func itoa(n int) string {
	b, _ := json.Marshal(n)
	return string(b)
}

// TestPlaces: a report is bounded.
func TestPlaces(t *testing.T) {
	t.Parallel()
	var p Proof
	for range MaxPlaces + 5 {
		p.Found.Addf("message %d", 1)
	}
	if len(p.Found.Places) != MaxPlaces || !strings.Contains(p.Err().Error(), "and 5 more") {
		t.Errorf("got %d places: %v", len(p.Found.Places), p.Err())
	}
}
