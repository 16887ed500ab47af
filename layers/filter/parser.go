package filter

import (
	"slices"
	"strings"
)

// parser reads CQL2 text (OGC 21-065r2, annex B) by recursive descent. Operators bind, from the
// weakest: OR, AND, NOT, comparisons, + -, * / % div, ^, a sign.
type parser struct {
	lexer
	budget
	token token
	depth int // of brackets, functions and signs around the token
}

// parseText reads a filter in CQL2 text.
func parseText(text string) (*raw, error) {
	p := &parser{lexer: lexer{reporter: reporter{text: text}}}
	p.over = p.fail
	if err := p.advance(); err != nil {
		return nil, err
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.token.kind != tokenEnd {
		return nil, p.unexpected("AND, OR, an operator or the end")
	}
	return e, nil
}

func (p *parser) advance() (err error) {
	p.token, err = p.next()
	return err
}

func (p *parser) here() place { return place{offset: p.token.from} }

// unexpected is the error for the token, which is not what was wanted.
func (p *parser) unexpected(want string) error {
	if p.token.kind == tokenEnd {
		return p.fail(p.here(), "", "found the end of the filter: want %s", want)
	}
	return p.fail(p.here(), "", "found %s: want %s", shown(p.text[p.token.from:p.token.end]), want)
}

// is reports whether the token is the keyword, in any case.
func (p *parser) is(keyword string) bool {
	return p.token.kind == tokenWord && strings.EqualFold(p.token.text, keyword)
}

func (p *parser) sign(s string) bool { return p.token.kind == tokenSign && p.token.text == s }

// expect takes a sign.
func (p *parser) expect(sign, what string) error {
	if !p.sign(sign) {
		return p.unexpected(what)
	}
	return p.advance()
}

// deeper counts a level of nesting until the function that it returns is called.
func (p *parser) deeper() (up func(), err error) {
	if p.depth++; p.depth > MaxDepth {
		return nil, p.fail(p.here(), "depth", "this is more than %d levels deep", MaxDepth)
	}
	return func() { p.depth-- }, nil
}

func (p *parser) or() (*raw, error)  { return p.junction(kindOr, "OR", p.and) }
func (p *parser) and() (*raw, error) { return p.junction(kindAnd, "AND", p.not) }

func (p *parser) junction(k kind, keyword string, operand func() (*raw, error)) (*raw, error) {
	at := p.here()
	first, err := operand()
	if err != nil || !p.is(keyword) {
		return first, err
	}
	args := []*raw{first}
	for p.is(keyword) {
		if err := p.advance(); err != nil {
			return nil, err
		}
		next, err := operand()
		if err != nil {
			return nil, err
		}
		args = append(args, next)
	}
	return p.node(raw{kind: k, args: args, at: at})
}

func (p *parser) not() (*raw, error) {
	if !p.is("NOT") {
		return p.comparison()
	}
	at := p.here()
	up, err := p.deeper()
	if err != nil {
		return nil, err
	}
	defer up()
	if err := p.advance(); err != nil {
		return nil, err
	}
	e, err := p.not()
	if err != nil {
		return nil, err
	}
	return p.node(raw{kind: kindNot, args: []*raw{e}, at: at})
}

var comparisons = [...]string{"=", "<>", "<", "<=", ">", ">="}

func (p *parser) comparison() (*raw, error) {
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	at := p.here()
	if p.token.kind == tokenSign && slices.Contains(comparisons[:], p.token.text) {
		op := p.token.text
		if err := p.advance(); err != nil {
			return nil, err
		}
		right, err := p.sum()
		if err != nil {
			return nil, err
		}
		return p.node(raw{kind: kindCompare, op: op, args: []*raw{left, right}, at: at})
	}
	if p.is("IS") {
		return p.isNull(left)
	}
	negated := p.is("NOT")
	if negated {
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	var e *raw
	switch {
	case p.is("LIKE"):
		e, err = p.like(left)
	case p.is("BETWEEN"):
		e, err = p.between(left)
	case p.is("IN"):
		e, err = p.in(left)
	case negated:
		return nil, p.unexpected("LIKE, BETWEEN or IN behind NOT")
	default:
		return left, nil
	}
	if err != nil || !negated {
		return e, err
	}
	return p.node(raw{kind: kindNot, args: []*raw{e}, at: at})
}

func (p *parser) isNull(left *raw) (*raw, error) {
	at := p.here()
	if err := p.advance(); err != nil {
		return nil, err
	}
	negated := p.is("NOT")
	if negated {
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	if !p.is("NULL") {
		return nil, p.unexpected("NULL or NOT NULL behind IS")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	e, err := p.node(raw{kind: kindIsNull, args: []*raw{left}, at: at})
	if err != nil || !negated {
		return e, err
	}
	return p.node(raw{kind: kindNot, args: []*raw{e}, at: at})
}

func (p *parser) like(left *raw) (*raw, error) {
	at := p.here()
	if err := p.advance(); err != nil {
		return nil, err
	}
	pattern, err := p.sum()
	if err != nil {
		return nil, err
	}
	return p.node(raw{kind: kindLike, args: []*raw{left, pattern}, at: at})
}

func (p *parser) between(left *raw) (*raw, error) {
	at := p.here()
	if err := p.advance(); err != nil {
		return nil, err
	}
	from, err := p.sum()
	if err != nil {
		return nil, err
	}
	if !p.is("AND") {
		return nil, p.unexpected("AND between the two ends of BETWEEN")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	to, err := p.sum()
	if err != nil {
		return nil, err
	}
	return p.node(raw{kind: kindBetween, args: []*raw{left, from, to}, at: at})
}

func (p *parser) in(left *raw) (*raw, error) {
	at := p.here()
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.expect("(", "( and the values of IN"); err != nil {
		return nil, err
	}
	args := []*raw{left}
	for {
		v, err := p.sum()
		if err != nil {
			return nil, err
		}
		args = append(args, v)
		if err := p.values(v.at, len(args)-1); err != nil {
			return nil, err
		}
		if !p.sign(",") {
			break
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	if err := p.expect(")", ", and another value, or ) behind the last"); err != nil {
		return nil, err
	}
	return p.node(raw{kind: kindIn, args: args, at: at})
}

func (p *parser) sum() (*raw, error) { return p.leftwards(p.product, "+", "-") }
func (p *parser) product() (*raw, error) {
	return p.leftwards(p.power, "*", "/", "%", "div")
}

// leftwards reads operands with operators of one strength between them, from the left.
func (p *parser) leftwards(operand func() (*raw, error), ops ...string) (*raw, error) {
	left, err := operand()
	if err != nil {
		return nil, err
	}
	for {
		op := strings.ToLower(p.token.text)
		if p.token.kind != tokenSign && !p.is("div") || !slices.Contains(ops, op) {
			return left, nil
		}
		at := p.here()
		if err := p.advance(); err != nil {
			return nil, err
		}
		right, err := operand()
		if err != nil {
			return nil, err
		}
		if left, err = p.node(raw{kind: kindArith, op: op, args: []*raw{left, right}, at: at}); err != nil {
			return nil, err
		}
	}
}

func (p *parser) power() (*raw, error) {
	base, err := p.signed()
	if err != nil || !p.sign("^") {
		return base, err
	}
	at := p.here()
	up, err := p.deeper()
	if err != nil {
		return nil, err
	}
	defer up()
	if err := p.advance(); err != nil {
		return nil, err
	}
	exponent, err := p.power() // from the right
	if err != nil {
		return nil, err
	}
	return p.node(raw{kind: kindArith, op: "^", args: []*raw{base, exponent}, at: at})
}

// signed reads an operand with a sign, which binds closer than ^ (rule arithmeticFactor).
func (p *parser) signed() (*raw, error) {
	if !p.sign("+") && !p.sign("-") {
		return p.primary()
	}
	at, minus := p.here(), p.sign("-")
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.token.kind == tokenNumber {
		return p.numeral(at, minus)
	}
	if p.sign("+") || p.sign("-") {
		return nil, p.unexpected("a number, a property or ( behind a sign")
	}
	e, err := p.primary()
	if err != nil || !minus {
		return e, err
	}
	factor, err := p.node(raw{kind: kindNumber, number: numberOf(-1), at: at})
	if err != nil {
		return nil, err
	}
	return p.node(raw{kind: kindArith, op: "*", args: []*raw{factor, e}, at: at})
}

// numeral takes the number that the token is.
func (p *parser) numeral(at place, minus bool) (*raw, error) {
	n, err := p.digits(at, minus)
	if err != nil {
		return nil, err
	}
	return p.node(raw{kind: kindNumber, number: n, at: at})
}

// digits takes the number that the token is, as no operand.
func (p *parser) digits(at place, minus bool) (number, error) {
	text := p.token.text
	if minus {
		text = "-" + text
	}
	n, err := p.numberIn(at, text)
	if err != nil {
		return number{}, err
	}
	return n, p.advance()
}

const wantOperand = "a property, a value, a test like S_INTERSECTS(…) or ("

func (p *parser) primary() (*raw, error) {
	at, t := p.here(), p.token
	switch {
	case t.kind == tokenNumber:
		return p.numeral(at, false)
	case t.kind == tokenText:
		if err := p.advance(); err != nil {
			return nil, err
		}
		return p.node(raw{kind: kindText, text: t.text, at: at})
	case t.kind == tokenQuoted:
		if err := p.advance(); err != nil {
			return nil, err
		}
		return p.node(raw{kind: kindProperty, text: t.text, at: at})
	case p.sign("("):
		up, err := p.deeper()
		if err != nil {
			return nil, err
		}
		defer up()
		if err := p.advance(); err != nil {
			return nil, err
		}
		e, err := p.or()
		if err != nil {
			return nil, err
		}
		return e, p.expect(")", "AND, OR, an operator or )")
	case p.is("TRUE") || p.is("FALSE"):
		truth := p.is("TRUE")
		if err := p.advance(); err != nil {
			return nil, err
		}
		return p.node(raw{kind: kindBool, truth: truth, at: at})
	case t.kind != tokenWord:
		return nil, p.unexpected(wantOperand)
	case p.is("NULL"):
		return nil, p.fail(at, "", "found NULL: a comparison with it is never true; write IS NULL or IS NOT NULL")
	case reserved[strings.ToUpper(t.text)]:
		return nil, p.unexpected(wantOperand + "; a property of that name is written \"" + t.text + "\"")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.sign("(") || geometryWords[strings.ToUpper(t.text)] && p.token.kind == tokenWord && wktWords[strings.ToUpper(p.token.text)] {
		return p.function(t)
	}
	return p.node(raw{kind: kindProperty, text: t.text, at: at})
}
