package csvrow

import (
	"encoding/csv"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rows returns the rows of a text, a misquoted one as nil.
func rows(text string) (list [][]string) {
	var texts strings.Builder
	for b := []byte(text); len(b) > 0; {
		end, ok := End(b, ',', true)
		if end == 0 {
			return append(list, nil) // a quoted cell that is never closed
		}
		row := Trim(string(b[:end]))
		b = b[end:]
		switch {
		case row == "":
		case ok:
			list = append(list, Split(nil, row, ',', &texts))
		default:
			list = append(list, nil)
		}
	}
	return list
}

func TestRows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want [][]string
	}{
		"plain":          {"a,b\nc,d", [][]string{{"a", "b"}, {"c", "d"}}},
		"empty cells":    {",\n", [][]string{{"", ""}}},
		"CR LF":          {"a,b\r\nc\r\n", [][]string{{"a", "b"}, {"c"}}},
		"empty lines":    {"\n\na\n\r\n", [][]string{{"a"}}},
		"quotes":         {`"a,""b""",c`, [][]string{{`a,"b"`, "c"}}},
		"line in a cell": {"\"a\r\nb\",c\nd", [][]string{{"a\nb", "c"}, {"d"}}},
		"misplaced":      {"a\"b,c\nd\n", [][]string{nil, {"d"}}},
		"behind a quote": {"\"a\"b,c\nd\n", [][]string{nil, {"d"}}},
		"never closed":   {"a\n\"b\nc", [][]string{{"a"}, nil}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := rows(c.text); !cmp.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// FuzzRows holds what is read against encoding/csv, where that reads a text without an error.
func FuzzRows(f *testing.F) {
	for _, text := range []string{"a,b\nc", "\"a\"\"b\",\r\n", "\"a\r\nb\",c", ",,\n\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := rows(text)
		r := csv.NewReader(strings.NewReader(text))
		r.FieldsPerRecord = -1
		var want [][]string
		for {
			row, err := r.Read()
			if err == io.EOF {
				break
			}
			if err != nil {
				return
			}
			want = append(want, row)
		}
		if strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\r") {
			return // encoding/csv has its own mind about a CR alone
		}
		if !cmp.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if end := LastEnd([]byte(text), ',', true); end != len(text) {
			t.Errorf("the last row ends at %d of %d", end, len(text))
		}
	})
}
