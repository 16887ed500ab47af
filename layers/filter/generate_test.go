package filter

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// generator writes random filters for [testSchema] whose constants meet what [randomFeature] makes.
type generator struct {
	*rand.Rand
	spatial bool
}

func (g *generator) pick(of ...string) string { return of[g.IntN(len(of))] }

// condition writes a condition of at most depth levels.
func (g *generator) condition(depth int) string {
	if depth > 0 && g.IntN(3) > 0 {
		switch g.IntN(4) {
		case 0:
			return "NOT (" + g.condition(depth-1) + ")"
		default:
			join := g.pick(" AND ", " OR ")
			kids := make([]string, 2+g.IntN(2))
			for i := range kids {
				kids[i] = "(" + g.condition(depth-1) + ")"
			}
			return strings.Join(kids, join)
		}
	}
	kinds := 13
	if g.spatial {
		kinds = 16
	}
	switch g.IntN(kinds) {
	case 0:
		return g.number() + g.compare() + g.number()
	case 1:
		return g.text() + g.compare() + g.text()
	case 2:
		return g.time() + g.compare() + g.time()
	case 3:
		return g.pick("urgent", "open", "TRUE", "FALSE", "urgent = open", "open <> TRUE", "FALSE = urgent", "urgent IN (TRUE, open)")
	case 4:
		return g.number() + g.pick(" BETWEEN ", " NOT BETWEEN ") + g.number() + " AND " + g.number()
	case 5:
		return g.list(g.number)
	case 6:
		return g.list(g.text)
	case 7:
		return g.list(g.time)
	case 8, 9:
		return g.text() + g.pick(" LIKE ", " NOT LIKE ") + g.pattern()
	case 10:
		return g.pick(g.number(), "category", "title", "CASEI(title)", "urgent", "reported", "closed", "id", "geometry") + g.pick(" IS NULL", " IS NOT NULL")
	case 11, 12:
		return g.temporal()
	default:
		return g.place()
	}
}

func (g *generator) list(of func() string) string {
	values := make([]string, 1+g.IntN(4))
	for i := range values {
		values[i] = of()
	}
	return of() + g.pick(" IN ", " NOT IN ") + "(" + strings.Join(values, ", ") + ")"
}

func (g *generator) compare() string { return " " + g.pick("=", "<>", "<", "<=", ">", ">=") + " " }

func (g *generator) number() string {
	switch g.IntN(8) {
	case 0, 1:
		return strconv.Itoa(g.IntN(7) - 2)
	case 2:
		return g.pick("1.5", "-0.5", "2.0", "1e1", "0.25", "1e300", "-1e19", "9223372036854775807", "9223372036854775806", "-9223372036854775808")
	case 3:
		return "(" + g.number() + " " + g.pick("+", "-", "*", "/", "%", "div", "^") + " " + g.number() + ")"
	case 4:
		return "-" + g.pick("votes", "score")
	default:
		return g.pick("votes", "floor", "score", "height")
	}
}

// words are the texts that features and filters have.
var words = []string{"", "a", "A", "b", "ab", "aB", "abc", "ß", "ẞ", "街", "a%", "a_b", "Main Street 12", "main street 7", "it's", `back\slash`}

func quoted(s string) string {
	var b strings.Builder
	writeText(&b, s)
	return b.String()
}

func (g *generator) text() string {
	switch g.IntN(7) {
	case 0:
		return quoted(g.pick(words...))
	case 1:
		return "CASEI(" + g.pick("category", "title", "id", quoted(g.pick(words...))) + ")"
	case 2:
		return g.pick("id", quoted(strconv.Itoa(g.IntN(20))), "'x3'", "'07'")
	default:
		return g.pick("category", "title")
	}
}

func (g *generator) pattern() string {
	var b strings.Builder
	for range 1 + g.IntN(4) {
		b.WriteString(g.pick("%", "%", "_", "a", "B", "街", "1", "Main", `\%`, `\_`, `\\`, "x", "st"))
	}
	p := quoted(b.String())
	if g.IntN(3) == 0 {
		return "CASEI(" + p + ")"
	}
	return p
}

