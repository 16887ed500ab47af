package filter

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/layers"
	"hutong/layers/column"
)

// testSchema has two fields of every kind, so that each can be compared with another.
func testSchema() *layers.Schema {
	return &layers.Schema{
		Name: "complaints",
		Fields: []layers.Field{
			{Name: "category", Kind: column.String},
			{Name: "title", Kind: column.String},
			{Name: "votes", Kind: column.Int},
			{Name: "floor", Kind: column.Int},
			{Name: "score", Kind: column.Float},
			{Name: "height", Kind: column.Float},
			{Name: "urgent", Kind: column.Bool},
			{Name: "open", Kind: column.Bool},
			{Name: "reported", Kind: column.Time},
			{Name: "closed", Kind: column.Time},
			{Name: "select \"x\" 街", Kind: column.Int},
			{Name: "and", Kind: column.Int},
		},
		IDField: "id", TimeField: "reported",
	}
}

// checkCanonical checks that both encodings of e are read as e.
func checkCanonical(t testing.TB, e *Expr) {
	t.Helper()
	for lang, form := range map[Lang]string{Text: e.Text(), JSON: string(e.JSON())} {
		again, err := Parse(lang, form, e.schema)
		if err != nil {
			t.Fatalf("the canonical %s\n%s\nis refused: %v", lang, form, err)
		}
		if again.Text() != e.Text() || string(again.JSON()) != string(e.JSON()) {
			t.Fatalf("the canonical %s\n%s\nis read as\n%s\n%s\nnot\n%s", lang, form, again.Text(), again.JSON(), e.Text())
		}
	}
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"votes > 3", "votes >= 4"},
		{"3 < votes", "votes >= 4"},
		{"votes < 1.5", "votes <= 1"},
		{"votes >= 1.5", "votes >= 2"},
		{"votes > -1.5", "votes >= -1"},
		{"votes = 1.5", "FALSE"},
		{"votes <> 1.5", "votes IS NOT NULL"},
		{"NOT votes = 1.5", "votes IS NOT NULL"},
		{"votes < 1e30", "votes IS NOT NULL"},
		{"votes > 1e30", "FALSE"},
		{"votes > 9223372036854775807", "FALSE"},
		{"votes < 9223372036854775807.5", "votes <= 9223372036854775807"},
		{"votes = 1e2", "votes = 100"},
		{"votes = 4.0000000000000000000001", "FALSE"},
		{"score = 4", "score = 4"},
		{"score = 4.50", "score = 4.5"},
		{"score < 1e21", "score < 1e+21"},
		{"score = -0.0", "score = 0"},
		{"score > 1 + 2 * 3", "score > 7"},
		{"score > 7 div 2 ^ 1", "score > 3"},
		{"score > -2 ^ 2", "score > 4"},
		{"score > 2 ^ 3 ^ 2", "score > 512"},
		{"score > 1 / 0", "FALSE"},
		{"NOT score > 1 / 0", "FALSE"},
		{"score + 1 > 5", "1 + score > 5"},
		{"1 + score > 5 - height", "1 + score > 5 - height"},
		{"score + votes * 2 < height", "(2 * votes) + score < height"},
		{"-score < 2", "-1 * score < 2"},
		{"score = score", "score IS NOT NULL"},
		{"score < score", "FALSE"},
		{"votes = floor", "floor = votes"},
		{"votes < floor", "floor > votes"},
		{"category = 'it''s'", "category = 'it''s'"},
		{`category = 'it\'s \\ \n'`, `category = 'it''s \\ \n'`},
		{"category = 'b' OR category = 'a' OR category IN ('c', 'a')", "category IN ('a', 'b', 'c')"},
		{"category <> 'b' AND category <> 'a'", "category NOT IN ('a', 'b')"},
		{"category NOT IN ('a')", "category <> 'a'"},
		{"votes IN (3, 1, 3, 2.5)", "votes IN (1, 3)"},
		{"votes IN (2.5)", "FALSE"},
		{"CASEI(category) = CASEI('STRAẞE')", "CASEI(category) = 'straße'"},
		{"CASEI(category) = 'ABC'", "FALSE"},
		{"category = CASEI('ABC')", "category = 'abc'"},
		{"category LIKE 'a%%b'", "category LIKE 'a%b'"},
		{"category LIKE 'a%_%b'", "category LIKE 'a%_b'"},
		{"category LIKE 'abc'", "category = 'abc'"},
		{`category LIKE '50\%'`, "category = '50%'"},
		{`category LIKE '50\%%'`, `category LIKE '50\\%%'`},
		{"category NOT LIKE 'abc'", "category <> 'abc'"},
		{"category LIKE '%'", "category IS NOT NULL"},
		{"category NOT LIKE '%'", "FALSE"},
		{"CASEI(category) LIKE CASEI('Pot%')", "CASEI(category) LIKE 'pot%'"},
		{"'Pothole' LIKE 'Pot%'", "TRUE"},
		{"urgent", "urgent = TRUE"},
		{"NOT urgent", "urgent = FALSE"},
		{"urgent <> FALSE", "urgent = TRUE"},
		{"TRUE = urgent", "urgent = TRUE"},
		{"TRUE", "TRUE"},
		{"TRUE AND urgent", "urgent = TRUE"},
		{"FALSE AND urgent", "FALSE"},
		{"FALSE OR urgent", "urgent = TRUE"},
		{"urgent OR TRUE", "TRUE"},
		{"NOT (votes < 3 AND NOT urgent)", "urgent = TRUE OR votes >= 3"},
		{"votes = 1 AND (urgent AND (open AND urgent))", "open = TRUE AND urgent = TRUE AND votes = 1"},
		{"votes = 1 AND (urgent OR open)", "(open = TRUE OR urgent = TRUE) AND votes = 1"},
		{"votes BETWEEN 1 AND 3", "votes <= 3 AND votes >= 1"},
		{"votes NOT BETWEEN 1 AND 3", "votes <= 0 OR votes >= 4"},
		{"votes IS NOT NULL AND votes > 1", "votes >= 2"},
		{"votes IS NULL AND votes IS NULL", "votes IS NULL"},
		{"votes IS NOT NULL AND votes IS NOT NULL", "votes IS NOT NULL"},
		{"CASEI(title) IS NULL", "title IS NULL"},
		{"votes + 1 IS NULL", "1 + votes IS NULL"},
		{"id IS NULL", "FALSE"},
		{"geometry IS NOT NULL", "geometry IS NOT NULL"},
		{"id IN ('7', '07')", "id IN ('07', '7')"},
		{"\"votes\" = 1", "votes = 1"},
		{"\"and\" = 1", "\"and\" = 1"},
		{"\"select \"\"x\"\" 街\" = 1", "\"select \"\"x\"\" 街\" = 1"},
		{"reported = DATE('2024-05-01')", "reported < TIMESTAMP('2024-05-02T00:00:00Z') AND reported >= TIMESTAMP('2024-05-01T00:00:00Z')"},
		{"reported <> DATE('2024-05-01')", "reported < TIMESTAMP('2024-05-01T00:00:00Z') OR reported >= TIMESTAMP('2024-05-02T00:00:00Z')"},
		{"reported <= DATE('2024-05-01')", "reported < TIMESTAMP('2024-05-02T00:00:00Z')"},
		{"reported > DATE('9999-12-31')", "reported > TIMESTAMP('9999-12-31T23:59:59.999999Z')"},
		{"reported > TIMESTAMP('2024-05-01T08:00:00.5+08:00')", "reported > TIMESTAMP('2024-05-01T00:00:00.5Z')"},
		{"DATE('2024-05-01') < TIMESTAMP('2024-05-01T08:00:00Z')", "FALSE"},
		{"DATE('2024-05-01') = TIMESTAMP('2024-05-01T08:00:00Z')", "TRUE"},
		{"T_AFTER(reported, DATE('2024-05-01'))", "reported > TIMESTAMP('2024-05-01T23:59:59.999999Z')"},
		{"T_EQUALS(reported, DATE('2024-05-01'))", "reported <= TIMESTAMP('2024-05-01T23:59:59.999999Z') AND reported >= TIMESTAMP('2024-05-01T00:00:00Z')"},
		{"T_INTERSECTS(reported, INTERVAL('..', '..'))", "reported IS NOT NULL"},
		{"T_INTERSECTS(reported, INTERVAL('2024-05-01', '..'))", "reported >= TIMESTAMP('2024-05-01T00:00:00Z')"},
		{"T_DURING(reported, INTERVAL('2024-05-01T00:00:00Z', '2024-05-02T00:00:00Z'))", "reported < TIMESTAMP('2024-05-02T00:00:00Z') AND reported > TIMESTAMP('2024-05-01T00:00:00Z')"},
		{"NOT T_DURING(INTERVAL(reported, closed), INTERVAL('2024-05-01T00:00:00Z', '..'))", "closed IS NOT NULL AND reported <= TIMESTAMP('2024-05-01T00:00:00Z')"},
		{"T_MEETS(INTERVAL(reported, closed), INTERVAL(closed, '..'))", "closed IS NOT NULL AND reported IS NOT NULL"},
		{"S_INTERSECTS(BBOX(1,2,3,4), geometry)", "S_INTERSECTS(geometry, BBOX(1, 2, 3, 4))"},
		{"NOT S_INTERSECTS(geometry, BBOX(1,2,3,4))", "S_DISJOINT(geometry, BBOX(1, 2, 3, 4))"},
		{"S_CONTAINS(POLYGON((0 0,1 0,1 1,0 0)), geometry)", "S_WITHIN(geometry, POLYGON((0 0, 1 0, 1 1, 0 0)))"},
		{"NOT S_TOUCHES(geometry, POINT(1 2))", "NOT S_TOUCHES(geometry, POINT(1 2))"},
		{"S_INTERSECTS(geometry, BBOX(170, -10, 190, 10))", "S_INTERSECTS(geometry, BBOX(170, -10, -170, 10))"},
		{"S_INTERSECTS(geometry, BBOX(-500, -90, 500, 90))", "S_INTERSECTS(geometry, BBOX(-180, -90, 180, 90))"},
		{"S_INTERSECTS(geometry, MULTIPOINT(1 2, 3 4))", "S_INTERSECTS(geometry, MULTIPOINT((1 2), (3 4)))"},
		{"S_WITHIN(POINT(1 1), BBOX(0,0,2,2))", "TRUE"},
		{"s_within(point(1 1), bbox(2,2,3,3))", "FALSE"},
	} {
		e, err := Parse(Text, c.in, testSchema())
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if got := e.Text(); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.in, got, c.want)
		}
		checkCanonical(t, e)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lang           Lang
		in, where, has string
	}{
		{Text, "", "", "the filter is empty"},
		{Text, "\xff", "", "not UTF-8"},
		{Text, "vote > 3", "line 1, column 1", `there is no property "vote": did you mean "votes"? there are category, title, votes,`},
		{Text, "votes > 3 AND\n  titel = 'x'", "line 2, column 3", `did you mean "title"?`},
		{Text, "votes >", "line 1, column 8", "found the end of the filter: want a property"},
		{Text, "votes > 3 4", "line 1, column 11", `found "4": want AND, OR`},
		{Text, "1 < votes < 3", "line 1, column 11", `found "<"`},
		{Text, "votes = '3'", "line 1, column 7", `cannot compare "votes" of type int with the text "3": want a number`},
		{Text, "reported > '2024-05-01'", "line 1, column 10", "want TIMESTAMP('2024-05-01T08:30:00Z') or DATE('2024-05-01')"},
		{Text, "id = 7", "line 1, column 4", `"id" of type string with the number 7: want text`},
		{Text, "votes = NULL", "line 1, column 9", "write IS NULL"},
		{Text, "votes != 3", "line 1, column 7", "not equal is written <>"},
		{Text, "category = 'x", "line 1, column 12", "no closing '"},
		{Text, `category = 'C:\games'`, "line 1, column 15", `\\ for a backslash`},
		{Text, "urgent > TRUE", "line 1, column 8", "no order"},
		{Text, "votes", "line 1, column 1", "no condition"},
		{Text, "votes + 1", "line 1, column 7", "want a condition"},
		{Text, "title + 1 > 3", "line 1, column 1", "+ takes numbers"},
		{Text, "ACCENTI(title) = 'a'", "line 1, column 1", "ACCENTI is not supported"},
		{Text, "A_EQUALS(title, title)", "line 1, column 1", "no property is an array"},
		{Text, "Buffer(geometry)", "line 1, column 1", "there is no function"},
		{Text, "title LIKE title", "line 1, column 12", "want a pattern"},
		{Text, `title LIKE 'a\\'`, "line 1, column 12", "a backslash ends the pattern"},
		{Text, "votes LIKE 'a%'", "line 1, column 1", "LIKE compares text"},
		{Text, "geometry = 3", "line 1, column 1", "the geometry has no value"},
		{Text, "S_INTERSECTS(geom, BBOX(1,2,3,4))", "line 1, column 14", "called geometry"},
		{Text, "S_INTERSECTS(geometry, geometry)", "line 1, column 1", "with itself"},
		{Text, "S_INTERSECTS(geometry, BBOX(1,2,3,4,5,6))", "line 1, column 24", "no feature has one"},
		{Text, "S_INTERSECTS(geometry, BBOX(1,2,3))", "line 1, column 24", "has 3 numbers: want four"},
		{Text, "S_INTERSECTS(geometry, BBOX(1,4,3,2))", "line 1, column 24", "north of the north"},
		{Text, "S_INTERSECTS(geometry, BBOX(1,2,3,95))", "line 1, column 24", "not within ±90"},
		{Text, "S_INTERSECTS(geometry, POLYGON((0 0, 1 0, 1 1)))", "line 1, column 24", "not closed"},
		{Text, "S_INTERSECTS(geometry, POLYGON((0 0, 2 2, 2 0, 0 2, 0 0)))", "line 1, column 24", "not valid"},
		{Text, "S_INTERSECTS(geometry, POINT Z (1 2 3))", "line 1, column 30", "no feature has a height"},
		{Text, "S_INTERSECTS(geometry, POINT(1 2 3))", "line 1, column 34", "want , or )"},
		{Text, "S_INTERSECTS(geometry, POINT EMPTY)", "line 1, column 24", "empty geometry"},
		{Text, "S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POINT(1 2)))", "line 1, column 24", "collections"},
		{Text, "S_INTERSECTS(geometry, LINESTRING(1 2))", "line 1, column 24", "no length"},
		{Text, "S_INTERSECTS(geometry, POINT(541 2))", "line 1, column 24", "±540"},
		{Text, "reported > DATE('2024-13-01')", "line 1, column 12", "want a day"},
		{Text, "reported > TIMESTAMP('2024-05-01')", "line 1, column 12", "want a time"},
		{Text, "reported > TIMESTAMP('2024-05-01T00:00:00.1234567Z')", "line 1, column 12", "microseconds"},
		{Text, "T_DURING(reported, DATE('2024-05-01'))", "line 1, column 20", "wants an interval"},
		{Text, "T_STARTS(reported, INTERVAL('..','..'))", "line 1, column 10", "wants an interval"},
		{Text, "T_AFTER(votes, DATE('2024-05-01'))", "line 1, column 9", "want a property of type time"},
		{Text, "T_AFTER(reported, INTERVAL('2024-05-02','2024-05-01'))", "line 1, column 19", "ends before"},
		{JSON, `{"op":"=","args":[{"property":"vote"},3]}`, "$.args[0]", `did you mean "votes"?`},
		{JSON, `{"op":"=","args":[{"property":"votes"}]}`, "$.args", `found 1 arguments of "=": want two`},
		{JSON, `{"op":"and","args":[true]}`, "$.args", "want two or more"},
		{JSON, `{"op":"==","args":[1,1]}`, "$.op", "there is no operator"},
		{JSON, `{"op":"=","args":[{"property":"votes"},null]}`, "$.args[1]", "isNull"},
		{JSON, `{"op":"=","op":"<","args":[]}`, "$", "stands twice"},
		{JSON, `{"op":"=","args":[1,1],"x":1}`, "$", `found the member "x"`},
		{JSON, `{"op":"in","args":[{"property":"votes"},[]]}`, "$.args[1]", "want an array of one value"},
		{JSON, `{"op":"s_intersects","args":[{"property":"geometry"},{"type":"Point","coordinates":[1,2,3]}]}`, "$.args[1].coordinates", "no feature has a height"},
		{JSON, `{"op":"t_after","args":[{"property":"reported"},{"interval":["x",".."]}]}`, "$.args[1].interval[0]", `found "x"`},
		{JSON, `{"op":`, "$.op", "not JSON"},
		{JSON, `true false`, "$", "behind the filter"},
		{JSON, `[1]`, "$", "found an array"},
	} {
		_, err := Parse(c.lang, c.in, testSchema())
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: got %v, want an *Error", c.in, err)
			continue
		}
		if e.Where != c.where || !strings.Contains(e.Reason, c.has) || e.Limit != "" {
			t.Errorf("%s\n got %v\nwant %s: …%s…", c.in, e, c.where, c.has)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	ring := "0 0" + strings.Repeat(", 1 1", MaxVertices-1)
	for _, c := range []struct {
		name, in, limit string
	}{
		{"text", "votes = 1" + strings.Repeat(" ", MaxText), "text"},
		{"brackets", strings.Repeat("(", MaxDepth+1) + "urgent" + strings.Repeat(")", MaxDepth+1), "depth"},
		{"NOT", strings.Repeat("NOT ", MaxDepth+1) + "urgent", "depth"},
		{"sums", "votes" + strings.Repeat(" + votes", MaxDepth) + " > 1", "depth"},
		{"powers", "votes" + strings.Repeat(" ^ votes", MaxDepth) + " > 1", "depth"},
		{"nodes", "urgent" + strings.Repeat(" AND open", MaxNodes), "nodes"},
		{"vertices", "S_INTERSECTS(geometry, LINESTRING(" + ring + ", 2 2))", "vertices"},
		{"vertices together", "S_INTERSECTS(geometry, MULTIPOINT(" + ring + ")) AND S_INTERSECTS(geometry, POINT(1 1))", "vertices"},
		{"values", "votes IN (1" + strings.Repeat(", 1", MaxValues) + ")", "values"},
		{"pattern", "title LIKE '" + strings.Repeat("a", MaxPattern) + "%'", "pattern"},
		{"cost", "title LIKE '%" + strings.Repeat("a%", MaxPattern/2-1) + "'" + func() string {
			var b strings.Builder
			for i := range 20 {
				b.WriteString(" OR title LIKE '%" + strings.Repeat(string(rune('b'+i))+"%", MaxPattern/2-1) + "'")
			}
			return b.String()
		}(), "cost"},
		{"canonical text", "urgent" + func() string {
			var b strings.Builder
			for i := range 60 {
				b.WriteString(" OR reported <> DATE('20" + string(rune('0'+i/10)) + string(rune('0'+i%10)) + "-01-01') AND urgent")
			}
			return b.String()
		}(), "nodes"},
	} {
		_, err := Parse(Text, c.in, testSchema())
		var e *Error
		if !errors.As(err, &e) || e.Limit != c.limit {
			t.Errorf("%s: got %v, want the limit %s", c.name, err, c.limit)
		}
	}
	for _, c := range []struct{ name, in, limit string }{
		{"depth", strings.Repeat(`{"op":"not","args":[`, MaxDepth) + "true" + strings.Repeat("]}", MaxDepth), "depth"},
		{"brackets", strings.Repeat("[", MaxJSON-1), "depth"},
		{"values", `{"op":"in","args":[{"property":"votes"},[` + strings.Repeat("1,", MaxValues) + `1]]}`, "values"},
		{"text", `"` + strings.Repeat("a", MaxJSON) + `"`, "text"},
	} {
		_, err := Parse(JSON, c.in, testSchema())
		var e *Error
		if !errors.As(err, &e) || e.Limit != c.limit && c.name != "brackets" {
			t.Errorf("JSON %s: got %v, want the limit %s", c.name, err, c.limit)
		}
	}
	// What is just within them is accepted.
	for _, in := range []string{
		strings.Repeat("(", MaxDepth-1) + "urgent" + strings.Repeat(")", MaxDepth-1),
		"votes" + strings.Repeat(" + votes", MaxDepth-2) + " > 1",
		"votes IN (1" + strings.Repeat(", 1", MaxValues-1) + ")",
		"title LIKE '" + strings.Repeat("a", MaxPattern-1) + "%'",
		"S_INTERSECTS(geometry, MULTIPOINT(" + ring + "))",
	} {
		if _, err := Parse(Text, in, testSchema()); err != nil {
			t.Errorf("%.40s…: %v", in, err)
		}
	}
}

