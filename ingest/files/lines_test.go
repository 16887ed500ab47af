package files

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"hutong/internal/compress"
)

// line returns one feature with an id and, if votes is not "", votes.
func line(id, votes string) string {
	if votes != "" {
		votes = `,"votes":` + votes
	}
	return `{"type":"Feature","properties":{"id":"` + id + `"` + votes + `},"geometry":{"type":"Point","coordinates":[1.5,2.5]}}`
}

// ids returns the ids of what was published, in order.
func ids(t testing.TB, s *Source) (published, refused string, err error) {
	t.Helper()
	changes, sum, err := run(t, s)
	var in, out []string
	for i := range changes {
		in = append(in, string(changes[i].Feature.ID))
	}
	for _, r := range sum.Reasons {
		for _, e := range r.Examples {
			out = append(out, fmt.Sprintf("%s %d/%d", e.Reason, e.Line, e.Feature))
		}
	}
	return strings.Join(in, " "), strings.Join(out, " "), err
}

func TestLines(t *testing.T) {
	t.Parallel()
	a, b, c := line("a", ""), line("b", ""), line("c", "")
	tests := []struct{ name, text, published, refused, err string }{
		{"nothing", "", "", "", ""},
		{"blank", "\n \r\n\n", "", "", ""},
		{"lines", a + "\n" + b + "\n" + c + "\n", "a b c", "", ""},
		{"without the last line end", a + "\n" + b, "a b", "", ""},
		{"CR LF, blank lines and a mark", "\ufeff" + a + "\r\n\r\n" + b + "\r\n", "a b", "", ""},
		{"refusals", a + "\n{\n" + line("x", "1.5") + "\n\n" + c + "\n[]\n" + b, "a c b", "json 2/0 feature 6/0 type 3/0", ""},
		{"a text sequence", "\x1e" + a + "\n\x1e" + b + "\n\x1e" + c + "\n", "a b c", "", ""},
		{"a text sequence over lines", "\n\x1e" + strings.ReplaceAll(a, ",", ",\n") + "\n\x1e{\n}\n\x1e" + b, "a b", "feature 7/0", ""},
		{"separators in lines", a + "\n\x1e" + b + "\n", "a b", "", ""},
		{"UTF-16", "\xff\xfe{\x00", "", "", "UTF-16"},
	}
	for _, tt := range tests {
		for _, chunk := range []int{1, 16, 300, 0} {
			t.Run(fmt.Sprintf("%s/%d", tt.name, chunk), func(t *testing.T) {
				t.Parallel()
				s := source(t, Options{Mapping: reports(t)}, map[string]string{"f.ndjson": tt.text}, chunk)
				published, refused, err := ids(t, s)
				if published != tt.published || refused != tt.refused {
					t.Errorf("got %q, refused %q, want %q, refused %q", published, refused, tt.published, tt.refused)
				}
				checkError(t, err, tt.err)
			})
		}
	}
}

func checkError(t testing.TB, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("got error %v", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("got error %v, want one with %q", err, want)
	}
}

func TestLineBeyondTheLimit(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1000)
	a, b, c := line("a", ""), line("b", ""), line("c", "")
	text := a + "\n" + line(long, "") + "\n" + b + "\n\n" + line(long, "") + "\n" + line(long, "") + "\n" + c + "\n" + line(long, "")
	for _, sequence := range []bool{false, true} {
		text := text
		if sequence {
			text = "\x1e" + strings.ReplaceAll(text, "\n{", "\n\x1e{")
		}
		s := source(t, Options{Mapping: reports(t)}, map[string]string{"f.ndjson": text}, 64)
		s.limit = 512
		published, refused, err := ids(t, s)
		checkError(t, err, "")
		if want := "too_long 2/0 too_long 5/0 too_long 6/0 too_long 8/0"; published != "a b c" || refused != want {
			t.Errorf("sequence %v: got %q, refused %q, want a b c, refused %q", sequence, published, refused, want)
		}
	}
}

// packedTest is a compressed file, the ids of what it publishes, and a part of the error.
type packedTest struct{ name, file, text, published, err string }

func checkPacked(t *testing.T, tests []packedTest) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := source(t, Options{Mapping: reports(t)}, map[string]string{tt.file: tt.text}, 0)
			published, _, err := ids(t, s)
			if published != tt.published {
				t.Errorf("got %q, want %q", published, tt.published)
			}
			checkError(t, err, tt.err)
		})
	}
}

func gz(text string) string { return string(compress.AppendGzip(nil, []byte(text))) }

func TestGzip(t *testing.T) {
	t.Parallel()
	a, b := line("a", ""), line("b", "")
	whole := gz("\ufeff" + a + "\n" + b + "\n")
	checkPacked(t, []packedTest{
		{"by name", "f.ndjson.gz", whole, "a b", ""},
		{"by content", "f.ndjson", whole, "a b", ""},
		{"two members", "F.NDJSON.GZ", gz(a+"\n") + gz(b+"\n"), "a b", ""},
		{"not gzip", "f.ndjson.gz", a, "", "gzip header"},
		{"empty", "f.ndjson.gz", "", "", "gzip header"},
		{"cut off", "f.ndjson.gz", whole[:len(whole)-6], "a b", "after line 2: compress: gzip: unexpected EOF"},
	})
}

// zst returns a Zstandard frame of one raw block (RFC 8878 §3.1.1), which holds a text as it is.
func zst(text string) string {
	b := append([]byte("\x28\xb5\x2f\xfd"), 0xa0) // one segment, the size in four bytes
	b = binary.LittleEndian.AppendUint32(b, uint32(len(text)))
	header := uint32(len(text))<<3 | 1 // the last block
	return string(append(b, byte(header), byte(header>>8), byte(header>>16))) + text
}

func TestZstd(t *testing.T) {
	t.Parallel()
	a, b := line("a", ""), line("b", "")
	whole := zst("\ufeff" + a + "\n" + b + "\n")
	checkPacked(t, []packedTest{
		{"by name", "f.ndjson.zst", whole, "a b", ""},
		{"by content", "f.ndjson", whole, "a b", ""},
		{"two frames", "F.NDJSON.ZST", zst(a+"\n") + zst(b+"\n"), "a b", ""},
		{"not zstd", "f.ndjson.zst", a, "", "compress: zstd: "},
		{"empty", "f.ndjson.zst", "", "", "compress: zstd: unexpected EOF"},
		{"cut off", "f.ndjson.zst", whole[:len(whole)-6], "", "compress: zstd: unexpected EOF"},
		{"a table", "f.gpkg.zst", whole, "", "format gpkg is read in place: decompress the file first"},
	})
}
