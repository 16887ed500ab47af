package sprite

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"hutong/styles/sdf"
)

// maxCoordinate is the largest number that path data may have.
const maxCoordinate = 1e5

// errPath is what is wrong with path data, with the byte that it was noticed at in front.
var errPath = errors.New("the path data is malformed")

// pen draws path data (SVG 2 §9.3) into an outline, each point moved and scaled.
type pen struct {
	out       *sdf.Outline
	scale     float64
	dx, dy    float64
	start, at sdf.Point // of the contour and now, before the transformation
	control   sdf.Point // of the last curve
	last      byte      // the last command, in upper case
}

func (p *pen) place(q sdf.Point) sdf.Point {
	return sdf.Point{X: q.X*p.scale + p.dx, Y: q.Y*p.scale + p.dy}
}

// draw draws data as far as it is well formed.
func (p *pen) draw(data string) error {
	s := scanner{text: data}
	command := byte(0)
	for {
		s.skip(false)
		if s.done() {
			return nil
		}
		switch c := s.text[s.pos]; {
		case isLetter(c):
			command = c
			s.pos++
			if p.last == 0 && command != 'M' && command != 'm' {
				return s.fail("a path begins with M")
			}
		case command == 0 || command == 'Z' || command == 'z':
			return s.fail("a command is missing")
		case command == 'M': // what follows a moveto are linetos
			command = 'L'
		case command == 'm':
			command = 'l'
		}
		if err := p.step(&s, command); err != nil {
			return err
		}
	}
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// step reads the arguments of one command, which is relative in lower case, and draws it.
func (p *pen) step(s *scanner, command byte) error {
	upper := command &^ 0x20
	var origin sdf.Point
	if command != upper {
		origin = p.at
	}
	point := func() sdf.Point { return sdf.Point{X: origin.X + s.number(), Y: origin.Y + s.number()} }
	switch upper {
	case 'M':
		p.moveTo(point())
	case 'L':
		p.lineTo(point())
	case 'H':
		p.lineTo(sdf.Point{X: origin.X + s.number(), Y: p.at.Y})
	case 'V':
		p.lineTo(sdf.Point{X: p.at.X, Y: origin.Y + s.number()})
	case 'C':
		c := point()
		p.cubeTo(c, point(), point())
	case 'S':
		c := p.mirrored("CS")
		p.cubeTo(c, point(), point())
	case 'Q':
		p.quadTo(point(), point())
	case 'T':
		p.quadTo(p.mirrored("QT"), point())
	case 'A':
		arc := sdf.Arc{RX: s.number() * p.scale, RY: s.number() * p.scale, Rotation: s.number(), Large: s.flag(), Sweep: s.flag()}
		p.at = point()
		p.out.ArcTo(arc, p.place(p.at))
	case 'Z':
		p.out.Close()
		p.at = p.start
	default:
		return s.fail("there is no command " + strconv.Quote(string(command)))
	}
	p.last = upper
	return s.err
}

// mirrored is the control point that goes on as the last curve, if that was one of commands, ended.
func (p *pen) mirrored(commands string) sdf.Point {
	if p.last != commands[0] && p.last != commands[1] {
		return p.at
	}
	return sdf.Point{X: 2*p.at.X - p.control.X, Y: 2*p.at.Y - p.control.Y}
}

func (p *pen) moveTo(q sdf.Point) {
	p.start, p.at = q, q
	p.out.MoveTo(p.place(q))
}

func (p *pen) lineTo(q sdf.Point) {
	p.at = q
	p.out.LineTo(p.place(q))
}

func (p *pen) quadTo(c, q sdf.Point) {
	p.control, p.at = c, q
	p.out.QuadTo(p.place(c), p.place(q))
}

func (p *pen) cubeTo(c, d, q sdf.Point) {
	p.control, p.at = d, q
	p.out.CubeTo(p.place(c), p.place(d), p.place(q))
}

// scanner reads the numbers of path data. After its first error everything is 0.
type scanner struct {
	text string
	pos  int
	err  error
}

func (s *scanner) done() bool { return s.pos >= len(s.text) }

func (s *scanner) fail(what string) error {
	if s.err == nil {
		s.err = fmt.Errorf("byte %d: %w: %s", s.pos, errPath, what)
	}
	return s.err
}

// skip passes white space, and one comma in it if there may be one.
func (s *scanner) skip(comma bool) {
	for ; !s.done(); s.pos++ {
		switch s.text[s.pos] {
		case ' ', '\t', '\n', '\f', '\r':
		case ',':
			if !comma {
				return
			}
			comma = false
		default:
			return
		}
	}
}

// number reads a number, which ends where the next can begin: "1.5.5-2" are three.
func (s *scanner) number() float64 {
	if s.err != nil {
		return 0
	}
	s.skip(true)
	from := s.pos
	s.sign()
	whole := s.digits()
	fraction := 0
	if !s.done() && s.text[s.pos] == '.' {
		s.pos++
		fraction = s.digits()
	}
	if whole+fraction == 0 {
		s.pos = from
		_ = s.fail("a number is missing")
		return 0
	}
	s.exponent()
	v, err := strconv.ParseFloat(s.text[from:s.pos], 64)
	if err != nil || math.Abs(v) > maxCoordinate {
		s.pos = from
		_ = s.fail("a number is too large")
		return 0
	}
	return v
}

func (s *scanner) sign() {
	if !s.done() && (s.text[s.pos] == '-' || s.text[s.pos] == '+') {
		s.pos++
	}
}

// digits passes digits and returns how many there were.
func (s *scanner) digits() int {
	from := s.pos
	for !s.done() && s.text[s.pos] >= '0' && s.text[s.pos] <= '9' {
		s.pos++
	}
	return s.pos - from
}

// exponent passes an exponent if there is a whole one.
func (s *scanner) exponent() {
	if s.done() || s.text[s.pos] != 'e' && s.text[s.pos] != 'E' {
		return
	}
	from := s.pos
	s.pos++
	s.sign()
	if s.digits() == 0 {
		s.pos = from
	}
}

// flag reads a flag of an arc: one digit, which nothing has to part from what follows.
func (s *scanner) flag() bool {
	if s.err != nil {
		return false
	}
	s.skip(true)
	if s.done() || s.text[s.pos] != '0' && s.text[s.pos] != '1' {
		_ = s.fail("a flag is missing")
		return false
	}
	s.pos++
	return s.text[s.pos-1] == '1'
}
