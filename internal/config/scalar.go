package config

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// meaning is what a scalar says before anything is known about what is wanted.
type meaning uint8

const (
	meansText meaning = iota
	meansNull
	meansBool
	meansInt
	meansFloat
	// meansUnclear is for what YAML readers disagree about: 010, 0x10, 1_000, yes, dates, 12:30:00,
	// .inf, and what should not have been read as a text at all. It is accepted as nothing at all; reason says how to write it instead.
	meansUnclear
)

var (
	decimalInt   = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)$`)
	decimalFloat = regexp.MustCompile(`^[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$`)
	zeroInt      = regexp.MustCompile(`^[-+]?0[0-9]+$`)
	otherInt     = regexp.MustCompile(`^[-+]?0[xXoObB][0-9a-fA-F_]+$`)
	zeroFloat    = regexp.MustCompile(`^[-+]?0[0-9_]+(\.[0-9_]*)?([eE][-+]?[0-9]+)?$`)
	grouped      = regexp.MustCompile(`^[-+]?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?$`)
	sexagesimal  = regexp.MustCompile(`^[-+]?[0-9]+(:[0-5]?[0-9])+(\.[0-9]*)?$`)
	timestamp    = regexp.MustCompile(`^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?$`)
	notFinite    = regexp.MustCompile(`^[-+]?\.(inf|Inf|INF|nan|NaN|NAN)$`)
	oldBool      = regexp.MustCompile(`^([Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF|True|TRUE|False|FALSE)$`)
)

// read returns what n says, and for [meansUnclear] what is unclear about it and how to write it.
func (n *node) read() (m meaning, reason string) {
	s := n.text
	switch {
	case !n.plain:
		return meansText, ""
	case s == "" || s == "~" || s == "null" || s == "Null" || s == "NULL":
		return meansNull, ""
	case s == "true" || s == "false":
		return meansBool, ""
	case decimalInt.MatchString(s):
		return meansInt, ""
	case decimalFloat.MatchString(s):
		if f, err := strconv.ParseFloat(s, 64); err != nil || math.IsInf(f, 0) {
			return meansUnclear, quote(s) + " is too large for a number"
		}
		return meansFloat, ""
	case zeroInt.MatchString(s), otherInt.MatchString(s):
		return meansUnclear, quote(s) + " is unclear, because readers of YAML take it for different numbers: write " + alternatives(s)
	case notFinite.MatchString(s):
		return meansUnclear, quote(s) + " is not a finite number"
	case zeroFloat.MatchString(s), grouped.MatchString(s):
		return meansUnclear, quote(s) + " is unclear: write the number with digits only and without zeros in front"
	case sexagesimal.MatchString(s):
		return meansUnclear, quote(s) + " is unclear, because some readers of YAML take it for a number to the base 60"
	case timestamp.MatchString(s):
		return meansUnclear, quote(s) + " is a date in YAML"
	case strings.Contains("}],%@`", s[:1]):
		return meansUnclear, "a text may not start with " + s[:1] + " in YAML"
	case oldBool.MatchString(s):
		return meansUnclear, quote(s) + " is unclear, because some readers of YAML take it for true or false"
	default:
		return meansText, ""
	}
}

// alternatives lists the decimal numbers that s may stand for.
func alternatives(s string) string {
	sign, digits := "", strings.TrimPrefix(strings.ReplaceAll(s, "_", ""), "+")
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	var found []string
	for _, base := range []int{10, 8} {
		if v, err := strconv.ParseUint(digits, base, 63); err == nil {
			found = append(found, sign+strconv.FormatUint(v, 10))
		}
	}
	if v, err := strconv.ParseUint(digits, 0, 63); err == nil && len(found) == 0 {
		found = append(found, sign+strconv.FormatUint(v, 10))
	}
	if len(found) == 0 {
		return "a decimal number"
	}
	if len(found) == 2 && found[0] == found[1] {
		found = found[:1]
	}
	return strings.Join(found, " or ")
}

// name says what a scalar is, for a message about something else being wanted.
func (m meaning) name(s string) string {
	switch m {
	case meansNull:
		return "nothing"
	case meansBool:
		return "true or false"
	case meansInt:
		return "the whole number " + s
	case meansFloat:
		return "the number " + s
	default:
		return "the text " + quote(s)
	}
}

// mustQuote says how to make a text of a scalar that is none; "" when n is a text.
func (n *node) mustQuote() string {
	m, reason := n.read()
	switch {
	case m == meansText:
		return ""
	case m == meansNull && n.text == "":
		return "is empty, where a text is wanted"
	case m == meansUnclear:
		return fmt.Sprintf("%s; for the text, quote it: %s", reason, quote(n.text))
	default:
		return fmt.Sprintf("is %s in YAML, where a text is wanted: quote it: %s", m.plainName(), quote(n.text))
	}
}

func (m meaning) plainName() string {
	switch m {
	case meansNull:
		return "null"
	case meansBool:
		return "a bool"
	default:
		return "a number"
	}
}