// second returns a time of a few, most of which features have, with seconds.
func (g *generator) second() string {
	return fmt.Sprintf("2024-05-0%dT%s:00Z", 1+g.IntN(4), g.pick("00:00", "12:30", "23:59"))
}

func (g *generator) day() string { return fmt.Sprintf("2024-05-0%d", 1+g.IntN(4)) }

func (g *generator) time() string {
	switch g.IntN(5) {
	case 0:
		return "DATE('" + g.day() + "')"
	case 1:
		return "TIMESTAMP('" + g.second() + "')"
	default:
		return g.pick("reported", "closed")
	}
}

func (g *generator) temporal() string {
	test := g.pick("T_AFTER", "T_BEFORE", "T_DISJOINT", "T_EQUALS", "T_INTERSECTS", "T_CONTAINS", "T_DURING", "T_FINISHES", "T_FINISHEDBY",
		"T_MEETS", "T_METBY", "T_OVERLAPS", "T_OVERLAPPEDBY", "T_STARTS", "T_STARTEDBY")
	first, second := g.interval(), g.interval()
	if temporalTests[test] || test == "T_DURING" {
		first = g.pick(first, g.time())
	}
	if temporalTests[test] || test == "T_CONTAINS" {
		second = g.pick(second, g.time())
	}
	return test + "(" + first + ", " + second + ")"
}

func (g *generator) interval() string {
	switch g.IntN(4) {
	case 0:
		return "INTERVAL(reported, closed)"
	case 1:
		return "INTERVAL(" + g.pick("'..'", "reported", "'"+g.day()+"'") + ", '..')"
	case 2:
		return "INTERVAL('..', " + g.pick("closed", "'"+g.second()+"'") + ")"
	}
	from, to := 1+g.IntN(4), 1+g.IntN(4)
	if from > to {
		from, to = to, from
	}
	return fmt.Sprintf("INTERVAL('2024-05-0%d', '2024-05-0%d%s')", from, to, g.pick("", "T23:30:00Z"))
}

// place tests places on the grid of whole degrees on which features are.
func (g *generator) place() string {
	test := g.pick("S_INTERSECTS", "S_INTERSECTS", "S_DISJOINT", "S_WITHIN", "S_CONTAINS", "S_EQUALS", "S_TOUCHES", "S_CROSSES", "S_OVERLAPS")
	args := []string{"geometry", g.shape()}
	if g.IntN(3) == 0 {
		args[0], args[1] = args[1], args[0]
	}
	return test + "(" + args[0] + ", " + args[1] + ")"
}

func (g *generator) shape() string {
	x, y := g.IntN(6), g.IntN(6)
	w, h := 1+g.IntN(4), 1+g.IntN(4)
	switch g.IntN(7) {
	case 0:
		return fmt.Sprintf("POINT(%d %d)", x, y)
	case 1:
		return fmt.Sprintf("MULTIPOINT(%d %d, %d %d)", x, y, x+w, y)
	case 2:
		return fmt.Sprintf("LINESTRING(%d %d, %d %d, %d %d)", x, y, x+w, y, x+w, y+h)
	case 3:
		return fmt.Sprintf("POLYGON((%d %d, %d %d, %d %d, %d %d))", x, y, x+w, y, x, y+h, x, y)
	case 4:
		return fmt.Sprintf("MULTIPOLYGON(((%d %d, %d %d, %d %d, %d %d, %d %d)), ((20 20, 21 20, 20 21, 20 20)))", x, y, x+w, y, x+w, y+h, x, y+h, x, y)
	case 5:
		return fmt.Sprintf("BBOX(%d, %d, %d, %d)", 170+x, y, -180+w, y+h)
	default:
		return fmt.Sprintf("BBOX(%d, %d, %d, %d)", x, y, x+w, y+h)
	}
}
