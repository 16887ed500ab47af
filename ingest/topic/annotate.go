package topic

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// Names of the members that [Annotate] adds.
const (
	// TopicMember is the topic or subject.
	TopicMember = "$topic"
	// ValueMember is a payload that is a single JSON value and no object.
	ValueMember = "$value"
	// wildPrefix stands before the number of a wildcard, from 1.
	wildPrefix = "$"
)

// jsonSpace is what may stand around a JSON value (RFC 8259 §2), less than what Unicode calls space.
const jsonSpace = " \t\r\n"

// Annotate returns a payload of JSON as a record that also says where it came from, for a mapping to read:
// an object gets the members "$topic", "$1", "$2" … behind its own (of members of the same name the last
// counts, so a sender cannot set them), and a number, text, true or false becomes an object with these and
// "$value". wild are those of a [Match]. Anything else, arrays, null and what is no JSON at all included,
// is returned as it is, for the mapping to take or refuse; so is an object that does not end in "}".
// The payload is not changed; the result may be it.
func Annotate(payload []byte, name string, wild []string) []byte {
	p := bytes.Trim(payload, jsonSpace)
	if len(p) == 0 {
		return payload
	}
	out := make([]byte, 0, len(p)+2*len(name)+64)
	switch c := p[0]; {
	case c == '{' && len(p) > 1 && p[len(p)-1] == '}':
		inner := bytes.Trim(p[1:len(p)-1], jsonSpace)
		out = append(append(out, '{'), inner...)
		if len(inner) > 0 {
			out = append(out, ',')
		}
	case c != '{' && c != '[' && c != 'n' && json.Valid(p):
		out = append(append(out, `{"`+ValueMember+`":`...), p...)
		out = append(out, ',')
	default:
		return payload
	}
	out = appendMember(out, TopicMember, name)
	for i, text := range wild {
		out = append(out, ',')
		out = appendMember(out, wildPrefix+strconv.Itoa(i+1), text)
	}
	return append(out, '}')
}

func appendMember(dst []byte, name, text string) []byte {
	dst = append(append(append(dst, '"'), name...), `":`...)
	value, err := json.Marshal(text)
	if err != nil { // no string fails
		panic(err)
	}
	return append(dst, value...)
}
