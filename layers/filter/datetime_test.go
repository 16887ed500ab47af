package filter

import (
	"strings"
	"testing"

	"hutong/layers"
	"hutong/layers/column"
)

func TestDatetime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, text, filter string }{
		{"2024-05-01T08:30:00Z", "2024-05-01T08:30:00Z", "reported = TIMESTAMP('2024-05-01T08:30:00Z')"},
		{"2024-05-01T08:30:00.25+08:00", "2024-05-01T00:30:00.25Z", "reported = TIMESTAMP('2024-05-01T00:30:00.25Z')"},
		{"2024-05-01", "2024-05-01T00:00:00Z/2024-05-01T23:59:59.999999Z", "reported <= TIMESTAMP('2024-05-01T23:59:59.999999Z') AND reported >= TIMESTAMP('2024-05-01T00:00:00Z')"},
		{"2024-05-01/2024-05-01", "2024-05-01T00:00:00Z/2024-05-01T23:59:59.999999Z", "reported <= TIMESTAMP('2024-05-01T23:59:59.999999Z') AND reported >= TIMESTAMP('2024-05-01T00:00:00Z')"},
		{"2024-05-01/..", "2024-05-01T00:00:00Z/..", "reported >= TIMESTAMP('2024-05-01T00:00:00Z')"},
		{"2024-05-01/", "2024-05-01T00:00:00Z/..", "reported >= TIMESTAMP('2024-05-01T00:00:00Z')"},
		{"../2024-05-01T00:00:00Z", "../2024-05-01T00:00:00Z", "reported <= TIMESTAMP('2024-05-01T00:00:00Z')"},
		{"/2024-05-01", "../2024-05-01T23:59:59.999999Z", "reported <= TIMESTAMP('2024-05-01T23:59:59.999999Z')"},
		{"../..", "../..", "reported IS NOT NULL"},
		{"/", "../..", "reported IS NOT NULL"},
		{"2024-05-01T00:00:00Z/2024-05-01T00:00:00Z", "2024-05-01T00:00:00Z", "reported = TIMESTAMP('2024-05-01T00:00:00Z')"},
		{"1970-01-01T00:00:00Z/..", "1970-01-01T00:00:00Z/..", "reported >= TIMESTAMP('1970-01-01T00:00:00Z')"},
	} {
		d, err := ParseDatetime(c.in)
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if got := d.String(); got != c.text {
			t.Errorf("%s: got %s, want %s", c.in, got, c.text)
		}
		if again, err := ParseDatetime(c.text); err != nil || again != d {
			t.Errorf("%s: its text %s is %v, %v", c.in, c.text, again, err)
		}
		e, err := d.Expr(testSchema())
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if got := e.Text(); got != c.filter {
			t.Errorf("%s\n got %s\nwant %s", c.in, got, c.filter)
		}
		checkCanonical(t, e)
	}
	for _, c := range []struct{ in, has string }{
		{"", "found the datetime \"\""},
		{"yesterday", "want a time such as"},
		{"2024-05-01T08:30:00", "want a time such as"},
		{"2024-05-01/2024-05-02/2024-05-03", "found the datetime \"2024-05-02/2024-05-03\""},
		{"2024-05-02/2024-05-01", "ends before it starts"},
		{"2024-02-30", "want a time such as"},
		{strings.Repeat("2", 1000), "more than 128"},
	} {
		if _, err := ParseDatetime(c.in); err == nil || !strings.Contains(err.Error(), c.has) {
			t.Errorf("%.20s: got %v, want …%s…", c.in, err, c.has)
		}
	}
	d, err := ParseDatetime("2024-05-01")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Expr(&layers.Schema{Name: "trees"}); err == nil || !strings.Contains(err.Error(), "no time field") {
		t.Errorf("without a time field: got %v", err)
	}
}

// TestAnd joins a filter and a datetime.
func TestAnd(t *testing.T) {
	t.Parallel()
	schema := testSchema()
	d, err := ParseDatetime("2024-05-01/..")
	if err != nil {
		t.Fatal(err)
	}
	at, err := d.Expr(schema)
	if err != nil {
		t.Fatal(err)
	}
	where, err := Parse(Text, "votes > 1 AND reported IS NOT NULL", schema)
	if err != nil {
		t.Fatal(err)
	}
	both, err := And(where, at)
	if err != nil {
		t.Fatal(err)
	}
	const want = "reported >= TIMESTAMP('2024-05-01T00:00:00Z') AND votes >= 2"
	if both.Text() != want {
		t.Errorf("got %s, want %s", both.Text(), want)
	}
	if alone, err := And(where); err != nil || alone.Text() != where.Text() {
		t.Errorf("alone: got %v, %v", alone.Text(), err)
	}
	l, err := layers.New(schema, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	us := d.Start
	for i, id := range []layers.FeatureID{"before", "at", "few"} {
		values := make([]column.Value, 9)
		values[2], values[8] = column.IntOf(2-int64(i/2)), column.MicrosOf(us-1+int64(min(i, 1)))
		if _, err := l.Apply(layers.Batch{Layer: l.Name(), Changes: []layers.Change{{Feature: layers.Feature{ID: id, Values: values}}}}); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := selected(l.Snapshot(), Compile(both)); len(got) != 1 || !got["at"] {
		t.Errorf("got %v, want only at", got)
	}
}
