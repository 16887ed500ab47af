package topic

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"
)

func TestAnnotate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ payload, want string }{
		{`{"t":21.5}`, `{"t":21.5,"$topic":"a/7","$1":"a","$2":"7"}`},
		{" {\n} ", `{"$topic":"a/7","$1":"a","$2":"7"}`},
		{`{"$1":"mine"}`, `{"$1":"mine","$topic":"a/7","$1":"a","$2":"7"}`},
		{`21.5`, `{"$value":21.5,"$topic":"a/7","$1":"a","$2":"7"}`},
		{` "open" `, `{"$value":"open","$topic":"a/7","$1":"a","$2":"7"}`},
		{`true`, `{"$value":true,"$topic":"a/7","$1":"a","$2":"7"}`},
		{`null`, `null`},
		{`[1]`, `[1]`},
		{`open`, `open`},
		{`1,"$topic":"b"`, `1,"$topic":"b"`},
		{`{"t":`, `{"t":`},
		{`{`, `{`},
		{``, ``},
		{` `, ` `},
	} {
		if got := string(Annotate([]byte(test.payload), "a/7", []string{"a", "7"})); got != test.want {
			t.Errorf("%s: got %s, want %s", test.payload, got, test.want)
		}
	}
	if got, want := string(Annotate([]byte("1"), "a\"b\n", nil)), `{"$value":1,"$topic":"a\"b\n"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// FuzzAnnotate: no payload and no topic can make a record that is valid of one that is not, or say
// something else of where it came from.
func FuzzAnnotate(f *testing.F) {
	for _, payload := range []string{`{"a":1}`, `{"a":"}`, `{"a":"\}`, `{"a":[1}`, `{"$topic":"x"}`, `1`, `"a"`, `{}`, `{,}`, `}`, `{}}`} {
		f.Add([]byte(payload), "a/b", "b")
	}
	f.Add([]byte(`{"a":"}`), `x","$topic":"y`, `","`)
	f.Fuzz(func(t *testing.T, payload []byte, topic, level string) {
		if !utf8.ValidString(topic) || !utf8.ValidString(level) {
			return // no protocol lets it in
		}
		before := string(payload)
		checkAnnotated(t, payload, Annotate(payload, topic, []string{level}), topic, level)
		if string(payload) != before {
			t.Fatal("the payload was changed")
		}
	})
}

// checkAnnotated compares what Annotate returned with the payload, as encoding/json reads both.
func checkAnnotated(t *testing.T, payload, got []byte, topic, level string) {
	t.Helper()
	if bytes.Equal(payload, got) {
		var v any
		if json.Unmarshal(payload, &v) == nil && bytes.Trim(payload, jsonSpace)[0] != '[' && v != nil {
			t.Fatalf("%q is JSON and got no topic", payload)
		}
		return
	}
	if json.Valid(payload) != json.Valid(got) {
		t.Fatalf("%q, valid %v, became %q, valid %v", payload, json.Valid(payload), got, json.Valid(got))
	}
	if !json.Valid(got) {
		return
	}
	var record map[string]json.RawMessage
	if err := json.Unmarshal(got, &record); err != nil {
		t.Fatalf("%q: %v", got, err)
	}
	for name, want := range map[string]string{"$topic": topic, "$1": level} {
		var text string
		if err := json.Unmarshal(record[name], &text); err != nil || text != want {
			t.Fatalf("%q: %s is %q, %v, want %q", got, name, text, err, want)
		}
		delete(record, name)
	}
	if bytes.Trim(payload, jsonSpace)[0] != '{' {
		if want := bytes.Trim(payload, jsonSpace); !bytes.Equal(record["$value"], want) || len(record) != 1 {
			t.Fatalf("%q: $value is %q, want %q", got, record["$value"], want)
		}
		return
	}
	var own map[string]json.RawMessage
	if err := json.Unmarshal(payload, &own); err != nil {
		t.Fatal(err)
	}
	delete(own, "$topic")
	delete(own, "$1")
	if len(own) != len(record) {
		t.Fatalf("%q: %d members of its own, want %d", got, len(record), len(own))
	}
	for name, want := range own {
		if !bytes.Equal(record[name], want) {
			t.Fatalf("%q: %s is %q, want %q", got, name, record[name], want)
		}
	}
}