// TestEncodings reads what the standard and its draft write.
func TestEncodings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ json, text string }{
		{`{"op":"like","args":[{"op":"casei","args":[{"property":"title"}]},{"op":"casei","args":["Pot%"]}]}`, "CASEI(title) LIKE CASEI('Pot%')"},
		{`{"op":"in","args":[{"casei":{"property":"title"}},[{"casei":"A"},{"casei":"B"}]]}`, "CASEI(title) IN (CASEI('A'), CASEI('B'))"},
		{`{"op":"not","args":[{"op":"between","args":[{"property":"votes"},1,2]}]}`, "votes NOT BETWEEN 1 AND 2"},
		{`{"op":">","args":[{"op":"div","args":[{"property":"votes"},2]},{"op":"%","args":[{"property":"floor"},3]}]}`, "votes div 2 > floor % 3"},
		{`{"op":"s_within","args":[{"property":"geometry"},{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}]}`, "S_WITHIN(geometry, POLYGON((0 0, 1 0, 1 1, 0 0)))"},
		{`{"op":"s_intersects","args":[{"property":"geometry"},{"bbox":[160.6,-55.95,-170,-25.89]}]}`, "S_INTERSECTS(geometry, BBOX(160.6,-55.95,-170,-25.89))"},
		{
			`{"op":"t_during","args":[{"interval":[{"property":"reported"},{"property":"closed"}]},{"interval":["1969-07-16","1969-07-24T16:50:35Z"]}]}`,
			"T_DURING(INTERVAL(reported, closed), INTERVAL('1969-07-16', '1969-07-24T16:50:35Z'))",
		},
		{`{"op":"t_finishedBy","args":[{"interval":["..",{"property":"closed"}]},{"interval":["1969-07-16",".."]}]}`, "t_finishedby(INTERVAL('..', closed), INTERVAL('1969-07-16', '..'))"},
		{`{"op":"isNull","args":[{"property":"geometry"}]}`, "geometry IS NULL"},
		{`{"property":"urgent"}`, "urgent"},
		{`{"op":">=","args":[{"property":"reported"},{"date":"1970-01-01"}]}`, "reported >= date('1970-01-01')"},
	} {
		fromJSON, err := Parse(JSON, c.json, testSchema())
		if err != nil {
			t.Errorf("%s: %v", c.json, err)
			continue
		}
		fromText, err := Parse(Text, c.text, testSchema())
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if diff := cmp.Diff(fromText.Text(), fromJSON.Text()); diff != "" {
			t.Errorf("%s: the encodings differ (-text +json):\n%s", c.text, diff)
		}
		checkCanonical(t, fromText)
	}
}
