package envelope

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// note is a document of these tests.
type note struct {
	Version int    `json:"version"`
	Text    string `json:"text,omitempty"`
}

var notes = Format{Name: "note", Most: 200, Version: 2}

// written are notes as they lie in files: the checksums are those that sha256sum prints of what stands behind "note": up to the
// last brace but one, that included.
var written = []struct {
	note note
	file string
}{
	{note{1, ""}, `{"sha256":"f96d1414b0d7a79ea8652d537863c487d58004a1abb188b95121e5f1d8fd52b3","note":{
 "version": 1
}}
`},
	{note{2, "a & <b> 胡同"}, `{"sha256":"d943b4f468cb771449e52a96aca532953d9d228b967f3a53563dd1f180e011ea","note":{
 "version": 2,
 "text": "a & <b> 胡同"
}}
`},
}

// TestWritten: files are these bytes, and are read.
func TestWritten(t *testing.T) {
	t.Parallel()
	for _, test := range written {
		got, err := notes.Encode(test.note)
		if err != nil || string(got) != test.file {
			t.Errorf("%v: error %v (-want +got):\n%s", test.note, err, cmp.Diff(test.file, string(got)))
		}
		var back note
		if err := notes.Decode([]byte(test.file), &back); err != nil || back != test.note {
			t.Errorf("got %v, %v, want %v", back, err, test.note)
		}
	}
	escaping := notes
	escaping.Escape = true
	got, err := escaping.Encode(written[1].note)
	if err != nil || !strings.Contains(string(got), `"a \u0026 \u003cb\u003e 胡同"`) {
		t.Errorf("got %s, %v", got, err)
	}
	var back note
	if err := notes.Decode(got, &back); err != nil || back != written[1].note {
		t.Errorf("got %v, %v, want %v", back, err, written[1].note)
	}
}

// TestRefused: what is not as it was written is refused with the reason, and leaves v as it was if it is newer.
func TestRefused(t *testing.T) {
	t.Parallel()
	whole := written[0].file
	seal := func(document string) string { return string(notes.Seal([]byte(document))) }
	for _, test := range []struct{ name, file, want string }{
		{"nothing", "", "does not start with a checksum"},
		{"a checksum alone", whole[:len(start)+sumLength], "cut off"},
		{"half a checksum", whole[:len(start)+sumLength/2], "does not start with a checksum"},
		{"bytes before it", " " + whole, "does not start with a checksum"},
		{"a line end more", whole + "\n", "cut off or has more than a checksum and a note"},
		{"no line end", strings.TrimSuffix(whole, "\n"), "cut off"},
		{"another name", strings.Replace(whole, `"note"`, `"nota"`, 1), "cut off or has more than a checksum and a note"},
		{"upper case", start + strings.ToUpper(whole[len(start):len(start)+sumLength]) + whole[len(start)+sumLength:], "bytes of it changed"},
		{"a byte changed", strings.Replace(whole, "1\n", "2\n", 1), "bytes of it changed"},
		{"too long", seal(`{"version":1,"text":"` + strings.Repeat("x", 200) + `"}`), "want at most 200"},
		{"no JSON", seal("{"), "unexpected end"},
		{"two documents", seal(`{"version":1} {"version":1}`), "after top-level value"},
		{"another member", seal(`{"version":1,"texts":""}`), "unknown field"},
		{"another type", seal(`{"version":1,"text":7}`), "cannot unmarshal"},
		{"newer", seal(`{"version":3,"texts":""}`), "it is of version 3, and this Hutong reads up to 2"},
	} {
		var v note
		err := notes.Decode([]byte(test.file), &v)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", test.name, err, test.want)
		}
		newer, is := errors.AsType[*NewerError](err)
		if is != (test.name == "newer") || is && (newer.Version != 3 || v != note{}) {
			t.Errorf("%s: got %v, %v", test.name, v, err)
		}
	}
	for at := range len(whole) {
		var v note
		if err := notes.Decode([]byte(whole[:at]), &v); err == nil {
			t.Errorf("its first %d bytes are taken for all", at)
		}
		for bit := range 8 {
			flipped := []byte(whole)
			flipped[at] ^= 1 << bit
			if err := notes.Decode(flipped, &v); err == nil {
				t.Errorf("bit %d of byte %d may be the other one", bit, at)
			}
		}
	}
}

// TestBounds: no longer file is written, or read to its end.
func TestBounds(t *testing.T) {
	t.Parallel()
	empty, err := notes.Encode(note{2, "x"})
	if err != nil {
		t.Fatal(err)
	}
	fits := strings.Repeat("x", notes.Most-len(empty)+1)
	file, err := notes.Encode(note{2, fits})
	if err != nil || len(file) != notes.Most {
		t.Fatalf("got %d bytes, %v, want %d", len(file), err, notes.Most)
	}
	if got, err := notes.Read(bytes.NewReader(file)); err != nil || !bytes.Equal(got, file) {
		t.Errorf("got %s, %v", got, err)
	}
	if _, err := notes.Encode(note{2, fits + "x"}); err == nil || !strings.Contains(err.Error(), "201 bytes: want at most 200") {
		t.Errorf("error %v", err)
	}
	endless := bytes.NewReader(make([]byte, 1000))
	if _, err := notes.Read(endless); err == nil || !strings.Contains(err.Error(), "want at most 200") || endless.Len() != 1000-notes.Most-1 {
		t.Errorf("%d bytes are left, error %v", endless.Len(), err)
	}
	broken := errors.New("broken")
	if _, err := notes.Read(io.MultiReader(strings.NewReader("x"), failing{broken})); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
	if _, err := notes.Encode(func() {}); err == nil {
		t.Error("a function was encoded")
	}
}

// failing is a reader that fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestSum(t *testing.T) {
	t.Parallel()
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if got := Sum(nil); got != empty {
		t.Errorf("got %s, want %s", got, empty)
	}
	for text, want := range map[string]bool{empty: true, "": false, empty[1:]: false, empty + "00": false, strings.ToUpper(empty): false, "x" + empty[1:]: false} {
		if got := IsSum(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

// FuzzOpen: what opens is what was sealed, byte for byte, and what was sealed opens.
func FuzzOpen(f *testing.F) {
	for _, test := range written {
		f.Add([]byte(test.file))
	}
	f.Add([]byte(start))
	f.Add([]byte(`{"version":3}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		format := Format{Name: "note", Most: 1 << 20, Version: 2}
		if document, err := format.Open(b); err == nil && !bytes.Equal(format.Seal(document), b) {
			t.Errorf("%q opens as %q, which is sealed otherwise", b, document)
		}
		sealed := format.Seal(b)
		document, err := format.Open(sealed)
		if len(sealed) > format.Most {
			return
		}
		if err != nil || !bytes.Equal(document, b) {
			t.Fatalf("%q is sealed and opens as %q, %v", b, document, err)
		}
		var v note
		if err := format.Decode(sealed, &v); err != nil {
			return
		}
		again, err := format.Encode(v)
		if err != nil {
			t.Fatal(err)
		}
		var back note
		if err := format.Decode(again, &back); err != nil || back != v {
			t.Errorf("got %v, %v, want %v", back, err, v)
		}
	})
}
