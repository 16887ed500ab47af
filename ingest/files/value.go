package files

// valueScan finds the end of one JSON value that may come in pieces. It counts brackets and knows
// what is inside a string, no more: whether the value is valid is for others to say.
type valueScan struct {
	inString bool
	escaped  bool // the last byte was a backslash inside a string
	depth    int
}

// The classes of bytes outside strings.
const (
	other byte = iota
	quote
	opening
	closing
	ending // what ends a number or word
)

var classes = [256]byte{
	'"': quote, '{': opening, '[': opening, '}': closing, ']': closing,
	',': ending, ':': ending, ' ': ending, '\t': ending, '\r': ending, '\n': ending,
}

// startsValue reports whether a JSON value may start with c.
func startsValue(c byte) bool {
	return c == '"' || c == '{' || c == '[' || c == '-' || c >= '0' && c <= '9' || c == 't' || c == 'f' || c == 'n'
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// scan goes on from b[i], which follows what it saw before, and returns the place behind the value
// and true, or len(b) and false when the value goes on.
func (v *valueScan) scan(b []byte, i int) (int, bool) {
	for i < len(b) {
		if v.inString {
			if v.escaped {
				v.escaped = false
				i++
				continue
			}
			for i < len(b) && b[i] != '"' && b[i] != '\\' {
				i++
			}
			if i == len(b) {
				return i, false
			}
			if b[i] == '\\' {
				v.escaped = true
				i++
				continue
			}
			i++
			v.inString = false
			if v.depth == 0 {
				return i, true
			}
		}
		for i < len(b) && classes[b[i]] == other || v.depth > 0 && i < len(b) && classes[b[i]] == ending {
			i++
		}
		if i == len(b) {
			return i, false
		}
		switch classes[b[i]] {
		case quote:
			v.inString = true
			i++
		case opening:
			v.depth++
			i++
		case closing:
			if v.depth == 0 {
				return i, true // behind a number or word
			}
			i++
			if v.depth--; v.depth == 0 {
				return i, true
			}
		default:
			return i, true
		}
	}
	return i, false
}
