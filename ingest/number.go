package ingest

import (
	"math"
	"strconv"
)

var pow10 = [...]float64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// parseFloat returns the double nearest to a decimal number; what strconv takes beyond decimals
// (hexadecimal, infinities, NaN, underscores) is refused, and so is a number beyond the doubles.
//
// A number of at most 15 digits whose power of ten is at most 22 is one correctly rounded division
// of two exact doubles (Clinger 1990); the others go to strconv.
func parseFloat(s string) (f float64, ok bool) {
	i, negative := 0, false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		i, negative = 1, s[0] == '-'
	}
	var m uint64
	start := i
	for i < len(s) && isDigit(s[i]) {
		m = m*10 + uint64(s[i]-'0')
		i++
	}
	n, decimals := i-start, 0
	if i < len(s) && s[i] == '.' {
		start = i + 1
		for i = start; i < len(s) && isDigit(s[i]); i++ {
			m = m*10 + uint64(s[i]-'0')
		}
		decimals = i - start
		n += decimals
	}
	if i == len(s) && n > 0 && n <= 15 {
		f = float64(m) / pow10[decimals]
		if negative {
			f = -f
		}
		return f, true
	}
	for i := range len(s) {
		switch c := s[i]; c {
		case '+', '-', '.', 'e', 'E':
		default:
			if !isDigit(c) {
				return 0, false
			}
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// parseInt returns the exact value of a decimal number times 10^shift; ok is false when that is no
// integer, or no int64. "3.0" and "3e2" are integers, "3.7" is none.
func parseInt(s string, shift int) (v int64, ok bool) {
	i, negative := 0, false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		i, negative = 1, s[0] == '-'
	}
	var m uint64        // the digits so far, without the zeros at their end
	zeros, seen := 0, 0 // those zeros, and all digits
	exponent, point := shift, false
	for ; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '0':
			zeros++
		case isDigit(c):
			if m, ok = timesPow10(m, zeros+1); !ok || m > math.MaxUint64-9 {
				return 0, false
			}
			m, zeros = m+uint64(c-'0'), 0
		case c == '.' && !point:
			point = true
			continue
		case (c == 'e' || c == 'E') && seen > 0:
			e, err := strconv.Atoi(s[i+1:])
			if err != nil || e > 1<<20 || e < -1<<20 {
				return 0, false
			}
			exponent += e
			i = len(s)
			continue
		default:
			return 0, false
		}
		seen++
		if point {
			exponent--
		}
	}
	if seen == 0 {
		return 0, false
	}
	if m == 0 {
		return 0, true
	}
	if exponent += zeros; exponent < 0 {
		return 0, false
	}
	if m, ok = timesPow10(m, exponent); !ok {
		return 0, false
	}
	switch {
	case negative && m <= 1<<63:
		return -int64(m), true
	case !negative && m < 1<<63:
		return int64(m), true
	}
	return 0, false
}

// timesPow10 returns m·10^n unless that is beyond a uint64.
func timesPow10(m uint64, n int) (uint64, bool) {
	if m == 0 {
		return 0, true
	}
	for ; n > 0; n-- {
		if m > math.MaxUint64/10 {
			return 0, false
		}
		m *= 10
	}
	return m, true
}
