package filter

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"

	"hutong/layers/column"
)

// number is a number as it was written, as near as each kind of field needs it.
type number struct {
	float float64 // the nearest double; never −0
	floor int64   // the largest int that is not above it, when over is 0
	whole bool    // it is floor
	over  int     // −1 below all ints, 1 above all ints, else 0
}

// maxDigits bounds what [parseNumber] takes, so that no text makes it work long.
const maxDigits = 400

// parseNumber reads digits with an optional sign, point and exponent.
func parseNumber(s string) (number, error) {
	if i, err := strconv.ParseInt(strings.TrimPrefix(s, "+"), 10, 64); err == nil {
		return number{float: float64(i), floor: i, whole: true}, nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || len(s) > maxDigits {
		return number{}, errors.New("want a number that a double holds, at most 1.8e308 and of at most 400 digits")
	}
	n := numberOf(f)
	if r, ok := rational(s); ok { // the double may be whole where the text is not
		n.floor, n.whole, n.over = floorOf(r)
	}
	return n, nil
}

// numberIn is parseNumber of a text that stands in the filter.
func (r *reporter) numberIn(at place, text string) (number, error) {
	n, err := parseNumber(text)
	if err != nil {
		return number{}, r.fail(at, "", "found %s: %v", shown(text), err)
	}
	return n, nil
}

// rational returns s as it is, unless its exponent is so large that the nearest double says as much.
func rational(s string) (*big.Rat, bool) {
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		if e, err := strconv.Atoi(s[i+1:]); err != nil || e < -maxDigits || e > maxDigits {
			return nil, false
		}
	}
	return new(big.Rat).SetString(s)
}

// floorOf returns the fields of number for r.
func floorOf(r *big.Rat) (floor int64, whole bool, over int) {
	q, rest := new(big.Int).DivMod(r.Num(), r.Denom(), new(big.Int)) // Euclid's: down, since Denom is above 0
	if !q.IsInt64() {
		return 0, false, q.Sign()
	}
	return q.Int64(), rest.Sign() == 0, 0
}

// numberOf returns the number that a finite double is.
func numberOf(f float64) number {
	n := number{float: f + 0} // −0 + 0 is 0
	switch down := math.Floor(f); {
	case down >= 1<<63:
		n.over = 1
	case down < -1<<63:
		n.over = -1
	default:
		n.floor, n.whole = int64(down), down == f
	}
	return n
}

// order compares two numbers.
func (n number) order(o number) int {
	if n.over == 0 && o.over == 0 && n.whole && o.whole {
		return column.Order(column.IntOf(n.floor), column.IntOf(o.floor))
	}
	return column.Order(column.FloatOf(n.float), column.FloatOf(o.float))
}

// text writes the number in the fewest digits.
func (n number) text() string {
	if n.whole && n.over == 0 {
		return strconv.FormatInt(n.floor, 10)
	}
	return formatFloat(n.float)
}

// formatFloat writes f in the fewest digits that give it again.
func formatFloat(f float64) string { return string(column.AppendFloat(nil, f)) }
