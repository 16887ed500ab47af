package ingest

import (
	"encoding/json"
	"strings"
	"testing"
)

var jsonSeeds = []string{
	`{}`, `[]`, `[1,2]`, `{"a":{"b":[true,false,null,"x\n\u00e9\ud83d\ude00"]}}`, `-0.5e+10`, `01`, `1.`, `.5`, `-`, `1e`, `1e+`, `tru`, `nulll`,
	`"abc`, `"\x"`, `"\u12g4"`, `"\u12`, `"\`, "\"a\x00b\"", "\"a\x1fb\"", "\"a\x7fb\"", "\"\xff\"", `{"a"}`, `{"a":}`, `{"a":1,}`, `[1,]`, `[1 2]`, `{,}`, `[`, `{`, `]`,
	`{"a":1]`, ` 1 `, "\n\t\r 1", "\v1", `1 1`, `"12345678"`, `"1234567\"9"`, `"123456\\"`, `"1234567é"`, `{"12345678":"12345678"}`,
	"\"abcdefg\x80\"", "\"a\xe9\x22", `""`,
}

// valid reports whether s is one JSON value for the scanner.
func valid(s string) (ok, tooDeep bool) {
	sc := scanner{s: s}
	i := sc.skip(sc.space(0), 0)
	if i >= 0 {
		return sc.space(i) == len(s), false
	}
	return false, sc.want == "less nesting"
}

func TestScannerAgreesWithEncodingJSON(t *testing.T) {
	t.Parallel()
	for _, s := range jsonSeeds {
		if got, _ := valid(s); got != json.Valid([]byte(s)) {
			t.Errorf("%q: got %v, want %v", s, got, !got)
		}
	}
	if _, deep := valid(strings.Repeat("[", 1e6)); !deep {
		t.Error("a million brackets are not refused as too deep")
	}
}

func FuzzJSON(f *testing.F) {
	for _, s := range jsonSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, deep := valid(s)
		if deep {
			return
		}
		if want := json.Valid([]byte(s)); got != want {
			t.Fatalf("%q: got %v, want %v", s, got, want)
		}
		var want string
		if got && json.Unmarshal([]byte(s), &want) == nil && strings.TrimSpace(s)[0] == '"' {
			trimmed := strings.Trim(s, " \t\r\n")
			text := strings.ToValidUTF8(plain(trimmed[1:len(trimmed)-1]), "\xff")
			if strings.Contains(text, "\xff") {
				return // encoding/json replaces what is not UTF-8; a mapping refuses it
			}
			if text != want {
				t.Fatalf("%q: got %q, want %q", s, text, want)
			}
		}
	})
}
